// The streams of Streamable HTTP: what opens and closes them, and that a broken one goes on where
// it broke.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { wholeFile } from './lib/cleanup.mjs';
import { oddServer, startGateway } from './lib/gateway.mjs';
import { RawSession, readEvents } from './lib/raw.mjs';
import { until, within } from './lib/wait.mjs';

const gateway = await startGateway(wholeFile, {
  servers: { odd: oddServer([], { share: 'shared' }) },
});
const url = gateway.url();

/** Reads events into an array while the stream lasts. */
function collect(response) {
  const events = [];
  const ended = (async () => {
    try {
      for await (const event of readEvents(response.body)) events.push(event);
    } catch {
      // The test ended the stream.
    }
  })();
  return { events, ended };
}
const message = (event) => (event.data ? JSON.parse(event.data) : undefined);

test('GET stream: opens at once, carries what is not part of a call', async () => {
  const session = await RawSession.open(url);
  const stop = new AbortController();
  const stream = await within(
    'the headers of the stream',
    session.get({}, { signal: stop.signal }),
  );
  assert.equal(stream.status, 200);
  assert.match(stream.headers.get('content-type'), /^text\/event-stream/);
  assert.equal(stream.headers.get('x-accel-buffering'), 'no');
  assert.match(stream.headers.get('cache-control') ?? '', /no-cache|no-store/);
  const { events } = collect(stream);
  await session.ask(1, 'logging/setLevel', { level: 'debug' });
  await session.ask(2, 'tools/call', {
    name: 'odd__log_later',
    arguments: { level: 'info', data: 'on the stream' },
  });
  await until('nothing arrives', () =>
    events.find((event) => message(event)?.params?.data === 'on the stream'),
  );
  stop.abort();
});

test('a stream begins with an empty event that has an id, and says when to come back', async () => {
  const session = await RawSession.open(url);
  const stop = new AbortController();
  const response = await session.post(
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'odd__wait', arguments: { gate: 'priming' }, _meta: { progressToken: 1 } },
    },
    {},
    { signal: stop.signal },
  );
  assert.match(response.headers.get('content-type'), /^text\/event-stream/);
  const { events, ended } = collect(response);
  await until('no progress', () =>
    events.some((event) => message(event)?.method === 'notifications/progress'),
  );
  assert.notEqual(events[0].id ?? '', '');
  assert.equal(events[0].data, '');
  assert.ok(
    events.some((event) => Number(event.retry) > 0),
    JSON.stringify(events),
  );
  await session.ask(2, 'tools/call', { name: 'odd__open', arguments: { gate: 'priming' } });
  await within('the end of the stream', ended);
  const last = message(events.at(-1));
  assert.equal(last.id, 1);
  assert.equal(last.result.content[0].text, 'gate priming opened');
  const ids = events.map((event) => event.id).filter(Boolean);
  assert.equal(new Set(ids).size, ids.length, 'each event has an id of its own');
  stop.abort();
});

test('a broken stream goes on at Last-Event-ID, nothing twice and nothing lost', async () => {
  const session = await RawSession.open(url);
  const stop = new AbortController();
  const response = await session.post(
    {
      jsonrpc: '2.0',
      id: 'call',
      method: 'tools/call',
      params: { name: 'odd__wait', arguments: { gate: 'resume' }, _meta: { progressToken: 'p' } },
    },
    {},
    { signal: stop.signal },
  );
  const { events } = collect(response);
  const seen = await until('no progress', () =>
    events.find((event) => message(event)?.method === 'notifications/progress'),
  );
  stop.abort();
  await session.ask(2, 'tools/call', { name: 'odd__open', arguments: { gate: 'resume' } });
  const again = await session.get({ 'last-event-id': seen.id });
  assert.equal(again.status, 200);
  const resumed = collect(again);
  const found = await until('the answer is lost', () =>
    resumed.events.find((event) => message(event)?.id === 'call'),
  );
  assert.equal(message(found).result.content[0].text, 'gate resume opened');
  assert.equal(
    resumed.events.some((event) => message(event)?.method === 'notifications/progress'),
    false,
  );
  // From the first event on, everything comes again.
  const whole = collect(await session.get({ 'last-event-id': events[0].id }));
  await until('the answer is lost', () =>
    whole.events.some((event) => message(event)?.id === 'call'),
  );
  assert.ok(whole.events.some((event) => message(event)?.method === 'notifications/progress'));
  await session.end();
  await Promise.all([resumed.ended, whole.ended]);
});

