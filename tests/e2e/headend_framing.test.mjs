// Requests that could be read in two ways (RFC 9112 §11.2) are refused, and nothing more is read of that connection.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';

import { startHeadend } from './lib/headend.mjs';

const head = (...lines) => `${['POST /oauth/token HTTP/1.1', 'Host: localhost',
  'Content-Type: application/x-www-form-urlencoded', ...lines].join('\r\n')}\r\n\r\n`;
const next = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('a request that is framed in two ways', () => {
  let headend;
  before(async () => { headend = await startHeadend({ serve: ['--request-timeout', '2'] }); });
  after(() => headend?.stop());

  // What comes back, until the server closes.
  const exchange = (...parts) => new Promise((resolve, reject) => {
    const socket = tls.connect({ host: 'localhost', servername: 'localhost', port: headend.port, ca: headend.ca }, async () => {
      for (const part of parts) {
        if (!socket.writable) break;
        socket.write(Buffer.from(part, 'latin1'));
        await new Promise((done) => setImmediate(done));
      }
    });
    let text = '';
    socket.on('data', (data) => { text += data.toString('latin1'); });
    socket.on('close', () => resolve(text));
    socket.on('error', (error) => (['ECONNRESET', 'EPIPE'].includes(error.code) ? undefined : reject(error)));
    socket.setTimeout(30000, () => reject(new Error('the connection stays open')));
  });
  const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d\d\d)/g)].map((match) => match[1]);

  const cases = {
    'Content-Length and Transfer-Encoding': [head('Content-Length: 4', 'Transfer-Encoding: chunked'), '0\r\n\r\n', next],
    'Transfer-Encoding and Content-Length': [head('Transfer-Encoding: chunked', 'Content-Length: 4'), '0\r\n\r\n', next],
    'two lengths': [head('Content-Length: 4', 'Content-Length: 0'), 'a=b&', next],
    'the same length twice': [head('Content-Length: 4', 'Content-Length: 4'), 'a=b&', next],
    'a list of lengths': [head('Content-Length: 4, 4'), 'a=b&', next],
    'a length with a sign': [head('Content-Length: +4'), 'a=b&', next],
    'a negative length': [head('Content-Length: -1'), next],
    'a length in hex': [head('Content-Length: 0x4'), 'a=b&', next],
    'a space before the colon': [head('Content-Length : 4'), 'a=b&', next],
    'a tab before the colon of an encoding': [head('Transfer-Encoding\t: chunked'), '0\r\n\r\n', next],
    'an encoding that is unknown': [head('Transfer-Encoding: gzip, chunked'), '0\r\n\r\n', next],
    'an encoding that is none': [head('Transfer-Encoding: xchunked'), '0\r\n\r\n', next],
    'two encodings': [head('Transfer-Encoding: chunked', 'Transfer-Encoding: identity'), '0\r\n\r\n', next],
    'an encoding in HTTP/1.0': [head('Transfer-Encoding: chunked').replace('1.1', '1.0'), '0\r\n\r\n', next],
    'a folded line': [head('X-Long: a', ' Content-Length: 4'), 'a=b&', next],
    'a folded first line': ['POST /oauth/token HTTP/1.1\r\n Content-Length: 4\r\nHost: localhost\r\n\r\n', 'a=b&', next],
    'a bare LF': [head('X: a\nContent-Length: 4'), 'a=b&', next],
    'a bare CR': [head('X: a\rContent-Length: 4'), 'a=b&', next],
    'a NUL': [head('X: a\0b', 'Content-Length: 4'), 'a=b&', next],
    'a line without a colon': [head('Content-Length', 'Content-Length: 4'), 'a=b&', next],
    'an empty name': [head(': 4', 'Content-Length: 4'), 'a=b&', next],
    'two hosts': [head('Host: evil.example', 'Content-Length: 4'), 'a=b&', next],
    'no host': ['GET /healthz HTTP/1.1\r\n\r\n', next],
    'a space in the target': ['GET /healthz HTTP/1.1 HTTP/1.1\r\nHost: localhost\r\n\r\n', next],
    'two spaces': ['GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', next],
    'a version of tomorrow': ['GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n', next],
    'a request line without a version': ['GET /healthz\r\nHost: localhost\r\n\r\n', next],
    'a chunk size with a sign': [head('Transfer-Encoding: chunked'), '+4\r\na=b&\r\n0\r\n\r\n', next],
    'a chunk size with 0x': [head('Transfer-Encoding: chunked'), '0x4\r\na=b&\r\n0\r\n\r\n', next],
    'a chunk size with a space': [head('Transfer-Encoding: chunked'), '4 \r\na=b&\r\n0\r\n\r\n', next],
    'a chunk size that overflows': [head('Transfer-Encoding: chunked'), '10000000000000004\r\na=b&\r\n0\r\n\r\n', next],
    'a chunk size that ends with a bare LF': [head('Transfer-Encoding: chunked'), '4\na=b&\r\n0\r\n\r\n', next],
    'a bare LF in a chunk extension': [head('Transfer-Encoding: chunked'), '4;a\na=b&\r\n0\r\n\r\n', next],
    'a chunk longer than it says': [head('Transfer-Encoding: chunked'), '4\r\na=b&c\r\n0\r\n\r\n', next],
    'a chunk that ends with a bare LF': [head('Transfer-Encoding: chunked'), '4\r\na=b&\n0\r\n\r\n', next],
    'a length among the trailers': [head('Transfer-Encoding: chunked'), '4\r\na=b&\r\n0\r\nContent-Length: 4\r\n\r\n', next],
  };
  // Some are refused by the library itself, with a status of its choice or none; what follows is answered by nobody.
  const refused = (text, what) => {
    const found = statuses(text);
    assert.ok(found.every((status) => ['400', '413', '505'].includes(status)), `${what}: ${found}`);
  };
  for (const [name, parts] of Object.entries(cases)) {
    test(`${name} is refused, and the connection closed`, async () => {
      refused(await exchange(...parts), 'piece by piece');
      refused(await exchange(parts.join('')), 'at once');
    });
  }

  test('what is in order is answered, one after the other', async () => {
    const body = 'client_id=other';
    const close = next.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    const posts = [
      head(`Content-Length: ${body.length}`) + body,
      head('Transfer-Encoding: chunked') + `3\r\ncli\r\n${(body.length - 3).toString(16)}\r\n${body.slice(3)}\r\n0\r\nX-Trailer: z\r\n\r\n`,
      head(`content-length:${body.length}`) + body,
    ];
    for (const post of posts) {
      assert.deepEqual(statuses(await exchange(next, post, next, close)), ['200', '400', '200', '200'], post);
      assert.deepEqual(statuses(await exchange(next + post + next + close)), ['200', '400', '200', '200'], post);
      assert.deepEqual(statuses(await exchange(...(post + close))), ['400', '200'], 'byte by byte');
    }
  });
});
