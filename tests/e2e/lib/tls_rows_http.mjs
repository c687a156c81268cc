// Rows of the TLS battery: servers that are trusted, and answer badly. A row: name, server(world), and
//   refused: the reason in the client's words, code: of the error (both missing: accepted, with status and body)
//   afterwards(world): what else has to hold
import assert from 'node:assert/strict';
import { proxyOf } from './tls_world.mjs';
import { deflateRawSync, gzipSync } from 'node:zlib';

const ENCODING = 'answer in an encoding nobody asked for: ';
const TRANSFER = 'answer in a transfer encoding nobody asked for';
const BOMB = gzipSync(Buffer.alloc(16 * 1024 * 1024)); // 16 MiB of zeros in 16 KiB

const ENDLESS = 'answer whose end could not be told from a cut';
const NOT_HTTP = 'the answer is not HTTP as it should be';

const lines = (...list) => `${list.join('\r\n')}\r\n`;

// It answers these bytes; and ends the connection unless `open`.
const says = (name, head, body = '', o = {}) => ({ name, ...o, server: (w) => w.secure({ ALPNProtocols: ['http/1.1'], ...o.tls }, (socket, text, cut) => {
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body, 'latin1')]);
  if (o.cut) socket.write(bytes, cut);
  else if (o.open) socket.write(bytes);
  else socket.end(bytes);
}) });
const ok = (name, header, body, o) => says(name, lines('HTTP/1.1 200 OK', ...header, ''), body, o);
const invalid = (name, header, body, refused, o) => ok(name, header, body, { code: 'invalid', refused, ...o });

const elsewhere = { seen: { connections: 0 } };

// A redirect to a server that counts who comes.
const redirects = (name, location, status = 302) => ({ name, status, body: '', server: async (w) => {
  elsewhere.port ??= await w.relay((socket) => socket.destroy(), elsewhere.seen);
  return w.secure({}, (socket) => socket.end(lines(`HTTP/1.1 ${status} Go`, `Location: ${location(elsewhere.port)}`, 'Content-Length: 0', '')
    + '\r\n'));
}, afterwards: () => assert.equal(elsewhere.seen.connections, 0, 'the redirect was followed') });

const redirections = [
  redirects('a redirect to plain http', (port) => `http://127.0.0.1:${port}/`),
  redirects('a redirect to another host', (port) => `https://localhost:${port}/`, 307),
  redirects('a redirect to another port', (port) => `https://127.0.0.1:${port}/`, 301),
  redirects('a redirect to a file', () => 'file:///etc/passwd', 308),
  redirects('a redirect to itself', () => '/v1/status', 303),
];

