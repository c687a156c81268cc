// Channels through the API: listed, made, described and changed by who may.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

describe('channels', () => {
  let headend;
  let admin;
  before(async () => {
    const api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, api);
  });
  after(() => headend?.stop());

  const titles = async (query, who = admin) => (await who.get(`/api/v1/channels?${query}`)).json().items.map(({ title }) => title);
  const audited = async () => (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line));

  test('are made with an id or without, each once', async () => {
    const cafe = await admin.ask('POST', '/api/v1/channels', { title: 'Café & Bar' });
    assert.deepEqual([cafe.status, cafe.headers.location], [201, '/api/v1/channels/cafe-bar']);
    assert.deepEqual(cafe.json(), { id: 'cafe-bar', title: 'Café & Bar', publish: null, published: null, warnings: [], networks: [] });
    assert.equal((await admin.ask('POST', '/api/v1/channels', { id: 'hall-2', title: 'Hall' })).json().id, 'hall-2');
    assert.equal((await headend.cli('channel', 'add', 'lobby', '--title', 'Lobby')).trim(), 'lobby');
    const [row] = (await audited()).slice(-1);
    assert.deepEqual([row.operation, row.kind, row.target, row.after], ['channel.add', 'command line', 'lobby', { networks: [], title: 'Lobby' }]);
    await admin.refused(409, 'state-conflict', 'POST', '/api/v1/channels', { title: 'Café: Bar' });
    await assert.rejects(headend.cli('channel', 'add', 'lobby'), /there is a channel "lobby" already/);
    for (const [body, parameter] of [[{ title: '' }, 'title'], [{ title: '日本' }, 'title'], [{ title: 'x'.repeat(101) }, 'title'], [{ id: 'No', title: 'x' }, 'id'], [{ id: '-a', title: 'x' }, 'id'],
      [{ title: 'x', networks: [] }, 'networks'], [{ title: 5 }, 'title']]) {
      assert.equal((await admin.refused(400, 'body-invalid', 'POST', '/api/v1/channels', body)).parameter, parameter, JSON.stringify(body));
    }
  });

  test('are listed page by page and found by title and id, with their screens', async () => {
    await enrolDevice(headend, { name: 'Door', channel: 'lobby' });
    for (let i = 0; i < 5; i++) await admin.ask('POST', '/api/v1/channels', { title: `Zone ${i}` });
    assert.deepEqual(await titles('q=CAF%C3%89'), ['Café & Bar']);
    assert.deepEqual(await titles('q=hall-2'), ['Hall']);
    assert.deepEqual(await titles('q=%25'), []);
    const [lobby] = (await admin.get('/api/v1/channels?q=lobby')).json().items;
    assert.deepEqual(lobby, { id: 'lobby', title: 'Lobby', publish: null, published: null, screens: 1, warnings: 0 });
    for (const [sort, expected] of [['title', (a) => a], ['-title', (a) => a.reverse()]]) {
      const seen = [];
      for (let target = `/api/v1/channels?limit=3&sort=${sort}`; target;) {
        const answer = await admin.get(target);
        seen.push(...answer.json().items.map(({ title }) => title));
        target = /^<([^>]+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1];
      }
      assert.deepEqual(seen, expected(['Café & Bar', 'Hall', 'Lobby', 'Zone 0', 'Zone 1', 'Zone 2', 'Zone 3', 'Zone 4']));
    }
    await admin.refused(400, 'query-invalid', 'GET', '/api/v1/channels?sort=id');
  });

  test('are changed by who knows how they are; their screens hear of networks', async () => {
    const place = '/api/v1/channels/lobby';
    const { etag } = (await admin.get(place)).headers;
    await admin.refused(428, 'condition-required', 'PATCH', place, { title: 'Foyer' });
    const answer = await admin.ask('PATCH', place, { title: 'Foyer', networks: ['192.0.2.0/24', '2001:db8::/32'] }, { 'if-match': etag });
    assert.deepEqual([answer.status, answer.json().title, answer.json().networks], [200, 'Foyer', ['192.0.2.0/24', '2001:db8::/32']], answer.text);
    await admin.refused(412, 'changed-meanwhile', 'PATCH', place, { title: 'x' }, { 'if-match': etag });
    assert.deepEqual(JSON.parse(await headend.cli('network', 'list', '--json')).channels.lobby, ['192.0.2.0/24', '2001:db8::/32']);
    const [row] = (await audited()).slice(-1);
    assert.deepEqual([row.operation, row.actor, row.before, row.after], ['channel.change', 'admin', { networks: [], title: 'Lobby' }, { networks: ['192.0.2.0/24', '2001:db8::/32'], title: 'Foyer' }]);
    for (const [body, parameter] of [[{ title: '' }, 'title'], [{ networks: ['everywhere'] }, 'networks'], [{ title: 'ok', networks: [5] }, 'networks'], [{ channel: 'bar' }, 'channel'], [{ id: 'x' }, 'id']]) {
      assert.equal((await admin.refused(400, 'body-invalid', 'PATCH', place, body, { 'if-match': '*' })).parameter, parameter, JSON.stringify(body));
    }
    assert.equal((await admin.get(place)).json().title, 'Foyer');
    await admin.refused(404, 'not-found', 'GET', '/api/v1/channels/nowhere');
    await admin.refused(404, 'not-found', 'PATCH', '/api/v1/channels/nowhere', { title: 'x' }, { 'if-match': '*' });
  });

  test('of a grant for one channel that one alone is there; of which an editor changes the title, and not the networks', async () => {
    const ed = await Person.add(headend, admin.api, 'ed', 'editor:channel=lobby');
    const vi = await Person.add(headend, admin.api, 'vi', 'viewer');
    assert.deepEqual(await titles('', ed), ['Foyer']);
    assert.equal((await titles('', vi)).length, 8);
    for (const method of ['GET', 'PATCH']) {
      await ed.refused(404, 'not-found', method, '/api/v1/channels/cafe-bar', method === 'GET' ? undefined : { title: 'Mine' }, { 'if-match': '"x"' });
    }
    assert.equal((await ed.ask('PATCH', '/api/v1/channels/lobby', { title: 'Hall of Ed' }, { 'if-match': '*' })).status, 200);
    await ed.refused(403, 'not-permitted', 'PATCH', '/api/v1/channels/lobby', { title: 'Both', networks: [] }, { 'if-match': '*' });
    assert.equal((await admin.get('/api/v1/channels/lobby')).json().title, 'Hall of Ed');
    assert.deepEqual((await audited()).slice(-1).map(({ operation, outcome, actor }) => [operation, outcome, actor]), [['channel.change', 'denied', 'ed']]);
    await ed.refused(403, 'not-permitted', 'POST', '/api/v1/channels', { title: 'Mine' });
    await vi.refused(403, 'not-permitted', 'PATCH', '/api/v1/channels/lobby', { title: 'Mine' }, { 'if-match': '*' });
    assert.equal((await headend.request('GET', '/api/v1/channels')).status, 401);
  });
});
