// What a screen hands in as an ID token, from a provider that is all the test's: only one that is right in everything lets
// anybody in, and that one once.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { CompactEncrypt, importJWK } from 'jose';
import { enrolDevice, eventually, startHeadend, statePayload } from './lib/headend.mjs';
import { Authority } from './lib/pki.mjs';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('an ID token', () => {
  let headend;
  let device;
  let provider;
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-tokens-'));
    const authority = new Authority(dir, 'Provider authority');
    const { cert, key } = authority.issue('localhost', { extensions: ['subjectAltName=DNS:localhost', 'extendedKeyUsage=serverAuth', 'keyUsage=digitalSignature'] });
    provider = { documents: {}, asked: [] };
    provider.server = https.createServer({ cert, key }, (request, response) => {
      provider.asked.push(request.url);
      const document = provider.documents[request.url];
      response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(typeof document === 'string' ? document : JSON.stringify(document ?? {}));
    });
    await new Promise((resolve) => { provider.server.listen(0, resolve); });
    provider.issuer = `https://localhost:${provider.server.address().port}`;
    provider.rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    provider.ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = ({ publicKey }, kid) => ({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' });
    provider.jwks = { keys: [jwk(provider.rsa, 'r1'), jwk(provider.ec, 'e1')] };
    provider.documents['/.well-known/openid-configuration'] = { issuer: provider.issuer, jwks_uri: `${provider.issuer}/keys`,
      token_endpoint: `${provider.issuer}/token`, device_authorization_endpoint: `${provider.issuer}/device` };
    provider.documents['/keys'] = provider.jwks;
    headend = await startHeadend({ serve: ['--provider-ca', authority.certificate] });
    await headend.cli('channel', 'add', 'lobby');
    device = await enrolDevice(headend, { name: 'Room', channel: 'lobby' });
    await headend.cli('screen', 'access', device.id, 'sso', '--issuer', provider.issuer, '--client-id', 'screens', '--allow', 'email:ada@example.org', '--allow', 'group:staff');
  });
  after(async () => {
    provider.server.close();
    provider.server.closeAllConnections();
    await headend.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const state = async () => statePayload(headend, await headend.request('GET', '/v1/state', { device }));
  function makeToken(claims = {}, { header = {}, key = provider.rsa.privateKey, signature } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const head = { alg: 'RS256', kid: 'r1', ...header };
    const input = `${encode(head)}.${encode({ iss: provider.issuer, sub: 'u1', aud: 'screens', iat: now, exp: now + 300, groups: ['staff'], jti: `${Math.random()}`, ...claims })}`;
    const made = signature ? signature(input) : sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    return `${input}.${made}`;
  }
  async function hand(message, { apu = device.id, typ = 'pingplay-sign-in', to } = {}) {
    const jwk = to ?? (await state()).access.sign_in.key;
    const body = await new CompactEncrypt(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: jwk.kid, typ }).setKeyManagementParameters({ apu: Buffer.from(apu) }).encrypt(await importJWK(jwk, 'ECDH-ES'));
    return headend.request('POST', '/v1/access/session', { device, headers: { 'content-type': 'application/jose' }, body });
  }
  // Where the provider's keys are still on their way, again.
  const handIn = (token) => eventually(async () => {
    const answer = await hand({ id_token: token });
    return answer.status !== 503 && answer;
  }, 30000, 'an answer');

  // Once the provider's other keys are taken; not asked more often than the headend takes requests of a screen.
  const handInOnceKnown = (token, what) => eventually(async () => (await hand({ id_token: token() })).status === 204 || pause(500, false), 60000, what);

  test('that is wrong in anything lets nobody in, and the reason is told', async () => {
    const now = Math.floor(Date.now() / 1000);
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pem = provider.rsa.publicKey.export({ type: 'spki', format: 'pem' });
    const rows = {
      'another issuer': [makeToken({ iss: 'https://evil.example' }), /"iss"/],
      'the issuer with a slash more': [makeToken({ iss: `${provider.issuer}/` }), /"iss"/],
      'for another client': [makeToken({ aud: 'others' }), /"aud"/],
      'for several, asked for by another': [makeToken({ aud: ['screens', 'others'], azp: 'others' }), /"azp"/],
      expired: [makeToken({ iat: now - 500, exp: now - 200 }), /"exp"/],
      'too old': [makeToken({ iat: now - 4000, exp: now + 4000 }), /"iat"/],
      'from the future': [makeToken({ iat: now + 4000, exp: now + 8000 }), /future/],
      'of another sign-in': [makeToken({ nonce: 'another' }), /"nonce"/],
      'without a subject': [makeToken({ sub: undefined }), /"sub"/],
      'by a stranger under a known name': [makeToken({}, { key: stranger }), /signature/],
      'by no algorithm': [makeToken({}, { header: { alg: 'none' }, signature: () => '' }), /alg/],
      'by the public key as a secret': [makeToken({}, { header: { alg: 'HS256' }, signature: (input) => createHmac('sha256', pem).update(input).digest('base64url') }), /alg/],
      'an RSA signature that calls itself ES256': [makeToken({}, { header: { alg: 'ES256' } }), /key/],
      'with its own key': [makeToken({}, { key: stranger, header: { jwk: {} } }), /jwk/],
      'with an extension': [makeToken({}, { header: { crit: ['x'], x: 1 } }), /crit/],
      'of another kind': [makeToken({}, { header: { typ: 'at+jwt' } }), /typ/],
      'no token': ['x', /parts/],
    };
    for (const [name, [token, said]] of Object.entries(rows)) {
      const answer = await handIn(token);
      assert.equal(answer.status, 403, `${name}: ${answer.text}`);
      assert.match(answer.json().detail, said, name);
      assert.equal((await state()).access.session, null, name);
    }
    for (const [name, claims] of Object.entries({ nobody: { groups: [] }, 'an address that nobody verified': { groups: [], email: 'ada@example.org' },
      'a group in another case': { groups: ['Staff'] } })) {
      const answer = await handIn(makeToken(claims));
      assert.equal(answer.status, 403, name);
      assert.equal(answer.json().code, 'sign-in-not-allowed', name);
    }
    assert.equal((await state()).channel, null);
  });

  test('is read only where it is encrypted to the headend, for this screen, as what it is', async () => {
    const good = { id_token: makeToken() };
    const own = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid: 'mine' };
    for (const [name, options] of Object.entries({ 'to another key': { to: own }, 'for another screen': { apu: 'another' }, 'of another kind': { typ: 'x' } })) {
      assert.equal((await hand(good, options)).status, 400, name);
    }
    for (const clear of ['', '[]', '{}', '{"password":"x"}', '{"id_token":7}']) assert.equal((await hand(clear)).status, 400, clear);
    assert.equal((await headend.request('POST', '/v1/access/session', { device, headers: { 'content-type': 'application/jose' }, body: good.id_token })).status, 400);
  });

  test('opens a session that is ended by its name, and by no other one', async () => {
    const end = (name) => headend.request('DELETE', '/v1/access/session', { device, headers: { 'if-match': name } });
    const over = async (name, what) => {
      const answer = await end(name);
      assert.equal(answer.status, 412, what);
      assert.equal(answer.json().code, 'session-other', what);
    };
    const begin = async () => {
      assert.equal((await handIn(makeToken())).status, 204);
      return (await state()).access.session.id;
    };
    await over('"00000000-0000-4000-8000-000000000000"', 'while nobody is signed in');
    const first = await begin();
    for (const name of ['"00000000-0000-4000-8000-000000000000"', first, `W/"${first}"`, '""']) await over(name, name);
    assert.equal((await state()).access.session.id, first, 'it goes on');
    assert.equal((await end(`"${first}"`)).status, 204);
    await over(`"${first}"`, 'once it is over');
    const second = await begin();
    await over(`"${first}"`, 'of the one before');
    assert.equal((await state()).access.session.id, second);
    assert.equal((await end(`"${second}"`)).status, 204);
  });

  test('that is right lets its person in, once, by RSA and by an elliptic curve, also after the keys have changed', async () => {
    const token = makeToken({ nonce: (await state()).access.provider.nonce });
    assert.equal((await handIn(token)).status, 204);
    const open = await state();
    assert.ok(open.access.session.exp > Date.now() / 1000);
    assert.equal(open.channel.id, 'lobby');
    await headend.cli('screen', 'sign-out', device.id);
    const closed = await state();
    assert.deepEqual([closed.access.session, closed.access.reason, closed.channel], [null, 'signed-out', null]);
    const again = await handIn(token);
    assert.equal(again.status, 403, 'a token that was used');
    const curve = () => makeToken({ email: 'ADA@example.org', email_verified: true, groups: undefined }, { header: { alg: 'ES256', kid: 'e1' }, key: provider.ec.privateKey });
    assert.equal((await handIn(curve())).status, 204);
    assert.equal((await handIn(makeToken({ sub: 'u2' }))).status, 403, 'nobody else while somebody is there');
    const signedOut = await headend.request('DELETE', '/v1/access/session', { device });
    assert.equal(signedOut.status, 204);
    // other keys, under the names of before
    provider.rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    provider.documents['/keys'] = { keys: [{ ...provider.rsa.publicKey.export({ format: 'jwk' }), kid: 'r2' }] };
    // a key that is not known is looked for at most every few seconds, and until then refused
    const renewed = makeToken({}, { header: { kid: 'r2' } });
    await handInOnceKnown(() => renewed, 'the new keys to be taken');
    await headend.cli('screen', 'sign-out', device.id);
  });

  test('by a key that its provider has no longer lets nobody in, also where the provider has moved its documents', async () => {
    const former = { header: { kid: 'r2' }, key: provider.rsa.privateKey };
    const discovery = provider.documents['/.well-known/openid-configuration'];
    provider.rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    provider.documents['/moved/keys'] = { keys: [{ ...provider.rsa.publicKey.export({ format: 'jwk' }), kid: 'r3' }] };
    delete provider.documents['/keys'];
    Object.assign(discovery, { jwks_uri: `${provider.issuer}/moved/keys`, token_endpoint: `${provider.issuer}/moved/token`,
      device_authorization_endpoint: `${provider.issuer}/moved/device` });
    await handInOnceKnown(() => makeToken({}, { header: { kid: 'r3' } }), 'the moved keys to be taken');
    await headend.cli('screen', 'sign-out', device.id);
    for (const way of [former, { ...former, header: { kid: 'r3' } }, { ...former, header: { kid: undefined } }]) {
      const answer = await eventually(async () => {
        const said = await hand({ id_token: makeToken({}, way) });
        return said.status !== 503 && said;
      }, 30000, 'an answer');
      assert.equal(answer.status, 403, JSON.stringify(way.header));
    }
    assert.equal((await state()).access.session, null);
    assert.equal((await handIn(makeToken({}, { header: { kid: 'r3' } }))).status, 204);
    await headend.cli('screen', 'sign-out', device.id);
  });

  test('is waited for where the provider is not what it should be, and asked again not too often', async () => {
    const asked = provider.asked.length;
    provider.documents['/.well-known/openid-configuration'].issuer = 'https://evil.example';
    const statuses = new Set();
    for (let i = 0; i < 20; i++) statuses.add((await hand({ id_token: makeToken({}, { header: { kid: `unknown-${i}` } }) })).status);
    assert.deepEqual([...statuses].filter((status) => status !== 503 && status !== 403), []);
    assert.ok(provider.asked.length - asked <= 6, `${provider.asked.length - asked} requests`);
    assert.equal((await state()).access.session, null);
  });

  test('and no certificate-only screen has such a thing', async () => {
    const other = await enrolDevice(headend, { name: 'Hall', channel: 'lobby' });
    const answer = await headend.request('DELETE', '/v1/access/session', { device: other });
    assert.equal(answer.status, 409);
  });
});
