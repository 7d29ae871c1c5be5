// docs/verified.md says for each sentence what shows it. This checks that the named tests exist, and, where logs of
// this run are there (build/test-results), that they ran. In the cell "shown by", code spans of these kinds count:
//   unit: Suite.Name · integration: file.test.mjs: test name · conformance: PASSED/FAILED · make TARGET
//   script: path · skipped: reason · open: reason
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { listFiles, read, root } from './files.mjs';

const kPage = 'docs/verified.md';
const kResults = 'build/test-results';
const findings = [];
const counts = { shown: 0, skipped: 0, open: 0 };

// The log of one step of this run without colours; null: it did not run.
function logOf(step) {
  const path = join(root, kResults, `${step}.log`);
  return existsSync(path) ? readFileSync(path, 'utf8').replace(/\x1b\[[0-9;]*m/g, '') : null;
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function unitTests() {
  const names = new Set();
  for (const path of listFiles().filter((file) => file.endsWith('_test.cpp'))) {
    for (const match of read(path).matchAll(/\b(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)/g)) {
      names.add(`${match[1]}.${match[2]}`);
    }
  }
  return names;
}

const known = {
  unit: unitTests(),
  targets: new Set([...read('Makefile').matchAll(/^([a-z][a-z-]*):/gm)].map((match) => match[1])),
};
const logs = {
  unit: logOf('unit'),
  integration: logOf('integration'),
  conformance: logOf('conformance'),
};

// Each gives a finding, 'skipped' (it exists and this run skipped it), or null.
const kKinds = {
  unit(name) {
    if (!known.unit.has(name)) return `no unit test ${name}`;
    if (logs.unit === null) return null;
    const [suite, test] = name.split('.');
    const line = (status) => new RegExp(`^\\[ *${status} \\] (\\w+/)?${escaped(suite)}\\.${escaped(test)}(/\\S+)?( \\(|,|$)`, 'm');
    if (line('SKIPPED').test(logs.unit)) return 'skipped';
    return line('(?:OK|FAILED)').test(logs.unit) ? null : `unit test ${name} did not run`;
  },

  integration(text) {
    const [, file, name] = /^([\w.-]+\.mjs): (.+)$/.exec(text) ?? [];
    if (file === undefined) return `write "integration: file.test.mjs: test name", not "${text}"`;
    const path = `tests/integration/${file}`;
    if (!existsSync(join(root, path))) return `no file ${path}`;
    if (!read(path).includes(name)) return `no test '${name}' in ${path}`;
    if (logs.integration === null) return null;
    const ran = new RegExp(`^\\s*[✔✖] ${escaped(name)}`, 'm').test(logs.integration);
    const skipped = new RegExp(`^\\s*﹣ ${escaped(name)}`, 'm').test(logs.integration);
    if (skipped && !ran) return 'skipped';
    return ran ? null : `integration test '${name}' did not run`;
  },

  conformance(figure) {
    const [, passed, failed] = /^(\d+)\/(\d+)$/.exec(figure) ?? [];
    if (passed === undefined) return `write "conformance: PASSED/FAILED", not "${figure}"`;
    if (logs.conformance === null) return null;
    const said = new RegExp(`\\b${passed}/${failed}\\b|\\b${passed} passed, ${failed} failed`).test(logs.conformance);
    return said ? null : `the conformance run does not say ${figure}`;
  },

  script: (path) => (existsSync(join(root, path)) ? null : `no file ${path}`),
  make: (target) => (known.targets.has(target) ? null : `the Makefile has no target ${target}`),
  skipped: (reason) => (reason === '' ? 'a skipped row needs its reason' : null),
  open: (reason) => (reason === '' ? 'an open row needs its reason' : null),
};

// The cells of a table's row; a | inside a code span is part of its cell.
function cellsOf(line) {
  const hidden = line.replace(/`[^`]*`/g, (span) => span.replaceAll('|', '\0'));
  return hidden.split('|').slice(1, -1).map((cell) => cell.replaceAll('\0', '|').trim());
}

function spansOf(cell) {
  return [...cell.matchAll(/`([^`]+)`/g)]
    .map((match) => /^(unit|integration|conformance|script|skipped|open): ?(.*)$/.exec(match[1]) ?? /^(make) ([\w-]+)/.exec(match[1]))
    .filter((match) => match !== null)
    .map(([, kind, text]) => ({ kind, text: text.trim() }));
}

function checkRow(line, number) {
  const place = `${kPage}:${number}`;
  const [, shownBy, ...figures] = cellsOf(line);
  if (figures.length !== 1) return findings.push(`${place}: a row has three cells: what holds, shown by, last figure`);
  const spans = spansOf(shownBy);
  if (spans.length === 0) return findings.push(`${place}: "shown by" names no test, command, \`skipped: …\` or \`open: …\``);
  const excused = spans.some(({ kind }) => kind === 'skipped' || kind === 'open');
  for (const { kind, text } of spans) {
    const finding = kKinds[kind](text);
    if (finding === 'skipped') {
      if (!excused) findings.push(`${place}: '${text}' was skipped: say why in the row (\`skipped: reason\`)`);
    } else if (finding !== null) {
      findings.push(`${place}: ${finding}`);
    }
  }
  counts[spans.some(({ kind }) => kind === 'open') ? 'open' : excused ? 'skipped' : 'shown'] += 1;
  return undefined;
}

function checkPage() {
  if (!existsSync(join(root, kPage))) return findings.push(`${kPage} is missing`);
  let inTable = false;
  read(kPage)
    .split('\n')
    .forEach((line, index) => {
      if (!line.startsWith('|')) inTable = false;
      else if (/^\|\s*what holds\s*\|/i.test(line)) inTable = true;
      else if (inTable && !/^\|[\s|:-]+$/.test(line)) checkRow(line, index + 1);
    });
  if (counts.shown === 0) findings.push(`${kPage}: no row is shown by anything`);
  return undefined;
}

checkPage();
for (const finding of findings) console.log(finding);
const missing = Object.keys(logs).filter((step) => logs[step] === null);
if (missing.length > 0) console.log(`verified: no log of this run for ${missing.join(', ')}: only that the tests exist was checked`);
console.log(`verified: ${counts.shown} rows shown, ${counts.skipped} skipped, ${counts.open} open, ${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;
