import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { Items } from '../src/api/schema.js';
import { differences, longestRun, textOf, type Published } from '../src/lib/versions.js';

const version = (items: Items, versions: Record<string, number> = {}, more = {}): Published => ({
  document: { items, ...more }, contents: [...new Set(items.map(({ content }) => content))].map((content) => ({ content, version: versions[content] ?? 1, name: content.toUpperCase() })),
});
const told = (before: Published, after: Published): string[] => differences(before, after).items.map(({ change, name, fields }) => [change, name, ...fields].join(' '));

describe('what differs between two versions', () => {
  test('comes, goes, stands elsewhere, is otherwise, has another file', () => {
    const before = version([{ content: 'a' }, { content: 'b', duration: 'PT5S' }, { content: 'c' }, { content: 'd' }]);
    assert.deepEqual(told(before, before), []);
    assert.deepEqual(told(before, version([{ content: 'c' }, { content: 'a' }, { content: 'b', duration: 'PT9S' }, { content: 'e' }], { a: 2 })), ['moved C', 'changed A file', 'changed B duration', 'added E', 'removed D']);
  });

  test('content that stands twice is two items', () => {
    assert.deepEqual(told(version([{ content: 'a' }]), version([{ content: 'a' }, { content: 'a' }])), ['added A']);
    assert.deepEqual(told(version([{ content: 'a' }, { content: 'a' }]), version([{ content: 'a' }])), ['removed A']);
  });

  test('all else that a channel has', () => {
    const one = version([{ content: 'a' }], {}, { title: 'One', canvas: { width: 1, height: 2 } });
    assert.deepEqual(differences(one, version([{ content: 'a' }], {}, { title: 'Two', canvas: { height: 2, width: 1 } })).other, ['title']);
    const list = (align?: 'wall-clock'): Published => ({ document: { playlists: { main: { ...(align ? { align } : {}), items: [{ content: 'a' }] } } }, contents: [] });
    assert.deepEqual(differences(list(), list('wall-clock')).other, ['playlists']);
    assert.deepEqual(differences(list(), { document: { playlists: {} }, contents: [] }).items.map(({ change }) => change), ['removed']);
  });

  test('of files only their names and versions are known', () => {
    const files = (...names: string[]): Published => ({ document: null, contents: names.map((name) => ({ content: null, version: null, name })) });
    assert.deepEqual(told(files('x.png', 'y.png'), files('y.png', 'z.png')), ['added z.png', 'removed x.png']);
    assert.deepEqual(differences(files('x.png'), version([{ content: 'a' }], {}, { title: 'One' })).other, [], 'of files nothing else is known');
  });

  test('the most items that kept their order stay', () => {
    const run = (...list: number[]): number[] => [...longestRun(list)].sort((a, b) => a - b);
    assert.deepEqual(run(), []);
    assert.deepEqual(run(3, 1, 2, 0, 4), [1, 2, 4]);
    assert.deepEqual(run(2, 1, 0).length, 1);
    assert.equal(textOf({ b: [{ d: 1, c: 2 }], a: undefined }), textOf({ b: [{ c: 2, d: 1 }] }));
  });
});
