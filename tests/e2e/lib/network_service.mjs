// A pingplay-network for tests that need no NetworkManager: a program in nmcli's place, which does as it is told, and notes
// what was asked of it.
//
//   const network = await startNetworkService(dir);
//   … startDisplay(headend, { paths: [`network-socket = ${network.socket}`] }) …
//   await network.ctl('wifi', 'Lobby', 'correct horse');       // pingplayctl network
//   await network.profiles();                                  // names of the files
//   await network.asked();                                     // nmcli's words, a line each
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildDir } from './headend.mjs';
import { ctlProgram } from './ctl.mjs';
import { until } from './display.mjs';

// There is the radio of the file "radio", which hears what "scan" has. Nothing is up until the file "active" says so; the start is over unless "startup" says otherwise; nothing comes up where there is "fail-up", which has its words.
const standIn = `#!/bin/sh
cd "\${0%/*}" || exit 9
case "$*" in
  *TYPE,STATE*) cat active 2>/dev/null; [ ! -e up ] || echo "802-11-wireless:activated:$(cat up)"; exit 0 ;;
  *GENERAL.DEVICE,*) cat radio 2>/dev/null; exit 0 ;;
  *GENERAL.DEVICES*) cat leads 2>/dev/null; exit 0 ;;
  *SSID-HEX*) cat scan 2>/dev/null; exit 0 ;;
  *STARTUP*) cat startup 2>/dev/null || echo started; exit 0 ;;
esac
echo "$*" >>asked
# The access point comes up, which "up" says, and what it was is kept to be looked at; a change does where it may. Nothing is
# deleted where there is "fail-delete".
case "$*" in
  *'load '*pingplay-phone*) cp "$3" point ;;
  *delete*) [ ! -e fail-delete ] || { echo 'Error: not deleted.'; exit 1; }
    [ "$(cat up 2>/dev/null)" != "$4" ] || rm up ;;
  *' up '*) grep -q "uuid=$6" point 2>/dev/null && { echo "$6" >up; exit 0; }
    [ ! -e fail-up ] || { [ ! -s fail-up ] || exec sh -c 'cat fail-up; exit 4'; echo 'Error: no.'; exit 4; } ;;
esac
`;

export async function startNetworkService(parent, ...options) {
  const dir = await mkdtemp(path.join(parent, 'network-'));
  const service = { dir, socket: path.join(dir, 'network.sock'), folder: path.join(dir, 'profiles'), log: '' };
  for (const folder of [service.folder, path.join(dir, 'points'), path.join(dir, 'names')]) await mkdir(folder);
  await writeFile(path.join(dir, 'nmcli'), standIn, { mode: 0o755 });
  service.start = async () => {
    const child = spawn(path.join(buildDir(), 'firmware/network/pingplay-network'),
      ['--socket', service.socket, '--folder', service.folder, '--nmcli', path.join(dir, 'nmcli'),
        '--phone-folder', path.join(dir, 'points'), '--names-folder', path.join(dir, 'names'),
        '--forwarding', path.join(dir, 'forwarding'), ...options],
      { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (data) => { service.log += data; });
    const ended = new Promise((resolve) => child.on('close', resolve));
    service.stop = async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
    };
    service.kill = () => service.stop('SIGKILL');
    await until(async () => (await service.ctl(['show'])).code === 0, 'pingplay-network');
  };
  service.profiles = () => readdir(service.folder);
  service.asked = () => readFile(path.join(dir, 'asked'), 'utf8').catch(() => '');
  // -> { code, out }; `input` is the passphrase. `prefix` goes before it, setpriv say.
  service.ctl = (words, input = '', prefix = []) => new Promise((resolve) => {
    const [program, ...rest] = [...prefix, ctlProgram(), '--socket', service.socket, 'network', ...words];
    const asking = execFile(program, rest, { env: { ...process.env, LC_ALL: 'C' } },
      (error, out, err) => resolve({ code: error ? error.code : 0, out: out + err }));
    asking.stdin.on('error', () => {});
    asking.stdin.end(input);
  });
  await service.start();
  return service;
}
