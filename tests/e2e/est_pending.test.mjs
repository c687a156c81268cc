// A first certificate that takes its time: the EST server answers 202, perhaps for days (RFC 7030 §4.2.3). What a person
// has approved outlives a restart of the screen, sealed, and is gone once the certificate is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ctl, ctlJson, stateOf } from './lib/ctl.mjs';
import { filesBelow, startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { startTlsEnd } from './servers/tls_end.mjs';

const ENROL = '/.well-known/est/simpleenroll';

// A screen that was approved, and whose EST server asks it to come again.
async function startPending(t) {
  const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  t.after(() => headend.stop());
  const how = { answer: ({ url }) => (url === ENROL ? { status: 202, headers: { 'retry-after': '1' } } : undefined) };
  const proxy = await startTlsEnd(headend, how);
  t.after(() => proxy.stop());
  const display = await startDisplay({ url: proxy.url, caFile: proxy.caFile, rootFile: headend.rootFile });
  t.after(() => display.stop());
  const { code, fingerprint } = await display.waitCode();
  await headend.cli('approve', code, '--fingerprint', fingerprint.split(' ')[0], '--name', 'Slow', '--channel', 'lobby', '--access', 'cookie');
  await display.agent.waitLog(/the certificate is not ready/);
  return { headend, proxy, display, how, code };
}

test('an approval outlives a restart while the certificate is not ready, sealed, and is gone then', async (t) => {
  const { proxy, display, how } = await startPending(t);
  const asked = () => proxy.seen.filter(({ url }) => url === ENROL);
  const [{ headers: { authorization } }] = asked();
  const kept = async () => {
    const names = [];
    for await (const { name, data } of filesBelow(display.stateDir)) {
      assert.ok(!data.includes(authorization.slice('Bearer '.length)), name);
      if (name.startsWith('enrolment-token')) names.push(name);
    }
    return names;
  };
  // The second 202 comes a second later: what was put at the first one is on its way to flash, and an orderly stop waits.
  await display.stopAgent();
  assert.equal((await kept()).length, 1);

  for (const signal of ['SIGKILL', 'SIGTERM']) {
    const before = asked().length;
    await display.startAgent();
    await display.agent.waitLog(/the certificate is not ready/);
    assert.ok(asked().length > before);
    assert.equal(asked().at(-1).headers.authorization, authorization);
    assert.doesNotMatch(display.agent.log, /enrol this screen at/);
    await display.stopAgent(signal);
  }
  how.answer = undefined;
  await display.startAgent();
  await display.agent.waitLog(/enrolled/);
  await display.agent.waitLog(/-> online/);
  assert.doesNotMatch(display.agent.log, /enrol this screen at/);
  await display.stopAgent();
  assert.deepEqual(await kept(), []);
  assert.ok(!display.agent.log.includes(authorization.slice('Bearer '.length)));
});

test('an approval that the server refuses after a restart is forgotten, and a new code is shown', async (t) => {
  const { display, how, code } = await startPending(t);
  await display.stopAgent();
  how.answer = ({ url }) => (url === ENROL ? { status: 401, headers: {} } : undefined);
  await display.startAgent();
  const next = await display.waitCode();
  assert.notEqual(next.code, code);
  await display.stopAgent();
  for await (const { name } of filesBelow(display.stateDir)) assert.ok(!name.startsWith('enrolment-token'), name);
});

test('enrol --again gives up an approval whose certificate does not come, on the screen and on the headend', async (t) => {
  const { headend, display, how, code } = await startPending(t);
  const again = await ctl(display, 'enrol', '--again');
  assert.equal(again.code, 0, again.err);
  assert.match(again.out, /^The approval that waited for its certificate is given up: this screen has to be approved again\.$/m);
  const { enrolment, given_up: givenUp } = await ctlJson(display, 'enrol');
  assert.equal(givenUp, false);
  assert.notEqual(enrolment.user_code, code);
  assert.match(again.out, new RegExp(`${enrolment.user_code}$`, 'm'));
  assert.match(display.agent.log, /local-control: a new code; the approval that waited for its certificate is given up, by /);

  // It is forgotten on flash as well, and void at the headend once the new code is approved.
  await display.stopAgent();
  for await (const { name } of filesBelow(display.stateDir)) assert.ok(!name.startsWith('enrolment-token'), name);
  how.answer = undefined;
  await display.startAgent();
  const next = await display.waitCode();
  assert.equal(await headend.sql('SELECT count(*) FROM token'), '1');
  how.answer = ({ url }) => (url === ENROL ? { status: 202, headers: { 'retry-after': '1' } } : undefined);
  await headend.cli('approve', next.code, '--fingerprint', next.fingerprint.split(' ')[0], '--name', 'Again', '--channel', 'lobby');
  await display.agent.waitLog(/the certificate is not ready/);
  assert.equal(await headend.sql("SELECT group_concat(status) FROM (SELECT status FROM enrolment ORDER BY created)"), 'done,approved');
  assert.equal(await headend.sql('SELECT count(*) FROM token'), '1');
  how.answer = undefined;
  await until(async () => await stateOf(display) === 'online', 'the screen to be online');
  assert.equal(await headend.sql('SELECT count(*), group_concat(name) FROM device'), '1|Again');
});
