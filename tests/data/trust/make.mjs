// Makes the root files of this folder: the same root, signed by keys of each kind that TUF names, and by some that
// must not count. `node make.mjs` writes them anew, with new keys.
import { createHash, generateKeyPairSync, sign, constants } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object')
    return typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${canonical(name)}:${canonical(value[name])}`).join(',')}}`;
};
const keyidOf = (object) => createHash('sha256').update(canonical(object)).digest('hex');
const pem = (key) => key.export({ type: 'spki', format: 'pem' });

const makers = {
  ecdsa: (pair, data) => sign('sha256', data, pair.privateKey),
  rsa: (pair, data, saltLength) =>
    sign('sha256', data, { key: pair.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
  pkcs1: (pair, data) => sign('sha256', data, pair.privateKey),
  ed25519: (pair, data) => sign(null, data, pair.privateKey),
};
const key = (kind, keytype, scheme, pair, extra = {}) => {
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
  const text = kind === 'ed25519' ? spki.subarray(-32).toString('hex') : pem(pair.publicKey);
  const object = { keytype, scheme, keyval: { public: text }, ...extra };
  return { object, keyid: keyidOf(object), sign: (data, salt = 32) => makers[kind](pair, data, salt).toString('hex') };
};
const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsa = key('rsa', 'rsa', 'rsassa-pss-sha256', rsaPair);
const ed25519 = key('ed25519', 'ed25519', 'ed25519', generateKeyPairSync('ed25519'));
const ecdsa = key('ecdsa', 'ecdsa', 'ecdsa-sha2-nistp256', p256());
const legacy = key('ecdsa', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256', p256());
const unknown = key('pkcs1', 'rsa', 'rsa-pkcs1v15-sha256', rsaPair);
const p384 = key('ecdsa', 'ecdsa', 'ecdsa-sha2-nistp256', generateKeyPairSync('ec', { namedCurve: 'P-384' }));
const weak = key('rsa', 'rsa', 'rsassa-pss-sha256', generateKeyPairSync('rsa', { modulusLength: 1024 }));
const renamed = { ...ecdsa, keyid: keyidOf('another key') };
const doubled = p256();
const first = key('ecdsa', 'ecdsa', 'ecdsa-sha2-nistp256', doubled);
const second = key('ecdsa', 'ecdsa', 'ecdsa-sha2-nistp256', doubled, { 'x-note': 'the same key' });

const root = (name, keys, { threshold = keys.length, salt = 32, repeat = 1 } = {}) => {
  const keyids = keys.map((one) => one.keyid);
  const role = { keyids: Array(repeat).fill(keyids).flat(), threshold };
  const signed = {
    _type: 'root', spec_version: '1.0.34', version: 1, expires: '2040-01-01T00:00:00Z', consistent_snapshot: true,
    keys: Object.fromEntries(keys.map((one) => [one.keyid, one.object])),
    roles: { root: role, timestamp: role, snapshot: role, targets: role },
  };
  const data = Buffer.from(canonical(signed));
  const signatures = keys.map((one) => ({ keyid: one.keyid, sig: one.sign(data, salt) }));
  writeFileSync(new URL(`${name}.root.json`, import.meta.url), `${JSON.stringify({ signatures, signed }, null, 1)}\n`);
};

root('ecdsa', [ecdsa]);
root('ecdsa-legacy', [legacy]);
root('rsa', [rsa]);
root('rsa-longest-salt', [rsa], { salt: constants.RSA_PSS_SALTLEN_MAX_SIGN });
root('ed25519', [ed25519]);
root('mixed', [rsa, ed25519, ecdsa, legacy]);
root('unknown', [unknown]);
root('unknown-beside', [unknown, ecdsa], { threshold: 1 });
root('p384', [p384]);
root('rsa-1024', [weak]);
root('renamed', [renamed]);
root('one-key-two-keyids', [first, second]);
root('one-keyid-twice', [ecdsa], { threshold: 2, repeat: 2 });
