// From where screens may ask: ranges of addresses, of the organisation and of channels, and proxies that tell them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { signIn } from './lib/headend-browser.mjs';
import {
  controlKeys, deviceAuthorization, enrolDevice, eventually, makeCsr, makeKey, pollToken, sessionRequest, simpleEnroll, startHeadend,
  thumbprintOf, waitingPoll,
} from './lib/headend.mjs';
import { verifyJws } from './lib/jose.mjs';

const NONCE = 'n0nce-of-the-request';
const at = (localAddress, headers = {}) => ({ host: '127.0.0.1', localAddress, headers });

describe('the network that a screen asks from', { concurrency: 2 }, () => {
  async function start(t, approval = { name: 'Door' }) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    if (approval.channel) await headend.cli('channel', 'add', approval.channel);
    const device = await enrolDevice(headend, approval);
    const state = (localAddress, headers) => headend.request('GET', '/v1/state', { device, ...at(localAddress, headers) });
    // A command is over before the server has looked: the database is the same, and it is asked each time.
    return { headend, device, state };
  }
  const statuses = async (state, ...asked) => Promise.all(asked.map(async (how) => (await state(...how)).status));

  test('is anywhere, until ranges are named; then a screen outside is refused, signed, whatever it asks', async (t) => {
    const { headend, device, state } = await start(t);
    assert.deepEqual(await statuses(state, ['127.0.0.1'], ['127.0.0.2']), [200, 200]);
    assert.match(await headend.cli('network', 'list'), /screens may ask from everywhere/);
    await headend.cli('network', 'screens', '127.0.0.2', '192.0.2.0/24');
    assert.deepEqual(await statuses(state, ['127.0.0.1'], ['127.0.0.2'], ['127.0.0.3']), [403, 200, 403]);
    const refused = await state('127.0.0.1', { 'pingplay-nonce': NONCE });
    const { code, refusal } = refused.json();
    assert.equal(code, 'network-refused');
    const { iat, ...said } = JSON.parse(verifyJws(refusal, controlKeys(headend), 'pingplay-refusal'));
    assert.deepEqual(said, { aud: device.id, nonce: NONCE, reason: 'network' });
    assert.ok(Math.abs(iat - Date.now() / 1000) < 300);
    const json = { 'content-type': 'application/json' };
    for (const [method, path, options] of [
      ['POST', '/v1/session', sessionRequest(device)],
      ['POST', '/v1/status', { device, headers: json, body: '{}' }],
      ['POST', '/v1/events', { device, headers: json, body: '{}' }],
      ['POST', '/.well-known/est/simplereenroll', { device, headers: { 'content-type': 'application/pkcs10' }, body: (await makeCsr(makeKey())).toString('base64') }],
      ['GET', '/repo/targets/nothing', { device }],
    ]) {
      const answer = await headend.request(method, path, { ...options, ...at('127.0.0.1', options.headers) });
      assert.deepEqual([answer.status, answer.json().code], [403, 'network-refused'], path);
    }
    // By these it knows whose word the refusal is.
    assert.equal((await headend.request('GET', '/repo/metadata/timestamp.json', { device, ...at('127.0.0.1') })).status, 200);
    await headend.cli('network', 'screens', '--any');
    assert.deepEqual(await statuses(state, ['127.0.0.1']), [200]);
  });

  test('is looked at again for a poll that waits', async (t) => {
    const { headend, device, state } = await start(t);
    const { etag } = (await state('127.0.0.1')).headers;
    const poll = await waitingPoll(headend, device, etag);
    await headend.cli('network', 'screens', '192.0.2.0/24');
    assert.equal((await poll.answer).status, 403);
  });

  test('has to be the channel\'s as well', async (t) => {
    const { headend, device, state } = await start(t, { name: 'Door', channel: 'lobby' });
    await headend.cli('channel', 'add', 'hall');
    await headend.cli('network', 'screens', '127.0.0.0/24');
    await headend.cli('network', 'screens', '--channel', 'lobby', '127.0.0.2', '127.1.0.0/16');
    assert.deepEqual(await statuses(state, ['127.0.0.1'], ['127.0.0.2'], ['127.1.0.1']), [403, 200, 403]);
    await headend.cli('screen', 'set', device.id, '--channel', 'hall');
    assert.deepEqual(await statuses(state, ['127.0.0.1'], ['127.0.0.2'], ['127.1.0.1']), [200, 200, 403]);
    const list = JSON.parse(await headend.cli('network', 'list', '--json'));
    assert.deepEqual(list, { screens: ['127.0.0.0/24'], channels: { lobby: ['127.0.0.2', '127.1.0.0/16'] }, proxies: [], header: 'Forwarded' });
    await headend.cli('channel', 'remove', 'lobby');
    assert.deepEqual(JSON.parse(await headend.cli('network', 'list', '--json')).channels, {});
  });

  test('is told by proxies that were named, in the header that was, and by nobody else', async (t) => {
    const { headend, state } = await start(t);
    await headend.cli('network', 'screens', '198.51.100.0/24', '2001:db8::/32');
    const good = { forwarded: 'for=198.51.100.7' };
    const [outside, proxy] = ['127.0.0.1', '127.0.0.9'];
    assert.deepEqual(await statuses(state, [outside, good], [proxy, good]), [403, 403], 'nobody is a proxy yet');
    await headend.cli('network', 'proxies', '127.0.0.9', '10.0.0.0/8');
    const rows = [
      [200, proxy, good],
      [200, proxy, { forwarded: 'for=203.0.113.5, for="[2001:db8::1]:4711"' }],
      [200, proxy, { forwarded: ['for=203.0.113.5, for=198.51.100.7', 'for=10.1.2.3'] }],
      [403, outside, good],
      [403, outside, { 'x-forwarded-for': '198.51.100.7' }],
      [403, proxy, { forwarded: 'for=198.51.100.7, for=203.0.113.5' }],
      [403, proxy, { forwarded: ['for=198.51.100.7', 'for=203.0.113.5'] }],
      [403, proxy, { forwarded: 'for=198.51.100.7, for=203.0.113.5, for=10.1.2.3' }],
      [403, proxy, { 'x-forwarded-for': '198.51.100.7' }],
      [403, proxy, { forwarded: 'for=unknown' }],
      [403, proxy, { forwarded: 'for=198.51.100.7, for=_hidden' }],
      [403, proxy, { forwarded: 'for="198.51.100.7' }],
      [403, proxy, {}],
    ];
    assert.deepEqual(await statuses(state, ...rows.map(([, ...how]) => how)), rows.map(([status]) => status));
    await headend.cli('network', 'proxies', '--header', 'x-forwarded-for', '127.0.0.9');
    assert.deepEqual(await statuses(state, [proxy, { 'x-forwarded-for': '203.0.113.5, 198.51.100.7' }],
      [proxy, { 'x-forwarded-for': '203.0.113.5', forwarded: 'for=198.51.100.7' }], [proxy, good],
      [outside, { 'x-forwarded-for': '198.51.100.7' }]), [200, 403, 403, 403]);
  });

  test('is looked at before anybody enrols, and says nothing of people', async (t) => {
    const { headend } = await start(t, { name: 'Door', channel: 'lobby' });
    const key = makeKey();
    const before = (await deviceAuthorization(headend, thumbprintOf(key))).json();
    await headend.cli('network', 'screens', '127.0.0.2');
    const refused = await deviceAuthorization(headend, thumbprintOf(makeKey()), at('127.0.0.1'));
    assert.deepEqual([refused.status, refused.json().code, refused.json().error], [403, 'network-refused', 'network_refused']);
    assert.equal((await deviceAuthorization(headend, thumbprintOf(makeKey()), at('127.0.0.2'))).status, 200);
    assert.equal((await pollToken(headend, before.device_code)).json().error, 'network_refused');
    // It was inside when it got its token.
    await headend.cli('network', 'screens', '--any');
    await headend.approve(before.user_code, { name: 'New', channel: 'lobby' });
    const granted = await eventually(async () => (await pollToken(headend, before.device_code)).json().access_token, 20000, 'a token', 1100);
    await headend.cli('network', 'screens', '--channel', 'lobby', '127.0.0.2');
    const csr = await makeCsr(key);
    assert.equal((await simpleEnroll(headend, granted, csr)).status, 403);
    assert.equal((await simpleEnroll(headend, granted, csr, undefined, at('127.0.0.2'))).status, 200);
    // Whoever has locked all screens out can still sign in, from anywhere.
    await headend.cli('network', 'screens', '192.0.2.1');
    const browser = await signIn(headend);
    assert.equal((await browser.get('/admin/screens')).status, 200);
  });

  test('is named by ranges that mean what they say', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    for (const range of ['10.0.0.1/8', '10.0.0.0/33', '10.0.0/8', 'localhost', '::ffff:10.0.0.0/64', '', '10.0.0.0/08']) {
      await assert.rejects(headend.cli('network', 'screens', '--', range), /not a range|behind the prefix|prefix/, range);
    }
    await assert.rejects(headend.cli('network', 'screens', '--channel', 'none', '10.0.0.0/8'), /there is no channel/);
    await assert.rejects(headend.cli('network', 'screens', '--channel', '*', '10.0.0.0/8'), /no such channel/);
    await assert.rejects(headend.cli('network', 'screens'), /ranges or --any/);
    await assert.rejects(headend.cli('network', 'screens', '--any', '10.0.0.0/8'), /ranges or --any/);
    await assert.rejects(headend.cli('network', 'proxies', '--header', 'X-Real-IP', '10.0.0.0/8'), /must be Forwarded/);
    await headend.cli('network', 'screens', '::ffff:10.0.0.0/104', '10.0.0.0/8', '2001:DB8::/32');
    assert.deepEqual(JSON.parse(await headend.cli('network', 'list', '--json')).screens, ['10.0.0.0/8', '2001:db8::/32']);
    assert.match(await headend.cli('network', 'list'), /screens +- +10\.0\.0\.0\/8/);
  });
});
