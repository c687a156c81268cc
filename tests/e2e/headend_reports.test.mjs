// What was played, as the API and CSV tell it: of a screen's own reports, each counted once, to whom it may be shown.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser, signIn } from './lib/headend-browser.mjs';
import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';

let headend;
let api;
let admin;
const screens = [];
const today = new Date().toISOString().slice(0, 10);

const ask = async (target, cookie = admin.cookie) => {
  const answer = await headend.request('GET', target, { cookie, headers: { accept: 'application/json' } });
  api.check('GET', target, answer);
  return answer;
};
const played = (item, shown_ms) => ({ id: randomUUID(), kind: 'play', channel: 'lobby', item, shown_at: `${today}T00:00:00Z`, shown_ms, frames_late: 2, manifest_version: 1 });
const report = (device, items, more = {}) => headend.request('POST', '/v1/playlog', { device, headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ batch: randomUUID(), items, ...more }) });

before(async () => {
  api = await readOpenapi('tools/headend/api/openapi.yaml');
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  await headend.publish('lobby', [path.resolve('tests/data/media/quarters.png')]);
  for (const name of ['=cmd|"calc"', 'Lift, "left"']) screens.push(await enrolDevice(headend, { name, channel: 'lobby' }));
  await headend.cli('screen', 'set', screens[0].id, '--site', 'Rennes');
  await headend.cli('screen', 'set', screens[1].id, '--site', 'Lyon');
  admin = await signIn(headend);
});
after(() => headend?.stop());

test('plays are told by day, by content with what the file was called, and by screen with what is missing', async () => {
  const version = await headend.sql('SELECT manifest FROM channel_version');
  const [{ id: item }] = Object.values(JSON.parse(version).playlists)[0].items;
  const twice = [played(item, 8000), played(item, 7000)];
  assert.equal((await report(screens[0], twice)).status, 204);
  assert.equal((await report(screens[0], twice)).status, 204);
  assert.equal((await report(screens[1], [played(item, 5000), played('gone', 1)], { spool: randomUUID(), lost: 3 })).status, 204);
  assert.deepEqual((await ask('/api/v1/plays')).json().items, [{ day: today, plays: 4, shown_ms: 20001, frames_late: 8, screens: 2 }]);
  const content = (await ask('/api/v1/plays?by=content')).json().items;
  assert.deepEqual(content.map(({ title, plays, shown_ms, screens: count }) => [title, plays, shown_ms, count]), [['', 1, 1, 1], ['quarters.png', 3, 20000, 2]]
    .sort((a, b) => content.findIndex(({ title }) => title === a[0]) - content.findIndex(({ title }) => title === b[0])));
  const first = (await ask('/api/v1/plays?by=screen&limit=1')).json();
  const second = (await ask(`/api/v1/plays?by=screen&limit=1&cursor=${first.next}`)).json();
  assert.equal(second.next, null);
  assert.deepEqual(new Map([...first.items, ...second.items].map((row) => [row.screen, [row.plays, row.plays_lost, row.events_missing]])),
    new Map([[screens[0].id, [2, 0, 0]], [screens[1].id, [2, 3, 0]]].sort(([a], [b]) => (a < b ? -1 : 1))));
  assert.deepEqual((await ask('/api/v1/plays?by=channel')).json().items, [{ channel: 'lobby', plays: 4, shown_ms: 20001, frames_late: 8, screens: 2 }]);
  assert.deepEqual((await ask('/api/v1/plays?by=channel&site=Lyon')).json().items, [{ channel: 'lobby', plays: 2, shown_ms: 5001, frames_late: 4, screens: 1 }]);
  assert.deepEqual((await ask('/api/v1/plays?to=2020-01-01&from=2019-12-01')).json().items, []);
  assert.equal((await ask('/api/v1/plays?from=yesterday')).json().parameter, 'from');
});

test('CSV has the same, and nothing that a spreadsheet takes for a formula', async () => {
  const csv = await headend.cli('report', 'plays', '--by', 'screen');
  const lines = csv.split('\r\n');
  assert.equal(lines[0], 'screen,name,site,plays_lost,events_missing,plays,shown_ms,frames_late,screens');
  assert.ok(lines.includes(`${screens[0].id},"'=cmd|""calc""",Rennes,0,0,2,15000,4,1`), csv);
  assert.ok(lines.includes(`${screens[1].id},"Lift, ""left""",Lyon,3,0,2,5001,4,1`), csv);
  assert.equal(await headend.cli('report', 'plays', '--screen', screens[0].id), `day,plays,shown_ms,frames_late,screens\r\n${today},2,15000,4,1\r\n`);
  assert.equal(await headend.cli('report', 'plays', '--by', 'channel'), 'channel,plays,shown_ms,frames_late,screens\r\nlobby,4,20001,8,2\r\n');
  assert.match(await headend.cli('report', 'uptime', '--by', 'site'), /^site,online_s,observed_s,screens\r\n/);
  await assert.rejects(headend.cli('report', 'plays', '--by', 'colour'), /--by: none of day, content, screen, channel$/m);
});

test('who may see one site is told of that one alone', async () => {
  const password = /Password: (\S+)/.exec(await headend.cli('user', 'add', 'ada', '--role', 'viewer:site=Rennes'))[1];
  const ada = new Browser(headend);
  assert.equal((await ada.signIn('ada', password)).status, 303);
  assert.deepEqual((await ask('/api/v1/plays?by=screen', ada.cookie)).json().items.map(({ screen }) => screen), [screens[0].id]);
  assert.equal((await ask('/api/v1/plays', ada.cookie)).json().items[0].plays, 2);
  assert.deepEqual((await ask(`/api/v1/plays?screen=${screens[1].id}`, ada.cookie)).json().items, []);
  await headend.sql(`INSERT INTO headend_day(day, seconds) SELECT ${Math.floor(Date.now() / 86400000) + 1}, 600`);
  await headend.sql(`INSERT INTO presence_day(day, device, seconds) SELECT ${Math.floor(Date.now() / 86400000) + 1}, id, 540 FROM device`);
  const tomorrow = new Date(Date.now() + 86400000).toISOString().slice(0, 10);
  assert.deepEqual((await ask(`/api/v1/uptime?from=${tomorrow}&to=${tomorrow}`, ada.cookie)).json().items.map(({ screen, online_s, observed_s }) => [screen, online_s, observed_s]), [[screens[0].id, 540, 600]]);
  assert.equal((await ask(`/api/v1/uptime?by=site&from=${tomorrow}&to=${tomorrow}`)).json().items.length, 2);
});
