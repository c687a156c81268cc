import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { reports } from 'pingplay:reports';

import { fill, languageOf } from '../src/lib/i18n.js';
import { words } from '../src/lib/words.js';

const folder = process.env['CONSOLE_FOLDER'] as string;
const sources = (readdirSync(path.join(folder, 'src'), { recursive: true }) as string[]).filter((name) => name.endsWith('.ts') && !name.endsWith('words.ts'))
  .map((name) => readFileSync(path.join(folder, 'src', name), 'utf8')).join('\n');
const placeholders = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string))].sort();

test('each text stands in both languages, with the same values in it', () => {
  for (const [word, texts] of [...Object.entries(words), ...Object.entries(reports)]) {
    assert.equal(texts.length, 2, word);
    for (const text of texts) assert.ok(text?.trim(), word);
    assert.deepEqual(placeholders(texts[0]), placeholders(texts[1]), word);
    assert.ok(texts.every((text) => text.split('|').length <= 2), word);
  }
});

test('French has its own typography', () => {
  for (const [word, [, french]] of Object.entries(words)) {
    assert.doesNotMatch(french, /'/, `${word}: an apostrophe is ’`);
    assert.doesNotMatch(french, /[^\u00a0][;:!?»]|«[^\u00a0]/, `${word}: a space that does not break stands before ; : ! ? and within « »`);
  }
});

test('no text is left that nobody shows', () => {
  const used = (word: string): boolean => sources.includes(`'${word}'`) || [...sources.matchAll(/[`']([a-z_]+[._](?:[a-z_]+[._])*)\$\{/g)].some(([, prefix]) => word.startsWith(prefix as string))
    || [...sources.matchAll(/`([a-z_]+\.)\$\{\w+\}(_\w+)?`/g)].some(([, prefix, suffix]) => word.startsWith(prefix as string) && word.endsWith(suffix ?? ''));
  assert.deepEqual(Object.keys(words).filter((word) => !used(word)), []);
});

test('every problem and every state of the API has words', () => {
  const schema = readFileSync(path.join(folder, 'src/api/schema.ts'), 'utf8');
  const quoted = (text: string): string[] => [...text.matchAll(/"([a-z-]+)"/g)].map(([, one]) => one as string);
  const codes = quoted(/type Problem = .*? code: ([^}]+)\}/.exec(schema)?.[1] ?? '');
  const states = quoted(/type State = ([^;]+);/.exec(schema)?.[1] ?? '');
  assert.ok(codes.length > 15 && states.length === 6);
  assert.deepEqual(codes.filter((code) => !Object.hasOwn(words, `problem.${code}`)), []);
  assert.deepEqual(states.filter((state) => !Object.hasOwn(words, `state.${state}`)), []);
  assert.ok(Object.keys(reports).length > 60);
});

test('a number chooses its form as the language does', () => {
  assert.equal(fill('{n} screen|{n} screens', { n: 0 }, 'en'), '0 screens');
  assert.equal(fill('{n} screen|{n} screens', { n: 1 }, 'en'), '1 screen');
  assert.equal(fill('{n} écran|{n} écrans', { n: 0 }, 'fr'), '0 écran');
  assert.equal(fill('{n} écran|{n} écrans', { n: 5000 }, 'fr'), '5\u202f000 écrans');
  assert.equal(fill('{n} of {all}', { n: 2, all: 5000 }, 'en'), '2 of 5,000');
  assert.equal(fill('{other} stays', {}, 'en'), '{other} stays');
});

test('the first language that there are words for', () => {
  assert.equal(languageOf(['de-DE', 'fr-CH', 'en']), 'fr');
  assert.equal(languageOf(['EN-us', 'fr']), 'en');
  assert.equal(languageOf(['de', 'es']), 'en');
  assert.equal(languageOf([]), 'en');
});
