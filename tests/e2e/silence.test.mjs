// A screen that hears nothing of its headend for longer than its policy allows: it locks, then destroys what it has.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDisplay, until } from './lib/display.mjs';
import { clockAway } from './lib/faketime.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';
import { makeStorage } from './lib/storage.mjs';

const RED = [254, 0, 0];
const MARK = 'Planted-mark-7f3a91'; // the name of the screen: it stands in what the vault keeps

const showsRed = (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), RED);

describe('a screen without word of its headend', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-silence-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  // A screen that shows red, and locks after a week.
  async function startScreen(t, policy, options) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const display = await startDisplay(headend, options);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: MARK, channel: 'lobby' });
    await display.waitPicture(showsRed, 'the first content');
    await headend.cli('screen', 'set', id, ...policy);
    await until(async () => {
      const screen = JSON.parse(await headend.cli('screen', 'show', id));
      return screen.report?.state_version === screen.version;
    }, 'the policy on the screen');
    return { headend, display, id };
  }

  // Stopped, and started again so many days later.
  async function startLater(display, days) {
    await display.stopAgent();
    display.options.agentEnv = days ? await clockAway(`+${days}d`) : {};
    await display.startAgent();
  }

  test('plays on for ever, unless its headend has said otherwise', async (t) => {
    const { headend, display } = await startScreen(t, ['--lock-after', 'never']);
    await headend.stopServing();
    await startLater(display, 3000);
    await display.waitPicture(showsRed, 'the content, eight years later');
    assert.doesNotMatch(display.agent.log, /-> locked|-> erasing/);
  });

  test('locks in time, also while it is off, and is opened by a state', async (t) => {
    const { headend, display, id } = await startScreen(t, ['--lock-after', '7d', '--erase-after', '30d']);
    const shown = JSON.parse(await headend.cli('screen', 'show', id));
    assert.deepEqual([shown.lock_after, shown.erase_after], ['7d', '30d']);
    await headend.stopServing();
    await startLater(display, 6);
    await display.waitPicture(showsRed, 'the content after six days');
    await startLater(display, 8);
    await display.waitPicture((shot) => !showsRed(shot), 'a neutral screen after eight');
    assert.match(display.agent.log, /starting -> locked/);
    assert.doesNotMatch(display.agent.log, /content is on the screen/);
    await startLater(display, 0); // whoever puts the clock back wins nothing by it
    await display.waitPicture((shot) => !showsRed(shot), 'the same with the clock put back');
    const from = display.agent.log.length;
    await headend.startServing();
    await display.agent.waitLog(/locked -> online[^]*unlocked: /, from);
    await display.waitPicture(showsRed, 'the content again');
    assert.doesNotMatch(display.agent.log, /enrol this screen/, 'nobody has to approve it');
  });

  test('is told that it must lock before it erases', async (t) => {
    const { headend, id } = await startScreen(t, ['--lock-after', '7d']);
    await assert.rejects(headend.cli('screen', 'set', id, '--erase-after', '6d'), /locked before it is erased/);
    await assert.rejects(headend.cli('screen', 'set', id, '--lock-after', 'soon'), /lock after: "soon" is no time/);
    await assert.rejects(headend.cli('screen', 'set', id, '--lock-after', '30s'), /must be from 1min/);
    const shown = JSON.parse(await headend.cli('screen', 'show', id));
    assert.deepEqual([shown.lock_after, shown.erase_after], ['7d', 'never']);
  });

  // The key is destroyed first: from then on the rest is of no use, and goes with the next start at the latest.
  test('ends an erase that was cut off', async (t) => {
    const { headend, display } = await startScreen(t, ['--lock-after', '7d']);
    await display.stopAgent();
    await headend.stopServing();
    await rename(path.join(display.stateDir, 'kek', 'kek'), path.join(display.stateDir, 'kek', 'kek.erasing'));
    const objects = async () => (await readdir(path.join(display.stateDir, 'objects'), { recursive: true })).filter((name) => name.length > 2);
    assert.notEqual((await objects()).length, 0);
    await display.startAgent();
    await display.agent.waitLog(/starting -> unenrolled/);
    assert.deepEqual(await objects(), [], 'no object');
    assert.deepEqual(await readdir(path.join(display.stateDir, 'trust')).catch(() => []), [], 'nothing that it trusted');
  });

  // The state folder on a file system of its own, of which every byte can be looked at.
  test('erases itself in the end: no key and nothing of what it was is left on its storage', async (t) => {
    const storage = await makeStorage(dir);
    const { headend, display } = await startScreen(t, ['--lock-after', '7d', '--erase-after', '30d'], { storage });
    const kek = await readFile(path.join(display.stateDir, 'kek', 'kek'));
    assert.equal(kek.length, 32);
    await headend.stopServing();
    assert.ok((await storage.scan()).includes(kek), 'the scan finds what is there');
    await startLater(display, 31);
    await display.agent.waitLog(/-> erasing[^]*erasing -> starting[^]*starting -> unenrolled/);
    await display.waitPicture((shot) => !showsRed(shot), 'nothing of the content');
    await display.stopAgent();
    const objects = await readdir(path.join(display.stateDir, 'objects'), { recursive: true });
    assert.deepEqual(objects.filter((name) => name.length > 2), [], 'no object');
    const fresh = await readFile(path.join(display.stateDir, 'kek', 'kek'));
    assert.notDeepEqual(fresh, kek, 'the next life has keys of its own');
    const left = await storage.scan();
    for (const [what, bytes] of Object.entries({ 'the key-encryption key': kek, 'its name': Buffer.from(MARK) }))
      assert.ok(!left.includes(bytes), `${what} is left on the storage`);
  });
});
