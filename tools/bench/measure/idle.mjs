// How often all processes of a display point are woken in a minute, and how often the player draws, with a still picture,
// connected to its headend.
import { setTimeout as sleep } from 'node:timers/promises';
import * as content from '../lib/content.mjs';
import { cpuSeconds, wakeups } from '../lib/proc.mjs';
import { openScreen } from '../lib/screen.mjs';
import { round } from '../lib/stats.mjs';
import { startXvfb } from '../lib/xvfb.mjs';

const SETTLE_MS = 15000; // the sound device is closed, the reports are sent

export const packages = ['ffmpeg', 'xvfb'];
export const options = { seconds: { type: 'string', default: '60' } };

export async function measure(values, say) {
  const seconds = Number(values.seconds);
  const server = await startXvfb();
  let screen;
  try {
    screen = await openScreen({ content: [await content.image()], server });
    await screen.settle();
    await sleep(SETTLE_MS);
    const pids = screen.all();
    const [before, drawn, cpu] = [wakeups(pids), screen.presents().length, cpuSeconds(pids)];
    await sleep(seconds * 1000);
    const after = wakeups(pids);
    const redraws = screen.presents().length - drawn;
    const threads = Object.fromEntries([...after].map(([thread, count]) => [thread, count - (before.get(thread) ?? 0)]));
    const count = Object.values(threads).reduce((sum, value) => sum + value, 0);
    say(`  ${Object.entries(threads).map(([thread, value]) => `${thread} ${value}`).join(', ')}`);
    return [{ what: `idle, still picture: wake-ups of all processes`, budget: '<= 1 a second', measured: `${round(count / seconds, 2)} a second`,
      beside: `processor time: ${round(((cpuSeconds(pids) - cpu) / seconds) * 100, 2)} %`, met: count <= seconds, threads },
    { what: 'idle, still picture: redraws', budget: '0', measured: `${redraws} in ${seconds} s`, met: redraws === 0 }];
  } finally {
    await screen?.close();
    await server.stop();
  }
}
