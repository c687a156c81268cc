// Another program, for comparison, as its user would run it; its output is dropped.
import { spawn } from 'node:child_process';
import { family } from './proc.mjs';

export class Rival {
  constructor(command, args, env = {}) {
    this.child = spawn(command, args, { stdio: 'ignore', env: { ...process.env, ...env } });
    this.ended = new Promise((resolve, reject) => this.child.on('error', reject).on('close', resolve));
    this.ended.catch(() => {});
  }

  pids() { return family(this.child.pid); }

  async stop() {
    this.child.kill();
    await this.ended;
  }
}

const mpvQuiet = ['--no-config', '--no-terminal', '--hwdec=no', '--fs', '--no-osc', '--loop-file=inf', '--image-display-duration=inf'];
export const feh = (server, file) => new Rival('feh', ['--fullscreen', '--hide-pointer', file], server.env);
export const mpv = (server, file, ...more) => new Rival('mpv', [...mpvQuiet, ...more, file], server.env);

/** A kiosk browser that shows a page with nothing but the file. As root it runs without its own sandbox. */
export const chromium = (server, page, profile) => new Rival('chromium', [
  '--kiosk', ...(process.getuid() === 0 ? ['--no-sandbox'] : []), '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--window-position=0,0', '--window-size=1920,1080',
  '--autoplay-policy=no-user-gesture-required', `--user-data-dir=${profile}`, `file://${page}`], server.env);
