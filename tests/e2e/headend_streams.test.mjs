// Answers that last: server-sent events over TLS, until the client goes, the session ends or the server stops.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { signIn } from './lib/headend-browser.mjs';
import { deviceAuthorization, enrolDevice, eventually, makeKey, startHeadend, thumbprintOf } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

describe('the stream of events', () => {
  let headend;
  let api;
  let browser;
  let screen;
  const open = [];
  before(async () => {
    api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    screen = await enrolDevice(headend, { name: 'Foyer', channel: 'lobby' });
    await eventually(() => headend.sql(`SELECT count(*) FROM device WHERE seen > 0`).then(Number), 20000, 'the first contact'); // which is a change
    browser = await signIn(headend);
  });
  after(async () => {
    for (const stream of open) stream.close();
    await headend?.stop();
  });

  // { status, events: [{ event, data }], text, ended, whole, close() } of a new stream, once its head is there
  const listen = (cookie, headers = {}) => new Promise((resolve, reject) => {
    const call = https.request({ host: 'localhost', servername: 'localhost', port: headend.port, path: '/api/v1/events', ca: headend.ca, agent: false,
      headers: { accept: 'text/event-stream', cookie, ...headers } }, (response) => {
      const stream = { status: response.statusCode, headers: response.headers, text: '', ended: false, close: () => call.destroy(),
        get events() {
          return stream.text.split('\n\n').slice(0, -1).filter((part) => part.startsWith('event:'))
            .map((part) => ({ event: /^event: (.*)$/m.exec(part)[1], data: JSON.parse(/^data: (.*)$/m.exec(part)[1]) }));
        } };
      open.push(stream);
      response.on('data', (data) => { stream.text += data; });
      response.on('error', () => {});
      response.on('close', () => { stream.ended = true; stream.whole = response.complete; });
      resolve(stream);
    });
    call.on('error', (error) => (error.code === 'ECONNRESET' ? undefined : reject(error)));
    call.end();
  });
  const ready = async (stream) => {
    assert.equal(stream.status, 200, stream.text);
    await eventually(() => stream.events.length > 0, 20000, 'ready');
    assert.deepEqual(stream.events[0], { event: 'ready', data: {} });
    return stream;
  };
  const named = (stream) => stream.events.filter(({ event }) => event === 'screens').flatMap(({ data }) => {
    api.valid('ScreensEvent', data);
    return data.ids;
  });

  test('says which screens have changed, come and gone, whoever did it, and no others', async () => {
    const streams = await Promise.all([listen(browser.cookie), listen(browser.cookie)]);
    for (const stream of streams) {
      await ready(stream);
      assert.equal(stream.headers['content-type'], 'text/event-stream');
      assert.equal(stream.headers['cache-control'], 'no-store');
    }
    const heard = (id, what) => eventually(() => streams.every((stream) => named(stream).includes(id)), 20000, what);
    const other = await enrolDevice(headend, { name: 'Other', channel: 'lobby' });
    await heard(other.id, 'one that came');
    assert.ok(streams.every((stream) => !named(stream).includes(screen.id)));
    await headend.cli('screen', 'set', screen.id, '--name', 'Hall');
    await heard(screen.id, 'one that another process changed');
    const before = named(streams[0]).filter((id) => id === other.id).length;
    await headend.request('POST', '/v1/status', { device: other, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ state: 'online', code: 'Z-9', trouble: 'ink' }) });
    await eventually(() => named(streams[0]).filter((id) => id === other.id).length > before, 20000, 'one that reported');
    for (const stream of streams) stream.close();
  });

  test('says what screens answered, which enrolments wait, and what became of channels and groups, to who may see it', async () => {
    const admin = await Person.of(headend, api, browser);
    const eve = await Person.add(headend, api, 'eve', 'viewer:site=Elsewhere');
    const all = await ready(await listen(browser.cookie));
    const elsewhere = await ready(await listen(eve.browser.cookie));
    const heard = (event, id) => eventually(() => all.events.some((one) => one.event === event && (id === undefined || one.data.ids.includes(id))), 20000, event);
    await headend.sql(`UPDATE device SET receipts = receipts + 1 WHERE id = '${screen.id}'`); // as a receipt does
    await heard('commands', screen.id);
    await deviceAuthorization(headend, thumbprintOf(makeKey()));
    await heard('enrolments');
    assert.deepEqual(all.events.find(({ event }) => event === 'enrolments').data, {});
    const channel = (await admin.ask('POST', '/api/v1/channels', { title: 'Gate' })).json().id;
    await heard('channels', channel);
    const group = (await admin.ask('POST', '/api/v1/groups', { name: 'North' })).json().id;
    await heard('groups', group);
    const before = all.events.length;
    await admin.ask('PATCH', `/api/v1/groups/${group}/settings`, { rotation: 90 }, { 'if-match': '*' });
    await eventually(() => all.events.slice(before).some(({ event, data }) => event === 'groups' && data.ids.includes(group)), 20000, 'its settings');
    // Settings of a level are told of where they are another's, and to who may see that level.
    const settingsOf = (stream) => stream.events.filter(({ event }) => event === 'settings').map(({ data }) => data);
    const quoted = 'Saint-Étienne "Nord" \\ é';
    await admin.ask('PATCH', `/api/v1/sites/settings?site=${encodeURIComponent(quoted)}`, { rotation: 90 }, { 'if-match': '*' });
    await eventually(() => settingsOf(all).some(({ sites }) => sites.includes(quoted)), 20000, 'a site’s settings');
    await admin.ask('PATCH', '/api/v1/settings', { locale: 'fr' }, { 'if-match': '*' });
    await eventually(() => settingsOf(all).some(({ organisation }) => organisation), 20000, 'the organisation’s settings');
    const told = settingsOf(all).length;
    await admin.ask('PATCH', '/api/v1/settings', { locale: 'fr' }, { 'if-match': '*' }); // the same once more
    await admin.ask('PATCH', '/api/v1/settings', { locale: null }, { 'if-match': '*' });
    await eventually(() => settingsOf(all).length > told, 20000, 'that they say nothing any more');
    assert.equal(settingsOf(all).length, told + 1);
    await admin.ask('PATCH', '/api/v1/sites/settings?site=Elsewhere', { rotation: 180 }, { 'if-match': '*' });
    await eventually(() => settingsOf(elsewhere).length > 0, 20000, 'the settings of his site');
    assert.deepEqual(settingsOf(elsewhere), [{ sites: ['Elsewhere'], organisation: false }]);
    for (const { event, data } of all.events) if (event !== 'ready') api.valid({ enrolments: 'NothingEvent', settings: 'SettingsEvent' }[event] ?? 'ScreensEvent', data);
    const { id } = await enrolDevice(headend, { name: 'There', channel: 'lobby' });
    await admin.ask('PATCH', `/api/v1/screens/${id}`, { site: 'Elsewhere', tags: ['t'] }, { 'if-match': '*' });
    await eventually(() => named(elsewhere).includes(id), 20000, 'what is his to see');
    assert.deepEqual([...new Set(elsewhere.events.map(({ event }) => event))].sort(), ['ready', 'screens', 'settings'], 'and nothing else');
    for (const stream of [all, elsewhere]) stream.close();
  });

  test('one person has eight at a time, and gets the place of one that is closed', async () => {
    const streams = [];
    await eventually(async () => {
      const stream = await listen(browser.cookie);
      if (stream.status === 200) streams.push(await ready(stream));
      return streams.length === 8;
    }, 60000, 'eight streams');
    const ninth = await headend.request('GET', '/api/v1/events', { cookie: browser.cookie, headers: { accept: 'text/event-stream' } });
    api.check('GET', '/api/v1/events', ninth);
    assert.deepEqual([ninth.status, ninth.json().code], [429, 'too-many-streams']);
    for (const stream of streams) stream.close();
  });

  test('is refused to strangers and to who wants something else', async () => {
    for (const [cookie, accept, expected] of [['', 'text/event-stream', '401 session-required'], [browser.cookie, 'application/json', '406 not-acceptable']]) {
      const answer = await headend.request('GET', '/api/v1/events', { cookie, headers: { accept } });
      api.check('GET', '/api/v1/events', answer);
      assert.equal(`${answer.status} ${answer.json().code}`, expected);
    }
  });

  test('ends when its session is signed out, on a page or by a program, and others go on', async () => {
    const page = await signIn(headend);
    const program = await signIn(headend);
    const free = async (cookie) => {
      let stream;
      await eventually(async () => { stream = await listen(cookie); return stream.status === 200; }, 60000, 'a place');
      return ready(stream);
    };
    const streams = [await free(page.cookie), await free(program.cookie), await free(browser.cookie)];
    const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie: program.cookie })).json();
    await page.post('/admin/sign-out', { csrf: (await headend.request('GET', '/api/v1/session', { cookie: page.cookie })).json().csrf });
    await eventually(() => streams[0].ended, 20000, 'the end of the first');
    assert.ok(streams[0].whole, 'it is ended, not cut');
    assert.ok(!streams[1].ended && !streams[2].ended);
    await headend.request('DELETE', '/api/v1/session', { cookie: program.cookie, headers: { 'pingplay-csrf': csrf } });
    await eventually(() => streams[1].ended, 20000, 'the end of the second');
    assert.ok(!streams[2].ended);
  });

  test('ends when the server stops, which waits for none', async () => {
    const last = await signIn(headend);
    let stream;
    await eventually(async () => { stream = await listen(last.cookie); return stream.status === 200; }, 60000, 'a place');
    await ready(stream);
    await headend.stopServing();
    await eventually(() => stream.ended, 20000, 'the end');
    assert.ok(stream.whole);
    await headend.startServing();
  });
});