const encodings = [
  ok('chunked', ['Transfer-Encoding: chunked'], '3\r\nyes\r\n0\r\n\r\n'),
  ok('chunked, in other letters', ['Transfer-Encoding: CHUNKED'], '3\r\nyes\r\n0\r\n\r\n'),
  ok('the identity encoding', ['Content-Encoding: identity', 'Content-Length: 3'], 'yes'),
  invalid('a bomb in gzip as transfer encoding', ['Transfer-Encoding: gzip'], BOMB.toString('latin1'), TRANSFER),
  invalid('gzip, chunked', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n', TRANSFER),
  invalid('chunked, chunked', ['Transfer-Encoding: chunked, chunked'], '0\r\n\r\n', TRANSFER),
  invalid('chunked with a space within', ['Transfer-Encoding: chun ked'], '0\r\n\r\n', TRANSFER),
  invalid('identity as transfer encoding', ['Transfer-Encoding: identity'], 'yes', TRANSFER),
  invalid('deflate as transfer encoding', ['Transfer-Encoding: deflate'], deflateRawSync(Buffer.alloc(9999)).toString('latin1'), TRANSFER),
  invalid('an empty transfer encoding', ['Transfer-Encoding:'], 'yes', TRANSFER),
  invalid('two transfer encodings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n', 'answer with two transfer-encoding headers'),
  invalid('a bomb in gzip', ['Content-Encoding: gzip', `Content-Length: ${BOMB.length}`], BOMB.toString('latin1'), ENCODING),
  invalid('gzip of gzip', ['Content-Encoding: gzip, gzip', 'Content-Length: 3'], 'yes', ENCODING),
  invalid('brotli', ['Content-Encoding: br', 'Content-Length: 3'], 'yes', ENCODING),
  invalid('an encoding nobody knows', ['Content-Encoding: x-nobody', 'Content-Length: 3'], 'yes', ENCODING),
];

const headers = [
  ok('a hundred headers', [...Array.from({ length: 97 }, (_, i) => `X-${i}: a`), 'Content-Length: 3'], 'yes'),
  invalid('a thousand headers', [...Array.from({ length: 1000 }, (_, i) => `X-${i}: a`), 'Content-Length: 3'], 'yes',
    'answer of more than 100 header lines', { code: 'limit' }),
  invalid('headers of 40 KiB', [...Array.from({ length: 10 }, (_, i) => `X-${i}: ${'a'.repeat(4000)}`), 'Content-Length: 3'], 'yes',
    'answer of more than 32768 bytes of headers', { code: 'limit' }),
  invalid('a header of 64 KiB', [`X: ${'a'.repeat(65000)}`, 'Content-Length: 3'], 'yes', 'answer of more than 32768 bytes of headers', { code: 'limit' }),
  says('a hundred interim answers', 'HTTP/1.1 103 Wait\r\n\r\n'.repeat(100), '', { code: 'limit', refused: 'answer of more than 100 header lines' }),
  invalid('a header without a name', [': a', 'Content-Length: 3'], 'yes', 'header line 2 of the answer has no name'),
  invalid('a header with a space in its name', ['X Y: a', 'Content-Length: 3'], 'yes', 'header line 2 of the answer has no name'),
  invalid('a header with a control character', ['X: a\x01b', 'Content-Length: 3'], 'yes', 'header line 2 of the answer has a control character'),
  invalid('a header in two lines', ['X: a', ' b', 'Content-Length: 3'], 'yes', 'header line 3 of the answer has no name'),
  invalid('two lengths', ['Content-Length: 3', 'Content-Length: 4'], 'yes!', 'answer with two content-length headers'),
  invalid('a length beside chunks', ['Content-Length: 3', 'Transfer-Encoding: chunked'], '3\r\nyes\r\n0\r\n\r\n',
    'answer with both a content-length and a transfer-encoding header'),
  invalid('a length that is none', ['Content-Length: three'], 'yes', NOT_HTTP),
  invalid('a length below zero', ['Content-Length: -3'], 'yes', NOT_HTTP),
  invalid('a length of many digits', ['Content-Length: 99999999999999999999999'], 'yes', 'answer with an invalid content-length header'),
  ok('a length beyond what is allowed', ['Content-Length: 70000'], 'yes', { code: 'limit', refused: 'answer of 70000 bytes, at most 65536 are allowed' }),
  says('a partial answer nobody asked for', lines('HTTP/1.1 206 Partial Content', 'Content-Range: bytes 0-2/9', 'Content-Length: 3', ''), 'yes',
    { code: 'invalid', refused: 'partial answer from byte 0, asked for byte 0' }),
  says('an answer of HTTP/0.9', 'yes', '', { code: 'invalid', refused: NOT_HTTP }),
  says('a version of HTTP nobody knows', lines('HTTP/7.1 200 OK', 'Content-Length: 3', ''), 'yes', { code: 'invalid', refused: NOT_HTTP }),
  says('a status of four digits', lines('HTTP/1.1 2000 OK', 'Content-Length: 3', ''), 'yes', { code: 'invalid', refused: NOT_HTTP }),
  says('a change of protocol', lines('HTTP/1.1 101 Go', 'Upgrade: websocket', 'Connection: upgrade', ''), 'yes',
    { code: 'invalid', refused: 'answer in another protocol, which nobody asked for' }),
  ok('a cookie of its own', ['Set-Cookie: a=b; Secure', 'Alt-Svc: h2="127.0.0.1:9"', 'Strict-Transport-Security: max-age=1', 'Content-Length: 3'], 'yes'),
];

const bodies = [
  invalid('a body until the end of the connection', ['Connection: close'], 'yes', ENDLESS),
  says('the same of HTTP/1.0', lines('HTTP/1.0 200 OK', ''), 'yes', { code: 'invalid', refused: ENDLESS }),
  says('HTTP/1.0 with a length', lines('HTTP/1.0 200 OK', 'Content-Length: 3', ''), 'yes'),
  says('nothing, which needs no length', lines('HTTP/1.1 204 No Content', ''), '', { status: 204, body: '' }),
  ok('more than the length says', ['Content-Length: 3', 'Connection: close'], 'yes and more'),
  invalid('a body without end', ['Connection: close'], 'a'.repeat(70000), ENDLESS),
  ok('chunks without end', ['Transfer-Encoding: chunked'], `8000\r\n${'a'.repeat(0x8000)}\r\n`.repeat(3), { code: 'limit', refused: 'answer of more than 65536 bytes' }),
  ok('a chunk whose length is none', ['Transfer-Encoding: chunked'], 'x\r\nyes\r\n0\r\n\r\n', { code: 'network', refused: 'the chunks of the answer cannot be read' }),
  ok('a chunk of too great a length', ['Transfer-Encoding: chunked'], 'fffffffffffffffffff\r\nyes', { code: 'network', refused: 'the chunks of the answer cannot be read' }),
  ok('a chunk of a length below zero', ['Transfer-Encoding: chunked'], '-1\r\nyes', { code: 'network', refused: 'the chunks of the answer cannot be read' }),
  ok('a thousand headers behind the body', ['Transfer-Encoding: chunked'], `3\r\nyes\r\n0\r\n${'X: a\r\n'.repeat(1000)}\r\n`,
    { code: 'limit', refused: 'answer of more than 100 header lines' }),
];

const CUT = 'no whole answer came';
const truncations = [
  says('cut before an answer', '', '', { cut: true, code: 'network', refused: CUT }),
  says('cut within a header', 'HTTP/1.1 200 OK\r\nContent-Le', '', { cut: true, code: 'network', refused: CUT }),
  says('cut after the headers', lines('HTTP/1.1 200 OK', 'Content-Length: 3', ''), '', { cut: true, code: 'network', refused: CUT }),
  says('cut within the body', lines('HTTP/1.1 200 OK', 'Content-Length: 3', ''), 'ye', { cut: true, code: 'network', refused: CUT }),
  says('cut within a chunk', lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', ''), '3\r\nye', { cut: true, code: 'network', refused: CUT }),
  says('cut before the last chunk', lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', ''), '3\r\nyes\r\n', { cut: true, code: 'network', refused: CUT }),
  says('cut without a word where the end is the end of the body', lines('HTTP/1.1 200 OK', 'Connection: close', ''), 'yes',
    { cut: true, code: 'invalid', refused: ENDLESS }),
  says('ended within the body', lines('HTTP/1.1 200 OK', 'Content-Length: 3', ''), 'ye', { code: 'network', refused: CUT }),
];

const http2 = (name, handle, o = {}) => ({ name, ...o, server: (w) => w.http2(handle) });
const second = [
  http2('an answer over HTTP/2', (stream) => { stream.respond({ ':status': 200 }); stream.end('yes'); }),
  http2('a stream that is broken off', (stream) => stream.close(2), { code: 'network', refused: CUT }),
  http2('a session that is broken off within its body', (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('ye', () => stream.session.destroy());
  }, { code: 'network', refused: CUT }),
  http2('a session that is broken off', (stream) => stream.session.destroy(), { code: 'network', refused: CUT }),
  http2('a body that is shorter than its length', (stream) => {
    stream.respond({ ':status': 200, 'content-length': 10 });
    stream.end('yes');
  }, { code: 'network', refused: CUT }),
  http2('a thousand headers over HTTP/2', (stream) => {
    stream.respond({ ':status': 200, ...Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`x-${i}`, 'a'])) });
    stream.end('yes');
  }, { code: 'limit', refused: 'answer of more than 100 header lines' }),
  http2('gzip over HTTP/2', (stream) => { stream.respond({ ':status': 200, 'content-encoding': 'gzip' }); stream.end(BOMB); },
    { code: 'invalid', refused: ENCODING }),
  { name: 'HTTP/1.1 where HTTP/2 was agreed upon', code: 'network', refused: CUT, server: (w) => w.secure({ ALPNProtocols: ['h2'] }, () => {}, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes');
  }) },
  { name: 'no application protocol agreed upon', server: (w) => w.secure({}) },
];

