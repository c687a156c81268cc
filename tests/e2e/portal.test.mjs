// Captive portals: networks that let nobody through before somebody has signed in. They are told as such, in plain words
// and by a code, and nothing of theirs is obeyed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ctlJson } from './lib/ctl.mjs';
import { startDisplay, tellsTrouble, until } from './lib/display.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { Authority } from './lib/pki.mjs';
import { near } from './lib/png.mjs';

const run = promisify(execFile);
const PORTAL = 'portal.hotel.example';
const answer = (status, ...lines) => `HTTP/1.1 ${[status, 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`;
const page = (status, text, type = 'text/html; charset=utf-8') =>
  answer(status, `Content-Type: ${type}`, `Content-Length: ${text.length}`) + text;
const REDIRECT = answer('302 Found', `Location: http://${PORTAL}/login?from=here`, 'Set-Cookie: portal=1', 'Content-Length: 0');

let dir;
let headend;
let display;
let certificate;
const open = new Set(); // portals

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-portal-'));
  certificate = new Authority(dir, 'Portal Authority').server([PORTAL]);
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
});

after(async () => {
  for (const portal of open) portal.stop();
  await display?.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

// It answers on that port: TLS by a name of its own, and whatever else by `reply`. What came without TLS is in .asked,
// what came inside it in .inside.
async function startPortal(port, reply = REDIRECT, { withTls = true } = {}) {
  const sockets = new Set();
  const portal = { asked: [], inside: '' };
  const secure = tls.createServer(certificate, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => { portal.inside += data.toString('latin1'); });
  }).on('tlsClientError', () => {});
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', (data) => {
      if (data[0] === 0x16 && withTls) {
        const inside = net.connect(secure.address().port, '127.0.0.1', () => inside.write(data));
        inside.on('error', () => socket.destroy()).on('close', () => socket.destroy());
        inside.pipe(socket).pipe(inside);
        return;
      }
      if (data[0] !== 0x16) portal.asked.push(data.toString('latin1'));
      socket.end(reply);
    });
  });
  await new Promise((done) => secure.listen(0, '127.0.0.1', done));
  await new Promise((done, failed) => server.once('error', failed).listen(port, done));
  portal.port = server.address().port;
  open.add(portal);
  portal.stop = () => new Promise((done) => {
    secure.close();
    server.close(done);
    for (const socket of sockets) socket.destroy();
    open.delete(portal);
  });
  return portal;
}

// The configuration of a screen that does not run.
async function configAlone(url) {
  const state = path.join(dir, 'nobody');
  await mkdir(state, { recursive: true });
  const config = path.join(dir, 'nobody.conf');
  await writeFile(config, ['[headend]', `url = ${url}`, `ca = ${headend.caFile}`, `root = ${headend.rootFile}`,
    '[paths]', `state = ${state}`, '[local]', `socket = ${path.join(dir, 'nobody.sock')}`, ''].join('\n'));
  return config;
}

const program = path.join(buildDir(), 'firmware/ctl/pingplayctl');

// What pingplayctl finds by itself, of a headend at that port.
async function diagnoseAlone(port) {
  const config = await configAlone(`https://localhost:${port}`);
  const text = await new Promise((done) => execFile(program, ['--config', config, '--json', 'diagnose'], (error, stdout) => done(stdout)));
  return JSON.parse(text).checks.find(({ name }) => name === 'portal');
}

const FOUND = 'somebody has to sign in to this network';
const rows = [
  ['that sends to another host', REDIRECT, {}, `${FOUND}: it sends to ${PORTAL}`],
  ['that sends to another host and speaks no TLS', REDIRECT, { withTls: false }, `${FOUND}: it sends to ${PORTAL}`],
  ['that answers with a page', page('200 OK', '<html>Welcome to the hotel</html>'), { withTls: false }, `${FOUND}: it shows a page of its own`],
  ['that answers with a page larger than is read', page('200 OK', `<html>${'x'.repeat(200000)}</html>`), {}, `${FOUND}: it shows a page of its own`],
  ['that says so itself', page('511 Network Authentication Required', '<html>Sign in</html>'), {}, `${FOUND} (HTTP 511)`],
  ['that sends to a host with letters of its own', answer('307 Go', 'Location: http://por\u202etal.example/', 'Content-Length: 0'), {}, null],
];
for (const [what, reply, options, words] of rows) {
  test(`a portal ${what} is found by diagnose`, async () => {
    const portal = await startPortal(0, reply, options);
    const { finding, detail } = await diagnoseAlone(portal.port);
    await portal.stop();
    assert.doesNotMatch(detail, /\u202e/);
    if (words) assert.deepEqual([finding, detail], ['portal-found', words]);
    for (const asked of portal.asked) {
      assert.equal(asked, `GET / HTTP/1.1\r\nHost: localhost:${portal.port}\r\nAccept: */*\r\n\r\n`, 'nothing of ours is in it');
    }
    assert.equal(portal.asked.length, 1, 'nothing of it is followed');
    assert.equal(portal.inside, '');
  });
}

