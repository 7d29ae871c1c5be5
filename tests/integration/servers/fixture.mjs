// The server that the conformance suite wants to find: its names are fixed by the suite.
// Built on npm @modelcontextprotocol/server, legacy era (sessions, GET stream, resumption).
//
//   node fixture.mjs --http 0     Streamable HTTP on 127.0.0.1; prints {"port":N} once it listens
//   node fixture.mjs --stdio      stdio
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import {
  localhostHostValidation,
  localhostOriginValidation,
  NodeStreamableHTTPServerTransport,
} from '@modelcontextprotocol/node';
import { ProtocolError, Server } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
const WAV = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQIAAACAgA==';

const text = (value) => ({ type: 'text', text: value });
const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const nothing = { type: 'object', properties: {} };
const oneText = (name) => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
});

const schema2020 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

const defaultsSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'User name', default: 'John Doe' },
    age: { type: 'integer', description: 'User age', default: 30 },
    score: { type: 'number', description: 'User score', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', description: 'Verified', default: true },
  },
  required: [],
};

const choices = (word) => [1, 2, 3].map((n) => ({ const: `value${n}`, title: `${word} ${n}` }));
const enumsSchema = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: choices('Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: {
      type: 'array',
      items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    },
    titledMulti: { type: 'array', items: { anyOf: choices('Choice') } },
  },
  required: [],
};

async function elicit(ctx, message, requestedSchema, label) {
  const answer = await ctx.mcpReq.elicitInput({ message, requestedSchema });
  const said = `action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`;
  return { content: [text(`${label}: ${said}`)] };
}

function tell(ctx, data) {
  return ctx.mcpReq.notify({
    method: 'notifications/message',
    params: { level: 'info', logger: 'fixture', data },
  });
}

// name → [description, input schema, what it does]
const tools = {
  test_simple_text: [
    'Plain text',
    nothing,
    () => ({ content: [text('This is a simple text response for testing.')] }),
  ],
  test_image_content: ['An image', nothing, () => ({ content: [image] })],
  test_audio_content: [
    'A sound',
    nothing,
    () => ({ content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] }),
  ],
  test_embedded_resource: [
    'An embedded resource',
    nothing,
    () => ({
      content: [
        {
          type: 'resource',
          resource: {
            uri: 'test://embedded-resource',
            mimeType: 'text/plain',
            text: 'This is an embedded resource content.',
          },
        },
      ],
    }),
  ],
  test_multiple_content_types: [
    'Text, image and resource',
    nothing,
    () => ({
      content: [
        text('Multiple content types test:'),
        image,
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: 'application/json',
            text: '{"test":"data","value":123}',
          },
        },
      ],
    }),
  ],
  test_tool_with_logging: [
    'Logs while it runs',
    nothing,
    async (_, ctx) => {
      await tell(ctx, 'Tool execution started');
      await pause(50);
      await tell(ctx, 'Tool processing data');
      await pause(50);
      await tell(ctx, 'Tool execution completed');
      return { content: [text('Tool with logging executed successfully')] };
    },
  ],
  test_tool_with_progress: [
    'Says how far it is',
    nothing,
    async (_, ctx) => {
      const progressToken = ctx.mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined) {
          const params = { progressToken, progress, total: 100, message: `${progress} of 100` };
          await ctx.mcpReq.notify({ method: 'notifications/progress', params });
        }
        await pause(50);
      }
      return { content: [text('Tool with progress executed successfully')] };
    },
  ],
  test_error_handling: [
    'Fails always',
    nothing,
    () => ({
      isError: true,
      content: [text('This tool intentionally returns an error for testing')],
    }),
  ],
  test_sampling: [
    'Asks the client for a completion',
    oneText('prompt'),
    async ({ prompt }, ctx) => {
      const answer = await ctx.mcpReq.requestSampling({
        messages: [{ role: 'user', content: text(prompt) }],
        maxTokens: 100,
      });
      return { content: [text(`LLM response: ${answer.content.text}`)] };
    },
  ],
  test_elicitation: [
    'Asks the user',
    oneText('message'),
    ({ message }, ctx) =>
      elicit(
        ctx,
        message,
        {
          type: 'object',
          properties: {
            username: { type: 'string', description: "User's response" },
            email: { type: 'string', description: "User's email address" },
          },
          required: ['username', 'email'],
        },
        'User response',
      ),
  ],
  test_elicitation_sep1034_defaults: [
    'Asks with defaults',
    nothing,
    (_, ctx) => elicit(ctx, 'Please review the defaults', defaultsSchema, 'Elicitation completed'),
  ],
  test_elicitation_sep1330_enums: [
    'Asks with choices',
    nothing,
    (_, ctx) => elicit(ctx, 'Please choose', enumsSchema, 'Elicitation completed'),
  ],
  test_reconnection: [
    'Closes its stream and answers on the next one',
    nothing,
    async (_, ctx) => {
      ctx.http?.closeSSE?.();
      await pause(100);
      return { content: [text('Reconnection test completed successfully.')] };
    },
  ],
  json_schema_2020_12_tool: [
    'Tool with JSON Schema 2020-12 features',
    schema2020,
    (args) => ({ content: [text(`called with ${JSON.stringify(args)}`)] }),
  ],
  // Beyond the suite, for the relay tests.
  change_tools: [
    'Says that the list of tools changed',
    nothing,
    async (_, ctx) => {
      await ctx.mcpReq.notify({ method: 'notifications/tools/list_changed' });
      return { content: [text('said')] };
    },
  ],
  touch: [
    'Says that a resource was updated',
    oneText('uri'),
    async ({ uri }, ctx) => {
      await ctx.mcpReq.notify({ method: 'notifications/resources/updated', params: { uri } });
      return { content: [text('said')] };
    },
  ],
};

