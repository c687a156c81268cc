// A screen's half of the signed state, by node's own cryptography alone: a second implementation of what the firmware does.
//
//   const agreement = makeAgreementKey();                      // { key, jwk, kid }
//   announceAgreementKey(deviceKeyPem, agreement)              // the body of POST /v1/session
//   verifyJws(token, jwks, typ)                                // the payload as Buffer, or throws
//   decryptJwe(token, agreement, typ, apv)                     // the clear bytes, or throws
//   readState(token, jwks, device)                             // the document, with the channel's key in clear
import assert from 'node:assert/strict';
import { createDecipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, sign, verify } from 'node:crypto';

const encode = (value) => Buffer.from(value).toString('base64url');
const decode = (text) => {
  const bytes = Buffer.from(text, 'base64url');
  assert.equal(bytes.toString('base64url'), text, 'base64url in its one form');
  return bytes;
};
export const thumbprint = ({ crv, kty, x, y }) => createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');

export function makeAgreementKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  const jwk = { kty, crv, x, y };
  return { key: privateKey, jwk, kid: thumbprint(jwk) };
}

// RFC 7515, ES256
export function signJws(key, header, payload) {
  const input = `${encode(JSON.stringify({ alg: 'ES256', ...header }))}.${encode(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

export function announceAgreementKey(deviceKeyPem, agreement) {
  const key = createPrivateKey(deviceKeyPem);
  const kid = thumbprint(createPublicKey(key).export({ format: 'jwk' }));
  return signJws(key, { kid, typ: 'pingplay-agreement-key' }, JSON.stringify({ aud: 'pingplay-headend', iat: Math.floor(Date.now() / 1000), jwk: agreement.jwk }));
}

export function verifyJws(token, jwks, typ) {
  const parts = token.split('.');
  assert.equal(parts.length, 3, 'a compact JWS');
  const header = JSON.parse(decode(parts[0]));
  const jwk = jwks.keys.find(({ kid }) => kid === header.kid);
  assert.ok(jwk, `a key named ${header.kid}`);
  assert.deepEqual(header, { alg: 'ES256', kid: thumbprint(jwk), typ });
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  assert.ok(verify('sha256', Buffer.from(`${parts[0]}.${parts[1]}`), { key, dsaEncoding: 'ieee-p1363' }, decode(parts[2])), 'the signature');
  return decode(parts[1]);
}

// RFC 7516, ECDH-ES + A256GCM; the key is RFC 7518 §4.6.2's
export function decryptJwe(token, agreement, typ, apv) {
  const [head, encrypted, iv, ciphertext, tag, ...more] = token.split('.');
  assert.deepEqual([encrypted, more.length], ['', 0], 'a compact JWE of direct agreement');
  const header = JSON.parse(decode(head));
  const { epk } = header;
  assert.deepEqual(header, { alg: 'ECDH-ES', enc: 'A256GCM', kid: agreement.kid, typ, epk, apv: encode(apv) });
  const secret = diffieHellman({ privateKey: agreement.key, publicKey: createPublicKey({ key: epk, format: 'jwk' }) });
  const number = (value) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 255));
  const sized = (text) => Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)]);
  const key = createHash('sha256').update(Buffer.concat([number(1), secret, sized('A256GCM'), sized(''), sized(apv), number(256)])).digest();
  const decipher = createDecipheriv('aes-256-gcm', key, decode(iv), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(head));
  decipher.setAuthTag(decode(tag));
  return Buffer.concat([decipher.update(decode(ciphertext)), decipher.final()]);
}

export function readState(token, jwks, device) {
  const state = JSON.parse(verifyJws(token, jwks, 'pingplay-state'));
  if (!state.channel) return state;
  const jwk = JSON.parse(decryptJwe(state.channel.key, device.agreement, 'pingplay-channel-key', device.id));
  assert.equal(jwk.kty, 'oct');
  return { ...state, channel: { ...state.channel, key: jwk.k } };
}
