// Frames of a film of 30 a second, from the player's trace.
import { percentile, round } from './stats.mjs';

export const FRAME_US = 1e6 / 30;

/** Of each present its topmost layer, with the moment: { at, layer, pts_us, due_us }, microseconds. */
export const shownFrames = (presents) => presents.filter(({ layers }) => layers.length).map(({ at_us: at, layers }) => ({ at, ...layers.at(-1) }));

/** How many came more than a frame after their moment. */
export function lateness(frames) {
  const lateUs = frames.map(({ at, due_us: due }) => at - due);
  return { late: lateUs.filter((us) => us > FRAME_US).length, late_p99_ms: round(percentile(lateUs, 0.99) / 1000, 1) };
}

/** Frames between those that were shown, by their times. */
export const skipped = (frames) => frames.slice(1).reduce((sum, frame, i) => sum + Math.max(0, Math.round((frame.pts_us - frames[i].pts_us) / FRAME_US) - 1), 0);
