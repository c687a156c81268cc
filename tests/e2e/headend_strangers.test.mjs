// What strangers can take of the server: connections, time, sign-ins, the disk.
import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';

import { Browser, signIn } from './lib/headend-browser.mjs';
import { buildDir, enrolDevice, eventually, headendProgram, startHeadend } from './lib/headend.mjs';

// Connections that the server holds open, by the kernel's list: state 01 is "established".
async function established(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lists = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8')));
  return lists.join('\n').split('\n').map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${hex}`) && state === '01').length;
}

// Connections with a request that has arrived at the server, and that it has not read yet: more than the end of TLS takes.
async function unread(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lists = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8')));
  return lists.join('\n').split('\n').map((line) => line.trim().split(/\s+/))
    .filter(([, local, , , queues]) => local?.endsWith(`:${hex}`) && parseInt(queues.split(':')[1], 16) > 64).length;
}

// Opens `count` connections that say nothing.
function silent(port, localAddress, count) {
  return Promise.all(Array.from({ length: count }, () => new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port, localAddress }, () => {
      socket.removeAllListeners('error').on('error', () => {});
      resolve(socket);
    });
    socket.on('error', reject);
  })));
}

const rawTls = (headend, options = {}) => new Promise((resolve, reject) => {
  const socket = tls.connect({ host: '127.0.0.1', servername: 'localhost', port: headend.port, ca: headend.ca, ...options },
    () => resolve(socket));
  socket.on('error', reject);
});

describe('connections of strangers', () => {
  test('four addresses full of silent ones keep nobody out', async () => {
    const headend = await startHeadend({ serve: ['--request-timeout', '60'] }); // none of them is cut for its silence
    const sockets = [];
    try {
      const device = await enrolDevice(headend, { name: 'Door' });
      for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5']) {
        sockets.push(...await silent(headend.port, address, 1024));
      }
      assert.equal((await headend.request('GET', '/healthz', { timeout: 30000 })).status, 200);
      assert.equal((await headend.request('GET', '/v1/state', { device, timeout: 30000 })).status, 200);
      assert.ok(sockets.filter((socket) => !socket.readableEnded && !socket.destroyed).length > 3000, 'they were not cut for their silence');
    } finally {
      for (const socket of sockets) socket.destroy();
      await headend.stop();
    }
  });

  test('screens that are connected stay, and there is a place for the next stranger', async () => {
    const headend = await startHeadend({ serve: ['--connections', '32', '--connections-per-address', '32'] });
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = [];
    try {
      const device = await enrolDevice(headend, { name: 'Door' });
      let port;
      const state = async () => {
        const answer = await headend.request('GET', '/v1/state', { device, agent });
        const [free] = Object.values(agent.freeSockets).flat();
        return [answer.status, free?.localPort];
      };
      [, port] = await state();
      sockets.push(...await silent(headend.port, '127.0.0.2', 100));
      assert.equal((await headend.request('GET', '/healthz', { timeout: 5000 })).status, 200);
      assert.deepEqual(await state(), [200, port], 'on the connection that it had');
      await eventually(async () => await established(headend.port) <= 32);
    } finally {
      agent.destroy();
      for (const socket of sockets) socket.destroy();
      await headend.stop();
    }
  });

  test('where nobody says how many there may be, it is what the machine carries', async (t) => {
    const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-limited-'));
    t.after(() => rm(dir, { recursive: true }));
    const program = path.join(dir, 'headend');
    await writeFile(program, `#!/bin/sh\nulimit -n 434\nexec '${headendProgram()}' "$@"\n`, { mode: 0o755 });
    const headend = await startHeadend({ program, serve: ['--connections-per-address', '1000'] });
    t.after(() => headend.stop());
    assert.match(headend.log, /at most 40 connections at a time/); // (434 - 384) * 4 / 5
    const sockets = await silent(headend.port, '127.0.0.2', 60);
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    await eventually(async () => await established(headend.port) <= 40);
    assert.equal((await headend.request('GET', '/healthz', { timeout: 5000 })).status, 200);
  });

  test('who says nothing is cut: before TLS, in the middle of it, and after it', async () => {
    const headend = await startHeadend({ serve: ['--request-timeout', '1'] });
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const device = await enrolDevice(headend, { name: 'Door' });
      assert.equal((await headend.request('GET', '/v1/state', { device, agent })).status, 200);
      const [bare, begun] = await silent(headend.port, '127.0.0.2', 2);
      begun.write(Buffer.from('160301020001', 'hex')); // a TLS record's beginning, of a ClientHello
      const greeted = await rawTls(headend);
      const asked = await rawTls(headend);
      asked.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
      for (const socket of [bare, begun, greeted, asked]) {
        socket.on('error', () => {}).resume();
        await eventually(() => socket.destroyed, 20000, 'the end of a silent connection');
      }
      assert.equal(await established(headend.port), 1, 'the screen is patiently waited for');
      assert.equal((await headend.request('GET', '/v1/state', { device, agent })).status, 200);
    } finally {
      agent.destroy();
      await headend.stop();
    }
  });

  test('who reads or writes too slowly is cut, and who is only slow is not', async () => {
    const headend = await startHeadend({ serve: ['--request-timeout', '1'] });
    try {
      const device = await enrolDevice(headend, { name: 'Door' });
      const data = randomBytes(32 * 1024 * 1024);
      const hash = createHash('sha256').update(data).digest('hex');
      const folder = path.join(headend.dir, 'repo/objects', hash.slice(0, 2));
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, hash), data);
      const download = () => new Promise((resolve, reject) => {
        https.get({ host: 'localhost', port: headend.port, ca: headend.ca, cert: device.certificatePem, key: device.keyPem,
          path: `/repo/objects/${hash.slice(0, 2)}/${hash}`, agent: false }, resolve).on('error', reject);
      });
      const stuck = await download();
      stuck.pause();
      const slow = await download();
      slow.pause();
      let received = 0;
      const steps = setInterval(() => { received += slow.read(64 * 1024)?.length ?? 0; }, 50);
      const writer = await rawTls(headend, { cert: device.certificatePem, key: device.keyPem });
      writer.on('error', () => {}).resume();
      writer.write('POST /v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{');
      const drip = setInterval(() => writer.write(' '), 100);
      await eventually(() => writer.destroyed, 20000, 'the end of a slow writer');
      clearInterval(drip);
      await eventually(async () => await established(headend.port) === 1, 20000, 'the end of a slow reader');
      clearInterval(steps);
      for await (const part of slow) received += part.length;
      assert.equal(received, data.length);
      stuck.on('error', () => {});
      stuck.destroy();
    } finally {
      await headend.stop();
    }
  });
});

