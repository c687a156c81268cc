// Live data on a screen: a value that another system gives changes the picture of a running renderer; it is read and forged by nobody
// between, an older one is refused, and without contact the last one stays, with its age.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDisplay, until } from './lib/display.mjs';
import { enrolDevice, startHeadend } from './lib/headend.mjs';

// The words are drawn, so a value is told by how far it reaches to the right: 1 is narrow, 888888 is wide.
const reach = (picture) => {
  for (let x = picture.width - 1; x > 0; x--) for (let y = picture.height >> 2; y < (picture.height * 3) >> 2; y++) if (picture.at(x, y).every((value) => value > 200)) return x / picture.width;
  return 0;
};
const isWide = (picture) => reach(picture) > 0.75;
const isNarrow = (picture) => reach(picture) > 0.05 && reach(picture) < 0.6;

describe('live data', () => {
  let dir;
  let headend;
  let screen;
  let key;
  let display;
  let id;
  const push = (name, value, more = {}) => headend.request('PUT', `/v1/feeds/${name}`, { body: JSON.stringify(value), headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, ...more });
  const publish = async (items, channel = 'lobby') => {
    const file = path.join(dir, `${channel}.json`);
    await writeFile(file, JSON.stringify({ items }));
    return headend.publish(channel, [file]);
  };
  const metric = { kind: 'metric', feed: 'sales', pointer: '/total', label: 'Sales today', format: '%.0f €' };
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-feeds-'));
    headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    for (const name of ['sales', 'stock', 'other']) await headend.cli('feed', 'add', name, '--stale-after', '86400');
    key = /Key: (\S+)/.exec(await headend.cli('feed-key', 'add', '--name', 'Till', '--feed', 'sales', '--feed', 'stock', '--feed', 'other'))[1];
  });
  after(async () => {
    await display?.stop();
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('what names no feed that there is, is not published', async () => {
    await assert.rejects(publish([{ ...metric, feed: 'nowhere' }]), /there is no feed "nowhere"/);
    await assert.rejects(publish([{ ...metric, pointer: 'total' }]), /pointer/);
    await assert.rejects(publish([{ ...metric, format: '%n' }]), /format/);
    await assert.rejects(publish([{ ...metric, file: 'x.png' }]), /unknown field "file"/);
  });

  test('a screen gets the feeds that its channel names, and no other', async () => {
    await publish([metric]);
    await publish([{ ...metric, feed: 'stock' }], 'bar');
    for (const name of ['sales', 'stock', 'other']) await push(name, { total: 1 });
    screen = await enrolDevice(headend, { name: 'Foyer', channel: 'lobby' });
    const one = await headend.request('GET', '/v1/feeds', { device: screen });
    assert.equal(one.status, 200, one.text);
    assert.ok(!one.text.includes('total'), 'sealed');
    assert.equal((await headend.request('GET', '/v1/feeds', { device: screen, headers: { 'if-none-match': one.headers.etag } })).status, 304);
    assert.equal((await headend.request('GET', '/v1/feeds')).status, 401);
    // a long poll ends with the next value
    const waiting = headend.request('GET', '/v1/feeds', { device: screen, headers: { 'if-none-match': one.headers.etag, prefer: 'wait=50' } });
    await push('stock', { total: 2 }); // not its own: it waits on
    await push('sales', { total: 2 });
    const news = await waiting;
    assert.equal(news.status, 200);
    assert.notEqual(news.headers.etag, one.headers.etag);
  });

  test('a value that is given changes the picture, in the same renderer', async () => {
    await push('sales', { total: 1 });
    display = await startDisplay(headend, { size: '640x360' });
    const { code } = await display.waitCode();
    id = await headend.approve(code, { name: 'Hall', channel: 'lobby' });
    await display.waitContent();
    await display.waitPicture(isNarrow, 'a value');
    const renderers = await display.renderers();
    await push('sales', { total: 888888 });
    await display.waitPicture(isWide, 'a wider value');
    await push('sales', { total: 1 });
    await display.waitPicture(isNarrow, 'a narrow one again');
    assert.deepEqual(await display.renderers(), renderers, 'and nothing was started for it');
    assert.ok(!display.agent.log.includes('item-failed'), display.agent.log);
  });

  test('a value of before is refused, told, and not shown', async () => {
    // What a proxy that has kept an older answer would give: the value of then, sealed as it was.
    await headend.sql("CREATE TABLE kept AS SELECT * FROM feed WHERE name = 'sales'");
    await push('sales', { total: 888888 });
    await display.waitPicture(isWide, 'a wide value');
    await headend.sql('UPDATE feed SET (version, value) = (SELECT version, value FROM kept) WHERE name = \'sales\'');
    await headend.cli('feed', 'value', 'stock', '3'); // who waits looks again
    const told = await until(async () => JSON.parse(await headend.cli('screen', 'events', id, '--json')).find(({ kind }) => kind === 'feeds-refused'), 'the event');
    assert.match(JSON.stringify(told), /sales: value \d+, after \d+/);
    assert.ok(isWide(await display.screenshot()), 'what is shown stays');
    await headend.sql('DROP TABLE kept');
    await push('sales', { total: 1 });
    await display.waitPicture(isNarrow, 'and newer ones are taken again');
  });

  test('without contact the last value stays, also after a restart, and grows old', async () => {
    await push('sales', { total: 888888 });
    await display.waitPicture(isWide, 'a wide value');
    await headend.stopServing();
    await display.stopAgent();
    assert.ok(!(await readFile(path.join(display.stateDir, 'feeds.sealed'))).includes('888888'), 'sealed on flash, too');
    await display.startAgent();
    await display.waitContent();
    await display.waitPicture(isWide, 'the value from flash');
    await headend.startServing();
  });
});
