// The certificate authority that a screen trusts is replaced by another, and the one before is trusted no longer: by the
// word of the repository, or of an EST server that has no such word, while the content stays on the screen.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { crossSigned, follower, nameAuthorities, nameOf, ownAuthority, serverOf, shortOf } from './lib/authorities.mjs';
import { ctlJson } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { Authority, certsOnly } from './lib/pki.mjs';
import { near } from './lib/png.mjs';

const red = (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), [254, 0, 0]);

let dir;
before(async () => { dir = await mkdtemp(path.join(tmpdir(), 'pingplay-authority-')); });
after(() => rm(dir, { recursive: true, force: true }));

// A headend and an enrolled screen that shows red; the repository says nothing of authorities, unless it is to be the
// headend's own word.
async function startWorld(t, config = ['renewal-spread = 0'], { own = false } = {}) {
  const world = { dir: await mkdtemp(path.join(dir, 'world-')) };
  world.headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  t.after(() => world.headend.stop());
  await world.headend.publish('lobby', [await makeImage(world.dir, 'red.png', 'red')]);
  if (!own) await nameAuthorities(world.headend, null);
  world.old = await ownAuthority(world.headend, world.dir);
  world.next = follower(world.dir, 'Next', world.old);
  world.display = await startDisplay(world.headend, { config: ['[headend]', ...config] });
  t.after(() => world.display.stop());
  const { code, fingerprint } = await world.display.waitCode();
  world.id = await world.headend.approve(code, { fingerprint, name: 'Screen', channel: 'lobby' });
  await world.display.waitContent();
  await world.display.waitPicture(red, 'a red picture');
  return world;
}

async function restartAgent({ display }, signal = 'SIGTERM') {
  await display.stopAgent(signal);
  await display.startAgent();
}

const trusted = async ({ display }) => (await ctlJson(display, 'status')).authorities.map(({ fingerprint }) => fingerprint);

// In the headend's place, with that certificate: what it gets to see, after TLS.
async function impostor(t, { headend }, { cert, key }) {
  const server = tls.createServer({ cert, key });
  const seen = { bytes: 0, hellos: 0 };
  server.on('connection', () => { seen.hellos += 1; });
  server.on('secureConnection', (socket) => socket.on('data', (data) => { seen.bytes += data.length; }).on('error', () => {}));
  server.on('tlsClientError', () => {});
  server.listen(headend.port);
  await once(server, 'listening');
  seen.stop = () => new Promise((resolve) => { server.close(resolve); });
  t.after(() => server.listening && seen.stop());
  return seen;
}

describe('by the word of the repository', () => {
  test('an authority is accepted and the one before retired: whoever has its key gets not a byte', async (t) => {
    const world = await startWorld(t, ['renewal-spread = 86400']);
    const { headend, display, old, next } = world;
    await nameAuthorities(headend, { listed: [next, old], issuing: next, retired: [] });
    await restartAgent(world);
    await display.agent.waitLog(new RegExp(`authority-accepted: ${shortOf(next)} "${nameOf(next)}", valid until `));
    assert.deepEqual(await trusted(world), [shortOf(next), shortOf(old)]);

    // The server goes on with the old one, and with it the last connection to it that is ever made.
    await nameAuthorities(headend, { listed: [next], issuing: next, retired: [old] });
    await restartAgent(world);
    await display.agent.waitLog(new RegExp(`authority-retired: ${shortOf(old)} `));
    await display.agent.waitLog(/content is on the screen/);
    assert.deepEqual(await trusted(world), [shortOf(next)]);

    await headend.stopServing();
    // With what anybody may have: OldWithNew would lead from the old key to what is trusted.
    for (const [links, says] of [[[], 'unknown authority'], [[await crossSigned(next, old)], 'unknown authority'],
      [[await crossSigned(old, next)], 'authority that was retired']]) {
      const { cert, key } = serverOf(old);
      const seen = await impostor(t, world, { cert: Buffer.concat([cert, ...links]), key });
      await restartAgent(world);
      const [, why] = await display.agent.waitLog(/security-tls: (.*)/);
      assert.match(why, new RegExp(`its certificate comes from an ${says}`));
      assert.ok(seen.hellos > 0);
      assert.equal(seen.bytes, 0);
      await seen.stop();
    }
    assert.ok(red(await display.screenshot()));
  });
});

// Answers one question of EST's at the headend's address, with a certificate that the screen trusts, and nothing else.
async function estServer(t, { headend, old }, answer) {
  const { cert, key } = serverOf(old);
  const server = https.createServer({ cert, key }, (request, response) => {
    if (request.url !== '/.well-known/est/cacerts') return response.writeHead(503).end();
    return response.writeHead(200, { 'content-type': 'application/pkcs7-mime' }).end(answer.toString('base64'));
  });
  await headend.stopServing();
  server.listen(headend.port);
  await once(server, 'listening');
  const stop = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  t.after(() => server.listening && stop());
  return { stop };
}

