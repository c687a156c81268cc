// Temporary display points: somebody signs in at a real OpenID Connect provider, and for so long there is something to see.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { filesBelow, startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';
import { startProvider } from './servers/provider.mjs';

const RED = [254, 0, 0];
const shows = (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), RED);
const hides = (shot) => !shows(shot);

describe('a screen at which somebody signs in at a provider', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-sso-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function start(t, { algorithm, access = ['--allow', 'anyone'], lifetime } = {}) {
    const provider = await startProvider({ algorithm, lifetime });
    t.after(() => provider.stop());
    const headend = await startHeadend({ serve: ['--poll-interval', '1', '--provider-ca', provider.caFile] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const display = await startDisplay(headend, { config: ['[access]', `provider-ca = ${provider.caFile}`] });
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: 'Meeting room', channel: 'lobby' });
    await display.agent.waitLog(/-> online/);
    await headend.cli('screen', 'access', id, 'sso', '--issuer', provider.issuer, '--client-id', 'screens', '--scope', 'openid email profile offline_access', ...access);
    return { provider, headend, display, id };
  }
  async function waitAsk(display, from = 0) {
    const [, uri, code] = await display.agent.waitLog(/sign in at (\S+) with the code (\S+)/, from);
    return { uri, code, complete: `${uri}?user_code=${code}` };
  }
  const channelKey = async (headend) => Buffer.from(await headend.sql("SELECT lower(hex(key)) FROM channel WHERE id = 'lobby'"), 'hex');
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
