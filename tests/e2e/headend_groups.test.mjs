// Groups of screens, and settings that cascade: organisation, site, group, screen; through the API, into the screens' states.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

describe('groups and settings', () => {
  let headend;
  let admin;
  let hall;
  let gate;
  const any = { 'if-match': '*' };
  before(async () => {
    const api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, api);
    hall = await enrolDevice(headend, { name: 'Hall', channel: 'lobby' });
    gate = await enrolDevice(headend, { name: 'Gate', channel: 'lobby' });
    await admin.ask('PATCH', `/api/v1/screens/${hall.id}`, { site: 'Rennes / A', tags: ['tall'], time_zone: null, locale: null }, any);
  });
  after(() => headend?.stop());

  const state = async (device, options = {}) => headend.request('GET', '/v1/state', { device, ...options });
  const inEffect = async (device, name) => (await admin.get(`/api/v1/screens/${device.id}/settings`)).json()[name];
  const audited = async () => (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line));
  const rennes = `/api/v1/sites/settings?site=${encodeURIComponent('Rennes / A')}`;
  let group;

  test('each level says what the ones above do not, and each value shows where it comes from', async () => {
    assert.deepEqual((await admin.get('/api/v1/settings')).json(),
      { time_zone: null, locale: null, rotation: null, offline_mark: null, lock_after_s: null, erase_after_s: null });
    assert.equal((await inEffect(hall, 'rotation')).source, 'default');
    assert.equal((await admin.ask('PATCH', '/api/v1/settings', { rotation: 270, locale: 'fr', lock_after_s: 86400 }, any)).status, 200);
    assert.deepEqual(await inEffect(hall, 'rotation'), { value: 270, source: 'organisation' });
    assert.deepEqual(await inEffect(hall, 'locale'), { value: 'fr', source: 'organisation' });
    const sited = await admin.ask('PATCH', rennes, { rotation: 180 }, any);
    assert.equal(sited.json().rotation, 180, sited.text);
    assert.deepEqual(await inEffect(hall, 'rotation'), { value: 180, source: 'site', site: 'Rennes / A' });
    const made = await admin.ask('POST', '/api/v1/groups', { name: 'Tall ones', priority: 3, tags: ['tall'], screens: [gate.id] });
    assert.equal(made.status, 201);
    group = made.json();
    assert.equal(made.headers.location, `/api/v1/groups/${group.id}`);
    assert.deepEqual(group, { id: group.id, name: 'Tall ones', priority: 3, tags: ['tall'], sites: [], screens: [gate.id], count: 2 });
    await admin.ask('PATCH', `/api/v1/groups/${group.id}/settings`, { rotation: 90 }, any);
    assert.deepEqual(await inEffect(hall, 'rotation'), { value: 90, source: 'group', group: { id: group.id, name: 'Tall ones' } });
    const own = await admin.ask('PATCH', `/api/v1/screens/${gate.id}/settings`, { rotation: 0 }, any);
    assert.deepEqual(own.json().rotation, { value: 0, source: 'screen' });
    const [mine, theirs] = [(await state(hall)).json(), (await state(gate)).json()];
    assert.deepEqual([mine.settings.rotation, mine.locale, mine.policy.offline], [90, 'fr', { lock_after_s: 86400 }]);
    assert.deepEqual([theirs.settings.rotation, theirs.locale], [0, 'en'], 'what was chosen at its approval is its own');
    const shown = (await admin.get(`/api/v1/screens/${hall.id}`)).json();
    assert.deepEqual([shown.rotation, shown.locale, shown.lock_after_s], [90, 'fr', 86400]);
    assert.deepEqual((await admin.ask('PATCH', `/api/v1/screens/${gate.id}/settings`, { rotation: null }, any)).json().rotation.source, 'group');
  });

  test('a screen that waits for news hears of a change above it, and one that it does not concern does not', async () => {
    const known = await Promise.all([hall, gate].map(async (device) => (await state(device)).headers.etag));
    const waiting = [hall, gate].map((device, i) => state(device, { headers: { 'if-none-match': known[i], prefer: `wait=${i ? 3 : 30}` } }));
    await new Promise((done) => setTimeout(done, 200));
    await admin.ask('PATCH', rennes, { offline_mark: true }, any);
    const [mine, theirs] = await Promise.all(waiting);
    assert.deepEqual([mine.status, mine.json().settings.offline_mark], [200, true]);
    assert.equal(theirs.status, 304);
  });

  test('what somebody else has changed meanwhile is changed by nobody who has not seen it', async () => {
    for (const place of ['/api/v1/settings', rennes, `/api/v1/groups/${group.id}/settings`, `/api/v1/screens/${hall.id}/settings`]) {
      const tag = (await admin.get(place)).headers.etag;
      assert.equal((await admin.get(place, { 'if-none-match': tag })).status, 304);
      assert.equal((await admin.ask('PATCH', place, { time_zone: 'Europe/Paris' }, { 'if-match': tag })).status, 200, place);
      await admin.refused(412, 'changed-meanwhile', 'PATCH', place, { time_zone: 'Asia/Tokyo' }, { 'if-match': tag });
      await admin.refused(428, 'condition-required', 'PATCH', place, { time_zone: 'Asia/Tokyo' });
    }
    const tag = (await admin.get(`/api/v1/groups/${group.id}`)).headers.etag;
    assert.equal((await admin.ask('PATCH', `/api/v1/groups/${group.id}`, { name: 'Tall' }, { 'if-match': tag })).json().name, 'Tall');
    await admin.refused(412, 'changed-meanwhile', 'PATCH', `/api/v1/groups/${group.id}`, { name: 'Other' }, { 'if-match': tag });
  });

  test('what is no good is refused by its member', async () => {
    const settings = [[{ rotation: 45 }, 'rotation'], [{ rotation: '90' }, 'rotation'], [{ locale: 'xx' }, 'locale'], [{ time_zone: '?' }, 'time_zone'], [{ volume: 5 }, 'volume'],
      [{ lock_after_s: 1 }, 'lock_after_s'], [{ erase_after_s: 90, lock_after_s: 120 }, 'erase_after_s'], [{ offline_mark: 'yes' }, 'offline_mark']];
    for (const place of ['/api/v1/settings', rennes, `/api/v1/groups/${group.id}/settings`]) {
      for (const [body, parameter] of settings) assert.equal((await admin.refused(400, 'body-invalid', 'PATCH', place, body, any)).parameter, parameter, place);
    }
    for (const [body, parameter] of [[{}, 'name'], [{ name: '' }, 'name'], [{ name: 'x', priority: 1001 }, 'priority'], [{ name: 'x', tags: [''] }, 'tags'], [{ name: 'x', sites: ['\u0007'] }, 'sites'],
      [{ name: 'x', tags: Array.from({ length: 65 }, (_, i) => `${i}`) }, 'tags'], [{ name: 'x', screens: 'all' }, 'screens'], [{ name: 'x', add_screens: [] }, 'add_screens']]) {
      assert.equal((await admin.refused(400, 'body-invalid', 'POST', '/api/v1/groups', body)).parameter, parameter, JSON.stringify(body));
    }
    await admin.refused(409, 'state-conflict', 'POST', '/api/v1/groups', { name: 'Tall' });
    for (const place of ['', '/settings']) await admin.refused(404, 'not-found', 'GET', `/api/v1/groups/${hall.id}${place}`);
    await admin.refused(404, 'not-found', 'PATCH', `/api/v1/groups/${hall.id}`, { name: 'x' }, any);
    for (const [query, parameter] of [['', 'site'], ['?site=a&site=b', 'site'], ['?site=a&limit=2', 'limit'], ['?cursor=WyJhIl0', 'cursor'], ['?site=a&sort=name', 'sort']]) {
      assert.equal((await admin.refused(400, 'query-invalid', 'GET', `/api/v1/sites/settings${query}`)).parameter, parameter, query);
    }
    await admin.refused(400, 'body-invalid', 'PATCH', rennes, { site: 'Lyon' }, any);
  });

  test('groups are listed page by page, and say which screens are in them', async () => {
    for (const name of ['Zoo', 'arcade', 'Été']) await admin.ask('POST', '/api/v1/groups', { name });
    const names = [];
    for (let cursor = ''; cursor !== null;) {
      const page = (await admin.get(`/api/v1/groups?limit=2${cursor && `&cursor=${cursor}`}`)).json();
      names.push(...page.items.map(({ name, count }) => `${name} ${count}`));
      cursor = page.next;
    }
    assert.deepEqual(names, ['arcade 0', 'Tall 2', 'Zoo 0', 'Été 0']);
    assert.deepEqual((await admin.get('/api/v1/groups?q=ZO&sort=-name')).json().items.map(({ name }) => name), ['Zoo']);
    const found = async (query) => (await admin.get(`/api/v1/screens?${query}`)).json().items.map(({ name }) => name);
    assert.deepEqual(await found(`group=${group.id}`), ['Gate', 'Hall']);
    assert.deepEqual(await found(`group=${group.id}&tag=tall&sort=state`), ['Hall']);
    await admin.ask('PATCH', `/api/v1/groups/${group.id}`, { remove_screens: [gate.id] }, any);
    assert.deepEqual(await found(`group=${group.id}`), ['Hall']);
  });

  test('who may for one site sees and sets that site alone, and each change is in the audit', async () => {
    const rita = await Person.add(headend, admin.api, 'rita', 'operator:site=Rennes / A');
    assert.equal((await rita.ask('PATCH', rennes, { rotation: 0 }, any)).status, 200);
    const [row] = (await audited()).slice(-1);
    assert.deepEqual([row.operation, row.actor, row.target, row.before.rotation, row.after.rotation], ['site.set', 'rita', 'Rennes / A', 180, 0]);
    await rita.refused(404, 'not-found', 'GET', '/api/v1/sites/settings?site=Lyon');
    await rita.refused(404, 'not-found', 'PATCH', '/api/v1/sites/settings?site=Lyon', { rotation: 0 }, any);
    await rita.refused(403, 'not-permitted', 'GET', '/api/v1/settings');
    await rita.refused(403, 'not-permitted', 'PATCH', '/api/v1/settings', { rotation: 0 }, any);
    await rita.refused(404, 'not-found', 'GET', `/api/v1/screens/${gate.id}/settings`);
    await rita.refused(404, 'not-found', 'PATCH', `/api/v1/screens/${gate.id}/settings`, { rotation: 0 }, any);
    assert.deepEqual((await rita.get('/api/v1/groups')).json().items.map(({ name, count }) => [name, count]), [['Tall', 1]]);
    await admin.ask('PATCH', `/api/v1/groups/${group.id}`, { screens: [gate.id] }, any);
    assert.deepEqual((await rita.get(`/api/v1/groups/${group.id}`)).json().screens, [], 'those elsewhere are not named');
    await admin.ask('PATCH', `/api/v1/groups/${group.id}`, { sites: ['Lyon', 'Rennes / A'] }, any);
    const cho = await Person.add(headend, admin.api, 'cho', 'viewer:channel=lobby');
    for (const [who, sites] of [[rita, ['Rennes / A']], [cho, ['Rennes / A']], [admin, ['Lyon', 'Rennes / A']]]) {
      assert.deepEqual((await who.get(`/api/v1/groups/${group.id}`)).json().sites, sites, 'those of which they see nothing are not named');
      assert.deepEqual((await who.get('/api/v1/groups?q=tall')).json().items[0].sites, sites);
    }
    await admin.ask('PATCH', `/api/v1/groups/${group.id}`, { sites: [] }, any);
    await rita.refused(403, 'not-permitted', 'PATCH', `/api/v1/groups/${group.id}`, { name: 'Mine' }, any);
    await rita.refused(403, 'not-permitted', 'PATCH', `/api/v1/groups/${group.id}/settings`, { rotation: 0 }, any);
    await rita.refused(403, 'not-permitted', 'DELETE', `/api/v1/groups/${group.id}`);
    await admin.ask('PATCH', `/api/v1/groups/${group.id}`, { tags: [] }, any);
    for (const place of ['', '/settings']) await rita.refused(404, 'not-found', 'GET', `/api/v1/groups/${group.id}${place}`);
  });

  test('a group goes with its settings, and its screens have those of their sites', async () => {
    assert.equal((await inEffect(gate, 'rotation')).source, 'group');
    assert.equal((await admin.ask('DELETE', `/api/v1/groups/${group.id}`)).status, 204);
    assert.equal((await inEffect(gate, 'rotation')).source, 'organisation');
    assert.equal((await state(gate)).json().settings.rotation, 270);
    await admin.refused(404, 'not-found', 'DELETE', `/api/v1/groups/${group.id}`);
  });

  test('the command line makes groups and sets each level', async () => {
    await headend.cli('group', 'add', 'Portrait', '--priority', '7', '--tag', 'tall', '--screen', 'Gate');
    assert.match(await headend.cli('group', 'list'), /^Portrait +7 +2$/m);
    assert.equal(JSON.parse(await headend.cli('settings', '--group', 'Portrait', '--rotation', '90')).rotation, 90);
    assert.deepEqual(JSON.parse(await headend.cli('settings', '--screen', 'Gate')).rotation.group.name, 'Portrait');
    assert.equal(JSON.parse(await headend.cli('settings', '--screen', 'Gate', '--rotation', '0')).rotation.source, 'screen');
    assert.equal(JSON.parse(await headend.cli('settings', '--screen', 'Gate', '--inherit', 'rotation')).rotation.source, 'group');
    assert.equal(JSON.parse(await headend.cli('settings', '--site', 'Lyon', '--offline-mark', 'yes')).offline_mark, true);
    assert.equal(JSON.parse(await headend.cli('settings')).rotation, 270);
    await assert.rejects(headend.cli('settings', '--site', 'a', '--group', 'b'), /one of --site, --group and --screen/);
    await assert.rejects(headend.cli('settings', '--group', 'Nobody'), /no such group: Nobody/);
    await headend.cli('group', 'remove', 'Portrait');
    await assert.rejects(headend.cli('group', 'remove', 'Portrait'), /no such group/);
    const [row] = (await audited()).slice(-1);
    assert.deepEqual([row.operation, row.kind, row.before.name], ['group.remove', 'command line', 'Portrait']);
  });

  test('a change for many screens gets to all of them while the server goes on', async () => {
    await headend.sql(`INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created, approved_by)
      WITH RECURSIVE n(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM n WHERE n < 3999)
      SELECT '0000' || n || '-0000-4000-8000-000000000000', CAST('0000' || n || '-0000-4000-8000-00000000' AS ${headend.database ? 'bytea' : 'BLOB'}), 'Screen ' || n, '', 'UTC', 'en', 'active', 0, 'x' FROM n`);
    await admin.ask('PATCH', '/api/v1/settings', { rotation: 180 }, any);
    const last = (await admin.get('/api/v1/screens/00003999-0000-4000-8000-000000000000/settings')).json();
    assert.deepEqual(last.rotation, { value: 180, source: 'organisation' }, JSON.stringify(last));
    for (let waits = 0; ; waits++) {
      if ((await admin.get('/api/v1/screens/00003999-0000-4000-8000-000000000000')).json().rotation === 180) break;
      assert.ok(waits < 300, 'it gets there');
      await new Promise((done) => setTimeout(done, 100));
    }
    assert.equal((await state(gate)).json().settings.rotation, 180);
  });
});
