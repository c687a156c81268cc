// A NetworkManager of its own in namespaces (servers/network-manager.sh), with a cable, wired0, whose other end is other0;
// and pingplayctl network there.
//
//   const lab = new Lab();
//   const { code, out } = await lab.run('ip address');       // a command after the other
//   await lab.peer('192.0.2.1/24');                          // other0 in a namespace "peer", with a DHCP server
//   await lab.ctl(['dhcp', 'wired0']);  await lab.show();    // pingplayctl network, at the socket lab.socket
//   await lab.stop();
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkDocument, ctlProgram } from './ctl.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
export const folder = '/etc/NetworkManager/system-connections';
export const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;

// A shell in the namespaces of servers/network-manager.sh: a command after the other.
export class Lab {
  constructor() {
    this.out = '';
    this.child = spawn(path.join(here, '../servers/network-manager.sh'), ['--shell'],
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, LC_ALL: 'C' } });
    this.child.stdout.on('data', (data) => { this.out += data; this.changed?.(); });
    this.ended = new Promise((resolve) => this.child.on('close', () => {
      this.gone = true;
      this.changed?.();
      resolve();
    }));
    this.count = 0;
    this.socket = '/run/network.sock';
  }

  // Its exit status, and what it said on both outputs.
  async run(command, input = '') {
    const mark = `=== ${this.count += 1} `;
    this.out = '';
    this.child.stdin.write(`{ ${command}; } <<'THE-INPUT' 2>&1\n${input}\nTHE-INPUT\necho "\n${mark}$?"\n`);
    for (;;) {
      const [, code] = this.out.match(new RegExp(`\n${mark}(\\d+)\n`)) ?? [];
      if (code) return { code: Number(code), out: this.out.split(`\n${mark}`)[0] };
      assert.ok(!this.gone, `the lab has ended: ${this.out}`);
      await new Promise((resolve) => { this.changed = resolve; });
    }
  }

  async peer(address) {
    const [base] = address.split(/\.\d+\//);
    const { code, out } = await this.run(['mkdir /run/netns', 'ip netns add peer', 'ip link set other0 netns peer',
      `ip -n peer address add ${address} dev other0`, 'ip -n peer link set other0 up',
      `ip netns exec peer dnsmasq --conf-file=/dev/null --port=0 --interface=other0 --bind-interfaces --user=root \
        --dhcp-range=${base}.100,${base}.150,1h --dhcp-authoritative --dhcp-leasefile=/run/leases --pid-file`].join(' && '));
    assert.equal(code, 0, out);
  }

  async ctl(words, input) {
    return this.run([ctlProgram(), '--socket', this.socket, 'network', ...words].map(quote).join(' '), input);
  }

  async show() {
    const { code, out } = await this.ctl(['show', '--json']);
    assert.equal(code, 0, out);
    return checkDocument('network', JSON.parse(out)).profiles;
  }

  async addresses() {
    return (await this.run('ip -4 -br address show dev wired0')).out.trim().split(/ +/).slice(2);
  }

  async files() {
    return (await this.run(`stat -c "%a %U %n" ${folder}/*`)).out.trim().replaceAll(`${folder}/`, '').split('\n');
  }

  async stop() {
    this.child.stdin.end();
    await this.ended;
  }
}
