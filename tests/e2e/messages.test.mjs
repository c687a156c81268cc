// Urgent messages: from the headend over everything that a screen shows, at once, and until their end, whatever becomes of
// network, player and agent meanwhile.
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { shows, startScreen } from './lib/access.mjs';
import { until } from './lib/display.mjs';
import { clockAway } from './lib/faketime.mjs';
import { enrolDevice, statePayload } from './lib/headend.mjs';
import { signJws } from './lib/jose.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

// The grounds of firmware/render/status/alert.c.
const GROUNDS = { info: [11, 58, 111], warning: [255, 196, 0], severe: [168, 0, 16], extreme: [138, 0, 14] };
// Neither words nor stripes stand there: left of the middle in 640x360, and of a band at the foot.
const isFull = (severity) => (shot) => near(shot.at(20, shot.height >> 1), GROUNDS[severity], 8);
const isBand = (severity) => (shot) => shows(shot) && near(shot.at(6, shot.height - 40), GROUNDS[severity], 8);
const goesOn = (shot) => shows(shot) && near(shot.at(6, shot.height - 40), [254, 0, 0]);
const soon = (seconds) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+/, '');

// RFC 7638, as the headend names its control keys.
const kidOf = (key) => { const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' }); return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url'); };

describe('urgent messages', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-messages-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function start(t, options = {}) {
    const screen = await startScreen(t, { picture: path.join(dir, 'red.png'), ...options });
    await screen.display.waitPicture(shows, 'the first content');
    await screen.display.agent.waitLog(/-> online/);
    return screen;
  }

  const send = async (headend, ...words) => (await headend.cli('message', 'send', ...words)).slice(0, 36);
  const show = async (headend, id) => JSON.parse(await headend.cli('message', 'show', id));

  test('one is up within the same long poll, over all of the display or as a band, and goes when it is cancelled', async (t) => {
    const { headend, display, id } = await start(t);
    const first = await send(headend, '--all', '--severity', 'extreme', '--title', 'Leave the building', '--text', 'Use the stairs.', '--for', '1h');
    await display.waitPicture(isFull('extreme'), 'the message');
    const told = await until(async () => {
      const message = await show(headend, first);
      return message.shown === 1 && message;
    }, 'the screen in the list of those that show it');
    assert.deepEqual(told.recipients.map(({ id: screen, shown }) => [screen, shown]), [[id, true]]);
    assert.deepEqual([told.state, told.screens, told.style, told.sound], ['running', 1, 'full', 'mute']);
    // a band is less severe: it waits
    const second = await send(headend, '--screen', id, '--severity', 'info', '--title', 'The café closes at 17:00', '--for', '1h');
    await headend.cli('message', 'cancel', first);
    await display.waitPicture(isBand('info'), 'the band, and the content above it');
    await until(async () => (await show(headend, first)).shown === 0, 'that it is not shown any more');
    assert.equal((await show(headend, first)).state, 'cancelled');
    await headend.cli('message', 'cancel', second);
    await display.waitPicture(goesOn, 'the content alone');
    await headend.cli('message', 'cancel', second); // again, and nothing comes of it
    const events = (await headend.cli('screen', 'events', id)).split('\n').filter((line) => line.includes('message-'));
    assert.ok(events.length >= 2, events.join('\n'));
  });

  test('one that has begun ends by itself without a network, and through restarts of the agent and the player', async (t) => {
    const { headend, display } = await start(t);
    const begun = Date.now();
    await send(headend, '--all', '--severity', 'severe', '--title', 'Storm', '--until', soon(25));
    await display.waitPicture(isFull('severe'), 'the message');
    await headend.stopServing();
    await display.stopAgent('SIGKILL');
    await display.startAgent();
    await display.agent.waitLog(/message-shown/);
    assert.ok(isFull('severe')(await display.screenshot()), 'it is up again');
    await display.stopPlayer();
    await display.startPlayer();
    await display.waitPicture(isFull('severe'), 'the message on a player that has just come');
    assert.ok(Date.now() - begun < 24000, 'the test itself was too slow to say anything');
    await display.waitPicture(shows, 'the content again');
    assert.ok(Date.now() - begun > 23000, `it ended after ${Date.now() - begun} ms`);
    await display.agent.waitLog(/message-ended: .*its end has come/);
  });

  for (const away of ['+3h', '-3h']) test(`a screen whose clock is ${away} away shows one, and ends it in time`, async (t) => {
    const agentEnv = await clockAway(away);
    const { headend, display } = await start(t, { display: { agentEnv } });
    const begun = Date.now();
    await send(headend, '--all', '--severity', 'severe', '--title', 'Storm', '--until', soon(12));
    await display.waitPicture(isFull('severe'), 'the message');
    await display.waitPicture(shows, 'the content again');
    assert.ok(Date.now() - begun > 10000, `it ended after ${Date.now() - begun} ms`);
  });

  test('the words are those of the screen\'s language, and another one\'s where there are none', async (t) => {
    const { headend, display, id } = await start(t);
    await send(headend, '--all', '--severity', 'warning', '--style', 'full', '--title', 'Stop', '--title', 'fr=Arrêtez', '--for', '1h');
    const print = (shot) => [...Array(40 * 40).keys()].map((i) => shot.at(160 + (i % 40) * 8, 80 + Math.floor(i / 40) * 5)[0]).join();
    let drawn;
    const isAnother = (shot) => isFull('warning')(shot) && print(shot) !== drawn;
    drawn = print(await display.waitPicture((shot) => isFull('warning')(shot), 'the words in English'));
    const english = drawn;
    await headend.cli('screen', 'set', id, '--locale', 'fr');
    drawn = print(await display.waitPicture(isAnother, 'those in French'));
    await headend.cli('screen', 'set', id, '--locale', 'en');
    await display.waitPicture((shot) => print(shot) === english, 'those in English again, of the same message');
  });

  // In the headend's place, with its TLS key: answers states with what `state` gives.
  async function startImpostor(headend, state) {
    const file = (name) => readFile(path.join(headend.dir, name));
    let asked = 0;
    const server = https.createServer({ cert: await file('server.pem'), key: await file('server.key') }, (request, response) => {
      request.resume();
      if (request.url === '/v1/session') response.writeHead(204, { 'set-cookie': '__Host-pingplay=impostor; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=86400' }).end();
      else if (request.url === '/v1/state') response.writeHead(200, { 'content-type': 'application/jose', etag: `"${++asked}"` }).end(state());
      else response.writeHead(request.url.startsWith('/repo/') ? 503 : 204).end();
    });
    await new Promise((resolve) => { server.listen(headend.port, resolve); });
    return { stop: () => { server.close(); server.closeAllConnections(); } };
  }

  test('none is shown that the control key of today has not signed for this screen, or of which anything is wrong', async (t) => {
    const { headend, display, id } = await start(t);
    const pem = () => readFile(path.join(headend.dir, 'keys/control.pem'));
    const formerKey = createPrivateKey(await pem());
    await headend.cli('rotate-keys', 'control');
    await headend.cli('screen', 'set', id, '--name', 'By the new key');
    await display.agent.waitLog(/key-changed: control keys/);
    const controlKey = createPrivateKey(await pem());
    const kid = kidOf(controlKey);
    const spy = await enrolDevice(headend, { name: 'Spy', channel: 'lobby' });
    const honest = statePayload(headend, await headend.request('GET', '/v1/state', { device: spy }));
    const now = Math.floor(Date.now() / 1000);
    const message = { id: '4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f', severity: 'extreme', style: 'full', sound: 'mute', from: now, until: now + 3600, texts: [{ language: 'en', title: 'Obey' }] };
    const made = (messages, more = {}) => JSON.stringify({ ...honest, aud: id, version: honest.version + 100, channel: null, messages, ...more });
    const sign = (text, key = controlKey, by = kid) => signJws(key, { kid: by, typ: 'pingplay-state' }, text);
    const text = (more) => [{ ...message, texts: [{ ...message.texts[0], ...more }] }];
    const wrong = /state: messages: /;
    const hostile = {
      'a key of his own': [sign(made([message]), generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey), /state: .*signature/],
      'a former control key': [sign(made([message]), formerKey, kidOf(formerKey)), /state: .*key/],
      'no signature': [`${Buffer.from(JSON.stringify({ alg: 'none', kid, typ: 'pingplay-state' })).toString('base64url')}.${Buffer.from(made([message])).toString('base64url')}.`, /state: .*(alg|none|signature)/],
      'one for another screen': [sign(made([message], { aud: spy.id })), /state: .*another device/],
      'a title that is too long': [sign(made(text({ title: 'x'.repeat(161) }))), wrong],
      'a text that is too long': [sign(made(text({ text: 'x'.repeat(601) }))), wrong],
      'a control character': [sign(made(text({ title: 'a\u0007b' }))), wrong],
      'too many': [sign(made([1, 2, 3, 4, 5].map((n) => ({ ...message, id: `${message.id.slice(0, -1)}${n}` })))), /state: .*messages/],
      'no end': [sign(made([{ ...message, until: undefined }])), wrong],
      'an end in a year': [sign(made([{ ...message, until: now + 365 * 86400 }])), wrong],
      'no list': [sign(made(message)), /state: .*messages/],
    };
    await headend.stopServing();
    let token = sign(made([{ ...message, severity: 'mild' }]));
    const impostor = await startImpostor(headend, () => token);
    t.after(() => impostor.stop());
    for (const [name, [what, said]] of Object.entries(hostile)) {
      token = what;
      await display.stopAgent();
      await display.startAgent();
      await display.agent.waitLog(new RegExp(`state-refused: ${said.source}`)).catch((error) => { throw new Error(`${name}: ${error.message}`); });
      assert.doesNotMatch(display.agent.log, /message-shown/, name);
    }
    await display.agent.waitLog(/content is on the screen/);
    assert.ok(shows(await display.screenshot()));
    // and the way itself works
    token = sign(made([message]));
    await display.stopAgent();
    await display.startAgent();
    await display.agent.waitLog(/message-shown: 4f0c2f9e/);
    await display.waitPicture(isFull('extreme'), 'the one that is signed');
  });

  test('a renderer that dies is started again, and a screen that was retired shows none', async (t) => {
    const { headend, display, id } = await start(t);
    await send(headend, '--all', '--severity', 'severe', '--title', 'Storm', '--for', '1h');
    await display.waitPicture(isFull('severe'), 'the message');
    const program = async ({ pid }) => [pid, await readlink(`/proc/${pid}/exe`).catch(() => '')];
    const one = async () => (await Promise.all((await display.renderers()).map(program))).filter(([, exe]) => exe.endsWith('-render-status')).map(([pid]) => pid);
    const [pid] = await until(async () => { const all = await one(); return all.length === 1 && all; }, 'its renderer');
    process.kill(pid, 'SIGKILL');
    await until(async () => { const [now] = await one(); return now && now !== pid; }, 'another renderer');
    await display.waitPicture(isFull('severe'), 'the message again');
    await headend.cli('screen', 'retire', id);
    await display.agent.waitLog(/-> locked/);
    await display.waitPicture((shot) => !isFull('severe')(shot) && !shows(shot), 'the code of a screen that nobody knows');
  });
});
