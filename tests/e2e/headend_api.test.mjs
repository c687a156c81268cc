// The API for administrators' programs: each answer of the running server is held against its description.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { signIn } from './lib/headend-browser.mjs';
import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { typesOf } from '../../tools/console/scripts/types.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const text = (name) => readFile(path.join(root, name), 'utf8');

describe('the API for administrators', () => {
  let headend;
  let api;
  let browser;
  let screen;
  before(async () => {
    api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    screen = await enrolDevice(headend, { name: 'Foyer', channel: 'lobby' });
    const present = Math.floor(Date.now() / 1000) + 3600;
    const row = (i) => `('${i.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000', ${headend.bytes(randomBytes(32))}, 'Screen ${String(i >> 1).padStart(4, '0')}',
      'Site ${i % 7}', ${i % 10 ? 'NULL' : "'lobby'"}, 'UTC', 'en', '${i % 100 ? 'active' : 'retired'}', 1, 0, 'test', ${i % 3 ? 5 : present})`;
    const rows = Array.from({ length: 1234 }, (_, i) => row(i));
    while (rows.length) { // as many as an argument may have
      await headend.sql(`INSERT INTO device(id, thumbprint, name, site, channel, time_zone, locale, status, version, created, approved_by, seen)
        VALUES ${rows.splice(0, 300).join(', ')}`);
    }
    browser = await signIn(headend);
  });
  after(() => headend?.stop());

  const ask = async (method, target, { headers = {}, cookie = browser.cookie, ...more } = {}) => {
    const answer = await headend.request(method, target, { headers: { accept: 'application/json', ...headers }, cookie, ...more });
    api.check(method, target, answer);
    return answer;
  };
  const refused = async (status, code, method, target, options) => {
    const answer = await ask(method, target, options);
    assert.equal(`${answer.status} ${answer.json().code}`, `${status} ${code}`, target);
    assert.equal(answer.json().status, status);
    assert.equal(answer.json().type, `urn:pingplay:problem:${code}`);
    return answer.json();
  };
  const token = async () => (await ask('GET', '/api/v1/session')).json().csrf;

  test('is described route by route', async () => {
    const routes = [...(await text('tools/headend/api/routes.c')).matchAll(/\{"(GET|POST|PUT|PATCH|DELETE|OPTIONS)", "([^"]+)"/g)]
      .map(([, method, pattern]) => `${method} ${pattern.replace(/(\w+)(:\w+|\.\.\.)\}/g, '$1}')}`);
    assert.deepEqual(api.routes.sort(), routes.sort());
    const codes = [...(await text('tools/headend/http/problems.h')).matchAll(/PROBLEM\(\w+, \d+, "([a-z-]+)"\)/g)].map(([, code]) => code);
    assert.deepEqual(api.document.components.schemas.Problem.properties.code.enum, codes);
  });

  test('is what the console was made for', async () => {
    assert.equal(await text('tools/console/src/api/schema.ts'), typesOf(api.document), 'run "npm run types" in tools/console');
  });

  test('lists all screens, page by page, in both directions', async () => {
    for (const [sort, order] of [['name', 1], ['-name', -1]]) {
      const seen = [];
      let target = `/api/v1/screens?limit=500&sort=${sort}`;
      for (let pages = 0; target; pages++) {
        assert.ok(pages < 3, 'the list ends');
        const answer = await ask('GET', target);
        assert.equal(answer.status, 200);
        const { items, next } = answer.json();
        seen.push(...items);
        assert.equal(items.length, pages < 2 ? 500 : 235);
        target = /^<([^>]+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1];
        assert.equal(target ? new URL(target, headend.url).searchParams.get('cursor') : null, next);
      }
      const keys = seen.map(({ name, id }) => `${name} ${id}`);
      assert.deepEqual(keys, [...keys].sort((a, b) => order * (a < b ? -1 : 1)), 'in order, and each once');
      assert.equal(new Set(keys).size, 1235);
    }
  });

  test('lists by state and by when screens were last heard of, page by page', async () => {
    const states = ['trouble', 'offline', 'waiting', 'idle', 'online', 'retired'];
    const keys = { seen: ({ seen, id }) => `${seen ?? ''} ${id}`, state: ({ state, name, id }) => `${states.indexOf(state)} ${name} ${id}` };
    for (const [sort, key] of Object.entries(keys)) {
      for (const order of [1, -1]) {
        const seen = [];
        for (let cursor = ''; cursor !== null;) {
          const page = (await ask('GET', `/api/v1/screens?limit=500&sort=${order < 0 ? '-' : ''}${sort}${cursor && `&cursor=${cursor}`}`)).json();
          seen.push(...page.items.map(key));
          cursor = page.next;
        }
        const sorted = sort === 'state' && order < 0 ? seen : [...seen].sort((a, b) => order * (a < b ? -1 : 1));
        assert.deepEqual(seen, sorted, `${sort} ${order}`);
        assert.deepEqual([seen.length, new Set(seen).size], [1235, 1235]);
      }
    }
  });

  test('a page goes on behind the last one, whatever came and went meanwhile', async () => {
    const first = (await ask('GET', '/api/v1/screens?limit=3&q=screen')).json();
    assert.deepEqual(first.items.map(({ name }) => name), ['Screen 0000', 'Screen 0000', 'Screen 0001']);
    await headend.sql(`DELETE FROM device WHERE id = '${first.items[2].id}'; UPDATE device SET name = 'Screen 0000x' WHERE id = '${first.items[0].id}'`);
    const second = (await ask('GET', `/api/v1/screens?limit=2&q=screen&cursor=${first.next}`)).json();
    assert.deepEqual(second.items.map(({ name, id }) => [name, id.slice(0, 8)]), [['Screen 0001', '00000003'], ['Screen 0002', '00000004']]);
  });

  test('finds by words and by state', async () => {
    const found = async (query) => (await ask('GET', `/api/v1/screens?limit=1000&${query}`)).json().items;
    assert.deepEqual((await found('q=FOYER')).map(({ id }) => id), [screen.id]);
    assert.deepEqual((await found('q=%22%3B--')), []);
    for (const state of api.document.components.schemas.State.enum) {
      assert.ok((await found(`state=${state}`)).every((item) => item.state === state), state);
    }
    assert.equal((await found('state=retired')).length, 13);
    const words = ({ name, site, channel }) => `${name} ${site} ${channel?.id ?? ''} ${channel?.title ?? ''}`.toLowerCase();
    const expected = (await found('state=retired')).filter((item) => words(item).includes('site') && words(item).includes('3'));
    assert.ok(expected.length > 0 && expected.length < 13);
    assert.deepEqual(await found('state=retired&q=site%203'), expected);
  });

  test('refuses parameters that it does not know, that stand twice or that say nothing', async () => {
    const cases = {
      'limit=0': 'limit', 'limit=1001': 'limit', 'limit=': 'limit', 'limit=-1': 'limit', 'limit=1e2': 'limit', limit: 'limit', 'sort=site': 'sort', 'sort=--name': 'sort',
      'state=gone': 'state', 'state=': 'state', 'q=a&q=b': 'q', 'q=%ff': 'q', 'q=%zz': 'q', 'q=%00': 'q', [`q=${'x'.repeat(201)}`]: 'q', 'page=2': 'page', 'Limit=2': 'Limit', '=': '',
      'cursor=': 'cursor', 'cursor=!': 'cursor', 'cursor=WzFd': 'cursor', 'cursor=e30': 'cursor', [`cursor=${'A'.repeat(1500)}`]: 'cursor',
      [`cursor=${Buffer.from('["name","a"]').toString('base64url')}`]: 'cursor', [`cursor=${Buffer.from('["name","a","b","c"]').toString('base64url')}`]: 'cursor',
      [`cursor=${Buffer.from('["-name","a","b"]').toString('base64url')}`]: 'cursor', [`cursor=${Buffer.from('["site","a","b"]').toString('base64url')}`]: 'cursor',
      [`cursor=${Buffer.from('["name","a",2]').toString('base64url')}`]: 'cursor', [`cursor=${Buffer.from('["name","a","b","c"]').toString('base64url')}`]: 'cursor',
      [`sort=seen&cursor=${Buffer.from('["seen","-1","a","b"]').toString('base64url')}`]: 'cursor',
      [`sort=state&cursor=${Buffer.from('["state","gone","a","b"]').toString('base64url')}`]: 'cursor',
    };
    for (const [query, parameter] of Object.entries(cases)) {
      assert.equal((await refused(400, 'query-invalid', 'GET', `/api/v1/screens?${query}`)).parameter, parameter, query);
    }
    assert.equal((await refused(400, 'query-invalid', 'GET', `/api/v1/screens/${screen.id}?limit=2`)).parameter, 'limit');
  });

  test('shows one screen, and says when it is as known', async () => {
    const target = `/api/v1/screens/${screen.id}`;
    await headend.sql(`UPDATE device SET seen = 5 WHERE id = '${screen.id}'`);
    const answer = await ask('GET', target);
    assert.deepEqual([answer.status, answer.json().name, answer.json().channel.id], [200, 'Foyer', 'lobby']);
    assert.match(answer.headers.etag, /^"[0-9a-f]{16}"$/);
    assert.equal((await ask('GET', target, { headers: { 'if-none-match': answer.headers.etag } })).status, 304);
    await headend.sql(`UPDATE device SET name = 'Hall' WHERE id = '${screen.id}'`);
    assert.equal((await ask('GET', target, { headers: { 'if-none-match': answer.headers.etag } })).status, 200);
    await refused(404, 'not-found', 'GET', '/api/v1/screens/00000000-0000-4000-8000-ffffffffffff');
    await refused(404, 'not-found', 'GET', '/api/v1/screens/x');
  });

  test('is for who is signed in, and answers in JSON', async () => {
    await refused(401, 'session-required', 'GET', '/api/v1/screens', { cookie: '' });
    await refused(401, 'session-required', 'GET', '/api/v1/screens', { cookie: '__Host-pingplay-admin=nobody' });
    await refused(406, 'not-acceptable', 'GET', '/api/v1/screens', { headers: { accept: 'text/csv, application/json;q=0' } });
    await refused(431, 'headers-too-large', 'GET', '/api/v1/screens', { headers: { 'x-long': 'x'.repeat(13000) } });
    const answer = await headend.request('PUT', '/api/v1/screens', { cookie: browser.cookie });
    assert.deepEqual([answer.status, answer.headers.allow, answer.json().code], [405, 'GET', 'method-not-allowed']);
  });

  test('changes nothing for a page of another site, which has the cookie and not the token', async () => {
    const other = await signIn(headend);
    const csrf = (await ask('GET', '/api/v1/session', { cookie: other.cookie })).json().csrf;
    const attempts = [{}, { 'pingplay-csrf': '' }, { 'pingplay-csrf': await token() }, { 'pingplay-csrf': csrf.slice(1) },
      { 'pingplay-csrf': csrf, 'sec-fetch-site': 'cross-site' }, { 'pingplay-csrf': csrf, origin: 'https://evil.example' }];
    for (const headers of attempts) await refused(403, 'csrf-token-invalid', 'DELETE', '/api/v1/session', { headers, cookie: other.cookie });
    assert.equal((await ask('DELETE', '/api/v1/session', { headers: { 'pingplay-csrf': csrf }, cookie: other.cookie })).status, 204);
    await refused(401, 'session-required', 'GET', '/api/v1/session', { cookie: other.cookie });
  });

  const signsIn = (body, { headers = {}, ...more } = {}) => ask('POST', '/api/v1/session', { headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body), cookie: '', ...more });

  test('signs in by name and password, with a session of its own each time', async () => {
    const answer = await signsIn({ name: 'admin', password: headend.password });
    assert.equal(answer.status, 200);
    const [header] = answer.headers['set-cookie'];
    assert.match(header, /^__Host-pingplay-admin=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    const [cookie] = header.split(';');
    const known = (await ask('GET', '/api/v1/session', { cookie })).json();
    assert.deepEqual(known, answer.json());
    assert.equal(known.name, 'admin');
    // A session that somebody brings along does not become that of who signs in.
    const again = await signsIn({ name: 'admin', password: headend.password }, { cookie });
    assert.notEqual(again.headers['set-cookie'][0].split(';')[0], cookie);
    assert.notEqual(again.json().csrf, known.csrf);
  });

  test('refuses what is no sign-in, and never says which part was wrong', async () => {
    const details = new Set();
    for (const [name, password] of [['admin', 'wrong password'], ['nobody at all', headend.password]]) {
      const answer = await signsIn({ name, password });
      assert.equal(`${answer.status} ${answer.json().code}`, '403 sign-in-wrong');
      assert.equal(answer.headers['set-cookie'], undefined);
      details.add(answer.text);
    }
    assert.equal(details.size, 1);
    for (const body of ['', '{', '[]', '{}', { name: 'admin' }, { name: 'admin', password: 1 }, { name: 'x'.repeat(101), password: 'y' }, { name: 'a', password: 'x'.repeat(201) }, '{"name":"a","name":"b","password":"c"}']) {
      const answer = await signsIn(body);
      assert.equal(`${answer.status} ${answer.json().code}`, '400 body-invalid', JSON.stringify(body));
    }
    const form = await signsIn('name=admin&password=x', { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    assert.equal(form.status, 415, 'a form of another site cannot be one');
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
      const answer = await signsIn({ name: 'admin', password: headend.password }, { headers });
      assert.equal(`${answer.status} ${answer.json().code} ${answer.headers['set-cookie']}`, '403 csrf-token-invalid undefined');
    }
    assert.equal((await signsIn(`{"name":"${'x'.repeat(3000)}"}`)).status, 413);
  });

  test('lets passwords be tried ever more seldom', async () => {
    const own = await startHeadend();
    try {
      const attempt = (password) => own.request('POST', '/api/v1/session', { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'admin', password }) });
      const seen = [];
      for (let i = 0; i < 5; i++) seen.push(await attempt('wrong'));
      assert.deepEqual(seen.slice(0, 3).map(({ status }) => status), [403, 403, 403]);
      const last = seen.at(-1);
      assert.equal(`${last.status} ${last.json().code}`, '429 too-many-attempts');
      assert.ok(Number(last.headers['retry-after']) >= 1);
      assert.equal((await attempt(own.password)).status, 429, 'the right one waits as well');
    } finally {
      await own.stop();
    }
  });
});
