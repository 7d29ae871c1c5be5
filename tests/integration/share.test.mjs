// Which instance serves whom, who is asked when a server asks, and what happens past the limits.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectHttp } from './lib/clients.mjs';
import { makeFolder, oddServer, startGateway } from './lib/gateway.mjs';
import { isAlive } from './lib/processes.mjs';
import { until, within } from './lib/wait.mjs';

const noCapabilities = { capabilities: {} };
const sampling = { capabilities: { sampling: {} } };

const whoAnswers = async (client, server = 'odd') =>
  JSON.parse(await client.text(`${server}__count`)).pid;

test('share: shared is one for all, session is one each', async (t) => {
  const gateway = await startGateway(t, {
    servers: { one: oddServer([], { share: 'shared' }), each: oddServer([], { share: 'session' }) },
  });
  const clients = await Promise.all(
    [noCapabilities, sampling, {}].map((options) => connectHttp(t, gateway.url(), options)),
  );
  const pids = async (server) =>
    new Set(await Promise.all(clients.map((client) => whoAnswers(client, server))));
  assert.equal((await pids('one')).size, 1);
  assert.equal((await pids('each')).size, 3);
  const before = await whoAnswers(clients[0], 'each');
  assert.equal(await whoAnswers(clients[0], 'each'), before, 'a session keeps its instance');
  await clients[0].close();
  await until('the instance of an ended session lives on', () => !isAlive(before));
});

test('share: auto: alike sessions share, until the server asks its client; that is kept', async (t) => {
  const folder = makeFolder(t);
  const config = { servers: { odd: oddServer() } };
  const gateway = await startGateway(t, config, { folder });
  const open = (options) => connectHttp(t, gateway.url(), options);
  const [plain, plain2, able, able2] = [
    await open(noCapabilities),
    await open(noCapabilities),
    await open(sampling),
    await open(sampling),
  ];
  const shared = await whoAnswers(plain);
  assert.equal(await whoAnswers(plain2), shared);
  const other = await whoAnswers(able);
  assert.notEqual(other, shared, 'a server is told exactly what its clients can do');
  assert.equal(await whoAnswers(able2), other);
  assert.equal((await gateway.server('odd')).asks_client, false);
  assert.match(
    await able.text('odd__ask', {
      method: 'sampling/createMessage',
      params: { messages: [], maxTokens: 1 },
    }),
    /the model says hello/,
  );
  assert.equal(able2.asked.length, 0, 'another session must not be asked');
  assert.equal((await gateway.server('odd')).asks_client, true);
  const [able3, able4] = [await open(sampling), await open(sampling)];
  assert.notEqual(await whoAnswers(able3), await whoAnswers(able4));
  assert.equal(
    await whoAnswers(await open(noCapabilities)),
    shared,
    'who cannot answer goes on sharing',
  );
  const shown = await gateway.cli('server', 'show', 'odd');
  assert.match(shown.stdout, /asks/);
  await gateway.stop();
  const second = await startGateway(t, config, { folder });
  assert.equal((await second.server('odd')).asks_client, true);
});

test("a shared server's question goes to the one session with a call in flight; with two, it is refused with the reason", async (t) => {
  const gateway = await startGateway(t, { servers: { odd: oddServer([], { share: 'shared' }) } });
  const [a, b] = [await connectHttp(t, gateway.url()), await connectHttp(t, gateway.url())];
  const question = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };
  assert.match(await b.text('odd__ask', question), /the model says hello/);
  assert.deepEqual([a.asked.length, b.asked.length], [0, 1]);
  const waiting = a.text('odd__wait', { gate: 'two' });
  await until('the call does not arrive', async () =>
    (await b.text('odd__received')).includes('"gate":"two"'),
  );
  const refused = JSON.parse(await b.text('odd__ask', question));
  assert.equal(typeof refused.error?.code, 'number', JSON.stringify(refused));
  assert.match(refused.error.message, /session/);
  assert.deepEqual([a.asked.length, b.asked.length], [0, 1]);
  await b.call('odd__open', { gate: 'two' });
  assert.match(await waiting, /opened/);
});

test('a question outside any call gets an answer', async (t) => {
  const roots = ['file:///srv/one', 'file:///srv/two'];
  const gateway = await startGateway(t, {
    servers: {
      none: oddServer([], { share: 'shared' }),
      some: oddServer([], { share: 'shared', roots }),
    },
  });
  const client = await connectHttp(t, gateway.url());
  for (const [server, expected] of [
    ['none', []],
    ['some', roots],
  ]) {
    await client.call(`${server}__ask_later`, { method: 'roots/list' });
    const answers = await until('no answer', async () => {
      const all = JSON.parse(await client.text(`${server}__answers`));
      return all.length > 0 && all;
    });
    assert.deepEqual(
      answers[0].result?.roots.map(({ uri }) => uri),
      expected,
      JSON.stringify(answers),
    );
  }
  assert.equal(
    client.asked.some(({ method }) => method === 'roots/list'),
    false,
    'roots come from the file',
  );
});

test('past limits.instances_a_server sessions take turns, and each call is answered', async (t) => {
  const gateway = await startGateway(t, {
    gateway: { limits: { instances_a_server: 2 } },
    servers: { odd: oddServer([], { share: 'session' }) },
  });
  const clients = await Promise.all(
    Array.from({ length: 6 }, () => connectHttp(t, gateway.url(), noCapabilities)),
  );
  const answers = await within(
    'the answers',
    Promise.all(
      clients.flatMap((client, index) =>
        Array.from({ length: 5 }, (_, call) =>
          client.text('odd__echo', { value: `${index}.${call}` }),
        ),
      ),
    ),
  );
  assert.deepEqual(
    answers,
    clients.flatMap((_, index) => Array.from({ length: 5 }, (__, call) => `${index}.${call}`)),
  );
  const server = await gateway.server('odd');
  assert.ok(server.instances.length <= 2, JSON.stringify(server.instances));
  assert.ok(server.instances.length >= 1);
  const sessions =
    server.instances.reduce((sum, instance) => sum + instance.sessions, 0) +
    (server.instance_limit_waiting ?? 0);
  assert.ok(sessions >= 6, JSON.stringify(server));
});
