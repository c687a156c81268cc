// Urgent messages through the API: whom they are for, who may send them, what screens are told in their states, what comes back.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { enrolDevice, startHeadend, waitingPoll } from './lib/headend.mjs';
import { schemaErrors } from './lib/json-schema.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { near } from './lib/png.mjs';
import { readJpeg } from './lib/preview.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const PLACE = '/api/v1/messages';
const texts = [{ language: 'en', title: 'Leave the building', text: 'Use the stairs.' }, { language: 'fr', title: 'Quittez le bâtiment' }];

describe('urgent messages through the API', () => {
  let headend;
  let api;
  let admin;
  let hall;
  let gate;
  let lyon;
  let schema;
  before(async () => {
    schema = JSON.parse(await readFile(path.join(root, 'assets/schema/state.schema.json'), 'utf8'));
    api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, api);
    [hall, gate, lyon] = [await enrolDevice(headend, { name: 'Hall', channel: 'lobby', site: 'Rennes' }), await enrolDevice(headend, { name: 'Gate', channel: 'lobby', site: 'Rennes' }),
      await enrolDevice(headend, { name: 'Quai', channel: 'lobby', site: 'Lyon' })];
    await admin.ask('PATCH', `/api/v1/screens/${gate.id}`, { tags: ['door'] }, { 'if-match': '*' });
  });
  after(() => headend?.stop());

  const state = async (device) => {
    const document = (await headend.request('GET', '/v1/state', { device })).json();
    assert.deepEqual(schemaErrors(schema.properties.messages, document.messages ?? [], schema), []);
    return document;
  };
  const told = async (device) => ((await state(device)).messages ?? []).map(({ id }) => id);
  const send = async (person, more = {}, headers = {}) => {
    const answer = await person.ask('POST', PLACE, { severity: 'severe', texts, targets: { all: true }, duration_s: 600, ...more }, headers);
    assert.equal(answer.status, 201, answer.text);
    return answer.json();
  };
  const cancel = (person, { id }) => person.ask('POST', `${PLACE}/${id}/cancel`);
  const count = async (person, targets) => (await person.ask('POST', `${PLACE}/count`, { targets })).json().count;

  test('one is for those that it was counted for, wakes their long polls, and goes from their states when it is cancelled', async () => {
    assert.deepEqual([await count(admin, { all: true }), await count(admin, { sites: ['Rennes'] }), await count(admin, { tags: ['door'], screens: [lyon.id] })], [3, 2, 2]);
    const etag = (await headend.request('GET', '/v1/state', { device: hall })).headers.etag;
    const poll = await waitingPoll(headend, hall, etag);
    const message = await send(admin, { targets: { sites: ['Rennes'] }, count: 2 });
    assert.deepEqual([message.state, message.style, message.sound, message.screens, message.shown, message.cancelled], ['running', 'full', 'mute', 2, 0, null]);
    assert.equal((await poll.answer).status, 200);
    const [wanted] = (await state(hall)).messages;
    assert.deepEqual({ ...wanted, from: 0, until: 0 }, { id: message.id, severity: 'severe', style: 'full', sound: 'mute', from: 0, until: 0, texts });
    assert.equal(wanted.until - wanted.from, 600);
    assert.deepEqual([await told(gate), await told(lyon)], [[message.id], []]);
    const shown = (await admin.get(`${PLACE}/${message.id}`)).json();
    assert.deepEqual(shown.recipients.map(({ name, shown: is }) => [name, is]), [['Gate', false], ['Hall', false]]);
    const ended = (await cancel(admin, message)).json();
    assert.equal(ended.state, 'cancelled');
    assert.deepEqual((await cancel(admin, message)).json(), ended, 'again changes nothing');
    assert.deepEqual([await told(hall), await told(gate)], [[], []]);
  });

  test('a screen that reports that it shows one is counted, and one that it is not for does not count', async () => {
    const message = await send(admin, { severity: 'warning', targets: { screens: [hall.id, gate.id] } });
    assert.deepEqual([message.style, message.sound], ['band', 'duck']);
    const report = async (shown) => headend.request('POST', '/v1/status', { device: hall, headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state: 'online', messages: [{ id: message.id, shown }] }) });
    assert.equal((await report(true)).status, 204);
    const after = (await admin.get(`${PLACE}/${message.id}`)).json();
    assert.deepEqual([after.shown, after.recipients.map(({ name, shown, since }) => [name, shown, since !== null])], [1, [['Gate', false, false], ['Hall', true, true]]]);
    await report(false);
    assert.equal((await admin.get(`${PLACE}/${message.id}`)).json().shown, 0);
    await report(true);
    await headend.request('POST', '/v1/status', { device: lyon, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ state: 'online', messages: [{ id: message.id, shown: true }] }) });
    assert.equal((await admin.get(`${PLACE}/${message.id}`)).json().shown, 1);
    await cancel(admin, message);
  });

  test('the same key is the same message, another one with it is refused, and so is another number of screens', async () => {
    const key = { 'idempotency-key': 'fire-1' };
    const first = await send(admin, {}, key);
    assert.equal((await send(admin, {}, key)).id, first.id);
    await admin.refused(409, 'state-conflict', 'POST', PLACE, { severity: 'info', texts, targets: { all: true }, duration_s: 600 }, key);
    await admin.refused(400, 'header-invalid', 'POST', PLACE, { severity: 'info', texts, targets: { all: true }, duration_s: 600 }, { 'idempotency-key': 'x'.repeat(65) });
    await admin.refused(409, 'count-differs', 'POST', PLACE, { severity: 'severe', texts, targets: { all: true }, duration_s: 600, count: 2 });
    assert.equal((await admin.get(PLACE)).json().items.filter(({ state: is }) => is === 'running').length, 1);
    await cancel(admin, first);
  });

  test('of more than four a screen has the four most severe', async () => {
    const sent = [];
    for (const severity of ['info', 'extreme', 'info', 'warning', 'severe', 'info']) sent.push(await send(admin, { severity, targets: { screens: [lyon.id] } }));
    const { messages } = await state(lyon);
    assert.deepEqual(messages.map(({ severity }) => severity), ['extreme', 'severe', 'warning', 'info']);
    for (const one of sent) await cancel(admin, one);
    assert.deepEqual(await told(lyon), []);
  });

  test('those that run come before those that wait, and what time changes in the choice is another state', async () => {
    const ahead = (seconds) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+/, '');
    const wait = [];
    for (let i = 0; i < 4; i++) wait.push(await send(admin, { severity: 'extreme', targets: { screens: [lyon.id] }, from: ahead(3600) }));
    const running = await send(admin, { severity: 'info', targets: { screens: [lyon.id] } });
    assert.equal((await told(lyon))[0], running.id);
    assert.deepEqual((await admin.get(PLACE)).json().items.slice(0, 1).map(({ id }) => id), [running.id]);
    for (const one of wait.splice(1)) await cancel(admin, one);
    for (let i = 0; i < 3; i++) wait.push(await send(admin, { severity: 'severe', targets: { screens: [lyon.id] } }));
    const last = await send(admin, { severity: 'info', targets: { screens: [lyon.id] }, from: ahead(6) });
    const first = (await headend.request('GET', '/v1/state', { device: lyon })).headers.etag;
    assert.ok(!(await told(lyon)).includes(last.id));
    const begun = async () => {
      for (;;) {
        const answer = await headend.request('GET', '/v1/state', { device: lyon, headers: { 'if-none-match': first } });
        if (answer.status !== 304) return answer;
      }
    };
    assert.notEqual((await begun()).headers.etag, first);
    assert.ok((await told(lyon)).includes(last.id));
    for (const one of [...wait, running, last]) await cancel(admin, one);
  });

  test('one person has fifty that run or wait; who sent one ends it wherever its screens are by now', async () => {
    const rennes = await Person.add(headend, api, 'many', 'operator:site=Rennes');
    const sent = [];
    for (let i = 0; i < 50; i++) sent.push(await send(rennes, { severity: 'info', targets: { screens: [gate.id] } }));
    await rennes.refused(409, 'state-conflict', 'POST', PLACE, { severity: 'info', texts, targets: { screens: [gate.id] }, duration_s: 60 });
    const move = async (site) => assert.equal((await admin.ask('PATCH', `/api/v1/screens/${gate.id}`, { site }, { 'if-match': '*' })).status, 200);
    await move('Lyon');
    await rennes.refused(404, 'not-found', 'GET', `${PLACE}/${sent[0].id}`);
    for (const one of sent) assert.equal((await cancel(rennes, one)).json().state, 'cancelled');
    await move('Rennes');
  });

  test('who may send one, and to whom: the role, at all of its screens', async () => {
    const [rennes, viewer, lobby] = [await Person.add(headend, api, 'rennes', 'operator:site=Rennes'), await Person.add(headend, api, 'looks', 'viewer'), await Person.add(headend, api, 'lobby', 'operator:site=Rennes', 'viewer:site=Lyon')];
    const body = { severity: 'info', texts, duration_s: 60 };
    await viewer.refused(403, 'not-permitted', 'POST', PLACE, { ...body, targets: { all: true } });
    await viewer.refused(403, 'not-permitted', 'POST', `${PLACE}/count`, { targets: { all: true } });
    await viewer.refused(403, 'not-permitted', 'POST', `${PLACE}/picture`, { severity: 'info', texts }, { accept: 'image/*, application/json' });
    await rennes.refused(403, 'not-permitted', 'POST', PLACE, { ...body, targets: { all: true } });
    // what they do not see is not there
    for (const targets of [{ sites: ['Lyon'] }, { screens: [lyon.id] }, { sites: ['Rennes', 'Lyon'] }]) await rennes.refused(400, 'body-invalid', 'POST', PLACE, { ...body, targets });
    // what they see and may not operate is not left out silently
    for (const targets of [{ sites: ['Rennes', 'Lyon'] }, { screens: [hall.id, lyon.id] }]) await lobby.refused(403, 'not-permitted', 'POST', PLACE, { ...body, targets });
    const whole = await send(admin);
    const lyons = await send(admin, { targets: { sites: ['Lyon'] } });
    const own = await send(rennes, { targets: { sites: ['Rennes'] } });
    const items = (await rennes.get(PLACE)).json().items.filter(({ state: is }) => is === 'running');
    assert.deepEqual(items.map(({ id }) => id).sort(), [whole.id, own.id].sort());
    const seen = items.find(({ id }) => id === whole.id);
    assert.deepEqual([seen.screens, 'targets' in seen], [2, false], 'of the others nothing is told');
    assert.equal((await rennes.get(`${PLACE}/${whole.id}`)).json().recipients.length, 2);
    await rennes.refused(404, 'not-found', 'GET', `${PLACE}/${lyons.id}`);
    await rennes.refused(404, 'not-found', 'POST', `${PLACE}/${lyons.id}/cancel`);
    await rennes.refused(403, 'not-permitted', 'POST', `${PLACE}/${whole.id}/cancel`);
    await viewer.refused(403, 'not-permitted', 'POST', `${PLACE}/${own.id}/cancel`);
    assert.equal((await viewer.get(`${PLACE}/${own.id}`)).json().state, 'running');
    for (const one of [whole, lyons, own]) assert.equal((await cancel(admin, one)).status, 200);
    await admin.refused(404, 'not-found', 'GET', `${PLACE}/00000000-0000-4000-8000-000000000000`);
    const rows = (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line)).filter(({ operation }) => operation.startsWith('message.'));
    assert.ok(rows.some(({ operation, outcome, actor, target }) => operation === 'message.send' && outcome === 'done' && actor === 'rennes' && target === own.id));
    assert.ok(rows.some(({ operation, outcome, actor }) => operation === 'message.cancel' && outcome === 'denied' && actor === 'rennes'));
  });

  test('what is no good is refused by its member, and nothing is sent', async () => {
    const before = (await admin.get(PLACE)).json().items.length;
    const good = { severity: 'info', texts, targets: { all: true }, duration_s: 60 };
    const text = (more) => ({ texts: [{ language: 'en', title: 'x', ...more }] });
    const rows = [['severity', { severity: 'mild' }], ['style', { style: 'wide' }], ['sound', { sound: 'loud' }], ['texts', { texts: [] }], ['texts', { texts: ['x'] }], ['texts', text({ title: '' })],
      ['texts', text({ title: 'x'.repeat(161) })], ['texts', text({ text: 'x'.repeat(601) })], ['texts', text({ title: 'a\nb' })], ['texts', text({ text: '\u0007' })], ['texts', text({ language: 'x' })],
      ['texts', text({ url: 'https://example.org' })], ['texts', { texts: [...texts, texts[0]] }], ['texts', { texts: 'abcdefg'.split('').map((one) => ({ language: `e${one}`, title: 'x' })) }],
      ['targets', { targets: {} }], ['targets', { targets: { all: false } }], ['targets', { targets: { all: true, sites: ['Rennes'] } }], ['targets', { targets: { sites: [] } }], ['targets', { targets: { people: ['x'] } }],
      ['targets', { targets: { sites: [1] } }], ['targets', { targets: { tags: ['nobody has it'] } }], ['targets', { targets: { screens: Array.from({ length: 501 }, () => hall.id) } }],
      ['until', { duration_s: undefined }], ['until', { until: '2031-01-01T00:00:00Z' }], ['until', { duration_s: undefined, until: 'soon' }], ['until', { duration_s: undefined, until: '2031-01-01T00:00:00Z' }],
      ['until', { duration_s: undefined, until: '2020-01-01T00:00:00Z' }], ['duration_s', { duration_s: 9 }], ['duration_s', { duration_s: 604801 }], ['duration_s', { duration_s: -1 }], ['from', { from: '2050-01-01T00:00:00Z' }], ['key', { key: 'x' }], ['run', { run: 'x' }]];
    for (const [parameter, more] of rows) assert.equal((await admin.refused(400, 'body-invalid', 'POST', PLACE, { ...good, ...more })).parameter, parameter, JSON.stringify(more).slice(0, 200));
    assert.equal((await admin.get(PLACE)).json().items.length, before);
    const csrf = await headend.request('POST', PLACE, { cookie: admin.browser.cookie, headers: { 'content-type': 'application/json' }, body: JSON.stringify(good) });
    assert.equal(csrf.status, 403);
  });

  test('the picture of it is the one that screens draw', async () => {
    const picture = async (more) => {
      const answer = await headend.request('POST', `${PLACE}/picture`, { cookie: admin.browser.cookie, body: JSON.stringify({ severity: 'severe', texts, width: 320, height: 180, ...more }),
        headers: { accept: 'image/jpeg', 'content-type': 'application/json', 'pingplay-csrf': admin.csrf } });
      assert.equal(`${answer.status} ${answer.headers['content-type']}`, '200 image/jpeg', answer.text.slice(0, 300));
      return readJpeg(answer.body);
    };
    const colourAt = (x, y, colour) => (shot) => near(shot.at(Math.floor(shot.width * x), Math.floor(shot.height * y)), colour, 12);
    const full = await picture({});
    assert.deepEqual([full.width, full.height], [320, 180]);
    assert.ok(colourAt(0.03, 0.5, [168, 0, 16])(full));
    const band = await picture({ style: 'band', severity: 'warning', language: 'fr' });
    assert.ok(colourAt(0.01, 0.95, [255, 196, 0])(band));
    assert.ok(!colourAt(0.01, 0.3, [255, 196, 0])(band), 'the content goes on above');
    const upright = await picture({ width: 180, height: 320, severity: 'info', style: 'full' });
    assert.deepEqual([upright.width, upright.height], [180, 320]);
    assert.equal((await admin.refused(400, 'body-invalid', 'POST', `${PLACE}/picture`, { severity: 'info', texts, width: 8000 }, { accept: 'image/*, application/json' })).parameter, 'width');
  });
});
