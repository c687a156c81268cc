// Enrolment at an EST server that is not ours: estserver of Debian 13's libest-utils, over an authority of openssl's.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildDir } from './lib/headend.mjs';
import { Authority } from './lib/pki.mjs';

const THERE = spawnSync('estserver', ['-?']).error === undefined;
const PASSWORD = 'estuser:estpwd'; // estserver knows no other

// The part of openssl's configuration by which estserver issues.
function configuration(folder, authority) {
  mkdirSync(path.join(folder, 'issued'));
  writeFileSync(path.join(folder, 'index.txt'), '');
  writeFileSync(path.join(folder, 'serial'), '01\n');
  writeFileSync(path.join(folder, 'issue.conf'), `[ca]
default_ca=own
[own]
database=${folder}/index.txt
new_certs_dir=${folder}/issued
serial=${folder}/serial
certificate=${authority.certificate}
private_key=${authority.key}
default_days=30
default_md=sha256
policy=any
unique_subject=no
x509_extensions=device
[any]
commonName=supplied
[device]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth
`);
}

function freePort() {
  return new Promise((done) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

function accepts(port) {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => { socket.destroy(); done(true); });
    socket.on('error', () => done(false));
  });
}

describe('libest\'s EST server', { skip: !THERE }, () => {
  let folder;
  let authority;
  const servers = [];

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pingplay-libest-'));
    authority = new Authority(folder, 'Foreign Authority');
    const own = authority.server(['127.0.0.1', 'localhost']);
    writeFileSync(path.join(folder, 'server.pem'), own.cert);
    writeFileSync(path.join(folder, 'server.key'), own.key);
    configuration(folder, authority);
  });
  after(() => {
    for (const server of servers) server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  // Starts one with these options; resolves to its port and what it says.
  async function serve(options, attributes) {
    const port = await freePort();
    const env = { ...process.env, EST_TRUSTED_CERTS: authority.certificate, EST_CACERTS_RESP: authority.certificate,
      EST_OPENSSL_CACONFIG: path.join(folder, 'issue.conf'), ...(attributes && { EST_CSR_ATTR: attributes }) };
    const child = spawn('estserver', ['-v', '-c', 'server.pem', '-k', 'server.key', '-r', 'libest', '-p', `${port}`,
      '-d', '600', ...options], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const server = { port, said: '', child };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { server.said += data; });
    servers.push(child);
    while (!(await accepts(port))) assert.equal(child.exitCode, null, server.said);
    return server;
  }

  // The whole way in: cacerts, a certificate by name and password, and another by that one.
  function enrol(server, credentials = PASSWORD) {
    const state = mkdtempSync(path.join(folder, 'state-'));
    const program = path.join(buildDir(), 'tests/e2e/programs/pingplay-enrol-test');
    const child = spawn(program, ['--state', state, '--url', `https://localhost:${server.port}`,
      '--ca', authority.certificate, '--credentials', credentials], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let log = '';
    child.stderr.on('data', (data) => { log += data; });
    const pending = new Promise((done) => child.stdout.on('data', (data) => {
      out += data;
      if (out.includes('est-wait') || out.includes('refused')) done();
    }));
    const ended = new Promise((done) => child.on('close', (code) => {
      done({ code, log, events: out.trim().split('\n').map((line) => JSON.parse(line)) });
    }));
    return { child, pending, ended };
  }

  test('gives a certificate for name and password, and another one for that', async () => {
    const server = await serve(['-b', '-o']);
    const { code, log, events } = await enrol(server).ended;
    assert.equal(code, 0, JSON.stringify(events) + log + server.said);
    assert.deepEqual(events.map(({ event }) => event), ['key', 'cacerts', 'certificate', 'certificate']);
    const [first, second] = events.slice(2).map(({ chain }) => new X509Certificate(chain));
    const root = new X509Certificate(readFileSync(authority.certificate));
    for (const certificate of [first, second]) assert.ok(certificate.verify(root.publicKey));
    assert.equal(first.subject, `CN=${events[0].thumbprint}`);
    assert.equal(second.subject, first.subject);
    assert.notDeepEqual(second.publicKey.export({ type: 'spki', format: 'der' }),
      first.publicKey.export({ type: 'spki', format: 'der' }));
    for (const request of ['/cacerts', '/csrattrs', '/simpleenroll', '/simplereenroll']) {
      assert.ok(server.said.includes(`/.well-known/est${request}`), `${request} was not asked for`);
    }
    assert.match(log, /the server also asks for what this screen leaves out: a MAC address.*the curve P-384/);
    for (const secret of ['estpwd', Buffer.from(PASSWORD).toString('base64')]) assert.ok(!log.includes(secret));
  });

  test('refuses a wrong password, and that is said', async () => {
    const { code, events } = await enrol(await serve(['-b', '-o']), 'estuser:wrong').ended;
    assert.equal(code, 1);
    assert.deepEqual(events.at(-1), { event: 'refused', code: 'denied', message: 'EST: HTTP 401' });
  });

  test('that wants a key on another curve is told so before a request is made', async () => {
    const server = await serve(['-b', '-o'], 'MBQwEgYHKoZIzj0CATEHBgUrgQQAIg==');
    const { code, events } = await enrol(server).ended;
    assert.equal(code, 1);
    assert.equal(events.at(-1).message, 'EST: the server wants the curve P-384; this screen\'s key is EC P-256');
    assert.ok(!server.said.includes('/simpleenroll'));
  });

  test('that has somebody approve by hand says when to ask again, and is waited for', async () => {
    const waiting = enrol(await serve(['-b', '-o', '-m', '60']));
    await waiting.pending;
    assert.equal(waiting.child.exitCode, null);
    waiting.child.kill();
    const { events } = await waiting.ended;
    assert.deepEqual(events.map(({ event }) => event), ['key', 'cacerts', 'est-wait']);
    assert.equal(events[2].message, '');
  });
});
