// A real headend for tests: in a temporary folder, on a free port, over real TLS.
//
//   const headend = await startHeadend({ serve: ['--poll-interval', '1'], env });   // all optional; account: false without one
//   headend.dir, .port, .url ("https://localhost:PORT"), .caFile, .rootFile, .ca (PEM), .password ("admin")
//   await headend.publish('lobby', ['a.jpg', 'b.mp4'], ['--title', 'Lobby']);
//   await headend.approve('BCDF-GHJK', { fingerprint: '3f2a', name: 'Door', channel: 'lobby' });  // -> device id
//                                                        // without a fingerprint: the one that the screen shows
//   await headend.cli('screen', 'list');                                              // -> standard output
//   await headend.sql('SELECT count(*) FROM device');    // in its database, behind its back -> standard output, trimmed
//   await headend.dump();                                // all of it, in text
//   await headend.channelKey('lobby');  await headend.objectKeys();                // -> 32 bytes; all of them, the newest first
//   await headend.stopServing();  await headend.startServing();                       // same folder and port
//   const response = await headend.request('GET', '/healthz', { headers, body, device, cookie });
//                                                        // -> { status, headers, body (Buffer), text, json() }
//   const device = await enrolDevice(headend, { name: 'Door', channel: 'lobby' });    // whole OAuth + EST flow
//   device.id, .keyPem, .certificatePem, .cookie, .thumbprint
//   await headend.request('GET', '/v1/state', { device });                            // certificate and cookie
//   await headend.stop();                                                             // ends and removes all
//
// Single steps of the flow, for tests of what goes wrong: makeKey, makeCsr, thumbprintOf, deviceAuthorization,
// pollToken, simpleEnroll, openSession. `pingplay-headend` is found through PP_BUILD (default build/dev).
import { execFile, spawn } from 'node:child_process';
import { createCipheriv, createDecipheriv, createHash, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { announceAgreementKey, makeAgreementKey, readState, verifyJws } from './jose.mjs';

const run = promisify(execFile);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

export const buildDir = () => path.resolve(root, process.env.PP_BUILD ?? 'build/dev');
export const headendProgram = () => path.join(buildDir(), 'tools/headend/pingplay-headend');

// One HTTPS request. `target` gives { ca, port }; device gives client certificate and cookie.
export function request(target, method, requestPath, options = {}) {
  const { headers = {}, body, device, cookie = device?.cookie, timeout = 70000, ...tls } = options;
  const sent = { ...headers };
  if (cookie) sent.cookie = cookie;
  const chunked = sent['transfer-encoding'] !== undefined;
  if (body !== undefined && !chunked && sent['content-length'] === undefined) sent['content-length'] = Buffer.byteLength(body);
  return new Promise((resolve, reject) => {
    const call = https.request({
      host: 'localhost', servername: 'localhost', port: target.port, path: requestPath, method, headers: sent, ca: target.ca,
      agent: false, timeout, cert: device?.certificatePem, key: device?.certificatePem && device.keyPem, ...tls,
    }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const data = Buffer.concat(parts);
        resolve({
          status: response.statusCode, headers: response.headers, body: data, text: data.toString('utf8'),
          // a state: verified, with the channel's key as the screen reads it
          json: () => (response.headers['content-type'] === 'application/jose'
            ? readState(data.toString('latin1'), controlKeys(target), device) : JSON.parse(data.toString('utf8'))),
        });
      });
    });
    call.on('timeout', () => call.destroy(new Error(`${method} ${requestPath}: no answer`)));
    call.on('error', reject);
    call.end(body);
  });
}

// The control key, as the repository names it to screens.
export function controlKeys(headend) {
  const folder = path.join(headend.dir, 'repo/targets/keys');
  const keys = readdirSync(folder).filter((name) => name.endsWith('.control.json')).flatMap((name) => JSON.parse(readFileSync(path.join(folder, name))).keys);
  return { keys };
}

// PP_DATABASE=postgresql, under tools/lib/on_postgresql: each headend gets a database of its own there.
export function onPostgresql() {
  if (process.env.PP_DATABASE !== 'postgresql') return false;
  if (!process.env.PP_TEST_DATABASE) throw new Error('PP_DATABASE=postgresql needs tools/lib/on_postgresql');
  return true;
}

async function makeDatabase(headend, server) {
  const name = `e2e_${randomBytes(6).toString('hex')}`;
  await run('psql', ['-qX', server, '-c', `CREATE DATABASE ${name} TEMPLATE template0`]);
  headend.database = server.replace('postgresql:///pingplay?', `postgresql:///${name}?`);
  // What tests of ours say in SQLite's words.
  await run('psql', ['-qX', headend.database, '-c', "CREATE FUNCTION hex(bytes bytea) RETURNS text LANGUAGE sql AS $f$ SELECT upper(encode(bytes, 'hex')) $f$"]);
}

