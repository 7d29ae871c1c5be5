// The HTTP front against what it must refuse, and what only bare HTTP can see. Its streams:
// streams.test.mjs.
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';

import { badBodies } from './lib/bad-bodies.mjs';
import { wholeFile } from './lib/cleanup.mjs';
import { oddServer, startGateway } from './lib/gateway.mjs';
import { bothKinds, messagesOf, parseResponses, RawSession, sendBytes } from './lib/raw.mjs';
import { within } from './lib/wait.mjs';

const gateway = await startGateway(wholeFile, {
  gateway: { limits: { body: '256KiB', header: '16KiB', depth: 40 } },
  servers: { odd: oddServer([], { share: 'shared' }) },
});
const url = gateway.url();
const own = gateway.url('odd');

const alive = async () =>
  assert.equal((await fetch(new URL('/health/liveness', gateway.endpoint))).status, 200);

// One request by node:http, which sets Host and Origin as it is told.
function send(method, { path = '/mcp', headers = {}, body = '' } = {}) {
  return within(
    `${method} ${path}`,
    new Promise((done, fail) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: gateway.port, path, method, headers, agent: false },
        (response) => {
          let text = '';
          response
            .setEncoding('utf8')
            .on('data', (data) => (text += data))
            .on('end', () =>
              done({ status: response.statusCode, headers: response.headers, text }),
            );
        },
      );
      request.on('error', fail);
      request.end(body);
    }),
  );
}

const initialize = (protocolVersion = '2025-11-25') =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  });
const usual = { accept: bothKinds, 'content-type': 'application/json' };
const post = (body, headers = {}) =>
  send('POST', {
    headers: { ...usual, 'content-length': Buffer.byteLength(body), ...headers },
    body,
  });

const headersOf = (session) => ({
  'mcp-session-id': session.id,
  'mcp-protocol-version': '2025-11-25',
});

test('bad bodies: each refused by its name, and the session goes on', async (t) => {
  const session = await RawSession.open(url);
  for (const [title, [body, status, code, says]] of Object.entries(badBodies)) {
    await t.test(title, async () => {
      const answer = await post(body, headersOf(session));
      assert.equal(answer.status, status, answer.text);
      const message = JSON.parse(answer.text);
      assert.equal(message.jsonrpc, '2.0');
      assert.equal(message.error.code, code, answer.text);
      assert.notEqual(message.error.message, '');
      if (says) assert.match(message.error.message, says);
      assert.deepEqual((await session.ask(9, 'ping')).result, {});
    });
  }
});

test('bytes that are no UTF-8: 400, -32700', async () => {
  const session = await RawSession.open(url);
  for (const bytes of [
    [0xff],
    [0xc0, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xe2, 0x82],
  ]) {
    const body = Buffer.concat([
      Buffer.from('{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"'),
      Buffer.from(bytes),
      Buffer.from('"}}'),
    ]);
    const answer = await post(body, headersOf(session));
    assert.equal(answer.status, 400);
    assert.equal(JSON.parse(answer.text).error.code, -32700);
  }
});

test('known parameters of a wrong type: -32602', async () => {
  const session = await RawSession.open(url);
  const cases = [
    ['tools/call', { name: 7 }],
    ['tools/call', { name: 'odd__echo', _meta: [] }],
    ['resources/read', { uri: {} }],
    ['tools/list', { cursor: 1 }],
    ['tools/call', { name: 'odd__echo', _meta: { progressToken: {} } }],
  ];
  for (const [method, params] of cases) {
    const answer = await session.ask(7, method, params);
    assert.equal(answer.error?.code, -32602, JSON.stringify([method, params, answer]));
    assert.equal(answer.id, 7);
  }
});

