// The library: what is uploaded becomes content, or is refused in publish's words; listed, changed, fetched, thrown away.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { mediaFile, png } from './lib/content.mjs';
import { signIn } from './lib/headend-browser.mjs';
import { eventually, onPostgresql, startHeadend } from './lib/headend.mjs';
import { makeImage, makeVideo } from './lib/media.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { open } from './lib/tink.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const run = promisify(execFile);
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

describe('the library', () => {
  let headend;
  let api;
  let browser;
  let csrf;
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-library-'));
    api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    browser = await signIn(headend);
    csrf = (await headend.request('GET', '/api/v1/session', { cookie: browser.cookie })).json().csrf;
  });
  after(async () => {
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const ask = async (method, target, { headers = {}, body } = {}) => {
    const answer = await headend.request(method, target, { headers: { 'pingplay-csrf': csrf, ...(body ? { 'content-type': 'application/json' } : {}), ...headers }, cookie: browser.cookie, body: body && JSON.stringify(body) });
    api.check(method, target, answer);
    return answer;
  };
  const refused = async (status, code, ...request) => {
    const answer = await ask(...request);
    assert.equal(`${answer.status} ${answer.json().code}`, `${status} ${code}`);
    return answer.json();
  };
  const begin = async (data, metadata) => {
    const text = Object.entries(metadata).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(',');
    const answer = await headend.request('POST', '/api/v1/uploads', { headers: { 'tus-resumable': '1.0.0', 'pingplay-csrf': csrf, 'upload-length': data.length, 'upload-metadata': text, 'content-type': 'application/offset+octet-stream' }, cookie: browser.cookie, body: data });
    assert.equal(answer.status, 201, answer.text);
    return answer.headers.location;
  };
  const settled = async (target) => {
    let upload;
    await eventually(async () => {
      const answer = await ask('GET', target, { headers: { 'tus-resumable': '1.0.0' } });
      upload = answer.json();
      return ['done', 'refused'].includes(upload.state);
    }, 60000, 'the end of the look at it');
    return upload;
  };
  const add = async (data, metadata) => settled(await begin(data, metadata));
  const one = async (id) => (await ask('GET', `/api/v1/content/${id}`)).json();
  const names = async (query) => (await ask('GET', `/api/v1/content?${query}`)).json().items.map(({ name }) => name);

  test('holds pictures and films with what they are, and shows them small', async () => {
    const image = await readFile(await makeImage(dir, 'red.png', 'red', '640x360'));
    const film = await readFile(await makeVideo(dir, 'blue.mp4', 'blue', 2, '320x180'));
    for (const [data, filename, expected, colour] of [
      [image, 'Été/à la\\plage 🌞.png', { name: 'plage 🌞.png', kind: 'image', media_type: 'image/png', width: 640, height: 360, length_ms: 0 }, [255, 0, 0]],
      [film, 'Blue film.mp4', { name: 'Blue film.mp4', kind: 'video', media_type: 'video/mp4', width: 320, height: 180 }, [0, 0, 255]],
    ]) {
      const upload = await add(data, { filename, folder: 'Summer/2026' });
      assert.deepEqual([upload.state, upload.duplicate, upload.offset], ['done', false, data.length], upload.refusal);
      const content = await one(upload.content);
      for (const [name, value] of Object.entries(expected)) assert.equal(content[name], value, name);
      assert.deepEqual([content.folder, content.bytes, content.sha256, content.version, content.uploaded_by, content.warning], ['Summer/2026', data.length, sha256(data), 1, 'admin', null]);
      if (content.kind === 'video') assert.ok(Math.abs(content.length_ms - 2000) < 200, `${content.length_ms} ms`);
      const thumbnail = await ask('GET', `/api/v1/content/${content.id}/thumbnail`);
      assert.deepEqual([thumbnail.status, thumbnail.headers['content-type']], [200, 'image/png']);
      await writeFile(path.join(dir, 'thumbnail.png'), thumbnail.body);
      const { stdout } = await run('ffmpeg', ['-loglevel', 'error', '-i', path.join(dir, 'thumbnail.png'), '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { encoding: 'buffer', maxBuffer: 1 << 22 });
      assert.equal(stdout.length, 320 * 180 * 3);
      for (const at of [0, 160 * 3, (90 * 320 + 160) * 3, stdout.length - 3]) {
        colour.forEach((value, i) => assert.ok(Math.abs(stdout[at + i] - value) < 8, `${[...stdout.subarray(at, at + 3)]} at ${at}`));
      }
    }
  });

  test('refuses what screens would refuse, in the words of publish', async () => {
    const broken = (await readFile(await makeVideo(dir, 'cut.mp4', 'green', 2))).subarray(0, -2000);
    const cases = { 'notes.txt': Buffer.from('hello, this is no picture'), 'cut.mp4': broken, 'page.html': Buffer.from('<!doctype html><script>alert(1)</script>'), 'half.png': (await readFile(await makeImage(dir, 'half.png', 'red'))).subarray(0, 60), 'zip.zip': Buffer.from('504b0304140000000800', 'hex') };
    for (const [name, data] of Object.entries(cases)) {
      await writeFile(path.join(dir, name), data);
      const said = await headend.publish('words', [path.join(dir, name)]).catch(({ stderr }) => stderr);
      const upload = await add(data, { filename: name });
      assert.deepEqual([upload.state, upload.content], ['refused', null], name);
      assert.ok(said.includes(`${path.join(dir, name)}: ${upload.refusal}`), `${said} / ${upload.refusal}`);
    }
    await eventually(async () => !(await readdir(path.join(headend.dir, 'incoming'))).length, 10000, 'the end of the pieces, which go after the answer');
  });

  test('refuses what is larger inside than a screen can hold', async () => {
    // 30000 x 30000 pixels in a few hundred bytes of PNG
    const bomb = await readFile(mediaFile('bomb.png')).catch(async () => {
      const { deflateSync, crc32 } = await import('node:zlib');
      const chunk = (type, body) => {
        const typed = Buffer.concat([Buffer.from(type), body]);
        const around = Buffer.alloc(8);
        around.writeUInt32BE(body.length, 0);
        around.writeUInt32BE(crc32(typed), 4);
        return Buffer.concat([around.subarray(0, 4), typed, around.subarray(4)]);
      };
      const head = Buffer.alloc(13);
      head.writeUInt32BE(30000, 0);
      head.writeUInt32BE(30000, 4);
      head.set([1, 0, 0, 0, 0], 8);
      return Buffer.concat([png.subarray(0, 8), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.alloc(3751 * 30000))), chunk('IEND', Buffer.alloc(0))]);
    });
    const upload = await add(bomb, { filename: 'bomb.png' });
    assert.equal(upload.state, 'refused');
    assert.match(upload.refusal, /^screens cannot show it: /);
  });

  test('recognises what is there by its bytes, in the bin too', async () => {
    const data = Buffer.concat([png, randomBytes(20)]);
    const first = await add(data, { filename: 'one.png' });
    const again = await add(data, { filename: 'two.png' });
    assert.deepEqual([again.state, again.duplicate, again.content], ['done', true, first.content]);
    assert.equal((await ask('DELETE', `/api/v1/content/${first.content}`)).status, 204);
    assert.deepEqual(await names('q=one.png'), []);
    assert.deepEqual(await names('q=one.png&bin=true'), ['one.png']);
    assert.equal((await add(data, { filename: 'three.png' })).content, first.content);
    assert.equal((await one(first.content)).deleted, null);
    const rows = (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line)).filter(({ target }) => target === first.content);
    assert.deepEqual(rows.map(({ operation, actor, after: { deleted } }) => [operation, actor, deleted]),
      [['content.add', 'admin', undefined], ['content.delete', 'admin', true], ['content.restore', 'admin', false]]);
  });

  test('gives the file back as it came, whole or in part, to be kept', async () => {
    const data = Buffer.concat([png, randomBytes(300000)]);
    const { content } = await add(data, { filename: 'naïve "name".png' });
    const whole = await ask('GET', `/api/v1/content/${content}/file`);
    assert.equal(whole.status, 200);
    assert.ok(whole.body.equals(data));
    const { 'content-disposition': disposition, 'x-content-type-options': sniff, 'content-type': type, 'accept-ranges': ranges, etag } = whole.headers;
    assert.deepEqual([disposition, sniff, type, ranges], ["attachment; filename*=UTF-8''na%C3%AFve%20%22name%22.png", 'nosniff', 'image/png', 'bytes']);
    const part = await ask('GET', `/api/v1/content/${content}/file`, { headers: { range: 'bytes=65500-200000' } });
    assert.equal(part.status, 206);
    assert.ok(part.body.equals(data.subarray(65500, 200001)));
    assert.equal((await ask('GET', `/api/v1/content/${content}/file`, { headers: { 'if-none-match': etag } })).status, 304);
    await refused(416, 'range-invalid', 'GET', `/api/v1/content/${content}/file`, { headers: { range: 'bytes=999999-' } });
  });

  test('is changed by who knows how it is, and searched by name, folder and tags', async () => {
    const { content } = await add(Buffer.concat([png, randomBytes(20)]), { filename: 'Zebra.png' });
    const target = `/api/v1/content/${content}`;
    const { etag } = (await ask('GET', target)).headers;
    const change = { name: 'Élan', folder: 'Animals/North', tags: ['winter', 'Forêt', 'winter'], valid_from: '2026-01-05T08:00:00Z', valid_to: null };
    await refused(428, 'condition-required', 'PATCH', target, { body: change });
    const answer = await ask('PATCH', target, { headers: { 'if-match': etag }, body: change });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual([answer.json().name, answer.json().folder, answer.json().tags, answer.json().valid_from, answer.json().valid_to], ['Élan', 'Animals/North', ['Forêt', 'winter'], '2026-01-05T08:00:00Z', null]);
    await refused(412, 'changed-meanwhile', 'PATCH', target, { headers: { 'if-match': etag }, body: { name: 'x' } });
    const now = answer.headers.etag;
    for (const wrong of [{ name: '' }, { name: 'x'.repeat(101) }, { name: 'a\u202eb' }, { name: 5 }, { folder: '/a' }, { folder: 'a//b' }, { tags: ['x'.repeat(41)] }, { tags: Array(17).fill('x') }, { tags: 'x' }, { valid_to: '2026-01-05T07:00:00Z' },
      { valid_from: 'soon' }, { owner: 'me' }]) {
      await refused(400, 'body-invalid', 'PATCH', target, { headers: { 'if-match': now }, body: wrong });
    }
    assert.deepEqual(await names('q=%C3%89LAN'), ['Élan']);
    assert.deepEqual(await names('q=north+for%C3%AAt'), ['Élan']);
    assert.deepEqual(await names('tag=winter'), ['Élan']);
    assert.deepEqual(await names('folder=Animals/North&kind=image'), ['Élan']);
    assert.deepEqual(await names('folder=Animals/North&kind=video'), []);
    assert.deepEqual(await names('q=%25'), []);
    assert.equal(await headend.sql(`SELECT operation || outcome FROM audit WHERE target = '${content}' ORDER BY number`), 'content.adddone\ncontent.changedone');
    assert.ok((await ask('GET', '/api/v1/content/folders')).json().items.some(({ folder, count }) => folder === 'Animals/North' && count === 1));
  });

  test('is listed page by page, each once, in all orders', async () => {
    const all = (await ask('GET', '/api/v1/content?limit=1000')).json().items;
    assert.ok(all.length >= 5);
    for (const sort of ['name', '-name', 'created', '-created']) {
      const seen = [];
      for (let target = `/api/v1/content?limit=2&sort=${sort}`; target;) {
        const answer = await ask('GET', target);
        seen.push(...answer.json().items);
        target = /^<([^>]+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1];
      }
      assert.deepEqual(seen.map(({ id }) => id).sort(), all.map(({ id }) => id).sort(), sort);
      if (sort.endsWith('created')) {
        const times = seen.map(({ created }) => created);
        assert.deepEqual(times, sort.startsWith('-') ? [...times].sort().reverse() : [...times].sort());
      }
    }
  });

  test('replaces a file and stays the same content', async () => {
    const data = Buffer.concat([png, randomBytes(20)]);
    const { content } = await add(data, { filename: 'menu.png' });
    for (let version = 2; version <= 7; version++) {
      const next = await readFile(await makeImage(dir, 'next.png', 'green', `${100 + 2 * version}x90`));
      const upload = await add(next, { filename: 'other name.png', replaces: content });
      assert.deepEqual([upload.state, upload.content], ['done', content], upload.refusal);
      const now = await one(content);
      assert.deepEqual([now.name, now.version, now.width, now.sha256], ['menu.png', version, 100 + 2 * version, sha256(next)]);
    }
    assert.equal(await headend.sql(`SELECT count(*) FROM content_file WHERE content = '${content}'`), '5');
    assert.equal(await headend.sql(`SELECT count(*) FROM audit WHERE operation = 'content.replace' AND target = '${content}' AND actor = 'admin'`), '6');
    const lost = await add(Buffer.concat([png, randomBytes(9)]), { filename: 'x.png', replaces: '4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f' });
    assert.deepEqual([lost.state, lost.refusal], ['refused', 'what it was to replace is not there']);
  });

  test('has a bin, from which it comes back or goes for good', async () => {
    const { content } = await add(Buffer.concat([png, randomBytes(20)]), { filename: 'gone.png' });
    const target = `/api/v1/content/${content}`;
    assert.equal((await ask('DELETE', target)).status, 204);
    assert.ok((await one(content)).deleted);
    assert.equal((await ask('POST', `${target}/restore`)).json().deleted, null);
    assert.equal((await ask('DELETE', target)).status, 204);
    assert.equal((await ask('DELETE', target)).status, 204);
    await refused(404, 'not-found', 'GET', target);
    await refused(404, 'not-found', 'GET', `${target}/file`);
    await refused(404, 'not-found', 'DELETE', target);
    const old = (await add(Buffer.concat([png, randomBytes(20)]), { filename: 'old.png' })).content;
    const young = (await add(Buffer.concat([png, randomBytes(20)]), { filename: 'young.png' })).content;
    for (const id of [old, young]) await ask('DELETE', `/api/v1/content/${id}`);
    await headend.sql(`UPDATE content SET deleted = deleted - 31 * 86400 WHERE id = '${old}'`);
    await headend.stopServing();
    await headend.startServing();
    await eventually(async () => (await ask('GET', `/api/v1/content/${old}`)).status === 404, 20000, 'its end after 30 days');
    assert.ok((await one(young)).deleted);
    assert.deepEqual((await ask('DELETE', '/api/v1/content/bin')).json(), { more: false });
    await refused(404, 'not-found', 'GET', `/api/v1/content/${young}`);
    const files = (await run('find', [path.join(headend.dir, 'content'), '-type', 'f', '!', '-name', '*.thumbnail'])).stdout.split('\n').filter(Boolean);
    assert.equal(String(files.length), await headend.sql('SELECT count(*) FROM content_file'));
  });

  test('has no clear byte on the disk, and its files open with their own key alone, after another key of the database too', async () => {
    const mark = randomBytes(12).toString('hex');
    const { content } = await add(Buffer.concat([png, Buffer.from(mark.repeat(20000))]), { filename: 'secret.png' });
    assert.equal((await run('grep', ['-rlaF', mark, headend.dir]).catch((error) => error)).stdout, '');
    await headend.cli('rotate-keys', 'database');
    const [file, key] = (await headend.sql(`SELECT file, hex(key) FROM content_file WHERE content = '${content}'`)).split('|');
    const clear = open(headend.openKey(`content/${file}`, key), await readFile(path.join(headend.dir, 'content', file.slice(0, 2), file)), { associatedData: 'pingplay/object' });
    assert.ok(clear.includes(mark));
    assert.ok((await ask('GET', `/api/v1/content/${content}/file`)).body.includes(mark));
  });

  test('goes on with what it was at when the server was killed', async () => {
    const data = await readFile(await makeVideo(dir, 'long.mp4', 'yellow', 20, '1280x720'));
    const target = await begin(data, { filename: 'long.mp4' });
    await headend.stopServing('SIGKILL');
    await headend.startServing();
    const upload = await settled(target);
    assert.equal(upload.state, 'done', upload.refusal);
    assert.equal((await one(upload.content)).sha256, sha256(data));
    assert.deepEqual(await readdir(path.join(headend.dir, 'incoming')), []);
  });

  test('takes nothing from who has lost the right to change it while it came, and gives nothing out of the bin for it', async () => {
    const [first, second, thrown] = [0, 1, 2].map(() => Buffer.concat([png, randomBytes(20)]));
    const { content } = await add(first, { filename: 'kept.png' });
    const { content: binned } = await add(thrown, { filename: 'thrown.png' });
    await ask('DELETE', `/api/v1/content/${binned}`);
    const answer = await headend.request('POST', '/api/v1/uploads', { headers: { 'tus-resumable': '1.0.0', 'pingplay-csrf': csrf, 'upload-length': second.length, 'content-type': 'application/offset+octet-stream' }, cookie: browser.cookie, body: second.subarray(0, 9) });
    assert.equal(answer.status, 201);
    const role = (name) => headend.sql(`UPDATE admin_grant SET role = '${name}'`);
    await role('viewer');
    const next = () => headend.request('PATCH', answer.headers.location, { headers: { 'tus-resumable': '1.0.0', 'pingplay-csrf': csrf, 'upload-offset': 9, 'content-type': 'application/offset+octet-stream' }, cookie: browser.cookie, body: second.subarray(9) });
    const denied = await next();
    assert.deepEqual([denied.status, denied.json().code], [403, 'not-permitted']);
    await role('admin');
    const revoke = "UPDATE admin_grant SET role = 'viewer';"; // as soon as the upload is known, before anything is made of it
    await headend.sql(onPostgresql()
      ? `CREATE FUNCTION revoke() RETURNS trigger AS $$ BEGIN ${revoke} RETURN NEW; END $$ LANGUAGE plpgsql; CREATE TRIGGER revoking AFTER INSERT ON content_upload FOR EACH ROW EXECUTE FUNCTION revoke();`
      : `CREATE TRIGGER revoking AFTER INSERT ON content_upload BEGIN ${revoke} END`);
    for (const [data, metadata] of [[second, { filename: 'new.png' }], [second, { filename: 'new.png', replaces: content }], [thrown, { filename: 'thrown.png' }]]) {
      await role('admin');
      const upload = await add(data, metadata);
      assert.deepEqual([upload.state, upload.content, upload.refusal], ['refused', null, 'whoever sent it may not change the library any more']);
    }
    await headend.sql(onPostgresql() ? 'DROP TRIGGER revoking ON content_upload; DROP FUNCTION revoke();' : 'DROP TRIGGER revoking');
    await role('admin');
    assert.deepEqual([(await one(content)).version, (await one(content)).sha256, await names('q=new.png')], [1, sha256(first), []]);
    assert.notEqual((await one(binned)).deleted, null);
    assert.equal((await next()).status, 204);
    assert.equal((await settled(answer.headers.location)).state, 'done');
  });

  test('is seen by viewers and changed by editors', async () => {
    const { content } = await add(Buffer.concat([png, randomBytes(20)]), { filename: 'rights.png' });
    await headend.sql("DELETE FROM admin_grant; INSERT INTO admin_grant SELECT id, 'viewer', 'whole', '' FROM admin");
    assert.equal((await ask('GET', `/api/v1/content/${content}/file`)).status, 200);
    const upload = await headend.request('POST', '/api/v1/uploads', { headers: { 'tus-resumable': '1.0.0', 'pingplay-csrf': csrf, 'upload-length': 5 }, cookie: browser.cookie });
    assert.deepEqual([upload.status, upload.json().code], [403, 'not-permitted']);
    const { etag } = (await ask('GET', `/api/v1/content/${content}`)).headers;
    await refused(403, 'not-permitted', 'PATCH', `/api/v1/content/${content}`, { headers: { 'if-match': etag }, body: { name: 'x' } });
    for (const [method, target] of [['DELETE', `/api/v1/content/${content}`], ['POST', `/api/v1/content/${content}/restore`], ['DELETE', '/api/v1/content/bin']]) await refused(403, 'not-permitted', method, target);
    await headend.sql('DELETE FROM admin_grant');
    for (const target of ['/api/v1/content', '/api/v1/content/folders', `/api/v1/content/${content}`, `/api/v1/content/${content}/file`, `/api/v1/content/${content}/thumbnail`]) await refused(403, 'not-permitted', 'GET', target);
    await headend.sql("INSERT INTO admin_grant SELECT id, 'admin', 'whole', '' FROM admin");
  });

  test('is for who is signed in', async () => {
    for (const [method, target] of [['GET', '/api/v1/content'], ['DELETE', '/api/v1/content/bin'], ['GET', '/api/v1/content/4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f/file'], ['DELETE', '/api/v1/content/4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f']]) {
      assert.equal((await headend.request(method, target)).status, 401, target);
      if (method === 'DELETE') assert.equal((await headend.request(method, target, { cookie: browser.cookie })).status, 403, target);
    }
  });
});
