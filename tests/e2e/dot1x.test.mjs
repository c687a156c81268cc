// 802.1X with the device's own certificate and key, the whole way: a real headend certifies a real agent, which hands them to
// pingplay-network; NetworkManager and wpa_supplicant show them to hostapd at the other end of a cable.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { filesBelow, startDisplay, until } from './lib/display.mjs';
import { startPort } from './lib/dot1x.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { folder } from './lib/network_lab.mjs';
import { Authority } from './lib/pki.mjs';
import { startSwtpm, vaultLines } from './lib/swtpm.mjs';

const run = promisify(execFile);
const needsRoot = process.getuid() !== 0 && 'needs root, to make a network; CI has it';
const SERVER = 'radius.example';

describe('a port with 802.1X', { skip: needsRoot }, () => {
  let dir;
  let port;
  let headend;
  let display;
  let id;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'dot1x-'));
    port = await startPort(dir, SERVER);
    headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    display = await startDisplay(headend, { paths: port.paths, controlSocket: port.control, localGroup: 'games' });
    await port.serve(port.server(), headend.caFile);
  });
  after(async () => {
    await display?.stop();
    await headend?.stop();
    await port?.stop();
    if (!process.env.KEEP) await rm(dir, { recursive: true, force: true });
    else console.log(dir);
  });

  test('takes a screen by the certificate that its headend gave it, and the key of the vault', async () => {
    const { code, fingerprint } = await display.waitCode();
    const early = await port.join(['--server', SERVER]);
    assert.equal(early.code, 1);
    assert.match(early.out, /has no certificate yet: it has to be enrolled over another network first/);
    assert.deepEqual(await port.keyFiles(), []);
    id = await headend.approve(code, { fingerprint, name: 'Door', channel: 'lobby' });
    await display.agent.waitLog(/-> online/);
    assert.deepEqual(await port.join(['--server', SERVER]), { code: 0, out: 'Done.\n' });
    assert.equal(await port.count(), 1);
    assert.deepEqual(await port.keyFiles(), ['600 root certificate', '600 root client.key', '600 root client.pem']);
    const [profile] = await port.lab.show();
    assert.deepEqual([profile.active, profile.identity, profile.server, profile.certificate], [true, id, SERVER, 'valid']);
    const issued = new X509Certificate(await port.read('client.pem'));
    assert.deepEqual(await port.serials(), [issued.serialNumber]);
    assert.deepEqual([issued.subject, issued.keyUsage], [`CN=${id}`, ['1.3.6.1.5.5.7.3.2']]); // for clients
  });

  test('nothing of the key is in the profile, nor on any storage', async () => {
    const key = await port.read('client.key');
    assert.match(key, /^-----BEGIN EC PRIVATE KEY-----\n/);
    assert.equal((await port.lab.run(`stat -f -c %T ${port.keys}`)).out.trim(), 'tmpfs');
    const der = createPrivateKey(key).export({ type: 'sec1', format: 'der' });
    for await (const { file, data } of filesBelow(display.stateDir)) assert.ok(!data.includes(der), file);
    const { out } = await port.lab.run(`grep -lr -- 'PRIVATE KEY' ${folder}; stat -c '%a %U %n' ${folder}/*`);
    assert.deepEqual(out.trim().split('\n').map((line) => path.basename(line)), ['pingplay-wired-wired0-a.nmconnection', 'pingplay-wired-wired0-a.pem']);
  });

  test('the agent gives its key to root, and to nobody of the group that may ask', async () => {
    const program = path.join(buildDir(), 'tests/e2e/programs/pingplay-local-hostile');
    await run('chmod', ['a+rx', dir]);
    const games = (await run('getent', ['group', 'games'])).stdout.split(':')[2];
    const member = await run('setpriv', ['--reuid', '65534', '--regid', '65534', '--groups', games, program, port.control, 'key']);
    assert.equal(member.stdout, 'refused: only root may do that\n');
    assert.match((await run(program, [port.control, 'key'])).stdout, /^CREDENTIALS, a key of \d{3} bytes\n$/);
  });

  test('shows the new certificate once it is renewed, for another key, and nothing is interrupted for that', async () => {
    const [first] = await port.serials();
    const key = await port.read('client.key');
    await headend.cli('screen', 'command', id, 'renew-certificate', '--wait');
    await until(async () => await port.read('client.key') !== key, 'another key');
    const issued = new X509Certificate(await port.read('client.pem'));
    await until(async () => issued.checkPrivateKey(createPrivateKey(await port.read('client.key'))), 'the pair');
    assert.deepEqual(await port.serials(), [first]);
    await port.run('nmcli connection up pingplay-wired-wired0');
    assert.equal(await port.count(), 2);
    assert.deepEqual(await port.serials(), [first, new X509Certificate(await port.read('client.pem')).serialNumber]);
    assert.equal(new Set(await port.serials()).size, 2);
  });

  test('is joined again by itself after a start of the machine, once the vault is open', async () => {
    await display.stopAgent();
    await port.run('nmcli connection down pingplay-wired-wired0', `rm -r ${port.keys}`);
    const before = await port.count();
    await display.startAgent();
    await until(async () => await port.count() > before, 'an authentication');
    await until(async () => (await port.lab.show())[0].active, 'the connection');
  });

  const refused = {
    'a server of another name': () => port.serve(port.server('evil.example'), headend.caFile),
    'a server that another authority certified': () => port.serve(port.server(SERVER, new Authority(dir, 'Another')), headend.caFile),
  };
  for (const [name, change] of Object.entries(refused)) {
    test(`${name} is not trusted, and sees no certificate`, async () => {
      await change();
      const { code } = await port.lab.run('nmcli --wait 40 connection up pingplay-wired-wired0');
      assert.notEqual(code, 0);
      assert.deepEqual([await port.count(), await port.serials()], [0, []]);
    });
  }

  test('a screen of another headend is refused', async () => {
    const other = path.join(dir, 'clients.pem');
    await writeFile(other, new Authority(dir, 'Clients of somebody else').pem());
    await port.serve(port.server(), other);
    const { code } = await port.lab.run('nmcli --wait 40 connection up pingplay-wired-wired0');
    assert.notEqual(code, 0);
    assert.equal(await port.count(), 0);
    assert.equal((await port.serials()).length > 0, true);
  });

  test('a screen that is retired shows it no more, and again when it is taken back', async () => {
    await headend.cli('screen', 'retire', id);
    await until(async () => (await port.keyFiles()).length === 0, 'no key');
    assert.equal((await port.lab.show())[0].certificate, 'missing');
    assert.match((await port.lab.ctl(['show'])).out, /^Certificate \(802\.1X\) +none: the agent does not run, its vault is not open/m);
    await headend.cli('screen', 'restore', id);
    await until(async () => (await port.keyFiles()).length === 3, 'the key');
  });

  test('a screen that is erased leaves no key behind, and its profile for the next certificate', async () => {
    await port.serve(port.server(), headend.caFile);
    await display.stopAgent();
    assert.equal((await port.keyFiles()).length, 3); // a start of the agent alone costs no authentication
    await display.erase();
    assert.deepEqual(await port.keyFiles(), []);
    assert.equal((await port.lab.show()).length, 1);
    await display.startAgent();
    const { code, fingerprint } = await display.waitCode();
    const next = await headend.approve(code, { fingerprint, name: 'Door again', channel: 'lobby' });
    assert.notEqual(next, id);
    await until(async () => (await port.lab.show())[0].identity === next, 'the identity of the new certificate');
    assert.equal((await port.lab.show())[0].certificate, 'valid');
    await port.run('nmcli connection up pingplay-wired-wired0');
    assert.equal((await port.serials()).at(-1), new X509Certificate(await port.read('client.pem')).serialNumber);
  });

  test('goes with the profile', async () => {
    assert.equal((await port.lab.ctl(['forget', 'wired0'])).code, 0);
    assert.deepEqual(await port.keyFiles(), []);
    assert.equal((await port.lab.run(`ls ${folder}`)).out, '');
  });
});