test('Last-Event-ID of another session, and one that nobody gave', async () => {
  const session = await RawSession.open(url);
  const other = await RawSession.open(url);
  const response = await session.post({
    jsonrpc: '2.0',
    id: 'secret',
    method: 'tools/call',
    params: { name: 'odd__progress', arguments: { steps: 2 }, _meta: { progressToken: 'p' } },
  });
  const { events, ended } = collect(response);
  await within('the answer', ended);
  const foreign = events.find((event) => event.id)?.id ?? 'none';
  for (const id of [foreign, 'nobody-gave-this', '999999999999999999999', '']) {
    const stop = new AbortController();
    const answer = await other.get({ 'last-event-id': id }, { signal: stop.signal });
    const got = collect(answer);
    if (answer.status === 200) {
      // A stream may open; what belongs to the other session must not be on it.
      await other.ask(1, 'logging/setLevel', { level: 'debug' });
      await other.ask(2, 'tools/call', {
        name: 'odd__log_later',
        arguments: { level: 'info', data: `after ${id}` },
      });
      await until('nothing arrives', () =>
        got.events.some((event) => message(event)?.params?.data === `after ${id}`),
      );
      assert.equal(
        got.events.some((event) => message(event)?.id === 'secret'),
        false,
      );
    } else {
      assert.ok([400, 404].includes(answer.status), `${answer.status}`);
    }
    stop.abort();
    await got.ended;
  }
});

test('DELETE ends the session: its streams close, its calls end', async () => {
  const session = await RawSession.open(url);
  const stream = collect(await session.get());
  const call = session
    .post({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'odd__never', arguments: {} },
    })
    .then((response) => response.text())
    .catch(() => 'closed');
  const observer = await RawSession.open(url);
  await until('the call does not arrive', async () => {
    const seen = await observer.ask(2, 'tools/call', { name: 'odd__received', arguments: {} });
    return seen.result.content[0].text.includes('"name":"never"');
  });
  assert.ok([200, 202, 204].includes(await session.end()));
  await within('the stream', stream.ended);
  await within('the call', call);
});

test('a client that goes away in a legacy call does not cancel it', async () => {
  const session = await RawSession.open(url);
  const stop = new AbortController();
  const call = session
    .post(
      {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'odd__wait', arguments: { gate: 'gone' } },
      },
      {},
      { signal: stop.signal },
    )
    .catch(() => {});
  await until('the call does not arrive', async () => {
    const seen = await session.ask(2, 'tools/call', { name: 'odd__received', arguments: {} });
    return seen.result.content[0].text.includes('"gate":"gone"');
  });
  stop.abort();
  await call;
  const opened = await session.ask(3, 'tools/call', {
    name: 'odd__open',
    arguments: { gate: 'gone' },
  });
  assert.equal(JSON.parse(opened.result.content[0].text).opened, 1);
  const cancelled = await session.ask(4, 'tools/call', { name: 'odd__cancelled', arguments: {} });
  const received = JSON.parse(
    (await session.ask(5, 'tools/call', { name: 'odd__received', arguments: {} })).result.content[0]
      .text,
  );
  const id = received.find(
    (one) => one.params?.arguments?.gate === 'gone' && one.params.name === 'wait',
  ).id;
  assert.equal(
    JSON.parse(cancelled.result.content[0].text).some(({ requestId }) => requestId === id),
    false,
  );
});

test('an answer that came as JSON goes on as JSON', async () => {
  const session = await RawSession.open(url);
  const answer = await session.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  assert.match(answer.headers.get('content-type'), /^application\/json/);
  await answer.text();
});
