// A display point becomes nobody's: from pingplayctl, or by a key that is held after the machine's start; and nothing of before is left
// on the raw storage.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { checkDocument, ctl, ctlJson, readQr, stateOf } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';

const run = promisify(execFile);
const F12 = 88;
let headend;
let dir;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-reset-'));
  await makeImage(dir, 'red.png', 'red');
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  await headend.publish('lobby', [path.join(dir, 'red.png')]);
});

after(async () => {
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function startScreen(t) {
  const display = await startDisplay(headend);
  t.after(() => display.stop());
  const shown = await display.waitCode();
  const id = await headend.approve(shown.code, { name: 'To be reset', channel: 'lobby' });
  await display.waitContent();
  await display.agent.waitLog(/-> online/);
  return { display, id, shown };
}

// A folder with one input device, which is a pipe: it carries the kernel's events (struct input_event).
async function makeKeyboard(t) {
  const folder = await mkdtemp(path.join(dir, 'input-'));
  const file = path.join(folder, 'event0');
  await run('mkfifo', [file]);
  const pipe = await open(file, 'r+');
  t.after(() => pipe.close());
  const say = async (value) => {
    const event = Buffer.alloc(24);
    event.writeUInt16LE(1, 16); // EV_KEY
    event.writeUInt16LE(F12, 18);
    event.writeInt32LE(value, 20);
    await pipe.write(event);
  };
  return { folder, press: () => say(1), release: () => say(0) };
}

// The program that runs at a start, until its end.
function startResetKey(display, keyboard, window) {
  const child = spawn(path.join(buildDir(), 'firmware/ctl/pingplay-reset-key'), ['--config', display.config, '--devices', keyboard.folder,
    '--window', String(window), '--agent', path.join(buildDir(), 'firmware/agent/pingplay-agent')]);
  const watch = { log: '' };
  child.stderr.on('data', (data) => { watch.log += data; });
  watch.ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
  watch.stop = () => child.kill();
  return watch;
}

// Whether any of these bytes stands on the storage, whatever file they were in.
const holds = (image, mark) => image.includes(mark);

// `body` with the state folder on a file system of its own, in an image that it can scan; the agent is stopped before and after.
async function onImage(display, body) {
  const image = path.join(dir, 'flash.img');
  await display.stopAgent();
  await run('truncate', ['-s', '64M', image]);
  await run('mkfs.ext4', ['-q', '-O', '^has_journal', '-E', 'lazy_itable_init=0', image]);
  await rename(display.stateDir, `${display.stateDir}.old`);
  await mkdir(display.stateDir);
  await run('mount', ['-o', 'loop', image, display.stateDir]);
  try {
    await rm(path.join(display.stateDir, 'lost+found'), { recursive: true });
    await cp(`${display.stateDir}.old`, display.stateDir, { recursive: true });
    await body(async () => {
      await run('sync', ['-f', display.stateDir]);
      return readFile(image);
    });
  } finally {
    await display.stopAgent();
    await run('umount', [display.stateDir]);
  }
}

test('reset asks first, erases, and shows the code of a new screen; the raw storage has no key of before, and no mark', async (t) => {
  if (process.getuid() !== 0) return t.skip('mounting needs root');
  const { display, id, shown } = await startScreen(t);
  await onImage(display, async (scan) => {
    await display.startAgent();
    await until(async () => await stateOf(display) === 'online', 'the screen on its image');
    // What could be found: the key of all keys, the records that it seals (the device's and the channel's key, the certificate, the cookie).
    const kek = await readFile(path.join(display.stateDir, 'kek/kek'));
    const records = [];
    for (const name of await readdir(path.join(display.stateDir, 'vault'))) {
      const record = await readFile(path.join(display.stateDir, 'vault', name));
      if (record.length > 80) records.push(record.subarray(12, 76)); // behind the head: salt and sealed bytes
    }
    assert.ok(records.length > 5);
    const before = await scan();
    assert.ok(holds(before, kek), 'the scan finds what is there');
    for (const record of records) assert.ok(holds(before, record));

    const refused = await ctl(display, 'reset', { input: 'no\n' });
    assert.equal(refused.code, 1);
    assert.match(refused.out, /identity of To be reset \([0-9a-f ]+\)/);
    assert.match(refused.err, /nothing was erased/);
    assert.equal((await ctlJson(display, 'status')).device, id);

    const { code, out } = await ctl(display, 'reset', { input: 'yes\n' });
    assert.equal(code, 0, out);
    assert.ok(readQr(out).length > 20, 'a QR code');
    const status = await ctlJson(display, 'status');
    assert.equal(status.state, 'unenrolled');
    assert.equal(status.device, '');
    assert.notEqual(status.fingerprint, shown.fingerprint);
    assert.match(out, new RegExp(`${status.fingerprint}$`, 'm'));
    assert.equal((await ctlJson(display, 'stats')).counters.plays, 0);
    assert.doesNotMatch((await ctl(display, 'logs', '--lines', '512')).out, new RegExp(id), 'what it said before');

    const after = await scan();
    assert.ok(!holds(after, kek), 'the key of all keys');
    for (const record of records) assert.ok(!holds(after, record), 'a record');
    const again = await headend.approve(status.enrolment.user_code, { name: 'New', channel: 'lobby' });
    assert.notEqual(again, id);
    await until(async () => await stateOf(display) === 'online', 'the new screen');
    checkDocument('reset', JSON.parse((await ctl(display, 'reset', '--yes', '--json')).out));
  });
});

test('only root may reset, not a member of the group', async (t) => {
  if (process.getuid() !== 0) return t.skip('needs root, to become another user');
  const display = await startDisplay(headend, { localGroup: 'games' });
  t.after(() => display.stop());
  const { code: userCode } = await display.waitCode();
  await run('chmod', ['-R', 'a+rX', display.dir]);
  const games = (await run('getent', ['group', 'games'])).stdout.split(':')[2];
  const { code, err } = await ctl(display, 'reset', '--yes', { prefix: ['setpriv', '--reuid', '65534', '--regid', '65534', '--groups', games] });
  assert.equal(code, 4);
  assert.match(err, /only root may do that/);
  assert.equal((await ctlJson(display, 'enrol')).enrolment.user_code, userCode);
});

test('enrol --again gives a new code where one is offered, and none to a screen that is enrolled', async (t) => {
  const display = await startDisplay(headend);
  t.after(() => display.stop());
  const shown = await display.waitCode();
  const { code, out } = await ctl(display, 'enrol', '--again');
  assert.equal(code, 0, out);
  const { enrolment } = await ctlJson(display, 'enrol');
  assert.notEqual(enrolment.user_code, shown.code);
  assert.match(out, new RegExp(`${enrolment.user_code}$`, 'm'));
  await headend.approve(enrolment.user_code, { name: 'Again', channel: 'lobby' });
  await until(async () => await stateOf(display) === 'online', 'the screen to be online');
  const enrolled = await ctl(display, 'enrol', '--again');
  assert.equal(enrolled.code, 5);
  assert.match(enrolled.err, /it is enrolled/);
  assert.equal((await ctlJson(display, 'status')).state, 'online');
});

const namesIn = async (folder) => (await readdir(folder, { recursive: true })).filter((name) => !/^(kek|vault)$/.test(name));

test('a held key erases a display point whose agent does not run; one that is let go of does not, nor one that nobody configured', async (t) => {
  const { display, shown } = await startScreen(t);
  await display.stopAgent();
  const keyboard = await makeKeyboard(t);
  await keyboard.press();
  const unconfigured = startResetKey(display, keyboard, 0);
  assert.equal(await unconfigured.ended, 0);
  await appendFile(display.config, '[reset]\nkey = f12\nseconds = 1\n');
  await keyboard.release();
  await keyboard.press();
  await keyboard.release();
  const early = startResetKey(display, keyboard, 1);
  assert.equal(await early.ended, 0);
  assert.doesNotMatch(early.log, /erased/);
  assert.ok((await namesIn(display.stateDir)).length > 0);

  const held = startResetKey(display, keyboard, 60);
  t.after(() => held.stop());
  await keyboard.press();
  assert.equal(await held.ended, 0, held.log);
  assert.match(held.log, /the key "f12" was held for 1 s: this display point is erased/);
  assert.deepEqual(await namesIn(display.stateDir), []);
  await display.startAgent();
  const renewed = await display.waitCode();
  assert.notEqual(renewed.fingerprint, shown.fingerprint);
});

test('a held key has an agent that runs erase itself', async (t) => {
  const { display, shown } = await startScreen(t);
  await appendFile(display.config, '[reset]\nkey = 88\nseconds = 1\n');
  const keyboard = await makeKeyboard(t);
  const from = display.agent.log.length;
  const held = startResetKey(display, keyboard, 60);
  t.after(() => held.stop());
  await keyboard.press();
  assert.equal(await held.ended, 0, held.log);
  await display.agent.waitLog(/enrol this screen at/, from);
  const renewed = await ctlJson(display, 'status');
  assert.equal(renewed.state, 'unenrolled');
  assert.notEqual(renewed.fingerprint, shown.fingerprint);
});

test('a key that does not exist is told in one line', async (t) => {
  const display = await startDisplay(headend);
  t.after(() => display.stop());
  await appendFile(display.config, '[reset]\nkey = any\n');
  const watch = startResetKey(display, await makeKeyboard(t), 1);
  assert.equal(await watch.ended, 1);
  assert.match(watch.log, /agent\.conf: \[reset\] key: no such key: any$/m);
});
