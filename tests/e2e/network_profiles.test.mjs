// The profiles of board/network, as a real NetworkManager takes them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const profiles = path.resolve(here, '../../board/network');
const needsRoot = process.getuid() !== 0 && 'needs root, to make a network; CI has it';

async function names() {
  const found = (await readdir(profiles)).filter((name) => name.endsWith('.nmconnection'))
    .map((name) => name.replace('.nmconnection', '')).sort();
  assert.ok(found.some((name) => name.endsWith('8021x')), 'profiles are there');
  return found;
}

async function load(folder) {
  const env = { ...process.env, LC_ALL: 'C' };
  const { stdout } = await run(path.join(here, 'servers/network-manager.sh'), [folder], { env });
  return stdout.trim().split('\n');
}

// The profile in NetworkManager's own words: what it did not understand is not among them.
async function understood(name) {
  const file = path.join(profiles, `${name}.nmconnection`);
  const command = 'nmcli --offline connection modify connection.autoconnect yes <"$1"';
  const { stdout } = await run('sh', ['-c', command, 'sh', file]);
  return stdout;
}

test('each profile is loaded, and the static one sets its addresses', { skip: needsRoot }, async () => {
  const lines = await load(profiles);
  assert.deepEqual(lines.filter((line) => /^(loaded|refused) /.test(line)).sort(), [
    'loaded wifi-8021x', 'loaded wifi-personal', 'loaded wifi-wpa3', 'loaded wired-8021x', 'loaded wired-dhcp',
    'loaded wired-static']);
  const addresses = lines.find((line) => line.startsWith('wired0'));
  assert.match(addresses, / 192\.0\.2\.10\/24 /);
  assert.match(addresses, / 2001:db8::10\/64 /);
});

test('a spoiled profile is refused', { skip: needsRoot }, async (t) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'profiles-'));
  t.after(() => rm(dir, { recursive: true }));
  await cp(path.join(profiles, 'wired-dhcp.nmconnection'), path.join(dir, 'wired-dhcp.nmconnection'));
  const whole = await readFile(path.join(profiles, 'wifi-wpa3.nmconnection'), 'utf8');
  await writeFile(path.join(dir, 'wifi-wpa3.nmconnection'), whole.replace('key-mgmt=sae', 'key-mgmt=saz'));
  assert.deepEqual(await load(dir), ['refused wifi-wpa3', 'loaded wired-dhcp']);
});

test('every line of a profile is understood', async () => {
  for (const name of await names()) {
    const text = await readFile(path.join(profiles, `${name}.nmconnection`), 'utf8');
    const plain = (line) => line.replace(/;$/, '');
    const words = (await understood(name)).split('\n').map(plain);
    // What is the default is not written out again.
    const lines = text.split('\n').filter((line) => /^[a-z0-9-]+=/.test(line))
      .filter((line) => !/^(autoconnect=true|hidden=false)$/.test(line));
    const missing = lines.filter((line) => !words.includes(plain(line)));
    assert.deepEqual(missing, [], name);
  }
});

test('802.1X never trusts a server that is not named', async () => {
  for (const name of (await names()).filter((each) => each.endsWith('8021x'))) {
    const words = await understood(name);
    assert.match(words, /^eap=tls;$/m, name);
    assert.match(words, /^ca-cert=\/./m, name);
    assert.match(words, /^domain-suffix-match=./m, name);
  }
});
