// What the tests of access modes share: a screen that plays a red picture, the signs of that, and a person with a phone.
import { open, readFile } from 'node:fs/promises';
import { startDisplay } from './display.mjs';
import { startHeadend } from './headend.mjs';
import { near } from './png.mjs';

const RED = [254, 0, 0];
export const shows = (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), RED);
export const hides = (shot) => !shows(shot);

// A headend with `picture`, which is red, on its channel "lobby", and a screen of it that was approved just now.
export async function startScreen(t, { picture, serve = [], display: options, approval } = {}) {
  const headend = await startHeadend({ serve: ['--poll-interval', '1', ...serve] });
  t.after(() => headend.stop());
  await headend.publish('lobby', [picture]);
  const display = await startDisplay(headend, options);
  t.after(() => display.stop());
  const { code } = await display.waitCode();
  const id = await headend.approve(code, { name: 'Meeting room', channel: 'lobby', ...approval });
  return { headend, display, id };
}

export const setPassword = (headend, id, password, more = []) =>
  headend.cliInput(`${password}\n`, 'screen', 'access', id, 'password', '--password-stdin', ...more);

// What the screen asks people for.
export async function waitAsk(display, from = 0) {
  const [, uri, code] = await display.agent.waitLog(/sign in at (\S+) with the code (\S+)/, from);
  return { uri, code };
}

export const channelKey = (headend) => headend.channelKey('lobby');

// All that a process may read and write, as root sees it.
export async function memoryHas(pid, bytes) {
  const maps = (await readFile(`/proc/${pid}/maps`, 'latin1')).split('\n').map((line) => /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line)).filter(Boolean);
  const file = await open(`/proc/${pid}/mem`);
  try {
    for (const [, from, to] of maps) {
      const begin = Number.parseInt(from, 16);
      const data = Buffer.alloc(Number.parseInt(to, 16) - begin);
      const { bytesRead } = await file.read(data, 0, data.length, begin).catch(() => ({ bytesRead: 0 }));
      if (data.subarray(0, bytesRead).includes(bytes)) return true;
    }
    return false;
  } finally {
    await file.close();
  }
}

// A phone's browser on the page behind the QR code.
export function makePhone(headend) {
  const jar = new Map();
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const keep = (answer) => {
    for (const line of answer.headers['set-cookie'] ?? []) jar.set(...line.split(';')[0].split(/=(.*)/s).slice(0, 2));
    return answer;
  };
  const csrf = (answer) => /name="csrf" value="([^"]*)"/.exec(answer.text)[1];
  return {
    page: (code) => headend.request('GET', `/access?code=${code}`, { cookie: cookie(), headers: { accept: 'text/html' } }).then(keep),
    async signIn(code, password, page) {
      const form = page ?? await this.page(code);
      return keep(await headend.form('/access', { csrf: csrf(form), code, password }, { cookie: cookie(), headers: { accept: 'text/html' } }));
    },
    signOut: (page) => headend.form('/access/sign-out', { csrf: csrf(page) }, { cookie: cookie(), headers: { accept: 'text/html' } }),
  };
}
