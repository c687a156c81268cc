// Certificate authorities beside a headend's own, what one signs for another, and the repository's word on them as the
// test would have it: signed with the headend's own keys, behind its back.
//
//   const old = await ownAuthority(headend, dir);            // pki.mjs's Authority of the headend's own key
//   const next = follower(dir, 'Next', old);                 // another key under old's name, as the next one has it
//   await crossSigned(next, old);                            // NewWithOld, PEM
//   await nameAuthorities(headend, { listed: [next, old], issuing: next, retired: [] });
//   await nameAuthorities(headend, null);                    // the repository says nothing of them
import { execFile } from 'node:child_process';
import { X509Certificate, createHash, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { canonical } from './headend-repo.mjs';
import { Authority } from './pki.mjs';

const run = promisify(execFile);
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

// OpenSSL tells a certificate of two authorities of one name from a self-signed one by the key identifiers.
const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign', 'subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'];

export const derOf = (authority) => new X509Certificate(authority.pem()).raw;
/** As pingplayctl and events show it. */
export const shortOf = (authority) => sha256(derOf(authority)).slice(0, 16);

export async function ownAuthority(headend, dir) {
  const own = new Authority(dir, 'own');
  await copyFile(path.join(headend.dir, 'ca.pem'), own.certificate);
  await copyFile(path.join(headend.dir, 'ca.key'), own.key);
  return own;
}

export const nameOf = (authority) => /^CN=(.*)$/m.exec(new X509Certificate(authority.pem()).subject)[1];

const subjectOf = (authority) => `/${new X509Certificate(authority.pem()).subject.replaceAll('\n', '/')}`;

export const follower = (dir, folder, of) => new Authority(dir, folder, null, { dn: subjectOf(of) });

/** A server's certificate and key: it names the key it is signed by, as the name says nothing. */
export const serverOf = (authority) => authority.server(['localhost'], { extra: ['authorityKeyIdentifier=keyid'] });

/** The key of `of` under its name, signed by `by`, PEM: NewWithOld, OldWithNew. */
export async function crossSigned(of, by) {
  const base = path.join(of.folder, `cross-${process.hrtime.bigint()}`);
  await writeFile(`${base}.ext`, CA.join('\n'));
  await run('openssl', ['req', '-new', '-key', of.key, '-subj', subjectOf(of), '-out', `${base}.csr`]);
  await run('openssl', ['x509', '-req', '-in', `${base}.csr`, '-CA', by.certificate, '-CAkey', by.key, '-set_serial', `0x${randomBytes(8).toString('hex')}`,
    '-days', '300', '-sha256', '-extfile', `${base}.ext`, '-out', `${base}.pem`]);
  return readFile(`${base}.pem`);
}

async function signed(headend, role, body) {
  const privateKey = createPrivateKey(await readFile(path.join(headend.dir, `keys/${role}.pem`)));
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
  const root = JSON.parse(await readFile(headend.rootFile)).signed;
  const keyid = root.roles[role].keyids.find((id) => root.keys[id].keyval.public === publicPem);
  return JSON.stringify({ signatures: [{ keyid, sig: sign('sha256', Buffer.from(canonical(body)), privateKey).toString('hex') }], signed: body });
}

async function metadata(headend, name) {
  return JSON.parse(await readFile(path.join(headend.dir, 'repo/metadata', name))).signed;
}

async function writeMetadata(headend, name, text) {
  await writeFile(path.join(headend.dir, 'repo/metadata', name), text);
  return { version: JSON.parse(text).signed.version, length: Buffer.byteLength(text), hashes: { sha256: sha256(text) } };
}

async function writeTargets(headend, change) {
  const timestamp = await metadata(headend, 'timestamp.json');
  const snapshot = await metadata(headend, `${timestamp.meta['snapshot.json'].version}.snapshot.json`);
  const targets = await metadata(headend, `${snapshot.meta['targets.json'].version}.targets.json`);
  change(targets.targets);
  for (const role of [timestamp, snapshot, targets]) role.version += 1;
  snapshot.meta['targets.json'] = await writeMetadata(headend, `${targets.version}.targets.json`, await signed(headend, 'targets', targets));
  timestamp.meta['snapshot.json'] = await writeMetadata(headend, `${snapshot.version}.snapshot.json`, await signed(headend, 'snapshot', snapshot));
  await writeMetadata(headend, 'timestamp.json', await signed(headend, 'timestamp', timestamp));
}

/** A target of the top-level role, by the headend's own keys; `text` null: there is none. */
export async function nameTarget(headend, name, text) {
  if (text === null) return writeTargets(headend, (targets) => { delete targets[name]; });
  const [, folder, file] = /^(.*\/)([^/]+)$/.exec(name);
  await writeFile(path.join(headend.dir, 'repo/targets', folder, `${sha256(text)}.${file}`), text);
  return writeTargets(headend, (targets) => { targets[name] = { length: Buffer.byteLength(text), hashes: { sha256: sha256(text) } }; });
}

export async function nameAuthorities(headend, word) {
  if (!word) return nameTarget(headend, 'keys/authorities.json', null);
  return nameTarget(headend, 'keys/authorities.json', JSON.stringify({
    format: 1,
    authorities: word.listed.map((authority) => ({ sha256: sha256(derOf(authority)), certificate: derOf(authority).toString('base64') })),
    issuing: sha256(derOf(word.issuing)),
    retired: word.retired.map((authority) => sha256(derOf(authority))),
    ...word.more,
  }));
}
