// A temporary display point at another real provider, Debian's glewlwyd: other addresses, other tokens, other habits.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hides, shows, startScreen, waitAsk } from './lib/access.mjs';
import { makeImage } from './lib/media.mjs';
import { hasGlewlwyd, startGlewlwyd } from './servers/glewlwyd.mjs';

const SECRET = 'mark-3c7e.Quiet_Harbour~52';
const CLIENTS = [{ client_id: 'screens', confidential: false }, ...['basic', 'post'].map((method) => (
  { client_id: `screens-${method}`, confidential: true, client_secret: SECRET, token_endpoint_auth_method: [`client_secret_${method}`] }))];

describe('a screen at which somebody signs in at glewlwyd', { concurrency: 2, skip: !hasGlewlwyd() }, () => {
  let dir;
  let provider;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-glewlwyd-'));
    await makeImage(dir, 'red.png', 'red');
    await writeFile(path.join(dir, 'secret'), `${SECRET}\n`, { mode: 0o600 });
    provider = await startGlewlwyd({ clients: CLIENTS });
  });
  after(async () => {
    await provider.stop();
    await rm(dir, { recursive: true, force: true });
  });

  async function start(t, client, more) {
    const screen = await startScreen(t, { picture: path.join(dir, 'red.png'), serve: ['--provider-ca', provider.caFile],
      display: { config: ['[access]', `provider-ca = ${provider.caFile}`] } });
    await screen.display.agent.waitLog(/-> online/);
    await screen.headend.cli('screen', 'access', screen.id, 'sso', '--issuer', provider.issuer, '--client-id', client, '--scope', 'openid', ...more);
    return screen;
  }

  test('lets in who is of the right group, nobody else, and forgets the session that the headend ends', async (t) => {
    const { headend, display, id } = await start(t, 'screens', ['--groups-claim', 'department', '--allow', 'group:staff']);
    await provider.signIn(await waitAsk(display), 'eve');
    await display.agent.waitLog(/sign-in-denied: .*may not do so at this screen/);
    assert.ok(hides(await display.screenshot()));
    await provider.signIn(await waitAsk(display, display.agent.log.search(/sign-in-denied/)), 'ada');
    await display.waitPicture(shows, 'the content');
    const from = display.agent.log.length;
    await headend.cli('screen', 'sign-out', id);
    await display.waitPicture(hides, 'the sign-in again');
    await waitAsk(display, from);
  });

  for (const method of ['basic', 'post']) {
    test(`is a confidential client there, by client_secret_${method}`, async (t) => {
      const client = `screens-${method}`;
      const { headend, display } = await start(t, client, ['--allow', 'anyone', '--client-secret-file', path.join(dir, 'secret'), '--client-auth', `client_secret_${method}`]);
      await provider.signIn(await waitAsk(display), 'ada', client);
      await display.waitPicture(shows, 'the content');
      for (const [what, log] of Object.entries({ agent: display.agent.log, headend: headend.log })) assert.ok(!log.includes(SECRET), `the ${what}'s log`);
    });
  }

  test('stays signed in until the end of the session where the provider renews it with no ID token', async (t) => {
    const { headend, display, id } = await start(t, 'screens', ['--allow', 'anyone', '--session', '60', '--at-most', '3600']);
    await provider.signIn(await waitAsk(display), 'ada');
    await display.waitPicture(shows, 'the content');
    await display.agent.waitLog(/sign-in-trouble: .*the session is not renewed: the provider's answer has no ID token/, 0, 90000);
    assert.ok(shows(await display.screenshot()));
    assert.equal(await headend.sql(`SELECT count(*) FROM person_session WHERE device = '${id}'`), '1');
  });
});
