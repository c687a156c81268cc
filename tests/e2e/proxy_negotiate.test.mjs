// A screen behind a proxy that lets nobody through but by Kerberos, with a real KDC and a real proxy.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { after, before, test } from 'node:test';
import { ctlJson } from './lib/ctl.mjs';
import { filesBelow, startDisplay, until } from './lib/display.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { keysOfKeytab, REALM, startNegotiateProxy, startRealm } from './lib/kerberos.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

let dir;
let headend;
let realm;
let proxy;
let display;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-negotiate-'));
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  realm = await startRealm();
  await realm.add('HTTP/localhost', 'http');
  await realm.add('screen-1', 'screen');
  await realm.add('screen-2', 'other');
  proxy = await startNegotiateProxy(realm);
});

after(async () => {
  await display?.stop();
  await proxy?.stop();
  await realm?.finish();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

const configured = (keytab, kdc = realm.kdc) => ['[headend]', `proxy = http://localhost:${proxy.port}`,
  `proxy-principal = screen-1@${REALM}`, `proxy-keytab = ${keytab}`, `proxy-kdc = ${kdc}`];

// The same configuration with other lines of the proxy.
async function configure(lines) {
  const text = await readFile(display.config, 'utf8');
  const rest = text.split('\n').filter((line) => !line.startsWith('proxy'));
  await writeFile(display.config, `${rest.join('\n')}\n${lines.join('\n')}\n`);
}

const proxyCheck = async () => (await ctlJson(display, 'diagnose')).checks.find(({ name }) => name === 'ticket');

test('a keytab that is of somebody else is said in plain words, by the log and by diagnose', async () => {
  display = await startDisplay(headend, { config: configured(realm.keytab('other')) });
  await display.agent.waitLog(/no Kerberos ticket for the proxy: the keytab has no key for this screen's principal/);
  await display.agent.waitLog(/the proxy wants a Kerberos ticket, and there is none: the keytab has no key/);
  const { finding, detail } = await proxyCheck();
  assert.equal(finding, 'ticket-refused');
  assert.match(detail, /keytab has no key/);
});

test('with its keytab it gets a ticket, enrols and plays; the proxy knows it by its principal', async () => {
  const keytab = path.join(dir, 'screen.keytab');
  await writeFile(keytab, await readFile(realm.keytab('screen')));
  await display.stopAgent();
  await configure(configured(keytab));
  await display.startAgent();
  const { code, fingerprint } = await display.waitCode();
  await headend.publish('lobby', [await makeImage(dir, 'red.png', 'red')]);
  await headend.approve(code, { fingerprint, name: 'Behind', channel: 'lobby' });
  await display.waitPicture((shot) => near(shot.at(shot.width >> 1, shot.height >> 1), [254, 0, 0]), 'the content');
  const { checks } = await ctlJson(display, 'diagnose');
  assert.equal(checks.find(({ name }) => name === 'ticket').finding, 'ticket-held');
  assert.equal(checks.find(({ name }) => name === 'tls').finding, 'tls-verified');
  await display.stopAgent(); // squid writes of a tunnel once it has ended
  const known = new RegExp(`CONNECT localhost:${headend.port} screen-1@${REALM}`);
  await until(async () => known.test(await proxy.log()), 'the proxy\'s word of whom it let through');

  await unlink(keytab);
  await display.startAgent();
  await display.agent.waitLog(/-> online/);
});

test('without a KDC the screen plays on and says so; with it again it is online', async () => {
  await display.stopAgent();
  await realm.stop();
  await display.startAgent();
  await display.agent.waitLog(/no Kerberos ticket for the proxy: no KDC can be reached/);
  await display.waitPicture((shot) => near(shot.at(shot.width >> 1, shot.height >> 1), [254, 0, 0]), 'the content');
  assert.equal((await proxyCheck()).finding, 'ticket-no-kdc');
  await realm.start();
  await display.agent.waitLog(/-> online/);
});

// A KDC whose answers wait for release() from the `from`th connection on.
async function slowKdc(from) {
  let count = 0;
  let release;
  const released = new Promise((done) => { release = done; });
  const asked = [];
  const held = new Promise((done) => { asked.push(done); });
  const server = net.createServer((client) => {
    const slow = ++count >= from;
    const upstream = net.connect(realm.port, '127.0.0.1');
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.pipe(upstream);
    upstream.on('data', async (data) => {
      if (slow) asked[0]();
      if (slow) await released;
      client.write(data);
    });
    client.on('close', () => upstream.destroy());
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { kdc: `127.0.0.1:${server.address().port}`, held, release, stop: () => server.close() };
}

async function askForTicket(kdc) {
  const child = spawn(path.join(buildDir(), 'tests/e2e/programs/pingplay-ticket-test'), ['--keytab', realm.keytab('screen'),
    '--principal', `screen-1@${REALM}`, '--kdc', kdc, '--host', 'localhost'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => (await lines.next()).value };
}

test('an exchange with a KDC that was given up leaves no ticket in memory when it ends', async () => {
  const kept = await askForTicket(realm.kdc);
  assert.deepEqual([await kept.line(), await kept.line()], ['ticket', 'held']);
  kept.child.stdin.end();

  const slow = await slowKdc(2); // the second is for the proxy's ticket
  const given = await askForTicket(slow.kdc);
  await slow.held;
  given.child.stdin.write('\n');
  assert.equal(await given.line(), 'forgotten');
  slow.release();
  assert.deepEqual([await given.line(), await given.line()], ['Kerberos: given up', 'empty']);
  slow.stop();
});

test('no key of Kerberos stands in a log, and nothing of it is on the flash', async () => {
  const keytab = await readFile(realm.keytab('screen'));
  const keys = keysOfKeytab(keytab);
  assert.ok(keys.length > 0 && keys.every((key) => [16, 24, 32].includes(key.length)), `${keys.map((key) => key.length)}`);
  // A base64 text of the whole has the key at any of three offsets.
  const forms = keys.flatMap((key) => [key, ...['hex', 'base64', 'base64url'].map((form) => Buffer.from(key.toString(form).replace(/=+$/, ''))),
    ...[0, 1, 2].map((skip) => Buffer.from(key.subarray(skip, skip + 12).toString('base64')))]);
  const found = async () => {
    const names = [];
    for await (const { name, data } of filesBelow(display.stateDir)) if (forms.some((form) => data.includes(form))) names.push(name);
    return names;
  };
  const planted = path.join(display.stateDir, 'planted');
  await writeFile(planted, keytab);
  assert.deepEqual(await found(), ['planted'], 'the search finds what is there, and nothing else');
  await unlink(planted);
  const records = await readdir(path.join(display.stateDir, 'vault'));
  assert.ok(records.some((name) => name.startsWith('proxy')), `its keytab is kept, in ${records}`);
  assert.deepEqual(await found(), []);
  const { log } = display.agent;
  assert.ok(log.length > 0);
  for (const form of forms) assert.ok(!Buffer.from(log).includes(form));
  assert.doesNotMatch(log, /Negotiate Y/);
});
