// What is uploaded, whatever is in it: looked at by a process that has that one file. Bombs, cuts and lies are refused in the words
// of publish; who is killed in the middle comes back; and the server stays as it is.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync, gzipSync } from 'node:zlib';

import { mediaFile, png } from './lib/content.mjs';
import { eventually, startHeadend } from './lib/headend.mjs';
import { makeVideo } from './lib/media.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const MiB = 1024 * 1024;
const status = (pid) => readFileSync(`/proc/${pid}/status`, 'utf8');
const isThere = (pid) => existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(status(pid));

// ---- Files ----

const u32 = (value) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes; };
const u16le = (...values) => Buffer.from(values.flatMap((value) => [value & 255, value >> 8]));
const chunk = (type, body) => {
  const typed = Buffer.concat([Buffer.from(type), body]);
  return Buffer.concat([u32(body.length), typed, u32(crc32(typed))]);
};
const pngOf = (width, height, bits, type, ...chunks) => Buffer.concat([png.subarray(0, 8),
  chunk('IHDR', Buffer.concat([u32(width), u32(height), Buffer.from([bits, type, 0, 0, 0])])), ...chunks, chunk('IEND', Buffer.alloc(0))]);
const zeros = (size) => deflateSync(Buffer.alloc(size), { level: 9 });
const box = (type, ...parts) => { const body = Buffer.concat(parts); return Buffer.concat([u32(body.length + 8), Buffer.from(type), body]); };
const gifOf = (width, height, frame) => Buffer.concat([Buffer.from('GIF89a'), u16le(width, height), Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255]),
  ...Array(2).fill([Buffer.from([0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c]), u16le(0, 0, ...frame), Buffer.from([0, 2, 2, 0x4c, 1, 0])]).flat(), Buffer.from([0x3b])]);
const riff = (...chunks) => { const body = Buffer.concat([Buffer.from('WEBP'), ...chunks]); const size = Buffer.alloc(4); size.writeUInt32LE(body.length); return Buffer.concat([Buffer.from('RIFF'), size, body]); };
const jpegHead = (width, height) => Buffer.concat([Buffer.from('ffd8ffc0001108', 'hex'), Buffer.from([height >> 8, height & 255, width >> 8, width & 255]),
  Buffer.from('03011100021101031101', 'hex'), Buffer.from('ffda000c03010002110311003f00', 'hex'), Buffer.alloc(64)]);

// [name, bytes, what is said of it]
const shown = /^screens cannot show it: /;
async function hostile(dir) {
  const whole = (name) => readFile(mediaFile(name));
  const half = async (name) => { const data = await whole(name); return data.subarray(0, data.length >> 1); };
  const film = await readFile(await makeVideo(dir, 'film.mp4', 'green', 2));
  return [
    // pictures that are far larger than their files
    ['wide.png', pngOf(30000, 30000, 1, 0, chunk('IDAT', zeros(3751 * 30000))), shown],
    ['widest.png', pngOf(0x7fffffff, 0x7fffffff, 16, 6, chunk('IDAT', zeros(64))), shown],
    ['nothing.png', pngOf(0, 0, 8, 2, chunk('IDAT', zeros(0))), shown],
    ['wide.gif', gifOf(65535, 65535, [65535, 65535]), shown],
    ['wide.webp', riff(Buffer.from('VP8L'), Buffer.from([10, 0, 0, 0, 0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0])), shown],
    ['wide.jpg', jpegHead(65500, 65500), /^(screens cannot show it|publish a whole copy of it): /],
    ['scans.jpg', await whole('costly-scans.jpg'), shown],
    // films that ask for work without an end
    ['pictures.mp4', await whole('costly-pictures.mp4'), shown],
    ['search.mp4', await whole('costly-search.mp4'), shown],
    ['index.mp4', await whole('costly-index.mp4'), shown],
    ['nested.mp4', Array.from({ length: 5000 }).reduce((inner) => box('moov', inner), Buffer.alloc(0)), shown],
    // archives, and what is made to be unpacked or read for ever
    ['bomb.zip', Buffer.concat([Buffer.from('504b0304140000000800', 'hex'), deflateSync(Buffer.alloc(10 * MiB))]), /^a ZIP archive or an office document, which screens do not show/],
    ['bomb.svgz', gzipSync(Buffer.alloc(10 * MiB)), /^neither JPEG, PNG/],
    ['wide.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"><script>1</script></svg>'), /^an SVG drawing, which screens do not show/],
    ['laughs.svg', Buffer.from('<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>'), /^an XML document \(an SVG drawing\?\), which screens do not show/],
    // files that end too early
    ['half.jpg', await half('quarters.jpg'), /^publish a whole copy of it: /],
    ['half.png', await half('quarters.png'), shown],
    ['half.webp', await half('quarters.webp'), shown],
    ['half.webm', await half('film.webm'), /^cut short: \d+ of \d+ bytes are there/],
    ['half.mp4', film.subarray(0, -2000), /^cut short: \d+ of \d+ bytes are there/],
    ['one.jpg', Buffer.from([0xff]), /^neither JPEG, PNG/],
    // files that are not what they are called, or say that they are longer than anything
    ['page.png', Buffer.from('<!doctype html><script>alert(1)</script>'), /^neither JPEG, PNG/],
    ['script.gif', Buffer.from('GIF89a=1;alert(1)//'), shown],
    ['program.mp4', Buffer.concat([box('ftyp', Buffer.from('isom\0\0\0\0isom')), Buffer.from('\x7fELF'), randomBytes(4000)]), shown],
    ['far.mp4', Buffer.concat([box('ftyp', Buffer.from('isom\0\0\0\0isom')), Buffer.from('000000016d6461747fffffffffffffff', 'hex')]), /^cut short: \d+ of \d+ bytes are there/],
    ['far.webm', Buffer.from(`1a45dfa380${'18538067'}0100ffffffffffff00000000`, 'hex'), /^cut short: \d+ of \d+ bytes are there/],
    ['sound.mp4', await whole('sound-only.mp4'), /^screens cannot show it: there is no picture in it/],
    ['noise.webm', Buffer.concat([Buffer.from('1a45dfa3', 'hex'), randomBytes(20000)]), shown],
  ];
}

