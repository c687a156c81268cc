// Makes the demo content beside it from the drawings in scenes/. Needs nodejs, librsvg2-bin, ffmpeg, webp, gifsicle and the
// fonts of fonts-inter and fonts-ebgaramond (all Debian packages). The results are committed; run it after a change.
//   assets/demo/make [NAME…]      welcome menu weather promo harbour city
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { SECONDS as CITY_SECONDS, city, sound as citySound } from './scenes/city.mjs';
import { SECONDS as HARBOUR_SECONDS, harbour, sound as harbourSound } from './scenes/harbour.mjs';
import { menu } from './scenes/menu.mjs';
import { promo } from './scenes/promo.mjs';
import { weather } from './scenes/weather.mjs';
import { welcome } from './scenes/welcome.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(path.join(tmpdir(), 'demo-content-'));
const out = (name) => path.join(here, name);
const run = (program, ...args) => execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
const ffmpeg = (...args) => run('ffmpeg', '-hide_banner', '-loglevel', 'error', '-y', ...args);

const FRAMES_PER_SECOND = 25;
const PROMO_FRAMES = 40;
const SAMPLE_RATE = 48000;

function png(drawing, name) {
  const file = path.join(work, name);
  writeFileSync(`${file}.svg`, drawing);
  run('rsvg-convert', '-o', file, `${file}.svg`);
  return file;
}

function frames(scene, count, name) {
  const folder = path.join(work, name);
  mkdirSync(folder);
  for (let i = 0; i < count; i++) png(scene(i / count), `${name}/${String(i).padStart(4, '0')}.png`);
  return path.join(folder, '%04d.png');
}

// 16-bit stereo, with short fades so that the loop does not click.
function wav(sound, seconds, name) {
  const count = seconds * SAMPLE_RATE;
  const file = Buffer.alloc(44 + count * 4);
  file.write('RIFF', 0); file.writeUInt32LE(36 + count * 4, 4); file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16); file.writeUInt16LE(1, 20); file.writeUInt16LE(2, 22); file.writeUInt32LE(SAMPLE_RATE, 24);
  file.writeUInt32LE(SAMPLE_RATE * 4, 28); file.writeUInt16LE(4, 32); file.writeUInt16LE(16, 34);
  file.write('data', 36); file.writeUInt32LE(count * 4, 40);
  for (let i = 0; i < count; i++) {
    const fade = Math.min(1, i / 600, (count - 1 - i) / 2400);
    sound(i / SAMPLE_RATE).forEach((sample, ear) =>
      file.writeInt16LE(Math.round(32767 * fade * Math.tanh(sample)), 44 + i * 4 + ear * 2));
  }
  const target = path.join(work, `${name}.wav`);
  writeFileSync(target, file);
  return target;
}

function film(scene, sound, seconds, name, ...codec) {
  ffmpeg('-framerate', String(FRAMES_PER_SECOND), '-i', frames(scene, seconds * FRAMES_PER_SECOND, name),
    '-i', wav(sound, seconds, name), '-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p',
    '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', ...codec, '-shortest');
}

const makers = {
  welcome: () => ffmpeg('-i', png(welcome(), 'welcome.png'), '-q:v', '3', '-pix_fmt', 'yuvj444p', out('welcome.jpg')),
  menu: () => ffmpeg('-i', png(menu(), 'menu.png'), '-pix_fmt', 'rgb24', '-compression_level', '100', '-pred', 'mixed', out('menu.png')),
  weather: () => run('cwebp', '-quiet', '-q', '88', '-m', '6', png(weather(), 'weather.png'), '-o', out('weather.webp')),
  promo: () => {
    const pictures = frames(promo, PROMO_FRAMES, 'promo');
    const raw = path.join(work, 'promo.gif');
    ffmpeg('-framerate', '12.5', '-i', pictures, '-filter_complex',
      'split[a][b];[a]palettegen=max_colors=24:reserve_transparent=0[p];[b][p]paletteuse=dither=none', raw);
    run('gifsicle', '-O3', '--loopcount=0', raw, '-o', out('promo.gif'));
  },
  harbour: () => film(harbour, harbourSound, HARBOUR_SECONDS, 'harbour', '-c:v', 'libx264', '-preset', 'slower', '-crf', '21',
    '-profile:v', 'high', '-g', '50', '-c:a', 'aac', '-b:a', '128k', '-movflags', '+faststart', out('harbour.mp4')),
  city: () => film(city, citySound, CITY_SECONDS, 'city', '-c:v', 'libvpx-vp9', '-b:v', '0', '-crf', '33', '-row-mt', '1', '-g', '50',
    '-deadline', 'good', '-cpu-used', '2', '-c:a', 'libopus', '-b:a', '96k', out('city.webm')),
};

try {
  for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(makers)) {
    if (!makers[name]) throw new Error(`unknown item ${name}`);
    makers[name]();
    console.log(name);
  }
} finally {
  rmSync(work, { recursive: true });
}
