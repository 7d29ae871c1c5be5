// Who may come in: bearer tokens, and no listener beyond loopback without them.
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { onlyLine } from './lib/terminal.mjs';
import { connectHttp, connectStdio } from './lib/clients.mjs';
import { makeFolder, oddServer, run, startGateway, writeConfig } from './lib/gateway.mjs';
import { commandLine, processesWith } from './lib/processes.mjs';
import { messagesOf, RawSession } from './lib/raw.mjs';

const alice = 'alice-token-3f9a7c51d2e84b60';
const bob = 'bob-token-91c2e7a4b8d0563f';

function twoTokens(t) {
  const folder = makeFolder(t);
  for (const [name, token] of [
    ['alice', alice],
    ['bob', bob],
  ]) {
    writeFileSync(join(folder, name), `${token}\n`, { mode: 0o600 });
    chmodSync(join(folder, name), 0o600);
  }
  const tokens = [
    { name: 'alice', file: join(folder, 'alice') },
    { name: 'bob', value: '${BOB_TOKEN}' },
  ];
  return {
    folder,
    config: { gateway: { auth: { tokens } }, servers: { odd: oddServer() } },
    env: { BOB_TOKEN: bob },
  };
}

async function guarded(t) {
  const { folder, config, env } = twoTokens(t);
  const gateway = await startGateway(t, config, { folder, env });
  return gateway;
}

test('a listener beyond loopback without authentication does not start: exit 2, one line', async (t) => {
  const folder = makeFolder(t);
  const file = writeConfig(folder, { servers: { odd: oddServer() } });
  for (const listen of ['0.0.0.0:0', '[::]:0']) {
    const { code, stdout, stderr } = await run(folder, ['up', '-f', file, '--listen', listen]);
    assert.equal(code, 2, stderr);
    onlyLine({ stdout, stderr });
    assert.match(stderr, /auth|token/i);
    assert.ok(stderr.includes(listen.slice(0, listen.lastIndexOf(':'))), stderr);
  }
  assert.deepEqual(processesWith(folder), []);
});

