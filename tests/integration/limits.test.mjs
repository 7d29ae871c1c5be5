// The limits of the gateway that a client can reach, each refused by its name and nothing lost.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';

import { cleanup } from './lib/cleanup.mjs';
import { oddServer, startGateway } from './lib/gateway.mjs';
import { RawSession } from './lib/raw.mjs';
import { until, within } from './lib/wait.mjs';

const hello = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'limits', version: '1' },
  },
});

const call = (id, name, args = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

test('limits.sessions: one more is refused with 503, and taken once another has ended', async (t) => {
  const gateway = await startGateway(t, {
    gateway: { limits: { sessions: 2 } },
    servers: { odd: oddServer() },
  });
  const url = gateway.url();
  const first = await RawSession.open(url);
  await RawSession.open(url);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const refused = await fetch(url, { method: 'POST', headers, body: hello });
  assert.equal(refused.status, 503);
  assert.match((await refused.json()).error.message, /limits\.sessions/);
  await first.end();
  await until('no room after one ended', async () => {
    const answer = await fetch(url, { method: 'POST', headers, body: hello });
    await answer.text();
    return answer.status === 200;
  });
});

test('limits.in_flight: one call more gets an error by that name, the others their answers', async (t) => {
  const gateway = await startGateway(t, {
    gateway: { limits: { in_flight: 1 } },
    servers: { odd: oddServer() },
  });
  const session = await RawSession.open(gateway.url());
  const other = await RawSession.open(gateway.url());
  const waiting = session.post(call(1, 'odd__wait', { gate: 'limit' }));
  await until(
    'the call does not arrive',
    async () => (await gateway.json('status')).in_flight === 1,
  );
  const answer = await (await other.post(call(2, 'odd__echo', { value: 'x' }))).json();
  assert.equal(answer.id, 2);
  assert.match(answer.error.message, /limits\.in_flight/);
  const stop = await session.post({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: 1 },
  });
  assert.equal(stop.status, 202);
  await within('the cancelled call', waiting);
  const after = await (await other.post(call(3, 'odd__echo', { value: 'y' }))).json();
  assert.equal(after.result.content[0].text, 'y');
});

test('limits.connections: what comes past it is closed at once, and taken when there is room', async (t) => {
  const most = 12;
  const gateway = await startGateway(t, {
    gateway: { limits: { connections: most } },
    servers: { odd: oddServer() },
  });
  const sockets = [];
  let closed = 0;
  cleanup(t, () => sockets.forEach((socket) => socket.destroy()));
  for (let index = 0; index < most + 8; ++index) {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => ++closed);
    sockets.push(socket);
  }
  await until('none is refused', () => closed >= 8);
  sockets.forEach((socket) => socket.destroy());
  await until('no room after they went', async () => {
    try {
      return (await fetch(new URL('/health/liveness', gateway.endpoint))).status === 200;
    } catch {
      return false;
    }
  });
});
