// Servers on stdio: when they start, how they fail, what is said of it, and that nothing of them
// is left.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { connectHttp } from './lib/clients.mjs';
import {
  fixture,
  makeFolder,
  node,
  oddServer,
  startGateway,
  startHttpServer,
} from './lib/gateway.mjs';
import { isAlive } from './lib/processes.mjs';
import { messagesOf, RawSession } from './lib/raw.mjs';
import { until, within } from './lib/wait.mjs';

const quick = { first: '20ms', most: '200ms', healthy_after: '1s' };
const noCapabilities = { capabilities: {} };
const sampling = { capabilities: { sampling: {} } };

const startsIn = (file) =>
  existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
const whoAnswers = async (client, server = 'odd') =>
  JSON.parse(await client.text(`${server}__count`)).pid;

/** Whether an error of a call names the server and says something. */
function namesServer(server) {
  return (error) => {
    assert.ok(error.message.includes(server), error.message);
    assert.equal(typeof error.code, 'number');
    return true;
  };
}

test('lazy: started once to learn its lists, then only at need; its lists are there before', async (t) => {
  const folder = makeFolder(t);
  const starts = join(folder, 'starts');
  const config = { servers: { odd: oddServer(['--starts', starts]) } };
  const first = await startGateway(t, config, { folder });
  assert.ok(startsIn(starts).length >= 1);
  await first.stop();
  const learned = startsIn(starts).length;
  const second = await startGateway(t, config, { folder });
  assert.equal((await second.server('odd')).instances.length, 0);
  assert.equal(startsIn(starts).length, learned, 'started though nobody needed it');
  assert.ok((await second.server('odd')).tools > 10, 'its stored lists count');
  const client = await connectHttp(t, second.url(), noCapabilities);
  assert.ok((await client.request('tools/list')).tools.some(({ name }) => name === 'odd__echo'));
  assert.equal(await client.text('odd__echo', { value: 'now' }), 'now');
  assert.ok(startsIn(starts).length > learned);
});

test('eager: started with the gateway, lists known or not', async (t) => {
  const folder = makeFolder(t);
  const starts = join(folder, 'starts');
  const config = { servers: { odd: oddServer(['--starts', starts], { start: 'eager' }) } };
  const first = await startGateway(t, config, { folder });
  await first.stop();
  const before = startsIn(starts).length;
  const second = await startGateway(t, config, { folder });
  await until('it does not start', () => startsIn(starts).length > before);
  await until(
    'no instance is shown',
    async () => (await second.server('odd')).instances.length === 1,
  );
  assert.equal((await second.server('odd')).instances[0].pid, startsIn(starts).at(-1));
});

test('dies in a call: each waiting caller gets one error that names it, the next call finds it restarted', async (t) => {
  const gateway = await startGateway(t, {
    servers: { odd: oddServer([], { share: 'shared', restart: quick }) },
  });
  const session = await RawSession.open(gateway.url());
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  const before = await whoAnswers(client);
  const call = async (id, name) => {
    const response = await session.post({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name, arguments: {} },
    });
    return messagesOf(response);
  };
  const waiting = Array.from({ length: 8 }, (_, id) => call(id, 'odd__never'));
  await until(
    'the calls do not arrive',
    async () =>
      JSON.parse(await client.text('odd__received')).filter(
        ({ params }) => params?.name === 'never',
      ).length === 8,
  );
  const answers = await within('the answers', Promise.all([...waiting, call(8, 'odd__die')]));
  for (const [id, messages] of answers.entries()) {
    assert.equal(messages.length, 1, `call ${id}: ${JSON.stringify(messages)}`);
    assert.equal(messages[0].id, id);
    assert.match(messages[0].error.message, /odd/);
    assert.match(messages[0].error.message, /exit|ended|died/);
  }
  assert.equal(await client.text('odd__echo', { value: 'again' }), 'again');
  assert.notEqual(await whoAnswers(client), before);
  assert.ok((await gateway.server('odd')).restarts >= 1);
});

