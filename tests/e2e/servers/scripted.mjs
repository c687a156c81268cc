// A headend made of answers that a test dictates, over real TLS, beside servers that must not be trusted.
//
//   node scripted.mjs FOLDER     makes its certificates in FOLDER, prints one line of JSON {ports, ca, …}, then obeys
//                                lines of JSON on standard input and answers each with one line; ends with its input.
//
//   {"do": "answers", "list": [ANSWER, …]}   the next requests get these, in this order; 599 when they run out
//   {"do": "route", "path": "/x", "answer": ANSWER}   every request for that path gets this one instead
//   {"do": "log"}            the requests seen so far, oldest first; forgets them
//   {"do": "bytes"}          {NAME: {connections, bytes}}: application bytes that the bad servers received
//   {"do": "authorities", "list": ["constrained", …]}   a file of them, and a cacerts answer: {"path", "p7"}
//   {"do": "defect", "name": NAME}     starts a server whose certificate has that defect: {"port": N}; see `defects`
//   {"do": "raw", "list": [TEXT, …]}   what the port "raw" writes, byte by byte, to each request head
//   {"do": "issue", "csr": BASE64, …}  an EST answer in base64, see issue()
//   {"do": "wait", "count": N}         answers once N requests are in the log (which stays)
//   {"do": "held"}           {"count": N}: the answers that "held" holds back
//   {"do": "release"}        gives them, and says how many: {"count": N}
//   {"do": "drop"}           cuts every connection of the good servers
//
// ANSWER: {"status": 200, "headers": {…}, "body": TEXT, "json": VALUE, "size": N (patterned bytes, with Range), "cut": N
// (breaks the connection after N bytes), "hang": true, "held": true (until "release"), "est": {…} (issues a certificate for the request's CSR),
// "cacerts": ["authority", "stranger", "device"]}
import http2 from 'node:http2';
import https from 'node:https';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import readline from 'node:readline';
import tls from 'node:tls';
import { Authority, certsOnly, laxSignature, selfSigned, spoiledSignature } from '../lib/pki.mjs';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const DAY = 86400000;
const NAMES = ['127.0.0.1', 'localhost'];
const authority = new Authority(folder, 'Test Authority');
const intermediate = new Authority(folder, 'Test Intermediate', authority);
const stranger = new Authority(folder, 'Strange Authority');

let constrainedRoot;
const constrained = () => (constrainedRoot ??= new Authority(folder, 'Constrained Root', null, {
  extra: ['nameConstraints=critical,permitted;DNS:example.org'] }));

// No kind of key that mbedTLS reads.
function odd() {
  return execFileSync('openssl', ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-keyout', '/dev/null',
    '-subj', '/CN=Odd'], { stdio: ['pipe', 'pipe', 'ignore'] });
}

const log = [];
const waiting = [];
const held = [];
const counts = {};
const routes = new Map();
const sockets = new Set();
const children = [];
let answers = [];
let rawAnswers = [];

function pattern(from, to) {
  const bytes = Buffer.allocUnsafe(to - from);
  for (let i = from; i < to; i++) bytes[i - from] = (i * 7 + (i >> 8)) & 255;
  return bytes;
}

// Options: cn, days, start (days from now), authority ("good", "intermediate", "stranger"), usage, purposes, ca, key
// ("other": not that of the request), extra (the strange authority's certificate too), root (the root too), twice, lax (its
// signature is not in DER), names (its alternative names), odd (one with an Ed25519 key, too), reversed (the last one first).
function issue(csr, o) {
  const by = o.authority === 'constrained' ? constrained() : { stranger, intermediate }[o.authority] ?? authority;
  const extensions = [`basicConstraints=critical,CA:${o.ca ? 'TRUE' : 'FALSE'}`];
  if (o.usage !== '') extensions.push(`keyUsage=critical,${o.usage ?? 'digitalSignature'}`);
  if (o.purposes !== '') extensions.push(`extendedKeyUsage=${o.purposes ?? 'clientAuth'}`);
  if (o.names) extensions.push(`subjectAltName=${o.names}`);
  const notBefore = Date.now() + (o.start ?? -1) * DAY;
  const options = { cn: o.cn ?? '11111111-2222-4333-8444-555555555555', extensions, notBefore,
    notAfter: notBefore + (o.days ?? 30) * DAY };
  let own = o.key === 'other' ? by.issue(options.cn, options).cert : by.sign(csr, options);
  if (o.lax) own = laxSignature(own);
  const list = [own, ...by.chain()];
  if (o.twice) list.push(by.sign(csr, options));
  if (o.extra) list.unshift(readFile(stranger.certificate));
  if (o.root) list.push(readFile(authority.certificate));
  if (o.odd) list.push(odd());
  return certsOnly(o.reversed ? list.reverse() : list, folder);
}

