// A phone hands over a Wi-Fi at a screen's first start: pingplay-network with a program in nmcli's place, the page of
// pingplay-setup, which has no network of its own, and a display that shows how a phone comes there.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
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
const needsRoot = process.getuid() !== 0 && 'needs root, for a page server without a network; CI has it';
const address = '127.0.0.42';
const hex = (text) => Buffer.from(text).toString('hex');
const lobby = 'Lobby <b>&"x"</b>';
// As nmcli says it: other interfaces, and names that anybody can choose.
const radio = ['GENERAL.DEVICE:eth0', 'GENERAL.TYPE:ethernet', 'GENERAL.STATE:20 (unavailable)', '', 'GENERAL.DEVICE:lo',
  'GENERAL.TYPE:wifi', 'GENERAL.STATE:30 (disconnected)', 'WIFI-PROPERTIES.AP:yes', ''].join('\n');
const scan = [`${hex(lobby)}:63:WPA2`, `${hex('Café')}:88:WPA2 WPA3`, `${hex('Office')}:91:WPA2 802.1X`, `${hex('Free')}:20:`,
  'fffe00:44:WPA3', `${hex('Café')}:99:`, `${hex('\u202Eevil')}:10:WPA2`, ':50:WPA2', 'zz:1:WPA2', ''].join('\n');

function ask(port, target, { method = 'GET', host = `${address}:${port}`, headers = {}, body, from } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: address, port, localAddress: from, path: target, method, setHost: false, agent: false, headers: { ...(host === null ? {} : { host }), ...headers } }, (response) => {
      let text = '';
      response.on('data', (data) => { text += data; });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.setTimeout(60000, () => request.destroy(new Error('no answer')));
    request.end(body);
  });
}

