// One catalogue of many servers: names, rules, lists that stay fresh, addresses that collide, and
// what is missing.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { connectDirect, connectHttp } from './lib/clients.mjs';
import { makeFolder, oddServer, startGateway } from './lib/gateway.mjs';
import { until, within } from './lib/wait.mjs';

const plain = { capabilities: {} };

async function all(client, method, key) {
  const found = [];
  let cursor;
  for (let pages = 0; pages < 1000; ++pages) {
    const result = await client.request(method, cursor === undefined ? {} : { cursor });
    found.push(...result[key]);
    cursor = result.nextCursor;
    if (cursor === undefined) return found;
  }
  throw new Error(`${method} never ends`);
}
const toolNames = async (client) =>
  (await all(client, 'tools/list', 'tools')).map(({ name }) => name);

test('SERVER__NAME, in the order of the file, routed by table', async (t) => {
  const gateway = await startGateway(t, {
    servers: {
      zebra: oddServer(['--name', 'zebra', '--tools', 'same,only_z,under__score']),
      apple: oddServer(['--name', 'apple', '--tools', 'same,__lead']),
      'apple-2': oddServer(['--name', 'apple-2', '--tools', 'same']),
    },
  });
  const client = await connectHttp(t, gateway.url(), plain);
  assert.deepEqual(await toolNames(client), [
    'zebra__same',
    'zebra__only_z',
    'zebra__under__score',
    'apple__same',
    'apple____lead',
    'apple-2__same',
  ]);
  const routed = {
    zebra__same: 'zebra',
    apple__same: 'apple',
    'apple-2__same': 'apple-2',
    zebra__under__score: 'zebra',
    apple____lead: 'apple',
  };
  for (const [name, server] of Object.entries(routed)) {
    const said = JSON.parse(await client.text(name, { a: 1 }));
    assert.deepEqual(said, { tool: name.slice(server.length + 2), server, arguments: { a: 1 } });
  }
  const tool = (await all(client, 'tools/list', 'tools'))[0];
  assert.deepEqual(tool, {
    name: 'zebra__same',
    description: 'same of zebra',
    inputSchema: { type: 'object' },
    'x-unknown': { kept: true },
  });
  for (const unknown of [
    'same',
    'zebra__none',
    'none__same',
    'zebra__',
    '__same',
    'apple__only_z',
  ]) {
    await assert.rejects(client.call(unknown), { code: -32602 }, unknown);
  }
});

test('long and odd names are shortened by a stable hash, and are called by it', async (t) => {
  const folder = makeFolder(t);
  const long = `a_tool_with_${'very_'.repeat(15)}long_name`;
  const names = [long, `${long}2`, 'with.dots', 'with spaces', 'grüße', 'short'];
  const config = {
    gateway: { names: { max: 40 } },
    servers: {
      odd: oddServer(['--tools', names.join(',')]),
      other: oddServer(['--tools', names.join(',')]),
    },
  };
  const gateway = await startGateway(t, config, { folder });
  const client = await connectHttp(t, gateway.url(), plain);
  const shown = await toolNames(client);
  assert.equal(shown.length, 12);
  assert.equal(new Set(shown).size, 12);
  for (const name of shown) {
    assert.match(name, /^[A-Za-z0-9_-]{1,40}$/);
    assert.match(name, /^(odd|other)__/);
  }
  assert.ok(shown.includes('odd__short'));
  for (const [index, name] of names.entries()) {
    assert.equal(JSON.parse(await client.text(shown[index])).tool, name);
    assert.equal(JSON.parse(await client.text(shown[index])).server, 'odd');
  }
  await gateway.stop();
  const second = await startGateway(
    t,
    {
      ...config,
      servers: { first: oddServer(['--tools', 'x']), ...config.servers },
    },
    { folder },
  );
  const again = await toolNames(await connectHttp(t, second.url(), plain));
  assert.deepEqual(
    again.filter((name) => !name.startsWith('first__')),
    shown,
    'another server renames nothing',
  );
});

