// tools/bench/run and its siblings.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { install, machine, print, program, root, say } from './main.mjs';

const names = ['cache', 'start', 'memory', 'cpu', 'latency', 'urgent', 'seam', 'idle', 'loop', 'console'];

async function runOne(name, args) {
  const measurement = await import(`../measure/${name}.mjs`);
  const options = { ...measurement.options, json: { type: 'string' }, help: { type: 'boolean' } };
  const { values } = parseArgs({ args, options });
  if (values.help) {
    const words = Object.entries(measurement.options).map(([option, { default: value }]) => `  --${option} (${value})`);
    console.log([`tools/bench/${name} [--json FILE]`, ...words].join('\n'));
    return { values, rows: [] };
  }
  install(measurement.packages);
  say(`${name}…`);
  return { values, rows: await measurement.measure(values, say) };
}

// tools/bench/sync is a program of its own, which says "ratio R (budget B)" at its end and "median: curl …; pingplay …".
function runSync() {
  say('sync…');
  const { status, stdout } = spawnSync(path.join(root, 'tools/bench/sync'), ['--runs', '3'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const ratio = /ratio ([\d.]+)/.exec(stdout ?? '')?.[1];
  const [, curl, own] = /median: curl ([^;]+); pingplay (.+)/.exec(stdout ?? '') ?? [];
  if (status !== 0 || !ratio) throw new Error(`tools/bench/sync: ${stdout}`);
  return [{ what: 'sync of 1 GiB over TLS', budget: '<= 1.1 x curl', measured: `${own}: ${ratio} x`, beside: `curl: ${curl}`, ratio: Number(ratio), met: Number(ratio) <= 1.1 }];
}

function save(file, rows) {
  if (file) writeFileSync(file, `${JSON.stringify({ time: new Date().toISOString(), machine: machine(), build: process.env.PP_BUILD, rows }, null, 2)}\n`);
}

async function runAll(args) {
  const { values } = parseArgs({ args, options: { only: { type: 'string', default: `sync,${names}` }, json: { type: 'string' } } });
  const wanted = values.only.split(',');
  const unknown = wanted.filter((name) => name !== 'sync' && !names.includes(name));
  if (unknown.length) throw new Error(`no measurement ${unknown}; there are sync, ${names.join(', ')}`);
  const rows = [];
  for (const name of wanted) rows.push(...(name === 'sync' ? runSync() : (await runOne(name, [])).rows));
  return { values, rows };
}

const args = process.argv.slice(2);
if (!existsSync(program({ fleet: 'tools/fleet/pingplay-fleet', upload: 'tools/headend/pingplay-headend' }[args[1]] ?? 'firmware/agent/pingplay-agent'))) {
  console.error(`tools/bench: nothing is built in ${process.env.PP_BUILD}: cmake --preset release && cmake --build --preset release, or set PP_BUILD`);
  process.exit(1);
}
const { values, rows } = args[0] === '--measurement' ? await runOne(args[1], args.slice(2)) : await runAll(args);
if (rows.length) {
  const { cores, processor, memory_mib: mib } = machine();
  console.log(`${cores} x ${processor}, ${mib} MiB; ${process.env.PP_BUILD}`);
  print(rows);
}
save(values.json, rows);
