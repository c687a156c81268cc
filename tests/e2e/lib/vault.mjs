// What a screen's vault keeps (firmware/vault/README.md), opened with the key of the provider `file`.
//
//   await readRecord(stateDir, 'device-cookie')      // the newest generation, in clear
//   await secretsOf(stateDir)                        // { name: [Buffer, …] }: what nobody may read, in the forms it could be written in
//   formsOf(bytes)
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { open } from './tink.mjs';

const kekOf = (stateDir) => readFile(path.join(stateDir, 'kek/kek'));

export async function readRecord(stateDir, name) {
  const kek = await kekOf(stateDir);
  const slots = [];
  for (const slot of [0, 1]) {
    const file = await readFile(path.join(stateDir, `vault/${name}.${slot}`)).catch(() => undefined);
    if (file) slots.push({ generation: file.readBigUInt64BE(4), sealed: file.subarray(12) });
  }
  const [{ generation, sealed }] = slots.sort((a, b) => Number(b.generation - a.generation));
  return open(kek, sealed, { associatedData: `pingplay/vault/${name}/${generation}` });
}

// The number of a private key.
export const numberOf = (der) => Buffer.from(createPrivateKey({ key: der, format: 'der', type: 'sec1' }).export({ format: 'jwk' }).d, 'base64url');

// As it is, in hex, and in base64, also within a longer text, where it begins at any of three places.
export function formsOf(bytes) {
  const hex = bytes.toString('hex');
  const within = [0, 1, 2].flatMap((skip) => {
    const whole = bytes.subarray(skip, skip + Math.floor((bytes.length - skip) / 3) * 3);
    return [whole.toString('base64'), whole.toString('base64url')];
  });
  return [bytes, ...[hex, hex.toUpperCase(), ...within].map((text) => Buffer.from(text))];
}

export async function secretsOf(stateDir) {
  const secrets = { 'the key-encryption key': await kekOf(stateDir) };
  for (const name of ['device-key', 'agreement-key']) secrets[`the ${name}`] = numberOf(await readRecord(stateDir, name));
  for (const name of ['spool-key', 'witness-key']) secrets[`the ${name}`] = await readRecord(stateDir, name);
  secrets['the cookie'] = Buffer.from((await readRecord(stateDir, 'device-cookie')).toString().split('=').pop());
  return Object.fromEntries(Object.entries(secrets).map(([name, bytes]) => [name, formsOf(bytes)]));
}
