// The Prometheus text format 0.0.4, as a server that scrapes reads it, and stricter: families stand together, after their HELP and
// TYPE; no series twice; histograms are cumulative and end in +Inf.
//
//   const families = parseMetrics(text);        // Map of name -> { type, help, samples: [{ name, labels, value }] }
//   sample(families, 'pingplay_screens', { state: 'online' })   // -> its value, undefined without one
import assert from 'node:assert/strict';

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf|NaN))$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;

function parseLabels(text) {
  const labels = {};
  for (let rest = text ?? ''; rest;) {
    const match = LABEL.exec(rest);
    assert.ok(match, `labels: ${text}`);
    assert.ok(!(match[1] in labels), `a label twice: ${text}`);
    [, , labels[match[1]]] = match;
    rest = rest.slice(match[0].length);
  }
  return labels;
}

const belongs = { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] };

function checkHistogram(name, samples) {
  const groups = new Map();
  for (const { name: of, labels: { le, ...labels }, value } of samples) {
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { buckets: [] };
    if (of.endsWith('_bucket')) group.buckets.push([le === '+Inf' ? Infinity : Number(le), value]);
    if (of.endsWith('_count')) group.count = value;
    if (of.endsWith('_sum')) group.sum = value;
    groups.set(key, group);
  }
  for (const [key, { buckets, count, sum }] of groups) {
    assert.ok(count !== undefined && sum !== undefined, `${name} ${key}: neither sum nor count may be missing`);
    assert.deepEqual(buckets.map(([bound]) => bound), buckets.map(([bound]) => bound).toSorted((a, b) => a - b));
    for (const [i, [, value]] of buckets.entries()) assert.ok(i === 0 || value >= buckets[i - 1][1], `${name} ${key}: cumulative`);
    assert.deepEqual(buckets.at(-1), [Infinity, count], `${name} ${key}: ends in +Inf`);
  }
}

export function parseMetrics(text) {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const families = new Map();
  const seen = new Set();
  let family;
  for (const line of text.slice(0, -1).split('\n')) {
    const head = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (head) {
      const [, what, name, rest] = head;
      assert.match(name, NAME);
      if (what === 'HELP') {
        assert.ok(!families.has(name), `${name}: its lines stand together`);
        family = { name, help: rest, samples: [] };
        families.set(name, family);
      } else {
        assert.equal(family?.name, name, line);
        assert.match(rest, /^(counter|gauge|histogram|summary)$/);
        family.type = rest;
      }
      continue;
    }
    const match = SAMPLE.exec(line);
    assert.ok(match, `not a sample: ${line}`);
    const [, name, labels, value] = match;
    assert.ok(family?.type, `before its TYPE: ${line}`);
    assert.ok((belongs[family.type] ?? ['']).some((end) => name === family.name + end), `in another family: ${line}`);
    const parsed = { name, labels: parseLabels(labels), value: Number(value.replace('Inf', 'Infinity')) };
    const key = `${name} ${JSON.stringify(Object.entries(parsed.labels).toSorted())}`;
    assert.ok(!seen.has(key), `twice: ${line}`);
    seen.add(key);
    if (family.type === 'counter') assert.match(name, /_total$/);
    family.samples.push(parsed);
  }
  for (const { name, type, samples } of families.values()) if (type === 'histogram') checkHistogram(name, samples);
  return families;
}

export function sample(families, name, labels = {}) {
  for (const { samples } of families.values()) {
    const found = samples.find((one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value));
    if (found) return found.value;
  }
  return undefined;
}