describe('a phone', { skip: needsRoot }, () => {
  let dir;
  let headend;
  let display;
  let network;
  let setup;
  let port;
  const state = (name, text) => writeFile(path.join(network.dir, name), text);
  const point = async () => {
    const [file] = await readdir(path.join(network.dir, 'points'));
    const text = file && await readFile(path.join(network.dir, 'points', file), 'utf8').catch(() => undefined);
    const [name, passphrase] = ['ssid', 'psk'].map((key) => new RegExp(`^${key}=(.*)$`, 'm').exec(text ?? '')?.[1]);
    return file && { text, name, passphrase };
  };
  const opened = (from = 0) => until(async () => (/access point \S+ on lo: open/.test(network.log.slice(from)) ? point() : undefined), 'the access point to be open');
  const closed = () => until(async () => !(await point()), 'the access point to be closed');
  const page = (target, options) => ask(port, target, options);
  const join = (fields, options) => page('/join', { method: 'POST', body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' }, ...options });
  const token = async () => /name="token" value="([0-9a-f]{32})"/.exec((await page('/other')).text)[1];
  const logs = () => network.log + setup.log + display.agent.log + display.player.log;

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'phone-'));
    await run('chmod', ['a+rx', dir]);
    headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    await makeImage(dir, 'red.png', 'red');
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    display = await startDisplay(headend, { size: '1280x720', config: ['[network]', 'phone-after = 1'] });
    const room = path.join(dir, 'setup');
    await mkdir(room);
    await run('chown', ['games', room]);
    const socket = path.join(room, 'setup.sock');
    setup = { log: '' };
    setup.child = spawn('unshare', ['--net', 'setpriv', '--reuid', 'games', '--regid', 'games', '--clear-groups', path.join(buildDir(), 'firmware/setup/pingplay-setup'), '--socket', socket],
      { stdio: ['ignore', 'ignore', 'pipe'] });
    setup.child.stderr.on('data', (data) => { setup.log += data; });
    const probe = net.createServer().listen(0, address);
    await new Promise((resolve) => { probe.on('listening', resolve); });
    ({ port } = probe.address());
    await new Promise((resolve) => { probe.close(resolve); });
    network = await startNetworkService(dir, '--agent-socket', display.controlSocket, '--setup-socket', socket, '--page-address', address, '--page-port', String(port), '--phone-rest', '1');
    await state('scan', scan);
  });
  after(async () => {
    await network?.stop();
    setup?.child.kill();
    await display?.stop();
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('finds no access point where the screen has a network, or no radio that can be one', async () => {
    await display.waitCode();
    await until(() => network.log.includes('the access point is not opened: there is no Wi-Fi that can be an access point'), 'it to be said');
    assert.equal(await point(), undefined);
    await assert.rejects(page('/'), { code: 'ECONNREFUSED' });
    await state('active', '802-3-ethernet:activated:x\n');
    await state('radio', radio);
    const { code, out } = await network.ctl(['phone']);
    assert.deepEqual([code, out], [1, 'pingplayctl: It was not done, and what was there before stays: this machine has a network, or is still being started\n']);
    assert.equal(await point(), undefined);
    await rm(path.join(network.dir, 'active'));
  });

  let first;
  test('finds one on a screen that is nobody\'s and has no network: named on the screen, in memory, and leading nowhere', async () => {
    first = await opened();
    assert.match(first.name, /^Pingplay-[A-Z]{4}$/);
    assert.match(first.passphrase, /^[a-z]{5}-[a-z]{5}-[a-z]{5}$/);
    for (const line of ['mode=ap', 'key-mgmt=wpa-psk', 'proto=rsn;', 'ap-isolation=1', 'interface-name=lo', 'autoconnect=false', 'method=shared',
      `address1=${address}/24`, 'routing-rule1=priority 100 from 0.0.0.0/0 iif lo type prohibit'])
      assert.ok(first.text.includes(`${line}\n`), `${line}: ${first.text}`);
    assert.equal(await readFile(path.join(network.dir, 'names/pingplay-phone.conf'), 'utf8'), `leasefile-ro\nno-resolv\nlocal=/#/\naddress=/#/${address}\n`);
    await display.agent.waitLog(new RegExp(`phone ${first.name}`));
    const shot = path.join(dir, 'shot.png');
    const code = await until(async () => {
      await display.screenshot();
      await run('cp', [display.shotFile, shot]);
      return run('zbarimg', ['-q', '--raw', shot]).then(({ stdout }) => (stdout.startsWith('WIFI:') ? stdout : undefined), () => undefined);
    }, 'the code on the screen');
    assert.equal(code, `WIFI:T:WPA;S:${first.name};P:${first.passphrase};;\n`);
  });

  test('opens the page by itself, whatever it looks for first', async () => {
    const probes = [['captive.apple.com', '/hotspot-detect.html'], ['connectivitycheck.gstatic.com', '/generate_204'], ['www.msftconnecttest.com', '/connecttest.txt'],
      ['www.msftncsi.com', '/ncsi.txt'], ['detectportal.firefox.com', '/canonical.html'], ['detectportal.firefox.com', '/success.txt?ipv4'], ['nmcheck.gnome.org', '/check_network_status.txt'],
      ['clients3.google.com', '/generate_204'], ['example.org', '/'], [null, '/'], ['', '/']];
    for (const [host, target] of probes) {
      for (const method of ['GET', 'HEAD']) {
        if (host === null) continue;
        const { status, headers } = await page(target, { host, method });
        assert.deepEqual([status, headers.location, headers['cache-control']], [302, `http://${address}:${port}/`, 'no-store'], `${host}${target}`);
      }
    }
    const old = await new Promise((resolve) => {
      const socket = net.connect(port, address, () => socket.write('GET /hotspot-detect.html HTTP/1.0\r\n\r\n'));
      let text = '';
      socket.on('data', (data) => { text += data; });
      socket.on('close', () => resolve(text));
    });
    assert.match(old, new RegExp(`302 Found[^]*Location: http://${address}:${port}/\r\n`));
    for (const target of ['/generate_204', '/nothing', '/network?id=00']) {
      const { status, headers } = await page(target);
      assert.ok(status === 302 ? headers.location === `http://${address}:${port}/` : target.startsWith('/network'), target);
    }
  });

  test('is shown what is in reach: each name once and harmless, the best protected of one name, strongest first', async () => {
    const { status, headers, text } = await page('/', { headers: { 'accept-language': 'fr-CA, en;q=0.5' } });
    assert.equal(status, 200);
    assert.match(text, /<html lang="fr">[^]*Choisissez un Wi\u2011Fi pour l’écran/);
    assert.match((await page('/')).text, /<html lang="en">/);
    assert.match((await page('/?lang=fr')).text, /<html lang="fr">/);
    const names = [...text.matchAll(/<bdi>(.*?)<\/bdi>/g)].map(([, name]) => name);
    assert.deepEqual(names, ['Office', 'Café', 'Lobby &lt;b&gt;&amp;&quot;x&quot;&lt;/b&gt;', '\ufffd\ufffd\ufffd', 'Free', '\\u202eevil']);
    assert.ok(!text.includes(`id=${hex('Office')}`), 'one with 802.1X cannot be chosen');
    assert.match(text, new RegExp(`href="/network\\?id=${hex('Café')}&amp;lang=fr"`));
    assert.doesNotMatch(text, /<script|onclick|style=|http:/);
    const policy = "default-src 'none'; img-src data:; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    assert.deepEqual(['content-security-policy', 'x-content-type-options', 'x-frame-options', 'referrer-policy', 'cache-control'].map((name) => headers[name]),
      [policy, 'nosniff', 'DENY', 'no-referrer', 'no-store']);
    for (const name of ['style.css', 'setup.css']) assert.equal((await page(`/${name}`)).headers['content-type'], 'text/css; charset=utf-8');
    for (const name of ['layout.html', 'strings.en.json', 'app.js', '..%2fstyle.css']) assert.equal((await page(`/${name}`)).status, 302, name);
    const open = await page(`/network?id=${hex('Free')}`);
    assert.doesNotMatch(open.text, /name="passphrase"/);
    assert.match(open.text, /whoever is near can listen/);
  });

  test('cannot be led by another site, and nothing that is wrong is tried', async () => {
    const asked = await network.asked();
    const good = { token: await token(), id: hex('Café'), passphrase: 'marked-secret' };
    const rows = [
      [{ ...good, token: undefined }, {}, 400, 'out of date'],
      [{ ...good, token: 'f'.repeat(32) }, {}, 400, 'out of date'],
      [{ ...good, token: good.token.slice(1) }, {}, 400, 'out of date'],
      [good, { host: 'evil.example' }, 403, 'Not here'],
      [good, { host: `${address}:${port}.evil.example` }, 403, 'Not here'],
      [good, { host: address }, 403, 'Not here'],
      [good, { method: 'PUT' }, 405, 'Not here'],
      [good, { method: 'GET' }, 302, ''],
      [{ ...good, id: hex('Office') }, {}, 400, 'not in the list'],
      [{ ...good, id: hex('Nobody') }, {}, 400, 'not in the list'],
      [{ ...good, id: 'zz' }, {}, 400, 'not in the list'],
      [{ ...good, passphrase: 'short' }, {}, 400, '8 to 63'],
      [{ ...good, passphrase: 'x'.repeat(64) }, {}, 400, '8 to 63'],
      [{ ...good, passphrase: 'x'.repeat(65) }, {}, 400, '8 to 63'],
      [{ ...good, passphrase: 'marqué-secret' }, {}, 400, 'without accents'],
      [{ ...good, passphrase: 'marked\u0007secret' }, {}, 400, 'missing'],
      [{ ...good, filler: 'x'.repeat(1100) }, {}, 413, 'Too much'],
      [{ token: good.token, name: '', security: 'open' }, {}, 400, '1 to 32'],
      [{ token: good.token, name: 'x'.repeat(33), security: 'open' }, {}, 400, '1 to 32'],
      [{ token: good.token, name: 'x', security: 'wep', passphrase: 'marked-secret' }, {}, 400, 'missing'],
    ];
    for (const [fields, options, status, words] of rows) {
      const body = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
      const answer = await join(body, options);
      assert.equal(answer.status, status, JSON.stringify([fields, options]));
      assert.ok(answer.text.includes(words), `${answer.text} has no "${words}"`);
      assert.ok(!answer.text.includes('marked'), 'it is not written back');
    }
    assert.equal((await page('/join', { method: 'POST', body: `token=${good.token}&token=x` })).status, 400);
    assert.equal((await page(`/${'x'.repeat(20000)}`).catch((error) => ({ status: error.code }))).status, 414);
    assert.equal(await network.asked(), asked);
    assert.ok(await point());
  });

  test('cannot hold the page up by connections', async (t) => {
    // More than there are for everybody, each with a byte now and then: what one address may have leaves the others their own.
    const held = [];
    const isOpen = (socket) => !socket.destroyed && !socket.readableEnded && !socket.closed;
    const trickle = setInterval(() => held.filter(isOpen).forEach((socket) => socket.write('x')), 1000);
    t.after(() => { clearInterval(trickle); held.forEach((socket) => socket.destroy()); });
    for (let i = 0; i < 120; i++) {
      held.push(await new Promise((resolve) => {
        const socket = net.connect(port, address, () => resolve(socket)).on('error', () => resolve(socket));
        socket.resume().write('GET / HTTP/1.1\r\nx: ');
      }));
    }
    assert.equal((await page('/', { from: '127.0.0.2' })).status, 200);
    await until(() => held.filter(isOpen).length === 24, 'all but its share to be refused');
    for (const socket of held) socket.destroy();
    await until(async () => (await page('/').catch(() => ({}))).status === 200, 'the page to answer again');
  });

  test('that gives a wrong passphrase finds the same access point again, and reads why', async () => {
    await state('fail-up', "Passwords or encryption keys are required to access the wireless network 'Café'.\nError: Connection activation failed: Secrets were required, but not provided.\n");
    const from = network.log.length;
    const answer = await join({ token: await token(), id: hex('Café'), passphrase: 'marked-wrong' });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /The screen is trying it/);
    assert.match((await page('/')).text, /The screen is trying it/);
    await display.agent.waitLog(/phone-trying/);
    const again = await opened(from);
    assert.deepEqual([again.name, again.passphrase], [first.name, first.passphrase]);
    assert.notEqual(/^uuid=(.*)$/m.exec(again.text)[1], /^uuid=(.*)$/m.exec(first.text)[1]);
    assert.match((await page('/')).text, /<strong><bdi>Café<\/bdi><\/strong> did not work: the passphrase was not accepted/);
    assert.match((await page('/?lang=fr')).text, /le mot de passe n’a pas été accepté/);
    await display.agent.waitLog(new RegExp(`phone ${first.name}: passphrase`));
    assert.deepEqual(await network.profiles(), []);
    await rm(path.join(network.dir, 'fail-up'));
  });

  const failures = { 'The Wi-Fi network could not be found': /not in reach/, 'IP configuration could not be reserved (no available address, timeout, etc.)': /gave it no address/, 'something else': /did not let the screen in/ };
  for (const [reason, words] of Object.entries(failures)) {
    test(`reads in words: ${reason}`, async () => {
      await state('fail-up', `Error: Connection activation failed: ${reason}.\n`);
      const from = network.log.length;
      await join({ token: await token(), name: 'Hidden', security: 'wpa3', passphrase: 'marked-secret' });
      await opened(from);
      assert.match((await page('/')).text, words);
      await rm(path.join(network.dir, 'fail-up'));
    });
  }

  test('reads in words: a router that does not answer, where the headend is not reached either', async () => {
    await state('leads', 'GENERAL.DEVICES:lo\nIP4.GATEWAY:192.0.2.77\n');
    await headend.stopServing();
    const from = network.log.length;
    await join({ token: await token(), id: hex('Free') });
    await opened(from);
    assert.match((await page('/')).text, /its router does not answer/);
    assert.match(network.log.slice(from), /wifi, of a phone: gateway 192\.0\.2\.77 does not answer, and the headend is not reached/);
    await headend.startServing();
  });

  test('that gives the right one is told so by the screen, and the access point is gone; its router need not answer where the headend is reached', async () => {
    const asking = { token: await token(), id: hex(lobby), passphrase: 'marked-right' };
    const [one, two] = [await join(asking), await join({ ...asking, id: hex('Café') })];
    assert.deepEqual([one.status, two.status], [200, 200]);
    await display.agent.waitLog(/phone-done/);
    assert.doesNotMatch(display.agent.log, /phone-(trying|done|closed): /, 'why a former one failed is said no more');
    assert.deepEqual(await network.profiles(), ['pingplay-wifi-a.nmconnection']);
    const profile = await readFile(path.join(network.folder, 'pingplay-wifi-a.nmconnection'), 'utf8');
    assert.match(profile, /^psk=marked-right$/m); // the first one counts
    await state('active', '802-11-wireless:activated:y\n');
    assert.deepEqual([await readdir(path.join(network.dir, 'points')), await readdir(path.join(network.dir, 'names'))], [[], []]);
    await assert.rejects(page('/'), { code: 'ECONNREFUSED' });
    assert.match(await network.asked(), /connection delete uuid/);
    assert.match(network.log, /gateway 192\.0\.2\.77 does not answer, but the headend is reached/);
    await rm(path.join(network.dir, 'leads'));
    for (const secret of ['marked', first.passphrase]) assert.ok(!logs().includes(secret) && !((await network.asked()).includes(secret)), secret);
  });

  test('finds it closed when a network comes by itself', async () => {
    const from = network.log.length;
    await rm(path.join(network.dir, 'active'));
    const second = await opened(from);
    assert.notEqual(second.name, first.name);
    assert.notEqual(second.passphrase, first.passphrase);
    await state('active', '802-3-ethernet:activated:x\n');
    await closed();
    await until(() => network.log.includes(`access point ${second.name}: closed`), 'it to be said');
  });

  test('finds none on a screen that is somebody\'s, whatever its network; an administrator opens one, and closes it', async () => {
    const { code: userCode } = await display.waitCode();
    await headend.approve(userCode, { name: 'With a phone', channel: 'lobby' });
    await until(async () => await stateOf(display) === 'online', 'the screen to be online');
    await display.waitContent();
    await headend.stopServing();
    await until(async () => await stateOf(display) === 'offline', 'the screen to be offline');
    await rm(path.join(network.dir, 'active'), { force: true });
    const from = network.log.length;
    assert.equal((await network.ctl(['phone'])).out, 'Done.\n');
    await opened(from);
    assert.equal(network.log.slice(from).match(/: open/g).length, 1);
    assert.equal((await network.ctl(['phone', 'off'])).out, 'Done.\n');
    await closed();
    await assert.rejects(page('/'), { code: 'ECONNREFUSED' });
    const { code, out } = await network.ctl(['phone'], '', ['setpriv', '--reuid', 'games', '--clear-groups']);
    assert.notEqual(code, 0, out);
    await headend.startServing();
  });

  test('finds it again, by the same name and passphrase, when somebody else has ended it', async () => {
    await state('active', '');
    await headend.stopServing();
    await until(async () => await stateOf(display) === 'offline', 'the screen to be offline');
    const from = network.log.length;
    assert.equal((await network.ctl(['phone'])).code, 0);
    const former = await opened(from);
    // As after rfkill, nmcli connection down, or a new start of NetworkManager.
    for (const _ of [1, 2, 3]) {
      const since = network.log.length;
      await rm(path.join(network.dir, 'up'));
      const again = await opened(since);
      assert.match(network.log.slice(since), new RegExp(`access point ${former.name}: somebody else has ended it`));
      assert.deepEqual([again.name, again.passphrase], [former.name, former.passphrase]);
      assert.equal((await page('/')).status, 200);
    }
    // One that does not stay is left alone.
    await rm(path.join(network.dir, 'up'));
    await until(() => network.log.includes(`access point ${former.name}: closed`), 'it to be closed');
    await display.agent.waitLog(/phone-closed/);
    assert.equal((await network.ctl(['phone', 'off'])).code, 0);
  });

  test('finds it closed in the end where NetworkManager does not delete it at once', async () => {
    assert.equal((await network.ctl(['phone'])).code, 0);
    await state('fail-delete', '');
    const from = network.log.length;
    await network.ctl(['phone', 'off']);
    const said = 'the access point is not closed yet: NetworkManager: Error: not deleted.';
    await until(() => network.log.slice(from).split(said).length > 2, 'it to be tried again');
    assert.ok(await point());
    await assert.rejects(page('/'), { code: 'ECONNREFUSED' });
    await rm(path.join(network.dir, 'fail-delete'));
    await closed();
    await headend.startServing();
  });

  test('left open by a process that was killed, it is cleared away by the next', async () => {
    await state('active', '');
    await headend.stopServing();
    await until(async () => await stateOf(display) === 'offline', 'the screen to be offline');
    assert.equal((await network.ctl(['phone'])).code, 0);
    await network.kill();
    assert.ok(await point());
    await network.start();
    assert.equal(await point(), undefined);
    assert.deepEqual(await readdir(path.join(network.dir, 'names')), []);
  });
});
