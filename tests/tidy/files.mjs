// Which files are ours, and C++ text with what is not code blanked out.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const kNotOurs = new Set(['.git', 'node_modules', 'build', '.scratch', '.cache']);

function walk(folder, found) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (kNotOurs.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path, found);
    else if (entry.isFile()) found.push(relative(root, path));
  }
  return found;
}

// What git tracks or would track; without git, all files outside of build/ and node_modules/.
export function listFiles() {
  try {
    const out = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 26,
    });
    return out
      .toString()
      .split('\0')
      .filter((path) => path !== '' && existsSync(join(root, path)) && statSync(join(root, path)).isFile())
      .sort();
  } catch {
    return walk(root, []).sort();
  }
}

export const read = (path) => readFileSync(join(root, path), 'utf8');

const kToken =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"([^()\s\\]{0,16})\([\s\S]*?\)\1"|"(?:\\[\s\S]|[^"\\\n])*"|(?<![0-9A-Fa-f])'(?:\\.[^'\n]*|[^'\\\n])'/g;

const blank = (text) => text.replace(/[^\n]/g, ' ');

// The same text, line for line and column for column, with comments and the inside of literals blank.
export function codeOnly(text) {
  return text.replace(kToken, (token) => {
    if (token.startsWith('/')) return blank(token);
    const quote = token.at(-1);
    const before = token.indexOf(quote) + 1;
    return token.slice(0, before) + blank(token.slice(before, -1)) + quote;
  });
}

// Comments blank, literals kept: for #include.
export function withoutComments(text) {
  return text.replace(kToken, (token) => (token.startsWith('/') ? blank(token) : token));
}