const others = [
  ['a server that wants TLS and says so', page('400 Bad Request', '<html>The plain HTTP request was sent to HTTPS port</html>')],
  ['a server that sends to itself', answer('301 Moved', 'Location: https://localhost/', 'Content-Length: 0')],
  ['a server that sends elsewhere on itself', answer('302 Found', 'Location: /login', 'Content-Length: 0')],
  ['a server with an answer that is no page', page('200 OK', 'yes', 'text/plain')],
  ['a server that answers with an error', page('503 Service Unavailable', '<html>Later</html>')],
  ['one that does not speak HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
];
for (const [what, reply] of others) {
  test(`${what} is no portal`, async () => {
    const server = await startPortal(0, reply);
    const { finding } = await diagnoseAlone(server.port);
    await server.stop();
    assert.equal(finding, 'portal-none');
    assert.equal(server.asked.length, 1);
  });
}

// Nothing answers at the headend's own port; who does at port 80 is told by whether he does for others as well.
const CHECK = 'pingplay-portal-check.headend.test';
const atPort80 = [
  ['own', 'portal-none', ''],
  ['intercepts', 'portal-found', `${FOUND}: it sends to www.example.net`],
  ['spoofs', 'portal-found', `${FOUND}: it sends to www.example.net`],
  ['itself', 'portal-found', `${FOUND} (HTTP 511)`],
];
const unshare = [...(process.getuid() === 0 ? [] : ['--user', '--map-root-user']), '--net', '--mount'];
for (const [name, finding, detail] of atPort80) {
  test(`what answers at port 80 of a headend that is down: ${name}`, async (context) => {
    if (!await run('unshare', [...unshare, 'true']).then(() => true, () => false)) {
      context.diagnostic('no network namespace can be made here');
      return;
    }
    const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'servers/portal80.mjs');
    const config = await configAlone('https://headend.test:8443');
    const { stdout } = await run('unshare', [...unshare, process.execPath, script, name, dir, program, config]);
    const seen = JSON.parse(stdout);
    assert.deepEqual([seen.finding, seen.detail], [finding, detail]);
    const asked = { own: [], itself: [], intercepts: ['80 192.0.2.1'], spoofs: [`80 ${CHECK}`] }[name];
    assert.deepEqual(seen.asked, ['8443 headend.test:8443', '80 headend.test', ...asked]);
  });
}

test('a screen behind a portal says so with a code, and goes on by itself once that lets it through', async () => {
  await headend.stopServing();
  let portal = await startPortal(headend.port);
  display = await startDisplay(headend, { config: ['[display]', 'language = en'] });
  await display.agent.waitLog(new RegExp(`captive-portal: ${FOUND}: it sends to ${PORTAL}`));
  await display.waitPicture(tellsTrouble, 'the code on the screen');
  const enrolled = { asked: portal.asked.length };
  assert.ok(enrolled.asked > 0);
  await portal.stop();
  await headend.startServing();
  const { code, fingerprint } = await display.waitCode();
  await headend.publish('lobby', [await makeImage(dir, 'red.png', 'red')]);
  await headend.approve(code, { fingerprint, name: 'Hotel', channel: 'lobby' });
  const isRed = (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), [254, 0, 0]);
  await display.waitPicture(isRed, 'the content');

  await display.stopAgent();
  await headend.stopServing();
  portal = await startPortal(headend.port);
  await display.startAgent();
  await display.agent.waitLog(new RegExp(`captive-portal: ${FOUND}: it sends to ${PORTAL}`));
  await display.waitContent();
  await display.waitPicture(isRed, 'the content, which plays on');
  const status = await ctlJson(display, 'status');
  assert.deepEqual([status.code, status.trouble], ['N-2', `${FOUND}: it sends to ${PORTAL}`]);
  const { checks } = await ctlJson(display, 'diagnose');
  const found = (name) => checks.find((check) => check.name === name).finding;
  assert.deepEqual([found('tls'), found('portal'), found('agent')], ['tls-untrusted', 'portal-found', 'agent-trouble']);
  for (const asked of portal.asked) assert.match(asked, /^GET \/ HTTP\/1\.1\r\nHost: localhost:\d+\r\nAccept: \*\/\*\r\n\r\n$/);
  assert.equal(portal.inside, '', 'not a byte was sent inside its TLS');
  await portal.stop();
  await headend.startServing();
  await display.agent.waitLog(/-> online/);
  await until(async () => (await ctlJson(display, 'status')).code === '', 'no code any more');
  const told = async () => (await headend.cli('events', 'export')).includes('"captive-portal"');
  await until(told, 'the event at the headend');
});
