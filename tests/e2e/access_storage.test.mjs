// What a thief who takes the flash out of a screen can read, in each access mode, before and after its end: every byte of the
// storage, deleted ones too, with the key-encryption key that stands there in a file.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { channelKey, hides, makePhone, setPassword, shows, waitAsk } from './lib/access.mjs';
import { ctl } from './lib/ctl.mjs';
import { startDisplay } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { decryptJwe, thumbprint } from './lib/jose.mjs';
import { makeImage, plantMark } from './lib/media.mjs';
import { makeStorage } from './lib/storage.mjs';
import { startProvider } from './servers/provider.mjs';
import { startTlsEnd } from './servers/tls_end.mjs';

const MARK = 'the-planted-mark-of-the-content';
const PASSWORD = 'opensesame-2026';

describe('the storage of a screen', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-storage-'));
    await plantMark(await makeImage(dir, 'red.png', 'red'), MARK);
  });
  after(() => rm(dir, { recursive: true, force: true }));

  // A screen that shows its channel by its certificate: each begins as that.
  async function start(t, { serve = [], config = [], approve = [], reach } = {}) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1', ...serve] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const storage = await makeStorage(dir);
    const display = await startDisplay(await reach?.(headend) ?? headend, { config, storage });
    t.after(() => display.stop());
    const { code, fingerprint } = await display.waitCode();
    const id = (await headend.cli('approve', code, '--fingerprint', fingerprint.split(' ')[0], '--name', 'Taken', '--channel', 'lobby', ...approve)).trim();
    await display.waitPicture(shows, 'the content');
    const key = await channelKey(headend);
    const kek = await readFile(path.join(display.stateDir, 'kek/kek'));
    return { headend, display, storage, id, key, kek };
  }

  // Whether a thief finds `secret` in what stands there, in a record that the key opens, or in what a key of those opens.
  async function thief({ storage, id }, kek) {
    const bytes = await storage.scan();
    const clear = storage.records(bytes, kek).map((record) => record.clear);
    const keys = clear.flatMap((der) => {
      try { return [createPrivateKey({ key: der, format: 'der', type: 'sec1' })]; } catch { return []; }
    }).map((key) => ({ key, kid: thumbprint(createPublicKey(key).export({ format: 'jwk' })) }));
    const tokens = clear.flatMap((text) => text.toString('latin1').match(/eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+/g) ?? []);
    const opened = tokens.flatMap((token) => keys.flatMap((key) => {
      try { return [decryptJwe(token, key, 'pingplay-channel-key', id)]; } catch { return []; }
    }));
    const all = [bytes, ...clear, ...opened];
    return { records: clear.length, finds: (secret) => all.some((part) => part.includes(secret)) };
  }
  const forms = (key) => [key, Buffer.from(key.toString('hex')), Buffer.from(key.toString('base64url')), Buffer.from(key.toString('base64').slice(0, 43))];
  async function assertFinds(screen) {
    const found = await thief(screen, screen.kek);
    assert.ok(forms(screen.key).some(found.finds), `the key of what a permanent screen shows, among ${found.records} records`);
    assert.ok(!found.finds(Buffer.from(MARK)), 'but no clear byte of it');
  }
  async function assertFindsNothing(screen, kek = screen.kek) {
    const found = await thief(screen, kek);
    for (const form of [...forms(screen.key), Buffer.from(MARK)]) assert.ok(!found.finds(form), `nothing of use, in ${found.records} records`);
  }

  for (const mode of ['certificate', 'cookie']) {
    test(`${mode}: holds its channel's key until it is retired, and nothing afterwards`, async (t) => {
      const reach = async (headend) => {
        const proxy = await startTlsEnd(headend);
        t.after(() => proxy.stop());
        return { url: proxy.url, caFile: proxy.caFile, rootFile: headend.rootFile };
      };
      const screen = await start(t, mode === 'cookie' ? { reach, approve: ['--access', 'cookie'] } : {});
      const { headend, display, storage, id, kek } = screen;
      await assertFinds(screen);
      await headend.cli('screen', 'command', id, 'retire');
      await display.agent.waitLog(/-> erasing[^]*erasing -> starting[^]*starting -> unenrolled/);
      await display.waitPicture(hides, 'nothing any more');
      await display.stopAgent();
      assert.ok(!(await storage.scan()).includes(kek), 'the key of its vault is gone');
      await assertFindsNothing(screen, await readFile(path.join(display.stateDir, 'kek/kek')));
    });
  }

  async function signInByPassword(t) {
    const all = await start(t);
    const { headend, display, id } = all;
    await setPassword(headend, id, PASSWORD);
    return { ...all, signIn: async () => {
      const { code } = await waitAsk(display);
      assert.equal((await makePhone(headend).signIn(code, PASSWORD)).status, 200);
    } };
  }
  async function signInAtProvider(t) {
    const provider = await startProvider();
    t.after(() => provider.stop());
    const all = await start(t, { serve: ['--provider-ca', provider.caFile], config: ['[access]', `provider-ca = ${provider.caFile}`] });
    await all.headend.cli('screen', 'access', all.id, 'sso', '--issuer', provider.issuer, '--client-id', 'screens', '--scope', 'openid offline_access', '--allow', 'anyone');
    return { ...all, signIn: async () => {
      const { uri, code } = await waitAsk(all.display);
      await provider.signIn(`${uri}?user_code=${code}`, 'ada');
    } };
  }
  for (const [mode, begin] of Object.entries({ sso: signInAtProvider, password: signInByPassword })) {
    test(`${mode}: holds no key of what it shows, meanwhile and afterwards, nor of what it showed before that`, async (t) => {
      const screen = await begin(t);
      const { display, signIn } = screen;
      await display.waitPicture(hides, 'what a permanent screen showed is gone');
      await display.agent.waitLog(/sign in at/);
      await assertFindsNothing(screen);
      await signIn();
      await display.waitPicture(shows, 'the content');
      await assertFindsNothing(screen);
      const { code, err } = await ctl(display, 'sign-out');
      assert.equal(code, 0, err);
      await display.waitPicture(hides, 'nothing any more');
      await assertFindsNothing(screen);
      await display.stopAgent('SIGKILL');
      await assertFindsNothing(screen);
    });
  }
});
