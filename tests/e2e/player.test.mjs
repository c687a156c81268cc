// The player's command line and life as a process. What it composes is tested by tests/unit/player, which speaks its protocol.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { exists, runPlayer, startPlayer, startXServer, until } from './lib/player.mjs';
import { readPng } from './lib/png.mjs';

const refused = [
  ['no socket at all', [], /no socket from systemd, and no --socket/],
  ['an unknown option', ['--fullscreen'], /unknown option --fullscreen/],
  ['a stray word', ['--socket', '/tmp/s', 'word'], /unexpected word: word/],
  ['a size that is none', ['--socket', '/tmp/s', '--windowed', '640'], /--windowed: not WIDTHxHEIGHT: 640/],
  ['a size with something behind it', ['--socket', '/tmp/s', '--windowed', '640x480x2'], /--windowed: not WIDTHxHEIGHT/],
  ['a size over the cap', ['--socket', '/tmp/s', '--windowed', '640x99999'], /--windowed: not WIDTHxHEIGHT/],
  ['a user that is none', ['--socket', '/tmp/s', '--agent-user', 'no such user'], /--agent-user: no user no such user/],
  ['a folder that is not there', ['--socket', '/no/such/folder/s'], /\/no\/such\/folder\/s/],
  ['an agent\'s end that is none', ['--agent-fd', 'seven'], /--agent-fd: not a descriptor: seven/],
  ['an agent\'s end that is not open', ['--agent-fd', '77'], /--agent-fd: not a descriptor: 77/],
  ['an agent\'s end that is standard output', ['--agent-fd', '1'], /--agent-fd: not a descriptor: 1/],
  ['a path too long for a socket', ['--socket', `/tmp/${'x'.repeat(200)}`], /a socket's path has 1 to 107 bytes/],
];

for (const [what, args, line] of refused) {
  test(`player refuses ${what} with one line and exit status 1`, async () => {
    const { code, stdout, stderr } = await runPlayer(args);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, line);
    assert.equal(stderr.trim().split('\n').length, 1);
  });
}

test('player tells its use and its version', async () => {
  const help = await runPlayer(['--help']);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^usage: pingplay-player/);
  const version = await runPlayer(['--version']);
  assert.equal(version.code, 0);
  assert.match(version.stdout, /^pingplay-player \d+\.\d+\.\d+\n$/);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`player ends in good order at ${signal}`, async (t) => {
    const player = await startPlayer(t);
    player.child.kill(signal);
    assert.deepEqual(await player.ended, { code: 0, signal: null });
    const last = JSON.parse((await readFile(player.traceFile, 'utf8')).trim().split('\n').at(-1));
    assert.equal(last.end, true);
  });
}

test('player without an agent shows a calm dark background, once', async (t) => {
  const player = await startPlayer(t);
  await until(async () => exists(player.traceFile) && (await readFile(player.traceFile, 'utf8')).includes('"present":1'),
    'the first present');
  player.child.kill('SIGUSR1');
  await until(() => exists(player.shotFile), 'the screenshot');
  const picture = readPng(await readFile(player.shotFile));
  assert.equal(picture.width, 320);
  assert.equal(picture.height, 180);
  for (const [x, y] of [[0, 0], [319, 179], [160, 90]]) assert.deepEqual([...picture.at(x, y)], [0x10, 0x14, 0x18]);
  player.child.kill('SIGTERM');
  await player.ended;
  const lines = (await readFile(player.traceFile, 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(lines.at(-1).presents, 1);
  assert.deepEqual(lines[0].layers, []);
});

test('player waits for a display that comes late, and says so once', async (t) => {
  const display = `:${10000 + process.pid}`;
  const player = await startPlayer(t, ['--wait-for-display'], { SDL_VIDEODRIVER: 'x11', DISPLAY: display });
  assert.match(player.log(), /no display yet/);
  await startXServer(t, '640x480', display);
  await until(() => /info: display: x11/.test(player.log()), 'the display');
  assert.equal(player.log().match(/no display yet/g).length, 1);
});

test('player without a display ends in good order at SIGTERM, and at once where none is waited for', async (t) => {
  const player = await startPlayer(t, ['--wait-for-display'], { SDL_VIDEODRIVER: 'x11', DISPLAY: ':none' });
  player.child.kill('SIGTERM');
  assert.deepEqual(await player.ended, { code: 0, signal: null });
  const other = await startPlayer(t, [], { SDL_VIDEODRIVER: 'x11', DISPLAY: ':none' });
  assert.deepEqual(await other.ended, { code: 1, signal: null });
});

test('player fills the whole screen of an X server without a window manager', async (t) => {
  const display = await startXServer(t, '1600x1200');
  await startPlayer(t, [], { SDL_VIDEODRIVER: 'x11', DISPLAY: display });
  const { stdout } = await promisify(execFile)('xwininfo', ['-display', display, '-root', '-tree']);
  assert.match(stdout, /"Pingplay": .* 1600x1200\+0\+0 /);
});

test('player opens its socket to its user and group only', async (t) => {
  const player = await startPlayer(t);
  assert.equal((await stat(player.socket)).mode & 0o777, 0o660);
});

test('player replaces the socket of one that was killed', async (t) => {
  const first = await startPlayer(t);
  first.child.kill('SIGKILL');
  await first.ended;
  assert.ok(exists(first.socket));
  const second = await startPlayer(t, ['--windowed', '320x180', '--socket', first.socket]);
  assert.equal(second.child.exitCode, null, second.log());
});

test('player does not remove a file that is no socket', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'player-'));
  try {
    const file = path.join(dir, 'precious');
    await writeFile(file, 'content');
    await chmod(file, 0o600);
    assert.equal((await runPlayer(['--socket', file])).code, 1);
    assert.equal(await readFile(file, 'utf8'), 'content');
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('player that cannot write its trace says so', async () => {
  const { code, stderr } = await runPlayer(['--socket', path.join(tmpdir(), `player-${process.pid}`), '--trace', '/no/such/file']);
  assert.equal(code, 1);
  assert.match(stderr, /\/no\/such\/file: No such file or directory/);
});
