// Unit tests: each test/*.test.ts is bundled as the console is, and run by node.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { reportsPlugin } from './reports.mjs';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const out = mkdtempSync(path.join(tmpdir(), 'pingplay-console-'));
const names = readdirSync(path.join(folder, 'test')).filter((name) => name.endsWith('.test.ts'));
let status = 1;
try {
  await build({ entryPoints: names.map((name) => path.join(folder, 'test', name)), outdir: out, bundle: true, platform: 'node', format: 'esm', target: 'node18', outExtension: { '.js': '.mjs' },
    plugins: [reportsPlugin], logLevel: 'warning', define: { CONSOLE_FOLDER: JSON.stringify(folder) } });
  status = spawnSync(process.execPath, ['--test', ...process.argv.slice(2), out], { stdio: 'inherit', env: { ...process.env, CONSOLE_FOLDER: folder } }).status ?? 1;
} finally {
  rmSync(out, { recursive: true });
}
process.exit(status);
