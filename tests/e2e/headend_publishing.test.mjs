// From the library to real screens: drafts, what they would change, and jobs that publish them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { png } from './lib/content.mjs';
import { startDisplay } from './lib/display.mjs';
import { verifyRepository } from './lib/headend-repo.mjs';
import { enrolDevice, eventually, startHeadend } from './lib/headend.mjs';
import { Library } from './lib/library.mjs';
import { makeImage, makeVideo, padVideo } from './lib/media.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { Publishing } from './lib/publishing.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const run = promisify(execFile);
const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const middle = (picture) => picture.at(picture.width >> 1, picture.height >> 1);
const near = (colour) => (picture) => middle(picture).every((value, i) => Math.abs(value - colour[i]) < 60);
const RED = [255, 0, 0];
const BLUE = [0, 0, 255];

describe('publishing from the library', () => {
  let headend;
  let admin;
  let library;
  let dir;
  const content = {}; // ids by name
  const draftOf = (channel) => `/api/v1/channels/${channel}/draft`;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-publishing-'));
    const api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, api);
    library = new Library(admin);
    for (const [name, file] of [['red.png', await makeImage(dir, 'red.png', 'red')], ['blue.png', await makeImage(dir, 'blue.png', 'blue')], ['film.mp4', await makeVideo(dir, 'film.mp4', 'green', 2)]]) {
      content[name] = (await library.add(await readFile(file), { filename: name })).content;
    }
  });
  after(async () => {
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const draft = async (channel, document, who = admin) => {
    let { status, headers } = await who.get(draftOf(channel));
    if (status === 404) {
      await admin.ask('POST', '/api/v1/channels', { id: channel, title: channel });
      ({ headers } = await who.get(draftOf(channel)));
    }
    const answer = await who.ask('PUT', draftOf(channel), document, { 'if-match': headers.etag });
    assert.equal(answer.status, 200, answer.text);
    return answer;
  };
  const changes = async (channel) => (await admin.get(`${draftOf(channel)}/changes`)).json();
  const ended = async (place, who = admin) => {
    let job;
    await eventually(async () => {
      job = (await who.get(place)).json();
      return ['done', 'failed'].includes(job.state);
    }, 60000, `the end of the job: ${JSON.stringify(job)}`);
    return job;
  };
  const asked = async (channel, body = {}, who = admin) => {
    const answer = await who.ask('POST', `/api/v1/channels/${channel}/publish`, body);
    assert.equal(answer.status, 202, answer.text);
    assert.match(answer.headers.location, new RegExp(`^/api/v1/channels/${channel}/jobs/[0-9a-f-]{36}$`));
    return answer.headers.location;
  };
  const publish = async (channel, items, more = {}) => {
    await draft(channel, { items, ...more });
    const job = await ended(await asked(channel));
    assert.equal(job.state, 'done', job.refusal);
    return job;
  };
  const gone = []; // channels that were removed
  const published = async (channel) => (await verifyRepository(headend.dir, { [channel]: await headend.channelKey(channel) }, Date.now(), gone)).channels[channel].manifest;
  const clears = async (channel) => Object.values((await published(channel)).objects).map(({ clear }) => sha256(clear));
  const items = async (channel) => (await published(channel)).playlists.main.items;

  test('a draft is kept, changed by who knows it, and refused where screens would refuse it', async () => {
    await admin.ask('POST', '/api/v1/channels', { title: 'Drafts' });
    const first = await admin.get(draftOf('drafts'));
    assert.deepEqual(first.json(), { document: { items: [] }, version: null, changed: null, changed_by: null });
    await admin.refused(428, 'condition-required', 'PUT', draftOf('drafts'), { items: [] });
    const document = { title: 'Été', items: [{ content: content['red.png'], duration: 'PT3S', weight: 2, transition: { kind: 'crossfade', duration: 'PT0.5S' } }, { content: content['film.mp4'], volume: 0.5, valid_to: '2031-01-01T00:00:00Z' }] };
    const answer = await admin.ask('PUT', draftOf('drafts'), document, { 'if-match': first.headers.etag });
    assert.deepEqual([answer.status, answer.json().document, answer.json().version, answer.json().changed_by], [200, document, 1, 'admin'], answer.text);
    await admin.refused(412, 'changed-meanwhile', 'PUT', draftOf('drafts'), { items: [] }, { 'if-match': first.headers.etag });
    const item = { content: content['red.png'] };
    const layouts = { playlists: { a: { items: [item] } }, layouts: { l: { zones: [{ id: 'z', x: 0, y: 0, width: 10, height: 10, playlist: 'a' }] } }, default_layout: 'l' };
    for (const [wrong, words] of [
      [{ items: [{}] }, /^items\[0\]: field "content" is missing/], [{ items: [{ ...item, file: '/etc/passwd' }] }, /^items\[0\]: item: unknown field "file"/], [{ items: [item, { content: '../../keys/ca.key' }] }, /^items\[1\]: there is no such content/],
      [{ items: [{ content: '4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f' }] }, /^items\[0\]: there is no such content/], [{ items: [{ ...item, duration: '10' }] }, /^items\[0\]: duration: not a duration/],
      [{ items: [{ ...item, weight: 11 }] }, /^items\[0\]: field "weight" is not between 1 and 10/], [{ items: [{ ...item, valid_from: '2031-01-01T00:00:00Z', valid_to: '2030-01-01T00:00:00Z' }] }, /^items\[0\]: valid_to: before valid_from/],
      [{ items: [{ ...item, kind: 'video' }] }, /"video" is for films/], [{ items: [{ ...item, id: 'a' }, { ...item, id: 'a' }] }, /^screens would refuse this: playlists\.main\.items\[1\]\.id/],
      [{ items: [item], colour: 1 }, /unknown field "colour"/], [{ ...layouts, default_layout: 'x' }, /there is no layout "x"/],
      [{ ...layouts, schedule: [{ layout: 'l', dtstart: '2031-01-01', duration: 'P1D' }], playlists: { a: { items: [{ ...item, valid_to: '2031-01-01T00:00:00Z' }] } } }, /^playlists\.a: valid_from and valid_to/],
    ]) {
      const problem = await admin.refused(400, 'body-invalid', 'PUT', draftOf('drafts'), wrong, { 'if-match': '*' });
      assert.equal(problem.parameter, 'document');
      assert.match(problem.detail, words);
    }
    assert.equal((await admin.ask('PUT', draftOf('drafts'), layouts, { 'if-match': '*' })).status, 200);
    await admin.refused(413, 'body-too-large', 'PUT', draftOf('drafts'), { items: [{ ...item, id: 'x'.repeat(300000) }] }, { 'if-match': '*' });
    const audit = (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line)).filter(({ operation }) => operation === 'draft.change');
    assert.deepEqual(audit.map(({ target, outcome, after: now }) => [target, outcome, now.items]), [['drafts', 'done', 2], ['drafts', 'done', 1]]);
  });

  test('a real screen shows what was published from the library, and then what replaces it', async () => {
    const display = await startDisplay(headend);
    try {
      const { code } = await display.waitCode();
      await headend.approve(code, { name: 'Real', channel: 'real' });
      const job = await publish('real', [{ content: content['red.png'] }], { title: 'Really' });
      assert.deepEqual([job.kind, job.author, job.bytes, job.total > 0, job.refusal], ['publish', 'admin', job.total, true, null]);
      await display.waitPicture(near(RED), 'red from the library');
      assert.equal((await admin.get('/api/v1/channels/real')).json().title, 'Really');
      assert.equal((await admin.get('/api/v1/channels/real')).json().publish, job.publish);
      await publish('real', [{ content: content['blue.png'] }]);
      await display.waitPicture(near(BLUE), 'blue from the library');
    } finally {
      await display.stop();
    }
  });

  test('the sealed original is the object, with its key, and keeps it; no clear byte lies on the disk', async () => {
    const mark = randomBytes(12).toString('hex');
    const data = Buffer.concat([png, Buffer.from(mark.repeat(20000))]);
    const id = (await library.add(data, { filename: 'marked.png' })).content;
    await publish('seal', [{ content: id }]);
    const first = await published('seal');
    assert.equal(sha256(first.objects.o1.clear), sha256(data));
    const [file, key] = (await headend.sql(`SELECT file, hex(key) FROM content_file WHERE content = '${id}'`)).split('|');
    assert.equal(Buffer.from(first.objects.o1.key, 'base64url').toString('hex'), headend.openKey(`content/${file}`, key).toString('hex'));
    const object = path.join(headend.dir, 'repo/objects', first.objects.o1.sha256.slice(0, 2), first.objects.o1.sha256);
    assert.equal((await stat(object)).ino, (await stat(path.join(headend.dir, 'content', file.slice(0, 2), file))).ino, 'it takes no room twice');
    await publish('seal-2', [{ content: id }, { content: content['red.png'] }]);
    assert.deepEqual((await published('seal-2')).objects.o1, first.objects.o1);
    assert.equal((await run('grep', ['-rlaF', mark, headend.dir]).catch((error) => error)).stdout, '');
  });

  test('where the repository is on another file system, the original is sealed anew', async () => {
    const elsewhere = await mkdtemp('/dev/shm/pingplay-objects-');
    const other = await startHeadend();
    try {
      await other.stopServing();
      await rm(path.join(other.dir, 'repo/objects'), { recursive: true, force: true });
      await symlink(elsewhere, path.join(other.dir, 'repo/objects'));
      await other.startServing();
      const person = await Person.signIn(other, admin.api);
      const data = Buffer.concat([png, randomBytes(1000)]);
      const { content: id } = await new Library(person).add(data, { filename: 'far.png' });
      const publishing = new Publishing(other, person);
      await publishing.publish('far', [{ content: id }]);
      assert.deepEqual(await publishing.clears('far'), [sha256(data)]);
    } finally {
      await other.stop();
      await rm(elsewhere, { recursive: true, force: true });
    }
  });

  test('content that a screen has left behind gets a new key, out of the sealed original', async () => {
    const data = Buffer.concat([png, randomBytes(200000)]);
    const id = (await library.add(data, { filename: 'left.png' })).content;
    const screen = await enrolDevice(headend, { name: 'Leaver', channel: 'left' });
    await publish('left', [{ content: id }]);
    const first = await published('left');
    await headend.cli('screen', 'set', screen.id, '--channel', '');
    await publish('left', [{ content: id }]);
    const second = await published('left');
    assert.notEqual(second.objects.o1.key, first.objects.o1.key);
    assert.notEqual(second.objects.o1.sha256, first.objects.o1.sha256);
    assert.equal(sha256(second.objects.o1.clear), sha256(data));
  });

  test('an item that comes twice stands apart from itself, and one with a time is shown in it alone, without a network', async () => {
    const soon = (seconds) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+/, '');
    await publish('times', [{ content: content['red.png'], weight: 2 }, { content: content['blue.png'] }, { content: content['film.mp4'] }]);
    const { objects } = await published('times');
    const names = Object.fromEntries(Object.entries(objects).map(([name, { media_type: type, clear }]) => [name, type === 'video/mp4' ? 'film' : sha256(clear)]));
    const red = sha256(await readFile(path.join(dir, 'red.png')));
    const shown = (await items('times')).map(({ id, object }) => [id, names[object] === red ? 'red' : names[object] === 'film' ? 'film' : 'blue']);
    assert.deepEqual(shown, [['i1', 'red'], ['i2', 'blue'], ['i1.2', 'red'], ['i3', 'film']]);
    const display = await startDisplay(headend);
    try {
      const { code } = await display.waitCode();
      await headend.approve(code, { name: 'Timed', channel: 'timed' });
      const moment = soon(25);
      await publish('timed', [{ content: content['red.png'], valid_to: moment }, { content: content['blue.png'], valid_from: moment }, { content: content['film.mp4'], valid_to: '2026-01-01T00:00:00Z' }]);
      const manifest = await published('timed');
      assert.deepEqual(Object.keys(manifest.objects), ['o1', 'o2'], 'what is over is not fetched');
      await display.waitPicture(near(RED), 'red, until then');
      await headend.stopServing();
      await display.waitPicture(near(BLUE), 'blue, from then on, without a headend');
      await headend.startServing();
    } finally {
      await display.stop();
    }
  });

  test('what a draft would change is told before it changes, with what screens will fetch', async () => {
    const big = (await library.add(Buffer.concat([png, randomBytes(300000)]), { filename: 'big.png' })).content;
    await headend.publish('told', [path.join(dir, 'red.png')], ['--title', 'Told']);
    await draft('told', { items: [{ content: content['red.png'] }, { content: big }] });
    let told = await changes('told');
    assert.deepEqual(told.items.map(({ change, name }) => [change, name]), [['added', 'red.png'], ['added', 'big.png'], ['removed', 'red.png']]);
    assert.equal(told.objects, 1, 'the same bytes are there already');
    assert.ok(told.bytes > 300000 && told.bytes < 310000, `${told.bytes}`);
    const job = await ended(await asked('told', { note: 'Spring' }));
    assert.deepEqual([job.state, job.note], ['done', 'Spring']);
    told = await changes('told');
    assert.deepEqual([told.changed, told.items, told.other, told.bytes, told.published, told.refusal], [false, [], [], 0, job.publish, null]);
    await draft('told', { title: 'New', items: [{ content: big, duration: 'PT4S' }, { content: content['red.png'] }, { content: content['film.mp4'] }] });
    told = await changes('told');
    assert.deepEqual(told.items.map(({ change, name, place, before: was, fields }) => [change, name, place, was, fields]),
      [['changed', 'big.png', 0, 1, ['duration']], ['moved', 'red.png', 1, 0, []], ['added', 'film.mp4', 2, null, []]]);
    assert.deepEqual([told.changed, told.other], [true, ['title']]);
    await ended(await asked('told'));
    await library.add(Buffer.concat([png, randomBytes(1000)]), { filename: 'big.png', replaces: big });
    told = await changes('told');
    assert.deepEqual([told.changed, told.items.map(({ change, name, fields }) => [change, name, fields])], [true, [['changed', 'big.png', ['file']]]]);
    await ended(await asked('told'));
    const { etag } = (await admin.get(`/api/v1/content/${big}`)).headers;
    await admin.ask('PATCH', `/api/v1/content/${big}`, { valid_to: '2035-01-01T00:00:00Z' }, { 'if-match': etag });
    told = await changes('told');
    assert.deepEqual([told.changed, told.items, told.other], [true, [], ['validity']]);
  });

  test('what cannot be published is refused, in the same words, and nothing changes', async () => {
    const lost = (await library.add(Buffer.concat([png, randomBytes(50)]), { filename: 'gone.png' })).content;
    await publish('refused', [{ content: content['red.png'] }]);
    const before = await published('refused');
    await draft('refused', { items: [{ content: lost }] });
    await admin.ask('DELETE', `/api/v1/content/${lost}`);
    const problem = await admin.refused(409, 'state-conflict', 'POST', '/api/v1/channels/refused/publish', {});
    assert.equal(problem.detail, 'items[0]: "gone.png" is in the bin');
    assert.equal((await changes('refused')).refusal, problem.detail);
    await draft('refused', { items: [] });
    assert.equal((await admin.refused(409, 'state-conflict', 'POST', '/api/v1/channels/refused/publish', {})).detail, 'items: there are none');
    assert.deepEqual(await published('refused'), before);
    for (const [body, parameter] of [[{ files: 1 }, 'files'], [{ note: 'x'.repeat(101) }, 'note'], [{ force: true }, 'force'], [{ channel: 'real' }, 'channel']]) {
      assert.equal((await admin.refused(400, 'body-invalid', 'POST', '/api/v1/channels/refused/publish', body)).parameter, parameter);
    }
    await admin.refused(404, 'not-found', 'POST', '/api/v1/channels/nowhere/publish', {});
    await admin.refused(412, 'changed-meanwhile', 'POST', '/api/v1/channels/refused/publish', {}, { 'if-match': '"0000000000000000"' });
  });

  test('what was looked at is what is published: with the tag of a draft that was changed since, nothing is', async () => {
    await draft('looked', { items: [{ content: content['red.png'] }] });
    const { etag } = (await admin.get(draftOf('looked'))).headers;
    await draft('looked', { items: [{ content: content['red.png'] }, { content: content['red.png'] }] });
    await admin.refused(412, 'changed-meanwhile', 'POST', '/api/v1/channels/looked/publish', {}, { 'if-match': etag });
    assert.deepEqual((await admin.get('/api/v1/channels/looked/jobs')).json().items, []);
    const now = (await admin.get(draftOf('looked'))).headers.etag;
    assert.equal((await admin.ask('POST', '/api/v1/channels/looked/publish', {}, { 'if-match': now })).status, 202);
  });

  test('a draft that says of a picture that it is a film is told to be refused, and the server goes on', async () => {
    const id = (await library.add(await readFile(await makeVideo(dir, 'turned.mp4', 'red', 1)), { filename: 'turned.mp4' })).content;
    await draft('turned', { items: [{ content: content['red.png'] }, { content: id, kind: 'video' }] });
    await library.add(Buffer.concat([png, randomBytes(500)]), { filename: 'turned.png', replaces: id });
    const server = headend.pidOf('server');
    const told = await changes('turned');
    assert.match(told.refusal, /"video" is for films/);
    assert.deepEqual([told.bytes, told.objects, told.items.length], [0, 0, 2]);
    assert.equal(headend.pidOf('server'), server);
  });

  test('a publish that fails with its manifest half made stays so when the next one is done', async () => {
    await draft('half', { items: [{ content: content['red.png'] }] });
    await draft('whole', { items: [{ content: content['blue.png'] }] });
    const spoilt = path.join(headend.dir, 'repo/targets/channels/half');
    await writeFile(spoilt, 'a file where the manifests are to be');
    const lock = await headend.holdPublishLock();
    const half = await asked('half');
    const whole = await asked('whole');
    lock.stop();
    assert.equal((await ended(whole)).state, 'done');
    const job = await ended(half);
    assert.deepEqual([job.state, job.publish === null, typeof job.refusal], ['failed', true, 'string']);
    assert.equal((await admin.get('/api/v1/channels/half')).json().publish, null);
    assert.deepEqual((await admin.get('/api/v1/channels/half/versions')).json().items, []);
    await rm(spoilt);
    assert.equal((await ended(await asked('half'))).state, 'done');
  });

  test('a server that is killed in the middle of a publish goes on with it, and screens see all of it or nothing', async () => {
    const films = [];
    for (let i = 0; i < 3; i++) {
      const film = path.join(dir, `padded-${i}.mp4`);
      await padVideo(path.join(dir, 'film.mp4'), film, 60 << 20);
      films.push((await library.add(await readFile(film), { filename: `padded-${i}.mp4` })).content);
    }
    await publish('killed', [{ content: content['red.png'] }]);
    for (const [round, delay] of [0, 30, 150, 400].entries()) {
      await draft('killed', { items: films.map((id) => ({ content: id, duration: `PT${round + 1}S` })) });
      const place = await asked('killed');
      await new Promise((resolve) => setTimeout(resolve, delay));
      await headend.stopServing('SIGKILL');
      await verifyRepository(headend.dir, { killed: await headend.channelKey('killed') });
      await headend.startServing();
      const job = await ended(place);
      assert.equal(job.state, 'done', job.refusal);
      assert.deepEqual((await items('killed')).map(({ duration }) => duration), films.map(() => `PT${round + 1}S`));
      assert.equal((await admin.get('/api/v1/channels/killed')).json().publish, job.publish);
    }
    assert.equal(await headend.sql("SELECT count(*) FROM publish_job WHERE state IN ('waiting','running')"), '0');
    assert.equal(await headend.sql("SELECT count(*) FROM publish WHERE status = 'pending'"), '0');
  });

  test('what waits when the server stops is done when it is back; meanwhile the channel takes no second one', async () => {
    await draft('killed', { items: [{ content: content['blue.png'] }] });
    const place = await asked('killed');
    await headend.stopServing();
    await headend.startServing();
    assert.equal((await ended(place)).state, 'done');
    const lock = await headend.holdPublishLock();
    const waiting = await asked('killed');
    await admin.refused(409, 'state-conflict', 'POST', '/api/v1/channels/killed/publish', {});
    await admin.refused(409, 'state-conflict', 'DELETE', '/api/v1/channels/killed');
    lock.stop();
    assert.equal((await ended(waiting)).state, 'done');
  });

  test('taken back and removed, by the API as by the command line', async () => {
    await publish('gone', [{ content: content['red.png'] }]);
    const screen = await enrolDevice(headend, { name: 'Last', channel: 'gone' });
    const back = await admin.ask('POST', '/api/v1/channels/gone/unpublish');
    assert.equal(back.status, 202);
    assert.equal((await ended(back.headers.location)).state, 'done');
    assert.equal((await admin.get('/api/v1/channels/gone')).json().publish, null);
    await admin.refused(409, 'state-conflict', 'POST', '/api/v1/channels/gone/unpublish');
    assert.match((await admin.refused(409, 'state-conflict', 'DELETE', '/api/v1/channels/gone')).detail, /1 screens show channel/);
    await headend.cli('screen', 'set', screen.id, '--channel', '');
    const removed = await admin.ask('DELETE', '/api/v1/channels/gone');
    assert.equal(removed.status, 202);
    await eventually(async () => (await admin.get('/api/v1/channels/gone')).status === 404, 20000, 'the end of the channel');
    assert.equal(await headend.sql("SELECT state FROM publish_job WHERE kind = 'remove'"), 'done');
    await publish('gone-too', [{ content: content['red.png'] }]);
    await headend.cli('channel', 'unpublish', 'gone-too');
    await headend.cli('channel', 'remove', 'gone-too');
    gone.push('gone', 'gone-too');
    await verifyRepository(headend.dir, {}, Date.now(), gone);
    const rows = (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line)).filter(({ target }) => target === 'gone-too');
    assert.deepEqual(rows.map(({ operation, kind, outcome }) => [operation, kind, outcome]).slice(-2), [['channel.unpublish', 'command line', 'done'], ['channel.remove', 'command line', 'done']]);
  });

  test('the command line publishes files by the same operation, which a job and the audit tell of', async () => {
    await headend.publish('files', [path.join(dir, 'red.png')]);
    const { items: jobs } = (await admin.get('/api/v1/channels/files/jobs')).json();
    assert.deepEqual(jobs.map(({ kind, state, author }) => [kind, state, author]), [['files', 'done', 'command line']]);
    const [row] = (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line)).filter(({ target }) => target === 'files');
    assert.deepEqual([row.operation, row.kind, row.outcome], ['channel.publish', 'command line', 'done']);
    await assert.rejects(headend.publish('files', [path.join(root, 'README.md')]));
  });

  test('editors draft, publishers publish, each on their channels, and nobody sees those of others', async () => {
    await publish('mine', [{ content: content['red.png'] }]);
    await publish('other', [{ content: content['red.png'] }]);
    const ed = await Person.add(headend, admin.api, 'ed', 'editor:channel=mine');
    const pat = await Person.add(headend, admin.api, 'pat', 'publisher:channel=mine');
    const vi = await Person.add(headend, admin.api, 'vi', 'viewer:channel=mine');
    const op = await Person.add(headend, admin.api, 'op', 'operator');
    await draft('mine', { items: [{ content: content['blue.png'] }] }, ed);
    for (const who of [ed, vi, op]) {
      for (const [method, place, body] of [['POST', '/publish', {}], ['POST', '/unpublish'], ['DELETE', '']]) await who.refused(403, 'not-permitted', method, `/api/v1/channels/mine${place}`, body);
    }
    for (const who of [vi, op]) await who.refused(403, 'not-permitted', 'PUT', draftOf('mine'), { items: [] }, { 'if-match': '*' });
    const job = await ended(await asked('mine', {}, pat), vi);
    assert.deepEqual([job.state, job.author], ['done', 'pat']);
    const { items: [theirs] } = (await admin.get('/api/v1/channels/other/jobs')).json();
    for (const who of [ed, pat, vi]) {
      for (const [method, place, body, headers] of [['GET', '/draft'], ['GET', '/draft/changes'], ['PUT', '/draft', { items: [] }, { 'if-match': '"x"' }], ['POST', '/publish', {}], ['POST', '/publish', {}, { 'if-match': '"x"' }], ['POST', '/unpublish'], ['DELETE', ''], ['GET', '/jobs'], ['GET', `/jobs/${theirs.id}`]]) {
        await who.refused(404, 'not-found', method, `/api/v1/channels/other${place}`, body, headers);
      }
      await who.refused(404, 'not-found', 'GET', `/api/v1/channels/mine/jobs/${theirs.id}`);
    }
    assert.deepEqual(await clears('other'), [sha256(await readFile(path.join(dir, 'red.png')))]);
    assert.deepEqual(await clears('mine'), [sha256(await readFile(path.join(dir, 'blue.png')))]);
  });
});
