// `pingplay-agent --check`: what a technician asks before starting a screen, with the files of a real headend.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { buildDir, headendProgram } from './lib/headend.mjs';

const run = promisify(execFile);
let dir;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'check-'));
  await run(headendProgram(), ['init', path.join(dir, 'headend'), '--host', 'localhost']);
  for (const name of ['ca.pem', 'root.json']) await copyFile(path.join(dir, 'headend', name), path.join(dir, name));
  await mkdir(path.join(dir, 'bin'));
  for (const kind of ['media', 'status']) {
    await symlink(path.join(buildDir(), `firmware/render/${kind}/pingplay-render-${kind}`), path.join(dir, `bin/pingplay-render-${kind}`));
  }
  await writeFile(path.join(dir, 'garbage'), 'neither this nor that');
});

after(() => rm(dir, { recursive: true }));

// -> { code, stderr }
async function check({ ca = 'ca.pem', root = 'root.json', renderers = 'bin' }) {
  const file = path.join(dir, 'agent.conf');
  await writeFile(file, `[headend]\nurl = https://localhost:8443\nca = ${path.join(dir, ca)}\nroot = ${path.join(dir, root)}\n` +
    `[paths]\nrenderers = ${path.join(dir, renderers)}\nstate = ${path.join(dir, 'state')}\n`);
  try {
    const { stderr } = await run(path.join(buildDir(), 'firmware/agent/pingplay-agent'), ['--config', file, '--check']);
    return { code: 0, stderr };
  } catch (error) {
    return { code: error.code, stderr: error.stderr };
  }
}

test('the files of a headend are what they should be', async () => {
  assert.deepEqual(await check({}), { code: 0, stderr: '' });
});

const wrong = [
  ['no file of authorities', { ca: 'missing.pem' }, /setting "ca": .*missing\.pem: No such file/],
  ['the root of trust in place of the authorities', { ca: 'root.json' }, /setting "ca": .*root\.json/],
  ['a file of authorities that is none', { ca: 'garbage' }, /setting "ca": .*garbage/],
  ['a folder in its place', { ca: 'headend' }, /setting "ca": .*headend/],
  ['a certificate that is no authority\'s', { ca: 'headend/server.pem' }, /setting "ca": .*server\.pem: .*no authority's/],
  ['no root of trust', { root: 'missing.json' }, /setting "root": .*missing\.json: No such file/],
  ['the authorities in place of the root of trust', { root: 'ca.pem' }, /setting "root": .*ca\.pem/],
  ['a root of trust that is none', { root: 'garbage' }, /setting "root": .*garbage/],
  ['no renderers', { renderers: 'headend' }, /setting "renderers": .*pingplay-render-media: No such file/],
];

for (const [what, files, words] of wrong) {
  test(`${what} is told in one line`, async () => {
    const { code, stderr } = await check(files);
    assert.equal(code, 1);
    assert.match(stderr, words);
    assert.equal(stderr.trim().split('\n').length, 1);
  });
}
