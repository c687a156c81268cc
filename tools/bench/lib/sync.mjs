// Syncs the same objects over TLS on loopback to the same disk, once with this client and once with `curl --parallel`
// followed by an fsync of every file, in turn; prints each run and the ratio of the medians.
//
//   tools/bench/sync [--size MIB] [--files N] [--runs N] [--server nginx|node] [--http2] [--dir FOLDER]
//
// PP_BUILD names the build (default build/release). The client also hashes, verifies TUF's metadata and switches.
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Authority } from '../../../tests/e2e/lib/pki.mjs';
import { TufRepo } from '../../../tests/e2e/lib/tufrepo.mjs';

process.env.PP_BUILD ??= 'build/release';
const { syncProgram } = await import('../../../tests/e2e/lib/syncer.mjs');
const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1024' }, files: { type: 'string', default: '64' },
    runs: { type: 'string', default: '5' }, server: { type: 'string' }, http2: { type: 'boolean', default: false },
    dir: { type: 'string', default: '/var/tmp' },
  },
});
const bytes = Number(values.size) * 1024 * 1024;
const files = Number(values.files);
const work = mkdtempSync(path.join(values.dir, 'pingplay-bench-'));

/** Objects of different sizes that make `bytes` together. Only their hashes matter here, so they are not sealed. */
function makeObjects(repo) {
  const objects = {};
  const unit = bytes / (files * (files + 1) / 2);
  for (let i = 0; i < files; i++) {
    const data = Buffer.allocUnsafe(Math.max(1, Math.round(unit * (i + 1))));
    randomFillSync(data);
    const hash = createHash('sha256').update(data).digest('hex');
    repo.write(`objects/${hash.slice(0, 2)}/${hash}`, data);
    objects[`o${i}`] = { sha256: hash, length: data.length, key: Buffer.alloc(32).toString('base64url') };
  }
  repo.publish('bench', { change: (manifest) => ({ ...manifest, objects }) });
  return Object.values(objects);
}

const hasNginx = () => spawnSync('nginx', ['-v']).status === 0;

/** nginx in the foreground, everything in our folder. */
function nginxConfig(root, pair, port) {
  writeFileSync(path.join(work, 'server.pem'), pair.cert);
  writeFileSync(path.join(work, 'server.key'), pair.key);
  const file = path.join(work, 'nginx.conf');
  writeFileSync(file, `daemon off; pid ${work}/nginx.pid; error_log ${work}/nginx.log; worker_processes 1;
user ${os.userInfo().username};
events { worker_connections 256; }
http { access_log off; sendfile on; keepalive_requests 100000;
  client_body_temp_path ${work}/nginx-body; proxy_temp_path ${work}/nginx-proxy; fastcgi_temp_path ${work}/nginx-f;
  uwsgi_temp_path ${work}/nginx-u; scgi_temp_path ${work}/nginx-s;
  server { listen 127.0.0.1:${port} ssl${values.http2 ? ' http2' : ''}; server_name localhost;
    ssl_certificate ${work}/server.pem; ssl_certificate_key ${work}/server.key; ssl_protocols TLSv1.2 TLSv1.3;
    location /repo/ { alias ${root}/; } } }
`);
  return ['nginx', ['-c', file, '-e', path.join(work, 'nginx.log')]];
}

