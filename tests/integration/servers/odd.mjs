// A stdio server without an SDK that misbehaves when it is told to. Its own behaviour is fixed by
// its arguments; single faults are tools.
//
//   --name NAME            of serverInfo                    --instructions TEXT
//   --tools a,b            tools instead of the fault tools; each answers with {"tool":NAME,"server":NAME,…}
//   --resources u,v        resources instead of the usual
//   --templates t,u        URI templates
//   --prompts a,b          prompts instead of the usual
//   --page N               lists come in pages of N; the first cursor is the empty string
//   --starts FILE          appends its pid to FILE at each start
//   --crash TEXT           writes TEXT to stderr and exits with 3 at once
//   --crash-while FILE     the same, while FILE exists
//   --gate FILE            answers initialize only once FILE exists
//   --mute                 never answers initialize
//   --no-lists-while FILE  fails its lists while FILE exists
//   --stay                 lives on when its stdin closes
//   --noise                garbage on stdout before and between answers
//   --capabilities JSON    instead of the usual
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';

import { eachLine } from '../lib/lines.mjs';

const options = {};
for (let index = 2; index < process.argv.length; ++index) {
  const name = process.argv[index].replace(/^--/, '');
  const flag = ['mute', 'noise', 'stay'].includes(name);
  options[name] = flag ? true : process.argv[++index];
}

const say = (line) => process.stdout.write(`${line}\n`);
const send = (message) => say(JSON.stringify({ jsonrpc: '2.0', ...message }));
const notify = (method, params) => send({ method, params });
const text = (value) => ({
  content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }],
});

function crash(said) {
  process.stderr.write(`${said}\n`, () => process.exit(3));
}

const serverName = options.name ?? 'odd';
const split = (value) => (value ? value.split(',') : []);
const extraTools = [];
const received = [];
const cancelled = [];
const gates = new Map();
const waiting = new Map();
const answers = [];
let calls = 0;
let nextId = 1;

/** Asks the client; `id` may be any raw JSON token. Gives the raw answer line. */
function ask(method, params, id = String(nextId++)) {
  const pending = new Promise((done) => waiting.set(id, done));
  say(
    `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${JSON.stringify(params ?? {})}}`,
  );
  return pending;
}

function startOrphans(count = 2) {
  // Each leaves this process's session; the inner one leaves its parent's as well, and is reparented.
  const script = `for n in $(seq ${count}); do setsid sleep 86400 & echo $!; done; exec sleep 86400`;
  const child = spawn('setsid', ['sh', '-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.unref();
  return new Promise((done) => {
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
      const pids = said.trim().split('\n').map(Number);
      if (said.endsWith('\n') && pids.length === count) done([child.pid, ...pids]);
    });
  });
}

