// What of a screen's secrets stands in the memory of its agent, as often as it is in use and no more; and that a core of it, once
// it is locked or a person's session has ended, has none.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePhone, setPassword, waitAsk } from './lib/access.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { countInCore, countInMemory } from './lib/memory.mjs';
import { near } from './lib/png.mjs';
import { startSwtpm, vaultLines } from './lib/swtpm.mjs';
import { numberOf, readRecord } from './lib/vault.mjs';
import { startProvider } from './servers/provider.mjs';

const shows = (colour) => (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), colour);
const skip = process.getuid() !== 0 ? 'needs root, to read another process' : process.env.PP_BUILD?.includes('asan') ? 'the sanitizer has a heap of its own' : false;

// As bytes, as a number in limbs (mbedTLS, OpenSSL), as text of the documents it would be in.
function formsOf(name, bytes) {
  return { [name]: bytes, [`${name}, as limbs`]: Buffer.from(bytes).reverse(), [`${name}, as base64url`]: Buffer.from(bytes.toString('base64url')) };
}

const contentSecrets = async (headend) => ({
  ...formsOf('object keys', (await headend.objectKeys())[0]),
  ...formsOf('channel key', await headend.channelKey('lobby')),
});

async function secretsOf(headend, stateDir) {
  const cookie = (await readRecord(stateDir, 'device-cookie')).toString().split('=').pop();
  const device = await readRecord(stateDir, 'device-key');
  return {
    cookie: Buffer.from(cookie),
    ...formsOf('device key', numberOf(device)),
    // what base64 makes of the number within a SEC 1 document, whose bytes 7 to 38 it is: from byte 9 on in whole groups
    'device key, as PEM': Buffer.from(device.subarray(9, 39).toString('base64')),
    ...formsOf('agreement key', numberOf(await readRecord(stateDir, 'agreement-key'))),
    ...formsOf('key-encryption key', await readFile(path.join(stateDir, 'kek/kek'))),
    ...await contentSecrets(headend),
  };
}

let dir;
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-memory-'));
  await makeImage(dir, 'red.png', 'red');
  await makeImage(dir, 'blue.png', 'blue');
});
after(() => rm(dir, { recursive: true, force: true }));

// With a TPM the vault cannot be read from outside: `secrets` are the content's alone.
async function startScreen(t, { tpm, provider } = {}) {
  const headend = await startHeadend({ serve: ['--poll-interval', '1', ...(provider ? ['--provider-ca', provider.caFile] : [])] });
  t.after(() => headend.stop());
  await headend.publish('lobby', [path.join(dir, 'red.png')]);
  const display = await startDisplay(headend, { config: [...(tpm ? vaultLines(tpm) : ['[vault]', 'provider = file']),
    ...(provider ? ['[access]', `provider-ca = ${provider.caFile}`] : [])] });
  t.after(() => display.stop());
  const { code } = await display.waitCode();
  const id = await headend.approve(code, { name: 'Wall', channel: 'lobby' });
  await display.waitPicture(shows([254, 0, 0]), 'the first content');
  await display.agent.waitLog(/-> online/);
  // some connections, passes and states more, each of which made its copies
  await headend.publish('lobby', [path.join(dir, 'blue.png')]);
  await display.waitPicture(shows([0, 0, 254]), 'the second content');
  const secrets = await until(() => (tpm ? contentSecrets(headend) : secretsOf(headend, display.stateDir)).catch(() => undefined), 'records of all secrets');
  return { headend, display, id, secrets };
}

// Requests are under way now and then: what is asked for is what stands there between them.
async function fewest(count, tries = 20) {
  let least;
  for (let i = 0; i < tries; i++) {
    const counts = await count();
    least ??= counts;
    for (const name of Object.keys(counts)) least[name] = Math.min(least[name], counts[name]);
    await sleep(100);
  }
  return least;
}

test('secrets stand in the memory of a running agent as often as they are in use', { skip }, async (t) => {
  const { display, secrets } = await startScreen(t);
  await display.waitPicture(shows([0, 0, 254]), 'the content');
  const counts = await fewest(() => countInMemory(display.agent.child.pid, secrets));
  // Keys: the place where they are kept, which nobody can read where the kernel has memfd_secret. The cookie: that place, and
  // the long poll's header with us and with libcurl. The channel's key: the state in effect, and what sync is to bring.
  const most = { cookie: 3, 'device key': 1, 'agreement key': 1, 'key-encryption key': 1, 'channel key': 2, 'object keys': 1 };
  for (const [name, count] of Object.entries(counts)) assert.ok(count <= (most[name] ?? 0), `${name}: ${count} times`);
  assert.ok(counts.cookie >= 1 && counts['channel key'] >= 1, 'the looking finds what is there');
});