describe('a file of the repository', () => {
  const size = 9 * 1024 * 1024 + 7;
  const bytes = randomBytes(size);
  let headend;
  let device;
  before(async () => {
    headend = await startHeadend();
    device = await enrolDevice(headend, { name: 'Foyer', channel: 'lobby' });
    await mkdir(path.join(headend.dir, 'repo/targets'), { recursive: true });
    await writeFile(path.join(headend.dir, 'repo/targets/large'), bytes);
    await writeFile(path.join(headend.dir, 'repo/targets/empty'), '');
  });
  after(() => headend?.stop());
  const get = (headers = {}, name = 'large', method = 'GET') => headend.request(method, `/repo/targets/${name}`, { device, headers });

  test('comes whole, to many at a time', async () => {
    for (const answer of await Promise.all(Array.from({ length: 12 }, () => get()))) {
      assert.deepEqual([answer.status, answer.headers['content-length'], answer.headers['accept-ranges']], [200, String(size), 'bytes']);
      assert.ok(answer.body.equals(bytes));
    }
    const head = await get({}, 'large', 'HEAD');
    assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, String(size), 0]);
    const empty = await get({}, 'empty');
    assert.deepEqual([empty.status, empty.headers['content-length'], empty.headers['content-type']], [200, '0', 'application/octet-stream']);
  });

  test('comes in ranges, also over the borders of blocks', async () => {
    const { etag } = (await get({ range: 'bytes=0-0' })).headers;
    for (const [range, first, last] of [['0-0', 0, 0], ['65535-65536', 65535, 65536], ['1-1048577', 1, 1048577], ['-5', size - 5, size - 1], [`${size - 1}-`, size - 1, size - 1], [`0-${size + 9}`, 0, size - 1]]) {
      const answer = await get({ range: `bytes=${range}`, 'if-range': etag });
      assert.deepEqual([answer.status, answer.headers['content-range']], [206, `bytes ${first}-${last}/${size}`], range);
      assert.ok(answer.body.equals(bytes.subarray(first, last + 1)), range);
    }
    const beyond = await get({ range: `bytes=${size}-` });
    assert.deepEqual([beyond.status, beyond.headers['content-range'], beyond.json().code, beyond.headers['cache-control']], [416, `bytes */${size}`, 'range-invalid', 'no-store']);
    assert.equal((await get({ range: 'bytes=0-0', 'if-range': '"another"' })).body.length, size);
    const known = await get({ 'if-none-match': etag });
    assert.deepEqual([known.status, known.headers.etag, known.body.length], [304, etag, 0]);
  });

  test('that is cut short while it is sent breaks the connection, and is not taken for the whole', async () => {
    const { truncate } = await import('node:fs/promises');
    await writeFile(path.join(headend.dir, 'repo/targets/short'), Buffer.alloc(64 * 1024 * 1024));
    const end = await new Promise((resolve, reject) => {
      https.get({ host: 'localhost', servername: 'localhost', port: headend.port, path: '/repo/targets/short', ca: headend.ca, agent: false,
        cert: device.certificatePem, key: device.keyPem, headers: { cookie: device.cookie } }, async (response) => {
        assert.equal(response.statusCode, 200);
        response.once('data', () => response.pause());
        await truncate(path.join(headend.dir, 'repo/targets/short'), 1024);
        response.on('data', () => {});
        response.on('error', () => resolve('broken'));
        response.on('end', () => resolve('whole'));
        response.resume();
      }).on('error', reject);
    });
    assert.equal(end, 'broken');
  });
});
