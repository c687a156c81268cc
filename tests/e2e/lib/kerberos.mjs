// A Kerberos realm with a real KDC, and a real proxy that lets nobody through but by Negotiate, or by Digest: Debian's
// krb5-kdc and squid.
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from './display.mjs';

const run = promisify(execFile);
export const REALM = 'PINGPLAY.TEST';

// The keys in a keytab, format 0x0502: an i32 of length before each entry; a count and the parts of a name, each with a u16 of length,
// u32 name type, u32 time, u8 version; then the key: u16 type, u16 length, bytes.
export function keysOfKeytab(bytes) {
  const keys = [];
  for (let at = 2; at < bytes.length;) {
    const size = bytes.readInt32BE(at);
    at += 4;
    let here = at + 2;
    if (size > 0) {
      for (let texts = bytes.readUInt16BE(at) + 1; texts > 0; texts--) here += 2 + bytes.readUInt16BE(here);
      here += 4 + 4 + 1 + 2;
      keys.push(bytes.subarray(here + 2, here + 2 + bytes.readUInt16BE(here)));
    }
    at += Math.abs(size);
  }
  return keys;
}

export const freePort = () => new Promise((done) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

export const listens = (port) => new Promise((done) => {
  const socket = net.connect(port, '127.0.0.1', () => done(Boolean(socket.destroy()))).on('error', () => done(false));
});

const ended = (child) => new Promise((done) => {
  if (child.exitCode !== null || child.signalCode) done();
  else child.once('exit', done);
});

// A realm with the principals of proxy, screen and another one: .keytab(NAME), .stop(), .start(), .finish().
export async function startRealm() {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-kdc-'));
  await chmod(dir, 0o755);
  const at = (name) => path.join(dir, name);
  const port = await freePort();
  await writeFile(at('krb5.conf'), `[libdefaults]\n default_realm = ${REALM}\n dns_canonicalize_hostname = false\n`
    + ` rdns = false\n[realms]\n ${REALM} = {\n  kdc = 127.0.0.1:${port}\n }\n`);
  await writeFile(at('kdc.conf'), `[kdcdefaults]\n kdc_listen = 127.0.0.1:${port}\n`
    + ` kdc_tcp_listen = 127.0.0.1:${port}\n[realms]\n ${REALM} = {\n`
    + `  database_name = ${at('principal')}\n  key_stash_file = ${at('stash')}\n }\n`);
  const env = { ...process.env, KRB5_CONFIG: at('krb5.conf'), KRB5_KDC_PROFILE: at('kdc.conf') };
  const admin = (query) => run('/usr/sbin/kadmin.local', ['-r', REALM, '-q', query], { env });
  await run('/usr/sbin/kdb5_util', ['-r', REALM, 'create', '-s', '-P', 'master'], { env });
  let child;
  const realm = {
    dir, port, kdc: `127.0.0.1:${port}`, keytab: (name) => at(`${name}.keytab`), admin,
    async add(principal, name) {
      await admin(`addprinc -randkey ${principal}`);
      await admin(`ktadd -k ${at(`${name}.keytab`)} ${principal}`);
      await chmod(at(`${name}.keytab`), 0o644);
      return at(`${name}.keytab`);
    },
    async start() {
      child = spawn('/usr/sbin/krb5kdc', ['-n', '-r', REALM], { env, stdio: 'ignore' });
      await until(() => listens(port), 'the KDC');
    },
    async stop() {
      child?.kill();
      if (child) await ended(child);
      child = undefined;
    },
    async finish() {
      await realm.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  await realm.start();
  return realm;
}

// `auth` lines of squid.conf that say who may; log() has a line for each request, with the name that it was let in by.
async function startSquid(dir, name, auth) {
  const port = await freePort();
  const at = (file) => path.join(dir, `${name}.${file}`);
  await writeFile(at('conf'), [`http_port 127.0.0.1:${port}`,
    ...auth, 'acl authed proxy_auth REQUIRED', 'http_access allow authed', 'http_access deny all', 'pid_filename none',
    `access_log stdio:${at('access')}`, `cache_log ${at('log')}`, `coredump_dir ${dir}`, 'cache deny all',
    'shutdown_lifetime 0 seconds', 'netdb_filename none', 'pinger_enable off',
    'visible_hostname localhost', ''].join('\n'));
  if (process.getuid() === 0) await run('chown', ['-R', 'proxy', dir]);
  const child = spawn('/usr/sbin/squid', ['-N', '-f', at('conf')], { stdio: 'ignore' });
  await until(() => listens(port), 'squid');
  return {
    port, log: () => readFile(at('access'), 'utf8').catch(() => ''),
    async stop() {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}

export async function startNegotiateProxy(realm) {
  const keytab = realm.keytab('http');
  return startSquid(realm.dir, 'negotiate', [
    `auth_param negotiate program /usr/lib/squid/negotiate_kerberos_auth -k ${keytab} -s HTTP/localhost@${REALM}`,
    'auth_param negotiate children 2 startup=1']);
}

// By Digest alone: a Basic of ours would be refused.
export async function startDigestProxy(dir, user, password) {
  const file = path.join(dir, 'digest.users');
  await writeFile(file, `${user}:${password}\n`);
  return startSquid(dir, 'digest', [`auth_param digest program /usr/lib/squid/digest_file_auth ${file}`,
    'auth_param digest children 2 startup=1', 'auth_param digest realm test']);
}
