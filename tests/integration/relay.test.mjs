// Every method of the legacy era, from the official client, through Gantry to the four real servers; and the
// same calls made directly give the same results.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { wholeFile } from './lib/cleanup.mjs';
import { connectDirect, connectHttp, connectStdio } from './lib/clients.mjs';
import { makeFolder, npmServer, oddServer, startGateway } from './lib/gateway.mjs';
import { until } from './lib/wait.mjs';

const folder = makeFolder(wholeFile);
const files = join(folder, 'files');
cpSync(join(import.meta.dirname, '../../examples/quickstart/files'), files, { recursive: true });

const entries = {
  everything: npmServer('everything', [], { roots: 'client' }),
  files: npmServer('filesystem', [files]),
  memory: npmServer('memory', [], {
    share: 'shared',
    env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') },
  }),
  thinking: npmServer('sequential-thinking', [], { share: 'session' }),
  odd: oddServer(),
};
const gateway = await startGateway(wholeFile, { servers: entries }, { folder });

// Each way in, with the way a server's name looks there. `only`: the one server that is behind it.
const ways = [
  { way: 'HTTP /mcp', open: (t, options) => connectHttp(t, gateway.url(), options) },
  { way: 'stdio, connect', open: (t, options) => connectStdio(t, folder, options) },
  {
    way: 'HTTP /servers/NAME/mcp',
    only: true,
    open: (t, options, server) => connectHttp(t, gateway.url(server), options),
  },
  {
    way: 'stdio, connect --server NAME',
    only: true,
    open: (t, options, server) =>
      connectStdio(t, folder, { args: ['--server', server], ...options }),
  },
];

async function opened(t, { open, only }, server, options) {
  const client = await open(t, options, server);
  client.name = (own) => (only ? own : `${server}__${own}`);
  return client;
}

async function direct(t, server, options) {
  const { command, args, env } = entries[server];
  const own = server === 'memory' ? { MEMORY_FILE_PATH: join(folder, 'direct.jsonl') } : env;
  const client = await connectDirect(t, { command, args, env: own, cwd: folder }, options);
  client.name = (name) => name;
  return client;
}

