// A display point becomes nobody's: from pingplayctl, or by a key that is held after the machine's start; and nothing of before is left
// on the raw storage.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { appendFile, mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { checkDocument, ctl, ctlJson, readQr, stateOf } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { startNetworkService } from './lib/network_service.mjs';
import { makeStorage } from './lib/storage.mjs';

const run = promisify(execFile);
const F12 = 88;
const MARK = 'Planted-mark-5c20e8'; // the name of a screen: it stands in what the vault keeps
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

async function startScreen(t, options, name = 'To be reset') {
  const display = await startDisplay(headend, options);
  t.after(() => display.stop());
  const shown = await display.waitCode();
  const id = await headend.approve(shown.code, { name, channel: 'lobby' });
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

// What could be found on the storage of a screen whose agent does not run: the key of all keys, and the records that it seals (the
// device's and the channel's key, the certificate, the cookie), of which one has the planted mark.
async function findable(display, storage) {
  const kek = await readFile(path.join(display.stateDir, 'kek/kek'));
  const records = [];
  for (const name of await readdir(path.join(display.stateDir, 'vault'))) {
    const record = await readFile(path.join(display.stateDir, 'vault', name));
    if (record.length > 80) records.push(record.subarray(12, 76)); // behind the head: salt and sealed bytes
  }
  assert.ok(records.length > 5);
  const image = await storage.scan();
  for (const bytes of [kek, ...records]) assert.ok(image.includes(bytes), 'the scan finds what is there');
  assert.ok(storage.records(image, kek).some(({ clear }) => clear.includes(MARK)), 'whoever has the key finds the mark');
  return { kek, records };
}

// By what file it was in, or none.
async function assertNothingLeft(storage, { kek, records }) {
  const image = await storage.scan();
  assert.ok(!image.includes(kek), 'the key of all keys');
  for (const record of records) assert.ok(!image.includes(record), 'a record');
  assert.deepEqual(storage.records(image, kek), [], 'what that key opens');
  assert.ok(!image.includes(MARK), 'the planted mark');
}

test('reset asks first, erases, and shows the code of a new screen; the raw storage has no key of before, and no mark', async (t) => {
  if (process.getuid() !== 0) return t.skip('mounting needs root');
  const storage = await makeStorage(dir);
  const { display, id, shown } = await startScreen(t, { storage }, MARK);
  await display.stopAgent();
  const before = await findable(display, storage);
  await display.startAgent();
  await until(async () => await stateOf(display) === 'online', 'the screen on its image');

  const refused = await ctl(display, 'reset', { input: 'no\n' });
  assert.equal(refused.code, 1);
  assert.match(refused.out, new RegExp(`identity of ${MARK} \\([0-9a-f ]+\\)`));
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

  await assertNothingLeft(storage, before);
  const again = await headend.approve(status.enrolment.user_code, { name: 'New', channel: 'lobby' });
  assert.notEqual(again, id);
  await until(async () => await stateOf(display) === 'online', 'the new screen');
  checkDocument('reset', JSON.parse((await ctl(display, 'reset', '--yes', '--json')).out));
});

test('whom it was in what access mode, and what it had heard, is not known to whom it becomes', async (t) => {
  const { display, id } = await startScreen(t, {}, 'Former');
  await headend.cli('screen', 'access', id, 'cookie');
  await display.agent.waitLog(/access-mode: cookie, before certificate/);
  const from = display.agent.log.length;
  await ctlJson(display, 'reset', '--yes');
  await display.agent.waitLog(/enrol this screen at/, from);
  const { enrolment } = await ctlJson(display, 'status');
  const again = await headend.approve(enrolment.user_code, { name: 'Next', channel: 'lobby' });
  await display.agent.waitLog(/-> online/, from);
  await until(async () => (await headend.cli('screen', 'events', again)).includes('enrolled'), 'the events of the new screen');
  assert.doesNotMatch(display.agent.log.slice(from), /access-mode: |before (cookie|certificate)/);
  assert.doesNotMatch(await headend.cli('screen', 'events', again), /access-mode/);
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
  if (process.getuid() !== 0) return t.skip('mounting needs root');
  const storage = await makeStorage(dir);
  const { display, shown } = await startScreen(t, { storage }, MARK);
  await display.stopAgent();
  const before = await findable(display, storage);
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
  assert.deepEqual((await namesIn(display.stateDir)).filter((name) => name !== 'lost+found'), []);
  await assertNothingLeft(storage, before);
  await display.startAgent();
  const renewed = await display.waitCode();
  assert.notEqual(renewed.fingerprint, shown.fingerprint);
});

test('a held key has an agent that runs erase itself, and nothing of before is on the raw storage', async (t) => {
  if (process.getuid() !== 0) return t.skip('mounting needs root');
  const storage = await makeStorage(dir);
  const { display, shown } = await startScreen(t, { storage }, MARK);
  await display.stopAgent();
  const before = await findable(display, storage);
  await display.startAgent();
  await until(async () => await stateOf(display) === 'online', 'the screen on its image');
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
  await assertNothingLeft(storage, before);
});

// A screen with a Wi-Fi that pingplayctl has set, beside what came with its image.
async function startWithWifi(t) {
  const network = await startNetworkService(dir);
  t.after(() => network.stop());
  const screen = await startScreen(t, { paths: [`network-socket = ${network.socket}`] });
  assert.deepEqual(await network.ctl(['wifi', 'Lobby'], 'correct horse'), { code: 0, out: 'Done.\n' });
  assert.equal((await network.ctl(['dhcp', 'eth0'])).code, 0);
  for (const name of ['pingplay-wifi.nmconnection', 'office.nmconnection']) {
    await writeFile(path.join(network.folder, name), '[wifi-security]\npsk=of the image\n');
  }
  return { ...screen, network };
}

const others = ['office.nmconnection', 'pingplay-wifi.nmconnection', 'pingplay-wired-eth0-a.nmconnection'];

async function wifiGone(network) {
  await until(async () => !(await network.profiles()).includes('pingplay-wifi-a.nmconnection'), 'the Wi-Fi to be gone');
  assert.deepEqual((await network.profiles()).sort(), others);
  assert.match(await network.asked(), /^connection delete uuid [0-9a-f-]{36}$/m);
  assert.equal(await readFile(path.join(network.folder, others[1]), 'utf8'), '[wifi-security]\npsk=of the image\n');
}

test('reset erases the Wi-Fi that was set here, and no other; also where its service is away meanwhile', async (t) => {
  const { display, network } = await startWithWifi(t);
  await ctlJson(display, 'reset', '--yes');
  await wifiGone(network);
  await display.agent.waitLog(/the Wi-Fi is erased/);
  await until(async () => !(await readdir(display.stateDir)).includes('wifi-erasure'), 'the note to be gone');

  // Nobody is there who could: the note stands until somebody is.
  assert.equal((await network.ctl(['wifi', 'Lobby'], 'correct horse')).code, 0);
  await network.stop();
  const from = display.agent.log.length;
  await ctlJson(display, 'reset', '--yes');
  await display.agent.waitLog(/the Wi-Fi is not erased yet: .*nobody listens/, from);
  await display.stopAgent('SIGKILL');
  assert.ok((await readdir(display.stateDir)).includes('wifi-erasure'));
  await network.start();
  await display.startAgent();
  await wifiGone(network);
});

test('an erase of the Wi-Fi that had to wait leaves one that was set meanwhile', async (t) => {
  const { display, network } = await startWithWifi(t);
  await network.stop();
  await ctlJson(display, 'reset', '--yes');
  await display.agent.waitLog(/the Wi-Fi is not erased yet: .*nobody listens/);
  await display.stopAgent('SIGKILL');
  await network.start();
  assert.equal((await network.ctl(['wifi', 'Elsewhere'], 'battery staple')).code, 0);
  await display.startAgent();
  await until(async () => !(await readdir(display.stateDir)).includes('wifi-erasure'), 'the note to be gone');
  assert.deepEqual((await network.profiles()).sort(), [others[0], 'pingplay-wifi-b.nmconnection', ...others.slice(1)]);
  assert.match(network.log, /erase: a Wi-Fi that was set after that was asked for is left/);

  // It is one to be erased the next time.
  await ctlJson(display, 'reset', '--yes');
  await until(async () => (await network.profiles()).length === others.length, 'that Wi-Fi to be gone');
});

test('pingplay-agent --erase takes the Wi-Fi along', async (t) => {
  const { display, network } = await startWithWifi(t);
  await display.stopAgent();
  await display.erase();
  await wifiGone(network);
  assert.deepEqual(await namesIn(display.stateDir), []);
});

test('an erase that failed takes no Wi-Fi along later', async (t) => {
  const { display, network } = await startWithWifi(t);
  await assert.rejects(display.erase(), /in use by another process/);
  await display.stopAgent();
  await display.startAgent();
  await display.agent.waitLog(/-> online/);
  assert.ok(!(await readdir(display.stateDir)).includes('wifi-erasure'), 'no note of it');
  assert.ok((await network.profiles()).includes('pingplay-wifi-a.nmconnection'));
});

test('a screen that is retired proves it by its network before that goes', async (t) => {
  const { display, id, network } = await startWithWifi(t);
  await headend.cli('screen', 'command', id, 'retire');
  await display.agent.waitLog(/the headend has the receipt of the erasure[^]*the Wi-Fi is erased/);
  await wifiGone(network);
});

test('the agent may have the Wi-Fi erased, and nothing else of the network', async (t) => {
  if (process.getuid() !== 0) return t.skip('needs root, to become another user');
  const network = await startNetworkService(dir, '--agent', 'nobody');
  t.after(() => network.stop());
  await run('chmod', ['a+rx', dir, network.dir]);
  await run('chmod', ['666', network.socket]);
  const nobody = ['setpriv', '--reuid', 'nobody', '--clear-groups'];
  const rows = [[['show']], [['wifi', 'Elsewhere'], 'correct horse'], [['dhcp', 'eth0']], [['forget', 'wifi']]];
  for (const [words, input] of rows) {
    const { code, out } = await network.ctl(words, input, nobody);
    assert.equal(code, 1, out);
    assert.match(out, /the agent may not ask for that/);
  }
  assert.deepEqual(await network.profiles(), []);
  assert.equal(await network.asked(), '');
  assert.match(network.log, /user 65534, the agent's, asks for: wifi: refused/);
});

test('a key that does not exist is told in one line', async (t) => {
  const display = await startDisplay(headend);
  t.after(() => display.stop());
  await appendFile(display.config, '[reset]\nkey = any\n');
  const watch = startResetKey(display, await makeKeyboard(t), 1);
  assert.equal(await watch.ended, 1);
  assert.match(watch.log, /agent\.conf: \[reset\] key: no such key: any$/m);
});
