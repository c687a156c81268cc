// firmware/jose against another implementation, npm's jose: what either signs the other verifies, what either encrypts
// the other decrypts, and no token that was changed by a single character is taken. `npm ci` in this folder brings it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, randomBytes, randomInt, webcrypto } from 'node:crypto';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

globalThis.crypto ??= webcrypto; // node 18 has it, but not there
const jose = await import('jose');

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const program = join(process.env.PP_BUILD ?? join(top, 'build', 'dev'), 'tests', 'e2e', 'programs', 'pingplay-jose-test');
const CASES = 200;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The program, asked line by line; `ask` sends a request and gives its answer back. */
let child;
const waiting = [];
before(() => {
  child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()(JSON.parse(line)));
});
after(() => { child.stdin.end(); });

function ask(request) {
  return new Promise((resolve, reject) => {
    if (child.exitCode !== null) reject(new Error(`the program ended with ${child.exitCode}`));
    waiting.push(resolve);
    child.stdin.write(`${JSON.stringify({ ...request, data: Buffer.from(request.data).toString('base64url') })}\n`);
  });
}

async function good(request) {
  const answer = await ask(request);
  assert.equal(answer.message, undefined);
  return Buffer.from(answer.data, 'base64url');
}

/** The error of a request that has to be refused, and refused by one of the codes of a token that is not to be trusted. */
async function refused(request) {
  const { error, message, data } = await ask(request);
  assert.equal(data, undefined, `it was taken: ${request.data}`);
  assert.match(error, /^(invalid|authentication|unsupported|not-found|limit)$/);
  return message;
}

function makeKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey, jwk: publicKey.export({ format: 'jwk' }), pem: privateKey.export({ type: 'sec1', format: 'pem' }) };
}

/** Any bytes: short ones, long ones, none. */
const anyBytes = (n) => randomBytes(n % 10 === 0 ? randomInt(20000) : randomInt(200));
const anyText = () => randomBytes(randomInt(1, 30)).toString('base64url');
/** A quarter of the cases has no name for the key, another quarter none for the kind. */
const anyNames = (n) => ({ ...(n % 4 === 1 ? {} : { kid: anyText() }), ...(n % 4 === 2 ? {} : { typ: anyText() }) });

/** What a case changes at random: one character of the token, to another, away, or a new one before it. */
function changed(token, n) {
  const at = randomInt(token.length);
  const other = [...`${ALPHABET}.=+/ `].filter((c) => c !== token[at]);
  const c = other[randomInt(other.length)];
  return token.slice(0, at) + ['', c, c + token[at]][n % 3] + token.slice(at + 1);
}

test('jose verifies what we sign', async () => {
  for (let n = 0; n < CASES; n++) {
    const key = makeKey();
    const names = anyNames(n);
    const data = anyBytes(n);
    const token = (await good({ do: 'sign', key: key.pem, ...names, data })).toString();
    const { payload, protectedHeader } = await jose.compactVerify(token, key.publicKey, { algorithms: ['ES256'] });
    assert.deepEqual(Buffer.from(payload), data);
    assert.deepEqual({ ...protectedHeader }, { alg: 'ES256', ...names });
  }
});

test('we verify what jose signs, and nothing that was changed', async () => {
  for (let n = 0; n < CASES; n++) {
    const key = makeKey();
    const names = anyNames(n);
    const data = anyBytes(n);
    const token = await new jose.CompactSign(data).setProtectedHeader({ alg: 'ES256', ...names }).sign(key.privateKey);
    const request = { do: 'verify', jwk: key.jwk, ...names };
    assert.deepEqual(await good({ ...request, data: token }), data);
    await refused({ ...request, data: changed(token, n) });
    assert.equal(await refused({ ...request, jwk: makeKey().jwk, data: token }), 'JWS: the signature is not valid');
  }
});

test('jose decrypts what we encrypt', async () => {
  for (let n = 0; n < CASES; n++) {
    const key = makeKey();
    const names = anyNames(n);
    const parties = { ...(n % 3 ? { apu: anyText() } : {}), ...(n % 5 ? { apv: anyText() } : {}) };
    const data = anyBytes(n);
    const token = (await good({ do: 'encrypt', jwk: key.jwk, ...names, ...parties, data })).toString();
    const { plaintext, protectedHeader } = await jose.compactDecrypt(token, key.privateKey,
      { keyManagementAlgorithms: ['ECDH-ES'], contentEncryptionAlgorithms: ['A256GCM'] });
    assert.deepEqual(Buffer.from(plaintext), data);
    const { epk, ...rest } = protectedHeader;
    assert.deepEqual(Object.keys(epk).sort(), ['crv', 'kty', 'x', 'y']);
    const written = Object.fromEntries(Object.entries(parties).map(([name, text]) => [name, Buffer.from(text).toString('base64url')]));
    assert.deepEqual(rest, { alg: 'ECDH-ES', enc: 'A256GCM', ...names, ...written });
  }
});

/** A token of jose's. */
async function encryptedByJose(key, names, parties, data, header = {}) {
  const parts = Object.fromEntries(Object.entries(parties).map(([name, text]) => [name, new TextEncoder().encode(text)]));
  return new jose.CompactEncrypt(data).setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', ...names, ...header })
    .setKeyManagementParameters(parts).encrypt(key.publicKey);
}

