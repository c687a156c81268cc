import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addDays, addMonths, alone, blocksOf, daysBetween, durationOf, lengthOf, minutesOf, movedBy, nthOf, playlistsOf, resized, ruleOf, ruleText, startOfWeek, timeOf, tones, wallNow, weekStart, withEntries, withFull, withLayouts, without, withPlaylist, type Entry, type Occurrence } from '../src/lib/schedule.js';

const entry: Entry = { layout: 'day', dtstart: '2026-03-02T08:00:00', duration: 'PT12H' };

test('wall times are counted and written as manifests have them', () => {
  assert.equal(timeOf(minutesOf('20260302T080000')), '2026-03-02T08:00:00');
  assert.equal(minutesOf('2026-03-02T08:00:00Z') - minutesOf('2026-03-02'), 480);
  assert.ok(Number.isNaN(minutesOf('noon')));
  assert.equal(addDays('2026-02-28', 1), '2026-03-01');
  assert.equal(addMonths('2026-01-31', 1), '2026-02-01');
  assert.equal(daysBetween('2026-03-28', '2026-03-30'), 2);
  assert.equal(wallNow('America/New_York', new Date('2026-03-08T07:30:00Z')), '2026-03-08T03:30:00');
  assert.equal(wallNow('Europe/Paris', new Date('2026-03-07T23:05:00Z')), '2026-03-08T00:05:00');
});

test('a week begins where the language and the region have it', () => {
  assert.equal(weekStart('fr', ['fr-CA']), 1);
  assert.equal(weekStart('en', ['en-GB']), 1);
  assert.equal(weekStart('en', ['fr-FR', 'en-US']), 0);
  assert.equal(startOfWeek('2026-03-04', 1), '2026-03-02');
  assert.equal(startOfWeek('2026-03-01', 1), '2026-02-23');
  assert.equal(startOfWeek('2026-03-01', 0), '2026-03-01');
});

test('lengths are durations and back', () => {
  for (const [text, minutes] of [['PT12H', 720], ['P1D', 1440], ['P1DT2H30M', 1590], ['PT45S', 0.75]] as const) {
    assert.equal(lengthOf({ dtstart: entry.dtstart, duration: text }), minutes);
    assert.equal(durationOf(minutes), text);
  }
  assert.equal(lengthOf({ dtstart: '2026-03-02T22:00:00', dtend: '2026-03-03T01:00:00' }), 180);
  assert.equal(resized({ ...entry, dtend: '2026-03-02T20:00:00' }, 90).duration, 'PT1H30M');
});

test('rules that the form knows are the same again, and all others keep their text', () => {
  for (const [text, repeat] of [['FREQ=DAILY', 'daily'], ['FREQ=DAILY;INTERVAL=2;COUNT=5', 'daily'], ['FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', 'weekly'], ['FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;UNTIL=20261231T235959', 'weekly'],
    ['FREQ=MONTHLY', 'month_day'], ['FREQ=MONTHLY;BYDAY=1MO', 'month_nth'], ['FREQ=YEARLY', 'yearly'], ['FREQ=MONTHLY;BYDAY=-1FR', 'own'], ['FREQ=YEARLY;BYMONTH=3', 'own'], ['FREQ=DAILY;UNTIL=20261231T235959Z', 'own'], ['FREQ=WEEKLY;BYDAY=MO;BYHOUR=9', 'own']] as const) {
    const rule = ruleOf(text, entry.dtstart);
    assert.equal(rule.repeat, repeat, text);
    assert.equal(ruleText(rule, entry.dtstart), text);
  }
  assert.equal(ruleText(ruleOf(undefined, entry.dtstart), entry.dtstart), undefined);
  assert.deepEqual(ruleOf('FREQ=WEEKLY', entry.dtstart).days, [1]);
  assert.equal(nthOf('2026-03-29'), -1);
  assert.equal(ruleText({ ...ruleOf('FREQ=DAILY', entry.dtstart), until: '2026-04-01', count: 3 }, entry.dtstart), 'FREQ=DAILY;UNTIL=20260401T235959');
});