// How a screen comes to show nothing.
const neutral = ({ display }) => display.waitPicture((shot) => !shows([0, 0, 254])(shot), 'a neutral screen');
const locked = ({ display }) => display.agent.waitLog(/-> locked/, 0, 150000);
const ends = {
  'that is retired': async (screen) => {
    await screen.headend.cli('screen', 'retire', screen.id);
    await locked(screen);
  },
  'on a network that it may not ask from': async (screen) => {
    await screen.headend.cli('network', 'screens', '192.0.2.0/24');
    await locked(screen);
  },
  'that was locked when it started': async (screen) => {
    const { headend, display } = screen;
    await headend.cli('network', 'screens', '192.0.2.0/24');
    await locked(screen);
    await display.stopAgent('SIGKILL');
    await display.startAgent();
    await display.agent.waitLog(/starting -> locked/);
  },
  'that was without its headend for longer than it may be': async (screen) => {
    const { headend, display, id } = screen;
    await headend.cli('screen', 'set', id, '--lock-after', '1min');
    const { version } = JSON.parse(await headend.cli('screen', 'show', id));
    await until(async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.state_version === version, 'the limit to be in effect');
    await headend.stopServing();
    await locked({ display });
  },
};

async function assertCoreIsClean({ display }, secrets) {
  const counts = await countInCore(display.agent.child.pid, path.join(dir, 'core'), secrets);
  for (const [secret, count] of Object.entries(counts)) assert.equal(count, 0, `${secret} in the core`);
  // the looking finds what is there: another process's, in the same way
  assert.ok((await countInCore(display.player.child.pid, path.join(dir, 'player'), { word: Buffer.from('pingplay-player') })).word > 0);
}

for (const [name, end] of Object.entries(ends)) {
  test(`an agent ${name}: its core holds no key`, { skip }, async (t) => {
    const screen = await startScreen(t);
    await end(screen);
    await neutral(screen);
    await assertCoreIsClean(screen, screen.secrets);
  });

  if (name.includes('started')) continue;
  test(`an agent with a TPM ${name}: its core holds no key of content`, { skip }, async (t) => {
    const tpm = await startSwtpm();
    t.after(() => tpm.stop());
    await tpm.measure('kernel 1');
    await tpm.authorize(['kernel 1']);
    const screen = await startScreen(t, { tpm });
    await end(screen);
    await neutral(screen);
    await assertCoreIsClean(screen, screen.secrets);
  });
}

// Meanwhile it goes on asking its headend, with its cookie.
const PASSWORD = 'a table by the window';
const withoutCookie = ({ cookie: _, ...others }) => others;

async function assertSessionLeavesNothing(screen, signIn) {
  const { headend, display, id, secrets } = screen;
  await neutral(screen);
  await signIn(await waitAsk(display));
  await display.waitPicture(shows([0, 0, 254]), 'the content');
  const from = display.agent.log.length;
  await headend.cli('screen', 'sign-out', id);
  await display.agent.waitLog(/session-ended: /, from);
  await neutral(screen);
  await waitAsk(display, from);
  await assertCoreIsClean(screen, withoutCookie(secrets));
}

test('an agent at which a session by password has ended: its core holds no key', { skip }, async (t) => {
  const screen = await startScreen(t);
  await setPassword(screen.headend, screen.id, PASSWORD);
  await assertSessionLeavesNothing(screen, ({ code }) => makePhone(screen.headend).signIn(code, PASSWORD));
});

test('an agent at which a session at a provider has ended: its core holds no key', { skip }, async (t) => {
  const provider = await startProvider();
  t.after(() => provider.stop());
  const screen = await startScreen(t, { provider });
  await screen.headend.cli('screen', 'access', screen.id, 'sso', '--issuer', provider.issuer, '--client-id', 'screens',
    '--scope', 'openid email profile offline_access', '--allow', 'anyone');
  await assertSessionLeavesNothing(screen, ({ uri, code }) => provider.signIn(`${uri}?user_code=${code}`, 'ada'));
});
