// The official TypeScript client (npm @modelcontextprotocol/sdk), with answers to all that a
// server may ask.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { cleanup } from './cleanup.mjs';
import { binary, environmentIn } from './gateway.mjs';
import { until } from './wait.mjs';

/** Everything that a legacy client can declare. */
export const everyCapability = {
  sampling: {},
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
};

/** Any result, as it came. */
export const AnyResult = z.looseObject({});

/** A connected client that remembers each message it got and each question it was asked. */
export class TestClient {
  constructor({ capabilities = everyCapability, answers = {}, name = 'gantry-tests' } = {}) {
    this.messages = [];
    this.asked = [];
    this.roots = [{ uri: 'file:///srv/project', name: 'project' }];
    this.answers = answers;
    this.sdk = new Client({ name, version: '1.0.0' }, { capabilities });
    this.sdk.fallbackNotificationHandler = async () => {};
    if (capabilities.sampling)
      this.#answer(CreateMessageRequestSchema, 'sampling/createMessage', () => ({
        role: 'assistant',
        content: { type: 'text', text: 'the model says hello' },
        model: 'model-of-the-test',
        stopReason: 'endTurn',
      }));
    if (capabilities.elicitation)
      this.#answer(ElicitRequestSchema, 'elicitation/create', (params) =>
        params.mode === 'url'
          ? { action: 'accept' }
          : { action: 'accept', content: { name: 'Ada' } },
      );
    if (capabilities.roots)
      this.#answer(ListRootsRequestSchema, 'roots/list', () => ({ roots: this.roots }));
  }

  #answer(schema, method, usual) {
    this.sdk.setRequestHandler(schema, async (request, extra) => {
      this.asked.push({ method, params: request.params });
      const answer = this.answers[method] ?? usual;
      return answer(request.params ?? {}, extra);
    });
  }

  async connect(transport) {
    this.transport = transport;
    await this.sdk.connect(transport);
    const deliver = transport.onmessage;
    transport.onmessage = (message, extra) => {
      this.messages.push(message);
      deliver?.(message, extra);
    };
    return this;
  }

  /** The parameters of each notification of that method so far. */
  notifications(method) {
    return this.messages
      .filter((message) => message.method === method && message.id === undefined)
      .map((message) => message.params);
  }

  /** Waits for a notification of that method that fits. */
  notification(method, fits = () => true) {
    return until(`no ${method}; got ${JSON.stringify(this.messages.slice(-5))}`, () =>
      this.messages.find((message) => message.method === method && fits(message.params ?? {})),
    );
  }

  call(name, args = {}, options) {
    return this.sdk.callTool({ name, arguments: args }, undefined, options);
  }

  /** Any request, the result unchecked. */
  request(method, params, options) {
    return this.sdk.request({ method, params }, AnyResult, options);
  }

  async text(name, args = {}) {
    const result = await this.call(name, args);
    return result.content[0].text;
  }

  async close() {
    // The SDK goes on reconnecting after close() where a reconnection was under way.
    if (this.reconnection) this.reconnection.maxRetries = 0;
    if (this.transport?.terminateSession) await this.transport.terminateSession().catch(() => {});
    await this.sdk.close();
  }
}

async function connected(t, client, transport) {
  await client.connect(transport);
  cleanup(t, () => client.close());
  return client;
}

/** Over Streamable HTTP. */
export function connectHttp(t, url, { token, headers = {}, ...options } = {}) {
  const requestInit = {
    headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
  };
  const reconnectionOptions = {
    initialReconnectionDelay: 10,
    maxReconnectionDelay: 200,
    reconnectionDelayGrowFactor: 1.5,
    maxRetries: 500,
  };
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit,
    reconnectionOptions,
  });
  const client = new TestClient(options);
  client.reconnection = reconnectionOptions;
  return connected(t, client, transport);
}

/** Over `gantry connect`, to the gateway whose state is in `folder`. */
export function connectStdio(t, folder, { args = [], env = {}, ...options } = {}) {
  const transport = new StdioClientTransport({
    command: binary,
    args: ['connect', ...args],
    env: environmentIn(folder, env),
    cwd: folder,
    stderr: 'pipe',
  });
  const client = new TestClient(options);
  client.stderr = '';
  transport.stderr.on('data', (data) => (client.stderr += data));
  return connected(t, client, transport);
}

/** Straight to a server's command, without Gantry. */
export function connectDirect(t, { command, args = [], env = {}, cwd }, options = {}) {
  const transport = new StdioClientTransport({ command, args, env, cwd, stderr: 'ignore' });
  return connected(t, new TestClient(options), transport);
}
