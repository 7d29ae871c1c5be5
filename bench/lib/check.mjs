// Before anything is measured: both echo servers against ids and texts that a careless one would
// get wrong, judged by Node's JSON.
import { spawn } from 'node:child_process';
import path from 'node:path';

const ids = [
  '0', '-1', '9007199254740993', '1.50', '""', '"é"', '"a\\"id\\":7"', '"\\\\"', '"\\u0069d"',
];
const texts = [
  '', '"id":1,"text":"x"', '\\', '\\"}],"id":3', 'line\nline\r\t\0', 'é💡', '{}[],:',
  ' '.repeat(200_000),
];

const messages = ids.flatMap((id) =>
  texts.map((text) => {
    const args = JSON.stringify({ nested: { id: 5, text: 'no' }, list: [{ id: 6 }, '}'], text });
    const params = `{"arguments":${args},"name":"echo"}`;
    const body = `{"params" : ${params},"method":"tools/call","id":${id} ,"jsonrpc":"2.0"}`;
    return { id, text, body };
  }),
);

function judge(where, { id, text }, answer) {
  const parsed = JSON.parse(answer);
  const sameId = answer.includes(`"id":${id},`) && Object.is(parsed.id, JSON.parse(id));
  if (!sameId || parsed.result.content[0].text !== text) {
    throw new Error(`${where} answers wrongly to id ${id}: ${answer.slice(0, 200)}`);
  }
}

async function checkHttp(url) {
  for (const message of messages) {
    const response = await fetch(url, { method: 'POST', body: message.body });
    judge('bench_echo_http', message, await response.text());
  }
  const statusOf = async (method, body) => (await fetch(url, { method, body })).status;
  const seen = [
    await statusOf('GET'),
    await statusOf('DELETE'),
    await statusOf('POST', '{"jsonrpc":"2.0","method":"notifications/initialized"}'),
    await statusOf('POST', '{"jsonrpc":'),
  ].join();
  if (seen !== '405,200,202,400') throw new Error(`bench_echo_http answers with ${seen}`);
}

async function checkStdio(tools) {
  const child = spawn(path.join(tools, 'bench_echo_stdio'), { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (data) => (out += data));
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.stdin.end(messages.map(({ body }) => `${body}\n`).join(''));
  const code = await ended;
  const lines = out.split('\n');
  if (code !== 0 || lines.length !== messages.length + 1) {
    const answers = `${lines.length - 1} of ${messages.length} answers`;
    throw new Error(`bench_echo_stdio: status ${code}, ${answers}`);
  }
  messages.forEach((message, i) => judge('bench_echo_stdio', message, lines[i]));
}

export async function checkEcho(echoUrl, tools) {
  await checkHttp(echoUrl);
  await checkStdio(tools);
}
