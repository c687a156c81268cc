// Screens that keep to the wall clock: started at different moments they show the same, without a word between them. What
// is shown is compared with the clock at that moment; a busy machine may miss its moment, and gets another.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startHeadend } from './lib/headend.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { makeCountingFilm, makeImage, shownFrame } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const COLOURS = { red: [254, 0, 0], blue: [0, 0, 254], white: [255, 255, 255] };
const FILM_MS = 60000;
const FILM_FPS = 3; // frames a second
const PICTURE_MS = 2000;
const PATIENCE = 180000; // ms: a film's next beginning, and the one after that
const ON_TIME_MS = 5;

let headend;
let dir;
const displays = [];

const names = Object.keys(COLOURS);
const middleOf = (picture) => picture.at(picture.width >> 1, picture.height >> 1);

async function publish(items) {
  const description = path.join(dir, 'show.json');
  const zone = { id: 'main', x: 0, y: 0, width: 640, height: 360, z: 0, playlist: 'all' };
  await writeFile(description, JSON.stringify({
    canvas: { width: 640, height: 360, background: '#000000' },
    playlists: { all: { align: 'wall-clock', items } },
    layouts: { only: { zones: [zone] } },
    default_layout: 'only',
  }));
  await headend.publish('clock', [description]);
}

// A screen with its content. `approvable` is waited for before it can have that; returns that moment.
async function startScreen(approvable = () => true) {
  const display = await startDisplay(headend);
  displays.push(display);
  const { code } = await display.waitCode();
  await until(approvable, 'the moment to begin', PATIENCE);
  const approved = Date.now();
  await headend.approve(code, { name: `Screen ${displays.length}`, channel: 'clock' });
  await display.waitContent();
  return approved;
}

// Whether a picture taken of the display now is what the clock says: `check(picture, from, to)`, ms since 1970.
async function isByTheClock(display, check) {
  const from = Date.now();
  const picture = await display.screenshot();
  return check(picture, from, Date.now());
}

// Brightness tells a frame give or take one, and the last one shown may be that before.
function filmIsByTheClock(picture, from, to, lateMs = 0) {
  const shownMs = shownFrame(middleOf(picture)) * (1000 / FILM_FPS);
  return shownMs > from % FILM_MS - 1000 - lateMs && shownMs < to % FILM_MS + 500;
}

const colourAt = (ms) => names[Math.floor(ms / PICTURE_MS) % names.length];

function pictureIsByTheClock(colour) {
  return (picture, from, to) => colourAt(from) === colour && colourAt(to) === colour && near(middleOf(picture), COLOURS[colour]);
}

// When each layer of the trace, which counts by CLOCK_MONOTONIC, was begun: ms since 1970.
async function layerBegins(display) {
  const offset = Date.now() - Number(process.hrtime.bigint() / 1000n) / 1000;
  const begins = new Map();
  for (const line of (await readFile(display.traceFile, 'utf8')).split('\n').slice(0, -1)) {
    for (const { layer, pts_us, due_us } of JSON.parse(line).layers ?? []) begins.set(layer, (due_us - pts_us) / 1000 + offset);
  }
  return begins;
}

const isBoundary = (ms) => Math.abs(ms - Math.round(ms / PICTURE_MS) * PICTURE_MS) <= ON_TIME_MS;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-align-'));
  await makeCountingFilm(dir, 'film.mp4', FILM_FPS * (FILM_MS / 1000), FILM_FPS);
  for (const name of names) await makeImage(dir, `${name}.png`, name);
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  await publish([{ file: 'film.mp4', duration: `PT${FILM_MS / 1000}S` }]);
});

after(async () => {
  for (const display of displays) await display.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

test('a film is taken up in its middle, behind the clock by no more than its start took', async () => {
  const approved = await startScreen(() => Date.now() % FILM_MS > 5000 && Date.now() % FILM_MS < 25000);
  await displays[0].screenshot(); // the agent hears of a picture before it stands in the trace
  const first = await layerBegins(displays[0]);
  const lateMs = Math.max(...first.values()) - approved;
  await until(async () => {
    const inStep = await isByTheClock(displays[0], (...shot) => filmIsByTheClock(...shot, lateMs));
    assert.deepEqual([...(await layerBegins(displays[0])).keys()], [...first.keys()], 'the film has started over');
    return inStep;
  }, 'the film where the clock says');
});

test('a film is at the same frame on every screen', async () => {
  await startScreen();
  await until(async () => (await Promise.all(displays.map((display) => isByTheClock(display, filmIsByTheClock)))).every(Boolean),
    'both screens in step', PATIENCE);
});

test('pictures change at the clock\'s boundaries, on every screen the same', async () => {
  const known = await Promise.all(displays.map(layerBegins));
  await publish(names.map((name) => ({ file: `${name}.png`, duration: `PT${PICTURE_MS / 1000}S` })));
  for (const name of names) {
    await until(async () => (await Promise.all(displays.map((display) => isByTheClock(display, pictureIsByTheClock(name))))).every(Boolean),
      `${name} in its time on both screens`, PATIENCE);
  }
  for (const [i, display] of displays.entries()) {
    const begins = await until(async () => {
      const all = [...await layerBegins(display)].filter(([layer]) => !known[i].has(layer)).map(([, ms]) => ms);
      return all.filter(isBoundary).length >= names.length && all;
    }, 'changes at boundaries', PATIENCE);
    assert.ok(begins.length >= names.length);
  }
});
