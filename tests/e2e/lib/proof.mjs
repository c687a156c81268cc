// A screen's proofs (RFC 9449) by node's own cryptography: a second implementation of firmware/jose/proof.c.
//
//   const prover = makeProver(device)                           // of its device key
//   await prover.request(headend, 'GET', '/v1/state', {…})      // without a certificate; takes the server's nonce, and tries again once
//   prover.header(headend, 'GET', '/v1/state', { cookie, jti, nonce, claims, header, key })   // one proof, spoiled as the test likes
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const publicJwk = (key) => {
  const { kty, crv, x, y } = createPublicKey(key).export({ format: 'jwk' });
  return { kty, crv, x, y };
};

export function makeProver(device) {
  const own = createPrivateKey(device.keyPem);
  const prover = {
    nonce: undefined,
    header(headend, method, path, { cookie = device.cookie, claims = {}, header = {}, key = own, jwk = publicJwk(key) } = {}) {
      const value = cookie?.slice(cookie.indexOf('=') + 1);
      const head = { typ: 'dpop+jwt', alg: 'ES256', jwk, ...header };
      const payload = {
        htm: method, htu: `${headend.url}${path.split('?')[0]}`, iat: Math.floor(Date.now() / 1000), jti: randomUUID(), nonce: prover.nonce,
        ath: value && createHash('sha256').update(value).digest('base64url'), ...claims,
      };
      const input = `${encode(head)}.${encode(payload)}`;
      return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    },
    async request(headend, method, path, options = {}) {
      const cookie = 'cookie' in options ? options.cookie : device.cookie;
      const ask = () => headend.request(method, path, { ...options, cookie, device: { agreement: device.agreement, id: device.id },
        headers: { ...options.headers, dpop: prover.header(headend, method, path, { cookie: cookie ?? null }) } });
      let answer = await ask();
      const again = answer.status === 401 && /use_dpop_nonce/.test(answer.headers['www-authenticate'] ?? '');
      prover.nonce = answer.headers['dpop-nonce'] ?? prover.nonce;
      if (again) answer = await ask();
      prover.nonce = answer.headers['dpop-nonce'] ?? prover.nonce;
      return answer;
    },
  };
  return prover;
}