test('allow, deny, rename; what is not offered cannot be called', async (t) => {
  const gateway = await startGateway(t, {
    servers: {
      a: oddServer(['--tools', 'read_one,read_two,write_one,drop'], {
        tools: { allow: ['read_*', 'drop'], deny: ['*_two'] },
      }),
      b: oddServer(['--tools', 'get,put'], { tools: { rename: { get: 'fetch_it' } } }),
    },
  });
  const client = await connectHttp(t, gateway.url(), plain);
  assert.deepEqual(await toolNames(client), ['a__read_one', 'a__drop', 'fetch_it', 'b__put']);
  assert.equal(JSON.parse(await client.text('fetch_it')).tool, 'get');
  for (const hidden of ['a__read_two', 'a__write_one', 'b__get']) {
    await assert.rejects(client.call(hidden), { code: -32602 }, hidden);
  }
  const one = await connectHttp(t, gateway.url('a'), plain);
  assert.deepEqual(await toolNames(one), ['read_one', 'drop']);
  await assert.rejects(one.call('write_one'), { code: -32602 });
});

test('lists stay fresh by list_changed, for every session', async (t) => {
  const gateway = await startGateway(t, {
    servers: { a: oddServer(), b: oddServer(['--tools', 'x']) },
  });
  const [one, two] = [
    await connectHttp(t, gateway.url(), plain),
    await connectHttp(t, gateway.url(), plain),
  ];
  await one.text('a__echo');
  await one.call('a__add_tool', { name: 'brand_new' });
  for (const client of [one, two]) await client.notification('notifications/tools/list_changed');
  for (const client of [one, two]) {
    await until('the new tool is not listed', async () =>
      (await toolNames(client)).includes('a__brand_new'),
    );
  }
  await assert.doesNotReject(one.call('a__brand_new'));
});

test('a server that is dead or slow does not hold up the lists, and is named', async (t) => {
  const folder = makeFolder(t);
  const gate = join(folder, 'gate');
  const gateway = await startGateway(
    t,
    {
      servers: {
        good: oddServer(['--tools', 'x']),
        dead: oddServer(['--crash', 'no licence']),
        slow: oddServer(['--gate', gate, '--tools', 'y'], { timeouts: { start: '10m' } }),
      },
    },
    { folder, wait: 'listening' },
  );
  const client = await connectHttp(t, gateway.url(), plain);
  // The gate is closed until the list is here: a list that waits for the slow server would hang.
  assert.deepEqual(await within('the list', toolNames(client)), ['good__x']);
  assert.ok(JSON.parse(await client.text('good__x')));
  assert.equal((await gateway.server('dead')).state, 'failed');
  assert.match((await gateway.server('dead')).cause, /no licence|exit status 3/);
  assert.equal((await gateway.server('slow')).state, 'starting');
  const shown = await gateway.cli('status');
  for (const name of ['good', 'dead', 'slow']) assert.ok(shown.stdout.includes(name), shown.stdout);
  writeFileSync(gate, '');
  await client.notification('notifications/tools/list_changed');
  await until('the slow server is not listed', async () =>
    (await toolNames(client)).includes('slow__y'),
  );
  await gateway.ready();
});

test('a server whose lists fail is a named failure, the others are listed', async (t) => {
  const folder = makeFolder(t);
  const broken = join(folder, 'broken');
  writeFileSync(broken, '');
  const gateway = await startGateway(
    t,
    {
      servers: { bad: oddServer(['--no-lists-while', broken]), good: oddServer(['--tools', 'x']) },
    },
    { folder },
  );
  const client = await connectHttp(t, gateway.url(), plain);
  assert.deepEqual(await toolNames(client), ['good__x']);
  assert.match((await gateway.server('bad')).cause, /no lists today|tools\/list/);
});

test("instructions are merged, each under its server's name", async (t) => {
  const gateway = await startGateway(t, {
    servers: {
      a: oddServer(['--instructions', 'Always say please to A.']),
      b: oddServer([]),
      c: oddServer(['--instructions', 'C counts\nin two lines.']),
    },
  });
  const client = await connectHttp(t, gateway.url(), plain);
  const said = client.sdk.getInstructions();
  assert.ok(said.includes('Always say please to A.'), said);
  assert.ok(said.includes('C counts\nin two lines.'), said);
  assert.ok(said.indexOf('please to A') < said.indexOf('C counts'));
  assert.match(said, /\ba\b/);
  assert.match(said, /\bc\b/);
});

