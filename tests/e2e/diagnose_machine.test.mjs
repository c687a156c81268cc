// pingplayctl diagnose in a network and on storage of its own, each as a technician may find it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startBadFlash } from './lib/bad_flash.mjs';
import { checkDocument, ctlProgram } from './lib/ctl.mjs';
import { buildDir } from './lib/headend.mjs';

const SYNCHRONISED = path.join(buildDir(), 'tests/e2e/programs/pingplay-synchronised.so');
const CARD = 'ip link add d0 type veth peer name d1 && ip link set d0 up && ip link set d1 up';
const NETWORK = `${CARD} && ip addr add 192.0.2.5/24 dev d0 && ip route add default via 192.0.2.1 && ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev d0`;
const NAME = 'https://headend.example';

describe('diagnose', () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-diagnose-'));
    await mkdir(path.join(dir, 'state'));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  // What it finds, by check, in namespaces that `prepare` (shell) has made ready; `url` is the headend's.
  async function findings({ prepare = 'true', url = NAME, servers = '', env = {} }) {
    const config = path.join(dir, 'agent.conf');
    const resolver = path.join(dir, 'resolv.conf');
    await writeFile(config, `[headend]\nurl = ${url}\nca = ${dir}/ca.pem\nroot = ${dir}/root.json\n[paths]\nstate = ${dir}/state\nplayer-socket = ${dir}/player.sock\nrenderers = ${dir}\n[local]\nsocket = ${dir}/none.sock\n`);
    await writeFile(resolver, servers);
    const script = `mount --bind ${resolver} "$(readlink -f /etc/resolv.conf)" && ${prepare} && exec "$@"`;
    const words = ['--map-root-user', '--net', '--mount', 'sh', '-c', script, 'sh', 'env',
      ...Object.entries(env).map((pair) => pair.join('=')), ctlProgram(), '--config', config, '--json', 'diagnose'];
    const out = await new Promise((resolve) => { execFile('unshare', words, (error, stdout, stderr) => resolve(stdout || stderr)); });
    assert.match(out, /^\{/, out);
    return Object.fromEntries(checkDocument('diagnose', JSON.parse(out)).checks.map(({ name, finding }) => [name, finding]));
  }

  const rows = {
    'no cable': [{}, { link: 'link-down', address: 'address-none', route: 'route-none', dns: 'name-server-none', tcp: 'skipped' }],
    'a cable that leads to nobody who gives addresses': [{ prepare: `${CARD} && ip addr add 169.254.1.2/16 dev d0` },
      { link: 'link-up', address: 'address-self-assigned', route: 'route-none' }],
    'a name server that says nothing': [{ prepare: NETWORK, servers: 'nameserver 192.0.2.53\noptions timeout:1 attempts:1\n' },
      { link: 'link-up', address: 'address-found', route: 'route-found', dns: 'name-server-silent', tcp: 'skipped' }],
    'a headend that says nothing': [{ prepare: NETWORK, url: 'https://192.0.2.1' }, { dns: 'name-literal', tcp: 'tcp-silent' }],
    'a headend to which no way leads': [{ prepare: `${NETWORK} && ip route add unreachable 198.51.100.0/24`, url: 'https://198.51.100.1' },
      { route: 'route-found', tcp: 'tcp-unreachable' }],
    'storage that is full': [{ prepare: 'mount -t tmpfs -o size=16k none "$STATE" && ! head -c 64k /dev/zero > "$STATE/full"' }, { storage: 'storage-full' }],
    'storage that can only be read': [{ prepare: 'mount -t tmpfs -o ro none "$STATE"' }, { storage: 'storage-read-only' }],
  };
  for (const [name, [world, expected]] of Object.entries(rows)) {
    test(`tells of ${name}`, async () => {
      const found = await findings({ ...world, prepare: `STATE=${dir}/state; ${world.prepare ?? 'true'} 2> /dev/null` });
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((check) => [check, found[check]])), expected);
    });
  }

  for (const [what, call] of Object.entries({ 'open-fails': 'open', 'sync-fails': 'sync' })) {
    test(`tells of storage whose ${call} fails`, async (t) => {
      const flash = await startBadFlash();
      t.after(() => flash.stop());
      if (!existsSync(flash.env.LD_PRELOAD)) return t.skip('a sanitized build has no preloaded library');
      const env = { ...flash.env, BAD_FLASH: path.join(dir, 'state') };
      assert.match((await findings({ env })).storage, /^storage-(good|low)$/);
      await flash.go(what);
      assert.equal((await findings({ env })).storage, 'storage-failing');
      assert.equal(await flash.count(new RegExp(`^${call} `)), 1);
    });
  }

  test('tells of a clock that is kept right', async (t) => {
    if (!existsSync(SYNCHRONISED)) return t.skip('a sanitized build has no preloaded library');
    assert.equal((await findings({ env: { LD_PRELOAD: SYNCHRONISED } })).time, 'clock-synchronised');
  });
});
