// gantry connect: a client's stdio, bridged to a gateway that runs already, that it starts, or
// that is elsewhere.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { cleanup } from './lib/cleanup.mjs';
import { connectStdio } from './lib/clients.mjs';
import {
  binary,
  environmentIn,
  makeFolder,
  oddServer,
  run,
  startGateway,
  writeConfig,
} from './lib/gateway.mjs';
import { eachLine } from './lib/lines.mjs';
import { isAlive, processesWith } from './lib/processes.mjs';
import { onlyLine } from './lib/terminal.mjs';
import { until, within } from './lib/wait.mjs';

const stateOf = (folder) => JSON.parse(readFileSync(join(folder, 'state/gateway.json'), 'utf8'));
const token = 'connect-token-5d0c1f7e9ab24368';

/** `gantry connect` with its lines in hand. */
function bridge(t, folder, args = [], env = {}) {
  const child = spawn(binary, ['connect', ...args], {
    cwd: folder,
    env: environmentIn(folder, env),
    stdio: 'pipe',
  });
  const lines = [];
  let stderr = '';
  eachLine(child.stdout, (line) => lines.push(line));
  child.stderr.setEncoding('utf8').on('data', (data) => (stderr += data));
  const exited = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
  cleanup(t, async () => {
    child.stdin.destroy();
    if (child.exitCode === null) child.kill('SIGKILL');
    await exited;
  });
  const answer = (id) =>
    until(
      () => `no answer to ${id}; stderr: ${stderr}`,
      () => {
        const line = lines.find((one) => one.includes(`"id":${id}`) && !one.includes('"method"'));
        return line && JSON.parse(line);
      },
    );
  return {
    child,
    lines,
    exited,
    answer,
    stderr: () => stderr,
    say: (line) => child.stdin.write(`${line}\n`),
    async hello() {
      this.say(
        '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}',
      );
      const said = await answer(0);
      this.say('{"jsonrpc":"2.0","method":"notifications/initialized"}');
      return said;
    },
    call(id, name, args = {}) {
      this.say(
        JSON.stringify({
          jsonrpc: '2.0',
          id,
          method: 'tools/call',
          params: { name, arguments: args },
        }),
      );
      return answer(id);
    },
  };
}

test('starts a gateway when none runs; a second one joins it; it ends itself when nobody is left', async (t) => {
  const folder = makeFolder(t);
  cleanup(t, () => run(folder, ['down']));
  writeConfig(folder, { gateway: { listen: ['127.0.0.1:0'] }, servers: { odd: oddServer() } });
  const env = { GANTRY_IDLE_EXIT: '1s' };
  const one = await connectStdio(t, folder, { capabilities: {}, env });
  assert.equal(await one.text('odd__echo', { value: 'one' }), 'one');
  const { pid } = stateOf(folder);
  assert.ok(isAlive(pid));
  const two = await connectStdio(t, folder, { capabilities: {}, env });
  assert.equal(await two.text('odd__echo', { value: 'two' }), 'two');
  assert.equal(stateOf(folder).pid, pid, 'it joins the one that runs');
  await one.close();
  assert.equal(await two.text('odd__echo', { value: 'still' }), 'still');
  await two.close();
  await until('the gateway does not end', () => !isAlive(pid));
  await until('something is left', () => processesWith(folder).length === 0);
});

test('many at once start one gateway', async (t) => {
  const folder = makeFolder(t);
  cleanup(t, () => run(folder, ['down']));
  writeConfig(folder, {
    gateway: { listen: ['127.0.0.1:0'] },
    servers: { odd: oddServer([], { share: 'shared' }) },
  });
  const clients = await Promise.all(
    Array.from({ length: 6 }, () => connectStdio(t, folder, { capabilities: {} })),
  );
  const pids = await Promise.all(
    clients.map((client) => client.text('odd__count').then((text) => JSON.parse(text).pid)),
  );
  assert.equal(new Set(pids).size, 1);
});

