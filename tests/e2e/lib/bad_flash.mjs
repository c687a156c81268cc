// A flash that goes wrong while a test wants it to (programs/bad_flash.c), for the agent of a display.
//
//   const flash = await startBadFlash();
//   const display = await startDisplay(headend, { agentEnv: flash.env, dir: flash.displayDir });
//   await flash.go('open-fails');  …  await flash.well();
//   await flash.count(/^open .*objects/)      // lines of what failed since go()
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildDir } from './headend.mjs';

class BadFlash {
  constructor(dir) {
    this.dir = dir;
    this.control = path.join(dir, 'control');
    this.displayDir = path.join(dir, 'display');
    this.env = {
      LD_PRELOAD: path.join(buildDir(), 'tests/e2e/programs/pingplay-bad-flash.so'),
      BAD_FLASH: path.join(this.displayDir, 'state'),
      BAD_FLASH_CONTROL: this.control,
    };
  }

  async go(what) {
    await rm(path.join(this.control, 'log'), { force: true });
    await writeFile(path.join(this.control, what), '');
  }

  async well() {
    for (const what of ['open-fails', 'all-fails', 'sync-fails', 'sync-waits']) await rm(path.join(this.control, what), { force: true });
  }

  async count(pattern) {
    const log = await readFile(path.join(this.control, 'log'), 'utf8').catch(() => '');
    return log.split('\n').filter((line) => pattern.test(line)).length;
  }

  stop() { return rm(this.dir, { recursive: true, force: true }); }
}

export async function startBadFlash() {
  const flash = new BadFlash(await mkdtemp(path.join(tmpdir(), 'pingplay-flash-')));
  await mkdir(flash.control);
  await mkdir(flash.displayDir);
  return flash;
}
