// An X server without a screen, whose picture can be looked at by reading a file: what a person would see, and the
// same for every program.
//
//   const server = await startXvfb();               // 1920x1080, 24 bit
//   server.display (":99"), server.env, server.pid
//   const picture = await decode('a.jpg');          // as the screen would show it
//   await server.waitPicture(picture);              // -> ms (performance.now) at which it was there
//   await server.stop();
import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export const WIDTH = 1920;
export const HEIGHT = 1080;
const run = promisify(execFile);
const LOOK_MS = 2;
const GRID = 12;        // looked at: so many points in each row and column
const ALIKE = 24;       // difference of a sample (0 … 255) that decoders and scalers make
const ALIKE_PART = 0.9; // of the points: some lie on edges

/** Points of the screen, as [x, y]. */
const points = [];
for (let row = 0; row < GRID; row++) {
  for (let column = 0; column < GRID; column++) {
    points.push([Math.floor(((column + 0.5) * WIDTH) / GRID), Math.floor(((row + 0.5) * HEIGHT) / GRID)]);
  }
}

/** Red, green and blue at the points, of a file's first frame. */
export async function decode(file) {
  const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, '-frames:v', '1', '-vf', `scale=${WIDTH}:${HEIGHT}`,
    '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { encoding: 'buffer', maxBuffer: WIDTH * HEIGHT * 4 });
  return points.map(([x, y]) => [...stdout.subarray((y * WIDTH + x) * 3, (y * WIDTH + x) * 3 + 3)]);
}

class Xvfb {
  async start() {
    this.dir = await mkdtemp(path.join(tmpdir(), 'pingplay-xvfb-'));
    this.child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', `${WIDTH}x${HEIGHT}x24`, '-nolisten', 'tcp', '-fbdir', this.dir],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    this.pid = this.child.pid;
    const number = await new Promise((resolve, reject) => {
      let text = '';
      this.child.stdio[3].on('data', (data) => {
        text += data;
        if (text.endsWith('\n')) resolve(text.trim());
      });
      this.child.on('error', reject);
      this.child.on('close', () => reject(new Error('Xvfb did not start')));
    });
    this.display = `:${number}`;
    this.env = { DISPLAY: this.display };
    this.file = openSync(path.join(this.dir, 'Xvfb_screen0'), 'r');
    // XWD, version 7 (X11/XWDFile.h): header size, version, format, depth, width, height, …, bytes a line, …, colours
    const header = Buffer.alloc(100);
    readSync(this.file, header, 0, 100, 0);
    const field = (index) => header.readUInt32BE(index * 4);
    this.stride = field(12);
    this.offset = field(0) + field(19) * 12;
    if (this.offset + this.stride * HEIGHT > statSync(path.join(this.dir, 'Xvfb_screen0')).size) throw new Error('not the XWD that is known');
  }

  /** Red, green and blue on the screen now. */
  at([x, y]) {
    const pixel = Buffer.alloc(4);
    readSync(this.file, pixel, 0, 4, this.offset + y * this.stride + x * 4);
    return [pixel[2], pixel[1], pixel[0]];
  }

  shows(picture, part = ALIKE_PART) {
    let misses = 0;
    for (let i = 0; i < points.length; i++) {
      const seen = this.at(points[i]);
      if (seen.some((value, channel) => Math.abs(value - picture[i][channel]) > ALIKE)) misses++;
      if (misses > points.length * (1 - part)) return false;
    }
    return true;
  }

  async waitPicture(picture, patience = 60000) {
    for (const end = performance.now() + patience; performance.now() < end; await sleep(LOOK_MS)) {
      if (this.shows(picture)) return performance.now();
    }
    throw new Error('the picture did not come up on the screen');
  }

  /** To black, for the next program: the root window is drawn anew. */
  clear() { return run('xsetroot', ['-solid', 'black'], { env: { ...process.env, ...this.env } }); }

  async stop() {
    closeSync(this.file);
    const ended = new Promise((resolve) => this.child.on('close', resolve));
    this.child.kill();
    await ended;
    await rm(this.dir, { recursive: true, force: true });
  }
}

export async function startXvfb() {
  const server = new Xvfb();
  await server.start();
  return server;
}
