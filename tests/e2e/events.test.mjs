// Events from the screen to whoever collects them: tied together by their hashes, checked by the headend, exported.
import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDisplay, until } from './lib/display.mjs';
import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';

// Of objects with texts and integers.
const canonical = (event) => `{${Object.keys(event).sort().map((name) => {
  const value = event[name];
  const quoted = (text) => `"${text.replace(/[\\"]/g, '\\$&')}"`;
  return `${quoted(name)}:${typeof value === 'string' ? quoted(value) : value}`;
}).join(',')}}`;
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
function hashOf({ hash: _, ...event }) {
  return sha256(Buffer.from(event.prev, 'base64url'), canonical(event)).toString('base64url');
}

function makeChain(count, chain = randomBytes(16).toString('base64url')) {
  let prev = sha256(chain).toString('base64url');
  return Array.from({ length: count }, (_, i) => {
    const event = { id: randomUUID(), time: '2026-01-05T08:00:00Z', kind: 'locked', detail: `a|b=c\\d\n${i + 1}`, chain, seq: i + 1, prev };
    event.hash = hashOf(event);
    prev = event.hash;
    return event;
  });
}

const lines = (text) => text.split('\n').filter(Boolean);
const exported = async (headend, ...how) => lines(await headend.cli('events', 'export', ...how)).map((line) => JSON.parse(line));

describe('events', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-events-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  test('of a real screen are one chain, without a gap over restarts, kills and days without a network', async (t) => {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const display = await startDisplay(headend);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    await headend.approve(code, { name: 'Door', channel: 'lobby' });
    await display.agent.waitLog(/-> online/);
    await headend.stopServing();
    await display.agent.waitLog(/-> offline/);
    await display.stopAgent('SIGKILL');
    await display.startAgent();
    await display.agent.waitLog(/connection: /);
    await display.stopAgent();
    await headend.startServing();
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    const all = await until(async () => {
      const now = await exported(headend);
      return now.filter(({ event }) => event?.kind === 'connection').length >= 2 && now;
    }, 'what happened without a network');
    assert.deepEqual(all.filter(({ finding }) => finding), []);
    const events = all.map(({ event }) => event).sort((a, b) => a.seq - b.seq);
    assert.equal(new Set(events.map(({ chain }) => chain)).size, 1);
    assert.ok(events.some(({ kind }) => kind === 'enrolled'), 'from before there was a certificate');
    events.forEach((event, i) => {
      assert.equal(event.seq, i + 1);
      assert.equal(event.prev, i ? events[i - 1].hash : sha256(event.chain).toString('base64url'));
      assert.equal(event.hash, hashOf(event), event.kind);
      assert.match(event.boot, /^[0-9a-f-]{36}$/);
      assert.ok(event.monotonic_ms > 0 && event.severity >= 0 && event.severity <= 10);
    });
  });

  test('that are missing, doubled or changed are told by their names, and exported', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    const device = await enrolDevice(headend, { name: 'Hall | "left"' });
    const chain = makeChain(8);
    const send = async (...items) => {
      const body = JSON.stringify({ batch: randomUUID(), items });
      return (await headend.request('POST', '/v1/events', { device, headers: { 'content-type': 'application/json' }, body })).status;
    };
    assert.equal(await send(...chain.slice(0, 3)), 204);
    assert.equal(await send(chain[5]), 204);
    const fork = { ...chain[6], id: randomUUID(), prev: randomBytes(32).toString('base64url') };
    assert.equal(await send({ ...fork, hash: hashOf(fork) }), 204);
    assert.equal(await send({ ...chain[6], kind: 'unlocked' }), 204);
    assert.equal(await send({ ...chain[6], seq: -1 }), 400);
    assert.equal(await send({ ...chain[6], prev: 'short' }), 400);
    assert.equal(await send(chain[6], chain[6]), 204);
    let all = await exported(headend, '--format', 'jsonl');
    assert.deepEqual(all.filter(({ finding }) => finding).map(({ finding: { kind, first, last, missing } }) => [kind, first, last, missing]),
      [['gap', 4, 5, 2], ['fork', 7, 7, 0], ['rewrite', 7, 7, 0]]);
    assert.deepEqual(all.filter(({ finding }) => !finding).map(({ event }) => event.seq), [1, 2, 3, 6, 7]);
    // What comes late is missing no more.
    assert.equal(await send(chain[3], chain[4]), 204);
    all = await exported(headend);
    assert.deepEqual(all.filter(({ finding }) => finding).map(({ finding }) => finding.kind), ['fork', 'rewrite']);
    assert.equal(await send(...makeChain(1)), 204);
    const cef = lines(await headend.cli('events', 'export', '--format', 'cef', '--screen', device.id));
    assert.ok(cef.every((line) => /^CEF:0\|Pingplay\|Display point\|[^|]+\|[a-z-]+\|[^|]+\|\d+\|rt=\d{13} art=\d{13} /.test(line)), cef[0]);
    const locked = cef.find((line) => line.includes('cn1=1 ') || line.endsWith('cn1=1'));
    assert.ok(locked.includes('|locked|Locked|7|rt=1767600000000 '));
    assert.ok(locked.includes(' cat=security '));
    assert.ok(locked.includes(` dvchost=Hall | "left" msg=a|b\\=c\\\\d\\n1 externalId=${chain[0].id} cs1Label=chain cs1=${chain[0].chain} `), locked);
    for (const [kind, severity] of [['chain-fork', 10], ['chain-rewrite', 10], ['chain-anew', 6]]) {
      assert.equal(cef.filter((line) => new RegExp(`\\|${kind}\\|[^|]+\\|${severity}\\|`).test(line)).length, 1, kind);
    }
    assert.deepEqual(await exported(headend, '--since', '2100-01-01'), []);
    await assert.rejects(headend.cli('events', 'export', '--since', 'yesterday'), /--since: must be like/);
    await assert.rejects(headend.cli('events', 'export', '--format', 'xml'), /must be cef or jsonl/);
    // They go with the screen.
    await headend.cli('screen', 'retire', device.id);
    await headend.cli('screen', 'remove', device.id);
    assert.deepEqual(await exported(headend), []);
  });
});
