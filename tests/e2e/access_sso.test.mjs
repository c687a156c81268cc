// Temporary display points: somebody signs in at a real OpenID Connect provider, and for so long there is something to see.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as access from './lib/access.mjs';
import { filesBelow, until } from './lib/display.mjs';
import { makeImage } from './lib/media.mjs';
import { assertNotSent } from './lib/uploads.mjs';
import { formsOf, readRecord } from './lib/vault.mjs';
import { CLIENT_SECRET, startProvider } from './servers/provider.mjs';

const { channelKey, hides, shows } = access;

describe('a screen at which somebody signs in at a provider', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-sso-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function start(t, { algorithm, access: more = ['--allow', 'anyone'], lifetime, client = 'screens' } = {}) {
    const provider = await startProvider({ algorithm, lifetime });
    t.after(() => provider.stop());
    const screen = await access.startScreen(t, { picture: path.join(dir, 'red.png'), serve: ['--provider-ca', provider.caFile],
      display: { config: ['[access]', `provider-ca = ${provider.caFile}`] } });
    await screen.display.agent.waitLog(/-> online/);
    await screen.headend.cli('screen', 'access', screen.id, 'sso', '--issuer', provider.issuer, '--client-id', client,
      '--scope', 'openid email profile offline_access', ...more);
    return { provider, ...screen };
  }
  async function waitAsk(display, from) {
    const ask = await access.waitAsk(display, from);
    return { ...ask, complete: `${ask.uri}?user_code=${ask.code}` };
  }
  async function assertNoKey(display, key) {
    for await (const { name, data } of filesBelow(display.stateDir)) assert.ok(!data.includes(key), `the channel's key is not in ${name}`);
    await assert.rejects(readFile(path.join(display.stateDir, 'vault/sync.0')), { code: 'ENOENT' });
    await assert.rejects(readFile(path.join(display.stateDir, 'vault/sync.1')), { code: 'ENOENT' });
  }

  for (const algorithm of ['RS256', 'ES256']) {
    test(`shows nothing before, content meanwhile, and nothing after it was signed out by the headend (${algorithm})`, async (t) => {
      const { provider, headend, display, id } = await start(t, { algorithm, access: ['--allow', 'group:staff'] });
      const ask = await waitAsk(display);
      await display.waitPicture(hides, 'the sign-in');
      const key = await channelKey(headend);
      await assertNoKey(display, key);
      await provider.signIn(ask.complete, 'ada');
      await display.waitPicture(shows, 'the content');
      await assertNoKey(display, key);
      const report = await until(async () => { const { report: r } = JSON.parse(await headend.cli('screen', 'show', id)); return r?.access.signed_in && r; }, 'the report');
      assert.equal(report.access.mode, 'sso');
      const from = display.agent.log.length;
      await headend.cli('screen', 'sign-out', id);
      await display.waitPicture(hides, 'the sign-in again');
      await display.agent.waitLog(/session-ended: session \S+: signed-out/, from);
      await waitAsk(display, from);
      await assertNoKey(display, key);
    });
  }

  const secretForms = [CLIENT_SECRET, encodeURIComponent(CLIENT_SECRET)].flatMap((text) => [text, ...[0, 1, 2].map((shift) =>
    Buffer.from(`${'x'.repeat(shift)}${text}`).toString('base64').slice(shift ? 4 : 0, -4))]);
  const keepsSecret = (method) => async (t) => {
    const file = path.join(dir, `secret-${method}`);
    await writeFile(file, 'not the secret\n', { mode: 0o600 });
    const { provider, headend, display, id } = await start(t, { client: `screens:${method}`,
      access: ['--allow', 'anyone', '--client-secret-file', file, '--client-auth', `client_secret_${method}`] });
    await display.agent.waitLog(/sign-in-trouble: /);
    assert.ok(hides(await display.screenshot()));
    assert.ok(provider.answered.some((line) => /^POST \/device\S* 401$/.test(line)), provider.answered.join('\n'));
    await writeFile(file, `${CLIENT_SECRET}\n`);
    const from = display.agent.log.length;
    await headend.cli('screen', 'access', id, 'sso', '--issuer', provider.issuer, '--client-id', `screens:${method}`, '--scope', 'openid offline_access',
      '--allow', 'anyone', '--client-secret-file', file);
    await provider.signIn((await waitAsk(display, from)).complete, 'ada');
    await display.waitPicture(shows, 'the content');
    const refresh = await until(() => readRecord(display.stateDir, 'refresh-token').catch(() => undefined), 'the refresh token in the vault');
    await assertNotSent(headend, id, [...secretForms, ...formsOf(refresh)]);
    await headend.cli('screen', 'sign-out', id);
    await display.waitPicture(hides, 'the sign-in again');
    await until(() => provider.answered.some((line) => /^POST \/token\/revocation 200$/.test(line)), 'the refresh token to be revoked');
    await waitAsk(display, display.agent.log.lastIndexOf('session-ended'));
    await assertSecretGone(headend, display);
    await assertNotSent(headend, id, [...secretForms, ...formsOf(refresh)]);
    for (const form of formsOf(refresh)) assert.ok(!Buffer.from(display.agent.log).includes(form));
    // other settings of the same client keep it, and no word of the command line shows it
    await headend.cli('screen', 'access', id, 'sso', '--issuer', provider.issuer, '--client-id', `screens:${method}`, '--allow', 'anyone', '--session', '600');
    assert.match(await headend.sql(`SELECT client_auth || client_secret FROM person_policy WHERE device = '${id}'`), new RegExp(`^client_secret_${method}eyJ`));
    await headend.cli('screen', 'access', id, 'sso', '--issuer', provider.issuer, '--client-id', 'screens', '--allow', 'anyone');
    assert.equal(await headend.sql(`SELECT client_auth || client_secret FROM person_policy WHERE device = '${id}'`), 'none', 'another client has none of it');
  };
  test('shows the provider the secret of its client, by client_secret_basic, and nobody else', keepsSecret('basic'));
  test('shows the provider the secret of its client, by client_secret_post, and nobody else', keepsSecret('post'));

  async function assertSecretGone(headend, display) {
    for (const form of secretForms) {
      for (const [what, log] of Object.entries({ agent: display.agent.log, player: display.player.log, headend: headend.log })) assert.ok(!log.includes(form), `the ${what}'s log`);
      for (const place of [display.dir, headend.dir]) for await (const { name, data } of filesBelow(place)) assert.ok(!data.includes(form), name);
      await until(async () => !await access.memoryHas(display.agent.child.pid, form), 'the secret to be gone from the memory');
    }
  }

  test('lets nobody in who is not allowed, and says so', async (t) => {
    const { provider, display } = await start(t, { access: ['--allow', 'email:ada@example.org'] });
    const first = await waitAsk(display);
    await provider.signIn(first.complete, 'eve');
    await display.agent.waitLog(/sign-in-denied: .*may not do so at this screen/);
    assert.ok(hides(await display.screenshot()));
    const second = await waitAsk(display, display.agent.log.search(/sign-in-denied/));
    assert.notEqual(second.code, first.code);
    await provider.signIn(second.complete, 'ada');
    await display.waitPicture(shows, 'the content');
  });

  test('follows a provider whose keys change', async (t) => {
    const { provider, headend, display, id } = await start(t, {});
    await provider.signIn((await waitAsk(display)).complete, 'ada');
    await display.waitPicture(shows, 'the content');
    const from = display.agent.log.length;
    await headend.cli('screen', 'sign-out', id);
    provider.rotateKeys();
    await provider.signIn((await waitAsk(display, from)).complete, 'ada');
    await display.waitPicture(shows, 'the content, by the new keys', 90000);
  });

  test('ends a session at its time, whatever becomes of the agent and the network meanwhile', async (t) => {
    const { provider, headend, display, id } = await start(t, { access: ['--allow', 'anyone', '--session', '60', '--at-most', '60'] });
    await provider.signIn((await waitAsk(display)).complete, 'ada');
    await display.waitPicture(shows, 'the content');
    const key = await channelKey(headend);
    // a restart brings it back by the headend's word alone
    await display.stopAgent('SIGKILL');
    await assertNoKey(display, key);
    await display.startAgent();
    await display.agent.waitLog(/session-begun/); // the picture alone may be what the player holds of the agent before
    await display.waitPicture(shows, 'the content again');
    await headend.stopServing();
    await display.agent.waitLog(/session-ended: session \S+: expired/, 0, 120000);
    await display.waitPicture(hides, 'nothing any more');
    await assertNoKey(display, key);
    assert.equal(await headend.sql(`SELECT count(*) FROM person_session WHERE device = '${id}'`), '1');
    // nor does the power bring it back, without a network
    await display.stopAgent('SIGKILL');
    await display.startAgent();
    await display.agent.waitLog(/-> offline/);
    assert.ok(hides(await display.screenshot()));
    await headend.startServing();
    await display.agent.waitLog(/sign in at/, 0, 150000);
    assert.ok(hides(await display.screenshot()));
  });

  test('renews a session with the provider, and ends it where that no longer knows the person', async (t) => {
    const { provider, headend, display, id } = await start(t, { access: ['--allow', 'anyone', '--session', '60', '--at-most', '3600'] });
    await provider.signIn((await waitAsk(display)).complete, 'ada');
    await display.waitPicture(shows, 'the content');
    const expires = async () => Number(await headend.sql(`SELECT coalesce(max(expires), 0) FROM person_session WHERE device = '${id}'`));
    const first = await expires();
    await until(async () => await expires() > first, 'the renewal', 90000).catch((error) => { throw new Error(`${error.message}:\n${headend.log}\n${display.agent.log.slice(-1500)}`); });
    assert.ok(shows(await display.screenshot()));
    provider.revoke('ada');
    await display.agent.waitLog(/sign-in-trouble: .*not renewed/, 0, 90000);
    await display.agent.waitLog(/session-ended/, 0, 120000);
    await display.waitPicture(hides, 'nothing any more');
  });
});
