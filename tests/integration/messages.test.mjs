// Notifications, progress, cancellation, subscriptions, logging, tasks, and what the protocol
// does not know, both ways, from the official client through Gantry.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectHttp } from './lib/clients.mjs';
import { direct, each, gateway, listed, opened, steady, ways } from './lib/ways.mjs';
import { until } from './lib/wait.mjs';

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