// What differs from call to call: the time of day, ids that are drawn.
const steady = (value) =>
  JSON.parse(
    JSON.stringify(value)
      .replace(/created at [^"]*/g, 'created at TIME')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
      .replace(/"(createdAt|lastUpdatedAt)":"[^"]*"/g, '"$1":"TIME"')
      .replace(/"blob":"[A-Za-z0-9+/=]*"/g, (blob) => (blob.length > 60 ? blob : '"blob":"BYTES"'))
      .replace(/(Task created: |"taskId":")[0-9a-f]{32}/g, '$1TASK'),
  );

async function outcome(promise) {
  try {
    return { result: steady(await promise) };
  } catch (error) {
    return {
      error: steady({ code: error.code, message: error.message, data: error.data ?? null }),
    };
  }
}

/** Runs the same steps directly and through each way; each step's outcome must be the same. */
function same(title, server, steps, options) {
  for (const way of ways) {
    test(`${title}: ${way.way} answers as ${server} does`, async (t) => {
      const plain = await direct(t, server, options);
      const through = await opened(t, way, server, options);
      for (const [label, step] of Object.entries(steps)) {
        const expected = await outcome(step(plain));
        assert.deepEqual(await outcome(step(through)), expected, label);
      }
      // When a server asks for roots is its own affair: everything waits a third of a second after the handshake.
      const asked = ({ asked: all }) => steady(all.filter(({ method }) => method !== 'roots/list'));
      assert.deepEqual(asked(through), asked(plain), 'the same was asked of the client');
    });
  }
}

function each(title, server, run, options) {
  for (const way of ways) {
    test(`${title}: ${way.way}, ${server}`, async (t) =>
      run(await opened(t, way, server, options), t, way));
  }
}

/** One kind of list, all pages, of one server; names as the server has them. */
async function listed(client, method, key, server) {
  const prefix = client.name('');
  const all = [];
  let cursor;
  do {
    const result = await client.request(method, cursor === undefined ? {} : { cursor });
    all.push(...result[key]);
    cursor = result.nextCursor;
  } while (cursor !== undefined);
  if (prefix === '') return all;
  if (key === 'tools' || key === 'prompts') {
    return all
      .filter(({ name }) => name.startsWith(prefix))
      .map((entry) => ({ ...entry, name: entry.name.slice(prefix.length) }));
  }
  const scheme = { everything: 'demo:', odd: 'odd:' }[server];
  return all.filter((entry) => (entry.uri ?? entry.uriTemplate).startsWith(scheme));
}

for (const server of ['everything', 'files', 'memory', 'thinking', 'odd']) {
  same('tools/list', server, { list: (client) => listed(client, 'tools/list', 'tools', server) });
}
for (const server of ['everything', 'odd']) {
  same('the other lists', server, {
    prompts: (client) => listed(client, 'prompts/list', 'prompts', server),
    resources: (client) => listed(client, 'resources/list', 'resources', server),
    templates: (client) => listed(client, 'resources/templates/list', 'resourceTemplates', server),
  });
}

for (const way of ways.filter(({ only }) => only)) {
  for (const server of ['everything', 'files', 'memory', 'thinking', 'odd']) {
    test(`initialize: ${way.way} shows ${server} itself`, async (t) => {
      const plain = await direct(t, server);
      const through = await opened(t, way, server);
      assert.deepEqual(through.sdk.getServerCapabilities(), plain.sdk.getServerCapabilities());
      assert.deepEqual(through.sdk.getServerVersion(), plain.sdk.getServerVersion());
      assert.equal(through.sdk.getInstructions(), plain.sdk.getInstructions());
    });
  }
}

for (const way of ways.filter(({ only }) => !only)) {
  test(`initialize: ${way.way} offers what its servers offer together`, async (t) => {
    const plain = await direct(t, 'everything');
    const through = await opened(t, way, 'everything');
    const capabilities = through.sdk.getServerCapabilities();
    for (const name of ['tools', 'resources', 'prompts', 'logging', 'completions']) {
      assert.ok(capabilities[name], `no ${name} in ${JSON.stringify(capabilities)}`);
    }
    assert.equal(capabilities.resources.subscribe, true);
    for (const name of ['tools', 'resources', 'prompts'])
      assert.equal(capabilities[name].listChanged, true);
    assert.match(through.sdk.getServerVersion().name, /gantry/i);
    assert.ok(through.sdk.getInstructions().includes(plain.sdk.getInstructions().trim()));
  });
}

const call = (name, args) => (client) =>
  client.request('tools/call', { name: client.name(name), arguments: args });

same('tools/call', 'everything', {
  echo: call('echo', { message: 'grüße, 世界 \u0000 \ud83d\ude00 "quoted" \\' }),
  sum: call('get-sum', { a: 1, b: 2.5 }),
  'structured content': call('get-structured-content', { location: 'Chicago' }),
  annotations: call('get-annotated-message', { messageType: 'error', includeImage: true }),
  'resource links': call('get-resource-links', { count: 4 }),
  'an embedded resource': call('get-resource-reference', { resourceType: 'Text', resourceId: 7 }),
  image: call('get-tiny-image', {}),
  'gzip from a data: address': call('gzip-file-as-resource', {
    name: 'x.gz',
    data: 'data:text/plain,hello',
    outputType: 'resourceLink',
  }),
  'long operation': call('trigger-long-running-operation', { duration: 0.1, steps: 2 }),
  'wrong arguments': call('get-sum', { a: 'one' }),
  'an unknown tool': (client) =>
    client
      .request('tools/call', { name: client.name('no-such-tool') })
      .then(
        () => 'an answer',
        (error) => error.code,
      )
      .then((code) => ({ refused: code !== undefined })),
});

same(
  'tools/call',
  'files',
  {
    list: call('list_directory', { path: files }),
    read: call('read_text_file', { path: join(files, 'welcome.txt') }),
    several: call('read_multiple_files', {
      paths: [join(files, 'planets.csv'), join(files, 'welcome.txt')],
    }),
    tree: call('directory_tree', { path: files }),
    outside: call('read_text_file', { path: '/etc/hostname' }),
    allowed: call('list_allowed_directories', {}),
  },
  { capabilities: {} },
);

const ada = { name: 'Ada', entityType: 'person', observations: ['wrote the first program'] };
same('tools/call', 'memory', {
  create: call('create_entities', { entities: [ada] }),
  search: call('search_nodes', { query: 'Ada' }),
  remove: call('delete_entities', { entityNames: ['Ada'] }),
  graph: call('read_graph', {}),
});

same('tools/call', 'thinking', {
  first: call('sequentialthinking', {
    thought: 'one',
    nextThoughtNeeded: true,
    thoughtNumber: 1,
    totalThoughts: 2,
  }),
  second: call('sequentialthinking', {
    thought: 'two',
    nextThoughtNeeded: false,
    thoughtNumber: 2,
    totalThoughts: 2,
  }),
});

same('resources', 'everything', {
  read: (client) =>
    client.request('resources/read', { uri: 'demo://resource/static/document/features.md' }),
  'by template': (client) =>
    client.request('resources/read', { uri: 'demo://resource/dynamic/text/42' }),
  binary: (client) => client.request('resources/read', { uri: 'demo://resource/dynamic/blob/3' }),
});

same('prompts', 'everything', {
  simple: (client) => client.request('prompts/get', { name: client.name('simple-prompt') }),
  arguments: (client) =>
    client.request('prompts/get', {
      name: client.name('args-prompt'),
      arguments: { city: 'Zürich', state: 'ZH' },
    }),
  'embedded resource': (client) =>
    client.request('prompts/get', {
      name: client.name('resource-prompt'),
      arguments: { resourceType: 'Text', resourceId: '2' },
    }),
  'missing argument': (client) =>
    client
      .request('prompts/get', { name: client.name('args-prompt') })
      .catch((error) => ({ code: error.code })),
});

const complete = (ref, argument, context) => (client) =>
  client.request('completion/complete', {
    ref: ref.type === 'ref/prompt' ? { ...ref, name: client.name(ref.name) } : ref,
    argument,
    ...(context ? { context } : {}),
  });
const team = { type: 'ref/prompt', name: 'completable-prompt' };
same('completion/complete', 'everything', {
  prompt: complete(team, { name: 'department', value: 'S' }),
  context: complete(team, { name: 'name', value: '' }, { arguments: { department: 'Sales' } }),
  template: complete(
    { type: 'ref/resource', uri: 'demo://resource/dynamic/text/{resourceId}' },
    { name: 'resourceId', value: '12' },
  ),
});

same('sampling and elicitation', 'everything', {
  sampling: call('trigger-sampling-request', { prompt: 'say hello', maxTokens: 10 }),
  'elicitation, a form': call('trigger-elicitation-request', {}),
  'elicitation, a URL': call('trigger-url-elicitation', {
    url: 'https://example.com/login',
    message: 'Sign in',
    elicitationId: 'elicitation-1',
  }),
});

same(
  'a question the client declines or fails',
  'everything',
  {
    'elicitation declined': call('trigger-elicitation-request', {}),
    'sampling failed': call('trigger-sampling-request', { prompt: 'x' }),
  },
  {
    answers: {
      'elicitation/create': () => ({ action: 'decline' }),
      'sampling/createMessage': () => {
        throw Object.assign(new Error('the user said no'), { code: -1 });
      },
    },
  },
);

same('URL elicitation by error -32042', 'everything', {
  error: call('trigger-url-elicitation', { url: 'https://example.com/a', errorPath: true }),
});

same('roots answered by the client (roots: client)', 'everything', {
  roots: call('get-roots-list', {}),
});

each('roots/list_changed', 'everything', async (client) => {
  await client.text(client.name('get-roots-list'));
  client.roots = [{ uri: 'file:///srv/other', name: 'other' }, { uri: 'file:///srv/third' }];
  await client.sdk.sendRootsListChanged();
  await until('the new roots do not arrive', async () =>
    (await client.text(client.name('get-roots-list'))).includes('file:///srv/third'),
  );
});

each('ping', 'odd', async (client) => {
  assert.deepEqual(await client.request('ping'), {});
  assert.deepEqual(JSON.parse(await client.text(client.name('ask'), { method: 'ping' })), {
    result: {},
  });
});

each('progress', 'everything', async (client) => {
  const seen = [];
  const result = await client.call(
    client.name('trigger-long-running-operation'),
    { duration: 0.4, steps: 4 },
    { onprogress: ({ progress, total }) => seen.push([progress, total]) },
  );
  assert.match(result.content[0].text, /completed/);
  assert.deepEqual(seen.slice(0, 3), [
    [1, 4],
    [2, 4],
    [3, 4],
  ]);
  const tokens = new Set(
    client.notifications('notifications/progress').map(({ progressToken }) => progressToken),
  );
  assert.equal(tokens.size, 1);
});

each('progress: none that was not asked for, none after the answer', 'odd', async (client) => {
  const asked = await client.request('tools/call', {
    name: client.name('progress'),
    arguments: { steps: 3, stray: true, late: true },
    _meta: { progressToken: 'mine, "quoted"' },
  });
  assert.ok(asked.content);
  await client.text(client.name('progress'), { steps: 3 });
  const seen = client.notifications('notifications/progress');
  assert.deepEqual(
    seen.map(({ progressToken, progress }) => [progressToken, progress]),
    [1, 2, 3].map((step) => ['mine, "quoted"', step]),
  );
});

each('cancellation reaches the server with its own id', 'odd', async (client) => {
  const stop = new AbortController();
  const pending = client.call(client.name('never'), {}, { signal: stop.signal });
  const received = async () => JSON.parse(await client.text(client.name('received')));
  const before = await until('the call does not arrive', async () =>
    (await received()).findLast((message) => message.params?.name === 'never'),
  );
  stop.abort('enough');
  await assert.rejects(pending);
  const cancelled = await until('the cancellation does not arrive', async () =>
    JSON.parse(await client.text(client.name('cancelled'))).find(
      ({ requestId }) => requestId === before.id,
    ),
  );
  assert.equal(cancelled.reason, 'enough');
});

each('subscribe, updated, unsubscribe', 'everything', async (client) => {
  const uri = 'demo://resource/dynamic/text/1';
  assert.deepEqual(await client.request('resources/subscribe', { uri }), {});
  await client.call(client.name('toggle-subscriber-updates'));
  await client.notification('notifications/resources/updated', (params) => params.uri === uri);
  assert.deepEqual(await client.request('resources/unsubscribe', { uri }), {});
  await client.call(client.name('toggle-subscriber-updates'));
});

each('logging', 'everything', async (client) => {
  assert.deepEqual(await client.request('logging/setLevel', { level: 'debug' }), {});
  await client.call(client.name('toggle-simulated-logging'));
  const { params } = await client.notification('notifications/message', ({ data }) =>
    /message$/.test(data),
  );
  assert.match(params.data, /-level message$|level-message$/);
  await client.call(client.name('toggle-simulated-logging'));
});

each('logging: a session gets its own level and above', 'odd', async (client, t, way) => {
  const quiet = await opened(t, way, 'odd');
  await quiet.request('logging/setLevel', { level: 'error' });
  await client.request('logging/setLevel', { level: 'debug' });
  for (const level of ['info', 'critical']) {
    await client.call(client.name('log_later'), { level, data: `${level} for all` });
  }
  await client.notification('notifications/message', ({ data }) => data === 'critical for all');
  await client.notification('notifications/message', ({ data }) => data === 'info for all');
  assert.equal(
    quiet.notifications('notifications/message').some(({ data }) => data === 'info for all'),
    false,
  );
});

each('list_changed after a resource was added', 'everything', async (client, _, { way }) => {
  const name = `${way.replace(/\W/g, '')}.gz`;
  await client.call(client.name('gzip-file-as-resource'), { name, data: 'data:text/plain,hello' });
  await client.notification('notifications/resources/list_changed');
  await until('the resource is not listed', async () =>
    (await listed(client, 'resources/list', 'resources', 'everything')).some(
      ({ uri }) => uri === `demo://resource/session/${name}`,
    ),
  );
  const read = await client.request('resources/read', { uri: `demo://resource/session/${name}` });
  assert.equal(read.contents[0].mimeType, 'application/gzip');
});

each('list_changed of every list', 'odd', async (client) => {
  await client.call(client.name('change_lists'));
  for (const list of ['tools', 'prompts', 'resources']) {
    await client.notification(`notifications/${list}/list_changed`);
  }
});

each('unknown fields and _meta, both ways', 'odd', async (client) => {
  const meta = { 'example.com/trace': { a: [1, null, 'ü'] }, 'example.com/n': 1e300 };
  const result = await client.request('tools/call', {
    name: client.name('meta'),
    arguments: {},
    _meta: meta,
    'x-unknown': { kept: true },
  });
  assert.deepEqual(JSON.parse(result.content[0].text), meta);
  assert.deepEqual(result._meta, { 'example.com/back': [1, { two: true }] });
  const seen = JSON.parse(await client.text(client.name('received'))).findLast(
    (message) => message.params?.name === 'meta',
  );
  assert.deepEqual(seen.params['x-unknown'], { kept: true });
});

each('errors of the server with their data', 'odd', async (client) => {
  const data = { deep: [{ a: 1 }] };
  await assert.rejects(client.call(client.name('rpc_error'), { code: -32055, data }), (error) => {
    assert.equal(error.code, -32055);
    assert.deepEqual(error.data, data);
    return true;
  });
  const failed = await client.call(client.name('tool_error'));
  assert.equal(failed.isError, true);
  await assert.rejects(client.request('resources/read', { uri: 'odd://missing' }), {
    code: -32002,
  });
});

for (const way of ways.filter(({ only }) => only)) {
  test(`unknown methods and notifications: ${way.way} passes them on`, async (t) => {
    const client = await opened(t, way, 'odd');
    const params = { any: { thing: [1, 'two'] } };
    assert.deepEqual(await client.request('odd/echo', params), { method: 'odd/echo', params });
    await assert.rejects(client.request('odd/none', {}), { code: -32601 });
    await client.call('unknown_notification');
    const { params: news } = await client.notification('notifications/odd/news');
    assert.deepEqual(news, { deep: { a: [1, 2, 3] } });
    await client.sdk.notification({ method: 'notifications/odd/from-client', params });
    await until('the notification does not arrive', async () =>
      JSON.parse(await client.text('received')).some(
        (message) => message.method === 'notifications/odd/from-client',
      ),
    );
  });
}

test('an unknown method on /mcp is -32601', async (t) => {
  const client = await connectHttp(t, gateway.url());
  await assert.rejects(client.request('odd/echo', {}), { code: -32601 });
});

each('elicitation/complete goes to the client', 'odd', async (client) => {
  await client.call(client.name('elicitation_done'), { elicitationId: 'e-1' });
  const { params } = await client.notification('notifications/elicitation/complete');
  assert.deepEqual(params, { elicitationId: 'e-1' });
});

async function runTask(client, args) {
  await client.sdk.listTools();
  const stream = client.sdk.experimental.tasks.callToolStream(
    { name: client.name('simulate-research-query'), arguments: args },
    undefined,
    { task: { ttl: 60_000 } },
  );
  let taskId;
  for await (const message of stream) {
    if (message.type === 'taskCreated') taskId = message.task.taskId;
    if (message.type === 'error') throw message.error;
    if (message.type === 'result') return { taskId, result: message.result };
  }
  throw new Error('the task gave no result');
}

for (const way of ways) {
  test(`tasks (experimental): ${way.way} runs one to its end, with a question in it`, async (t) => {
    const answers = {
      'elicitation/create': () => ({ action: 'accept', content: { interpretation: 'snake' } }),
    };
    const clients = [
      await direct(t, 'everything', { answers }),
      await opened(t, way, 'everything', { answers }),
    ];
    const [plain, through] = await Promise.all(
      clients.map((client) => runTask(client, { topic: 'python', ambiguous: true })),
    );
    assert.deepEqual(steady(through.result.content), steady(plain.result.content));
    assert.match(through.result.content[0].text, /Research Report: python \(snake\)/);
    const client = clients[1];
    const tasks = client.sdk.experimental.tasks;
    assert.equal((await tasks.getTask(through.taskId)).status, 'completed');
    assert.ok((await tasks.listTasks()).tasks.some(({ taskId }) => taskId === through.taskId));
  });

  test(`tasks (experimental): ${way.way} cancels one`, async (t) => {
    const client = await opened(t, way, 'everything');
    const { task } = await client.request('tools/call', {
      name: client.name('simulate-research-query'),
      arguments: { topic: 'cats' },
      task: { ttl: 60_000 },
    });
    assert.equal(task.status, 'working');
    const ended = await client.sdk.experimental.tasks.cancelTask(task.taskId);
    assert.equal(ended.status, 'cancelled');
    assert.equal((await client.sdk.experimental.tasks.getTask(task.taskId)).status, 'cancelled');
  });
}
