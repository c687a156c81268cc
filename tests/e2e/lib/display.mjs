// A display point for tests: a real player (without a screen) and a real agent, in a temporary folder.
//
//   const display = await startDisplay(headend, { size: '640x360' });
//   … { rendererUser: 'nobody' } …                           // as root: renderers of another user, as the unit has them
//   … { beforeAgent: async (display) => … } …                // before anything is started: a state folder of its own, say
//   const { code, uri } = await display.waitCode();          // what the agent says it shows
//   await display.waitContent();                             // content is on the screen
//   const picture = await display.screenshot();              // -> readPng's
//   await display.waitPicture((picture) => …, 'a red picture');
//   await display.stopAgent('SIGKILL');  await display.startAgent();   // likewise the player, which holds the picture of
//                                                            // the agent before: wait for what the new one says first
//   … { storage } …                                          // its state folder on a file system of its own: storage.mjs
//   { config: ['[vault]', 'provider = file'] }               // an option: more lines of the agent's configuration
//   { agentPrefix: ['setpriv', …] }                          // an option: goes before the agent's program
//   await display.renderers();                               // PIDs
//   await display.stop();
import { execFile, spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { buildDir } from './headend.mjs';
import { readPng } from './png.mjs';

const run = promisify(execFile);
const PATIENCE = 60000; // ms, until something that should come is given up

// `what` may be a function, for what is to be said of the end and not of the beginning.
// Looked at often in the beginning, and then less so: what is waited for needs the processor as well.
export async function until(check, what, patience = PATIENCE) {
  const begun = Date.now();
  const end = begun + patience;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for ${typeof what === 'function' ? what() : what}`);
    await sleep(Math.min(100, 20 + (Date.now() - begun) / 10));
  }
}

class Program {
  constructor(command, args, env = {}) {
    this.log = '';
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (data) => { this.log += data; });
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => { this.log += error; resolve({ code: -1 }); });
      this.child.on('close', (code, signal) => resolve({ code, signal }));
    });
    this.running = true;
    this.ended.then(() => { this.running = false; });
  }

  async stop(signal) {
    this.child.kill(signal);
    return this.ended;
  }

  // The match of `pattern` in what it has said since `from` characters.
  async waitLog(pattern, from = 0, patience = PATIENCE) {
    return until(() => {
      const match = pattern.exec(this.log.slice(from));
      if (!match && !this.running) throw new Error(`ended without saying ${pattern}:\n${this.log}`);
      return match;
    }, () => `${pattern} in:\n${this.log.slice(-2000)}`, patience);
  }
}

class Display {
  constructor(dir, headend, options) {
    Object.assign(this, { dir, headend, options });
    this.stateDir = path.join(dir, 'state');
    this.shotFile = path.join(dir, 'shot.png');
    this.traceFile = path.join(dir, 'trace.jsonl');
    this.socket = path.join(dir, 'player.sock');
    this.controlSocket = options.controlSocket ?? path.join(dir, 'control.sock');
  }

  async prepare() {
    const renderers = path.join(this.dir, 'bin');
    await mkdir(renderers);
    // Another user may not be able to enter the folder that they were built in.
    const give = this.options.rendererUser ? copyFile : symlink;
    for (const kind of ['media', 'status']) {
      await give(path.join(buildDir(), `firmware/render/${kind}/pingplay-render-${kind}`),
        path.join(renderers, `pingplay-render-${kind}`));
    }
    if (this.options.rendererUser) await chmod(this.dir, 0o711);
    this.config = path.join(this.dir, 'agent.conf');
    await writeFile(this.config, [
      '[headend]', `url = ${this.options.url ?? this.headend.url}`, `ca = ${this.headend.caFile}`,
      `root = ${this.headend.rootFile}`, '[paths]', `state = ${this.stateDir}`, `player-socket = ${this.socket}`,
      `renderers = ${renderers}`, ...(this.options.paths ?? [`board-socket = ${path.join(this.dir, 'board.sock')}`]), '[local]', `socket = ${this.controlSocket}`, ...(this.options.localGroup ? [`group = ${this.options.localGroup}`] : []),
      '[store]', 'reserve-mib = 0', ...(this.options.config ?? []), ''].join('\n'));
  }

  async startPlayer() {
    this.player = new Program(path.join(buildDir(), 'firmware/player/pingplay-player'),
      ['--socket', this.socket, '--windowed', this.options.size ?? '640x360', '--screenshot', this.shotFile,
        '--trace', this.traceFile], { SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy', ...this.options.playerEnv });
  }

  async startAgent() {
    const [program, ...words] = [...(this.options.agentPrefix ?? []), path.join(buildDir(), 'firmware/agent/pingplay-agent')];
    this.agent = new Program(program, [...words,
      '--config', this.config, ...(this.options.rendererUser ? ['--renderer-user', this.options.rendererUser] : [])],
      this.options.agentEnv);
  }

  stopPlayer(signal = 'SIGTERM') { return this.player.stop(signal); }
  stopAgent(signal = 'SIGTERM') { return this.agent.stop(signal); }

  // As somebody does at the machine, while no agent runs: one run of the agent with `word`.
  async runAgent(word) {
    const { stderr } = await run(path.join(buildDir(), 'firmware/agent/pingplay-agent'), ['--config', this.config, word]);
    return stderr;
  }

  erase() { return this.runAgent('--erase'); }

  async waitCode() {
    const [, uri, code, fingerprint] =
      await this.agent.waitLog(/enrol this screen at (\S+) with the code (\S+); its fingerprint is ([0-9a-f ]+)/);
    return { uri, code, fingerprint: fingerprint.trim() };
  }

  waitContent() { return this.agent.waitLog(/content is on the screen/); }

  async screenshot() {
    await this.player.waitLog(/display: /); // a player that has not yet come so far would die of the signal
    await rm(this.shotFile, { force: true });
    this.player.child.kill('SIGUSR1');
    return until(async () => {
      try {
        return readPng(await readFile(this.shotFile));
      } catch (error) {
        if (!this.player.running) throw new Error(`the player has ended:\n${this.player.log}`);
        return undefined; // not there yet, or not whole
      }
    }, 'a screenshot');
  }

  async waitPicture(check, what, patience = PATIENCE) {
    let last;
    try {
      return await until(async () => {
        last = await this.screenshot();
        return check(last) && last;
      }, what, patience);
    } catch (error) {
      const at = last && last.at(last.width >> 1, last.height >> 1);
      throw new Error(`${error.message}; the middle is ${at}; agent:\n${this.agent.log.slice(-3000)}\n${this.player.log.slice(-1000)}`);
    }
  }

  // The PIDs of the agent's children, by the name they run under; with a rendererUser the launcher is one of them.
  async renderers() {
    const { stdout } = await run('ps', ['-o', 'pid=,comm=', '--ppid', String(this.agent.child.pid)])
      .catch(() => ({ stdout: '' }));
    return stdout.trim().split('\n').filter(Boolean).map((line) => {
      const [pid, name] = line.trim().split(/\s+/);
      return { pid: Number(pid), name };
    });
  }

  async stop() {
    if (this.agent?.running) await this.stopAgent();
    if (this.player?.running) await this.stopPlayer();
    await this.options.storage?.unmount();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export async function startDisplay(headend, options = {}) {
  const display = new Display(options.dir ?? await mkdtemp(path.join(tmpdir(), 'pingplay-display-')), headend, options);
  await display.prepare();
  await options.storage?.mount(display);
  await options.beforeAgent?.(display);
  await display.startPlayer();
  await display.startAgent();
  return display;
}

// Whether an error code stands in the right-hand corner at the foot of a status screen, in 640x360.
export function tellsTrouble(picture) {
  for (let x = 540; x < 610; x++) for (let y = 308; y < 325; y++) if (picture.at(x, y)[1] > 120) return true;
  return false;
}

// The files of one folder, with their content, and its folders; undefined where one was gone before it was read.
async function readFolder(dir) {
  const entries = await readdir(dir, { withFileTypes: true });
  const at = (entry) => path.join(dir, entry.name);
  const files = entries.filter((entry) => entry.isFile()).map(async (entry) =>
    ({ file: at(entry), name: entry.name, data: await readFile(at(entry)) }));
  try {
    return { files: await Promise.all(files), folders: entries.filter((entry) => entry.isDirectory()).map(at) };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

// Every file below `dir`, with its content. A folder that something is being replaced in (written beside it, renamed) is read
// again: what has another name by then would be missed.
export async function* filesBelow(dir) {
  const { files, folders } = await until(() => readFolder(dir), `a moment in which no file of ${dir} goes`);
  yield* files;
  for (const folder of folders) yield* filesBelow(folder);
}
