// A real mail server (Debian's exim4) on a port of its own, over TLS with a certificate of an authority of its own. It takes
// mails of who signs in as "signs" with MAIL_PASSWORD, and lays them into one mailbox.
//
//   const server = await startMailServer({ authority, tls: 'starttls' | 'first' | 'none', dir });
//   server.port   await server.mails()    // [{ headers, text, html, raw }], whatever has come
//   await server.stop()
import { execFileSync, spawn } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export const MAIL_PASSWORD = 'Marked-91c4-mail-password';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => { server.on('listening', resolve); });
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

const configuration = ({ dir, port, tls }) => `
primary_hostname = localhost
spool_directory = ${dir}/spool
log_file_path = ${dir}/log/%slog
pid_file_path = ${dir}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
${tls === 'first' ? `tls_on_connect_ports = ${port}` : ''}
tls_advertise_hosts = ${tls === 'none' ? '' : '*'}
tls_certificate = ${dir}/server.pem
tls_privatekey = ${dir}/server.key
host_lookup =
rfc1413_query_timeout = 0s
auth_advertise_hosts = \${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = check
never_users =
begin acl
check:
  accept authenticated = *
  deny message = sign in first
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  file = ${dir}/box/mails
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{signs}}{eq{$auth3}{${MAIL_PASSWORD}}}}}
  server_set_id = $auth2
`;

// RFC 2047 and 2045 as far as our mails go: everything is base64.
const decoded = (text) => text.replace(/\?=\s+=\?utf-8\?B\?/g, '').replace(/=\?utf-8\?B\?([^?]*)\?=/g, (_, word) => Buffer.from(word, 'base64').toString('utf8'));
function parse(raw) {
  const end = raw.indexOf('\n\n');
  const headers = {};
  for (const [, name, value] of raw.slice(0, end).replace(/\n[ \t]+/g, ' ').matchAll(/^([A-Za-z-]+): (.*)$/gm)) headers[name.toLowerCase()] = decoded(value);
  const boundary = /boundary="([^"]+)"/.exec(headers['content-type'])[1];
  const [text, html] = raw.slice(end).split(`--${boundary}`).slice(1, 3)
    .map((part) => Buffer.from(part.slice(part.indexOf('\n\n')), 'base64').toString('utf8'));
  return { headers, text, html, raw };
}

export async function startMailServer({ dir, authority, tls = 'starttls', name = 'localhost' }) {
  const port = await freePort();
  const [uid, gid] = ['-u', '-g'].map((what) => Number(execFileSync('id', [what, 'Debian-exim'])));
  for (const folder of ['', 'spool', 'log', 'box']) {
    await mkdir(path.join(dir, folder), { recursive: true });
    await chmod(path.join(dir, folder), 0o755);
    await chown(path.join(dir, folder), uid, gid);
  }
  const { cert, key } = authority.issue(name, { extensions: [`subjectAltName=DNS:${name}`, 'extendedKeyUsage=serverAuth', 'keyUsage=digitalSignature'] });
  await writeFile(path.join(dir, 'server.pem'), cert);
  await writeFile(path.join(dir, 'server.key'), key, { mode: 0o644 });
  await writeFile(path.join(dir, 'exim.conf'), configuration({ dir, port, tls }));
  await chmod(path.join(dir, 'exim.conf'), 0o644);
  const child = spawn('/usr/sbin/exim4', ['-bdf', '-q1h', '-C', path.join(dir, 'exim.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => { said += data; });
  const ended = new Promise((resolve) => { child.on('close', resolve); });
  const answers = () => new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
    socket.on('error', () => resolve(false));
  });
  for (let tries = 0; !await answers(); tries += 1) {
    if (child.exitCode !== null || tries > 200) throw new Error(`exim: ${child.exitCode} ${said} ${await readFile(path.join(dir, 'log/mainlog'), 'utf8').catch(() => '')}`);
    await wait(50);
  }
  return {
    port,
    log: () => readFile(path.join(dir, 'log/mainlog'), 'utf8').catch(() => ''),
    async mails() {
      const box = await readFile(path.join(dir, 'box/mails'), 'utf8').catch(() => '');
      return box.split(/^From .*\n/m).slice(1).map((raw) => parse(raw.replace(/\r\n/g, '\n')));
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
