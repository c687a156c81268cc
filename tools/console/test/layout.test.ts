// Layouts: what snaps to what, keys, templates, drafts with zones, and parts of a preview.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { canvasOf, divided, isDivided, layoutAdded, layoutCopied, layoutIsUsed, layoutRemoved, layoutRenamed, layoutReplaced, layoutsOf, playlistRemoved, playlistRenamed, playlistsOf, usesOf, withAligned, withItems, type Document } from '../src/lib/document.js';
import { ALL, between, dragged, fitted, freeName, History, inOrder, isHidden, isOutside, nameValid, overlaps, pressed, rectsOf, rescaled, restacked, snapped, templates, templatesFor, type TemplateName, type Zone } from '../src/lib/layout.js';
import { MultipartReader } from '../src/lib/multipart.js';

const canvas = { width: 1920, height: 1080 };
const zone = (id: string, x: number, y: number, width: number, height: number, z?: number): Zone => ({ id, x, y, width, height, playlist: 'main', ...(z === undefined ? {} : { z }) });

test('what is moved snaps to the canvas, its centre and thirds, and to other zones, the nearest of them', () => {
  const others = [{ x: 100, y: 700, width: 300, height: 200 }];
  assert.deepEqual(snapped({ x: 7, y: 200, width: 400, height: 100 }, ALL, canvas, [], 10), { rect: { x: 0, y: 200, width: 400, height: 100 }, guides: [{ axis: 'x', at: 0 }] });
  assert.deepEqual(snapped({ x: 643, y: 200, width: 333, height: 111 }, ALL, canvas, [], 10).rect.x, 640); // a third
  assert.deepEqual(snapped({ x: 757, y: 200, width: 400, height: 111 }, ALL, canvas, [], 10).rect.x, 760); // its centre on the canvas's
  assert.deepEqual(snapped({ x: 404, y: 200, width: 213, height: 111 }, ALL, canvas, others, 10).rect.x, 400); // beside another
  assert.deepEqual(snapped({ x: 411, y: 200, width: 213, height: 111 }, ALL, canvas, others, 10), { rect: { x: 411, y: 200, width: 213, height: 111 }, guides: [] });
});

test('of what is resized only the edge that is held snaps', () => {
  const { rect, guides } = snapped({ x: 5, y: 5, width: 950, height: 500 }, { right: true }, canvas, [], 10);
  assert.deepEqual([rect, guides], [{ x: 5, y: 5, width: 955, height: 500 }, [{ axis: 'x', at: 960 }]]);
  assert.deepEqual(snapped({ x: 637, y: 5, width: 323, height: 500 }, { left: true, top: true }, canvas, [], 10).rect, { x: 640, y: 0, width: 320, height: 505 });
  assert.deepEqual(snapped({ x: 955, y: 5, width: 3, height: 500 }, { left: true }, canvas, [], 10).rect.width, 3); // never to nothing
});

test('the pointer and the keys move and resize, within what a manifest may have', () => {
  const rect = { x: 10, y: 20, width: 100, height: 50 };
  assert.deepEqual(dragged(rect, ALL, -30, 5), { ...rect, x: -20, y: 25 });
  assert.deepEqual(dragged(rect, { left: true, top: true }, 10, 10), { x: 20, y: 30, width: 90, height: 40 });
  assert.deepEqual(dragged(rect, { left: true }, 500, 0), { x: 109, y: 20, width: 1, height: 50 });
  assert.deepEqual(dragged(rect, { right: true, bottom: true }, -500, 7), { ...rect, width: 1, height: 57 });
  assert.deepEqual(pressed(rect, 'ArrowLeft', false, false), { ...rect, x: 9 });
  assert.deepEqual(pressed(rect, 'ArrowDown', true, false), { ...rect, y: 30 });
  assert.deepEqual(pressed(rect, 'ArrowRight', true, true), { ...rect, width: 110 });
  assert.deepEqual(pressed({ ...rect, width: 1 }, 'ArrowLeft', false, true), { ...rect, width: 1 });
  assert.equal(pressed(rect, 'a', false, false), undefined);
  assert.deepEqual(between(300, 20, 100, 80), { x: 100, y: 20, width: 200, height: 60 });
  assert.deepEqual(fitted({ x: 99999, y: NaN, width: 0, height: 1.6 }), { x: 16384, y: 0, width: 1, height: 2 });
});

test('overlaps, and what lies outside, are told', () => {
  const zones = [zone('a', 0, 0, 100, 100), zone('b', 100, 0, 100, 100), zone('c', 50, 50, 100, 100)];
  assert.deepEqual(overlaps(zones), [['a', 'c'], ['b', 'c']]);
  assert(isOutside(zone('d', -1, 0, 10, 10), canvas) && !isHidden(zone('d', -1, 0, 10, 10), canvas) && isHidden(zone('d', 1920, 0, 10, 10), canvas) && !isOutside(zone('d', 0, 0, 1920, 1080), canvas));
});

test('what is nearer and further away', () => {
  const zones = [zone('a', 0, 0, 1, 1, 5), zone('b', 0, 0, 1, 1), zone('c', 0, 0, 1, 1)];
  assert.deepEqual(inOrder(zones).map(({ id }) => id), ['b', 'c', 'a']);
  assert.deepEqual(restacked(zones, 'b', 1).map(({ id, z }) => [id, z]), [['a', 2], ['b', 1], ['c', 0]]);
  assert.equal(restacked(zones, 'a', 1), zones);
});

