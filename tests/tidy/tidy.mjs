// Style as a test: floors, sizes, banned calls, headers, paths, lock files. Each finding is one line with its place and
// what to do. Needs nothing but Node 18.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { codeOnly, listFiles, read, root, withoutComments } from './files.mjs';
import { findFunctions } from './functions.mjs';
import { kBanned, kMachinePaths, kNamedHosts } from './rules.mjs';

const kMostLines = 500;
const kManyLines = 250;
const kMostFunctionLines = 70;
const kMostColumns = 100;

const table = JSON.parse(readFileSync(join(root, 'tests/tidy/floors.json'), 'utf8'));
const findings = [];
let checks = 0;

function check(holds, place, message) {
  checks += 1;
  if (!holds) findings.push(`${place}: ${message}`);
}

const isCpp = (path) => /^(src|tests|bench|cmake)\/.*\.(h|cpp)$/.test(path);
const folderOf = (path) => /^src\/([^/]+)\//.exec(path)?.[1];
const lineOf = (text, offset) => text.slice(0, offset).split('\n').length;

function checkFloor(path, line, to) {
  const from = folderOf(path);
  if (from === undefined || to === from) return; // main.cpp may include anything
  const place = `${path}:${line}`;
  check(to in table.floors, place, `no folder '${to}' in tests/tidy/floors.json`);
  const never = table.never[from];
  check(!never?.folders.includes(to), place, `${from} must not include ${to}: ${never?.why}`);
  const down = table.floors[to] < table.floors[from];
  const arrow = table.arrows[from]?.includes(to) ?? false;
  check(down || arrow, place, `a step up: ${from} (floor ${table.floors[from]}) includes ${to} (floor ${table.floors[to]})`);
}

function checkIncludes(path, text) {
  for (const match of withoutComments(text).matchAll(/^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|(<[^>]+>))/gm)) {
    const line = lineOf(text, match.index);
    const [, own, system] = match;
    if (own !== undefined && path.startsWith('src/')) {
      const folder = own.split('/')[0];
      check(own.includes('/') && !own.includes('..'), `${path}:${line}`, `include "${own}" by its path from src/`);
      if (own.includes('/')) checkFloor(path, line, folder);
    }
    if (system === undefined || !path.startsWith('src/')) continue;
    for (const [header, folders] of Object.entries(table.library_headers)) {
      const allowed = !system.startsWith(header) || folders.includes(folderOf(path));
      check(allowed, `${path}:${line}`, `${system} is for ${folders.join(', ')} alone`);
    }
  }
}

function checkSizes(path, text, code) {
  const lines = text.split('\n').length - 1;
  check(lines <= kMostLines, path, `${lines} lines, at most ${kMostLines}: a file holds one idea`);
  for (const { name, line, lines: length } of findFunctions(code)) {
    check(length <= kMostFunctionLines, `${path}:${line}`, `${name} has ${length} lines, at most ${kMostFunctionLines}`);
  }
  text.split('\n').forEach((content, index) => {
    const columns = [...content].length;
    const url = /\/\/.*https?:\/\//.test(content);
    check(columns <= kMostColumns || url, `${path}:${index + 1}`, `${columns} columns, at most ${kMostColumns}`);
  });
  return lines;
}

function checkCalls(path, code) {
  for (const { pattern, allowed, why, instead } of kBanned) {
    checks += 1;
    if (allowed(path)) continue;
    for (const match of code.matchAll(new RegExp(pattern, 'g'))) {
      const line = lineOf(code, match.index);
      findings.push(`${path}:${line}: ${match[0].trim()} is banned: ${why}. Use ${instead}`);
    }
  }
}

function checkHeader(path, text) {
  check(/^#pragma once$/m.test(text), path, 'a header needs #pragma once');
  check(text.startsWith('// '), path, 'a header starts with a comment that says what it is for');
}

function checkText(path, text) {
  text.split('\n').forEach((line, index) => {
    const place = `${path}:${index + 1}`;
    const host = kNamedHosts.exec(line);
    check(host === null, place, `names a package registry (${host?.[0]}): the machine's own settings say which`);
    const machine = kMachinePaths.exec(line);
    check(machine === null, place, `an absolute path of a machine (${machine?.[0]})`);
  });
}

function checkLockFile(path, text) {
  const resolved = text.split('\n').findIndex((line) => /"resolved"\s*:\s*"http/.test(line));
  check(resolved < 0, `${path}:${resolved + 1}`, 'a lock file must not say where a package came from: npm_config_omit_lockfile_registry_resolved=true');
}

function checkFolders(files) {
  const folders = new Set(files.filter((path) => path.startsWith('src/')).map(folderOf));
  folders.delete(undefined);
  const map = files.includes('docs/ARCHITECTURE.md') ? read('docs/ARCHITECTURE.md') : '';
  for (const folder of folders) {
    check(folder in table.floors, `src/${folder}`, 'not in tests/tidy/floors.json, so nothing builds it');
    const told = map.split('\n').some((line) => line.includes(`${folder}/`));
    check(told, `src/${folder}`, 'docs/ARCHITECTURE.md has no line for this folder');
  }
  for (const path of files.filter((file) => /^src\/[^/]+\.(h|cpp)$/.test(file))) {
    check(path === 'src/main.cpp', path, 'code stands in a folder of src/');
  }
}

const kBinary = /\.(png|jpg|gif|ico|woff2?|gz|zip|pdf|bin)$/;
const kNotProse = /^(LICENSE|tests\/fuzz\/corpus\/|tests\/scanner\/.*\.json$)/;

function checkFile(path) {
  const text = read(path);
  if (!kNotProse.test(path)) checkText(path, text);
  if (path.endsWith('package-lock.json')) checkLockFile(path, text);
  if (!isCpp(path)) return 0;
  const code = codeOnly(text);
  checkIncludes(path, text);
  checkCalls(path, code);
  if (path.endsWith('.h')) checkHeader(path, text);
  return checkSizes(path, text, code);
}

const files = listFiles();
const sizes = files.filter((path) => !kBinary.test(path)).map(checkFile);
checkFolders(files);

const many = sizes.filter((lines) => lines > kManyLines).length;
const cpp = sizes.filter((lines) => lines > 0).length;
for (const finding of findings) console.log(finding);
console.log(`tidy: ${cpp} C++ files, ${many} of them over ${kManyLines} lines`);
console.log(`tidy: ${checks} checks, ${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;
