// No process of any server outlives its gateway, however the gateway ends and wherever the
// process hid.
import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { test } from 'node:test';

import { connectHttp } from './lib/clients.mjs';
import { binary, makeFolder, oddServer, startGateway } from './lib/gateway.mjs';
import { commandLine, isAlive, processesWith } from './lib/processes.mjs';
import { until, within } from './lib/wait.mjs';

const noCapabilities = { capabilities: {} };

const whoAnswers = async (client, server = 'odd') =>
  JSON.parse(await client.text(`${server}__count`)).pid;

test('a server that ignores SIGTERM, and processes that left its session, end with the gateway', async (t) => {
  const gateway = await startGateway(t, { servers: { odd: oddServer(['--stay']) } });
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  await client.call('odd__stubborn');
  const orphans = JSON.parse(await client.text('odd__orphans', { count: 3 }));
  for (const pid of orphans) assert.ok(isAlive(pid));
  await client.close();
  await gateway.stop();
  for (const pid of orphans) assert.equal(isAlive(pid), false);
});

test('server restart ends the whole tree of the old instance', async (t) => {
  const gateway = await startGateway(t, { servers: { odd: oddServer([], { share: 'shared' }) } });
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  const before = await whoAnswers(client);
  const orphans = JSON.parse(await client.text('odd__orphans', { count: 2 }));
  assert.equal((await gateway.cli('server', 'restart', 'odd')).code, 0);
  for (const pid of [before, ...orphans])
    await until(`${commandLine(pid)} lives on`, () => !isAlive(pid));
  assert.notEqual(await whoAnswers(client), before);
});

test('kill -9 of the gateway: no process of any server is left', async (t) => {
  const servers = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, oddServer(['--stay'])]));
  const gateway = await startGateway(t, { servers });
  const client = await connectHttp(t, gateway.url(), noCapabilities);
  const all = [];
  for (const name of Object.keys(servers)) {
    await client.call(`${name}__stubborn`);
    all.push(
      await whoAnswers(client, name),
      ...JSON.parse(await client.text(`${name}__orphans`, { count: 4 })),
    );
  }
  for (const pid of all) assert.ok(isAlive(pid));
  const begun = performance.now();
  await gateway.kill('SIGKILL');
  await until(
    () => `alive: ${all.filter(isAlive).map(commandLine)}`,
    () => !all.some(isAlive),
    20_000,
  );
  t.diagnostic(
    `none of ${all.length} processes alive ${(performance.now() - begun).toFixed(0)} ms after kill -9`,
  );
  await gateway.noneLeft();
});

test('what a killed run left, keeper and all, is ended at the next start', async (t) => {
  const folder = makeFolder(t);
  const config = { servers: { odd: oddServer(['--stay']) } };
  const first = await startGateway(t, config, { folder });
  const client = await connectHttp(t, first.url(), noCapabilities);
  const pid = await whoAnswers(client);
  const orphans = JSON.parse(await client.text('odd__orphans', { count: 2 }));
  const program = (one) => {
    try {
      return readlinkSync(`/proc/${one}/exe`);
    } catch {
      return '';
    }
  };
  const ours = processesWith(folder).filter(
    (one) => program(one) === readlinkSync(`/proc/${first.pid}/exe`),
  );
  assert.ok(ours.includes(first.pid), `${binary} is not among ${ours}`);
  // Stopped first, so that none of them sees another end and cleans up after it.
  for (const one of ours) process.kill(one, 'SIGSTOP');
  for (const one of ours) process.kill(one, 'SIGKILL');
  await within('the end of the gateway', first.exited);
  const left = [pid, ...orphans].filter(isAlive);
  t.diagnostic(`${left.length} processes were left`);
  const second = await startGateway(t, config, { folder });
  for (const one of left) await until(`${commandLine(one)} lives on`, () => !isAlive(one));
  const again = await connectHttp(t, second.url(), noCapabilities);
  assert.equal(await again.text('odd__echo', { value: 'new' }), 'new');
});
