// An independent implementation of Tink's AES-GCM-HKDF streaming format, on node's own crypto. It shares nothing
// with firmware/crypto: the two are held against each other.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

export const TAG = 16;
export const defaults = { hash: 'sha256', keySize: 32, segmentSize: 65536, firstOffset: 0, associatedData: '' };

export const headerSize = ({ keySize }) => 1 + keySize + 7;
/** Clear bytes that the first segment, and any other, takes. */
export const firstRoom = (p) => p.segmentSize - p.firstOffset - headerSize(p) - TAG;
export const room = (p) => p.segmentSize - TAG;

function nonce(prefix, number, last) {
  const tail = Buffer.alloc(5);
  tail.writeUInt32BE(number, 0);
  tail[4] = last ? 1 : 0;
  return Buffer.concat([prefix, tail]);
}

const cipherName = (p) => `aes-${p.keySize * 8}-gcm`;

function derive(key, salt, p) {
  return Buffer.from(hkdfSync(p.hash, key, salt, Buffer.from(p.associatedData), p.keySize));
}

function split(bytes, first, rest) {
  const parts = [bytes.subarray(0, first)];
  for (let at = first; at < bytes.length; at += rest) parts.push(bytes.subarray(at, at + rest));
  return parts;
}

/** The header and the sealed segments, apart, so that tests can put them together wrongly. */
export function sealParts(key, clear, options = {}) {
  const p = { ...defaults, ...options };
  const salt = p.salt ?? randomBytes(p.keySize);
  const prefix = p.noncePrefix ?? randomBytes(7);
  const derived = derive(key, salt, p);
  const parts = split(clear, firstRoom(p), room(p));
  const segments = parts.map((part, number) => {
    const cipher = createCipheriv(cipherName(p), derived, nonce(prefix, number, number === parts.length - 1));
    return Buffer.concat([cipher.update(part), cipher.final(), cipher.getAuthTag()]);
  });
  return { header: Buffer.concat([Buffer.from([headerSize(p)]), salt, prefix]), segments };
}

export function seal(key, clear, options = {}) {
  const { header, segments } = sealParts(key, clear, options);
  return Buffer.concat([header, ...segments]);
}

export function open(key, sealed, options = {}) {
  const p = { ...defaults, ...options };
  const size = headerSize(p);
  if (sealed[0] !== size) throw new Error('wrong header length');
  const derived = derive(key, sealed.subarray(1, 1 + p.keySize), p);
  const prefix = sealed.subarray(1 + p.keySize, size);
  const parts = split(sealed.subarray(size), p.segmentSize - p.firstOffset - size, p.segmentSize);
  return Buffer.concat(parts.map((part, number) => {
    const decipher = createDecipheriv(cipherName(p), derived, nonce(prefix, number, number === parts.length - 1));
    decipher.setAuthTag(part.subarray(part.length - TAG));
    return Buffer.concat([decipher.update(part.subarray(0, part.length - TAG)), decipher.final()]);
  }));
}

/** Sizes of clear data around every boundary of the first segments. */
export function boundarySizes(options = {}) {
  const p = { ...defaults, ...options };
  const sizes = new Set([0, 1, 2]);
  for (let full = 0; full < 4; full++) {
    const boundary = firstRoom(p) + full * room(p);
    for (const delta of [-1, 0, 1]) if (boundary + delta >= 0) sizes.add(boundary + delta);
  }
  return [...sizes].sort((a, b) => a - b);
}
