// A real screen behind a proxy that ends TLS: it enrols, is renewed and plays by its cookie and proofs, and what the proxy has
// read gives nothing away.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { filesBelow, startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';
import { startTlsEnd } from './servers/tls_end.mjs';

const COLOURS = { red: [254, 0, 0], blue: [0, 0, 254] };
const shows = (colour) => (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), COLOURS[colour]);

describe('a screen behind a proxy that ends TLS', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-cookie-'));
    for (const colour of Object.keys(COLOURS)) await makeImage(dir, `${colour}.png`, colour);
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function start(t, serve = []) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1', ...serve] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const proxy = await startTlsEnd(headend);
    t.after(() => proxy.stop());
    const display = await startDisplay({ url: proxy.url, caFile: proxy.caFile, rootFile: headend.rootFile });
    t.after(() => display.stop());
    return { headend, proxy, display };
  }
  async function enrolled(t, serve) {
    const all = await start(t, serve);
    const { code, fingerprint } = await all.display.waitCode();
    all.id = (await all.headend.cli('approve', code, '--fingerprint', fingerprint.split(' ')[0], '--name', 'Behind', '--channel', 'lobby',
      '--access', 'cookie')).trim();
    await all.display.waitPicture(shows('red'), 'the first content');
    await all.display.agent.waitLog(/-> online/);
    return all;
  }

  test('enrols, plays and follows what is published; nothing that the proxy saw is of use to it', async (t) => {
    const { headend, proxy, display, id } = await enrolled(t);
    await headend.publish('lobby', [path.join(dir, 'blue.png')]);
    await display.waitPicture(shows('blue'), 'what was published');
    const report = await until(async () => JSON.parse(await headend.cli('screen', 'show', id)).report, 'a report');
    assert.equal(report.access.mode, 'cookie');
    // What it has seen: everything but the keys.
    const key = await headend.channelKey('lobby');
    assert.equal(key.length, 32);
    const forms = [key, Buffer.from(key.toString('hex')), Buffer.from(key.toString('base64url')), Buffer.from(key.toString('base64').slice(0, 43))];
    const passed = proxy.seen.flatMap(({ url, headers, body, answer, answerHeaders }) => [Buffer.from(JSON.stringify({ url, headers, answerHeaders })), body, answer ?? Buffer.alloc(0)]);
    assert.ok(passed.some((bytes) => bytes.includes('__Host-pingplay=')), 'the proxy sees the cookie');
    for (const form of forms) assert.ok(!passed.some((bytes) => bytes.includes(form)), 'and not the key of the channel');
    // Each proof that passed, once more: with the very request that it was made for.
    const proven = proxy.seen.filter(({ headers, status }) => headers.dpop && status && status !== 401);
    assert.ok(proven.length > 5);
    assert.ok(proven.every(({ url }) => /^\/(v1|repo)\//.test(url)));
    for (const { method, url, headers, body } of proven) {
      const { connection: _, ...sent } = headers;
      const again = await headend.request(method, url, { headers: sent, body: body.length ? body : undefined });
      assert.equal(again.status, 401, `${method} ${url}`);
    }
    const { cookie } = proven.find(({ headers }) => headers.cookie).headers;
    for (const place of ['/v1/state', '/repo/metadata/timestamp.json']) {
      assert.equal((await headend.request('GET', place, { cookie })).status, 401, place);
    }
    for (const { headers } of proxy.seen) assert.equal(headers['x-client-cert'], undefined);
  });

  test('goes on after both ends were restarted, and is renewed through the proxy', async (t) => {
    const { headend, proxy, display } = await enrolled(t, ['--certificate-lifetime', '60']);
    await display.agent.waitLog(/renewed: certificate of device/, 0, 120000);
    await headend.stopServing();
    await headend.startServing();
    await display.stopAgent('SIGKILL');
    const from = proxy.seen.length;
    await display.startAgent();
    await display.waitContent();
    await display.agent.waitLog(/-> online/, 0, 60000);
    assert.doesNotMatch(display.agent.log, /-> (unenrolled|locked)/);
    const nonces = proxy.seen.slice(from).filter(({ answer, status }) => status === 401 && /proof-nonce/.test(answer));
    assert.ok(nonces.length > 0, 'the nonces of before are none');
    await headend.publish('lobby', [path.join(dir, 'blue.png')]);
    await display.waitPicture(shows('blue'), 'what was published');
  });

  test('changes over while it plays: to certificates on a network without a proxy, and back', async (t) => {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const display = await startDisplay(headend);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: 'Moves', channel: 'lobby' });
    await display.waitPicture(shows('red'), 'the first content');
    await headend.cli('screen', 'access', id, 'cookie');
    await display.agent.waitLog(/access-mode: cookie, before certificate/);
    await headend.publish('lobby', [path.join(dir, 'blue.png')]);
    await display.waitPicture(shows('blue'), 'what was published, by proofs');
    await headend.cli('screen', 'access', id, 'certificate');
    await display.agent.waitLog(/access-mode: certificate, before cookie/);
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    await display.waitPicture(shows('red'), 'what was published, by the certificate');
    for await (const { name, data } of filesBelow(display.stateDir)) assert.ok(!data.includes('__Host-pingplay='), name);
  });

  test('that is retired and removed hears so from the headend itself, and shows a code', async (t) => {
    const { headend, display, id } = await enrolled(t);
    const from = display.agent.log.length;
    await headend.cli('screen', 'retire', id);
    await headend.cli('screen', 'remove', id);
    await display.agent.waitLog(/-> locked[^]*enrol this screen/, from);
    await display.waitPicture((shot) => !shows('red')(shot), 'nothing of the content');
  });

  test('that was set to certificates before a proxy came in between is taken again once its mode is changed', async (t) => {
    const { headend, display } = await start(t);
    const { code, fingerprint } = await display.waitCode();
    const id = (await headend.cli('approve', code, '--fingerprint', fingerprint.split(' ')[0], '--name', 'Cut off', '--channel', 'lobby')).trim();
    await display.agent.waitLog(/certificate-required/);
    await headend.cli('screen', 'access', id, 'cookie');
    await display.agent.waitLog(/-> online/, 0, 150000);
    await display.waitPicture(shows('red'), 'the content');
  });
});
