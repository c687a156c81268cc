// The real renderers as a user of their own (--renderer-user), started and killed by the launcher: as root, since it takes a
// second user. What that user cannot do is in tests/unit/agent/renderer_user_test.c.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startHeadend } from './lib/headend.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { makeImage, makeVideo } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const run = promisify(execFile);
const USER = 'nobody';
const middleIs = (colour) => (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), colour);
const status = (pid) => readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');

describe('renderers of another user', { skip: process.getuid() !== 0 && 'needs root, to be two users' }, () => {
  let headend;
  let display;
  let dir;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-user-'));
    headend = await startHeadend();
    await headend.publish('lobby', [await makeImage(dir, 'red.png', 'red'), await makeVideo(dir, 'green.mp4', 'green')],
      ['--duration', '1']);
    display = await startDisplay(headend, { rendererUser: USER });
  });

  after(async () => {
    await display?.stop();
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  // One that has its item: it is in its cage.
  const cagedRenderer = () => until(async () => {
    for (const { pid, name } of await display.renderers()) {
      if (name.startsWith('pingplay-render') && /^Seccomp:\t2$/m.test(await status(pid))) return pid;
    }
    return undefined;
  }, 'a renderer in its cage');

  test('status screen, images and films are shown', async () => {
    const { code } = await display.waitCode();
    await until(async () => {
      await display.screenshot();
      return run('zbarimg', ['--quiet', '--raw', display.shotFile]).then(() => true, () => false);
    }, 'a QR code that can be read');
    await headend.approve(code, { name: 'Apart', channel: 'lobby' });
    await display.waitContent();
    for (const colour of [[254, 0, 0], [0, 128, 0], [254, 0, 0]]) await display.waitPicture(middleIs(colour), `the colour ${colour}`);
  });

  test('launcher and renderers are that user, and the agent has no capability', async () => {
    const uid = (await run('id', ['-u', USER])).stdout.trim();
    const seen = new Set();
    await until(async () => {
      for (const { pid, name } of await display.renderers()) {
        const text = await status(pid);
        if (!text) continue; // ended meanwhile
        assert.match(text, new RegExp(`^Uid:(\t${uid}){4}$`, 'm'), name);
        seen.add(name);
      }
      return seen.has('pingplay-launch') && seen.has('pingplay-render');
    }, 'a launcher and a renderer');
    const text = await status(display.agent.child.pid);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(text, new RegExp(`^${set}:\t0+$`, 'm'));
  });

  test('how one was killed is reported, and another takes its place', async () => {
    await headend.publish('lobby', [await makeVideo(dir, 'blue.mp4', 'blue')]); // alone: one renderer, again and again
    await display.waitPicture(middleIs([0, 0, 254]), 'blue');
    const from = display.agent.log.length;
    const killed = await until(async () => {
      const all = (await display.renderers()).filter(({ name }) => name.startsWith('pingplay-render'));
      return all.length === 1 && await cagedRenderer();
    }, 'the only renderer');
    process.kill(killed, 'SIGKILL');
    await display.agent.waitLog(/the renderer was killed by signal 9/, from);
    assert.notEqual(await cagedRenderer(), killed);
  });

  test('those that are over are gone: none is left unreaped', async () => {
    await until(async () => {
      const all = await display.renderers();
      return all.length <= 5 && (await Promise.all(all.map(({ pid }) => status(pid)))).every((text) => !/^State:\tZ/m.test(text));
    }, 'no zombie');
  });

  test('all of them end with the agent', async () => {
    const all = await display.renderers();
    assert.ok(all.length >= 2, 'the launcher and a renderer');
    assert.deepEqual(await display.stopAgent(), { code: 0, signal: null });
    for (const { pid, name } of all) assert.equal(await status(pid), '', name);
    assert.doesNotMatch(display.agent.log, /left behind/);
  });
});
