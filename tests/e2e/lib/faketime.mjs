// The environment of a program whose wall clock is `offset` away ("+380d", "-20000d"), while time passes as it does.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

// A program that is killed leaves a semaphore and shared memory of libfaketime's under its PID, and the next one that gets
// that PID would end at its start.
async function removeLeftovers() {
  for (const name of await readdir('/dev/shm')) {
    const [, pid] = /^(?:faketime_shm_|sem\.faketime_sem_)(\d+)$/.exec(name) ?? [];
    if (pid && !existsSync(`/proc/${pid}`)) await rm(`/dev/shm/${name}`, { force: true });
  }
}

// The same of one whose wall clock is as far away as the file says, at any moment.
export async function clockOf(file) {
  const { FAKETIME: _, ...env } = await clockAway('+0d');
  return { ...env, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' };
}

export async function clockAway(offset) {
  await removeLeftovers();
  const { stdout } = await run('faketime', ['-f', offset, 'env']);
  return {
    LD_PRELOAD: /^LD_PRELOAD=(.*)$/m.exec(stdout)[1], FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1',
    ASAN_OPTIONS: 'verify_asan_link_order=0',
  };
}
