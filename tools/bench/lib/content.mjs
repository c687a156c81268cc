// What is shown in the measurements, made once with ffmpeg and kept in build/bench-content.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './main.mjs';

const run = promisify(execFile);
const folder = path.join(root, 'build/bench-content');

async function make(name, ...args) {
  const file = path.join(folder, name);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const part = path.join(folder, `part-${name}`);
  await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args, part]);
  renameSync(part, file);
  return file;
}

// Soft colours with detail and some grain, as a photograph has them.
const scene = (extra) => `mandelbrot=s=1920x1080:rate=30:start_scale=0.02:end_pts=900${extra}`;

/** A JPEG of 1920 x 1080. */
export const image = () => make('image.jpg', '-f', 'lavfi', '-i', scene(',gblur=sigma=8,noise=alls=8'), '-frames:v', '1', '-pix_fmt', 'yuvj420p', '-q:v', '3');

/** H.264 High, 1920 x 1080, 30 frames a second, 8 Mbit/s, 10 s, without sound. */
export const video = () => make('video.mp4', '-f', 'lavfi', '-i', scene(',noise=alls=6:allf=t'), '-t', '10', '-c:v', 'libx264', '-preset', 'medium',
  '-profile:v', 'high', '-pix_fmt', 'yuv420p', '-b:v', '8M', '-maxrate', '12M', '-bufsize', '16M', '-g', '60', '-an', '-movflags', '+faststart');

/** Films of 1080p30 H.264, CLIP_SECONDS long, without sound. */
export const CLIP_SECONDS = 4;
export const clip = (number) => make(`clip-${number}.mp4`, '-f', 'lavfi', '-i', `${number % 2 ? 'testsrc2' : 'testsrc'}=s=1920x1080:r=30:d=${CLIP_SECONDS}`, '-c:v', 'libx264',
  '-preset', 'fast', '-pix_fmt', 'yuv420p', '-b:v', '8M', '-an', '-movflags', '+faststart');

/** A small picture, different for each number, in a plain colour that tells which. */
export const small = (number, dir) => {
  const [r, g, b] = smallColour(number);
  const file = path.join(dir, `small-${number}.jpg`);
  const hex = [r, g, b].map((value) => value.toString(16).padStart(2, '0')).join('');
  return run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', '-f', 'lavfi', '-i', `color=0x${hex}:s=1280x720`,
    '-frames:v', '1', '-q:v', '3', file]).then(() => file);
};
export const smallColour = (number) => [40 + ((number * 67) % 180), 40 + ((number * 131) % 180), 40 + ((number * 29) % 180)];