async function startServer(kind, root, pair) {
  const port = 20000 + Math.floor(Math.random() * 20000);
  writeFileSync(path.join(work, 'pair.json'), JSON.stringify({ cert: String(pair.cert), key: String(pair.key) }));
  const [program, args] = kind === 'nginx' ? nginxConfig(root, pair, port)
    : [process.execPath, [path.join(here, 'static-server.mjs'), root, path.join(work, 'pair.json'), String(port),
      values.http2 ? '2' : '1']];
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const url = `https://localhost:${port}`;
  for (let i = 0; i < 100; i++) {
    const probe = spawnSync('curl', ['-sf', '--noproxy', '*', '--cacert', caFile, '-o', '/dev/null', `${url}/repo/root.json`]);
    if (probe.status === 0) return { url, stop: () => child.kill() };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the server does not answer');
}

/** Runs a program: { seconds, cpu (s, user and system), out }. */
function timed(program, args) {
  const began = process.hrtime.bigint();
  const result = spawnSync('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$0" "$@" 2>&3', program, ...args],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe', 'inherit'] });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (result.status !== 0) throw new Error(`${program}: ${result.stdout}`);
  const cpu = result.stderr.trim().split('\n').at(-1).split(' ').reduce((sum, part) => sum + Number(part), 0);
  return { seconds, cpu, out: result.stdout };
}

function runSync(url, keyFile, rootFile) {
  const state = mkdtempSync(path.join(work, 'state-'));
  const run = timed(syncProgram(), ['run', '--state', state, '--url', url, '--ca', caFile, '--root', rootFile,
    '--channel', 'bench', '--key-file', keyFile]);
  if (JSON.parse(run.out.trim().split('\n').at(-1)).kind !== 'switched') throw new Error(run.out);
  rmSync(state, { recursive: true });
  return run;
}

function runCurl(url, objects) {
  const out = mkdtempSync(path.join(work, 'curl-'));
  const names = objects.map((o) => path.join(out, o.sha256));
  const config = path.join(work, 'curl.conf');
  writeFileSync(config, objects.map((o, i) => (
    `url="${url}/repo/objects/${o.sha256.slice(0, 2)}/${o.sha256}"\noutput="${names[i]}"\n`)).join(''));
  const fetched = timed('curl', ['--parallel', '--parallel-max', '8', '--noproxy', '*', '-sSf', '--no-progress-meter',
    '--cacert', caFile, '-K', config]);
  const synced = timed('sync', names);
  for (const [i, o] of objects.entries()) if (statSync(names[i]).size !== o.length) throw new Error('curl: short');
  rmSync(out, { recursive: true });
  return { seconds: fetched.seconds + synced.seconds, cpu: fetched.cpu + synced.cpu };
}

const median = (runs) => runs.map((r) => r.seconds).sort((a, b) => a - b)[Math.floor(runs.length / 2)];

mkdirSync(path.join(work, 'pki'), { recursive: true });
const authority = new Authority(path.join(work, 'pki'), 'Bench Authority');
const caFile = authority.certificate;
const repo = new TufRepo(path.join(work, 'repo'));
const objects = makeObjects(repo);
const kind = values.server ?? (hasNginx() ? 'nginx' : 'node');
const server = await startServer(kind, repo.folder, authority.server(['localhost', '127.0.0.1']));
const times = { sync: [], curl: [] };
try {
  console.log(`${files} objects, ${values.size} MiB, ${kind} server, HTTP/${values.http2 ? 2 : 1.1}, ${os.cpus().length} x ${os.cpus()[0].model}`);
  for (let i = 0; i < Number(values.runs); i++) {
    times.curl.push(runCurl(server.url, objects));
    times.sync.push(runSync(server.url, repo.keyFile('bench'), repo.rootFile));
    const [curl, own] = [times.curl[i], times.sync[i]];
    console.log(`run ${i + 1}: curl ${curl.seconds.toFixed(2)} s (cpu ${curl.cpu.toFixed(2)}), pingplay ${own.seconds.toFixed(2)} s (cpu ${own.cpu.toFixed(2)})`);
  }
  const [curl, own] = [median(times.curl), median(times.sync)];
  const rate = (seconds) => `${seconds.toFixed(2)} s, ${(Number(values.size) / seconds).toFixed(0)} MiB/s`;
  console.log(`median: curl ${rate(curl)}; pingplay ${rate(own)}`);
  console.log(`ratio ${(own / curl).toFixed(2)} (budget 1.10)`);
} finally {
  server.stop();
  rmSync(work, { recursive: true, force: true });
}
