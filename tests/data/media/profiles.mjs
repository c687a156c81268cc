// Writes small ICC profiles (ICC.1:2010) into a folder: Display P3, Adobe RGB, a linear grey, and a press with four inks.
import { writeFileSync } from 'node:fs';

const folder = process.argv[2];
const s15 = (value) => { const b = Buffer.alloc(4); b.writeInt32BE(Math.round(value * 65536)); return b; };
const u16 = (value) => Buffer.from([value >> 8, value & 255]);
const u32 = (value) => { const b = Buffer.alloc(4); b.writeUInt32BE(value); return b; };
const type = (name, ...parts) => Buffer.concat([Buffer.from(name), u32(0), ...parts]);
const xyz = (...values) => type('XYZ ', ...values.map(s15));
const text = (words) => type('desc', u32(words.length + 1), Buffer.from(words + '\0'), Buffer.alloc(78));
const gamma = (value) => type('curv', u32(1), u16(Math.round(value * 256)));
const srgbCurve = type('para', u16(3), u16(0), ...[2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045].map(s15));

function profile(name, { version = 0x02400000, device = 'mntr', space, pcs = 'XYZ ', tags }) {
  const entries = Object.entries({ desc: text(name), cprt: type('text', Buffer.from('CC0\0')), wtpt: xyz(0.9642, 1, 0.8249), ...tags });
  let at = 128 + 4 + 12 * entries.length;
  const table = [u32(entries.length)], data = [];
  for (const [tag, bytes] of entries) {
    const padded = Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
    table.push(Buffer.from(tag), u32(at), u32(bytes.length));
    data.push(padded);
    at += padded.length;
  }
  const head = Buffer.concat([u32(at), Buffer.alloc(4), u32(version), Buffer.from(device + space + pcs), Buffer.alloc(12), Buffer.from('acsp'),
    Buffer.alloc(28), s15(0.9642), s15(1), s15(0.8249), Buffer.alloc(48)]);
  writeFileSync(`${folder}/${name}.icc`, Buffer.concat([head, ...table, ...data]));
}

const rgb = (r, g, b, curve) => ({ rXYZ: xyz(...r), gXYZ: xyz(...g), bXYZ: xyz(...b), rTRC: curve, gTRC: curve, bTRC: curve });
profile('p3', { version: 0x04000000, space: 'RGB ',
  tags: rgb([0.51512, 0.2412, -0.00105], [0.29198, 0.69225, 0.04189], [0.1571, 0.06657, 0.78407], srgbCurve) });
profile('adobe', { space: 'RGB ', tags: rgb([0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457], gamma(2.19921875)) });
profile('srgb', { space: 'RGB ', tags: rgb([0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.7141], srgbCurve) });
profile('grey', { space: 'GRAY', tags: { kTRC: gamma(1) } });

// What the inks on top of each other look like, in L*a*b*; a table of two steps an ink.
const inks = [[55, -37, -50], [48, 74, -3], [89, -5, 93], [16, 0, 0]]; // cyan, magenta, yellow, black
const mixed = (set) => inks.reduce((lab, ink, i) => (set[i] ? [lab[0] * ink[0] / 95, lab[1] * 0.6 + ink[1], lab[2] * 0.6 + ink[2]] : lab), [95, 0, -2]);
const clut = [];
for (let node = 0; node < 16; node++) {
  const set = [8, 4, 2, 1].map((bit) => node & bit);
  const [l, a, b] = set[3] ? [mixed(set)[0], 0, 0] : mixed(set);
  clut.push(Math.round(l * 2.55), ...[a, b].map((v) => Math.max(0, Math.min(255, Math.round(v + 128)))));
}
const ramp = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1].map(s15);
const lut = type('mft1', Buffer.from([4, 3, 2, 0]), ...identity, ramp, ramp, ramp, ramp, Buffer.from(clut), ramp, ramp, ramp);
profile('press', { device: 'prtr', space: 'CMYK', pcs: 'Lab ', tags: { A2B0: lut, A2B1: lut, A2B2: lut } });