test('a body past limits.body: 413 by that name, with and without Content-Length', async () => {
  const session = await RawSession.open(url);
  const big = JSON.stringify({
    jsonrpc: '2.0',
    id: 7,
    method: 'ping',
    params: { a: 'x'.repeat(300 * 1024) },
  });
  for (const headers of [
    { 'content-length': Buffer.byteLength(big) },
    { 'content-length': undefined, 'transfer-encoding': 'chunked' },
  ]) {
    const head = Object.entries({
      host: `127.0.0.1:${gateway.port}`,
      ...usual,
      ...headersOf(session),
      ...headers,
    })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    const body = headers['transfer-encoding']
      ? `${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`
      : big;
    const [answer] = parseResponses(
      await sendBytes(gateway.port, `POST /mcp HTTP/1.1\r\n${head}\r\n${body}`),
    );
    assert.equal(answer.status, 413);
    assert.match(answer.body, /limits\.body/);
  }
  await alive();
});

test('a body as long as limits.body allows is taken', async () => {
  const session = await RawSession.open(url);
  const empty = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'ping', params: { a: '' } });
  const full = empty.replace('"a":""', `"a":"${'x'.repeat(256 * 1024 - empty.length)}"`);
  assert.equal((await post(full, headersOf(session))).status, 200);
});

test('sessions: missing 400, unknown 404, ended 404', async () => {
  const ping = '{"jsonrpc":"2.0","id":7,"method":"ping"}';
  assert.equal((await post(ping)).status, 400);
  const unknown = await post(ping, { 'mcp-session-id': 'nobody-made-this' });
  assert.equal(unknown.status, 404);
  assert.equal((await send('GET', { headers: { accept: 'text/event-stream' } })).status, 400);
  const lost = { accept: 'text/event-stream', 'mcp-session-id': 'nobody-made-this' };
  assert.equal((await send('GET', { headers: lost })).status, 404);
  assert.equal((await send('DELETE', { headers: lost })).status, 404);
  const session = await RawSession.open(url);
  assert.ok([200, 202, 204].includes(await session.end()));
  const ended = await post(ping, headersOf(session));
  assert.equal(ended.status, 404);
  assert.equal(await session.end(), 404);
});

test('session ids are long, printable and differ', async () => {
  const sessions = await Promise.all(Array.from({ length: 20 }, () => RawSession.open(url)));
  const ids = sessions.map(({ id }) => id);
  assert.equal(new Set(ids).size, 20);
  for (const id of ids) assert.match(id, /^[\x21-\x7e]{22,}$/);
  await Promise.all(sessions.map((session) => session.end()));
});

test('a session of one endpoint is unknown to another', async () => {
  const session = await RawSession.open(url);
  session.url = own;
  const answer = await session.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  assert.equal(answer.status, 404);
});

test('Accept: 406 where the answer would not be read', async () => {
  const session = await RawSession.open(url);
  const ping = '{"jsonrpc":"2.0","id":7,"method":"ping"}';
  for (const accept of [
    'text/html',
    'application/json',
    'text/event-stream',
    'application/json;q=0, text/event-stream',
  ]) {
    assert.equal((await post(ping, { ...headersOf(session), accept })).status, 406, accept);
  }
  for (const accept of [
    '*/*',
    'text/event-stream, application/json',
    'Application/JSON;q=0.5 , TEXT/event-stream',
    'application/*, text/*',
  ]) {
    assert.equal((await post(ping, { ...headersOf(session), accept })).status, 200, accept);
  }
  assert.equal(
    (await send('GET', { headers: { ...headersOf(session), accept: 'application/json' } })).status,
    406,
  );
});

test('Content-Type: 415 unless it is JSON', async () => {
  const session = await RawSession.open(url);
  const ping = '{"jsonrpc":"2.0","id":7,"method":"ping"}';
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'multipart/form-data',
    '',
  ]) {
    assert.equal(
      (await post(ping, { ...headersOf(session), 'content-type': type })).status,
      415,
      type,
    );
  }
  for (const type of ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON']) {
    assert.equal(
      (await post(ping, { ...headersOf(session), 'content-type': type })).status,
      200,
      type,
    );
  }
});

