// The style sheets, which are one in the end: what one page calls something must not change another page's.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const folder = `${process.env['CONSOLE_FOLDER'] as string}/src/style`;

test('a class that a rule is for by itself stands in one file', () => {
  const places = new Map<string, Set<string>>();
  for (const file of readdirSync(folder)) {
    for (const [, selectors] of readFileSync(`${folder}/${file}`, 'utf8').matchAll(/^((?:\.[a-z-]+)(?:, \.[a-z-]+)*) \{/gm)) {
      for (const name of (selectors ?? '').split(', ')) places.set(name, (places.get(name) ?? new Set()).add(file));
    }
  }
  assert.ok(places.size > 200, `${places.size} classes`);
  assert.deepEqual([...places].filter(([, files]) => files.size > 1).map(([name, files]) => `${name}: ${[...files].join(', ')}`), []);
});
