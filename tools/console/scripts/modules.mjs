// The modules that the lockfile names, in node_modules: `npm ci` where they are not there or are others.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

// npm writes what it has installed into a lockfile of its own; what is of another platform is in the first one only.
function modulesFit() {
  try {
    const wanted = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8')).packages;
    const there = JSON.parse(readFileSync(path.join(folder, 'node_modules/.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(([name, { version, optional }]) => !name || there[name]?.version === version || (optional && !there[name]))
      && Object.keys(there).every((name) => wanted[name]);
  } catch {
    return false;
  }
}

// Throws with what npm says where they cannot be had.
export function ensureModules() {
  if (modulesFit()) return;
  const npm = spawnSync('npm', ['ci', '--no-progress', '--no-audit', '--no-fund'], { cwd: folder, encoding: 'utf8', timeout: 300_000 });
  if (npm.status !== 0) throw new Error(`npm ci: ${npm.error?.message ?? `${npm.stderr ?? ''}`.trim().split('\n').slice(-3).join(' ')}`);
}
