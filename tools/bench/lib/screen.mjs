// A real headend and a real display point that shows `content`, on an X server or without a screen.
//   const screen = await openScreen({ content: [file, …], server });    // server: of lib/xvfb.mjs; undefined: SDL's dummy
//   screen.pids()                       // agent, player, renderers: a Map of name and PIDs
//   screen.presents()                   // of the player's trace so far
//   await screen.settle();              // until only what is shown is running
//   await screen.close();
import { readFileSync } from 'node:fs';
import { startDisplay, until } from '../../../tests/e2e/lib/display.mjs';
import { startHeadend } from '../../../tests/e2e/lib/headend.mjs';
import { family } from './proc.mjs';
import { HEIGHT, WIDTH } from './xvfb.mjs';

export const environment = (server) => (server ? { ...server.env, SDL_VIDEODRIVER: 'x11' } : {});

class Screen {
  async open({ content, server, publish = [] }) {
    this.headend = await startHeadend();
    await this.headend.publish('bench', content, publish);
    this.display = await startDisplay(this.headend, { size: `${WIDTH}x${HEIGHT}`, playerEnv: environment(server) });
    const { code } = await this.display.waitCode();
    await this.headend.approve(code, { name: 'Bench', channel: 'bench' });
    await this.display.waitContent();
  }

  get agent() { return this.display.agent.child.pid; }

  get player() { return this.display.player.child.pid; }

  renderers() { return family(this.agent).filter((pid) => pid !== this.agent); }

  all() { return [this.agent, this.player, ...this.renderers()]; }

  presents() {
    return readFileSync(this.display.traceFile, 'utf8').split('\n').filter((line) => line.endsWith(']}')).map((line) => JSON.parse(line));
  }

  /** The status screens' renderers and what was there before are gone. */
  settle(renderers = 1) { return until(() => this.renderers().length === renderers, `${renderers} renderers`); }

  async close() {
    await this.display?.stop();
    await this.headend?.stop();
  }
}

export async function openScreen(options) {
  const screen = new Screen();
  try {
    await screen.open(options);
  } catch (error) {
    await screen.close();
    throw error;
  }
  return screen;
}
