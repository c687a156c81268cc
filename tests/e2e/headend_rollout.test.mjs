// Rollouts: some screens of a channel have a new version first, and it halts by itself where they do worse than before.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { png } from './lib/content.mjs';
import { verifyRepository } from './lib/headend-repo.mjs';
import { enrolDevice, eventually, startHeadend } from './lib/headend.mjs';
import { Library } from './lib/library.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { Publishing } from './lib/publishing.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const json = { 'content-type': 'application/json' };
const BY_HAND = { steps: [{ percent: 25 }, { percent: 50 }, { percent: 100 }] };

describe('rollouts', () => {
  let headend;
  let admin;
  let library;
  let publishing;

  const at = (channel, what = '') => `/api/v1/channels/${channel}/rollout${what && `/${what}`}`;
  const shown = async (channel, who = admin) => (await who.get(at(channel))).json().rollout;
  const act = async (channel, what, who = admin) => {
    const answer = await who.ask('POST', at(channel, what), undefined);
    assert.equal(answer.status, 200, answer.text);
    return answer.json().rollout;
  };
  const becomes = (channel, condition, what) => eventually(async () => {
    const rollout = await shown(channel);
    return condition(rollout) && rollout;
  }, 60000, what);
  const state = async (device) => (await headend.request('GET', '/v1/state', { device })).json();
  const status = async (device, more) => assert.equal((await headend.request('POST', '/v1/status', { device, headers: json,
    body: JSON.stringify({ state: 'online', ...more }) })).status, 204);
  const fails = async (device, kind, count = 1) => assert.equal((await headend.request('POST', '/v1/events', { device, headers: json,
    body: JSON.stringify({ batch: randomUUID(), items: Array.from({ length: count }, () => ({ id: randomUUID(), kind, detail: 'broken' })) }) })).status, 204);
  const takers = async (screens) => {
    const found = [];
    for (const screen of screens) if ((await state(screen)).channel.take) found.push(screen);
    return found;
  };
  const repository = async (channel) => (await verifyRepository(headend.dir, { [channel]: await headend.channelKey(channel) }, Date.now(), publishing.removed)).channels[channel];
  const picture = async (name) => (await library.add(Buffer.concat([png, randomBytes(2000)]), { filename: name })).content;
  const audited = async () => (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line));

  // A channel with a published version, that many screens on it, and the next version on its way.
  async function begin(channel, count, rollout = BY_HAND) {
    const [one, two] = [await picture(`${channel}-one.png`), await picture(`${channel}-two.png`)];
    const first = await publishing.publish(channel, [{ content: one }], { title: 'First' });
    const screens = [];
    for (let i = 0; i < count; i++) screens.push(await enrolDevice(headend, { name: `${channel} ${i}`, channel }));
    for (const screen of screens) await status(screen, { channel, manifest_version: first.publish });
    const job = await publishing.publish(channel, [{ content: two }], { title: 'Second' }, { rollout });
    return { screens, first, job };
  }
  const say = async (screens, channel, version) => { for (const screen of screens) await status(screen, { channel, manifest_version: version }); };

  before(async () => {
    headend = await startHeadend();
    admin = await Person.signIn(headend, await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml')));
    library = new Library(admin);
    publishing = new Publishing(headend, admin);
  });
  after(() => headend?.stop());

  test('step by step, until all have it and it is published as always', async () => {
    const { screens, first, job } = await begin('steps', 4);
    assert.deepEqual([job.kind, job.state, job.rollout.steps.length], ['publish', 'done', 3]);
    let rollout = await becomes('steps', ({ taken }) => taken === 1, 'the first step');
    assert.deepEqual([rollout.version, rollout.state, rollout.step, rollout.screens, rollout.shown, rollout.due], [job.publish, 'running', 1, 4, 0, null]);
    const [taker, ...more] = await takers(screens);
    assert.equal(more.length, 0);
    const both = await repository('steps');
    assert.deepEqual([both.manifest.version, both.next.version, both.next.title], [first.publish, job.publish, 'Second']);
    const { channel } = await state(taker);
    assert.deepEqual(channel.take, { sha256: both.nextHash }, 'which the repository vouches for');
    assert.equal((await admin.get('/api/v1/channels/steps')).json().title, 'First', 'nothing of the channel is another for others');
    await say([taker], 'steps', job.publish);
    assert.equal((await shown('steps')).shown, 1);

    rollout = await act('steps', 'advance');
    assert.deepEqual([rollout.step, rollout.taken], [2, 2]);
    const two = await takers(screens);
    assert.ok(two.includes(taker), 'who has it keeps it');
    await act('steps', 'advance');
    rollout = await becomes('steps', ({ state: now }) => now === 'done', 'the end');
    assert.equal((await takers(screens)).length, 0);
    const end = await repository('steps');
    assert.deepEqual([end.manifest.version, end.next], [job.publish, undefined]);
    assert.deepEqual(end.manifest.objects.o1.sha256, both.next.objects.o1.sha256, 'with the object that it had');
    assert.equal((await admin.get('/api/v1/channels/steps')).json().title, 'Second');
    const versions = (await admin.get('/api/v1/channels/steps/versions')).json().items.map(({ number }) => number);
    assert.deepEqual(versions, [job.publish, first.publish]);
    const did = (await audited()).filter(({ operation }) => operation.startsWith('rollout.')).map(({ operation }) => operation);
    assert.deepEqual(did, ['rollout.advance', 'rollout.advance']);
    await admin.refused(409, 'state-conflict', 'POST', at('steps', 'cancel'));
  });

  test('it halts on errors of the screens that have it, says why, and goes on when somebody says so', async () => {
    const { screens, job } = await begin('errors', 4);
    await becomes('errors', ({ taken }) => taken === 1, 'the first step');
    const [taker] = await takers(screens);
    const others = screens.filter((screen) => screen !== taker);
    const { stepped } = await shown('errors');
    await eventually(() => Date.now() >= Date.parse(stepped) + 1000, 5000, 'the next second'); // what comes within it may be of before
    for (const other of others) await fails(other, 'item-failed', 5); // who does not have it counts for nothing
    await fails(taker, 'connection', 9); // nor does what has to do with the network
    await fails(taker, 'item-failed', 2);
    await say([taker], 'errors', job.publish);
    const before = await shown('errors');
    assert.deepEqual([before.state, before.errors, before.bad, before.tolerated], ['running', 2, 2, 3]);
    await fails(taker, 'player-dies');
    const halted = await becomes('errors', ({ state: now }) => now === 'halted', 'the halt');
    assert.deepEqual(halted.reason.kinds, [{ kind: 'item-failed', count: 2 }, { kind: 'player-dies', count: 1 }]);
    assert.match(halted.reason.words, /^1 of 1 screens that have it report more errors than before: item-failed \(2\), player-dies \(1\)$/);
    assert.deepEqual(halted.failing.map(({ id, errors, gone }) => [id, errors, gone]), [[taker.id, 3, false]]);
    assert.deepEqual((await takers(screens)).map(({ id }) => id), [taker.id], 'nobody else gets it, and who has it keeps it');
    assert.match((await admin.refused(409, 'state-conflict', 'POST', at('errors', 'advance'))).detail, /halted/);
    const on = await act('errors', 'resume');
    assert.deepEqual([on.state, on.errors, on.reason], ['running', 0, null]);
    await act('errors', 'advance');
    assert.equal((await takers(screens)).length, 2);
    const person = await act('errors', 'halt');
    assert.equal(person.reason.words, 'admin has halted it');
    await act('errors', 'cancel');
    await becomes('errors', ({ state: now }) => now === 'cancelled', 'the end');
    assert.equal((await takers(screens)).length, 0);
    const end = await repository('errors');
    assert.deepEqual([end.manifest.title, end.next], ['First', undefined]);
  });

  test('what a screen reported the day before is nothing new', async () => {
    const [one, two] = [await picture('old-one.png'), await picture('old-two.png')];
    await publishing.publish('old', [{ content: one }]);
    const screen = await enrolDevice(headend, { name: 'Always ill', channel: 'old' });
    await fails(screen, 'item-failed', 400);
    await publishing.publish('old', [{ content: two }], {}, { rollout: { steps: [{ percent: 1 }, { percent: 100 }], tolerance: { errors: 1, percent: 0 } } });
    const { stepped } = await becomes('old', ({ taken }) => taken === 1, 'the first step');
    await eventually(() => Date.now() >= Date.parse(stepped) + 1000, 5000, 'the next second');
    await fails(screen, 'item-failed', 1);
    assert.deepEqual([(await shown('old')).errors, (await shown('old')).bad], [1, 0]);
    await fails(screen, 'item-failed', 20);
    assert.equal((await becomes('old', ({ state: now }) => now === 'halted', 'the halt')).bad, 3, 'of one screen three count');
  });

  test('steps begin by themselves, one after the other, as soon as a screen shows the version', async () => {
    const group = (await admin.ask('POST', '/api/v1/groups', { name: 'Brave', priority: 1, tags: ['brave'] })).json();
    const plan = { steps: [{ group: group.id }, { percent: 60, after: 'PT0S' }, { percent: 100, after: 'PT1S' }] };
    const [one, two] = [await picture('auto-one.png'), await picture('auto-two.png')];
    await publishing.publish('auto', [{ content: one }]);
    const screens = [];
    for (const name of ['Auto 0', 'Auto 1', 'Auto 2']) screens.push(await enrolDevice(headend, { name, channel: 'auto' }));
    const tag = (await admin.get(`/api/v1/screens/${screens[1].id}`)).headers.etag;
    assert.equal((await admin.ask('PATCH', `/api/v1/screens/${screens[1].id}`, { tags: ['brave'] }, { 'if-match': tag })).status, 200);
    const job = await publishing.publish('auto', [{ content: two }], {}, { rollout: plan });
    let rollout = await becomes('auto', ({ taken }) => taken === 1, 'the first step');
    assert.deepEqual(rollout.steps[0], { group: group.id, name: 'Brave', after: 'PT0S' });
    assert.deepEqual((await takers(screens)).map(({ id }) => id), [screens[1].id]);
    assert.ok(Date.parse(rollout.due) <= Date.now(), 'it is due, and nobody shows anything yet');
    assert.equal((await shown('auto')).step, 1);
    await say([screens[1]], 'auto', job.publish);
    rollout = await becomes('auto', ({ step, state: now }) => step === 2 || now === 'done', 'the second step');
    await becomes('auto', ({ state: now }) => now === 'done', 'the end');
    assert.equal((await repository('auto')).manifest.version, job.publish);
  });

  test('whoever comes to the channel meanwhile has what its steps say', async () => {
    const { screens } = await begin('late', 2, { steps: [{ percent: 50 }, { percent: 100 }] });
    await becomes('late', ({ taken }) => taken === 1, 'the first step');
    for (let i = 0; i < 2; i++) screens.push(await enrolDevice(headend, { name: `Late ${i}`, channel: 'late' }));
    await becomes('late', ({ taken, screens: all }) => taken === 2 && all === 4, 'half of four');
    assert.equal((await takers(screens)).length, 2);
  });

  test('a screen that leaves has the channel\'s key changed: both manifests are sealed anew, and the others go on', async () => {
    const { screens, job } = await begin('leave', 3, { steps: [{ percent: 60 }, { percent: 100 }] });
    await becomes('leave', ({ taken }) => taken === 2, 'the first step');
    const former = await repository('leave');
    const leaver = screens.find((screen) => screen !== undefined);
    await headend.cli('screen', 'retire', leaver.id);
    const left = screens.filter((screen) => screen !== leaver);
    const anew = await eventually(async () => {
      const found = await repository('leave');
      return found.nextHash !== former.nextHash && found;
    }, 60000, 'the manifests under the new key');
    assert.deepEqual([anew.manifest.title, anew.next.title, anew.next.version], ['First', 'Second', job.publish]);
    await becomes('leave', ({ taken, screens: all }) => all === 2 && taken >= 1, 'those that are left');
    for (const screen of await takers(left)) assert.equal((await state(screen)).channel.take.sha256, anew.nextHash);
    assert.ok((await takers(left)).length >= 1);
    await act('leave', 'finish');
    await becomes('leave', ({ state: now }) => now === 'done', 'the end');
    assert.equal((await repository('leave')).manifest.title, 'Second');
  });

  test('nothing else is published meanwhile, and removing the channel ends it', async () => {
    const zero = await publishing.publish('busy', [{ content: await picture('busy-zero.png') }]);
    const { screens } = await begin('busy', 1);
    await becomes('busy', ({ taken }) => taken === 1, 'the first step');
    const words = /a rollout of version \d+ is under way on channel "busy": finish it or cancel it first/;
    for (const [what, body] of [['publish', {}], ['publish', { rollout: BY_HAND }], ['unpublish'], [`versions/${zero.publish}/restore`, {}]])
      assert.match((await admin.refused(409, 'state-conflict', 'POST', `/api/v1/channels/busy/${what}`, body)).detail, words, what);
    await assert.rejects(headend.publish('busy', [path.resolve('tests/data/media/quarters.png')]), words);
    await assert.rejects(headend.cli('channel', 'unpublish', 'busy'), words);
    await headend.cli('channel', 'remove', 'busy', '--move-to', 'steps');
    publishing.removed.push('busy');
    assert.equal((await state(screens[0])).channel.take, undefined);
    assert.equal((await state(screens[0])).channel.id, 'steps');
    await repository('steps');
  });

  test('what is no plan is refused, and so is a rollout of what is published nowhere yet', async () => {
    await publishing.draft('plans', { items: [{ content: await picture('plan.png') }] });
    assert.match((await admin.refused(409, 'state-conflict', 'POST', '/api/v1/channels/plans/publish', { rollout: BY_HAND })).detail, /nothing is published/);
    const job = await publishing.ended(await publishing.ask('plans'));
    assert.equal(job.state, 'done', job.refusal);
    const wrong = [[], 7, {}, { steps: [] }, { steps: [{ percent: 50 }] }, { steps: [{ percent: 100 }], more: 1 }, { steps: [{ percent: 0 }, { percent: 100 }] },
      { steps: [{ percent: 50 }, { percent: 50 }, { percent: 100 }] }, { steps: [{ percent: 50, after: 'soon' }, { percent: 100 }] },
      { steps: [{ percent: 50, after: 'P31D' }, { percent: 100 }] }, { steps: [{ percent: 50, group: randomUUID() }, { percent: 100 }] },
      { steps: [{ group: randomUUID() }, { percent: 100 }] }, { steps: [{ group: 'x' }, { percent: 100 }] }, { steps: Array(11).fill({ percent: 100 }) },
      { steps: [{ percent: 100 }], tolerance: { errors: 0 } }, { steps: [{ percent: 100 }], tolerance: { percent: 101 } }];
    for (const rollout of wrong) {
      const problem = await admin.refused(400, 'body-invalid', 'POST', '/api/v1/channels/plans/publish', { rollout });
      assert.equal(problem.parameter, 'rollout', JSON.stringify(rollout));
    }
    assert.equal(await shown('plans'), null);
  });

  test('who may publish there sees to it, who may look sees it, and to others it is not there', async () => {
    const api = admin.api;
    await begin('rights', 1);
    await becomes('rights', ({ taken }) => taken === 1, 'the first step');
    const looks = await Person.add(headend, api, 'looks', 'viewer:channel=rights');
    const edits = await Person.add(headend, api, 'edits', 'editor:channel=rights');
    const elsewhere = await Person.add(headend, api, 'elsewhere', 'publisher:channel=steps');
    const publishes = await Person.add(headend, api, 'publishes', 'publisher:channel=rights');
    assert.equal((await shown('rights', looks)).taken, 1);
    await elsewhere.refused(404, 'not-found', 'GET', at('rights'));
    for (const what of ['advance', 'halt', 'resume', 'finish', 'cancel']) {
      for (const who of [looks, edits]) await who.refused(403, 'not-permitted', 'POST', at('rights', what));
      await elsewhere.refused(404, 'not-found', 'POST', at('rights', what));
    }
    assert.equal((await act('rights', 'halt', publishes)).reason.name, 'publishes');
    await act('rights', 'cancel', publishes);
    await becomes('rights', ({ state: now }) => now === 'cancelled', 'the end');
    const rows = (await audited()).filter(({ actor }) => actor === 'publishes' || actor?.name === 'publishes');
    assert.deepEqual(rows.filter(({ operation }) => operation.startsWith('rollout.')).map(({ operation }) => operation), ['rollout.halt', 'rollout.cancel']);
  });

  test('the command line publishes step by step, tells how it goes, and ends it', async () => {
    const file = path.resolve('tests/data/media/quarters.png');
    await headend.publish('words', [file]);
    for (let i = 0; i < 2; i++) await enrolDevice(headend, { name: `Words ${i}`, channel: 'words' });
    await assert.rejects(headend.publish('words', [file], ['--rollout', '10%']), /--rollout: rollout\.steps: the last one is of 100 per cent/);
    await assert.rejects(headend.publish('elsewhere', [file], ['--rollout', '10%,100%']), /there is no channel "elsewhere"/);
    await headend.cli('channel', 'add', 'bare');
    await assert.rejects(headend.publish('bare', [file], ['--rollout', '10%,100%']), /nothing is published on channel "bare" yet: a rollout needs something to go back to/);
    await headend.publish('words', [file, file], ['--rollout', '10%,50%@PT1H,100%@PT4H']);
    await becomes('words', ({ taken }) => taken === 1, 'the first step');
    const told = await headend.cli('rollout', 'show', 'words');
    assert.match(told, /^version \d+: running; 1 of 2 screens have it, 0 say that they show it\n {2}x 10% of the screens, after PT0S\n {2}- 50% of the screens, after PT1H\n {2}- 100% of the screens, after PT4H\n/);
    await headend.cli('rollout', 'halt', 'words');
    assert.match(await headend.cli('rollout', 'show', 'words'), /halted: command line has halted it/);
    await assert.rejects(headend.cli('rollout', 'advance', 'words'), /the rollout is halted: let it go on first/);
    await headend.cli('rollout', 'resume', 'words');
    await headend.cli('rollout', 'advance', 'words');
    assert.equal(JSON.parse(await headend.cli('rollout', 'show', 'words', '--json')).step, 2);
    await headend.cli('rollout', 'finish', 'words');
    assert.equal((await shown('words')).state, 'done');
    await headend.publish('words', [file], ['--rollout', '50%,100%']);
    await headend.cli('rollout', 'cancel', 'words');
    assert.equal((await shown('words')).state, 'cancelled');
    await assert.rejects(headend.cli('rollout', 'cancel', 'words'), /no rollout is under way/);
    await assert.rejects(headend.cli('rollout', 'show', 'steps2'), /there is no channel/);
  });
});