test('addresses: they stay; the later of two gets gantry://, wherever it turns up', async (t) => {
  const gateway = await startGateway(t, {
    servers: {
      a: oddServer(['--name', 'a', '--resources', 'odd://same,odd://only/a']),
      b: oddServer(['--name', 'b', '--resources', 'odd://same,odd://only/b?x=1 2']),
    },
  });
  const client = await connectHttp(t, gateway.url(), plain);
  const moved = `gantry://b/${encodeURIComponent('odd://same')}`;
  const listed = (await all(client, 'resources/list', 'resources')).map(({ uri }) => uri);
  assert.deepEqual(listed, ['odd://same', 'odd://only/a', moved, 'odd://only/b?x=1 2']);
  const read = async (uri) => (await client.request('resources/read', { uri })).contents[0];
  assert.match((await read('odd://same')).text, /of a$/);
  assert.match((await read(moved)).text, /odd:\/\/same of b$/);
  assert.equal((await read(moved)).uri, moved);
  assert.match((await read('odd://only/b?x=1 2')).text, /of b$/);
  const linked = await client.call('b__link', { uri: 'odd://same' });
  assert.equal(linked.content[0].uri, moved);
  assert.equal(linked.content[1].resource.uri, moved);
  const own = await client.call('a__link', { uri: 'odd://same' });
  assert.equal(own.content[0].uri, 'odd://same');
  await client.request('resources/subscribe', { uri: moved });
  await client.call('b__update', { uri: 'odd://same' });
  await client.notification('notifications/resources/updated', ({ uri }) => uri === moved);
  const status = await gateway.json('status');
  assert.ok(
    JSON.stringify(status.uri_conflicts).includes('odd://same'),
    JSON.stringify(status.uri_conflicts),
  );
  const doctor = await gateway.cli('doctor', '-f', join(gateway.folder, 'gantry.yaml'));
  assert.ok((doctor.stdout + doctor.stderr).includes('odd://same'), doctor.stdout + doctor.stderr);
  await assert.rejects(client.request('resources/read', { uri: 'odd://missing' }));
});

test('an address in no list goes by template, else to the server that last said it', async (t) => {
  const gateway = await startGateway(t, {
    servers: {
      a: oddServer(['--name', 'a', '--resources', '', '--templates', 'a://{id}/data']),
      b: oddServer(['--name', 'b', '--resources', '', '--templates', 'b://{+path}']),
    },
  });
  const client = await connectHttp(t, gateway.url(), plain);
  assert.deepEqual(
    (await all(client, 'resources/templates/list', 'resourceTemplates')).map(
      ({ uriTemplate }) => uriTemplate,
    ),
    ['a://{id}/data', 'b://{+path}'],
  );
  const read = async (uri) => (await client.request('resources/read', { uri })).contents[0].text;
  assert.equal(await read('a://7/data'), 'a://7/data of a');
  assert.equal(await read('b://deep/er/file'), 'b://deep/er/file of b');
  await client.call('b__link', { uri: 'session://of-b' });
  assert.equal(await read('session://of-b'), 'session://of-b of b');
  await assert.rejects(client.request('resources/read', { uri: 'nobody://has/this' }), {
    code: -32002,
  });
});

test('subscriptions: updates go to who subscribed, once each, until the last unsubscribes', async (t) => {
  const gateway = await startGateway(t, { servers: { odd: oddServer([], { share: 'shared' }) } });
  const [a, b, c] = await Promise.all([1, 2, 3].map(() => connectHttp(t, gateway.url(), plain)));
  for (const client of [a, b]) await client.request('resources/subscribe', { uri: 'odd://one' });
  await a.request('resources/subscribe', { uri: 'odd://one' });
  await c.call('odd__update', { uri: 'odd://one' });
  for (const client of [a, b]) await client.notification('notifications/resources/updated');
  const received = async () =>
    JSON.parse(await c.text('odd__received'))
      .filter(({ method }) => method?.endsWith('subscribe'))
      .map(({ method }) => method);
  assert.deepEqual(await received(), ['resources/subscribe'], 'one subscription upstream');
  await a.request('resources/unsubscribe', { uri: 'odd://one' });
  assert.deepEqual(await received(), ['resources/subscribe']);
  await c.call('odd__update', { uri: 'odd://one' });
  await until(
    'b is forgotten',
    () => b.notifications('notifications/resources/updated').length === 2,
  );
  await b.close();
  await until(
    'nobody is left, and it goes on',
    async () => (await received()).at(-1) === 'resources/unsubscribe',
  );
  assert.equal(a.notifications('notifications/resources/updated').length, 1);
  assert.equal(c.notifications('notifications/resources/updated').length, 0);
});

