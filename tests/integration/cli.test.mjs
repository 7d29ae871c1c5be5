// Every command of the real binary: its help, what it prints, its exit status.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { cleanup, wholeFile } from './lib/cleanup.mjs';
import { connectHttp } from './lib/clients.mjs';
import {
  binary,
  environmentIn,
  makeFolder,
  oddServer,
  run,
  startGateway,
  writeConfig,
} from './lib/gateway.mjs';
import { isAlive, processesWith } from './lib/processes.mjs';
import { onlyLine } from './lib/terminal.mjs';
import { until } from './lib/wait.mjs';

const gateway = await startGateway(wholeFile, {
  servers: {
    odd: oddServer(['--name', 'odd']),
    few: oddServer(['--tools', 'x,y']),
    broken: oddServer(['--crash', 'no licence found']),
  },
});
const file = join(gateway.folder, 'gantry.yaml');
const empty = makeFolder(wholeFile);

const commands = [
  'up',
  'down',
  'status',
  'connect',
  'server',
  'server ls',
  'server show',
  'server restart',
  'server logs',
  'tool',
  'tool ls',
  'tool show',
  'tool call',
  'config',
  'config validate',
  'config show',
  'doctor',
  'health',
  'version',
  'completion',
];

test('help: of everything, examples first, exit 0', async (t) => {
  const whole = await run(empty, ['--help']);
  assert.equal(whole.code, 0);
  for (const command of commands) {
    await t.test(command, async () => {
      const { code, stdout, stderr } = await run(empty, [...command.split(' '), '--help']);
      assert.equal(code, 0, stderr);
      assert.equal(stderr, '');
      assert.ok(stdout.includes(`gantry ${command}`), stdout);
      const examples = stdout.search(/^EXAMPLES/m);
      assert.ok(examples > 0, stdout);
      for (const later of ['OPTIONS', 'USAGE']) {
        const at = stdout.search(new RegExp(`^${later}`, 'm'));
        assert.ok(at === -1 || at > examples, `${later} before EXAMPLES`);
      }
      if (!['server', 'tool', 'config'].includes(command)) assert.match(stdout, /--json/);
      assert.ok(whole.stdout.includes(command.split(' ')[0]));
    });
  }
});

test('a wrong command line: exit 2, one line with a suggestion', async () => {
  for (const [args, says] of [
    [['stauts'], /status/],
    [['up', '--lissten', 'x'], /--listen/],
    [['server', 'lss'], /ls/],
    [['server', 'show'], /SERVER/],
    [['completion', 'tcsh'], /bash/],
    [[], /command/],
    [['status', 'extra'], /extra/],
    [['connect', '--server', 'a', '--profile', 'b'], /profile|server/],
  ]) {
    const result = await run(empty, args);
    assert.equal(result.code, 2, `${args}: ${result.stderr}`);
    onlyLine(result);
    assert.match(result.stderr, says, `${args}`);
  }
});

test('version, as text and JSON', async () => {
  const text = await run(empty, ['version']);
  assert.equal(text.code, 0);
  assert.match(text.stdout, /^gantry\s+\d+\.\d+/m);
  const { stdout } = await run(empty, ['version', '--json']);
  assert.ok(text.stdout.includes(JSON.parse(stdout).version));
  assert.equal((await run(empty, ['--version'])).stdout, text.stdout);
});

test('completion: scripts that their shells accept', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await run(empty, ['completion', shell]);
    assert.equal(code, 0);
    for (const word of ['up', 'status', 'connect', 'doctor'])
      assert.ok(stdout.includes(word), `${shell}: ${word}`);
    const flag = shell === 'fish' ? '--no-execute' : '-n';
    const checked = spawnSync(shell, [flag], { input: stdout, encoding: 'utf8' });
    if (checked.error) t.diagnostic(`${shell} is not installed: its syntax is not checked`);
    else assert.equal(checked.status, 0, checked.stderr);
  }
  const complete = (words) => {
    const script =
      `source <("${binary}" completion bash); COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); ` +
      'COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _gantry; printf "%s\\n" "${COMPREPLY[@]}"';
    const env = {
      ...environmentIn(gateway.folder),
      PATH: `${join(binary, '..')}:${process.env.PATH}`,
    };
    return spawnSync('bash', ['-c', script], { encoding: 'utf8', env, cwd: gateway.folder })
      .stdout.trim()
      .split('\n');
  };
  assert.deepEqual(complete(['gantry', 'sta']), ['status']);
  assert.ok(complete(['gantry', 'server', '']).includes('restart'));
  assert.ok(complete(['gantry', 'up', '--']).includes('--listen'));
  assert.deepEqual(complete(['gantry', 'server', 'show', 'od']), ['odd']);
});

