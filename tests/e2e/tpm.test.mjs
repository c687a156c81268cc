// A screen whose keys are in a TPM: a whole agent against swtpm and a real headend.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { checkDocument, ctl, startCtl, stateOf } from './lib/ctl.mjs';
import { startDisplay, tellsTrouble, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';
import { startSwtpm, vaultLines } from './lib/swtpm.mjs';

const run = promisify(execFile);
const MEASURE = '/usr/lib/systemd/systemd-measure';
const RED = [254, 0, 0];
const BLUE = [0, 0, 254];
const shows = (colour) => (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), colour);

// GnuTLS, which the headend is made with, reads this file where it is named.
async function withoutTls13(dir) {
  const file = path.join(dir, 'gnutls.conf');
  await writeFile(file, '[overrides]\ndisabled-version = tls1.3\n');
  return { GNUTLS_SYSTEM_PRIORITY_FILE: file };
}

const protocolOf = (headend) => new Promise((resolve, reject) => {
  const socket = tls.connect({ host: 'localhost', port: headend.port, ca: headend.ca }, () => { resolve(socket.getProtocol()); socket.destroy(); });
  socket.on('error', reject);
});

async function reportOf(headend, id, check) {
  return until(async () => {
    const { report } = JSON.parse(await headend.cli('screen', 'show', id));
    return report && check(report) && report;
  }, 'a status of the screen');
}

let dir;
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-tpm-test-'));
  await makeImage(dir, 'red.png', 'red');
  await makeImage(dir, 'blue.png', 'blue');
});
after(() => rm(dir, { recursive: true, force: true }));

async function startScreen(t, { env, signer, more } = {}) {
  const headend = await startHeadend({ serve: ['--poll-interval', '1'], env });
  t.after(() => headend.stop());
  const tpm = await startSwtpm(signer);
  t.after(() => tpm.stop());
  await tpm.measure('kernel 1');
  await tpm.authorize(['kernel 1']);
  await headend.publish('lobby', [path.join(dir, 'red.png')]);
  const display = await startDisplay(headend, { config: vaultLines(tpm, more) });
  t.after(() => display.stop());
  const { code } = await display.waitCode();
  const id = await headend.approve(code, { name: 'Wall', channel: 'lobby' });
  await display.waitPicture(shows(RED), 'the first content');
  await display.agent.waitLog(/-> online/);
  return { headend, tpm, display, id };
}

