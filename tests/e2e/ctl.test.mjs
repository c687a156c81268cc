// pingplayctl, the technician's command line, on a display point that runs.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkDocument, ctl, ctlJson, readQr, startCtl, stateOf } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';

const run = promisify(execFile);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
let headend;
let dir;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-ctl-'));
  await makeImage(dir, 'red.png', 'red');
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  await headend.publish('lobby', [path.join(dir, 'red.png')]);
});

after(async () => {
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function startScreen(t, options) {
  const display = await startDisplay(headend, options);
  t.after(() => display.stop());
  await until(async () => (await ctl(display, 'status')).code === 0, 'the agent to answer');
  return display;
}

async function enrol(display, options = {}) {
  const { code } = await display.waitCode();
  const id = await headend.approve(code, { name: 'Lobby left', channel: 'lobby', site: 'Lyon', ...options });
  await display.waitContent();
  await until(async () => await stateOf(display) === 'online', 'the screen to be online');
  return id;
}

// What a phone makes of the terminal's lines.
async function scan(text) {
  const modules = readQr(text);
  const scale = 4;
  const width = modules[0].length * scale;
  const bits = Buffer.alloc(width * modules.length * scale, 255);
  modules.forEach((row, y) => row.forEach((dark, x) => {
    if (dark) for (let i = 0; i < scale; i++) bits.fill(0, (y * scale + i) * width + x * scale, (y * scale + i) * width + (x + 1) * scale);
  }));
  const file = path.join(dir, 'qr.pgm');
  await writeFile(file, Buffer.concat([Buffer.from(`P5 ${width} ${modules.length * scale} 255\n`), bits]));
  return (await run('zbarimg', ['--quiet', '--raw', file])).stdout.trim();
}

test('before it is enrolled, the code, the fingerprint and the QR code of the screen stand in the terminal', async (t) => {
  const display = await startScreen(t);
  const shown = await display.waitCode();
  const status = await ctlJson(display, 'status');
  assert.equal(status.state, 'unenrolled');
  assert.equal(status.fingerprint, shown.fingerprint);
  assert.equal(status.certificate_end, null);
  const { code, out } = await ctl(display, 'enrol');
  assert.equal(code, 0);
  assert.match(out, new RegExp(`and enter +${shown.code}\n`));
  assert.match(out, new RegExp(`Fingerprint +${shown.fingerprint}\n`));
  const document = await ctlJson(display, 'enrol');
  assert.equal(document.enrolment.user_code, shown.code);
  assert.equal(await scan(out), document.enrolment.qr);
  assert.match(document.enrolment.qr, new RegExp(`${shown.code}$`));
});

test('status says what the headend knows as well, and what only the screen does, in both languages', async (t) => {
  const display = await startScreen(t);
  const id = await enrol(display, { timeZone: 'Europe/Paris', locale: 'fr' });
  const status = await ctlJson(display, 'status');
  const known = JSON.parse(await headend.cli('screen', 'show', id));
  assert.equal(status.device, id);
  assert.equal(status.name, 'Lobby left');
  assert.equal(status.site, 'Lyon');
  assert.equal(status.time_zone, 'Europe/Paris');
  assert.equal(status.channel, 'lobby');
  assert.equal(status.headend, headend.url);
  assert.equal(status.key_provider, 'file');
  assert.equal(status.access.mode, known.access_mode ?? 'certificate');
  assert.equal(status.state_version, known.version);
  assert.ok(Date.parse(status.certificate_end) > Date.now());
  assert.ok(Math.abs(Date.parse(status.last_contact) - Date.parse(status.time)) <= 120e3);
  assert.ok(status.store.objects > 0);
  assert.match(status.sandbox, /seccomp/);
  assert.equal(status.enrolment, null);
  const english = await ctl(display, 'status');
  assert.match(english.out, /^State +online$/m);
  assert.match(english.out, /^Last contact +\d{4}-/m);
  const french = await ctl(display, 'status', { env: { LC_ALL: 'fr_FR.UTF-8' } });
  assert.match(french.out, /^État +en ligne$/m);
  assert.match((await ctl(display, 'status', '--lang', 'fr')).out, /^État +en ligne$/m);
});

test('stats counts what was fetched and shown', async (t) => {
  const display = await startScreen(t);
  await enrol(display);
  const stats = await ctlJson(display, 'stats');
  assert.ok(stats.counters.sync_switches >= 1);
  assert.ok(stats.counters.objects_fetched >= 1);
  assert.ok(stats.counters.bytes_fetched > 0);
  assert.equal(stats.counters.reports_lost, 0);
  assert.ok(stats.memory.resident_bytes > 1e6);
  assert.match((await ctl(display, 'stats')).out, /^Objects fetched +\d+$/m);
});

test('logs has the last lines and follows, also into the next start of the agent', async (t) => {
  const display = await startScreen(t);
  const shown = await display.waitCode();
  const last = await ctl(display, 'logs', '--lines', '200');
  assert.equal(last.code, 0);
  assert.match(last.out, new RegExp(`info +enrol this screen at .* with the code ${shown.code}`));
  for (const line of (await ctl(display, '--json', 'logs')).out.trim().split('\n')) checkDocument('log', JSON.parse(line));
  const follower = startCtl(display, 'logs', '--follow', '--lines', '0');
  t.after(() => follower.child.kill());
  await headend.approve(shown.code, { name: 'Followed', channel: 'lobby' });
  await until(() => /-> online/.test(follower.out), 'what the agent says next');
  assert.doesNotMatch(follower.out, new RegExp(shown.code));
  await display.stopAgent('SIGKILL');
  await until(() => /waited for/.test(follower.err), 'the follower to notice');
  const before = follower.out.length;
  await display.startAgent();
  await until(() => /connecting -> online/.test(follower.out.slice(before)), 'what the next agent says');
});

test('schedule tells what is shown at an instant and then, in the time of the display point', async (t) => {
  const playlist = path.join(dir, 'dayparts.json');
  await writeFile(playlist, JSON.stringify({ canvas: { width: 640, height: 360 },
    layouts: { day: { zones: [{ id: 'main', x: 0, y: 0, width: 640, height: 360, playlist: 'all' }] },
      night: { zones: [{ id: 'main', x: 0, y: 0, width: 640, height: 360, playlist: 'all' }] } },
    playlists: { all: { items: [{ file: 'red.png', duration: 'PT10S' }] } },
    schedule: [{ layout: 'day', dtstart: '2026-01-05T08:00:00', duration: 'PT12H', rrule: 'FREQ=DAILY' }], default_layout: 'night' }));
  await headend.publish('dayparts', [playlist]);
  const display = await startScreen(t);
  await enrol(display, { channel: 'dayparts', timeZone: 'Europe/Paris' });
  const noon = await ctlJson(display, 'schedule', '--at', '2027-07-01T12:00');
  assert.equal(noon.at, '2027-07-01T10:00:00Z');
  assert.equal(noon.layout, 'day');
  assert.deepEqual(noon.next[0], { at: '2027-07-01T18:00:00Z', layout: 'night' });
  assert.deepEqual(noon.event, { number: 1, priority: 0, rule: 'FREQ=DAILY', since: '2027-07-01T06:00:00Z', until: '2027-07-01T18:00:00Z' });
  const midnight = await ctlJson(display, 'schedule', '--at', '2027-07-01T00:00Z');
  assert.equal(midnight.layout, 'night');
  assert.equal(midnight.event, null);
  assert.match((await ctl(display, 'schedule', '--at', '2027-07-01T00:00Z')).out, /^Because +no event of the schedule lasts: the default layout$/m);
  const { out } = await ctl(display, 'schedule', '--at', '2027-07-01T12:00');
  assert.match(out, /^At +2027-07-01 12:00:00 \(Europe\/Paris\)$/m);
  assert.match(out, /^Because +event 1, priority 0, since 2027-07-01 08:00:00 until 2027-07-01 20:00:00, FREQ=DAILY$/m);
  assert.match(out, /^Then +2027-07-01 20:00:00 {2}night$/m);
  assert.equal((await ctlJson(display, 'schedule')).zones[0].zone, 'main');
  assert.equal((await ctl(display, 'schedule', '--at', 'noon')).code, 2);
});

const finding = (document, name) => document.checks.find((check) => check.name === name).finding;

test('diagnose tells from the cable to the screen what is wrong, by the agent and without it', async (t) => {
  const display = await startScreen(t);
  await enrol(display);
  const well = await ctlJson(display, 'diagnose');
  assert.equal(well.by, 'agent');
  for (const [name, expected] of Object.entries({ tcp: 'tcp-connected', tls: 'tls-verified', answer: 'answer-good',
    agent: 'agent-well' })) assert.equal(finding(well, name), expected);
  assert.match(finding(well, 'display'), /^display-(shown|unplugged)$/); // the second on a machine with a socket for a screen, and none in it
  const own = await startHeadend();
  t.after(() => own.stop());
  const lost = await startDisplay(headend, { url: `https://localhost:${own.port}` });
  t.after(() => lost.stop());
  await lost.agent.waitLog(/cannot be trusted/);
  const untrusted = await ctlJson(lost, 'diagnose');
  assert.equal(untrusted.verdict, 'fault');
  assert.equal(finding(untrusted, 'tls'), 'tls-untrusted');
  assert.equal(finding(untrusted, 'agent'), 'agent-trouble');
  const words = await ctl(lost, 'diagnose', '--lang', 'fr');
  assert.equal(words.code, 6);
  assert.match(words.out, /^Confiance \(TLS\) +PANNE +Ce qui répond n’est pas fiable/m);
  await lost.stopAgent();
  await own.stopServing();
  const alone = await ctlJson(lost, 'diagnose');
  assert.equal(alone.by, 'pingplayctl');
  assert.equal(finding(alone, 'agent'), 'agent-down');
  assert.equal(finding(alone, 'tcp'), 'tcp-refused');
  assert.match((await ctl(lost, 'diagnose')).out, /^Connection +FAULT +The machine answers, but not the headend/m);
});

test('whoever may not ask is refused, by the kernel and by the agent', async (t) => {
  if (process.getuid() !== 0) return t.skip('needs root, to become another user');
  const display = await startScreen(t, { localGroup: 'games' });
  await run('chmod', ['-R', 'a+rX', display.dir]);
  const as = (groups, ...words) => ctl(display, ...words,
    { prefix: ['setpriv', '--reuid', '65534', '--regid', '65534', ...(groups ? ['--groups', groups] : ['--clear-groups'])] });
  const games = (await run('getent', ['group', 'games'])).stdout.split(':')[2];
  assert.equal((await as(games, 'status')).code, 0);
  const stranger = await as('', 'status');
  assert.equal(stranger.code, 4);
  assert.match(stranger.err, /^pingplayctl: Not allowed/);
  await run('chmod', ['666', display.controlSocket]); // were the kernel not to keep them out
  const known = await as('', 'status');
  assert.equal(known.code, 4);
  assert.match(known.err, /only root and members of the group games may ask/);
});

test('the device key is for root alone, and not for the agent\'s own user', async (t) => {
  if (process.getuid() !== 0) return t.skip('needs root, to become another user');
  const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  for (const file of [headend.caFile, headend.rootFile]) await run('chmod', ['a+rX', path.dirname(file), file]);
  const display = await startDisplay(headend, { agentPrefix: nobody, beforeAgent: ({ dir: own }) => run('chown', ['65534', own]) });
  t.after(() => display.stop());
  await display.waitCode();
  const program = path.join(buildDir(), 'tests/e2e/programs/pingplay-local-hostile');
  const [setpriv, ...words] = nobody;
  assert.equal((await run(setpriv, [...words, program, display.controlSocket, 'key'])).stdout, 'refused: only root may do that\n');
  assert.match((await run(program, [display.controlSocket, 'key'])).stdout, /^CREDENTIALS, a key of \d+ bytes\n$/);
  assert.equal((await ctl(display, 'status', { prefix: nobody })).code, 0);
});

// A child of tests/e2e/programs/local_hostile.c, once it has said that it is there.
async function hostile(t, display, ...words) {
  const child = spawn(path.join(buildDir(), 'tests/e2e/programs/pingplay-local-hostile'), [display.controlSocket, ...words]);
  t.after(() => child.kill());
  let said = '';
  child.stdout.on('data', (data) => { said += data; });
  await until(() => /^there$/m.test(said), `the hostile client: ${words}`);
  return { child, said };
}

test('clients that are silent, deaf, many or speak nonsense cost only themselves', async (t) => {
  const display = await startScreen(t);
  const id = await enrol(display);
  const answers = async () => assert.equal((await ctlJson(display, 'status')).state, 'online');
  const deaf = await hostile(t, display, 'deaf');
  await hostile(t, display, 'flood', '1000');
  await answers();
  await hostile(t, display, 'leave', '50');
  await answers();
  const held = await hostile(t, display, 'hold');
  assert.match(held.said, /the last is told that there are too many/);
  // It goes on with its work meanwhile.
  await headend.cli('screen', 'set', id, '--name', 'Undisturbed');
  await until(async () => {
    const screen = JSON.parse(await headend.cli('screen', 'show', id));
    return screen.report?.state_version === screen.version;
  }, 'the new name on the screen');
  held.child.stdin.end();
  await until(async () => (await ctl(display, 'status')).code === 0, 'a place');
  assert.equal((await ctlJson(display, 'status')).name, 'Undisturbed');
  deaf.child.stdin.end();
  await display.stopAgent();
  assert.equal((await display.agent.ended).code, 0);
});

test('an agent that is killed under a client costs it the answer, and the next one answers', async (t) => {
  const display = await startScreen(t);
  const deaf = startCtl(display, 'logs', '--follow');
  t.after(() => deaf.child.kill());
  await until(() => deaf.out.length > 0, 'a line');
  await display.stopAgent('SIGKILL');
  assert.equal((await ctl(display, 'status')).code, 3); // the socket is still there, and nobody behind it
  await display.startAgent();
  await until(async () => (await ctl(display, 'status')).code === 0, 'the next agent to answer');
});

test('without an agent, and for the wrong words, the exit status says which', async (t) => {
  const display = await startScreen(t);
  assert.equal((await ctl(display, 'nonsense')).code, 2);
  assert.equal((await ctl(display)).code, 2);
  assert.equal((await ctl(display, 'status', 'much')).code, 2);
  assert.equal((await ctl(display, 'status', '--lang', 'de')).code, 2);
  assert.match((await ctl(display, '--version')).out, /^pingplayctl \d/);
  await display.stopAgent();
  const { code, err, out } = await ctl(display, 'status');
  assert.equal(code, 3);
  assert.equal(out, '');
  assert.match(err, /^pingplayctl: The agent is not running/);
});

test('bash completes the commands that there are, and the options of each', async () => {
  const complete = async (...words) => {
    const script = `source board/completions/pingplayctl.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pingplayctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await run('bash', ['-c', script, 'bash', ...words], { cwd: root });
    return stdout.split('\n').filter(Boolean);
  };
  assert.deepEqual(await complete('pingplayctl', 'sta'), ['status', 'stats']);
  assert.deepEqual(await complete('pingplayctl', '--lang', ''), ['en', 'fr']);
  assert.deepEqual(await complete('pingplayctl', '--lang', 'fr', 'logs', '--f'), ['--follow']);
  assert.deepEqual(await complete('pingplayctl', 'reset', '--y'), ['--yes']);
  assert.deepEqual(await complete('pingplayctl', 'status', '--y'), []);
  assert.deepEqual(await complete('pingplayctl', 'network', 'wi'), ['wifi']);
  assert.deepEqual(await complete('pingplayctl', 'network', 'wifi', 'Lobby', '--s'), ['--socket', '--security']);
  assert.deepEqual(await complete('pingplayctl', 'network', 'wifi', 'Lobby', '--security', 'wpa3'), ['wpa3']);
  assert.deepEqual(await complete('pingplayctl', 'network', 'static', 'eth0', '192.0.2.10/24', '--g'), ['--gateway']);
  // Every command that the program has, and no other.
  const { out } = await ctl({ config: '/dev/null' }, '--help');
  const commands = [...out.matchAll(/^ {2}([a-z][a-z-]*)\b/gm)].map((match) => match[1]);
  assert.deepEqual((await complete('pingplayctl', '')).filter((word) => !word.startsWith('-')).sort(), commands.sort());
});
