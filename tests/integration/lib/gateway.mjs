// Starts the real binary on a configuration of the test's own, in a folder of its own, and ends
// it again.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { cleanup, wholeFile } from './cleanup.mjs';
import { commandLine, isAlive, processesWith } from './processes.mjs';
import { until, within } from './wait.mjs';

export const binary = resolve(process.env.GANTRY_BIN ?? 'build/release/gantry');
export const node = process.execPath;
const here = import.meta.dirname;
export const odd = join(here, '../servers/odd.mjs');
export const fixture = join(here, '../servers/fixture.mjs');
export const packages = join(here, '../node_modules/@modelcontextprotocol');

/** An entry for the fault server. */
export function oddServer(args = [], more = {}) {
  return { command: node, args: [odd, ...args], ...more };
}

/** An entry for one of the four servers from npm. */
export function npmServer(name, args = [], more = {}) {
  return {
    command: node,
    args: [join(packages, `server-${name}/dist/index.js`), ...args],
    ...more,
  };
}

/** A folder that is removed with the test; its path marks every process that is started in it. */
export function makeFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), `gantry-test-${randomUUID().slice(0, 8)}-`));
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  cleanup(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The environment of a gantry that runs in `folder`: nothing of this machine's own configuration. */
export function environmentIn(folder, more = {}) {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(GANTRY_|XDG_|MCP_|NODE_|npm_)/.test(name) || name === 'GANTRY_LOOPS',
  );
  return {
    ...Object.fromEntries(own),
    HOME: folder,
    TMPDIR: folder,
    GANTRY_STATE_DIR: join(folder, 'state'),
    ...more,
  };
}

