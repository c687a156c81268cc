// The examples of board/deploy as they stand, with this machine's addresses: a real nginx before two headends on one PostgreSQL.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { parse as parseYaml } from 'yaml';

import { filesBelow, startDisplay, until } from './lib/display.mjs';
import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { Authority } from './lib/pki.mjs';
import { startPostgresql } from './lib/postgresql.mjs';

const run = promisify(execFile);
const deploy = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../board/deploy');
let dir;
let server;
let first;
let second;

async function freePort() {
  const socket = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => { socket.on('listening', resolve); });
  const { port } = socket.address();
  await new Promise((resolve) => { socket.close(resolve); });
  return port;
}

async function below(folder) {
  const files = [];
  for await (const file of filesBelow(folder)) files.push(file.file);
  return files;
}

// An example with other addresses; each that is replaced has to be in it.
async function example(name, replaced) {
  let text = await readFile(path.join(deploy, 'nginx', name), 'utf8');
  for (const [from, to] of replaced) {
    assert.ok(text.includes(from), `${name} has ${from}`);
    text = text.replaceAll(from, to);
  }
  return text.replace(/^.*listen \[::\].*\n/gm, '');
}

async function startNginx(t, text, port) {
  const folder = await mkdtemp(path.join(dir, 'nginx-'));
  const file = path.join(folder, 'nginx.conf');
  const whole = text.includes('\nstream {') ? `load_module /usr/lib/nginx/modules/ngx_stream_module.so;\nevents {}\n${text}`
    : `events {}\nhttp { access_log ${folder}/access.log;\n${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};\n`).join('')}${text}}\n`;
  await writeFile(file, `daemon off; user root; pid ${folder}/nginx.pid; error_log stderr;\n${whole}`);
  await run('nginx', ['-t', '-e', 'stderr', '-c', file]);
  const child = spawn('nginx', ['-e', 'stderr', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => { said += data; });
  const ended = new Promise((resolve) => { child.on('close', resolve); });
  t.after(async () => { child.kill(); await ended; });
  for (let tries = 0; ; tries += 1) {
    const { connect } = await import('node:net');
    const answers = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
    if (answers) break;
    assert.ok(tries < 200 && child.exitCode === null, said);
    await wait(50);
  }
  return { folder, log: () => readFile(path.join(folder, 'access.log'), 'utf8'), said: () => said };
}

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-deploy-'));
  await chmod(dir, 0o755);
  server = await startPostgresql();
  first = await startHeadend({ postgresql: server.address, serve: ['--poll-interval', '1'] });
  second = first.other(first.dir); // they share the folder, as on a file system that both mount
  await second.startServing();
  await first.publish('lobby', [path.resolve('tests/data/media/quarters.png')]);
});

after(async () => {
  await second?.stopServing();
  await first?.stop();
  await server?.stop();
  await rm(dir, { recursive: true, force: true });
});

const headends = () => [['10.20.0.11:8443', `127.0.0.1:${first.port}`], ['10.20.0.12:8443', `127.0.0.1:${second.port}`]];

test('nginx that leaves TLS alone shows screens\' certificates to the headends, and goes on where one of them is killed', async (t) => {
  const port = await freePort();
  const text = await example('passthrough.conf', [...headends(), ['listen 443;', `listen 127.0.0.1:${port};`], ['screens.example.org', 'localhost']]);
  await startNginx(t, text, port);
  const through = Object.create(first, { port: { value: port } });
  const device = await enrolDevice(through, { name: 'Door', channel: 'lobby' });
  const state = () => through.request('GET', '/v1/state', { device });
  for (let i = 0; i < 6; i += 1) assert.equal((await state()).status, 200);
  assert.equal((await through.request('GET', '/v1/state', { device: { ...device, certificatePem: undefined } })).status, 401);
  await assert.rejects(through.request('GET', '/healthz', { servername: 'elsewhere.example.org' }), /ECONNRESET|socket|disconnected/);
  await second.stopServing('SIGKILL');
  try {
    for (let i = 0; i < 6; i += 1) assert.equal((await state()).status, 200);
  } finally {
    await second.startServing();
  }
});

test('nginx that ends TLS serves the repository, and a real screen enrols, plays and follows behind it', async (t) => {
  const port = await freePort();
  const authority = new Authority(path.join(dir, 'edge'), 'Edge authority');
  const { cert, key } = authority.issue('localhost', { extensions: ['subjectAltName=DNS:localhost', 'extendedKeyUsage=serverAuth', 'keyUsage=digitalSignature'] });
  const file = (name) => path.join(dir, name);
  await writeFile(file('edge.pem'), cert);
  await writeFile(file('edge.key'), key);
  const text = await example('edge.conf', [...headends(), ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`], ['screens.example.org', 'localhost'],
    ['/etc/nginx/pingplay/edge.pem', file('edge.pem')], ['/etc/nginx/pingplay/edge.key', file('edge.key')], ['/etc/nginx/pingplay/ca.pem', first.caFile],
    ['/srv/pingplay/repo/', `${first.dir}/repo/`]]);
  const nginx = await startNginx(t, text, port);
  const caFile = file('both.pem');
  await writeFile(caFile, Buffer.concat([await readFile(authority.certificate), await readFile(first.caFile)]));
  await first.cli('network', 'proxies', '--header', 'X-Forwarded-For', '127.0.0.1/32');
  t.after(() => first.cli('network', 'proxies', '--none'));

  const edge = Object.create(first, { port: { value: port }, ca: { value: await readFile(caFile, 'utf8') } });
  const repo = path.join(first.dir, 'repo');
  for (const name of await below(repo)) {
    const relative = path.relative(repo, name);
    const answer = await edge.request('GET', `/repo/${relative}`);
    assert.equal(answer.status, 200, relative);
    assert.deepEqual(answer.body, await readFile(path.join(repo, relative)));
    const mutable = relative === 'metadata/timestamp.json';
    assert.equal(answer.headers['cache-control'], mutable ? 'no-cache' : 'public, max-age=31536000, immutable', relative);
    const ranged = await edge.request('GET', `/repo/${relative}`, { headers: { range: 'bytes=5-9' } });
    assert.equal(ranged.status, 206);
    assert.deepEqual(ranged.body, answer.body.subarray(5, 10));
  }
  await symlink('/etc/hostname', path.join(repo, 'objects/way-out'));
  for (const bad of ['/repo/', '/repo/objects/', '/repo/../keys/control.pem', '/repo/%2e%2e/keys/control.pem', '/repo/..%2fserver.key', '/repo/objects/way-out', '/repo/objects../ca.key', '/metrics'])
    assert.ok([400, 403, 404].includes((await edge.request('GET', bad)).status), bad);
  await rm(path.join(repo, 'objects/way-out'));
  assert.equal((await edge.request('PUT', '/repo/objects/x', { body: 'x' })).status, 403);

  const display = await startDisplay({ url: `https://localhost:${port}`, caFile, rootFile: first.rootFile });
  t.after(() => display.stop());
  const { code, fingerprint } = await display.waitCode();
  const id = (await first.cli('approve', code, '--fingerprint', fingerprint.split(' ')[0], '--name', 'Behind', '--channel', 'lobby', '--access', 'cookie')).trim();
  await display.waitContent();
  await until(async () => / "GET \/repo\/objects\/[0-9a-f]{2}\/[0-9a-f]{64} HTTP[^"]*" 200 /.test(await nginx.log()), 'the object from nginx');
  const scraped = (await first.request('GET', '/metrics')).text + (await second.request('GET', '/metrics')).text;
  assert.doesNotMatch(scraped, /pingplay_http_requests_total\{[^}]*route="\/repo/);
  const shown = async () => JSON.parse(await first.cli('screen', 'show', id)).report?.manifest_version;
  const before = await until(shown, 'a report');
  await first.publish('lobby', [path.resolve('tests/data/media/quarters.png')], ['--title', 'Again']);
  await until(async () => await shown() > before, 'the screen follows what is published');
});