// What the program writes beside names and reports, for rows that a test wrote behind its back.
const reported = (name) => `CASE WHEN json_type(report, '$.${name}') = 'text' THEN json_extract(report, '$.${name}') ELSE '' END`;
const BESIDE = `
  UPDATE device SET name_folded = lower(name) WHERE (name_folded = '' OR name ~ '^[ -~]*$') AND name_folded <> lower(name);
  UPDATE device SET site_folded = lower(site) WHERE (site_folded = '' OR site ~ '^[ -~]*$') AND site_folded <> lower(site);
  UPDATE channel SET title_folded = lower(title) WHERE title_folded = '';
  UPDATE device SET reported_state = ${reported('state')}, reported_code = ${reported('code')}, reported_trouble = ${reported('trouble')}
    WHERE json_valid(report)`;

class Headend {
  constructor(dir, options) {
    this.dir = dir;
    this.options = options;
    this.port = options.port ?? 0;
    this.password = 'correct horse battery';
    this.caFile = path.join(dir, 'ca.pem');
    this.rootFile = path.join(dir, 'root.json');
  }

  // Another one that has the same in a folder of its own.
  other(dir) {
    const other = new Headend(dir, { ...this.options, port: 0 });
    return Object.assign(other, { ca: this.ca, database: this.database });
  }

  get url() { return `https://localhost:${this.port}`; }

