// Many clients at once: every answer goes to who asked, also while the server is being killed;
// nothing leaks.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { oddServer, startGateway } from './lib/gateway.mjs';
import { isAlive, openFiles, residentSize } from './lib/processes.mjs';
import { FastClient } from './lib/raw.mjs';
import { until, within } from './lib/wait.mjs';

const calls = Number(process.env.GANTRY_TEST_CALLS ?? 100_000);
const clientCount = 200;
const kills = Number(process.env.GANTRY_TEST_KILLS ?? 50);
const patience = Number(process.env.GANTRY_TEST_HUNG_MS ?? 60_000) * 10;

const request = (id, name, value) =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${name}","arguments":{"value":"${value}"}}}`;

async function openAll(url, count) {
  const clients = [];
  // A few at a time: the backlog of a listener is no subject of this test.
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(20, count - clients.length) }, () =>
      new FastClient(url, { sockets: 2 }).open(),
    );
    clients.push(...(await Promise.all(some)));
  }
  return clients;
}

/** The gateway's descriptors once they no longer change. */
async function settledFiles(pid) {
  let last = [];
  await until('the descriptors do not settle', async () => {
    const now = openFiles(pid);
    const same = JSON.stringify(now) === JSON.stringify(last);
    last = now;
    if (!same) await new Promise((done) => setTimeout(done, 250));
    return same;
  });
  return last;
}

test(`${clientCount} clients, all counting ids from 0, ${calls} calls: no answer is crossed`, async (t) => {
  const gateway = await startGateway(t, { servers: { odd: oddServer([], { share: 'shared' }) } });
  const clients = await openAll(gateway.url(), clientCount);
  const each = Math.max(1, Math.floor(calls / clientCount));
  const begun = performance.now();
  const run = async (client, index) => {
    for (let id = 0; id < each; ++id) {
      const value = `client ${index} call ${id}`;
      const answer = await client.send(request(id, 'odd__echo', value));
      const messages = FastClient.messages(answer);
      assert.equal(answer.status, 200, answer.body);
      assert.equal(messages.length, 1, answer.body);
      assert.equal(messages[0].id, id);
      assert.equal(messages[0].result?.content[0].text, value, answer.body);
    }
  };
  await within('the calls', Promise.all(clients.map(run)), patience);
  const seconds = (performance.now() - begun) / 1000;
  t.diagnostic(
    `${each * clientCount} calls in ${seconds.toFixed(1)} s, 0 crossed; gateway ${(residentSize(gateway.pid) / 2 ** 20).toFixed(1)} MiB`,
  );
  const count = await clients[0].send(request(0, 'odd__count', ''));
  const said = JSON.parse(FastClient.messages(count)[0].result.content[0].text);
  assert.equal(said.calls, each * clientCount + 1, 'each call reached the server once');
  await Promise.all(clients.map((client) => client.close()));
});

test(`${kills} kills of a server under load: one answer for each call, no hang, no orphan, no leaked descriptor`, async (t) => {
  const restart = { first: '1ms', most: '20ms', healthy_after: '10ms' };
  const gateway = await startGateway(t, {
    servers: { odd: oddServer([], { share: 'shared', restart }) },
  });
  const warm = await openAll(gateway.url(), 4);
  for (const client of warm) await client.send(request(0, 'odd__echo', 'warm'));
  await Promise.all(warm.map((client) => client.close()));
  const before = await settledFiles(gateway.pid);

  const clients = await openAll(gateway.url(), 32);
  let stopped = false;
  const seen = { answered: 0, refused: 0 };
  const run = async (client, index) => {
    for (let id = 0; !stopped; ++id) {
      const value = `client ${index} call ${id}`;
      const answer = await client.send(request(id, 'odd__echo', value));
      const messages = FastClient.messages(answer);
      assert.equal(messages.length, 1, `${answer.status} ${answer.body}`);
      assert.equal(messages[0].id, id);
      if (messages[0].error) {
        assert.match(messages[0].error.message, /odd/);
        ++seen.refused;
        // A refusal while it restarts is quick: leave the machine some time.
        await new Promise((done) => setTimeout(done, 2));
      } else {
        assert.equal(messages[0].result.content[0].text, value);
        ++seen.answered;
      }
    }
  };
  const load = Promise.all(clients.map(run)).finally(() => (stopped = true));
  const ended = load.then(() => assert.fail('the load ended early'));
  const victims = new Set();
  const kill = async () => {
    for (let round = 0; round < kills; ++round) {
      const answered = seen.answered;
      await until('no call succeeds any more', () => stopped || seen.answered > answered + 20);
      const pid = await until(
        'no server runs',
        async () =>
          stopped ||
          (await gateway.server('odd')).instances
            .map((instance) => instance.pid)
            .find((one) => isAlive(one) && !victims.has(one)),
      );
      if (stopped) return;
      victims.add(pid);
      process.kill(pid, 'SIGKILL');
      await until(`${pid} lives on`, () => !isAlive(pid));
    }
  };
  await within('the kills', Promise.race([kill(), ended]), patience);
  stopped = true;
  await within('a call hangs', load);
  assert.equal(victims.size, kills);
  t.diagnostic(`${seen.answered} answered, ${seen.refused} refused, ${kills} kills`);
  for (const pid of victims) assert.equal(isAlive(pid), false);
  await Promise.all(clients.map((client) => client.close()));
  await until(
    () => `descriptors leaked: ${before.length} before, now ${openFiles(gateway.pid).length}`,
    async () => (await settledFiles(gateway.pid)).length <= before.length,
  );
  assert.ok(gateway.serverProcesses().length <= 2, 'one server, and what holds it');
});

test('clients that vanish in a call leave nothing behind', async (t) => {
  const gateway = await startGateway(t, {
    gateway: { session_idle: '1s' },
    servers: { odd: oddServer([], { share: 'shared' }) },
  });
  const warm = await openAll(gateway.url(), 2);
  for (const client of warm) await client.send(request(0, 'odd__echo', 'warm'));
  await Promise.all(warm.map((client) => client.close()));
  const before = await settledFiles(gateway.pid);
  const clients = await openAll(gateway.url(), 50);
  const pending = clients.map((client) =>
    client.send(request(1, 'odd__never', '')).catch(() => 'gone'),
  );
  const observer = (await openAll(gateway.url(), 1))[0];
  await until('the calls do not arrive', async () => {
    const answer = await observer.send(request(1, 'odd__received', ''));
    return (
      FastClient.messages(answer)[0].result.content[0].text.split('"name":"never"').length === 51
    );
  });
  for (const client of clients) client.agent.destroy();
  await Promise.all(pending);
  await observer.close();
  await until(
    () => `descriptors leaked: ${before.length} before, now ${openFiles(gateway.pid).length}`,
    async () => (await settledFiles(gateway.pid)).length <= before.length,
  );
});