test('what sets machines up is well-formed, names no secret, and installs what is here', async () => {
  const files = await below(deploy);
  const yaml = files.filter((name) => name.endsWith('.yaml'));
  assert.ok(yaml.length >= 2, 'cloud-init files');
  await run('yamllint', ['-s', '-d', '{extends: default, rules: {line-length: {max: 140}, document-start: disable, comments: {require-starting-space: false}, truthy: disable}}', ...yaml]);
  for (const name of yaml) {
    const text = await readFile(name, 'utf8');
    assert.match(text, /^#cloud-config\n/);
    for (const { path: target, content, encoding } of parseYaml(text).write_files ?? []) {
      assert.ok(path.isAbsolute(target) && content && !encoding, target);
      if (target.endsWith('.sh')) await run('sh', ['-n', '-c', content]);
    }
  }
  for (const name of files) {
    const text = await readFile(name, 'utf8');
    assert.doesNotMatch(text, /(password|secret|token)["']?\s*[:=]\s*["'][^"'$]/i, name);
    assert.doesNotMatch(text, /BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}/, name);
  }
  for (const name of files.filter((one) => one.endsWith('.tf'))) {
    const text = (await readFile(name, 'utf8')).replace(/#.*$/gm, '').replace(/"(?:[^"\\]|\\.)*"/g, '""');
    for (const [open, close] of ['{}', '[]', '()']) assert.equal(text.split(open).length, text.split(close).length, `${name}: ${open}${close}`);
    const declared = new Set([...(await readFile(name, 'utf8')).matchAll(/^variable "(\w+)"/gm)].map(([, one]) => one));
    for (const [, used] of (await readFile(name, 'utf8')).matchAll(/\bvar\.(\w+)/g)) assert.ok(declared.has(used), `${name}: var.${used}`);
    for (const [, used] of (await readFile(name, 'utf8')).matchAll(/file\("\$\{path\.module\}\/([^"]+)"/g)) assert.ok((await readdir(path.dirname(path.join(path.dirname(name), used)))).includes(path.basename(used)), used);
  }
});
