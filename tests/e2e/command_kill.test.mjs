// The whole agent is killed at random instants around commands: each has its effect once at most, counted by whom it comes
// to, and none is left without an end. PP_KILLS=200 node --test tests/e2e/command_kill.test.mjs is the long form.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDisplay, until } from './lib/display.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';

const KILLS = Number(process.env.PP_KILLS ?? 20);

let dir;
let init;
let board;
let headend;
let display;
let id;
let reboots = 0;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-command-kill-'));
  // As init it would be told to reboot; this one hears it and goes on.
  init = spawn('sh', ['-c', 'trap "" 39; sleep 100000'], { stdio: 'ignore' });
  const socket = path.join(dir, 'board.sock');
  board = spawn(path.join(buildDir(), 'firmware/command/pingplay-board'), ['--socket', socket, '--init', String(init.pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  board.stderr.on('data', (data) => { reboots += String(data).split('asks for a reboot').length - 1; });
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  display = await startDisplay(headend, { paths: [`board-socket = ${socket}`] });
  const { code } = await display.waitCode();
  id = await headend.approve(code, { name: 'Killed' });
  await display.agent.waitLog(/-> online/);
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  board?.kill();
  init?.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

test(`${KILLS} times SIGKILL around commands: each has its effect once at most, and an end`, async () => {
  const outcome = async (command) => (await headend.sql(`SELECT outcome || ' ' || reason FROM screen_command WHERE id = '${command}'`)).trim();
  const ends = new Set();
  let begun = 0;
  for (let kills = 0; kills < KILLS;) {
    const before = reboots;
    const command = (await headend.cli('screen', 'command', id, 'reboot')).trim();
    // This machine never boots, so the command ends with the kill that interrupts it, be it the first or a later one.
    for (let end = 'waiting'; /^(waiting|accepted)$/.test(end); end = await outcome(command)) {
      await sleep(randomInt(0, 300));
      await display.stopAgent('SIGKILL');
      kills++;
      await display.startAgent();
      await display.agent.waitLog(/-> online/);
      await until(async () => (await outcome(command)) !== 'waiting', 'an answer');
    }
    assert.ok(reboots - before <= 1, `${reboots - before} effects of one command`);
    begun += reboots - before;
    ends.add(await outcome(command));
  }
  assert.deepEqual([...ends], ['failed interrupted']);
  assert.ok(begun > 0, 'some had their effect');
});

test('killed again and again while it retires: it becomes nobody in the end, and what it proves is true', async (t) => {
  const others = await startHeadend({ serve: ['--poll-interval', '1'] });
  t.after(() => others.stop());
  const screen = await startDisplay(others);
  t.after(() => screen.stop());
  const { code } = await screen.waitCode();
  const own = await others.approve(code, { name: 'Retired' });
  await screen.agent.waitLog(/-> online/);
  const kek = await readFile(path.join(screen.stateDir, 'kek/kek'));
  const kept = async () => (await readFile(path.join(screen.stateDir, 'kek/kek')).catch(() => Buffer.alloc(0))).equals(kek);
  const outcome = (command) => others.sql(`SELECT outcome FROM screen_command WHERE id = '${command}'`);
  const command = (await others.cli('screen', 'command', own, 'retire')).trim();
  for (let kills = 0; kills < KILLS && await kept(); kills++) {
    await sleep(randomInt(0, 400));
    await screen.stopAgent('SIGKILL');
    assert.ok(!await kept() || (await outcome(command)) !== 'done', 'nothing is proven that is not so');
    await screen.startAgent();
  }
  await until(async () => !await kept(), 'the keys to be gone');
  await screen.agent.waitLog(/-> unenrolled/);
  assert.equal((await others.sql(`SELECT status FROM device WHERE id = '${own}'`)), 'retired');
});
