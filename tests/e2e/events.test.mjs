// Events from the screen to whoever collects them: tied together by their hashes, checked by the headend, exported.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ctl, ctlJson } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { buildDir, enrolDevice, startHeadend } from './lib/headend.mjs';
import { Browser } from './lib/headend-browser.mjs';
import { makeImage } from './lib/media.mjs';

const run = promisify(execFile);

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
    // What was not on flash yet at the kill may be lost, but of two orderly ends each event comes.
    for (let i = 0; i < 2; i++) {
      await display.startAgent();
      await display.agent.waitLog(/connection: /);
      await display.stopAgent();
    }
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

  async function startScreen(t, { beforeApproval } = {}) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const display = await startDisplay(headend);
    t.after(() => display.stop());
    await display.waitCode();
    await beforeApproval?.(display);
    const shown = JSON.parse((await ctl(display, '--json', 'enrol')).out);
    const id = await headend.approve(shown.enrolment.user_code, { name: 'Watched', channel: 'lobby' });
    await display.agent.waitLog(/-> online/);
    await display.waitContent();
    return { headend, display, id };
  }

  // Until `count` of a kind have come, in both forms of the export -> their words.
  async function told(headend, kind, severity, count = 1) {
    const details = await until(async () => {
      const all = await exported(headend, '--format', 'jsonl');
      assert.deepEqual(all.filter(({ finding }) => finding), []);
      const found = all.filter(({ event }) => event?.kind === kind);
      return found.length >= count && found.map(({ event }) => event.detail);
    }, `${count} events ${kind}`);
    assert.equal(details.length, count, `${kind}: ${details.join('; ')}`);
    const cef = lines(await headend.cli('events', 'export', '--format', 'cef'));
    const head = new RegExp(`^CEF:0\\|[^|]+\\|[^|]+\\|[^|]+\\|${kind}\\|[^|]+\\|${severity}\\|.* cat=security `);
    assert.equal(cef.filter((line) => head.test(line)).length, count, kind);
    return details;
  }

  test('tell which of its keys have changed, each once', async (t) => {
    const { headend, display, id } = await startScreen(t);
    await until(async () => (await verify(headend, id)).out.includes(' by the key '), 'a head by its first key');
    const begun = display.agent.log.length;
    await headend.cli('rotate-keys', 'control');
    await headend.cli('channel', 'rotate-key', 'lobby'); // by a state that the new control key signs
    await display.agent.waitLog(/key-changed: control keys: /, begun);
    await display.agent.waitLog(/key-changed: channel key: /, begun);
    await headend.cli('screen', 'command', id, 'rotate-keys', '--wait');
    await headend.cli('screen', 'command', id, 'renew-certificate', '--wait');
    const details = await told(headend, 'key-changed', 5, 4);
    assert.deepEqual(details.map((detail) => detail.replace(/:.*/, '')).sort(),
      ['agreement key', 'channel key', 'control keys', 'device key']);
    assert.ok(details.includes('channel key: of channel lobby'));
    // Its events from before and after are vouched for by two keys, and both are known.
    const { code, out } = await until(async () => {
      const now = await verify(headend, id);
      return now.out.match(/ by the key /g)?.length === 2 && now;
    }, 'a head by the new key');
    assert.equal(code, 0, out);
    assert.doesNotMatch(out, /no certificate/);
    await display.stopAgent();
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    await told(headend, 'key-changed', 5, 4);
  });

  test('tell what somebody changed on the spot, and that it was erased, as the first of a new chain', async (t) => {
    const { headend, display } = await startScreen(t, {
      beforeApproval: async (screen) => assert.equal((await ctl(screen, 'enrol', '--again')).code, 0),
    });
    assert.deepEqual(await told(headend, 'local-control', 7), ['a new code, by uid 0']);
    const from = display.agent.log.length;
    assert.equal((await ctl(display, 'reset', '--yes')).code, 0);
    await display.agent.waitLog(/enrol this screen at/, from);
    const shown = JSON.parse((await ctl(display, '--json', 'enrol')).out);
    await headend.approve(shown.enrolment.user_code, { name: 'After it', channel: 'lobby' });
    const [detail] = await told(headend, 'erase-ended', 7);
    assert.match(detail, /^reset by uid 0, begun \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const erased = (await exported(headend)).find(({ event }) => event?.kind === 'erase-ended');
    assert.equal(erased.event.seq, 1);
  });

  test('tell a repository that gives out what is older than it gave before, once', async (t) => {
    const { headend, display } = await startScreen(t);
    const repo = path.join(headend.dir, 'repo');
    const older = path.join(dir, 'older');
    await cp(repo, older, { recursive: true });
    await makeImage(dir, 'blue.png', 'blue');
    const from = display.agent.log.length;
    await headend.publish('lobby', [path.join(dir, 'blue.png')]);
    await display.agent.waitLog(/content is on the screen/, from);
    await cp(older, repo, { recursive: true, force: true });
    await display.stopAgent();
    await display.startAgent();
    const [detail] = await told(headend, 'metadata-refused', 8);
    assert.match(detail, /timestamp/);
  });

  test('tell that what must not go back was taken from its vault', async (t) => {
    const { headend, display } = await startScreen(t);
    await display.stopAgent();
    for (const slot of [0, 1]) await rm(path.join(display.stateDir, `vault/floors.${slot}`));
    await display.startAgent();
    assert.deepEqual(await told(headend, 'vault-rollback', 9),
      ['record "floors" is missing or damaged, and others are there']);
  });

  const verify = async (headend, ...words) => {
    try {
      return { code: 0, out: await headend.cli('events', 'verify', ...words), err: '' };
    } catch (error) {
      return { code: error.code, out: error.stdout, err: error.stderr };
    }
  };
  const chainOf = async (headend) => (await exported(headend)).map(({ event }) => event).filter((event) => event?.chain);

  test('are verified with what the screen has signed, and whatever is taken out of the database, changed, put in or moved is told', async (t) => {
    const { headend, display, id } = await startScreen(t);
    await until(async () => (await verify(headend)).code === 0 && (await chainOf(headend)).some(({ kind }) => kind === 'switched'), 'a whole chain');
    await headend.cli('screen', 'command', id, 'identify', '--wait');
    await told(headend, 'command', 4);
    await display.stopAgent();
    const whole = await verify(headend, id);
    assert.equal(whole.code, 0, whole.err);
    const all = await exported(headend);
    const count = all.length;
    assert.match(whole.out, new RegExp(`^Watched ${id.slice(0, 8)}:\n  chain ${all[0].event.chain}: \\d+ signed heads?, events \\d+ to ${count}, by the key `
      + `([0-9a-f]{4} ?){4}\n  ${count} events in 1 chains, \\d+ signed heads: whole\n$`));
    const signed = all.filter(({ head }) => head);
    for (const { head, event } of signed) {
      const payload = JSON.parse(Buffer.from(head.split('.')[1], 'base64url'));
      assert.deepEqual({ ...payload, iat: 0 }, { aud: 'pingplay-headend', iat: 0, chain: event.chain, seq: event.seq, hash: event.hash });
    }
    assert.equal(all.at(-1).head !== undefined, true);
    const cef = lines(await headend.cli('events', 'export', '--format', 'cef'));
    assert.equal(cef.filter((line) => line.includes(` cs4Label=head cs4=ey`)).length, signed.length);
    await headend.stopServing();
    // What somebody does who can write to the database; each alone, and taken back.
    const of = (seq) => `device = '${id}' AND list = 'events' AND json_extract(item, '$.seq') = ${seq}`;
    const swapped = all.slice(2, 4).map(({ event }) => JSON.stringify(event).replaceAll("'", "''"));
    const tampering = {
      'an event taken out': [`DELETE FROM report WHERE ${of(2)}`, /event 2 was taken out/],
      'an event taken out with its place': [`DELETE FROM report WHERE ${of(2)}; DELETE FROM event_link WHERE seq = 2`,
        /1 event is missing \(2 to 2\)/],
      'an event changed': [`UPDATE report SET item = json_set(item, '$.detail', 'nothing') WHERE ${of(3)}`, /event 3 was changed: it is not what its hash is of/],
      'two events exchanged': [`UPDATE report SET item = '${swapped[1]}' WHERE ${of(3)} AND rowid = (SELECT min(rowid) FROM report WHERE ${of(3)})`,
        /event 3 was taken out/],
      'an event put in': [`INSERT INTO report(id, device, list, kind, item, received) SELECT '00000000-0000-4000-8000-000000000000', device, list, kind,`
        + ` json_set(item, '$.seq', 9999), received FROM report WHERE ${of(2)}`, /events: 1 stand in no chain: put in/],
      'an event without a place put in': [`INSERT INTO report(id, device, list, kind, item, received) SELECT '00000000-0000-4000-8000-000000000000', device, list, kind,`
        + ` json_remove(item, '$.chain', '$.seq', '$.prev', '$.hash'), received FROM report WHERE ${of(2)}`, /events: 1 without a place in a chain came after those with one/],
      'another key named the screen\'s': [`UPDATE device SET thumbprint = zeroblob(32); DELETE FROM certificate`,
        /are vouched for by the key ([0-9a-f]{4} ?){4}, which no certificate of this screen's is for/],
      'a signed head changed': [`UPDATE event_head SET jws = substr(jws, 1, length(jws) - 4) || 'AAAA' WHERE seq = (SELECT max(seq) FROM event_head)`,
        /the signed head of event \d+ was changed/],
      'the signed heads taken out': ['DELETE FROM event_head', new RegExp(`no signed head vouches for any of it \\(events 1 to ${count}\\): `)],
      'the newest events taken out': [`DELETE FROM report WHERE ${of(count)}; DELETE FROM event_link WHERE seq = ${count}`,
        /events: 1 that the screen has signed for are gone/],
    };
    for (const [what, [how, saying]] of Object.entries(tampering)) {
      const kept = path.join(dir, 'kept');
      await cp(headend.dir, kept, { recursive: true });
      await headend.sql(how);
      const { code, out, err } = await verify(headend);
      assert.equal(code, 1, what);
      assert.match(out, saying, what);
      assert.match(err, /the events of 1 of 1 screens are not as they came/, what);
      await rm(headend.dir, { recursive: true });
      await cp(kept, headend.dir, { recursive: true });
      await rm(kept, { recursive: true });
    }
    assert.equal((await verify(headend)).code, 0);
    await assert.rejects(headend.cli('events', 'verify', id, id), /may be followed by SCREEN/);
  });

  test('tell that all of its storage was put back as it was before', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const older = path.join(dir, 'older-state');
    await until(async () => (await chainOf(headend)).some(({ kind }) => kind === 'switched'), 'its first events');
    await display.stopAgent();
    await cp(display.stateDir, older, { recursive: true });
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    for (let i = 0; i < 3; i++) await headend.cli('screen', 'command', id, 'identify', '--wait');
    await until(async () => (await chainOf(headend)).filter(({ kind }) => kind === 'command').length >= 3, 'three events');
    await display.stopAgent();
    assert.deepEqual((await exported(headend)).filter(({ finding }) => finding), []);
    await rm(display.stateDir, { recursive: true });
    await cp(older, display.stateDir, { recursive: true });
    await display.startAgent();
    const rollbacks = () => exported(headend).then((all) => all.filter(({ finding }) => finding?.kind === 'rollback'));
    const [{ finding, event }] = await until(async () => { const found = await rollbacks(); return found.length && found; }, 'the finding');
    assert.match(event.detail, /^the screen is at (another )?event \d+ of its chain, and was at event \d+ before$/);
    assert.equal(finding.kind, 'rollback');
    const cef = lines(await headend.cli('events', 'export', '--format', 'cef'));
    assert.ok(cef.some((line) => /\|vault-rollback\|An older vault of the screen was put back\|9\|.* cat=security /.test(line)));
    const { code, out } = await verify(headend);
    assert.equal(code, 1);
    assert.match(out, /found as it came .*: An older vault of the screen was put back/);
    const shown = JSON.parse(await headend.cli('screen', 'show', id));
    assert.equal(shown.chain.rollback.count, 1);
    assert.match(shown.chain.rollback.last, /^\d{4}-/);
    const browser = new Browser(headend);
    await browser.signIn('admin', headend.password);
    assert.match((await browser.get(`/admin/screens/${id}`)).text, /An older copy of its storage was put back/);
  });

  test('of a flash that takes no writes look like no older vault, whatever is told and however often it starts', async (t) => {
    if (process.getuid() !== 0) return t.skip('needs root, to make a flash read-only; CI has it');
    const { headend, display, id } = await startScreen(t);
    await until(async () => (await chainOf(headend)).some(({ kind }) => kind === 'switched'), 'its first events');
    await display.stopAgent();
    await run('mount', ['--bind', display.stateDir, display.stateDir]);
    const alarms = async () => (await exported(headend)).map(({ finding }) => finding?.kind).filter((kind) => kind && kind !== 'anew');
    try {
      await run('mount', ['-o', 'remount,bind,ro', display.stateDir]);
      for (let start = 1; start <= 3; start++) {
        await display.startAgent();
        await until(async () => (await chainOf(headend)).filter(({ kind }) => kind === 'events-unkept').length === start, `what the flash does not take, at start ${start}`);
        await headend.cli('screen', 'set', id, '--name', `Read-only ${start}`);
        await until(async () => (await ctlJson(display, 'status')).name === `Read-only ${start}`, 'a state');
        await display.stopAgent();
        assert.deepEqual(await alarms(), [], `at start ${start}`);
      }
    } finally {
      await display.stopAgent();
      await run('umount', [display.stateDir]);
    }
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    await headend.cli('screen', 'command', id, 'identify', '--wait');
    await until(async () => (await chainOf(headend)).some(({ kind }) => kind === 'command'), 'an event of a flash that takes it');
    assert.deepEqual(await alarms(), []);
  });

  test('tell that an older vault was put back, which locks the screen until its headend accepts it', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const vault = path.join(display.stateDir, 'vault');
    const older = path.join(dir, 'older-vault');
    await display.stopAgent();
    await cp(vault, older, { recursive: true });
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    await display.stopAgent();
    await headend.stopServing();
    await rm(vault, { recursive: true });
    await cp(older, vault, { recursive: true });
    for (let start = 0; start < 2; start++) {
      await display.startAgent();
      await display.agent.waitLog(/-> locked/);
      if (start === 0) {
        await display.agent.waitLog(/vault-rollback: the vault is older than its witness says/);
        await display.stopAgent();
      }
    }
    await headend.startServing();
    await display.agent.waitLog(/-> online/, 0, 150000);
    await until(async () => (await exported(headend)).some(({ event }) => event?.kind === 'unlocked'), 'the events since');
    const all = await exported(headend);
    const told = all.filter(({ event, finding }) => !finding && event.kind === 'vault-rollback');
    assert.deepEqual(told.map(({ event }) => [event.seq, event.detail]), [[1, 'the vault is older than its witness says']]);
    assert.deepEqual(all.filter(({ finding }) => finding).map(({ finding }) => finding.kind), ['anew']);
    assert.deepEqual((await verify(headend, id)).code, 0);
  });

  // A screen whose renderer is another: what the agent and the headend make of it.
  const takenOver = (program, kind, severity, reason) => async (t) => {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const display = await startDisplay(headend, {
      beforeAgent: async (screen) => {
        const renderer = path.join(screen.dir, 'bin/pingplay-render-media');
        await rm(renderer);
        await symlink(path.join(buildDir(), `tests/e2e/programs/pingplay-taken-over-${program}`), renderer);
      },
    });
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    await headend.approve(code, { name: 'Hall', channel: 'lobby' });
    const found = await until(async () => {
      const events = (await exported(headend)).map(({ event }) => event).filter((event) => event?.kind === kind);
      return events.length > 0 && events;
    }, kind);
    for (const { detail } of found) assert.match(detail, reason);
    const cef = lines(await headend.cli('events', 'export', '--format', 'cef'));
    assert.ok(cef.some((line) => line.includes(`|${kind}|`) && line.includes(`|${severity}|rt=`)));
  };

  test('tell a renderer that makes a system call which is not its to make',
    takenOver('calls', 'sandbox-kill', 9, /: it made a system call that a renderer may not make$/));

  test('tell a renderer that sends a message which is not its to send',
    takenOver('speaks', 'protocol-broken', 8, /: a message that is not its to send$/));
});
