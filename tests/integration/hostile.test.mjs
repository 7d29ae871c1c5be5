// Malformed HTTP, byte by byte: a 4xx and a closed connection, or the right answer; and the
// gateway lives on.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';

import { wholeFile } from './lib/cleanup.mjs';
import { oddServer, startGateway } from './lib/gateway.mjs';
import { malformed } from './lib/malformed.mjs';
import { bothKinds, parseResponses, sendBytes } from './lib/raw.mjs';
import { within } from './lib/wait.mjs';

const gateway = await startGateway(wholeFile, {
  gateway: { limits: { body: '256KiB', header: '16KiB' } },
  servers: { odd: oddServer([], { share: 'shared' }) },
});

const alive = async () =>
  assert.equal((await fetch(new URL('/health/liveness', gateway.endpoint))).status, 200);

const initialize = (protocolVersion = '2025-11-25') =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  });

test('hostile HTTP: a 4xx and a closed connection, or the right answer', async (t) => {
  const cases = malformed(gateway.port);
  assert.ok(cases.length >= 40);
  for (const { title, bytes, statuses, count = 1, says } of cases) {
    await t.test(title, async () => {
      const responses = parseResponses(await sendBytes(gateway.port, bytes)).filter(
        ({ status }) => status >= 200,
      );
      assert.deepEqual(responses.length, count, JSON.stringify(responses));
      for (const { status, body } of responses) {
        assert.ok(statuses.includes(status), `${status} is none of ${statuses}: ${body}`);
        if (says && status >= 400) assert.match(body, says);
      }
      await alive();
    });
  }
});

test('a head that comes byte by byte, and a body in pieces, are read', async () => {
  const body = initialize();
  const head =
    `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nAccept: ${bothKinds}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  const socket = connect(gateway.port, '127.0.0.1');
  socket.setNoDelay(true);
  let answer = '';
  socket.on('data', (data) => (answer += data));
  const closed = new Promise((done) => socket.on('close', done));
  for (const byte of head + body) {
    await new Promise((done) => socket.write(byte, done));
  }
  await within('the answer', closed);
  assert.equal(parseResponses(answer)[0].status, 200);
});