/** Runs one command to its end: {code, signal, stdout, stderr}. */
export async function run(folder, args, { env = {}, cwd = folder, input, program = binary } = {}) {
  const child = spawn(program, args, {
    cwd,
    env: environmentIn(folder, env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (data) => (stdout += data));
  child.stderr.setEncoding('utf8').on('data', (data) => (stderr += data));
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const ended = new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }));
  });
  try {
    return await within(`gantry ${args.join(' ')}\n${stdout}${stderr}`, ended);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

export class Gateway {
  constructor(folder, child) {
    this.folder = folder;
    this.stateDir = join(folder, 'state');
    this.child = child;
    this.stdout = '';
    this.stderr = '';
    this.exited = new Promise((done) =>
      child.on('exit', (code, signal) => {
        this.exit = { code, signal };
        done(this.exit);
      }),
    );
    child.stdout.setEncoding('utf8').on('data', (data) => (this.stdout += data));
    child.stderr.setEncoding('utf8').on('data', (data) => (this.stderr += data));
  }

  get pid() {
    return this.child.pid;
  }

  get port() {
    return Number(new URL(this.endpoint).port);
  }

  /** The address of everything together, or of one server. */
  url(server) {
    return new URL(server ? `/servers/${server}/mcp` : '/mcp', this.endpoint);
  }

  /** What gateway.json says, once it is there. */
  async listening() {
    const file = join(this.stateDir, 'gateway.json');
    const state = await until(
      () => `gantry up does not listen\n${this.stderr}`,
      () => {
        if (this.exit)
          throw new Error(
            `gantry up ended with ${JSON.stringify(this.exit)}\n${this.stdout}${this.stderr}`,
          );
        if (!existsSync(file)) return undefined;
        const said = JSON.parse(readFileSync(file, 'utf8'));
        return said.pid === this.pid ? said : undefined;
      },
    );
    this.endpoint = state.endpoint;
    this.socket = state.socket;
    return state;
  }

  async ready() {
    await this.listening();
    let last = '';
    await until(
      () => `gantry is not ready: ${last}\n${this.stderr}`,
      async () => {
        if (this.exit)
          throw new Error(`gantry up ended with ${JSON.stringify(this.exit)}\n${this.stderr}`);
        const answer = await fetch(new URL('/health/readiness', this.endpoint));
        last = `${answer.status} ${await answer.text()}`;
        assert.ok([200, 503].includes(answer.status), `readiness said ${last}`);
        return answer.status === 200;
      },
    );
    return this;
  }

  /** A command of the CLI that talks to this gateway. */
  cli(...args) {
    return run(this.folder, args);
  }

  async json(...args) {
    const { code, stdout, stderr } = await this.cli(...args, '--json');
    assert.equal(code, 0, `gantry ${args.join(' ')} --json: ${stdout}${stderr}`);
    return JSON.parse(stdout);
  }

  /** One server's part of `status --json`. */
  async server(name) {
    const status = await this.json('status');
    const found = status.servers.find((server) => server.name === name);
    assert.ok(found, `status --json does not name ${name}: ${JSON.stringify(status)}`);
    return found;
  }

  /** The processes of this gateway's servers. */
  serverProcesses() {
    return processesWith(this.folder).filter(
      (pid) => pid !== this.pid && !commandLine(pid).startsWith(binary),
    );
  }

  kill(signal) {
    this.child.kill(signal);
    return within(`gantry up after ${signal}\n${this.stderr}`, this.exited);
  }

  /** SIGTERM by its pid, and nothing of it may be left. */
  async stop() {
    try {
      if (!this.exit) {
        const exit = await this.kill('SIGTERM');
        assert.deepEqual(exit, { code: 0, signal: null }, `gantry up ended badly\n${this.stderr}`);
      }
    } catch (error) {
      // A gateway that hangs must not hang the tests after it.
      if (!this.exit) await this.kill('SIGKILL');
      throw error;
    } finally {
      await this.noneLeft();
    }
  }

  async noneLeft() {
    const left = () => processesWith(this.folder).map((pid) => `${pid} ${commandLine(pid)}`);
    try {
      await until('processes are left', () => left().length === 0, 20_000);
    } catch {
      const names = left();
      for (const pid of processesWith(this.folder)) process.kill(pid, 'SIGKILL');
      assert.deepEqual(names, [], 'processes are left');
    }
  }
}

/** Writes `config` to gantry.yaml (JSON is YAML) and marks each command's environment. */
export function writeConfig(folder, config, file = 'gantry.yaml') {
  const marked = structuredClone(config);
  for (const server of Object.values(marked.servers ?? {})) {
    if (server.command) server.env = { GANTRY_TEST_MARK: folder, ...server.env };
  }
  const path = join(folder, file);
  writeFileSync(path, JSON.stringify({ gateway: {}, ...marked }, null, 2));
  return path;
}

/**
 * Starts `gantry up` and waits until it is ready (`wait: 'listening'`: until it listens; `'none'`: not at all).
 * `config` is an object, or the path of a file that is taken as it is. Ends with the test.
 */
export async function startGateway(
  t,
  config,
  { args = [], env = {}, wait = 'ready', folder, cwd } = {},
) {
  const home = folder ?? makeFolder(t);
  const file = typeof config === 'string' ? config : writeConfig(home, config);
  const child = spawn(binary, ['up', '-f', file, '--listen', '127.0.0.1:0', ...args], {
    cwd: cwd ?? home,
    env: environmentIn(home, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await new Promise((done, fail) => child.once('spawn', done).once('error', fail));
  const gateway = new Gateway(home, child);
  cleanup(t, () => gateway.stop());
  if (t === wholeFile) {
    // node:test ends a file, and runs its endings, when nothing keeps the event loop alive any more.
    for (const handle of [child, child.stdout, child.stderr]) handle.unref();
  }
  if (wait === 'ready') await gateway.ready();
  if (wait === 'listening') await gateway.listening();
  return gateway;
}

/** Starts a server of this folder over HTTP that prints {"port":N}; gives its URL. Ends with the test. */
export async function startHttpServer(t, script, args = ['--http', '0']) {
  const child = spawn(node, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((done) => child.on('exit', done));
  cleanup(t, async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (data) => (said += data));
  const line = await until(`${script} does not say its port`, () => {
    assert.equal(child.exitCode, null, `${script} ended`);
    return said.includes('\n') && said.split('\n')[0];
  });
  return {
    url: `http://127.0.0.1:${JSON.parse(line).port}/mcp`,
    child,
    isAlive: () => isAlive(child.pid),
  };
}
