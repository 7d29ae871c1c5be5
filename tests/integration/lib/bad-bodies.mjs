// Request bodies that must be refused, each by its name; the gateway of the test allows a depth
// of 40.

// title → [body, HTTP status, JSON-RPC code, what the message says]
const deep = (depth) =>
  `{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
export const badBodies = {
  nothing: ['', 400, -32700],
  'white space': [' \r\n\t ', 400, -32700],
  'no JSON': ['hello', 400, -32700],
  'half a document': ['{"jsonrpc":"2.0","id":7,"method":"pi', 400, -32700],
  'a second document': [
    '{"jsonrpc":"2.0","id":7,"method":"ping"}{"jsonrpc":"2.0","id":8,"method":"ping"}',
    400,
    -32700,
  ],
  'a second document on its own line': [
    '{"jsonrpc":"2.0","id":7,"method":"ping"}\n{"jsonrpc":"2.0","id":8,"method":"ping"}',
    400,
    -32700,
  ],
  'a trailing comma': ['{"jsonrpc":"2.0","id":7,"method":"ping",}', 400, -32700],
  'single quotes': ["{'jsonrpc':'2.0','id':7,'method':'ping'}", 400, -32700],
  'a comment': ['{"jsonrpc":"2.0",/* */"id":7,"method":"ping"}', 400, -32700],
  tru: ['{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":tru}}', 400, -32700],
  NaN: ['{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":NaN}}', 400, -32700],
  'a number that begins with 0': ['{"jsonrpc":"2.0","id":07,"method":"ping"}', 400, -32700],
  'a bad escape': ['{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"\\q"}}', 400, -32700],
  'a raw newline in a string': [
    '{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"x\ny"}}',
    400,
    -32700,
  ],
  'a raw NUL in a string': [
    '{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"x\0y"}}',
    400,
    -32700,
  ],
  'a byte order mark': ['\ufeff{"jsonrpc":"2.0","id":7,"method":"ping"}', 400, -32700],
  'a bare string': ['"ping"', 400, -32600],
  null: ['null', 400, -32600],
  'no jsonrpc': ['{"id":7,"method":"ping"}', 400, -32600],
  'jsonrpc 1.0': ['{"jsonrpc":"1.0","id":7,"method":"ping"}', 400, -32600],
  'neither method nor result': ['{"jsonrpc":"2.0","id":7}', 400, -32600],
  'method is a number': ['{"jsonrpc":"2.0","id":7,"method":7}', 400, -32600],
  'id is null': ['{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600],
  'id is an object': ['{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, -32600],
  'id is a fraction': ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', 400, -32600],
  'id is a truth value': ['{"jsonrpc":"2.0","id":true,"method":"ping"}', 400, -32600],
  'params is an array': ['{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}', 400, -32600],
  'params is a string': ['{"jsonrpc":"2.0","id":7,"method":"ping","params":"a"}', 400, -32600],
  'result and error': [
    '{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1,"message":"x"}}',
    400,
    -32600,
  ],
  'error without a code': ['{"jsonrpc":"2.0","id":7,"error":{"message":"x"}}', 400, -32600],
  'method twice': [
    '{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/list"}',
    400,
    -32600,
    /duplicate key/,
  ],
  'id twice': ['{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}', 400, -32600, /duplicate key/],
  'name twice, once escaped': [
    '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"odd__echo","n\\u0061me":"odd__die"}}',
    400,
    -32600,
    /duplicate key/,
  ],
  'nested deeper than the limit': [deep(60), 400, -32600, /limits\.depth/],
  'an empty batch': ['[]', 400, -32600],
  'a batch after 2025-03-26': ['[{"jsonrpc":"2.0","id":7,"method":"ping"}]', 400, -32600, /batch/],
};
