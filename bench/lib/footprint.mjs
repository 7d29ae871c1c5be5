// What a gateway weighs that does nothing, and how long it takes to stand.
import { copyFileSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { median } from './load.mjs';
import { executable, memory, run, stop, tree } from './process.mjs';
import { startGantry } from './services.mjs';

/** Sizes once two readings 250 ms apart are the same, or after 5 s. */
async function idleSize({ pid }) {
  let before = -1;
  for (let i = 0; i < 20; ++i) {
    const { rss } = memory(pid);
    if (rss === before) break;
    before = rss;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const gateway = memory(pid);
  const below = tree(pid);
  const own = below.filter((each) => executable(each.pid) === executable(pid));
  const withKeeper = own.map((each) => memory(each.pid)).reduce(
    (sum, { rss, pss }) => ({ rss: sum.rss + rss, pss: sum.pss + pss }),
    gateway,
  );
  const serverProcesses = below.length - own.length;
  return { gateway, withKeeper, ownProcesses: 1 + own.length, serverProcesses };
}

async function once(context, folder, file, environment) {
  const gateway = await startGantry(context, folder, file, environment);
  const size = await idleSize(gateway);
  await stop(gateway.program);
  return { ...size, aliveMs: gateway.aliveAfter, readyMs: gateway.readyAfter };
}

/** `times` runs; the times are medians, the sizes the last run's. */
async function several(context, folder, file, times) {
  const runs = [];
  for (let i = 0; i < times; ++i) {
    runs.push(await once(context, path.join(folder, String(i)), file, {}));
  }
  return {
    ...runs.at(-1),
    aliveMs: median(runs.map((r) => r.aliveMs)),
    readyMs: median(runs.map((r) => r.readyMs)),
  };
}

async function binarySize(gantry, folder) {
  const stripped = path.join(folder, 'stripped');
  copyFileSync(gantry, stripped);
  const { code } = await run('strip', ['--strip-all', stripped]);
  const strippedBytes = code === 0 ? statSync(stripped).size : null;
  return { bytes: statSync(gantry).size, strippedBytes };
}

/** {binary, rows: [{name, …}], skipped: [why]} */
export async function footprint(context, folder, { short }) {
  mkdirSync(folder, { recursive: true });
  const remote = path.join(folder, 'remote.yaml');
  writeFileSync(remote, JSON.stringify({ servers: { echo: { url: context.echo.url } } }));
  const rows = [
    {
      name: 'no server started (one remote server)',
      ...(await several(context, path.join(folder, 'remote'), remote, short ? 1 : 5)),
    },
  ];
  const skipped = [];
  const quickstart = path.join(context.root, 'examples/quickstart');
  if (existsSync(path.join(quickstart, 'node_modules/.bin/node'))) {
    const file = path.join(quickstart, 'gantry.yaml');
    const state = path.join(folder, 'quickstart');
    const environment = { QUICKSTART_MEMORY: path.join(state, 'memory.jsonl') };
    const first = await once(context, state, file, environment);
    rows.push({ name: 'the four of the quickstart, first start', ...first });
    const again = await once(context, state, file, environment);
    rows.push({ name: 'the four of the quickstart, lists known', ...again });
  } else {
    const why = "examples/quickstart has no packages (run 'make setup')";
    skipped.push(`the four of the quickstart: ${why}`);
  }
  return { binary: await binarySize(context.gantry, folder), rows, skipped };
}
