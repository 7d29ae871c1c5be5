// What the mutations start from: MCP messages, and short texts from every corner of the grammar.

const messages = [
  {jsonrpc: '2.0', id: 0, method: 'initialize', params: {protocolVersion: '2025-11-25',
    capabilities: {roots: {listChanged: true}, sampling: {}, elicitation: {form: {}, url: {}}},
    clientInfo: {name: 'client', title: 'A client', version: '1.0.0'}}},
  {jsonrpc: '2.0', id: 0, result: {protocolVersion: '2025-11-25', capabilities: {tools: {}, logging: {}},
    serverInfo: {name: 's', version: '1'}, instructions: 'Line one\nline two\t"quoted" \\ / é 日本 😀'}},
  {jsonrpc: '2.0', method: 'notifications/initialized'},
  {jsonrpc: '2.0', id: 'a-1', method: 'tools/call', params: {name: 'everything__echo',
    arguments: {message: 'hello', numbers: [0, -1, 2.5, 1e10, -3.25e-7], nested: {a: [{}, [], null]}},
    _meta: {progressToken: 42, 'io.modelcontextprotocol/related-task': {taskId: 't-9'}}}},
  {jsonrpc: '2.0', id: 'a-1', result: {content: [{type: 'text', text: 'Echo: hello'},
    {type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png'}], isError: false, structuredContent: {ok: true}}},
  {jsonrpc: '2.0', id: 3, error: {code: -32601, message: 'Method not found', data: {method: 'x/y'}}},
  {jsonrpc: '2.0', method: 'notifications/progress', params: {progressToken: 't', progress: 0.5, total: 1}},
  {jsonrpc: '2.0', method: 'notifications/cancelled', params: {requestId: 3, reason: 'user'}},
  {jsonrpc: '2.0', id: 9, method: 'completion/complete', params: {ref: {type: 'ref/prompt', name: 'p'},
    argument: {name: 'city', value: 'Pa'}}},
  {jsonrpc: '2.0', id: 10, result: {tools: [{name: 't', inputSchema: {type: 'object', properties: {}}}],
    nextCursor: 'b2Zmc2V0PTEw'}},
];

const texts = [
  '', ' ', '\r\n\t ', 'null', 'true', 'false', '0', '-0', '-1', '1.5', '1e5', '1E+5', '-1.0e-5', '""', '"a"',
  '[]', '{}', '[[]]', '[{}]', '{"":{}}', '[1,2,3]', '{"a":1,"b":2}', '{"a":1,"a":2}', '[1,]', '[,1]', '{"a":1,}',
  '{,}', '{"a"}', '{"a":}', '{:1}', '{a:1}', "{'a':1}", '[1 2]', '{} {}', '1 2', '[01]', '[1.]', '[.5]', '[+1]',
  '[1e]', '[1e+]', '[--1]', '[NaN]', '[Infinity]', '[0x1]', '[1_0]', '1e400', '-1e-400',
  '123456789012345678901234567890', 'nul', 'tru', 'True', 'nullnull', '[true,false,null]', '\ufeff{}', '{}\ufeff',
  '"\\u0041"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\udc00\\ud800"', '"\\uD800\\uDBFF\\uDC00"', '"\\u12"', '"\\u00g0"',
  '"\\U0041"', '"\\x41"', '"\\a"', '"\\\\"', '"\\"', '"\\', '"\\b\\f\\n\\r\\t\\/\\"\\\\"', '"a\nb"', '"a\tb"', '"\u0000"',
  '"\u007f"', '"\u0080"', '"\u2028\u2029"', '"é日本😀"', '\u00a0[]', '[\u20601]', '[1\v]', '[1\f]', '/**/[]', '[1]//',
  '[\n1\n,\r2\t]\n', '{ "a" : [ 1 , { "b" : null } ] }', '"0123456789abcde"', '"0123456789abcdef"',
  '"0123456789abcdef0"', '"0123456789abcd\\n"', '"0123456789abcdé"', '"0123456789abcdef0123456789abcd日本"',
  '['.repeat(200) + ']'.repeat(200), '{"a":'.repeat(100) + '1' + '}'.repeat(100),
];

/** What is put in, besides bytes and pieces of other seeds. */
export const tokens = [
  '{', '}', '[', ']', ',', ':', '"', '\\', '\\"', '\\\\', '\\u', '\\u0000', '\\ud800', '\\udc00', '\\n', '\\x', '/',
  'true', 'false', 'null', 'tru', '0', '00', '-', '+', '.', '.0', 'e', 'E-', '1e3', '9'.repeat(40), '""', '"a":', '{}',
  '[]', '[[', ']]', ' ', '\n', '\r\n', '\t', '\v', '\f', '\0', '\x1f', '\x7f', '\u0080', '\u00a0', '\u2028', '\ufeff',
  '\uffff', 'é', '日', '😀', '//', '/*', "'", 'NaN', '0123456789abcdef',
].map((text) => Buffer.from(text));

export const seeds = [
  ...messages.map((message) => JSON.stringify(message)),
  ...messages.map((message) => JSON.stringify(message, null, 2)),
  JSON.stringify(messages.slice(0, 3)),
  ...texts,
].map((text) => Buffer.from(text));
