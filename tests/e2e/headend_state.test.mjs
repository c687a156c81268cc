// What an enrolled screen gets and reports: session, state, long poll, reports, repository files.
import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { controlKeys, enrolDevice, eventually, openSession, sessionRequest, startHeadend, statePayload, waitingPoll } from './lib/headend.mjs';
import { announceAgreementKey, decryptJwe, makeAgreementKey, signJws, verifyJws } from './lib/jose.mjs';

const formsOf = (key) => [key, ...['base64url', 'base64'].map((form) => key.toString(form).replace(/=+$/, '')),
  key.toString('hex'), key.toString('hex').toUpperCase()];
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=', 'base64');

describe('an enrolled screen', () => {
  let headend;
  let device;
  let folder;
  before(async () => {
    headend = await startHeadend();
    folder = await mkdtemp(path.join(tmpdir(), 'pingplay-content-'));
    device = await enrolDevice(headend, { name: 'Door', site: 'Lyon', channel: 'lobby', timeZone: 'Europe/Paris', locale: 'fr' });
  });
  after(async () => {
    await headend?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  const state = (options) => headend.request('GET', '/v1/state', { device, ...options });
  async function content(bytes = png) {
    const file = path.join(folder, `${randomUUID()}.png`);
    await writeFile(file, Buffer.concat([png, bytes]));
    return file;
  }

  test('the session cookie has every protection, and a new session ends the old one', async () => {
    const former = { ...device };
    const answer = await openSession(headend, device);
    assert.equal(answer.status, 204);
    const [header] = answer.headers['set-cookie'];
    assert.match(header, /^__Host-pingplay=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=2592000$/);
    assert.notEqual(device.cookie, former.cookie);
    assert.equal((await headend.request('GET', '/v1/state', { device: former })).json().code, 'cookie-required');
    assert.equal((await state()).status, 200);
  });

  test('the state says all that the screen needs', async () => {
    const answer = await state();
    const body = answer.json();
    assert.equal(answer.headers['content-type'], 'application/jose');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.deepEqual({ ...body.upload_key, kid: 0, x: 0, y: 0 }, { kty: 'EC', crv: 'P-256', x: 0, y: 0, kid: 0, use: 'enc', alg: 'ECDH-ES' });
    assert.deepEqual({ ...body, iat: 0, exp: 0, channel: { ...body.channel, key: 0 }, version: 0, upload_key: 0 }, {
      format: 2, aud: device.id, version: 0, iat: 0, exp: 0, name: 'Door', site: 'Lyon', time_zone: 'Europe/Paris',
      locale: 'fr', access: { mode: 'certificate' }, channel: { id: 'lobby', title: 'lobby', key: 0 }, publish: 0, settings: { rotation: 0, offline_mark: false }, commands: [],
      epoch: 0, upload_key: 0,
    });
    assert.equal(Buffer.from(body.channel.key, 'base64url').length, 32);
    assert.ok(Math.abs(body.iat - Date.now() / 1000) < 60 && body.exp === body.iat + 86400);
  });

  test('the channel key in it is for that screen alone, and the state by the control key that the repository names', async () => {
    const answer = await state();
    const payload = statePayload(headend, answer);
    const read = (agreement, id) => decryptJwe(payload.channel.key, agreement, 'pingplay-channel-key', id);
    assert.equal(JSON.parse(read(device.agreement, device.id)).k, answer.json().channel.key);
    assert.throws(() => read({ ...makeAgreementKey(), kid: device.agreement.kid }, device.id), /authenticate/);
    const { keys: [control] } = controlKeys(headend);
    assert.throws(() => verifyJws(answer.text, { keys: [{ ...makeAgreementKey().jwk, kid: control.kid }] }, 'pingplay-state'));
    assert.notEqual((await state()).text, answer.text, 'each answer is encrypted anew');
    const { targets } = JSON.parse(await readFile(path.join(headend.dir, 'repo/metadata',
      (await readdir(path.join(headend.dir, 'repo/metadata'))).filter((name) => name.endsWith('.targets.json')).sort().pop()))).signed;
    const [file] = (await readdir(path.join(headend.dir, 'repo/targets/keys'))).filter((name) => name.endsWith('.control.json'));
    const document = await readFile(path.join(headend.dir, 'repo/targets/keys', file));
    assert.deepEqual(targets['keys/control.json'],
      { length: document.length, hashes: { sha256: createHash('sha256').update(document).digest('hex') } });
    assert.equal(file, `${targets['keys/control.json'].hashes.sha256}.control.json`);
  });

  test('whoever reads what passes, what any web server may serve, or the database, finds no channel or object key', async () => {
    await headend.publish('lobby', [await content()]);
    const answer = await state();
    const key = Buffer.from(answer.json().channel.key, 'base64url');
    const keys = [key, ...await headend.objectKeys()];
    assert.ok(keys.length > 1);
    const dump = await headend.dump();
    const seen = [Buffer.from(JSON.stringify(answer.headers)), answer.body, Buffer.from(JSON.stringify(statePayload(headend, answer)))];
    const session = await openSession(headend, device);
    seen.push(Buffer.from(JSON.stringify(session.headers)), session.body);
    const repository = path.join(headend.dir, 'repo');
    for (const entry of await readdir(repository, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) seen.push(await readFile(path.join(entry.path, entry.name)));
    assert.ok(seen.length > 8);
    seen.push(Buffer.from(dump));
    for (const name of headend.database ? [] : ['headend.db', 'headend.db-wal']) seen.push(await readFile(path.join(headend.dir, name)));
    assert.ok(seen.at(-1).length > 0 && dump.includes('lobby'));
    for (const one of keys) for (const text of formsOf(one)) for (const bytes of seen) assert.ok(!bytes.includes(text));
  });

  test('a session without the announcement of an agreement key, or with one that is not of this screen, is refused', async () => {
    const other = await enrolDevice(headend, { name: 'Other key' });
    const announce = (token, type = 'application/jose') =>
      headend.request('POST', '/v1/session', { device, cookie: undefined, headers: { 'content-type': type }, body: token });
    const good = announceAgreementKey(device.keyPem, device.agreement);
    const header = { kid: device.thumbprint, typ: 'pingplay-agreement-key' };
    const said = { aud: 'pingplay-headend', iat: 1 };
    const signed = (payload, more = {}) => signJws(device.keyPem, { ...header, ...more }, JSON.stringify({ ...said, ...payload }));
    const { jwk } = device.agreement;
    const wrong = {
      'nothing': '', 'no token': 'good', 'of another screen': announceAgreementKey(other.keyPem, device.agreement),
      'in the name of this one': signJws(other.keyPem, header, JSON.stringify({ ...said, jwk })),
      'another kind of document': signed({ jwk }, { typ: 'pingplay-state' }), 'no kind': signed({ jwk }, { typ: undefined }),
      'no algorithm': `${Buffer.from(JSON.stringify({ alg: 'none', ...header })).toString('base64url')}.${good.split('.')[1]}.`,
      'a header that asks for more': signed({ jwk }, { crit: ['exp'] }),
      'no key': signed({}), 'for somebody else': signed({ aud: 'another', jwk }), 'for nobody': signed({ aud: undefined, jwk }), 'a point off the curve': signed({ jwk: { ...jwk, y: jwk.x } }), 'another curve': signed({ jwk: { ...jwk, crv: 'P-384' } }),
      'with its private half': signed({ jwk: { ...jwk, d: jwk.x } }), 'for signing': signed({ jwk: { ...jwk, use: 'sig' } }),
      'a changed payload': good.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...said, jwk: makeAgreementKey().jwk })).toString('base64url')}.`),
    };
    for (const [name, token] of Object.entries(wrong)) {
      const answer = await announce(token);
      assert.deepEqual([name, answer.status, answer.json().code], [name, 400, 'agreement-key-invalid']);
    }
    assert.equal((await announce(good, 'application/json')).status, 415);
    assert.equal((await announce('x'.repeat(5000))).status, 413);
    assert.equal((await state()).status, 200, 'the former session and key are as they were');
    assert.equal(Buffer.from((await state()).json().channel.key, 'base64url').length, 32);
    const before = device.agreement;
    device.agreement = makeAgreementKey();
    await openSession(headend, device);
    const after = statePayload(headend, await state());
    assert.throws(() => decryptJwe(after.channel.key, { ...before, kid: device.agreement.kid }, 'pingplay-channel-key', device.id));
    assert.equal((await state()).json().channel.id, 'lobby', 'what is announced counts from then on');
  });

  test('a screen without a channel is told so', async () => {
    const other = await enrolDevice(headend, { name: 'Bare' });
    assert.equal((await headend.request('GET', '/v1/state', { device: other })).json().channel, null);
  });

  test('state needs certificate and cookie of the same screen', async () => {
    const other = await enrolDevice(headend, { name: 'Other' });
    const bare = await headend.request('GET', '/v1/state', { cookie: device.cookie });
    assert.deepEqual([bare.status, bare.json().code], [401, 'certificate-required']);
    const without = await state({ cookie: 'x=y' });
    assert.deepEqual([without.status, without.json().code], [401, 'cookie-required']);
    const mixed = await state({ cookie: other.cookie });
    assert.deepEqual([mixed.status, mixed.json().code], [401, 'cookie-required']);
  });

  test('a certificate of another authority is refused', async () => {
    const stranger = await startHeadend();
    try {
      const foreign = await enrolDevice(stranger, { name: 'Foreign' });
      const answer = await headend.request('POST', '/v1/session', sessionRequest(foreign));
      assert.equal(answer.status, 401);
      assert.equal(answer.json().code, 'certificate-invalid');
      assert.match(answer.json().detail, /unknown authority/);
    } finally {
      await stranger.stop();
    }
  });

  test('an unchanged state is 304, at once without Prefer and after the wait with it', async () => {
    const { etag } = (await state()).headers;
    const same = await state({ headers: { 'if-none-match': etag } });
    assert.deepEqual([same.status, same.text, same.headers.etag], [304, '', etag]);
    const start = Date.now();
    const waited = await state({ headers: { 'if-none-match': etag, prefer: 'wait=1' } });
    assert.equal(waited.status, 304);
    assert.ok(Date.now() - start >= 900, 'it waited');
  });

  test('a change of the screen answers the waiting poll with a higher version', async () => {
    const first = await state();
    const poll = await waitingPoll(headend, device, first.headers.etag);
    await headend.cli('screen', 'set', device.id, '--name', 'Door 2');
    const changed = await poll.answer;
    assert.equal(changed.status, 200);
    assert.equal(changed.json().name, 'Door 2');
    assert.ok(changed.json().version > first.json().version);
  });

  test('a publish on its channel answers the waiting poll; one on another channel does not', async () => {
    const { etag } = (await state()).headers;
    const poll = await waitingPoll(headend, device, etag);
    const other = await enrolDevice(headend, { name: 'Cook', channel: 'canteen' });
    const told = await waitingPoll(headend, other, (await headend.request('GET', '/v1/state', { device: other })).headers.etag);
    const number = (output) => Number(/publish (\d+):/.exec(output)[1]);
    const canteen = number(await headend.publish('canteen', [await content(randomBytes(16))]));
    assert.equal((await told.answer).json().publish, canteen);
    const lobby = number(await headend.publish('lobby', [await content(randomBytes(16))]));
    const answer = await poll.answer;
    assert.equal(answer.status, 200);
    assert.equal(answer.json().publish, lobby, 'it was not answered for the other channel');
    assert.notEqual(answer.headers.etag, etag);
  });

  test('a second poll of the same screen answers the first', async () => {
    const { etag } = (await state()).headers;
    const first = await waitingPoll(headend, device, etag);
    const second = state({ headers: { 'if-none-match': etag, prefer: 'wait=1' } });
    assert.equal((await first.answer).status, 304);
    assert.equal((await second).status, 304);
  });

  test('waiting polls cost no thread, and all are answered', async () => {
    const threads = async () => (await readdir(`/proc/${headend.pidOf('server')}/task`)).length;
    const devices = [];
    for (let i = 0; i < 12; i++) devices.push(await enrolDevice(headend, { name: `Wall ${i}`, channel: 'wall' }));
    const former = await threads();
    const polls = await Promise.all(devices.map(async (one) => {
      const { etag } = (await headend.request('GET', '/v1/state', { device: one })).headers;
      return waitingPoll(headend, one, etag);
    }));
    assert.equal(await threads(), former);
    await headend.publish('wall', [await content(randomBytes(16))]);
    for (const poll of polls) assert.equal((await poll.answer).status, 200);
  });

  test('reports are kept once, however often a batch comes', async () => {
    const batch = {
      batch: randomUUID(),
      items: [1, 2, 3].map((n) => ({ id: randomUUID(), time: '2026-01-05T08:00:00Z', kind: 'sync', detail: { n } })),
    };
    const post = (where, body) => headend.request('POST', where, {
      device, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    });
    for (let i = 0; i < 3; i++) assert.equal((await post('/v1/events', batch)).status, 204);
    const play = { batch: randomUUID(), items: [{ id: randomUUID(), time: '2026-01-05T08:00:00Z', kind: 'played', detail: {} }] };
    assert.equal((await post('/v1/playlog', play)).status, 204);
    assert.equal((await post('/v1/status', { version: '0.1.0', state: 'online' })).status, 204);
    const shown = JSON.parse(await headend.cli('screen', 'show', device.id));
    assert.deepEqual([shown.events, shown.playlog, shown.report], [3, 1, { version: '0.1.0', state: 'online' }]);
  });

  test('what a screen has lost is counted once, however often and in whatever order it comes, and shown', async () => {
    const other = await enrolDevice(headend, { name: 'Forgetful' });
    const post = (where, spool, lost, items = []) => headend.request('POST', where, {
      device: other, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ batch: randomUUID(), spool, lost, items }),
    });
    const losses = async () => {
      const { events_lost: events, playlog_lost: playlog } = JSON.parse(await headend.cli('screen', 'show', other.id));
      return [events, playlog];
    };
    const [first, second] = [randomUUID(), randomUUID()];
    assert.deepEqual(await losses(), [0, 0]);
    for (const lost of [0, 64, 64, 3, 70]) assert.equal((await post('/v1/events', first, lost)).status, 204);
    assert.deepEqual(await losses(), [70, 0]);
    assert.equal((await post('/v1/events', second, 5)).status, 204); // it lost its count, too
    assert.equal((await post('/v1/events', first, 70)).status, 204); // a batch of before
    assert.equal((await post('/v1/playlog', second, 1)).status, 204);
    assert.deepEqual(await losses(), [75, 1]);
    for (const [spool, lost] of [[first, -1], [first, 1.5], [first, '7'], ['x', 7], [undefined, 7]]) {
      assert.equal((await post('/v1/events', spool, lost)).status, 400, `${spool} ${lost}`);
    }
    for (let i = 0; i < 40; i++) assert.equal((await post('/v1/playlog', randomUUID(), 1)).status, 204);
    assert.deepEqual(await losses(), [75, 16], 'names without end are not kept');
  });

  test('a malformed report is refused whole, naming the field', async () => {
    const good = { id: randomUUID(), time: '2026-01-05T08:00:00Z', kind: 'sync', detail: {} };
    const wrong = [
      ['{', /not JSON/], ['[]', /object/], ['{}', /batch/], [JSON.stringify({ batch: 'x', items: [] }), /batch/],
      [JSON.stringify({ batch: randomUUID() }), /items/], [JSON.stringify({ batch: randomUUID(), items: [good, {}] }), /id/],
      [JSON.stringify({ batch: randomUUID(), items: [{ ...good, kind: 7 }] }), /kind/],
      [`{"batch":"${randomUUID()}","batch":1}`, /twice/],
    ];
    for (const [body, detail] of wrong) {
      const answer = await headend.request('POST', '/v1/events', { device, headers: { 'content-type': 'application/json' }, body });
      assert.equal(answer.status, 400, body);
      assert.equal(answer.json().code, 'body-invalid');
      assert.match(answer.json().detail, detail);
    }
    const shown = JSON.parse(await headend.cli('screen', 'show', device.id));
    assert.equal(shown.events, 3, 'nothing of the refused batches was kept');
  });

  test('an item that is too long for its place is refused', async () => {
    const item = (size) => ({ id: randomUUID(), kind: 'x', detail: 'a'.repeat(size) });
    const send = (...items) => headend.request('POST', '/v1/events', { device, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ batch: randomUUID(), items }) });
    assert.equal((await send(item(3900))).status, 204);
    const refused = await send(item(1), item(4200));
    assert.deepEqual([refused.status, refused.json().code], [400, 'body-invalid']);
    assert.match(refused.json().detail, /4096/);
  });

  test('bodies have caps and types', async () => {
    const large = 'x'.repeat(65 * 1024);
    const answer = await headend.request('POST', '/v1/events', { device, headers: { 'content-type': 'application/json' }, body: large });
    assert.deepEqual([answer.status, answer.json().code], [413, 'body-too-large']);
    const chunked = await headend.request('POST', '/v1/events', {
      device, headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }, body: large,
    }).catch((error) => ({ status: error.code }));
    assert.ok([413, 'ECONNRESET', 'EPIPE'].includes(chunked.status), String(chunked.status));
    const text = await headend.request('POST', '/v1/events', { device, headers: { 'content-type': 'text/plain' }, body: '{}' });
    assert.deepEqual([text.status, text.json().code], [415, 'unsupported-media-type']);
  });

  test('what a screen reports can steer no terminal', async () => {
    const hostile = '\u009b2J\u001b]0;x\u0007\u007f\u202egpj\u2066\u061c';
    const answer = await headend.request('POST', '/v1/status', { device, headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state: 'online', [`k${hostile}`]: hostile, trouble: hostile, code: 'C-1' }) });
    assert.equal(answer.status, 204);
    for (const words of [['screen', 'show', device.id], ['screen', 'list'], ['screen', 'list', '--json']]) {
      const shown = await headend.cli(...words);
      assert.doesNotMatch(shown, /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/, words.join(' '));
    }
  });

  test('a retired screen is refused everywhere, at once', async () => {
    const gone = await enrolDevice(headend, { name: 'Gone', channel: 'lobby' });
    const { etag } = (await headend.request('GET', '/v1/state', { device: gone })).headers;
    const poll = await waitingPoll(headend, gone, etag);
    await headend.cli('screen', 'retire', gone.id);
    assert.equal((await poll.answer).status, 403);
    const session = await headend.request('POST', '/v1/session', sessionRequest(gone));
    assert.deepEqual([session.status, session.json().code], [403, 'screen-retired']);
    const cookieOnly = await headend.request('GET', '/repo/metadata/timestamp.json', { cookie: gone.cookie });
    assert.equal(cookieOnly.status, 401);
  });

  test('unknown paths and methods are problems with stable codes', async () => {
    const missing = await headend.request('GET', '/v1/nothing');
    assert.deepEqual([missing.status, missing.json().code, missing.json().type], [404, 'not-found', 'urn:pingplay:problem:not-found']);
    const method = await headend.request('DELETE', '/v1/state');
    assert.deepEqual([method.status, method.json().code, method.headers.allow], [405, 'method-not-allowed', 'GET']);
    assert.equal((await headend.request('GET', '/healthz')).status, 200);
  });

  describe('the repository', () => {
    let object;
    let data;
    before(async () => {
      await headend.publish('files', [await content(randomBytes(300000))]);
      const base = path.join(headend.dir, 'repo/objects');
      const all = (await readdir(base, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      for (const entry of all) {
        const bytes = await readFile(path.join(entry.path, entry.name));
        if (bytes.length > 300000) [object, data] = [entry.name, bytes];
      }
    });
    const url = () => `/repo/objects/${object.slice(0, 2)}/${object}`;

    test('is for enrolled screens: by cookie or by certificate', async () => {
      assert.equal((await headend.request('GET', url())).status, 401);
      const byCookie = await headend.request('GET', url(), { cookie: device.cookie });
      const byCertificate = await headend.request('GET', url(), { device, cookie: 'a=b' });
      for (const answer of [byCookie, byCertificate]) {
        assert.equal(answer.status, 200);
        assert.equal(createHash('sha256').update(answer.body).digest('hex'), object);
      }
      assert.equal(byCookie.headers.etag, `"${object}"`);
      assert.match(byCookie.headers['cache-control'], /immutable/);
    });

    test('knows a screen by what it asks there alone', async () => {
      const quiet = await enrolDevice(headend, { name: 'Quiet', channel: 'lobby' });
      const seen = async () => Number(await headend.sql(`SELECT coalesce(seen, 0) FROM device WHERE id = '${quiet.id}'`));
      await eventually(seen, 20000, 'its enrolment written down');
      await headend.sql(`UPDATE device SET seen = NULL WHERE id = '${quiet.id}'`);
      const { status } = await headend.request('GET', '/repo/metadata/timestamp.json', { device: { ...quiet, cookie: undefined } });
      assert.equal(status, 200);
      await eventually(seen, 20000, 'the contact by the metadata');
    });

    test('answers byte ranges', async () => {
      const size = data.length;
      const cases = [
        ['bytes=0-0', 206, 0, 1], ['bytes=100-199', 206, 100, 200], [`bytes=${size - 1}-`, 206, size - 1, size],
        ['bytes=65536-', 206, 65536, size], ['bytes=-10', 206, size - 10, size], [`bytes=-${size * 2}`, 206, 0, size],
        [`bytes=5-${size * 2}`, 206, 5, size], ['bytes=0-1,5-6', 200, 0, size], ['bytes=9-3', 200, 0, size],
        ['lines=1-2', 200, 0, size], ['bytes=x-', 200, 0, size],
      ];
      for (const [range, status, from, to] of cases) {
        const answer = await headend.request('GET', url(), { cookie: device.cookie, headers: { range } });
        assert.equal(answer.status, status, range);
        assert.ok(answer.body.equals(data.subarray(from, to)), range);
        if (status === 206) assert.equal(answer.headers['content-range'], `bytes ${from}-${to - 1}/${size}`);
      }
      const beyond = await headend.request('GET', url(), { cookie: device.cookie, headers: { range: `bytes=${size}-` } });
      assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, `bytes */${size}`]);
      assert.equal(beyond.headers['cache-control'], 'no-store', 'a cache may not keep the refusal');
    });

    test('honours If-None-Match and If-Range', async () => {
      const same = await headend.request('GET', url(), { cookie: device.cookie, headers: { 'if-none-match': `W/"x", "${object}"` } });
      assert.deepEqual([same.status, same.body.length], [304, 0]);
      const stale = await headend.request('GET', url(), { cookie: device.cookie, headers: { range: 'bytes=0-9', 'if-range': '"other"' } });
      assert.equal(stale.status, 200);
      const fresh = await headend.request('GET', url(), { cookie: device.cookie, headers: { range: 'bytes=0-9', 'if-range': `"${object}"` } });
      assert.equal(fresh.status, 206);
    });

    test('HEAD tells the length', async () => {
      const answer = await headend.request('HEAD', url(), { cookie: device.cookie });
      assert.deepEqual([answer.status, answer.headers['content-length'], answer.body.length], [200, String(data.length), 0]);
    });

    test('timestamp.json is revalidated, versioned files are kept', async () => {
      const timestamp = await headend.request('GET', '/repo/metadata/timestamp.json', { cookie: device.cookie });
      assert.equal(timestamp.headers['cache-control'], 'no-cache');
      assert.equal(timestamp.headers['content-type'], 'application/json');
      const root = await headend.request('GET', '/repo/metadata/1.root.json', { cookie: device.cookie });
      assert.match(root.headers['cache-control'], /immutable/);
    });

    test('nothing outside of it can be had', async () => {
      for (const bad of ['/repo/', '/repo/..', '/repo/../ca.key', '/repo/metadata/../../ca.key', '/repo/%2e%2e/ca.key',
        '/repo/metadata/..%2f..%2fca.key', '/repo//etc/passwd', '/repo/keys/root.pem', '/repo/metadata', '/repo/objects/draft',
        `/repo/objects/00/${object}`, '/repo/metadata/.hidden.json', '/repo/metadata/timestamp.json%00.png']) {
        const answer = await headend.request('GET', bad, { cookie: device.cookie });
        assert.ok([400, 404].includes(answer.status), `${bad}: ${answer.status}`);
      }
    });
  });
});
