// Checks a headend's static repository from outside, sharing nothing with it: every signature, hash, length,
// version and expiry of the metadata that timestamp.json leads to, the sealed manifests, and their objects.
//
//   const { channels } = await verifyRepository(headend.dir, { lobby: key });
//   await verifyRepository(headend.dir, {}, Date.now(), ['hall']);   // a channel that was removed
//   channels.lobby.manifest, .version      // the opened manifest, for channels whose 32-byte key was given
//   channels.lobby.next, .nextHash         // the same of the next one, which screens in a rollout show; undefined without
import assert from 'node:assert/strict';
import { createHash, verify } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { open } from './tink.mjs';

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

// OLPC canonical JSON of what TUF signs.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const names = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${names.map((name) => `${canonical(name)}:${canonical(value[name])}`).join(',')}}`;
  }
  if (typeof value === 'string') return `"${value.replace(/[\\"]/g, '\\$&')}"`;
  assert.ok(value === null || typeof value === 'boolean' || Number.isSafeInteger(value));
  return String(value);
}

function checkSignature(file, role, keys, type, now) {
  const { signatures, signed } = JSON.parse(file);
  assert.equal(signed._type, type);
  assert.match(signed.spec_version, /^1\.0\./);
  assert.ok(Date.parse(signed.expires) > now, `${type} has expired`);
  let good = 0;
  for (const { keyid, sig } of signatures) {
    if (!role.keyids.includes(keyid)) continue;
    const key = keys[keyid];
    assert.equal(sha256(canonical(key)), keyid);
    assert.deepEqual([key.keytype, key.scheme], ['ecdsa', 'ecdsa-sha2-nistp256']);
    good += verify('sha256', Buffer.from(canonical(signed)), key.keyval.public, Buffer.from(sig, 'hex')) ? 1 : 0;
  }
  assert.ok(good >= role.threshold, `${type}: ${good} good signatures of ${role.threshold}`);
  return signed;
}

function checkMeta(file, meta, what) {
  assert.equal(file.length, meta.length, `${what}: length`);
  assert.equal(sha256(file), meta.hashes.sha256, `${what}: hash`);
}

async function checkManifest(repo, id, target, key, name = 'manifest') {
  const hash = target.hashes.sha256;
  const sealed = await readFile(path.join(repo, `targets/channels/${id}/${hash}.${name}.sealed`));
  checkMeta(sealed, target, `${id} ${name}`);
  if (!key) return undefined;
  const manifest = JSON.parse(open(key, sealed, { associatedData: `pingplay/manifest/${id}` }).toString('utf8'));
  assert.equal(manifest.channel, id);
  for (const object of Object.values(manifest.objects)) {
    const file = path.join(repo, 'objects', object.sha256.slice(0, 2), object.sha256);
    assert.equal((await stat(file)).size, object.length);
    const data = await readFile(file);
    assert.equal(sha256(data), object.sha256);
    object.clear = open(Buffer.from(object.key, 'base64url'), data, { associatedData: 'pingplay/object' });
  }
  return manifest;
}

export async function verifyRepository(dir, channelKeys = {}, now = Date.now(), removed = []) {
  const repo = path.join(dir, 'repo');
  const metadata = (name) => readFile(path.join(repo, 'metadata', name));
  const rootFile = await metadata('1.root.json');
  assert.deepEqual(rootFile, await readFile(path.join(dir, 'root.json')));
  const { keys, roles } = JSON.parse(rootFile).signed;
  const root = checkSignature(rootFile, roles.root, keys, 'root', now);
  assert.equal(root.version, 1);
  assert.equal(root.consistent_snapshot, true);
  const timestamp = checkSignature(await metadata('timestamp.json'), roles.timestamp, keys, 'timestamp', now);
  const snapshotMeta = timestamp.meta['snapshot.json'];
  const snapshotFile = await metadata(`${snapshotMeta.version}.snapshot.json`);
  checkMeta(snapshotFile, snapshotMeta, 'snapshot');
  const snapshot = checkSignature(snapshotFile, roles.snapshot, keys, 'snapshot', now);
  assert.equal(snapshot.version, snapshotMeta.version);
  const targetsMeta = snapshot.meta['targets.json'];
  const targetsFile = await metadata(`${targetsMeta.version}.targets.json`);
  checkMeta(targetsFile, targetsMeta, 'targets');
  const targets = checkSignature(targetsFile, roles.targets, keys, 'targets', now);
  assert.equal(targets.version, targetsMeta.version);
  const channels = {};
  for (const role of targets.delegations.roles) {
    const id = role.name.replace(/^channel-/, '');
    assert.deepEqual(role.paths, [`channels/${id}/*`]);
    const meta = snapshot.meta[`${role.name}.json`];
    const file = await metadata(`${meta.version}.${role.name}.json`);
    checkMeta(file, meta, role.name);
    const signed = checkSignature(file, role, targets.delegations.keys, 'targets', now);
    assert.equal(signed.version, meta.version);
    const target = signed.targets[`channels/${id}/manifest.sealed`];
    const next = signed.targets[`channels/${id}/next.sealed`];
    channels[id] = { version: signed.version, manifest: await checkManifest(repo, id, target, channelKeys[id]),
      next: next && await checkManifest(repo, id, next, channelKeys[id], 'next'), nextHash: next?.hashes.sha256 };
  }
  // Besides those, only what was delegated once: a snapshot may not forget.
  const expected = ['targets.json', ...removed.map((id) => `channel-${id}.json`), ...Object.keys(channels).map((id) => `channel-${id}.json`)];
  assert.deepEqual(Object.keys(snapshot.meta).sort(), [...expected].sort());
  return { timestamp, snapshot, targets, channels };
}
