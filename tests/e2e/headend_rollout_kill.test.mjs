// A headend that is killed at any instant of a rollout goes on with it: the repository has the channel's one manifest or both, and what
// each screen is told to show is what stands there.
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { png } from './lib/content.mjs';
import { verifyRepository } from './lib/headend-repo.mjs';
import { enrolDevice, eventually, openSession, startHeadend } from './lib/headend.mjs';
import { Library } from './lib/library.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { Publishing } from './lib/publishing.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const ROUNDS = 6;

describe('a headend that is killed during a rollout', () => {
  let headend;
  let admin;
  let publishing;
  let screens;
  let contents;
  const place = '/api/v1/channels/lobby/rollout';
  const rollout = async () => (await admin.get(place)).json().rollout;
  const repository = async () => (await verifyRepository(headend.dir, { lobby: await headend.channelKey('lobby') })).channels.lobby;
  const takes = async () => Promise.all(screens.map(async (device) => (await headend.request('GET', '/v1/state', { device })).json().channel.take?.sha256));

  // Asks, and ends the server before or after it has answered.
  async function askAndKill(method, target, body) {
    const asked = admin.ask(method, target, body).catch(() => undefined);
    await new Promise((resolve) => { setTimeout(resolve, randomInt(0, 120)); });
    await headend.stopServing('SIGKILL');
    await asked;
    await headend.startServing();
    for (const screen of screens) await openSession(headend, screen);
  }

  // Whatever was taken is done, by whoever came next.
  const settled = () => eventually(async () => {
    const { items } = (await admin.get('/api/v1/channels/lobby/jobs')).json();
    return items.every(({ state }) => !['waiting', 'running'].includes(state)) && items;
  }, 60000, 'the end of what was asked for');

  async function looksRight() {
    const now = await rollout();
    const open = ['running', 'halted'].includes(now?.state);
    const found = await repository();
    const told = (await takes()).filter(Boolean);
    assert.equal(found.next?.version, open ? now.version : undefined, 'both manifests stand there as long as it is under way');
    assert.deepEqual([...new Set(told)], told.length ? [found.nextHash] : []);
    assert.ok(open || !told.length, 'nobody is told to show what is not there');
    return { open, found, now };
  }

  before(async () => {
    headend = await startHeadend();
    admin = await Person.signIn(headend, await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml')));
    publishing = new Publishing(headend, admin);
    const library = new Library(admin);
    contents = [];
    for (let i = 0; i < 2; i++) contents.push((await library.add(Buffer.concat([png, randomBytes(2000)]), { filename: `${i}.png` })).content);
    await publishing.publish('lobby', [{ content: contents[0] }]);
    screens = [await enrolDevice(headend, { name: 'A', channel: 'lobby' }), await enrolDevice(headend, { name: 'B', channel: 'lobby' })];
  });
  after(() => headend?.stop());

  for (const [what, expected] of [['cancel', 'cancelled'], ['finish', 'done']]) {
    test(`it has begun or not, and ${what === 'finish' ? 'finishes' : 'is cancelled'} or goes on`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const before = (await repository()).manifest.version;
        await publishing.draft('lobby', { items: [{ content: contents[round % 2], duration: `PT${5 + round}S` }] });
        await askAndKill('POST', '/api/v1/channels/lobby/publish', { rollout: { steps: [{ percent: 50 }, { percent: 100 }] } });
        await settled();
        let { open, found, now } = await looksRight();
        assert.equal(found.manifest.version, before, 'what is published stays');
        if (!open) continue; // the request was never taken
        await eventually(async () => (await rollout()).taken === 1, 60000, 'the first step');
        await looksRight();
        await askAndKill('POST', `${place}/${what}`);
        await settled();
        ({ open, found } = await looksRight());
        assert.equal((await rollout()).state, open ? 'running' : expected);
        assert.equal(found.manifest.version, !open && what === 'finish' ? now.version : before);
        if (open) {
          await admin.ask('POST', `${place}/cancel`);
          await settled();
          await looksRight();
        }
      }
    });
  }

  test('a step that is killed has begun for its screens, or for none', async () => {
    await publishing.draft('lobby', { items: [{ content: contents[0] }, { content: contents[1] }] });
    assert.equal((await publishing.ended(await publishing.ask('lobby', { rollout: { steps: [{ percent: 1 }, { percent: 60 }, { percent: 100 }] } }))).state, 'done');
    await eventually(async () => (await rollout()).taken === 1, 60000, 'the first step');
    await askAndKill('POST', `${place}/advance`);
    const { now } = await looksRight();
    assert.deepEqual([now.step, now.taken], now.step === 1 ? [1, 1] : [2, 2]);
    assert.equal((await takes()).filter(Boolean).length, now.taken);
  });
});
