// One screen through all access modes, asked for by the command set-access-mode, and back to its certificate.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { channelKey, hides, makePhone, setPassword, shows, startScreen, waitAsk } from './lib/access.mjs';
import { ctlJson } from './lib/ctl.mjs';
import { filesBelow } from './lib/display.mjs';
import { makeImage } from './lib/media.mjs';
import { startProvider } from './servers/provider.mjs';

const PASSWORD = 'opensesame-2026';

describe('the command set-access-mode', () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-modes-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  test('leads a screen through all modes and back, and none of a session is left in the next mode', async (t) => {
    const provider = await startProvider();
    t.after(() => provider.stop());
    const { headend, display, id } = await startScreen(t, { picture: path.join(dir, 'red.png'), serve: ['--provider-ca', provider.caFile],
      display: { config: ['[access]', `provider-ca = ${provider.caFile}`] } });
    await display.waitPicture(shows, 'the content of a permanent screen');
    const set = (mode) => headend.cli('screen', 'command', id, 'set-access-mode', mode, '--wait');
    const mode = async () => [(await ctlJson(display, 'status')).access.mode, JSON.parse(await headend.cli('screen', 'show', id)).access.mode];
    for (const unready of ['sso', 'password']) await assert.rejects(set(unready), /nobody could sign in there yet/);
    assert.deepEqual(await mode(), ['certificate', 'certificate'], 'what nobody could sign in at is refused before it is sent');

    // how one signs in is set once, and from then on the command is enough
    await headend.cli('screen', 'access', id, 'sso', '--issuer', provider.issuer, '--client-id', 'screens', '--scope', 'openid', '--allow', 'anyone');
    await setPassword(headend, id, PASSWORD);
    await display.agent.waitLog(/access-mode: password, before sso/);
    assert.match(await set('certificate'), /set-access-mode done/);
    await display.waitPicture(shows, 'the content of a permanent screen again');

    let from = display.agent.log.length;
    assert.match(await set('sso'), /set-access-mode done/);
    assert.deepEqual(await mode(), ['sso', 'sso']);
    const ask = await waitAsk(display, from);
    await display.waitPicture(hides, 'the sign-in at the provider');
    await provider.signIn(`${ask.uri}?user_code=${ask.code}`, 'ada');
    await display.waitPicture(shows, 'the content of the session');

    from = display.agent.log.length;
    assert.match(await set('password'), /set-access-mode done/);
    assert.deepEqual(await mode(), ['password', 'password']);
    await display.agent.waitLog(/session-ended: session \S+: changed/, from);
    await display.waitPicture(hides, 'the sign-in by a password');
    const key = await channelKey(headend);
    for await (const { name, data } of filesBelow(display.stateDir)) assert.ok(!data.includes(key), name);
    await makePhone(headend).signIn((await waitAsk(display, from)).code, PASSWORD);
    await display.waitPicture(shows, 'the content of the second session');

    from = display.agent.log.length;
    for (const permanent of ['cookie', 'certificate']) {
      assert.match(await set(permanent), /set-access-mode done/);
      assert.deepEqual(await mode(), [permanent, permanent]);
    }
    await display.agent.waitLog(/session-ended: session \S+: changed/, from);
    await display.agent.waitLog(/access-mode: certificate, before cookie/, from);
    assert.equal(await headend.sql(`SELECT count(*) FROM person_session WHERE device = '${id}'`), '0');
    await makeImage(dir, 'blue.png', 'blue');
    await headend.publish('lobby', [path.join(dir, 'blue.png')]);
    await display.waitPicture((shot) => !shows(shot), 'what is published then, by the certificate');
    const done = JSON.parse(await headend.cli('screen', 'commands', id, '--json')).filter(({ name }) => name === 'set-access-mode');
    assert.deepEqual([done.length, new Set(done.map(({ outcome }) => outcome))], [5, new Set(['done'])]);
  });
});
