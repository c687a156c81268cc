// The command line of the TUF conformance client: what it keeps, what it asks for, what it refuses. The workflow itself
// is tested in tests/unit/trust and by the public suite (firmware/trust/README.md).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { buildDir } from './lib/headend.mjs';
import { TufRepo } from './lib/tufrepo.mjs';

const run = promisify(execFile);
const program = path.join(buildDir(), 'tests/tuf/pingplay-tuf');
const TARGET = 'channels/lobby/manifest.sealed';

const folder = mkdtempSync(path.join(tmpdir(), 'pp-tuf-'));
let site; // { repo, asked, answer, url, metadata, targets }
let server;

after(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  server?.close();
  const base = mkdtempSync(path.join(folder, 'site-'));
  const repo = new TufRepo(path.join(base, 'repo'));
  const asked = [];
  site = { repo, asked, answer: null, metadata: path.join(base, 'metadata'), targets: path.join(base, 'targets') };
  for (const name of ['metadata', 'targets']) mkdirSync(path.join(base, name));
  server = createServer((request, response) => {
    asked.push(request.url.slice(1));
    if (site.answer?.(request, response)) return;
    const file = path.join(repo.folder, request.url);
    response.statusCode = existsSync(file) ? 200 : 404;
    response.end(existsSync(file) ? readFileSync(file) : 'no such file');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  site.url = `http://127.0.0.1:${server.address().port}`;
  repo.release('lobby', Buffer.from('sealed bytes'));
});

async function tuf(...args) {
  try {
    const { stdout, stderr } = await run(program, args);
    return { code: 0, stdout, stderr };
  } catch (error) {
    return { code: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}
const init = () => tuf('--metadata-dir', site.metadata, 'init', site.repo.rootFile);
const refresh = (url = site.url) => tuf('--metadata-dir', site.metadata, '--metadata-url', `${url}/metadata`, 'refresh');
const download = (...names) => tuf('--metadata-dir', site.metadata, '--metadata-url', `${site.url}/metadata/`,
  ...names.flatMap((name) => ['--target-name', name]), '--target-base-url', `${site.url}/targets/`,
  '--target-dir', site.targets, 'download');

function assertRefused(result, pattern) {
  assert.equal(result.code, 1);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /^pingplay-tuf: [^\n]+\n$/);
  assert.match(result.stderr, pattern);
}

test('init makes no request', async () => {
  assert.deepEqual(await init(), { code: 0, stdout: '', stderr: '' });
  assert.deepEqual(site.asked, []);
  assert.deepEqual(readdirSync(site.metadata), ['root.json']);
});

test('refresh keeps the four top-level roles under plain names, byte for byte', async () => {
  await init();
  assert.equal((await refresh()).code, 0);
  assert.deepEqual(readdirSync(site.metadata).sort(), ['root.json', 'snapshot.json', 'targets.json', 'timestamp.json']);
  assert.deepEqual(readFileSync(path.join(site.metadata, 'snapshot.json')),
    readFileSync(path.join(site.repo.folder, 'metadata/1.snapshot.json')));
});

test('download refreshes, keeps the artifact, and does not ask for it again', async () => {
  await init();
  assert.equal((await download(TARGET)).code, 0);
  const [name, ...others] = readdirSync(site.targets);
  assert.deepEqual(others, []);
  assert.equal(readFileSync(path.join(site.targets, name), 'utf8'), 'sealed bytes');
  site.asked.length = 0;
  assert.equal((await download(TARGET)).code, 0);
  assert.deepEqual(site.asked, ['metadata/2.root.json', 'metadata/timestamp.json']);
});

test('an artifact that was damaged or changed is fetched again into the same file', async () => {
  await init();
  await download(TARGET);
  site.repo.release('lobby', Buffer.from('newer bytes'));
  assert.equal((await download(TARGET)).code, 0);
  const names = readdirSync(site.targets);
  const file = path.join(site.targets, names[0]);
  assert.equal(names.length, 1);
  assert.equal(readFileSync(file, 'utf8'), 'newer bytes');
  writeFileSync(file, 'newer bytez');
  assert.equal((await download(TARGET)).code, 0);
  assert.equal(readFileSync(file, 'utf8'), 'newer bytes');
});

test('several targets are taken in order, and the first failure ends it', async () => {
  site.repo.release('bar', Buffer.from('of the bar'));
  await init();
  assertRefused(await download(TARGET, 'channels/none/manifest.sealed', 'channels/bar/manifest.sealed'), /none/);
  assert.equal(readdirSync(site.targets).length, 1);
});

test('plain http beyond this machine is refused before anything is sent', async () => {
  await init();
  for (const url of ['http://192.0.2.1', 'http://127.0.0.1.example.test', 'ftp://127.0.0.1', 'file:///tmp'])
    assertRefused(await refresh(url), /only https|not an address/);
  assertRefused(await refresh(site.url.replace('//', '//name:password@')), /not an address/);
  assert.deepEqual(site.asked, []);
});

test('a server error is not the end of the root chain, and a redirect is not followed', async () => {
  await init();
  for (const status of [500, 302, 206]) {
    site.answer = (request, response) => {
      response.writeHead(status, { location: `${site.url}/metadata/1.root.json` });
      response.end();
      return true;
    };
    assertRefused(await refresh(), new RegExp(`HTTP status ${status}`));
  }
  assert.deepEqual(new Set(site.asked), new Set(['metadata/2.root.json']));
});

test('a file without end is cut off at its cap', async () => {
  await init();
  site.answer = (request, response) => {
    if (!request.url.endsWith('timestamp.json')) return false;
    const more = () => { while (!response.destroyed && response.write(Buffer.alloc(65536, 0x20))); };
    response.on('drain', more);
    more();
    return true;
  };
  assertRefused(await refresh(), /timestamp.json.*larger than 16384 bytes/);
  assert.deepEqual(readdirSync(site.metadata), ['root.json']);
});

test('a connection that breaks is reported as such', async () => {
  await init();
  site.answer = (request, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('{');
    setImmediate(() => response.destroy());
    return true;
  };
  assertRefused(await refresh(), /2\.root\.json/);
});

test('wrong use is refused with one line', async () => {
  const dir = ['--metadata-dir', site.metadata];
  const rows = [
    [[], /command is/],
    [['frobnicate'], /command is/],
    [['refresh'], /--metadata-dir is missing/],
    [[...dir, 'refresh'], /refresh needs --metadata-url/],
    [[...dir, 'init'], /init needs the file/],
    [[...dir, 'init', '/nonexistent'], /nonexistent/],
    [[...dir, 'init', site.repo.rootFile, 'more'], /one argument too many/],
    [[...dir, '--metadata-url', site.url, 'download'], /--target-name/],
    [[...dir, '--what'], /unknown option/],
    [[...dir, '--metadata-url'], /needs a value/],
    [[...dir, '--metadata-url', site.url, 'refresh'], /root\.json/],
  ];
  for (const [args, pattern] of rows) assertRefused(await tuf(...args), pattern);
});