const tools = {
  echo: ({ value }) => ({ ...text(value ?? ''), structuredContent: { value: value ?? null } }),
  count: () => text({ calls, pid: process.pid }),
  environment: () => text(process.env),
  place: () => text({ cwd: process.cwd(), argv: process.argv.slice(2) }),
  received: () => text(received),
  cancelled: () => text(cancelled),
  answers: () => text(answers),
  meta: (_, { params }) => ({
    ...text(params._meta ?? {}),
    _meta: { 'example.com/back': [1, { two: true }] },
  }),
  garbage: ({ lines = ['this is no JSON', '{"jsonrpc":"2.0"', '[]', '42', '{"hello":1}'] }) => {
    for (const line of lines) say(line);
    return text('said it');
  },
  stray_answers: () => {
    send({ id: 987654321, result: {} });
    send({ id: 'nobody asked', result: { content: [] } });
    return text('said it');
  },
  twice: (_, { id }) => {
    send({ id, result: text('first') });
    return text('second');
  },
  half_line: () =>
    new Promise(() => process.stdout.write('{"jsonrpc":"2.0","id":', () => process.exit(4))),
  big_answer: ({ bytes }) => text('x'.repeat(bytes)),
  die: ({ said = 'I was told to die', code = 7 }) =>
    new Promise(() => process.stderr.write(`${said}\n`, () => process.exit(code))),
  never: () => new Promise(() => {}),
  wait: ({ gate = 'gate' }, { params }) =>
    new Promise((done) => {
      const progressToken = params._meta?.progressToken;
      gates.set(gate, [...(gates.get(gate) ?? []), done]);
      if (progressToken !== undefined)
        notify('notifications/progress', { progressToken, progress: 1, total: 2 });
    }).then(() => text(`gate ${gate} opened`)),
  open: ({ gate = 'gate' }) => {
    const all = gates.get(gate) ?? [];
    gates.delete(gate);
    for (const done of all) done();
    return text({ opened: all.length });
  },
  progress: ({ steps = 3, stray = false, late = false }, { id, params }) => {
    const progressToken = params._meta?.progressToken;
    const one = (progress) =>
      notify('notifications/progress', {
        progressToken,
        progress,
        total: steps,
        message: `step ${progress}`,
      });
    if (stray)
      notify('notifications/progress', { progressToken: 'a token nobody gave', progress: 1 });
    for (let step = 1; step <= steps; ++step) if (progressToken !== undefined) one(step);
    if (!late) return text({ token: progressToken ?? null });
    send({ id, result: text({ token: progressToken ?? null }) });
    one(steps + 1);
    return undefined;
  },
  ask: async ({ method, params, id }) => text(await ask(method, params, id)),
  ask_later: ({ method, params }) => {
    setImmediate(async () => answers.push(await ask(method, params)));
    return text('I shall');
  },
  log: ({ level, data }) => {
    notify('notifications/message', { level, logger: 'odd', data });
    return text('logged');
  },
  log_later: ({ level, data }) => {
    setImmediate(() => notify('notifications/message', { level, logger: 'odd', data }));
    return text('I shall');
  },
  unknown_notification: () => {
    notify('notifications/odd/news', { deep: { a: [1, 2, 3] } });
    return text('said');
  },
  update: ({ uri }) => {
    notify('notifications/resources/updated', { uri });
    return text('said');
  },
  add_tool: ({ name }) => {
    extraTools.push(name);
    notify('notifications/tools/list_changed');
    return text('added');
  },
  change_lists: () => {
    for (const list of ['tools', 'prompts', 'resources'])
      notify(`notifications/${list}/list_changed`);
    return text('said');
  },
  elicitation_done: ({ elicitationId }) => {
    notify('notifications/elicitation/complete', { elicitationId });
    return text('said');
  },
  orphans: async ({ count }) => text(await startOrphans(count)),
  stubborn: () => {
    process.on('SIGTERM', () => process.stderr.write('SIGTERM does not move me\n'));
    return text('I stay');
  },
  stderr: ({ lines = [] }) =>
    new Promise((done) =>
      process.stderr.write(lines.map((line) => `${line}\n`).join(''), () => done(text('written'))),
    ),
  link: ({ uri }) => ({
    content: [
      { type: 'resource_link', uri, name: 'linked' },
      { type: 'resource', resource: { uri, text: 'embedded' } },
    ],
  }),
  tool_error: () => ({ isError: true, ...text('this tool failed') }),
  rpc_error: ({ code = -32050, data }) => ({
    error: { code, message: 'an error of the server', data },
  }),
};

const fixedTools = options.tools === undefined ? undefined : split(options.tools);
const toolNames = () => [...(fixedTools ?? Object.keys(tools)), ...extraTools];
const resourceUris =
  options.resources === undefined ? ['odd://one', 'odd://two'] : split(options.resources);
const promptNames = options.prompts === undefined ? ['greet'] : split(options.prompts);

function page(key, all, cursor) {
  const size = Number(options.page ?? all.length);
  if (!options.page) return { [key]: all };
  // The cursor of the second page is the empty string, of later ones a number.
  const start = cursor === undefined ? 0 : cursor === '' ? size : Number(cursor);
  const next = start + size;
  const result = { [key]: all.slice(start, next) };
  if (next < all.length) result.nextCursor = start === 0 ? '' : String(next);
  return result;
}

function callTool(message) {
  ++calls;
  const { name, arguments: args = {} } = message.params;
  if (!toolNames().includes(name))
    return { error: { code: -32602, message: `Unknown tool: ${name}` } };
  if (tools[name] && !fixedTools) return tools[name](args, message);
  return text({ tool: name, server: serverName, arguments: args });
}

