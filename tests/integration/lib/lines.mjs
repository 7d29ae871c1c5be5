// Lines as the protocol has them: they end with LF alone. (node:readline also cuts at U+2028.)
export function eachLine(stream, line, end = () => {}) {
  let held = '';
  stream.setEncoding('utf8');
  stream.on('data', (data) => {
    const parts = (held + data).split('\n');
    held = parts.pop();
    parts.forEach((part) => line(part));
  });
  stream.on('end', end);
}
