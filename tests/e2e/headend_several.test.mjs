// Two headends on one PostgreSQL: what is done at one wakes who waits at the other, and goes on where one was killed.
// Each has a folder of its own here, a copy, so that nothing but the database tells one of the other.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

import { enrolDevice, headendProgram, startHeadend } from './lib/headend.mjs';
import { startPostgresql } from './lib/postgresql.mjs';

const run = promisify(execFile);
let server;
let first;
let second;
let device;

const sql = (text) => run('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1', first.database, '-c', text]).then(({ stdout }) => stdout.trim());

before(async () => {
  server = await startPostgresql();
  first = await startHeadend({ postgresql: server.address });
  device = await enrolDevice(first, { name: 'Door', channel: 'lobby' });
  const folder = await mkdtemp(path.join(tmpdir(), 'pingplay-second-'));
  await cp(first.dir, folder, { recursive: true });
  second = first.other(folder);
  await second.startServing();
});

after(async () => {
  await second?.stop();
  await first?.stop();
  await server?.stop();
});

// A state that is waited for at one headend, while something is done at another.
async function wakes(headend, act) {
  const now = await headend.request('GET', '/v1/state', { device });
  assert.equal(now.status, 200);
  const begun = Date.now();
  const waiting = headend.request('GET', '/v1/state', { device, headers: { 'if-none-match': now.headers.etag, prefer: 'wait=25' } });
  await wait(300);
  await act();
  const next = await waiting;
  assert.equal(next.status, 200, headend.log);
  assert.notEqual(next.headers.etag, now.headers.etag);
  assert.ok(Date.now() - begun < 15000, `woken after ${Date.now() - begun} ms`);
  return next.json();
}

test('the folder has the address of the database, for its owner alone, and no database', async () => {
  assert.equal(await readFile(path.join(first.dir, 'database'), 'utf8'), `${first.database}\n`);
  await assert.rejects(readFile(path.join(first.dir, 'headend.db')));
});

test('what is changed at one headend wakes who waits at the other', async () => {
  await wakes(second, () => first.cli('screen', 'set', device.id, '--name', 'Gate'));
  await wakes(first, () => second.cli('screen', 'set', device.id, '--name', 'Porch'));
  assert.equal(await sql(`SELECT name FROM device WHERE id = '${device.id}'`), 'Porch');
});

test('a publish at one wakes who waits at the other', async () => {
  const state = await wakes(second, () => first.publish('lobby', [path.resolve('tests/data/media/quarters.png')]));
  assert.ok(state.publish > 0);
});

test('a headend that is killed in the middle of a change holds nobody up, and nothing of it stays', async () => {
  // It holds what all who write wait for, as a headend does within a transaction.
  const holder = spawn('psql', ['-qX', first.database], { stdio: ['pipe', 'ignore', 'inherit'] });
  holder.stdin.write(`BEGIN; SELECT pg_advisory_xact_lock(20584, 1); UPDATE device SET name = 'Half';\n`);
  for (let i = 0; i < 100 && await sql('SELECT count(*) FROM pg_locks WHERE locktype = \'advisory\' AND granted') === '0'; i += 1) await wait(50);
  const waiting = second.cli('screen', 'set', device.id, '--name', 'Whole');
  await wait(500);
  assert.notEqual(await sql(`SELECT name FROM device WHERE id = '${device.id}'`), 'Whole');
  holder.kill('SIGKILL');
  await waiting;
  assert.equal(await sql(`SELECT name FROM device WHERE id = '${device.id}'`), 'Whole');
});

test('where one is killed the others go on', async () => {
  await first.stopServing('SIGKILL');
  await wakes(second, () => second.cli('screen', 'set', device.id, '--name', 'Door'));
  await first.startServing();
  await wakes(first, () => second.cli('screen', 'set', device.id, '--name', 'Gate'));
});

test('connections that the server ends are made anew, and waiting goes on', async () => {
  await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pingplay-headend'");
  await wait(2500);
  await wakes(second, () => first.cli('screen', 'set', device.id, '--name', 'Arch'));
});

test('an address without TLS that verifies, or with a password, is refused before anything is made', async () => {
  for (const [address, words] of [
    ['postgresql://db.example.org/x?sslmode=require', /sslmode=require: only verify-full is/],
    ['postgresql://u:secret@db.example.org/x', /no password in the address/],
    ['postgresql:///x?service=y', /service cannot be set in the address/],
    ['postgresql://localhost', /names no database/],
  ]) {
    const folder = path.join(tmpdir(), `pingplay-none-${process.pid}`);
    await assert.rejects(run(headendProgram(), ['init', folder, '--database', address]), (error) => {
      assert.match(error.stderr, words);
      assert.doesNotMatch(error.stderr, /secret/);
      return true;
    });
    await assert.rejects(readFile(path.join(folder, 'database')));
    await rm(folder, { recursive: true, force: true });
  }
});

test('init makes no headend in a database that has something in it, and no folder then', async () => {
  const folder = path.join(tmpdir(), `pingplay-third-${process.pid}`);
  const init = (database) => run(headendProgram(), ['init', folder, '--host', 'localhost', '--database', database]);
  await assert.rejects(init(first.database), /the database is not empty: it has "\w+"/);
  const other = first.database.replace(/\/e2e_\w+\?/, '/someone_elses?');
  await run('psql', ['-qX', first.database, '-c', 'CREATE DATABASE someone_elses TEMPLATE template0']);
  await run('psql', ['-qX', other, '-c', 'CREATE SCHEMA accounts; CREATE TABLE accounts.ledger(entry text)']);
  await assert.rejects(init(other), /the database is not empty: it has "ledger"/);
  await assert.rejects(readFile(path.join(folder, 'ca.pem')), { code: 'ENOENT' });
  assert.equal(await sql('SELECT count(*) FROM device'), '1');
});