describe('what is uploaded, whatever is in it', () => {
  let headend, admin, dir, film;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-ingest-'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml')));
    film = await readFile(await makeVideo(dir, 'long.mp4', 'yellow', 20, '1280x720'));
  });
  after(async () => {
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const headers = (more) => ({ 'tus-resumable': '1.0.0', 'pingplay-csrf': admin.csrf, 'content-type': 'application/offset+octet-stream', ...more });
  const begin = async (data, filename) => {
    const answer = await headend.request('POST', '/api/v1/uploads', { cookie: admin.browser.cookie, body: data,
      headers: headers({ 'upload-length': data.length, 'upload-metadata': `filename ${Buffer.from(filename).toString('base64')}` }) });
    assert.equal(answer.status, 201, answer.text);
    return answer.headers.location;
  };
  const settled = async (target) => {
    let upload;
    await eventually(async () => {
      upload = (await admin.get(target, { 'tus-resumable': '1.0.0' })).json();
      return ['done', 'refused'].includes(upload.state);
    }, 120000, 'the end of the look at it');
    return upload;
  };
  const ready = async () => (await headend.request('GET', '/readyz')).status;
  const childrenOf = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
    } catch {
      return []; // it has ended
    }
  };
  // What it has open, once it is what it is to be: before, it is ingest's image, and has all that ingest has.
  const filesOf = (pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('pingplay-headen')) return [];
      return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return []; // it closes one just now, or has ended
    }
  };
  let another = 0;
  const anotherFilm = () => Buffer.concat([film, box('free', u32(another++))]);
  // Who looks at it now, and not `former` any more, stopped; undefined where the look was over before one was seen.
  const caughtAt = async (target, former) => {
    let over = false;
    settled(target).then(() => { over = true; }, () => {});
    while (!over) {
      const [pid] = childrenOf(headend.pidOf('ingest'));
      if (pid && pid !== former && filesOf(pid).includes(path.join(headend.dir, 'content/draft'))) {
        process.kill(pid, 'SIGSTOP');
        return pid;
      }
      await sleep(1);
    }
    return undefined;
  };
  // A film that is being looked at, and by whom; another one, where that was over before it was seen.
  const caught = async (name) => {
    for (;;) {
      const target = await begin(anotherFilm(), name);
      const pid = await caughtAt(target);
      if (pid) return { target, pid };
    }
  };

  test('is refused in the words of publish, and the server stays up', async () => {
    const server = headend.pidOf('server');
    const ingest = headend.pidOf('ingest');
    for (const [name, data, words] of await hostile(dir)) {
      const file = path.join(dir, name);
      await writeFile(file, data);
      const upload = await settled(await begin(data, name));
      assert.deepEqual([upload.state, upload.content], ['refused', null], name);
      assert.match(upload.refusal, words, name);
      const said = await headend.publish('words', [file]).then(() => 'it was taken', ({ stderr }) => stderr);
      assert.ok(said.includes(`${file}: ${upload.refusal}`), `${said} / ${upload.refusal}`);
      assert.equal(await ready(), 200);
    }
    assert.deepEqual([headend.pidOf('server'), headend.pidOf('ingest'), childrenOf(ingest)], [server, ingest, []]);
  });

  test('is what its bytes are, whatever it is called', async () => {
    const picture = Buffer.concat([pngOf(1, 1, 8, 2, chunk('tEXt', Buffer.from(`a\0${another++}`)), chunk('IDAT', deflateSync(Buffer.alloc(4)))), Buffer.from('PK\x03\x04<script>')]);
    const upload = await settled(await begin(picture, 'film.mp4'));
    assert.equal(upload.state, 'done', upload.refusal);
    const content = (await admin.get(`/api/v1/content/${upload.content}`)).json();
    assert.deepEqual([content.kind, content.media_type, content.width], ['image', 'image/png', 1]);
  });

  test('without an end is taken no further than it was announced, and others are served meanwhile', async () => {
    const target = await begin(Buffer.alloc(0), 'endless.png').catch(() => null);
    assert.equal(target, null, 'an upload of nothing is none');
    const begun = await headend.request('POST', '/api/v1/uploads', { cookie: admin.browser.cookie, headers: headers({ 'upload-length': 3 * MiB }) });
    assert.equal(begun.status, 201, begun.text);
    const call = https.request({ host: 'localhost', servername: 'localhost', port: headend.port, path: begun.headers.location, method: 'PATCH', ca: headend.ca, agent: false,
      headers: headers({ 'upload-offset': 0, cookie: admin.browser.cookie, 'transfer-encoding': 'chunked' }) });
    const answered = new Promise((resolve) => { call.on('response', (response) => resolve(response.statusCode)); call.on('error', () => resolve('cut')); });
    let sent = 0, ended = false;
    answered.then(() => { ended = true; });
    while (!ended && sent < 512 * MiB) {
      if (!call.write(Buffer.alloc(MiB, 7))) await Promise.race([new Promise((resolve) => call.once('drain', resolve)), answered]);
      sent += MiB;
      if (sent % (16 * MiB) === 0) assert.equal(await ready(), 200);
    }
    assert.ok([413, 'cut'].includes(await answered), String(await answered));
    assert.ok(sent < 512 * MiB, 'it was stopped');
    call.destroy();
    const { offset } = (await admin.get(begun.headers.location, { 'tus-resumable': '1.0.0' })).json();
    assert.ok(offset <= 3 * MiB, String(offset));
    assert.equal((await headend.request('DELETE', begun.headers.location, { cookie: admin.browser.cookie, headers: headers() })).status, 204);
  });

  test('is looked at by a process that has this file and nothing else', async () => {
    const { target, pid } = await caught('seen.mp4');
    try {
      assert.match(status(pid), /^NoNewPrivs:\t1$/m);
      assert.match(status(pid), /^Seccomp:\t2$/m);
      assert.match(status(pid), /^CapEff:\t0{16}$/m);
      assert.deepEqual(filesOf(pid).filter((name) => !/^(socket|pipe|anon_inode|\/memfd):|^\/dev\/null$/.test(name)), [path.join(headend.dir, 'content/draft')]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    assert.equal((await settled(target)).state, 'done');
  });

  test('is looked at again when who looked at it was killed, or ingest, and stays what it is', async () => {
    const server = headend.pidOf('server');
    const first = await caught('once.mp4');
    process.kill(first.pid, 'SIGKILL');
    assert.equal((await settled(first.target)).state, 'done');
    const ingest = headend.pidOf('ingest');
    const second = await caught('twice.mp4');
    process.kill(ingest, 'SIGKILL');
    await eventually(() => !isThere(second.pid), 20000, 'the end of what it had started');
    assert.equal((await settled(second.target)).state, 'done');
    assert.notEqual(headend.pidOf('ingest'), ingest);
    assert.equal(headend.pidOf('server'), server);
    assert.match(headend.log, /ingest was killed by signal 9 \(Killed\); it is started again/);
  });

  test('is refused, in words, when it has ended whoever looked at it three times', async () => {
    const ingest = headend.pidOf('ingest');
    const killed = async () => {
      let { target, pid } = await caught('killer.mp4');
      for (let i = 0; i < 3; i++) {
        if (i) pid = await caughtAt(target, pid);
        if (!pid) return undefined;
        process.kill(pid, 'SIGKILL');
      }
      return settled(target);
    };
    let upload;
    while (!upload) upload = await killed();
    assert.deepEqual([upload.state, upload.content, upload.refusal], ['refused', null, 'screens cannot show it: what looked at it was ended by it, 3 times']);
    assert.match(headend.log, /ingest: what looked at a file was killed by signal 9/);
    assert.equal(headend.pidOf('ingest'), ingest);
    assert.equal((await settled(await begin(anotherFilm(), 'next.mp4'))).state, 'done');
  });

  test('that is being looked at keeps nobody from stopping, and is looked at by the next server', async () => {
    const { target, pid } = await caught('stop.mp4');
    assert.deepEqual(await headend.stopServing(), { code: 0, signal: null });
    assert.equal(isThere(pid), false, 'nobody is left over');
    await headend.startServing();
    assert.equal((await settled(target)).state, 'done');
  });

  test('has nobody look at it any more once the server is gone that wanted to know', async () => {
    const { target, pid } = await caught('gone.mp4');
    const [server, ingest] = [headend.pidOf('server'), headend.pidOf('ingest')];
    process.kill(server, 'SIGKILL');
    await eventually(() => !isThere(pid), 20000, 'the end of who looked at it');
    await eventually(() => ready().catch(() => 0).then((code) => code === 200), 20000, 'another server');
    assert.equal((await settled(target)).state, 'done');
    assert.equal(headend.pidOf('ingest'), ingest);
  });
});
