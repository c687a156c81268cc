// Versions of channels: what was published stays for a while, gets a name, and is published again; and a second person agrees.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { png } from './lib/content.mjs';
import { startDisplay } from './lib/display.mjs';
import { enrolDevice, eventually, startHeadend } from './lib/headend.mjs';
import { Library } from './lib/library.mjs';
import { makeImage } from './lib/media.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { Publishing, draftOf, sha256 } from './lib/publishing.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const near = (colour) => (picture) => picture.at(picture.width >> 1, picture.height >> 1).every((value, i) => Math.abs(value - colour[i]) < 60);

describe('versions of a channel', () => {
  let headend;
  let admin;
  let library;
  let publishing;
  let dir;
  const picture = () => Buffer.concat([png, randomBytes(2000)]);
  const add = async (data, name, more = {}) => (await library.add(data, { filename: name, ...more })).content;
  const versions = async (channel, who = admin) => (await who.get(`/api/v1/channels/${channel}/versions`)).json().items;
  const restore = async (channel, number, body = {}, who = admin) => publishing.ended(await publishing.ask(channel, body, who, `versions/${number}/restore`), who);
  const audited = async () => (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line));

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-versions-'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml')));
    library = new Library(admin);
    publishing = new Publishing(headend, admin);
  });
  after(async () => {
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('a real screen is rolled back with one request, though the library has moved on', async () => {
    const red = await readFile(await makeImage(dir, 'red.png', 'red'));
    const menu = await add(red, 'menu.png');
    const display = await startDisplay(headend);
    try {
      const { code } = await display.waitCode();
      await headend.approve(code, { name: 'Real', channel: 'real' });
      const first = await publishing.publish('real', [{ content: menu, duration: 'PT5S' }], {}, { note: 'Good' });
      await display.waitPicture(near([255, 0, 0]), 'the first version');
      // five newer files: the first one is not in the library any more
      for (let i = 0; i < 6; i++) await add(await readFile(await makeImage(dir, 'blue.png', 'blue', `${640 + 2 * i}x360`)), 'menu.png', { replaces: menu });
      const second = await publishing.publish('real', [{ content: menu, duration: 'PT6S' }], { title: 'Bad' });
      await display.waitPicture(near([0, 0, 255]), 'the second');
      const job = await restore('real', first.publish, { note: 'Back' });
      assert.deepEqual([job.state, job.kind, job.author], ['done', 'restore', 'admin'], job.refusal);
      await display.waitPicture(near([255, 0, 0]), 'the first again');
      assert.deepEqual(await publishing.clears('real'), [sha256(red)]);
      const [third, ...older] = await versions('real');
      assert.deepEqual([third.number, third.restored, third.note, third.author, third.contents], [job.publish, first.publish, 'Back', 'admin', 1]);
      assert.deepEqual(older.map(({ number, note, restored }) => [number, note, restored]), [[second.publish, null, null], [first.publish, 'Good', null]]);
      const { document } = (await admin.get(draftOf('real'))).json();
      assert.equal(document.items[0].duration, 'PT5S', 'the draft, which nobody was at work on, follows');
      const told = (await admin.get(`/api/v1/channels/real/versions/${first.publish}`)).json();
      assert.deepEqual([told.document.items[0].content, told.contents], [menu, [{ content: menu, version: 1, name: 'menu.png', media_type: 'image/png' }]]);
    } finally {
      await display.stop();
    }
  });

  test('a draft that somebody is at work on stays', async () => {
    const [one, two] = [await add(picture(), 'one.png'), await add(picture(), 'two.png')];
    const first = await publishing.publish('work', [{ content: one }]);
    await publishing.publish('work', [{ content: two }]);
    await publishing.draft('work', { items: [{ content: two }, { content: one }] });
    await restore('work', first.publish);
    assert.equal((await admin.get(draftOf('work'))).json().document.items.length, 2);
    const told = await publishing.changes('work');
    assert.deepEqual(told.items.map(({ change, name }) => [change, name]), [['added', 'two.png']]);
  });

  test('what versions need stays, whatever goes from the library, and is sealed anew where a screen has left', async () => {
    const [data, other] = [picture(), picture()];
    const [id, next] = [await add(data, 'gone.png'), await add(other, 'next.png')];
    const screen = await enrolDevice(headend, { name: 'Leaver', channel: 'stay' });
    const first = await publishing.publish('stay', [{ content: id }]);
    const { key } = (await publishing.published('stay')).objects.o1;
    await publishing.publish('stay', [{ content: next }]);
    for (let i = 0; i < 2; i++) assert.equal((await admin.ask('DELETE', `/api/v1/content/${id}`)).status, 204);
    await headend.cli('screen', 'set', screen.id, '--channel', '');
    headend.child.kill('SIGHUP'); // maintenance
    const job = await restore('stay', first.publish);
    assert.equal(job.state, 'done', job.refusal);
    assert.deepEqual(await publishing.clears('stay'), [sha256(data)]);
    assert.notEqual((await publishing.published('stay')).objects.o1.key, key);
  });

  test('what was published from files by the command line is a version like others', async () => {
    const [a, b] = [picture(), picture()];
    for (const [name, data] of [['a.png', a], ['b.png', b]]) await writeFile(path.join(dir, name), data);
    await headend.publish('files', [path.join(dir, 'a.png')]);
    await headend.publish('files', [path.join(dir, 'b.png')]);
    const [, first] = await versions('files');
    assert.equal((await admin.get(`/api/v1/channels/files/versions/${first.number}`)).json().document, null);
    await restore('files', first.number);
    assert.deepEqual(await publishing.clears('files'), [sha256(a)]);
  });

  test('a name keeps a version beyond its time', async () => {
    const content = await add(picture(), 'kept.png');
    const numbers = [];
    for (let i = 1; i <= 3; i++) numbers.push((await publishing.publish('named', [{ content, duration: `PT${i}S` }])).publish);
    const place = `/api/v1/channels/named/versions/${numbers[0]}`;
    assert.equal((await admin.ask('PATCH', place, { name: 'Before Christmas' })).json().name, 'Before Christmas');
    assert.deepEqual((await versions('named')).map(({ name }) => name), [null, null, 'Before Christmas']);
    assert.equal((await admin.refused(400, 'body-invalid', 'PATCH', place, { name: 'x'.repeat(101) })).parameter, 'name');
    await headend.sql("UPDATE channel_version SET superseded = superseded - 31 * 86400 WHERE superseded > 0 AND channel = 'named'");
    await headend.stopServing();
    await headend.startServing(); // which looks after what is over
    let left;
    for (let i = 0; i < 100 && left?.length !== 2; i++) {
      left = (await versions('named')).map(({ number }) => number);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(left, [numbers[2], numbers[0]]);
    await admin.refused(404, 'not-found', 'POST', `/api/v1/channels/named/versions/${numbers[1]}/restore`, {});
    assert.equal((await admin.ask('PATCH', place, { name: null })).json().name, null);
    assert.deepEqual((await audited()).filter(({ operation }) => operation === 'version.name').map(({ after: { name } }) => name), ['Before Christmas', '']);
  });

  test('the command line lists versions and restores them by the same operation', async () => {
    const [, older] = await versions('named');
    const listed = JSON.parse(await headend.cli('channel', 'versions', 'named', '--json'));
    assert.deepEqual(listed.map(({ number, author }) => [number, author]), (await versions('named')).map(({ number, author }) => [number, author]));
    assert.match(await headend.cli('channel', 'versions', 'named'), new RegExp(`^NUMBER +PUBLISHED .*\\n${listed[0].number} `));
    await headend.cli('channel', 'restore', 'named', String(older.number), '--note', 'From afar');
    const [now] = await versions('named');
    assert.deepEqual([now.restored, now.author, now.note], [older.number, 'command line', 'From afar']);
    const row = (await audited()).filter(({ operation }) => operation === 'channel.restore').at(-1);
    assert.deepEqual([row.kind, row.target, row.outcome], ['command line', 'named', 'done']);
    await assert.rejects(headend.cli('channel', 'restore', 'named', '99999'), /no such version of the channel is kept/);
    await assert.rejects(headend.cli('channel', 'versions', 'nosuch'), /there is no channel "nosuch"/);
  });

  test('what cannot be restored is refused', async () => {
    const [current] = await versions('named');
    assert.match((await admin.refused(409, 'state-conflict', 'POST', `/api/v1/channels/named/versions/${current.number}/restore`, {})).detail, /is what is published/);
    const [other] = await versions('work');
    for (const [method, more, body] of [['GET', ''], ['PATCH', '', { name: 'x' }], ['POST', '/restore', {}]]) {
      await admin.refused(404, 'not-found', method, `/api/v1/channels/named/versions/${other.number}${more}`, body);
      await admin.refused(404, 'not-found', method, `/api/v1/channels/nowhere/versions/1${more}`, body);
    }
    assert.equal((await admin.refused(400, 'body-invalid', 'POST', `/api/v1/channels/named/versions/${other.number}/restore`, { number: 1 })).parameter, 'number');
  });

  test('where the organisation wants it, somebody else agrees to a publish', async () => {
    const pat = await Person.add(headend, admin.api, 'pat', 'publisher:channel=both');
    const bob = await Person.add(headend, admin.api, 'bob', 'publisher:channel=both');
    const ed = await Person.add(headend, admin.api, 'ed', 'editor:channel=both');
    const eve = await Person.add(headend, admin.api, 'eve', 'publisher:channel=other');
    const [one, two] = [await add(picture(), 'one.png'), await add(picture(), 'two.png')];
    await publishing.publish('both', [{ content: one }]);
    assert.deepEqual((await pat.get('/api/v1/settings/publishing')).json(), { approval: false });
    await pat.refused(403, 'not-permitted', 'PUT', '/api/v1/settings/publishing', { approval: true });
    assert.equal((await admin.ask('PUT', '/api/v1/settings/publishing', { approval: true })).status, 204);
    await publishing.draft('both', { items: [{ content: two }] });
    const place = await publishing.ask('both', {}, pat);
    const before = await publishing.clears('both');
    assert.equal((await pat.get(place)).json().state, 'approval');
    await publishing.draft('both', { items: [{ content: one }, { content: two }] }, ed); // is not what was asked for
    assert.match((await pat.refused(409, 'state-conflict', 'POST', `${place}/approve`)).detail, /somebody else/);
    await ed.refused(403, 'not-permitted', 'POST', `${place}/approve`);
    await eve.refused(404, 'not-found', 'POST', `${place}/approve`);
    await admin.refused(404, 'not-found', 'POST', `${place.replace('/both/', '/work/')}/approve`);
    assert.match((await admin.refused(409, 'state-conflict', 'POST', '/api/v1/channels/both/publish', {})).detail, /waits for somebody's approval/);
    assert.deepEqual(await publishing.clears('both'), before);
    assert.equal((await bob.ask('POST', `${place}/approve`)).status, 200);
    const job = await publishing.ended(place);
    assert.deepEqual([job.state, job.author, job.decided_by], ['done', 'pat', 'bob']);
    assert.equal((await publishing.clears('both')).length, 1, 'what was asked for, and not what the draft has become');
    const next = await publishing.ask('both', {}, pat);
    const [, earlier] = await versions('both');
    // What waits for approval keeps nobody from rolling back, which waits for somebody, too; and so does taking back.
    const back = await publishing.ask('both', {}, bob, `versions/${earlier.number}/restore`);
    const asked = (await bob.get(back)).json();
    assert.deepEqual([asked.kind, asked.state, asked.restores, asked.document], ['restore', 'approval', earlier.number, null]);
    assert.match((await admin.refused(409, 'state-conflict', 'POST', `/api/v1/channels/both/versions/${earlier.number}/restore`, {})).detail, /waits for somebody's approval/);
    assert.match((await bob.refused(409, 'state-conflict', 'POST', `${back}/approve`)).detail, /somebody else/);
    await ed.refused(403, 'not-permitted', 'POST', `${back}/approve`);
    const unpublish = async (who) => (await who.ask('POST', '/api/v1/channels/both/unpublish')).headers.location;
    const off = await unpublish(bob);
    assert.equal((await bob.get(off)).json().state, 'approval');
    assert.equal((await pat.ask('POST', `${off}/decline`, {})).json().state, 'declined');
    assert.notEqual((await admin.get('/api/v1/channels/both')).json().publish, null);
    assert.equal((await pat.ask('POST', `${back}/approve`)).status, 200);
    const restored = await publishing.ended(back);
    assert.deepEqual([restored.state, restored.author, restored.decided_by], ['done', 'bob', 'pat']);
    // What is as asked for by then already is refused at the agreement; the command line asks nobody.
    const again = await publishing.ask('both', {}, bob, `versions/${(await versions('both'))[1].number}/restore`);
    await headend.cli('channel', 'restore', 'both', String((await bob.get(again)).json().restores));
    const gone = await unpublish(bob);
    await headend.cli('channel', 'unpublish', 'both');
    assert.match((await pat.refused(409, 'state-conflict', 'POST', `${gone}/approve`)).detail, /nothing is published/);
    for (const place_ of [again, gone]) assert.equal((await pat.ask('POST', `${place_}/decline`, {})).status, 200);
    assert.equal((await pat.refused(400, 'body-invalid', 'POST', `${next}/decline`, { reason: 'x'.repeat(101) })).parameter, 'reason');
    await ed.refused(403, 'not-permitted', 'POST', `${next}/decline`, { reason: 'no' });
    await eve.refused(404, 'not-found', 'POST', `${next}/decline`, { reason: 'no' });
    const declined = (await bob.ask('POST', `${next}/decline`, { reason: 'The prices are of last year' })).json();
    assert.deepEqual([declined.state, declined.refusal, declined.decided_by], ['declined', 'The prices are of last year', 'bob']);
    const taken = await publishing.ask('both', {}, pat);
    assert.equal((await pat.ask('POST', `${taken}/decline`, {})).json().refusal, null, 'taken back, without a reason');
    await bob.refused(409, 'state-conflict', 'POST', `${next}/approve`);
    await headend.cli('channel', 'restore', 'both', String((await versions('both'))[0].number));
    const rows = (await audited()).filter(({ target, operation }) => target === 'both' && /^job\./.test(operation));
    assert.deepEqual(rows.map(({ operation, outcome, actor }) => [operation, outcome, actor]), [['job.approve', 'denied', 'ed'], ['job.approve', 'done', 'bob'],
      ['job.approve', 'denied', 'ed'], ['job.decline', 'done', 'pat'], ['job.approve', 'done', 'pat'], ['job.decline', 'done', 'pat'], ['job.decline', 'done', 'pat'], ['job.decline', 'denied', 'ed'], ['job.decline', 'done', 'bob'], ['job.decline', 'done', 'pat']]);
    await admin.ask('PUT', '/api/v1/settings/publishing', { approval: false });
  });

  describe('where somebody else has to agree', () => {
    let ann; // who asks
    const label = async (id, labels) => {
      const { etag } = (await admin.get(`/api/v1/content/${id}`)).headers;
      const answer = await admin.ask('PATCH', `/api/v1/content/${id}`, labels, { 'if-match': etag });
      assert.equal(answer.status, 200, answer.text);
    };
    const stored = (place) => headend.sql(`SELECT state, length(document) + length(pins) FROM publish_job WHERE id = '${place.split('/').at(-1)}'`);

    before(async () => {
      ann = await Person.add(headend, admin.api, 'ann', 'publisher');
      await admin.ask('PUT', '/api/v1/settings/publishing', { approval: true });
    });
    after(() => admin.ask('PUT', '/api/v1/settings/publishing', { approval: false }));

    test('who agrees sees what would be published, whatever the draft has become since', async () => {
      const [one, two] = [await add(picture(), 'first.png'), await add(picture(), 'second.png')];
      await label(two, { valid_to: '2035-01-01T00:00:00Z' });
      const document = { title: 'Asked', items: [{ content: one, duration: 'PT3S' }, { content: two }] };
      await publishing.draft('seen', document);
      const place = await publishing.ask('seen', {}, ann);
      await publishing.draft('seen', { items: [{ content: two }] });
      await add(picture(), 'first.png', { replaces: one });
      await label(two, { name: 'Later', valid_to: null });
      const job = (await admin.get(place)).json();
      assert.deepEqual(job.document, document);
      assert.deepEqual(job.contents, [{ content: one, version: 1, name: 'first.png', valid_from: null, valid_to: null }, { content: two, version: 1, name: 'Later', valid_from: null, valid_to: '2035-01-01T00:00:00Z' }]);
      const { items: [row] } = (await admin.get('/api/v1/channels/seen/jobs')).json();
      assert.deepEqual([row.id, 'document' in row, 'contents' in row], [job.id, false, false]);
    });

    test('what was agreed to goes out: content that was over then stays away, and what is shown until a moment ends there', async () => {
      const data = picture();
      const [shown, over] = [await add(data, 'shown.png'), await add(picture(), 'over.png')];
      await label(shown, { valid_to: '2035-01-01T00:00:00Z' });
      await label(over, { valid_to: '2020-01-01T00:00:00Z' });
      await publishing.draft('agreed', { items: [{ content: shown }, { content: over }] });
      const place = await publishing.ask('agreed', {}, ann);
      await add(picture(), 'over.png', { replaces: over });
      for (const id of [shown, over]) await label(id, { valid_to: null });
      assert.equal((await admin.ask('POST', `${place}/approve`)).status, 200);
      const job = await publishing.ended(place);
      assert.equal(job.state, 'done', job.refusal);
      assert.deepEqual(await publishing.clears('agreed'), [sha256(data)]);
      assert.match(JSON.stringify((await publishing.published('agreed')).schedule), /2035-01-01/);
    });

    test('what waits for it ends with its channel, and does not make that anew', async () => {
      await publishing.draft('lost', { items: [{ content: await add(picture(), 'lost.png') }] });
      const place = await publishing.ask('lost', {}, ann);
      const removed = await admin.ask('DELETE', '/api/v1/channels/lost');
      assert.equal(removed.status, 202, removed.text);
      await eventually(async () => (await admin.get('/api/v1/channels/lost')).status === 404, 20000, 'the end of the channel');
      await admin.refused(404, 'not-found', 'POST', `${place}/approve`);
      assert.equal(await stored(place), 'declined|0');
      await admin.ask('POST', '/api/v1/channels', { id: 'lost', title: 'Another' });
      await admin.refused(409, 'state-conflict', 'POST', `${place}/approve`);
      assert.equal((await admin.get('/api/v1/channels/lost')).json().publish, null);
    });

    test('of what has ended no copy is kept', async () => {
      await publishing.draft('ended', { items: [{ content: await add(picture(), 'ended.png') }] });
      const declined = await publishing.ask('ended', {}, ann);
      assert.match(await stored(declined), /^approval\|[1-9]/);
      const job = (await admin.ask('POST', `${declined}/decline`, {})).json();
      assert.deepEqual([job.state, job.document, job.contents], ['declined', null, []]);
      const done = await publishing.ask('ended', {}, ann);
      await admin.ask('POST', `${done}/approve`);
      assert.equal((await publishing.ended(done)).state, 'done');
      assert.deepEqual([await stored(declined), await stored(done)], ['declined|0', 'done|0']);
    });
  });

  test('a draft that is saved while a restore runs stays', async () => {
    const contents = [];
    for (let i = 0; i < 2; i++) contents.push(await add(Buffer.concat([png, randomBytes(60 << 20)]), `slow-${i}.png`));
    const first = await publishing.publish('slow', contents.map((content) => ({ content })));
    await publishing.publish('slow', [{ content: contents[0] }]);
    const signer = headend.pidOf('signer');
    const place = await publishing.ask('slow', {}, admin, `versions/${first.publish}/restore`);
    await eventually(async () => (await admin.get(place)).json().state === 'running', 20000, 'its beginning');
    process.kill(signer, 'SIGSTOP'); // it does not end before the draft is saved
    try {
      await publishing.draft('slow', { title: 'Saved', items: [{ content: contents[1] }] });
    } finally {
      process.kill(signer, 'SIGCONT');
    }
    assert.equal((await publishing.ended(place)).state, 'done');
    assert.equal((await admin.get(draftOf('slow'))).json().document.title, 'Saved');
  });

  test('a server that is killed in the middle of a restore goes on with it', async () => {
    const contents = [];
    for (let i = 0; i < 3; i++) contents.push(await add(Buffer.concat([png, randomBytes(30 << 20)]), `large-${i}.png`));
    const first = await publishing.publish('killed', contents.map((content) => ({ content })));
    await publishing.publish('killed', [{ content: contents[0] }]);
    for (const delay of [0, 20, 100]) {
      const place = await publishing.ask('killed', {}, admin, `versions/${first.publish}/restore`);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await headend.stopServing('SIGKILL');
      await headend.startServing();
      const job = await publishing.ended(place);
      assert.equal(job.state, 'done', job.refusal);
      assert.equal((await publishing.clears('killed')).length, 3);
    }
  });

  test('viewers see versions and restore none; those of other channels are not there', async () => {
    const vi = await Person.add(headend, admin.api, 'vi', 'viewer:channel=work');
    const [, older] = await versions('work', vi);
    await vi.refused(403, 'not-permitted', 'POST', `/api/v1/channels/work/versions/${older.number}/restore`, {});
    await vi.refused(403, 'not-permitted', 'PATCH', `/api/v1/channels/work/versions/${older.number}`, { name: 'mine' });
    const [theirs] = await versions('named');
    for (const [method, more, body] of [['GET', ''], ['GET', `/${theirs.number}`], ['PATCH', `/${theirs.number}`, { name: 'x' }], ['POST', `/${theirs.number}/restore`, {}]]) {
      await vi.refused(404, 'not-found', method, `/api/v1/channels/named/versions${more}`, body);
    }
  });
});