  async init() {
    const account = this.options.account === false ? [] : ['--password-stdin'];
    const server = this.options.postgresql ?? (onPostgresql() && process.env.PP_TEST_DATABASE);
    if (server) await makeDatabase(this, server);
    const database = this.database ? ['--database', this.database] : [];
    const args = ['init', this.dir, '--host', 'localhost', ...account, ...database, ...(this.options.init ?? [])];
    const child = spawn(headendProgram(), args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...this.options.initEnv } });
    child.stdin.on('error', () => {}); // without an account it reads nothing
    child.stdin.end(`${this.password}\n`);
    child.stdout.resume();
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    if (code !== 0) throw new Error(`headend init ended with ${code}`);
    this.ca = await readFile(this.caFile, 'utf8');
  }

  async startServing() {
    const args = ['serve', this.dir, '--port', String(this.port), ...(this.options.serve ?? [])];
    const { program = headendProgram(), uid } = this.options;
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], uid, gid: uid, env: this.env });
    this.log = '';
    this.child.stderr.on('data', (data) => { this.log += data; });
    this.ended = new Promise((resolve) => this.child.on('close', (code, signal) => resolve({ code, signal })));
    await new Promise((resolve, reject) => {
      this.said = '';
      this.child.stdout.on('data', (data) => {
        this.said += data;
        const match = /https:\/\/\S+:(\d+)\/admin\//.exec(this.said);
        if (match) {
          this.port = Number(match[1]);
          resolve();
        }
      });
      this.child.on('error', reject);
      this.child.on('close', (code) => reject(new Error(`headend serve ended with ${code}: ${this.log}`)));
    });
  }

  // Of a process of `serve`: 'signer', 'ingest', 'server'.
  children() {
    const { pid } = this.child;
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    } catch {
      return []; // it has ended
    }
  }

  pidOf(name) {
    return Number(this.children().find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(`\0serve:${name}\0`)));
  }

  async stopServing(signal = 'SIGTERM') {
    if (!this.child) return undefined;
    const children = this.children();
    this.child.kill(signal);
    const result = await this.ended;
    // Of one that is killed the others are ended by the kernel, a moment later: until then they answer.
    await eventually(() => !children.some(runs));
    this.child = undefined;
    return result;
  }

  async stop() {
    await this.stopServing();
    await rm(this.dir, { recursive: true, force: true });
  }

  // The folder stands behind the command's own words, as the program wants it.
  cli(...words) { return this.cliInput('', ...words); }

  // The same, with something to read for it.
  async cliInput(input, ...words) {
    const double = ['alert', 'audit', 'mail', 'message', 'ca', 'channel', 'events', 'feed', 'feed-key', 'group', 'network', 'report', 'rollout', 'screen', 'user'].includes(words[0]);
    const at = double ? 2 : 1;
    const running = run(headendProgram(), [...words.slice(0, at), this.dir, ...words.slice(at)],
      { maxBuffer: 1 << 24, env: this.env });
    running.child.stdin.on('error', () => {}); // one that reads nothing
    running.child.stdin.end(input);
    return (await running).stdout;
  }

  get env() { return { ...process.env, ...this.options.env }; }

  // The server may be in the middle of a transaction: it is waited for.
  async sql(words) {
    const text = /\b(INSERT INTO|UPDATE) (device|channel)\b/.test(words) ? `${words.trim().replace(/;$/, '')};${this.database ? BESIDE : BESIDE.replaceAll("~ '^[ -~]*$'", "NOT GLOB '*[^ -~]*'")}` : words;
    if (this.database) return (await run('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1', this.database, '-c', text])).stdout.trim();
    const { stdout } = await run('sqlite3', ['-cmd', '.timeout 30000', path.join(this.dir, 'headend.db'), text]);
    return stdout.trim();
  }

  // Bytes as they are written in SQL.
  bytes(buffer) { return this.database ? `'\\x${buffer.toString('hex')}'` : `x'${buffer.toString('hex')}'`; }

  // All that stands in it, in text.
  async dump() {
    const command = this.database ? ['pg_dump', [this.database]] : ['sqlite3', ['-cmd', '.timeout 30000', path.join(this.dir, 'headend.db'), '.dump']];
    return (await run(...command, { maxBuffer: 1 << 26 })).stdout;
  }

  // Keys as screens get them, out of what the database holds (tools/headend/db/stored_key.h).
  async channelKey(id) { return this.openKey(`channel/${id}`, await this.sql(`SELECT hex(key) FROM channel WHERE id = '${id}'`)); }

  async objectKeys() {
    const rows = await this.sql('SELECT lower(hex(sha256)), hex(key) FROM object ORDER BY created DESC');
    return rows.split('\n').filter(Boolean).map((row) => this.openKey(`object/${row.split('|')[0]}`, row.split('|')[1]));
  }

  openKey(owner, hex) {
    const sealed = Buffer.from(hex, 'hex');
    const cipher = createDecipheriv('aes-256-gcm', readFileSync(path.join(this.dir, 'keys/database.key')), sealed.subarray(8, 20));
    cipher.setAAD(Buffer.from(owner));
    cipher.setAuthTag(sealed.subarray(52));
    return Buffer.concat([cipher.update(sealed.subarray(20, 52)), cipher.final()]);
  }

  sealKey(owner, key) {
    const file = readFileSync(path.join(this.dir, 'keys/database.key'));
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', file, nonce);
    cipher.setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(key), cipher.final()]);
    return Buffer.concat([createHash('sha256').update(file).digest().subarray(0, 8), nonce, sealed, cipher.getAuthTag()]).toString('hex');
  }

  // Another process that uses the database: `tell` has it do something, to its end.
  otherProcess() {
    const child = spawn('sqlite3', ['-cmd', '.timeout 30000', path.join(this.dir, 'headend.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
    return {
      tell: (text) => new Promise((resolve) => { child.stdout.once('data', resolve); child.stdin.write(`${text}\nSELECT 'done';\n`); }),
      stop: () => child.kill(),
    };
  }

  publish(channel, content, more = []) { return this.cli('publish', '--channel', channel, ...more, ...content); }

  // As another process that publishes: until `stop`.
  async holdPublishLock() {
    const child = spawn('flock', [path.join(this.dir, 'publish.lock'), 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise((resolve) => { child.stdout.once('data', resolve); });
    return { stop: () => child.stdin.end() };
  }

  // What a person reads off the screen with that code, where the test has no screen to look at.
  async fingerprintShown(code) {
    const letters = code.toUpperCase().replace(/[^A-Z]/g, '');
    const hash = createHash('sha256').update(`pingplay/user-code\0${letters.slice(0, 4)}-${letters.slice(4)}`).digest('hex');
    const shown = await this.sql(`SELECT lower(hex(substr(thumbprint, 1, 8))) FROM enrolment WHERE lower(hex(user_code_hash)) = '${hash}'`);
    return shown.match(/.{4}/g)?.join(' ');
  }

  async approve(code, { fingerprint, name = 'Screen', channel, site, timeZone, locale } = {}) {
    const words = ['approve', code, '--fingerprint', fingerprint ?? await this.fingerprintShown(code) ?? '0000', '--name', name];
    if (channel) words.push('--channel', channel);
    if (site) words.push('--site', site);
    if (timeZone) words.push('--time-zone', timeZone);
    if (locale) words.push('--locale', locale);
    return (await this.cli(...words)).trim();
  }

  request(method, requestPath, options) { return request(this, method, requestPath, options); }

  form(requestPath, fields, options = {}) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...options.headers };
    return this.request('POST', requestPath, { ...options, headers, body: new URLSearchParams(fields).toString() });
  }
}

export async function startHeadend(options = {}) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-headend-'));
  const headend = new Headend(dir, options);
  try {
    await headend.init();
    await headend.startServing();
  } catch (error) {
    await headend.stop();
    throw error;
  }
  return headend;
}

export function makeKey() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' });
}

