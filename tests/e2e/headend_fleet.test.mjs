// Many screens at once: tools/fleet with 50 of them, through all that it measures. What it takes on a given machine is
// for tools/bench; here each answer has to be right, and each scenario has to come to its end.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { buildDir, headendProgram } from './lib/headend.mjs';

const picture = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../assets/demo/welcome.jpg');
const program = () => path.join(buildDir(), 'tools/fleet/pingplay-fleet');
const SCREENS = 50;

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

async function scratch(context) {
  const folder = await mkdtemp(path.join(tmpdir(), 'pingplay-fleet-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const dir = path.join(folder, 'headend');
  const made = spawnSync(headendProgram(), ['init', dir, '--host', 'localhost', '--password-stdin'], { input: 'correct horse battery\n', encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  return { dir, state: path.join(folder, 'screens'), json: path.join(folder, 'figures.json') };
}

function fleet(...args) {
  const child = spawn(program(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout.on('data', (data) => { text.out += data; });
  child.stderr.on('data', (data) => { text.err += data; });
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve({ code, ...text })));
}

test('fifty simulated screens enrol, wait, are told of a publish, survive a restart and a crash, report, and send screenshots', async (context) => {
  const { dir, state, json } = await scratch(context);
  const common = [String(SCREENS), dir, state, '--headend', headendProgram(), '--json', json, '--limit', '240'];
  const first = await fleet(...common, '--content', picture, '--hold', '1', '--rounds', '2', '--report', '3', '--shots', '5', '--shot-bytes', '100000');
  assert.equal(first.code, 0, first.out + first.err);
  const figures = JSON.parse(await readFile(json, 'utf8'));
  assert.equal(figures.enrol.screens, SCREENS);
  assert.equal(figures.hold.screens_waiting, SCREENS);
  assert.ok(figures.hold.memory_kib_per_screen > 1, 'the headend takes memory for each');
  assert.equal(figures.publish.rounds, 2);
  assert.ok(figures.publish.answer_ms_p50 <= figures.publish.answer_ms_p99 && figures.publish.answer_ms_p99 <= figures.publish.last_answer_ms_most);
  for (const name of ['storm', 'crash']) {
    assert.ok(figures[name].back_s_p50 <= figures[name].all_back_s, name);
    assert.equal(figures[name].malformed + figures[name].tls_failed + figures[name].status_401_403, 0, name);
  }
  assert.ok(figures.crash.cut + figures.crash.refused >= SCREENS, 'each poll was cut by the crash, and many found nobody there');
  assert.ok(figures.report.reports >= 2 * SCREENS, 'a status and a batch of plays of each');
  assert.equal(figures.screenshot.screenshots, 5);

  // What the headend has of them, by its own word.
  const cli = (...words) => spawnSync(headendProgram(), words, { encoding: 'utf8', maxBuffer: 1 << 24 });
  const screens = JSON.parse(cli('screen', 'list', dir, '--json').stdout);
  assert.equal(screens.length, SCREENS);
  const verified = cli('events', 'verify', dir);
  assert.equal(verified.status, 0, verified.stdout);
  assert.match(verified.stdout, /chain \S{22}: [1-9]\d* signed heads?, events 1 to [1-9]\d*, by the key/);
  const asked = JSON.parse(cli('screen', 'commands', dir, 'Screen 00001', '--json').stdout);
  assert.deepEqual(asked.map(({ name, outcome }) => [name, outcome]), [['screenshot', 'done']]);
  const received = cli('screen', 'received', dir, asked[0].id, '--out', path.join(state, 'picture'));
  assert.equal(received.status, 0, received.stderr);
  assert.equal((await readFile(path.join(state, 'picture'))).length, 100000);

  // Who is enrolled stays so, and ten behind one address are screens as others are.
  const second = await fleet(...common, '--only', 'hold', '--hold', '1', '--per-address', '10');
  assert.equal(second.code, 0, second.out + second.err);
  const again = JSON.parse(await readFile(json, 'utf8'));
  assert.equal(again.enrol, undefined);
  assert.equal(again.hold.screens_waiting, SCREENS);
  assert.equal(again.hold.sessions, 0);
});

test('the fleet takes no other machine for its target, no more screens than it may, and no scenario that there is none of', async (context) => {
  const { dir, state } = await scratch(context);
  const refusals = [
    [['5', dir, state, '--only', 'hold', '--address', '192.0.2.1'], /192\.0\.2\.1 is not an address of this machine alone/],
    [['5', dir, state, '--only', 'hold', '--address', '0.0.0.0'], /0\.0\.0\.0 is not an address of this machine alone/],
    [['1000000', dir, state, '--only', 'hold'], /COUNT: must be 1 to 20000/],
    [['5', dir, state, '--only', 'hold,nonsense'], /--only: a scenario that there is none of/],
    [['5', dir, state, '--limit', '100000', '--only', 'hold'], /--limit: must be 1 to 7200/],
    [['5', dir, state], /publish needs --content/],
  ];
  for (const [args, words] of refusals) {
    const { code, err } = await fleet(...args, '--headend', headendProgram());
    assert.equal(code, 1, args.join(' '));
    assert.match(err, words);
  }
});

test('the fleet ends its headend when it is ended itself', async (context) => {
  const { dir, state } = await scratch(context);
  const child = spawn(program(), ['2', dir, state, '--headend', headendProgram(), '--only', 'hold', '--hold', '600'], { stdio: 'ignore' });
  context.after(() => child.kill('SIGKILL'));
  const serving = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(`serve\0${dir}\0`));
  for (const end = Date.now() + 60000; !serving().length;) {
    assert.ok(Date.now() < end, 'the headend is started');
    await sleep(50);
  }
  child.kill('SIGTERM');
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 1);
  assert.deepEqual(serving(), []);
});

test('the fleet ends by itself when its time is over', async (context) => {
  const { dir, state } = await scratch(context);
  const began = Date.now();
  const { code, err } = await fleet('2', dir, state, '--headend', headendProgram(), '--only', 'hold', '--hold', '600', '--limit', '8');
  assert.equal(code, 1);
  assert.match(err, /hold: --limit leaves no time for it/);
  assert.ok(Date.now() - began < 60000, 'long before what was asked for');
});