test('without a gateway and without a configuration: one line, nothing on stdout', async (t) => {
  const result = await run(makeFolder(t), ['connect']);
  assert.ok(result.code > 0, `${result.code}`);
  onlyLine(result);
});

test('--url with --token-file, and MCP_HUB_URL', async (t) => {
  const home = makeFolder(t);
  const secret = join(home, 'token');
  writeFileSync(secret, `${token}\n`, { mode: 0o600 });
  const gateway = await startGateway(
    t,
    {
      gateway: { auth: { tokens: [{ name: 'me', file: secret }] } },
      servers: { odd: oddServer() },
    },
    { folder: home },
  );
  const elsewhere = makeFolder(t);
  const given = await connectStdio(t, elsewhere, {
    args: ['--url', String(gateway.url()), '--token-file', secret],
  });
  assert.equal(await given.text('odd__echo', { value: 'far' }), 'far');
  const named = await connectStdio(t, elsewhere, {
    args: ['--token-file', secret],
    env: { MCP_HUB_URL: String(gateway.url()) },
  });
  assert.equal(await named.text('odd__echo', { value: 'far' }), 'far');
  assert.equal(existsSync(join(elsewhere, 'state/gateway.json')), false, 'none is started here');
  const asked = await given.text('odd__ask', {
    method: 'sampling/createMessage',
    params: { messages: [], maxTokens: 1 },
  });
  assert.match(asked, /the model says hello/);
});

test('--url: a wrong token, and nobody there, are told to the client and in one line', async (t) => {
  const home = makeFolder(t);
  for (const name of ['right', 'wrong'])
    writeFileSync(join(home, name), `${name}-${token}\n`, { mode: 0o600 });
  const gateway = await startGateway(
    t,
    {
      gateway: { auth: { tokens: [{ name: 'me', file: join(home, 'right') }] } },
      servers: { odd: oddServer() },
    },
    { folder: home },
  );
  const elsewhere = makeFolder(t);
  const refused = bridge(t, elsewhere, [
    '--url',
    String(gateway.url()),
    '--token-file',
    join(home, 'wrong'),
  ]);
  refused.say(
    '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}',
  );
  const told = await Promise.race([refused.answer(0), refused.exited]);
  if (told.error) assert.match(told.error.message, /401|token|authenti/i);
  else assert.notEqual(told.code, 0);
  await until('nothing is said on stderr', () => told.error || refused.stderr() !== '');
  assert.equal(refused.stderr().includes(token), false);
  const missing = await run(elsewhere, [
    'connect',
    '--url',
    String(gateway.url()),
    '--token-file',
    join(home, 'none'),
  ]);
  assert.ok([1, 2].includes(missing.code));
  assert.match(onlyLine(missing), /none/);
});

test('stdout carries JSON-RPC alone, one message a line', async (t) => {
  const folder = makeFolder(t);
  await startGateway(t, { servers: { odd: oddServer() } }, { folder });
  const pipe = bridge(t, folder);
  const hello = await pipe.hello();
  assert.match(hello.result.serverInfo.name, /gantry/i);
  pipe.say('this is no JSON');
  pipe.say('{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"ping"}');
  pipe.say('');
  assert.equal(
    (await pipe.call(12345678901234, 'odd__echo', { value: 'a\u2028b\nc' })).result.content[0].text,
    'a\u2028b\nc',
  );
  pipe.say('{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"ping"}');
  await until('the long id is lost', () =>
    pipe.lines.some((line) => line.includes('"id":123456789012345678901234567890')),
  );
  for (const line of pipe.lines) assert.equal(JSON.parse(line).jsonrpc, '2.0', line);
  const errors = pipe.lines.map((line) => JSON.parse(line)).filter(({ error }) => error);
  assert.deepEqual(
    errors.map(({ error }) => error.code),
    [-32700, -32700],
  );
});