test('dies in the middle of a line', async (t) => {
  const gateway = await startGateway(t, { servers: { odd: oddServer([], { restart: quick }) } });
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  await assert.rejects(client.call('odd__half_line'), namesServer('odd'));
  assert.equal(await client.text('odd__echo', { value: 'again' }), 'again');
});

test('a crash loop is said: exit status, last stderr lines, next try; and it ends when the cause does', async (t) => {
  const folder = makeFolder(t);
  const broken = join(folder, 'broken');
  const starts = join(folder, 'starts');
  writeFileSync(broken, '');
  const args = [
    '--starts',
    starts,
    '--crash-while',
    broken,
    '--crash',
    'cannot open the database\nsee the manual',
  ];
  const gateway = await startGateway(
    t,
    {
      servers: { odd: oddServer(args, { restart: quick }), fine: oddServer(['--name', 'fine']) },
    },
    { folder },
  );
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  await assert.rejects(client.call('odd__echo'), (error) => {
    namesServer('odd')(error);
    assert.match(error.message, /exit status 3/);
    assert.match(error.message, /see the manual/);
    return true;
  });
  const said = await until('the failure is not said', async () => {
    const server = await gateway.server('odd');
    return server.state === 'failed' && typeof server.next_try_ms === 'number' && server;
  });
  assert.match(said.cause, /exit status 3/);
  assert.ok(
    said.last_stderr.includes('cannot open the database'),
    JSON.stringify(said.last_stderr),
  );
  assert.ok(said.last_stderr.includes('see the manual'));
  assert.ok(said.next_try_ms >= 0 && said.next_try_ms <= 1000, `${said.next_try_ms}`);
  const shown = await gateway.cli('status');
  assert.match(shown.stdout, /odd\s+failed/);
  assert.match(shown.stdout, /next try/);
  assert.equal(await client.text('fine__echo', { value: 'meanwhile' }), 'meanwhile');
  const tries = startsIn(starts).length;
  await until('it is not tried again', () => startsIn(starts).length > tries + 1);
  rmSync(broken);
  await until(
    'it does not come back',
    async () => (await gateway.server('odd')).state !== 'failed',
  );
  assert.equal(await client.text('odd__echo', { value: 'back' }), 'back');
  assert.ok((await client.request('tools/list')).tools.some(({ name }) => name === 'odd__echo'));
});

test('the wait before a restart doubles up to the most', async (t) => {
  const gateway = await startGateway(t, {
    servers: {
      odd: oddServer(['--crash', 'no'], {
        start: 'eager',
        restart: { first: '400ms', most: '30s' },
      }),
    },
  });
  const next = () =>
    gateway
      .server('odd')
      .then(({ restarts, next_try_ms }) => ({ restarts, wait: next_try_ms ?? 0 }));
  // What is left of a wait never passes it, and after some tries it passes what the first could be.
  await until('the wait does not grow', async () => (await next()).wait > 1200);
});

test('a command that is not there fails alone, and says so', async (t) => {
  const gateway = await startGateway(t, {
    servers: {
      gone: { command: '/nonexistent/mcp-server' },
      lost: { command: 'no-such-program-anywhere' },
      odd: oddServer(),
    },
  });
  for (const [name, program] of [
    ['gone', '/nonexistent/mcp-server'],
    ['lost', 'no-such-program-anywhere'],
  ]) {
    const server = await gateway.server(name);
    assert.equal(server.state, 'failed');
    assert.ok(server.cause.includes(program), server.cause);
    assert.equal(server.cause.includes('\n'), false);
  }
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  await assert.rejects(client.call('gone__anything'));
  assert.equal(await client.text('odd__echo', { value: 'fine' }), 'fine');
});