test('pagination upstream is drained, the empty cursor too', async (t) => {
  const many = Array.from({ length: 23 }, (_, index) => `tool_${index}`);
  const uris = Array.from({ length: 11 }, (_, index) => `odd://${index}`);
  const args = [
    '--tools',
    many.join(','),
    '--resources',
    uris.join(','),
    '--prompts',
    'p,q,r',
    '--page',
    '5',
  ];
  const gateway = await startGateway(t, {
    servers: { odd: oddServer(args), last: oddServer(['--tools', 'x', '--resources', '']) },
  });
  const client = await connectHttp(t, gateway.url(), plain);
  assert.deepEqual(await toolNames(client), [...many.map((name) => `odd__${name}`), 'last__x']);
  assert.deepEqual(
    (await all(client, 'resources/list', 'resources')).map(({ uri }) => uri),
    uris,
  );
  const one = await connectHttp(t, gateway.url('odd'), plain);
  assert.deepEqual(await toolNames(one), many);
  await assert.rejects(client.request('tools/list', { cursor: 'nobody gave this' }), {
    code: -32602,
  });
});

test('a server whose pages never end does not hang the gateway', async (t) => {
  const gateway = await startGateway(t, {
    servers: {
      odd: oddServer(['--page', '0', '--tools', 'x,y']),
      good: oddServer(['--tools', 'z']),
    },
  });
  const client = await connectHttp(t, gateway.url(), plain);
  assert.ok((await within('the list', toolNames(client))).includes('good__z'));
});

test('/servers/NAME/mcp: nothing renamed, nothing added', async (t) => {
  const args = ['--resources', 'odd://same', '--templates', 'odd://{x}', '--instructions', 'mine'];
  const gateway = await startGateway(t, {
    servers: { first: oddServer(['--resources', 'odd://same']), odd: oddServer(args) },
  });
  const direct = await connectDirect(t, oddServer(args), plain);
  const through = await connectHttp(t, gateway.url('odd'), plain);
  for (const what of ['getServerCapabilities', 'getServerVersion', 'getInstructions']) {
    assert.deepEqual(through.sdk[what](), direct.sdk[what](), what);
  }
  for (const [method, key] of [
    ['tools/list', 'tools'],
    ['resources/list', 'resources'],
    ['prompts/list', 'prompts'],
    ['resources/templates/list', 'resourceTemplates'],
  ]) {
    assert.deepEqual(await all(through, method, key), await all(direct, method, key));
  }
  assert.deepEqual(
    await through.call('link', { uri: 'odd://same' }),
    await direct.call('link', { uri: 'odd://same' }),
  );
});

test('prompts: named like tools, completed by their own name', async (t) => {
  const gateway = await startGateway(t, {
    servers: { a: oddServer(['--name', 'a']), b: oddServer(['--name', 'b']) },
  });
  const client = await connectHttp(t, gateway.url(), plain);
  assert.deepEqual(
    (await all(client, 'prompts/list', 'prompts')).map(({ name }) => name),
    ['a__greet', 'b__greet'],
  );
  const got = await client.request('prompts/get', { name: 'b__greet', arguments: { who: 'x' } });
  assert.equal(got.messages[0].content.text, 'b: greet {"who":"x"}');
  const completed = await client.request('completion/complete', {
    ref: { type: 'ref/prompt', name: 'b__greet' },
    argument: { name: 'who', value: 'w' },
  });
  assert.deepEqual(completed.completion.values, ['b:greet:w']);
});

test('profiles: /profiles/NAME/mcp has its servers alone', async (t) => {
  const gateway = await startGateway(t, {
    servers: {
      a: oddServer(['--tools', 'x']),
      b: oddServer(['--tools', 'y']),
      c: oddServer(['--tools', 'z']),
    },
    profiles: { dev: ['c', 'a'] },
  });
  const client = await connectHttp(t, new URL('/profiles/dev/mcp', gateway.endpoint), plain);
  assert.deepEqual((await toolNames(client)).sort(), ['a__x', 'c__z']);
  await assert.rejects(client.call('b__y'), { code: -32602 });
});