// "authority", "stranger", "constrained" (a root with name constraints, critical), "device".
function certificateOf(name) {
  const files = { authority: authority.certificate, stranger: stranger.certificate, device: paths.device };
  return readFile(name === 'constrained' ? constrained().certificate : files[name]);
}

function respond(req, res, answer, body) {
  const headers = { ...answer.headers };
  let status = answer.status ?? 200;
  let data = Buffer.from(answer.body ?? '', answer.binary ? 'base64' : 'utf8');
  if (answer.json !== undefined) {
    data = Buffer.from(JSON.stringify(answer.json));
    headers['content-type'] ??= 'application/json';
  }
  if (answer.est) {
    // As libest's server reads it, with OpenSSL: in lines, of which the last has an end, too.
    const csr = execFileSync('openssl', ['base64', '-d'], { input: body });
    if (!csr.length) return respond(req, res, { status: 400 }, body);
    data = Buffer.from(issue(csr, answer.est).toString('base64')
      .replace(/.{64}/g, '$&\r\n'));
    headers['content-type'] ??= 'application/pkcs7-mime; smime-type=certs-only';
  }
  if (answer.cacerts) {
    data = Buffer.from(certsOnly(answer.cacerts.map(certificateOf), folder).toString('base64'));
    headers['content-type'] ??= 'application/pkcs7-mime';
  }
  if (answer.size !== undefined) {
    const from = Number(/^bytes=(\d+)-$/.exec(req.headers.range ?? '')?.[1] ?? 0);
    data = pattern(from, answer.size);
    if (from) {
      status = 206;
      headers['content-range'] = `bytes ${from}-${answer.size - 1}/${answer.size}`;
    }
  }
  headers['content-length'] ??= data.length;
  if (status === 204 || status === 304) delete headers['content-length'];
  res.writeHead(status, headers);
  if (answer.cut === undefined) return res.end(data);
  return res.write(data.subarray(0, answer.cut), () => cut(req));
}

function cut(req) {
  if (req.stream?.session) req.stream.session.destroy();
  else req.socket.destroy();
}

function tell() {
  while (waiting.length && log.length >= waiting[0].count) waiting.shift().reply({ ok: true });
}

function handle(req, res) {
  const chunks = [];
  req.on('data', (c) => chunks.push(c));
  req.on('error', () => {});
  res.on('error', () => {});
  req.on('end', () => {
    const socket = req.stream?.session?.socket ?? req.socket;
    const body = Buffer.concat(chunks);
    const peer = socket.getPeerCertificate?.();
    log.push({ method: req.method, url: req.url, version: req.httpVersion, headers: req.headers,
      raw: req.rawHeaders.length / 2, body: body.toString('latin1'), device: peer?.subject?.CN ?? null,
      tls: socket.getProtocol?.() ?? null, connection: socket.remotePort ?? null, time: Date.now() });
    tell();
    const answer = routes.get(req.url) ?? answers.shift() ?? { status: 599, body: 'no answer was dictated' };
    if (answer.held) held.push(() => respond(req, res, answer, body));
    else if (!answer.hang) respond(req, res, answer, body);
  });
}

function listen(server) {
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)));
}

function remember(server) {
  server.keepAliveTimeout = 0; // an idle connection stays, however long the client takes
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.on('secureConnection', (socket) => socket.on('error', () => {}));
  server.on('sessionError', () => {});
  server.on('tlsClientError', () => {});
  return server;
}

function good(options, create = http2.createSecureServer) {
  return listen(remember(create({ ...authority.server(NAMES), ca: readFile(authority.certificate), allowHTTP1: true,
    requestCert: true, rejectUnauthorized: false, ...options }, handle)));
}

// Counts what arrives; whoever sends application bytes to it trusted it.
function bad(name, options) {
  counts[name] = { connections: 0, bytes: 0 };
  const server = tls.createServer({ ALPNProtocols: ['h2', 'http/1.1'], ...options }, (socket) => {
    socket.on('data', (data) => (counts[name].bytes += data.length));
    socket.on('error', () => {});
  });
  server.on('connection', () => counts[name].connections++);
  server.on('tlsClientError', () => {});
  return listen(server);
}

