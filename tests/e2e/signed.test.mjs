// Whose word a screen takes: somebody who has the server's own TLS key, and all that ever passed, makes no state and darkens
// nothing; the control key may change, and no screen has to be touched.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDisplay, until } from './lib/display.mjs';
import { controlKeys, enrolDevice, sessionRequest, startHeadend, statePayload } from './lib/headend.mjs';
import { signJws, verifyJws } from './lib/jose.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const COLOURS = { red: [254, 0, 0], blue: [0, 0, 254] };
const shows = (colour) => (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), COLOURS[colour]);
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('a screen and whoever ends TLS', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-signed-'));
    for (const colour of Object.keys(COLOURS)) await makeImage(dir, `${colour}.png`, colour);
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function startScreen(t) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const display = await startDisplay(headend);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: 'Wall', channel: 'lobby' });
    await display.waitPicture(shows('red'), 'the first content');
    await display.agent.waitLog(/-> online/);
    return { headend, display, id };
  }

  // In the headend's place, with its TLS key: answers sessions, and states with what `state` gives.
  async function startImpostor(headend, state) {
    const file = (name) => readFile(path.join(headend.dir, name));
    const impostor = { asked: 0, state };
    const server = https.createServer({ cert: await file('server.pem'), key: await file('server.key') }, (request, response) => {
      request.resume();
      if (request.url === '/v1/session') {
        response.writeHead(204, { 'set-cookie': '__Host-pingplay=impostor; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=86400' }).end();
      } else if (request.url === '/v1/state') {
        impostor.asked++;
        response.writeHead(200, { 'content-type': 'application/jose', etag: `"${impostor.asked}"` }).end(impostor.state());
      } else {
        response.writeHead(request.url.startsWith('/repo/') ? 503 : 204).end();
      }
    });
    await new Promise((resolve) => { server.listen(headend.port, resolve); });
    impostor.stop = () => { server.close(); server.closeAllConnections(); };
    return impostor;
  }

  test('takes no state that the control key has not signed, whatever it looks like, and plays on', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const { keys: [control] } = controlKeys(headend);
    // what passed to another screen, and what the impostor makes of it
    const spy = await enrolDevice(headend, { name: 'Spy', channel: 'lobby' });
    const answer = await headend.request('GET', '/v1/state', { device: spy });
    const honest = statePayload(headend, answer);
    const forged = JSON.stringify({ ...honest, aud: id, version: 9, name: 'Forged', channel: null });
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const header = { kid: control.kid, typ: 'pingplay-state' };
    const [head, body, signature] = answer.text.split('.');
    const hostile = {
      'a key of his own': [signJws(own, header, forged), /state: .*signature/],
      'a key that nobody vouches for': [signJws(own, { ...header, kid: 'mine' }, forged), /state: .*key/],
      'no signature at all': [`${encode({ alg: 'none', ...header })}.${encode(forged)}.`, /state: .*(alg|none|signature)/],
      'a secret that is public': [signJws(own, { ...header, alg: 'HS256' }, forged), /state: .*HS256/],
      'his key in the header': [signJws(own, { ...header, jwk: { kty: 'EC' } }, forged), /state: .*jwk/],
      'an extension that is not known': [signJws(own, { ...header, crit: ['b64'], b64: false }, forged), /state: .*(crit|b64)/],
      'an honest signature of something else': [`${head}.${encode(forged)}.${signature}`, /state: .*signature/],
      'the state of another screen': [answer.text, /state: .*another device/],
      'a document of another kind': [`${encode({ alg: 'ES256', ...header, typ: 'pingplay-agreement-key' })}.${body}.${signature}`, /state: .*typ/],
    };
    await headend.stopServing();
    let token;
    const impostor = await startImpostor(headend, () => token);
    t.after(() => impostor.stop());
    for (const [name, [what, said]] of Object.entries(hostile)) {
      token = what;
      const from = display.agent.log.length;
      await display.stopAgent();
      await display.startAgent();
      await display.agent.waitLog(new RegExp(`state-refused: ${said.source}`)).catch((error) => { throw new Error(`${name}: ${error.message}`); });
      assert.doesNotMatch(display.agent.log, /-> (online|locked)/, name);
      assert.ok(from > 0);
    }
    await display.agent.waitLog(/content is on the screen/);
    assert.ok(shows('red')(await display.screenshot()));
    impostor.stop();
    await headend.startServing();
    await display.agent.waitLog(/-> online/, 0, 150000);
    await headend.publish('lobby', [path.join(dir, 'blue.png')]);
    await display.waitPicture(shows('blue'), 'what is published');
  });

  test('is darkened by nobody else: a refusal counts that the control key has signed for this request', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const { keys: [control] } = controlKeys(headend);
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const problem = (refusal) => JSON.stringify({ type: 'urn:pingplay:problem:screen-retired', title: 'Forbidden', status: 403,
      detail: 'this screen is retired here', code: 'screen-retired', refusal });
    // a real one, for another screen that the impostor was, with the nonce that it sent
    const spy = await enrolDevice(headend, { name: 'Spy' });
    await headend.cli('screen', 'retire', spy.id);
    const refused = (nonce) => headend.request('POST', '/v1/session', { ...sessionRequest(spy),
      headers: { 'content-type': 'application/jose', ...nonce && { 'pingplay-nonce': nonce } } });
    const nonce = 'AAECAwQFBgcICQoLDA0ODw';
    const real = await refused(nonce);
    assert.equal(real.status, 403);
    const payload = JSON.parse(verifyJws(real.json().refusal, { keys: [control] }, 'pingplay-refusal'));
    assert.deepEqual({ ...payload, iat: 0 }, { aud: spy.id, iat: 0, nonce, reason: 'retired' });
    assert.ok(Math.abs(payload.iat - Date.now() / 1000) < 60);
    for (const none of [undefined, 'no nonce', 'x'.repeat(65)]) assert.equal((await refused(none)).json().refusal, undefined);
    const forge = (asked) => signJws(own, { kid: control.kid, typ: 'pingplay-refusal' },
      JSON.stringify({ aud: id, iat: 1, nonce: asked, reason: 'retired' }));
    const hostile = {
      'none at all': [() => problem(), /session: HTTP 403/],
      'a signature of his own': [(asked) => problem(forge(asked)), /refusal-ignored: refusal: .*signature/],
      'the refusal of another screen': [() => problem(real.json().refusal), /refusal-ignored: refusal: .*(aud|nonce)/],
    };
    await headend.stopServing();
    const seen = new Set();
    let answer;
    const file = (name) => readFile(path.join(headend.dir, name));
    const server = https.createServer({ cert: await file('server.pem'), key: await file('server.key') }, (request, response) => {
      request.resume();
      const asked = request.headers['pingplay-nonce'];
      if (/^\/v1\/(session|state)$/.test(request.url)) {
        assert.match(asked, /^[\w-]{22}$/);
        assert.ok(!seen.has(asked), 'no nonce comes twice');
        seen.add(asked);
      }
      response.writeHead(403, { 'content-type': 'application/problem+json' }).end(answer(asked));
    });
    await new Promise((resolve) => { server.listen(headend.port, resolve); });
    t.after(() => { server.close(); server.closeAllConnections(); });
    for (const [name, [what, said]] of Object.entries(hostile)) {
      answer = what;
      await display.stopAgent();
      await rm(path.join(display.stateDir, 'vault/device-cookie.0'), { force: true });
      await rm(path.join(display.stateDir, 'vault/device-cookie.1'), { force: true });
      await display.startAgent();
      await display.agent.waitLog(said).catch((error) => { throw new Error(`${name}: ${error.message}`); });
      await display.agent.waitLog(/content is on the screen/);
      assert.doesNotMatch(display.agent.log, /-> locked/, name);
      assert.ok(shows('red')(await display.screenshot()), name);
    }
    server.close();
    server.closeAllConnections();
    // The headend's own word is obeyed, also by a screen that was told lies before.
    await headend.startServing();
    await headend.cli('screen', 'retire', id);
    await display.stopAgent();
    await display.startAgent();
    await display.agent.waitLog(/-> locked/);
  });

  test('follows a new control key by itself, whether it was on or off when that came', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const kid = () => controlKeys(headend).keys.map((key) => key.kid);
    const [first] = kid();
    async function replaceControlKey() {
      await headend.stopServing();
      await rm(path.join(headend.dir, 'keys/control.pem'));
      await rm(path.join(headend.dir, 'repo/targets/keys'), { recursive: true });
      await headend.startServing();
      await until(() => { try { return kid().length; } catch { return false; } }, 'the new key in the repository');
    }
    await replaceControlKey();
    assert.notEqual(kid()[0], first);
    const from = display.agent.log.length;
    await headend.cli('screen', 'set', id, '--name', 'Second');
    await until(async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.state_version >= 2, 'the state under the new key');
    assert.doesNotMatch(display.agent.log.slice(from), /-> locked/);
    // off meanwhile, and two keys later
    await display.stopAgent();
    await replaceControlKey();
    await replaceControlKey();
    await headend.publish('lobby', [path.join(dir, 'blue.png')]);
    await display.startAgent();
    await display.waitPicture(shows('blue'), 'what was published meanwhile');
    await display.agent.waitLog(/-> online/);
    // retired meanwhile, by a key that it does not know yet: what it needs to know that is not kept from it, and nothing else is given
    await display.stopAgent();
    await replaceControlKey();
    await headend.cli('screen', 'retire', id);
    await display.startAgent();
    await display.agent.waitLog(/-> locked/, 0, 150000);
    const spy = await enrolDevice(headend, { name: 'Spy', channel: 'lobby' });
    const asked = async (place) => (await headend.request('GET', `/repo/${place}`, { device: { ...spy, cookie: undefined } })).status;
    const [keys] = await readdir(path.join(headend.dir, 'repo/targets/keys'));
    const [manifest] = await readdir(path.join(headend.dir, 'repo/targets/channels/lobby'));
    const places = ['metadata/timestamp.json', `targets/keys/${keys}`, `targets/channels/lobby/${manifest}`];
    assert.deepEqual(await Promise.all(places.map(asked)), [200, 200, 200]);
    await headend.cli('screen', 'retire', spy.id);
    assert.deepEqual(await Promise.all(places.map(asked)), [200, 200, 403]);
    const stranger = await Promise.all(places.map(async (place) => (await headend.request('GET', `/repo/${place}`)).status));
    assert.deepEqual(stranger, [401, 401, 401]);
  });

  test('holds the key of its channel back from whoever reads its flash, and announces its own', async (t) => {
    const { headend, display } = await startScreen(t);
    const key = await headend.channelKey('lobby');
    assert.equal(key.length, 32);
    await display.stopAgent();
    for (const entry of await readdir(display.stateDir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = await readFile(path.join(entry.path, entry.name));
      for (const text of [key, key.toString('base64url'), key.toString('hex')]) assert.ok(!bytes.includes(text), entry.name);
    }
    assert.ok(!display.agent.log.includes(key.toString('base64url')) && !display.agent.log.includes(key.toString('hex')));
  });
});
