// A TUF repository with sealed channels, made and signed with node's own crypto: what a headend would publish, and what
// it never would.
//
//   const repo = new TufRepo(folder);
//   repo.publish('lobby', { files: { 'a.jpg': { data, kind: 'image' } } });   // -> { manifest, objects, sealed }
//   repo.rootFile, repo.keyFile('lobby')
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { seal } from './tink.mjs';

const DAY = 86400000;
export const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** OLPC canonical JSON. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value && typeof value === 'object') {
    return `{${Object.keys(value).sort().map((k) => `${canonical(k)}:${canonical(value[k])}`).join(',')}}`;
  }
  if (typeof value === 'string') return `"${value.replace(/[\\"]/g, (c) => `\\${c}`)}"`;
  return String(value);
}

function makeKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = {
    keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp256',
    keyval: { public: publicKey.export({ type: 'spki', format: 'pem' }) },
  };
  return { privateKey, key, keyid: sha256(canonical(key)) };
}

const expires = (days) => new Date(Date.now() + days * DAY).toISOString().replace(/\.\d+Z$/, 'Z');

export class TufRepo {
  constructor(folder) {
    this.folder = folder;
    this.keys = Object.fromEntries(['root', 'timestamp', 'snapshot', 'targets', 'channel'].map((r) => [r, makeKey()]));
    this.versions = { timestamp: 0, snapshot: 0, targets: 0 };
    this.channels = new Map(); // id -> { version, key, targets }
    this.rootFile = path.join(folder, 'root.json');
    const roles = Object.fromEntries(['root', 'timestamp', 'snapshot', 'targets'].map(
      (r) => [r, { keyids: [this.keys[r].keyid], threshold: 1 }]));
    const keys = Object.fromEntries(['root', 'timestamp', 'snapshot', 'targets'].map(
      (r) => [this.keys[r].keyid, this.keys[r].key]));
    const root = this.signed('root', { _type: 'root', version: 1, consistent_snapshot: true, keys, roles }, 3650);
    this.write('metadata/1.root.json', root);
    writeFileSync(this.rootFile, root);
  }

  write(name, data) {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, data);
  }

  signed(role, body, days = 30) {
    const full = { spec_version: '1.0.31', expires: expires(days), ...body };
    const { keyid, privateKey } = this.keys[role];
    const signature = sign('sha256', Buffer.from(canonical(full)), privateKey).toString('hex');
    return JSON.stringify({ signatures: [{ keyid, sig: signature }], signed: full });
  }

  channel(id) {
    if (!this.channels.has(id)) this.channels.set(id, { version: 0, key: randomBytes(32), targets: {} });
    return this.channels.get(id);
  }

  /** A file with the channel key in hex. */
  keyFile(id) {
    const file = path.join(this.folder, `${id}.key`);
    writeFileSync(file, this.channel(id).key.toString('hex'));
    return file;
  }

  /** Seals each file as an object; `change` may edit the manifest before it is sealed. `target`: manifest or next. */
  publish(id, { files = {}, title = id, change = (m) => m, associatedData = `pingplay/manifest/${id}`,
    target = 'manifest' } = {}) {
    const channel = this.channel(id);
    const objects = {};
    const items = [];
    for (const [name, { data, kind = 'image', key = randomBytes(32) }] of Object.entries(files)) {
      const sealed = seal(key, data, { associatedData: 'pingplay/object' });
      const hash = sha256(sealed);
      this.write(`objects/${hash.slice(0, 2)}/${hash}`, sealed);
      objects[name] = { sha256: hash, length: sealed.length, key: key.toString('base64url') };
      items.push({ id: name, kind, object: name, duration: 'PT10S' });
    }
    const manifest = change({
      format: 1, channel: id, title, version: channel.version + 1, canvas: { width: 1920, height: 1080 },
      layouts: { all: { zones: [{ id: 'main', x: 0, y: 0, width: 1920, height: 1080, playlist: 'all' }] } },
      playlists: { all: { items } }, default_layout: 'all', objects,
    });
    const sealed = seal(channel.key, Buffer.from(JSON.stringify(manifest)), { associatedData });
    this.release(id, sealed, target);
    return { manifest, objects, sealed, hash: sha256(sealed) };
  }

  /** Makes these bytes the channel's manifest, whatever they are; or its next one, beside the present one. */
  release(id, sealed, target = 'manifest') {
    const channel = this.channel(id);
    const hash = sha256(sealed);
    const named = { [`channels/${id}/${target}.sealed`]: { length: sealed.length, hashes: { sha256: hash } } };
    this.write(`targets/channels/${id}/${hash}.${target}.sealed`, sealed);
    this.writeChannel(id, target === 'manifest' ? named : { ...channel.targets, ...named });
  }

  /** There is no next manifest any more. */
  cancel(id) {
    const { [`channels/${id}/next.sealed`]: next, ...targets } = this.channel(id).targets;
    this.writeChannel(id, targets);
    return next;
  }

  writeChannel(id, targets) {
    const channel = this.channel(id);
    channel.version += 1;
    channel.targets = targets;
    this.write(`metadata/${channel.version}.channel-${id}.json`, this.signed('channel',
      { _type: 'targets', version: channel.version, targets: channel.targets }));
    this.writeTop();
  }

  writeTop() {
    this.versions.targets += 1;
    this.versions.snapshot += 1;
    const { keyid, key } = this.keys.channel;
    const roles = [...this.channels.keys()].filter((id) => this.channels.get(id).version).map((id) => (
      { name: `channel-${id}`, keyids: [keyid], threshold: 1, terminating: true, paths: [`channels/${id}/*`] }));
    this.write(`metadata/${this.versions.targets}.targets.json`, this.signed('targets', {
      _type: 'targets', version: this.versions.targets, targets: {}, delegations: { keys: { [keyid]: key }, roles } }));
    const meta = { 'targets.json': { version: this.versions.targets } };
    for (const { name } of roles) meta[`${name}.json`] = { version: this.channel(name.slice(8)).version };
    this.write(`metadata/${this.versions.snapshot}.snapshot.json`, this.signed('snapshot', {
      _type: 'snapshot', version: this.versions.snapshot, meta }));
    this.writeTimestamp();
  }

  writeTimestamp(days = 30) {
    this.versions.timestamp += 1;
    this.write('metadata/timestamp.json', this.signed('timestamp', {
      _type: 'timestamp', version: this.versions.timestamp,
      meta: { 'snapshot.json': { version: this.versions.snapshot } } }, days));
  }
}
