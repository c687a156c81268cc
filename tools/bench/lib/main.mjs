// A measurement is a module of tools/bench/measure with
//   export const packages = ['feh', …];                     // Debian's, of what it is measured against
//   export const options = { runs: { type: 'string', default: '7' } };
//   export async function measure(values, say)              // -> rows: { what, budget, measured, beside, ratio, met }
// `measured` and `beside` are texts with their unit; `met` true, false, or undefined where there is no budget; everything
// else that a row holds goes into the JSON only.
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { table } from './stats.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
process.env.PP_BUILD ??= 'build/release';
export const program = (name) => path.resolve(root, process.env.PP_BUILD, name);

export const say = (text) => console.error(text);

/** Debian's packages that are not there yet, by tools/lib/packages.sh. */
export function install(packages) {
  const script = `. "${root}/tools/lib/packages.sh"; packages_install "$@"`;
  const { status } = spawnSync('bash', ['-c', script, 'tools/bench', ...packages], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('the packages could not be installed');
}

export function machine() {
  const cpus = os.cpus();
  return { cores: cpus.length, processor: cpus[0].model, memory_mib: Math.round(os.totalmem() / 1048576), kernel: os.release(),
    load: os.loadavg().map((value) => Number(value.toFixed(1))) };
}

export function print(rows) {
  const verdict = (row) => (row.met === undefined ? '' : row.met ? 'yes' : 'NO');
  console.log(table([['what', 'budget', 'measured', 'beside', 'met'],
    ...rows.map((row) => [row.what, row.budget ?? '', row.measured, row.beside ?? '', verdict(row)])]));
}
