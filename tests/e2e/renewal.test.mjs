// A certificate is renewed while the screen is in use: the old one is refused from then on, and nobody notices.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

let dir;
let headend;
let display;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-renewal-'));
  headend = await startHeadend({ serve: ['--poll-interval', '1', '--certificate-lifetime', '15'] });
  display = await startDisplay(headend);
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

function thumbprintOfPoint(point) {
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((n) => n.toString('base64url'));
  return createHash('sha256').update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y })).digest('hex');
}

const middleIs = (colour) => (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), colour);

test('renewals break neither the poll nor the picture', async () => {
  const { code, fingerprint } = await display.waitCode();
  await headend.publish('lobby', [await makeImage(dir, 'red.png', 'red')]);
  const id = await headend.approve(code, { fingerprint, name: 'Renewed', channel: 'lobby' });
  const keyOf = () => headend.sql(`SELECT lower(hex(thumbprint)) FROM device WHERE id = '${id}'`);
  const first = await keyOf();
  await display.waitPicture(middleIs([254, 0, 0]), 'a red picture');
  const renewals = () => display.agent.log.split('renewed: certificate of device').length - 1;
  await until(() => renewals() >= 2, 'two renewals');
  await headend.publish('lobby', [await makeImage(dir, 'blue.png', 'blue')]);
  await display.waitPicture(middleIs([0, 0, 254]), 'a blue picture');
  assert.ok(!/-> offline|: connection:|session:|HTTP 401/.test(display.agent.log), display.agent.log);
  const shown = async () => JSON.parse(await headend.cli('screen', 'show', id));
  await until(async () => (await shown()).report?.state === 'online', 'a report');
  assert.equal((await shown()).status, 'active');

  // Each renewal was for a new key, with which the screen signs from then on: also what it announces, and receipts.
  assert.notEqual(await keyOf(), first);
  assert.equal(Number(await headend.sql('SELECT count(*) = count(DISTINCT thumbprint) FROM certificate')), 1);
  const announced = async () => thumbprintOfPoint(Buffer.from(await headend.sql(`SELECT hex(device_key) FROM device WHERE id = '${id}'`), 'hex'));
  await until(async () => (await announced()) === await keyOf(), 'the new key in what the screen announces');
  await headend.cli('screen', 'command', id, 'identify', '--wait');
});
