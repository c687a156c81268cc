// SECURITY.md names a test for each of its claims: each is there.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const text = (name) => readFile(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');

// The names of the tests that a file of node's holds; those made of a template count by what follows the last variable.
const namesOf = (code) => [...code.matchAll(/\b(?:test|describe)\((['`])((?:\\.|(?!\1).)*)\1/g)].map(([, , name]) => name.replace(/^.*\}:?/, '').replace(/\\(.)/g, '$1').trim());

async function exists(kind, file, name) {
  if (kind === 'faults') return (await text(`tests/faults/lib/${file}/steps.sh`)).includes(`timed "${name}"`);
  if (kind === 'fuzz') return text(`tests/fuzz/${file}.c`).then(() => true);
  if (!name) return text(`tests/unit/${file}.c`).then(() => true);
  if (kind === 'e2e') return namesOf(await text(`tests/e2e/${file}.test.mjs`)).includes(name);
  return new RegExp(`\\b${name}\\b`).test(await text(`tests/unit/${file}.c`));
}

const proofs = (page) => [...page.matchAll(/`(e2e|unit|fuzz|faults)\/([^`: ]+)(?:: ([^`]+))?`/g)].map(([, kind, file, name]) => ({ kind, file, name }));

test('every test that SECURITY.md names exists', async () => {
  const named = proofs(await text('SECURITY.md')).filter(({ file }) => !/^(FILE|MODULE)/.test(file));
  assert.ok(named.length > 50, `${named.length} named`);
  const missing = [];
  for (const { kind, file, name } of named)
    if (!await exists(kind, file, name).catch(() => false)) missing.push(`${kind}/${file}: ${name}`);
  assert.deepEqual(missing, []);
});

test('a threat without a test is found', async () => {
  const section = (await text('SECURITY.md')).split('## Who is kept from what')[1].split('## Not defended yet')[0];
  const rows = section.split('\n').filter((line) => /^\| (?!who \|)[^-]/.test(line));
  assert.ok(rows.length > 15, `${rows.length} rows`);
  for (const row of rows) assert.ok(proofs(row).length > 0, row);
});

test('each provision and requirement has what checks it', async () => {
  const section = (await text('SECURITY.md')).split('## ETSI EN 303 645')[1].split('## When a weakness')[0];
  const rows = section.split('\n').filter((line) => /^\| \(?\w/.test(line) && !/^\| (provision|part) /.test(line));
  assert.equal(rows.length, 13 + 13 + 4, 'rows');
  for (const row of rows) assert.match(row.split('|').at(-2), /^ (`[^`]+` ?)+$/, row);
});

test('a name that no test has is found missing', async () => {
  assert.equal(await exists('e2e', 'path', 'no such test'), false);
  assert.equal(await exists('e2e', 'path', 'a publish is on the screen by itself'), true);
  assert.equal(await exists('unit', 'sandbox/sandbox_test', 'no_such_test'), false);
});
