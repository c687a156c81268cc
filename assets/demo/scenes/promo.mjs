// A shop's animated promotion, in few flat colours so that it makes a small GIF.
import { HEIGHT, WIDTH, circle, path, rect, svg, text } from './draw.mjs';

const RED = '#f0412f';
const DARK = '#d8301f';
const CREAM = '#fff3da';
const NAVY = '#14213d';
const YELLOW = '#ffc93c';

function burst(turn) {
  const rays = 14;
  return Array.from({ length: rays }, (_, i) => {
    const from = ((i * 2 + turn * 2) / (rays * 2)) * Math.PI * 2;
    const to = from + Math.PI / rays;
    const point = (angle) => `${(1320 + 1700 * Math.cos(angle)).toFixed(1)} ${(520 + 1700 * Math.sin(angle)).toFixed(1)}`;
    return path(`M1320 520 L${point(from)} L${point(to)} Z`, DARK);
  }).join('');
}

function glasses(x, y, tilt, glint) {
  return `<g transform="translate(${x} ${y}) rotate(${tilt})">` +
    path('M-350 -88 h290 q20 0 18 26 l-12 92 q-10 82 -98 82 h-74 q-82 0 -98 -82 z', NAVY) +
    path('M350 -88 h-290 q-20 0 -18 26 l12 92 q10 82 98 82 h74 q82 0 98 -82 z', NAVY) +
    rect(-66, -88, 132, 34, NAVY, 'rx="10"') +
    path('M-316 -56 h238 l-12 86 q-8 50 -64 50 h-66 q-54 0 -66 -50 z', YELLOW) +
    path('M316 -56 h-238 l12 86 q8 50 64 50 h66 q54 0 66 -50 z', YELLOW) +
    path(`M${-290 + glint} -56 l44 0 l-50 136 l-44 0 z`, CREAM) + path(`M${110 + glint} -56 l44 0 l-50 136 l-44 0 z`, CREAM) +
    '</g>';
}

// `t` runs from 0 to 1, where it is as at 0.
export function promo(t) {
  const hop = 56 * Math.abs(Math.sin(t * Math.PI * 2));
  const sway = Math.sin(t * Math.PI * 4) * 3;
  const price = 0.94 + 0.06 * Math.cos(t * Math.PI * 8);
  return svg('',
    rect(0, 0, WIDTH, HEIGHT, RED), burst(t * 2),
    circle(1320, 520, 400, CREAM),
    `<g transform="translate(1320 ${700}) scale(${price.toFixed(3)})">`,
    text(0, 40, '−30 %', { size: 236, weight: 800, fill: RED, anchor: 'middle', spacing: -10 }), '</g>',
    glasses(1320, (390 - hop).toFixed(1), sway.toFixed(2), Math.round(Math.sin(t * Math.PI * 2) * 60)),
    text(110, 330, 'Sunglass', { size: 176, weight: 800, fill: CREAM, spacing: -4 }),
    text(110, 510, 'week', { size: 176, weight: 800, fill: CREAM, spacing: -4 }),
    rect(116, 580, 150, 14, YELLOW),
    text(112, 700, 'Every pair, until Saturday', { size: 62, weight: 600, fill: CREAM }),
    rect(0, 930, WIDTH, 150, NAVY),
    text(110, 1026, 'Optic & Co', { size: 64, weight: 800, fill: CREAM }),
    text(1810, 1026, 'Level 1, next to the lifts', { size: 56, weight: 500, fill: CREAM, anchor: 'end' }));
}
