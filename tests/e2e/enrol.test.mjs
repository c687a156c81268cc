// The firmware's own way in (key, code, token, certificate, session) against the real headend, without an agent.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildDir, fingerprintOf, startHeadend } from './lib/headend.mjs';

// The driver and the events it tells. `next(NAME)` passes over others, which `seen` keeps.
class Screen {
  constructor(state, headend, more = [], caFile = headend.caFile) {
    this.seen = [];
    this.waiting = [];
    this.log = '';
    this.child = spawn(path.join(buildDir(), 'tests/e2e/programs/pingplay-enrol-test'),
      ['--state', state, '--url', headend.url, '--ca', caFile, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    this.child.stdout.on('data', (data) => {
      const lines = (text + data).split('\n');
      text = lines.pop();
      for (const line of lines) this.add(JSON.parse(line));
    });
    this.child.stderr.on('data', (data) => { this.log += data; });
    this.ended = new Promise((resolve) => this.child.on('close', (code) => {
      for (const { reject, name } of this.waiting) reject(new Error(`ended without ${name}: ${JSON.stringify(this.seen)} ${this.log}`));
      resolve(code);
    }));
    this.taken = 0;
  }

  add(event) {
    this.seen.push(event);
    this.settle();
  }

  settle() {
    while (this.waiting.length) {
      const at = this.seen.findIndex((event, i) => i >= this.taken && event.event === this.waiting[0].name);
      if (at < 0) return;
      this.taken = at + 1;
      this.waiting.shift().resolve(this.seen[at]);
    }
  }

  next(name) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ name, resolve, reject });
      this.settle();
    });
  }

  kinds() { return this.seen.map((event) => event.event); }
}

async function rawFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(entries.filter((e) => e.isFile()).map((e) => readFile(path.join(e.parentPath ?? e.path, e.name))));
}

describe('enrolment of a screen', () => {
  let headend;
  const folders = [];
  const newState = async () => {
    folders.push(await mkdtemp(path.join(tmpdir(), 'pingplay-enrol-')));
    return folders.at(-1);
  };
  before(async () => { headend = await startHeadend({ serve: ['--poll-interval', '1'] }); });
  after(async () => {
    await headend?.stop();
    await Promise.all(folders.map((f) => rm(f, { recursive: true, force: true })));
  });

  // Approves and waits for the end; the state folder then holds certificate and cookie.
  async function enrol(state, name) {
    const screen = new Screen(state, headend);
    const key = await screen.next('key');
    const code = await screen.next('code');
    const id = await headend.approve(code.user_code, { name });
    const token = await screen.next('token');
    const certificate = await screen.next('certificate');
    const session = await screen.next('session');
    const answer = await screen.next('state');
    assert.equal(await screen.ended, 0);
    return { screen, key, code, id, token, certificate, session, state: JSON.parse(Buffer.from(answer.document.split('.')[1], 'base64url')) };
  }

  test('an approved screen gets its certificate, its cookie and its state', async () => {
    const { screen, key, code, id, certificate, session, state } = await enrol(await newState(), 'Door');
    assert.deepEqual(screen.kinds(), ['key', 'cacerts', 'code', 'token', 'certificate', 'session', 'state']);
    assert.equal(key.words, fingerprintOf(key.thumbprint));
    assert.equal(code.uri, `${headend.url}/enrol`);
    assert.equal(code.complete, `${headend.url}/enrol?user_code=${code.user_code}`);
    assert.equal(certificate.device, id);
    assert.match(session.cookie, /^__Host-pingplay=[\w-]+$/);
    assert.equal(state.aud, id);
    assert.equal(state.name, 'Door');
    assert.ok(new X509Certificate(certificate.chain).verify(new X509Certificate(headend.ca).publicKey));
  });

  test('a restart needs neither a code nor a new cookie', async () => {
    const state = await newState();
    const first = await enrol(state, 'Hall');
    const screen = new Screen(state, headend);
    assert.equal((await screen.next('session')).cookie, first.session.cookie);
    assert.equal(JSON.parse(Buffer.from((await screen.next('state')).document.split('.')[1], 'base64url')).aud, first.id);
    assert.equal(await screen.ended, 0);
    assert.deepEqual(screen.kinds(), ['key', 'session', 'state']);
  });

  test('a renewed certificate names the same screen and is another one', async () => {
    const state = await newState();
    const first = await enrol(state, 'Shop');
    const screen = new Screen(state, headend, ['--renew']);
    const certificate = await screen.next('certificate');
    assert.equal(certificate.device, first.id);
    assert.notEqual(new X509Certificate(certificate.chain).serialNumber,
      new X509Certificate(first.certificate.chain).serialNumber);
    assert.equal(await screen.ended, 0);
  });

  test('neither token, cookie nor certificate lies readable in the state folder', async () => {
    const state = await newState();
    const { token, session, certificate, key } = await enrol(state, 'Safe');
    const secrets = [token.token, session.cookie.split('=')[1], certificate.device, key.thumbprint,
      new X509Certificate(certificate.chain).raw.subarray(0, 64)];
    const files = await rawFiles(state);
    assert.ok(files.length >= 4);
    for (const file of files) for (const secret of secrets) assert.ok(!file.includes(secret));
  });

  test('a retired screen is refused at its next session and says so', async () => {
    const state = await newState();
    const { id } = await enrol(state, 'Old');
    await headend.cli('screen', 'retire', id);
    const screen = new Screen(state, headend, ['--renew']);
    const refused = await screen.next('refused');
    assert.equal(refused.code, 'denied');
    assert.equal(await screen.ended, 1);
  });

  test('a code goes on while the headend is away for a moment', async () => {
    const screen = new Screen(await newState(), headend);
    const code = await screen.next('code');
    await headend.stopServing();
    assert.equal((await screen.next('trouble')).kind, 'network');
    await headend.startServing();
    const id = await headend.approve(code.user_code, { name: 'Patient' });
    assert.equal((await screen.next('certificate')).device, id);
    assert.equal(await screen.ended, 0);
    assert.equal(screen.kinds().filter((kind) => kind === 'code').length, 1);
  });

  test('a headend of another authority gets nothing but a handshake', async () => {
    const other = await startHeadend();
    try {
      const screen = new Screen(await newState(), headend, [], other.caFile);
      const wait = await screen.next('est-wait');
      assert.match(wait.message, /the server cannot be trusted: its certificate comes from an unknown authority/);
      screen.child.kill();
      await screen.ended;
      assert.ok(!screen.kinds().includes('code'));
    } finally {
      await other.stop();
    }
  });
});

test('a code that nobody approves in time is followed by a new one', async () => {
  const headend = await startHeadend({ serve: ['--poll-interval', '1', '--code-lifetime', '10'] });
  const state = await mkdtemp(path.join(tmpdir(), 'pingplay-enrol-'));
  try {
    const screen = new Screen(state, headend);
    const first = await screen.next('code');
    assert.equal((await screen.next('trouble')).kind, 'expired');
    const second = await screen.next('code');
    assert.notEqual(second.user_code, first.user_code);
    const id = await headend.approve(second.user_code, { name: 'Late' });
    assert.equal((await screen.next('certificate')).device, id);
    assert.equal(await screen.ended, 0);
  } finally {
    await headend.stop();
    await rm(state, { recursive: true, force: true });
  }
});
