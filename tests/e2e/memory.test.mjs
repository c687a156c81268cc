// What of a screen's secrets stands in the memory of its agent, as often as it is in use and no more; and that a core of it, once
// it is locked, has none.
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { countInCore, countInMemory } from './lib/memory.mjs';
import { near } from './lib/png.mjs';
import { open } from './lib/tink.mjs';

const shows = (colour) => (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), colour);
const skip = process.getuid() !== 0 ? 'needs root, to read another process' : process.env.PP_BUILD?.includes('asan') ? 'the sanitizer has a heap of its own' : false;

// The newest generation of a record of the vault.
async function readRecord(stateDir, name) {
  const kek = await readFile(path.join(stateDir, 'kek/kek'));
  const slots = [];
  for (const slot of [0, 1]) {
    const file = await readFile(path.join(stateDir, `vault/${name}.${slot}`)).catch(() => undefined);
    if (file) slots.push({ generation: file.readBigUInt64BE(4), sealed: file.subarray(12) });
  }
  const [{ generation, sealed }] = slots.sort((a, b) => Number(b.generation - a.generation));
  return open(kek, sealed, { associatedData: `pingplay/vault/${name}/${generation}` });
}

const numberOf = (der) => Buffer.from(createPrivateKey({ key: der, format: 'der', type: 'sec1' }).export({ format: 'jwk' }).d, 'base64url');

// As bytes, as a number in limbs (mbedTLS, OpenSSL), as text of the documents it would be in.
function formsOf(name, bytes) {
  return { [name]: bytes, [`${name}, as limbs`]: Buffer.from(bytes).reverse(), [`${name}, as base64url`]: Buffer.from(bytes.toString('base64url')) };
}

async function secretsOf(headend, stateDir) {
  const cookie = (await readRecord(stateDir, 'device-cookie')).toString().split('=').pop();
  const device = await readRecord(stateDir, 'device-key');
  return {
    cookie: Buffer.from(cookie),
    ...formsOf('device key', numberOf(device)),
    // what base64 makes of the number within a SEC 1 document, whose bytes 7 to 38 it is: from byte 9 on in whole groups
    'device key, as PEM': Buffer.from(device.subarray(9, 39).toString('base64')),
    ...formsOf('agreement key', numberOf(await readRecord(stateDir, 'agreement-key'))),
    ...formsOf('key-encryption key', await readFile(path.join(stateDir, 'kek/kek'))),
    ...formsOf('object keys', Buffer.from(await headend.sql('SELECT hex(key) FROM object ORDER BY created DESC LIMIT 1'), 'hex')),
    ...formsOf('channel key', Buffer.from(await headend.sql("SELECT hex(key) FROM channel WHERE id = 'lobby'"), 'hex')),
  };
}

let dir;
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-memory-'));
  await makeImage(dir, 'red.png', 'red');
  await makeImage(dir, 'blue.png', 'blue');
});
after(() => rm(dir, { recursive: true, force: true }));

async function startScreen(t) {
  const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  t.after(() => headend.stop());
  await headend.publish('lobby', [path.join(dir, 'red.png')]);
  const display = await startDisplay(headend, { config: ['[vault]', 'provider = file'] });
  t.after(() => display.stop());
  const { code } = await display.waitCode();
  const id = await headend.approve(code, { name: 'Wall', channel: 'lobby' });
  await display.waitPicture(shows([254, 0, 0]), 'the first content');
  await display.agent.waitLog(/-> online/);
  // some connections, passes and states more, each of which made its copies
  await headend.publish('lobby', [path.join(dir, 'blue.png')]);
  await display.waitPicture(shows([0, 0, 254]), 'the second content');
  const secrets = await until(() => secretsOf(headend, display.stateDir).catch(() => undefined), 'records of all secrets');
  return { headend, display, id, secrets };
}

// Requests are under way now and then: what is asked for is what stands there between them.
async function fewest(count, tries = 20) {
  let least;
  for (let i = 0; i < tries; i++) {
    const counts = await count();
    least ??= counts;
    for (const name of Object.keys(counts)) least[name] = Math.min(least[name], counts[name]);
    await sleep(100);
  }
  return least;
}

test('secrets stand in the memory of a running agent as often as they are in use', { skip }, async (t) => {
  const { display, secrets } = await startScreen(t);
  await display.waitPicture(shows([0, 0, 254]), 'the content');
  const counts = await fewest(() => countInMemory(display.agent.child.pid, secrets));
  // Keys: the place where they are kept, which nobody can read where the kernel has memfd_secret. The cookie: that place, and
  // the long poll's header with us and with libcurl. The channel's key: the state in effect, and what sync is to bring.
  const most = { cookie: 3, 'device key': 1, 'agreement key': 1, 'key-encryption key': 1, 'channel key': 2, 'object keys': 1 };
  for (const [name, count] of Object.entries(counts)) assert.ok(count <= (most[name] ?? 0), `${name}: ${count} times`);
  assert.ok(counts.cookie >= 1 && counts['channel key'] >= 1, 'the looking finds what is there');
});

test('a core of a locked agent holds no key', { skip }, async (t) => {
  const { headend, display, id, secrets } = await startScreen(t);
  await headend.cli('screen', 'retire', id);
  await display.agent.waitLog(/-> locked/);
  const counts = await countInCore(display.agent.child.pid, path.join(dir, 'core'), secrets);
  for (const [name, count] of Object.entries(counts)) assert.equal(count, 0, `${name} in the core`);
  // the looking finds what is there: another process's, in the same way
  assert.ok((await countInCore(display.player.child.pid, path.join(dir, 'player'), { word: Buffer.from('pingplay-player') })).word > 0);
});
