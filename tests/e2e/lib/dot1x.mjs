// A port that lets nobody in without 802.1X: hostapd with its own EAP server at the other end of the cable of a lab
// (network_lab.mjs), wpa_supplicant under the lab's NetworkManager, and a pingplay-network that a display's agent reaches.
//
//   const port = await startPort(dir, 'radius.example');     // and more environment of wpa_supplicant
//   const display = await startDisplay(headend, { paths: port.paths, … });   port.display = display;
//   await port.serve(port.server(), headend.caFile);         // the authenticator, anew: its own certificate, whose clients
//   await port.join(['--server', 'radius.example']);         // pingplayctl network 8021x -> { code, out }
//   await port.count();  await port.serials();               // how many the authenticator let in; what it was shown
//   port.lab;  port.said();  await port.stop();
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from './display.mjs';
import { buildDir } from './headend.mjs';
import { Lab, quote } from './network_lab.mjs';
import { Authority } from './pki.mjs';

const service = path.join(buildDir(), 'firmware/network/pingplay-network');

class Port {
  constructor(dir, name) {
    Object.assign(this, { dir, name, keys: '/run/pingplay-network' });
    this.socket = path.join(dir, 'network.sock');
    this.control = path.join(dir, 'agent.sock');
    this.authority = new Authority(dir, 'Network of the house');
    this.log = path.join(dir, 'hostapd.log');
    this.lab = new Lab();
    this.lab.socket = this.socket;
  }

  // Of the agent's configuration: [paths].
  get paths() { return [`board-socket = ${path.join(this.dir, 'board.sock')}`, `network-socket = ${this.socket}`]; }

  // A certificate for the authentication server.
  server(name = this.name, authority = this.authority) { return authority.server([name]); }

  async start(env) {
    const words = Object.entries(env).map(([name, value]) => `${name}=${quote(value)} `).join('');
    await this.lab.peer('192.0.2.1/24');
    await this.run(`{ ${words}wpa_supplicant -u -O /run/wpa -dd >${quote(this.dir)}/supplicant 2>&1 </dev/null & }`, ...await this.startService());
  }

  async run(...commands) {
    const { code, out } = await this.lab.run(commands.join(' && '));
    assert.equal(code, 0, out);
    return out;
  }

  // It is asked at the agent's socket, which the display's stands behind as soon as there is one.
  async startService() {
    return [`{ ${quote(service)} --socket ${quote(this.socket)} --agent-socket ${quote(this.control)} >>${quote(this.dir)}/said 2>&1 </dev/null & }`,
      `until [ -S ${quote(this.socket)} ]; do sleep 0.1; done`];
  }

  said() { return readFile(path.join(this.dir, 'said'), 'utf8'); }
  supplicant() { return readFile(path.join(this.dir, 'supplicant'), 'utf8'); }
  hostapd() { return readFile(this.log, 'utf8').catch(() => ''); }

  // `clients`: the file of who certifies clients, and their revocations.
  async serve({ cert, key }, clients, more = []) {
    const file = (name) => path.join(this.dir, name);
    await writeFile(file('server.pem'), cert);
    await writeFile(file('server.key'), key);
    await writeFile(file('users'), '* TLS\n');
    await writeFile(file('hostapd.conf'), ['interface=other0', 'driver=wired', 'logger_stdout=-1', 'logger_stdout_level=0', 'ieee8021x=1',
      'use_pae_group_addr=1', 'eap_server=1', `eap_user_file=${file('users')}`, `ca_cert=${clients}`, `server_cert=${file('server.pem')}`,
      `private_key=${file('server.key')}`, ...more, ''].join('\n'));
    await this.lab.run('[ ! -e /run/hostapd.pid ] || { kill $(cat /run/hostapd.pid); while [ -e /run/hostapd.pid ]; do sleep 0.1; done; }');
    await this.run(`: >${quote(this.log)}`, `ip netns exec peer hostapd -B -dd -t -P /run/hostapd.pid -f ${quote(this.log)} ${quote(file('hostapd.conf'))}`);
  }

  async join(words, where = ['wired0']) {
    const ca = path.join(this.dir, 'network-ca.pem');
    await writeFile(ca, this.authority.pem());
    return this.lab.ctl(['8021x', ...where, '--ca', ca, ...words]);
  }

  // How many it has let in.
  count() { return this.hostapd().then((log) => log.split('CTRL-EVENT-EAP-SUCCESS ').length - 1); }

  // The serial numbers of the certificates that it was shown, in the order of time.
  async serials() {
    return [...(await this.hostapd()).matchAll(/peer certificate: depth=0 serial_num=([0-9A-F]+)/g)].map(([, serial]) => serial);
  }

  // Of the folder of the key.
  read(name) { return this.run(`cat ${this.keys}/${name}`).then((text) => `${text}\n`); }

  async keyFiles() {
    const { out } = await this.lab.run(`{ cd ${this.keys} && stat -c '%a %U %n' *; } 2>/dev/null`);
    return out.trim().split('\n').filter(Boolean);
  }

  async stop() { await this.lab.stop(); }
}

export async function startPort(dir, name, env = {}) {
  await mkdir(dir, { recursive: true });
  const port = new Port(dir, name);
  await port.start(env);
  return port;
}
