import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { addressOf } from '../src/api/client.js';
import type { ScreenRow, State } from '../src/api/schema.js';
import { channelId, channelsOf, channelTyped } from '../src/lib/channel.js';
import { codeOf, codeScanned, codeTyped } from '../src/lib/code.js';
import { find, placesOf, searchWords, sorted } from '../src/lib/filter.js';
import { ago, csvRow, date, duration, timeIn } from '../src/lib/format.js';
import { routeOf, safeNext } from '../src/lib/router.js';
import { columnsOf, keyMoves, rowsInView, scrollToRow } from '../src/lib/window.js';

const screen = (name: string, state: State, more: Partial<ScreenRow> = {}): ScreenRow => ({
  id: `00000000-0000-4000-8000-${name.length.toString().padStart(12, '0')}`, name, site: '', tags: [], software: '', picture: null, state, fingerprint: '1a2b 3c4d 5e6f 7a8b', channel: null, trouble: null, seen: null, ...more,
});

describe('finding screens', () => {
  const all = [
    screen('Foyer', 'online', { site: 'Évry', channel: { id: 'lobby', title: 'Lobby' } }), screen('Window 10', 'offline', { site: 'Lyon', seen: '2026-11-01T00:00:00Z' }),
    screen('Window 9', 'offline', { site: 'Lyon', seen: '2026-10-01T00:00:00Z' }), screen('Canteen', 'trouble', { trouble: { code: 'N-1', text: 'x' } }), screen('Old', 'retired'),
  ];
  const names = (rows: Iterable<ScreenRow>): string[] => [...rows].map(({ name }) => name);
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

  test('each word is found, whatever its case and accents, and quotes hold words together', () => {
    assert.deepEqual(names(find(all, 'EVRY foyer', '').rows), ['Foyer']);
    assert.deepEqual(names(find(all, 'window lyon 9', '').rows), ['Window 9']);
    assert.deepEqual(names(find(all, '"window 1"', '').rows), ['Window 10']);
    assert.deepEqual(names(find(all, 'n-1', '').rows), ['Canteen']);
    assert.deepEqual(names(find(all, 'lobby', '').rows), ['Foyer']);
    assert.deepEqual(names(find(all, '3c4d', 'retired').rows), ['Old']);
    assert.deepEqual(names(find(all, 'offline', '').rows), ['Window 10', 'Window 9']);
    assert.deepEqual(names(find(all, 'nowhere', '').rows), []);
    assert.deepEqual(searchWords('  a "b c" d'), ['a', 'b c', 'd']);
  });

  test('counts are those of the words, and the state only chooses', () => {
    const { counts, rows } = find(all, 'lyon', 'online');
    assert.deepEqual([rows.length, counts[''], counts.offline, counts.online], [0, 2, 2, 0]);
  });

  test('site, tag, software and group narrow all of it, also the counts', () => {
    const some = [screen('A', 'online', { id: 'a', site: 'Lyon', tags: ['tall', '4K'], software: '1.10' }), screen('B', 'offline', { id: 'b', tags: ['tall'], software: '1.9' }), screen('C', 'online', { id: 'c', site: 'Lyon', software: '1.9' })];
    const found = (...[among, search = '']: [Parameters<typeof find>[3], string?]): string => names(find(some, search, '', among).rows).join('');
    assert.deepEqual([found({}), found({ site: 'Lyon' }), found({ site: '' }), found({ tag: 'tall' }), found({ software: '1.9' }), found({ members: new Set(['a', 'c']) }), found({ site: 'Lyon', software: '1.9' }), found({ tag: 'tall' }, '4k')],
      ['ABC', 'AC', 'B', 'AB', 'BC', 'AC', 'C', 'A']);
    assert.deepEqual(find(some, '', 'online', { tag: 'tall' }).counts.online, 1);
    assert.deepEqual(placesOf(some, collator), { sites: ['Lyon'], tags: ['4K', 'tall'], software: ['1.10', '1.9'] });
  });

  test('the order: what needs somebody first, numbers as numbers, nothing last', () => {
    assert.deepEqual(names(sorted(all, 'state', collator)), ['Canteen', 'Window 9', 'Window 10', 'Foyer', 'Old']);
    assert.deepEqual(names(sorted(all, 'name', collator)), ['Canteen', 'Foyer', 'Old', 'Window 9', 'Window 10']);
    assert.deepEqual(names(sorted(all, 'site', collator)), ['Foyer', 'Window 9', 'Window 10', 'Canteen', 'Old']);
    assert.deepEqual(names(sorted(all, 'seen', collator)), ['Canteen', 'Foyer', 'Old', 'Window 9', 'Window 10']);
  });
});