test('a long line and many lines at once pass whole', async (t) => {
  const folder = makeFolder(t);
  await startGateway(t, { servers: { odd: oddServer() } }, { folder });
  const pipe = bridge(t, folder);
  await pipe.hello();
  const long = 'x'.repeat(2_000_000);
  assert.equal(
    (await pipe.call(1, 'odd__echo', { value: long })).result.content[0].text.length,
    long.length,
  );
  const ids = Array.from({ length: 300 }, (_, index) => index + 1000);
  const answers = await within(
    'the answers',
    Promise.all(ids.map((id) => pipe.call(id, 'odd__echo', { value: `v${id}` }))),
  );
  assert.deepEqual(
    answers.map(({ id, result }) => [id, result.content[0].text]),
    ids.map((id) => [id, `v${id}`]),
  );
});

test('ends with its client: stdin closed, exit 0, the gateway runs on', async (t) => {
  const folder = makeFolder(t);
  const gateway = await startGateway(
    t,
    { servers: { odd: oddServer([], { share: 'session' }) } },
    { folder },
  );
  const pipe = bridge(t, folder);
  await pipe.hello();
  const { pid } = JSON.parse((await pipe.call(1, 'odd__count')).result.content[0].text);
  pipe.child.stdin.end();
  assert.deepEqual(await within('the end of connect', pipe.exited), { code: 0, signal: null });
  await until('the instance of the ended session lives on', () => !isAlive(pid));
  assert.equal((await gateway.cli('status')).code, 0);
});

test('the gateway is started anew: the client goes on, calls in flight get one error', async (t) => {
  const folder = makeFolder(t);
  const config = { servers: { odd: oddServer() } };
  const first = await startGateway(t, config, { folder });
  const pipe = bridge(t, folder);
  await pipe.hello();
  assert.equal(
    (await pipe.call(1, 'odd__echo', { value: 'before' })).result.content[0].text,
    'before',
  );
  pipe.say(
    '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"odd__never","arguments":{}}}',
  );
  await until('the call does not arrive', async () => {
    const shown = await first.server('odd');
    return shown.instances.some((instance) => instance.in_flight > 0);
  });
  await first.kill('SIGKILL');
  const second = await startGateway(t, config, { folder });
  assert.ok((await pipe.answer(2)).error, 'the call in flight gets an error');
  await until('it does not reconnect', async () => {
    const answer = await pipe.call(1000 + pipe.lines.length, 'odd__echo', { value: 'after' });
    return answer.result?.content[0].text === 'after';
  });
  assert.equal(pipe.child.exitCode, null);
  assert.equal(
    pipe.lines.filter((line) => line.includes('"id":2,') || line.includes('"id":2}')).length,
    1,
    'one answer each',
  );
  pipe.child.stdin.end();
  await within('the end of connect', pipe.exited);
  assert.equal((await second.cli('status')).code, 0);
});

test('--server shows one server as it is, --profile its servers', async (t) => {
  const folder = makeFolder(t);
  await startGateway(
    t,
    {
      servers: {
        a: oddServer(['--name', 'a', '--tools', 'x']),
        b: oddServer(['--name', 'b', '--tools', 'y']),
      },
      profiles: { dev: ['b'] },
    },
    { folder },
  );
  const one = await connectStdio(t, folder, { args: ['--server', 'a'], capabilities: {} });
  assert.equal(one.sdk.getServerVersion().name, 'a');
  assert.deepEqual(
    (await one.request('tools/list')).tools.map(({ name }) => name),
    ['x'],
  );
  const some = await connectStdio(t, folder, { args: ['--profile', 'dev'], capabilities: {} });
  assert.deepEqual(
    (await some.request('tools/list')).tools.map(({ name }) => name),
    ['b__y'],
  );
  const none = bridge(t, folder, ['--server', 'nobody']);
  none.say(
    '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}',
  );
  const told = await Promise.race([none.answer(0), none.exited]);
  if (told.error) assert.match(told.error.message, /nobody/);
  else assert.ok(told.code > 0 && none.stderr().includes('nobody'), none.stderr());
});
