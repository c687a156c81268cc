import assert from 'node:assert/strict';
import { test } from 'node:test';

import { dayOf, daysBefore, eachDay, percent, shareOf, worstFirst } from '../src/lib/reports.js';

const row = (site: string, online_s: number, observed_s: number): { site: string; online_s: number; observed_s: number; screens: number } => ({ site, online_s, observed_s, screens: 1 });

test('days are UTC’s, and each has its place', () => {
  assert.equal(dayOf(new Date('2026-11-30T23:59:00-05:00')), '2026-12-01');
  assert.equal(daysBefore('2026-03-01', 1), '2026-02-28');
  const days = eachDay([{ day: '2026-11-02', plays: 4, shown_ms: 9, frames_late: 0, screens: 1 }], '2026-11-01', '2026-11-03');
  assert.deepEqual(days.map(({ day, plays }) => [day, plays]), [['2026-11-01', 0], ['2026-11-02', 4], ['2026-11-03', 0]]);
  assert.deepEqual(eachDay([], '2026-11-03', '2026-11-01'), []);
});

test('uptime is never rounded up to all of it, and nobody is blamed for what nobody looked at', () => {
  assert.equal(percent(1, 'en'), '100%');
  assert.equal(percent(0.99999, 'en'), '99.99%');
  assert.match(percent(0.905, 'fr'), /^90,50[\u00a0\u202f]%$/);
  assert.equal(percent(undefined, 'en'), '—');
  assert.equal(shareOf(row('a', 0, 0)), undefined);
  assert.equal(shareOf(row('a', 70, 60)), 1, 'a clock that was put forward');
  assert.deepEqual(worstFirst([row('a', 9, 10), row('b', 0, 0), row('c', 1, 10)]).map(({ site }) => site), ['c', 'a', 'b']);
});
