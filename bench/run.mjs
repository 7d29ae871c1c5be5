// The bench's order: check the echo servers, weigh, start everything, measure in turn, report, end
// everything.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkEcho } from './lib/check.mjs';
import { footprint } from './lib/footprint.mjs';
import { measureAll, ratios } from './lib/load.mjs';
import { stopAll } from './lib/process.mjs';
import { machine, render } from './lib/report.mjs';
import { pairs, services, startEcho } from './lib/services.mjs';

const usage = `usage: bench/run [options]
  --short            one short round: does everything run? judges no figure, writes only with --out
  --out DIR          where the report goes (bench/results)
  --what NAME        the report is DIR/YYYY-MM-DD-NAME.md and .json (calls)
  --only A,B         these lines alone, by the start of their name: nginx,gantry
  --connections A,B  1,32,256
  --rounds N         5
  --seconds S        of one cell in one round (2)
  --no-idle          leave out idle size and start time
`;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const say = (text) => process.stderr.write(`bench: ${text}\n`);

function readOptions() {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      out: { type: 'string' },
      what: { type: 'string', default: 'calls' },
      only: { type: 'string' },
      connections: { type: 'string', default: '1,32,256' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'no-idle': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (text, fallback) => {
    const found = Number(text ?? fallback);
    if (!(found > 0)) throw new Error(`not a number above 0: ${text}`);
    return found;
  };
  return {
    ...values,
    connections: values.connections.split(',').map((text) => number(text)),
    rounds: number(values.rounds, values.short ? 1 : 5),
    seconds: number(values.seconds, values.short ? 0.3 : 2),
    calls: values.short ? 20_000 : 500_000, // of one cell in one round, whatever the time
    out: values.out ?? (values.short ? null : path.join(root, 'bench/results')),
  };
}

const wanted = (names, only) =>
  !only || names.some((name) => only.split(',').some((start) => name.startsWith(start)));

async function measureGroups(context, chosen, options) {
  const lines = { http: [], stdio: [] };
  for (const [i, service] of chosen.entries()) {
    say(`starting ${service.names[0]} (${service.group})`);
    const folder = path.join(context.folder, String(i));
    lines[service.group].push(...(await service.start(context, folder)));
  }
  const cells = [];
  for (const [group, here] of Object.entries(lines)) {
    if (here.length === 0) continue;
    cells.push(...(await measureAll(context.tools, group, here, options, say)));
  }
  return cells;
}

async function bench(context, options) {
  const chosen = services.filter(({ names }) => wanted(names, options.only));
  const withGantry = chosen.some(({ gantry }) => gantry);
  if (withGantry && !existsSync(context.gantry)) {
    throw new Error(`no gateway at ${context.gantry}: run 'make build' or set GANTRY_BIN`);
  }
  context.echo = await startEcho(context);
  await checkEcho(context.echo.url, context.tools);
  // Weighed first, while nothing else runs.
  const weigh = withGantry && !options['no-idle'];
  if (weigh) say('idle size and start time');
  const idle = path.join(context.folder, 'idle');
  const weights = weigh ? await footprint(context, idle, options) : null;
  const cells = await measureGroups(context, chosen, options);
  const facts = await machine(withGantry ? context : { ...context, gantry: '' });
  return { facts, options, cells, found: ratios(cells, pairs), weights };
}

function write(result, text, { out, what }) {
  const now = new Date();
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
    .map((part) => String(part).padStart(2, '0')).join('-');
  mkdirSync(out, { recursive: true });
  const file = path.join(out, `${day}-${what}`);
  const { facts, cells, found, weights } = result;
  const json = { date: day, machine: facts, cells, ratios: found, idle: weights };
  writeFileSync(`${file}.json`, `${JSON.stringify(json, null, 1)}\n`);
  writeFileSync(`${file}.md`, `# Bench, ${day}\n\n${text}`);
  say(`written: ${path.relative(process.cwd(), file)}.md and .json`);
}

async function main() {
  let options;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n${usage}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gantry-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { BENCH_TOOLS: tools, GANTRY_BIN: gantry } = process.env;
  const context = { root, folder, tools, gantry };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => stopAll().then(() => process.exit(130)));
  }
  try {
    const result = await bench(context, options);
    const text = render(result);
    process.stdout.write(text);
    if (options.out) write(result, text, options);
    return 0;
  } catch (error) {
    say(error.message);
    return 1;
  } finally {
    await stopAll();
  }
}

process.exitCode = await main();
