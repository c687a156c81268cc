// A whole screen behind a real proxy that wants a name and a password; the network lets nothing else through to the headend
// than it, as far as this screen goes: it is told no other way.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ctlJson } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { startDigestProxy } from './lib/kerberos.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const PASSWORD = 'Marked-7c1f-secret';
let dir;
let headend;
let display;
let proxy;
let digest;

const freePort = () => new Promise((done) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

async function startProxy() {
  const port = await freePort();
  const [config, log] = ['tinyproxy.conf', 'tinyproxy.log'].map((name) => path.join(dir, name));
  await writeFile(config, [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 600', `LogFile "${log}"`, 'LogLevel Connect',
    `BasicAuth screen ${PASSWORD}`, ''].join('\n'));
  const child = spawn('tinyproxy', ['-d', '-c', config], { stdio: 'ignore' });
  const up = () => new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1', () => done(socket.destroy())).on('error', () => done(false));
  });
  await until(up, 'the proxy');
  return { port, child, log: () => readFile(log, 'utf8') };
}

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-proxy-'));
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  proxy = await startProxy();
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  proxy?.child.kill();
  await digest?.stop();
  await rm(dir, { recursive: true, force: true });
});

const configured = (...lines) => ['[headend]', `proxy = http://127.0.0.1:${proxy.port}`, ...lines];

// The agent's configuration without the lines that begin so.
async function take(...names) {
  const text = await readFile(display.config, 'utf8');
  await writeFile(display.config, text.split('\n').filter((line) => !names.some((name) => line.startsWith(name))).join('\n'));
}

test('a screen behind a proxy says that it wants a password, and plays once it has it, also when the file has it no more', async () => {
  display = await startDisplay(headend, { config: configured() });
  await display.agent.waitLog(/the proxy wants a name and a password, and takes none that it was given \(HTTP 407\)/);
  await display.stopAgent();

  await writeFile(display.config, `${await readFile(display.config, 'utf8')}\n${configured('proxy-user = screen', `proxy-password = ${PASSWORD}`).filter((l) => !l.startsWith('proxy =')).join('\n')}\n`);
  await display.startAgent();
  const { code, fingerprint } = await display.waitCode();
  await headend.publish('lobby', [await makeImage(dir, 'red.png', 'red')]);
  await headend.approve(code, { fingerprint, name: 'Behind', channel: 'lobby' });
  await display.waitPicture((shot) => near(shot.at(shot.width >> 1, shot.height >> 1), [254, 0, 0]), 'the content');
  await display.stopAgent();

  await take('proxy-user', 'proxy-password');
  await display.startAgent();
  await display.agent.waitLog(/-> online/);
  assert.ok(!display.agent.log.includes(PASSWORD));
  const diagnosis = await ctlJson(display, 'diagnose');
  const finding = (check) => diagnosis.checks.find(({ name }) => name === check).finding;
  assert.deepEqual(['proxy', 'tcp', 'ticket', 'tls'].map(finding),
    ['proxy-reached', 'tcp-by-proxy', 'ticket-none', 'tls-verified']);
  assert.ok(!JSON.stringify(diagnosis).includes(PASSWORD));
  const log = await proxy.log();
  assert.match(log, new RegExp(`CONNECT localhost:${headend.port}`));
  assert.doesNotMatch(log, /\/v1\/|Bearer|__Host/, 'the proxy sees no request');
});

test('a new proxy that does not work is given up for the former one, which is told', async () => {
  await display.stopAgent();
  const text = await readFile(display.config, 'utf8');
  const nobody = await freePort();
  await writeFile(display.config, text.replace(/^proxy = .*$/m, `proxy = http://127.0.0.1:${nobody}`));
  await display.startAgent();
  const givenUp = `proxy: http://127.0.0.1:${nobody} does not reach the headend: the former one is tried`;
  await display.agent.waitLog(new RegExp(givenUp));
  await display.agent.waitLog(/-> online/);
  const told = async () => (await headend.cli('events', 'export')).includes('"proxy-fallback"');
  await until(told, 'the event at the headend');
  assert.ok(!(await headend.cli('events', 'export')).includes(PASSWORD));

  await display.stopAgent();
  await writeFile(display.config, text);
  await display.startAgent();
  await display.agent.waitLog(new RegExp(`proxy: http://127.0.0.1:${proxy.port} reaches the headend, and is kept`));
});

test('a proxy that offers Digest alone is told by Digest, and never the password itself', async () => {
  digest = await startDigestProxy(dir, 'screen', PASSWORD);
  const text = await readFile(display.config, 'utf8');
  const written = (password) => writeFile(display.config, text.replace(/^proxy = .*$/m,
    `proxy = http://127.0.0.1:${digest.port}\nproxy-user = screen\nproxy-password = ${password}`));
  await display.stopAgent();
  await written('wrong');
  await display.startAgent();
  await display.agent.waitLog(/the proxy wants a name and a password, and takes none that it was given \(HTTP 407\)/);
  await display.stopAgent();

  await written(PASSWORD);
  await display.startAgent();
  await display.agent.waitLog(new RegExp(`proxy: http://127.0.0.1:${digest.port} reaches the headend, and is kept`));
  await display.agent.waitLog(/-> online/);
  await display.stopAgent(); // squid writes of a tunnel once it has ended
  const known = new RegExp(`/200 .*CONNECT localhost:${headend.port} screen `);
  await until(async () => known.test(await digest.log()), 'its name there');
});
