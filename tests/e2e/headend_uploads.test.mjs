// Bodies that are taken block by block, over real TLS: what a screen sends because it was asked to.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { enrolDevice, eventually, startHeadend } from './lib/headend.mjs';

const type = { 'content-type': 'application/vnd.pingplay.upload' };
const most = 7 * 1024 * 1024 + 64 * 1024; // bytes: firmware/command/upload.h

describe('an upload', () => {
  let headend;
  let screen;
  before(async () => {
    headend = await startHeadend();
    screen = await enrolDevice(headend, { name: 'Foyer', channel: 'lobby' });
  });
  after(() => headend?.stop());

  const asked = async () => (await headend.cli('screen', 'command', screen.id, 'screenshot')).trim();
  const folder = () => path.join(headend.dir, 'uploads');
  const parts = async () => (await readdir(folder()).catch(() => [])).filter((name) => name.startsWith('.'));
  const put = (id, body, options = {}) => headend.request('PUT', `/v1/screenshots/${id}`, { device: screen, body, ...options, headers: { ...type, ...options.headers } });
  // A request whose body is written by hand; the promise is its status, 0 where it was cut.
  const begin = (id, headers = {}) => {
    const call = https.request({ host: 'localhost', servername: 'localhost', port: headend.port, path: `/v1/screenshots/${id}`, method: 'PUT', ca: headend.ca, agent: false,
      cert: screen.certificatePem, key: screen.keyPem, headers: { ...type, cookie: screen.cookie, ...headers } });
    const status = new Promise((resolve) => {
      call.on('response', (response) => { response.resume(); resolve(response.statusCode); });
      call.on('error', () => resolve(0));
    });
    return { call, status };
  };

  test('arrives whole, with a length or in chunks, several at a time', async () => {
    const bodies = await Promise.all([1, 262143, 262144, 262145, 3 * 1024 * 1024, most].map(async (size) => ({ id: await asked(), body: randomBytes(size) })));
    const answers = await Promise.all(bodies.map(({ id, body }, i) => put(id, body, i % 2 ? { headers: { 'transfer-encoding': 'chunked' } } : {})));
    assert.deepEqual(answers.map(({ status }) => status), bodies.map(() => 204));
    for (const { id, body } of bodies) assert.ok(body.equals(await readFile(path.join(folder(), id))), `${body.length} bytes`);
    assert.deepEqual(await parts(), []);
  });

  test('that is too large is refused, at once where it says so, and nothing of it is kept', async () => {
    const id = await asked();
    const said = begin(id, { 'content-length': most + 1 });
    said.call.flushHeaders();
    assert.equal(await said.status, 413); // with not a byte of it sent
    said.call.destroy();
    const whole = begin(id, { 'content-length': 10 * 1024 ** 3 });
    whole.call.flushHeaders();
    assert.equal(await whole.status, 413);
    whole.call.destroy();
    const answer = await put(id, randomBytes(most + 1), { headers: { 'transfer-encoding': 'chunked' } });
    assert.deepEqual([answer.status, answer.json().code], [413, 'body-too-large']);
    await eventually(async () => (await parts()).length === 0, 20000, 'the end of the part');
    assert.ok(!(await readdir(folder())).includes(id));
  });

  test('of somebody unknown, or that nobody asked for, is refused before any of it is sent', async () => {
    const id = await asked();
    for (const [target, headers, expected] of [[id, { cookie: '' }, 401], ['4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f', {}, 404]]) {
      const { call, status } = begin(target, { 'content-length': 1000000, ...headers });
      call.flushHeaders();
      assert.equal(await status, expected);
      call.destroy();
    }
    assert.deepEqual(await parts(), []);
  });

  test('that breaks off leaves nothing, and can be sent again', async () => {
    const id = await asked();
    const { call } = begin(id, { 'content-length': most });
    call.write(randomBytes(1024 * 1024));
    await eventually(async () => (await parts()).length === 1, 20000, 'its part');
    call.destroy();
    await eventually(async () => (await parts()).length === 0, 20000, 'the end of the part');
    assert.equal((await put(id, 'again')).status, 204);
    assert.equal(await readFile(path.join(folder(), id), 'utf8'), 'again');
  });

  test('whose server was killed is tidied up at the next start', async () => {
    await headend.stopServing();
    await writeFile(path.join(folder(), '.4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f.part'), 'half');
    const kept = (await readdir(folder())).filter((name) => !name.startsWith('.')).sort();
    await headend.startServing();
    assert.deepEqual((await readdir(folder())).sort(), kept);
  });
});
