// A screen's way in: RFC 8628 codes and tokens, EST certificates, the session cookie.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import {
  certificatesOf, deviceAuthorization, enrolDevice, eventually, fingerprintOf, makeCsr, makeKey, openSession, pollToken,
  sessionRequest, simpleEnroll, startHeadend, thumbprintOf,
} from './lib/headend.mjs';

describe('enrolment', () => {
  let headend;
  before(async () => { headend = await startHeadend({ serve: ['--poll-interval', '1'] }); });
  after(() => headend?.stop());

  async function askCodes() {
    const keyPem = makeKey();
    const thumbprint = thumbprintOf(keyPem);
    const codes = (await deviceAuthorization(headend, thumbprint)).json();
    return { keyPem, thumbprint, codes };
  }

  async function approvedToken() {
    const asked = await askCodes();
    const id = await headend.approve(asked.codes.user_code, { name: 'Screen' });
    const token = (await pollToken(headend, asked.codes.device_code)).json().access_token;
    return { ...asked, id, token };
  }

  const certificateOf = async (answer) => {
    assert.equal(answer.status, 200, answer.text);
    return new X509Certificate((await certificatesOf(answer.text))[0]);
  };

  test('device authorization answers as RFC 8628 says', async () => {
    const { codes } = await askCodes();
    assert.match(codes.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    assert.equal(codes.verification_uri, `${headend.url}/enrol`);
    assert.equal(codes.verification_uri_complete, `${headend.url}/enrol?user_code=${codes.user_code}`);
    assert.equal(codes.expires_in, 600);
    assert.equal(codes.interval, 1);
    assert.match(codes.device_code, /^[\w-]{43}$/);
  });

  test('the address in the answer is never one that the headend does not have', async () => {
    const answer = await deviceAuthorization(headend, thumbprintOf(makeKey()), { headers: { host: 'evil.example:1' } });
    assert.equal(answer.json().verification_uri, `${headend.url}/enrol`);
  });

  test('a malformed device authorization is refused', async () => {
    const wrong = [
      [{ client_id: 'other', jwk_thumbprint: 'A'.repeat(43) }, 'invalid_client'],
      [{ client_id: 'pingplay-display', jwk_thumbprint: 'short' }, 'invalid_request'],
      [{ client_id: 'pingplay-display' }, 'invalid_request'],
    ];
    for (const [fields, code] of wrong) {
      const answer = await headend.form('/oauth/device_authorization', fields);
      assert.equal(answer.status, 400);
      assert.equal(answer.json().error, code);
    }
    const twice = await headend.request('POST', '/oauth/device_authorization', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'client_id=pingplay-display&client_id=x',
    });
    assert.equal(twice.json().error, 'invalid_request');
  });

  test('pending, then a token, whose certificate names the screen and its key', async () => {
    const { keyPem, codes } = await askCodes();
    assert.equal((await pollToken(headend, codes.device_code)).json().error, 'authorization_pending');
    const id = await headend.approve(codes.user_code.toLowerCase().replace('-', ' '), { name: 'Door', channel: 'lobby' });
    await new Promise((resolve) => setTimeout(resolve, 1000)); // the interval
    const answer = (await pollToken(headend, codes.device_code)).json();
    assert.equal(answer.token_type, 'Bearer');
    assert.equal(answer.expires_in, 300);
    const response = await simpleEnroll(headend, answer.access_token, await makeCsr(keyPem));
    assert.match(response.headers['content-type'], /^application\/pkcs7-mime; smime-type=certs-only/);
    assert.equal(response.headers['content-transfer-encoding'], 'base64');
    const certificate = await certificateOf(response);
    assert.equal(certificate.subject, `CN=${id}`);
    assert.match(certificate.subjectAltName, new RegExp(`urn:uuid:${id}`));
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2']);
    assert.equal(certificate.ca, false);
    const authority = new X509Certificate(headend.ca);
    assert.ok(certificate.checkIssued(authority) && certificate.verify(authority.publicKey));

    assert.equal(thumbprintOf(keyPem), thumbprintOf(certificate.publicKey.export({ type: 'spki', format: 'pem' })));
    assert.equal((await certificatesOf(response.text)).length, 2, 'the authority comes with it');
  });

  test('polling too early is told to slow down, for good', async () => {
    const own = await startHeadend({ serve: ['--poll-interval', '60'] });
    try {
      const codes = (await deviceAuthorization(own, thumbprintOf(makeKey()))).json();
      const poll = async () => (await pollToken(own, codes.device_code)).json().error;
      // As if so many seconds had passed.
      const later = (seconds) => own.sql(`UPDATE enrolment SET polled_ms = polled_ms - ${seconds * 1000}`);
      assert.equal(await poll(), 'authorization_pending');
      assert.equal(await poll(), 'slow_down');
      assert.equal(await own.sql('SELECT interval FROM enrolment'), '65');
      await later(60); // that would have been late enough before, and is not any more
      assert.equal(await poll(), 'slow_down');
      assert.equal(await own.sql('SELECT interval FROM enrolment'), '70');
      await later(70);
      assert.equal(await poll(), 'authorization_pending');
    } finally {
      await own.stop();
    }
  });

  test('a refused screen hears access_denied', async () => {
    const { codes } = await askCodes();
    const pages = await import('./lib/headend-browser.mjs');
    const browser = await pages.signIn(headend);
    await browser.decide(codes.user_code, 'refuse');
    assert.equal((await pollToken(headend, codes.device_code)).json().error, 'access_denied');
  });

  test('an unknown device code, another grant and another client are refused', async () => {
    assert.equal((await pollToken(headend, 'A'.repeat(43))).json().error, 'invalid_grant');
    assert.equal((await pollToken(headend, 'short')).json().error, 'invalid_grant');
    const { codes } = await askCodes();
    const grant = await headend.form('/oauth/token', {
      grant_type: 'password', device_code: codes.device_code, client_id: 'pingplay-display',
    });
    assert.equal(grant.json().error, 'unsupported_grant_type');
  });

  test('a token is good once', async () => {
    const { keyPem, token } = await approvedToken();
    const csr = await makeCsr(keyPem);
    assert.equal((await simpleEnroll(headend, token, csr)).status, 200);
    const again = await simpleEnroll(headend, token, csr);
    assert.equal(again.status, 401);
    assert.equal(again.json().code, 'token-invalid');
    assert.match(again.headers['content-type'], /^application\/problem\+json/);
  });

  test('after its certificate, the code gives no further token', async () => {
    const { keyPem, token, codes } = await approvedToken();
    await simpleEnroll(headend, token, await makeCsr(keyPem));
    assert.equal((await pollToken(headend, codes.device_code)).json().error, 'expired_token');
  });

  test('a wrong or missing token, or one for another key, gets no certificate', async () => {
    const { keyPem, token } = await approvedToken();
    const csr = await makeCsr(keyPem);
    assert.equal((await simpleEnroll(headend, 'B'.repeat(43), csr)).status, 401);
    assert.equal((await simpleEnroll(headend, undefined, csr)).status, 401);
    const stranger = await simpleEnroll(headend, token, await makeCsr(makeKey()));
    assert.equal(stranger.status, 400);
    assert.equal(stranger.json().code, 'key-mismatch');
    assert.equal((await simpleEnroll(headend, token, csr)).status, 200, 'the token was not used up by that');
  });

  test('a request whose signature fails, of another hash, cut, or of another key type is refused', async () => {
    const { keyPem, token } = await approvedToken();
    const csr = await makeCsr(keyPem);
    const flipped = Buffer.from(csr);
    flipped[flipped.length - 1] ^= 1;
    const { generateKeyPairSync } = await import('node:crypto');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'sec1', format: 'pem' });
    const wrong = [flipped, csr.subarray(0, -1), Buffer.concat([csr, Buffer.from([0])]), Buffer.alloc(0),
      await makeCsr(keyPem, ['-sha384']), await makeCsr(rsa), await makeCsr(p384)];
    for (const [index, body] of wrong.entries()) {
      const answer = await simpleEnroll(headend, token, body);
      assert.equal(answer.status, 400, `request ${index}`);
      assert.equal(answer.json().code, 'csr-invalid', `request ${index}`);
    }
  });

  test('cacerts gives the authority', async () => {
    const answer = await headend.request('GET', '/.well-known/est/cacerts');
    assert.match(answer.text, /^([A-Za-z0-9+/=]{1,64}\n)+$/); // lines, as clients made of OpenSSL want them
    const certificate = await certificateOf(answer);
    assert.equal(certificate.fingerprint256, new X509Certificate(headend.ca).fingerprint256);
    assert.equal(certificate.ca, true);
  });

  test('renewal keeps the name, also with a new key, and needs a certificate', async () => {
    const device = await enrolDevice(headend, { name: 'Renewed' });
    const csr = await makeCsr(device.keyPem);
    const reenroll = '/.well-known/est/simplereenroll';
    const bare = await simpleEnroll(headend, undefined, csr, reenroll);
    assert.equal(bare.status, 401);
    assert.equal(bare.json().code, 'certificate-required');
    const same = await certificateOf(await simpleEnroll(headend, undefined, csr, reenroll, { device }));
    assert.equal(same.subject, `CN=${device.id}`);
    const keyPem = makeKey();
    const fresh = await simpleEnroll(headend, undefined, await makeCsr(keyPem), reenroll, { device });
    const renewed = { id: device.id, keyPem, certificatePem: (await certificateOf(fresh)).toString() };
    await openSession(headend, renewed);
    assert.equal((await headend.request('GET', '/v1/state', { device: renewed })).json().aud, device.id);
  });

  // What a screen may ask with its certificate; with a cookie where the route wants both.
  async function answersTo(screen, cookie) {
    const reenroll = await simpleEnroll(headend, undefined, await makeCsr(screen.keyPem), '/.well-known/est/simplereenroll', { device: { ...screen, cookie: undefined } });
    const json = { 'content-type': 'application/json' };
    const call = (method, where, options) => headend.request(method, where, { device: screen, cookie, ...options });
    const all = [reenroll, await call('GET', '/v1/state'), await call('GET', '/v1/state', { headers: { prefer: 'wait=1' } }),
      await call('POST', '/v1/status', { headers: json, body: '{}' }), await call('POST', '/v1/events', { headers: json, body: '[]' }),
      await call('POST', '/v1/playlog', { headers: json, body: '[]' }),
      await headend.request('GET', '/repo/metadata/timestamp.json', { device: { ...screen, cookie: undefined } }),
      await headend.request('POST', '/v1/session', sessionRequest(screen))];
    return all.map((answer) => (answer.status >= 400 ? `${answer.status} ${answer.json().code}` : answer.status));
  }
  // …but what is signed for all to check
  const refused = (answer) => Object.assign(Array(8).fill(answer), { 6: 200 });
  const revoked = refused('401 certificate-revoked');

  async function renewed(device, keyPem) {
    const answer = await simpleEnroll(headend, undefined, await makeCsr(keyPem), '/.well-known/est/simplereenroll', { device });
    return { id: device.id, keyPem, certificatePem: (await certificateOf(answer)).toString() };
  }

  for (const [how, keyOf] of [['a new key', makeKey], ['the same key', (device) => device.keyPem]]) {
    test(`after a renewal with ${how} the old certificate is good until the new one is used, and then nowhere`, async () => {
      const device = await enrolDevice(headend, { name: 'Rotated', channel: 'lobby' });
      const lost = await renewed(device, keyOf(device));
      assert.equal((await headend.request('GET', '/v1/state', { device })).status, 200, 'the answer may have been lost');
      assert.equal(JSON.parse(await headend.cli('screen', 'show', device.id)).fingerprint, fingerprintOf(device.thumbprint));
      const fresh = await renewed(device, keyOf(device));
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
      const overOne = () => headend.request('GET', '/v1/state', { device, agent });
      assert.equal((await overOne()).status, 200);
      await openSession(headend, fresh);
      const kept = await overOne();
      agent.destroy();
      assert.deepEqual([kept.status, kept.json().code], [401, 'certificate-revoked'], 'also on a connection that was open before');
      assert.equal(JSON.parse(await headend.cli('screen', 'show', device.id)).fingerprint, fingerprintOf(thumbprintOf(fresh.keyPem)));
      for (const old of [device, lost]) assert.deepEqual(await answersTo(old, fresh.cookie), revoked);
      assert.equal((await headend.request('GET', '/v1/state', { device: fresh })).status, 200);
      for (const old of [device, lost]) assert.deepEqual(await answersTo(old, fresh.cookie), revoked, 'nor later');
    });
  }

  test('approving a retired screen again does not bring its old certificate back', async () => {
    const device = await enrolDevice(headend, { name: 'Stolen', channel: 'lobby' });
    await headend.cli('screen', 'retire', device.id);
    assert.deepEqual(await answersTo(device, device.cookie), refused('403 screen-retired'));
    const codes = (await deviceAuthorization(headend, device.thumbprint)).json();
    assert.equal(await headend.approve(codes.user_code, { name: 'Found' }), device.id);
    assert.deepEqual(await answersTo(device, device.cookie), revoked);
    const token = (await pollToken(headend, codes.device_code)).json().access_token;
    const answer = await simpleEnroll(headend, token, await makeCsr(device.keyPem));
    assert.deepEqual(await answersTo(device, device.cookie), revoked);
    const found = { ...device, certificatePem: (await certificateOf(answer)).toString(), cookie: undefined };
    await openSession(headend, found);
    assert.equal((await headend.request('GET', '/v1/state', { device: found })).status, 200);
  });

  test('a certificate of before serial numbers were kept is taken over, and an older one is not', async () => {
    const device = await enrolDevice(headend, { name: 'Long there' });
    await new Promise((resolve) => setTimeout(resolve, 1100)); // until another second, by which they are told apart
    const fresh = await renewed(device, device.keyPem);
    await openSession(headend, fresh);
    const forget = () => headend.sql(`DELETE FROM certificate WHERE device = '${device.id}'`);
    await forget();
    assert.deepEqual(await answersTo(device, fresh.cookie), revoked);
    assert.equal((await headend.request('GET', '/v1/state', { device: fresh })).status, 200);
    await forget();
    await headend.cli('screen', 'retire', device.id);
    await headend.approve((await deviceAuthorization(headend, device.thumbprint)).json().user_code, { name: 'Again' });
    assert.deepEqual(await answersTo(fresh, fresh.cookie), revoked);
  });

  test('a certificate that was renewed after the backup was made is taken over, with whichever key; an older one is not', async () => {
    const device = await enrolDevice(headend, { name: 'In between' });
    await new Promise((resolve) => setTimeout(resolve, 1100)); // until another second, by which they are told apart
    const fresh = await renewed(device, device.keyPem);
    await openSession(headend, fresh);
    const restore = (which) => headend.sql(
      `DELETE FROM certificate WHERE number = (SELECT ${which}(number) FROM certificate WHERE device = '${device.id}');
       UPDATE certificate SET revoked = 0 WHERE device = '${device.id}'`);
    await restore('max');
    assert.equal((await headend.request('GET', '/v1/state', { device: fresh })).status, 200);
    assert.equal(Date.parse(JSON.parse(await headend.cli('screen', 'show', device.id)).certificate_expires),
      Date.parse(new X509Certificate(fresh.certificatePem).validTo));
    assert.deepEqual(await answersTo(device, fresh.cookie), revoked);
    await restore('min');
    assert.deepEqual(await answersTo(device, fresh.cookie), revoked, 'an older one');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const other = await renewed(fresh, makeKey());
    await restore('max');
    assert.equal((await openSession(headend, other)).status, 204, 'for another key');
    assert.deepEqual(await answersTo(fresh, fresh.cookie), revoked, 'the one before it');
  });

  test('nobody takes over the key of another screen', async () => {
    const one = await enrolDevice(headend, { name: 'One' });
    const two = await enrolDevice(headend, { name: 'Two' });
    const answer = await simpleEnroll(headend, undefined, await makeCsr(two.keyPem), '/.well-known/est/simplereenroll', { device: one });
    assert.equal(answer.status, 400);
    assert.equal(answer.json().code, 'key-mismatch');
    const next = makeKey();
    await renewed(two, next);
    const early = await simpleEnroll(headend, undefined, await makeCsr(next), '/.well-known/est/simplereenroll', { device: one });
    assert.equal(early.status, 400, 'nor one that is about to be');
    assert.equal(early.json().code, 'key-mismatch');
  });

  test('approval is for one pending screen, with valid words', async () => {
    const { codes, thumbprint } = await askCodes();
    const fingerprint = fingerprintOf(thumbprint);
    await assert.rejects(headend.cli('approve', codes.user_code, '--name', 'Screen'), /--fingerprint is needed/);
    await assert.rejects(headend.approve(codes.user_code, { fingerprint: 'ffff' }), /shows another fingerprint/);
    await assert.rejects(headend.approve(codes.user_code, { fingerprint: fingerprint.slice(0, 9) /* two groups */ }), /shows another fingerprint/);
    await assert.rejects(headend.approve('BCDF-GHJK', {}), /no such code/);
    await assert.rejects(headend.approve('AEIO-UYUY', {}), /not a code/);
    await assert.rejects(headend.approve(codes.user_code, { channel: 'No Such!' }), /channel: must be/);
    await assert.rejects(headend.approve(codes.user_code, { timeZone: 'Mars/Olympus' }), /time zone/);
    await assert.rejects(headend.approve(codes.user_code, { locale: 'de' }), /language/);
    await assert.rejects(headend.approve(codes.user_code, { name: 'line\nbreak' }), /name: not plain/);
    const id = await headend.approve(codes.user_code, { name: 'Été', site: 'Orléans', timeZone: 'Europe/Paris', locale: 'fr' });
    await assert.rejects(headend.approve(codes.user_code, {}), /used already/);
    const shown = JSON.parse(await headend.cli('screen', 'show', id));
    assert.equal(shown.fingerprint, fingerprintOf(thumbprint));
    assert.deepEqual([shown.name, shown.site, shown.status, shown.time_zone, shown.locale],
      ['Été', 'Orléans', 'approved', 'Europe/Paris', 'fr']);
  });

  test('no code, token or cookie stands in the database or the log', async () => {
    const { keyPem, token, codes } = await approvedToken();
    await simpleEnroll(headend, token, await makeCsr(keyPem));
    const device = await enrolDevice(headend, { name: 'Searched' });
    const cookie = device.cookie.split('=')[1];
    const kept = [['the database', Buffer.from(await headend.dump())]];
    for (const name of (await readdir(headend.dir)).filter((file) => file.startsWith('headend.db'))) kept.push([name, await readFile(path.join(headend.dir, name))]);
    for (const [name, data] of kept) {
      for (const secret of [token, codes.device_code, codes.user_code, codes.user_code.replace('-', ''), cookie]) {
        assert.equal(data.includes(secret), false, `${secret.slice(0, 4)}… in ${name}`);
      }
    }
    for (const secret of [token, codes.device_code, codes.user_code, cookie]) assert.ok(!headend.log.includes(secret));
  });
});

