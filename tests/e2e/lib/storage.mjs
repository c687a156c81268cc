// A screen's state folder on a file system of its own, in an image of which every byte can be looked at, as whoever takes
// the flash out would: also what was deleted and still stands there. Root only.
//
//   const storage = await makeStorage(dir);              // its image is made in `dir`
//   const display = await startDisplay(headend, { storage });
//   (await storage.scan()).includes(bytes)          // all that is on the image now
//   storage.records(image, kek)                     // [{ name, generation, clear }]: what a thief with that key can open
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { open as openStream } from './tink.mjs';

const run = promisify(execFile);
const BLOCK = 1024; // bytes, of the file system
const RECORD_BLOCKS_MAX = 64;
const MAGIC = Buffer.from('PPV1');
// Those records of a vault (firmware/vault/README.md) that give something away.
const NAMES = ['device-key', 'next-device-key', 'agreement-key', 'agreement-key-before', 'device-cookie', 'state', 'sync', 'refresh-token', 'spool-key'];

// The record that begins at `from`, if it is one of `names` under that key. Its length is not told: behind its end the block is
// zeros, and sealed bytes may end in some as well.
function openRecord(image, from, kek, names) {
  const generation = image.readBigUInt64BE(from + MAGIC.length);
  for (let blocks = 1; blocks <= RECORD_BLOCKS_MAX && from + blocks * BLOCK <= image.length; blocks++) {
    let end = from + blocks * BLOCK;
    while (end > from && image[end - 1] === 0) end--;
    if (end <= from + (blocks - 1) * BLOCK) continue;
    for (const size of [end, end + 1, end + 2]) {
      const sealed = image.subarray(from + MAGIC.length + 8, size);
      for (const name of names) {
        try {
          return { name, generation, clear: openStream(kek, sealed, { associatedData: `pingplay/vault/${name}/${generation}` }) };
        } catch { /* not that one */ }
      }
    }
  }
  return undefined;
}

export async function makeStorage(dir, names = NAMES) {
  const image = path.join(dir, `flash-${process.pid}-${Math.random().toString(36).slice(2)}.img`);
  let folder;
  await run('truncate', ['-s', '64M', image]);
  await run('mkfs.ext4', ['-q', '-b', String(BLOCK), '-O', '^has_journal', '-E', 'lazy_itable_init=0', image]);
  return {
    async mount({ stateDir }) {
      await mkdir(stateDir, { recursive: true, mode: 0o700 });
      await run('mount', ['-o', 'loop', image, stateDir]);
      folder = stateDir;
    },
    // Whatever has a file open there.
    async unmount() {
      if (folder) await run('umount', ['--lazy', folder]);
      folder = undefined;
    },
    async scan() {
      if (folder) await run('sync', ['-f', folder]);
      return readFile(image);
    },
    records(bytes, kek) {
      const found = [];
      for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
        if (at % BLOCK === 0) found.push(openRecord(bytes, at, kek, names));
      }
      return found.filter(Boolean);
    },
  };
}