describe('a long list', () => {
  test('has only the rows of the window in the page', () => {
    assert.deepEqual(rowsInView(100, 900, 50, 5000, 4), { first: 0, end: 20 });
    assert.deepEqual(rowsInView(-10000, 900, 50, 5000, 4), { first: 196, end: 222 });
    assert.deepEqual(rowsInView(-249500, 900, 50, 5000, 4), { first: 4986, end: 5000 });
    assert.deepEqual(rowsInView(100, 900, 50, 3, 4), { first: 0, end: 3 });
    assert.deepEqual(rowsInView(100, 900, 50, 0, 4), { first: 0, end: 0 });
    assert.deepEqual(rowsInView(5000, 900, 50, 100, 4), { first: 0, end: 0 }, 'below the window');
    assert.deepEqual(rowsInView(-90000, 900, 50, 10, 4), { first: 10, end: 10 }, 'above it');
  });

  test('has as many columns as fit', () => {
    assert.deepEqual([columnsOf(1000, 200, 16), columnsOf(200, 200, 16), columnsOf(50, 200, 16), columnsOf(416, 200, 16)], [4, 1, 1, 2]);
  });

  test('is walked through by keys', () => {
    assert.deepEqual(['ArrowDown', 'ArrowUp', 'ArrowLeft', 'PageDown', 'Home', 'End', 'x'].map((key) => keyMoves(key, 5, 100, 1, 10)), [6, 4, 5, 15, 0, 99, undefined]);
    assert.deepEqual(['ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight', 'PageDown', 'PageUp'].map((key) => keyMoves(key, 5, 10, 4, 3)), [9, 1, 4, 6, 9, 0]);
    assert.equal(keyMoves('ArrowDown', 7, 10, 4, 3), 7, 'there is nothing below');
    assert.equal(keyMoves('ArrowUp', 0, 0, 1, 3), undefined);
  });

  test('moves as little as is needed', () => {
    assert.deepEqual([scrollToRow(300, 50, 100, 800), scrollToRow(60, 50, 100, 800), scrollToRow(790, 50, 100, 800), scrollToRow(100, 900, 100, 800)], [0, -40, 40, 0]);
  });
});

describe('times and numbers', () => {
  const now = new Date('2026-11-30T12:00:00Z');
  const before = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
  test('as people say them', () => {
    assert.deepEqual([0, 59, 60, 3599, 7200, 47 * 3600, 48 * 3600, 40 * 86400].map((one) => ago(before(one), now, 'en')),
      ['now', 'now', '1 minute ago', '59 minutes ago', '2 hours ago', '47 hours ago', '2 days ago', '40 days ago']);
    assert.equal(ago(before(-50), now, 'en'), 'now', 'a clock that is a little ahead');
    assert.equal(ago(before(300), now, 'fr'), 'il y a 5 minutes');
    assert.equal(duration(93784, 'en'), '1 day 2 hours');
    assert.equal(duration(5400, 'fr').replace(/\s/g, ' '), '1 heure 30 minutes');
    assert.equal(date(now, 'fr'), '30 novembre 2026');
    assert.match(timeIn('Asia/Tokyo', now, 'fr') ?? '', /21:00/);
    assert.equal(timeIn('Nowhere/At_all', now, 'en'), undefined);
  });
  test('a CSV row holds what a name has, and no formula', () => {
    assert.equal(csvRow(['a', 'b,"c"', '=1+1', '-x', 'two\nlines']), 'a,"b,""c""",\'=1+1,\'-x,"two\nlines"\r\n');
  });
});

