// A real screen whose first certificate is behind an EST server that wants a name and a password (RFC 7030 §3.2.3):
// here a registration authority in front of the headend, which asks by Basic and passes on what it has let in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesBelow, startDisplay } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { assertNotSent } from './lib/uploads.mjs';
import { formsOf } from './lib/vault.mjs';
import { startTlsEnd } from './servers/tls_end.mjs';

const PASSWORD = 'planted-password-7f31';
const BASIC = `Basic ${Buffer.from(`screen:${PASSWORD}`).toString('base64')}`;

// Asks for Basic at simpleenroll alone, and has the headend see the approval's token.
function registrar() {
  let token;
  return ({ url, headers }) => {
    if (url !== '/.well-known/est/simpleenroll') return undefined;
    if (headers.authorization === BASIC) return { replaced: { authorization: token } };
    token = headers.authorization;
    return { status: 401, headers: { 'www-authenticate': 'Basic realm="registrar"' } };
  };
}

test('name and password bring the first certificate, stand readable nowhere, and are forgotten then', async (t) => {
  const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  t.after(() => headend.stop());
  const proxy = await startTlsEnd(headend, { answer: registrar() });
  t.after(() => proxy.stop());
  const display = await startDisplay({ url: proxy.url, caFile: proxy.caFile, rootFile: headend.rootFile },
    { config: ['[headend]', 'est-user = screen', `est-password = ${PASSWORD}`] });
  t.after(() => display.stop());
  const { code, fingerprint } = await display.waitCode();
  const id = await headend.cli('approve', code, '--fingerprint', fingerprint.split(' ')[0], '--name', 'Foreign',
    '--channel', 'lobby', '--access', 'cookie');
  await display.agent.waitLog(/enrolled/);
  await display.agent.waitLog(/-> online/);

  const enrolments = proxy.seen.filter(({ url }) => url === '/.well-known/est/simpleenroll');
  assert.deepEqual(enrolments.map(({ headers, status }) => [headers.authorization.split(' ')[0], status]),
    [['Bearer', 401], ['Basic', 200]]);
  for (const { url, headers } of proxy.seen) {
    if (url !== '/.well-known/est/simpleenroll') assert.ok(!JSON.stringify(headers).includes(BASIC), url);
  }
  // The next start finds them in the file, has no use for them, and says so; none is kept.
  await display.stopAgent();
  await display.startAgent();
  await display.agent.waitLog(/est-user and est-password are not needed any more/);
  await display.agent.waitLog(/-> online/);
  for await (const { name, data } of filesBelow(display.stateDir)) {
    assert.ok(!data.includes(PASSWORD), name);
    assert.ok(!name.startsWith('est-credentials'), name);
  }
  const forms = [...formsOf(Buffer.from(PASSWORD)), BASIC.slice(6)];
  for (const form of forms) assert.ok(!Buffer.from(display.agent.log).includes(form));
  await assertNotSent(headend, id.trim(), forms);
});
