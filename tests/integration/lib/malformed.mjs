// Hostile and unusual HTTP/1.1, by the byte. Each case says which statuses are right and how many
// answers may come.
const refused = [400];
const ok = [200];

const big = (length) => 'a'.repeat(length);

/** [{title, bytes, statuses, count?, says?}] for a listener on `port`. */
export function malformed(port) {
  const host = `Host: 127.0.0.1:${port}`;
  const get = (head) => `${head}\r\n${host}\r\nConnection: close\r\n\r\n`;
  const line = (text) =>
    `GET /health/liveness HTTP/1.1\r\n${host}\r\n${text}\r\nConnection: close\r\n\r\n`;
  const smuggled = `GET /health/liveness HTTP/1.1\r\n${host}\r\n\r\n`;
  const post = (fields, body = '') =>
    `POST /mcp HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\n` +
    `Accept: application/json, text/event-stream\r\n${fields}Connection: close\r\n\r\n${body}`;
  const chunked = (body) => post('Transfer-Encoding: chunked\r\n', body);
  const ping =
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",' +
    '"capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}';
  const hex = (text) => text.length.toString(16);
  const made = [];
  const add = (title, bytes, statuses = refused, more = {}) =>
    made.push({ title, bytes, statuses, ...more });

  // The request line.
  add('no HTTP at all', 'GARBAGE\r\n\r\n');
  add('HTTP/0.9', 'GET /mcp\r\n\r\n');
  add('HTTP/2.0 in words', get('GET /health/liveness HTTP/2.0'), [400, 505]);
  add('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 505]);
  add('HTTP/1.10', get('GET /health/liveness HTTP/1.10'), [400, 505]);
  add('http in small letters', get('GET /health/liveness http/1.1'), [400, 505]);
  add('something after the version', get('GET /health/liveness HTTP/1.1 x'));
  add('two spaces', get('GET  /health/liveness HTTP/1.1'));
  add('tabs for spaces', get('GET\t/health/liveness\tHTTP/1.1'));
  add('a space before the method', get(' GET /health/liveness HTTP/1.1'));
  add('no target', get('GET  HTTP/1.1'));
  add('a target without a slash', get('GET health/liveness HTTP/1.1'), [400, 404]);
  add('NUL in the target', get('GET /health/\0liveness HTTP/1.1'));
  add('a control character in the target', get('GET /health/\x1fliveness HTTP/1.1'));
  add('a bad percent escape', get('GET /health/%zz HTTP/1.1'), [400, 404]);
  add('a method that is no token', get('G(T /health/liveness HTTP/1.1'), [400, 405, 501]);
  add(
    'CONNECT',
    `CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
    [400, 403, 404, 405, 501],
  );
  add('OPTIONS *', get('OPTIONS * HTTP/1.1'), [200, 204, 400, 403, 404, 405]);
  add('a target that is too long', get(`GET /${big(20_000)} HTTP/1.1`), [414, 431]);
  add('an endless line', `GET /${big(40_000)}`, [414, 431]);
  add('a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n');

  // Header fields.
  add('no colon', line('NoColonHere'));
  add('a space before the colon', line('X-A : b'));
  add('a folded field', line('X-A: b\r\n c'));
  add('a fold before the first field', `GET /health/liveness HTTP/1.1\r\n ${host}\r\n\r\n`);
  add('an empty name', line(': b'));
  add('a name that is no token', line('X[A]: b'));
  add('NUL in a value', line('X-A: b\0c'));
  add('a bare CR in a value', line('X-A: b\rc'));
  add('a control character in a value', line('X-A: b\x01c'));
  add(
    'line ends without CR',
    `GET /health/liveness HTTP/1.1\n${host}\nConnection: close\n\n`,
    [200, 400],
  );
  add('one field with LF only, which hides another', line('X-A: b\nContent-Length: 5'), [400]);
  add('bytes above 127 in a value', line('X-A: \xe9\xff'), [200, 400]);
  add('a head that is too large', line(`X-A: ${big(20_000)}`), [431], { says: /limits\.header/ });
  add(
    'too many fields',
    line(Array.from({ length: 3000 }, (_, n) => `X-${n}: 1`).join('\r\n')),
    [431],
    { says: /limits\.header/ },
  );

  // Host.
  add('no Host', 'GET /health/liveness HTTP/1.1\r\nConnection: close\r\n\r\n');
  add('two Hosts', line(host));
  add('two Hosts that differ', line('Host: evil.example'));
  add('an empty Host', 'GET /mcp HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n', [400, 403]);
  add(
    'a Host with a space',
    'GET /mcp HTTP/1.1\r\nHost: 127.0.0.1 evil\r\nConnection: close\r\n\r\n',
    [400, 403],
  );
  add(
    'a Host with a user',
    `GET /mcp HTTP/1.1\r\nHost: evil@127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    [400, 403],
  );
  add(
    'a Host with a bad port',
    'GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:99999\r\nConnection: close\r\n\r\n',
    [400, 403],
  );
  add(
    'the absolute form',
    get(`GET http://127.0.0.1:${port}/health/liveness HTTP/1.1`),
    [200, 400],
  );
  add('the absolute form of another host', get('GET http://evil.example/mcp HTTP/1.1'), [400, 403]);

  // How long the body is.
  add(
    'Content-Length and Transfer-Encoding',
    post(`Content-Length: 4\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${smuggled}`),
  );
  add(
    'Transfer-Encoding and Content-Length',
    post(`Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`, `0\r\n\r\n${smuggled}`),
  );
  add(
    'two lengths that differ',
    post(`Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n`, smuggled),
  );
  add(
    'two lengths that agree',
    post(`Content-Length: ${ping.length}\r\nContent-Length: ${ping.length}\r\n`, ping),
    [200, 400],
  );
  add('a list of lengths', post('Content-Length: 5, 6\r\n', 'hello!'));
  add('a length with a sign', post('Content-Length: +5\r\n', 'hello'));
  add('a negative length', post('Content-Length: -5\r\n', 'hello'));
  add('a length in hex', post('Content-Length: 0x5\r\n', 'hello'));
  add('a length with a space', post('Content-Length: 1 0\r\n', 'helloworld'));
  add('a length that is no number', post('Content-Length: five\r\n', 'hello'));
  add('an empty length', post('Content-Length:\r\n', 'hello'));
  add(
    'a length past 64 bits',
    post('Content-Length: 18446744073709551617\r\n', 'hello'),
    [400, 413],
  );
  add('a length past the limit', post('Content-Length: 999999999\r\n', 'hello'), [413], {
    says: /limits\.body/,
  });
  add('POST without a length', post(''), [400, 411]);
  add('gzip', post('Transfer-Encoding: gzip\r\n', 'x'), [400, 501]);
  add('gzip, chunked', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'), [400, 501]);
  add('chunked, gzip', post('Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n'), [400, 501]);
  add('xchunked', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), [400, 501]);
  add(
    'chunked with a vertical tab',
    post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'),
    [400, 501],
  );
  add(
    'chunked twice',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    [400, 501],
  );
  add('HTTP/1.0 with chunks', chunked('0\r\n\r\n').replace('HTTP/1.1', 'HTTP/1.0'));
  add(
    'Content-Encoding',
    post(`Content-Encoding: gzip\r\nContent-Length: ${ping.length}\r\n`, ping),
    [400, 415],
  );

  // Chunks.
  add('a chunk size that is no number', chunked('zz\r\nhello\r\n0\r\n\r\n'));
  add('a chunk size with 0x', chunked('0x5\r\nhello\r\n0\r\n\r\n'));
  add('a negative chunk size', chunked('-5\r\nhello\r\n0\r\n\r\n'));
  add('an empty chunk size', chunked('\r\nhello\r\n0\r\n\r\n'));
  add('a chunk size past 64 bits', chunked('FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n'), [400, 413]);
  add('a chunk size past the limit', chunked('7fffffff\r\nhello'), [400, 413]);
  add('a chunk longer than it says', chunked('3\r\nhello\r\n0\r\n\r\n'));
  add(
    'a chunk size line that is too long',
    chunked(`5;${big(40_000)}\r\nhello\r\n0\r\n\r\n`),
    [400, 413, 431],
  );
  add('a chunk line that ends with LF', chunked('5\nhello\r\n0\r\n\r\n'));
  add('chunks', chunked(`${hex(ping)}\r\n${ping}\r\n0\r\n\r\n`), ok);
  add(
    'a chunk for each byte',
    chunked(`${[...ping].map((byte) => `1\r\n${byte}\r\n`).join('')}0\r\n\r\n`),
    ok,
  );
  add('a chunk extension', chunked(`${hex(ping)};a=b;c="d"\r\n${ping}\r\n0\r\n\r\n`), [200, 400]);
  add('a trailer', chunked(`${hex(ping)}\r\n${ping}\r\n0\r\nX-Trailer: 1\r\n\r\n`), [200, 400]);
  add(
    'Host in a trailer',
    chunked(`${hex(ping)}\r\n${ping}\r\n0\r\nHost: evil.example\r\n\r\n`),
    [200, 400],
  );

  // What is unusual, and right.
  add(
    'Expect: 100-continue',
    post(`Expect: 100-continue\r\nContent-Length: ${ping.length}\r\n`, ping),
    ok,
  );
  add(
    'Expect: something else',
    post(`Expect: 200-maybe\r\nContent-Length: ${ping.length}\r\n`, ping),
    [200, 417],
  );
  add('an upgrade nobody knows', line('Upgrade: h2c'), ok);
  add(
    'an empty line before the request',
    `\r\n${get('GET /health/liveness HTTP/1.1')}`,
    [200, 400],
  );
  add('HTTP/1.0', `GET /health/liveness HTTP/1.0\r\n${host}\r\n\r\n`, ok);
  add('two requests in one packet', smuggled + get('GET /health/liveness HTTP/1.1'), ok, {
    count: 2,
  });
  add('ten requests in one packet', smuggled.repeat(9) + get('GET /health/liveness HTTP/1.1'), ok, {
    count: 10,
  });
  add('a bad request after a good one', `${smuggled}GARBAGE\r\n\r\n`, [200, 400], { count: 2 });
  add('a good request after a bad one is not read', `GARBAGE\r\n\r\n${smuggled}`);
  add(
    'GET with a body, then another request',
    `GET /health/liveness HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\n\r\nhello${get('GET /health/liveness HTTP/1.1')}`,
    ok,
    { count: 2 },
  );
  return made;
}
