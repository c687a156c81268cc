// From the start of `pingplay-headend publish` with one small image until the screen shows it, over TLS on loopback: when
// its first trace appears, and when it stands alone, after the fade of 0.6 s with which one playlist follows another.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as content from '../lib/content.mjs';
import { openScreen } from '../lib/screen.mjs';
import { percentile, round } from '../lib/stats.mjs';
import { startXvfb } from '../lib/xvfb.mjs';

const BUDGET_MS = 1000;
const LOOK_MS = 2;
const PATIENCE_MS = 30000;
const CHANGED = 6;       // difference of a sample (0 … 255) from the old colour: the new one has begun to show
const REACHED = 4;       // from the new colour: it stands alone
const PAUSE_MS = 1000;   // and up to as much again, so that publishes meet every moment of what runs on timers
const middle = [960, 540];

export const packages = ['ffmpeg', 'xvfb'];
export const options = { publishes: { type: 'string', default: '30' } };

const distance = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

async function wait(check) {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(LOOK_MS)) {
    if (check()) return performance.now();
  }
  throw new Error('what was published did not come up on the screen');
}

async function one(screen, server, file, colour) {
  const old = server.at(middle);
  const begun = performance.now();
  let published;
  const publish = screen.headend.publish('bench', [file]).then(() => { published = performance.now() - begun; });
  const first = (await wait(() => distance(server.at(middle), old) > CHANGED)) - begun;
  const whole = (await wait(() => distance(server.at(middle), colour) <= REACHED)) - begun;
  await publish;
  return { published, first, whole };
}

export async function measure(values, say) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-latency-'));
  const server = await startXvfb();
  const runs = [];
  let screen;
  try {
    screen = await openScreen({ content: [await content.small(0, dir)], server });
    for (let i = 1; i <= Number(values.publishes); i++) {
      const file = await content.small(i, dir);
      await sleep(PAUSE_MS + Math.random() * PAUSE_MS);
      runs.push(await one(screen, server, file, content.smallColour(i)));
      const { published, first, whole } = runs.at(-1);
      say(`  publish ${round(published)} ms, first seen ${round(first)} ms, alone ${round(whole)} ms`);
    }
  } finally {
    await screen?.close();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
  const of = (field, part) => round(percentile(runs.map((run) => run[field]), part));
  const row = (what, field) => ({ what, budget: `p99 <= ${BUDGET_MS} ms`, measured: `p50 ${of(field, 0.5)} ms, p99 ${of(field, 0.99)} ms`, met: of(field, 0.99) <= BUDGET_MS });
  return [{ ...row('publish to picture on the screen', 'first'), beside: `the publish command itself: p50 ${of('published', 0.5)} ms`, runs },
    { ...row('the same, its fade of 600 ms over', 'whole'), budget: undefined, met: undefined }];
}
