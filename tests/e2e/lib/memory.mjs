// What stands in a process's memory: all that /proc/PID/mem lets a privileged reader see, and what a core of it holds.
import { execFile } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CHUNK = 1 << 24; // bytes read at once

// How often each of `secrets` ({name: Buffer}) stands in the buffer.
function countIn(buffer, secrets, counts) {
  for (const [name, bytes] of Object.entries(secrets)) {
    for (let at = buffer.indexOf(bytes); at >= 0; at = buffer.indexOf(bytes, at + 1)) counts[name]++;
  }
}

const zeroes = (secrets) => Object.fromEntries(Object.keys(secrets).map((name) => [name, 0]));

// In all that is mapped for reading and writing. Mappings that nobody may read (memfd_secret) are left out.
export async function countInMemory(pid, secrets) {
  const counts = zeroes(secrets);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of (await readFile(`/proc/${pid}/maps`, 'utf8')).split('\n')) {
      const map = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
      if (!map) continue;
      const [from, to] = map.slice(1).map((hex) => Number(`0x${hex}`));
      const parts = [];
      for (let at = from; at < to; at += CHUNK) {
        const part = Buffer.alloc(Math.min(CHUNK, to - at));
        try {
          parts.push(part.subarray(0, readSync(memory, part, 0, part.length, at)));
        } catch (error) {
          if (error.code !== 'EIO' && error.code !== 'EFAULT') throw error; // hidden from the kernel, too
        }
      }
      countIn(Buffer.concat(parts), secrets, counts);
    }
  } finally {
    closeSync(memory);
  }
  return counts;
}

// In a core that gcore(1) makes, which leaves out what the process has kept out of cores.
export async function countInCore(pid, file, secrets) {
  const counts = zeroes(secrets);
  await run('gcore', ['-o', file, String(pid)], { maxBuffer: 1 << 24 });
  const core = `${file}.${pid}`;
  try {
    const content = await readFile(core);
    if (content.length < 1 << 20) throw new Error(`a core of ${content.length} bytes`);
    countIn(content, secrets, counts);
  } finally {
    await rm(core, { force: true });
  }
  return counts;
}
