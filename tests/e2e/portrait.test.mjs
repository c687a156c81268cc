// Displays that stand upright, and displays that hang on their side.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startDisplay } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { near } from './lib/png.mjs';

const run = promisify(execFile);
const RED = [254, 0, 0];
const BLUE = [0, 0, 254];
const BLACK = [0, 0, 0];

let headend;
let dir;
let picture;

before(async () => {
  headend = await startHeadend();
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-portrait-'));
  picture = path.join(dir, 'upright.png');
  // 360 x 640, the upper half red, the lower blue.
  await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-f', 'lavfi', '-i', 'color=red:s=360x320', '-f', 'lavfi', '-i', 'color=blue:s=360x320',
    '-filter_complex', 'vstack', '-frames:v', '1', picture]);
});
after(async () => {
  await headend?.stop();
  if (dir) await rm(dir, { recursive: true });
});

async function startScreen(t, channel, options) {
  const display = await startDisplay(headend, options);
  t.after(() => display.stop());
  const { code, fingerprint } = await display.waitCode();
  const id = await headend.approve(code, { name: channel, channel, fingerprint });
  return { display, id };
}

// Both halves reach to the four corners, `first` where the picture's top is.
const corners = (shot) => [shot.at(1, 1), shot.at(shot.width - 2, 1), shot.at(1, shot.height - 2), shot.at(shot.width - 2, shot.height - 2)];
const are = (shot, ...colours) => corners(shot).every((pixel, i) => near(pixel, colours[i]));

test('a plain list fills a display that stands upright', async (t) => {
  await headend.publish('upright', [picture]);
  const { display } = await startScreen(t, 'upright', { size: '360x640' });
  const shot = await display.waitPicture((one) => are(one, RED, RED, BLUE, BLUE), 'the picture, from edge to edge');
  assert.deepEqual([shot.width, shot.height], [360, 640]);
});

test('a canvas that is described keeps its shape, unless it is to fill', async (t) => {
  const list = async (canvas) => {
    const file = path.join(dir, 'list.json');
    await writeFile(file, JSON.stringify({ canvas, items: [{ file: 'upright.png', fit: 'cover' }] }));
    return file;
  };
  await headend.publish('canvas', [await list({ width: 1920, height: 1080 })]);
  const { display } = await startScreen(t, 'canvas', { size: '360x640' });
  // A band of 360 x 203 in the middle.
  await display.waitPicture((one) => are(one, BLACK, BLACK, BLACK, BLACK) && near(one.at(180, 250), RED) && near(one.at(180, 390), BLUE), 'bars above and below');
  await headend.publish('canvas', [await list({ width: 1920, height: 1080, fit: 'fill' })]);
  await display.waitPicture((one) => are(one, RED, RED, BLUE, BLUE), 'no bars');
  await assert.rejects(headend.publish('canvas', [await list({ width: 1920, height: 1080, fit: 'cover' })]), /canvas: fit: unknown value "cover"/);
});

test('a display that hangs on its side is turned by a setting, and stays so through a restart', async (t) => {
  await headend.publish('side', [picture]);
  const { display, id } = await startScreen(t, 'side', { size: '640x360' });
  await display.waitPicture((one) => are(one, BLACK, BLACK, BLACK, BLACK), 'the upright picture, with bars beside it');
  await assert.rejects(headend.cli('screen', 'set', id, '--rotation', '45'), /rotation: must be 0, 90, 180 or 270/);
  await headend.cli('screen', 'set', id, '--rotation', '90');
  await display.waitPicture((one) => are(one, BLUE, RED, BLUE, RED), 'its top on the right');
  await headend.cli('screen', 'set', id, '--rotation', '270');
  await display.waitPicture((one) => are(one, RED, BLUE, RED, BLUE), 'its top on the left');
  await headend.cli('screen', 'set', id, '--rotation', '180');
  await display.waitPicture((one) => are(one, BLACK, BLACK, BLACK, BLACK) && near(one.at(320, 10), BLUE) && near(one.at(320, 350), RED), 'upside down');
  await headend.cli('screen', 'set', id, '--rotation', '90');
  await display.waitPicture((one) => are(one, BLUE, RED, BLUE, RED), 'its top on the right again');
  await headend.stopServing();
  await display.stopAgent();
  await display.stopPlayer();
  await display.startPlayer();
  await display.startAgent();
  await display.waitPicture((one) => are(one, BLUE, RED, BLUE, RED), 'the same without the headend');
  assert.match(display.player.log, /display: 640x360|640 x 360|640x360/);
  await headend.startServing();
  assert.equal(JSON.parse(await headend.cli('screen', 'show', id)).rotation, 90);
});