describe('by the word of an EST server, where the repository has none', () => {
  test('a new root is accepted only with what the old one has signed for it', async (t) => {
    const world = await startWorld(t);
    const { headend, display, old, next } = world;
    const stranger = new Authority(world.dir, 'Stranger');
    const name = `"${nameOf(next)}"`;
    const hear = async (list, pattern) => {
      const server = await estServer(t, world, certsOnly(list, world.dir));
      await restartAgent(world);
      const match = await display.agent.waitLog(pattern);
      await server.stop();
      return match;
    };
    const named = await hear([old.pem(), next.pem()], /authority-refused: .*vouches for: (.*)/);
    assert.equal(named[1], name);
    assert.deepEqual(await trusted(world), [shortOf(old)]);
    const foreign = stranger.sign(stranger.request(next.key, nameOf(next)), { extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'] });
    assert.equal((await hear([old.pem(), next.pem(), foreign], /authority-refused: .*vouches for: (.*)/))[1], name);
    assert.deepEqual(await trusted(world), [shortOf(old)]);
    // One that the old one has made below it becomes no root.
    const below = new Authority(world.dir, 'Below');
    const inferior = await hear([old.pem(), below.pem(), await crossSigned(below, old)], /authority-refused: .*vouches for: (.*)/);
    assert.equal(inferior[1], '"Below"');
    assert.deepEqual(await trusted(world), [shortOf(old)]);

    // Then a server by the new one alone is trusted, also after a kill.
    await hear([old.pem(), next.pem(), await crossSigned(next, old)], new RegExp(`authority-accepted: ${shortOf(next)} "${nameOf(next)}"`));
    const server = await estServer(t, { headend, old: next }, certsOnly([old.pem(), stranger.pem()], world.dir));
    await restartAgent(world, 'SIGKILL');
    await display.agent.waitLog(/authority-refused: .*vouches for: "Stranger"/);
    await display.agent.waitLog(/content is on the screen/);
    assert.deepEqual(await trusted(world), [shortOf(next), shortOf(old)]);
    await server.stop();
    assert.ok(red(await display.screenshot()));
  });
});

describe('by a headend that replaces its own', () => {
  const list = async (headend) => JSON.parse(await headend.cli('ca', 'list', '--json'));
  const issuing = async (headend) => (await list(headend)).find(({ state }) => state === 'issuing');

  // All that a screen does for it, up to a certificate of the newest: the headend knows it by its use.
  async function waitRenewed({ headend }) {
    await until(async () => (await issuing(headend)).screens === 1, 'a certificate of the newest authority in use');
  }

  const blue = (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), [0, 0, 254]);

  // A publish has the screen look at the repository, which it does once an hour by itself.
  const publish = async ({ headend, dir: folder }, colour) => headend.publish('lobby', [await makeImage(folder, `${colour}.png`, colour)]);

  test('a rotation and a retirement pass while the screen plays on, and the old key is worth nothing', async (t) => {
    const world = await startWorld(t, ['renewal-spread = 0'], { own: true });
    const { headend, display, old } = world;
    await headend.cli('ca', 'rotate');
    await publish(world, 'blue');
    await display.agent.waitLog(/authority-accepted: /);
    await waitRenewed(world);
    await display.waitPicture(blue, 'a blue picture');
    await headend.cli('ca', 'retire', shortOf(old));
    await publish(world, 'red');
    await display.agent.waitLog(new RegExp(`authority-retired: ${shortOf(old)} `));
    await display.waitPicture(red, 'a red picture');
    assert.deepEqual(await trusted(world), [(await issuing(headend)).fingerprint.slice(0, 16)]);
    assert.doesNotMatch(display.agent.log.split('authority-accepted')[1], /-> (locked|enrolling|unenrolled)|security-tls/);

    await headend.stopServing();
    const seen = await impostor(t, world, serverOf(old));
    await restartAgent(world);
    await display.agent.waitLog(/security-tls: .*unknown authority/);
    assert.ok(seen.hellos > 0);
    assert.equal(seen.bytes, 0);
    await seen.stop();
    await headend.startServing();
    await display.agent.waitLog(/-> online/);
    await publish(world, 'blue');
    await display.waitPicture(blue, 'a blue picture');
  });

  test('a screen that is off for two rotations, or killed in the midst of one, comes to the newest', async (t) => {
    const world = await startWorld(t, ['renewal-spread = 0'], { own: true });
    const { headend, display } = world;
    await display.stopAgent();
    await headend.cli('ca', 'rotate');
    await headend.cli('ca', 'rotate');
    // Each kill at what the screen has just said: what it trusts is on flash by then, or comes again.
    for (const pattern of [/starting -> connecting/, /authority-accepted/, /-> online/]) {
      await display.startAgent();
      await display.agent.waitLog(pattern);
      await display.stopAgent('SIGKILL');
    }
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    await waitRenewed(world);
    assert.equal((await trusted(world)).length, 3);
    await publish(world, 'blue');
    await display.waitPicture(blue, 'a blue picture');
  });
});
