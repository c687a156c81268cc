// pingplayctl network and pingplay-network, with a real NetworkManager, a cable, and a DHCP server at its other end.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkDocument, ctlProgram } from './lib/ctl.mjs';
import { buildDir } from './lib/headend.mjs';
import { folder, Lab, quote } from './lib/network_lab.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const service = path.join(buildDir(), 'firmware/network/pingplay-network');
const needsRoot = process.getuid() !== 0 && 'needs root, to make a network; CI has it';

describe('a display point on a network', { skip: needsRoot }, () => {
  let lab;
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'network-'));
    lab = new Lab();
    await lab.peer('192.0.2.1/24');
    const { code, out } = await lab.run([
      `{ ${quote(service)} --socket /run/network.sock >${quote(dir)}/said 2>&1 </dev/null & }`,
      'until [ -S /run/network.sock ]; do sleep 0.1; done'].join(' && '));
    assert.equal(code, 0, out);
  });
  after(async () => {
    await lab?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('fixed addresses are set, and then those of the network', async () => {
    assert.deepEqual(await lab.show(), []);
    const fixed = await lab.ctl(['static', 'wired0', '192.0.2.10/24', '2001:db8::10/64', '--gateway', '192.0.2.1',
      '--dns', '192.0.2.53', '--dns', '2001:db8::53']);
    assert.deepEqual(fixed, { code: 0, out: 'Done.\n' });
    assert.deepEqual(await lab.addresses(), ['192.0.2.10/24']);
    assert.match((await lab.run('ip route show default')).out, /^default via 192\.0\.2\.1 dev wired0 /);
    assert.deepEqual(await lab.files(), ['600 root pingplay-wired-wired0-a.nmconnection']);
    const [profile] = await lab.show();
    const expected = { active: true, ipv4_method: 'manual', ipv4_addresses: '192.0.2.10/24', ipv4_gateway: '192.0.2.1',
      ipv4_dns: '192.0.2.53', ipv6_addresses: '2001:db8::10/64', ipv6_dns: '2001:db8::53' };
    for (const [name, value] of Object.entries(expected)) assert.equal(profile[name], value, name);
    const words = (await lab.ctl(['show'])).out;
    assert.match(words, /^Profile +pingplay-wired-wired0\nIn use +yes\n/);

    const { code, out } = await lab.ctl(['dhcp', 'wired0', '--json']);
    assert.equal(code, 0, out);
    checkDocument('network_change', JSON.parse(out));
    assert.match((await lab.addresses()).join(), /^192\.0\.2\.1[0-5]\d\/24$/);
    assert.deepEqual(await lab.files(), ['600 root pingplay-wired-wired0-b.nmconnection']);
  });

  const wrong = {
    'a gateway that is not there': [['192.0.2.10/24', '--gateway', '192.0.2.77'], 'gateway 192.0.2.77 does not answer'],
    'an address that another machine has': [['192.0.2.1/24'], 'NetworkManager: Error: Connection activation failed: '],
  };
  for (const [name, [words, reason]] of Object.entries(wrong)) {
    test(`${name}: what was there before is there again`, async () => {
      const [former] = await lab.show();
      const files = await lab.files();
      assert.equal(former.active, true);
      const { code, out } = await lab.ctl(['static', 'wired0', ...words]);
      assert.equal(code, 1);
      assert.ok(out.startsWith(`pingplayctl: It was not done, and what was there before stays: ${reason}`), out);
      assert.match((await lab.addresses()).join(), /^192\.0\.2\.1[0-5]\d\/24$/);
      const [again] = await lab.show();
      assert.deepEqual([again.uuid, again.active, again.ipv4_method], [former.uuid, true, 'auto']);
      assert.deepEqual(await lab.files(), files);
    });
  }

  test('what is to be kept is, although nothing is reached, and that is told', async () => {
    const fixed = ['static', 'wired0', '192.0.2.10/24', '--gateway', '192.0.2.77', '--keep'];
    const kept = await lab.ctl(fixed); // its two outputs, in whatever order
    assert.equal(kept.code, 0, kept.out);
    assert.deepEqual(kept.out.split('\n').sort(), ['', 'Done.', 'pingplayctl: It is kept, but: gateway 192.0.2.77 does not answer']);
    assert.deepEqual(await lab.addresses(), ['192.0.2.10/24']);
    assert.match((await lab.run('ip route show default')).out, /^default via 192\.0\.2\.77 dev wired0 /);
    const { code, out } = await lab.ctl([...fixed, '--json']);
    assert.equal(code, 0, out);
    assert.equal(checkDocument('network_change', JSON.parse(out)).note, 'gateway 192.0.2.77 does not answer');
    const refused = { code: 2, out: 'pingplayctl: Refused: --keep: of network wifi and network static\n' };
    assert.deepEqual(await lab.ctl(['dhcp', 'wired0', '--keep']), refused);
    assert.equal((await lab.ctl(['dhcp', 'wired0'])).code, 0);
    assert.match((await lab.addresses()).join(), /^192\.0\.2\.1[0-5]\d\/24$/);
  });

  test('killed in a trial, the profile before is the one that a start takes up', async () => {
    // Killed when the trial is up: nmcli does not come back to say so.
    const files = await lab.files();
    await lab.run(`printf '%s\\n' '#!/bin/sh' '[ "$4" = up ] || exec nmcli "$@"' 'nmcli "$@" && touch /run/up && exec sleep 1000' >/run/hold &&
      chmod 755 /run/hold && { ${quote(service)} --socket /run/hold.sock --nmcli /run/hold >${quote(dir)}/held 2>&1 </dev/null & } &&
      until [ -S /run/hold.sock ]; do sleep 0.1; done`);
    await lab.run(`{ ${quote(ctlProgram())} --socket /run/hold.sock network static wired0 192.0.2.11/24 >/dev/null 2>&1 </dev/null & } &&
      until [ -e /run/up ]; do sleep 0.1; done
      kill -9 $(ps -C pingplay-network -o pid= ); wait $!; pkill -x sleep`);
    assert.deepEqual(await lab.addresses(), ['192.0.2.11/24']);
    const both = await lab.files();
    assert.equal(both.length, files.length + 1, both.join('\n'));
    const trial = both.find((file) => !files.includes(file)).split(' ')[2];
    assert.match((await lab.run(`cat ${folder}/${trial}`)).out, /^autoconnect=false$/m);
    assert.deepEqual((await lab.show().catch(() => [])), []); // nobody is there
    // As after a start: nothing is active, and what may connects by itself.
    await lab.run('nmcli device disconnect wired0 && nmcli device set wired0 autoconnect yes');
    await lab.run(`{ ${quote(service)} --socket /run/network.sock >>${quote(dir)}/said 2>&1 </dev/null & } &&
      until ${quote(ctlProgram())} --socket /run/network.sock network show; do sleep 0.1; done`);
    await lab.run('until ip address show dev wired0 | grep -q "192.0.2.1[0-5][0-9]/"; do sleep 0.1; done');
    assert.equal((await lab.ctl(['dhcp', 'wired0'])).code, 0);
    assert.equal((await lab.files()).length, 1);
  });

  test('NetworkManager has names and passphrases as they were given, and nobody else has', async () => {
    // There is no radio, so that each trial fails; what NetworkManager has of it is looked at in between.
    const rows = [
      ['Lobby; \\n', ' \\s;#=[x]"\'  ', []],
      ['12', '\\\\n\\tmarked', ['--hidden']],
      ['[wifi]', 'psk=marked ;', ['--security', 'wpa3']],
    ];
    const fields = ['802-11-wireless.ssid', '802-11-wireless.hidden', '802-11-wireless-security.key-mgmt'];
    // The passphrase by D-Bus: nmcli, where the profile changes meanwhile, shows none.
    const nm = 'dbus-send --system --print-reply --dest=org.freedesktop.NetworkManager';
    const settings = 'org.freedesktop.NetworkManager.Settings';
    await lab.run('cat >/run/look', `#!/bin/sh
if [ "$4" = up ]; then
  nmcli -t -e no -f ${fields} connection show uuid "$6" >/run/looked
  at=$(${nm} /org/freedesktop/NetworkManager/Settings ${settings}.GetConnectionByUuid string:"$6" | sed -n 's/.*object path "\\(.*\\)"/\\1/p')
  ${nm} "$at" ${settings}.Connection.GetSecrets string:802-11-wireless-security |
    sed -n '/string "psk"/{n;s/[^"]*"\\(.*\\)"$/802-11-wireless-security.psk:\\1/p}' >>/run/looked
fi
exec nmcli "$@"
`);
    await lab.run(`chmod 755 /run/look && { ${quote(service)} --socket /run/look.sock --nmcli /run/look \
      >${quote(dir)}/looked 2>&1 </dev/null & } && until [ -S /run/look.sock ]; do sleep 0.1; done`);
    const join = (words, input) => lab.run([ctlProgram(), '--socket', '/run/look.sock', 'network', 'wifi', ...words]
      .map(quote).join(' '), input);
    const looked = async () => Object.fromEntries((await lab.run('cat /run/looked')).out.replace(/\n$/, '').split('\n')
      .map((line) => line.match(/^[^.]*\.([^:]*):(.*)$/).slice(1)));
    for (const [ssid, passphrase, options] of rows) {
      const { code, out } = await join([ssid, ...options], passphrase);
      assert.equal(code, 1);
      assert.match(out, /No suitable device found/);
      assert.ok(!out.includes(passphrase.trim()));
      assert.deepEqual(await looked(), { ssid, hidden: options.includes('--hidden') ? 'yes' : 'no', psk: passphrase,
        'key-mgmt': options.includes('wpa3') ? 'sae' : 'wpa-psk' });
    }
    await join(['--qr'], 'WIFI:T:SAE;S:a\\;b;P:marked\\:12;;');
    assert.deepEqual(await looked(), { ssid: 'a;b', hidden: 'no', psk: 'marked:12', 'key-mgmt': 'sae' });
    assert.equal((await lab.files()).length, 1);
    const said = (await lab.run(`cat ${quote(dir)}/looked /run/NetworkManager.log`)).out;
    assert.match(said, /user 0 asks for: wifi\n/);
    assert.doesNotMatch(said, /marked|\[x\]/);
  });

  test('what was erased is not on the raw storage, and what the image brought is', async () => {
    // A file system of its own in the folder's place; nmcli's stand-in says that there is a radio.
    const { code, out } = await lab.run(`truncate -s 8M /run/flash.img && mkfs.ext4 -q -O ^has_journal /run/flash.img &&
      mount -o loop /run/flash.img ${folder} && rmdir ${folder}/lost+found &&
      printf '%s\n' '#!/bin/sh' '[ "$4" = up ] || exec nmcli "$@"' >/run/radio && chmod 755 /run/radio &&
      sed s/REPLACE-PASSPHRASE/marked-of-the-image/ ${quote(path.join(here, '../../board/network/wifi-personal.nmconnection'))} \
        >/run/of-the-image && install -m 600 /run/of-the-image ${folder}/pingplay-wifi.nmconnection &&
      nmcli connection load ${folder}/pingplay-wifi.nmconnection
      { ${quote(service)} --socket /run/radio.sock --nmcli /run/radio >${quote(dir)}/radio 2>&1 </dev/null & }
      until [ -S /run/radio.sock ]; do sleep 0.1; done`);
    assert.equal(code, 0, out);
    const ask = (words, input) => lab.run([ctlProgram(), '--socket', '/run/radio.sock', 'network', ...words].map(quote).join(' '), input);
    const scan = async (mark) => (await lab.run(`sync -f ${folder} && grep -c -a ${mark} /run/flash.img`)).out.trim() !== '0';
    const known = async () => (await lab.run('nmcli -g NAME connection show')).out.split('\n').filter((name) => name === 'pingplay-wifi');
    assert.deepEqual(await ask(['wifi', 'Lobby'], 'marked-first'), { code: 0, out: 'Done.\n' });
    assert.ok(await scan('marked-first'), 'the scan finds what is there');
    assert.equal((await known()).length, 2);
    assert.deepEqual(await ask(['wifi', 'Lobby'], 'marked-second'), { code: 0, out: 'Done.\n' });
    assert.ok(!await scan('marked-first'), 'the one before');
    // As pingplay-agent does it where no agent runs.
    await lab.run(`printf '%s\n' [headend] url=https://localhost ca=/run/none root=/run/none [paths] state=/run/state \
      network-socket=/run/radio.sock >/run/agent.conf`);
    const erased = await lab.run(`${quote(path.join(buildDir(), 'firmware/agent/pingplay-agent'))} --config /run/agent.conf --erase`);
    assert.equal(erased.code, 0, erased.out);
    assert.deepEqual(await lab.files(), ['600 root pingplay-wifi.nmconnection']);
    assert.ok(!await scan('marked-second'));
    assert.ok(await scan('marked-of-the-image'));
    assert.equal((await known()).length, 1);
    assert.equal((await lab.run(`rm ${folder}/* && nmcli connection reload && umount ${folder}`)).code, 0);
  });

  test('what is forgotten is gone', async () => {
    assert.equal((await lab.ctl(['forget', 'wired0'])).code, 0);
    assert.deepEqual(await lab.show(), []);
    assert.deepEqual(await lab.addresses(), []);
    assert.equal((await lab.ctl(['show'])).out, 'Nothing was set here.\n');
    const { code, out } = await lab.ctl(['forget', 'wifi']);
    assert.equal(code, 1);
    assert.match(out, /there is no profile of it/);
  });

  test('what cannot be meant is refused before anything is asked', async () => {
    const rows = [
      [['static', 'wired0'], 'address: none'],
      [['static', 'wired0', '192.0.2.10/33'], '192.0.2.10/33: prefix: out of range'],
      [['static', 'wired0', '192.0.2.10'], '192.0.2.10: prefix: missing, as in 192.0.2.10/24'],
      [['static', 'wired0', '192.0.2.10/24', '192.0.2.11/24'], '192.0.2.11/24: a second address of its family'],
      [['static', 'wired0', '192.0.2.10/24', '--gateway', 'x'], '--gateway x: not an address'],
      [['static', 'wired0', '192.0.2.10/24', '--gateway', '192.0.3.1'], 'gateway: not in the network of the address'],
      [['static', 'wired0', '192.0.2.10/24', ...['1', '2', '3', '4'].flatMap((n) => ['--dns', `192.0.2.${n}`])],
        '--dns 192.0.2.4: more than 3'],
      [['dhcp', '../x'], 'interface: not a name'],
      [['wifi', 'x', '--security', 'wep'], '--security: wpa2-wpa3, wpa3 or open'],
      [['wifi', 'x'], 'passphrase: neither 8 to 63 characters nor 64 hexadecimal digits', 'short'],
      [['wifi', 'x', 'secret-12'], 'too many arguments'],
      [['wifi', '--qr'], 'QR code: not that of a Wi-Fi', 'https://example.org'],
      [['wifi', '--qr'], 'QR code: a network that is neither WPA, nor SAE, nor open', 'WIFI:T:WEP;S:x;P:secret-12;;'],
      [['nonsense'], 'network show|wifi|8021x|static|dhcp|forget|phone'],
      [['8021x', 'wired0'], 'network 8021x: --ca and --server say whom to trust'],
      [['8021x', 'wired0', '--ca', '/nonexistent'], 'network 8021x: --ca and --server say whom to trust'],
      [['8021x', '--ca', 'x', '--server', 'a.b'], 'network 8021x INTERFACE, or network 8021x --ssid SSID'],
      [['8021x', 'wired0', '--ca', '/etc/hostname', '--server', 'a.b'], '--ca /etc/hostname: trusted authorities: /etc/hostname: there is no certificate'],
    ];
    for (const [words, reason, input] of rows) {
      assert.deepEqual(await lab.ctl(words, input), { code: 2, out: `pingplayctl: Refused: ${reason}\n` });
    }
    assert.equal((await lab.run(`${quote(ctlProgram())} --socket /run/none network show`)).code, 3);
  });
});