test('a server that never answers initialize fails after timeouts.start', async (t) => {
  const gateway = await startGateway(t, {
    servers: { odd: oddServer(['--mute'], { timeouts: { start: '300ms' } }) },
  });
  const server = await gateway.server('odd');
  assert.equal(server.state, 'failed');
  assert.match(server.cause, /timeouts\.start|initialize/);
});

test('a call to a starting server waits for it', async (t) => {
  const folder = makeFolder(t);
  const gate = join(folder, 'gate');
  const gateway = await startGateway(
    t,
    { servers: { odd: oddServer(['--gate', gate]) } },
    { folder, wait: 'listening' },
  );
  const pending = connectHttp(t, gateway.url('odd'), noCapabilities).then((client) =>
    client.text('echo', { value: 'late' }),
  );
  await until('it does not start', () => gateway.serverProcesses().length > 0);
  writeFileSync(gate, '');
  assert.equal(await within('the call', pending), 'late');
});

test('a call past timeouts.call: one error by that name, the server is told', async (t) => {
  const gateway = await startGateway(t, {
    servers: { odd: oddServer([], { timeouts: { call: '300ms' } }) },
  });
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  await assert.rejects(client.call('odd__never'), (error) => {
    namesServer('odd')(error);
    assert.match(error.message, /timeouts\.call|timed out|time-out|timeout/);
    return true;
  });
  await until(
    'the server is not told',
    async () => JSON.parse(await client.text('odd__cancelled')).length === 1,
  );
});

test("a call's clock stands still while the client is asked", async (t) => {
  const gateway = await startGateway(t, {
    servers: { odd: oddServer([], { timeouts: { call: '300ms' } }) },
  });
  let answer;
  const asked = new Promise((done) => (answer = done));
  const client = await connectHttp(t, gateway.url(), {
    ...sampling,
    answers: { 'sampling/createMessage': () => asked },
  });
  const other = await connectHttp(t, gateway.url(), noCapabilities);
  const pending = client.text('odd__ask', {
    method: 'sampling/createMessage',
    params: { messages: [], maxTokens: 1 },
  });
  await until('the client is not asked', () => client.asked.length === 1);
  // Another call runs into its own time-out meanwhile: more than timeouts.call has passed.
  await assert.rejects(other.call('odd__never'));
  answer({ role: 'assistant', content: { type: 'text', text: 'thought for long' }, model: 'm' });
  assert.match(await pending, /thought for long/);
});

test('garbage on stdout is skipped and counted; stray and second answers reach nobody', async (t) => {
  const gateway = await startGateway(t, {
    servers: { odd: oddServer([], { share: 'shared' }), noisy: oddServer(['--noise']) },
  });
  const session = await RawSession.open(gateway.url());
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  const before = (await gateway.server('odd')).garbage_lines;
  assert.equal(await client.text('odd__garbage'), 'said it');
  await until(
    'the garbage is not counted',
    async () => (await gateway.server('odd')).garbage_lines === before + 5,
  );
  assert.equal(await client.text('odd__stray_answers'), 'said it');
  const response = await session.post({
    jsonrpc: '2.0',
    id: 'x',
    method: 'tools/call',
    params: { name: 'odd__twice', arguments: {} },
  });
  const answers = await messagesOf(response);
  assert.deepEqual(
    answers.map(({ id, result }) => [id, result.content[0].text]),
    [['x', 'first']],
  );
  assert.equal(await client.text('odd__echo', { value: 'alive' }), 'alive');
  assert.equal(await client.text('noisy__echo', { value: 'alive too' }), 'alive too');
  assert.ok((await gateway.server('noisy')).garbage_lines >= 2);
});

