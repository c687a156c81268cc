// Those who may sign in, through the API: listed, added, given roles and removed by who may.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Browser } from './lib/headend-browser.mjs';
import { startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const password = 'a word of mine, long enough';

describe('users', () => {
  let headend;
  let admin;
  before(async () => {
    const api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, api);
  });
  after(() => headend?.stop());

  const users = async () => (await admin.get('/api/v1/users')).json().items;
  const audited = async () => (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line));

  test('are added with their roles, can sign in, and the audit has no password of theirs', async () => {
    const made = await admin.ask('POST', '/api/v1/users', { name: 'zoé', password, roles: ['operator:site=Rennes', 'viewer'] });
    assert.equal(made.status, 201, made.text);
    const zoe = (await users()).find(({ name }) => name === 'zoé');
    assert.deepEqual([zoe.id, zoe.roles, zoe.has_password, zoe.passkeys], [made.json().id, ['operator:site=Rennes', 'viewer'], true, 0]);
    const browser = new Browser(headend);
    await browser.signIn('zoé', password);
    const person = await Person.of(headend, admin.api, browser);
    assert.equal((await person.get('/api/v1/screens')).status, 200);
    await person.refused(403, 'not-permitted', 'GET', '/api/v1/users');
    const [row] = (await audited()).filter(({ operation }) => operation === 'user.add').slice(-1);
    assert.deepEqual([row.actor, row.target, row.after], ['admin', 'zoé', { roles: ['operator:site=Rennes', 'viewer'] }]);
    assert.doesNotMatch(JSON.stringify(await audited()), /argon2|a word of mine/);
    assert.match(await headend.cli('user', 'list'), /^zoé +operator:site=Rennes, viewer +\S+Z$/m);
    await admin.refused(409, 'state-conflict', 'POST', '/api/v1/users', { name: 'zoé', password });
  });

  test('what is no good is refused by its member', async () => {
    for (const [body, parameter] of [[{ name: 'a', password: 'short' }, 'password'], [{ name: '', password }, 'name'], [{ roles: ['viewer'] }, 'name'], [{ name: 'a', password: 1 }, 'password'], [{ password }, 'name'],
      [{ name: 'a', password, roles: ['king'] }, 'roles'], [{ name: 'a', password, encoded: 'x' }, 'encoded'], [{ name: 'a', password, id: 5 }, 'id']]) {
      assert.equal((await admin.refused(400, 'body-invalid', 'POST', '/api/v1/users', body)).parameter, parameter, JSON.stringify(body));
    }
    assert.equal((await users()).length, 2);
  });

  test('have other roles from their next request on, and are gone with their sessions', async () => {
    const ed = await Person.add(headend, admin.api, 'ed', 'admin');
    const { id } = (await users()).find(({ name }) => name === 'ed');
    assert.equal((await ed.get('/api/v1/users')).status, 200);
    assert.equal((await admin.ask('PATCH', `/api/v1/users/${id}`, { roles: ['viewer'] })).status, 204);
    await ed.refused(403, 'not-permitted', 'GET', '/api/v1/users');
    await ed.refused(403, 'not-permitted', 'PATCH', `/api/v1/users/${id}`, { roles: ['admin'] });
    await ed.refused(403, 'not-permitted', 'POST', '/api/v1/users', { name: 'eve', password });
    await ed.refused(403, 'not-permitted', 'DELETE', `/api/v1/users/${id}`);
    assert.deepEqual((await audited()).slice(-1).map(({ operation, outcome, actor }) => [operation, outcome, actor]), [['user.remove', 'denied', 'ed']]);
    await admin.refused(400, 'body-invalid', 'PATCH', `/api/v1/users/${id}`, { roles: ['viewer'], name: 'admin' });
    await admin.refused(404, 'not-found', 'PATCH', '/api/v1/users/999', { roles: ['viewer'] });
    assert.equal((await admin.ask('DELETE', `/api/v1/users/${id}`)).status, 204);
    await ed.refused(401, 'session-required', 'GET', '/api/v1/screens');
    await admin.refused(404, 'not-found', 'DELETE', `/api/v1/users/${id}`);
  });

  test('there is always somebody who administers the whole', async () => {
    const { id } = (await users()).find(({ name }) => name === 'admin');
    await admin.refused(409, 'state-conflict', 'PATCH', `/api/v1/users/${id}`, { roles: ['viewer'] });
    await admin.refused(409, 'state-conflict', 'DELETE', `/api/v1/users/${id}`);
  });
});