test('we decrypt what jose encrypts, and nothing that was changed', async () => {
  for (let n = 0; n < CASES; n++) {
    const key = makeKey();
    const names = anyNames(n);
    const parties = { ...(n % 3 ? { apu: anyText() } : {}), ...(n % 5 ? { apv: anyText() } : {}) };
    const data = anyBytes(n);
    const token = await encryptedByJose(key, names, parties, data);
    const request = { do: 'decrypt', key: key.pem, ...names, ...parties };
    assert.deepEqual(await good({ ...request, data: token }), data);
    await refused({ ...request, data: changed(token, n) });
    assert.equal(await refused({ ...request, key: makeKey().pem, data: token }), 'JWE: it does not decrypt');
  }
});

/** At every place a quarter of the alphabet (all of it at the last, which has bits to spare), some characters that are
 * none of it, and each character away and twice. */
async function refuseEveryChange(request, token) {
  let count = 0;
  for (let at = 0; at < token.length; at++) {
    const some = [...ALPHABET].filter((_, i) => i % 4 === at % 4 || at === token.length - 1);
    const others = [...some, '.', '=', '+', '/', '\n', '\0'].filter((c) => c !== token[at]);
    const answers = ['', token[at] + token[at], ...others].map((with_) =>
      refused({ ...request, data: token.slice(0, at) + with_ + token.slice(at + 1) }));
    count += (await Promise.all(answers)).length;
  }
  return count;
}

test('a signature stands for one text', async () => {
  const key = makeKey();
  const names = { kid: 'a', typ: 't' };
  const token = await new jose.CompactSign(Buffer.from('{}')).setProtectedHeader({ alg: 'ES256', ...names }).sign(key.privateKey);
  assert.ok(await refuseEveryChange({ do: 'verify', jwk: key.jwk, ...names }, token) > token.length * 20);
});

test('what was encrypted stands in one text', async () => {
  const key = makeKey();
  const token = await encryptedByJose(key, { kid: 'a' }, {}, Buffer.from('key'));
  assert.ok(await refuseEveryChange({ do: 'decrypt', key: key.pem, kid: 'a' }, token) > token.length * 20);
});

test('what jose can do and we do not is refused by name', async () => {
  const key = makeKey();
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const data = Buffer.from('{}');
  const signed = (header, by) => new jose.CompactSign(data).setProtectedHeader(header).sign(by);
  const verify = { do: 'verify', jwk: key.jwk };
  for (const [alg, by] of [['ES384', other.privateKey], ['RS256', rsa.privateKey], ['PS256', rsa.privateKey], ['HS256', randomBytes(32)]])
    assert.equal(await refused({ ...verify, data: await signed({ alg }, by) }), `JWS: header: "alg" is "${alg}", not "ES256"`);
  assert.equal(await refused({ ...verify, data: await signed({ alg: 'ES256', jwk: key.jwk }, key.privateKey) }),
    'JWS: header: "jwk": keys are not taken from a message');
  assert.match(await refused({ ...verify, data: await signed({ alg: 'ES256', b64: true, crit: ['b64'] }, key.privateKey) }),
    /^JWS: header: "crit": /);

  const decrypt = { do: 'decrypt', key: key.pem };
  const encrypted = (header, to) => new jose.CompactEncrypt(data).setProtectedHeader(header).encrypt(to);
  for (const alg of ['ECDH-ES+A128KW', 'ECDH-ES+A256KW'])
    assert.equal(await refused({ ...decrypt, data: await encrypted({ alg, enc: 'A256GCM' }, key.publicKey) }),
      `JWE: header: "alg" is "${alg}", not "ECDH-ES"`);
  assert.equal(await refused({ ...decrypt, data: await encrypted({ alg: 'dir', enc: 'A256GCM' }, randomBytes(32)) }),
    'JWE: header: "alg" is "dir", not "ECDH-ES"');
  for (const enc of ['A128GCM', 'A192GCM', 'A256CBC-HS512'])
    assert.equal(await refused({ ...decrypt, data: await encrypted({ alg: 'ECDH-ES', enc }, key.publicKey) }),
      `JWE: header: "enc" is "${enc}", not "A256GCM"`);
  assert.equal(await refused({ ...decrypt, data: await encrypted({ alg: 'ECDH-ES', enc: 'A256GCM' }, other.publicKey) }),
    'JWE: header: "epk": JWK: "crv" is not "P-256"');
});

test('a key is taken as jose exports it, and not with its private half', async () => {
  const { privateKey, publicKey } = await jose.generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
  const jwk = await jose.exportJWK(publicKey);
  const whole = await jose.exportJWK(privateKey);
  const token = await good({ do: 'encrypt', jwk, data: Buffer.from('key') });
  assert.equal(Buffer.from((await jose.compactDecrypt(token.toString(), privateKey)).plaintext).toString(), 'key');
  const pem = createPrivateKey({ key: whole, format: 'jwk' }).export({ type: 'sec1', format: 'pem' });
  const back = await encryptedByJose({ publicKey }, {}, {}, Buffer.from('back'));
  assert.equal((await good({ do: 'decrypt', key: pem, data: back })).toString(), 'back');
  assert.equal(await refused({ do: 'encrypt', jwk: whole, data: 'x' }), 'JWK: "d": a private key is not to be sent');
});