test('every template fills its canvas without a gap or an overlap, but for the one in a corner', () => {
  for (const size of [canvas, { width: 1080, height: 1920 }, { width: 1367, height: 769 }]) {
    assert.deepEqual([...templatesFor(size)].sort(), Object.keys(templates).sort());
    for (const name of Object.keys(templates) as TemplateName[]) {
      const zones = rectsOf(name, size).map((rect) => ({ ...rect, playlist: 'x' }));
      const area = zones.reduce((sum, { width, height }) => sum + width * height, 0);
      assert(zones.every((one) => !isOutside(one, size)), name);
      if (name !== 'corner') assert.deepEqual([area, overlaps(zones)], [size.width * size.height, []], name);
    }
  }
  assert.deepEqual(rescaled([zone('a', 0, 0, 1280, 1080), zone('b', 1280, 0, 640, 1080)], canvas, { width: 1280, height: 720 }).map(({ x, width, height }) => [x, width, height]), [[0, 853, 720], [853, 427, 720]]);
});

test('names', () => {
  assert(nameValid('main') && nameValid('a.b-c_2') && !nameValid('.a') && !nameValid('') && !nameValid('a b') && !nameValid('é') && !nameValid('a'.repeat(65)));
  assert.deepEqual([freeName('zone', []), freeName('zone', ['zone', 'zone-2'])], ['zone', 'zone-3']);
});

test('steps are undone and done again; those of one held key are one', () => {
  const history = new History<number>();
  let now = 1;
  const set = (value: number, name: string, at: number): void => { history.add(now, name, at); now = value; };
  set(2, 'key', 0); set(3, 'key', 100); set(4, 'other', 200);
  now = history.undo(now); assert.equal(now, 3);
  now = history.undo(now); assert.equal(now, 1);
  assert.equal(history.canUndo, false);
  now = history.redo(now); assert.equal(now, 3);
  now = history.redo(now); assert.equal(now, 4);
  now = history.undo(now); set(9, 'more', 300);
  assert.deepEqual([history.canRedo, now], [false, 9]);
});

const item = { content: '4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f' };

test('a plain list becomes the first zone of a template, and all it says of time goes', () => {
  const document: Document = { title: 'T', items: [{ ...item, duration: 'PT3S', valid_to: '2031-01-01T00:00:00Z' }] };
  const made = divided(document, 'two-thirds', 'day', canvas);
  assert.deepEqual(made, { title: 'T', canvas, playlists: { main: { items: [{ ...item, duration: 'PT3S' }] }, side: { items: [] } }, layouts: { day: { zones: [{ id: 'main', x: 0, y: 0, width: 1280, height: 1080, z: 0, playlist: 'main' }, { id: 'side', x: 1280, y: 0, width: 640, height: 1080, z: 1, playlist: 'side' }] } }, default_layout: 'day' });
  assert(isDivided(made) && !isDivided(document));
  assert.deepEqual(playlistsOf(document).map(({ name, items }) => [name, items.length]), [['main', 1]]);
  assert.deepEqual(withItems(document, 'main', []), { title: 'T', items: [] });
  assert.deepEqual(divided(document, 'tiles', 'day', canvas).playlists?.['one']?.items.length, 1);
});

test('playlists and layouts are added, renamed where they are used, and removed', () => {
  let document = divided({ items: [item] }, 'ticker', 'day', canvas);
  document = { ...document, schedule: [{ layout: 'day', dtstart: '2026-01-05T08:00:00', duration: 'PT1H' }] as NonNullable<Document['schedule']> };
  document = layoutAdded(document, 'night', 'full');
  assert.deepEqual(layoutsOf(document).map(({ name, zones }) => [name, zones.map(({ playlist }) => playlist)]), [['day', ['main', 'ticker']], ['night', ['main']]]);
  document = layoutRenamed(playlistRenamed(document, 'main', 'films'), 'day', 'morning');
  assert.deepEqual([document.default_layout, (document.schedule as unknown as { layout: string }[])[0]?.layout, usesOf(document, 'films')], ['morning', 'morning', ['morning: main', 'night: main']]);
  assert(layoutIsUsed(document, 'morning') && !layoutIsUsed(document, 'night'));
  const copied = layoutCopied(document, 'morning');
  assert.deepEqual([copied.name, layoutsOf(copied.document).length], ['morning-2', 3]);
  document = layoutReplaced(layoutRemoved(document, 'night'), 'morning', 'halves');
  assert.deepEqual(layoutsOf(document).map(({ name, zones }) => [name, zones.map(({ id, playlist }) => `${id} ${playlist}`)]), [['morning', ['left films', 'right right']]]);
  document = playlistRemoved(withAligned(document, 'films', true), 'ticker');
  assert.deepEqual(playlistsOf(document).map(({ name, aligned }) => [name, aligned]), [['films', true], ['right', false]]);
  assert.deepEqual(canvasOf({ items: [] }), { width: 1920, height: 1080, background: '#000000' });
});

test('pictures of a preview come whole, however their bytes are cut', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const stream = bytes('--picture\r\nContent-Type: image/jpeg\r\nContent-Length: 5\r\n\r\n\r\n\r\nx\r\n--picture\r\nContent-Type: image/jpeg\r\nContent-Length: 1\r\n\r\ny\r\n--picture--\r\n');
  for (const step of [1, 3, 7, stream.length]) {
    const reader = new MultipartReader();
    const parts: string[] = [];
    for (let at = 0; at < stream.length; at += step) for (const part of reader.take(stream.slice(at, at + step))) parts.push(new TextDecoder().decode(part));
    assert.deepEqual(parts, ['\r\n\r\nx', 'y']);
  }
  for (const wrong of ['--picture\r\n\r\n', '--picture\r\nContent-Length: 0\r\n\r\n', '--picture\r\nContent-Length: 99999999\r\n\r\n', 'x'.repeat(2000)]) assert.throws(() => new MultipartReader().take(bytes(wrong)));
});
