// A PostgreSQL of a test's own (tools/lib/on_postgresql): on a socket in a temporary folder, gone with `stop`.
//   const server = await startPostgresql();   server.address   await server.stop();
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

export async function startPostgresql() {
  const child = spawn(path.join(root, 'tools/lib/on_postgresql'), ['sh', '-c', 'echo "$PP_TEST_DATABASE"; exec cat >/dev/null'],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const lines = createInterface({ input: child.stdout });
  const address = await Promise.race([new Promise((resolve) => lines.once('line', resolve)), ended]);
  if (typeof address !== 'string') throw new Error(`on_postgresql ended with ${address}`);
  return {
    address,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
