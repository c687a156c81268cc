// A weather card.
import { HEIGHT, WIDTH, circle, path, radial, rect, svg, text, vertical } from './draw.mjs';

const DAYS = [['Mon', 'sun', 19, 11], ['Tue', 'part', 18, 12], ['Wed', 'rain', 15, 10], ['Thu', 'cloud', 16, 9], ['Fri', 'sun', 20, 11]];

function cloud(x, y, scale, fill, opacity = 1) {
  return `<g transform="translate(${x} ${y}) scale(${scale})" opacity="${opacity}" fill="${fill}">` +
    '<circle cx="-120" cy="10" r="78"/><circle cx="-30" cy="-55" r="112"/><circle cx="95" cy="-20" r="92"/>' +
    '<circle cx="175" cy="28" r="60"/><rect x="-195" y="0" width="430" height="88" rx="44"/></g>';
}

function drops(x, y) {
  return [-34, 0, 34].map((dx, i) => path(`M${x + dx} ${y + (i % 2) * 8} l-10 30`, 'none',
    'stroke="#bfe3ff" stroke-width="9" stroke-linecap="round"')).join('');
}

function icon(kind, x, y) {
  const sun = (cx, cy, r) => circle(cx, cy, r, '#ffd24a');
  return { sun: () => sun(x, y, 46), part: () => sun(x + 28, y - 20, 36) + cloud(x - 8, y + 14, 0.30, '#fff'),
    cloud: () => cloud(x - 4, y + 8, 0.34, '#e8f2fc'), rain: () => cloud(x - 4, y - 14, 0.30, '#dfeaf6') + drops(x, y + 26) }[kind]();
}

function forecast() {
  const width = 336;
  return DAYS.map(([day, kind, high, low], i) => {
    const x = 120 + i * width;
    const middle = x + width / 2;
    return (i ? rect(x, 800, 2, 184, '#fff', 'opacity="0.28"') : '') +
      text(middle - 128, 852, day, { size: 50, weight: 600 }) + icon(kind, middle + 66, 836) +
      text(middle - 128, 978, `${high}°`, { size: 78, weight: 700 }) +
      text(middle + 26, 978, `${low}°`, { size: 60, weight: 400, fill: '#d7ebff' });
  }).join('');
}

function rays() {
  return Array.from({ length: 16 }, (_, i) => `<rect x="-9" y="-318" width="18" height="${i % 2 ? 44 : 70}" rx="9" fill="#ffe07a"
 transform="translate(1440 360) rotate(${i * 22.5})"/>`).join('');
}

export function weather() {
  return svg(
    vertical('sky', [[0, '#0f58c4'], [0.55, '#3d93ec'], [1, '#8cc9fb']]) +
    radial('glow', [[0, '#fff3b0', 0.95], [0.35, '#ffe48a', 0.5], [1, '#ffe48a', 0]]) +
    radial('disc', [[0, '#fff0a6'], [0.7, '#ffd447'], [1, '#ffc21f']]) +
    '<linearGradient id="white" gradientUnits="userSpaceOnUse" x1="0" y1="-167" x2="0" y2="88"><stop offset="0.2" stop-color="#fff"/>' +
    '<stop offset="1" stop-color="#cfe3f8"/></linearGradient>',
    rect(0, 0, WIDTH, HEIGHT, 'url(#sky)'),
    cloud(330, 700, 1.5, '#ffffff', 0.10), cloud(1050, 190, 0.75, '#ffffff', 0.16), cloud(1780, 250, 0.6, '#ffffff', 0.25),
    circle(1440, 360, 520, 'url(#glow)'), rays(), circle(1440, 360, 222, 'url(#disc)'),
    cloud(1300, 540, 1.25, 'url(#white)'), cloud(1660, 600, 0.8, 'url(#white)'),
    text(118, 158, 'Rotterdam', { size: 84, weight: 700 }), text(540, 156, 'today', { size: 64, weight: 400, fill: '#d7ebff' }),
    text(96, 540, '18°', { size: 400, weight: 700, spacing: -14 }),
    text(118, 652, 'Sunny spells', { size: 84, weight: 600 }),
    text(118, 718, 'Wind south-west 14 km/h, rain 10 %', { size: 46, weight: 400, fill: '#eaf5ff' }),
    rect(90, 764, 1740, 256, '#0b3f93', 'rx="36" opacity="0.45"'), forecast());
}
