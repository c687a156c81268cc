// The library and what uses it: where content is shown, what is unused, older versions, and replacing it where it is shown.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { png } from './lib/content.mjs';
import { startHeadend } from './lib/headend.mjs';
import { Library } from './lib/library.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { Publishing, sha256 } from './lib/publishing.mjs';

const ANY = { accept: '*/*' };
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

describe('what uses the library', () => {
  let headend;
  let admin;
  let library;
  let publishing;
  const picture = () => Buffer.concat([png, randomBytes(2000)]);
  const add = async (data, name, more = {}) => (await library.add(data, { filename: name, ...more })).content;
  const uses = async (id, who = admin) => (await who.get(`/api/v1/content/${id}/uses`)).json();
  const unused = async () => (await admin.get('/api/v1/content?unused=true')).json().items.map(({ name }) => name);

  before(async () => {
    headend = await startHeadend();
    admin = await Person.signIn(headend, await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml')));
    library = new Library(admin);
    publishing = new Publishing(headend, admin);
  });
  after(() => headend?.stop());

  test('says where content is drafted and shown, and what is neither', async () => {
    const [shown, drafted, loose] = [await add(picture(), 'shown.png'), await add(picture(), 'drafted.png'), await add(picture(), 'loose.png')];
    await publishing.publish('hall', [{ content: shown }], { title: 'Hall' });
    await publishing.publish('bar', [{ content: shown }]);
    await publishing.draft('bar', { items: [{ content: drafted }] });
    assert.deepEqual(await uses(shown), { items: [{ channel: 'hall', title: 'Hall', draft: true, published: 1, outdated: false }, { channel: 'bar', title: 'bar', draft: false, published: 1, outdated: false }], others: 0 });
    assert.deepEqual((await uses(drafted)).items, [{ channel: 'bar', title: 'bar', draft: true, published: null, outdated: false }]);
    assert.deepEqual(await uses(loose), { items: [], others: 0 });
    assert.deepEqual(await unused(), ['loose.png']);
    await publishing.ended(await publishing.ask('bar'));
    assert.deepEqual((await uses(shown)).items.map(({ channel }) => channel), ['hall']);
    await publishing.publish('hall', [{ content: drafted }]);
    assert.deepEqual(await unused(), ['loose.png', 'shown.png']);
    const vi = await Person.add(headend, admin.api, 'vi', 'viewer:channel=hall');
    assert.deepEqual(await uses(drafted, vi), { items: [{ channel: 'hall', title: 'Hall', draft: true, published: 1, outdated: false }], others: 1 });
  });

  test('older files are listed, fetched, and count again where somebody wants it', async () => {
    const files = [picture(), picture(), picture()];
    const id = await add(files[0], 'menu.png');
    for (const file of files.slice(1)) await add(file, 'menu.png', { replaces: id });
    const place = `/api/v1/content/${id}`;
    const listed = (await admin.get(`${place}/versions`)).json().items;
    assert.deepEqual(listed.map(({ number, sha256: hash }) => [number, hash]), [[3, sha256(files[2])], [2, sha256(files[1])], [1, sha256(files[0])]]);
    assert.ok((await admin.get(`${place}/versions/1/file`, ANY)).body.equals(files[0]));
    assert.equal((await admin.get(`${place}/versions/1/thumbnail`, ANY)).headers['content-type'], 'image/png');
    const back = await admin.ask('POST', `${place}/versions/1/restore`);
    assert.deepEqual([back.status, back.json().version, back.json().sha256], [200, 1, sha256(files[0])]);
    assert.ok((await admin.get(`${place}/file`, ANY)).body.equals(files[0]));
    for (let i = 0; i < 6; i++) await add(picture(), 'menu.png', { replaces: id });
    assert.deepEqual((await admin.get(`${place}/versions`)).json().items.map(({ number }) => number), [9, 8, 7, 6, 5], 'one that replaces it is the next');
    await admin.ask('POST', `${place}/versions/5/restore`);
    await library.add(picture(), { filename: 'menu.png', replaces: id });
    await admin.ask('POST', `${place}/versions/6/restore`);
    await library.add(picture(), { filename: 'menu.png', replaces: id });
    for (const [method, more] of [['GET', '/file'], ['GET', '/thumbnail'], ['POST', '/restore']]) await admin.refused(404, 'not-found', method, `${place}/versions/1${more}`, undefined, ANY);
    const rows = (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line)).filter(({ operation }) => operation === 'content.revert');
    assert.deepEqual(rows.map(({ target, before: { version }, after: { version: now } }) => [target, version, now]), [[id, 3, 1], [id, 9, 5], [id, 10, 6]]);
    const vi = await Person.add(headend, admin.api, 'viewer', 'viewer');
    await vi.refused(403, 'not-permitted', 'POST', `${place}/versions/6/restore`);
  });

  test('what replaces content is a change of each draft that has it, and is published where it is shown, and nothing else', async () => {
    const [old, young, beside] = [picture(), picture(), picture()];
    const [menu, other] = [await add(old, 'offer.png'), await add(beside, 'beside.png')];
    for (const channel of ['one', 'two', 'three']) await publishing.publish(channel, [{ content: menu }, { content: other, duration: 'PT7S' }]);
    await publishing.draft('two', { items: [{ content: other }] }); // somebody is at work on it
    await add(young, 'offer.png', { replaces: menu });
    await add(picture(), 'beside.png', { replaces: other });
    assert.deepEqual((await publishing.changes('one')).items.map(({ name, fields }) => [name, fields]), [['offer.png', ['file']], ['beside.png', ['file']]]);
    assert.deepEqual((await uses(menu)).items.map(({ channel, outdated, draft }) => [channel, outdated, draft]), [['one', true, true], ['three', true, true], ['two', true, false]]);
    const pat = await Person.add(headend, admin.api, 'pat', 'publisher:channel=one', 'publisher:channel=two', 'viewer:channel=three');
    const vi = await Person.add(headend, admin.api, 'vic', 'viewer');
    await vi.refused(403, 'not-permitted', 'POST', `/api/v1/content/${menu}/publish`);
    const asked = await pat.ask('POST', `/api/v1/content/${menu}/publish`);
    assert.equal(asked.status, 202);
    assert.deepEqual(asked.json().items.map(({ channel, refusal }) => [channel, refusal]), [['one', null], ['two', null]]);
    const noted = (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line)).filter(({ operation }) => operation === 'content.publish').at(-1);
    assert.deepEqual(noted.after, { items: asked.json().items.map(({ channel, job }) => ({ channel, job })) });
    for (const { channel, job } of asked.json().items) assert.equal((await publishing.ended(`/api/v1/channels/${channel}/jobs/${job}`, pat)).state, 'done');
    for (const channel of ['one', 'two']) assert.deepEqual((await publishing.clears(channel)).sort(), [sha256(young), sha256(beside)].sort(), 'other content stays as it was published');
    assert.deepEqual((await publishing.clears('three')).sort(), [sha256(old), sha256(beside)].sort());
    assert.equal((await admin.get('/api/v1/channels/two/draft')).json().document.items.length, 1);
    assert.deepEqual((await uses(menu)).items.map(({ channel, outdated }) => [channel, outdated]), [['one', false], ['three', true], ['two', false]]);
    assert.deepEqual((await pat.ask('POST', `/api/v1/content/${menu}/publish`)).json().items, []);
  });
});
