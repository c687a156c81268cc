// A network that comes when the screen is there already: a cable that is plugged in, a Wi-Fi that a phone has handed over.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const unshare = [...(process.getuid() === 0 ? [] : ['--user', '--map-root-user']), '--net'];

test('a network that comes is used at once, and not when the wait for the next try is over', async (context) => {
  if (!await run('unshare', [...unshare, 'true']).then(() => true, () => false)) {
    context.diagnostic('no network namespace can be made here');
    return;
  }
  const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'servers/cable.mjs');
  const { stdout } = await run('unshare', [...unshare, process.execPath, script]);
  const said = JSON.parse(stdout).map((line) => line.replace(/^.*: (info|warning): /, ''));
  const at = (pattern) => said.findIndex((line) => pattern.test(line));
  assert.ok(at(/enrolment-network/) >= 0, stdout);
  assert.ok(at(/a network has come: the headend is asked again/) > at(/enrolment-network/), stdout);
  assert.ok(at(/with the code/) > at(/a network has come/), stdout);
});
