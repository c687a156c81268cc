// From the moment that an urgent message is asked for, by the API over TLS on loopback, until the screen shows it: over a still picture, all of the display, cut in at once.
// And from the moment that it is cancelled until the picture stands there again.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signIn } from '../../../tests/e2e/lib/headend-browser.mjs';
import * as content from '../lib/content.mjs';
import { openScreen } from '../lib/screen.mjs';
import { percentile, round } from '../lib/stats.mjs';
import { startXvfb } from '../lib/xvfb.mjs';

const BUDGET_MS = 120;
const LOOK_MS = 2;
const PATIENCE_MS = 30000;
const NEAR = 12;         // difference of a sample (0 … 255)
const PAUSE_MS = 1000;   // and up to as much again, so that messages meet every moment of what runs on timers
const PLACE = [40, 540]; // of the ground alone
const GROUND = [168, 0, 16];

export const packages = ['ffmpeg', 'xvfb'];
export const options = { messages: { type: 'string', default: '30' } };

const distance = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

async function wait(check) {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(LOOK_MS)) {
    if (check()) return performance.now();
  }
  throw new Error('the message did not come up on the screen, or did not go');
}

async function one(server, ask, title) {
  const shows = () => distance(server.at(PLACE), GROUND) <= NEAR;
  const begun = performance.now();
  const sent = ask('', { severity: 'severe', texts: [{ language: 'en', title }], targets: { all: true }, duration_s: 600 }).then((answer) => ({ answer, ms: performance.now() - begun }));
  const shown = (await wait(shows)) - begun;
  const { answer, ms } = await sent;
  await sleep(PAUSE_MS + Math.random() * PAUSE_MS);
  const ended = performance.now();
  const cancelled = ask(`/${answer.id}/cancel`);
  const gone = (await wait(() => !shows())) - ended;
  await cancelled;
  return { sent: ms, shown, gone };
}

export async function measure(values, say) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-urgent-'));
  const server = await startXvfb();
  const runs = [];
  let screen;
  try {
    screen = await openScreen({ content: [await content.small(0, dir)], server });
    const { headend } = screen;
    const { cookie } = await signIn(headend);
    const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie })).json();
    const ask = async (place, body) => (await headend.request('POST', `/api/v1/messages${place}`, { cookie, headers: { 'pingplay-csrf': csrf, ...(body ? { 'content-type': 'application/json' } : {}) }, body: body && JSON.stringify(body) })).json();
    for (let i = 1; i <= Number(values.messages); i++) {
      await sleep(PAUSE_MS + Math.random() * PAUSE_MS);
      runs.push(await one(server, ask, `Message ${i}`));
      const { sent, shown, gone } = runs.at(-1);
      say(`  sent ${round(sent)} ms, shown ${round(shown)} ms, gone ${round(gone)} ms`);
    }
  } finally {
    await screen?.close();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
  const of = (field, part) => round(percentile(runs.map((run) => run[field]), part));
  return [{ what: 'urgent message on the screen', budget: `p99 <= ${BUDGET_MS} ms`, measured: `p50 ${of('shown', 0.5)} ms, p99 ${of('shown', 0.99)} ms`, met: of('shown', 0.99) <= BUDGET_MS, beside: `the answer to who sent it: p50 ${of('sent', 0.5)} ms`, runs },
    { what: 'the same, cancelled until it is gone', budget: undefined, measured: `p50 ${of('gone', 0.5)} ms, p99 ${of('gone', 0.99)} ms`, met: undefined }];
}
