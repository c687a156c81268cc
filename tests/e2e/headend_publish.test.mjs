// publish: what it makes, checked independently, and what is left when it is killed.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { chmod, copyFile, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { mediaFile, png } from './lib/content.mjs';
import { verifyRepository } from './lib/headend-repo.mjs';
import { buildDir, enrolDevice, eventually, headendProgram, startHeadend } from './lib/headend.mjs';

const run = promisify(execFile);

describe('publish', () => {
  let headend;
  let folder;
  let keys;
  before(async () => {
    headend = await startHeadend();
    folder = await mkdtemp(path.join(tmpdir(), 'pingplay-content-'));
    const device = await enrolDevice(headend, { name: 'Reader', channel: 'lobby' });
    const state = await headend.request('GET', '/v1/state', { device });
    keys = { lobby: Buffer.from(state.json().channel.key, 'base64url') };
  });
  after(async () => {
    await headend?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  async function file(name, data) {
    const place = path.join(folder, name);
    await writeFile(place, data);
    return place;
  }
  const fails = async (content, pattern, more = []) => {
    await assert.rejects(headend.publish('lobby', content, more), (error) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, pattern);
      assert.equal(error.stderr.trim().split('\n').length, 1);
      return true;
    });
  };

  test('a fresh repository verifies', async () => {
    const { channels } = await verifyRepository(headend.dir);
    assert.deepEqual(channels, {});
  });

  test('every kind of content arrives sealed, with its type, kind and duration', async () => {
    const files = ['quarters.jpg', 'quarters.png', 'steps.gif', 'quarters.webp', 'film.mp4', 'film.webm'].map(mediaFile);
    await headend.publish('lobby', files, ['--title', 'Été', '--duration', '7']);
    const { manifest } = (await verifyRepository(headend.dir, keys)).channels.lobby;
    assert.equal(manifest.title, 'Été');
    const items = manifest.playlists.main.items.map((item) => [manifest.objects[item.object].media_type, item.kind, item.duration]);
    assert.deepEqual(items, [
      ['image/jpeg', 'image', 'PT7S'], ['image/png', 'image', 'PT7S'], ['image/gif', 'video', 'PT7S'],
      ['image/webp', 'image', 'PT7S'], ['video/mp4', 'video', undefined], ['video/webm', 'video', undefined],
    ]);
    for (const [index, item] of manifest.playlists.main.items.entries()) {
      assert.ok(manifest.objects[item.object].clear.equals(await readFile(files[index])));
    }
  });

  test('without a duration an animation plays once and an image stands for ten seconds', async () => {
    await headend.publish('lobby', ['steps.gif', 'quarters.jpg', 'film.mp4'].map(mediaFile));
    const { manifest } = (await verifyRepository(headend.dir, keys)).channels.lobby;
    assert.deepEqual(manifest.playlists.main.items.map((item) => item.duration), [undefined, 'PT10S', undefined]);
  });

  test('a GIF of one picture is an image', async () => {
    await headend.publish('lobby', [mediaFile('one.gif')]);
    const { manifest } = (await verifyRepository(headend.dir, keys)).channels.lobby;
    assert.equal(manifest.playlists.main.items[0].kind, 'image');
  });

  test('unchanged content keeps its object and key; each object has its own key', async () => {
    const one = await file('one.png', Buffer.concat([png, randomBytes(1000)]));
    const two = await file('two.png', Buffer.concat([png, randomBytes(1000)]));
    await headend.publish('lobby', [one, two]);
    const first = (await verifyRepository(headend.dir, keys)).channels.lobby;
    assert.match(await headend.publish('lobby', [two, one, two]), /2 objects, 0 of them new/);
    const second = (await verifyRepository(headend.dir, keys)).channels.lobby;
    assert.deepEqual([first.manifest.objects.o1, first.manifest.objects.o2], [second.manifest.objects.o2, second.manifest.objects.o1]);
    assert.notEqual(first.manifest.objects.o1.key, first.manifest.objects.o2.key);
    assert.equal(second.version, first.version + 1);
    assert.ok(second.manifest.version > first.manifest.version);
  });

  test('an object that was lost is sealed again', async () => {
    const content = await file('lost.png', Buffer.concat([png, randomBytes(1000)]));
    await headend.publish('lobby', [content]);
    const { sha256 } = (await verifyRepository(headend.dir, keys)).channels.lobby.manifest.objects.o1;
    await rm(path.join(headend.dir, 'repo/objects', sha256.slice(0, 2), sha256));
    await headend.publish('lobby', [content]);
    await verifyRepository(headend.dir, keys);
  });

  test('an object that has rotted is sealed again', async () => {
    const content = await file('rot.png', Buffer.concat([png, randomBytes(1000)]));
    await headend.publish('lobby', [content]);
    const { sha256 } = (await verifyRepository(headend.dir, keys)).channels.lobby.manifest.objects.o1;
    const place = path.join(headend.dir, 'repo/objects', sha256.slice(0, 2), sha256);
    const sealed = await readFile(place);
    sealed[500] ^= 1;
    await writeFile(place, sealed);
    assert.match(await headend.publish('lobby', [content]), /1 objects, 1 of them new/);
    await verifyRepository(headend.dir, keys);
  });

  test('a description with zones and a schedule is published as it stands', async () => {
    await file('d1.png', Buffer.concat([png, randomBytes(100)]));
    await copyFile(mediaFile('film.mp4'), path.join(folder, 'd2.mp4'));
    const description = {
      title: 'Zones', canvas: { width: 1080, height: 1920, background: '#102030' },
      playlists: {
        a: { align: 'wall-clock', items: [{ file: 'd1.png', id: 'x', duration: 'PT3S', fit: 'cover', transition: { kind: 'crossfade', duration: 'PT0.6S' } }] },
        b: { items: [{ file: 'd2.mp4', volume: 0.5 }] },
      },
      layouts: { day: { zones: [{ id: 'z1', x: 0, y: 0, width: 1080, height: 960, z: 0, playlist: 'a' }, { id: 'z2', x: 0, y: 960, width: 1080, height: 960, z: 1, playlist: 'b' }] } },
      schedule: [{ layout: 'day', dtstart: '2026-01-05T08:00:00', duration: 'PT12H', rrule: 'FREQ=WEEKLY;BYDAY=MO', priority: 10 },
        { layout: 'day', dtstart: '20260105T080000', dtend: '20260105T200000', tzid: 'Europe/Paris', rrule: 'FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=-1', exdate: ['20260113T080000'], rdate: ['20260401T080000'] }],
      default_layout: 'day',
    };
    await headend.publish('lobby', [await file('show.json', JSON.stringify(description))]);
    const { manifest } = (await verifyRepository(headend.dir, keys)).channels.lobby;
    assert.deepEqual([manifest.canvas, manifest.layouts, manifest.schedule, manifest.default_layout],
      [description.canvas, description.layouts, description.schedule, 'day']);
    assert.deepEqual(manifest.playlists.a, { align: 'wall-clock', items: [{ id: 'x', kind: 'image', object: 'o1', duration: 'PT3S', fit: 'cover', transition: { kind: 'crossfade', duration: 'PT0.6S' } }] });
    assert.equal(manifest.playlists.b.items[0].volume, 0.5);
  });

  test('what screens would refuse is refused here, in one line that names the place, and changes nothing', async () => {
    const former = (await verifyRepository(headend.dir, keys)).timestamp.version;
    const good = await file('good.png', Buffer.concat([png, randomBytes(100)]));
    const describe_ = async (value) => [await file('bad.json', typeof value === 'string' ? value : JSON.stringify(value))];
    await fails([path.join(folder, 'missing.png')], /missing\.png: No such file/);
    await fails([await file('text.txt', 'hello')], /text\.txt: neither JPEG/);
    await fails([await file('anim.webp', Buffer.from('RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0'))], /animated WebP/);
    await fails([good], /--duration/, ['--duration', '0']);
    await fails(await describe_('{'), /bad\.json: not JSON at offset/);
    await fails(await describe_({ items: [] }), /items: there are none/);
    await fails(await describe_({ items: [{ file: 'good.png', colour: 1 }] }), /items\[0\]: item: unknown field "colour"/);
    await fails(await describe_({ items: [{ file: 'good.png' }, { file: 'good.png', duration: '10s' }] }), /items\[1\]: duration/);
    await fails(await describe_({ items: [{ file: 'good.png', fit: 'stretch' }] }), /fit: unknown value/);
    await fails(await describe_({ items: [{ file: 'good.png', volume: 2 }] }), /volume/);
    await fails(await describe_({ items: [{ file: 'good.png', id: 'i' }, { file: 'good.png', id: 'i' }] }), /screens would refuse this: .*id/);
    await fails(await describe_({ playlists: { a: { items: [{ file: 'good.png' }] } }, layouts: { l: { zones: [{ id: 'z', x: 0, y: 0, width: 1, height: 1, playlist: 'b' }] } }, default_layout: 'l' }), /there is no "b"/);
    await fails(await describe_({ items: [{ file: 'good.png' }], layouts: {} }), /items: either these/);
    await assert.rejects(headend.publish('Lobby!', [good]), /channel: must be/);
    assert.equal((await verifyRepository(headend.dir, keys)).timestamp.version, former);
    // Nor is a channel made, or called otherwise, for what screens would refuse.
    const channels = await headend.cli('channel', 'list', '--json');
    const twice = await describe_({ title: 'Never', items: [{ file: 'good.png', id: 'i' }, { file: 'good.png', id: 'i' }] });
    for (const channel of ['lobby', 'fresh']) await assert.rejects(headend.publish(channel, twice), /screens would refuse this/);
    assert.equal(await headend.cli('channel', 'list', '--json'), channels);
    assert.equal(await headend.sql("SELECT count(*) FROM publish WHERE status = 'pending'"), '0');
  });

  test('secrets are readable by their owner only, and the static repository holds none', async () => {
    for (const name of ['ca.key', 'server.key', headend.database ? 'database' : 'headend.db', 'keys/root.pem', 'keys/targets.pem', 'keys/channel-lobby.pem']) {
      assert.equal((await stat(path.join(headend.dir, name))).mode & 0o777, 0o600, name);
    }
    assert.equal((await stat(headend.dir)).mode & 0o777, 0o700);
    const mark = randomBytes(24).toString('hex');
    await headend.publish('lobby', [await file('marked.png', Buffer.concat([png, Buffer.from(mark.repeat(100))]))]);
    const entries = await readdir(path.join(headend.dir, 'repo'), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const data = await readFile(path.join(entry.path, entry.name));
      assert.ok(!data.includes(mark) && !data.includes(keys.lobby), entry.name);
    }
  });

  test('two publishes at once both take place', async () => {
    const contents = await Promise.all([1, 2, 3, 4].map((n) => file(`p${n}.png`, Buffer.concat([png, randomBytes(50000)]))));
    const former = (await verifyRepository(headend.dir, keys)).channels.lobby.version;
    await Promise.all(contents.map((content) => headend.publish('lobby', [content])));
    assert.equal((await verifyRepository(headend.dir, keys)).channels.lobby.version, former + 4);
  });

  test('killed with SIGKILL at 20 random instants, the repository always verifies and goes on', async () => {
    const content = () => file('kill.png', Buffer.concat([png, randomBytes(3 << 20)]));
    const start = Date.now();
    await headend.publish('lobby', [await content()]);
    let whole = Date.now() - start; // follows how long a publish takes, whatever else the machine does
    for (let killed = 0; killed < 20;) {
      const former = (await verifyRepository(headend.dir, keys)).channels.lobby.manifest;
      const next = await content();
      const child = spawn(headendProgram(), ['publish', headend.dir, '--channel', 'lobby', next], { stdio: 'ignore' });
      const end = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal)));
      const timer = setTimeout(() => child.kill('SIGKILL'), randomInt(whole));
      const caught = (await end) === 'SIGKILL';
      clearTimeout(timer);
      killed += caught ? 1 : 0;
      whole = Math.ceil(caught ? whole * 1.2 : whole * 0.7);
      const { manifest } = (await verifyRepository(headend.dir, keys)).channels.lobby;
      const shown = manifest.objects.o1.clear;
      assert.ok(shown.equals(former.objects.o1.clear) || shown.equals(await readFile(next)), 'neither the former nor the new');
    }
    const last = await content();
    await headend.publish('lobby', [last]);
    const { manifest } = (await verifyRepository(headend.dir, keys)).channels.lobby;
    assert.ok(manifest.objects.o1.clear.equals(await readFile(last)));
  });

  test('a publish that was killed after it became public still reaches the waiting screens', async () => {
    const device = await enrolDevice(headend, { name: 'Late', channel: 'late' });
    await headend.publish('late', [await file('late.png', Buffer.concat([png, randomBytes(100)]))]);
    const state = await headend.request('GET', '/v1/state', { device });
    // The instant between timestamp.json and the row "done", made by hand: public, but still marked pending.
    await headend.stopServing();
    await headend.sql("UPDATE publish SET status = 'pending' WHERE id = (SELECT max(id) FROM publish);"
      + "UPDATE channel SET publish = 0 WHERE id = 'late'");
    await headend.startServing();
    const settled = await eventually(async () => {
      const answer = await headend.request('GET', '/v1/state', { device });
      return answer.json().publish === state.json().publish;
    });
    assert.ok(settled);
  });

  test('serve signs anew what has used up half of its time', async () => {
    const { timestamp } = await verifyRepository(headend.dir, keys);
    await headend.stopServing();
    // Eight days on, the timestamp (14 days) is renewed, the snapshot (60) is not.
    const child = spawn('faketime', ['-f', '+8d', headendProgram(), 'serve', headend.dir, '--port', '0'],
      { stdio: 'ignore', detached: true, env: { ...process.env, ASAN_OPTIONS: 'verify_asan_link_order=0' } });
    const end = new Promise((resolve) => child.on('close', resolve));
    try {
      const renewed = await eventually(async () => {
        const now = await verifyRepository(headend.dir, keys);
        return now.timestamp.version > timestamp.version && now;
      }, 30000, 'a new timestamp');
      assert.equal(renewed.timestamp.meta['snapshot.json'].version, timestamp.meta['snapshot.json'].version);
      assert.ok(Date.parse(renewed.timestamp.expires) > Date.parse(timestamp.expires));
    } finally {
      process.kill(-child.pid, 'SIGTERM'); // faketime and the server that it started
      await end;
      await headend.startServing();
    }
  });

  test('a publish that cannot write says so and changes nothing', async (context) => {
    if (process.getuid() === 0) {
      context.diagnostic('root may write anywhere: a file stands in the way instead of a permission');
    }
    const former = (await verifyRepository(headend.dir, keys)).timestamp.version;
    const place = path.join(headend.dir, 'repo/targets/channels/blocked');
    await writeFile(place, 'a file where a folder should be');
    await chmod(place, 0o400);
    await assert.rejects(headend.publish('blocked', [await file('b.png', Buffer.concat([png, randomBytes(9)]))]), /blocked/);
    await rm(place);
    assert.equal((await verifyRepository(headend.dir, keys)).timestamp.version, former);
    await headend.publish('blocked', [path.join(folder, 'b.png')]);
  });
});

