// What the folder's owner does on the command line is an operation as any other: networks, proxies, keys and authorities stand in the audit.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { enrolDevice, startHeadend } from './lib/headend.mjs';

describe('the command line', () => {
  let headend;
  before(async () => { headend = await startHeadend(); });
  after(() => headend?.stop());

  const audited = async () => (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line));
  const last = async () => (await audited()).at(-1);

  test('writes down which networks screens ask from, and which proxies stand before us', async () => {
    await headend.cli('channel', 'add', 'lobby');
    await headend.cli('network', 'screens', '192.0.2.0/24', '127.0.0.1');
    let row = await last();
    assert.deepEqual([row.operation, row.outcome, row.target, row.before, row.after], ['network.screens', 'done', 'screens', { ranges: [] }, { ranges: ['192.0.2.0/24', '127.0.0.1'] }]);
    await headend.cli('network', 'screens', '--channel', 'lobby', '192.0.2.0/25');
    row = await last();
    assert.deepEqual([row.target, row.after], ['lobby', { ranges: ['192.0.2.0/25'] }]);
    await headend.cli('network', 'proxies', '198.51.100.7', '--header', 'X-Forwarded-For');
    row = await last();
    assert.deepEqual([row.operation, row.before, row.after], ['network.proxies', { ranges: [], header: 'Forwarded' }, { ranges: ['198.51.100.7'], header: 'X-Forwarded-For' }]);
    const count = (await audited()).length;
    await assert.rejects(headend.cli('network', 'screens', 'nonsense'));
    await assert.rejects(headend.cli('network', 'screens', '--channel', 'nowhere', '192.0.2.0/24'));
    await assert.rejects(headend.cli('network', 'screens', '--channel', '*', '192.0.2.0/24'), /no such channel/);
    assert.equal((await audited()).length, count, 'what is refused changes nothing');
    await headend.cli('network', 'screens', '--any');
    await headend.cli('network', 'screens', '--channel', 'lobby', '--any');
    await headend.cli('network', 'proxies', '--none');
  });

  test('writes down a screen’s proxy without its password', async () => {
    const screen = await enrolDevice(headend, { name: 'Behind', channel: 'lobby' });
    await headend.cliInput('very secret\n', 'screen', 'proxy', screen.id, '--address', 'http://proxy.example:3128', '--user', 'me', '--password-stdin');
    let row = await last();
    assert.deepEqual([row.operation, row.target, row.before.set, row.after.set, row.after.address, row.after.user, row.after.password], ['screen.proxy', screen.id, false, true, 'http://proxy.example:3128', 'me', true]);
    assert.doesNotMatch(JSON.stringify(await audited()), /very secret/);
    assert.equal(row.after.credentials, undefined);
    await headend.cli('screen', 'proxy', screen.id, '--unset');
    row = await last();
    assert.deepEqual([row.before.set, row.after.set], [true, false]);
  });

  test('writes down changes of keys and authorities before they begin', async () => {
    await headend.cli('rotate-keys', 'timestamp', 'database');
    assert.deepEqual([(await last()).operation, (await last()).after], ['keys.rotate', { roles: ['timestamp', 'database'] }]);
    await headend.cli('channel', 'rotate-key', 'lobby');
    assert.deepEqual([(await last()).operation, (await last()).target], ['channel.rotate-key', 'lobby']);
    await assert.rejects(headend.cli('channel', 'rotate-key', 'nowhere'));
    const [first] = JSON.parse(await headend.cli('ca', 'list', '--json'));
    await headend.cli('ca', 'rotate');
    assert.equal((await last()).operation, 'authority.rotate');
    await headend.cli('ca', 'retire', first.sha256 ?? first.fingerprint, '--force');
    const row = await last();
    assert.deepEqual([row.operation, row.after.force], ['authority.retire', true]);
    await headend.cli('restate-time');
    assert.equal((await last()).operation, 'repository.restate-time');
    await headend.cli('restored');
    assert.deepEqual([(await last()).operation, (await last()).after], ['repository.restored', { root_version: 0 }]);
    await headend.cli('audit', 'verify');
  });
});
