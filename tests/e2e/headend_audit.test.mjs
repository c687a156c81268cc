// What people do is written down, wherever they do it, and nobody changes that unnoticed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Browser, signIn } from './lib/headend-browser.mjs';
import { enrolDevice, startHeadend } from './lib/headend.mjs';

describe('the audit', () => {
  let headend;
  let screen;
  before(async () => {
    headend = await startHeadend();
    screen = await enrolDevice(headend, { name: 'Hall', channel: 'lobby' });
  });
  after(() => headend?.stop());

  const rows = async () => (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line));
  const refused = async (...words) => headend.cli(...words).then(() => assert.fail('exit status 0'), (error) => error.stdout);

  test('says who did it from where, on the command line and in a page', async () => {
    const browser = await signIn(headend);
    await headend.cli('screen', 'set', screen.id, '--name', 'Foyer');
    const target = `/admin/screens/${screen.id}`;
    const answer = await browser.post(target, { csrf: Browser.token(await browser.get(target)), action: 'retire' });
    assert.equal(answer.status, 303);
    await headend.cli('screen', 'restore', screen.id);
    const [approved, renamed, retired, restored] = (await rows()).slice(-4);
    assert.deepEqual([approved.operation, approved.kind, approved.target], ['enrolment.approve', 'command line', screen.id]);
    assert.deepEqual([renamed.operation, renamed.actor, renamed.address, renamed.before.name, renamed.after.name],
      ['screen.change', 'command line', '', 'Hall', 'Foyer']);
    assert.deepEqual([retired.operation, retired.kind, retired.actor, retired.before.status, retired.after.status],
      ['screen.retire', 'person', 'admin', 'active', 'retired']);
    assert.match(retired.address, /^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)$/);
    assert.match(retired.session, /^[0-9a-f]{16}$/);
    assert.ok(!JSON.stringify(retired).includes(browser.cookie.split('=')[1]));
    assert.deepEqual([restored.operation, restored.outcome], ['screen.restore', 'done']);
  });

  test('is whole until somebody touches it, and then says where', async () => {
    const whole = await headend.cli('audit', 'verify');
    const noted = /^\d+ rows: whole\n(\d+:[0-9a-f]{64})\n$/.exec(whole)[1];
    assert.equal(await headend.cli('audit', 'verify', '--noted', noted), whole);
    await assert.rejects(headend.sql('DELETE FROM audit WHERE number = 2'), /the audit is as it was/);
    await headend.sql("DROP TRIGGER audit_stays; UPDATE audit SET after = replace(after, 'Foyer', 'Cellar') WHERE number = 2");
    assert.equal(await refused('audit', 'verify'), 'row 2 was changed, or is not the one that followed row 1\n');
  });

  test('of one who may not, the attempt is kept and nothing is changed', async () => {
    await headend.sql("UPDATE admin_grant SET role = 'viewer'");
    const browser = await signIn(headend);
    const target = `/admin/screens/${screen.id}`;
    const answer = await browser.post(target, { csrf: Browser.token(await browser.get(target)), action: 'retire' });
    assert.equal(answer.status, 403);
    assert.match(answer.text, /Not allowed/);
    assert.deepEqual((await rows()).slice(-1).map(({ operation, outcome, actor }) => [operation, outcome, actor]), [['screen.retire', 'denied', 'admin']]);
    assert.equal(await headend.sql(`SELECT status FROM device WHERE id = '${screen.id}'`), 'active');
  });
});