const resources = {
  'test://static-text': [
    'Static text',
    'text/plain',
    { text: 'This is the content of the static text resource.' },
  ],
  'test://static-binary': ['Static binary', 'image/png', { blob: PNG }],
  'test://watched-resource': [
    'Watched resource',
    'text/plain',
    { text: 'Watched resource content' },
  ],
};

const user = (content) => ({ role: 'user', content });
// name → [description, arguments, messages]
const prompts = {
  test_simple_prompt: [
    'A simple prompt',
    [],
    () => [user(text('This is a simple prompt for testing.'))],
  ],
  test_prompt_with_arguments: [
    'A prompt with arguments',
    ['arg1', 'arg2'],
    ({ arg1, arg2 }) => [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
  ],
  test_prompt_with_embedded_resource: [
    'A prompt with a resource',
    ['resourceUri'],
    ({ resourceUri }) => [
      user({
        type: 'resource',
        resource: {
          uri: resourceUri,
          mimeType: 'text/plain',
          text: 'Embedded resource content for testing.',
        },
      }),
      user(text('Please process the embedded resource above.')),
    ],
  ],
  test_prompt_with_image: [
    'A prompt with an image',
    [],
    () => [user(image), user(text('Please analyze the image above.'))],
  ],
};

function readResource(uri) {
  if (resources[uri]) {
    const [, mimeType, body] = resources[uri];
    return { contents: [{ uri, mimeType, ...body }] };
  }
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id === undefined) throw new ProtocolError(-32002, `Resource not found: ${uri}`, { uri });
  const body = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { contents: [{ uri, mimeType: 'application/json', text: body }] };
}

function setLists(server) {
  server.setRequestHandler('tools/list', () => ({
    tools: Object.entries(tools).map(([name, [description, inputSchema]]) => ({
      name,
      description,
      inputSchema,
    })),
  }));
  server.setRequestHandler('resources/list', () => ({
    resources: Object.entries(resources).map(([uri, [name, mimeType]]) => ({
      uri,
      name,
      mimeType,
      description: `${name} of the fixture`,
    })),
  }));
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [
      {
        uriTemplate: 'test://template/{id}/data',
        name: 'Template',
        description: 'Data for an id',
        mimeType: 'application/json',
      },
    ],
  }));
  server.setRequestHandler('prompts/list', () => ({
    prompts: Object.entries(prompts).map(([name, [description, args]]) => ({
      name,
      description,
      arguments: args.map((arg) => ({
        name: arg,
        description: `${arg} of the prompt`,
        required: true,
      })),
    })),
  }));
}

