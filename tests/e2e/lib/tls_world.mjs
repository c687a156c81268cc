// The world of a TLS battery: authorities, servers that each count what reaches them, and the client under test.
import { spawn } from 'node:child_process';
import http2 from 'node:http2';
import { mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import tls from 'node:tls';
import { buildDir } from './headend.mjs';
import { Authority } from './pki.mjs';
import { applicationBytes } from './tls_records.mjs';

// It lowers what OpenSSL demands, and forbids every algorithm: whoever reads it trusts the weak, or starts nothing.
const OPENSSL_CONF = `openssl_conf = own
[own]
ssl_conf = ssl
alg_section = algorithms
[ssl]
system_default = low
[low]
CipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0
MinProtocol = None
Options = UnsafeLegacyRenegotiation,UnsafeLegacyServerConnect
[algorithms]
default_properties = fips=yes
`;

export const NAMES = ['127.0.0.1', 'localhost'];

export class World {
  constructor(folder) {
    this.folder = folder;
    this.open = [];
    this.authority = new Authority(folder, 'Test Authority');
    this.intermediate = new Authority(folder, 'Test Intermediate', this.authority);
    this.stranger = new Authority(folder, 'Strange Authority');
    this.own = this.authority.server(NAMES);
  }

  // A new authority of that name below the trusted one, or a root.
  under(name, options) { return new Authority(this.folder, name, this.authority, options); }

  root(name, options) { return new Authority(this.folder, name, null, options); }

  // A file of trusted authorities.
  trust(...authorities) {
    const file = path.join(this.folder, `trust-${process.hrtime.bigint()}.pem`);
    writeFileSync(file, Buffer.concat(authorities.map((a) => a.pem())));
    return file;
  }

  async start(client) {
    const device = this.authority.device('device-of-the-test');
    const file = (name) => path.join(this.folder, name);
    writeFileSync(file('device.pem'), device.cert);
    writeFileSync(file('device.key'), device.key);
    writeFileSync(file('openssl.cnf'), OPENSSL_CONF);
    this.proxy = await this.listen(net.createServer(connectToLoopback));
    this.client = spawn(path.join(buildDir(), 'tests/e2e/programs', client),
      ['--certificate', file('device.pem'), '--private-key', file('device.key')],
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, OPENSSL_CONF: file('openssl.cnf'),
        SSL_CERT_FILE: this.stranger.certificate, CURL_CA_BUNDLE: this.stranger.certificate,
        SSLKEYLOGFILE: file('keys'), HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' } });
    this.answers = readline.createInterface({ input: this.client.stdout })[Symbol.asyncIterator]();
  }

  async stop() {
    this.client?.stdin.end();
    for (const close of this.open) close();
  }

  async fetch(request) {
    this.client.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('the client has ended');
    return JSON.parse(value);
  }

  listen(server) {
    const sockets = new Set();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    });
    server.on('tlsClientError', () => {});
    server.on('sessionError', () => {});
    this.open.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)));
  }

  // A server of TLS: {port, seen: {connections, bytes}}; what arrives is counted, and answered by `answer(socket, text, cut)`
  // once a request is whole; `begin(socket)` speaks first.
  async secure(options, answer = plainAnswer, begin = () => {}) {
    const seen = { connections: 0, bytes: 0 };
    const below = new Map(); // what a TLS socket stands on, by the client's port
    const server = tls.createServer({ ...this.own, ...options }, (socket) => {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (data) => {
        seen.bytes += data.length;
        text += data.toString('latin1');
        if (!text.includes('\r\n\r\nsecret')) return;
        answer(socket, text, () => below.get(socket.remotePort).destroy());
        text = '';
      });
      begin(socket);
    });
    server.on('connection', (socket) => {
      seen.connections++;
      below.set(socket.remotePort, socket);
    });
    return { port: await this.listen(server), seen };
  }

  // The same, at OpenSSL's lowest level: it serves what nobody should.
  weak(options, answer) { return this.secure({ ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0', ...options }, answer); }

  // With a certificate ({cert, key}).
  with(own) { return this.weak(own); }

  // HTTP/2: `handle(stream)`.
  async http2(handle) {
    const seen = { connections: 0, bytes: 0 };
    const server = http2.createSecureServer({ ...this.own });
    server.on('stream', (stream) => {
      seen.bytes++;
      stream.on('error', () => {});
      stream.resume().on('end', () => handle(stream)); // an answer before that would break the request off
    });
    server.on('session', (session) => session.on('error', () => {}));
    server.on('connection', () => seen.connections++);
    return { port: await this.listen(server), seen };
  }

  // Bytes by hand: `reply(socket, hello)` to the first that the client sends.
  async raw(reply) {
    const seen = { connections: 0, bytes: 0 };
    const server = net.createServer((socket) => {
      const chunks = [];
      seen.connections++;
      socket.on('data', (data) => {
        chunks.push(data);
        if (chunks.length === 1) reply(socket, data);
        else seen.bytes += applicationBytes(data) + (data.includes('secret') ? 1 : 0);
      });
    });
    return { port: await this.listen(server), seen };
  }

  // The openssl program as a server with these options. Once a request is whole, `command` is typed into it ("r":
  // renegotiate), and once it has told of `message` the answer is.
  async typed(options, command, message) {
    const base = path.join(this.folder, `typed${this.open.length}`);
    writeFileSync(`${base}.pem`, this.own.cert);
    writeFileSync(`${base}.key`, this.own.key);
    const child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-cert', `${base}.pem`, '-key', `${base}.key`,
      '-naccept', '1', '-crlf', '-msg', ...options], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.open.push(() => child.kill());
    child.stdin.on('error', () => {});
    const steps = [[/^ACCEPT .*:(\d+)/m, () => {}], [/\nsecret/, () => command && child.stdin.write(`${command}\n`)],
      [message, () => child.stdin.write('HTTP/1.1 200 OK\nContent-Length: 3\n\nyes\n')]];
    let text = '';
    const port = await new Promise((done) => child.stdout.on('data', (data) => {
      text += data.toString('latin1');
      for (let found; steps.length && (found = steps[0][0].exec(text)); text = text.slice(found.index + found[0].length)) {
        if (found[1]) done(Number(found[1]));
        steps.shift()[1]();
      }
    }));
    return { port, seen: { connections: 0, bytes: 0 } };
  }

  // Whoever connects is handled by `take(socket)`; the port.
  relay(take, seen) {
    return this.listen(net.createServer((socket) => {
      seen.connections++;
      take(socket);
    }));
  }
}

// A proxy that answers this to each CONNECT; or, with `user`, connects for whoever gives that ("NAME:PASSWORD").
export async function proxyOf(world, answer, user) {
  return world.listen(net.createServer((client) => client.once('data', (data) => {
    const text = data.toString('latin1');
    const given = /^Proxy-Authorization: Basic (\S+)/im.exec(text)?.[1];
    if (user && given && Buffer.from(given, 'base64').toString() === user) return tunnel(client, text);
    return client.end(answer);
  })));
}

// A proxy that takes every name for this machine, so that servers can have any.
function connectToLoopback(client) {
  client.once('data', (data) => tunnel(client, data.toString('latin1')));
}

export function tunnel(client, request) {
  const port = /^CONNECT \S+:(\d+) /.exec(request)?.[1];
  if (!port) {
    client.end('HTTP/1.1 400 no\r\n\r\n');
    return;
  }
  const upstream = net.connect(Number(port), '127.0.0.1', () => {
    client.write('HTTP/1.1 200 go on\r\n\r\n');
    client.pipe(upstream).pipe(client);
  });
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
}

function plainAnswer(socket) {
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes');
}
