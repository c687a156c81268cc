// The agent's loop never waits for the flash: whatever a screen writes down is synced by another thread. loop_probe.c counts
// the fsyncs of the loop's thread while a screen goes through all that makes it write.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { makePhone, setPassword, shows, waitAsk } from './lib/access.mjs';
import { ctl } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { tunnel } from './lib/tls_world.mjs';

const PROBE = path.join(buildDir(), 'tools/bench/bench-loop-probe.so');
const FIGURES = 7; // of loop_probe.c, u64 each
const SYNCS = 4;
const LOOP_SYNCS = 5;
const PASSWORD = 'a table by the window';

async function startProxy(t) {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('data', (data) => tunnel(socket, data.toString('latin1')));
  });
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

test('whatever a screen goes through, from its first start to its stop, no fsync runs on the loop\'s thread', async (t) => {
  if (!existsSync(PROBE)) return t.skip('a sanitized build has no preloaded library');
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-flash-loop-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const figures = path.join(dir, 'figures');
  await writeFile(figures, Buffer.alloc(FIGURES * 8));
  const count = async (figure) => Number((await readFile(figures)).readBigUInt64LE(figure * 8));
  const [red, blue] = [await makeImage(dir, 'red.png', 'red'), await makeImage(dir, 'blue.png', 'blue')];
  const proxy = await startProxy(t);
  const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  t.after(() => headend.stop());
  await headend.publish('lobby', [red]);
  const display = await startDisplay(headend, {
    config: ['[headend]', 'renewal-spread = 0'], agentEnv: { LD_PRELOAD: PROBE, LOOP_PROBE: figures, LOOP_PROBE_SYNC_MS: '5' } });
  t.after(() => display.stop());
  const says = (pattern, from) => display.agent.waitLog(pattern, from);
  const command = async (...words) => assert.match(await headend.cli('screen', 'command', id, ...words, '--wait'), / done$/m);
  const local = async (...words) => assert.equal((await ctl(display, ...words)).code, 0, words.join(' '));
  let id;
  let from = 0; // of the log, where the present step begins
  let ask;

  const steps = {
    'the enrolment': async () => {
      const { code } = await display.waitCode();
      id = await headend.approve(code, { name: 'Loop', channel: 'lobby' });
      await display.waitPicture(shows, 'the first content');
      await says(/-> online/);
    },
    'what is published': async () => {
      await headend.publish('lobby', [blue]);
      await display.waitPicture((shot) => !shows(shot), 'the next content');
      await headend.publish('lobby', [red]);
      await display.waitPicture(shows, 'the one after it');
    },
    'a command': () => command('identify', '1'),
    'a command whose effect is kept': () => command('display', 'off').then(() => command('display', 'on')),
    'new keys': () => command('rotate-keys'),
    'a screenshot and a log': () => command('screenshot').then(() => command('logs')),
    'a proxy': async () => {
      await local('proxy', 'set', proxy);
      await says(/reaches the headend, and is kept/, from);
    },
    'no proxy any more': () => local('proxy', 'clear'),
    'another authority': async () => {
      await headend.cli('ca', 'rotate');
      await headend.publish('lobby', [blue]);
      await says(/authority-accepted: /, from);
      await says(/renewed: /, from);
    },
    'keys of the repository': async () => {
      await headend.cli('rotate-keys', 'all');
      await headend.publish('lobby', [red]);
      await display.waitPicture(shows, 'what was published after it');
    },
    'a statement on the time': async () => {
      await headend.cli('restate-time');
      await headend.publish('lobby', [blue]);
      await says(/switched: /, from);
    },
    'a sign-in': async () => {
      await headend.publish('lobby', [red]);
      await setPassword(headend, id, PASSWORD);
      ask = await waitAsk(display, from);
      const phone = makePhone(headend);
      ask.done = await phone.signIn(ask.code, PASSWORD);
      ask.phone = phone;
      await display.waitPicture(shows, 'the content');
    },
    'a sign-out': async () => {
      await ask.phone.signOut(ask.done);
      await says(/session-ended: /, from);
      await waitAsk(display, from);
    },
    'a permanent screen again': async () => {
      await headend.cli('screen', 'access', id, 'certificate');
      await display.waitPicture(shows, 'the content');
    },
    'no headend': async () => {
      await headend.stopServing();
      await says(/-> offline/, from);
    },
    'a stop and a start': async () => {
      await display.stopAgent();
      await display.startAgent();
      from = 0;
      await says(/-> offline/);
      await headend.startServing();
      await says(/-> online/);
    },
    'its events': () => until(async () => /./.test(await headend.cli('events', 'export', '--format', 'jsonl')), 'the events'),
    'a retirement': async () => {
      await command('retire');
      await display.waitCode();
    },
    'a stop': () => display.stopAgent(),
  };

  const onTheLoop = {};
  for (const [name, step] of Object.entries(steps)) {
    const before = await count(LOOP_SYNCS);
    from = display.agent.log.length;
    await step();
    const syncs = await count(LOOP_SYNCS) - before;
    if (syncs) onTheLoop[name] = syncs;
  }
  assert.deepEqual(onTheLoop, {});
  assert.ok(await count(SYNCS) > 50, 'the probe sees what is synced');
});
