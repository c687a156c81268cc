// The agent when things go wrong around it: a channel that goes and comes back, a headend that refuses the screen, a full
// flash, a manifest that kills it; and SIGTERM in every state.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, cp, mkdir, mkdtemp, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { startDisplay, tellsTrouble, until } from './lib/display.mjs';
import { makeImage, makeVideo, padVideo } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const run = promisify(execFile);
const COLOURS = { red: [254, 0, 0], blue: [0, 0, 254], white: [255, 255, 255] };
const STOP_MS = 8000; // less than any of what it could wait for; design, section 10, has 2 s, on a machine that does nothing else

let headend;
let dir;
let screens = 0;

const shows = (colour) => (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), COLOURS[colour]);
const showsNot = (colour) => (picture) => !shows(colour)(picture);
// Something is written or drawn on a plain ground.
const hasWords = (shot) => Array.from({ length: shot.width * shot.height }, (_, i) => shot.at(i % shot.width, Math.floor(i / shot.width)))
  .some((pixel) => !near(pixel, shot.at(4, 4), 64));
// The offline mark (firmware/player/compose.c): its orange stroke, in the lower right corner.
const hasMark = (shot) => Array.from({ length: 16 * 16 }, (_, i) => shot.at(shot.width - 1 - (i % 16), shot.height - 1 - (i >> 4)))
  .some((pixel) => near(pixel, [242, 163, 58], 16));
const picture = (colour) => path.join(dir, `${colour}.png`);

// A screen for one test, with a channel of its own, which shows `colour`.
async function startScreen(t, colour, options) {
  const channel = `channel-${++screens}`;
  await headend.publish(channel, [picture(colour)]);
  const display = await startDisplay(headend, options);
  t.after(() => display.stop());
  const { code } = await display.waitCode();
  const id = await headend.approve(code, { name: 'Troubled', channel });
  await display.waitContent();
  await display.waitPicture(shows(colour), `the first content, ${colour}`);
  return { display, id, channel };
}

// What was set is in effect, as the screen says itself.
const settingsArrive = (id) => until(async () => {
  const screen = JSON.parse(await headend.cli('screen', 'show', id));
  return screen.report?.state_version === screen.version;
}, 'the settings on the screen');

// Publishes `colour` and waits until the screen shows it.
async function change({ display, channel }, colour) {
  await headend.publish(channel, [picture(colour)]);
  await display.waitPicture(shows(colour), `what was published, ${colour}`);
}

// Until startServing, or the end of the test.
async function stopServing(t) {
  await headend.stopServing();
  t.after(() => headend.child ?? headend.startServing());
}

