// A short film: harbour tours at sunset. Everything moves a whole number of times in its length, so it loops.
import { HEIGHT, WIDTH, circle, ease, horizontal, land, mix, path, radial, rect, svg, text, vertical } from './draw.mjs';

export const SECONDS = 6;
const HORIZON = 640;

function wave(i, t) {
  const near = i / 5;
  const base = HORIZON + 16 + near ** 1.5 * 330;
  const reach = 5 + near * 24;
  const phase = (i % 2 ? 1 : -1) * t * Math.PI * 2 * (1 + (i % 3));
  const height = (x) => base - reach * (Math.sin(x / (90 + near * 130) + phase + i * 2) + 0.4 * Math.sin(x / (37 + near * 60) - phase));
  return path(land(height, 12), mix('#d9745a', '#10243f', near ** 0.55));
}

function glitter(t) {
  let out = '';
  for (let i = 0; i < 26; i++) {
    const depth = (i / 26) ** 1.4;
    const y = HORIZON + 10 + depth * 330;
    const wobble = Math.sin(t * Math.PI * 4 + i * 1.7);
    const length = 30 + depth * 120 + wobble * 22;
    out += rect((1290 + wobble * (10 + depth * 30) - length / 2).toFixed(1), y.toFixed(1), length.toFixed(1), (3 + depth * 6).toFixed(1),
      '#ffd98f', `rx="3" opacity="${(0.8 - depth * 0.5 + wobble * 0.1).toFixed(2)}"`);
  }
  return out;
}

function boat(t) {
  const bob = Math.sin(t * Math.PI * 4) * 9;
  const roll = Math.sin(t * Math.PI * 4 + 1) * 2.2;
  return `<g transform="translate(1500 ${(HORIZON + 92 + bob).toFixed(1)}) rotate(${roll.toFixed(2)}) scale(1.12)">` +
    path('M-6 -30 L-6 -350 C70 -250 96 -140 84 -46 Z', '#fff6e6') + path('M-18 -30 L-18 -318 C-96 -210 -128 -130 -136 -46 Z', '#f3d9bd') +
    rect(-15, -356, 7, 356, '#3a2436') + path('M-12 -356 l46 15 l-46 15 z', '#ff5b45') +
    path('M-170 -32 h330 q-16 74 -76 84 h-190 q-50 -10 -64 -84 z', '#2b1c33') + rect(-160, -20, 306, 10, '#ff9a62') + '</g>';
}

function gull(x, y, size, flap) {
  const tip = Math.sin(flap) * size * 0.42;
  return path(`M${x - size} ${y - tip} Q${x - size / 2} ${y - size * 0.45} ${x} ${y} Q${x + size / 2} ${y - size * 0.45} ${x + size} ${y - tip}`,
    'none', 'stroke="#4b2a44" stroke-width="6" stroke-linecap="round"');
}

function gulls(t) {
  return [[1120, 190, 42], [1235, 132, 30], [1330, 226, 34], [1740, 190, 26]].map(([x, y, size], i) =>
    gull(x + Math.sin(t * Math.PI * 2 + i) * 30, y + Math.cos(t * Math.PI * 2 + i * 2) * 12, size, t * Math.PI * 12 + i * 2)).join('');
}

export function harbour(t) {
  const glow = 1 + 0.03 * Math.sin(t * Math.PI * 2);
  const shown = ease(Math.min(t * 5, (1 - t) * 9));
  const slide = (1 - ease(t * 5)) * 46;
  return svg(
    vertical('sky', [[0, '#3a2358'], [0.28, '#8c3c6c'], [0.46, '#e5694f'], [0.6, '#ffb45c']]) +
    radial('sun', [[0, '#fff3c4'], [0.2, '#ffe08c'], [0.215, '#ffca6b', 0.6], [1, '#ff9f56', 0]]) +
    horizontal('shade', [[0, '#1a0d26', 0.72], [0.6, '#1a0d26', 0]]),
    rect(0, 0, WIDTH, HEIGHT, 'url(#sky)'), circle(1290, 560, (620 * glow).toFixed(1), 'url(#sun)'),
    path(land((x) => HORIZON - 46 * Math.max(0, Math.sin(x / 300 + 1)) - 14, 8, HORIZON + 20), '#8d3a52'),
    rect(0, HORIZON, WIDTH, HEIGHT - HORIZON, '#d9745a'), wave(0, t), wave(1, t), glitter(t), gulls(t), wave(2, t), boat(t),
    wave(3, t), wave(4, t), wave(5, t), rect(0, 0, WIDTH, HEIGHT, 'url(#shade)'),
    `<g opacity="${shown.toFixed(3)}" transform="translate(${(-slide).toFixed(1)} 0)">`,
    text(110, 300, 'Harbour tours', { size: 150, weight: 700, spacing: -3 }),
    text(116, 400, 'Seventy minutes on the water', { size: 62, weight: 500, fill: '#ffe6c7' }),
    rect(116, 448, 640, 4, '#ffb45c'),
    ['10:00', '14:00', '17:00'].map((hour, i) => text(112 + i * 290, 562, hour, { size: 84, weight: 700, fill: '#ffd98f' })).join(''),
    text(114, 742, 'Daily from pier 4, tickets at the desk', { size: 52, weight: 500 }), '</g>');
}

// The sound: a slow arpeggio over four chords. Returns the sample at `second` for the left and the right ear.
const CHORDS = [[261.63, 329.63, 392.0, 523.25], [220.0, 261.63, 329.63, 440.0], [174.61, 220.0, 261.63, 349.23],
  [196.0, 246.94, 293.66, 392.0]];

export function sound(second) {
  const left = [0, 0];
  const beat = SECONDS / 16;
  for (let back = 0; back < 6; back++) {
    const n = Math.floor(second / beat) - back;
    const note = ((n % 16) + 16) % 16;
    const age = second - n * beat;
    const frequency = CHORDS[Math.floor(note / 4)][note % 4];
    const tone = Math.exp(-age * 2.6) * (1 - Math.exp(-age * 300)) *
      (Math.sin(6.2832 * frequency * age) + 0.35 * Math.sin(6.2832 * frequency * 2 * age) + 0.12 * Math.sin(6.2832 * frequency * 3 * age));
    left[0] += tone * (0.16 + 0.03 * (note % 4));
    left[1] += tone * (0.25 - 0.03 * (note % 4));
  }
  const chord = CHORDS[Math.floor((second / SECONDS) * 4) % 4];
  const part = ((second / SECONDS) * 4) % 1;
  const pad = chord.reduce((sum, f) => sum + Math.sin(6.2832 * (f / 2) * second), 0) * 0.035 * Math.sin(Math.PI * part) ** 0.5;
  return [left[0] + pad, left[1] + pad];
}
