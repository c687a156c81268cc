// With a port for people (--console-port) there are two servers: one for screens and one for people, each of which has nothing of the
// other's on it, and less to reach.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';

import { signIn } from './lib/headend-browser.mjs';
import { png } from './lib/content.mjs';
import { deviceAuthorization, enrolDevice, eventually, makeKey, startHeadend, thumbprintOf } from './lib/headend.mjs';

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, () => { const { port } = server.address(); server.close(() => resolve(port)); });
});

describe('screens and people at a port each', () => {
  let headend, consolePort, screensPort, device;
  before(async () => {
    consolePort = await freePort();
    headend = await startHeadend({ serve: ['--console-port', String(consolePort)] });
    await eventually(() => /for screens: https:\/\/[^:]+:(\d+)\//.test(headend.said), 20000, 'the port of the screens');
    screensPort = Number(/for screens: https:\/\/[^:]+:(\d+)\//.exec(headend.said)[1]);
    headend.port = screensPort;
    device = await enrolDevice(headend, { name: 'Lobby', channel: 'lobby' });
  });
  after(() => headend?.stop());

  const at = async (port, ...request) => {
    headend.port = port;
    try {
      return await headend.request(...request);
    } finally {
      headend.port = screensPort;
    }
  };
  const atConsole = (...request) => at(consolePort, ...request);
  const atScreens = (...request) => at(screensPort, ...request);
  const code = (answer) => `${answer.status} ${answer.json().code}`;

  test('what is people\'s is nowhere at the screens\' port', async () => {
    for (const [method, target] of [['GET', '/api/v1/session'], ['POST', '/api/v1/session'], ['GET', '/api/v1/screens'], ['GET', '/api/v1/content'], ['GET', '/api/v1/events'],
      ['POST', '/api/v1/uploads'], ['GET', '/api/v1'], ['PUT', '/v1/feeds/menu']]) {
      assert.equal(code(await atScreens(method, target)), '404 not-found', `${method} ${target}`);
    }
    for (const target of ['/', '/admin/', '/admin/sign-in', '/console/', '/setup', '/enrol']) assert.equal((await atScreens('GET', target)).status, 404, target);
  });

  test('nor is what is screens\' at people\'s, whoever asks', async () => {
    for (const [method, target] of [['GET', '/v1/state'], ['POST', '/v1/status'], ['POST', '/v1/events'], ['GET', '/repo/metadata/1.root.json'], ['POST', '/oauth/device_authorization'], ['POST', '/oauth/token'],
      ['GET', '/.well-known/est/cacerts'], ['POST', '/.well-known/est/simpleenroll']]) {
      assert.equal((await atConsole(method, target, { device })).status, 404, `${method} ${target}`);
    }
    assert.equal((await atScreens('GET', '/v1/state', { device })).status, 200);
  });

  test('both say how they are, and are called by what they do', async () => {
    for (const port of [screensPort, consolePort]) {
      assert.equal((await at(port, 'GET', '/healthz')).status, 200);
      assert.equal((await at(port, 'GET', '/readyz')).status, 200);
    }
    for (const name of ['device', 'console']) assert.equal(readFileSync(`/proc/${headend.pidOf(name)}/comm`, 'utf8'), `headend-${name}\n`);
    assert.ok(Number.isNaN(headend.pidOf('server')));
    // Files are handed on by the one that people reach; the other has not even the lane.
    const lanes = (name) => readdirSync(`/proc/${headend.pidOf(name)}/fd`).filter((fd) => fd === '5').map((fd) => readlinkSync(`/proc/${headend.pidOf(name)}/fd/${fd}`));
    assert.match(lanes('console')[0], /^socket:/);
    assert.ok(!lanes('device')[0]?.startsWith('socket:'), lanes('device')[0]);
  });

  test('a screen is shown the address at which people approve it', async () => {
    const { verification_uri: address } = await deviceAuthorization(headend, await thumbprintOf(await makeKey())).then((answer) => answer.json?.() ?? answer);
    assert.equal(address, `https://localhost:${consolePort}/enrol`);
    assert.notEqual((await atConsole('GET', '/enrol')).status, 404);
  });

  test('what people do reaches the screens, and what screens say reaches people', async () => {
    headend.port = consolePort;
    const browser = await signIn(headend).finally(() => { headend.port = screensPort; });
    const { csrf } = (await atConsole('GET', '/api/v1/session', { cookie: browser.cookie })).json();
    const ask = (method, target, body, headers = {}) => atConsole(method, target, { cookie: browser.cookie, body: body && JSON.stringify(body),
      headers: { 'pingplay-csrf': csrf, ...(body ? { 'content-type': 'application/json' } : {}), ...headers } });
    const present = await atScreens('GET', '/v1/state', { device });
    const poll = atScreens('GET', '/v1/state', { device, headers: { 'if-none-match': present.headers.etag, prefer: 'wait=30' } });
    assert.equal((await ask('PATCH', `/api/v1/screens/${device.id}`, { name: 'Entrance' }, { 'if-match': '*' })).status, 200);
    assert.equal((await poll).json().name, 'Entrance');
    await eventually(async () => (await ask('GET', `/api/v1/screens/${device.id}`)).json().last_seen !== null, 20000, 'that it was heard of');
    const upload = await atConsole('POST', '/api/v1/uploads', { cookie: browser.cookie, body: png,
      headers: { 'tus-resumable': '1.0.0', 'pingplay-csrf': csrf, 'upload-length': png.length, 'upload-metadata': `filename ${Buffer.from('a.png').toString('base64')}`, 'content-type': 'application/offset+octet-stream' } });
    assert.equal(upload.status, 201, upload.text);
    await eventually(async () => (await ask('GET', upload.headers.location, undefined, { 'tus-resumable': '1.0.0' })).json().state === 'done', 30000, 'that it was looked at');
  });

  test('one that is killed comes back by itself, and the other goes on', async () => {
    for (const [name, port, other] of [['device', screensPort, consolePort], ['console', consolePort, screensPort]]) {
      const former = headend.pidOf(name);
      process.kill(former, 'SIGKILL');
      assert.equal((await at(other, 'GET', '/readyz')).status, 200);
      await eventually(() => at(port, 'GET', '/readyz').then((answer) => answer.status === 200, () => false), 20000, name);
      assert.notEqual(headend.pidOf(name), former);
    }
    assert.equal((await atScreens('GET', '/v1/state', { device })).status, 200);
  });

  test('told to stop, all of it ends', async () => {
    const children = headend.children();
    assert.equal(children.length, 4);
    assert.deepEqual(await headend.stopServing(), { code: 0, signal: null });
  });
});
