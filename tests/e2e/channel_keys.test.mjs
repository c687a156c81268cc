// A screen is stolen: it is retired, or moved to another channel. What it kept must not open what is published after that;
// the others go on playing and fetch nothing again.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { png } from './lib/content.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { verifyRepository } from './lib/headend-repo.mjs';
import { deviceAuthorization, enrolDevice, openSession, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';
import { assertNothingOpens, opened, stolenVault } from './lib/stolen.mjs';

let dir;
let headend;

before(async () => { dir = await mkdtemp(path.join(tmpdir(), 'pingplay-channel-keys-')); });
after(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => { headend = await startHeadend(); });
afterEach(() => headend?.stop());

const state = async (device) => (await headend.request('GET', '/v1/state', { device })).json();
const database = (sql) => headend.sql(sql);

async function content(name) {
  const file = path.join(dir, name);
  await writeFile(file, Buffer.concat([png, randomBytes(3000)]));
  return file;
}

// What a screen with this state reads, by its keys, of the repository as it is now.
async function readable(device, id = 'lobby') {
  const { channel } = await state(device);
  return (await verifyRepository(headend.dir, { [id]: Buffer.from(channel.key, 'base64url') })).channels[id];
}

// Everything that a thief with this screen has.
async function vaultOf(device, id = 'lobby') {
  return stolenVault(headend, id, Buffer.from((await state(device)).channel.key, 'base64url'));
}

describe('what a stolen screen kept', () => {
  test('opens nothing that is published after its retirement, not even the same file again', async () => {
    const stays = await enrolDevice(headend, { name: 'Stays', channel: 'lobby' });
    const stolen = await enrolDevice(headend, { name: 'Stolen', channel: 'lobby' });
    const one = await content('one.png');
    await headend.publish('lobby', [one]);
    const before = await readable(stays);
    const vault = await vaultOf(stolen);
    assert.ok((await opened(headend, { ...vault, files: new Set() })).found.length >= 2, 'the thief reads what there was');
    const { version, publish } = await state(stays);

    await headend.cli('screen', 'retire', stolen.id);
    const after = await readable(stays);
    assert.notEqual((await state(stays)).channel.key, vault.keys[0].toString('base64url'));
    assert.ok((await state(stays)).version > version, 'the others are told at once');
    assert.equal((await state(stays)).publish, publish);
    assert.deepEqual(after.manifest, before.manifest, 'they keep their manifest and objects');
    await assertNothingOpens(headend, vault, 1);

    const two = await content('two.png');
    assert.match(await headend.publish('lobby', [one, two]), /2 objects, 2 of them new/);
    await assertNothingOpens(headend, vault, 4);
    assert.match(await headend.publish('lobby', [two, one]), /2 objects, 0 of them new/, 'once is enough');
    await headend.publish('garden', [one]);
    await assertNothingOpens(headend, vault, 6);
    const { manifest } = await readable(stays);
    assert.equal(Object.keys(manifest.objects).length, 2, 'who stayed reads it all');
  });

  test('opens nothing of a channel that it was moved away from', async () => {
    const stays = await enrolDevice(headend, { name: 'Stays', channel: 'lobby' });
    const moved = await enrolDevice(headend, { name: 'Moved', channel: 'lobby' });
    const one = await content('three.png');
    await headend.publish('lobby', [one]);
    await headend.publish('garden', [await content('four.png')]);
    const vault = await vaultOf(moved);
    await headend.cli('screen', 'set', moved.id, '--channel', 'garden');
    assert.equal((await state(moved)).channel.id, 'garden');
    await headend.publish('lobby', [one]);
    await assertNothingOpens(headend, vault, 3);
    await readable(stays);
    await readable(moved, 'garden');
  });

  test('opens nothing after it was approved again for another channel, and is restored with the present key', async () => {
    const device = await enrolDevice(headend, { name: 'Wanders', channel: 'lobby' });
    const stays = await enrolDevice(headend, { name: 'Stays', channel: 'lobby' });
    await headend.publish('lobby', [await content('five.png')]);
    const vault = await vaultOf(device);
    await headend.approve((await deviceAuthorization(headend, device.thumbprint)).json().user_code, { name: 'Wanders', channel: 'garden' });
    await assertNothingOpens(headend, vault, 1);
    const key = (await state(stays)).channel.key;
    await headend.cli('screen', 'retire', stays.id);
    await headend.cli('screen', 'restore', stays.id);
    await openSession(headend, stays);
    await headend.publish('lobby', [await content('six.png')]);
    assert.notEqual((await state(stays)).channel.key, key);
    await readable(stays);
  });

  test('a change of the key that was interrupted is finished, or begun anew', async () => {
    const stays = await enrolDevice(headend, { name: 'Stays', channel: 'lobby' });
    const stolen = await enrolDevice(headend, { name: 'Stolen', channel: 'lobby' });
    await headend.publish('lobby', [await content('seven.png')]);
    const vault = await vaultOf(stolen);
    await headend.cli('screen', 'retire', stolen.id);
    const { key } = (await state(stays)).channel;
    // As if it had ended right after the repository was changed, and before the database was.
    const snapshot = JSON.parse(await readFile(path.join(headend.dir, 'repo/metadata/timestamp.json'))).signed.meta['snapshot.json'].version;
    await database(`UPDATE channel SET next_key = key, key = x'${headend.sealKey('channel/lobby', vault.keys[0])}', next_snapshot = ${snapshot}, leavers = 1, next_leavers = 1 WHERE id = 'lobby'`);
    await headend.publish('garden', [await content('eight.png')]);
    assert.equal((await state(stays)).channel.key, key);
    await readable(stays);
    // As if it had ended before the repository was changed.
    const third = Buffer.alloc(32, 0xab);
    await database(`UPDATE channel SET next_key = x'${headend.sealKey('channel/lobby', third)}', next_snapshot = 9999, leavers = 1, next_leavers = 1 WHERE id = 'lobby'`);
    await headend.publish('garden', [await content('nine.png')]);
    assert.ok(![key, third.toString('base64url')].includes((await state(stays)).channel.key), 'a third key');
    await readable(stays);
    assert.equal(await database("SELECT count(*) FROM channel WHERE leavers <> 0 OR next_key IS NOT NULL"), '0');
  });

  test('the server itself follows where the command could not', async () => {
    const stays = await enrolDevice(headend, { name: 'Stays', channel: 'lobby' });
    await headend.publish('lobby', [await content('ten.png')]);
    const { key } = (await state(stays)).channel;
    await database("UPDATE channel SET leavers = 1 WHERE id = 'lobby'");
    await headend.stopServing();
    await headend.startServing();
    await until(async () => (await state(stays)).channel.key !== key, 'a new key');
    await readable(stays);
  });
});

describe('a screen that stays', () => {
  let display;
  afterEach(() => display?.stop());

  const middleIs = (colour) => (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), colour);
  const count = (text) => display.agent.log.split(text).length - 1;

  test('plays on through a change of keys without a seam and without fetching; off during several, it follows in one go', async () => {
    display = await startDisplay(headend);
    const { code, fingerprint } = await display.waitCode();
    await headend.publish('lobby', [await makeImage(dir, 'red.png', 'red')], ['--duration', '600']);
    await headend.approve(code, { fingerprint, name: 'Stays', channel: 'lobby' });
    await display.waitPicture(middleIs([254, 0, 0]), 'a red picture');
    await display.waitContent();
    const renderers = await display.renderers();
    const shown = count('content is on the screen');
    const stolen = [];
    for (const name of ['A', 'B', 'C']) stolen.push(await enrolDevice(headend, { name, channel: 'lobby' }));

    await headend.cli('screen', 'retire', stolen[0].id);
    await until(() => count('switched: channel lobby') === 2, 'the manifest under its new key');
    assert.match(display.agent.log, /switched: channel lobby, version \d+, 0 objects/);
    await headend.publish('garden', [await makeImage(dir, 'green.png', 'green')]); // some more time passes
    assert.deepEqual(await display.renderers(), renderers, 'the same picture of the same process');
    assert.equal(count('content is on the screen'), shown);

    assert.deepEqual(await display.stopAgent(), { code: 0, signal: null });
    for (const { id } of stolen.slice(1)) await headend.cli('screen', 'retire', id);
    await headend.publish('lobby', [await makeImage(dir, 'blue.png', 'blue')]);
    await display.startAgent();
    await display.waitPicture(middleIs([0, 0, 254]), 'a blue picture');
    assert.equal(count('switched: channel lobby'), 1);
    assert.ok(!/sync-failed/.test(display.agent.log), display.agent.log);
  });
});
