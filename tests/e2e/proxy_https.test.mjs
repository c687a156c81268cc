// Proxies that are spoken to by https, and proxies that hang up behind their question for a password: the HTTPS client
// before each of them. A proxy that cannot be trusted is told not even where its client wants to go.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { Authority, selfSigned } from './lib/pki.mjs';
import { NAMES, World, tunnel } from './lib/tls_world.mjs';

const DAY = 86400000;
const PASSWORD = 'Marked-5b7e-secret';
let folder;
let world;
let authority; // of proxies, and of nothing else

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplay-https-proxy-'));
  world = new World(folder);
  authority = new Authority(folder, 'Proxy Authority');
  await world.start('pingplay-fetch-test');
});
after(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

const basic = (text) => {
  const given = /^Proxy-Authorization: Basic (\S+)/im.exec(text)?.[1];
  return given && Buffer.from(given, 'base64').toString();
};

// A proxy by TLS with that certificate; with `user` ("NAME:PASSWORD") for whoever gives that. What arrives inside its
// TLS is in seen.text.
async function secureProxy(own, { user, ...options } = {}) {
  const seen = { connections: 0, text: '' };
  const server = tls.createServer({ ...own, ...options }, (socket) => {
    socket.on('error', () => {});
    const ask = (data) => {
      seen.text += data.toString('latin1');
      if (!user || basic(data.toString('latin1')) === user) {
        tunnel(socket, data.toString('latin1'));
        return;
      }
      socket.write('HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n');
      socket.once('data', ask);
    };
    socket.once('data', ask);
  });
  server.on('connection', () => { seen.connections++; });
  return { port: await world.listen(server), seen };
}

async function through(proxy, server, o = {}) {
  return world.fetch({ url: `https://${o.host ?? '127.0.0.1'}:${server.port}`, ca: o.ca ?? world.authority.certificate,
    proxy: `https://${o.proxyHost ?? '127.0.0.1'}:${proxy.port}`, proxyCa: 'proxyCa' in o ? o.proxyCa : authority.certificate,
    proxyUser: o.user, proxyPassword: o.password, proxyExcept: o.except });
}

describe('a proxy by https', () => {
  test('with a certificate of its authority, the headend is reached through it, by name and by number', async () => {
    for (const proxyHost of NAMES) {
      const server = await world.secure({});
      const proxy = await secureProxy(authority.server(NAMES));
      assert.deepEqual(await through(proxy, server, { proxyHost }),
        { ok: true, status: 200, error: 'ok', message: '', received: 3, body: 'yes' });
      assert.match(proxy.seen.text, new RegExp(`^CONNECT 127.0.0.1:${server.port} HTTP/1.1\r\n`));
      assert.doesNotMatch(proxy.seen.text, /secret|Cookie|Bearer/, 'it sees no request');
    }
  });

  test('with TLS 1.2 as well, and below an authority in between', async () => {
    const server = await world.secure({});
    const between = new Authority(folder, 'Proxy Intermediate', authority);
    const proxy = await secureProxy(between.server(NAMES), { maxVersion: 'TLSv1.2' });
    assert.equal((await through(proxy, server)).message, '');
  });

  test('name and password are given inside TLS, once they are asked for', async () => {
    const server = await world.secure({});
    const proxy = await secureProxy(authority.server(NAMES), { user: `screen:${PASSWORD}` });
    assert.equal((await through(proxy, server, { user: 'screen', password: PASSWORD })).message, '');
    const refused = await through(proxy, server, { user: 'screen', password: 'wrong' });
    assert.equal(refused.message, 'the proxy wants a name and a password, and takes none that it was given (HTTP 407)');
  });

  const UNTRUSTED = 'the proxy cannot be trusted: ';
  const bad = [
    ['of another authority', () => world.stranger.server(NAMES), 'its certificate comes from an unknown authority'],
    ['of the headend\'s authority, which is none of proxies', () => world.authority.server(NAMES),
      'its certificate comes from an unknown authority'],
    ['of its own making', () => selfSigned(folder, NAMES), 'its certificate is self-signed'],
    ['for another name', () => authority.server(['proxy.example']), 'its certificate is for another name'],
    ['for a name in its subject alone', () => authority.issue('127.0.0.1', { extensions: ['keyUsage=critical,digitalSignature'] }),
      'its certificate names no server (subjectAltName)'],
    ['that has expired', () => authority.server(NAMES, { notBefore: Date.now() - 9 * DAY, notAfter: Date.now() - DAY }),
      'its certificate has expired'],
    ['that is not valid yet', () => authority.server(NAMES, { notBefore: Date.now() + DAY }), 'its certificate is not yet valid'],
    ['that is a client\'s', () => authority.device('127.0.0.1'), 'its certificate is not for a server'],
    ['with a key that is too short', () => authority.server(NAMES, { key: 'rsa:1024' }), 'the key of its certificate is too weak'],
  ];
  for (const [what, own, reason] of bad) {
    test(`with a certificate ${what} is refused with its reason, and not a byte is sent`, async () => {
      const server = await world.secure({});
      const proxy = await secureProxy(own(), { user: `screen:${PASSWORD}`, ciphers: 'ALL:@SECLEVEL=0' });
      const answer = await through(proxy, server, { user: 'screen', password: PASSWORD });
      assert.deepEqual({ code: answer.error, words: answer.message.slice(0, UNTRUSTED.length + reason.length) },
        { code: 'tls', words: UNTRUSTED + reason }, JSON.stringify(answer));
      assert.ok(proxy.seen.connections > 0);
      assert.deepEqual([proxy.seen.text, server.seen.connections], ['', 0]);
    });
  }

  test('of too old a version of TLS, or of none, is refused with its reason, and not a byte is sent', async () => {
    const server = await world.secure({});
    const old = await secureProxy(authority.server(NAMES), { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' });
    const said = (await through(old, server)).message;
    assert.ok(said.startsWith(`${UNTRUSTED}it only speaks too old a protocol version of TLS`), said);
    let text = '';
    const plain = { port: await world.listen(net.createServer((socket) => socket.once('data', (data) => {
      text += data.toString('latin1');
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    }))) };
    const clear = (await through(plain, server)).message;
    assert.ok(clear.startsWith(`${UNTRUSTED}it does not speak TLS`), clear);
    assert.doesNotMatch(text, /CONNECT/);
  });

  test('without authorities of its own it is verified by the distribution\'s, which do not know this one', async () => {
    const server = await world.secure({});
    const proxy = await secureProxy(authority.server(NAMES));
    const { error, message } = await through(proxy, server, { proxyCa: undefined });
    assert.equal(error, 'tls');
    assert.match(message, /^the proxy cannot be (trusted: its certificate comes from an unknown authority|verified: this machine has no authorities)/);
    assert.equal(proxy.seen.text, '');
  });

  test('what passes it is TLS to the headend, which is verified by its own authority and name all the same', async () => {
    const proxy = await secureProxy(authority.server(NAMES));
    const rows = [
      [authority.server(NAMES), 'its certificate comes from an unknown authority'], // of the proxies' authority
      [world.authority.server(['proxy.example']), 'its certificate is for another name'],
      [world.authority.server(NAMES, { notBefore: Date.now() - 9 * DAY, notAfter: Date.now() - DAY }), 'its certificate has expired'],
    ];
    for (const [own, reason] of rows) {
      const server = await world.secure(own);
      const { error, message } = await through(proxy, server);
      assert.equal(error, 'tls');
      assert.ok(message.startsWith(`the server cannot be trusted: ${reason}`), message);
      assert.equal(server.seen.bytes, 0);
    }
  });

  test('the headend has to prove its own name, and not the proxy\'s', async () => {
    const proxy = await secureProxy(authority.server(['localhost']));
    const server = await world.secure(world.authority.server(['localhost']));
    const { message } = await through(proxy, server, { proxyHost: 'localhost' });
    assert.ok(message.startsWith('the server cannot be trusted: its certificate is for another name'), message);
    assert.equal(server.seen.bytes, 0);
    const other = await secureProxy(authority.server(['127.0.0.1']));
    const { message: refused } = await through(other, await world.secure({}), { proxyHost: 'localhost' });
    assert.ok(refused.startsWith(`${UNTRUSTED}its certificate is for another name`), refused);
    assert.equal(other.seen.text, '');
  });

  test('what is excepted is reached without it, and its trouble is then the server\'s', async () => {
    const proxy = await secureProxy(authority.server(NAMES));
    assert.equal((await through(proxy, await world.secure({}), { except: '127.0.0.1' })).message, '');
    const stranger = await world.secure(world.stranger.server(NAMES));
    const { message } = await through(proxy, stranger, { except: '127.0.0.1' });
    assert.ok(message.startsWith('the server cannot be trusted: its certificate comes from an unknown authority'), message);
    assert.equal(proxy.seen.connections, 0);
  });

  test('it is not shown the screen\'s certificate, and one that wants it is no word of the headend\'s', async () => {
    const server = await world.secure({});
    const proxy = await secureProxy(authority.server(NAMES), { requestCert: true, rejectUnauthorized: true, ca: world.authority.pem() });
    const { error, message } = await through(proxy, server);
    assert.deepEqual([error, message.slice(0, 41)], ['network', 'the proxy wants a client certificate (Ope'.slice(0, 41)], message);
    assert.equal(proxy.seen.text, '');
  });

  test('authorities that are none are said in words', async () => {
    const server = await world.secure({});
    const proxy = await secureProxy(authority.server(NAMES));
    const der = path.join(folder, 'proxy.der');
    spawnSync('openssl', ['x509', '-in', authority.certificate, '-outform', 'DER', '-out', der]);
    const both = path.join(folder, 'both.pem');
    await writeFile(both, Buffer.concat([authority.pem(), await readFile(authority.key)]));
    const leaf = path.join(folder, 'leaf.pem');
    await writeFile(leaf, authority.server(NAMES).cert);
    for (const [proxyCa, words] of [[der, 'it is in DER'], [both, 'there is a private key in it'], [leaf, 'is no authority\'s']]) {
      const { message } = await through(proxy, server, { proxyCa });
      assert.match(message, /^proxy: authorities: /);
      assert.ok(message.includes(words), message);
    }
    assert.equal(proxy.seen.connections, 0);
  });
});

// A proxy for http that closes each connection behind its 407, and does not say that it will.
async function closingProxy(challenge, knows) {
  const seen = [];
  const port = await world.listen(net.createServer((socket) => socket.once('data', (data) => {
    const text = data.toString('latin1');
    seen.push(/^Proxy-Authorization: (\w+)/im.exec(text)?.[1] ?? '');
    if (knows(text)) tunnel(socket, text);
    else socket.end(`HTTP/1.1 407 Who\r\nProxy-Authenticate: ${challenge}\r\nContent-Length: 0\r\n\r\n`);
  })));
  return { port, seen };
}

const md5 = (text) => createHash('md5').update(text).digest('hex');

function knowsDigest(text) {
  const line = /^Proxy-Authorization: Digest (.*)$/im.exec(text)?.[1] ?? '';
  const field = (name) => new RegExp(`${name}="?([^",\r]*)`).exec(line)?.[1];
  const ha1 = md5(`screen:test:${PASSWORD}`);
  const ha2 = md5(`CONNECT:${field('uri')}`);
  return field('response') === md5([ha1, field('nonce'), field('nc'), field('cnonce'), field('qop'), ha2].join(':'));
}

describe('a proxy that hangs up behind its 407 without saying so', () => {
  const kinds = [
    ['Basic', 'Basic realm="test"', (text) => basic(text) === `screen:${PASSWORD}`],
    ['Digest', 'Digest realm="test", qop="auth", algorithm=MD5, nonce="00112233"', knowsDigest],
  ];
  for (const [kind, challenge, knows] of kinds) {
    test(`is told name and password by ${kind} over another connection`, async () => {
      const server = await world.secure({});
      const proxy = await closingProxy(challenge, knows);
      const { message, body } = await world.fetch({ url: `https://127.0.0.1:${server.port}`, ca: world.authority.certificate,
        proxy: `http://127.0.0.1:${proxy.port}`, proxyUser: 'screen', proxyPassword: PASSWORD });
      assert.deepEqual([message, body], ['', 'yes']);
      assert.deepEqual(proxy.seen, ['', kind]);
    });

    test(`with another password it says 407 by ${kind}, and is not asked in a circle`, async () => {
      const server = await world.secure({});
      const proxy = await closingProxy(challenge, knows);
      const { message } = await world.fetch({ url: `https://127.0.0.1:${server.port}`, ca: world.authority.certificate,
        proxy: `http://127.0.0.1:${proxy.port}`, proxyUser: 'screen', proxyPassword: 'wrong' });
      assert.equal(message, 'the proxy wants a name and a password, and takes none that it was given (HTTP 407)');
      assert.deepEqual(proxy.seen, ['', kind]);
    });
  }

  test('nothing is given to it where there is nothing', async () => {
    const server = await world.secure({});
    const proxy = await closingProxy('Basic realm="test"', () => false);
    const { message } = await world.fetch({ url: `https://127.0.0.1:${server.port}`, ca: world.authority.certificate,
      proxy: `http://127.0.0.1:${proxy.port}` });
    assert.match(message, /^the proxy wants a name and a password/);
    assert.deepEqual(proxy.seen, ['']);
  });
});
