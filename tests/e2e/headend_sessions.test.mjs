// One's own sessions and password, and people who are invited, locked out, let in again: what has ended is worth nothing at once.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Browser } from './lib/headend-browser.mjs';
import { eventually, startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';

const openapi = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../tools/headend/api/openapi.yaml');
const PASSWORD = 'long enough to be one';
const NEXT = 'four unrelated words here';

let headend;
let admin;
before(async () => {
  headend = await startHeadend();
  admin = await Person.signIn(headend, await readOpenapi(openapi));
});
after(() => headend?.stop());
beforeEach(() => headend.sql('DELETE FROM throttle')); // what another test has tried in vain is not this one's

const COOKIE = '__Host-pingplay-admin';
// By the API, as a browser that says what it is.
async function signIn(name, password, agent = 'Firefox/142.0') {
  const answer = await headend.request('POST', '/api/v1/session', { headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': agent }, body: JSON.stringify({ name, password }) });
  admin.api.check('POST', '/api/v1/session', answer);
  if (answer.status !== 200) return answer;
  const browser = new Browser(headend);
  browser.keep(answer);
  return Person.of(headend, admin.api, browser);
}
const sessions = async (who) => (await who.get('/api/v1/sessions')).json().items;
const audited = async () => (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line));
const idOf = async (name) => (await admin.get('/api/v1/users')).json().items.find((one) => one.name === name).id;
// The stream of events of somebody; `ended` once it has.
async function listen(who) {
  const stream = { ended: false };
  const { request } = await import('node:https');
  await new Promise((resolve, reject) => {
    const call = request(new URL('/api/v1/events', headend.url), { ca: headend.ca, rejectUnauthorized: false, headers: { cookie: who.browser.cookie } }, (answer) => {
      answer.once('data', resolve);
      answer.on('end', () => { stream.ended = true; }).on('error', () => { stream.ended = true; });
    });
    call.on('error', reject).end();
  });
  return stream;
}

describe('sessions', () => {
  test('are listed to their owner, named, and ended, at which their cookies are worth nothing', async () => {
    await Person.add(headend, admin.api, 'ann', 'viewer');
    const [desk, phone] = [await signIn('ann', PASSWORD, 'Desk/1.0'), await signIn('ann', PASSWORD, `Phone/2.0 ${'x'.repeat(400)}\u00e9`)];
    const bob = await Person.add(headend, admin.api, 'bob', 'viewer');
    const all = await sessions(desk);
    assert.deepEqual(all.map(({ current }) => current).filter(Boolean), [true]);
    assert.equal(all.find(({ current }) => current).agent, 'Desk/1.0');
    const other = all.find(({ agent }) => agent.startsWith('Phone/2.0'));
    assert.ok(other.agent.length <= 200 && other.address === '127.0.0.1' && !other.current);
    assert.equal((await sessions(phone)).find(({ current }) => current).id, other.id);
    assert.equal((await desk.ask('PATCH', `/api/v1/sessions/${other.id}`, { name: 'My phone' })).status, 204);
    assert.equal((await sessions(desk)).find(({ id }) => id === other.id).name, 'My phone');
    assert.equal((await desk.refused(400, 'body-invalid', 'PATCH', `/api/v1/sessions/${other.id}`, { name: 'x'.repeat(101) })).parameter, 'name');
    for (const [method, body] of [['PATCH', { name: 'Mine' }], ['DELETE']]) {
      await bob.refused(404, 'not-found', method, `/api/v1/sessions/${other.id}`, body);
      await admin.refused(404, 'not-found', method, `/api/v1/sessions/${other.id}`, body);
      await desk.refused(404, 'not-found', method, '/api/v1/sessions/00000000-0000-4000-8000-000000000000', body);
    }
    assert.ok((await sessions(bob)).every(({ id }) => !all.some((one) => one.id === id)));
    const [mine, theirs] = [await listen(desk), await listen(phone)];
    assert.equal((await desk.ask('DELETE', `/api/v1/sessions/${other.id}`)).status, 204);
    await phone.refused(401, 'session-required', 'GET', '/api/v1/session');
    await eventually(() => theirs.ended, 5000, 'the end of its stream');
    assert.equal(mine.ended, false);
    await desk.refused(404, 'not-found', 'DELETE', `/api/v1/sessions/${other.id}`);
    const csrf = await headend.request('DELETE', '/api/v1/sessions', { cookie: desk.browser.cookie, headers: { accept: 'application/json' } });
    assert.equal(csrf.status, 403, 'another site’s page cannot');
    const again = await signIn('ann', PASSWORD);
    assert.equal((await desk.ask('DELETE', '/api/v1/sessions')).status, 204);
    await again.refused(401, 'session-required', 'GET', '/api/v1/sessions');
    assert.deepEqual((await sessions(desk)).map(({ current }) => current), [true]);
    assert.ok((await sessions(bob)).length === 1, 'other people stay');
    const rows = (await audited()).filter(({ actor, operation, outcome }) => actor === 'ann' && /^session\./.test(operation) && outcome === 'done');
    assert.deepEqual(rows.map(({ operation }) => operation), ['session.rename', 'session.remove', 'session.remove-others']);
  });

  test('one more than there may be takes the place of the one that was used least', async () => {
    const least = await Person.add(headend, admin.api, 'many', 'viewer');
    const first = await signIn('many', PASSWORD);
    const { id } = (await sessions(first)).find(({ current }) => !current);
    const own = await headend.sql("SELECT id FROM admin WHERE name = 'many'");
    const rows = Array.from({ length: 62 }, (_, i) => `(randomblob(32), ${own}, unixepoch(), unixepoch() + ${i + 1}, 'made-${i}')`);
    await headend.sql(`INSERT INTO admin_session(token_hash, admin, created, seen, id) VALUES ${rows.join(', ')}`);
    await headend.sql(`UPDATE admin_session SET seen = seen - 20 WHERE id = '${id}'`);
    await signIn('many', PASSWORD);
    assert.equal(await headend.sql(`SELECT count(*) FROM admin_session WHERE admin = ${own}`), '64');
    await least.refused(401, 'session-required', 'GET', '/api/v1/session');
    assert.equal((await first.get('/api/v1/session')).status, 200);
  });
});

describe('one’s own password', () => {
  test('is changed by who knows the present one; everywhere else one is signed out', async () => {
    await Person.add(headend, admin.api, 'cleo', 'viewer');
    const [here, there] = [await signIn('cleo', PASSWORD), await signIn('cleo', PASSWORD)];
    await here.refused(403, 'sign-in-wrong', 'PUT', '/api/v1/account/password', { current: 'something else', password: NEXT });
    await here.refused(403, 'sign-in-wrong', 'PUT', '/api/v1/account/password', { password: NEXT });
    for (const [body, parameter] of [[{ current: PASSWORD, password: 'short' }, 'password'], [{ current: PASSWORD }, 'password'], [{ current: 1, password: NEXT }, 'current'], [{ current: PASSWORD, password: NEXT, encoded: 'x' }, 'encoded'], [{ current: PASSWORD, password: NEXT, name: 'ann' }, 'name']]) {
      assert.equal((await here.refused(400, 'body-invalid', 'PUT', '/api/v1/account/password', body)).parameter, parameter);
    }
    await there.get('/api/v1/session');
    assert.equal((await here.ask('PUT', '/api/v1/account/password', { current: PASSWORD, password: NEXT })).status, 204);
    await there.refused(401, 'session-required', 'GET', '/api/v1/session');
    assert.equal((await here.get('/api/v1/session')).json().name, 'cleo');
    assert.equal((await signIn('cleo', PASSWORD)).status, 403);
    assert.ok(await signIn('cleo', NEXT) instanceof Person);
    const row = (await audited()).find(({ actor, operation }) => actor === 'cleo' && operation === 'account.password');
    assert.ok(!JSON.stringify(row).includes('argon2'), 'the audit has no secret');
  });

  test('cannot be tried out: each failure makes the next one wait', async () => {
    const dan = await Person.add(headend, admin.api, 'dan', 'viewer');
    let last;
    for (let i = 0; i < 5 && last?.status !== 429; i++) last = await dan.ask('PUT', '/api/v1/account/password', { current: `wrong ${i}`, password: NEXT });
    assert.deepEqual([last.status, last.json().code, Number(last.headers['retry-after']) > 0], [429, 'too-many-attempts', true]);
    assert.equal((await dan.ask('PUT', '/api/v1/account/password', { current: PASSWORD, password: NEXT })).status, 429, 'nor is the right one taken');
  });
});

describe('people', () => {
  const check = (token) => headend.request('POST', '/api/v1/setup/check', { headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify({ token }) });
  const redeem = (body) => headend.request('POST', '/api/v1/setup', { headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify(body) });
  const linkOf = async (id) => (await admin.ask('POST', `/api/v1/users/${id}/setup-link`)).json();

  test('are invited without a password, and set their own by a link that works once', async () => {
    const made = await admin.ask('POST', '/api/v1/users', { name: 'eve', roles: ['editor:channel=lobby'] });
    assert.equal(made.status, 201, made.text);
    const { id } = made.json();
    const shown = (await admin.get('/api/v1/users')).json().items.find((one) => one.id === id);
    assert.deepEqual([shown.name, shown.has_password, shown.locked, shown.roles], ['eve', false, false, ['editor:channel=lobby']]);
    assert.equal((await signIn('eve', 'x')).status, 403);
    await headend.sql('DELETE FROM throttle');
    const former = await linkOf(id);
    const { token, expires } = await linkOf(id);
    assert.ok(Date.parse(expires) > Date.now() + 2 * 86400000);
    assert.equal((await check(former.token)).status, 403, 'a newer one ends it');
    const answer = await check(token);
    admin.api.check('POST', '/api/v1/setup/check', answer);
    assert.deepEqual(answer.json(), { name: 'eve' });
    assert.equal((await redeem({ token, name: 'admin', password: NEXT })).json().parameter, 'name', 'nobody else’s');
    assert.equal((await redeem({ token, name: 'eve', password: 'short' })).json().parameter, 'password');
    const joined = await redeem({ token, name: 'eve', password: NEXT });
    admin.api.check('POST', '/api/v1/setup', joined);
    assert.deepEqual([joined.status, joined.json().name, joined.json().roles], [201, 'eve', ['editor:channel=lobby']]);
    assert.ok(joined.headers['set-cookie'][0].startsWith(`${COOKIE}=`));
    assert.equal((await check(token)).status, 403);
    assert.equal((await redeem({ token, name: 'eve', password: NEXT })).status, 403);
    assert.ok(await signIn('eve', NEXT) instanceof Person);
    assert.ok(!(await headend.sql("SELECT coalesce(before, '') || coalesce(after, '') FROM audit")).includes(token), 'the audit does not have the link');
  });

  test('who has forgotten a password gets a link; until it is used the former one stays, and then all sessions end', async () => {
    const fay = await Person.add(headend, admin.api, 'fay', 'viewer');
    const { token } = await linkOf(await idOf('fay'));
    assert.equal((await fay.get('/api/v1/session')).status, 200);
    assert.equal((await redeem({ token, name: 'fay', password: NEXT })).status, 201);
    await fay.refused(401, 'session-required', 'GET', '/api/v1/session');
    assert.equal((await signIn('fay', PASSWORD)).status, 403);
    const late = await linkOf(await idOf('fay'));
    await headend.sql('UPDATE user_link SET expires = unixepoch() - 1');
    assert.equal((await check(late.token)).status, 403);
    await headend.sql('UPDATE user_link SET expires = unixepoch() + 9000000');
    assert.equal((await check(late.token)).status, 403, 'by a clock that was put back');
  });

  test('who is locked out is out at once, whatever they have, and comes back as they were', async () => {
    const gus = await Person.add(headend, admin.api, 'gus', 'publisher');
    const id = await idOf('gus');
    const { token } = await linkOf(id);
    const stream = await listen(gus);
    assert.equal((await admin.ask('POST', `/api/v1/users/${id}/lock`)).status, 204);
    await gus.refused(401, 'session-required', 'GET', '/api/v1/session');
    await eventually(() => stream.ended, 5000, 'the end of the stream');
    assert.equal((await signIn('gus', PASSWORD)).json().code, 'sign-in-wrong', 'as an unknown one');
    assert.equal((await check(token)).status, 403);
    assert.equal((await admin.get('/api/v1/users')).json().items.find((one) => one.id === id).locked, true);
    assert.equal((await admin.ask('POST', `/api/v1/users/${id}/unlock`)).status, 204);
    assert.equal((await check(token)).status, 200);
    await headend.sql("DELETE FROM throttle");
    const back = await signIn('gus', PASSWORD);
    assert.deepEqual((await back.get('/api/v1/session')).json().roles, ['publisher']);
  });

  test('somebody who administers the whole, and is not locked out, always stays', async () => {
    const own = await idOf('admin');
    await admin.refused(409, 'state-conflict', 'POST', `/api/v1/users/${own}/lock`);
    const second = (await admin.ask('POST', '/api/v1/users', { name: 'second', password: NEXT })).json().id;
    assert.equal((await admin.ask('POST', `/api/v1/users/${second}/lock`)).status, 204);
    await admin.refused(409, 'state-conflict', 'POST', `/api/v1/users/${own}/lock`);
    await admin.refused(409, 'state-conflict', 'DELETE', `/api/v1/users/${own}`);
    await admin.refused(409, 'state-conflict', 'PATCH', `/api/v1/users/${own}`, { roles: ['viewer'] });
    assert.equal((await admin.get('/api/v1/session')).status, 200, 'what was refused has ended nothing');
    assert.equal((await admin.ask('DELETE', `/api/v1/users/${second}`)).status, 204);
  });

  test('none of it is for who does not administer the whole', async () => {
    const hal = await Person.add(headend, admin.api, 'hal', 'admin:site=Rennes', 'publisher');
    const id = await idOf('eve');
    for (const [method, target, body] of [['GET', '/api/v1/users'], ['POST', '/api/v1/users', { name: 'x' }], ...['lock', 'unlock', 'setup-link'].map((what) => ['POST', `/api/v1/users/${id}/${what}`]), ['POST', '/api/v1/users/999999/lock']]) {
      await hal.refused(403, 'not-permitted', method, target, body);
    }
    for (const what of ['lock', 'unlock', 'setup-link']) await admin.refused(404, 'not-found', 'POST', `/api/v1/users/999999/${what}`);
  });
});
