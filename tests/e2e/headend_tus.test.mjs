// Uploads that can be gone on with (tus 1.0.0): by a client of the protocol, and by hand where one is not as it should be.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, utimes } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import tus from 'tus-js-client';

import { png } from './lib/content.mjs';
import { Browser, signIn } from './lib/headend-browser.mjs';
import { eventually, startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { open } from './lib/tink.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const run = promisify(execFile);
const MiB = 1024 * 1024;
const bytesType = 'application/offset+octet-stream';
// So many bytes of a picture, no two of which are the same content.
const picture = (size) => Buffer.concat([png, randomBytes(size - png.length)]);
const sha256 = (data) => `sha256 ${createHash('sha256').update(data).digest('base64')}`;

describe('an upload of an administrator', () => {
  let headend;
  let api;
  let browser;
  let csrf;
  const tokenOf = async (cookie) => (await headend.request('GET', '/api/v1/session', { cookie })).json().csrf;
  before(async () => {
    api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    browser = await signIn(headend);
    csrf = await tokenOf(browser.cookie);
  });
  after(() => headend?.stop());

  const own = (more = {}) => ({ 'tus-resumable': '1.0.0', 'pingplay-csrf': csrf, ...more });
  const ask = async (method, target, headers = {}, body = undefined, cookie = browser.cookie) => {
    const answer = await headend.request(method, target, { headers: own(headers), body, cookie });
    if (method !== 'HEAD') api.check(method, target, answer);
    return answer;
  };
  const refused = async (status, code, ...request) => {
    const answer = await ask(...request);
    assert.equal(`${answer.status} ${answer.json().code}`, `${status} ${code}`);
    assert.equal(answer.headers['tus-resumable'], '1.0.0');
    return answer;
  };
  const create = async (length, headers = {}, body = undefined, cookie = undefined) => {
    const answer = await ask('POST', '/api/v1/uploads', { 'upload-length': length, ...headers }, body, cookie);
    assert.equal(answer.status, 201, answer.text);
    assert.match(answer.headers.location, /^\/api\/v1\/uploads\/[0-9a-f-]{36}$/);
    return answer.headers.location;
  };
  const append = (target, offset, body, headers = {}) => ask('PATCH', target, { 'upload-offset': offset, 'content-type': bytesType, ...headers }, body);
  const offsetOf = async (target) => {
    const answer = await ask('HEAD', target);
    return answer.status === 200 ? Number(answer.headers['upload-offset']) : `${answer.status}`;
  };
  const end = async (target) => assert.equal((await ask('DELETE', target)).status, 204);
  // What a request sends bit by bit.
  const begin = (method, target, headers) => {
    const call = https.request({ host: 'localhost', servername: 'localhost', port: headend.port, path: target, method, ca: headend.ca, agent: false, headers: own({ cookie: browser.cookie, 'content-type': bytesType, ...headers }) });
    const status = new Promise((resolve) => {
      call.on('response', (response) => { response.resume(); resolve(response.statusCode); });
      call.on('error', () => resolve(0));
    });
    return { call, status };
  };
  const folderOf = (target) => path.join(headend.dir, 'incoming', target.split('/').pop());
  // What there is of it: in the library, or on the disk, opened with its key.
  const kept = async (target) => {
    const id = target.split('/').pop();
    let upload;
    await eventually(async () => { upload = (await ask('GET', target)).json(); return upload.state !== 'checked'; }, 60000, 'the look at it');
    if (upload.state !== 'coming') return (await headend.request('GET', `/api/v1/content/${upload.content}/file`, { cookie: browser.cookie })).body;
    const key = headend.openKey(`upload/${id}`, await headend.sql(`SELECT hex(key) FROM content_upload WHERE id = '${id}'`));
    const pieces = [];
    for (const name of (await readdir(folderOf(target))).filter((one) => one !== 'part').sort()) {
      assert.equal(Number(name), pieces.reduce((sum, piece) => sum + piece.length, 0), 'each piece begins where the one before ends');
      pieces.push(open(key, await readFile(path.join(folderOf(target), name)), { associatedData: `pingplay/upload/${id}/${Number(name)}` }));
    }
    return Buffer.concat(pieces);
  };
  const client = (data, options = {}) => {
    let upload;
    const done = new Promise((resolve, reject) => {
      upload = new tus.Upload(data, {
        endpoint: `${headend.url}/api/v1/uploads`, headers: { cookie: browser.cookie, 'Pingplay-CSRF': csrf }, metadata: { filename: 'Été à Paris.mp4', filetype: 'video/mp4' },
        httpStack: new tus.DefaultHttpStack({ ca: headend.ca, servername: 'localhost' }), retryDelays: [100, 200, 400, 800, 1600, 3200], onSuccess: () => resolve(new URL(upload.url).pathname), onError: reject, ...options,
      });
      upload.start();
    });
    return { done, upload: () => upload };
  };

  test('says what it can', async () => {
    for (const target of ['/api/v1/uploads', '/api/v1/uploads/4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f']) {
      const answer = await headend.request('OPTIONS', target);
      api.check('OPTIONS', target, answer);
      const { 'tus-version': version, 'tus-extension': extension, 'tus-max-size': most, 'tus-checksum-algorithm': algorithm, 'tus-resumable': resumable } = answer.headers;
      assert.deepEqual([answer.status, version, extension, most, algorithm, resumable],
        [204, '1.0.0', 'creation,creation-with-upload,expiration,checksum,termination', '10737418240', 'sha256', '1.0.0']);
    }
  });

  for (const [how, options] of Object.entries({ 'in one request': {}, 'in many': { chunkSize: 3 * MiB + 5 }, 'with its first bytes at once': { uploadDataDuringCreation: true, chunkSize: 7 * MiB } })) {
    test(`by a client of the protocol, ${how}`, async () => {
      const data = picture(41 * MiB + 17);
      const target = await client(data, options).done;
      assert.equal(await offsetOf(target), data.length);
      assert.ok(data.equals(await kept(target)));
      const answer = await ask('GET', target);
      assert.deepEqual([answer.json().name, answer.json().length, answer.json().offset], ['Été à Paris.mp4', data.length, data.length]);
      assert.equal(answer.headers['upload-metadata'], `filename ${Buffer.from('Été à Paris.mp4').toString('base64')},filetype ${Buffer.from('video/mp4').toString('base64')}`);
      assert.ok(!(await ask('GET', '/api/v1/uploads')).json().items.some(({ id }) => target.endsWith(id)), 'it has ended');
      assert.ok(Math.abs(new Date(answer.headers['upload-expires']) - Date.now() - 86400000) < 60000, answer.headers['upload-expires']);
      await end(target);
    });
  }

  test('goes on where it was, after connections that were cut and a server that was killed', async () => {
    const data = picture(90 * MiB);
    let cuts = 0;
    const sending = client(data, {
      onProgress: (sent) => {
        if (sent > [20, 45, 70][cuts] * MiB) {
          cuts += 1;
          if (cuts === 2) headend.stopServing('SIGKILL').then(() => headend.startServing());
          else sending.upload()._req._request.destroy(new Error('cut'));
        }
      },
    });
    const target = await sending.done;
    assert.equal(cuts, 3);
    assert.ok(data.equals(await kept(target)));
    await end(target);
  });

  test('that breaks off keeps what came, and nobody else writes meanwhile', async () => {
    const data = picture(3 * MiB);
    const target = await create(data.length);
    const { call, status } = begin('PATCH', target, { 'upload-offset': 0, 'content-length': data.length });
    call.write(data.subarray(0, MiB));
    await eventually(async () => (await readdir(folderOf(target))).includes('part'), 20000, 'its part');
    await refused(423, 'upload-busy', 'PATCH', target, { 'upload-offset': 0, 'content-type': bytesType }, data);
    await refused(423, 'upload-busy', 'DELETE', target);
    assert.equal(await offsetOf(target), '423');
    call.destroy();
    assert.equal(await status, 0);
    await eventually(async () => await offsetOf(target) !== '423', 20000, 'the end of the request');
    const offset = await offsetOf(target);
    assert.ok(offset > 0 && offset <= MiB, `${offset} bytes`);
    assert.equal((await append(target, offset, data.subarray(offset))).status, 204);
    assert.ok(data.equals(await kept(target)));
    await end(target);
  });

  test('is acknowledged byte by byte, and few files hold it', async () => {
    const data = picture(200);
    const target = await create(data.length);
    assert.ok((await ask('GET', '/api/v1/uploads')).json().items.some(({ id }) => target.endsWith(id)));
    for (let at = 0; at < data.length; at += 10) {
      const answer = await append(target, at, data.subarray(at, at + 10));
      assert.deepEqual([answer.status, answer.headers['upload-offset']], [204, String(at + 10)]);
      if (at === 180) assert.deepEqual(await readdir(folderOf(target)), ['00000000000000']);
      if (at === 100) {
        await headend.stopServing('SIGKILL');
        await headend.startServing();
      }
    }
    assert.ok(data.equals(await kept(target)));
    await end(target);
  });

  test('is refused where it is not what it says', async () => {
    const data = randomBytes(1000);
    const target = await create(data.length);
    for (const offset of [1, 1000, 999999]) await refused(409, 'offset-differs', 'PATCH', target, { 'upload-offset': offset, 'content-type': bytesType }, data);
    for (const offset of ['', '-1', '0x0', '1.5', '99999999999999999999']) {
      assert.equal((await refused(400, 'header-invalid', 'PATCH', target, { 'upload-offset': offset, 'content-type': bytesType }, data)).json().parameter, 'Upload-Offset', offset);
    }
    await refused(415, 'unsupported-media-type', 'PATCH', target, { 'upload-offset': 0, 'content-type': 'application/octet-stream' }, data);
    await refused(413, 'body-too-large', 'PATCH', target, { 'upload-offset': 0, 'content-type': bytesType }, randomBytes(1001));
    await refused(413, 'body-too-large', 'PATCH', target, { 'upload-offset': 0, 'content-type': bytesType, 'transfer-encoding': 'chunked' }, randomBytes(MiB));
    await eventually(async () => await offsetOf(target) === 0, 20000, 'nothing of it');
    for (const version of ['0.2.2', '']) {
      const answer = await refused(412, 'tus-version', 'PATCH', target, { 'upload-offset': 0, 'content-type': bytesType, 'tus-resumable': version }, data);
      assert.equal(answer.headers['tus-version'], '1.0.0');
    }
    const other = await headend.request('PATCH', target, { headers: { ...own({ 'upload-offset': 0, 'content-type': bytesType }), 'pingplay-csrf': 'x' }, cookie: browser.cookie, body: data });
    assert.deepEqual([other.status, other.json().code, other.headers['tus-resumable']], [403, 'csrf-token-invalid', '1.0.0']);
    assert.equal(await offsetOf(target), 0);
    await end(target);
  });

  test('with a checksum counts whole or not at all', async () => {
    const data = picture(5 * MiB);
    const target = await create(data.length);
    await refused(460, 'checksum-mismatch', 'PATCH', target, { 'upload-offset': 0, 'content-type': bytesType, 'upload-checksum': sha256('other') }, data.subarray(0, 2 * MiB));
    await eventually(async () => await offsetOf(target) === 0, 20000, 'nothing of it');
    for (const wrong of ['md5 1B2M2Y8AsgTpgAmY7PhCfg==', 'sha256 AAAA', 'sha256']) {
      assert.equal((await refused(400, 'header-invalid', 'PATCH', target, { 'upload-offset': 0, 'content-type': bytesType, 'upload-checksum': wrong }, data.subarray(0, 10))).json().parameter, 'Upload-Checksum');
    }
    const { call } = begin('PATCH', target, { 'upload-offset': 0, 'content-length': data.length, 'upload-checksum': sha256(data) });
    call.write(data.subarray(0, 2 * MiB));
    await eventually(async () => (await readdir(folderOf(target))).includes('part'), 20000, 'its part');
    call.destroy();
    await eventually(async () => await offsetOf(target) === 0, 20000, 'nothing of it');
    assert.equal((await append(target, 0, data.subarray(0, 2 * MiB), { 'upload-checksum': sha256(data.subarray(0, 2 * MiB)) })).status, 204);
    assert.equal((await append(target, 2 * MiB, data.subarray(2 * MiB), { 'upload-checksum': sha256(data.subarray(2 * MiB)) })).status, 204);
    assert.ok(data.equals(await kept(target)));
    await end(target);
  });

  test('begins only with a length and metadata that are some', async () => {
    for (const length of ['', '0', '-5', '1e3', '5 ', '99999999999999999']) {
      assert.equal((await refused(400, 'header-invalid', 'POST', '/api/v1/uploads', { 'upload-length': length })).json().parameter, 'Upload-Length', length);
    }
    const large = await refused(413, 'body-too-large', 'POST', '/api/v1/uploads', { 'upload-length': 10 * 1024 * MiB + 1 });
    assert.equal(large.headers['tus-max-size'], '10737418240');
    for (const metadata of ['filename', 'a b c', 'filename =', ',', 'a YQ==,a YQ==', 'a YQ==,', 'filename YQ', `x ${'A'.repeat(2048)}`]) {
      const answer = await ask('POST', '/api/v1/uploads', { 'upload-length': 5, 'upload-metadata': metadata });
      assert.equal(answer.status === 201 ? metadata : answer.json().parameter, metadata === 'filename' ? 'filename' : 'Upload-Metadata', metadata);
      if (answer.status === 201) await end(answer.headers.location);
    }
    await refused(415, 'unsupported-media-type', 'POST', '/api/v1/uploads', { 'upload-length': 5, 'content-type': 'text/plain' }, 'hello');
    await refused(413, 'body-too-large', 'POST', '/api/v1/uploads', { 'upload-length': 4, 'content-type': bytesType }, 'hello');
    await refused(460, 'checksum-mismatch', 'POST', '/api/v1/uploads', { 'upload-length': 5, 'content-type': bytesType, 'upload-checksum': sha256('other') }, 'hello');
    assert.deepEqual((await ask('GET', '/api/v1/uploads')).json().items, []);
    await eventually(async () => (await readdir(path.join(headend.dir, 'incoming'))).length === 0, 20000, 'no folder of those that were refused');
  });

  test('is its owner\'s alone', async () => {
    await headend.cliInput('another good password\n', 'user', 'add', 'berta', '--password-stdin');
    const berta = new Browser(headend);
    assert.equal((await berta.signIn('berta', 'another good password')).status, 303);
    const target = await create(5);
    const headers = own({ 'pingplay-csrf': await tokenOf(berta.cookie), 'upload-offset': 0, 'content-type': bytesType });
    for (const [method, body] of [['GET'], ['HEAD'], ['PATCH', 'hello'], ['DELETE']]) {
      assert.equal((await headend.request(method, target, { headers, body, cookie: berta.cookie })).status, 404, method);
    }
    assert.deepEqual((await headend.request('GET', '/api/v1/uploads', { cookie: berta.cookie })).json().items, []);
    for (const method of ['GET', 'PATCH', 'DELETE']) assert.equal((await headend.request(method, target, { headers, body: method === 'PATCH' ? 'hello' : undefined, cookie: '' })).status, 401, method);
    assert.equal(await offsetOf(target), 0);
    await end(target);
  });

  test('that was ended, or left alone for a day, has gone', async () => {
    const target = await create(5, { 'content-type': bytesType }, 'hel');
    await end(target);
    for (const method of ['GET', 'DELETE']) await refused(410, 'upload-gone', method, target);
    assert.equal(await offsetOf(target), '410');
    const [left, young] = [await create(5), await create(5)];
    await headend.stopServing();
    const yesterday = Date.now() / 1000 - 86500;
    await utimes(folderOf(left), yesterday, yesterday);
    await headend.sql(`UPDATE content_upload SET created = ${Math.floor(yesterday)} WHERE ended = 0`);
    await headend.startServing();
    await eventually(async () => await offsetOf(left) === '410', 20000, 'its end');
    assert.equal(await offsetOf(young), 0);
    assert.deepEqual(await readdir(path.join(headend.dir, 'incoming')), [young.split('/').pop()]);
    await headend.sql('UPDATE content_upload SET ended = 5 WHERE ended > 0');
    await headend.stopServing();
    await headend.startServing();
    await eventually(async () => await offsetOf(left) === '404', 20000, 'that it is forgotten');
    await end(young);
  });

  test('has its caps: of a person, and of the disk', async () => {
    const targets = [];
    for (let i = 0; i < 32; i++) targets.push(await create(1));
    await refused(429, 'too-many-uploads', 'POST', '/api/v1/uploads', { 'upload-length': 1 });
    for (const target of targets.slice(1)) await end(target);
    await headend.sql(`UPDATE content_upload SET length = 1 << 50 WHERE id = '${targets[0].split('/').pop()}'`);
    await refused(507, 'no-space', 'POST', '/api/v1/uploads', { 'upload-length': 1 });
    await end(targets[0]);
    await end(await create(1));
  });

  test('has no clear byte on the disk', async () => {
    const mark = randomBytes(12).toString('hex');
    const data = Buffer.concat([png, Buffer.from(mark.repeat(200000))]);
    const target = await create(data.length);
    const { call } = begin('PATCH', target, { 'upload-offset': 0, 'content-length': data.length });
    call.write(data.subarray(0, 3 * MiB));
    await eventually(async () => (await readdir(folderOf(target))).includes('part'), 20000, 'its part');
    assert.equal((await run('grep', ['-rlaF', mark, headend.dir]).catch((error) => error)).stdout, '');
    call.destroy();
    await eventually(async () => await offsetOf(target) !== '423', 20000, 'the end of the request');
    const offset = await offsetOf(target);
    assert.ok(offset > 0);
    assert.equal((await append(target, offset, data.subarray(offset))).status, 204);
    assert.equal((await run('grep', ['-rlaF', mark, headend.dir]).catch((error) => error)).stdout, '');
    assert.ok(data.equals(await kept(target)));
    await end(target);
  });

  test('goes on after another key of the database', async () => {
    const target = await create(11, { 'content-type': bytesType }, 'hello');
    await headend.cli('rotate-keys', 'database');
    assert.equal((await append(target, 5, 'again')).status, 204);
    assert.equal((await kept(target)).toString(), 'helloagain');
    await end(target);
  });
});