function raw() {
  const server = tls.createServer({ ...authority.server(NAMES), ALPNProtocols: ['http/1.1'] }, (socket) => {
    let head = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      head += data.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      log.push({ raw: head });
      tell();
      head = '';
      socket.end(Buffer.from(rawAnswers.shift() ?? '', 'latin1'));
    });
  });
  server.on('tlsClientError', () => {});
  return listen(server);
}

// node's own server hangs up on a client certificate it does not like; openssl's sends the alert.
function refusing(options) {
  const own = authority.server(NAMES);
  const base = join(folder, `refusing${children.length}`);
  writeFileSync(`${base}.pem`, own.cert);
  writeFileSync(`${base}.key`, own.key);
  const child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-cert', `${base}.pem`, '-key', `${base}.key`,
    '-CAfile', stranger.certificate, '-Verify', '1', '-verify_return_error', ...options],
    { stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  return new Promise((done) => readline.createInterface({ input: child.stdout }).on('line', (line) => {
    const port = /^ACCEPT .*:(\d+)$/.exec(line)?.[1];
    if (port) done(Number(port));
  }));
}

// CONNECT only, so that tests see whether a proxy was used; with `credentials` ("NAME:PASSWORD"), by HTTP Basic.
function proxy(credentials) {
  const wanted = credentials && `proxy-authorization: basic ${Buffer.from(credentials).toString('base64')}`;
  const server = net.createServer((client) => {
    client.on('error', () => {});
    client.once('data', (data) => {
      const [, host, port] = /^CONNECT ([^:]+):(\d+) /.exec(data.toString('latin1')) ?? [];
      log.push({ proxy: data.toString('latin1') });
      tell();
      if (!host) return client.end('HTTP/1.1 400 no\r\n\r\n');
      const lines = data.toString('latin1').toLowerCase().split('\r\n');
      if (wanted && !lines.includes(wanted.toLowerCase())) {
        return client.end('HTTP/1.1 407 who\r\nProxy-Authenticate: Basic realm="test"\r\nConnection: close\r\n'
          + 'Content-Length: 0\r\n\r\n');
      }
      const upstream = net.connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 go on\r\n\r\n');
        client.pipe(upstream).pipe(client);
      });
      upstream.on('error', () => client.destroy());
      client.on('close', () => upstream.destroy());
      return undefined;
    });
  });
  return listen(server);
}

const readFile = (path) => readFileSync(path);

const old = { maxVersion: 'TLSv1.2' };
const ports = {
  good: await good({}),
  http1: await good({}, https.createServer),
  tls12: await good({ ...old, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
  viaIntermediate: await good(intermediate.server(NAMES)),
  refusing: await refusing(['-www']),
  refusing2: await refusing(['-alpn', 'h2']),
  raw: await raw(),
  proxy: await proxy(),
  basicProxy: await proxy('screen:a:b@c'),
  expired: await bad('expired', authority.server(NAMES, { notBefore: Date.now() - 9 * DAY, notAfter: Date.now() - DAY })),
  notYet: await bad('notYet', authority.server(NAMES, { notBefore: Date.now() + DAY, notAfter: Date.now() + 9 * DAY })),
  wrongName: await bad('wrongName', authority.server(['elsewhere.example'])),
  selfSigned: await bad('selfSigned', selfSigned(folder, NAMES)),
  unknownAuthority: await bad('unknownAuthority', stranger.server(NAMES)),
  clientOnly: await bad('clientOnly', authority.device('127.0.0.1', {
    extensions: ['subjectAltName=IP:127.0.0.1', 'extendedKeyUsage=clientAuth'] })),
  tls11: await bad('tls11', { ...authority.server(NAMES), minVersion: 'TLSv1', maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0' }),
  cbc: await bad('cbc', { ...authority.server(NAMES), ...old, ciphers: 'ECDHE-ECDSA-AES128-SHA256' }),
  silent: await listen(net.createServer((socket) => socket.on('error', () => {}))),
  cutting: await listen(net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.destroy());
  })),
  plain: await listen(net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  })),
};