test('status: each server with its state, tools and cause', async () => {
  const { code, stdout } = await gateway.cli('status');
  assert.equal(code, 0);
  assert.ok(stdout.includes(gateway.endpoint));
  assert.match(stdout, /odd\s+(ready|idle|stopped)/);
  assert.match(stdout, /broken\s+failed.*(no licence found|exit status 3)/);
  const status = await gateway.json('status');
  assert.equal(status.pid, gateway.pid);
  assert.deepEqual(
    status.servers.map(({ name }) => name),
    ['odd', 'few', 'broken'],
  );
  assert.equal(status.servers[1].tools, 2);
  assert.equal(status.ready, true);
});

test('server ls, show, logs', async () => {
  const list = await gateway.cli('server', 'ls');
  for (const name of ['odd', 'few', 'broken']) assert.ok(list.stdout.includes(name));
  assert.equal((await gateway.cli('server', 'ls', '--names')).stdout, 'odd\nfew\nbroken\n');
  const shown = await gateway.cli('server', 'show', 'broken');
  assert.equal(shown.code, 0);
  assert.match(shown.stdout, /no licence found/);
  assert.match(shown.stdout, /exit status 3/);
  assert.equal(
    JSON.parse((await gateway.cli('server', 'show', 'odd', '--json')).stdout).name,
    'odd',
  );
  const logs = await gateway.cli('server', 'logs', 'broken');
  assert.match(logs.stdout, /no licence found/);
  const one = await gateway.cli('server', 'logs', 'broken', '--lines', '1');
  assert.equal(one.stdout.trim().split('\n').length, 1);
  for (const command of ['show', 'restart', 'logs']) {
    const unknown = await gateway.cli('server', command, 'ood');
    assert.equal(unknown.code, 1, unknown.stderr);
    assert.match(onlyLine(unknown), /ood/);
    assert.match(unknown.stderr, /odd/, 'it suggests the near name');
  }
});

test('server restart: another process, at once', async (t) => {
  const client = await connectHttp(t, gateway.url(), { capabilities: {} });
  const pid = async () => JSON.parse(await client.text('odd__count')).pid;
  const before = await pid();
  const { code, stdout } = await gateway.cli('server', 'restart', 'odd', '--json');
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), { server: 'odd', restarting: true });
  await until('the old process lives on', () => !isAlive(before));
  assert.notEqual(await pid(), before);
});

test('tool ls, show, call', async () => {
  const list = await gateway.cli('tool', 'ls');
  assert.equal(list.code, 0);
  assert.match(list.stdout, /odd__echo/);
  assert.equal((await gateway.cli('tool', 'ls', '--server', 'few', '--names')).stdout, 'x\ny\n');
  assert.ok(
    JSON.parse((await gateway.cli('tool', 'ls', '--json')).stdout).some(
      ({ name }) => name === 'few__x',
    ),
  );
  assert.match((await gateway.cli('tool', 'show', 'odd__echo')).stdout, /echo of odd/);
  const echo = await gateway.cli('tool', 'call', 'odd__echo', '--arg', 'value=hello');
  assert.deepEqual([echo.code, echo.stdout], [0, 'hello\n']);
  const own = await gateway.cli(
    'tool',
    'call',
    'echo',
    '--server',
    'odd',
    '--json-args',
    '{"value":"grüße"}',
  );
  assert.equal(own.stdout, 'grüße\n');
  const json = await gateway.cli('tool', 'call', 'odd__echo', '--arg', 'value=x', '--json');
  assert.equal(JSON.parse(json.stdout).content[0].text, 'x');
  const stdin = await run(gateway.folder, ['tool', 'call', 'odd__echo', '--json-args', '-'], {
    input: '{"value":"from stdin"}',
  });
  assert.equal(stdin.stdout, 'from stdin\n');
  const failed = await gateway.cli('tool', 'call', 'odd__tool_error');
  assert.equal(failed.code, 5);
  assert.match(failed.stdout, /this tool failed/);
  const unknown = await gateway.cli('tool', 'call', 'odd__ecko');
  assert.ok([1, 2].includes(unknown.code));
  assert.match(unknown.stderr, /odd__echo/);
  const dead = await gateway.cli('tool', 'call', 'odd__die');
  assert.ok([1, 4, 5].includes(dead.code), `${dead.code}`);
  assert.match(dead.stderr, /odd/);
});