describe('codes that expire', () => {
  let headend;
  before(async () => { headend = await startHeadend({ serve: ['--poll-interval', '1', '--code-lifetime', '1'] }); });
  after(() => headend?.stop());

  test('a screen polling an expired code hears expired_token, and nobody can approve it', async () => {
    const codes = (await deviceAuthorization(headend, thumbprintOf(makeKey()))).json();
    assert.equal(codes.expires_in, 1);
    const answer = await eventually(async () => {
      const { error } = (await pollToken(headend, codes.device_code)).json();
      return ['authorization_pending', 'slow_down'].includes(error) ? undefined : error;
    });
    assert.equal(answer, 'expired_token');
    await assert.rejects(headend.approve(codes.user_code, {}), /expired/);
  });
});

describe('certificates that expire', () => {
  let headend;
  before(async () => { headend = await startHeadend({ serve: ['--certificate-lifetime', '2'] }); });
  after(() => headend?.stop());

  test('an expired certificate is refused with that reason', async () => {
    const device = await enrolDevice(headend, { name: 'Short' });
    const answer = await eventually(async () => {
      const response = await headend.request('GET', '/v1/state', { device });
      return response.status === 401 && response.json();
    });
    assert.equal(answer.code, 'certificate-invalid');
    assert.match(answer.detail, /expired/);
  });
});
