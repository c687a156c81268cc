// A USB stick hands over a network: pingplay-stick with a real image through a loop device, pingplay-network, and a display that
// says what became of it. ext4 in the place of FAT, which not every kernel that runs tests has; tests/faults/stick has FAT.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { stateOf } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { startNetworkService } from './lib/network_service.mjs';

const run = promisify(execFile);

// Whether the status screens have words for a reason: "reason.*" of assets/strings.
const names = Object.keys(JSON.parse(await readFile(new URL('../../assets/strings/en.json', import.meta.url)))).filter((name) => name.startsWith('reason.'));
const patterns = names.map((name) => new RegExp(`^(.*: )?${name.slice(7).split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`));
const hasWords = (reason) => patterns.some((pattern) => pattern.test(reason));
const needsRoot = process.getuid() !== 0 && 'needs root, to mount; CI has it';
const program = path.join(buildDir(), 'firmware/network/pingplay-stick');
const wifi = { format: 1, wifi: { ssid: 'Lobby', passphrase: 'marked-secret' } };
const online = '802-3-ethernet:activated\nloopback:activated\n';

describe('a USB stick', { skip: needsRoot }, () => {
  let dir;
  let headend;
  let display;
  let network;
  let count = 0;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'stick-'));
    await run('chmod', ['a+rx', dir]);
    headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    await makeImage(dir, 'red.png', 'red');
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    display = await startDisplay(headend);
    network = await startNetworkService(dir, '--stick', 'games', '--agent-socket', display.controlSocket);
    await run('chmod', ['a+rx', network.dir]);
    await run('chmod', ['666', network.socket]);
  });
  after(async () => {
    await network?.stop();
    await display?.stop();
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  // Plugs one in with what `fill` puts into its folder. -> { code, log }, and what the screen was told meanwhile.
  async function plug(fill, { types = 'vfat,exfat,ext4', wrap = [], meanwhile = async () => {} } = {}) {
    const name = path.join(dir, `stick-${count += 1}`);
    await mkdir(name);
    await mkdir(`${name}.point`);
    await run('chown', ['games', `${name}.point`]);
    await fill(name);
    await run('truncate', ['-s', '8M', `${name}.img`]);
    await run('mkfs.ext4', ['-q', '-d', name, `${name}.img`]);
    const device = (await run('losetup', ['--find', '--show', `${name}.img`])).stdout.trim();
    const from = display.agent.log.length;
    try {
      const words = ['--mount', 'setpriv', '--reuid', 'games', '--regid', 'games', '--clear-groups', '--inh-caps', '+sys_admin',
        '--ambient-caps', '+sys_admin', ...wrap, program, '--types', types, '--mount-point', `${name}.point`, '--socket', network.socket, device];
      const child = spawn('unshare', words, { stdio: ['ignore', 'ignore', 'pipe'] });
      let log = '';
      child.stderr.on('data', (data) => { log += data; });
      const ended = new Promise((resolve) => child.on('close', resolve));
      await meanwhile();
      const code = await ended;
      const said = [...display.agent.log.slice(from).matchAll(/stick-(trying|done|failed|refused)(?:: (.*))?/g)].map(([, kind, detail]) => (detail ? `${kind}: ${detail}` : kind));
      return { code, log, said };
    } finally {
      await run('losetup', ['--detach', device]);
    }
  }

  const file = (content) => (folder) => writeFile(path.join(folder, 'pingplay-network.json'), typeof content === 'string' ? content : JSON.stringify(content));
  const state = (name, text) => writeFile(path.join(network.dir, name), text);

  test('is taken while the screen is not enrolled; read-only, no program, device or link of it counts', async () => {
    await display.waitCode();
    await state('active', online);
    const trace = path.join(dir, 'trace');
    await writeFile(trace, '');
    await run('chmod', ['666', trace]);
    const { code, log, said } = await plug(file(wifi), { wrap: ['strace', '-f', '-o', trace, '-e', 'trace=mount,umount2,capset,connect'] });
    assert.equal(code, 0, log);
    assert.deepEqual(said, ['trying', 'done']);
    assert.deepEqual(await network.profiles(), ['pingplay-wifi-a.nmconnection']);
    const { stdout: calls } = await run('grep', ['-vE', 'EINVAL|ENODEV', trace]);
    assert.match(calls, /mount\("\/dev\/loop[^]*"ext4", MS_RDONLY\|MS_NOSUID\|MS_NODEV\|MS_NOEXEC\|MS_NOSYMFOLLOW\|MS_NOATIME, NULL\) += 0/);
    // Unmounted, and without a right, before it asks for anything.
    assert.match(calls, /umount2\([^]*capset\([^]*connect\(/);
    assert.doesNotMatch(network.log + log + display.agent.log, /marked-secret/);
  });

  test('that does not work leaves what was there, and says so', async () => {
    await state('fail-up', '');
    const { code, said } = await plug(file({ format: 1, wired: { interface: 'eth0', addresses: ['192.0.2.10/24'], dns: ['192.0.2.53'] } }));
    await rm(path.join(network.dir, 'fail-up'));
    assert.equal(code, 1);
    assert.deepEqual(said, ['trying', 'failed: NetworkManager: Error: no.']);
    assert.deepEqual(await network.profiles(), ['pingplay-wifi-a.nmconnection']);
  });

  test('without the file is nobody\'s business', async () => {
    const { code, log, said } = await plug(async (folder) => writeFile(path.join(folder, 'holiday.jpg'), 'x'));
    assert.deepEqual([code, said], [0, []]);
    assert.match(log, /no file pingplay-network\.json/);
  });

  test('that is wrong is refused in words, and nothing is asked of anybody', async () => {
    const asked = await network.asked();
    const rows = [
      ['', 'not JSON'],
      ['{"format": 1, "format": 1, "wifi": {"ssid": "x", "security": "open"}}', 'twice'],
      ['['.repeat(4000), 'nested'],
      [`{"format": 1, "wifi": ${' '.repeat(5000)}{}}`, 'more than 4096 bytes'],
      [{ format: 2, wifi: {} }, 'format: not 1'],
      [{ format: 1 }, 'wifi or wired, one of them'],
      [{ format: 1, wifi: wifi.wifi, wired: { interface: 'eth0' } }, 'wifi or wired, one of them'],
      [{ format: 1, wifi: { ...wifi.wifi, script: 'x' } }, 'a member that is not known'],
      [{ format: 1, wifi: { ssid: 'x'.repeat(33), passphrase: 'marked-secret' } }, 'ssid'],
      [{ format: 1, wifi: { ssid: 'x', passphrase: 'short' } }, 'passphrase: neither 8 to 63 characters nor 64 hexadecimal digits'],
      [{ format: 1, wifi: { ...wifi.wifi, security: 'wep' } }, 'security: wpa2-wpa3, wpa3 or open'],
      [{ format: 1, wired: { interface: '../x' } }, 'interface: not a name'],
      [{ format: 1, wired: { interface: 'eth0', addresses: ['192.0.2.10/33'] } }, 'addresses: prefix: out of range'],
      [{ format: 1, wired: { interface: 'eth0', gateways: ['192.0.2.1'] } }, 'addresses: missing'],
      [async (folder) => mkdir(path.join(folder, 'pingplay-network.json')), 'not a file'],
      [async (folder) => symlink('/etc/passwd', path.join(folder, 'pingplay-network.json')), 'not a file'],
      [async (folder) => run('mkfifo', [path.join(folder, 'pingplay-network.json')]), 'not a file'],
    ];
    for (const [content, reason] of rows) {
      const { code, log, said } = await plug(typeof content === 'function' ? content : file(content));
      assert.equal(code, 1, log);
      assert.equal(said.length, 1, log);
      assert.ok(hasWords(said[0].replace('refused: ', '')), `the screen has no words for ${said[0]}`);
      assert.ok(said[0].startsWith('refused: ') && said[0].includes(reason), `${said[0]} has no "${reason}"`);
      assert.doesNotMatch(log + said[0], /marked-secret/);
    }
    assert.equal(await network.asked(), asked);
    const { code, log, said } = await plug(file(wifi), { types: 'vfat,exfat' });
    assert.deepEqual([code, said], [1, []]);
    assert.match(log, /not of type vfat,exfat/);
  });

  test('is not taken of by a screen that is enrolled and has a network; without one it is, once that is certain', async () => {
    const { code: userCode } = await display.waitCode();
    await headend.approve(userCode, { name: 'With a stick', channel: 'lobby' });
    await until(async () => await stateOf(display) === 'online', 'the screen to be online');
    const before = await network.profiles();
    const refused = await plug(file(wifi));
    assert.equal(refused.code, 1);
    assert.deepEqual(refused.said, ['refused: this screen is enrolled, and has a network']);
    assert.deepEqual(await network.profiles(), before);

    // As after a start of the machine: nothing is up, and NetworkManager has not come to an end yet.
    await headend.stopServing();
    await until(async () => await stateOf(display) === 'offline', 'the screen to be offline');
    await state('active', 'loopback:activated\n');
    await state('startup', 'starting\n');
    const from = network.log.length;
    const taken = await plug(file(wifi), { meanwhile: async () => {
      await until(() => network.log.slice(from).match(/user \d+, of USB sticks, asks for: wifi/g)?.length > 1, 'it to ask again');
      await state('startup', 'started\n');
    } });
    assert.equal(taken.code, 0, taken.log);
    assert.deepEqual(taken.said, ['trying', 'done']);
    assert.deepEqual(await network.profiles(), ['pingplay-wifi-b.nmconnection']);
    await headend.startServing();
  });

  test('asks for nothing else with the right that it has', async () => {
    const user = ['setpriv', '--reuid', 'games', '--clear-groups'];
    for (const [words, input] of [[['show']], [['forget', 'wifi']]]) {
      const { code, out } = await network.ctl(words, input, user);
      assert.equal(code, 1, out);
      assert.match(out, /a USB stick may not ask for that/);
    }
  });
});
