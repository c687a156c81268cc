// Stands between an agent and swtpm (lib/swtpm.mjs), and holds back commands for as long as a test wants: a TPM that is
// slow, or that hangs.
//
//   const slow = await startSlowTpm(tpm);
//   slow.tcti                                        // in the place of tpm.tcti
//   slow.hold(SIGN);  await slow.held(SIGN);  slow.release();
import net from 'node:net';
import { until } from './display.mjs';

export const SIGN = 0x15d;
export const AGREE = 0x154; // TPM2_ECDH_ZGen
const HEADER = 10; // of a command: tag (2), size (4), code (4)

// The commands that are whole by now, and what is left over.
function cut(bytes) {
  const commands = [];
  while (bytes.length >= HEADER && bytes.length >= bytes.readUInt32BE(2)) {
    const size = bytes.readUInt32BE(2);
    commands.push(bytes.subarray(0, size));
    bytes = bytes.subarray(size);
  }
  return { commands, rest: bytes };
}

class SlowTpm {
  #servers = [];
  #sockets = new Set();
  #wanted = new Set(); // codes that are held back
  #waiting = []; // { code, go }

  constructor(tpm) {
    this.path = `${tpm.socket}-slow`;
    this.tcti = `swtpm:path=${this.path}`;
    this.tpm = tpm;
  }

  async start() {
    await this.#listen(this.path, this.tpm.socket, (bytes, up) => this.#pass(bytes, up));
    await this.#listen(`${this.path}.ctrl`, `${this.tpm.socket}.ctrl`, (bytes, up) => {
      up.write(bytes);
      return Buffer.alloc(0);
    });
  }

  async #listen(file, target, pass) {
    const server = net.createServer((down) => {
      const up = net.connect(target);
      let bytes = Buffer.alloc(0);
      for (const [one, other] of [[down, up], [up, down]]) {
        this.#sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => { this.#sockets.delete(one); other.destroy(); });
      }
      up.on('data', (data) => down.write(data));
      down.on('data', (data) => { bytes = pass(Buffer.concat([bytes, data]), up); });
    });
    this.#servers.push(server);
    await new Promise((resolve) => server.listen(file, resolve));
  }

  #pass(bytes, up) {
    const { commands, rest } = cut(bytes);
    for (const command of commands) {
      const code = command.readUInt32BE(6);
      const go = () => up.writable && up.write(command);
      if (this.#wanted.has(code)) this.#waiting.push({ code, go });
      else go();
    }
    return rest;
  }

  hold(...codes) { codes.forEach((code) => this.#wanted.add(code)); }

  held(code) {
    return until(() => this.#waiting.some((one) => one.code === code), `command ${code.toString(16)} to be held back`);
  }

  release() {
    this.#wanted.clear();
    this.#waiting.splice(0).forEach(({ go }) => go());
  }

  async stop() {
    this.#sockets.forEach((socket) => socket.destroy());
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

export async function startSlowTpm(tpm) {
  const slow = new SlowTpm(tpm);
  await slow.start();
  return slow;
}
