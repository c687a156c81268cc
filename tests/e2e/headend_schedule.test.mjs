// What a channel shows from day to day, and what is on at an instant at a screen: for people, worked out by the screens' own code.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { Library } from './lib/library.mjs';
import { makeImage } from './lib/media.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { Publishing } from './lib/publishing.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

describe('schedules', () => {
  let headend;
  let admin;
  let publishing;
  let dir;
  let red;
  let blue;

  const zone = (playlist) => ({ zones: [{ id: 'main', x: 0, y: 0, width: 1920, height: 1080, playlist }] });
  const document = (schedule) => ({
    playlists: { all: { items: [{ content: red }, { content: blue }] }, clock: { align: 'wall-clock', items: [{ content: red, duration: 'PT20S' }, { content: blue, duration: 'PT10S' }] }, one: { items: [{ content: blue }] } },
    layouts: { day: zone('all'), night: zone('clock'), sale: zone('one') }, default_layout: 'night', schedule });
  const weekly = { layout: 'day', dtstart: '2026-01-05T08:00:00', duration: 'PT12H', rrule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', priority: 2 };
  const days = async (channel, query, who = admin) => (await who.get(`/api/v1/channels/${channel}/schedule?${query}`)).json();

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-schedule-'));
    const api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, api);
    publishing = new Publishing(headend, admin);
    const library = new Library(admin);
    [red, blue] = await Promise.all(['red', 'blue'].map(async (name) => (await library.add(await readFile(await makeImage(dir, `${name}.png`, name)), { filename: `${name}.png` })).content));
  });
  after(async () => {
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('a draft has its days: occurrences, what is shown from when to when, and conflicts', async () => {
    await publishing.draft('shop', document([weekly, { layout: 'sale', dtstart: '2026-03-02T10:00:00', duration: 'PT2H', priority: 5 },
      { layout: 'sale', dtstart: '2026-03-03T18:00:00', duration: 'PT4H', priority: 2 }, { layout: 'day', dtstart: '2026-03-02T10:30:00', duration: 'PT30M', priority: 1 }]));
    const week = await days('shop', 'draft=true&from=2026-03-02&to=2026-03-09&time_zone=Europe%2FParis');
    assert.deepEqual([week.channel, week.draft, week.plain, week.version, week.default_layout, week.from, week.to_local], ['shop', true, false, 1, 'night', '2026-03-01T23:00:00Z', '2026-03-09T00:00:00']);
    assert.deepEqual(week.events.map(({ event, occurrences, shown_s: shown }) => [event.layout, occurrences, shown / 3600]), [['day', 5, 56], ['sale', 1, 2], ['sale', 1, 4], ['day', 1, 0]]);
    assert.deepEqual(week.spans.slice(0, 5).map(({ event, layout, start_local: from, end_local: to }) => [event, layout, from.slice(5, 16), to.slice(5, 16)]),
      [[null, 'night', '03-02T00:00', '03-02T08:00'], [0, 'day', '03-02T08:00', '03-02T10:00'], [1, 'sale', '03-02T10:00', '03-02T12:00'], [0, 'day', '03-02T12:00', '03-02T20:00'], [null, 'night', '03-02T20:00', '03-03T08:00']]);
    assert.deepEqual(week.conflicts.map(({ kind, events, times, start_local: from, end_local: to }) => [kind, events, times, from, to]),
      [['overlap', [2, 0], 1, '2026-03-03T18:00:00', '2026-03-03T20:00:00'], ['hidden', [3], 1, '2026-03-02T10:30:00', '2026-03-02T11:00:00']]);
    assert.deepEqual([week.more_conflicts, week.clock_changes], [false, []]);
  });

  test('both changes of the clocks are told, with what becomes of the times that they touch', async () => {
    await publishing.draft('clocks', document([{ layout: 'sale', dtstart: '2026-01-01T02:30:00', duration: 'PT1H', rrule: 'FREQ=DAILY' }, { layout: 'day', dtstart: '2026-01-01T01:45:00', duration: 'PT15M', rrule: 'FREQ=DAILY' }]));
    const of = async (time_zone, from, to) => days('clocks', new URLSearchParams({ draft: 'true', time_zone, from, to }));
    const told = ({ occurrences }) => occurrences.map(({ event, start, start_local: local, wall, clock }) => [event, start, local.slice(11, 16), wall.slice(11, 16), clock]);
    for (const [time_zone, from, to, change, expected] of [
      ['Europe/Paris', '2026-03-29', '2026-03-30', ['2026-03-29T01:00:00Z', '2026-03-29T02:00:00', '2026-03-29T03:00:00'], [[1, '2026-03-29T00:45:00Z', '01:45', '01:45', null], [0, '2026-03-29T01:30:00Z', '03:30', '02:30', 'skipped']]],
      ['Europe/Paris', '2026-10-25', '2026-10-26', ['2026-10-25T01:00:00Z', '2026-10-25T03:00:00', '2026-10-25T02:00:00'], [[1, '2026-10-24T23:45:00Z', '01:45', '01:45', null], [0, '2026-10-25T00:30:00Z', '02:30', '02:30', 'twice']]],
      ['America/New_York', '2026-03-08', '2026-03-09', ['2026-03-08T07:00:00Z', '2026-03-08T02:00:00', '2026-03-08T03:00:00'], [[1, '2026-03-08T06:45:00Z', '01:45', '01:45', null], [0, '2026-03-08T07:30:00Z', '03:30', '02:30', 'skipped']]],
      ['America/New_York', '2026-11-01', '2026-11-02', ['2026-11-01T06:00:00Z', '2026-11-01T02:00:00', '2026-11-01T01:00:00'], [[1, '2026-11-01T05:45:00Z', '01:45', '01:45', 'twice'], [0, '2026-11-01T07:30:00Z', '02:30', '02:30', null]]],
      ['Australia/Lord_Howe', '2026-10-04', '2026-10-05', ['2026-10-03T15:30:00Z', '2026-10-04T02:00:00', '2026-10-04T02:30:00'], [[1, '2026-10-03T15:15:00Z', '01:45', '01:45', null], [0, '2026-10-03T15:30:00Z', '02:30', '02:30', null]]],
      ['Australia/Lord_Howe', '2026-04-05', '2026-04-06', ['2026-04-04T15:00:00Z', '2026-04-05T02:00:00', '2026-04-05T01:30:00'], [[1, '2026-04-04T14:45:00Z', '01:45', '01:45', 'twice'], [0, '2026-04-04T16:00:00Z', '02:30', '02:30', null]]],
    ]) {
      const day = await of(time_zone, from, to);
      assert.deepEqual(day.clock_changes.map(({ at, before_local: was, after_local: is }) => [at, was, is]), [change], time_zone);
      assert.deepEqual(told(day), expected, `${time_zone} ${from}`);
    }
  });

  test('what is on at a screen at an instant is told with its reason, published and in the draft', async () => {
    const screen = (await enrolDevice(headend, { channel: 'lobby', timeZone: 'Europe/Paris', site: 'Rennes' })).id;
    const now = async (at, who = admin) => (await who.get(`/api/v1/screens/${screen}/now?at=${at}`)).json();
    assert.deepEqual([(await now('2026-03-02T10:00')).shown, (await now('2026-03-02T10:00')).channel], [null, 'lobby']);
    await publishing.draft('lobby', document([weekly]));
    assert.equal((await publishing.ended(await publishing.ask('lobby'))).state, 'done');
    await publishing.draft('lobby', document([weekly, { layout: 'sale', dtstart: '2026-03-02T10:00:00', duration: 'PT2H', priority: 5 }]));
    const morning = await now('2026-03-02T10:00');
    assert.deepEqual([morning.at, morning.at_local, morning.time_zone, morning.screen_version, morning.published_version], ['2026-03-02T09:00:00Z', '2026-03-02T10:00:00', 'Europe/Paris', null, morning.shown.version]);
    assert.equal(morning.shown.layout, 'day');
    assert.deepEqual(morning.shown.because, { event: 0, priority: 2, rrule: weekly.rrule, since: '2026-03-02T07:00:00Z', since_local: '2026-03-02T08:00:00', until: '2026-03-02T19:00:00Z', until_local: '2026-03-02T20:00:00' });
    assert.deepEqual([morning.shown.next.at_local, morning.shown.next.layout, morning.shown.next.because], ['2026-03-02T20:00:00', 'night', null]);
    assert.deepEqual(morning.shown.zones.map(({ zone: id, by, next_ms: next, items }) => [id, by, next, items.map(({ name }) => name)]), [['main', 'order', null, ['red.png', 'blue.png']]]);
    assert.deepEqual([morning.draft.layout, morning.draft.because.priority, morning.draft.next.layout, morning.draft.zones[0].by, morning.draft.zones[0].items[0].content], ['sale', 5, 'day', 'alone', blue]);
    // 21 s into a round of 30 s: the second item, for nine more.
    const evening = await now('2026-03-02T21:00:21Z');
    assert.deepEqual([evening.shown.layout, evening.shown.because, evening.shown.zones[0].by, evening.shown.zones[0].next_ms, evening.shown.zones[0].items[0].name], ['night', null, 'clock', 9000, 'blue.png']);
    for (const [at, layout] of [['2026-03-29T02:30', 'night'], ['2026-10-25T02:30', 'night'], ['2026-03-30T08:00', 'day'], ['2026-03-30T07:59', 'night'], ['2026-10-26T08:00:00', 'day'], ['2026-10-26T07:59:59', 'night']]) assert.equal((await now(at)).shown.layout, layout, at);
    // A screen elsewhere, on the same channel: the same wall time is another instant.
    const abroad = (await enrolDevice(headend, { channel: 'lobby', timeZone: 'America/New_York' })).id;
    assert.deepEqual((await admin.get(`/api/v1/screens/${abroad}/now?at=2026-03-02T09:00:00Z`)).json().shown.layout, 'night');
    assert.deepEqual((await days('lobby', 'from=2026-03-02')).time_zones, [{ time_zone: 'America/New_York', screens: 1 }, { time_zone: 'Europe/Paris', screens: 1 }]);
    const words = await headend.cli('screen', 'now', abroad, '--at', '2026-03-02T09:00');
    assert.match(words, /^2026-03-02T09:00:00 \(America\/New_York\)\nshown: day\n {2}because {2}event 1, priority 2, since 2026-03-02T08:00:00 until 2026-03-02T20:00:00, FREQ=WEEKLY/);
    const list = await headend.cli('channel', 'schedule', 'lobby', '--from', '2026-03-02', '--to', '2026-03-03', '--time-zone', 'Europe/Paris', '--draft');
    assert.match(list, /^2026-03-02T10:00:00 +2026-03-02T12:00:00 +sale +2 +5/m);
  });

  test('who may not see a channel or a screen hears nothing of what they show', async () => {
    const [screen] = (await admin.get('/api/v1/screens?site=Rennes')).json().items;
    const elsewhere = await Person.add(headend, admin.api, 'elsewhere', 'admin:channel=shop', 'operator:site=Lyon');
    await elsewhere.refused(404, 'not-found', 'GET', '/api/v1/channels/lobby/schedule');
    await elsewhere.refused(404, 'not-found', 'GET', '/api/v1/channels/lobby/schedule?draft=true');
    await elsewhere.refused(404, 'not-found', 'GET', '/api/v1/channels/none/schedule');
    await elsewhere.refused(404, 'not-found', 'GET', `/api/v1/screens/${screen.id}/now`);
    assert.equal((await elsewhere.get('/api/v1/channels/shop/schedule?draft=true')).status, 200);
    // Whoever sees a site's screens sees what they show, and no draft of a channel.
    const site = await Person.add(headend, admin.api, 'site', 'viewer:site=Rennes');
    const seen = (await site.get(`/api/v1/screens/${screen.id}/now?at=2026-03-02T10:00`)).json();
    assert.deepEqual([seen.shown.layout, seen.draft, seen.draft_refusal], ['day', null, null]);
  });

  test('what is asked for has limits, and what cannot be said has words', async () => {
    await publishing.draft('busy', document([{ layout: 'day', dtstart: '2026-01-01T00:00:00', duration: 'PT1M', rrule: 'FREQ=HOURLY;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55' }]));
    assert.equal((await days('busy', 'draft=true&from=2026-02-01&to=2026-02-08')).occurrences.length, 7 * 288);
    for (const [query, parameter] of [['from=2026-02-01&to=2026-04-01', 'to'], ['from=2026-02-01&to=2026-02-01', 'to'], ['from=2026-02-01&to=2027-02-01', 'to'], ['from=2026-02-30', 'from'], ['from=2199-12-31', 'to'], ['time_zone=Mars', 'time_zone'], ['draft=yes', 'draft'], ['until=1', 'until']]) {
      assert.equal((await admin.refused(400, 'query-invalid', 'GET', `/api/v1/channels/busy/schedule?${query}${query.includes('draft') ? '' : '&draft=true'}`)).parameter, parameter, query);
    }
    const [screen] = (await admin.get('/api/v1/screens?site=Rennes')).json().items;
    for (const at of ['noon', '2026-02-30T10:00', '2026-03-02T10', '2026-03-02T10:00%2B01:00', '1969-01-01T00:00Z', '3000-01-01T00:00']) assert.equal((await admin.refused(400, 'query-invalid', 'GET', `/api/v1/screens/${screen.id}/now?at=${at}`)).parameter, 'at', at);
    await admin.refused(409, 'state-conflict', 'GET', '/api/v1/channels/busy/schedule');
    // Plain items that come and go are a schedule as well.
    await publishing.draft('plain', { items: [{ content: red }, { content: blue, valid_from: '2031-02-03T10:00:00Z' }] });
    const plain = await days('plain', 'draft=true&from=2031-02-03&to=2031-02-04&time_zone=UTC');
    assert.deepEqual([plain.plain, plain.spans.map(({ layout, start }) => [layout, start])], [true, [['main', '2031-02-03T00:00:00Z'], ['from-1', '2031-02-03T10:00:00Z']]]);
  });

  test('items of the default layout may come and go beside a schedule', async () => {
    const made = document([{ layout: 'sale', dtstart: '2031-02-03T09:00:00Z', duration: 'PT2H', priority: -3 }]);
    made.playlists.clock.items[1].valid_from = '2031-02-03T10:00:00Z';
    await publishing.draft('dated', made);
    const day = await days('dated', 'draft=true&from=2031-02-03&to=2031-02-04&time_zone=UTC');
    assert.deepEqual(day.spans.map(({ layout, start }) => [layout, start.slice(11, 16)]), [['night', '00:00'], ['sale', '09:00'], ['from-1', '11:00']]);
    assert.deepEqual([day.plain, day.conflicts, day.events.map(({ event, made: by }) => [event.layout, event.priority, by])], [false, [], [['sale', -3, false], ['from-1', -4, true]]]);
    assert.ok(!(await admin.get('/api/v1/channels/dated/schedule/calendar?draft=true', { accept: 'text/calendar' })).text.includes('from-1'));
    assert.equal((await publishing.ended(await publishing.ask('dated'))).state, 'done');
    assert.deepEqual((await publishing.published('dated')).playlists['clock.from-1'].items.map(({ id }) => id), ['i1', 'i2']);
    assert.deepEqual((await publishing.published('dated')).playlists.clock.items.map(({ id }) => id), ['i1']);
    made.schedule[0].layout = 'night';
    const refused = await admin.refused(400, 'body-invalid', 'PUT', '/api/v1/channels/dated/draft', made, { 'if-match': '*' });
    assert.match(refused.detail, /^playlists\.clock: valid_from and valid_to, of an item or of its content, are for a plain list or the default layout/);
  });

  test('a schedule goes out as a calendar, and comes in again the same', async () => {
    const schedule = [{ ...weekly, exdate: ['2026-12-25T08:00:00'] }, { layout: 'sale', dtstart: '2026-03-02T10:00:00', tzid: 'Europe/Paris', duration: 'PT2H', priority: -5 }];
    await publishing.draft('calendar', document(schedule));
    const out = await admin.get('/api/v1/channels/calendar/schedule/calendar?draft=true', { accept: 'text/calendar' });
    assert.deepEqual([out.status, out.headers['content-type'], out.headers['content-disposition']], [200, 'text/calendar; charset=utf-8', 'attachment; filename="calendar.ics"']);
    assert.match(out.text, /^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\n/);
    assert.match(out.text, /\r\nDTSTART:20260105T080000\r\nDURATION:PT12H\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\r\nEXDATE:20261225T080000\r\nSUMMARY:day\r\nCATEGORIES:Priority 2\r\n/);
    assert.ok(out.text.split('\r\n').every((line) => Buffer.byteLength(line) <= 75));
    assert.equal(await headend.cli('channel', 'schedule', 'calendar', '--draft', '--ics'), out.text);
    const post = (text, who = admin, type = 'text/calendar; charset=utf-8') => headend.request('POST', '/api/v1/channels/calendar/schedule/calendar', { cookie: who.browser.cookie, headers: { accept: 'application/json', 'pingplay-csrf': who.csrf, 'content-type': type }, body: text });
    const read = async (text, who) => { const answer = await post(text, who); admin.api.check('POST', '/api/v1/channels/calendar/schedule/calendar', answer); return answer; };
    const { events } = (await read(out.text)).json();
    assert.deepEqual(events.map(({ summary, priority, entry, refusal }) => [{ layout: summary, priority, ...entry }, refusal]), schedule.map((entry) => [entry, null]));
    // What is taken is what a draft takes; what is not says why.
    const foreign = 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Closed\nDTSTART;VALUE=DATE:20260714\nRRULE:FREQ=YEARLY\nATTACH:https://example.org/x\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;TZID=Mars/Olympus:20260101T000000\nDURATION:PT1H\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20260101T000000\nDURATION:PT1S\nRRULE:FREQ=SECONDLY\nEND:VEVENT\nEND:VCALENDAR\n';
    const taken = (await read(foreign)).json().events;
    assert.deepEqual(taken.map(({ entry }) => entry), [{ dtstart: '2026-07-14T00:00:00', duration: 'P1D', rrule: 'FREQ=YEARLY' }, null, null]);
    assert.match(taken[1].refusal, /^DTSTART: "Mars\/Olympus" is no time zone/);
    assert.match(taken[2].refusal, /^rrule: /);
    await publishing.draft('calendar', document([{ layout: 'sale', ...taken[0].entry }]));
    for (const [text, status, words] of [['', 400, /./], ['hello', 400, /BEGIN:VCALENDAR/], [`BEGIN:VCALENDAR\n${'BEGIN:VEVENT\nEND:VEVENT\n'.repeat(10001)}END:VCALENDAR\n`, 400, /more than 10000 events/], ['x'.repeat(1024 * 1024 + 1), 413, /./]]) {
      const answer = await post(text);
      assert.deepEqual([answer.status, words.test(answer.text)], [status, true], answer.text.slice(0, 300));
    }
    assert.equal((await post(out.text, admin, 'application/json')).status, 415);
    // Who may look may take it along, and who may edit may bring one.
    const viewer = await Person.add(headend, admin.api, 'reader', 'viewer:channel=calendar');
    assert.equal((await viewer.get('/api/v1/channels/calendar/schedule/calendar?draft=true', { accept: 'text/calendar' })).status, 200);
    assert.equal((await read(out.text, viewer)).status, 403);
    const stranger = await Person.add(headend, admin.api, 'stranger', 'admin:channel=shop');
    assert.equal((await stranger.get('/api/v1/channels/calendar/schedule/calendar?draft=true', { accept: 'text/calendar' })).status, 404);
    assert.equal((await read(out.text, stranger)).status, 404);
  });
});
