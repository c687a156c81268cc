// Two films of 1080p30 in turn: at each change, whether the last frame of one and the first of the next are on the screen
// when they should be. One film's renderer is still decoding while the next one's starts.
import { setTimeout as sleep } from 'node:timers/promises';
import * as content from '../lib/content.mjs';
import { FRAME_US, lateness, shownFrames } from '../lib/frames.mjs';
import { openScreen } from '../lib/screen.mjs';
import { percentile, round } from '../lib/stats.mjs';
import { startXvfb } from '../lib/xvfb.mjs';

const AROUND_US = 1000000; // looked at, before and after each change

export const packages = ['ffmpeg', 'xvfb'];
export const options = { seams: { type: 'string', default: '12' } };

/** Places in `frames` where another film begins; what has only a frame at 0 is a status screen. */
const changes = (frames) => frames.map((_, i) => i).filter((i) => i > 0 && frames[i].layer !== frames[i - 1].layer && frames[i - 1].pts_us > 0);

function judge(frames, at) {
  const around = frames.filter((frame) => Math.abs(frame.at - frames[at].at) < AROUND_US);
  const cut = Math.round(content.CLIP_SECONDS * 1e6 - frames[at - 1].pts_us) - FRAME_US; // of the film's end
  return { layers: [frames[at - 1].layer, frames[at].layer], gap_ms: round((frames[at].at - frames[at - 1].at) / 1000, 1), late: lateness(around).late, missing: Math.max(0, Math.round(cut / FRAME_US)) };
}

export async function measure(values, say) {
  const wanted = Number(values.seams);
  const server = await startXvfb();
  let screen;
  try {
    screen = await openScreen({ content: [await content.clip(1), await content.clip(2)], server });
    for (let seen = 0; seen < wanted; seen = changes(shownFrames(screen.presents())).length) await sleep(1000);
    const frames = shownFrames(screen.presents());
    const seams = changes(frames).slice(0, wanted).map((at) => judge(frames, at));
    const [late, missing] = ['late', 'missing'].map((field) => seams.reduce((sum, seam) => sum + seam[field], 0));
    const gaps = seams.map((seam) => seam.gap_ms);
    say(`  ms from the last frame to the first: ${gaps.join(', ')}`);
    return [{ what: `seam between two 1080p30 films, ${seams.length} of them`, budget: '0 frames late', measured: `${late} late, ${missing} missing`,
      beside: `last frame to first: p50 ${percentile(gaps, 0.5)} ms, at most ${Math.max(...gaps)} ms`, met: late + missing === 0, seams }];
  } finally {
    await screen?.close();
    await server.stop();
  }
}