// `body` with the state folder on a flash of its own, of `size` KiB; the agent is stopped before and after.
async function onFlash(display, size, body) {
  await display.stopAgent();
  await rename(display.stateDir, `${display.stateDir}.old`);
  await mkdir(display.stateDir);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size}k,mode=700`, 'tmpfs', display.stateDir]);
  try {
    await cp(`${display.stateDir}.old`, display.stateDir, { recursive: true });
    await body();
  } finally {
    await display.stopAgent();
    await run('umount', [display.stateDir]);
  }
}

// The last bit of what the vault holds under that name, in each generation that there is.
async function damageRecord(display, name) {
  const folder = path.join(display.stateDir, 'vault');
  const files = (await readdir(folder)).filter((file) => file.startsWith(`${name}.`));
  assert.ok(files.length > 0, name);
  for (const file of files) {
    const data = await readFile(path.join(folder, file));
    data[data.length - 1] ^= 1;
    await writeFile(path.join(folder, file), data);
  }
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
  for (const colour of Object.keys(COLOURS)) await makeImage(dir, `${colour}.png`, colour);
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
});

after(async () => {
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

test('a channel that is taken away leaves the screen, also after a restart, and comes back', async (t) => {
  const { display, id, channel } = await startScreen(t, 'red');
  await headend.cli('screen', 'set', id, '--channel', '');
  await display.waitPicture(showsNot('red'), 'the welcome screen');
  await stopServing(t);
  await display.stopAgent();
  await display.stopPlayer();
  await display.startPlayer();
  await display.startAgent();
  await display.agent.waitLog(/-> offline/);
  assert.ok(showsNot('red')(await display.screenshot()));
  await headend.startServing();
  await display.agent.waitLog(/-> online/);
  await headend.cli('screen', 'set', id, '--channel', channel);
  await display.waitPicture(shows('red'), 'the channel that came back');
});

test('a retired screen is locked, and neither a cut cable nor a restart opens it', async (t) => {
  const { display, id } = await startScreen(t, 'red');
  const from = display.agent.log.length;
  await headend.cli('screen', 'retire', id);
  await display.agent.waitLog(/-> locked/, from);
  await display.waitPicture(showsNot('red'), 'the neutral screen');
  const served = display.agent.log.length;
  await stopServing(t);
  await display.agent.waitLog(/enrolment-network: /, served);
  assert.doesNotMatch(display.agent.log.slice(from), /-> offline/);
  await display.stopAgent();
  // Nor does a flash that rots, and whoever takes files away from it wins nothing.
  const vault = path.join(display.stateDir, 'vault');
  await cp(vault, `${vault}.whole`, { recursive: true });
  const spoil = [
    () => damageRecord(display, 'floors'),
    () => rm(path.join(vault, 'floors.0')),
    () => rm(path.join(vault, 'floors.1')),
    () => Promise.all([0, 1].map((slot) => rm(path.join(vault, `floors.${slot}`)))),
    () => Promise.all(['floors', 'state', 'certificate'].flatMap((name) => [0, 1].map((slot) =>
      rm(path.join(vault, `${name}.${slot}`), { force: true })))),
  ];
  for (const [number, way] of spoil.entries()) {
    await rm(vault, { recursive: true });
    await cp(`${vault}.whole`, vault, { recursive: true });
    await way();
    await display.startAgent();
    await display.agent.waitLog(/session: |connection: |enrolment-network: /);
    assert.doesNotMatch(display.agent.log, /-> (offline|connecting)|content is on the screen/, `way ${number}`);
    assert.ok(showsNot('red')(await display.screenshot()), `way ${number}`);
    await display.stopAgent();
  }
  await rm(vault, { recursive: true });
  await rename(`${vault}.whole`, vault);
  await damageRecord(display, 'floors');
  await display.startAgent();
  await display.agent.waitLog(/session: |connection: /);
  assert.doesNotMatch(display.agent.log, /-> (offline|connecting)/);
  assert.ok(showsNot('red')(await display.screenshot()));
  await headend.sql(`UPDATE device SET status = 'active' WHERE id = '${id}'`);
  await headend.startServing();
  await display.waitPicture(shows('red'), 'the content once it is accepted again');
});

test('what is unpublished leaves the screen, also through a restart, and a new publish is shown', async (t) => {
  const { display, channel } = await startScreen(t, 'red');
  await headend.cli('channel', 'unpublish', channel);
  await display.agent.waitLog(/channel-empty: /);
  await display.waitPicture((shot) => showsNot('red')(shot) && hasWords(shot), 'words instead of the content');
  await display.stopAgent();
  await display.stopPlayer();
  await display.startPlayer();
  await display.startAgent();
  await display.waitPicture((shot) => showsNot('red')(shot) && hasWords(shot), 'the same after a restart');
  await assert.rejects(headend.cli('channel', 'unpublish', channel), /nothing is published on channel/);
  await headend.publish(channel, [picture('blue')]);
  await display.waitPicture(shows('blue'), 'what is published then');
});

test('a channel that is removed gives its screens to another, and can be made again', async (t) => {
  const screen = await startScreen(t, 'red');
  await headend.publish('extra', [picture('white')]);
  await headend.publish('other', [picture('blue')]);
  await change(screen, 'white');
  await headend.cli('channel', 'remove', 'extra');
  await change(screen, 'red'); // the repository is followed as before
  await assert.rejects(headend.cli('channel', 'remove', screen.channel), /1 screens? show/);
  await headend.cli('channel', 'remove', screen.channel, '--move-to', 'other');
  await screen.display.waitPicture(shows('blue'), 'the other channel');
  await headend.publish(screen.channel, [picture('white')]);
  await headend.cli('screen', 'set', screen.id, '--channel', screen.channel);
  await screen.display.waitPicture(shows('white'), 'the channel that was made again');
  assert.doesNotMatch(screen.display.agent.log, /sync-failed/);
});

test('a screen shows that it is offline where that is asked for, also through a restart, and not where it is not', async (t) => {
  const { display, id } = await startScreen(t, 'red');
  const plain = (shot) => shows('red')(shot) && !hasMark(shot);
  const marked = (shot) => shows('red')(shot) && hasMark(shot);
  await stopServing(t);
  await display.agent.waitLog(/online -> offline/);
  assert.ok(plain(await display.screenshot()), 'nobody has asked for a mark');
  await headend.startServing();
  await assert.rejects(headend.cli('screen', 'set', id, '--offline-mark', 'maybe'), /offline mark: must be yes or no/);
  await headend.cli('screen', 'set', id, '--offline-mark', 'yes');
  assert.equal(JSON.parse(await headend.cli('screen', 'show', id)).offline_mark, true);
  await headend.cli('screen', 'set', id, '--name', 'Another name');
  await settingsArrive(id);
  assert.ok(plain(await display.screenshot()), 'it is not offline');
  await headend.stopServing();
  await display.waitPicture(marked, 'the mark');
  await display.stopAgent();
  await display.stopPlayer();
  await display.startPlayer();
  await display.startAgent();
  await display.waitPicture(marked, 'the mark after a restart');
  await headend.startServing();
  await display.waitPicture(plain, 'no mark once it is online');
  const from = display.agent.log.length;
  await headend.cli('screen', 'set', id, '--offline-mark', 'no');
  await settingsArrive(id);
  await headend.stopServing();
  await display.agent.waitLog(/online -> offline/, from);
  assert.ok(plain(await display.screenshot()), 'the mark is not wanted any more');
});

test('a screen that was retired by mistake is taken back by its headend', async (t) => {
  const { display, id } = await startScreen(t, 'red');
  await headend.cli('screen', 'retire', id);
  await display.agent.waitLog(/-> locked/);
  await display.waitPicture(showsNot('red'), 'nothing of the content');
  await headend.cli('screen', 'restore', id);
  await display.agent.waitLog(/locked(-code)? -> online/);
  await display.waitPicture(shows('red'), 'the content again');
});

// Of a screen in use that has to be approved again: the QR code's margin at its place in 640x360, and the reason.
const showsCode = (shot) => near(shot.at(50, 50), COLOURS.white) && tellsTrouble(shot);

test('a retired screen shows a code, by which it is approved again as the one that it was', async (t) => {
  const { display, id, channel } = await startScreen(t, 'red');
  let from = display.agent.log.length;
  await headend.cli('screen', 'retire', id);
  await display.agent.waitLog(/-> locked[^]*enrol this screen/, from);
  await display.waitPicture(showsCode, 'a code instead of the content');
  await display.stopAgent();
  await display.startAgent();
  const { code } = await display.waitCode();
  await display.waitPicture(showsCode, 'the same after a restart');
  assert.doesNotMatch(display.agent.log, /-> (offline|connecting|unenrolled)|content is on the screen/);
  from = display.agent.log.length;
  assert.equal(await headend.approve(code, { name: 'Again', channel }), id);
  await display.agent.waitLog(/enrolled: [^]*-> online[^]*unlocked: /, from);
  await display.waitPicture(shows('red'), 'the content');
  await headend.publish(channel, [picture('blue')]);
  await display.waitPicture(shows('blue'), 'what is published then');
});

test('a screen that the headend does not know any more shows a code, by which it is approved as a new one', async (t) => {
  const { display, id, channel } = await startScreen(t, 'red');
  const from = display.agent.log.length;
  await headend.cli('screen', 'retire', id);
  await headend.cli('screen', 'remove', id);
  await display.agent.waitLog(/-> locked[^]*enrol this screen/, from);
  await display.waitPicture(showsCode, 'a code instead of the content');
  const [, code] = await display.agent.waitLog(/with the code (\S+);/, from);
  assert.notEqual(await headend.approve(code, { name: 'New', channel }), id);
  await display.agent.waitLog(/-> online[^]*unlocked: /, from);
  await display.waitPicture(shows('red'), 'the content');
});

// As after a power cut that took back what was written last, or where somebody else has renewed with a copy of it.
test('a screen whose certificate was replaced by one that it does not have shows a code, and plays on without the headend', async (t) => {
  const { display, id, channel } = await startScreen(t, 'red');
  await display.stopAgent();
  await headend.sql(`UPDATE certificate SET revoked = 1 WHERE device = '${id}'; UPDATE device SET cookie_hash = NULL WHERE id = '${id}'`);
  await headend.stopServing();
  t.after(() => headend.child ?? headend.startServing());
  await display.startAgent();
  await display.agent.waitLog(/-> offline/);
  await display.waitPicture(shows('red'), 'the content, while the headend is away');
  await headend.startServing();
  await display.agent.waitLog(/certificate-revoked: session: HTTP 401: Unauthorized: this certificate was replaced by another \(certificate-revoked\)/);
  await display.waitPicture(showsCode, 'a code');
  await headend.stopServing();
  await display.stopAgent();
  await display.startAgent();
  await display.waitPicture(shows('red'), 'the content again: it was not locked');
  const from = display.agent.log.length;
  await headend.startServing();
  const [, code] = await display.agent.waitLog(/with the code (\S+);/);
  assert.equal(await headend.approve(code, { name: 'Again', channel }), id, 'the same screen, by its key');
  await display.agent.waitLog(/enrolled: [^]*-> online/, from);
  await display.waitPicture(shows('red'), 'the content');
  assert.doesNotMatch(display.agent.log, /state-refused|switched: |-> locked/);
});

test('a retired screen that is erased is a new one: it shows a code, and nothing of before is left', async (t) => {
  const { display, id, channel } = await startScreen(t, 'red');
  const { fingerprint } = await display.waitCode();
  await headend.cli('screen', 'retire', id);
  await display.agent.waitLog(/-> locked/);
  const erase = () => run(path.join(buildDir(), 'firmware/agent/pingplay-agent'), ['--config', display.config, '--erase']);
  await assert.rejects(erase(), (error) => error.code === 1 && /another process/.test(error.stderr));
  await display.stopAgent();
  assert.notEqual((await readdir(path.join(display.stateDir, 'vault'))).length, 0);
  await erase();
  assert.deepEqual((await readdir(display.stateDir, { recursive: true })).sort().filter((name) => !/^(kek|vault)$/.test(name)), []);
  await erase(); // again does no harm
  await display.startAgent();
  const renewed = await display.waitCode();
  assert.notEqual(renewed.fingerprint, fingerprint);
  await display.waitPicture((shot) => !near(shot.at(4, 4), COLOURS.red) && hasWords(shot), 'its code');
  const again = await headend.approve(renewed.code, { name: 'Again', channel });
  assert.notEqual(again, id);
  await display.waitPicture(shows('red'), 'the content, as a new screen');
});

test('a lock that a full flash does not take is obeyed and tried again, and then outlives a restart', async (t) => {
  if (process.getuid() !== 0) return t.skip('mounting needs root');
  const { display, id } = await startScreen(t, 'red');
  return onFlash(display, 4096, async () => {
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    await display.waitContent();
    await fill(path.join(display.stateDir, 'filler'));
    await headend.cli('screen', 'retire', id);
    await display.agent.waitLog(/state-not-kept: .*No space left[^]*-> locked/);
    await display.waitPicture(showsNot('red'), 'the neutral screen');
    const folder = path.join(display.stateDir, 'vault');
    const floors = async () => Promise.all([0, 1].map((slot) => readFile(path.join(folder, `floors.${slot}`))));
    const before = await floors();
    await rm(path.join(display.stateDir, 'filler'));
    await until(async () => (await floors()).every((file, slot) => !file.equals(before[slot])), 'the lock in both generations');
    await stopServing(t);
    await display.stopAgent('SIGKILL');
    await display.startAgent();
    await display.agent.waitLog(/session: |connection: /);
    assert.doesNotMatch(display.agent.log, /-> (offline|connecting)/);
    assert.ok(showsNot('red')(await display.screenshot()));
    await headend.startServing();
  });
});

test('a full flash keeps the content on the screen, also through a restart, and is told', async (t) => {
  if (process.getuid() !== 0) return t.skip('mounting needs root');
  const { display, id, channel } = await startScreen(t, 'red');
  const large = path.join(dir, 'large.png');
  await cp(picture('blue'), large);
  await appendFile(large, randomBytes(1024 * 1024)); // behind the picture's end: more than may become free meanwhile
  return onFlash(display, 4096, async () => {
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    await display.waitContent();
    const filler = path.join(display.stateDir, 'filler');
    await fill(filler);
    await headend.cli('screen', 'set', id, '--name', 'Full');
    await display.agent.waitLog(/state-not-kept: .*No space left/);
    await headend.publish(channel, [large]);
    await display.agent.waitLog(/sync-failed: .*(No space left|bytes more)/);
    await until(async () => /No space left|bytes more/.test(JSON.parse(await headend.cli('screen', 'show', id)).report?.trouble),
      'the trouble in the status that the headend has');
    await display.stopAgent();
    await display.startAgent();
    await display.waitContent();
    await display.waitPicture(shows('red'), 'the content of before');
    await rm(filler);
    await headend.cli('screen', 'set', id, '--name', 'Not full');
    await display.waitPicture(shows('blue'), 'the new content, once there is room');
  });
});

test('a flash that is full at the very first start is told on the screen, and the start goes on once there is room', async (t) => {
  if (process.getuid() !== 0) return t.skip('mounting needs root');
  const display = await startDisplay(headend);
  t.after(() => display.stop());
  await display.waitCode();
  await display.stopAgent();
  await display.stopPlayer();
  await rm(display.stateDir, { recursive: true });
  await mkdir(display.stateDir);
  return onFlash(display, 1024, async () => {
    const filler = path.join(display.stateDir, 'filler');
    await fill(filler);
    await display.startPlayer();
    await display.startAgent();
    await display.agent.waitLog(/No space left on device; it is tried again/);
    await display.waitPicture(hasWords, 'a status screen');
    await rm(filler);
    await display.waitCode();
    assert.deepEqual(await display.stopAgent(), { code: 0, signal: null });
  });
});

test('reports that rot while they wait are counted to the last, and the headend shows how many', async (t) => {
  const { display, id } = await startScreen(t, 'red');
  await stopServing(t);
  await display.agent.waitLog(/-> offline/);
  await display.stopAgent();
  const spool = path.join(display.stateDir, 'spool');
  const batches = (await readdir(spool)).filter((name) => name.startsWith('events-'));
  assert.ok(batches.length > 0, 'what happened without the headend waits for it');
  let lost = 0;
  for (const batch of batches) {
    const data = await readFile(path.join(spool, batch));
    data[data.length - 1] ^= 1;
    await writeFile(path.join(spool, batch), data);
    lost += Number(/-(\d+)\.sealed$/.exec(batch)[1]);
  }
  assert.ok(lost > 0);
  await headend.startServing();
  await display.startAgent();
  await display.agent.waitLog(/a batch is lost/);
  await until(async () => JSON.parse(await headend.cli('screen', 'show', id)).events_lost === lost, `${lost} events that are lost`);
  await display.stopAgent();
  await display.startAgent(); // which counts on, and tells it again
  await display.agent.waitLog(/-> online/);
  await until(async () => (await readdir(spool)).every((name) => !name.startsWith('events-')), 'everything to be sent');
  assert.equal(JSON.parse(await headend.cli('screen', 'show', id)).events_lost, lost);
});

test('content of which nothing can be shown any more makes place for a status screen with a code', async (t) => {
  const { display, id, channel } = await startScreen(t, 'red');
  await headend.publish(channel, [await makeVideo(dir, 'blue.mp4', 'blue', 1)]);
  await display.waitPicture(shows('blue'), 'a film that starts over and over');
  for (let failure = 0, killed; failure < 3; failure++) {
    // The only one: that of what was shown before may be on its way out.
    const renderer = await until(async () => {
      const [only, ...others] = (await display.renderers()).filter(({ name }) => name.startsWith('pingplay-rende'));
      return others.length === 0 && only?.pid !== killed && only;
    }, 'its renderer');
    killed = renderer.pid;
    process.kill(killed, 'SIGKILL');
    await until(async () => display.agent.log.split(/item-(?:failed|set-aside): /).length > failure + 1, 'the failure');
  }
  await display.agent.waitLog(/nothing-to-show: /);
  await display.waitPicture((shot) => !near(shot.at(4, 4), COLOURS.blue) && hasWords(shot), 'a status screen instead of the dead picture');
  const known = async () => {
    const { code, trouble, report } = JSON.parse(await headend.cli('screen', 'show', id));
    return [code, trouble, report?.content_shown];
  };
  await until(async () => (await known()).join() === 'C-1,no item of the channel can be shown,false', 'the headend to know what the screen says');
  assert.match(await headend.cli('screen', 'list'), new RegExp(`^${id.slice(0, 8)} +online +C-1 `, 'm'));
  const events = await headend.cli('screen', 'events', id);
  assert.match(events, /^TIME +KIND +DETAIL$/m);
  assert.match(events, /^\S+Z +item-set-aside +i1: /m);
  assert.match(events, /^\S+Z +nothing-to-show +no item of the channel can be shown$/m);
  await headend.publish(channel, [picture('white')]);
  await display.waitPicture(shows('white'), 'what can be shown again');
  await until(async () => (await known()).join() === ',,true', 'the headend to know that it is over');
});

test('a flash that went read-only keeps the content on the screen, also through a restart', async (t) => {
  if (process.getuid() !== 0) return t.skip('mounting needs root');
  const { display } = await startScreen(t, 'blue');
  return onFlash(display, 4096, async () => {
    await run('mount', ['-o', 'remount,ro', display.stateDir]);
    await display.stopPlayer();
    await display.startPlayer();
    await display.startAgent();
    await display.waitContent();
    await display.waitPicture(shows('blue'), 'the cached content');
    await display.agent.waitLog(/-> online/);
  });
});

test('after three crashes of the same manifest the one before is shown', async (t) => {
  const screen = await startScreen(t, 'blue');
  const { display } = screen;
  await change(screen, 'red');
  await display.stopAgent(); // in good order: the count begins anew
  for (let start = 0; start < 3; start++) {
    await display.startAgent();
    await display.waitContent();
    await display.stopAgent('SIGKILL');
  }
  await display.startAgent();
  await display.agent.waitLog(/manifest-set-aside: /);
  await display.waitPicture(shows('blue'), 'the content before');
  await change(screen, 'white');
});

test('after three players that died of the same manifest the one before is shown', async (t) => {
  const screen = await startScreen(t, 'white');
  const { display } = screen;
  await change(screen, 'red');
  for (let death = 0, from = 0; death < 3; death++) {
    await display.agent.waitLog(/content is on the screen/, from);
    from = display.agent.log.length;
    await display.stopPlayer('SIGKILL');
    await display.startPlayer();
  }
  await display.agent.waitLog(/manifest-set-aside: /);
  await display.waitPicture(shows('white'), 'the content before');
});

test('a screen that lost its certificate shows its code above the cached content, and is enrolled anew', async (t) => {
  const { display, id, channel } = await startScreen(t, 'white');
  await headend.cli('screen', 'set', id, '--name', 'Of a higher version');
  await display.agent.waitLog(/-> online/);
  await display.stopAgent();
  for (const generation of [0, 1]) await rm(path.join(display.stateDir, `vault/certificate.${generation}`), { force: true });
  await display.startAgent();
  const { code } = await display.waitCode();
  await display.waitPicture((shot) => !near(shot.at(4, 4), COLOURS.white), 'the code');
  await headend.approve(code, { name: 'Anew', channel });
  await display.agent.waitLog(/-> online/);
  await display.waitPicture(shows('white'), 'the content');
  assert.doesNotMatch(display.agent.log, /state-refused/);
});

// Stands before the headend and lets `left` more bytes of it through.
async function startGate(t) {
  const gate = { left: Infinity, sockets: new Set() };
  const server = net.createServer((near) => {
    const far = net.connect(headend.port, 'localhost');
    near.pipe(far);
    far.on('data', (data) => {
      near.write(data);
      gate.left -= data.length;
      if (gate.left <= 0) far.pause();
    });
    for (const [socket, other] of [[near, far], [far, near]]) {
      gate.sockets.add(socket);
      socket.on('error', () => {}).on('close', () => other.destroy());
    }
  }).listen(0, 'localhost');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of gate.sockets) socket.destroy();
  });
  gate.url = `https://localhost:${server.address().port}`;
  return gate;
}

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

