// The rounds: every line of a group in turn, again and again, so that what the machine does meets
// all alike.
import path from 'node:path';
import { run } from './process.mjs';

/** One cell of one round. */
async function measure(tools, line, connections, { seconds, calls }) {
  const { code, out, err } = await run(path.join(tools, 'bench_load'), [
    '--url', line.url, '--tool', line.tool, '--connections', String(connections),
    '--seconds', String(seconds), '--calls', String(calls), '--pid', line.pids.join(','),
  ]);
  const where = `${line.name} at ${connections} connections`;
  if (!out) throw new Error(`${where}: ${err || `status ${code}`}`);
  const figures = JSON.parse(out);
  if (code !== 0 || figures.calls === 0) {
    throw new Error(`${where}: ${figures.errors} errors: ${figures.error}`);
  }
  return figures;
}

/** All cells: [{group, line, connections, rounds: [figures]}]. */
export async function measureAll(tools, group, lines, options, say) {
  const cells = [];
  for (const connections of options.connections) {
    const here = lines.map((line) => ({ group, line: line.name, connections, rounds: [] }));
    for (let round = 0; round < options.rounds; ++round) {
      for (let turn = 0; turn < lines.length; ++turn) {
        const place = (turn + round) % lines.length; // nobody is always the first
        here[place].rounds.push(await measure(tools, lines[place], connections, options));
      }
      say(`${group}: ${connections} connections, round ${round + 1} of ${options.rounds}`);
    }
    cells.push(...here);
  }
  return cells;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** What a cell comes to: the median of its rounds. */
export function summary({ rounds }) {
  const of = (pick) => median(rounds.map(pick));
  return {
    callsPerSecond: of((f) => f.calls_per_second),
    p50: of((f) => f.latency_us.p50),
    p90: of((f) => f.latency_us.p90),
    p99: of((f) => f.latency_us.p99),
    max: Math.max(...rounds.map((f) => f.latency_us.max)),
    cpu: of((f) => f.cpu_us.median),
    cpuMean: of((f) => f.cpu_us.mean),
    windows: rounds.reduce((sum, f) => sum + f.cpu_us.windows, 0),
  };
}

/** Each pair's ratio at each number of connections: round by round, then the median of these. */
export function ratios(cells, pairs) {
  const found = [];
  for (const pair of pairs) {
    for (const cell of cells) {
      if (cell.group !== pair.group || cell.line !== pair.line) continue;
      const other = cells.find(
        (c) => c.group === pair.group && c.line === pair.by && c.connections === cell.connections,
      );
      if (!other) continue;
      const cpu = cell.rounds.map((f, i) => f.cpu_us.median / other.rounds[i].cpu_us.median);
      const rate = cell.rounds.map((f, i) => f.calls_per_second / other.rounds[i].calls_per_second);
      const p50 = cell.rounds.map((f, i) => f.latency_us.p50 / other.rounds[i].latency_us.p50);
      found.push({
        ...pair,
        connections: cell.connections,
        cpu: median(cpu),
        cpuLeast: Math.min(...cpu),
        cpuMost: Math.max(...cpu),
        rate: median(rate),
        p50: median(p50),
      });
    }
  }
  return found;
}