describe('addresses', () => {
  test('of pages', () => {
    const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
    assert.deepEqual(routeOf('/console/'), { page: 'screens' });
    assert.deepEqual(routeOf('/console'), { page: 'screens' });
    assert.deepEqual(routeOf('/console/screens/'), { page: 'screens' });
    assert.deepEqual(routeOf(`/console/screens/${id}`), { page: 'screen', id });
    assert.deepEqual(routeOf('/console/screens/x'), { page: 'not-found' });
    assert.deepEqual(routeOf('/console/add', '?user_code=BCDF-GHJK'), { page: 'add', code: 'BCDF-GHJK' });
    assert.deepEqual(routeOf('/console/elsewhere'), { page: 'not-found' });
  });
  test('after signing in are ours alone', () => {
    for (const bad of [null, '', 'https://evil.example/', '//evil.example', '/console//evil.example', '/console/\\evil', '/admin/', 'javascript:alert(1)', '/console/x#y']) assert.equal(safeNext(bad), '/console/', String(bad));
    assert.equal(safeNext('/console/add?user_code=BCDF-GHJK'), '/console/add?user_code=BCDF-GHJK');
  });
  test('of the API hold what they are given', () => {
    assert.equal(addressOf('/api/v1/screens/{id}', { id: 'a/b?c' }), '/api/v1/screens/a%2Fb%3Fc');
    assert.equal(addressOf('/api/v1/screens', {}, { q: 'a&b=c', state: undefined, limit: 100 }), '/api/v1/screens?q=a%26b%3Dc&limit=100');
  });
});

describe('codes of new screens', () => {
  test('typed in any way', () => {
    assert.deepEqual(['bcdf-ghjk', 'BCDFGHJK', ' bcdf ghjk ', 'BCDF–GHJK'].map(codeOf), Array(4).fill('BCDF-GHJK'));
    assert.deepEqual(['BCDF-GHJ', 'BCDF-GHJKL', 'ABCD-EFGH', '', '1234-5678'].map(codeOf), Array(5).fill(undefined));
    assert.deepEqual(['b', 'bcdf', 'bcdfg', 'bcdf-ghjkx', 'b c.d'].map(codeTyped), ['B', 'BCDF', 'BCDF-G', 'BCDF-GHJK', 'BCD']);
  });
  test('scanned, of this headend alone', () => {
    const origin = 'https://screens.example.org:8443';
    assert.equal(codeScanned(`${origin}/enrol?user_code=BCDF-GHJK`, origin), 'BCDF-GHJK');
    for (const other of ['https://evil.example/enrol?user_code=BCDF-GHJK', `${origin}/enrol`, 'BCDF-GHJK', 'WIFI:S:x;;', '']) assert.equal(codeScanned(other, origin), undefined, other);
  });
});

describe('channels', () => {
  test('are known by what people call them, or are new', () => {
    const known = channelsOf([screen('A', 'online', { channel: { id: 'x1', title: 'Café' } }), screen('B', 'online', { channel: { id: 'lobby', title: 'Lobby' } }), screen('C', 'idle')]);
    assert.deepEqual(known.map(({ id }) => id), ['x1', 'lobby']);
    assert.deepEqual(channelTyped(' café ', known), { channel: 'x1' });
    assert.deepEqual(channelTyped('lobby', known), { channel: 'lobby' });
    assert.deepEqual(channelTyped('Café & Bar', known), { channel: 'cafe-bar', channel_title: 'Café & Bar' });
    assert.equal(channelTyped('…', known), undefined);
    assert.deepEqual([channelId('--Été 2026!'), channelId('x'.repeat(80)).length], ['ete-2026', 63]);
  });
});
