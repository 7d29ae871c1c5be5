// What people read: an error is one line, with at most a hint under it.
import assert from 'node:assert/strict';

/** The one line of an error; fails where there is more than it and its hint. */
export function onlyLine({ stdout = '', stderr }) {
  assert.equal(stdout, '', `on stdout: ${stdout}`);
  const lines = stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !/^\s*hint:/.test(line));
  assert.equal(lines.length, 1, `more than one line: ${stderr}`);
  assert.notEqual(lines[0], '');
  return lines[0];
}
