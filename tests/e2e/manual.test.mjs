// What the manual and the examples say is what the programs take: they are read here as they stand.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser } from './lib/headend-browser.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';

const run = promisify(execFile);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
let dir;
let headend;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'manual-'));
  headend = await startHeadend();
});

after(async () => {
  await headend?.stop();
  await rm(dir, { recursive: true });
});

const files = {
  jpg: ['-f', 'lavfi', '-i', 'color=red:size=64x36', '-frames:v', '1'],
  png: ['-f', 'lavfi', '-i', 'color=blue:size=64x36', '-frames:v', '1'],
  mp4: ['-f', 'lavfi', '-i', 'testsrc=size=64x36:rate=10:duration=1', '-f', 'lavfi', '-i', 'sine=duration=1', '-c:v', 'libx264',
    '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
};

test('the playlists of pingplay-playlist(5) are published as they stand', async () => {
  const page = await readFile(path.join(root, 'board/man/pingplay-playlist.5'), 'utf8');
  const examples = [...page.matchAll(/^\.Bd -literal[^\n]*\n(\{.*?)^\.Ed$/gms)].map((match) => match[1]);
  assert.equal(examples.length, 2);
  for (const [number, example] of examples.entries()) {
    for (const [, name, ending] of example.matchAll(/"file": "([^"]+\.(\w+))"/g)) {
      await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...files[ending], path.join(dir, name)]);
    }
    await writeFile(path.join(dir, 'playlist.json'), example);
    await headend.cli('publish', '--channel', `example-${number}`, path.join(dir, 'playlist.json'));
  }
});

test('every setting of the example of agent.conf(5) is one, also those behind a semicolon', async () => {
  const example = await readFile(path.join(root, 'board/etc/agent.conf'), 'utf8');
  const lines = example.replace(/^;/gm, '').replaceAll(/^(ca|root) = .*$/gm, (line, name) => `${name} = ${name === 'ca' ? headend.caFile : headend.rootFile}`)
    .replace(/^renderers = .*$/m, `renderers = ${path.join(dir, 'bin')}`);
  await mkdir(path.join(dir, 'bin'), { recursive: true });
  for (const name of ['media', 'status']) await writeFile(path.join(dir, `bin/pingplay-render-${name}`), '', { mode: 0o755 });
  await writeFile(path.join(dir, 'agent.conf'), lines);
  await run(path.join(buildDir(), 'firmware/agent/pingplay-agent'), ['--config', path.join(dir, 'agent.conf'), '--check']);
  const documented = await readFile(path.join(root, 'board/man/agent.conf.5'), 'utf8');
  for (const [, name] of example.matchAll(/^;?([a-z-]+) = /gm)) assert.match(documented, new RegExp(`^\\.It Cm ${name}$`, 'm'));
});

test('a database that is copied while the headend runs is whole', async () => {
  const copy = path.join(dir, 'headend.db');
  await run('sqlite3', [path.join(headend.dir, 'headend.db'), `.backup '${copy}'`]);
  const { stdout } = await run('sqlite3', [copy, 'PRAGMA integrity_check; SELECT count(*) FROM channel']);
  assert.equal(stdout, 'ok\n2\n');
});

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('the example of nginx puts the pages behind another certificate, and nothing else', async (t) => {
  const port = await freePort();
  const file = (name) => path.join(dir, name);
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=pages',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', file('pages.key'), '-out', file('pages.pem')]);
  const example = (await readFile(path.join(root, 'board/etc/nginx-pages.conf'), 'utf8'))
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`).replace(/^.*listen \[::\].*$/m, '')
    .replace('pages.example.org;', 'localhost;').replace(/\/etc\/letsencrypt.*fullchain\.pem/, file('pages.pem'))
    .replace(/\/etc\/letsencrypt.*privkey\.pem/, file('pages.key')).replace('127.0.0.1:8443', `127.0.0.1:${headend.port}`)
    .replace('/etc/nginx/pingplay-ca.pem', headend.caFile);
  await writeFile(file('nginx.conf'), `daemon off; user root; pid ${file('nginx.pid')}; error_log stderr; events {}\nhttp { access_log off;\n` +
    ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${file(name)};\n`).join('') + `${example} }\n`);
  const nginx = spawn('nginx', ['-e', 'stderr', '-c', file('nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  nginx.stderr.on('data', (data) => { said += data; });
  const ended = new Promise((resolve) => nginx.on('close', resolve));
  t.after(async () => { nginx.kill(); await ended; });
  const pages = Object.create(headend, { port: { value: port }, ca: { value: await readFile(file('pages.pem'), 'utf8') } });
  for (let tries = 0; ; tries++) {
    try {
      await pages.request('GET', '/');
      break;
    } catch (error) {
      assert.ok(tries < 200 && nginx.exitCode === null, `${error}: ${said}`);
      await sleep(50);
    }
  }
  const browser = new Browser(pages);
  assert.equal((await browser.signIn('admin', headend.password)).status, 303);
  assert.equal((await browser.get('/admin/screens')).status, 200);
  assert.equal((await pages.request('GET', '/healthz')).status, 404);
});
