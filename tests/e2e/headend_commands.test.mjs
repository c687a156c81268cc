// The commands that administrators type: help, lists, names for screens, and what is refused.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { mediaFile } from './lib/content.mjs';
import { verifyRepository } from './lib/headend-repo.mjs';
import { deviceAuthorization, enrolDevice, headendProgram, makeKey, openSession, pollToken, startHeadend, thumbprintOf } from './lib/headend.mjs';

const run = promisify(execFile);
const program = (...words) => run(headendProgram(), words);

describe('help', () => {
  test('of every command is its usage, and no failure', async () => {
    const { stdout: all } = await program('--help');
    const names = all.split('\n').filter((line) => /^ {2}\S/.test(line))
      .map((line) => /^ {2}((?:(?:screen|user|channel) )?\S+) /.exec(line)[1]);
    assert.ok(names.length >= 14, names.join());
    for (const name of names) {
      for (const help of ['--help', '-h']) {
        const { stdout, stderr } = await program(...name.split(' '), help);
        assert.ok(stdout.startsWith(`usage: pingplay-headend ${name} `), stdout);
        assert.equal(stderr, '');
      }
    }
  });

  test('of a group names its commands; among other words it is still help; behind -- it is a word', async () => {
    const { stdout } = await program('screen', '--help');
    for (const name of ['list', 'show', 'events', 'set', 'retire', 'revoke', 'restore', 'remove']) assert.match(stdout, new RegExp(`^  screen ${name} DIR`, 'm'));
    assert.doesNotMatch(stdout, /publish/);
    assert.match((await program('publish', '/nowhere', '--channel', 'lobby', '--help', 'a.jpg')).stdout, /^usage: pingplay-headend publish/);
    await assert.rejects(program('publish', '/nowhere', '--channel', 'lobby', '--', '--help'), /\/nowhere/);
    await assert.rejects(program('nosuch', '--help'), /unknown command: nosuch/);
    await assert.rejects(program('screen'), /unknown command: screen \(try --help\)/);
    await assert.rejects(program('screen', 'show', '/nowhere'), /screen show: DIR and SCREEN are needed \(try --help\)/);
  });
});

