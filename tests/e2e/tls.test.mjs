// The real agent, enrolled, before servers that must not be trusted: it says why, and sends nothing. The library's own
// tests (tests/unit/net/tls_test.c) go through every kind with every secret a request can carry.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildDir, startHeadend } from './lib/headend.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

const KINDS = {
  expired: 'its certificate has expired',
  notYet: 'its certificate is not yet valid',
  wrongName: 'its certificate is for another name',
  selfSigned: 'its certificate is self-signed',
  unknownAuthority: 'its certificate comes from an unknown authority',
  clientOnly: 'its certificate is not for a server',
  noNames: 'its certificate names no server (subjectAltName)',
  otherNames: 'its certificate names no server (subjectAltName)',
  nameAsText: 'its certificate is for another name',
  rsa1024: 'the key of its certificate is too weak',
  sha1: 'its certificate is signed with too weak a hash',
  sha1Above: 'a certificate above its own is signed with too weak a hash',
  rsa1024Above: 'the key of its authority is too weak',
  spoiled: 'the signature of its certificate is wrong',
  spoiledAbove: 'the signature of a certificate above its own is wrong',
  pathLength: 'its certificate chain is longer than an authority allows',
  constraints: 'an authority may not issue certificates for its name',
  notAnAuthority: 'a certificate above its own may not issue others',
  mayNotIssue: 'a certificate above its own may not issue others',
  expiredAbove: 'a certificate above its own has expired',
  mayNotSign: 'the key of its certificate may not sign',
  unknownExtension: 'its certificate has a critical extension that is not known here',
  tls11: 'it only speaks too old a protocol version of TLS',
  cbc: 'no cipher suite is acceptable to both sides',
};

// It lowers what OpenSSL demands, and forbids every algorithm: whoever reads it trusts the weak, or starts nothing.
const OPENSSL_CONF = `openssl_conf = own
[own]
ssl_conf = ssl
alg_section = algorithms
[ssl]
system_default = low
[low]
CipherString = ALL:@SECLEVEL=0
MinProtocol = None
[algorithms]
default_properties = fips=yes
`;

class BadServers {
  constructor(folder) {
    this.child = spawn('node', [path.join(here, 'servers/scripted.mjs'), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async read() { return JSON.parse((await this.lines.next()).value); }

  async ask(command) {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    return this.read();
  }

  stop() { this.child.stdin.end(); }
}

describe('an enrolled screen before a server that cannot be trusted', () => {
  let folder;
  let servers;
  let ready;
  let headend;
  const enrolled = () => path.join(folder, 'enrolled');

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'pingplay-tls-'));
    await writeFile(path.join(folder, 'openssl.cnf'), OPENSSL_CONF);
    servers = new BadServers(path.join(folder, 'servers'));
    ready = await servers.read();
    headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    await enrolInto(enrolled());
  });
  after(async () => {
    servers?.stop();
    await headend?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  // A state folder with a certificate and a cookie.
  async function enrolInto(state) {
    await mkdir(state);
    const child = spawn(path.join(buildDir(), 'tests/e2e/programs/pingplay-enrol-test'),
      ['--state', state, '--url', headend.url, '--ca', headend.caFile], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.on('close', resolve));
    for await (const line of readline.createInterface({ input: child.stdout })) {
      const event = JSON.parse(line);
      if (event.event === 'code') await headend.approve(event.user_code, { name: 'Victim' });
    }
    assert.equal(await ended, 0);
  }

  // What the agent has said once it says `reason`.
  async function agentAgainst(kind, reason) {
    const dir = path.join(folder, kind);
    ready.ports[kind] ??= (await servers.ask({ do: 'defect', name: kind })).port;
    await cp(enrolled(), path.join(dir, 'state'), { recursive: true });
    await writeFile(path.join(dir, 'agent.conf'), [
      '[headend]', `url = https://127.0.0.1:${ready.ports[kind]}`, `ca = ${ready.paths.authority}`,
      `root = ${headend.rootFile}`, '[paths]', `state = ${dir}/state`, `player-socket = ${dir}/player.sock`,
      `renderers = ${dir}`, ''].join('\n'));
    const child = spawn(path.join(buildDir(), 'firmware/agent/pingplay-agent'), ['--config', path.join(dir, 'agent.conf')],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, OPENSSL_CONF: path.join(folder, 'openssl.cnf') } });
    const limit = setTimeout(() => child.kill('SIGKILL'), 60000);
    let log = '';
    for await (const data of child.stderr) {
      log += data;
      if (log.includes(reason)) child.kill('SIGTERM');
    }
    clearTimeout(limit);
    return log;
  }

  for (const [kind, reason] of Object.entries(KINDS)) {
    test(`${kind}: refused with the reason, and not a byte was sent`, async () => {
      const log = await agentAgainst(kind, reason);
      assert.ok(log.includes(`the server cannot be trusted: ${reason}`), log);
      const seen = (await servers.ask({ do: 'bytes' }))[kind];
      assert.ok(seen.connections > 0);
      assert.equal(seen.bytes, 0);
    });
  }
});
