// Reading a sealed object from the page cache, as a renderer does, beside what `openssl speed` says of this processor.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { program } from '../lib/main.mjs';
import { median, round } from '../lib/stats.mjs';

const run = promisify(execFile);
const BUDGET = 0.8;

export const packages = ['openssl'];
export const options = { runs: { type: 'string', default: '11' }, size: { type: 'string', default: '64' } };

async function opensslSpeed() {
  const { stdout } = await run('openssl', ['speed', '-mr', '-seconds', '1', '-bytes', '65536', '-evp', 'aes-256-gcm']);
  return Number(/^\+F:\d+:[^:]+:([\d.]+)/m.exec(stdout)[1]);
}

async function readSpeed(file, mib) {
  const { stdout } = await run(program('tools/bench/bench-read'), [file, mib, '5']);
  return median(stdout.trim().split('\n').map(Number));
}

export async function measure(values, say) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-cache-'));
  const own = [], openssl = [];
  try {
    for (let i = 0; i < Number(values.runs); i++) {
      openssl.push(await opensslSpeed());
      own.push(await readSpeed(path.join(dir, 'object'), values.size));
      say(`  openssl ${round(openssl[i] / 1e6)} MB/s, reading ${round(own[i] / 1e6)} MB/s`);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
  // Of each pair, taken within two seconds of each other: what else the machine does changes both.
  const ratio = median(own.map((speed, i) => speed / openssl[i]));
  return [{ what: 'reading the encrypted cache', budget: `>= ${BUDGET} x openssl speed`, measured: `${round(median(own) / 1e6)} MB/s: ${round(ratio, 2)} x`,
    beside: `openssl speed -evp aes-256-gcm: ${round(median(openssl) / 1e6)} MB/s`, ratio: round(ratio, 3), met: ratio >= BUDGET, own, openssl }];
}
