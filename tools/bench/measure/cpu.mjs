// Processor time to play a 1080p30 H.264 clip over and over on an X server without graphics hardware, beside mpv on the
// same output. The X server's own time, which drawing causes, is counted for both.
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as content from '../lib/content.mjs';
import { lateness, shownFrames, skipped } from '../lib/frames.mjs';
import { cpuSeconds, nameOf } from '../lib/proc.mjs';
import { mpv } from '../lib/rival.mjs';
import { openScreen } from '../lib/screen.mjs';
import { median, round } from '../lib/stats.mjs';
import { startXvfb } from '../lib/xvfb.mjs';

const SETTLE_MS = 3000;

export const packages = ['ffmpeg', 'mpv', 'xvfb'];
export const options = { seconds: { type: 'string', default: '20' }, runs: { type: 'string', default: '3' }, dummy: { type: 'string', default: 'yes' } };

/** Seconds of processor time that `pids` use while `during` passes, by process. */
async function used(pids, during) {
  const before = pids.map((pid) => cpuSeconds([pid]));
  await during();
  return pids.map((pid, i) => ({ name: nameOf(pid), s: round(cpuSeconds([pid]) - before[i], 2) }));
}

const total = (parts) => parts.reduce((sum, { s }) => sum + s, 0);

/** The frames shown in a span of time. */
function judge(presents, fromUs, toUs) {
  const frames = shownFrames(presents).filter(({ at }) => at >= fromUs && at < toUs);
  return { presented: frames.length, skipped: skipped(frames), ...lateness(frames) };
}

async function ours(file, server, seconds) {
  const screen = await openScreen({ content: [file], server });
  try {
    await screen.settle();
    await sleep(SETTLE_MS);
    const fromUs = Number(process.hrtime.bigint() / 1000n);
    const parts = await used([...screen.all(), ...(server ? [server.pid] : [])], () => sleep(seconds * 1000));
    const toUs = Number(process.hrtime.bigint() / 1000n);
    await sleep(200);
    return { parts, ...judge(screen.presents(), fromUs, toUs) };
  } finally {
    await screen.close();
  }
}

/** A property of a running mpv, over its socket. */
async function ask(socket, property) {
  const connection = net.createConnection(socket);
  try {
    connection.write(`${JSON.stringify({ command: ['get_property', property] })}\n`);
    let text = '';
    for await (const data of connection) {
      text += data;
      const answer = text.split('\n').filter(Boolean).map((line) => JSON.parse(line)).find(({ error }) => error !== undefined);
      if (answer) return answer.data ?? 0;
    }
    return undefined;
  } finally {
    connection.destroy();
  }
}

async function theirs(file, server, seconds, ...more) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-mpv-'));
  const socket = path.join(dir, 'socket');
  const rival = mpv(server, file, '--no-audio', `--input-ipc-server=${socket}`, ...more);
  try {
    await sleep(SETTLE_MS);
    const before = await ask(socket, 'frame-drop-count');
    const parts = await used([...rival.pids(), server.pid], () => sleep(seconds * 1000));
    return { parts, dropped: (await ask(socket, 'frame-drop-count')) - before };
  } finally {
    await rival.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

const list = (parts) => parts.map(({ name, s }) => `${name} ${s}`).join(', ');

export async function measure(values, say) {
  const file = await content.video();
  const seconds = Number(values.seconds);
  const own = [], rival = [], fast = [];
  const server = await startXvfb();
  try {
    for (let i = 0; i < Number(values.runs); i++) {
      own.push(await ours(file, server, seconds));
      rival.push(await theirs(file, server, seconds, '--vo=x11'));
      fast.push(await theirs(file, server, seconds, '--vo=x11', '--profile=sw-fast'));
      say(`  pingplay: ${list(own[i].parts)} s; ${own[i].presented} frames, ${own[i].skipped} skipped, ${own[i].late} late`);
      say(`  mpv: ${list(rival[i].parts)} s, ${rival[i].dropped} dropped; with --profile=sw-fast: ${list(fast[i].parts)} s, ${fast[i].dropped} dropped`);
    }
  } finally {
    await server.stop();
  }
  const [a, b, c] = [own, rival, fast].map((runs) => median(runs.map(({ parts }) => total(parts))));
  const ratio = a / b;
  const share = (s) => `${round((s / seconds) * 100)} % of a core`;
  const rows = [{ what: `CPU, 1080p30 H.264, X11, ${seconds} s`, budget: '<= 1.0 x mpv', measured: `${round(a, 2)} s (${share(a)}): ${round(ratio, 2)} x`,
    beside: `mpv --vo=x11: ${round(b, 2)} s; with --profile=sw-fast: ${round(c, 2)} s`, ratio: round(ratio, 3), ratio_fast: round(a / c, 3), met: ratio <= 1, own, rival, fast }];
  const frames = (runs) => runs.reduce((sum, run) => ({ presented: sum.presented + run.presented, skipped: sum.skipped + run.skipped, late: sum.late + run.late }));
  const x11 = frames(own);
  rows.push({ what: 'the same: frames skipped, over a frame late', budget: '0', measured: `${x11.skipped}, ${x11.late} of ${x11.presented}`,
    beside: `mpv: ${rival.reduce((sum, { dropped }) => sum + dropped, 0)} dropped`, met: x11.skipped + x11.late === 0 });
  if (values.dummy !== 'yes') return rows;
  const dummy = await ours(file, undefined, seconds);
  say(`  without a screen: ${list(dummy.parts)} s`);
  rows.push({ what: "SDL's dummy driver: frames skipped, late", budget: '0', measured: `${dummy.skipped}, ${dummy.late} of ${dummy.presented}`,
    beside: `CPU: ${round(total(dummy.parts), 2)} s`, met: dummy.skipped + dummy.late === 0, dummy });
  return rows;
}
