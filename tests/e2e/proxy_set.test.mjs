// The proxy of a screen that is already at work is set on the spot, by pingplayctl, or from afar, by the headend's signed
// state; its password is nobody's to read on the way, and a proxy that does not work strands no screen.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { ctl, ctlJson } from './lib/ctl.mjs';
import { filesBelow, startDisplay, until } from './lib/display.mjs';
import { headendProgram, startHeadend } from './lib/headend.mjs';
import { freePort } from './lib/kerberos.mjs';
import { Authority } from './lib/pki.mjs';
import { tunnel } from './lib/tls_world.mjs';
import { assertNotSent } from './lib/uploads.mjs';
import { formsOf } from './lib/vault.mjs';

const PASSWORD = 'Marked-2f9a-secret';
const REMOTE = 'Marked-8d4c-secret';
let dir;
let headend;
let display;
let authority;
let plain;
let secure;
const open = [];

// A proxy that wants that name and password; with `own` by TLS. .names are those whom it has let through.
async function startProxy(user, password, own) {
  const proxy = { names: [] };
  const sockets = new Set();
  const take = (socket) => {
    socket.on('error', () => {});
    const ask = (data) => {
      const text = data.toString('latin1');
      const given = /^Proxy-Authorization: Basic (\S+)/im.exec(text)?.[1];
      if (given && Buffer.from(given, 'base64').toString() === `${user}:${password}`) {
        proxy.names.push(user);
        tunnel(socket, text);
        return;
      }
      socket.write('HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n');
      socket.once('data', ask);
    };
    socket.once('data', ask);
  };
  const server = own ? tls.createServer(own, take).on('tlsClientError', () => {}) : net.createServer(take);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  open.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  proxy.address = `${own ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
  return proxy;
}

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-proxy-set-'));
  authority = new Authority(dir, 'Proxy Authority');
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  plain = await startProxy('screen', PASSWORD);
  secure = await startProxy('screen-7', REMOTE, authority.server(['127.0.0.1']));
  display = await startDisplay(headend);
  const { code, fingerprint } = await display.waitCode();
  await headend.approve(code, { fingerprint, name: 'Set', channel: '' });
  await display.agent.waitLog(/-> online/);
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  for (const close of open) close();
  await rm(dir, { recursive: true, force: true });
});

const escaped = (text) => text.replace(/[.[\]/]/g, '\\$&');
const kept = (address) => new RegExp(`proxy: ${escaped(address)} reaches the headend, and is kept`);
const givenUp = (address) => new RegExp(`proxy: ${escaped(address)} does not reach the headend: the former one is tried`);

// `screen proxy` at the headend, with a line of standard input.
function direct(words, input = '') {
  return new Promise((done, failed) => {
    const child = execFile(headendProgram(), ['screen', 'proxy', headend.dir, 'Set', ...words],
      (error, stdout, stderr) => (error ? failed(new Error(stderr)) : done(stdout)));
    child.stdin.end(input);
  });
}

test('pingplayctl sets a proxy whose password comes on standard input, and never shows it again', async () => {
  const none = await ctlJson(display, 'proxy', 'show');
  assert.deepEqual([none.address, none.password, none.source], ['', false, 'configuration']);

  const from = display.agent.log.length;
  const { code, out, err } = await ctl(display, 'proxy', 'set', plain.address, '--user', 'screen', { input: `${PASSWORD}\n` });
  assert.equal(code, 0, err);
  assert.match(out, /Proxy +http:\/\/127\.0\.0\.1:\d+\nUser +screen\nPassword +kept, and not shown\n/);
  await display.agent.waitLog(kept(plain.address), from);
  assert.ok(plain.names.length > 0);
  const shown = await ctlJson(display, 'proxy', 'show');
  assert.deepEqual([shown.address, shown.user, shown.password, shown.phase, shown.source],
    [plain.address, 'screen', true, 'settled', 'pingplayctl']);
  const french = await ctl(display, '--lang', 'fr', 'proxy', 'show');
  assert.match(french.out, /Mot de passe +gardé, et non affiché\n(.*\n)*Réglé par +pingplayctl\n/);
  assert.ok(!JSON.stringify(shown).includes(PASSWORD) && !french.out.includes(PASSWORD) && !display.agent.log.includes(PASSWORD));
});

test('a proxy that cannot be is refused in words, and what there is stays', async () => {
  const leaf = path.join(dir, 'leaf.pem');
  await writeFile(leaf, authority.server(['127.0.0.1']).cert);
  const rows = [
    [['proxy', 'set', 'socks5://proxy.example'], 1, /a SOCKS proxy cannot be used/],
    [['proxy', 'set', 'http://screen:secret@proxy.example'], 1, /name and password do not belong/],
    [['proxy', 'set', 'https://proxy.example', '--ca', leaf], 1, /is no authority's/],
    [['proxy', 'set', 'http://proxy.example', '--ca', authority.certificate], 1, /authorities are for one by https/],
    [['proxy', 'set', 'http://proxy.example', '--user', 'screen', { input: '\n' }], 2, /the password is empty/],
    [['proxy', 'set', 'http://proxy.example', '--keytab', '/nowhere'], 2, /--keytab/],
    [['proxy', 'set'], 2, /proxy set ADDRESS/],
    [['proxy', 'show', '--user', 'screen'], 2, /proxy set ADDRESS/],
    [['proxy', 'set', 'http://proxy.example', '--password', 'secret'], 2, /--password/],
  ];
  for (const [words, status, said] of rows) {
    const { code, err } = await ctl(display, ...words);
    assert.equal(code, status, err);
    assert.match(err, said);
  }
  assert.equal((await ctlJson(display, 'proxy', 'show')).address, plain.address);
});

test('it is still there after a restart, and one that does not work is given up for it', async () => {
  await display.stopAgent();
  await display.startAgent();
  await display.agent.waitLog(/-> online/);
  assert.equal((await ctlJson(display, 'proxy', 'show')).in_use, plain.address);

  const nobody = `http://127.0.0.1:${await freePort()}`;
  const from = display.agent.log.length;
  assert.equal((await ctl(display, 'proxy', 'set', nobody)).code, 0);
  await display.agent.waitLog(givenUp(nobody), from);
  const shown = await ctlJson(display, 'proxy', 'show');
  assert.deepEqual([shown.address, shown.in_use, shown.former, shown.phase], [nobody, plain.address, plain.address, 'fallen-back']);
  await until(async () => (await headend.cli('events', 'export')).includes('"proxy-fallback"'), 'the event at the headend');
  const again = display.agent.log.length;
  assert.equal((await ctl(display, 'proxy', 'set', plain.address, '--user', 'screen', { input: PASSWORD })).code, 0);
  await display.agent.waitLog(kept(plain.address), again);
});