function setCalls(server) {
  server.setRequestHandler('tools/call', async (request, ctx) => {
    const tool = tools[request.params.name];
    if (!tool) throw new ProtocolError(-32602, `Unknown tool: ${request.params.name}`);
    return tool[2](request.params.arguments ?? {}, ctx);
  });
  server.setRequestHandler('resources/read', (request) => readResource(request.params.uri));
  server.setRequestHandler('resources/subscribe', () => ({}));
  server.setRequestHandler('resources/unsubscribe', () => ({}));
  server.setRequestHandler('prompts/get', (request) => {
    const prompt = prompts[request.params.name];
    if (!prompt) throw new ProtocolError(-32602, `Unknown prompt: ${request.params.name}`);
    return { messages: prompt[2](request.params.arguments ?? {}) };
  });
  server.setRequestHandler('completion/complete', (request) => {
    const values = ['paris', 'park', 'party'].filter((word) =>
      word.startsWith(request.params.argument.value),
    );
    return { completion: { values, total: values.length, hasMore: false } };
  });
}

function createFixture() {
  const server = new Server(
    { name: 'gantry-fixture', title: 'The fixture', version: '1.0.0' },
    {
      instructions: 'The fixture answers with fixed texts.',
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
      },
    },
  );
  setLists(server);
  setCalls(server);
  return server;
}

/** Keeps each stream's events in order, so that Last-Event-ID can go on where a stream broke. */
class EventLog {
  #events = [];

  async storeEvent(streamId, message) {
    this.#events.push({ streamId, message });
    return String(this.#events.length);
  }

  async replayEventsAfter(lastEventId, { send }) {
    const streamId = this.#events[Number(lastEventId) - 1]?.streamId;
    for (let index = Number(lastEventId); index < this.#events.length; ++index) {
      const event = this.#events[index];
      const empty = Object.keys(event.message).length === 0;
      if (event.streamId === streamId && !empty) await send(String(index + 1), event.message);
    }
    return streamId;
  }

  async getStreamIdForEventId(eventId) {
    return this.#events[Number(eventId) - 1]?.streamId;
  }
}

function refuse(response, status, code, message) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }));
}

function serveHttp(port) {
  const sessions = new Map();
  const goodHost = localhostHostValidation();
  const goodOrigin = localhostOriginValidation();
  const listener = createServer(async (request, response) => {
    if (!goodHost(request, response) || !goodOrigin(request, response)) return;
    const id = request.headers['mcp-session-id'];
    if (id !== undefined && !sessions.has(id))
      return refuse(response, 404, -32001, 'Session not found');
    let transport = sessions.get(id);
    if (!transport) {
      transport = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        eventStore: new EventLog(),
        retryInterval: 500,
        onsessioninitialized: (made) => sessions.set(made, transport),
        onsessionclosed: (ended) => sessions.delete(ended),
      });
      await createFixture().connect(transport);
    }
    await transport.handleRequest(request, response);
  });
  listener.listen(port, '127.0.0.1', () => {
    process.stdout.write(`${JSON.stringify({ port: listener.address().port })}\n`);
  });
  process.on('SIGTERM', () => process.exit(0));
}

const [mode, port] = process.argv.slice(2);
if (mode === '--http') {
  serveHttp(Number(port ?? 0));
} else if (mode === '--stdio') {
  await createFixture().connect(new StdioServerTransport());
} else {
  process.stderr.write('usage: fixture.mjs --http PORT | --stdio\n');
  process.exitCode = 2;
}
