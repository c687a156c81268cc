import assert from 'node:assert/strict';
import { test } from 'node:test';

import { abouts, addressesOf, kinds, quietOf } from '../src/lib/alerts.js';
import { administered, administers, administersSomething } from '../src/lib/rights.js';

test('who is told, and when not, as people type it', () => {
  assert.deepEqual(addressesOf(' a@example.org, b@example.org;c@example.org\n'), ['a@example.org', 'b@example.org', 'c@example.org']);
  assert.deepEqual(addressesOf('  '), []);
  assert.equal(quietOf('22:00', '07:00'), '22:00-07:00');
  assert.equal(quietOf('22:00:00', '07:00:00'), '22:00-07:00');
  for (const [from, to] of [['', '07:00'], ['22:00', ''], ['07:00', '07:00']] as const) assert.equal(quietOf(from, to), '');
});

test('a number of a rule has its bounds, and what happens does not last', () => {
  for (const about of abouts) {
    const { happens, hold, least, most, usual } = kinds[about];
    assert.equal(least === undefined, most === undefined, about);
    if (least !== undefined && most !== undefined) assert.ok((usual ?? 0) >= least && (usual ?? 0) <= most, about);
    if (happens) assert.equal(hold, 0, about);
  }
});

test('roles say what is offered', () => {
  assert.equal(administers(['admin']), true);
  assert.equal(administers(['admin:site=Rennes', 'viewer']), false);
  assert.deepEqual(administered(['admin:site=Rennes', 'admin:site=a=b', 'operator:site=Lyon', 'admin:channel=lobby'], 'site'), ['Rennes', 'a=b']);
  assert.equal(administersSomething(['admin:channel=lobby']), true);
  assert.equal(administersSomething(['publisher', 'administrator']), false);
});
