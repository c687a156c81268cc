import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Order, sorting } from '../src/lib/order.js';

interface Row { readonly id: string; readonly n: number }
const compare = (a: Row, b: Row): number => a.n - b.n;
const rowsOf = (count: number, seed: number): Row[] => Array.from({ length: count }, (_, i) => ({ id: String(i), n: (i * seed) % 997 }));
const mapOf = (rows: readonly Row[]): Map<string, Row> => new Map(rows.map((row) => [row.id, row]));

// An order, and when it says that it is there.
function ordered(): { order: Order<Row>; ready: Promise<void>; said: string[] } {
  const said: string[] = [];
  let tell = (): void => {};
  const ready = new Promise<void>((resolve) => { tell = resolve; });
  return { order: new Order<Row>(() => { said.push('ready'); tell(); }), ready, said };
}

test('a sort that is left off again and again is the one of arrays, equal ones in the order that they had', () => {
  for (const count of [0, 1, 63, 64, 65, 5000]) {
    const rows = rowsOf(count, 7919);
    const steps = sorting(rows, compare);
    let step = steps.next();
    let breaks = 0;
    for (; !step.done; step = steps.next()) breaks++;
    assert.deepEqual(step.value, [...rows].sort(compare));
    assert.ok(count < 1000 || breaks > 100, `${breaks} breaks of ${count} rows`);
  }
});

test('many rows are there a little later, and what was there stays meanwhile', async () => {
  const { order, ready, said } = ordered();
  const few = mapOf(rowsOf(100, 31));
  assert.deepEqual(order.sorted(few, 'n', compare), [...few.values()].sort(compare));
  const many = mapOf(rowsOf(5000, 31));
  assert.equal(order.sorted(many, 'n', compare).length, 100);
  assert.equal(order.current, false);
  await ready;
  assert.deepEqual([order.sorted(many, 'n', compare), order.current, said.length], [[...many.values()].sort(compare), true, 1]);
});

test('of a few changes each is put in its place at once', async () => {
  const { order, ready } = ordered();
  const many = mapOf(rowsOf(3000, 31));
  order.sorted(many, 'n', compare);
  await ready;
  const next = new Map(many).set('5', { id: '5', n: 2000 }).set('new', { id: 'new', n: -1 });
  next.delete('7');
  const rows = order.sorted(next, 'n', compare);
  assert.ok(order.current);
  assert.deepEqual(rows.map(({ n }) => n), [...next.values()].map(({ n }) => n).sort((a, b) => a - b));
  assert.deepEqual([rows[0]?.id, rows.at(-1)?.id, rows.length, rows.some(({ id }) => id === '7')], ['new', '5', 3000, false]);
});

test('another order while one is being made is the one that comes', async () => {
  const { order, ready, said } = ordered();
  const many = mapOf(rowsOf(3000, 31));
  order.sorted(many, 'up', compare);
  order.sorted(many, 'down', (a, b) => b.n - a.n);
  await ready;
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  assert.equal(said.length, 1);
  assert.equal(order.sorted(many, 'down', (a, b) => b.n - a.n)[0]?.n, 996);
});