test('health: 0 when ready, 1 when not, 4 when nobody is there', async (t) => {
  for (const probe of [[], ['--liveness'], ['--startup'], ['--url', gateway.endpoint]]) {
    assert.equal((await gateway.cli('health', ...probe)).code, 0, probe.join(' '));
  }
  const none = await run(empty, ['health', '--url', 'http://127.0.0.1:1']);
  assert.equal(none.code, 4);
  onlyLine(none);
  assert.equal((await run(empty, ['health'])).code, 4);
  const folder = makeFolder(t);
  const gate = join(folder, 'gate');
  const starting = await startGateway(
    t,
    { servers: { odd: oddServer(['--gate', gate], { timeouts: { start: '10m' } }) } },
    { folder, wait: 'listening' },
  );
  assert.equal((await starting.cli('health')).code, 1);
  assert.equal((await starting.cli('health', '--liveness')).code, 0);
  writeFileSync(gate, '');
  await until('it is not ready', async () => (await starting.cli('health')).code === 0);
});

test('without a gateway: exit 4, one line with what to do', async () => {
  for (const args of [
    ['status'],
    ['down'],
    ['server', 'ls'],
    ['tool', 'ls'],
    ['server', 'show', 'x'],
  ]) {
    const result = await run(empty, args);
    assert.equal(result.code, 4, `${args}: ${result.stderr}`);
    onlyLine(result);
    assert.match(result.stderr, /gantry up/);
  }
});

// file content → [line:col where it is, what is said, suggestion]
const wrong = [
  ['servers:\n  a:\n    comand: x\n', '3:5', /comand/, /command/],
  ['servers:\n  a:\n    command: x\n    share: sharde\n', '4:12', /sharde/, /shared/],
  ['servers:\n  a__b:\n    command: x\n', '2:3', /a__b/],
  ['servers:\n  a:\n    command: x\n  a:\n    command: y\n', '4:3', /twice|duplicate/],
  ['gateway:\n  listen: [nowhere]\n', '2:12', /nowhere/],
  ['gateway:\n  limits: {body: lots}\n', '2:18', /lots|body/],
  ['servers:\n  a: {command: x, timeouts: {call: 5parsecs}}\n', '2:36', /5parsecs/],
  ['servers:\n  a:\n   command: x\n  b: [\n', undefined, /./],
  ['servers: {a: {command: x, url: "http://127.0.0.1:1/"}}\n', '1:', /command|url/],
  ['profiles: {dev: [nobody]}\nservers: {a: {command: x}}\n', '1:', /nobody/],
  [
    'gateway: {auth: {tokens: [{name: a, value: plain-text-token-3f9a7c51}]}}\nservers: {}\n',
    '1:',
    /token/,
  ],
];
const later = [
  'routes: []',
  'policy: {}',
  'observe: {}',
  'servers: {a: {image: x}}',
  'servers: {a: {build: .}}',
  'servers: {a: {command: x, replicas: 2}}',
  'gateway: {tls: {certificate: x}}',
  'gateway: {auth: {jwt: {}}}',
];

test('config validate: file:line:col, what is wrong, a suggestion; all at once', async (t) => {
  const path = join(makeFolder(t), 'gantry.yaml');
  for (const [text, where, says, suggests] of wrong) {
    await t.test(JSON.stringify(text), async () => {
      writeFileSync(path, text);
      const { code, stdout, stderr } = await run(empty, ['config', 'validate', '-f', path]);
      assert.ok([1, 2].includes(code), `${code} ${stdout}`);
      assert.equal(stdout, '');
      assert.ok(stderr.includes(where ? `gantry.yaml:${where}` : 'gantry.yaml:'), stderr);
      assert.match(stderr, says);
      if (suggests) assert.match(stderr, suggests);
      const up = await run(empty, ['up', '-f', path]);
      assert.equal(up.code, code, 'up refuses it alike');
      assert.ok(up.stderr.includes('gantry.yaml:'), up.stderr);
    });
  }
  writeFileSync(path, 'servers:\n  a:\n    comand: x\n  b:\n    command: y\n    shre: auto\n');
  const both = await run(empty, ['config', 'validate', '-f', path, '--json']);
  const said = JSON.parse(both.stdout);
  assert.equal(said.valid, false);
  assert.ok(
    said.problems.some(({ where }) => where.endsWith(':3:5')) &&
      said.problems.some(({ where }) => where.endsWith(':6:5')),
    both.stdout,
  );
});

test('keys of later versions are refused by name', async (t) => {
  const path = join(makeFolder(t), 'gantry.yaml');
  for (const text of later) {
    await t.test(text, async () => {
      writeFileSync(path, `${text}\n`);
      const { code, stderr } = await run(empty, ['config', 'validate', '-f', path]);
      assert.notEqual(code, 0);
      assert.match(stderr, /not available yet/);
    });
  }
});

