// Programs that the bench starts and ends, and what /proc says of them.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';

const running = new Set(); // of start()
const passing = new Set(); // of run()

/** Starts a program; its output goes to `log`. */
export function start(command, args, { log, env = process.env, cwd } = {}) {
  const out = openSync(log, 'a');
  const child = spawn(command, args, { stdio: ['ignore', out, out], env, cwd });
  closeSync(out);
  const program = { child, pid: child.pid, log, name: command, failed: null };
  program.ended = new Promise((resolve) => {
    child.once('error', (error) => {
      program.failed = error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      program.failed ??= `ended with ${signal ?? `status ${code}`}`;
      resolve();
    });
  }).then(() => running.delete(program));
  running.add(program);
  return program;
}

/** SIGTERM, then SIGKILL after 10 s; once it has ended. */
export async function stop(program) {
  if (program.failed) return;
  program.child.kill('SIGTERM');
  const late = setTimeout(() => program.child.kill('SIGKILL'), 10_000);
  await program.ended;
  clearTimeout(late);
}

export function stopAll() {
  for (const child of passing) child.kill('SIGTERM');
  return Promise.all([...running].map(stop));
}

/** Runs a program to its end. */
export function run(command, args, { timeout = 120_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    passing.add(child);
    child.once('error', (error) => {
      passing.delete(child);
      reject(error);
    });
    child.once('close', (code) => {
      passing.delete(child);
      resolve({ code, out, err });
    });
  });
}

/** Asks until `probe` gives something; fails when `program` ends or the time is over. */
export async function until(what, probe, { program, timeout = 30_000, every = 5 } = {}) {
  const limit = Date.now() + timeout;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (program?.failed || Date.now() > limit) {
      const why = program?.failed ?? `not within ${timeout / 1000} s`;
      throw new Error(`${what}: ${why}\n${program ? tail(program.log) : ''}`);
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

const tail = (file) => readFileSync(file, 'utf8').slice(-2000);

/** The status of a GET, or 0 where nobody answers. */
export function status(url) {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout: 2000 }, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(0));
  });
}

/** A port that was free a moment ago, for programs that cannot choose their own. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** All processes below `pid`, as [{pid, parent}]. */
export function tree(pid) {
  const all = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [, , parent] = stat.slice(stat.lastIndexOf(')')).split(' ');
      all.push({ pid: Number(name), parent: Number(parent) });
    } catch {
      // it ended meanwhile
    }
  }
  const found = [];
  const parents = new Set([pid]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const each of all) {
      if (!parents.has(each.parent) || parents.has(each.pid)) continue;
      parents.add(each.pid);
      found.push(each);
      grown = true;
    }
  }
  return found;
}

/** The file that a process runs; empty when it has ended. */
export function executable(pid) {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

/** Resident size in KiB: Rss counts shared pages whole, Pss by share. */
export function memory(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)[1]);
  return { rss: field('Rss'), pss: field('Pss') };
}
