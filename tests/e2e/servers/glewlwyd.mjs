// A second real OpenID Connect provider: Debian's glewlwyd, with a configuration, a database and a certificate of its own.
//
//   const provider = await startGlewlwyd({ clients: [{ client_id: 'screens', confidential: false }], lifetime: 600 });
//   await provider.signIn(ask, 'ada');     // a person at the address and with the code that the screen shows: { uri, code }
//   await provider.stop();
//
// It fetches nothing and says nothing to anybody but on its port of the loopback device.
import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../lib/display.mjs';
import { Authority } from '../lib/pki.mjs';

const SCHEMA = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3';
const PERSON_PASSWORD = 'correct horse battery';

export const hasGlewlwyd = () => existsSync('/usr/bin/glewlwyd');

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

const configuration = ({ dir, port, key, cert }) => `port=${port}
bind_address="127.0.0.1"
external_url="https://localhost:${port}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_secure=1
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
login_api_enabled=true
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=true
secure_connection_key_file="${key}"
secure_connection_pem_file="${cert}"
hash_algorithm = "SHA512"
database = { type = "sqlite3"; path = "${dir}/glewlwyd.db"; };
`;

// One browser: keeps cookies, follows nothing.
function makeBrowser(issuer, ca) {
  const jar = new Map();
  return (method, target, body) => new Promise((resolve, reject) => {
    const headers = { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const call = https.request(new URL(target, issuer), { method, ca, headers, agent: false }, (answer) => {
      for (const line of answer.headers['set-cookie'] ?? []) jar.set(...line.split(';')[0].split(/=(.*)/s).slice(0, 2));
      let text = '';
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => resolve({ status: answer.statusCode, location: answer.headers.location, text }));
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function expect(call, status) {
  const answer = await call;
  if (answer.status !== status) throw new Error(`glewlwyd answers ${answer.status}: ${answer.text.slice(0, 600)}`);
  return answer;
}

async function setUp(browse, { issuer, clients, lifetime }) {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  await expect(browse('POST', '/api/auth/', { username: 'admin', password: 'password' }), 200);
  const parameters = { iss: issuer, 'jwt-type': 'ecdsa', 'jwt-key-size': '256', key: pem.privateKey, cert: pem.publicKey, 'code-duration': 600, 'refresh-token-duration': 86400,
    'access-token-duration': lifetime, 'allow-non-oidc': false, 'auth-type-refresh-enabled': true, 'auth-type-device-enabled': true, 'device-authorization-expiration': 600,
    'device-authorization-interval': 1, 'jwks-show': true, 'introspection-revocation-allowed': true, 'introspection-revocation-allow-target-client': true,
    claims: [{ name: 'department', 'user-property': 'name', type: 'string', mandatory: true, scope: [] }] };
  await expect(browse('POST', '/api/mod/plugin/', { module: 'oidc', name: 'oidc', display_name: 'OpenID Connect', enabled: true, parameters }), 200);
  for (const client of clients)
    await expect(browse('POST', '/api/client/', { client_name: client.client_id, authorization_type: ['device_authorization', 'refresh_token'], scope: [], enabled: true, ...client }), 200);
  for (const [username, name] of Object.entries({ ada: 'staff', eve: 'visitors' }))
    await expect(browse('POST', '/api/user/', { username, password: PERSON_PASSWORD, name, email: `${username}@example.org`, scope: ['openid', 'g_profile'], enabled: true }), 200);
}

export async function startGlewlwyd({ clients, lifetime = 600 }) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-glewlwyd-'));
  const authority = new Authority(dir, 'Provider authority');
  const files = authority.issue('localhost', { extensions: ['subjectAltName=DNS:localhost', 'extendedKeyUsage=serverAuth', 'keyUsage=digitalSignature'] });
  const [key, cert] = [path.join(dir, 'server.key'), path.join(dir, 'server.pem')];
  await writeFile(key, files.key, { mode: 0o600 });
  await writeFile(cert, files.cert);
  const made = spawnSync('sqlite3', [path.join(dir, 'glewlwyd.db')], { input: await readFile(SCHEMA) });
  if (made.status !== 0) throw new Error(`sqlite3: ${made.stderr}`);
  const port = await freePort();
  const config = path.join(dir, 'glewlwyd.conf');
  await writeFile(config, configuration({ dir, port, key, cert }));
  const child = spawn('/usr/bin/glewlwyd', ['--config-file', config], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const ended = new Promise((resolve) => { child.on('exit', resolve); });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => { log += part; });
  const origin = `https://localhost:${port}`;
  const issuer = `${origin}/api/oidc`;
  const ca = await readFile(authority.certificate);
  await until(() => child.exitCode !== null || new Promise((resolve) => { net.connect(port, '127.0.0.1').on('connect', function connected() { this.destroy(); resolve(true); }).on('error', () => resolve(false)); }), 'glewlwyd');
  const provider = {
    issuer, caFile: authority.certificate, dir,
    get log() { return log; },
    async signIn({ uri, code }, name, clientId = 'screens', scope = 'openid') {
      const browse = makeBrowser(origin, ca);
      await expect(browse('POST', '/api/auth/', { username: name, password: PERSON_PASSWORD }), 200);
      await expect(browse('PUT', `/api/auth/grant/${clientId}`, { scope }), 200);
      const answer = await expect(browse('GET', `${uri}?code=${code}&g_continue`), 302);
      if (!/prompt=deviceComplete/.test(answer.location)) throw new Error(`glewlwyd sends the person to ${answer.location}`);
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    await setUp(makeBrowser(origin, ca), { issuer, clients, lifetime });
  } catch (error) {
    await provider.stop();
    throw new Error(`${error.message}\n${log}`);
  }
  return provider;
}
