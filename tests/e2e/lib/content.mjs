// Content that screens can show, for tests of publishing.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const data = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../data/media');

// The files of tests/data/media.
export const mediaFile = (name) => path.join(data, name);

// A picture of one pixel. What follows it in a file is ignored, so it is a picture still with anything behind it.
export const png = Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63f8cfc0000003'
  + '010100f70341430000000049454e44ae426082', 'hex');
