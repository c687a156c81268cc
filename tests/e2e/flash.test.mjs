// A flash that does not let files be opened, or lets nothing be done at all, or takes its time: no good object is given up
// for it, the picture stays, and the playlist goes on as soon as the flash is well again. Without the headend, too.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startBadFlash } from './lib/bad_flash.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const run = promisify(execFile);
const COLOURS = { red: [254, 0, 0], blue: [0, 0, 254] };
const FAILURES = 40; // of the flash, until it is well again
const WAITS = /^sync-waits /; // whatever comes first: the vault, or the spool of what was played

let headend;
let flash;
let display;
let id;
let dir;

const middleIs = (colour) => (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), COLOURS[colour]);
const isContent = (picture) => Object.keys(COLOURS).some((colour) => middleIs(colour)(picture));
const bothColours = async () => {
  for (const colour of Object.keys(COLOURS)) await display.waitPicture(middleIs(colour), colour);
};

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-flash-'));
  flash = await startBadFlash();
  headend = await startHeadend();
  await headend.publish('lobby', await Promise.all(Object.keys(COLOURS).map((colour) => makeImage(dir, `${colour}.png`, colour))),
    ['--duration', '1']);
  display = await startDisplay(headend, { agentEnv: flash.env, dir: flash.displayDir });
  const { code } = await display.waitCode();
  id = await headend.approve(code, { name: 'Worn', channel: 'lobby' });
  await display.waitContent();
  await bothColours();
});

after(async () => {
  await flash?.well();
  await display?.stop();
  await headend?.stop();
  await flash?.stop();
  await rm(dir, { recursive: true, force: true });
});

for (const [what, pattern] of [['open-fails', /^open .*\/objects\/..\/./], ['all-fails', /./]]) {
  test(`a flash on which ${what === 'open-fails' ? 'nothing can be opened' : 'everything fails'} for a while costs no object and no picture`, async (t) => {
    await headend.stopServing();
    t.after(async () => {
      await flash.well();
      await headend.startServing();
    });
    const from = display.agent.log.length;
    await flash.go(what);
    let asked = 0;
    await until(async () => {
      assert.ok(isContent(await display.screenshot()), 'the last picture stays');
      asked = await flash.count(pattern);
      return asked >= FAILURES;
    }, 'the flash to be asked again and again');
    await flash.well();
    await bothColours();
    const log = display.agent.log.slice(from);
    assert.doesNotMatch(log, /object-damaged|item-set-aside|nothing-to-show|is bad/);
    assert.deepEqual(await readdir(path.join(display.stateDir, 'quarantine')), []);
    assert.ok(log.split(/item-failed: /).length <= 4, `told once, and not at each try:\n${log}`);
  });
}

test('while an fsync does not come back the playlist goes on, and so does all that the headend wants', async (t) => {
  t.after(() => flash.well());
  await display.stopAgent(); // what it waits for before it asks a headend again that was away is another matter
  await display.startAgent();
  await display.agent.waitLog(/-> online/);
  const version = async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.state_version;
  await until(version, 'a report');
  await flash.go('sync-waits');
  for (const name of ['One', 'Two', 'Three']) {
    const before = await version();
    await headend.cli('screen', 'set', id, '--name', name);
    await until(async () => (await version()) > before, `the report that the state with the name ${name} is in effect`);
    await bothColours();
  }
  assert.ok(await flash.count(WAITS), 'what is to be kept waits for the flash');
  await flash.well();
  await until(() => flash.count(/^sync-done /), 'the flash to have it');
  assert.deepEqual(await display.stopAgent(), { code: 0, signal: null });
  await display.startAgent();
});

test('a stop while an fsync does not come back is not held up by it, and costs nothing that was kept before', async (t) => {
  t.after(() => flash.well());
  const report = async () => JSON.parse(await headend.cli('screen', 'show', id)).report;
  await display.agent.waitLog(/-> online/);
  const { state_version: before } = await until(report, 'a report');
  await flash.go('sync-waits');
  await headend.cli('screen', 'set', id, '--name', 'Stopped');
  await until(async () => (await report()).state_version > before, 'the report that the state is in effect');
  assert.ok(await flash.count(WAITS), 'it waits for the flash');
  const stopped = display.agent;
  assert.deepEqual(await display.stopAgent(), { code: 1, signal: null });
  assert.match(stopped.log, /stopping\n[^]*error: the flash does not answer: what waits for it is given up\n$/);
  await until(async () => (await run('ps', ['-o', 'pid=', '--ppid', String(stopped.child.pid)]).catch(() => ({ stdout: '' }))).stdout.trim() === '',
    'its renderers to end');
  assert.equal(await flash.count(/^sync-done/), 0);
  await flash.well();
  await display.startAgent();
  await display.agent.waitLog(/-> online/);
  await bothColours();
  assert.doesNotMatch(display.agent.log, /vault-fallback|warning: record|is bad|locked/);
  assert.deepEqual(await display.stopAgent(), { code: 0, signal: null });
  await display.startAgent();
});

test('a flash that hangs at the start holds up no stop, a status screen says so, and it goes on when the flash does', async (t) => {
  t.after(() => flash.well());
  const hangs = () => until(() => flash.count(/^sync-waits .*\/vault\/(floors|starts)/), 'the start to wait for the flash');
  await display.stopAgent();
  await flash.go('sync-waits');
  await display.startAgent();
  await hangs();
  const stopped = display.agent;
  assert.deepEqual(await display.stopAgent(), { code: 1, signal: null });
  assert.match(stopped.log, /stopping\n[^]*error: the flash does not answer: what waits for it is given up\n$/);
  await display.startAgent();
  await hangs();
  await display.agent.waitLog(/state: the flash does not answer; it is waited for/);
  await display.waitPicture((picture) => !isContent(picture), 'the status screen');
  assert.doesNotMatch(display.agent.log, /content is on the screen/);
  await flash.well();
  await display.agent.waitLog(/start-delayed: [^]*-> online/);
  await bothColours();
});