describe('a screen with its keys in a TPM', { concurrency: 2 }, () => {
  for (const [version, disable, signer] of [['TLSv1.3', false, 'rsa'], ['TLSv1.2', true, 'ec']]) {
    test(`enrols, shows and comes back by ${version}, with device key and agreement key in it`, async (t) => {
      const { headend, display, id } = await startScreen(t, { env: disable ? await withoutTls13(dir) : {}, signer });
      assert.equal(await protocolOf(headend), version);
      const report = await reportOf(headend, id, (status) => status.content_shown);
      assert.equal(report.key_provider, 'tpm2');
      assert.equal(report.key_provider_note, 'under a signed PCR policy');
      assert.equal(report.device_key, 'tpm2');
      assert.ok(existsSync(path.join(display.stateDir, 'kek/tpm2')));
      assert.ok(!existsSync(path.join(display.stateDir, 'kek/kek')));
      // a new connection after a restart: another handshake, and the channel's key by the agreement key
      await display.stopAgent();
      await display.startAgent();
      await display.agent.waitLog(/-> online/);
      await headend.publish('lobby', [path.join(dir, 'blue.png')]);
      await display.waitPicture(shows(BLUE), 'what was published then');
    });
  }

  test('takes what systemd-measure signs for a kernel image, at each phase of the boot', async (t) => {
    const tpm = await startSwtpm('rsa');
    t.after(() => tpm.stop());
    const file = (name) => path.join(tpm.dir, name);
    await writeFile(file('linux'), 'a kernel');
    await writeFile(file('cmdline'), 'quiet');
    await writeFile(file('private.pem'), tpm.signer.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const { stdout } = await run(MEASURE, ['sign', `--tpm2-device=${tpm.tcti}`, '--bank=sha256', `--linux=${file('linux')}`,
      `--cmdline=${file('cmdline')}`, `--private-key=${file('private.pem')}`, `--public-key=${tpm.policyKey}`]);
    await writeFile(tpm.signatures, stdout);
    // as systemd-stub measures the image, and systemd-pcrphase how far the boot has come
    for (const what of ['.linux\0', 'a kernel', '.cmdline\0', 'quiet', 'enter-initrd', 'leave-initrd', 'sysinit', 'ready']) await tpm.measure(what);
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    const display = await startDisplay(headend, { config: vaultLines(tpm, ['provider = tpm2']) });
    t.after(() => display.stop());
    await display.waitCode();
    await display.stopAgent('SIGKILL');
    await tpm.measure('something else');
    await display.startAgent();
    await display.agent.waitLog(/no signed policy allows what was started/);
  });

  test('starts after six kills and six power cuts in a row, and the TPM counts no failed guess', async (t) => {
    const { tpm, display } = await startScreen(t);
    for (let i = 0; i < 6; i++) {
      await display.stopAgent('SIGKILL');
      await display.startAgent();
      await display.waitContent();
    }
    for (let i = 0; i < 6; i++) {
      await tpm.cutPower();
      await display.stopAgent('SIGKILL');
      await tpm.start();
      await tpm.measure('kernel 1');
      await display.startAgent();
      await display.waitContent();
    }
    await display.stopAgent();
    assert.equal(await tpm.failedGuesses(), 0);
  });

  test('after an update gets its keys once the new software is signed, and says until then what is wrong', async (t) => {
    const { tpm, display } = await startScreen(t);
    await display.stopAgent();
    await tpm.cutPower();
    await tpm.start();
    await tpm.measure('kernel 2');
    await display.startAgent();
    await display.agent.waitLog(/no signed policy allows what was started: the TPM's PCRs hold other values; it is tried again/);
    await display.waitPicture(tellsTrouble, 'a screen that tells it');
    await tpm.authorize(['kernel 1'], ['kernel 2']);
    await display.waitContent();
    await display.waitPicture(shows(RED), 'the content');
  });

  test('waits for a TPM that is away, and makes no other key', async (t) => {
    const { tpm, display } = await startScreen(t);
    await display.stopAgent();
    await tpm.cutPower();
    await display.startAgent();
    await display.agent.waitLog(/no TPM answers at .*; it is tried again/);
    await display.waitPicture(tellsTrouble, 'a screen that tells it');
    assert.ok(!existsSync(path.join(display.stateDir, 'kek/kek')));
    await tpm.start();
    await display.agent.waitLog(/no signed policy allows what was started/); // nothing was measured yet
    await tpm.measure('kernel 1');
    await display.waitContent();
  });

  test('says that the TPM was cleared, and begins anew once it is erased', async (t) => {
    const { tpm, display } = await startScreen(t);
    await display.stopAgent();
    await tpm.tool('clear', '-c', 'p');
    await display.startAgent();
    await display.agent.waitLog(/the TPM was cleared, or is another one than what is stored belongs to; it is tried again/);
    await display.waitPicture(tellsTrouble, 'a screen that tells it');
    await display.stopAgent();
    await display.erase();
    await display.startAgent();
    await display.waitCode();
    assert.ok(existsSync(path.join(display.stateDir, 'kek/tpm2')));
  });

  test('is moved into a TPM and out of it while it is enrolled, and goes on as the same screen', async (t) => {
    const { display, headend, id, tpm } = await startScreen(t, { more: ['provider = file'] });
    const move = async (from, to) => {
      await display.stopAgent();
      const config = await readFile(display.config, 'utf8');
      await writeFile(display.config, config.replace(`provider = ${from}`, `provider = ${to}`));
      await display.startAgent();
      await display.agent.waitLog(new RegExp(`kept by provider ${from}, and the configuration wants ${to}`));
      await display.agent.ended;
      assert.match(await display.runAgent('--migrate-vault'), new RegExp(`the vault has a new key \\(provider ${to}\\)`));
      await display.startAgent();
      await display.agent.waitLog(/-> online/);
      assert.equal((await reportOf(headend, id, (status) => status.key_provider === to)).device_key, 'software');
    };
    await move('file', 'tpm2');
    assert.ok(!existsSync(path.join(display.stateDir, 'kek/kek')));
    await move('tpm2', 'file');
    assert.ok(!existsSync(path.join(display.stateDir, 'kek/tpm2')));
    await tpm.cutPower();
    await display.waitPicture(shows(RED), 'the content, without the TPM');
  });

  test('is moved by pingplayctl while it runs; where the configuration does not allow it everything stays', async (t) => {
    const { display, headend, id } = await startScreen(t, { more: ['provider = file'] });
    const refused = await ctl(display, '--json', 'vault', 'migrate', 'tpm2');
    assert.equal(refused.code, 0);
    checkDocument('vault', JSON.parse(refused.out));
    assert.equal((await display.agent.ended).code, 1);
    assert.match(display.agent.log, /the vault is not moved to tpm2: the configuration wants provider file/);
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    assert.equal((await ctl(display, 'vault', 'migrate', 'paper')).code, 1);

    const config = await readFile(display.config, 'utf8');
    await writeFile(display.config, config.replace('provider = file', 'provider = tpm2'));
    const moving = startCtl(display, 'vault', 'migrate', 'tpm2');
    assert.equal((await display.agent.ended).code, 0);
    assert.match(display.agent.log, /the vault has a new key \(provider tpm2\)/);
    await display.startAgent();
    assert.equal((await moving.ended).code, 0, moving.err);
    await until(async () => await stateOf(display) === 'online', 'the same screen');
    assert.equal((await reportOf(headend, id, (status) => status.key_provider === 'tpm2')).device_key, 'software');
    assert.ok(!existsSync(path.join(display.stateDir, 'kek/kek')));
    // Who asked for it is an event, of the move that was refused as well, and from before the agent was another.
    const moves = await until(async () => {
      const found = (await headend.cli('events', 'export', '--format', 'jsonl')).split('\n').filter(Boolean)
        .map((line) => JSON.parse(line).event).filter((event) => event?.kind === 'local-control');
      return found.length >= 2 && found;
    }, 'the events of both moves');
    assert.deepEqual(moves.map(({ detail }) => detail), Array(2).fill('a move of the vault to provider tpm2, by uid 0'));
  });
});
