import assert from 'node:assert/strict';
import { test } from 'node:test';

import { blank, endOf, pictureOf, styleOf, targetsOf, templates, textsOf } from '../src/lib/messages.js';

test('a language without a title is left out, and text without words as well', () => {
  const draft = { ...blank(), en: { title: ' Out ', text: '  ' }, fr: { title: ' ', text: 'x' } };
  assert.deepEqual(textsOf(draft), [{ language: 'en', title: 'Out' }]);
  assert.deepEqual(textsOf({ ...draft, fr: { title: 'Dehors', text: 'Vite\n' } })[1], { language: 'fr', title: 'Dehors', text: 'Vite' });
  assert.deepEqual(pictureOf(draft, 'fr', true), { severity: 'warning', style: 'band', texts: textsOf(draft), language: 'fr', width: 360, height: 640 });
});

test('it is for all, or for what was chosen, or for nobody yet', () => {
  assert.deepEqual(targetsOf(blank()), { all: true });
  assert.deepEqual(targetsOf({ ...blank(), scope: 'sites', chosen: ['Rennes'] }), { sites: ['Rennes'] });
  assert.equal(targetsOf({ ...blank(), scope: 'tags', chosen: [] }), undefined);
});

test('it has an end that is to come', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  assert.deepEqual(endOf({ ...blank(), duration: 900 }, now), { duration_s: 900 });
  assert.deepEqual(endOf({ ...blank(), duration: 0, until: '2026-03-01T13:00:00Z' }, now), { until: '2026-03-01T13:00:00Z' });
  assert.equal(endOf({ ...blank(), duration: 0, until: '2026-03-01T11:00:00Z' }, now), undefined);
  assert.equal(endOf({ ...blank(), duration: 0, until: '' }, now), undefined);
});

test('the templates fit what the headend takes', () => {
  for (const { severity, en, fr } of Object.values(templates)) {
    assert.ok(styleOf(severity));
    for (const { title, text } of [en, fr]) assert.ok(Buffer.byteLength(title) <= 160 && Buffer.byteLength(text) <= 600 && !/\n/.test(title));
  }
});
