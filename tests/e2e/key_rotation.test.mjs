// Keys change, and nobody touches a screen: each follows by itself, also one that was off while they changed again and again.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDisplay, until } from './lib/display.mjs';
import { headendProgram, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';
import { assertNothingOpens, opened, stolenVault } from './lib/stolen.mjs';

const COLOURS = { red: [254, 0, 0], blue: [0, 0, 254], white: [255, 255, 255] };
const ROLES = ['root', 'timestamp', 'snapshot', 'targets', 'control'];

const shows = (colour) => (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), COLOURS[colour]);

describe('new keys', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-rotation-'));
    for (const colour of Object.keys(COLOURS)) await makeImage(dir, `${colour}.png`, colour);
  });
  after(() => rm(dir, { recursive: true, force: true }));

  const picture = (colour) => path.join(dir, `${colour}.png`);

  async function startScreen(t) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [picture('red')]);
    const display = await startDisplay(headend);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: 'Keys', channel: 'lobby' });
    await display.waitPicture(shows('red'), 'the first content');
    await display.agent.waitLog(/-> online/);
    return { headend, display, id };
  }

  const key = (headend, role) => readFile(path.join(headend.dir, 'keys', `${role}.pem`), 'utf8');

  // A state that was signed after the change is in effect on the screen.
  async function obeys(headend, id, name) {
    await headend.cli('screen', 'set', id, '--name', name);
    const { version } = JSON.parse(await headend.cli('screen', 'show', id));
    await until(async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.state_version === version,
      `the state with the name ${name} on the screen`);
  }

  test('of the repository and for states are followed by a screen that is on, which plays on', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const from = display.agent.log.length;
    for (const role of ROLES) {
      const former = await key(headend, role);
      await headend.cli('rotate-keys', role);
      assert.notEqual(await key(headend, role), former, `${role} has a new key`);
      await obeys(headend, id, `After ${role}`);
    }
    await headend.publish('lobby', [picture('blue')]);
    await display.waitPicture(shows('blue'), 'what is published under the new keys');
    assert.doesNotMatch(display.agent.log.slice(from), /-> (locked|unenrolled)|enrol this screen/);
    const left = (await readdir(path.join(headend.dir, 'keys'))).filter((name) => /next|resign/.test(name));
    assert.deepEqual(left, [], 'nothing of the change is left');
  });

  test('that changed several times while the screen was off are followed in one go', async (t) => {
    const { headend, display, id } = await startScreen(t);
    await display.stopAgent();
    for (let i = 0; i < 4; i++) {
      await headend.cli('rotate-keys', 'all');
      await headend.cli('channel', 'rotate-key', 'lobby');
    }
    await headend.publish('lobby', [picture('blue')]);
    await display.startAgent();
    await display.waitPicture(shows('blue'), 'what was published under the fifth keys');
    await obeys(headend, id, 'After all');
    assert.doesNotMatch(display.agent.log, /-> (locked|unenrolled)|enrol this screen/);
  });

  test('of a channel open what is published from then on, and the former one does not', async (t) => {
    const { headend, display } = await startScreen(t);
    const vault = await stolenVault(headend, 'lobby', await headend.channelKey('lobby'));
    assert.equal((await opened(headend, { ...vault, files: new Set() })).found.length, 2, 'what there is, manifest and picture');
    await headend.cli('channel', 'rotate-key', 'lobby');
    assert.notDeepEqual(await headend.channelKey('lobby'), vault.keys[0]);
    await assertNothingOpens(headend, vault, 1); // the manifest
    await headend.publish('lobby', [picture('white')]);
    await display.waitPicture(shows('white'), 'what is published under the new key');
    await headend.publish('lobby', [picture('red')]);
    await display.waitPicture(shows('red'), 'what was there before, under a new key of its own');
    await assertNothingOpens(headend, vault, 5);
    await assert.rejects(headend.cli('channel', 'rotate-key', 'garden'), /no such channel: garden/);
    await assert.rejects(headend.cli('rotate-keys', 'roots'), /"roots" is none of root, timestamp/);
  });

  // At twenty moments, from before the first write to after the last.
  test('that were being changed when the headend was killed are finished or undone', async (t) => {
    const { headend, display, id } = await startScreen(t);
    for (let i = 0; i < 20; i++) {
      const child = spawn(headendProgram(), ['rotate-keys', headend.dir, 'all'], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      await new Promise((resolve) => { setTimeout(resolve, 2 + i * 3); });
      child.kill('SIGKILL');
      await ended;
      await headend.publish('lobby', [picture(i % 2 ? 'red' : 'blue')]);
      await display.waitPicture(shows(i % 2 ? 'red' : 'blue'), `what is published after the ${i + 1}th kill`);
    }
    await obeys(headend, id, 'After the kills');
    const left = (await readdir(path.join(headend.dir, 'keys'))).filter((name) => /next|resign/.test(name));
    assert.deepEqual(left, []);
  });
});
