// The figures as text: a table for the terminal, the same as Markdown, and JSON.
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { summary } from './load.mjs';
import { run } from './process.mjs';

async function firstLine(command, args) {
  try {
    const { code, out, err } = await run(command, args, { timeout: 10_000 });
    return code === 0 ? (out || err).trim().split('\n')[0] : '';
  } catch {
    return '';
  }
}

function packageVersion(root, name) {
  const file = path.join(root, 'bench/node_modules', name, 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

/** What the figures depend on. */
export async function machine({ root, gantry }) {
  const git = (...args) => firstLine('git', ['-C', root, ...args]);
  const revision = (await git('rev-parse', '--short', 'HEAD')) || 'no commit';
  const changed = (await git('status', '--porcelain')) ? ', with changes' : '';
  return {
    processor: `${os.cpus().length} × ${os.cpus()[0].model.trim()}`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    kernel: os.release(),
    gantry: (await firstLine(gantry, ['version'])) || 'not measured',
    revision: revision + changed,
    nginx: (await firstLine('nginx', ['-v'])).replace('nginx version: ', ''),
    supergateway: packageVersion(root, 'supergateway'),
    'mcp-proxy': packageVersion(root, 'mcp-proxy'),
    node: process.version,
  };
}

/** Columns as wide as their widest cell: `left` of them to the left, figures to the right. */
function table(head, rows, left) {
  const all = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, i) => Math.max(3, ...all.map((row) => [...row[i]].length)));
  const pad = (text, i) => (i < left ? text.padEnd(widths[i]) : text.padStart(widths[i]));
  const line = (row) => `| ${row.map(pad).join(' | ')} |`;
  const dashes = (width, i) => (i < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`);
  const rule = widths.map(dashes);
  return [line(all[0]), line(rule), ...all.slice(1).map(line)].join('\n');
}

const one = (number) => number.toFixed(1);
const ratio = (number) => number.toFixed(number < 0.2 ? 4 : 2);
const mib = (kib) => (kib / 1024).toFixed(1);

function cellsTable(cells) {
  const rows = cells.map((cell) => {
    const s = summary(cell);
    return [
      cell.line, cell.connections, s.callsPerSecond.toFixed(0), one(s.p50), one(s.p90), one(s.p99),
      one(s.max), s.cpu.toFixed(2), s.cpuMean.toFixed(2), s.windows,
    ];
  });
  const head = [
    '', 'connections', 'calls/s', 'p50 µs', 'p90 µs', 'p99 µs', 'max µs', 'cpu µs/call',
    'mean', 'windows',
  ];
  return table(head, rows, 1);
}

function ratiosTable(found, judged) {
  const rows = found.map((r) => {
    const span = `${ratio(r.cpuLeast)}–${ratio(r.cpuMost)}`;
    const row = [r.line, r.by, r.connections, ratio(r.cpu), span, ratio(r.rate), ratio(r.p50)];
    if (judged) row.push(`≤ ${ratio(r.goal)}`, r.cpu <= r.goal ? 'met' : 'missed');
    return row;
  });
  const head = ['', 'beside', 'connections', 'cpu/call', 'of rounds', 'calls/s', 'p50'];
  if (judged) head.push('goal', '');
  return table(head, rows, 2);
}

function footprintText({ binary, rows, skipped }) {
  const size = (m) => `${mib(m.rss)} / ${mib(m.pss)}`;
  const cells = rows.map((r) => [
    r.name, size(r.gateway), size(r.withKeeper), r.ownProcesses, r.serverProcesses,
    one(r.aliveMs), one(r.readyMs),
  ]);
  const head = [
    '', 'gateway Rss / Pss MiB', 'with keeper', 'own processes', 'server processes', 'alive ms',
    'ready ms',
  ];
  const { bytes, strippedBytes } = binary;
  const stripped = strippedBytes === null ? '' : `, stripped ${mib(strippedBytes / 1024)} MiB`;
  const missing = skipped.map((why) => `Not measured: ${why}.`);
  const binaryLine = `Binary: ${mib(bytes / 1024)} MiB${stripped}.`;
  return [table(head, cells, 1), '', binaryLine, ...missing].join('\n');
}

/** Sections of Markdown that read well as they stand. */
export function render({ facts, options, cells, found, weights }) {
  const parts = ['## Machine', table(['', ''], Object.entries(facts), 2)];
  const titles = { http: 'HTTP → HTTP', stdio: 'HTTP → stdio' };
  for (const [group, title] of Object.entries(titles)) {
    const here = cells.filter((cell) => cell.group === group);
    if (here.length > 0) parts.push(`## ${title}`, cellsTable(here));
    const there = found.filter((each) => each.group === group);
    if (there.length > 0) parts.push(`### ${title}: ratios`, ratiosTable(there, !options.short));
  }
  if (weights) parts.push('## Idle and start', footprintText(weights));
  parts.push(
    [
      `Rounds: ${options.rounds}, of ${options.seconds} s a cell, in turn, with 64 bytes of text.`,
      'Each figure is the median of the rounds (max: the most of all); cpu is the median of',
      'windows of 20 ms and more. bench/README.md says how to read it.',
    ].join(' '),
  );
  return `${parts.join('\n\n')}\n`;
}