// Certificates with one defect each. Those that node would not use itself are served at its lowest level. Each is made when it is asked for.
const under = (name, options) => new Authority(folder, name, authority, options).server(NAMES);
const unsafe = (name, own) => bad(name, { ...own, ciphers: 'DEFAULT@SECLEVEL=0' });
const defects = {
  noNames: () => bad('noNames', authority.server(NAMES, { names: '' })),
  otherNames: () => bad('otherNames', authority.server(NAMES, { names: 'email:a@localhost,URI:https://127.0.0.1/' })),
  nameAsText: () => bad('nameAsText', authority.server(NAMES, { names: 'DNS:127.0.0.1' })),
  rsa1024: () => unsafe('rsa1024', authority.server(NAMES, { key: 'rsa:1024' })),
  sha1: () => unsafe('sha1', authority.server(NAMES, { digest: 'sha1' })),
  sha1Above: () => unsafe('sha1Above', under('SHA-1 Intermediate', { digest: 'sha1' })),
  rsa1024Above: () => unsafe('rsa1024Above', under('Weak Intermediate', { key: 'rsa:1024' })),
  spoiled: () => bad('spoiled', authority.server(NAMES, { change: spoiledSignature })),
  spoiledAbove: () => bad('spoiledAbove', (() => {
    const { cert, key } = intermediate.server(NAMES);
    const [own, above] = cert.toString('latin1').split(/(?<=-----END CERTIFICATE-----\n)/);
    return { cert: Buffer.concat([Buffer.from(own), spoiledSignature(Buffer.from(above))]), key };
  })()),
  pathLength: () => bad('pathLength', new Authority(folder, 'Too Deep',
    new Authority(folder, 'Depth 0', authority, { basic: 'critical,CA:TRUE,pathlen:0' })).server(NAMES)),
  constraints: () => bad('constraints', under('Constrained', { extra: ['nameConstraints=critical,permitted;IP:10.0.0.0/255.0.0.0'] })),
  notAnAuthority: () => bad('notAnAuthority', under('No Authority', { basic: 'critical,CA:FALSE', usage: 'digitalSignature' })),
  mayNotIssue: () => bad('mayNotIssue', under('May Not Issue', { usage: 'cRLSign' })),
  expiredAbove: () => bad('expiredAbove', under('Expired Intermediate', {
    notBefore: Date.now() - 9 * DAY, notAfter: Date.now() - DAY })),
  mayNotSign: () => bad('mayNotSign', authority.server(NAMES, { key: 'rsa:2048', usage: 'keyEncipherment' })),
  // None: its authority's constraints, which are critical, allow the name.
  constrainedWell: () => good(under('Well Constrained', {
    extra: ['nameConstraints=critical,permitted;IP:127.0.0.0/255.0.0.0,permitted;DNS:localhost'] })),
  unknownExtension: () => bad('unknownExtension', authority.server(NAMES, { extra: ['1.2.3.4=critical,ASN1:UTF8String:x'] })),
};

const device = authority.device('device-of-the-test');
const paths = { authority: authority.certificate, stranger: stranger.certificate, device: join(folder, 'device.pem'),
  deviceKey: join(folder, 'device.key') };
writeFileSync(paths.device, device.cert);
writeFileSync(paths.deviceKey, device.key);

const commands = {
  answers: (c) => { answers = c.list; return { ok: true }; },
  route: (c) => { routes.set(c.path, c.answer); return { ok: true }; },
  log: () => log.splice(0),
  bytes: () => counts,
  authorities: (c) => {
    const path = join(folder, `${c.list.join('+')}.pem`);
    writeFileSync(path, Buffer.concat(c.list.map(certificateOf)));
    return { path, p7: certsOnly(c.list.map(certificateOf), folder).toString('base64') };
  },
  defect: async (c) => ({ port: ports[c.name] ??= await defects[c.name]() }),
  raw: (c) => { rawAnswers = c.list; return { ok: true }; },
  issue: (c) => ({ p7: issue(Buffer.from(c.csr, 'base64'), c).toString('base64') }),
  held: () => ({ count: held.length }),
  release: () => {
    const all = held.splice(0);
    for (const respondNow of all) respondNow();
    return { count: all.length };
  },
  drop: () => { for (const s of sockets) s.destroy(); return { ok: true }; },
};

const reply = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
reply({ ports, paths });
const lines = readline.createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  const command = JSON.parse(line);
  if (command.do === 'wait') {
    waiting.push({ count: command.count, reply });
    tell();
  } else {
    reply(await commands[command.do](command));
  }
});
lines.on('close', () => {
  for (const child of children) child.kill();
  process.exit(0);
});