// RFC 7638
export function thumbprintOf(keyPem) {
  const { crv, kty, x, y } = createPublicKey(keyPem).export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

// The first 8 bytes of the thumbprint as screen and approval page show them.
export function fingerprintOf(thumbprint) {
  return Buffer.from(thumbprint, 'base64url').subarray(0, 8).toString('hex').match(/.{4}/g).join(' ');
}

// PKCS#10 by openssl, DER.
export async function makeCsr(keyPem, more = []) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-csr-'));
  try {
    await writeFile(path.join(dir, 'key.pem'), keyPem, { mode: 0o600 });
    await run('openssl', ['req', '-new', '-key', path.join(dir, 'key.pem'), '-subj', '/CN=display', '-outform', 'DER',
      '-out', path.join(dir, 'csr.der'), ...more]);
    return await readFile(path.join(dir, 'csr.der'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

// The certificates of a certs-only PKCS#7 (base64 text), by openssl, as PEM, the first one first.
export async function certificatesOf(base64) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-p7-'));
  try {
    await writeFile(path.join(dir, 'p7.der'), Buffer.from(base64, 'base64'));
    const { stdout } = await run('openssl', ['pkcs7', '-inform', 'DER', '-in', path.join(dir, 'p7.der'), '-print_certs']);
    return stdout.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/g) ?? [];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export function deviceAuthorization(headend, thumbprint, options) {
  return headend.form('/oauth/device_authorization', { client_id: 'pingplay-display', jwk_thumbprint: thumbprint }, options);
}

export function pollToken(headend, deviceCode) {
  return headend.form('/oauth/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: deviceCode, client_id: 'pingplay-display',
  });
}

export function simpleEnroll(headend, token, csr, requestPath = '/.well-known/est/simpleenroll', options = {}) {
  const headers = { 'content-type': 'application/pkcs10' };
  if (token) headers.authorization = `Bearer ${token}`;
  return headend.request('POST', requestPath, { ...options, headers, body: csr.toString('base64') });
}

// What a screen sends with POST /v1/session: it announces its agreement key.
export function sessionRequest(device) {
  device.agreement ??= makeAgreementKey();
  return { device, cookie: undefined, headers: { 'content-type': 'application/jose' }, body: announceAgreementKey(device.keyPem, device.agreement) };
}

// The payload of a state as it was signed, the channel's key still encrypted.
export const statePayload = (headend, response) => JSON.parse(verifyJws(response.text, controlKeys(headend), 'pingplay-state'));

export async function openSession(headend, device) {
  const response = await headend.request('POST', '/v1/session', sessionRequest(device));
  device.cookie = response.headers['set-cookie']?.[0].split(';')[0];
  return response;
}

// A poll that the headend has, and holds: -> { answer }. Of two of the same screen the later one has the earlier answered
// (304, whichever of the two that is); from then on the other waits.
export async function waitingPoll(headend, device, etag) {
  const polls = [1, 2].map(() => {
    const poll = { answer: headend.request('GET', '/v1/state', { device, headers: { 'if-none-match': etag, prefer: 'wait=50' } }) };
    poll.done = poll.answer.then((answer) => ({ poll, answer }));
    for (const promise of [poll.answer, poll.done]) promise.catch(() => {}); // whoever awaits it hears of it
    return poll;
  });
  const { poll, answer } = await Promise.race(polls.map(({ done }) => done));
  if (answer.status !== 304) throw new Error(`a poll was answered with ${answer.status}`);
  return polls.find((other) => other !== poll);
}

// The whole way: a screen with certificate and cookie.
export async function enrolDevice(headend, { keyPem = makeKey(), ...approval } = {}) {
  const thumbprint = thumbprintOf(keyPem);
  const codes = (await deviceAuthorization(headend, thumbprint)).json();
  await headend.approve(codes.user_code, approval);
  const token = (await pollToken(headend, codes.device_code)).json().access_token;
  const answer = await simpleEnroll(headend, token, await makeCsr(keyPem));
  if (answer.status !== 200) throw new Error(`simpleenroll: ${answer.status} ${answer.text}`);
  const [certificatePem] = await certificatesOf(answer.text);
  const subject = /urn:uuid:([0-9a-f-]{36})/.exec(await subjectAltName(certificatePem));
  const device = { keyPem, thumbprint, certificatePem, id: subject?.[1] };
  await openSession(headend, device);
  return device;
}

async function subjectAltName(certificatePem) {
  const { X509Certificate } = await import('node:crypto');
  return new X509Certificate(certificatePem).subjectAltName;
}

// Whether there is such a process, and it is not one that only waits for somebody to take note of its end.
export function runs(pid) {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

// Polls `condition` until it gives something true; fails after `limit` ms.
export async function eventually(condition, limit = 20000, what = 'the condition', step = 20) {
  for (const end = Date.now() + limit; ;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what} did not come about within ${limit} ms`);
    await new Promise((resolve) => setTimeout(resolve, step));
  }
}
