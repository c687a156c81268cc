// What a screen sends because its administrator asks for it.
//
//   await uploads(headend, screen)                        // { log, diagnosis }: text, as the administrator reads it
//   await assertNotSent(headend, screen, ['secret', …])   // nor in its own log: none of these texts or Buffers
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export async function uploads(headend, screen) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-uploads-'));
  const ask = (...words) => headend.cli('screen', 'command', screen, ...words, '--wait');
  try {
    const log = path.join(dir, 'log');
    const diagnosis = await ask('diagnose');
    await headend.cli('screen', 'received', (await ask('logs', '500')).slice(0, 36), '--out', log);
    return { log: await readFile(log), diagnosis: Buffer.from(diagnosis) };
  } finally {
    await rm(dir, { recursive: true });
  }
}

export async function assertNotSent(headend, screen, secrets) {
  const sent = await uploads(headend, screen);
  assert.match(sent.log.toString(), /-> online/);
  assert.match(sent.diagnosis.toString(), /^diagnose done/m);
  for (const secret of secrets)
    for (const [what, bytes] of Object.entries(sent)) assert.ok(!bytes.includes(secret), `a secret is in the ${what}`);
}