test('config validate and show on a good file; where each value comes from', async () => {
  assert.equal((await gateway.cli('config', 'validate', '-f', file)).code, 0);
  const { stdout } = await run(gateway.folder, ['config', 'show', '-f', file, '--json'], {
    env: { GANTRY_LIMITS_BODY: '1MiB' },
  });
  const settings = new Map(JSON.parse(stdout).settings.map((setting) => [setting.key, setting]));
  const find = (end) => [...settings.values()].find(({ key }) => key.endsWith(end));
  assert.equal(find('limits.body').origin, 'GANTRY_LIMITS_BODY');
  assert.equal(find('limits.depth').origin, 'default');
  assert.match(find('servers.odd.command').origin, /gantry\.yaml:\d+:\d+/);
});

test('doctor names a command that is not there', async (t) => {
  const folder = makeFolder(t);
  const path = writeConfig(folder, {
    servers: { lost: { command: 'no-such-program-anywhere' }, odd: oddServer() },
  });
  const { stdout, stderr } = await run(folder, ['doctor', '-f', path]);
  assert.match(stdout + stderr, /lost/);
  assert.match(stdout + stderr, /no-such-program-anywhere/);
  const json = await run(folder, ['doctor', '-f', path, '--json']);
  assert.ok(JSON.stringify(JSON.parse(json.stdout)).includes('no-such-program-anywhere'));
});

test('up -d returns once ready and logs to a file; down ends it and its servers', async (t) => {
  const folder = makeFolder(t);
  cleanup(t, () => run(folder, ['down']));
  const path = writeConfig(folder, { servers: { odd: oddServer([], { start: 'eager' }) } });
  const up = await run(folder, ['up', '-d', '-f', path, '--listen', '127.0.0.1:0']);
  assert.equal(up.code, 0, up.stderr);
  const state = JSON.parse(readFileSync(join(folder, 'state/gateway.json'), 'utf8'));
  assert.equal(
    (await fetch(`${state.endpoint}/health/readiness`)).status,
    200,
    'ready when it returns',
  );
  assert.ok((up.stdout + up.stderr).includes(state.endpoint));
  assert.ok(statSync(state.log).size > 0, 'its log is a file');
  assert.equal(statSync(join(folder, 'state')).mode & 0o077, 0);
  assert.equal(statSync(join(folder, 'state/gantry.sock')).mode & 0o777, 0o600);
  assert.equal((await run(folder, ['status'])).code, 0);
  const down = await run(folder, ['down', '--json']);
  assert.equal(down.code, 0, down.stderr);
  assert.deepEqual(JSON.parse(down.stdout), { stopped: true, pid: state.pid });
  assert.deepEqual(processesWith(folder), []);
  assert.equal((await run(folder, ['status'])).code, 4);
});

test('Ctrl-C ends up, with exit 0 or 130, and leaves nothing', async (t) => {
  const one = await startGateway(t, { servers: { odd: oddServer([], { start: 'eager' }) } });
  const { code, signal } = await one.kill('SIGINT');
  assert.ok(code === 0 || code === 130, `${code} ${signal}`);
  await one.noneLeft();
});

test('a port that is taken: one line that names it, exit 1', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  cleanup(t, () => new Promise((done) => holder.close(done)));
  await new Promise((done) => holder.once('listening', done));
  const folder = makeFolder(t);
  const path = writeConfig(folder, { servers: {} });
  for (const port of [holder.address().port, gateway.port]) {
    const result = await run(folder, ['up', '-q', '-f', path, '--listen', `127.0.0.1:${port}`]);
    assert.equal(result.code, 1, result.stderr);
    assert.ok(onlyLine(result).includes(`127.0.0.1:${port}`), result.stderr);
  }
});

test('a second gateway on the same state: one line that names the first, exit 1', async () => {
  const result = await run(gateway.folder, ['up', '-q', '-f', file, '--listen', '127.0.0.1:0']);
  assert.equal(result.code, 1, result.stderr);
  assert.ok(onlyLine(result).includes(String(gateway.pid)), result.stderr);
  assert.equal((await gateway.cli('status')).code, 0, 'the first one runs on');
});

test('a configuration that cannot be read: one line that names it, exit 1 or 2', async (t) => {
  const folder = makeFolder(t);
  mkdirSync(join(folder, 'folder.yaml'));
  for (const path of [join(folder, 'none.yaml'), join(folder, 'folder.yaml')]) {
    for (const args of [
      ['up', '-f', path],
      ['config', 'validate', '-f', path],
    ]) {
      const result = await run(folder, args);
      assert.ok([1, 2].includes(result.code), `${args}: ${result.code}`);
      assert.ok(onlyLine(result).includes(path), result.stderr);
    }
  }
  const nowhere = await run(folder, ['up']);
  assert.ok([1, 2].includes(nowhere.code));
  assert.match(onlyLine(nowhere), /gantry\.yaml/);
});

test('status does not wait for a terminal, and colours are for one alone', async () => {
  const { stdout } = await gateway.cli('status');
  assert.equal(stdout.includes('\u001b['), false);
});
