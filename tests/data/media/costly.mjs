// Makes costly-*: files of a few kilobytes that ask for much work, for the limits of the renderer's budget.h. Each of their
// films is one run of bytes that its index names over and over.
import { writeFileSync } from 'node:fs';

const u16 = (...values) => Buffer.concat(values.map((value) => { const b = Buffer.alloc(2); b.writeUInt16BE(value); return b; }));
const u32 = (...values) => Buffer.concat(values.map((value) => { const b = Buffer.alloc(4); b.writeUInt32BE(value); return b; }));
const zeros = (size) => Buffer.alloc(size);
const box = (type, ...parts) => {
  const data = Buffer.concat(parts);
  return Buffer.concat([u32(data.length + 8), Buffer.from(type, 'latin1'), data]);
};
const full = (type, flags, ...parts) => box(type, u32(flags), ...parts); // of version 0
const unity = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

// AV1 whose pictures are temporal delimiters alone: nothing is wrong with them, and nothing comes of them.
function film({ chunks, samplesPerChunk = 4096, delta }) {
  const payload = Buffer.alloc(2 * samplesPerChunk, Buffer.from([0x12, 0]));
  const ftyp = box('ftyp', Buffer.from('isom\0\0\0\0isom', 'latin1'));
  const at = ftyp.length + 8, count = chunks * samplesPerChunk;
  const entry = box('av01', zeros(6), u16(1), zeros(16), u16(64, 48), u32(0x480000, 0x480000, 0), u16(1), zeros(32), u16(24, 0xffff),
    box('av1C', Buffer.from([0x81, 0x00, 0x0c, 0x00])));
  const table = box('stbl', full('stsd', 0, u32(1), entry), full('stts', 0, u32(1, count, delta)),
    full('stsc', 0, u32(1, 1, samplesPerChunk, 1)), full('stsz', 0, u32(2, count)),
    full('stco', 0, u32(chunks), u32(...Array(chunks).fill(at))));
  const media = box('mdia', full('mdhd', 0, u32(0, 0, 1000, count * delta), u16(0x55c4, 0)),
    full('hdlr', 0, u32(0), Buffer.from('vide', 'latin1'), zeros(12), Buffer.from('x\0', 'latin1')),
    box('minf', full('vmhd', 1, zeros(8)), box('dinf', full('dref', 0, u32(1), full('url ', 1))), table));
  const track = box('trak', full('tkhd', 3, u32(0, 0, 1, 0, count * delta, 0, 0), u16(0, 0, 0, 0), unity, u32(64 << 16, 48 << 16)), media);
  const head = full('mvhd', 0, u32(0, 0, 1000, count * delta, 0x10000), u16(0x100), zeros(10), unity, zeros(24), u32(2));
  return Buffer.concat([ftyp, box('mdat', payload), box('moov', head, track)]);
}

// A progressive JPEG that says its coefficients again and again: a scan of a few bytes passes over the whole picture.
function scans(more) {
  const segment = (marker, ...parts) => {
    const data = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);
  };
  const codes = (kind, value) => segment(0xc4, Buffer.from([kind << 4, 1, ...zeros(15), value]));
  return Buffer.concat([Buffer.from([0xff, 0xd8]), segment(0xdb, zeros(1), Buffer.alloc(64, 1)),
    segment(0xc2, Buffer.from([8]), u16(640, 640), Buffer.from([1, 1, 0x11, 0])), codes(0, 0), codes(1, 0xd0),
    segment(0xda, Buffer.from([1, 1, 0, 0, 0, 0])), zeros(800),
    ...Array(more).fill(Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, 1, 63, 0])), zeros(4)])), Buffer.from([0xff, 0xd9])]);
}

const files = {
  'costly-pictures.mp4': film({ chunks: 30, delta: 1 }),
  'costly-search.mp4': film({ chunks: 30, delta: 0 }),
  'costly-index.mp4': film({ chunks: 1500, delta: 1 }),
  'costly-scans.jpg': scans(500),
};
for (const [name, bytes] of Object.entries(files)) {
  writeFileSync(new URL(name, import.meta.url), bytes);
}
