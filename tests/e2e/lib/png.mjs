// Reads the PNGs that the player writes: 8 bits a channel, RGB or RGBA, not interlaced.
//   const picture = readPng(await readFile(file));  picture.width, .height, picture.at(x, y) -> [r, g, b]
import { inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const paeth = (a, b, c) => {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
};

function unfilter(raw, width, height, size) {
  const stride = width * size;
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const left = i >= size ? out[y * stride + i - size] : 0;
      const up = y ? out[(y - 1) * stride + i] : 0;
      const corner = y && i >= size ? out[(y - 1) * stride + i - size] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[y * stride + i] = raw[y * (stride + 1) + 1 + i] + guess;
    }
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