test('SIGTERM ends it in good order, whatever it waits for', async (t) => {
  const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const connected = new Promise((resolve) => { silent.once('connection', resolve); });
  await stopsInTime('in the TLS handshake', `https://localhost:${silent.address().port}`, () => connected);
  silent.close();
  await stopsInTime('without an answer to SYN', 'https://192.0.2.1', (other) => other.agent.waitLog(/display \d/));
  await stopsInTime('with a code on the screen', headend.url, (other) => other.waitCode());
  const padded = await padVideo(await makeVideo(dir, 'small.mp4', 'green', 1), path.join(dir, 'large.mp4'), 16 * 1024 * 1024);
  const gate = await startGate(t);
  const { display, channel } = await startScreen(t, 'red', { url: gate.url });
  const published = display.agent.log.length;
  gate.left = 4 * 1024 * 1024;
  await headend.publish(channel, [padded]);
  await until(async () => gate.left <= 0 && (await readdir(path.join(display.stateDir, 'partial'))).length, 'the middle of a download');
  const from = Date.now();
  assert.deepEqual(await display.stopAgent(), { code: 0, signal: null });
  assert.ok(Date.now() - from < STOP_MS, `in a download: ${Date.now() - from} ms`);
  assert.doesNotMatch(display.agent.log.slice(published), /switched: /, 'it was stopped before the end of the download');
});
