// A short film: the last trams of a city night. It loops like the other one.
import { HEIGHT, WIDTH, circle, ease, path, radial, random, rect, svg, text, vertical } from './draw.mjs';

export const SECONDS = 6;
const STREET = 880;

// A row of houses exactly one picture wide, so that it can scroll round.
function row(seed, low, high, colour, light, windows) {
  const next = random(seed);
  let out = '';
  for (let x = 0; x < WIDTH;) {
    const width = Math.min(WIDTH - x, 90 + Math.floor(next() * 110));
    const top = STREET - (low + next() * (high - low));
    out += rect(x, top.toFixed(0), width, (STREET - top).toFixed(0), colour);
    if (next() > 0.6) out += rect(x + width / 2 - 3, (top - 50).toFixed(0), 6, 50, colour);
    for (let wy = top + 26; windows && wy < STREET - 60; wy += 44) {
      for (let wx = x + 18; wx < x + width - 30; wx += 36) {
        const lit = next();
        if (lit > 0.52) out += rect(wx, wy.toFixed(0), 17, 24, light, `opacity="${(0.35 + 0.6 * next()).toFixed(2)}"`);
      }
    }
    x += width;
  }
  return out;
}

const FAR = row(3, 240, 470, '#1d2a55', '#8fa6e8', true);
const MIDDLE = row(8, 150, 330, '#141d3f', '#ffd58a', true);

function scrolling(houses, t, turns) {
  const shift = (-t * turns * WIDTH) % WIDTH;
  return [shift, shift + WIDTH].map((x) => `<g transform="translate(${x.toFixed(2)} 0)">${houses}</g>`).join('');
}

// None where the words stand: a star beside a figure looks like a mistake in it.
const WORDS = { right: 1420, top: 110, bottom: 450 };

function stars(t) {
  const next = random(77);
  return Array.from({ length: 90 }, (_, i) => {
    const [x, y, radius, light] = [next() * WIDTH, next() * 430, 1.2 + next() * 1.8, 0.35 + 0.3 * next()];
    if (x < WORDS.right && y > WORDS.top && y < WORDS.bottom) return '';
    const twinkle = 0.3 * Math.sin(t * Math.PI * 2 * (1 + (i % 3)) + i);
    return circle(x.toFixed(0), y.toFixed(0), radius.toFixed(1), '#fff', `opacity="${(light + twinkle).toFixed(2)}"`);
  }).join('');
}

function tram(x) {
  let out = `<g transform="translate(${x.toFixed(1)} ${STREET - 6})">` + rect(-420, -190, 840, 176, '#f4c430', 'rx="40"') +
    rect(-420, -84, 840, 24, '#20264a') + rect(-410, -24, 820, 22, '#20264a', 'rx="8"');
  for (let i = 0; i < 7; i++) out += rect(-382 + i * 112, -164, 92, 70, '#fff3c9', 'rx="10"');
  [0, 1, 3, 4, 6].forEach((i) => {
    const seat = -352 + i * 112 + ((i * 37) % 30);
    out += circle(seat, -120, 15, '#4a4166') + rect(seat - 20, -108, 40, 14, '#4a4166', 'rx="7"');
  });
  out += path('M0 -190 l-34 -50 l60 -34', 'none', 'stroke="#20264a" stroke-width="8"') +
    circle(-412, -52, 12, '#ffffff') + path('M-412 -52 L-900 -8 L-900 30 Z', 'url(#beam)') +
    [-300, -210, 210, 300].map((wx) => circle(wx, -4, 24, '#0a0e20')).join('');
  return out + '</g>';
}

function street(x) {
  return rect(0, STREET, WIDTH, HEIGHT - STREET, 'url(#wet)') + rect(0, STREET + 14, WIDTH, 4, '#5d6aa6') +
    `<ellipse cx="${x.toFixed(1)}" cy="${STREET + 76}" rx="450" ry="46" fill="url(#shine)"/>`;
}

export function city(t) {
  const x = WIDTH + 500 - t * (WIDTH + 1000);
  const shown = ease(Math.min(t * 6, (1 - t) * 10));
  return svg(
    vertical('sky', [[0, '#070b22'], [0.55, '#1b2560'], [0.85, '#4a3a86']]) + radial('moon', [[0, '#fdf6d8'], [0.3, '#fdf6d8'], [0.31, '#c9d2ff', 0.35], [1, '#c9d2ff', 0]]) +
    vertical('wet', [[0, '#151b3c'], [1, '#070a1a']]) + radial('shine', [[0, '#ffd45e', 0.6], [1, '#ffd45e', 0]]) +
    '<linearGradient id="beam" x1="1" y1="0" x2="0" y2="0"><stop offset="0" stop-color="#fff" stop-opacity="0.6"/><stop offset="1" stop-color="#fff" stop-opacity="0"/></linearGradient>',
    rect(0, 0, WIDTH, HEIGHT, 'url(#sky)'), stars(t), circle(1590, 200, 230, 'url(#moon)'),
    scrolling(FAR, t, 1), scrolling(MIDDLE, t, 2), street(x), rect(0, STREET - 274, WIDTH, 3, '#3c4478'), tram(x),
    `<g opacity="${shown.toFixed(3)}">`,
    rect(96, 120, 16, 316, '#f4c430', 'rx="8"'),
    text(150, 212, 'Last tram tonight', { size: 84, weight: 600, fill: '#dfe5ff' }),
    text(140, 426, '00:40', { size: 250, weight: 800, fill: '#ffd45e', spacing: -6 }),
    text(930, 340, 'Platform B', { size: 78, weight: 700 }), text(932, 416, 'every 12 minutes', { size: 56, weight: 400, fill: '#dfe5ff' }), '</g>');
}

// The sound: the tram's bell, twice, over the hum of its motor as it passes from right to left.
export function sound(second) {
  const bell = [0.6, 1.05].reduce((sum, at) => {
    const age = second - at;
    if (age < 0) return sum;
    return sum + Math.exp(-age * 2.4) * (1 - Math.exp(-age * 500)) * [[1318.5, 1], [2637, 0.5], [3559, 0.25], [4200, 0.12]]
      .reduce((tone, [f, a]) => tone + a * Math.sin(6.2832 * f * age), 0);
  }, 0) * 0.16;
  const place = second / SECONDS;
  const near = Math.exp(-(((place - 0.5) * 4) ** 2));
  const hum = (Math.sin(6.2832 * 92 * second) + 0.6 * Math.sin(6.2832 * 184 * second) + 0.3 * Math.sin(6.2832 * 371 * second)) * 0.09 * near;
  return [bell + hum * place, bell + hum * (1 - place)];
}