// OpenSSL's configuration that the package ships, with the module that was built, and the emulator in the TPM's place.
async function shippedConfiguration(dir, tpm) {
  const shipped = await readFile(path.join(buildDir(), 'board/openssl-tpm.cnf'), 'utf8');
  const built = shipped.replace(/^module = .*$/m, `module = ${path.join(buildDir(), 'firmware/tpm/pingplay-tpm.so')}\ntcti = ${tpm.tcti}`);
  assert.notEqual(built, shipped);
  await writeFile(path.join(dir, 'openssl.cnf'), built);
  return path.join(dir, 'openssl.cnf');
}

test('a port with 802.1X takes a screen whose key is in its TPM, and stays there', { skip: needsRoot }, async (t) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'dot1x-tpm-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const tpm = await startSwtpm();
  t.after(() => tpm.stop());
  await tpm.measure('kernel 1');
  await tpm.authorize(['kernel 1']);
  const port = await startPort(dir, SERVER, { OPENSSL_CONF: await shippedConfiguration(dir, tpm) });
  t.after(() => port.stop());
  const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  t.after(() => headend.stop());
  const display = await startDisplay(headend, { paths: port.paths, controlSocket: port.control, config: vaultLines(tpm) });
  t.after(() => display.stop());
  await port.serve(port.server(), headend.caFile);
  const { code, fingerprint } = await display.waitCode();
  await headend.approve(code, { fingerprint, name: 'Wall', channel: 'lobby' });
  await display.agent.waitLog(/-> online/);
  // An emulator takes one connection at a time, and the agent's is open for as long as it runs; /dev/tpmrm0 takes any number.
  const joining = port.join(['--server', SERVER]);
  await until(async () => /802\.1X: certificate and key of device/.test(await port.said()), 'the key');
  await display.stopAgent();
  assert.deepEqual(await joining, { code: 0, out: 'Done.\n' });
  assert.match(await port.read('client.key'), /^-----BEGIN PINGPLAY TPM KEY-----\n/);
  assert.deepEqual(await port.serials(), [new X509Certificate(await port.read('client.pem')).serialNumber]);
  // What was handed over is good for that TPM alone.
  await tpm.tool('clear', '-c', 'p');
  assert.notEqual((await port.lab.run('nmcli --wait 40 connection up pingplay-wired-wired0')).code, 0);
  assert.equal(await port.count(), 1);
});
