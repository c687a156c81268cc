// What administrators' programs do with screens, through the API; each answer is held against its description.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import https from 'node:https';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Browser, signIn } from './lib/headend-browser.mjs';
import { deviceAuthorization, enrolDevice, makeKey, startHeadend, thumbprintOf } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

describe('operations on screens', () => {
  let headend;
  let api;
  let browser;
  let csrf;
  let screen;
  let target;
  before(async () => {
    api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    screen = await enrolDevice(headend, { name: 'Hall', channel: 'lobby' });
    await headend.cli('channel', 'add', 'bar', '--title', 'Bar');
    target = `/api/v1/screens/${screen.id}`;
    browser = await signIn(headend);
    csrf = (await headend.request('GET', '/api/v1/session', { cookie: browser.cookie })).json().csrf;
  });
  after(() => headend?.stop());

  const ask = async (method, place, body, headers = {}) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = await headend.request(method, place, { cookie: browser.cookie, ...json,
      headers: { accept: 'application/json', ...(method === 'GET' ? {} : { 'pingplay-csrf': csrf }), ...json.headers, ...headers } });
    if (!answer.headers['content-type']?.startsWith('image/')) api.check(method, place, answer);
    return answer;
  };
  const refused = async (code, parameter, ...request) => {
    const answer = await ask(...request);
    const problem = answer.json();
    assert.deepEqual([problem.code, problem.parameter], [code, parameter], JSON.stringify(problem));
    return answer;
  };
  const etag = async (place = target) => (await ask('GET', place)).headers.etag;
  const audited = async () => (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line));

  test('a screen is changed member by member, and the screen hears of it', async () => {
    const before = (await headend.request('GET', '/v1/state', { device: screen })).json();
    const answer = await ask('PATCH', target, { name: 'Foyer', rotation: 90, offline_mark: true, lock_after_s: 604800 }, { 'if-match': await etag() });
    assert.equal(answer.status, 200);
    assert.deepEqual([answer.json().name, answer.json().rotation, answer.json().channel.id], ['Foyer', 90, 'lobby']);
    assert.equal(answer.headers.etag, await etag());
    const state = (await headend.request('GET', '/v1/state', { device: screen })).json();
    assert.ok(state.version > before.version);
    assert.deepEqual([state.name, state.settings.rotation, state.settings.offline_mark, state.policy.offline.lock_after_s], ['Foyer', 90, true, 604800]);
    assert.equal((await ask('PATCH', target, { channel: null }, { 'if-match': '*' })).json().channel, null);
    assert.equal((await ask('PATCH', target, { channel: 'bar' }, { 'if-match': '*' })).json().channel.id, 'bar');
    const [last] = (await audited()).slice(-1);
    assert.deepEqual([last.operation, last.kind, last.actor, last.before.channel, last.after.channel], ['screen.change', 'person', 'admin', '', 'bar']);
  });

  test('who was slower than somebody else changes nothing; what the screen reports is no change', async () => {
    const known = await etag();
    await headend.sql(`UPDATE device SET seen = 77, report = '{"state":"connecting"}' WHERE id = '${screen.id}'`);
    assert.notEqual(await etag(), known, 'it is another representation');
    assert.equal((await ask('PATCH', target, { name: 'First' }, { 'if-match': `"0000000000000000", ${known}` })).status, 200);
    assert.equal((await refused('changed-meanwhile', undefined, 'PATCH', target, { name: 'Second' }, { 'if-match': known })).status, 412);
    assert.equal((await refused('condition-required', undefined, 'PATCH', target, { name: 'Second' })).status, 428);
    assert.equal((await ask('GET', target)).json().name, 'First');
  });

  test('what is no good is refused by its member, and nothing of the request is done', async () => {
    const cases = [[{ colour: 'red' }, 'colour'], [{ name: '' }, 'name'], [{ name: 'New', rotation: 45 }, 'rotation'], [{ name: 'New', rotation: '90' }, 'rotation'],
      [{ channel: 'nowhere' }, 'channel'], [{ channel: 'No!' }, 'channel'], [{ time_zone: '?' }, 'time_zone'], [{ lock_after_s: 1 }, 'lock_after_s'],
      [{ channel_title: 'New' }, 'channel_title'], [{ channel: null, channel_title: 'New' }, 'channel_title'], [{ channel: 'new', channel_title: '' }, 'channel_title'],
      [{ screen: screen.id }, 'screen'], [{ name: null }, 'name'], [{ lock_after_s: null, erase_after_s: 90 }, 'erase_after_s'], [{ access: 'cookie' }, 'access']];
    for (const [body, parameter] of cases) await refused('body-invalid', parameter, 'PATCH', target, body, { 'if-match': '*' });
    const long = `a${'é'.repeat(40)}`; // which answers cut, and not within a character
    for (const answer of [await ask('PATCH', target, { [long]: 1 }, { 'if-match': '*' }), await ask('POST', '/api/v1/screens/actions', { action: 'change', screens: [long, screen.id], request: { [long]: 1 } })]) {
      assert.ok(!answer.text.includes('\ufffd'), answer.text);
    }
    for (const text of ['', '[]', '{', '{"name":"a","name":"b"}']) {
      const answer = await headend.request('PATCH', target, { cookie: browser.cookie, body: text,
        headers: { 'pingplay-csrf': csrf, 'content-type': 'application/json', 'if-match': '*', accept: 'application/json' } });
      assert.equal(answer.json().code, 'body-invalid', text);
    }
    assert.equal((await ask('GET', target)).json().name, 'First');
  });

  test('a command is asked once for each key, and its receipts are read', async () => {
    const first = await ask('POST', `${target}/commands`, { name: 'identify', arguments: { seconds: 20 } }, { 'idempotency-key': 'a-1' });
    assert.deepEqual([first.status, first.json().outcome, first.json().arguments], [201, 'waiting', { seconds: 20 }]);
    const again = await ask('POST', `${target}/commands`, { name: 'identify', arguments: { seconds: 20 } }, { 'idempotency-key': 'a-1' });
    assert.equal(again.json().id, first.json().id);
    await refused('state-conflict', undefined, 'POST', `${target}/commands`, { name: 'reboot' }, { 'idempotency-key': 'a-1' });
    await refused('header-invalid', undefined, 'POST', `${target}/commands`, { name: 'reboot' }, { 'idempotency-key': 'x'.repeat(65) });
    const other = await ask('POST', `${target}/commands`, { name: 'display', argument: 'off' });
    const { items } = (await ask('GET', `${target}/commands`)).json();
    assert.deepEqual(items.map(({ id }) => id), [other.json().id, first.json().id]);
    const one = (await ask('GET', `${target}/commands/${first.json().id}`)).json();
    assert.deepEqual([one.name, one.receipt, one.result], ['identify', null, null]);
    const state = (await headend.request('GET', '/v1/state', { device: screen })).json();
    assert.deepEqual(state.commands.map(({ id, name }) => [id, name]), [[first.json().id, 'identify'], [other.json().id, 'display']]);
    assert.deepEqual(state.commands.map(({ args }) => args), [first.json().arguments, other.json().arguments]);
    for (const [body, parameter] of [[{ name: 'shell' }, 'name'], [{ name: 'identify', arguments: { seconds: -1 } }, 'arguments'],
      [{ name: 'identify', arguments: { colour: 1 } }, 'arguments'], [{ name: 'identify', lifetime_s: 1 }, 'lifetime_s'], [{ name: 'reboot', key: 'a' }, 'key']]) {
      await refused('body-invalid', parameter, 'POST', `${target}/commands`, body);
    }
    await refused('not-found', undefined, 'GET', `${target}/commands/${screen.id}`);
    await refused('not-found', undefined, 'GET', `${target}/picture`, undefined, { accept: 'image/png' });
  });

  test('a screen that waits is listed, looked up by its code and approved, and no answer tells the group that is asked for', async () => {
    const thumbprint = thumbprintOf(makeKey());
    const codes = [];
    for (let i = 0; i < 2; i++) codes.push((await deviceAuthorization(headend, thumbprint)).json().user_code);
    const shown = (await headend.fingerprintShown(codes[0])).split(' ');
    const found = await Promise.all(codes.map(async (code) => (await ask('GET', `/api/v1/enrolments/${code}`)).json()));
    for (const one of found) assert.deepEqual(one.fingerprint, shown.map((group, i) => (i === one.asked - 1 ? null : group)));
    const [listed] = (await ask('GET', '/api/v1/enrolments')).json().items;
    assert.deepEqual(listed.fingerprint, shown.map((group, i) => (found.some(({ asked }) => asked === i + 1) ? null : group)));
    const place = `/api/v1/enrolments/${codes[0]}`;
    assert.equal((await refused('fingerprint-wrong', undefined, 'POST', `${place}/approve`, { fingerprint: '0000', name: 'New' })).status, 403);
    assert.equal((await ask('GET', place)).json().wrong, 1, 'a wrong answer counts');
    assert.deepEqual((await audited()).slice(-1).map(({ operation, outcome }) => [operation, outcome]), [['enrolment.approve', 'refused']]);
    await refused('body-invalid', 'name', 'POST', `${place}/approve`, { fingerprint: shown[0] });
    const answer = await ask('POST', `${place}/approve`, { fingerprint: shown[found[0].asked - 1], name: 'New', site: 'Rennes', channel: 'bar' });
    assert.equal(answer.status, 200);
    assert.deepEqual((({ name, site, state }) => [name, site, state])((await ask('GET', `/api/v1/screens/${answer.json().id}`)).json()), ['New', 'Rennes', 'waiting']);
    await refused('state-conflict', undefined, 'POST', `${place}/approve`, { fingerprint: shown[0], name: 'New' });
    await refused('not-found', undefined, 'GET', '/api/v1/enrolments/BCDF-GHJK');
    const third = (await deviceAuthorization(headend, thumbprintOf(makeKey()))).json().user_code;
    assert.equal((await ask('POST', `/api/v1/enrolments/${third}/refuse`)).status, 204);
    await refused('state-conflict', undefined, 'GET', `/api/v1/enrolments/${third}`);
  });

  test('a screen is retired, restored, and forgotten once it is retired', async () => {
    const { id } = await enrolDevice(headend, { name: 'Old', channel: 'lobby' });
    const place = `/api/v1/screens/${id}`;
    assert.equal((await refused('state-conflict', undefined, 'DELETE', place)).status, 409);
    for (const [action, state] of [['retire', 'retired'], ['restore', 'waiting'], ['retire', 'retired']]) {
      assert.equal((await ask('POST', `${place}/${action}`)).status, 204, action);
      assert.equal((await ask('GET', place)).json().state === 'retired', state === 'retired');
    }
    assert.equal((await ask('DELETE', place)).status, 204);
    await refused('not-found', undefined, 'GET', place);
  });

  test('many at once: each is told by itself, and those that fail keep nobody from it', async () => {
    const made = [];
    for (const name of ['One', 'Two', 'Three']) made.push((await enrolDevice(headend, { name, channel: 'lobby' })).id);
    await ask('POST', `/api/v1/screens/${made[1]}/retire`);
    const screens = [...made, '00000000-0000-4000-8000-ffffffffffff'];
    const answer = await ask('POST', '/api/v1/screens/actions', { action: 'change', screens, request: { site: 'Lyon' } });
    assert.deepEqual(answer.json().items.map(({ id, outcome }) => [id, outcome]), [[made[0], 'done'], [made[1], 'refused'], [made[2], 'done'], [screens[3], 'not-found']]);
    assert.equal((await ask('GET', `/api/v1/screens/${made[2]}`)).json().site, 'Lyon');
    const asked = (await ask('POST', '/api/v1/screens/actions', { action: 'command', screens: [made[0]], request: { name: 'reboot' } })).json().items[0];
    assert.equal((await ask('GET', `/api/v1/screens/${made[0]}/commands`)).json().items[0].id, asked.value.id);
    await refused('body-invalid', 'screens', 'POST', '/api/v1/screens/actions', { action: 'retire', screens: Array(501).fill(made[0]) });
    await refused('body-invalid', 'action', 'POST', '/api/v1/screens/actions', { action: 'paint', screens: [] });
  });

  test('screens are tagged, one or many or by the command line, and found by their tags', async () => {
    const screens = [];
    for (const name of ['Tall one', 'Tall two']) screens.push(await enrolDevice(headend, { name, channel: 'lobby' }));
    const made = screens.map(({ id }) => id);
    const place = `/api/v1/screens/${made[0]}`;
    const tagged = await ask('PATCH', place, { tags: ['tall', 'hall'], site: 'Rennes' }, { 'if-match': await etag(place) });
    assert.deepEqual(tagged.json().tags, ['hall', 'tall']);
    const known = tagged.headers.etag;
    await ask('POST', '/api/v1/screens/actions', { action: 'change', screens: made, request: { add_tags: ['tall', '4K'], remove_tags: ['hall'] } });
    await refused('changed-meanwhile', undefined, 'PATCH', place, { name: 'Late' }, { 'if-match': known });
    await headend.cli('screen', 'set', made[1], '--tag', 'entrance', '--untag', 'tall');
    assert.deepEqual(JSON.parse(await headend.cli('screen', 'show', made[1])).tags, ['4K', 'entrance']);
    const found = async (query) => (await ask('GET', `/api/v1/screens?${query}`)).json().items.map(({ name, tags }) => [name, tags]);
    assert.deepEqual(await found('tag=4K&sort=-name'), [['Tall two', ['4K', 'entrance']], ['Tall one', ['4K', 'tall']]]);
    assert.deepEqual(await found(`tag=4K&site=Rennes&channel=lobby&q=tall&state=${tagged.json().state}`), [['Tall one', ['4K', 'tall']]]);
    assert.deepEqual(await found('tag=4K&problem=any'), []);
    assert.deepEqual(await found('tag=hall'), []);
    await headend.request('POST', '/v1/status', { device: screens[1], headers: { 'content-type': 'application/json' }, body: JSON.stringify({ state: 'online', software: '9.8.7' }) });
    assert.deepEqual((await ask('GET', '/api/v1/screens?software=9.8.7')).json().items.map(({ name, software, picture }) => [name, software, picture]), [['Tall two', '9.8.7', null]]);
    assert.deepEqual([await found('software=9.8'), (await ask('GET', '/api/v1/screens/count?software=9.8.7')).json().count], [[], 1]);
    const [last] = (await audited()).filter(({ operation, target: on }) => operation === 'screen.change' && on === made[1]).slice(-1);
    assert.deepEqual([last.before.tags, last.after.tags], [['4K', 'tall'], ['4K', 'entrance']]);
    for (const [body, parameter] of [[{ tags: [''] }, 'tags'], [{ tags: 'tall' }, 'tags'], [{ add_tags: ['a\nb'] }, 'add_tags'], [{ tags: [1] }, 'tags'],
      [{ tags: Array.from({ length: 33 }, (_, i) => `t${i}`) }, 'tags'], [{ tags: ['x'.repeat(51)] }, 'tags']]) {
      await refused('body-invalid', parameter, 'PATCH', place, body, { 'if-match': '*' });
    }
    assert.deepEqual((await ask('GET', place)).json().tags, ['4K', 'tall']);
  });

  test('many at once are found by a filter, which has to find as many as was said', async () => {
    const made = [];
    for (const name of ['Kiosk 1', 'Kiosk 2', 'Kiosk 3']) made.push((await enrolDevice(headend, { name, channel: 'bar' })).id);
    await ask('POST', '/api/v1/screens/actions', { action: 'change', screens: made, request: { site: 'Quimper', add_tags: ['kiosk'] } });
    const counted = async (query) => (await ask('GET', `/api/v1/screens/count?${query}`)).json();
    assert.deepEqual(await counted('tag=kiosk&site=Quimper&channel=bar&q=kiosk'), { count: 3, more: false });
    const act = (body) => ['POST', '/api/v1/screens/actions', { action: 'change', request: { rotation: 180 }, ...body }];
    const filter = { tag: 'kiosk', site: 'Quimper' };
    const differs = await refused('count-differs', 'count', ...act({ filter, count: 2 }));
    assert.deepEqual([differs.status, differs.json().detail], [409, 'the filter finds 3 screens now']);
    assert.equal((await ask('GET', `/api/v1/screens/${made[0]}`)).json().rotation, 0, 'nothing is done');
    const answer = (await ask(...act({ filter, count: 3 }))).json();
    assert.deepEqual(answer.items.map(({ id, outcome }) => [id, outcome]), made.map((id) => [id, 'done']));
    assert.equal((await ask('GET', `/api/v1/screens/${made[2]}`)).json().rotation, 180);
    const [last] = (await audited()).slice(-1);
    assert.deepEqual([last.operation, last.after], ['screens.act', { action: 'change', filter, screens: 3 }]);
    for (const [body, parameter] of [[{ filter }, 'count'], [{}, 'screens'], [{ filter, count: 3, screens: made }, 'screens'], [{ filter: { colour: 'red' }, count: 0 }, 'filter'],
      [{ filter: { tag: 5 }, count: 0 }, 'filter'], [{ filter: { state: 'gone' }, count: 0 }, 'filter'], [{ filter: [], count: 0 }, 'filter']]) {
      await refused('body-invalid', parameter, ...act(body));
    }
    await refused('query-invalid', 'limit', 'GET', '/api/v1/screens/count?limit=5');
  });

  test('sites and tags are listed with how many screens there are', async () => {
    await headend.sql("UPDATE device SET seen = 5, status = 'active' WHERE name = 'Kiosk 1'");
    const listed = async (what) => {
      const items = [];
      for (let cursor = ''; cursor !== null;) {
        const page = (await ask('GET', `/api/v1/${what}?limit=1${cursor && `&cursor=${cursor}`}`)).json();
        items.push(...page.items);
        cursor = page.next;
      }
      return items;
    };
    const sites = await listed('sites');
    assert.deepEqual(sites.find(({ name }) => name === 'Quimper'), { name: 'Quimper', screens: 3, offline: 1, trouble: 0 });
    assert.deepEqual(sites.map(({ name }) => name), [...sites.map(({ name }) => name)].sort());
    const tags = await listed('tags');
    assert.deepEqual(tags.find(({ name }) => name === 'kiosk'), { name: 'kiosk', screens: 3, offline: 1, trouble: 0 });
    assert.equal((await ask('GET', '/api/v1/sites?sort=-name')).json().items.at(-1).name, sites[0].name);
    await refused('query-invalid', 'q', 'GET', '/api/v1/sites?q=a');
  });

  test('timeline and reports', async () => {
    const item = { id: '6b373e71-c470-49d9-9265-112494d3c72e', time: '2026-01-05T08:00:00Z', kind: 'sync', detail: { bytes: 1 } };
    const sent = await headend.request('POST', '/v1/events', { device: screen, headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ batch: '7b373e71-c470-49d9-9265-112494d3c72e', items: [item] }) });
    assert.ok(sent.status < 300, sent.text);
    assert.deepEqual((await ask('GET', `${target}/events`)).json().items.map(({ kind }) => kind), ['sync']);
    const reports = (await ask('GET', `${target}/reports`)).json();
    assert.deepEqual([reports.events, reports.plays, reports.events_lost], [1, 0, 0]);
  });

  test('of a grant for a site, the list, the screens and the events are that site alone, and the pages are none', async () => {
    const names = [];
    for (const [name, site] of [['In', 'Brest'], ['Out', 'Nantes']]) {
      const { id } = await enrolDevice(headend, { name, channel: 'lobby' });
      await headend.cli('screen', 'set', id, '--site', site);
      names.push(id);
    }
    await headend.cliInput('long enough\n', 'user', 'add', 'ann', '--role', 'operator:site=Brest', '--password-stdin');
    const ann = new Browser(headend);
    await ann.signIn('ann', 'long enough');
    const session = (await headend.request('GET', '/api/v1/session', { cookie: ann.cookie })).json();
    const listed = (await headend.request('GET', '/api/v1/screens?limit=1000', { cookie: ann.cookie, headers: { accept: 'application/json' } })).json();
    assert.deepEqual(listed.items.map(({ name }) => name), ['In']);
    const change = (id, body) => headend.request('PATCH', `/api/v1/screens/${id}`, { cookie: ann.cookie, body: JSON.stringify(body),
      headers: { accept: 'application/json', 'content-type': 'application/json', 'if-match': '*', 'pingplay-csrf': session.csrf } });
    assert.equal((await change(names[0], { name: 'Inner' })).status, 200);
    assert.equal((await change(names[0], { site: 'Nantes' })).status, 403);
    assert.equal((await change(names[1], { name: 'Mine' })).status, 404);
    assert.equal((await ann.get('/admin/screens')).status, 403);
    assert.equal((await ann.get(`/admin/screens/${names[0]}`)).status, 403);
    const events = await new Promise((resolve, reject) => {
      const call = https.get({ host: 'localhost', port: headend.port, ca: headend.ca, path: '/api/v1/events', headers: { cookie: ann.cookie, accept: 'text/event-stream' } }, (response) => {
        let text = '';
        response.on('data', async (data) => {
          const first = !text;
          text += data;
          if (first) {
            await headend.cli('screen', 'set', names[1], '--name', 'Outer');
            await headend.cli('screen', 'set', names[0], '--name', 'Innermost');
          }
          if (text.includes(names[0])) { call.destroy(); resolve(text); }
        });
      });
      call.on('error', reject);
    });
    assert.ok(!events.includes(names[1]));
    await assert.rejects(headend.cli('user', 'roles', 'admin', '--role', 'viewer'), /nobody else is an administrator/);
  });

  test('a title without a channel is refused, of one screen, of many and at its approval, and a channel is made by nobody who may not make one', async () => {
    const any = { 'if-match': '*' };
    const site = await Person.add(headend, api, 'sam', 'operator:site=Nantes');
    const device = await enrolDevice(headend, { name: 'Nantes', channel: 'lobby' });
    const place = `/api/v1/screens/${device.id}`;
    await ask('PATCH', place, { site: 'Nantes' }, any);
    const known = async () => (await ask('GET', '/api/v1/channels?limit=200')).json().items.map(({ id }) => id).sort();
    const before = await known();
    assert.equal((await site.refused(400, 'body-invalid', 'PATCH', place, { channel_title: 'x' }, any)).parameter, 'channel_title');
    const many = (await site.ask('POST', '/api/v1/screens/actions', { action: 'change', screens: [device.id], request: { channel_title: 'x' } })).json().items;
    assert.deepEqual(many.map(({ outcome, detail }) => [outcome, detail]), [['refused', 'channel_title: goes with a channel']]);
    for (const body of [{ channel: 'mine', channel_title: 'Mine' }, { channel: 'mine' }]) {
      assert.equal((await site.refused(400, 'body-invalid', 'PATCH', place, body, any)).parameter, 'channel');
    }
    const { user_code: code } = (await deviceAuthorization(headend, thumbprintOf(makeKey()))).json();
    const enrolment = `/api/v1/enrolments/${code}`;
    const shown = (await headend.fingerprintShown(code)).split(' ');
    const request = { fingerprint: shown[(await site.get(enrolment)).json().asked - 1], name: 'New', site: 'Nantes' };
    assert.equal((await site.refused(400, 'body-invalid', 'POST', `${enrolment}/approve`, { ...request, channel_title: 'x' })).parameter, 'channel_title');
    for (const more of [{ channel: 'mine', channel_title: 'Mine' }, { channel: 'mine' }]) {
      assert.equal((await site.refused(400, 'body-invalid', 'POST', `${enrolment}/approve`, { ...request, ...more })).parameter, 'channel');
    }
    assert.deepEqual(await known(), before);
    assert.equal((await site.ask('POST', `${enrolment}/approve`, { ...request, channel: 'bar' })).status, 200, 'one that is there');
    assert.equal((await ask('PATCH', place, { channel: 'mine', channel_title: 'Mine' }, any)).json().channel.id, 'mine');
  });

  test('whoever may only look changes nothing by any route, and each attempt is written down', async () => {
    await headend.sql("UPDATE admin_grant SET role = 'viewer'");
    const code = (await deviceAuthorization(headend, thumbprintOf(makeKey()))).json().user_code;
    const own = /^\S+ \/api\/v1\/(sessions?|setup|uploads|passkeys|account)\b/;
    const read = /(messages\/(count|picture)|schedule\/calendar)$/; // by POST, and nothing changes
    const changing = api.routes.filter((route) => !/^(GET|OPTIONS) /.test(route) && !own.test(route) && !read.test(route));
    assert.ok(changing.length >= 9);
    for (const route of changing) {
      const [method, pattern] = route.split(' ');
      const rows = (await audited()).length;
      const needed = (api.document.paths[pattern][method.toLowerCase()].parameters ?? []).concat(api.document.paths[pattern].parameters ?? []).filter((one) => one.in === 'query' && one.required);
      const place = pattern.replace('{id}', screen.id).replace('{command}', screen.id).replace('{code}', code).replace('{job}', screen.id).replace('{number}', '1') + needed.map(({ name }) => `?${name}=x`).join('');
      const hasBody = api.document.paths[pattern][method.toLowerCase()].requestBody;
      const answer = await ask(method, place, hasBody ? {} : undefined, { 'if-match': '*', accept: '*/*' });
      assert.equal(`${route}: ${answer.status} ${answer.json().code}`, `${route}: 403 not-permitted`);
      const all = await audited();
      assert.deepEqual([all.length, all.at(-1).outcome, all.at(-1).actor], [rows + 1, 'denied', 'admin'], route);
    }
    assert.equal((await ask('GET', target)).status, 200);
    assert.equal((await ask('GET', '/api/v1/enrolments')).status, 403);
    await headend.sql("UPDATE admin_grant SET scope = 'site', value = 'Elsewhere'");
    assert.deepEqual((await ask('GET', '/api/v1/sites')).json().items, []);
    assert.deepEqual((await ask('GET', '/api/v1/tags')).json().items, []);
    assert.equal((await ask('GET', '/api/v1/screens/count')).json().count, 0);
    for (const more of ['', '/commands', '/picture', '/events', '/reports']) {
      assert.equal((await ask('GET', `${target}${more}`, undefined, more === '/picture' ? { accept: 'image/png' } : {})).status, 404, more);
    }
    await refused('not-found', undefined, 'POST', `${target}/retire`);
  });
});
