// What the scenes share: text, colours, noise and the frame around an SVG drawing of 1920 x 1080.

export const WIDTH = 1920;
export const HEIGHT = 1080;

export function svg(defs, ...content) {
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${WIDTH}" height="${HEIGHT}"
 viewBox="0 0 ${WIDTH} ${HEIGHT}"><defs>${defs}</defs>${content.join('\n')}</svg>`;
}

const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

// style: {size, weight, fill, anchor, family, spacing, opacity, italic}
export function text(x, y, words, style = {}) {
  const { size = 48, weight = 400, fill = '#fff', anchor = 'start', family = 'Inter Display, Inter', spacing = 0, opacity = 1,
    italic = false } = style;
  return `<text x="${x}" y="${y}" font-family="${family}" font-size="${size}" font-weight="${weight}" fill="${fill}"
 text-anchor="${anchor}" letter-spacing="${spacing}" opacity="${opacity}" ${italic ? 'font-style="italic"' : ''}>${escape(words)}</text>`;
}

// stops: [[offset, colour, opacity?], …]
const stopList = (stops) => stops.map(([offset, colour, opacity = 1]) =>
  `<stop offset="${offset}" stop-color="${colour}" stop-opacity="${opacity}"/>`).join('');

export function vertical(id, stops) {
  return `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stopList(stops)}</linearGradient>`;
}

export function horizontal(id, stops) {
  return `<linearGradient id="${id}" x1="0" y1="0" x2="1" y2="0">${stopList(stops)}</linearGradient>`;
}

export function radial(id, stops) {
  return `<radialGradient id="${id}">${stopList(stops)}</radialGradient>`;
}

export function rect(x, y, width, height, fill, extra = '') {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" ${extra}/>`;
}

export function circle(x, y, radius, fill, extra = '') {
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}" ${extra}/>`;
}

export function path(d, fill, extra = '') {
  return `<path d="${d}" fill="${fill}" ${extra}/>`;
}

// The same numbers for the same seed, in every run (mulberry32).
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Smooth noise along one axis: several octaves, -1 … 1.
export function ridge(seed, octaves) {
  const next = random(seed);
  const waves = Array.from({ length: octaves }, (_, i) => ({ frequency: 2 ** i * (0.8 + next() * 0.4), phase: next() * 6.283,
    height: 0.55 ** i }));
  const total = waves.reduce((sum, wave) => sum + wave.height, 0);
  return (x) => waves.reduce((sum, wave) => sum + wave.height * Math.sin(x * wave.frequency + wave.phase), 0) / total;
}

// A filled outline of height(x) down to the bottom of the picture.
export function land(height, step = 6, bottom = HEIGHT) {
  let d = `M0 ${bottom}`;
  for (let x = 0; x <= WIDTH; x += step) d += ` L${x} ${height(x).toFixed(1)}`;
  return `${d} L${WIDTH} ${bottom} Z`;
}

export function mix(from, to, amount) {
  const part = (colour, i) => parseInt(colour.slice(1 + i * 2, 3 + i * 2), 16);
  return '#' + [0, 1, 2].map((i) => Math.round(part(from, i) + (part(to, i) - part(from, i)) * amount)
    .toString(16).padStart(2, '0')).join('');
}

export const clamp = (value, low = 0, high = 1) => Math.min(high, Math.max(low, value));
// 0 … 1, slow at both ends.
export const ease = (value) => { const t = clamp(value); return t * t * (3 - 2 * t); };
