// The official conformance suite against the fixture: directly, through Gantry over Streamable
// HTTP, and through Gantry over stdio. Check by check: what passes directly must pass through
// Gantry.
//
//   node tests/conformance/run.mjs BINARY [--direct] [--write]
//
//   --direct   the fixture alone, without Gantry
//   --write    writes docs/conformance.md
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const here = import.meta.dirname;
const requirements = '2025-11-25';
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));
const [binary] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (!binary && !flags.includes('--direct')) {
  process.stderr.write('usage: run.mjs BINARY [--direct] [--write]\n');
  process.exit(2);
}
if (binary) process.env.GANTRY_BIN = resolve(binary);

const { fixture, node, startGateway, startHttpServer } =
  await import('../integration/lib/gateway.mjs');
const suite = join(
  here,
  '../integration/node_modules/@modelcontextprotocol/conformance/dist/index.js',
);
const severity = ['SUCCESS', 'INFO', 'SKIPPED', 'WARNING', 'FAILURE'];

/** Runs what needs an ending, as node:test gives one. */
async function withEnding(run) {
  const endings = [];
  try {
    return await run({ after: (ending) => endings.push(ending) });
  } finally {
    for (const ending of endings.reverse()) await ending();
  }
}

/** The suite's checks: "scenario/check" → its worst status and message. */
function readChecks(folder) {
  const checks = new Map();
  for (const name of readdirSync(folder)) {
    const scenario = name.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
    for (const check of JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8'))) {
      const key = `${scenario}/${check.id}`;
      const before = checks.get(key);
      const worse = !before || severity.indexOf(check.status) > severity.indexOf(before.status);
      checks.set(key, {
        ...(worse ? { status: check.status, message: check.errorMessage ?? '' } : before),
        passed: (before?.passed ?? 0) + (check.status === 'SUCCESS' ? 1 : 0),
        failed: (before?.failed ?? 0) + (check.status === 'FAILURE' ? 1 : 0),
      });
    }
  }
  return checks;
}

async function runSuite(url) {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-conformance-'));
  try {
    const child = spawn(
      node,
      [suite, 'server', '--url', url, '--requirements', requirements, '-o', folder],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (data) => (output += data));
    await new Promise((done) => child.on('close', done));
    const checks = readChecks(folder);
    if (checks.size === 0) throw new Error(`the suite ran no check\n${output}`);
    return checks;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const sum = (checks, key) => [...checks.values()].reduce((total, check) => total + check[key], 0);
const figure = (checks) => `${sum(checks, 'passed')}/${sum(checks, 'failed')}`;

const direct = () =>
  withEnding(async (context) => runSuite((await startHttpServer(context, fixture)).url));
const through = (entry) =>
  withEnding(async (context) => {
    const gateway = await startGateway(context, { servers: { fixture: await entry(context) } });
    return runSuite(String(gateway.url('fixture')));
  });
const overHttp = () =>
  through(async (context) => ({ url: (await startHttpServer(context, fixture)).url }));
const overStdio = () => through(() => ({ command: node, args: [fixture, '--stdio'] }));

/** The checks that pass directly and do not here, less what `impossible` explains; and entries that explain nothing. */
function lost(plain, checks, impossible) {
  const problems = [];
  for (const [key, { status }] of plain) {
    if (status !== 'SUCCESS') continue;
    const got = checks.get(key);
    if (impossible[key]) {
      if (got?.status === 'SUCCESS') problems.push(`${key}: passes, but is listed as impossible`);
      if (got?.status === 'FAILURE')
        problems.push(
          `${key}: fails (${got.message}); "impossible" excuses what is not said, no failure`,
        );
    } else if (got?.status !== 'SUCCESS') {
      problems.push(`${key}: ${got ? `${got.status} ${got.message}` : 'not run'}`);
    }
  }
  for (const [key, { status, message }] of checks) {
    if (status === 'FAILURE' && plain.get(key)?.status !== 'SUCCESS')
      problems.push(`${key}: FAILURE ${message}`);
  }
  for (const key of Object.keys(impossible)) {
    if (plain.get(key)?.status !== 'SUCCESS')
      problems.push(`${key}: listed as impossible, but no check of that name passes directly`);
  }
  return problems;
}

function table(plain, http, stdio, impossible) {
  const scenarios = [...new Set([...plain.keys()].map((key) => key.split('/')[0]))].sort();
  const of = (checks, scenario) => {
    const own = new Map([...checks].filter(([key]) => key.startsWith(`${scenario}/`)));
    return figure(own);
  };
  const rows = scenarios.map(
    (name) => `| ${name} | ${of(plain, name)} | ${of(http, name)} | ${of(stdio, name)} |`,
  );
  const reasons = Object.entries(impossible).map(
    ([key, { section, why }]) => `- \`${key}\`: ${why} (${section})`,
  );
  return [
    '# Conformance',
    '',
    `The official suite (npm \`@modelcontextprotocol/conformance\`), \`--requirements ${requirements}\`, checks passed/failed.`,
    'The fixture stands behind Gantry at `/servers/fixture/mcp`. Written by `make conformance`.',
    '',
    '| scenario | the fixture itself | through Gantry, HTTP | through Gantry, stdio |',
    '|---|---|---|---|',
    ...rows,
    `| **all** | **${figure(plain)}** | **${figure(http)}** | **${figure(stdio)}** |`,
    '',
    'What a server on stdio cannot say:',
    '',
    ...reasons,
    '',
  ].join('\n');
}

function tell(title, checks, problems) {
  process.stdout.write(
    `${title}: ${figure(checks)}${problems.length ? `, ${problems.length} lost` : ''}\n`,
  );
  for (const problem of problems) process.stdout.write(`  ${problem}\n`);
  return problems.length;
}

const plain = await direct();
const own = [...plain]
  .filter(([, { status }]) => status === 'FAILURE')
  .map(([key, { message }]) => `${key}: ${message}`);
let bad = tell('the fixture itself', plain, own);
if (!flags.includes('--direct')) {
  const impossible = JSON.parse(readFileSync(join(here, 'impossible-stdio.json'), 'utf8'));
  const http = await overHttp();
  bad += tell('through Gantry, HTTP', http, lost(plain, http, {}));
  const stdio = await overStdio();
  bad += tell('through Gantry, stdio', stdio, lost(plain, stdio, impossible));
  if (flags.includes('--write')) {
    writeFileSync(join(here, '../../docs/conformance.md'), table(plain, http, stdio, impossible));
  }
}
process.exitCode = bad === 0 ? 0 : 1;
