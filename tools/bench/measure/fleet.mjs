// Simulated screens (tools/fleet) before a headend of their own: what it takes to hold them, how long a publish needs to
// the last of them, and what happens when all come back at once. Enrolled screens stay in --state for the next run.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { program, root } from '../lib/main.mjs';

const run = promisify(execFile);
const headend = () => program('tools/headend/pingplay-headend');

export const packages = [];
export const options = {
  screens: { type: 'string', default: '1000' },
  only: { type: 'string', default: 'hold,publish,storm,crash,report,screenshot' },
  state: { type: 'string', default: path.join(root, 'build/bench-fleet') },
  'per-address': { type: 'string', default: '1' },
  hold: { type: 'string', default: '60' },
  rounds: { type: 'string', default: '10' },
  report: { type: 'string', default: '60' },
  shots: { type: 'string', default: '100' },
  serve: { type: 'string', default: '' }, // more options of `serve`, between spaces
};

async function home(state) {
  const dir = path.join(state, 'headend');
  if (existsSync(dir)) return dir;
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const made = run(headend(), ['init', dir, '--host', 'localhost', '--password-stdin']);
  made.child.stdin.end('a bench, and nothing else\n');
  await made;
  return dir;
}

async function fleet(values, say) {
  const json = path.join(values.state, 'figures.json');
  const args = [values.screens, await home(values.state), path.join(values.state, 'screens'), '--headend', headend(), '--json', json,
    '--content', path.join(root, 'assets/demo/welcome.jpg'), '--limit', '7200',
    ...['only', 'per-address', 'hold', 'rounds', 'report', 'shots'].flatMap((name) => [`--${name}`, values[name]])];
  const more = values.serve.split(' ').filter(Boolean);
  const child = spawn(program('tools/fleet/pingplay-fleet'), [...args, ...(more.length ? ['--', ...more] : [])], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', (text) => say(String(text).trimEnd()));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`pingplay-fleet ended with ${code}`);
  return JSON.parse(readFileSync(json, 'utf8'));
}

const n = (value, digits = 0) => value.toLocaleString('en', { maximumFractionDigits: digits });
const troubles = (row) => ['refused', 'cut', 'late', 'status_503', 'status_429', 'sessions'].filter((name) => row[name]).map((name) => `${name} ${n(row[name])}`).join(', ') || 'none';

// Of each scenario, its rows.
const rows = {
  hold: (all, row) => [
    { what: `${n(all.screens)} screens held: memory of the headend`, measured: `${n(row.memory_kib_per_screen, 1)} KiB each; ${n(row.memory_mib_held)} MiB`, beside: `${n(row.memory_mib_empty)} MiB without` },
    { what: '… processor time while they wait', measured: `${n(row.cpu_percent_of_a_core, 1)} % of a core` },
    { what: '… to connect one', measured: `${n(row.cpu_ms_per_screen_to_connect, 2)} ms` }],
  publish: (all, row) => [{ what: `publish to ${n(all.screens)} answers, of ${row.rounds} rounds`, beside: `the command itself: p50 ${n(row.command_ms_p50)} ms`,
    measured: `p50 ${n(row.answer_ms_p50)} ms, p99 ${n(row.answer_ms_p99)} ms; the last p50 ${n(row.last_answer_ms_p50)} ms, at most ${n(row.last_answer_ms_most)} ms` }],
  storm: (all, row) => [{ what: `all back after a restart (start ${n(row.start_ms)} ms)`, measured: `p50 ${n(row.back_s_p50, 1)} s, p99 ${n(row.back_s_p99, 1)} s, the last ${n(row.all_back_s, 1)} s`, beside: troubles(row) }],
  crash: (all, row) => [{ what: `… after a crash (start ${n(row.start_ms)} ms)`, measured: `p50 ${n(row.back_s_p50, 1)} s, p99 ${n(row.back_s_p99, 1)} s, the last ${n(row.all_back_s, 1)} s`, beside: troubles(row) }],
  report: (all, row) => [{ what: `reports, ${n(row.reports_a_second)} a second`, measured: `p50 ${n(row.report_ms_p50)} ms, p99 ${n(row.report_ms_p99)} ms; ${n(row.cpu_percent_of_a_core)} % of a core`, beside: troubles(row) }],
  screenshot: (all, row) => [{ what: `${n(row.screenshots)} screenshots of ${n(row.kib_each)} KiB, asked for one by one`, measured: `${n(row.all_s, 1)} s; a request p50 ${n(row.post_ms_p50)} ms, p99 ${n(row.post_ms_p99)} ms` }],
};

export async function measure(values, say) {
  const all = await fleet(values, say);
  return Object.keys(rows).filter((name) => all[name]).flatMap((name) => rows[name](all, all[name]).map((row) => ({ ...row, figures: all[name] })));
}
