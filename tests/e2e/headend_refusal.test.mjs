// A large body that is refused by its head: who sends it all before he reads hears why, and is not cut off by a reset.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';

import { startHeadend } from './lib/headend.mjs';

const MIB = 1 << 20;

// Sends the head, then `bytes` of a body without reading, and only then reads. -> { answer, failure }
function sendBlindly(headend, head, bytes) {
  return new Promise((resolve) => {
    const socket = tls.connect({ host: 'localhost', port: headend.port, servername: 'localhost', ca: headend.ca });
    const block = Buffer.alloc(64 * 1024, 'x');
    let answer = '';
    let left = bytes;
    let failure;
    const send = () => {
      while (left > 0) {
        const size = Math.min(left, block.length);
        left -= size;
        if (!socket.write(block.subarray(0, size))) {
          socket.once('drain', send);
          return;
        }
      }
      socket.on('data', (data) => { answer += data; });
    };
    socket.on('secureConnect', () => {
      socket.write(`${head.join('\r\n')}\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n\r\n`);
      send();
    });
    socket.on('error', (error) => { failure = error.code; });
    socket.on('close', () => resolve({ answer, failure, left }));
    socket.setTimeout(30000, () => socket.destroy(new Error('no end')));
  });
}

describe('a body that is refused before it has come', () => {
  let headend;
  before(async () => { headend = await startHeadend(); });
  after(() => headend?.stop());

  test('is answered, whoever sends all of it before he reads', async () => {
    const upload = ['POST /api/v1/uploads HTTP/1.1', 'Tus-Resumable: 1.0.0', 'Upload-Length: 50331648', 'Content-Type: application/offset+octet-stream'];
    const cases = [[upload, 48 * MIB, 401], [['POST /api/v1/nowhere HTTP/1.1'], 20 * MIB, 404], [['POST /api/v1/session HTTP/1.1', 'Content-Type: application/json'], 20 * MIB, 413], [['POST /oauth/token HTTP/1.1', 'Content-Type: text/plain'], 100 * 1024, 413]];
    for (const [head, bytes, status] of cases) {
      const { answer, failure, left } = await sendBlindly(headend, head, bytes);
      assert.equal(failure, undefined, `${head[0]}: ${failure}`);
      assert.equal(left, 0);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), head[0]);
      assert.match(answer, /\r\n\r\n\{"type":"urn:pingplay:problem:/, 'all of it');
    }
  });

  test('is not read for ever', async () => {
    const begin = process.hrtime.bigint();
    const { failure, left } = await sendBlindly(headend, ['POST /api/v1/nowhere HTTP/1.1'], 2048 * MIB);
    assert.ok(failure || left > 0, 'it is cut off in the end');
    assert.ok(left > 1024 * MIB, `${left} of 2 GiB were not taken, ${(process.hrtime.bigint() - begin) / 1000000n} ms`);
    assert.equal((await headend.request('GET', '/healthz')).status, 200);
  });

  test('of many at once none keeps others from being answered', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => sendBlindly(headend, ['POST /api/v1/nowhere HTTP/1.1'], 256 * 1024)));
    assert.ok(all.filter(({ answer }) => answer.startsWith('HTTP/1.1 404 ')).length >= 60);
    assert.equal((await headend.request('GET', '/healthz')).status, 200);
  });
});