test('MCP-Protocol-Version: 400 where it is unknown', async () => {
  const session = await RawSession.open(url);
  const ping = '{"jsonrpc":"2.0","id":7,"method":"ping"}';
  for (const version of ['1999-01-01', 'latest', '2025-11-25x']) {
    const answer = await post(ping, { ...headersOf(session), 'mcp-protocol-version': version });
    assert.equal(answer.status, 400, version);
    assert.match(answer.text, /version/i);
  }
  assert.equal(
    (await post(ping, { 'mcp-session-id': session.id })).status,
    200,
    'without the header',
  );
});

test('initialize: each legacy revision is spoken, an unknown one gets the newest legacy one', async () => {
  for (const version of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
    const session = await RawSession.open(url, { version });
    assert.equal(session.initialized.result.protocolVersion, version);
    assert.ok((await session.ask(1, 'tools/list')).result.tools.length > 0);
    await session.end();
  }
  const [answer] = await messagesOf(await new RawSession(url).post(initialize('1999-01-01')));
  assert.equal(answer.result.protocolVersion, '2025-11-25');
});

test("Host: 403 that names it, unless it is the listener's own", async () => {
  for (const host of [
    'evil.example',
    `evil.example:${gateway.port}`,
    '127.0.0.1.evil.example',
    '192.0.2.1',
    'localhost.',
  ]) {
    const answer = await post(initialize(), { host });
    assert.equal(answer.status, 403, host);
    assert.ok(answer.text.includes(host), `${host}: ${answer.text}`);
  }
  for (const host of [
    `127.0.0.1:${gateway.port}`,
    `localhost:${gateway.port}`,
    `LOCALHOST:${gateway.port}`,
  ]) {
    assert.equal((await post(initialize(), { host })).status, 200, host);
  }
});

test('Origin: 403 for another site and for null', async () => {
  for (const origin of [
    'null',
    'https://evil.example',
    'http://127.0.0.1.evil.example',
    'file://',
    '',
  ]) {
    for (const [method, body] of [
      ['POST', initialize()],
      ['GET', ''],
      ['DELETE', ''],
      ['OPTIONS', ''],
    ]) {
      const answer = await send(method, {
        headers: { ...usual, origin, 'content-length': Buffer.byteLength(body) },
        body,
      });
      assert.equal(answer.status, 403, `${method} from ${JSON.stringify(origin)}`);
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
    }
  }
  assert.equal(
    (await post(initialize(), { origin: `http://127.0.0.1:${gateway.port}` })).status,
    200,
  );
  assert.equal(
    (await post(initialize(), { origin: `http://localhost:${gateway.port}` })).status,
    200,
  );
});

test('methods and paths that are not there', async () => {
  for (const method of ['PUT', 'PATCH', 'HEAD', 'TRACE', 'PROPFIND']) {
    const answer = await send(method, { headers: usual });
    assert.equal(answer.status, 405, method);
    assert.match(answer.headers.allow, /POST/);
  }
  for (const path of [
    '/',
    '/nothing',
    '/mcp/',
    '/mcpx',
    '/servers/none/mcp',
    '/servers/odd',
    '/servers//mcp',
    '/servers/odd/../odd/mcp',
    '/profiles/none/mcp',
  ]) {
    const body = initialize();
    const answer = await send('POST', {
      path,
      headers: { ...usual, 'content-length': Buffer.byteLength(body) },
      body,
    });
    assert.equal(answer.status, 404, path);
  }
});

test('ids come back as they were sent, byte for byte', async () => {
  const session = await RawSession.open(url);
  const ids = [
    '0',
    '-1',
    '9007199254740993',
    '123456789012345678901234567890',
    '"7"',
    '""',
    '"\\u0061\\n\\"€"',
    '" "',
    '-0',
  ];
  for (const id of ids) {
    const response = await session.post(
      `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"odd__echo","arguments":{"value":"v"}}}`,
    );
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.ok(text.includes(`"id":${id}`) || text.includes(`"id": ${id}`), `${id}: ${text}`);
  }
});

