// Live data: feeds are made by people, given values by other systems with keys, and by hand; who may what; and what is refused.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { onPostgresql, startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const run = promisify(execFile);

describe('feeds', () => {
  let headend;
  let admin;
  let api;
  let key;
  before(async () => {
    api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, api);
  });
  after(() => headend?.stop());

  const push = (name, body, { with: shown = key, type = 'application/json', headers = {}, ...more } = {}) => headend.request('PUT', `/v1/feeds/${name}`, {
    body, headers: { ...(shown && { authorization: `Bearer ${shown}` }), ...(type && { 'content-type': type }), ...headers }, ...more });
  const refused = async (status, code, ...request) => {
    const answer = await push(...request);
    assert.equal(`${answer.status} ${answer.text && answer.json().code}`, `${status} ${code}`, answer.text);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    return answer;
  };
  const shown = async (name) => (await admin.get(`/api/v1/feeds/${name}`)).json();
  const audited = async () => (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line));

  test('a feed is made, a key is shown once, and a value comes with curl', async () => {
    const schema = { type: 'object', required: ['today'], properties: { today: { type: 'number', minimum: 0 } } };
    const made = await admin.ask('POST', '/api/v1/feeds', { feed: 'sales', title: 'Sales today', schema, stale_after_s: 60 });
    assert.equal(made.status, 200, made.text);
    assert.deepEqual(made.json().schema, schema);
    assert.equal(made.json().stale, true, 'there is no value yet');
    await admin.refused(409, 'state-conflict', 'POST', '/api/v1/feeds', { feed: 'sales' });
    const created = (await admin.ask('POST', '/api/v1/feed-keys', { name: 'Till', feeds: ['sales'] })).json();
    key = created.key;
    const listed = (await admin.get('/api/v1/feed-keys')).json().items;
    assert.deepEqual(listed.map(({ name, state, feeds, used }) => [name, state, feeds, used]), [['Till', 'active', ['sales'], null]]);
    assert.ok(!JSON.stringify(listed).includes(key), 'shown once');
    const { stdout } = await run('curl', ['-sS', '--cacert', headend.caFile, '-X', 'PUT', `https://localhost:${headend.port}/v1/feeds/sales`,
      '-H', `Authorization: Bearer ${key}`, '-H', 'Content-Type: application/json', '-d', '{"today": 1240.50}', '-w', '%{http_code}']);
    assert.equal(stdout, '204');
    const feed = await shown('sales');
    assert.deepEqual([feed.value, feed.value_by, feed.stale, feed.taken], [{ today: 1240.5 }, 'key Till', false, 1]);
    assert.ok((await admin.get('/api/v1/feed-keys')).json().items[0].used, 'and it is known when');
  });

  test('each value has a number of its own, which grows', async () => {
    const tags = [];
    for (let i = 0; i < 5; i++) tags.push(Number(JSON.parse((await push('sales', `{"today": ${i}}`)).headers.etag)));
    assert.deepEqual(tags, [...new Set(tags)].sort((a, b) => a - b));
    assert.equal((await shown('sales')).version, tags.at(-1));
  });

  test('a value that is not as the schema says is refused with its place, and the former stays', async () => {
    const before_ = await shown('sales');
    const answer = await refused(422, 'value-invalid', 'sales', '{"today": -1}');
    assert.equal(answer.json().parameter, '/today');
    assert.match(answer.json().detail, /at least 0/);
    await refused(422, 'value-invalid', 'sales', '{}');
    await refused(400, 'body-invalid', 'sales', '{"today": 1');
    await refused(400, 'body-invalid', 'sales', '{"today": 1, "today": 2}');
    await refused(400, 'body-invalid', 'sales', '[['.repeat(40));
    await refused(400, 'body-invalid', 'sales', '');
    await refused(400, 'body-invalid', 'sales', Buffer.from('"\xff"', 'latin1'));
    await refused(415, 'unsupported-media-type', 'sales', 'today=1', { type: 'application/x-www-form-urlencoded' });
    await refused(415, 'unsupported-media-type', 'sales', '{"today": 1}', { type: null });
    const now = await shown('sales');
    assert.deepEqual([now.value, now.version, now.taken], [before_.value, before_.version, before_.taken]);
    assert.equal(now.refused, before_.refused + 7, 'and people see that it was');
  });

  test('only who has a key of the feed gives it a value', async () => {
    await admin.ask('POST', '/api/v1/feeds', { feed: 'stock' });
    const other = (await admin.ask('POST', '/api/v1/feed-keys', { name: 'Warehouse', feeds: ['stock'] })).json();
    const none = await refused(401, 'key-required', 'sales', '{"today": 1}', { with: null });
    assert.match(none.headers['www-authenticate'], /^Bearer realm=/);
    assert.match((await refused(401, 'key-invalid', 'sales', '{"today": 1}', { with: `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}` })).headers['www-authenticate'], /invalid_token/);
    await refused(401, 'key-invalid', 'sales', '{"today": 1}', { with: 'ppf_' });
    await refused(403, 'key-not-for-feed', 'sales', '{"today": 1}', { with: other.key });
    const [there, absent] = [await refused(403, 'key-not-for-feed', 'stock', '1'), await refused(403, 'key-not-for-feed', 'nothing', '1')];
    assert.equal(there.text, absent.text, 'and nobody learns by a key which other feeds there are');
    await refused(401, 'key-required', 'sales', '{"today": 1}', { with: null, cookie: admin.browser.cookie });
    assert.equal((await admin.ask('DELETE', `/api/v1/feed-keys/${other.id}`)).status, 204);
    await refused(401, 'key-invalid', 'stock', '1', { with: other.key });
    await admin.refused(409, 'state-conflict', 'DELETE', `/api/v1/feed-keys/${other.id}`);
    const brief = (await admin.ask('POST', '/api/v1/feed-keys', { name: 'Brief', feeds: ['stock'], expires: '2099-01-01T00:00:00Z' })).json();
    assert.equal((await push('stock', '1', { with: brief.key })).status, 204);
    await headend.sql(`UPDATE feed_key SET expires = 1000 WHERE id = '${brief.id}'`);
    assert.match((await refused(401, 'key-invalid', 'stock', '1', { with: brief.key })).json().detail, /over/);
    assert.deepEqual((await admin.get('/api/v1/feed-keys')).json().items.map(({ name, state }) => [name, state]),
      [['Brief', 'expired'], ['Till', 'active'], ['Warehouse', 'revoked']]);
    for (const wrong of [{ name: 'x', feeds: [] }, { name: 'x', feeds: ['nothing'] }, { name: '', feeds: ['stock'] }, { name: 'x', feeds: ['stock'], expires: '2001-01-01T00:00:00Z' }]) {
      await admin.refused(400, 'body-invalid', 'POST', '/api/v1/feed-keys', wrong);
    }
  });

  test('what is too large, too slow or too much is refused', async () => {
    await admin.ask('PATCH', '/api/v1/feeds/stock', { value_max: 100 });
    const { key: own } = (await admin.ask('POST', '/api/v1/feed-keys', { name: 'Own', feeds: ['stock'] })).json();
    await refused(413, 'body-too-large', 'stock', JSON.stringify('x'.repeat(99)), { with: own });
    assert.equal((await push('stock', JSON.stringify('x'.repeat(98)), { with: own })).status, 204);
    await refused(413, 'body-too-large', 'stock', `"${'x'.repeat(70000)}"`, { with: own });
    const rows = `name-of-a-column\n${'1\n'.repeat(20000)}`;
    await refused(413, 'body-too-large', 'stock', rows, { with: own, type: 'text/csv' });
    // 100 at once, and then some a second.
    const many = await Promise.all(Array.from({ length: 120 }, () => push('stock', '1', { with: own })));
    const late = many.filter(({ status }) => status === 429);
    assert.ok(late.length >= 10, `${late.length} of 120`);
    assert.equal(late[0].json().code, 'too-many-values');
    assert.match(late[0].headers['retry-after'], /^\d+$/);
    assert.equal((await push('sales', '{"today": 7}')).status, 204, "another key's allowance is its own");
    // Whose body does not come loses the connection, and nobody else notices.
    const slow = tls.connect({ port: headend.port, host: 'localhost', servername: 'localhost', ca: headend.ca });
    slow.on('error', () => {});
    slow.write(`PUT /v1/feeds/sales HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{`);
    assert.equal((await push('sales', '{"today": 8}')).status, 204);
    await new Promise((resolve) => { slow.on('close', resolve); slow.resume(); });
    assert.deepEqual((await shown('sales')).value, { today: 8 });
  });

  test('CSV becomes a list of objects', async () => {
    await admin.ask('POST', '/api/v1/feeds', { feed: 'shops', schema: { items: { required: ['shop', 'total'], properties: { total: { type: 'number' } } } } });
    const { key: own } = (await admin.ask('POST', '/api/v1/feed-keys', { name: 'Sheets', feeds: ['shops', 'sales'] })).json();
    const csv = { with: own, type: 'text/csv; charset=utf-8' };
    assert.equal((await push('shops', 'shop,total\r\n"Rennes, 2",1240.5\r\nBrest,3\r\n', csv)).status, 204);
    assert.deepEqual((await shown('shops')).value, [{ shop: 'Rennes, 2', total: 1240.5 }, { shop: 'Brest', total: 3 }]);
    assert.equal((await refused(422, 'value-invalid', 'shops', 'shop,total\nRennes,none\n', csv)).json().parameter, '/0/total');
    assert.match((await refused(400, 'body-invalid', 'shops', 'shop,total\nRennes\n', csv)).json().detail, /line 2/);
  });

  test('a value is typed by hand, and the audit has that it was', async () => {
    const answer = await admin.ask('PUT', '/api/v1/feeds/sales/value', { value: { today: 99 } });
    assert.equal(answer.json().value_by, 'admin', answer.text);
    assert.deepEqual((await shown('sales')).value, { today: 99 });
    const wrong = await admin.refused(400, 'body-invalid', 'PUT', '/api/v1/feeds/sales/value', { value: { today: 'much' } });
    assert.match(wrong.detail, /\/today/);
    await headend.cli('feed', 'value', 'sales', '{"today": 100}');
    assert.equal(JSON.parse(await headend.cli('feed', 'show', 'sales')).value.today, 100);
    const operations = (await audited()).filter(({ operation }) => operation.startsWith('feed')).map(({ operation }) => operation);
    for (const operation of ['feed.add', 'feed.change', 'feed.value', 'feed_key.add', 'feed_key.revoke']) assert.ok(operations.includes(operation), operation);
    assert.equal(operations.filter((operation) => operation === 'feed.value').length, 2, 'what systems give is counted, and not written down one by one');
    assert.ok(!(await headend.cli('audit', 'export')).includes('ppf_'));
  });

  test('whoever may not, does not; and a feed of another site is not there', async () => {
    await admin.ask('POST', '/api/v1/feeds', { feed: 'lyon-only', site: 'Lyon' });
    await admin.ask('PUT', '/api/v1/feeds/lyon-only/value', { value: 1 });
    const viewer = await Person.add(headend, api, 'vera', 'viewer');
    const rennes = await Person.add(headend, api, 'remy', 'editor:site=Rennes');
    const lyon = await Person.add(headend, api, 'lea', 'editor:site=Lyon');
    const nobody = await Person.add(headend, api, 'noe', 'auditor:site=Nowhere');
    assert.deepEqual((await rennes.get('/api/v1/feeds')).json().items.map(({ name }) => name), ['sales', 'shops', 'stock']);
    assert.deepEqual((await lyon.get('/api/v1/feeds')).json().items.map(({ name }) => name), ['lyon-only', 'sales', 'shops', 'stock']);
    await rennes.refused(404, 'not-found', 'GET', '/api/v1/feeds/lyon-only');
    await rennes.refused(404, 'not-found', 'PUT', '/api/v1/feeds/lyon-only/value', { value: 2 });
    await rennes.refused(404, 'not-found', 'DELETE', '/api/v1/feeds/lyon-only');
    await rennes.refused(404, 'not-found', 'PATCH', '/api/v1/feeds/lyon-only', { site: 'Rennes' });
    await rennes.refused(403, 'not-permitted', 'PUT', '/api/v1/feeds/sales/value', { value: { today: 2 } });
    await rennes.refused(403, 'not-permitted', 'POST', '/api/v1/feeds', { feed: 'mine' });
    await lyon.refused(403, 'not-permitted', 'PATCH', '/api/v1/feeds/lyon-only', { site: '' });
    assert.equal((await lyon.ask('PUT', '/api/v1/feeds/lyon-only/value', { value: 3 })).status, 200);
    assert.equal((await rennes.ask('POST', '/api/v1/feeds', { feed: 'mine', site: 'Rennes' })).status, 200);
    for (const one of [viewer, rennes, lyon]) {
      await one.refused(403, 'not-permitted', 'GET', '/api/v1/feed-keys');
      await one.refused(403, 'not-permitted', 'POST', '/api/v1/feed-keys', { name: 'x', feeds: ['sales'] });
    }
    await viewer.refused(403, 'not-permitted', 'DELETE', '/api/v1/feeds/sales');
    assert.equal((await viewer.get('/api/v1/feeds/sales')).status, 200);
    assert.equal((await nobody.get('/api/v1/feeds/sales')).status, 200, 'an auditor sees');
  });

  test('who has the database reads no value and no key', async (context) => {
    const mark = 'a-mark-that-nobody-else-writes';
    await admin.ask('POST', '/api/v1/feeds', { feed: 'secret' });
    const { key: own } = (await admin.ask('POST', '/api/v1/feed-keys', { name: 'S', feeds: ['secret'] })).json();
    assert.equal((await push('secret', JSON.stringify(mark), { with: own })).status, 204);
    assert.equal((await shown('secret')).value, mark);
    if (onPostgresql()) return context.diagnostic('the rows of PostgreSQL are looked at in unit/headend/ops/feed');
    const files = (await readdir(headend.dir)).filter((name) => name.startsWith('headend.db'));
    assert.ok(files.length);
    for (const name of files) {
      const bytes = await readFile(path.join(headend.dir, name));
      assert.ok(!bytes.includes(mark) && !bytes.includes(own), name);
    }
  });

  test('a feed that is removed takes nothing more, and its keys are for what is left', async () => {
    assert.equal((await admin.ask('DELETE', '/api/v1/feeds/shops')).status, 204);
    await admin.refused(404, 'not-found', 'GET', '/api/v1/feeds/shops');
    await admin.refused(404, 'not-found', 'DELETE', '/api/v1/feeds/shops');
    const sheets = (await admin.get('/api/v1/feed-keys')).json().items.find(({ name }) => name === 'Sheets');
    assert.deepEqual(sheets.feeds, ['sales']);
    assert.match(await headend.cli('feed', 'list'), /^NAME +VALUE +FROM +BY +SITE +TITLE\n/);
    assert.match(await headend.cli('feed-key', 'list'), /Till/);
  });
});