const lists = {
  'tools/list': ({ cursor }) =>
    page(
      'tools',
      toolNames().map((name) => ({
        name,
        description: `${name} of ${serverName}`,
        inputSchema: { type: 'object' },
        'x-unknown': { kept: true },
      })),
      cursor,
    ),
  'resources/list': ({ cursor }) =>
    page(
      'resources',
      resourceUris.map((uri) => ({ uri, name: uri })),
      cursor,
    ),
  'resources/templates/list': ({ cursor }) =>
    page(
      'resourceTemplates',
      split(options.templates).map((uriTemplate) => ({ uriTemplate, name: uriTemplate })),
      cursor,
    ),
  'prompts/list': ({ cursor }) =>
    page(
      'prompts',
      promptNames.map((name) => ({
        name,
        description: `${name} of ${serverName}`,
        arguments: [{ name: 'who', required: false }],
      })),
      cursor,
    ),
};

const methods = {
  initialize: (params) => ({
    protocolVersion: params.protocolVersion,
    capabilities: options.capabilities
      ? JSON.parse(options.capabilities)
      : {
          tools: { listChanged: true },
          resources: { subscribe: true, listChanged: true },
          prompts: { listChanged: true },
          completions: {},
          logging: {},
          experimental: { 'example.com/odd': { yes: true } },
        },
    serverInfo: { name: serverName, version: '1.2.3', 'x-unknown': 'kept' },
    ...(options.instructions ? { instructions: options.instructions } : {}),
  }),
  ping: () => ({}),
  'resources/read': ({ uri }) =>
    uri.includes('missing')
      ? { error: { code: -32002, message: 'Resource not found', data: { uri } } }
      : { contents: [{ uri, mimeType: 'text/plain', text: `${uri} of ${serverName}` }] },
  'resources/subscribe': () => ({}),
  'resources/unsubscribe': () => ({}),
  'prompts/get': ({ name, arguments: args }) => ({
    messages: [
      {
        role: 'user',
        content: { type: 'text', text: `${serverName}: ${name} ${JSON.stringify(args ?? {})}` },
      },
    ],
  }),
  'completion/complete': ({ ref, argument }) => ({
    completion: { values: [`${serverName}:${ref.name ?? ref.uri}:${argument.value}`] },
  }),
  'logging/setLevel': () => ({}),
  'odd/echo': (params) => ({ method: 'odd/echo', params }),
};

async function answer(message) {
  if (message.method === 'initialize' && options.mute) return;
  if (message.method === 'initialize' && options.gate) {
    while (!existsSync(options.gate)) await new Promise((done) => setTimeout(done, 20));
  }
  let result;
  if (message.method === 'tools/call') result = await callTool(message);
  else if (lists[message.method]) {
    const failing = options['no-lists-while'] && existsSync(options['no-lists-while']);
    result = failing
      ? { error: { code: -32603, message: 'no lists today' } }
      : lists[message.method](message.params ?? {});
  } else if (methods[message.method]) result = methods[message.method](message.params ?? {});
  else result = { error: { code: -32601, message: `Method not found: ${message.method}` } };
  if (result === undefined) return;
  if (options.noise) say(`noise before ${message.id}`);
  send(result.error ? { id: message.id, error: result.error } : { id: message.id, result });
}

function receive(line) {
  if (line.trim() === '') return;
  const message = JSON.parse(line);
  received.push(message);
  if (message.method === undefined) {
    const raw = /"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)/.exec(line)?.[1];
    waiting.get(raw)?.(message.error ? { error: message.error } : { result: message.result });
    waiting.delete(raw);
  } else if (message.id === undefined) {
    if (message.method === 'notifications/cancelled') cancelled.push(message.params);
  } else {
    answer(message);
  }
}

if (options.starts) appendFileSync(options.starts, `${process.pid}\n`);
if (options.crash && (!options['crash-while'] || existsSync(options['crash-while']))) {
  crash(options.crash);
} else {
  if (options.noise) say('Welcome to a server that greets on stdout');
  eachLine(process.stdin, receive, () =>
    options.stay ? setInterval(() => {}, 1e6) : process.exit(0),
  );
}