test('ids of the server come back as it sent them', async () => {
  const session = await RawSession.open(url, { capabilities: { sampling: {} } });
  for (const id of ['9007199254740993', '"s\\u00e9"']) {
    const stop = new AbortController();
    const stream = await session.post(
      {
        jsonrpc: '2.0',
        id: 5,
        method: 'tools/call',
        params: { name: 'odd__ask', arguments: { method: 'ping', id } },
      },
      {},
      { signal: stop.signal },
    );
    const [answer] = (await messagesOf(stream)).filter((message) => message.id === 5);
    assert.deepEqual(JSON.parse(answer.result.content[0].text), { result: {} }, id);
  }
});

test('many requests with one id at once: each exchange gets its own answer', async () => {
  const session = await RawSession.open(url);
  const values = Array.from({ length: 50 }, (_, index) => `value ${index}`);
  const answers = await Promise.all(
    values.map((value) =>
      session.ask(1, 'tools/call', { name: 'odd__echo', arguments: { value } }),
    ),
  );
  assert.deepEqual(
    answers.map((answer) => answer.result.content[0].text),
    values,
  );
});

test('raw newlines between tokens are folded before a line protocol sees them', async () => {
  const session = await RawSession.open(url);
  const response = await session.post(
    '{\r\n"jsonrpc":"2.0",\n"id":1,\r"method":"tools/call",\n"params":\n{"name":"odd__echo",\n"arguments":{"value":\n"v"}}}\n',
  );
  const [answer] = await messagesOf(response);
  assert.equal(answer.result.content[0].text, 'v');
});

test('batches: in 2025-03-26, and nowhere else', async () => {
  const session = await RawSession.open(url, { version: '2025-03-26' });
  const batch = [
    { jsonrpc: '2.0', id: 1, method: 'ping' },
    { jsonrpc: '2.0', method: 'notifications/odd/nothing' },
    {
      jsonrpc: '2.0',
      id: 'two',
      method: 'tools/call',
      params: { name: 'odd__echo', arguments: { value: 'b' } },
    },
    { jsonrpc: '2.0', id: 3, method: 'no/such/method' },
  ];
  const response = await session.post(batch);
  assert.equal(response.status, 200);
  const answers = await messagesOf(response);
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  assert.equal(answers.length, 3);
  assert.deepEqual(byId.get(1).result, {});
  assert.equal(byId.get('two').result.content[0].text, 'b');
  assert.equal(byId.get(3).error.code, -32601);
  const quiet = await session.post([{ jsonrpc: '2.0', method: 'notifications/odd/nothing' }]);
  assert.equal(quiet.status, 202);
  const empty = await session.post('[]');
  assert.equal(empty.status, 400);
  const again = await session.post([
    JSON.parse(initialize()),
    { jsonrpc: '2.0', id: 2, method: 'ping' },
  ]);
  assert.equal(again.status, 400, 'initialize must not be part of a batch');
  for (const version of ['2024-11-05', '2025-06-18', '2025-11-25']) {
    const other = await RawSession.open(url, { version });
    assert.equal((await other.post(batch)).status, 400, version);
  }
});

test('notifications and answers get 202 without a body', async () => {
  const session = await RawSession.open(url);
  for (const message of [
    { method: 'notifications/odd/nothing' },
    { id: 'nobody asked', result: {} },
  ]) {
    const answer = await session.post({ jsonrpc: '2.0', ...message });
    assert.equal(answer.status, 202);
    assert.equal(await answer.text(), '');
  }
});

test('health: liveness, readiness, startup and all together', async () => {
  for (const path of ['/health', '/health/liveness', '/health/readiness', '/health/startup']) {
    assert.equal((await fetch(new URL(path, gateway.endpoint))).status, 200, path);
  }
});
