// From the start of agent and player, with a cached channel and no headend, until its picture is whole on the screen,
// beside two image viewers of the distribution. All of them draw on the same X server, whose picture is looked at every
// 2 ms; all files are in the page cache. The player gets its socket as systemd hands it over.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as content from '../lib/content.mjs';
import { program } from '../lib/main.mjs';
import { feh, mpv } from '../lib/rival.mjs';
import { environment, openScreen } from '../lib/screen.mjs';
import { median, percentile, round } from '../lib/stats.mjs';
import { HEIGHT, WIDTH, decode, startXvfb } from '../lib/xvfb.mjs';

const BUDGET_MS = 300;
const PAUSE_MS = 300; // between two programs

export const packages = ['feh', 'ffmpeg', 'mpv', 'xvfb', 'x11-xserver-utils'];
export const options = { runs: { type: 'string', default: '11' }, image: { type: 'string' } };

async function cached(file, server) {
  const screen = await openScreen({ content: [file], server });
  await screen.settle();
  const { display } = screen;
  if ((await display.stopAgent()).code !== 0 || (await display.stopPlayer()).code !== 0) throw new Error('agent or player did not end in order');
  await screen.headend.stopServing();
  return screen;
}

const end = (child) => new Promise((resolve) => {
  child.on('close', resolve);
  child.kill();
});

async function ours(screen, server, picture) {
  const { display } = screen;
  rmSync(display.socket, { force: true });
  const stdio = ['ignore', 'ignore', 'ignore'];
  const env = { ...process.env, SDL_AUDIODRIVER: 'dummy', ...environment(server) };
  const begunMonotonic = Number(process.hrtime.bigint()) / 1e6;
  const begun = performance.now();
  const player = spawn(program('tools/bench/bench-activate'), [display.socket, program('firmware/player/pingplay-player'),
    '--windowed', `${WIDTH}x${HEIGHT}`, '--trace', display.traceFile], { stdio, env });
  const agent = spawn(program('firmware/agent/pingplay-agent'), ['--config', display.config], { stdio });
  try {
    const ms = (await server.waitPicture(picture)) - begun;
    // Both clocks are CLOCK_MONOTONIC.
    const presents = readFileSync(display.traceFile, 'utf8').split('\n').filter((line) => line.endsWith(']}')).map((line) => JSON.parse(line));
    const since = (present) => round(present.at_us / 1000 - begunMonotonic, 1);
    return { ms, player_ready_ms: since(presents[0]), picture_ready_ms: since(presents.find(({ layers }) => layers.length)) };
  } finally {
    await end(agent);
    await end(player);
  }
}

async function theirs(start, server, picture) {
  const begun = performance.now();
  const rival = start();
  try {
    return (await server.waitPicture(picture)) - begun;
  } finally {
    await rival.stop();
  }
}

export async function measure(values, say) {
  const file = values.image ?? await content.image();
  const picture = await decode(file);
  const server = await startXvfb();
  const times = { own: [], feh: [], mpv: [] };
  const steps = [];
  let screen;
  const blank = async () => {
    await server.clear();
    await sleep(PAUSE_MS);
  };
  try {
    screen = await cached(file, server);
    for (let i = 0; i < Number(values.runs); i++) {
      await blank();
      steps.push(await ours(screen, server, picture));
      times.own.push(steps[i].ms);
      await blank();
      times.feh.push(await theirs(() => feh(server, file), server, picture));
      await blank();
      times.mpv.push(await theirs(() => mpv(server, file, '--vo=x11'), server, picture));
      say(`  pingplay ${round(times.own[i])} ms (player ready after ${steps[i].player_ready_ms}, picture after ${steps[i].picture_ready_ms}), feh ${round(times.feh[i])} ms, mpv ${round(times.mpv[i])} ms`);
    }
  } finally {
    await screen?.close();
    await server.stop();
  }
  const [own, first, second] = [times.own, times.feh, times.mpv].map(median);
  const worst = (runs) => round(percentile(runs, 1));
  return [{ what: 'process start to first cached picture', budget: `<= ${BUDGET_MS} ms, before a viewer`, measured: `${round(own)} ms (${worst(times.own)} at most): ${round(own / first, 2)} x feh`,
    beside: `feh: ${round(first)} ms, mpv: ${round(second)} ms`, ratio: round(own / first, 3), steps, met: own <= BUDGET_MS && own <= Math.min(first, second), times }];
}
