// A passkey of the tests' own: makes what a browser and its authenticator would, and whatever they would not.
//
//   const key = new Passkey({ algorithm: -7 });                        // ES256; -8 EdDSA, -257 RS256
//   const created = key.create(options, { origin });                   // options: publicKey of the server's; -> RegistrationResponseJSON
//   const signed = key.get(options, { origin });                       // -> AuthenticationResponseJSON
// What is said otherwise: { origin, type, challenge, crossOrigin, topOrigin, rpId, flags, count, extra, userHandle, id, clientData }
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const b64 = (bytes) => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

export const flags = { UP: 1, UV: 4, BE: 8, BS: 16, AT: 64, ED: 128 };

// CBOR of what is needed: whole numbers, bytes, texts, maps as lists of pairs.
export function cbor(value) {
  const head = (kind, n) => {
    if (n < 24) return Buffer.from([(kind << 5) | n]);
    if (n < 256) return Buffer.from([(kind << 5) | 24, n]);
    return Buffer.from([(kind << 5) | 25, n >> 8, n & 255]);
  };
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.length), ...value.flat().map(cbor)]);
}

const kinds = {
  [-7]: { make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), cose: ({ x, y }) => [[1, 2], [3, -7], [-1, 1], [-2, x], [-3, y]], hash: 'sha256' },
  [-8]: { make: () => generateKeyPairSync('ed25519'), cose: ({ x }) => [[1, 1], [3, -8], [-1, 6], [-2, x]], hash: null },
  [-257]: { make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }), cose: ({ n, e }) => [[1, 3], [3, -257], [-1, n], [-2, e]], hash: 'sha256' },
};

export class Passkey {
  constructor({ algorithm = -7, id = randomBytes(32), backup = 0 } = {}) {
    Object.assign(this, { algorithm, id, backup, kind: kinds[algorithm], count: 0 });
    Object.assign(this, this.kind.make());
    const jwk = this.publicKey.export({ format: 'jwk' });
    this.cose = cbor(this.kind.cose(Object.fromEntries(['x', 'y', 'n', 'e'].filter((name) => jwk[name]).map((name) => [name, Buffer.from(jwk[name], 'base64url')]))));
  }

  clientData(type, options, { origin, challenge = options.challenge, crossOrigin = false, topOrigin, clientData } = {}) {
    return Buffer.from(clientData ?? JSON.stringify({ type, challenge, origin, crossOrigin, ...(topOrigin && { topOrigin }) }));
  }

  authenticatorData(rpId, flag, count, rest) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(count);
    return Buffer.concat([sha256(rpId), Buffer.from([flag]), number, rest]);
  }

  create(options, said = {}) {
    const { type = 'webauthn.create', rpId = options.rp.id, flags: flag = flags.UP | flags.UV | flags.AT | this.backup, id = this.id, extra = Buffer.alloc(0) } = said;
    this.userHandle = Buffer.from(options.user.id, 'base64url');
    const credential = Buffer.concat([Buffer.alloc(16), Buffer.from([this.id.length >> 8, this.id.length & 255]), this.id, this.cose, extra]);
    const data = this.authenticatorData(rpId, flag, this.count, flag & flags.AT ? credential : Buffer.alloc(0));
    const attestationObject = said.attestation?.(data) ?? cbor([['fmt', 'none'], ['attStmt', []], ['authData', data]]);
    return { id: b64(id), rawId: b64(id), type: 'public-key', clientExtensionResults: {}, response: {
      clientDataJSON: b64(this.clientData(type, options, said)), attestationObject: b64(attestationObject), transports: ['internal', 'hybrid', 'from the <future>'] } };
  }

  get(options, said = {}) {
    const { type = 'webauthn.get', rpId = options.rpId, flags: flag = flags.UP | flags.UV | this.backup, count = this.count, extra = Buffer.alloc(0), id = this.id,
      userHandle = this.userHandle, key = this.privateKey } = said;
    const client = this.clientData(type, options, said);
    const data = this.authenticatorData(rpId, flag, count, extra);
    const signature = sign(this.kind.hash, Buffer.concat([data, sha256(client)]), key);
    return { id: b64(id), rawId: b64(id), type: 'public-key', clientExtensionResults: {}, response: {
      clientDataJSON: b64(client), authenticatorData: b64(data), signature: b64(said.signature?.(signature) ?? signature), userHandle: b64(userHandle) } };
  }
}
