// A lobby's welcome: mountains over a lake at dawn.
import { HEIGHT, WIDTH, circle, horizontal, land, mix, path, radial, random, rect, ridge, svg, text, vertical } from './draw.mjs';

const HORIZON = 700;

function mountains() {
  const layers = 6;
  return Array.from({ length: layers }, (_, i) => {
    const near = i / (layers - 1);
    const shape = ridge(31 + i * 7, 7);
    const base = 508 + near * 160;
    const reach = 150 - near * 95;
    const colour = mix('#d9a58c', '#16324a', near ** 0.7);
    const height = (x) => Math.min(HORIZON, base - reach * shape(x / 330 + i * 3) - 40 * (1 - near));
    return path(land(height, 4, HORIZON), colour) +
      rect(0, HORIZON - 170, WIDTH, 170, 'url(#mist)', `opacity="${0.30 * (1 - near)}"`);
  }).join('');
}

function lake() {
  const next = random(5);
  let glints = '';
  for (let i = 0; i < 150; i++) {
    const depth = next() ** 1.6;
    const y = HORIZON + 6 + depth * 330;
    const spread = 60 + depth * 300;
    const length = 18 + depth * 150 * next();
    const x = 1330 + (next() + next() - 1) * spread;
    glints += rect((x - length / 2).toFixed(1), y.toFixed(1), length.toFixed(1), (1.5 + depth * 4).toFixed(1), '#ffe9c4',
      `rx="2" opacity="${(0.55 - depth * 0.35).toFixed(2)}"`);
  }
  return rect(0, HORIZON, WIDTH, HEIGHT - HORIZON, 'url(#water)') + glints;
}

function fact(x, label, value) {
  return rect(x, 880, 3, 112, '#ffd9a0') + text(x + 28, 918, label, { size: 34, weight: 500, fill: '#ffdfb0' }) +
    text(x + 28, 982, value, { size: 50, weight: 600 });
}

function mark(x, y) {
  return circle(x, y, 34, 'none', 'stroke="#fff" stroke-width="5"') +
    path(`M${x - 22} ${y + 8} q11 -12 22 0 t22 0`, 'none', 'stroke="#fff" stroke-width="5" stroke-linecap="round"') +
    path(`M${x - 18} ${y - 8} q9 -11 18 0 t18 0`, 'none', 'stroke="#fff" stroke-width="5" stroke-linecap="round"');
}

export function welcome() {
  return svg(
    vertical('sky', [[0, '#16395c'], [0.2, '#3d6a8c'], [0.36, '#c99a8b'], [0.5, '#ffcf96'], [0.6, '#ffe6bd']]) +
    radial('sun', [[0, '#fffbe8'], [0.10, '#fff1c9'], [0.14, '#ffdf9f', 0.75], [0.4, '#ffc078', 0.28], [1, '#ffb46a', 0]]) +
    vertical('water', [[0, '#e0ad86'], [0.12, '#8a7f88'], [0.45, '#2c4c68'], [1, '#0d2136']]) +
    vertical('mist', [[0, '#ffe9cf', 0], [1, '#ffe9cf', 1]]) +
    horizontal('shade', [[0, '#081a2c', 0.82], [0.45, '#081a2c', 0.45], [0.75, '#081a2c', 0]]) +
    vertical('floor', [[0, '#06121f', 0], [1, '#06121f', 0.72]]),
    rect(0, 0, WIDTH, HEIGHT, 'url(#sky)'), circle(1330, 432, 620, 'url(#sun)'), mountains(), lake(),
    rect(0, 0, WIDTH, HEIGHT, 'url(#shade)'), rect(0, 740, WIDTH, 340, 'url(#floor)'),
    mark(154, 130), text(214, 146, 'LAKESIDE HOUSE', { size: 42, weight: 600, spacing: 7 }),
    text(110, 430, 'Good morning', { size: 176, weight: 700, spacing: -4 }),
    text(118, 530, 'Welcome. Reception is on your right.', { size: 60, weight: 400 }),
    fact(120, 'Café', 'Ground floor'), fact(640, 'Meeting rooms', 'Floors 2 to 6'), fact(1210, 'Guest Wi-Fi', 'Lakeside Guest'));
}