describe('a repository that stands for years', () => {
  let headend;
  let folder;
  before(async () => {
    headend = await startHeadend();
    await headend.stopServing();
    folder = await mkdtemp(path.join(tmpdir(), 'pingplay-years-'));
  });
  after(async () => {
    await headend?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  const publish = async (name) => {
    const place = path.join(folder, `${name}.png`);
    await writeFile(place, Buffer.concat([png, Buffer.from(name)]));
    return headend.publish('lobby', [place]);
  };
  const files = async (place) => (await readdir(path.join(headend.dir, 'repo', place), { recursive: true, withFileTypes: true }))
    .filter((one) => one.isFile()).map((one) => one.name);

  const timestampVersion = async () =>
    JSON.parse(await readFile(path.join(headend.dir, 'repo/metadata/timestamp.json'))).signed.version;

  // Serves as if so many days had passed, until `done` gives something true.
  async function serveLater(days, done) {
    const child = spawn('faketime', ['-f', `+${days}d`, headendProgram(), 'serve', headend.dir, '--port', '0'],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env: { ...process.env, ASAN_OPTIONS: 'verify_asan_link_order=0' } });
    let log = '';
    child.stderr.on('data', (data) => { log += data; });
    const end = new Promise((resolve) => child.on('close', resolve));
    try {
      return await eventually(done, 30000, `what is due after ${days} days`);
    } catch (error) {
      throw new Error(`${error.message}: ${log}`);
    } finally {
      process.kill(-child.pid, 'SIGTERM'); // faketime and the server that it started
      await end;
    }
  }

  test('serve takes away what nothing refers to any more, and the rest still verifies', async () => {
    for (const name of ['one', 'two', 'three']) await publish(name);
    assert.equal((await files('objects')).length, 3);
    await serveLater(40, async () => (await files('objects')).length === 2);
    assert.equal((await files('targets/channels')).length, 2);
    assert.deepEqual((await files('targets/keys')).map((name) => name.slice(65)).sort(), ['authorities.json', 'control.json']);
    const metadata = await files('metadata');
    assert.ok(!metadata.includes('1.channel-lobby.json') && metadata.includes('2.channel-lobby.json'), metadata.join(' '));
    await verifyRepository(headend.dir);
    assert.match(await publish('one'), /1 objects, 1 of them new/);
    assert.match(await publish('three'), /1 objects, 0 of them new/);
    await verifyRepository(headend.dir);
  });

  test('after eleven years a screen with the first root still follows', async () => {
    await serveLater(2200, async () => (await files('metadata')).includes('2.root.json'));
    const former = await timestampVersion();
    await serveLater(4100, async () => (await files('metadata')).includes('3.root.json') && await timestampVersion() > former);
    const state = path.join(folder, 'state');
    const server = createServer(async (request, response) => {
      const data = await readFile(path.join(headend.dir, 'repo', request.url)).catch(() => undefined);
      response.writeHead(data ? 200 : 404).end(data);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${server.address().port}/metadata`;
    const tuf = path.join(buildDir(), 'tests/tuf/pingplay-tuf');
    const later = (...words) => run('faketime', ['-f', '+4100d', tuf, '--metadata-dir', state, ...words],
      { env: { ...process.env, ASAN_OPTIONS: 'verify_asan_link_order=0' } });
    try {
      await later('init', path.join(headend.dir, 'repo/metadata/1.root.json'));
      await later('--metadata-url', url, 'refresh');
      assert.equal(JSON.parse(await readFile(path.join(state, 'root.json'))).signed.version, 3);
    } finally {
      server.close();
    }
  });

  test('a certificate that was issued while the clock was wrong is not kept', async () => {
    await headend.startServing();
    assert.equal((await headend.request('GET', '/healthz')).status, 200);
  });
});
