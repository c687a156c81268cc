// Reads the PNGs that the player writes: 8 bits a channel, RGB or RGBA, not interlaced.
//   const picture = readPng(await readFile(file));  picture.width, .height, picture.at(x, y) -> [r, g, b]
import { inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

// PNG, third edition, §9.2: what stands in a row is the difference from what a filter expects there. A loop for each filter, since
// tests look at hundreds of pictures of a million bytes.
const filters = [
  () => {},
  (row, above, size) => {
    for (let i = size; i < row.length; i++) row[i] += row[i - size];
  },
  (row, above) => {
    for (let i = 0; i < row.length; i++) row[i] += above[i];
  },
  (row, above, size) => {
    for (let i = 0; i < size; i++) row[i] += above[i] >> 1;
    for (let i = size; i < row.length; i++) row[i] += (row[i - size] + above[i]) >> 1;
  },
  (row, above, size) => {
    for (let i = 0; i < size; i++) row[i] += above[i];
    for (let i = size; i < row.length; i++) {
      const left = row[i - size];
      const up = above[i];
      const corner = above[i - size];
      const toLeft = Math.abs(up - corner);
      const toUp = Math.abs(left - corner);
      const toCorner = Math.abs(left + up - 2 * corner);
      row[i] += toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
  },
];

function unfilter(raw, width, height, size) {
  const stride = width * size;
  const out = new Uint8Array(stride * height);
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const row = out.subarray(y * stride, (y + 1) * stride);
    const start = y * (stride + 1);
    row.set(raw.subarray(start + 1, start + 1 + stride));
    filters[raw[start]](row, above, size);
    above = row;
  }
  return out;
}

export function readPng(data) {
  if (!data.subarray(0, 8).equals(SIGNATURE)) throw new Error('not a PNG');
  let header;
  let ended = false;
  const parts = [];
  for (let at = 8; at + 8 <= data.length;) {
    const length = data.readUInt32BE(at);
    const type = data.toString('latin1', at + 4, at + 8);
    const body = data.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = body;
    if (type === 'IDAT') parts.push(body);
    if (type === 'IEND') ended = true;
    at += 12 + length;
  }
  if (!ended) throw new Error('the PNG is cut short');
  const [width, height, kind] = [header.readUInt32BE(0), header.readUInt32BE(4), header[9]];
  const size = { 2: 3, 6: 4 }[kind];
  if (header[8] !== 8 || !size || header[12]) throw new Error('a kind of PNG that is not read here');
  const pixels = unfilter(inflateSync(Buffer.concat(parts)), width, height, size);
  return {
    width,
    height,
    at: (x, y) => [...pixels.subarray((y * width + x) * size, (y * width + x) * size + 3)],
  };
}

// Whether two colours are alike, each channel within `tolerance`.
export const near = (a, b, tolerance = 24) => a.every((value, i) => Math.abs(value - b[i]) <= tolerance);
