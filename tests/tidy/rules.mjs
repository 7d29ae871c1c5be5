// The tables of the tidy test: what must not be called, with the reason and what to use instead.

const inFolders =
  (...folders) =>
  (path) =>
    folders.some((folder) => path.startsWith(`src/${folder}/`));
const nowhere = () => false;
// src/FOLDER/test_NAME.h: what the unit tests of a folder share.
const isTest = (path) => /(_test\.cpp|\/test_\w+\.(h|cpp))$/.test(path) || path.startsWith('tests/');
const isBench = (path) => path.startsWith('bench/');

// pattern: on code without comments and literals. allowed: where it may stand all the same.
export const kBanned = [
  {
    pattern: /(?<![\w.>])(?:std::|::)?system\s*\(/,
    allowed: nowhere,
    why: 'it runs a shell',
    instead: 'process::Keeper::spawn',
  },
  { pattern: /(?<![\w.>])(?:::)?popen\s*\(/, allowed: nowhere, why: 'it runs a shell', instead: 'process::Keeper::spawn' },
  { pattern: /\b(?:strcpy|strcat|strncpy)\s*\(/, allowed: nowhere, why: 'no bound that holds', instead: 'std::string' },
  { pattern: /\bv?sprintf\s*\(/, allowed: nowhere, why: 'no bound', instead: 'fmt::format' },
  {
    pattern: /\bstd::j?thread\b(?!::)/,
    allowed: (path) => inFolders('async')(path) || isTest(path) || isBench(path),
    why: 'a thread needs an owner that joins it',
    instead: 'async/',
  },
  { pattern: /(?<![\w.>:])(?:::)?v?fork\s*\(/, allowed: (path) => inFolders('process')(path) || isTest(path), why: 'after the first thread it is not safe', instead: 'process::Keeper::spawn' },
  {
    pattern: /\b(?:secure_)?getenv\s*\(/,
    // console.cpp: what the terminal can show (NO_COLOR, TERM) is no setting of ours.
    allowed: (path) =>
      inFolders('base', 'config', 'process')(path) || path === 'src/cli/console.cpp' || isTest(path) || isBench(path),
    why: 'a setting nobody sees',
    instead: 'config/ (or base/ for folders)',
  },
  { pattern: /(?<![\w.>])(?:std::|::)?s?rand\s*\(/, allowed: nowhere, why: 'guessable', instead: 'base::random_token, base::random_below' },
  {
    pattern: /\bstd::cout\b/,
    allowed: (path) => inFolders('cli', 'app')(path) || path === 'src/main.cpp' || isBench(path),
    why: 'only commands print',
    instead: 'return the text, or observe/log.h',
  },
  { pattern: /\bstd::endl\b/, allowed: nowhere, why: 'it flushes', instead: "'\\n'" },
  { pattern: /\busing\s+namespace\s+std\s*;/, allowed: nowhere, why: 'it hides where names come from', instead: 'std::' },
  { pattern: /\bstd::w?regex\b/, allowed: nowhere, why: 'slow, and recursion without bound', instead: 'a scanner of a few lines' },
  {
    pattern: /\b(?:sleep_for|sleep_until|usleep|nanosleep)\s*\(|(?<![\w.>])(?:::)?sleep\s*\(/,
    allowed: nowhere,
    why: 'time is no synchronisation, and a loop must not block',
    instead: 'async::Timer; in tests wait for the event',
  },
  { pattern: /(?:\.|->)detach\s*\(\s*\)/, allowed: nowhere, why: 'nobody joins it', instead: 'an owner that joins' },
];

// In the text of the repository's files. Written in pieces, so that this file does not name them.
const hosts = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['registry', 'npmmirror', 'com'],
  ['deb', 'debian', 'org'],
  ['security', 'debian', 'org'],
  ['pypi', 'org'],
  ['files', 'pythonhosted', 'org'],
  ['proxy', 'golang', 'org'],
  ['static', 'crates', 'io'],
].map((parts) => parts.join('.'));
const machine = ['work/main', 'work/shared', 'root/', 'home/[a-z]+/', 'tmp/bash_jobs'];

export const kNamedHosts = new RegExp(hosts.map((host) => host.replaceAll('.', '\\.')).join('|'));
// An absolute path of somebody's machine: at the start of a word, so that a URL's path is none.
export const kMachinePaths = new RegExp(`(?<![\\w.$~})*-])/(?:${machine.join('|')})`);
