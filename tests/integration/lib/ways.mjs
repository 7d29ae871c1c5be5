// The four real servers and the fault server behind one gateway, and each way to reach them. For
// the relay tests.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { wholeFile } from './cleanup.mjs';
import { connectDirect, connectHttp, connectStdio } from './clients.mjs';
import { makeFolder, npmServer, oddServer, startGateway } from './gateway.mjs';

export const folder = makeFolder(wholeFile);
export const files = join(folder, 'files');
cpSync(join(import.meta.dirname, '../../../examples/quickstart/files'), files, { recursive: true });

export const entries = {
  everything: npmServer('everything', [], { roots: 'client' }),
  files: npmServer('filesystem', [files]),
  memory: npmServer('memory', [], {
    share: 'shared',
    env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') },
  }),
  thinking: npmServer('sequential-thinking', [], { share: 'session' }),
  odd: oddServer(),
};
export const gateway = await startGateway(wholeFile, { servers: entries }, { folder });

// Each way in, with the way a server's name looks there. `only`: the one server that is behind it.
export const ways = [
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

export async function opened(t, { open, only }, server, options) {
  const client = await open(t, options, server);
  client.name = (own) => (only ? own : `${server}__${own}`);
  return client;
}

export async function direct(t, server, options) {
  const { command, args, env } = entries[server];
  const own = server === 'memory' ? { MEMORY_FILE_PATH: join(folder, 'direct.jsonl') } : env;
  const client = await connectDirect(t, { command, args, env: own, cwd: folder }, options);
  client.name = (name) => name;
  return client;
}

// What differs from call to call: the time of day, ids that are drawn.
export const steady = (value) =>
  JSON.parse(
    JSON.stringify(value)
      .replace(/created at [^"]*/g, 'created at TIME')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
      .replace(/"(createdAt|lastUpdatedAt)":"[^"]*"/g, '"$1":"TIME"')
      .replace(/"blob":"[A-Za-z0-9+/=]*"/g, (blob) => (blob.length > 60 ? blob : '"blob":"BYTES"'))
      .replace(/(Task created: |"taskId":")[0-9a-f]{32}/g, '$1TASK'),
  );

export function each(title, server, run, options) {
  for (const way of ways) {
    test(`${title}: ${way.way}, ${server}`, async (t) =>
      run(await opened(t, way, server, options), t, way));
  }
}

/** One kind of list, all pages, of one server; names as the server has them. */
export async function listed(client, method, key, server) {
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
