// The agent when things go wrong around it: a channel that goes and comes back, a headend that refuses the screen, a full
// flash, a manifest that kills it; and SIGTERM in every state.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, cp, mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startHeadend } from './lib/headend.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { makeImage, makeVideo, padVideo } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const run = promisify(execFile);
const RED = [254, 0, 0];
const BLUE = [0, 0, 254];
const WHITE = [255, 255, 255];
const STOP_MS = 2000; // design, section 10

let headend;
let display;
let dir;
let id;

const middleIs = (colour) => (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), colour);
const middleIsNot = (colour) => (picture) => !middleIs(colour)(picture);
const sql = (text) => run('sqlite3', ['-cmd', '.timeout 5000', path.join(headend.dir, 'headend.db'), text]);

// The state folder on a flash of its own, of `size` KiB.
async function moveToFlash(size) {
  await display.stopAgent();
  await rename(display.stateDir, `${display.stateDir}.old`);
  await mkdir(display.stateDir);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size}k,mode=700`, 'tmpfs', display.stateDir]);
  await cp(`${display.stateDir}.old`, display.stateDir, { recursive: true });
}

async function moveFromFlash() {
  await display.stopAgent();
  await run('umount', [display.stateDir]);
  await rm(display.stateDir, { recursive: true });
  await rename(`${display.stateDir}.old`, display.stateDir);
  await display.startAgent();
}

// To the last byte.
async function fill(file) {
  const handle = await open(file, 'w');
  try {
    for (const page = Buffer.alloc(4096); ;) await handle.appendFile(page);
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  } finally {
    await handle.close();
  }
}

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-agent-'));
  headend = await startHeadend();
  await headend.publish('lobby', [await makeImage(dir, 'red.png', 'red')]);
  display = await startDisplay(headend);
  const { code } = await display.waitCode();
  id = await headend.approve(code, { name: 'Troubled', channel: 'lobby' });
  await display.waitContent();
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

test('a channel that is taken away leaves the screen, also after a restart, and comes back', async () => {
  await headend.cli('screen', 'set', id, '--channel', '');
  await display.waitPicture(middleIsNot(RED), 'the welcome screen');
  await headend.stopServing();
  await display.stopAgent();
  await display.stopPlayer();
  await display.startPlayer();
  await display.startAgent();
  await display.agent.waitLog(/-> offline/);
  assert.ok(middleIsNot(RED)(await display.screenshot()));
  await headend.startServing();
  await display.agent.waitLog(/-> online/);
  await headend.cli('screen', 'set', id, '--channel', 'lobby');
  await display.waitPicture(middleIs(RED), 'the channel that came back');
});

test('a retired screen is locked, and neither a cut cable nor a restart opens it', async () => {
  const from = display.agent.log.length;
  await headend.cli('screen', 'retire', id);
  await display.agent.waitLog(/-> locked/, from);
  await display.waitPicture(middleIsNot(RED), 'the neutral screen');
  await headend.stopServing();
  await display.agent.waitLog(/connection: /, display.agent.log.length);
  assert.doesNotMatch(display.agent.log.slice(from), /-> offline/);
  await display.stopAgent();
  await display.startAgent();
  await display.agent.waitLog(/session: |connection: /);
  assert.doesNotMatch(display.agent.log, /-> (offline|connecting)/);
  assert.ok(middleIsNot(RED)(await display.screenshot()));
  await sql(`UPDATE device SET status = 'active' WHERE id = '${id}'`);
  await headend.startServing();
  await display.waitPicture(middleIs(RED), 'the content once it is accepted again');
});

test('a full flash keeps the content on the screen, also through a restart, and is told', async (t) => {
  if (process.getuid() !== 0) return t.skip('mounting needs root');
  await moveToFlash(4096);
  try {
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    await display.waitContent();
    const filler = path.join(display.stateDir, 'filler');
    await fill(filler);
    await headend.cli('screen', 'set', id, '--name', 'Full');
    await display.agent.waitLog(/state-not-kept: .*No space left/);
    const blue = await makeImage(dir, 'blue.png', 'blue');
    await appendFile(blue, randomBytes(1024 * 1024)); // behind the picture's end: more than may become free meanwhile
    await headend.publish('lobby', [blue]);
    await display.agent.waitLog(/sync-failed: .*(No space left|bytes more)/);
    await until(async () => /No space left|bytes more/.test(JSON.parse(await headend.cli('screen', 'show', id)).report?.trouble),
      'the trouble in the status that the headend has');
    await display.stopAgent();
    await display.startAgent();
    await display.waitContent();
    await display.waitPicture(middleIs(RED), 'the content of before');
    await rm(filler);
    await headend.cli('screen', 'set', id, '--name', 'Not full');
    await display.waitPicture(middleIs(BLUE), 'the new content, once there is room');
  } finally {
    await moveFromFlash();
  }
  return undefined;
});

test('a flash that went read-only keeps the content on the screen, also through a restart', async (t) => {
  if (process.getuid() !== 0) return t.skip('mounting needs root');
  await display.agent.waitLog(/switched: /);
  await display.waitPicture(middleIs(BLUE), 'the content that is newest');
  await moveToFlash(4096);
  try {
    await run('mount', ['-o', 'remount,ro', display.stateDir]);
    await display.stopPlayer();
    await display.startPlayer();
    await display.startAgent();
    await display.waitContent();
    await display.waitPicture(middleIs(BLUE), 'the cached content');
    await display.agent.waitLog(/-> online/);
  } finally {
    await moveFromFlash();
  }
  return undefined;
});

test('after three crashes of the same manifest the one before is shown', async () => {
  await headend.publish('lobby', [path.join(dir, 'red.png')]);
  await display.waitPicture(middleIs(RED), 'the newest content');
  await display.stopAgent(); // in good order: the count begins anew
  for (let start = 0; start < 3; start++) {
    await display.startAgent();
    await display.waitContent();
    await display.stopAgent('SIGKILL');
  }
  await display.startAgent();
  await display.agent.waitLog(/manifest-set-aside: /);
  await display.waitPicture(middleIs(BLUE), 'the content before');
  await headend.publish('lobby', [await makeImage(dir, 'white.png', 'white')]);
  await display.waitPicture(middleIs(WHITE), 'what was published after that');
});

test('after three players that died of the same manifest the one before is shown', async () => {
  await headend.publish('lobby', [path.join(dir, 'red.png')]);
  await display.waitPicture(middleIs(RED), 'the newest content');
  for (let death = 0; death < 3; death++) {
    await display.stopPlayer('SIGKILL');
    await display.startPlayer();
    await display.player.waitLog(/agent connected/);
  }
  await display.agent.waitLog(/manifest-set-aside: /);
  await display.waitPicture(middleIs(WHITE), 'the content before');
});

test('a screen that lost its certificate shows its code above the cached content, and is enrolled anew', async () => {
  await headend.cli('screen', 'set', id, '--name', 'Of a higher version');
  await display.agent.waitLog(/-> online/);
  await display.stopAgent();
  for (const generation of [0, 1]) await rm(path.join(display.stateDir, `vault/certificate.${generation}`), { force: true });
  await display.startAgent();
  const { code } = await display.waitCode();
  await display.waitPicture((picture) => !near(picture.at(4, 4), WHITE), 'the code');
  id = await headend.approve(code, { name: 'Anew', channel: 'lobby' });
  await display.agent.waitLog(/-> online/);
  await display.waitPicture(middleIs(WHITE), 'the content');
  assert.doesNotMatch(display.agent.log, /state-refused/);
});

// A display whose headend is at `port` of this machine; it is stopped once `ready` has come about.
async function stopsInTime(name, url, ready) {
  const other = await startDisplay(headend, { url });
  try {
    await ready(other);
    const from = Date.now();
    assert.deepEqual(await other.stopAgent(), { code: 0, signal: null }, name);
    assert.ok(Date.now() - from < STOP_MS, `${name}: ${Date.now() - from} ms`);
    assert.equal((await other.renderers()).length, 0, `${name}: no renderer is left`);
  } finally {
    await other.stop();
  }
}

test('SIGTERM ends it in good order within 2 s, whatever it waits for', async () => {
  const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const connected = new Promise((resolve) => { silent.once('connection', resolve); });
  await stopsInTime('in the TLS handshake', `https://localhost:${silent.address().port}`, () => connected);
  silent.close();
  await stopsInTime('without an answer to SYN', 'https://192.0.2.1', (other) => other.agent.waitLog(/display \d/));
  await stopsInTime('with a code on the screen', headend.url, (other) => other.waitCode());
  const padded = await padVideo(await makeVideo(dir, 'small.mp4', 'green', 1), path.join(dir, 'large.mp4'), 48 * 1024 * 1024);
  const before = display.agent.log.length;
  await headend.publish('lobby', [padded]);
  await until(async () => (await readdir(path.join(display.stateDir, 'partial'))).length, 'a download');
  const from = Date.now();
  assert.deepEqual(await display.stopAgent(), { code: 0, signal: null });
  assert.ok(Date.now() - from < STOP_MS, `in a download: ${Date.now() - from} ms`);
  assert.doesNotMatch(display.agent.log.slice(before), /switched: /, 'it was stopped before the end of the download');
});
