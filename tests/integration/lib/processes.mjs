// Which processes belong to a test: those whose environment names its folder, and their state in
// /proc.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The ids of living processes (no zombies) whose environment contains `needle`. */
export function processesWith(needle) {
  const found = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (!readFileSync(`/proc/${entry}/environ`, 'latin1').includes(needle)) continue;
      if (isAlive(Number(entry))) found.push(Number(entry));
    } catch {
      // It ended while we looked, or it is not ours.
    }
  }
  return found;
}

/** Whether the process runs: a zombie does not. */
export function isAlive(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2)[0]);
  } catch {
    return false;
  }
}

export function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '(gone)';
  }
}

/** What each open descriptor of the process is, sockets and pipes by kind. */
export function openFiles(pid) {
  const files = [];
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      files.push(readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:\[\d+\]/, ''));
    } catch {
      // Closed while we looked.
    }
  }
  return files.sort();
}

/** The resident size in bytes. */
export function residentSize(pid) {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return line ? Number(line[1]) * 1024 : 0;
}