test('a server gets its own environment and the short list, nothing else', async (t) => {
  const gateway = await startGateway(
    t,
    { servers: { odd: oddServer([], { env: { NAMED: 'by the entry', EMPTY: '' } }) } },
    {
      env: {
        SECRET_OF_THE_GATEWAY: 'x',
        GANTRY_LOG_LEVEL: 'debug',
        LD_PRELOAD_X: '1',
        LC_TIME: 'C',
        TZ: 'UTC',
      },
    },
  );
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  const environment = JSON.parse(await client.text('odd__environment'));
  assert.equal(environment.NAMED, 'by the entry');
  assert.equal(environment.EMPTY, '');
  assert.equal(environment.PATH, process.env.PATH);
  assert.equal(environment.HOME, gateway.folder);
  assert.equal(environment.TZ, 'UTC');
  assert.equal(environment.LC_TIME, 'C');
  const list =
    /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|LANG|LC_\w+|TZ|TMPDIR|\w+_proxy|\w+_PROXY|SSL_CERT_\w+|\w*CA\w*|NODE_EXTRA_CA_CERTS|NAMED|EMPTY|GANTRY_TEST_MARK)$/i;
  assert.deepEqual(
    Object.keys(environment).filter((name) => !list.test(name)),
    [],
  );
});

test('command, cwd: relative to the file; arguments as they are, no shell', async (t) => {
  const folder = makeFolder(t);
  const args = ['--name', '$(touch hacked); `touch hacked` * "quoted" \'single\' ü'];
  const gateway = await startGateway(
    t,
    { servers: { odd: oddServer(args, { cwd: 'state' }) } },
    { folder, cwd: '/' },
  );
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  const place = JSON.parse(await client.text('odd__place'));
  assert.equal(place.cwd, join(folder, 'state'));
  assert.deepEqual(place.argv, args);
  assert.equal(existsSync(join(folder, 'state/hacked')), false);
});

test('stderr becomes log lines: server logs has them, one by one', async (t) => {
  const gateway = await startGateway(t, { servers: { odd: oddServer() } });
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  const lines = [
    'first line',
    '{"level":"error"}',
    'x'.repeat(5000),
    '\u001b[31mred\u001b[0m',
    'last line',
  ];
  await client.call('odd__stderr', { lines });
  const logged = await until('the lines do not come', async () => {
    const { stdout } = await gateway.cli('server', 'logs', 'odd', '--json');
    const texts = stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).text);
    return texts.includes('last line') && texts;
  });
  assert.ok(logged.includes('first line'));
  assert.ok(logged.includes('{"level":"error"}'));
  const plain = await gateway.cli('server', 'logs', 'odd');
  assert.equal(
    plain.stdout.includes('\u001b[31m'),
    false,
    'escape sequences of a server must not reach the terminal',
  );
});

test('idle_stop ends an unused server, the next call starts it again', async (t) => {
  const gateway = await startGateway(t, {
    servers: { odd: oddServer([], { idle_stop: '200ms' }) },
  });
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  const before = await whoAnswers(client);
  await until('it is not stopped', () => !isAlive(before));
  assert.equal((await gateway.server('odd')).restarts, 0, 'a stop is no failure');
  assert.notEqual(await whoAnswers(client), before);
});

test('a remote server: reached over HTTP, a lost session is made anew, a dead one is said', async (t) => {
  const remote = await startHttpServer(t, fixture);
  const gateway = await startGateway(t, { servers: { far: { url: remote.url, restart: quick } } });
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  const call = () => client.text('far__test_simple_text');
  assert.match(await call(), /simple text/);
  // The same server without its sessions: it answers 404 to the old one.
  const port = new URL(remote.url).port;
  remote.child.kill('SIGKILL');
  await until('it lives', () => !remote.isAlive());
  await assert.rejects(call(), namesServer('far'));
  const again = await startHttpServer(t, fixture, ['--http', port]);
  assert.equal(new URL(again.url).port, port);
  await until('it does not come back', () =>
    call().then(
      (text) => /simple text/.test(text),
      () => false,
    ),
  );
  assert.equal((await gateway.server('far')).state, 'ready');
});

test('the program that runs the servers is the one that was named', async (t) => {
  const gateway = await startGateway(t, { servers: { odd: oddServer() } });
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  assert.equal(readlinkSync(`/proc/${await whoAnswers(client)}/exe`), node);
});
