// `db move`: what a headend keeps, out of the folder into a PostgreSQL and back, with a screen that notices nothing of it.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { startScreen } from './lib/access.mjs';
import { until } from './lib/display.mjs';
import { headendProgram, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { startPostgresql } from './lib/postgresql.mjs';

const run = promisify(execFile);
const EMPTY = "SELECT count(*) FROM pg_class WHERE relnamespace = CAST('public' AS regnamespace)";

describe('a headend into another database', { skip: process.env.PP_DATABASE === 'postgresql' && 'makes both by itself' }, () => {
  let dir;
  let server;
  let picture;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-move-'));
    picture = await makeImage(dir, 'red.png', 'red');
    server = await startPostgresql();
  });
  after(async () => {
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  // An empty one.
  let made = 0;
  async function emptyDatabase() {
    const name = `moved_${made += 1}`;
    await run('psql', ['-qX', server.address, '-c', `CREATE DATABASE ${name} TEMPLATE template0`]);
    return server.address.replace('postgresql:///pingplay?', `postgresql:///${name}?`);
  }
  const psql = async (database, sql) => (await run('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1', database, '-c', sql])).stdout.trim();
  const move = (headend, to) => run(headendProgram(), ['db', 'move', headend.dir, to]);
  const refused = (promise, words) => assert.rejects(promise, (error) => error.code === 1 && error.stderr.includes(words));
  // Whether a file stands there.
  const has = (headend, name) => access(path.join(headend.dir, name)).then(() => true, () => false);
  const told = async (headend) => ({ screens: await headend.cli('screen', 'list'), channels: await headend.cli('channel', 'list', '--json'),
    users: await headend.cli('user', 'list'), commands: await headend.cli('audit', 'export').then((text) => text.split('\n').length) });

  test('a screen plays on, hears what is published next, and no number is given twice, there and back', async (t) => {
    const { headend, display, id } = await startScreen(t, { picture });
    await display.waitContent();
    await headend.cli('channel', 'add', 'gone', '--title', 'Gone');
    await headend.publish('gone', [picture]);
    await headend.cli('channel', 'remove', 'gone'); // its number is not given again
    const database = await emptyDatabase();
    await refused(move(headend, database), 'the database is in use');
    assert.equal(await psql(database, EMPTY), '0');

    await headend.stopServing();
    const before = await told(headend);
    const highest = Number(await headend.sql("SELECT seq FROM sqlite_sequence WHERE name = 'publish'"));
    const { stdout } = await move(headend, database);
    assert.match(stdout, /^\d+ rows of \d+ tables moved, read again and found the same\nthe former database stays in \S+\/headend\.db\.before: /);
    assert.deepEqual([await has(headend, 'headend.db'), await has(headend, 'headend.db.before')], [false, true]);
    headend.database = database;
    assert.deepEqual(await told(headend), { ...before, commands: before.commands + 1 });
    assert.match(await headend.cli('audit', 'verify'), /rows: whole/);
    await headend.startServing();
    await until(async () => (await headend.cli('screen', 'list')).includes('online'), 'the screen at the PostgreSQL');
    await headend.publish('lobby', [await makeImage(dir, 'blue.png', 'blue')]);
    const next = Number(await headend.sql('SELECT max(id) FROM publish'));
    assert.equal(next, highest + 1);
    await display.agent.waitLog(new RegExp(`switched: channel lobby, version ${next}\\b`));

    await refused(move(headend, '--to-folder'), 'the database is in use');
    await headend.stopServing();
    await refused(move(headend, await emptyDatabase()), 'is kept in a PostgreSQL already');
    await move(headend, '--to-folder');
    headend.database = undefined;
    assert.equal(await has(headend, 'database'), false);
    assert.deepEqual((await readdir(headend.dir)).filter((name) => /moving|-wal|-shm/.test(name)), []);
    assert.match(await headend.cli('audit', 'verify'), /rows: whole/);
    await headend.startServing();
    await headend.publish('lobby', [await makeImage(dir, 'lime.png', 'lime')]);
    await display.agent.waitLog(new RegExp(`switched: channel lobby, version ${next + 1}\\b`));
    assert.match(await headend.cli('screen', 'show', id), /"status":\t"active"/);
    await refused(move(headend, '--to-folder'), 'has its database already');
  });

  test('what is not taken over there leaves both as they were', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    await headend.stopServing();
    const full = await emptyDatabase();
    await psql(full, 'CREATE TABLE somebody(s int)');
    await refused(move(headend, full), 'not empty');
    // no UTF-8, which one of the two takes and the other does not
    await headend.sql("INSERT INTO meta(name, value) VALUES('spoilt', CAST(x'ff41' AS TEXT))");
    const database = await emptyDatabase();
    await refused(move(headend, database), 'rows of meta');
    assert.equal(await psql(database, EMPTY), '0');
    await headend.sql("DELETE FROM meta WHERE name = 'spoilt'");
    await refused(move(headend, 'postgresql://db.example.org/x?sslmode=disable'), 'sslmode');
    // one that has a table more than the other knows
    await headend.sql('CREATE TABLE later(number INTEGER PRIMARY KEY)');
    await refused(move(headend, database), 'the PostgreSQL has no table later');
    await headend.sql('DROP TABLE later');
    await headend.startServing();
    assert.equal((await headend.request('GET', '/healthz')).status, 200);
    await headend.stopServing();
    await move(headend, database);
  });

  test('killed at any instant, the folder has the one or the other, whole', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    await headend.stopServing(); // which would clear them away
    await headend.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO throttle SELECT 'key ' || i, 1, 1, 1 FROM n`);
    let database;
    let moves = 0;
    for (let delay = 10; moves < 2; delay += 60) {
      const back = headend.database !== undefined;
      database ??= await emptyDatabase();
      const child = spawn(headendProgram(), ['db', 'move', headend.dir, back ? '--to-folder' : database], { stdio: 'ignore' });
      const ended = new Promise((resolve) => { child.on('close', resolve); });
      setTimeout(() => child.kill('SIGKILL'), delay).unref();
      await ended;
      headend.database = await has(headend, 'database') ? database : undefined;
      if ((headend.database !== undefined) !== back) { moves += 1; delay = 10; }
      assert.equal(await headend.cli('user', 'list').then((text) => text.split('\n').length), 3);
      assert.equal(await headend.sql('SELECT count(*) FROM throttle'), '20000');
      // what was committed there before the folder learned of it is somebody's to empty
      if (!headend.database && await psql(database, EMPTY) !== '0') database = undefined;
    }
    assert.match(await headend.cli('audit', 'verify'), /rows: whole/);
  });
});
