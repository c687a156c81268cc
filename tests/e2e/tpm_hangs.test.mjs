// A TPM that takes its time, or does not come back: the agent goes on with all that needs no key. The pictures change and
// pingplayctl is answered while the TPM holds a command back, for as long as the test wants.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { stateOf } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';
import { AGREE, SIGN, startSlowTpm } from './lib/slow_tpm.mjs';
import { startSwtpm, vaultLines } from './lib/swtpm.mjs';

const COLOURS = { red: [254, 0, 0], blue: [0, 0, 254] };
const SILENT = /the key does not answer: no signature came within 20 s/;

let dir;
let headend;
let tpm;
let slow;
let display;
let id;

const version = async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.state_version ?? 0;
const rename = (name) => headend.cli('screen', 'set', id, '--name', name);

// What the loop alone does: it directs each change of the picture, and answers.
async function loopGoesOn() {
  for (let round = 0; round < 2; round++) {
    for (const [name, colour] of Object.entries(COLOURS))
      await display.waitPicture((picture) => near(picture.at(picture.width >> 1, picture.height >> 1), colour), name);
    assert.ok(await stateOf(display), 'pingplayctl is answered');
  }
}

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-tpm-hangs-'));
  headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  tpm = await startSwtpm();
  await tpm.measure('kernel 1');
  await tpm.authorize(['kernel 1']);
  slow = await startSlowTpm(tpm);
  await headend.publish('lobby', await Promise.all(Object.keys(COLOURS).map((colour) => makeImage(dir, `${colour}.png`, colour))),
    ['--duration', '1']);
});

after(async () => {
  slow?.release();
  await display?.stop();
  await headend?.stop();
  await slow?.stop();
  await tpm?.stop();
  await rm(dir, { recursive: true, force: true });
});

test('a screen enrols although each signature has to be waited for, and is answered meanwhile', async () => {
  display = await startDisplay(headend, { config: vaultLines({ ...tpm, tcti: slow.tcti }) });
  const { code } = await display.waitCode();
  slow.hold(SIGN);
  id = await headend.approve(code, { name: 'Slow', channel: 'lobby' });
  await slow.held(SIGN); // the certificate's request
  await until(async () => await stateOf(display) === 'enrolling', 'the state while the request waits for its signature');
  slow.release();
  await display.waitContent();
  await display.agent.waitLog(/-> online/);
  await until(version, 'a report');
  await loopGoesOn();
});

for (const [what, code] of [['heads and receipts are not signed', SIGN], ['the channel\'s key is not read', AGREE]]) {
  test(`while ${what} the picture changes and pingplayctl is answered, and it goes on where it was`, async (t) => {
    t.after(() => slow.release());
    const before = await version();
    slow.hold(code);
    await rename(`Held ${code}`);
    await slow.held(code);
    await loopGoesOn();
    slow.release();
    await until(async () => await version() > before, 'the state to be in effect and reported');
    await loopGoesOn();
  });
}

test('a handshake whose signature does not come ends by its deadline, is told as that, and is made once the TPM answers', async (t) => {
  t.after(() => slow.release());
  await headend.stopServing();
  slow.hold(SIGN);
  await headend.startServing();
  await slow.held(SIGN);
  await loopGoesOn();
  const from = display.agent.log.length;
  await display.agent.waitLog(SILENT, from);
  await loopGoesOn();
  await until(async () => await stateOf(display) === 'offline', 'it to say that it is offline');
  const before = await version();
  slow.release();
  await rename('Back');
  await until(async () => await version() > before, 'the state to be in effect and reported');
  assert.match(display.agent.log.slice(from), /the key answers again/);
  assert.doesNotMatch(display.agent.log.slice(from), /security-tls/);
});

test('a stop while a signature is out is not held up by it, and nor is a kill', async (t) => {
  t.after(() => slow.release());
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const before = await version();
    slow.hold(SIGN);
    await rename(`Stopped by ${signal}`);
    await slow.held(SIGN);
    const stopped = display.agent;
    const ended = await display.stopAgent(signal);
    if (signal === 'SIGTERM') {
      assert.deepEqual(ended, { code: 1, signal: null });
      assert.match(stopped.log, /stopping\n[^]*error: the TPM does not answer: what waits for it is given up\n$/);
    }
    slow.release();
    await display.startAgent();
    await until(async () => await version() > before, 'the state to be in effect and reported');
    await loopGoesOn();
    assert.doesNotMatch(display.agent.log, /vault-fallback|warning: record|is bad|locked/);
  }
  assert.deepEqual(await display.stopAgent(), { code: 0, signal: null });
});
