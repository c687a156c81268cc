// pingplay-sync-test, found through PP_BUILD (default build/dev), with a state folder of its own.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const syncProgram = () => path.join(
  path.resolve(root, process.env.PP_BUILD ?? 'build/dev'), 'tests/e2e/programs/pingplay-sync-test');

/** Every file below a folder: [{ file, data }]. */
export function rawFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return rawFiles(file);
    return entry.isFile() ? [{ file, data: readFileSync(file) }] : [];
  });
}

export class Syncer {
  constructor(repo, ca, channel = 'lobby') {
    Object.assign(this, { repo, ca, channel });
    this.state = mkdtempSync(path.join(tmpdir(), 'pingplay-sync-'));
  }

  args(command, url, extra) {
    const target = url ? ['--url', url, '--ca', this.ca, '--root', this.repo.rootFile, '--channel', this.channel,
      '--key-file', this.repo.keyFile(this.channel)] : ['--ca', this.ca];
    return [command, '--state', this.state, ...target, ...extra];
  }

  /** Runs to its end: { code, lines, last, stderr }. */
  run(command, url, ...extra) {
    return new Promise((resolve) => {
      execFile(syncProgram(), this.args(command, url, extra), { timeout: 240000 }, (error, stdout, stderr) => {
        const lines = stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
        resolve({ code: error ? error.code ?? error.signal : 0, lines, last: lines.at(-1), stderr });
      });
    });
  }

  /** A run that the test ends itself. */
  start(url, ...extra) {
    return spawn(syncProgram(), this.args('run', url, extra), { stdio: ['ignore', 'pipe', 'ignore'] });
  }

  /** The manifest shown without any network. */
  async show() {
    return (await this.run('show', null)).last;
  }

  remove() {
    rmSync(this.state, { recursive: true, force: true });
  }
}
