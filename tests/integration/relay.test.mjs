// Requests of the legacy era, from the official client through Gantry to the four real servers:
// the same calls made directly give the same results. What servers send of their own:
// messages.test.mjs.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { direct, files, listed, opened, steady, ways } from './lib/ways.mjs';

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