test('no token, a wrong one, another scheme: 401 with WWW-Authenticate', async (t) => {
  const gateway = await guarded(t);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  };
  const given = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${alice}x`,
    `Bearer ${alice.slice(0, -1)}`,
    alice,
    `Basic ${alice}`,
    `Bearer ${alice}, Bearer ${bob}`,
  ];
  for (const authorization of given) {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await fetch(gateway.url(), {
        method,
        headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
        ...(method === 'POST' ? { body } : {}),
      });
      assert.equal(answer.status, 401, `${method} with ${authorization}`);
      assert.match(answer.headers.get('www-authenticate'), /^Bearer/i);
      assert.equal((await answer.text()).includes(alice), false);
    }
  }
});

test('a token from a file and one from a variable let in, the scheme in any letters', async (t) => {
  const gateway = await guarded(t);
  for (const token of [alice, bob]) {
    const client = await connectHttp(t, gateway.url(), { token });
    assert.equal(await client.text('odd__echo', { value: 'in' }), 'in');
  }
  const session = new RawSession(gateway.url());
  session.headers.authorization = `bEaReR ${alice}`;
  const [answer] = await messagesOf(
    await session.post({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'x', version: '1' },
      },
    }),
  );
  assert.ok(answer.result);
});

test("another's session is as unknown as one that never was", async (t) => {
  const gateway = await guarded(t);
  const mine = await RawSession.open(gateway.url(), { token: alice });
  const theirs = new RawSession(gateway.url(), { token: bob });
  const ask = async (id) => {
    theirs.headers['mcp-session-id'] = id;
    const answers = [];
    for (const response of [
      await theirs.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      await theirs.get(),
      await fetch(theirs.url, { method: 'DELETE', headers: theirs.headers }),
    ]) {
      const headers = Object.fromEntries(response.headers);
      delete headers.date;
      answers.push({
        status: response.status,
        headers,
        body: (await response.text()).replaceAll(id, 'ID'),
      });
    }
    return answers;
  };
  const unknown = mine.id.replace(/[A-Za-z0-9]/g, (letter) => (letter === 'a' ? 'b' : 'a'));
  const stolen = await ask(mine.id);
  assert.deepEqual(stolen, await ask(unknown));
  assert.deepEqual(
    stolen.map(({ status }) => status),
    [404, 404, 404],
  );
  assert.ok((await mine.ask(1, 'tools/list')).result, 'it still works for its owner');
});

test('health answers without a token, and says nothing that needs one', async (t) => {
  const gateway = await guarded(t);
  for (const path of ['/health', '/health/liveness', '/health/readiness', '/health/startup']) {
    const answer = await fetch(new URL(path, gateway.endpoint));
    assert.equal(answer.status, 200);
    assert.equal((await answer.text()).includes('odd'), false);
  }
});

test('tokens are in no argv, log, output, state file or server environment', async (t) => {
  const gateway = await guarded(t);
  const client = await connectHttp(t, gateway.url(), { token: alice });
  const environment = await client.text('odd__environment');
  await fetch(gateway.url(), { method: 'POST', headers: { authorization: `Bearer ${alice}x` } });
  const shown = await gateway.cli('config', 'show', '-f', join(gateway.folder, 'gantry.yaml'));
  const status = await gateway.cli('status', '--json');
  const seen = [
    gateway.stderr,
    gateway.stdout,
    environment,
    shown.stdout,
    shown.stderr,
    status.stdout,
  ];
  for (const pid of processesWith(gateway.folder)) seen.push(commandLine(pid));
  for (const name of readdirSync(gateway.stateDir, { recursive: true, withFileTypes: true })) {
    if (name.isFile()) seen.push(readFileSync(join(name.parentPath, name.name), 'utf8'));
  }
  for (const text of seen) {
    assert.equal(text.includes(alice), false, text.slice(0, 500));
    assert.equal(text.includes(bob), false, text.slice(0, 500));
  }
});

test('gantry connect on this machine needs no token; --url takes one from a file', async (t) => {
  const gateway = await guarded(t);
  const local = await connectStdio(t, gateway.folder);
  assert.equal(await local.text('odd__echo', { value: 'local' }), 'local');
  const remote = await connectStdio(t, makeFolder(t), {
    args: ['--url', String(gateway.url()), '--token-file', join(gateway.folder, 'alice')],
  });
  assert.equal(await remote.text('odd__echo', { value: 'remote' }), 'remote');
});

test('with tokens a listener beyond loopback starts', async (t) => {
  const { folder, config, env } = twoTokens(t);
  const gateway = await startGateway(
    t,
    {
      ...config,
      gateway: { ...config.gateway, listen: ['0.0.0.0:0'], allowed_hosts: ['127.0.0.1'] },
    },
    { folder, env, args: ['--listen', '0.0.0.0:0'] },
  );
  const url = `http://127.0.0.1:${gateway.port}/mcp`;
  assert.equal((await fetch(url, { method: 'POST' })).status, 401);
  const client = await connectHttp(t, url, { token: alice });
  assert.equal(await client.text('odd__echo', { value: 'in' }), 'in');
});

test('a token file that is not there, empty or open to everyone: said in one line', async (t) => {
  const folder = makeFolder(t);
  const empty = join(folder, 'empty');
  writeFileSync(empty, '\n', { mode: 0o600 });
  for (const file of [join(folder, 'none'), empty]) {
    const tokens = [{ name: 'a', file }];
    const config = writeConfig(folder, { gateway: { auth: { tokens } }, servers: {} });
    const { code, stderr } = await run(folder, ['up', '-f', config, '--listen', '127.0.0.1:0']);
    assert.ok([1, 2].includes(code), `${code} ${stderr}`);
    assert.ok(stderr.includes(file), stderr);
  }
});
