// The message scanner against Node's JSON.parse: the same verdict, and the same text of every string, on many random
// mutations. Text that is not UTF-8 must be refused. Prints what differs and exits 1; the seed repeats a run.
//
//   node tests/scanner/differential.mjs --checker build/release/scanner_check [--count 1000000] [--seed N]
import {spawn} from 'node:child_process';
import {isUtf8} from 'node:buffer';
import {once} from 'node:events';
import {parseArgs} from 'node:util';
import {seeds, tokens} from './seeds.mjs';

const {values} = parseArgs({options: {
  checker: {type: 'string'},
  count: {type: 'string', default: '1000000'},
  seed: {type: 'string', default: String(Date.now() % 2 ** 31)},
}});
const count = Number(values.count);
const seed = Number(values.seed);
if (!values.checker || !(count > 0) || !Number.isInteger(seed)) {
  console.error('usage: differential.mjs --checker PROGRAM [--count N] [--seed N]');
  process.exit(2);
}

/** mulberry32: small, seeded, good enough to choose with. */
let state = seed >>> 0;
function random(below) {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}
const pick = (list) => list[random(list.length)];

function spliced(bytes, from, to, middle) {
  return Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)]);
}

/** Each takes the document and gives another. */
const mutations = [
  function flipBit(bytes) {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[random(copy.length)] ^= 1 << random(8);
    return copy;
  },
  function setByte(bytes) {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[random(copy.length)] = random(256);
    return copy;
  },
  function putByte(bytes) {
    const at = random(bytes.length + 1);
    return spliced(bytes, at, at, Buffer.from([random(2) ? random(128) : random(256)]));
  },
  function remove(bytes) {
    const at = random(bytes.length + 1);
    return spliced(bytes, at, Math.min(bytes.length, at + 1 + random(4)), Buffer.alloc(0));
  },
  function truncate(bytes) {
    return bytes.subarray(0, random(bytes.length + 1));
  },
  function putToken(bytes) {
    const at = random(bytes.length + 1);
    return spliced(bytes, at, at, pick(tokens));
  },
  function replaceByToken(bytes) {
    const at = random(bytes.length + 1);
    return spliced(bytes, at, Math.min(bytes.length, at + 1 + random(3)), pick(tokens));
  },
  function replaceToken(bytes) {
    const found = [...bytes.toString('latin1').matchAll(/"(?:[^"\\]|\\.)*"|[-+.\w]+|[{}[\],:]/g)];
    if (found.length === 0) return bytes;
    const token = pick(found);
    const other = random(2) ? pick(tokens) : Buffer.from(pick(found)[0], 'latin1');
    return spliced(bytes, token.index, token.index + token[0].length, other);
  },
  function repeatPart(bytes) {
    const from = random(bytes.length + 1);
    const part = bytes.subarray(from, from + 1 + random(40));
    const at = random(bytes.length + 1);
    return spliced(bytes, at, at, part);
  },
  function joinOther(bytes) {
    const other = pick(seeds);
    const at = random(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(random(other.length + 1))]);
  },
  function nest(bytes) {
    return Buffer.concat([Buffer.from('{"k":['), bytes, Buffer.from(',0]}')]);
  },
  function quote(bytes) {
    // The document as the text of a string: keeps strings, escapes and UTF-8 well represented.
    return Buffer.from(JSON.stringify(bytes.toString()));
  },
];

function mutated() {
  let bytes = pick(seeds);
  for (let times = random(4); times >= 0; --times) bytes = pick(mutations)(bytes);
  return bytes.length > 4000 ? bytes.subarray(0, 4000) : bytes;
}

/** What Node says: undefined where it refuses, else {value}. */
function judged(bytes) {
  if (!isUtf8(bytes)) return undefined;
  try {
    // TextDecoder and toString may swallow a byte order mark; JSON.parse is to see it.
    return {value: JSON.parse(bytes.toString('utf8'))};
  } catch {
    return undefined;
  }
}

const tally = {accepted: 0, refused: 0, notUtf8: 0, strings: 0};
let differences = 0;

function report(bytes, why) {
  if (++differences <= 20) console.log(`${why}\n  ${JSON.stringify(bytes.toString('latin1'))}`);
}

/** Compares the answers to one batch; returns how many bytes of `output` were read. */
function compare(documents, output) {
  let at = 0;
  for (const bytes of documents) {
    const node = judged(bytes);
    const verdict = String.fromCharCode(output[at++]);
    let text;
    if (verdict === 'S') {
      const length = output.readUInt32LE(at);
      text = output.subarray(at + 4, at + 4 + length);
      at += 4 + length;
    }
    tally[node ? 'accepted' : 'refused']++;
    if (!node && !isUtf8(bytes)) tally.notUtf8++;
    if ((verdict !== '0') !== (node !== undefined)) {
      report(bytes, `Node ${node ? 'accepts' : 'refuses'}, the scanner says ${verdict}`);
    } else if ((typeof node?.value === 'string') !== (verdict === 'S')) {
      report(bytes, 'one of them sees a string');
    } else if (verdict === 'S') {
      tally.strings++;
      if (!Buffer.from(node.value).equals(text)) report(bytes, 'the decoded text differs');
    }
  }
  if (at !== output.length) throw new Error(`the checker wrote ${output.length} bytes, ${at} were expected`);
}

/** One run of the checker over a batch: its input is closed, so its output is complete. */
async function check(documents) {
  const parts = [];
  for (const bytes of documents) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    parts.push(length, bytes);
  }
  const child = spawn(values.checker, {stdio: ['pipe', 'pipe', 'inherit']});
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stdin.on('error', () => {});  // The exit status tells what happened.
  child.stdin.end(Buffer.concat(parts));
  const [status, signal] = await once(child, 'close');
  if (status !== 0) throw new Error(`the checker ended with ${signal ?? status}`);
  compare(documents, Buffer.concat(output));
}

console.log(`seed ${seed}, ${seeds.length} seeds, ${count} mutations`);
await check(seeds);
for (let done = 0; done < count;) {
  const documents = Array.from({length: Math.min(50_000, count - done)}, mutated);
  await check(documents);
  done += documents.length;
}
console.log(`accepted ${tally.accepted}, refused ${tally.refused} (not UTF-8: ${tally.notUtf8}), ` +
            `strings compared ${tally.strings}, differences ${differences}`);
if (tally.accepted < count / 50 || tally.notUtf8 < count / 100 || tally.strings < count / 200) {
  console.log('too few of one kind: the mutations prove little');
  process.exit(1);
}
process.exit(differences === 0 ? 0 : 1);
