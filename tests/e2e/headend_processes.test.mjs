// `serve` is a supervisor with a signer, which alone has the private keys, and a server: who is killed comes back, nobody waits
// for ever, and nobody is left over.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import https from 'node:https';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { signIn } from './lib/headend-browser.mjs';
import { enrolDevice, headendProgram, startHeadend } from './lib/headend.mjs';

const run = promisify(execFile);
const status = (pid) => readFileSync(`/proc/${pid}/status`, 'utf8');
const isThere = (pid) => existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(status(pid));

async function until(what, is) {
  for (let i = 0; i < 3000; i++) {
    if (await is()) return;
    await sleep(10);
  }
  assert.fail(`it never came: ${what}`);
}

describe('the processes of serve', () => {
  let headend, device;
  before(async () => {
    headend = await startHeadend();
    device = await enrolDevice(headend, { name: 'Lobby' });
  });
  after(() => headend.stop());

  const state = () => headend.request('GET', '/v1/state', { device });
  const ready = () => headend.request('GET', '/readyz').then(({ status: code }) => code === 200, () => false);

  // As soon as it is there: it does not serve yet.
  async function anotherThan(former) {
    let pid;
    await until('another server', async () => {
      try {
        pid = headend.pidOf('server');
      } catch {
        return false; // the former one was reaped while we looked
      }
      return pid && pid !== former;
    });
    return pid;
  }

  test('the signer has no network, no new privileges, and a filter of system calls', () => {
    const pid = headend.pidOf('signer');
    assert.match(status(pid), /^NoNewPrivs:\t1$/m);
    assert.match(status(pid), /^Seccomp:\t2$/m);
    assert.match(status(pid), /^CapEff:\t0{16}$/m);
    assert.notEqual(pid, headend.pidOf('server'));
  });

  test('neither has ingest, and no descriptor but its lane', () => {
    const pid = headend.pidOf('ingest');
    assert.match(status(pid), /^NoNewPrivs:\t1$/m);
    assert.match(status(pid), /^Seccomp:\t2$/m);
    assert.match(status(pid), /^CapEff:\t0{16}$/m);
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`).filter((line) => !/^[012] /.test(line));
    assert.equal(open.length, 1, open.join('\n'));
    assert.match(open[0], /^3 socket:/);
  });

  test('a signer that is killed again and again in the middle of requests costs no answer', async () => {
    for (let round = 0; round < 4; round++) {
      const former = headend.pidOf('signer');
      const asked = Array.from({ length: 8 }, state);
      process.kill(former, 'SIGKILL');
      for (const answer of await Promise.all([...asked, state()])) assert.equal(answer.status, 200, answer.text);
      assert.notEqual(headend.pidOf('signer'), former);
    }
    assert.equal(headend.log.split('the signer was killed by signal 9 (Killed); it is started again').length, 5);
  });

  test('a server that is killed is started again at the same address, and what was enrolled is there', async () => {
    const former = headend.pidOf('server');
    const signer = headend.pidOf('signer');
    process.kill(former, 'SIGKILL');
    await until('another server', ready);
    assert.notEqual(headend.pidOf('server'), former);
    assert.equal(headend.pidOf('signer'), signer);
    assert.equal((await state()).json().name, 'Lobby');
    assert.match(headend.log, /the server was killed by signal 9 \(Killed\); it is started again/);
    assert.doesNotMatch(status(headend.child.pid), /^State:\tZ/m);
    assert.equal(existsSync(`/proc/${former}`), false, 'it was reaped');
  });

  test('a signer that does not answer is waited for a while and no longer, and nothing that was sent is called wrong', async (t) => {
    await headend.cliInput('opensesame-2026\n', 'screen', 'access', device.id, 'password', '--password-stdin');
    const signIn = () => headend.request('POST', '/v1/access/session', { device, body: 'none', headers: { 'content-type': 'application/jose' } });
    const said = (answer) => `${answer.status} ${answer.json().code}`;
    assert.equal(said(await signIn()), '400 sign-in-malformed');
    const signer = headend.pidOf('signer');
    t.after(() => process.kill(signer, 'SIGCONT'));
    process.kill(signer, 'SIGSTOP');
    const [shown, told] = await Promise.all([signIn(), state()]);
    assert.equal(said(shown), '503 unavailable');
    assert.equal(said(told), '503 unavailable');
    assert.equal(told.headers['retry-after'], '30');
    process.kill(signer, 'SIGCONT');
    assert.equal((await state()).status, 200);
    assert.equal(said(await signIn()), '400 sign-in-malformed');
    assert.equal(headend.pidOf('signer'), signer);
  });

  test('while the signer does not answer and maintenance waits for it, news goes on', async (t) => {
    const { cookie } = await signIn(headend);
    let text = '';
    const call = https.get({ host: 'localhost', servername: 'localhost', port: headend.port, path: '/api/v1/events', ca: headend.ca, agent: false,
      headers: { accept: 'text/event-stream', cookie } }, (response) => response.on('data', (data) => { text += data; }).on('error', () => {}));
    call.on('error', () => {});
    const signer = headend.pidOf('signer');
    t.after(() => { process.kill(signer, 'SIGCONT'); call.destroy(); });
    await until('the stream', () => text.includes('event: ready'));
    process.kill(signer, 'SIGSTOP');
    headend.child.kill('SIGHUP');
    for (const name of ['Entrance', 'Door']) { // by the second at the latest it has begun
      const before = text.length;
      await headend.cli('screen', 'set', device.id, '--name', name);
      await until('the news', () => text.slice(before).includes(device.id));
    }
    assert.equal((await state()).json().code, 'unavailable');
    process.kill(signer, 'SIGCONT');
    await headend.cli('screen', 'set', device.id, '--name', 'Lobby');
    assert.equal((await state()).status, 200);
  });

  test('a request to renew what is due reaches a server that has just been started, and does not end it', async () => {
    for (let round = 0; round < 3; round++) {
      const former = headend.pidOf('server');
      process.kill(former, 'SIGKILL');
      const started = await anotherThan(former);
      headend.child.kill('SIGHUP');
      await until('it serves', ready);
      assert.equal(headend.pidOf('server'), started);
    }
  });

  test('a request to renew what is due reaches the server', async () => {
    await headend.cli('hosts', 'localhost', 'later.example');
    headend.child.kill('SIGHUP');
    await until('it lives on', ready);
    assert.equal((await state()).status, 200);
  });

  test('while no other process can be started that is tried again, and the rest goes on', async () => {
    const supervisor = headend.child.pid;
    const limit = (files) => run('prlimit', ['--pid', String(supervisor), `--nofile=${files}:`]);
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync(`/proc/${supervisor}/limits`, 'utf8'));
    await limit(8); // as many as it asks poll(2) for, and all of them are taken
    process.kill(headend.pidOf('signer'), 'SIGKILL');
    await until('that it cannot be started', () => headend.log.includes('it is tried again'));
    await limit(soft);
    await until('the signer', ready);
    assert.equal((await state()).status, 200);
    assert.equal(headend.child.exitCode, null);
  });

  test('a supervisor that is killed takes all with it, and the next one has the address at once', async () => {
    const children = [headend.pidOf('signer'), headend.pidOf('ingest'), headend.pidOf('server')];
    assert.deepEqual(children.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8')), ['headend-signer\n', 'headend-ingest\n', 'headend-server\n']);
    await headend.stopServing('SIGKILL');
    await headend.startServing();
    assert.deepEqual(children.filter(isThere), []);
    assert.equal((await state()).json().name, 'Lobby');
  });

  test('told to stop, it ends with all of them', async () => {
    const children = [headend.pidOf('signer'), headend.pidOf('ingest'), headend.pidOf('server')];
    assert.deepEqual(await headend.stopServing(), { code: 0, signal: null });
    assert.deepEqual(children.filter((pid) => existsSync(`/proc/${pid}`)), []);
    await headend.startServing();
  });

  test('the others are nobody\'s commands', async () => {
    const words = { 'serve:signer': [headend.dir, '1'], 'serve:server': [headend.dir], 'serve:device': [headend.dir], 'serve:console': [headend.dir], 'serve:ingest': [] };
    for (const [name, more] of Object.entries(words)) {
      await assert.rejects(run(headendProgram(), [name, ...more]), (error) => {
        assert.equal(error.code, 1);
        assert.match(error.stderr, new RegExp(`${/device|console/.test(name) ? 'serve:server' : name} is started by "serve" alone`));
        return true;
      });
    }
    assert.equal((await state()).status, 200);
  });
});