test('an entry is moved with all that it has, and its weekdays go with it', () => {
  const weekly = { ...entry, rrule: 'FREQ=WEEKLY;BYDAY=MO,SU', exdate: ['2026-03-09T08:00:00'] };
  assert.deepEqual(movedBy(weekly, 30), { ...weekly, dtstart: '2026-03-02T08:30:00', exdate: ['2026-03-09T08:30:00'] });
  assert.deepEqual(movedBy(weekly, -1440)?.rrule, 'FREQ=WEEKLY;BYDAY=SA,SU');
  assert.equal(movedBy({ ...entry, rrule: 'FREQ=MONTHLY;BYDAY=1MO' }, 1440)?.rrule, 'FREQ=MONTHLY;BYDAY=1TU');
  assert.equal(movedBy({ ...entry, rrule: 'FREQ=YEARLY;BYMONTH=3' }, 1440), undefined);
  assert.equal(movedBy({ ...entry, rrule: 'FREQ=YEARLY;BYMONTH=3' }, 60)?.dtstart, '2026-03-02T09:00:00');
  assert.equal(movedBy({ ...entry, dtstart: '2026-03-02T08:00:00Z' }, 60)?.dtstart, '2026-03-02T09:00:00Z');
});

test('one occurrence of many becomes an entry of its own', () => {
  const weekly = { ...entry, rrule: 'FREQ=WEEKLY;BYDAY=MO', priority: 3 };
  assert.deepEqual(without(weekly, '2026-03-09T08:00:00').exdate, ['2026-03-09T08:00:00']);
  assert.deepEqual(alone({ ...weekly, exdate: ['2026-03-16T08:00:00'] }, '2026-03-09T08:00:00'), { layout: 'day', dtstart: '2026-03-09T08:00:00', duration: 'PT12H', priority: 3 });
});

test('a plain list becomes a layout, and a playlist one more', () => {
  const plain = withLayouts({ title: 'Lobby', items: [{ content: 'a' }] });
  assert.deepEqual(plain, { title: 'Lobby', canvas: { width: 1920, height: 1080, fit: 'fill', background: '#000000' }, playlists: { main: { items: [{ content: 'a' }] } },
    layouts: { main: { zones: [{ id: 'main', x: 0, y: 0, width: 1920, height: 1080, z: 0, playlist: 'main' }] } }, default_layout: 'main', schedule: [] });
  assert.equal(withLayouts(plain), plain);
  const [more, name] = withPlaylist(plain, 'Soldes d’été', ['b']);
  assert.equal(name, 'Soldes-d-ete');
  assert.deepEqual(more.playlists?.[name], { items: [{ content: 'b' }] });
  assert.equal(withPlaylist(more, 'main', [])[1], 'main-2');
  assert.deepEqual(playlistsOf({ ...more, playlists: { ...more.playlists, other: { items: [] } } }), ['other']);
  assert.deepEqual(withFull(plain, 'main')[1], 'main-2');
  assert.deepEqual(withEntries(plain, [entry]).schedule, [entry]);
});

test('what overlaps on a day stands side by side', () => {
  const at = (event: number, from: string, to: string): Occurrence => ({ event, start: null, start_local: `2026-03-${from}:00`, end: null, end_local: `2026-03-${to}:00`, wall: null, clock: null, shown_s: 0 });
  const blocks = blocksOf('2026-03-02', [at(0, '01T22:00', '02T02:00'), at(1, '02T01:00', '02T03:00'), at(2, '02T02:30', '02T04:00'), at(3, '02T10:00', '03T10:00'), at(4, '03T00:00', '03T01:00')]);
  assert.deepEqual(blocks.map(({ occurrence, from, to, lane, lanes, begins }) => [occurrence.event, from, to, lane, lanes, begins]), [[0, 0, 120, 0, 2, false], [1, 60, 180, 1, 2, true], [2, 150, 240, 0, 2, true], [3, 600, 1440, 0, 1, true]]);
  assert.deepEqual([...tones([entry, { ...entry, priority: 5 }, { ...entry, priority: -1 }])], [[-1, 0], [0, 1], [5, 2]]);
});
