// A board that draws so slowly that each present takes several frames of the film: fewer of them are seen, but the film
// keeps to its clock and ends in its time.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { makeImage, makeVideo } from './lib/media.mjs';

const PRESENT_MS = 400; // ten frames
const FILM_US = 6000000;
const LAG_MAX_US = 3000000; // generous; without leaving anything out it is 8 s at the end, and grows with the film

let headend;
let display;
let dir;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-slow-'));
  headend = await startHeadend();
  await headend.publish('lobby',
    [await makeVideo(dir, 'film.mp4', 'blue', FILM_US / 1e6), await makeImage(dir, 'still.png', 'red')], ['--duration', '2']);
  display = await startDisplay(headend, {
    playerEnv: { LD_PRELOAD: path.join(buildDir(), 'tests/e2e/programs/pingplay-slow-display.so'), SLOW_DISPLAY_MS: `${PRESENT_MS}` },
  });
  const { code } = await display.waitCode();
  await headend.approve(code, { name: 'Slow', channel: 'lobby' });
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

// What was presented of the first layer that moves: { pts_us, due_us, at_us } in order; empty until another followed it.
async function filmPresents() {
  const lines = (await readFile(display.traceFile, 'utf8')).split('\n').slice(0, -1).map((line) => JSON.parse(line));
  const presents = lines.flatMap(({ at_us, layers = [] }) => layers.map((layer) => ({ at_us, ...layer })));
  const film = presents.find(({ pts_us }) => pts_us > 0)?.layer;
  return presents.at(-1)?.layer > film ? presents.filter(({ layer }) => layer === film) : [];
}

test('a film on a slow display keeps to its clock and ends in its time', async () => {
  await display.waitContent();
  const presents = await until(async () => {
    const found = await filmPresents();
    return found.length && found;
  }, 'the end of the film');
  const last = presents.at(-1);
  assert.ok(last.pts_us > FILM_US / 2, `its last frame is at ${last.pts_us} us`);
  for (const { at_us, due_us, pts_us } of presents.slice(0, -1)) {
    assert.ok(at_us - due_us < LAG_MAX_US, `the frame of ${pts_us} us came ${at_us - due_us} us late`);
  }
  assert.doesNotMatch(display.agent.log, /did not end in time/);
});
