// Flash that rots: an object whose bytes have changed is left out, set aside and fetched again, while the rest plays on.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startHeadend } from './lib/headend.mjs';
import { filesBelow, startDisplay } from './lib/display.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

let headend;
let display;
let dir;

const middleIs = (colour) => (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), colour);
const bothColours = async () => {
  await display.waitPicture(middleIs([254, 0, 0]), 'red');
  await display.waitPicture(middleIs([0, 0, 254]), 'blue');
};

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-damage-'));
  headend = await startHeadend();
  await headend.publish('lobby', [await makeImage(dir, 'red.jpg', 'red'), await makeImage(dir, 'blue.jpg', 'blue')],
    ['--duration', '1']);
  display = await startDisplay(headend);
  const { code } = await display.waitCode();
  await headend.approve(code, { name: 'Worn', channel: 'lobby' });
  await display.waitContent();
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function damageOne() {
  const objects = [];
  for await (const object of filesBelow(path.join(display.stateDir, 'objects'))) objects.push(object);
  assert.equal(objects.length, 3, 'two pictures and the manifest');
  // The manifest is the smallest or not: take the picture by what the headend's repository lists under objects/.
  const published = new Set();
  for await (const { name } of filesBelow(path.join(headend.dir, 'repo/objects'))) published.add(name);
  const { file, data } = objects.find(({ name }) => published.has(name));
  data[data.length - 1] ^= 1;
  await chmod(file, 0o600);
  await writeFile(file, data);
  return file;
}

test('a flipped bit costs one item until the object has been fetched again', async () => {
  const from = display.agent.log.length;
  const file = await damageOne();
  await display.agent.waitLog(/item-failed/, from);
  await display.agent.waitLog(/object-damaged/, from);
  await display.agent.waitLog(/repaired/, from);
  assert.equal(createHash('sha256').update(await readFile(file)).digest('hex'), path.basename(file));
  await bothColours();
});

test('an object that has vanished is fetched again', async () => {
  const from = display.agent.log.length;
  const objects = [];
  for await (const { name } of filesBelow(path.join(headend.dir, 'repo/objects'))) objects.push(name);
  await rm(path.join(display.stateDir, 'objects', objects[0].slice(0, 2), objects[0]));
  await display.agent.waitLog(/repaired/, from);
  await bothColours();
});

test('without the headend the rest of the playlist plays on', async () => {
  await headend.stopServing();
  const from = display.agent.log.length;
  await damageOne();
  await display.agent.waitLog(/object-damaged/, from);
  await display.agent.waitLog(/item-set-aside/, from);
  const picture = await display.screenshot();
  assert.ok(middleIs([254, 0, 0])(picture) || middleIs([0, 0, 254])(picture), 'the good picture is there');
});
