// The player alone, without a display, for tests of its command line.
//   const player = await startPlayer(t, ['--windowed', '320x180']);   // listens, or has ended
//   player.child, player.socket, player.shotFile, player.traceFile, player.log();  await player.ended -> { code, signal }
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE = 20000; // ms
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const playerPath = path.join(process.env.PP_BUILD ?? path.join(root, 'build/dev'), 'firmware/player/pingplay-player');

export async function until(check, what) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(20)) {
    const value = await check();
    if (value) return value;
  }
  throw new Error(`waited in vain for ${what}`);
}

// Runs to its end.
export async function runPlayer(args) {
  const child = spawn(playerPath, args, { env: { ...process.env, SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy' } });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (data) => { out[name] += data; });
  const code = await new Promise((resolve, reject) => { child.on('error', reject); child.on('close', resolve); });
  return { code, ...out };
}

export async function startPlayer(t, args = ['--windowed', '320x180'], env = {}) {
  const dir = await mkdtemp(path.join(tmpdir(), 'player-'));
  const player = { dir, socket: path.join(dir, 'socket'), shotFile: path.join(dir, 'shot.png'), traceFile: path.join(dir, 'trace') };
  let log = '';
  player.log = () => log;
  player.child = spawn(playerPath,
    ['--socket', player.socket, '--screenshot', player.shotFile, '--trace', player.traceFile, ...args],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy', ...env } });
  player.child.stderr.on('data', (data) => { log += data; });
  player.ended = new Promise((resolve) => player.child.on('close', (code, signal) => resolve({ code, signal })));
  t.after(async () => {
    player.child.kill('SIGKILL');
    await player.ended;
    await rm(dir, { recursive: true });
  });
  await until(() => /display:|no display yet/.test(log) || player.child.exitCode !== null, 'the player to start');
  return player;
}

// An X server without a screen and without a window manager; -> its DISPLAY, a free one where none is given.
export async function startXServer(t, size, display) {
  const child = spawn('Xvfb', [...(display ? [display] : []), '-displayfd', '3', '-screen', '0', `${size}x24`, '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  let number = '';
  child.stdio[3].on('data', (data) => { number += data; });
  const ended = new Promise((resolve, reject) => { child.on('error', reject); child.on('close', resolve); });
  t.after(async () => { child.kill(); await ended; });
  await until(() => number.endsWith('\n') || child.exitCode !== null, 'the X server');
  return `:${number.trim()}`;
}

export const exists = existsSync;