test('diagnose without an agent gets through the proxy by what the vault has, or says why it cannot read it', async () => {
  const found = (diagnosis, check) => diagnosis.checks.find(({ name }) => name === check);
  const running = await ctlJson(display, 'diagnose');
  assert.deepEqual([running.by, found(running, 'password').finding], ['agent', 'password-held']);

  const beside = { ...display, config: path.join(dir, 'beside.conf') };
  const text = await readFile(display.config, 'utf8');
  await writeFile(beside.config, text.replace(/^socket = .*$/m, `socket = ${path.join(dir, 'nobody.sock')}`)
    .replace('[headend]', `[headend]\nproxy = ${plain.address}`));
  const busy = await ctlJson(beside, 'diagnose');
  assert.deepEqual([busy.by, found(busy, 'password').finding, found(busy, 'password').detail],
    ['pingplayctl', 'password-unread', 'vault: the vault is in use by another process']);
  assert.match(found(busy, 'tls').detail, /HTTP 407/);

  await display.stopAgent();
  const before = plain.names.length;
  const alone = await ctlJson(display, 'diagnose');
  assert.deepEqual([alone.by, found(alone, 'proxy').finding, found(alone, 'password').finding, found(alone, 'tls').finding,
    found(alone, 'answer').finding], ['pingplayctl', 'proxy-reached', 'password-held', 'tls-verified', 'answer-good']);
  assert.ok(plain.names.length > before);
  assert.ok(!JSON.stringify(alone).includes(PASSWORD));

  const empty = { ...display, config: path.join(dir, 'empty.conf') };
  await writeFile(empty.config, (await readFile(beside.config, 'utf8')).replace(/^state = .*$/m, `state = ${path.join(dir, 'none')}`));
  const unread = await ctlJson(empty, 'diagnose');
  assert.equal(found(unread, 'password').finding, 'password-unread');
  assert.match(found(unread, 'password').detail, /none\/kek: No such file or directory/);
  assert.ok(!(await readdir(dir)).includes('none'), 'nothing was made');
  await display.startAgent();
  await display.agent.waitLog(/-> online/);
});

