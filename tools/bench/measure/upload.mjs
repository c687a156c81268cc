// A large file, uploaded by tus over TLS on loopback and looked at: how long each takes, what memory the headend's processes take for it,
// and how much of the disk. The film is a small one with a box of zeros behind it.
import { statfsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { session } from '../../../tests/e2e/lib/console.mjs';
import { startHeadend } from '../../../tests/e2e/lib/headend.mjs';
import { makeVideo } from '../../../tests/e2e/lib/media.mjs';
import { cpuSeconds, family, nameOf } from '../lib/proc.mjs';

const MiB = 1024 * 1024;
const LOOK_MS = 250;

export const packages = ['ffmpeg', 'nodejs', 'npm', 'sqlite3'];
export const options = { mib: { type: 'string', default: '10240' }, piece: { type: 'string', default: '0' } }; // MiB of each request; 0: one for all

// KiB
async function memory(pid, field) {
  try {
    return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}

// What is looked at while it goes on: the highest of each.
async function watch(headend, stop) {
  const seen = { server: 0, others: new Map(), disk: 0 };
  const before = statfsSync(headend.dir);
  while (!stop.done) {
    for (const pid of family(headend.child.pid)) {
      const name = nameOf(pid);
      const kib = await memory(pid, 'VmRSS');
      if (name === 'headend-server') seen.server = Math.max(seen.server, kib);
      else if (name) seen.others.set(name, Math.max(seen.others.get(name) ?? 0, kib));
    }
    const now = statfsSync(headend.dir);
    seen.disk = Math.max(seen.disk, (before.bfree - now.bfree) * now.bsize);
    await sleep(LOOK_MS);
  }
  return seen;
}

// The film, then the head of a box for what is left, then zeros.
function* bytes(film, total) {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(1, 0);
  head.write('free', 4);
  head.writeBigUInt64BE(BigInt(total - film.length), 8);
  yield Buffer.concat([film, head]);
  const zeros = Buffer.alloc(MiB);
  for (let left = total - film.length - head.length; left > 0; left -= zeros.length) yield left < zeros.length ? zeros.subarray(0, left) : zeros;
}

// One request with the next `size` bytes of them.
function patch(headend, target, headers, source, offset, size) {
  return new Promise((resolve, reject) => {
    const call = https.request({ host: 'localhost', servername: 'localhost', port: headend.port, path: target, method: 'PATCH', ca: headend.ca,
      headers: { ...headers, 'upload-offset': offset, 'content-length': size } }, (response) => { response.resume(); response.on('end', () => resolve(response.statusCode)); });
    call.on('error', reject);
    (async () => {
      for (let left = size; left > 0;) {
        const { value } = source.kept ? { value: source.kept } : source.next();
        const part = value.subarray(0, left);
        source.kept = part.length < value.length ? value.subarray(part.length) : undefined;
        left -= part.length;
        if (!call.write(part)) await new Promise((drained) => call.once('drain', drained));
      }
      call.end();
    })().catch(reject);
  });
}

async function upload(headend, film, total, piece, say) {
  const cookie = await session(headend);
  const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie })).json();
  const headers = { 'tus-resumable': '1.0.0', 'pingplay-csrf': csrf, 'content-type': 'application/offset+octet-stream', cookie };
  const begun = await headend.request('POST', '/api/v1/uploads', { headers: { ...headers, 'upload-length': total } });
  if (begun.status !== 201) throw new Error(`it is not begun: ${begun.text}`);
  const target = begun.headers.location;
  const source = bytes(film, total);
  const figures = { begun: performance.now() };
  for (let at = 0; at < total; at += piece) {
    const size = Math.min(piece, total - at);
    const status = await patch(headend, target, headers, source, at, size);
    if (status !== 204) throw new Error(`at ${at}: ${status}`);
    say(`  ${Math.round((at + size) / MiB)} MiB are there`);
  }
  figures.sent = performance.now();
  for (;;) {
    const found = (await headend.request('GET', target, { headers: { 'tus-resumable': '1.0.0', cookie } })).json();
    if (['done', 'refused'].includes(found.state)) return { ...figures, done: performance.now(), state: found.state, refusal: found.refusal };
    await sleep(LOOK_MS);
  }
}

const n = (value, digits = 0) => value.toLocaleString('en', { maximumFractionDigits: digits });
const mib = (kib) => `${n(kib / 1024)} MiB`;

export async function measure(values, say) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-bench-upload-'));
  const headend = await startHeadend();
  const stop = { done: false };
  try {
    const film = await readFile(await makeVideo(dir, 'film.mp4', 'green', 10, '1920x1080'));
    const total = Number(values.mib) * MiB;
    const before = await memory(headend.pidOf('server'), 'VmRSS');
    const cpuBefore = cpuSeconds(family(headend.child.pid));
    const watched = watch(headend, stop);
    const figures = await upload(headend, film, total, Number(values.piece) * MiB || total, say);
    const cpu = cpuSeconds(family(headend.child.pid)) - cpuBefore;
    stop.done = true;
    const seen = await watched;
    if (figures.state !== 'done') throw new Error(figures.refusal);
    const [sent, looked] = [(figures.sent - figures.begun) / 1000, (figures.done - figures.sent) / 1000];
    const all = { mib: Number(values.mib), sent_s: sent, looked_s: looked, cpu_s: cpu, server_kib_before: before, server_kib: seen.server, others_kib: Object.fromEntries(seen.others), disk_bytes: seen.disk };
    return [
      { what: `${n(all.mib)} MiB by tus over TLS on loopback`, measured: `${n(sent, 1)} s, ${n(all.mib / sent)} MiB/s`, beside: 'the client is node, on the same cores', figures: all },
      { what: '… until it is content: sealed, hashed, looked at', measured: `${n(looked, 1)} s more`, beside: `processor time of the headend, all in all: ${n(cpu)} s` },
      { what: '… memory of the server, resident, at most', measured: mib(seen.server), beside: `${mib(before)} before` },
      { what: '… of the others', measured: [...seen.others].map(([name, kib]) => `${name} ${mib(kib)}`).join(', ') },
      { what: '… the disk, at most', measured: `${n(seen.disk / MiB)} MiB: ${n(seen.disk / total, 2)} x` },
    ];
  } finally {
    stop.done = true;
    await headend.stop();
    await rm(dir, { recursive: true, force: true });
  }
}
