// A screen that shows no certificate, since a proxy on its way ends TLS: each request proves that it has the device key
// (RFC 9449), and what passes that proxy is of no use to it.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { announceAgreementKey, makeAgreementKey } from './lib/jose.mjs';
import { certificatesOf, enrolDevice, makeCsr, openSession, startHeadend } from './lib/headend.mjs';
import { makeProver } from './lib/proof.mjs';

describe('a screen in access mode "cookie"', () => {
  let headend;
  before(async () => {
    headend = await startHeadend();
    await headend.cli('channel', 'add', 'lobby');
  });
  after(() => headend.stop());

  const announced = (device) => {
    device.agreement ??= makeAgreementKey();
    return { cookie: undefined, headers: { 'content-type': 'application/jose' }, body: announceAgreementKey(device.keyPem, device.agreement) };
  };
  async function cookieScreen() {
    const device = await enrolDevice(headend, { name: 'Behind', channel: 'lobby' });
    await headend.cli('screen', 'access', device.id, 'cookie');
    const prover = makeProver(device);
    const answer = await prover.request(headend, 'POST', '/v1/session', announced(device));
    assert.equal(answer.status, 204, answer.text);
    assert.equal(answer.headers['pingplay-access'], 'cookie');
    device.cookie = answer.headers['set-cookie'][0].split(';')[0];
    return { device, prover };
  }

  test('gets its session, its state and the repository by proofs alone, and says so in its state', async () => {
    const { prover } = await cookieScreen();
    const state = await prover.request(headend, 'GET', '/v1/state');
    assert.equal(state.status, 200, state.text);
    assert.deepEqual(state.json().access, { mode: 'cookie' });
    assert.equal(state.json().channel.id, 'lobby');
    const metadata = await prover.request(headend, 'GET', '/repo/metadata/timestamp.json?x=1');
    assert.equal(metadata.status, 200, metadata.text);
    const status = await prover.request(headend, 'POST', '/v1/status', { headers: { 'content-type': 'application/json' }, body: '{}' });
    assert.notEqual(status.status, 401, status.text);
  });

  test('gives a proxy that ends TLS nothing that it could use: not the cookie, no proof twice, none for another request', async () => {
    const { device, prover } = await cookieScreen();
    await prover.request(headend, 'GET', '/v1/state');
    const proven = (options = {}, method = 'GET', path = '/v1/state') => headend.request(method, path, { cookie: device.cookie,
      headers: { dpop: prover.header(headend, 'GET', '/v1/state', options) } });
    const refused = async (what, answer, code) => {
      const { status, text } = await answer;
      assert.equal(status, 401, `${what}: ${text}`);
      assert.match(text, new RegExp(`"code":"${code}"`), what);
    };
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const other = await enrolDevice(headend, { name: 'Other', channel: 'lobby' });
    const otherKey = makeProver(other).header;
    await refused('the cookie alone', headend.request('GET', '/v1/state', { cookie: device.cookie }), 'certificate-required');
    await refused('the cookie alone, for content', headend.request('GET', '/repo/metadata/timestamp.json', { cookie: device.cookie }), 'certificate-required');
    const once = prover.header(headend, 'GET', '/v1/state', {});
    const say = () => headend.request('GET', '/v1/state', { cookie: device.cookie, headers: { dpop: once } });
    assert.equal((await say()).status, 200);
    await refused('a proof again', say(), 'proof-replayed');
    await refused('for another method', proven({ claims: { htm: 'POST' } }), 'proof-invalid');
    await refused('for another address', proven({ claims: { htu: `${headend.url}/v1/events` } }), 'proof-invalid');
    await refused('for another server', proven({ claims: { htu: `https://evil.example:${headend.port}/v1/state` } }), 'proof-invalid');
    await refused('with another path', proven({}, 'GET', '/repo/metadata/timestamp.json'), 'proof-invalid');
    await refused('of another cookie', proven({ cookie: '__Host-pingplay=another' }), 'proof-invalid');
    await refused('of no cookie', proven({ claims: { ath: undefined } }), 'proof-invalid');
    await refused('without a nonce', proven({ claims: { nonce: undefined } }), 'proof-nonce');
    await refused('with a nonce that is not ours', proven({ claims: { nonce: 'x' } }), 'proof-nonce');
    await refused('without an id', proven({ claims: { jti: undefined } }), 'proof-invalid');
    await refused('of no algorithm', proven({ header: { alg: 'none' } }), 'proof-invalid');
    await refused('of another kind', proven({ header: { typ: 'JWT' } }), 'proof-invalid');
    await refused('signed by another key', proven({ key: stranger, jwk: makeProverJwk(device) }), 'proof-invalid');
    assert.equal((await proven({ key: stranger })).status, 403, 'by a key that nobody knows');
    const foreign = await headend.request('GET', '/v1/state', { cookie: device.cookie, headers: { dpop:
      otherKey(headend, 'GET', '/v1/state', { cookie: device.cookie, claims: { nonce: prover.nonce } }) } });
    assert.equal(foreign.status, 401, 'by the key of another screen, whose mode asks for a certificate');
    await headend.cli('screen', 'access', other.id, 'cookie');
    await refused('by the key of another screen', headend.request('GET', '/v1/state', { cookie: device.cookie, headers: { dpop:
      otherKey(headend, 'GET', '/v1/state', { cookie: device.cookie, claims: { nonce: prover.nonce } }) } }), 'cookie-required');
    // two of them, as nothing honest sends
    const two = await headend.request('GET', '/v1/state', { cookie: device.cookie, headers: { dpop: [0, 1].map(() =>
      prover.header(headend, 'GET', '/v1/state', {})) } });
    assert.equal(two.status, 401);
    assert.equal((await prover.request(headend, 'GET', '/v1/state')).status, 200, 'and it goes on itself');
  });

  const makeProverJwk = (device) => JSON.parse(Buffer.from(makeProver(device).header(headend, 'GET', '/', {}).split('.')[0], 'base64url')).jwk;

  test('takes no proof for a certificate where the mode asks for one', async () => {
    const device = await enrolDevice(headend, { name: 'Strict', channel: 'lobby' });
    const prover = makeProver(device);
    for (const [method, path, options] of [['POST', '/v1/session', announced(device)], ['GET', '/v1/state', {}]]) {
      const answer = await prover.request(headend, method, path, options);
      assert.equal(answer.status, 401);
      assert.match(answer.text, /"code":"certificate-required"/);
    }
    assert.equal((await headend.request('GET', '/v1/state', { device })).status, 200);
  });

  test('is renewed by a proof, also with a new key, and the old key is then good for nothing', async () => {
    const { device, prover } = await cookieScreen();
    const renew = async (keyPem, by) => by.request(headend, 'POST', '/.well-known/est/simplereenroll', { cookie: undefined,
      headers: { 'content-type': 'application/pkcs10' }, body: (await makeCsr(keyPem)).toString('base64') });
    const same = await renew(device.keyPem, prover);
    assert.equal(same.status, 200, same.text);
    assert.ok((await certificatesOf(same.text)).length);
    assert.equal((await prover.request(headend, 'GET', '/v1/state')).status, 200);
    const keyPem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' });
    assert.equal((await renew(keyPem, prover)).status, 200);
    assert.equal((await prover.request(headend, 'GET', '/v1/state')).status, 200, 'until the new one is used');
    const renewed = { ...device, keyPem };
    const newProver = makeProver(renewed);
    assert.equal((await newProver.request(headend, 'GET', '/v1/state')).status, 200);
    const old = await prover.request(headend, 'GET', '/v1/state');
    assert.ok(old.status === 401 || old.status === 403, `the old key: ${old.status}`);
    // and back to the certificate that the renewal brought
    await headend.cli('screen', 'access', device.id, 'certificate');
    assert.equal((await newProver.request(headend, 'GET', '/v1/state')).status, 401);
  });

  test('that is retired hears so, signed, and may still learn whose word that is', async () => {
    const { device, prover } = await cookieScreen();
    await headend.cli('screen', 'retire', device.id);
    const answer = await prover.request(headend, 'POST', '/v1/session', { ...announced(device),
      headers: { 'content-type': 'application/jose', 'pingplay-nonce': 'AAECAwQFBgcICQoLDA0ODw' } });
    assert.equal(answer.status, 403);
    assert.equal(answer.json().code, 'screen-retired');
    assert.match(answer.json().refusal, /^eyJ/);
    assert.equal((await prover.request(headend, 'GET', '/repo/metadata/timestamp.json')).status, 200);
    assert.equal((await prover.request(headend, 'GET', '/v1/state')).status, 403);
  });

  test('that was retired and removed hears so as well, signed, by its key alone, until that is approved again', async () => {
    const { device, prover } = await cookieScreen();
    await headend.cli('screen', 'retire', device.id);
    await headend.cli('screen', 'remove', device.id);
    const asked = { ...announced(device), headers: { 'content-type': 'application/jose', 'pingplay-nonce': 'AAECAwQFBgcICQoLDA0ODw' } };
    const answer = await prover.request(headend, 'POST', '/v1/session', asked);
    assert.equal(answer.status, 403);
    assert.equal(answer.json().code, 'screen-retired');
    const word = JSON.parse(Buffer.from(answer.json().refusal.split('.')[1], 'base64url'));
    assert.deepEqual([word.aud, word.reason, word.nonce], [device.id, 'retired', 'AAECAwQFBgcICQoLDA0ODw']);
    assert.equal((await prover.request(headend, 'GET', '/repo/metadata/timestamp.json')).status, 200, 'whose word that is');
    assert.equal((await prover.request(headend, 'GET', '/repo/targets/channels/lobby/manifest.sealed')).status, 403, 'and nothing else');
    const stranger = makeProver({ ...device, keyPem: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' }) });
    const unknown = await stranger.request(headend, 'POST', '/v1/session', asked);
    assert.equal(unknown.json().code, 'screen-unknown');
    assert.equal(JSON.parse(Buffer.from(unknown.json().refusal.split('.')[1], 'base64url')).aud, '', 'nobody is called by a name');
    const again = await enrolDevice(headend, { name: 'Behind, again', channel: 'lobby', keyPem: device.keyPem });
    await headend.cli('screen', 'access', again.id, 'cookie');
    assert.equal((await prover.request(headend, 'POST', '/v1/session', announced(device))).status, 204);
  });

  test('that shows its certificate after all, on a network without the proxy, needs no proof', async () => {
    const { device } = await cookieScreen();
    await openSession(headend, device);
    assert.equal((await headend.request('GET', '/v1/state', { device })).status, 200);
  });
});