// ---- In the middle of a connection ----

const later = [
  { name: 'nothing new', server: (w) => w.typed(['-tls1_2'], '', /^/) },
  { name: 'a renegotiation', code: 'network', refused: 'the connection broke: ', server: (w) => w.typed(['-tls1_2'], 'r', /no_renegotiation/) },
  { name: 'a renegotiation for a certificate', code: 'network', refused: 'the connection broke: ',
    server: (w) => w.typed(['-tls1_2'], 'R', /no_renegotiation/) },
  { name: 'new keys', server: (w) => w.typed(['-tls1_3'], 'K', /KeyUpdate/) },
];

// ---- Proxies ----

// It answers so to CONNECT; `asked` is how it is named to the client.
const proxy = (name, refused, answer, o = {}) => ({ name, refused, code: refused && 'network', ...o, server: (w) => w.secure({}),
  proxy: async (w) => `http://127.0.0.1:${await proxyOf(w, answer, o.user)}` });
const status = (code, ...lines) => `HTTP/1.1 ${[code, ...lines].join('\r\n')}\r\nContent-Length: 0\r\n\r\n`;
const WANTED = status('407 Who', 'Proxy-Authenticate: Basic realm="x"', 'Connection: close'); // which it does
const SIGN_IN = 'somebody has to sign in to this network';

const proxies = [
  proxy('a proxy that wants a password, and gets it', undefined, WANTED, { user: 'screen:a b@:%', given: ['screen', 'a b@:%'] }),
  proxy('a proxy that wants a password, and gets none', 'the proxy wants a name and a password', WANTED, { user: 'screen:secret' }),
  proxy('a proxy that wants another password', 'the proxy wants a name and a password', WANTED, { user: 'screen:secret', given: ['screen', 'wrong'] }),
  proxy('a proxy that forbids', 'the proxy does not connect to this server', status('403 No')),
  proxy('a proxy that finds no server', 'the proxy cannot reach the server', status('502 Lost')),
  proxy('a proxy that waits in vain', 'the proxy cannot reach the server', status('504 Late')),
  proxy('a proxy that sends to a page', SIGN_IN, status('302 There', 'Location: http://portal.example/'), { code: 'captive-portal' }),
  proxy('a proxy that wants a sign-in', SIGN_IN, status('511 Sign in'), { code: 'captive-portal' }),
  proxy('a proxy that knows no CONNECT', 'the proxy does not connect', status('400 What')),
];

export const http = [...redirections, ...encodings, ...headers, ...bodies, ...truncations, ...second, ...later, ...proxies];
