// Small pictures and videos of one colour, made with ffmpeg.
import { execFile } from 'node:child_process';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ffmpeg = (...args) => run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args]);

export async function makeImage(dir, name, colour, size = '640x360') {
  const file = path.join(dir, name);
  await ffmpeg('-f', 'lavfi', '-i', `color=${colour}:s=${size}`, '-frames:v', '1', file);
  return file;
}

// H.264 and AAC in MP4, or VP9 and Opus in WebM, by the name's ending.
export async function makeVideo(dir, name, colour, seconds = 2, size = '320x180') {
  const file = path.join(dir, name);
  const codecs = name.endsWith('.webm') ? ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus']
    : ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'];
  await ffmpeg('-f', 'lavfi', '-i', `color=${colour}:s=${size}:r=25:d=${seconds}`, '-f', 'lavfi', '-i',
    `sine=frequency=440:duration=${seconds}`, ...codecs, '-pix_fmt', 'yuv420p', '-shortest', file);
  return file;
}

// A grey film, a little brighter with each of its at most 200 frames: shownFrame tells the number of a pixel's.
const DARKEST = 30; // of 16 … 235
export async function makeCountingFilm(dir, name, frames, fps, size = '160x90') {
  const file = path.join(dir, name);
  await ffmpeg('-f', 'lavfi', '-i', `nullsrc=s=${size}:r=${fps}:d=${frames / fps},format=yuv420p,geq=lum='${DARKEST}+N':cb=128:cr=128`,
    '-c:v', 'libx264', '-crf', '8', '-g', String(10 * fps), file);
  return file;
}

export const shownFrame = ([red]) => Math.round((red * 219) / 255 + 16 - DARKEST);

// A copy of an MP4 with `bytes` of padding behind it, in a box that players pass over (ISO/IEC 14496-12, 'free'); with
// random bytes, so that no two copies are the same object.
export async function padVideo(source, target, bytes) {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(bytes + 8, 0);
  header.write('free', 4, 'latin1');
  await writeFile(target, await readFile(source));
  await appendFile(target, Buffer.concat([header, randomBytes(bytes)]));
  return target;
}

// A picture with `text` planted in it in the clear (a PNG text chunk is not needed: bytes behind IEND are ignored).
export async function plantMark(file, text) {
  await appendFile(file, text);
  return file;
}
