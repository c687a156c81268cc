// The agent is killed at random instants while it syncs: after each restart every object in the store is whole and the
// screen shows content.
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHeadend } from './lib/headend.mjs';
import { filesBelow, startDisplay } from './lib/display.mjs';
import { makeImage, makeVideo, padVideo } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const KILLS = 50;
const OBJECT = 6 * 1024 * 1024; // bytes of padding of each of a publish's videos
const BACKGROUND = [0x10, 0x14, 0x18];

let headend;
let display;
let dir;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-kill-'));
  headend = await startHeadend();
  await headend.publish('lobby', [await makeImage(dir, 'blue.png', 'blue')]);
  display = await startDisplay(headend);
  const { code } = await display.waitCode();
  await headend.approve(code, { name: 'Killed', channel: 'lobby' });
  await display.waitContent();
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function assertStoreWhole() {
  let count = 0;
  for await (const { name, data } of filesBelow(path.join(display.stateDir, 'objects'))) {
    assert.equal(createHash('sha256').update(data).digest('hex'), name);
    count++;
  }
  assert.ok(count > 0);
}

test(`${KILLS} times SIGKILL during sync: the store stays whole and something is shown`, async () => {
  const small = await makeVideo(dir, 'small.mp4', 'green', 1);
  let fetchedPartly = 0;
  for (let i = 0; i < KILLS; i++) {
    const videos = [];
    for (let j = 0; j < 3; j++) videos.push(await padVideo(small, path.join(dir, `video-${j}.mp4`), OBJECT + i));
    await headend.publish('lobby', [...videos, path.join(dir, 'blue.png')]);
    await sleep(randomInt(0, 400));
    await display.stopAgent('SIGKILL');
    for await (const { data } of filesBelow(path.join(display.stateDir, 'partial'))) fetchedPartly += data.length > 0;
    await assertStoreWhole();
    const picture = await display.screenshot();
    assert.ok(!near(picture.at(320, 180), BACKGROUND, 4), 'the player still shows something');
    await display.startAgent();
    await display.waitContent();
  }
  assert.ok(fetchedPartly > 0, 'at least one kill came in the middle of a download');
});

test('after all that the newest content is shown', async () => {
  await headend.publish('lobby', [await makeImage(dir, 'white.png', 'white')]);
  await display.waitPicture((picture) => near(picture.at(320, 180), [255, 255, 255]), 'the last publish');
});
