// Who was at the screen's access point is written down nowhere: not even by a power cut, or a shutdown that nobody tidies up at.
// NetworkManager shares the cable as it shares the radio, and starts its dnsmasq in the same way.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Lab, quote } from './lib/network_lab.mjs';

const client = path.join(path.dirname(fileURLToPath(import.meta.url)), 'servers/dhcp-client.mjs');
const needsRoot = process.getuid() !== 0 && 'needs root, to make a network; CI has it';
// access_point_write_names: unit/network/access_point holds it to these lines.
const NAMES = ['leasefile-ro', 'no-resolv', 'local=/#/', 'address=/#/10.42.0.1'];
const HARDWARE = '02:00:5e:10:00:01';

describe('a shared connection', { skip: needsRoot }, () => {
  let lab;
  before(async () => {
    lab = new Lab();
    const { code, out } = await lab.run(['mkdir -p /run/netns /etc/NetworkManager/dnsmasq-shared.d', 'ip netns add peer',
      'ip link set other0 netns peer', 'ip -n peer link set other0 up', 'ip -n peer address add 10.42.0.250/24 dev other0',
      'ip -n peer route add default dev other0',
      'nmcli connection add type ethernet ifname wired0 con-name share autoconnect no ipv4.method shared ipv4.addresses 10.42.0.1/24 ipv6.method disabled',
    ].join(' && '));
    assert.equal(code, 0, out);
  });
  after(() => lab?.stop());

  // What is on flash of whoever has asked for an address, with those lines, while it is open.
  async function listOf(lines) {
    const { code, out } = await lab.run(`printf '%s\\n' ${lines.map(quote).join(' ')} >/etc/NetworkManager/dnsmasq-shared.d/pingplay-phone.conf &&
      nmcli --wait 20 connection up share >/dev/null && timeout 30 ip netns exec peer ${quote(process.execPath)} ${quote(client)}`);
    assert.equal(code, 0, out);
    assert.match(out, /^10\.42\.0\.\d+$/m);
    const { out: list } = await lab.run('cat /var/lib/NetworkManager/*.leases');
    const names = await lab.run('nmcli connection down share');
    assert.equal(names.code, 0, names.out);
    return list;
  }

  test('notes who was there where nobody says otherwise, which the list tells', async () => {
    assert.ok((await listOf(NAMES.slice(1))).includes(HARDWARE));
    await lab.run('rm /var/lib/NetworkManager/*.leases');
  });

  test('notes nobody as the access point has it', async () => {
    assert.match(await listOf(NAMES), /No such file or directory/);
    const { code } = await lab.run(`grep -r ${HARDWARE} /var/lib/NetworkManager /run/NetworkManager`);
    assert.equal(code, 1, 'nor does anything else that is kept');
  });
});
