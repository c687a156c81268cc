// The environment of a program whose wall clock is `offset` away ("+380d", "-20000d"), while time passes as it does.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export async function clockAway(offset) {
  const { stdout } = await run('faketime', ['-f', offset, 'env']);
  return {
    LD_PRELOAD: /^LD_PRELOAD=(.*)$/m.exec(stdout)[1], FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1',
    ASAN_OPTIONS: 'verify_asan_link_order=0',
  };
}