test('the headend sets one by https, with a password that only the screen can read', async () => {
  const from = display.agent.log.length;
  await direct(['--address', secure.address, '--ca', authority.certificate, '--user', 'screen-7', '--password-stdin'], `${REMOTE}\n`);
  await display.agent.waitLog(kept(secure.address), from);
  assert.ok(secure.names.length > 0);
  const shown = await ctlJson(display, 'proxy', 'show');
  assert.deepEqual([shown.address, shown.user, shown.password, shown.ca, shown.source], [secure.address, 'screen-7', true, true, 'headend']);
  const { proxy } = JSON.parse(await headend.cli('screen', 'show', 'Set'));
  assert.deepEqual([proxy.address, proxy.user, proxy.password, proxy.credentials], [secure.address, 'screen-7', true, undefined]);
  for await (const { file, data } of filesBelow(headend.dir)) assert.ok(!data.includes(REMOTE), `${file} has the password`);
  for await (const { file, data } of filesBelow(display.stateDir)) {
    assert.ok(!data.includes(REMOTE) && !data.includes(PASSWORD), `${file} has a password`);
  }
  assert.ok(!display.agent.log.includes(REMOTE));
  await assertNotSent(headend, 'Set', [PASSWORD, REMOTE].flatMap((text) => formsOf(Buffer.from(text))));
});

test('one of the headend\'s that does not work is given up, told, and put right by the next', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const from = display.agent.log.length;
  await direct(['--address', nobody]);
  await display.agent.waitLog(givenUp(nobody), from);
  const told = async () => (await headend.cli('events', 'export')).includes(`${nobody} does not reach the headend`);
  await until(told, 'the event at the headend');
  const next = display.agent.log.length;
  await direct(['--none']);
  await display.agent.waitLog(/proxy: none reaches the headend, and is kept/, next);
  assert.equal((await ctlJson(display, 'proxy', 'show')).address, '');
  await direct(['--unset']);
  assert.equal(JSON.parse(await headend.cli('screen', 'show', 'Set')).proxy, null);
});

test('the headend refuses in words what no screen could use', async () => {
  const rows = [
    [['--address', 'socks5://proxy.example'], /a SOCKS proxy cannot be used/],
    [['--address', 'http://proxy.example', '--ca', authority.certificate], /authorities are for one by https/],
    [['--address', 'https://proxy.example', '--ca', authority.key], /there is a private key in it/],
    [['--address', 'http://proxy.example', '--user', 'screen'], /--user and --password-stdin go together/],
    [['--none', '--except', '10.0.0.0/8'], /that goes with --address/],
    [['--none', '--unset'], /one of --address, --none and --unset/],
  ];
  for (const [words, said] of rows) await assert.rejects(direct(words), said);
});

test('pingplayctl takes it away again', async () => {
  const from = display.agent.log.length;
  await ctl(display, 'proxy', 'set', plain.address, '--user', 'screen', { input: PASSWORD });
  await display.agent.waitLog(kept(plain.address), from);
  const cleared = display.agent.log.length;
  const { code, out } = await ctl(display, 'proxy', 'clear');
  assert.equal(code, 0);
  assert.match(out, /^Proxy +none\n/);
  await display.agent.waitLog(/proxy: none reaches the headend, and is kept/, cleared);
});