// A sign-in's request, as it goes over the wire; with a form of the visitor's.
function signInRequest(visitor, token, name) {
  const body = new URLSearchParams({ csrf: token, name, password: 'wrong password', next: '' }).toString();
  return `POST /admin/sign-in HTTP/1.1\r\nHost: localhost\r\nCookie: ${visitor.cookie}\r\nConnection: close\r\n`
    + `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

// Sends each socket's text while another process writes, so that the server begins with none of them before it has all.
async function sendAtOnce(headend, sockets, textOf, send = (socket, text, sent) => socket.write(text, sent)) {
  const other = headend.otherProcess();
  try {
    await other.tell('BEGIN IMMEDIATE;');
    await Promise.all(sockets.map((socket, number) => new Promise((resolve) => { send(socket, textOf(number), resolve); })));
    await eventually(async () => await unread(headend.port) === 0, 20000, 'the server to have read it all');
    await other.tell('COMMIT;');
  } finally {
    other.stop();
  }
}

describe('attempts to sign in', () => {
  let headend;
  before(async () => { headend = await startHeadend(); });
  after(() => headend?.stop());

  // From an address of its own, for a name that nobody has.
  const attempt = (browser, token, number) => headend.form('/admin/sign-in',
    { csrf: token, name: `nobody${number}`, password: 'wrong password', next: '/admin/screens' },
    { headers: browser.headers, cookie: browser.cookie, host: '127.0.0.1', localAddress: `127.1.${number >> 8}.${number & 255}` });

  test('wait in a short queue, behind which others are answered', async () => {
    const admin = await signIn(headend); // from 127.0.0.1 or ::1, which is known by that
    const visitor = new Browser(headend);
    const token = Browser.token(await visitor.get('/admin/sign-in'));
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const health = async () => assert.equal((await headend.request('GET', '/healthz', { agent })).status, 200);
    await health();
    const answers = [];
    let [number, stopped] = [256, false];
    // There are always more than the queue has places for.
    const strangers = Array.from({ length: 16 }, async () => {
      while (!stopped) {
        const answer = await attempt(visitor, token, number++);
        answers.push(answer);
        if (answer.status === 503) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    try {
      await eventually(() => answers.some((answer) => answer.status === 503), 20000, 'a full queue');
      for (let i = 0; i < 20; i++) await health();
      assert.equal((await admin.get('/admin/screens')).status, 200);
      // Whoever has signed in from there before has a place.
      const again = await signIn(headend);
      assert.match(again.cookie, /__Host-pingplay-admin=/);
    } finally {
      stopped = true;
      await Promise.allSettled(strangers);
      agent.destroy();
    }
    await Promise.all(strangers);
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))].sort(), [403, 503]);
    const busy = answers.filter((answer) => answer.status === 503);
    assert.ok(busy.every((answer) => Number(answer.headers['retry-after']) > 0 && answer.text.includes('moment')));
  });

  // One that was gone before its password's turn came stayed in the queue, whose memory then was somebody else's.
  test('of those who have hung up leave nothing behind', async () => {
    const visitor = new Browser(headend);
    const token = Browser.token(await visitor.get('/admin/sign-in'));
    const sockets = await Promise.all(Array.from({ length: 8 }, (_, number) => rawTls(headend, { localAddress: `127.0.4.${number + 1}` })));
    for (const socket of sockets) socket.on('error', () => {}).resume();
    await sendAtOnce(headend, sockets, () => signInRequest(visitor, token, 'gone'), (socket, text, sent) => socket.end(text, sent));
    for (const socket of sockets) await eventually(() => socket.destroyed, 20000, 'the end of a connection');
    // The whole queue is free again.
    const answers = await Promise.all(Array.from({ length: 8 }, (_, number) => attempt(visitor, token, number)));
    assert.deepEqual(answers.map((answer) => answer.status), Array(8).fill(403));
    await signIn(headend);
  });

  test('that find no place are not counted as failures', async () => {
    const visitor = new Browser(headend);
    const token = Browser.token(await visitor.get('/admin/sign-in'));
    // More than are free of a wait, from one address, whose share of the queue is two.
    const sockets = await Promise.all(Array.from({ length: 8 }, () => rawTls(headend, { localAddress: '127.0.3.1' })));
    const answers = sockets.map((socket) => new Promise((resolve, reject) => {
      let text = '';
      socket.on('data', (data) => { text += data; }).on('error', reject).on('end', () => resolve(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]));
    }));
    await sendAtOnce(headend, sockets, (number) => signInRequest(visitor, token, `other${number}`));
    const statuses = await Promise.all(answers);
    const [looked, busy] = ['403', '503'].map((status) => statuses.filter((one) => one === status).length);
    // Two, unless one of them was done with before the last had come.
    assert.ok(looked >= 2 && looked <= 4 && looked + busy === 8, statuses.join(' '));
    assert.equal(await headend.sql("SELECT failures FROM throttle WHERE key = 'address:127.0.3.1'"), String(looked));
  });
});

describe('a transaction of another process', () => {
  test('holds up what writes, and nobody who reads', async () => {
    const headend = await startHeadend();
    const other = headend.otherProcess();
    try {
      const screens = [];
      for (let i = 0; i < 4; i++) screens.push(await enrolDevice(headend, { name: `Screen ${i}` }));
      await other.tell('UPDATE device SET seen = 1; BEGIN IMMEDIATE;'); // their next contact is to be noted
      let written = 0;
      const reports = screens.map((device) => headend.request('POST', '/v1/status', { device, headers: { 'content-type': 'application/json' }, body: '{}' })
        .then((answer) => { written += answer.status === 204; }));
      for (const device of screens) assert.equal((await headend.request('GET', '/v1/state', { device, timeout: 8000 })).status, 200);
      for (const device of screens) assert.notEqual((await headend.request('GET', '/repo/metadata/timestamp.json', { device, timeout: 8000 })).status, 500);
      assert.equal(written, 0, 'the reports are still waiting');
      await other.tell('COMMIT;');
      await Promise.all(reports);
      assert.equal(written, 4);
    } finally {
      other.stop();
      await headend.stop();
    }
  });
});

describe('a screen that reports without end', () => {
  test('is told to wait, and others are not', async () => {
    const headend = await startHeadend();
    const agent = new https.Agent({ keepAlive: true, maxSockets: 4 });
    try {
      const [noisy, other] = [await enrolDevice(headend, { name: 'Noisy' }), await enrolDevice(headend, { name: 'Other' })];
      const status = (device, body, more) => headend.request('POST', '/v1/status',
        { device, headers: { 'content-type': 'application/json' }, body, ...more });
      const answers = await Promise.all(Array.from({ length: 300 }, () => status(noisy, '{"a":1}', { agent })));
      const refused = answers.filter((answer) => answer.status === 429);
      assert.ok(refused.length >= 50 && refused.length <= 101, `${refused.length} refused`);
      assert.equal(answers.length, refused.length + answers.filter((answer) => answer.status === 204).length);
      assert.ok(refused.every((answer) => Number(answer.headers['retry-after']) >= 1 && answer.json().code === 'too-many-reports'));
      assert.equal((await status(other, '{"a":1}')).status, 204);
      // By volume, too: 64 KiB each.
      const large = JSON.stringify({ text: 'x'.repeat(64 * 1024 - 20) });
      const many = [];
      while (many.length < 150 && !many.includes(429)) many.push((await status(other, large, { agent })).status);
      assert.ok(many.includes(429) && many.indexOf(429) >= 60, `the first refusal is number ${many.indexOf(429)}`);
      assert.equal((await headend.request('GET', '/v1/state', { device: other })).status, 200);
    } finally {
      agent.destroy();
      await headend.stop();
    }
  });
});

describe('a slow disk', { skip: process.env.PP_BUILD?.includes('asan') ? 'a sanitizer cannot be preloaded' : false }, () => {
  let headend;
  let counter;
  const screens = [];
  const syncs = async () => (await stat(counter)).size;
  const state = (device, more) => headend.request('GET', '/v1/state', { device, ...more });
  const report = (device, more) => headend.request('POST', '/v1/events', {
    device, ...more, headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ batch: randomUUID(), items: [{ id: randomUUID(), kind: 'test', time: '2026-01-01T00:00:00Z' }] }),
  });

  before(async () => {
    headend = await startHeadend();
    for (let i = 0; i < 9; i++) screens.push(await enrolDevice(headend, { name: `Screen ${i}`, channel: 'lobby' }));
    await headend.stopServing();
    counter = path.join(headend.dir, 'incoming', 'syncs'); // where the server may write
    await writeFile(counter, '');
    headend.options.env = {
      LD_PRELOAD: path.join(buildDir(), 'tests/e2e/programs/pingplay-slow-sync.so'), SLOW_SYNC_MS: '200', SLOW_SYNC_COUNT: counter,
      SLOW_SYNC_BROKEN: path.join(headend.dir, 'broken'),
    };
    await headend.startServing();
  });
  after(() => headend?.stop());

  test('many reports share a sync, and each is kept before it is answered', async () => {
    const agent = new https.Agent({ keepAlive: true });
    const all = Array.from({ length: 80 }, (_, i) => screens[i % 8]);
    // Their connections stand already, or the handshakes would take longer than syncs.
    for (const answer of await Promise.all(all.map((device) => state(device, { agent })))) assert.equal(answer.status, 200);
    const start = await syncs();
    const answers = await Promise.all(all.map((device) => report(device, { agent })));
    agent.destroy();
    assert.ok(answers.every((answer) => answer.status === 204));
    const used = await syncs() - start;
    assert.ok(used >= 1 && used <= 20, `${used} syncs for ${answers.length} reports`);
    await headend.stopServing('SIGKILL');
    await headend.startServing();
    const shown = await Promise.all(screens.slice(0, 8).map(async ({ id }) => JSON.parse(await headend.cli('screen', 'show', id)).events));
    assert.deepEqual(shown, Array(8).fill(10));
  });

  test('what the disk does not take is not said to be kept', async () => {
    await writeFile(path.join(headend.dir, 'broken'), '');
    const answer = await report(screens[0]);
    assert.deepEqual([answer.status, answer.json().code], [503, 'unavailable']);
    assert.equal((await headend.request('GET', '/v1/state', { device: screens[0] })).status, 200);
    // Nor is a password looked at whose attempt is not counted for good.
    assert.equal((await new Browser(headend).signIn('admin', 'wrong password')).status, 503);
    await rm(path.join(headend.dir, 'broken'));
    assert.equal((await report(screens[0])).status, 204);
  });

  test('states are read, and a publish arrives, while reports are written', async () => {
    let stopped = false;
    const agent = new https.Agent({ keepAlive: true });
    const stream = screens.slice(0, 4).map(async (device) => { while (!stopped) assert.equal((await report(device, { agent })).status, 204); });
    try {
      const start = await syncs();
      await eventually(async () => await syncs() > start);
      assert.equal((await state(screens[8], { agent })).status, 200);
      const before = await syncs();
      for (let i = 0; i < 40; i++) assert.equal((await state(screens[8], { agent })).status, 200);
      const during = await syncs() - before;
      assert.ok(during < 40, `40 states were read in the time of ${during} syncs`);
      const early = await syncs();
      await signIn(headend);
      assert.ok(await syncs() - early < 40, 'signing in waits for its own sync, not for those of all reports');
      const { etag } = (await headend.request('GET', '/v1/state', { device: screens[8] })).headers;
      const poll = headend.request('GET', '/v1/state', { device: screens[8], headers: { 'if-none-match': etag, prefer: 'wait=50' } });
      await headend.cli('screen', 'set', screens[8].id, '--name', 'Renamed');
      const told = await syncs();
      assert.equal((await poll).json().name, 'Renamed');
      assert.ok(await syncs() - told < 40, 'the poll did not wait for the reports');
    } finally {
      stopped = true;
      await Promise.allSettled(stream);
      agent.destroy();
    }
  });
});
