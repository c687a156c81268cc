// What a thief has, and what of a headend's repository it opens.
//
//   const vault = await stolenVault(headend, 'lobby', key);   // the channel's key (Buffer), and all keys in the manifest that it opens
//   await assertNothingOpens(headend, vault, 3);              // of the files that came since, which are 3 at the least
//   (await opened(headend, vault)).found                      // their names
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { verifyRepository } from './headend-repo.mjs';
import { open } from './tink.mjs';

async function sealedFiles(headend) {
  const found = [];
  for (const folder of ['objects', 'targets']) {
    const entries = await readdir(path.join(headend.dir, 'repo', folder), { recursive: true, withFileTypes: true });
    found.push(...entries.filter((one) => one.isFile()).map((one) => path.join(one.parentPath ?? one.path, one.name)));
  }
  return found;
}

export async function stolenVault(headend, id, key) {
  const { manifest } = (await verifyRepository(headend.dir, { [id]: key })).channels[id];
  const keys = [key, ...Object.values(manifest.objects).map((object) => Buffer.from(object.key, 'base64url'))];
  return { id, keys, files: new Set(await sealedFiles(headend)) };
}

// The files of the repository that came after the theft, and those that open with a stolen key, whatever they are sealed as.
export async function opened(headend, vault) {
  const fresh = (await sealedFiles(headend)).filter((file) => !vault.files.has(file));
  const found = [];
  for (const file of fresh) {
    const sealed = await readFile(file);
    for (const key of vault.keys) {
      for (const associatedData of ['pingplay/object', 'pingplay/manifest/lobby', 'pingplay/manifest/garden']) {
        try {
          open(key, sealed, { associatedData });
          found.push(path.basename(file));
        } catch {
          // As it should be.
        }
      }
    }
  }
  return { fresh, found };
}

export async function assertNothingOpens(headend, vault, least) {
  const { fresh, found } = await opened(headend, vault);
  assert.ok(fresh.length >= least, `${fresh.length} new files`);
  assert.deepEqual(found, []);
}
