// HTTP by hand: exact bytes for hostile requests, and a bare MCP session where the official
// client would be too polite.
import assert from 'node:assert/strict';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';

import { HUNG, within } from './wait.mjs';

/** Sends bytes and gives all that comes back until the other side closes. */
export function sendBytes(port, bytes, { finish = false } = {}) {
  const answer = new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1');
    const chunks = [];
    socket.on('data', (data) => chunks.push(data));
    socket.on('error', (error) => {
      // A peer that refused and closed may reset what we still send: what it said before counts.
      if (['EPIPE', 'ECONNRESET'].includes(error.code))
        done(Buffer.concat(chunks).toString('latin1'));
      else fail(error);
    });
    socket.on('close', () => done(Buffer.concat(chunks).toString('latin1')));
    socket.write(Buffer.from(bytes, 'latin1'));
    if (finish) socket.end();
  });
  return within(`no end of the connection after ${JSON.stringify(bytes.slice(0, 120))}`, answer);
}

function splitHead(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  assert.ok(end >= 0, `no complete head in ${JSON.stringify(bytes.slice(0, 200))}`);
  const [line, ...fields] = bytes.slice(0, end).split('\r\n');
  const match = /^HTTP\/1\.[01] (\d{3}) ?/.exec(line);
  assert.ok(match, `no status line: ${JSON.stringify(line)}`);
  const headers = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
  }
  return { status: Number(match[1]), headers, rest: bytes.slice(end + 4) };
}

function takeChunks(bytes) {
  let body = '';
  for (let rest = bytes; ;) {
    const end = rest.indexOf('\r\n');
    const size = parseInt(rest.slice(0, end), 16);
    assert.ok(Number.isInteger(size), `no chunk size: ${JSON.stringify(rest.slice(0, 40))}`);
    if (size === 0) return { body, rest: rest.slice(rest.indexOf('\r\n', end) + 4) };
    body += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 2 + size + 2);
  }
}

/** Every response in the bytes of a closed connection, interim ones too. */
export function parseResponses(bytes) {
  const responses = [];
  while (bytes.length > 0) {
    const { status, headers, rest } = splitHead(bytes);
    if (status < 200 || status === 204) {
      responses.push({ status, headers, body: '' });
      bytes = rest;
    } else if (headers['transfer-encoding'] === 'chunked') {
      const taken = takeChunks(rest);
      responses.push({ status, headers, body: taken.body });
      bytes = taken.rest;
    } else {
      const length = Number(headers['content-length'] ?? rest.length);
      responses.push({ status, headers, body: rest.slice(0, length) });
      bytes = rest.slice(length);
    }
  }
  return responses;
}

/** One event of a stream: {id, event, data, retry}. */
export async function* readEvents(body) {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.search(/\r?\n\r?\n/); end >= 0; end = rest.search(/\r?\n\r?\n/)) {
      const block = rest.slice(0, end);
      rest = rest.slice(end).replace(/^\r?\n\r?\n/, '');
      const event = {};
      for (const line of block.split(/\r?\n/)) {
        const [, name, value] = /^([a-z]*): ?(.*)$/s.exec(line) ?? [];
        if (name === 'data')
          event.data = event.data === undefined ? value : `${event.data}\n${value}`;
        else if (name) event[name] = value;
      }
      if (Object.keys(event).length > 0) yield event;
    }
  }
}

export const bothKinds = 'application/json, text/event-stream';
const hello = (protocolVersion, capabilities) => ({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion, capabilities, clientInfo: { name: 'raw', version: '1' } },
});

/** The JSON-RPC messages of an answer, whichever way it came. */
export async function messagesOf(response) {
  if ((response.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
    const messages = [];
    for await (const event of readEvents(response.body)) {
      if (event.data) messages.push(...[JSON.parse(event.data)].flat());
    }
    return messages;
  }
  const body = await response.text();
  return body === '' ? [] : [JSON.parse(body)].flat();
}

/** Ends a request that hangs, its body's stream too. */
const bounded = (options) => ({
  ...options,
  signal: AbortSignal.any([AbortSignal.timeout(HUNG), ...(options.signal ? [options.signal] : [])]),
});

/** A legacy session by fetch. */
export class RawSession {
  constructor(url, { token } = {}) {
    this.url = new URL(url);
    this.headers = {
      accept: bothKinds,
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
  }

  static async open(url, { version = '2025-11-25', capabilities = {}, token } = {}) {
    const session = new RawSession(url, { token });
    const response = await session.post(hello(version, capabilities));
    assert.equal(response.status, 200, await response.clone().text());
    session.id = response.headers.get('mcp-session-id');
    [session.initialized] = await messagesOf(response);
    session.headers['mcp-session-id'] = session.id;
    session.headers['mcp-protocol-version'] = session.initialized.result.protocolVersion;
    const noted = await session.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    assert.equal(noted.status, 202);
    await noted.text();
    return session;
  }

  /** `body`: an object, or the exact text. */
  post(body, headers = {}, options = {}) {
    const text =
      typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    return fetch(
      this.url,
      bounded({ method: 'POST', headers: { ...this.headers, ...headers }, body: text, ...options }),
    );
  }

  get(headers = {}, options = {}) {
    const { 'content-type': _, ...own } = this.headers;
    return fetch(
      this.url,
      bounded({ headers: { ...own, accept: 'text/event-stream', ...headers }, ...options }),
    );
  }

  async end() {
    const response = await fetch(this.url, { method: 'DELETE', headers: this.headers });
    await response.text();
    return response.status;
  }

  /** One request; gives the message that answers it. */
  async ask(id, method, params, headers) {
    const response = await this.post({ jsonrpc: '2.0', id, method, params }, headers);
    const messages = await messagesOf(response);
    return messages.find((message) => message.id === id && !message.method) ?? messages[0];
  }
}

/** A client for load: node:http on a kept connection, least work a call. Gives {status, headers, body}. */
export class FastClient {
  constructor(url, { sockets = 4 } = {}) {
    this.url = new URL(url);
    this.agent = new Agent({ keepAlive: true, maxSockets: sockets });
    this.headers = { accept: bothKinds, 'content-type': 'application/json' };
  }

  send(body, method = 'POST') {
    return new Promise((done, fail) => {
      const { hostname, port, pathname } = this.url;
      const headers = { ...this.headers, 'content-length': Buffer.byteLength(body) };
      const request = httpRequest({
        hostname,
        port,
        path: pathname,
        method,
        headers,
        agent: this.agent,
      });
      request.on('response', (response) => {
        const chunks = [];
        response.on('data', (data) => chunks.push(data));
        response.on('error', fail);
        response.on('end', () =>
          done({
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      request.on('error', fail);
      request.end(body);
    });
  }

  async open() {
    const answer = await this.send(JSON.stringify(hello('2025-11-25', {})));
    assert.equal(answer.status, 200, answer.body);
    this.headers['mcp-session-id'] = answer.headers['mcp-session-id'];
    this.headers['mcp-protocol-version'] = '2025-11-25';
    const noted = await this.send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    assert.equal(noted.status, 202, noted.body);
    return this;
  }

  /** The messages of an answer. */
  static messages({ headers, body }) {
    if (!headers['content-type']?.startsWith('text/event-stream'))
      return body ? [JSON.parse(body)] : [];
    return body
      .split(/\r?\n/)
      .filter((line) => line.startsWith('data:') && line.length > 6)
      .map((line) => JSON.parse(line.slice(5)));
  }

  async close() {
    await this.send('', 'DELETE').catch(() => {});
    this.agent.destroy();
  }
}
