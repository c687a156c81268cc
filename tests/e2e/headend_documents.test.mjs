// The documents that others build against say what the headend does.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { png } from './lib/content.mjs';
import { verifyRepository } from './lib/headend-repo.mjs';
import { enrolDevice, startHeadend, statePayload } from './lib/headend.mjs';
import { schemaErrors } from './lib/json-schema.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const text = (name) => readFile(path.join(root, name), 'utf8');
const schema = async (name) => JSON.parse(await text(`assets/schema/${name}.schema.json`));

test('states and manifests of the headend fit their schemas, and broken ones do not', async () => {
  const headend = await startHeadend();
  try {
    const stateSchema = await schema('state');
    const bare = await enrolDevice(headend, { name: 'Bare' });
    const device = await enrolDevice(headend, { name: 'Door', channel: 'lobby' });
    for (const one of [bare, device]) {
      const state = statePayload(headend, await headend.request('GET', '/v1/state', { device: one }));
      assert.deepEqual(schemaErrors(stateSchema, state), []);
      assert.notDeepEqual(schemaErrors(stateSchema, { ...state, aud: 'x' }), []);
      assert.notDeepEqual(schemaErrors(stateSchema, { ...state, channel: { id: 'lobby' } }), []);
    }
    const state = (await headend.request('GET', '/v1/state', { device })).json();
    const { writeFile } = await import('node:fs/promises');
    const file = path.join(headend.dir, 'picture.png');
    await writeFile(file, png);
    await headend.publish('lobby', [file], ['--title', 'Lobby']);
    const { channels } = await verifyRepository(headend.dir, { lobby: Buffer.from(state.channel.key, 'base64url') });
    const { manifest } = channels.lobby;
    delete manifest.objects.o1.clear;
    const manifestSchema = await schema('manifest');
    assert.deepEqual(schemaErrors(manifestSchema, manifest), []);
    assert.notDeepEqual(schemaErrors(manifestSchema, { ...manifest, objects: { o1: { ...manifest.objects.o1, sha256: 'x' } } }), []);
    assert.notDeepEqual(schemaErrors(manifestSchema, { ...manifest, playlists: { main: { items: [{ id: 'a' }] } } }), []);
    assert.notDeepEqual(schemaErrors(manifestSchema, { ...manifest, playlists: { 'no name!': manifest.playlists.main } }), []);
  } finally {
    await headend.stop();
  }
});

test('what the root says of the time fits its schema', async () => {
  const headend = await startHeadend();
  try {
    await headend.cli('restate-time');
    const { signed } = JSON.parse(await readFile(headend.rootFile, 'utf8'));
    const timeSchema = await schema('root_time');
    assert.equal(signed.version, 2);
    assert.deepEqual(schemaErrors(timeSchema, signed['pingplay-time']), []);
    assert.notDeepEqual(schemaErrors(timeSchema, { ...signed['pingplay-time'], epoch: 0 }), []);
    assert.notDeepEqual(schemaErrors(timeSchema, { epoch: 1 }), []);
  } finally {
    await headend.stop();
  }
});

test('the events schema fits what is taken', async () => {
  const id = '6b373e71-c470-49d9-9265-112494d3c72e';
  const batch = { batch: id, items: [{ id, time: '2026-01-05T08:00:00Z', kind: 'sync', detail: {} }] };
  const events = await schema('events');
  assert.deepEqual(schemaErrors(events, batch), []);
  assert.notDeepEqual(schemaErrors(events, { ...batch, batch: 'x' }), []);
});

test('openapi.yaml names exactly the routes of the tables that are not for people', async () => {
  const tables = await Promise.all(['device/routes.c', 'push/routes.c', 'serve/well_known.c'].map((name) => text(`tools/headend/${name}`)));
  const routes = [...tables.join('').matchAll(/\{"(GET|POST|PUT|DELETE)", "([^"]+)"/g)]
    .map(([, method, pattern]) => `${method} ${pattern.replace(/(\w+)(:\w+|\.\.\.)\}/g, '$1}')}`);
  const listed = [];
  let current;
  for (const line of (await text('tools/headend/device/openapi.yaml')).split('\n')) {
    const place = /^ {2}(\/\S*):$/.exec(line);
    if (place) [, current] = place;
    const method = /^ {4}(get|post|put|delete):$/.exec(line);
    if (method) listed.push(`${method[1].toUpperCase()} ${current}`);
  }
  assert.deepEqual(listed.sort(), routes.sort());
});
