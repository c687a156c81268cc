// A renderer as a process, without an agent.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { buildDir } from './lib/headend.mjs';

test('a renderer that may lock no memory says its own words, and none of a library\'s', async () => {
  const program = path.join(buildDir(), 'firmware/render/media/pingplay-render-media');
  const locked = ['prlimit', '--memlock=0:0', program];
  // root may lock as much as it will, unless that right is taken away
  const [command, ...words] = process.getuid() === 0 ? ['setpriv', '--bounding-set=-ipc_lock', ...locked] : locked;
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => { said += data; });
  await new Promise((resolve) => child.on('close', resolve));
  assert.match(said, /^[^\n]*descriptor 3 is no control socket[^\n]*\n$/);
});
