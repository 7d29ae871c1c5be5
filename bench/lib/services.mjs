// What is measured and beside what: each service is started once and serves one or more lines of
// the table.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, start, status, tree, until } from './process.mjs';

const bench = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const node = path.join(bench, 'node_modules/.bin/node');
const modules = path.join(bench, 'node_modules');

/** The echo server over HTTP; its port is the first line that it prints. */
export async function startEcho({ tools, folder }) {
  const log = path.join(folder, 'echo.log');
  const program = start(path.join(tools, 'bench_echo_http'), [], { log });
  const firstLine = () => /^(\d+)\n/.exec(readFileSync(log, 'utf8'))?.[1];
  const port = await until('the echo server', firstLine, { program });
  return { program, url: `http://127.0.0.1:${port}/mcp`, port: Number(port) };
}

/** Starts a gateway on a file; gives its process, its origin and its pid once it listens. */
export async function startGantry({ gantry }, folder, file, environment = {}) {
  mkdirSync(folder, { recursive: true });
  const state = path.join(folder, 'state');
  const env = {
    ...process.env,
    GANTRY_STATE_DIR: state,
    GANTRY_LISTEN: '127.0.0.1:0',
    ...environment,
  };
  const began = performance.now();
  const program = start(gantry, ['up', '-f', file], { log: path.join(folder, 'log'), env });
  const listening = () => readState(state, program);
  const { pid, endpoint } = await until('gantry', listening, { program, every: 1 });
  const { origin } = new URL(endpoint);
  const alive = () => status(`${origin}/health/liveness`).then((code) => code === 200);
  await until('gantry alive', alive, { program, every: 1 });
  const aliveAfter = performance.now() - began;
  const ready = () => status(`${origin}/health/readiness`).then((code) => code === 200);
  await until('gantry ready', ready, { program, timeout: 60_000, every: 2 });
  return { program, origin, pid, aliveAfter, readyAfter: performance.now() - began };
}

/** gateway.json, once this run wrote it: a former run's file may still lie there. */
function readState(state, program) {
  try {
    const found = JSON.parse(readFileSync(path.join(state, 'gateway.json'), 'utf8'));
    const ours = [program.pid, ...tree(program.pid).map(({ pid }) => pid)];
    return ours.includes(found.pid) ? found : null;
  } catch {
    return null;
  }
}

const gantryFile = (folder, server) => {
  const file = path.join(folder, 'gantry.yaml');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify({ servers: { echo: server } }, null, 2)); // JSON is YAML
  return file;
};

const gantryService = (group, server, environment, lines) => ({
  group,
  gantry: true,
  async start(context, folder) {
    const file = gantryFile(folder, server(context));
    const { origin, pid } = await startGantry(context, folder, file, environment);
    return lines.map((line) => ({ ...line, url: origin + line.path, pids: [pid] }));
  },
  names: lines.map(({ name }) => name),
});

const nginxService = (name, workers) => ({
  group: 'http',
  names: [name],
  async start({ echo }, folder) {
    const port = await freePort();
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'nginx.conf'), nginxFile(port, echo.port, workers));
    const log = path.join(folder, 'log');
    const args = ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'];
    const program = start('nginx', args, { log });
    const url = `http://127.0.0.1:${port}/mcp`;
    await until(name, () => status(url), { program });
    return [{ name, url, tool: 'echo', pids: tree(program.pid).map(({ pid }) => pid) }];
  },
});

const nginxFile = (port, upstream, workers) => `
daemon off;
pid nginx.pid;
worker_processes ${workers};
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  upstream echo {
    server 127.0.0.1:${upstream};
    keepalive 256;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://echo;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;

/** `args(port, echo)`: how the bridge is told to serve the echo program on that port. */
const bridgeService = (name, script, args) => ({
  group: 'stdio',
  names: [name],
  async start({ tools }, folder) {
    mkdirSync(folder, { recursive: true });
    const port = await freePort();
    const env = { ...process.env, NODE_ENV: 'production' };
    const program = start(
      node,
      ['--require', path.join(bench, 'loopback.cjs'), path.join(modules, script),
        ...args(port, path.join(tools, 'bench_echo_stdio'))],
      { log: path.join(folder, 'log'), env },
    );
    const url = `http://127.0.0.1:${port}/mcp`;
    await until(name, () => status(url), { program });
    return [{ name, url, tool: 'echo', pids: [program.pid] }];
  },
});

const overHttp = ({ echo }) => ({ url: echo.url });
const overStdio = ({ tools }) => ({ command: path.join(tools, 'bench_echo_stdio') });
const merged = { path: '/mcp', tool: 'echo__echo' };
const single = { path: '/servers/echo/mcp', tool: 'echo' };

/** In the order of the table; what a ratio is taken against stands first. */
export const services = [
  {
    group: 'http',
    names: ['direct'],
    start: async ({ echo }) => [
      { name: 'direct', url: echo.url, tool: 'echo', pids: [echo.program.pid] },
    ],
  },
  nginxService('nginx', 'auto'),
  gantryService('http', overHttp, {}, [
    { name: 'gantry /mcp', ...merged },
    { name: 'gantry /servers', ...single },
  ]),
  nginxService('nginx, 1 worker', 1),
  gantryService('http', overHttp, { GANTRY_LOOPS: '1' }, [
    { name: 'gantry /mcp, 1 loop', ...merged },
  ]),
  bridgeService('supergateway', 'supergateway/dist/index.js', (port, echo) => [
    '--stdio', `'${echo}'`, '--outputTransport', 'streamableHttp', '--stateful',
    '--logLevel', 'none', '--port', port,
  ]),
  bridgeService('mcp-proxy', 'mcp-proxy/dist/bin/mcp-proxy.mjs', (port, echo) => [
    '--host', '127.0.0.1', '--port', port, '--server', 'stream', '--no-eventStore', '--', echo,
  ]),
  gantryService('stdio', overStdio, {}, [
    { name: 'gantry /mcp', ...merged },
    { name: 'gantry /servers', ...single },
  ]),
];

/** Which line is divided by which, and the goal. */
export const pairs = [
  { group: 'http', line: 'gantry /mcp', by: 'nginx', goal: 1.0 },
  { group: 'http', line: 'gantry /servers', by: 'nginx', goal: 1.0 },
  { group: 'http', line: 'gantry /mcp, 1 loop', by: 'nginx, 1 worker', goal: 1.0 },
  { group: 'stdio', line: 'gantry /mcp', by: 'supergateway', goal: 1 / 20 },
  { group: 'stdio', line: 'gantry /mcp', by: 'mcp-proxy', goal: 1 / 20 },
  { group: 'stdio', line: 'gantry /servers', by: 'supergateway', goal: 1 / 20 },
  { group: 'stdio', line: 'gantry /servers', by: 'mcp-proxy', goal: 1 / 20 },
];