describe('the administrator of a headend', () => {
  let headend;
  let left;
  let right;
  before(async () => {
    headend = await startHeadend();
  });
  after(() => headend?.stop());

  const fails = (pattern, ...words) => assert.rejects(headend.cli(...words), (error) => {
    assert.equal(error.code, 1);
    assert.match(error.stderr, pattern);
    assert.equal(error.stderr.trim().split('\n').length, 1);
    return true;
  });
  const show = async (screen) => JSON.parse(await headend.cli('screen', 'show', screen));

  test('is told that there is nothing yet', async () => {
    assert.equal(await headend.cli('screen', 'list'), 'no screens yet: one shows a code at its first start, for "approve"\n');
    assert.equal(await headend.cli('channel', 'list'), 'no channels yet: "publish" makes one\n');
    assert.deepEqual(JSON.parse(await headend.cli('channel', 'list', '--json')), []);
  });

  test('sees screens in an aligned table with headers', async () => {
    left = await enrolDevice(headend, { name: 'Lobby left', channel: 'lobby', site: 'Été' });
    right = await enrolDevice(headend, { name: 'R', channel: 'lobby' });
    const [header, ...rows] = (await headend.cli('screen', 'list')).trimEnd().split('\n');
    assert.match(header, /^ID +STATE +HELP +LAST CONTACT +ACCESS +LOCKS AFTER +CHANNEL +NAME +SITE$/);
    assert.equal(rows.length, 2);
    for (const column of ['STATE', 'LAST CONTACT', 'ACCESS', 'LOCKS AFTER', 'CHANNEL', 'NAME', 'SITE']) {
      for (const row of rows) assert.match(row.slice(header.indexOf(column) - 2), /^ {2}\S/, `${column} of ${row}`);
    }
    assert.match(rows[0], new RegExp(`^${left.id.slice(0, 8)}  (online|waiting) +- +\\S+ +certificate +never +lobby +Lobby left +Été$`));
    assert.equal((await headend.cli('user', 'list')).split('\n')[0].trim().replace(/ +/g, ' '), 'NAME ROLES SINCE');
    assert.deepEqual(JSON.parse(await headend.cli('user', 'list', '--json')).map(({ name, roles }) => [name, roles]), [['admin', ['admin']]]);
  });

  test('sees channels, with what was published on them and what of it is lost', async () => {
    await headend.publish('lobby', [mediaFile('film-wma.mkv')], ['--title', 'The lobby']);
    const [header, row] = (await headend.cli('channel', 'list')).trimEnd().split('\n');
    assert.match(header, /^ID +PUBLISHED +NUMBER +SCREENS +WARNINGS +TITLE$/);
    assert.match(row, /^lobby +\S+Z +1 +2 +1 +The lobby$/);
    const [channel] = JSON.parse(await headend.cli('channel', 'list', '--json'));
    assert.deepEqual([channel.id, channel.title, channel.publish, channel.screens], ['lobby', 'The lobby', 1, 2]);
    assert.match(channel.warnings[0].warning, /its sound is Windows Media Audio 2/);
    await headend.publish('lobby', [mediaFile('quarters.png')]);
    assert.deepEqual(JSON.parse(await headend.cli('channel', 'list', '--json'))[0].warnings, []);
  });

  test('takes back what is published on a channel', async () => {
    await headend.publish('spare', [mediaFile('quarters.png')]);
    await headend.cli('channel', 'unpublish', 'spare');
    assert.match(await headend.cli('channel', 'list'), /^spare +never +- +0 +0 +spare$/m);
    await fails(/nothing is published on channel "spare"/, 'channel', 'unpublish', 'spare');
    await fails(/there is no channel "nosuch"/, 'channel', 'unpublish', 'nosuch');
    await headend.publish('spare', [mediaFile('quarters.png')]);
    assert.match(await headend.cli('channel', 'list'), /^spare +\S+Z +\d+ /m);
    const { channels } = await verifyRepository(headend.dir);
    assert.ok(channels.spare);
  });

  test('removes a channel, and what shows it goes elsewhere', async () => {
    const state = async (device) => (await headend.request('GET', '/v1/state', { device })).json();
    await headend.publish('hall', [mediaFile('quarters.png')]);
    await headend.cli('screen', 'set', right.id, '--channel', 'hall');
    assert.equal((await state(right)).channel.id, 'hall');
    await fails(/1 screens? shows? channel "hall": --move-to names another/, 'channel', 'remove', 'hall');
    await fails(/there is no channel "nosuch"/, 'channel', 'remove', 'hall', '--move-to', 'nosuch');
    await fails(/there is no channel "nosuch"/, 'channel', 'remove', 'nosuch');
    await fails(/channel remove: DIR and ID are needed/, 'channel', 'remove');
    assert.ok((await verifyRepository(headend.dir)).channels.hall);
    const poll = headend.request('GET', '/v1/state', { device: right, headers: { prefer: 'wait=50',
      'if-none-match': (await headend.request('GET', '/v1/state', { device: right })).headers.etag } });
    await headend.cli('channel', 'remove', 'hall', '--move-to', 'lobby');
    assert.equal((await poll).json().channel.id, 'lobby', 'told at once');
    assert.doesNotMatch(await headend.cli('channel', 'list'), /^hall /m);
    assert.ok(!(await verifyRepository(headend.dir, {}, Date.now(), ['hall'])).channels.hall);
    await fails(/there is no channel "hall"/, 'channel', 'remove', 'hall');
    await headend.cli('channel', 'add', 'hall');
    await headend.cli('channel', 'remove', 'hall'); // nothing was ever published on it
    await headend.publish('hall', [mediaFile('quarters.png')]);
    assert.ok((await verifyRepository(headend.dir)).channels.hall);
  });

  test('refuses a code that a screen shows', async () => {
    const { user_code: code, device_code: secret } = (await deviceAuthorization(headend, thumbprintOf(makeKey()))).json();
    await headend.cli('refuse', code);
    assert.equal((await pollToken(headend, secret)).json().error, 'access_denied');
    await fails(/the code has been used already \(denied\)/, 'refuse', code);
    await fails(/not a code of a screen/, 'refuse', 'xyz');
    await fails(/no such code/, 'refuse', 'BCDF-GHJK');
  });

  test('calls a screen by its id, the begin of that, or its name', async () => {
    for (const name of [left.id, left.id.slice(0, 8), left.id.slice(0, 13), 'Lobby left']) assert.equal((await show(name)).id, left.id);
    await fails(/no such screen: Lobby \(/, 'screen', 'show', 'Lobby');
    await fails(/no such screen: %/, 'screen', 'show', '%%%%');
    await fails(/no such screen:  \(/, 'screen', 'show', '');
    await fails(/no such screen: /, 'screen', 'show', left.id.slice(0, 3));
    await headend.cli('screen', 'set', right.id, '--name', 'Lobby left');
    await fails(/more than one screen is meant by "Lobby left": [0-9a-f-]{36} \(Lobby left\), [0-9a-f-]{36} \(Lobby left\)/, 'screen', 'show', 'Lobby left');
    await headend.cli('screen', 'set', right.id.slice(0, 8), '--name', 'Lobby right');
    assert.equal((await show('Lobby right')).id, right.id);
  });

  test('is refused what is not there, and changes nothing by it', async () => {
    const before = await show(left.id);
    await fails(/there is no channel "nosuch"/, 'screen', 'set', left.id, '--channel', 'nosuch', '--name', 'Other');
    await fails(/nothing to change is named/, 'screen', 'set', left.id);
    await fails(/no such screen: nosuch/, 'screen', 'set', 'nosuch', '--name', 'Other');
    await fails(/no such screen: nosuch/, 'screen', 'events', 'nosuch');
    await fails(/--limit: must be 1 to/, 'screen', 'events', left.id, '--limit', '0');
    const after_ = await show(left.id);
    assert.deepEqual([after_.name, after_.channel, after_.version], [before.name, before.channel, before.version]);
    assert.ok(!(await headend.cli('channel', 'list')).includes('nosuch'));
    await headend.cli('screen', 'set', left.id, '--channel', '');
    assert.equal((await show(left.id)).channel, null);
    await headend.cli('screen', 'set', left.id, '--channel', 'lobby');
  });

  test('reads what a screen reports, and its trouble, without harm to the terminal', async () => {
    const post = (path, body) => headend.request('POST', path, { device: left, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    assert.equal(await headend.cli('screen', 'events', left.id), 'no events yet\n');
    const items = Array.from({ length: 12 }, (_, i) => ({ id: randomUUID(), time: `2026-01-05T08:00:${10 + i}Z`, kind: 'item-failed', detail: `i${i}: \u001b[31mred \u009b31mred` }));
    assert.equal((await post('/v1/events', { batch: randomUUID(), items })).status, 204);
    assert.equal((await post('/v1/status', { code: 'C-1', trouble: 'nothing \u001b[2J can be shown' })).status, 204);
    const lines = (await headend.cli('screen', 'events', left.id, '--limit', '2')).trimEnd().split('\n');
    assert.equal(lines.length, 3);
    assert.match(lines[2], /^2026-01-05T08:00:21Z +item-failed +i11: \\u001b\[31mred \\u009b31mred$/);
    assert.equal(JSON.parse(await headend.cli('screen', 'events', left.id, '--json')).length, 12);
    const { code, trouble, last_events: last } = await show(left.id);
    assert.deepEqual([code, trouble, last.length, last[9].detail], ['C-1', 'nothing  [2J can be shown', 10, items[11].detail]);
    assert.match(await headend.cli('screen', 'list'), new RegExp(`^${left.id.slice(0, 8)} +online +C-1 `, 'm'));
    assert.equal((await post('/v1/status', { code: 7, trouble: { deep: [] } })).status, 204);
    await headend.cli('screen', 'list');
    assert.equal((await post('/v1/status', { code: 'C-1', trouble: 'x'.repeat(3000) })).status, 204);
    await headend.cli('screen', 'list');
    assert.equal((await post('/v1/status', {})).status, 204);
    assert.deepEqual([(await show(left.id)).code, (await show(left.id)).trouble], ['', '']);
  });

  test('refuses a screen whose certificate is revoked, until it is approved again', async () => {
    const keyOfChannel = () => headend.sql("SELECT hex(coalesce(next_key, key)) || leavers FROM channel WHERE id = 'lobby'");
    const lost = await enrolDevice(headend, { name: 'Revoked', channel: 'lobby' });
    const before = await keyOfChannel();
    assert.equal((await headend.request('GET', '/v1/state', { device: lost })).status, 200);
    await headend.cli('screen', 'revoke', 'Revoked');
    for (const device of [lost, { ...lost, cookie: undefined }]) {
      const answer = await headend.request('GET', '/v1/state', { device });
      assert.deepEqual([answer.status, answer.json().code], [401, 'certificate-revoked']);
    }
    assert.equal((await openSession(headend, lost)).json().code, 'certificate-revoked');
    assert.notEqual(await keyOfChannel(), before, 'who has its key may have the channel\'s');
    const codes = (await deviceAuthorization(headend, lost.thumbprint)).json();
    assert.equal(await headend.approve(codes.user_code, { name: 'Again' }), lost.id, 'the same screen');
    await headend.cli('screen', 'retire', lost.id);
    await fails(/this screen is retired/, 'screen', 'revoke', lost.id);
    await headend.cli('screen', 'remove', lost.id);
  });

  test('takes a retired screen back', async () => {
    await headend.cli('screen', 'retire', 'Lobby right');
    assert.equal((await headend.request('GET', '/v1/state', { device: right })).status, 403);
    await fails(/this screen is retired/, 'screen', 'set', right.id, '--name', 'Again');
    await fails(/retired already/, 'screen', 'retire', right.id);
    assert.match(await headend.cli('screen', 'list'), new RegExp(`^${right.id.slice(0, 8)} +retired `, 'm'));
    await headend.cli('screen', 'restore', right.id);
    await fails(/this screen is not retired/, 'screen', 'restore', right.id);
    assert.equal((await openSession(headend, right)).status, 204);
    const state = await headend.request('GET', '/v1/state', { device: right });
    assert.deepEqual([state.status, state.json().channel.id], [200, 'lobby']);
    await headend.cli('screen', 'set', right.id, '--name', 'Again');
  });

  test('forgets a retired screen, and no other', async () => {
    const gone = await enrolDevice(headend, { name: 'Gone', channel: 'lobby' });
    const post = { device: gone, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ batch: randomUUID(),
      items: [{ id: randomUUID(), time: '2026-01-05T08:00:00Z', kind: 'item-failed', detail: 'x' }] }) };
    assert.equal((await headend.request('POST', '/v1/events', post)).status, 204);
    await fails(/this screen is in use, retire it first/, 'screen', 'remove', 'Gone');
    await headend.cli('screen', 'retire', 'Gone');
    await headend.cli('screen', 'remove', 'Gone');
    await fails(/no such screen: Gone/, 'screen', 'remove', 'Gone');
    const answer = await headend.request('GET', '/v1/state', { device: gone });
    assert.deepEqual([answer.status, answer.json().code], [403, 'screen-unknown']);
    assert.ok((await show('Again')).id);
  });

  test('cannot lock everybody out', async () => {
    await fails(/admin is the last administrator, and stays/, 'user', 'remove', 'admin');
    for (const name of ['one', 'two']) await headend.cli('user', 'add', name);
    // All at once: whoever comes last must fail, however they race.
    const results = await Promise.allSettled(['admin', 'one', 'two'].map((name) => headend.cli('user', 'remove', name)));
    assert.equal(results.filter(({ status }) => status === 'rejected').length, 1);
    assert.equal(JSON.parse(await headend.cli('user', 'list', '--json')).length, 1);
    await assert.rejects(headend.sql('DELETE FROM admin'), /last administrator/);
  });
});
