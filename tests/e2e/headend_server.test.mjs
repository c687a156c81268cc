// The server itself: TLS policy, slow clients, stopping, and what the commands refuse.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { enrolDevice, eventually, headendProgram, makeKey, startHeadend, thumbprintOf, waitingPoll } from './lib/headend.mjs';

const run = promisify(execFile);

describe('the server', () => {
  let headend;
  before(async () => { headend = await startHeadend({ serve: ['--connections-per-address', '20'] }); });
  after(() => headend?.stop());

  const connect = (options) => new Promise((resolve, reject) => {
    const socket = tls.connect({ host: 'localhost', servername: 'localhost', port: headend.port, ca: headend.ca, ...options }, () => resolve(socket));
    socket.on('error', reject);
  });

  test('TLS 1.2 and 1.3 with AEAD ciphers are spoken', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const socket = await connect({ minVersion: version, maxVersion: version });
      assert.equal(socket.getProtocol(), version);
      assert.match(socket.getCipher().name, /GCM|CHACHA20/);
      socket.destroy();
    }
  });

  test('TLS 1.0 and 1.1, CBC ciphers and plain RSA are refused', async () => {
    for (const version of ['TLSv1', 'TLSv1.1']) {
      await assert.rejects(connect({ minVersion: version, maxVersion: version, ciphers: 'ALL@SECLEVEL=0' }), version);
    }
    for (const ciphers of ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA', 'AES128-GCM-SHA256']) {
      await assert.rejects(connect({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }), ciphers);
    }
  });

  test('plain HTTP gets no answer', async () => {
    const net = await import('node:net');
    const data = await new Promise((resolve) => {
      const socket = net.connect(headend.port, 'localhost', () => socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'));
      let text = '';
      socket.on('data', (part) => { text += part.toString('latin1'); });
      socket.on('close', () => resolve(text));
      socket.on('error', () => {});
    });
    assert.ok(!data.includes('HTTP/1.1 200'));
  });

  test('the certificate is for the names given at init and signed by the own authority', async () => {
    const socket = await connect({});
    assert.ok(socket.authorized);
    const { subjectaltname } = socket.getPeerCertificate();
    socket.destroy();
    assert.match(subjectaltname, /DNS:localhost, IP Address:127\.0\.0\.1/);
    await assert.rejects(connect({ servername: 'other.example' }), /altnames/);
  });

  test('one address cannot take more connections than it may: the oldest one goes', async () => {
    const sockets = [];
    for (let i = 0; i < 30; i++) {
      const socket = await connect({ family: 4, host: '127.0.0.1' });
      socket.on('error', () => {}).resume();
      sockets.push(socket);
    }
    await eventually(() => sockets.slice(0, 10).every((socket) => socket.destroyed), 20000, 'the end of the oldest');
    assert.ok(sockets.slice(10).every((socket) => !socket.destroyed));
    for (const socket of sockets) socket.destroy();
  });

  test('neither can the addresses of one IPv6 network, nor the networks of one customer', async (context) => {
    const unshare = process.getuid() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];
    if (!await run('unshare', [...unshare, 'true']).then(() => true, () => false)) {
      context.diagnostic('no network namespace can be made here');
      return;
    }
    const clients = path.join(path.dirname(fileURLToPath(import.meta.url)), 'servers/network-clients.mjs');
    const { stdout } = await run('unshare', [...unshare, process.execPath, clients]);
    assert.deepEqual(JSON.parse(stdout), { same: 10, other: true, customer: 40, others: true });
  });

  test('a client that never finishes its request is cut, however it drips', async () => {
    const own = await startHeadend({ serve: ['--request-timeout', '1'] });
    try {
      const socket = tls.connect({ host: 'localhost', port: own.port, ca: own.ca });
      socket.on('error', () => {});
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
      const drip = setInterval(() => socket.write('a'), 100);
      const closed = await Promise.race([new Promise((resolve) => socket.once('close', () => resolve(true))),
        new Promise((resolve) => setTimeout(resolve, 20000, false))]);
      clearInterval(drip);
      assert.ok(closed);
    } finally {
      await own.stop();
    }
  });

  test('SIGTERM ends it without waiting for polls and open connections, and answers those polls', async () => {
    const own = await startHeadend();
    let patience;
    try {
      const device = await enrolDevice(own, { name: 'Waiting' });
      const { etag } = (await own.request('GET', '/v1/state', { device })).headers;
      const poll = await waitingPoll(own, device, etag);
      const idle = tls.connect({ host: 'localhost', port: own.port, ca: own.ca });
      idle.on('error', () => {});
      await new Promise((resolve) => idle.once('secureConnect', resolve));
      // The poll may wait for 50 s, and the idle connection for 10.
      const late = new Promise((resolve) => { patience = setTimeout(resolve, 8000, 'it waits'); });
      assert.deepEqual(await Promise.race([own.stopServing(), late]), { code: 0, signal: null });
      assert.equal((await poll.answer).status, 304);
      idle.destroy();
    } finally {
      clearTimeout(patience);
      await own.stop();
    }
  });

  test('a certificate that soon ends is renewed while the server serves', async () => {
    const own = await startHeadend();
    const file = (name) => path.join(own.dir, name);
    const shown = () => new Promise((resolve, reject) => {
      const socket = tls.connect({ host: 'localhost', servername: 'localhost', port: own.port, ca: own.ca }, () => {
        resolve(Date.parse(socket.getPeerCertificate().valid_to));
        socket.destroy();
      });
      socket.on('error', reject);
    });
    try {
      const device = await enrolDevice(own, { name: 'Waiting' });
      const { etag } = (await own.request('GET', '/v1/state', { device })).headers;
      await writeFile(file('names'), 'subjectAltName=DNS:localhost');
      await run('openssl', ['req', '-new', '-key', file('server.key'), '-subj', '/CN=old', '-out', file('csr')]);
      await run('openssl', ['x509', '-req', '-in', file('csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial',
        '-days', '61', '-extfile', file('names'), '-out', file('server.pem')]);
      own.child.kill('SIGHUP');
      await eventually(async () => await shown() < Date.now() + 70 * 86400e3, 20000, 'the certificate that was laid there');
      const poll = await waitingPoll(own, device, etag);
      await run('openssl', ['x509', '-req', '-in', file('csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial',
        '-days', '59', '-extfile', file('names'), '-out', file('server.pem')]);
      own.child.kill('SIGHUP');
      await eventually(async () => await shown() > Date.now() + 390 * 86400e3, 20000, 'the renewed certificate');
      await own.cli('screen', 'set', device.id, '--name', 'Renamed');
      assert.equal((await poll.answer).json().name, 'Renamed', 'whoever was connected stays so');
      assert.deepEqual(await own.stopServing(), { code: 0, signal: null });
    } finally {
      await own.stop();
    }
  });

  test('a certificate without its key is not taken: the one before it is shown, and nobody is cut off', async () => {
    const own = await startHeadend();
    const file = (name) => path.join(own.dir, name);
    const serial = () => new Promise((resolve, reject) => {
      const socket = tls.connect({ host: 'localhost', servername: 'localhost', port: own.port, ca: own.ca }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.on('error', reject);
    });
    const said = [];
    own.child.stderr.on('data', (data) => said.push(data));
    try {
      const device = await enrolDevice(own, { name: 'Waiting' });
      const { etag } = (await own.request('GET', '/v1/state', { device })).headers;
      const poll = await waitingPoll(own, device, etag);
      const before = await serial();
      const [certificate, key] = [await readFile(file('server.pem')), await readFile(file('server.key'))];
      await writeFile(file('names'), 'subjectAltName=DNS:localhost');
      await run('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file('other.key')]);
      await run('openssl', ['req', '-new', '-key', file('other.key'), '-subj', '/CN=other', '-out', file('csr')]);
      await run('openssl', ['x509', '-req', '-in', file('csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial',
        '-days', '90', '-extfile', file('names'), '-out', file('server.pem')]);
      const wanted = async (what) => eventually(() => Buffer.concat(said).toString().includes(what), 20000, what);
      own.child.kill('SIGHUP');
      await wanted('server.key is not the key of server.pem; the one before it is shown');
      assert.equal(await serial(), before);
      await writeFile(file('server.key'), key);
      await writeFile(file('server.pem'), certificate);
      await writeFile(file('server.key'), '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n');
      own.child.kill('SIGHUP');
      await wanted('server.key: ');
      assert.equal(await serial(), before);
      // now the other one, whole
      await run('openssl', ['x509', '-req', '-in', file('csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial',
        '-days', '90', '-extfile', file('names'), '-out', file('server.pem')]);
      await writeFile(file('server.key'), await readFile(file('other.key')));
      own.child.kill('SIGHUP');
      await eventually(async () => await serial() !== before, 20000, 'the other certificate');
      await own.cli('screen', 'set', device.id, '--name', 'Renamed');
      assert.equal((await poll.answer).json().name, 'Renamed');
      assert.deepEqual(await own.stopServing(), { code: 0, signal: null });
    } finally {
      await own.stop();
    }
  });

  test('whom a weakness is to be told stands where RFC 9116 has it, once somebody is named', async () => {
    const asked = () => headend.request('GET', '/.well-known/security.txt');
    assert.equal((await asked()).status, 404);
    assert.equal(await headend.cli('security-contact'), '');
    await headend.cli('security-contact', 'mailto:security@example.org', 'https://example.org/report');
    assert.equal(await headend.cli('security-contact'), 'mailto:security@example.org\nhttps://example.org/report\n');
    const answer = await asked();
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
    const fields = answer.text.trimEnd().split('\n').map((line) => /^([A-Za-z-]+): (\S.*)$/.exec(line).slice(1));
    assert.deepEqual(fields.filter(([name]) => name === 'Contact').map(([, value]) => value),
      ['mailto:security@example.org', 'https://example.org/report'], 'in the order of preference');
    const one = (wanted) => {
      const found = fields.filter(([name]) => name === wanted);
      assert.equal(found.length, 1, wanted);
      return found[0][1];
    };
    assert.match(one('Expires'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(Date.parse(one('Expires')) > Date.now() && Date.parse(one('Expires')) < Date.now() + 365 * 86400e3);
    assert.equal(one('Canonical'), `https://localhost:${headend.port}/.well-known/security.txt`);
    assert.equal(one('Preferred-Languages'), 'en, fr');
    for (const wrong of ['security@example.org', 'http://example.org', 'mailto:', 'mailto:a b@example.org', 'mailto:é@example.org',
      'mailto:a@example.org\nExpires: never', `mailto:${'a'.repeat(250)}`])
      await assert.rejects(headend.cli('security-contact', wrong), /not a mailto:, https: or tel: address|longer than/, wrong);
    await assert.rejects(headend.cli('security-contact', ...Array(5).fill('tel:+33123456789')), /more than 4/);
    assert.equal((await asked()).text.match(/^Contact/gm).length, 2, 'what is refused changes nothing');
    await headend.cli('security-contact', '--none');
    assert.equal((await asked()).status, 404);
  });

  test('a server that moves gets other names and a certificate for them', async () => {
    const own = await startHeadend();
    const names = () => new Promise((resolve, reject) => {
      const socket = tls.connect({ host: 'localhost', servername: 'localhost', port: own.port, ca: own.ca }, () => {
        resolve(socket.getPeerCertificate().subjectaltname);
        socket.destroy();
      });
      socket.on('error', reject);
    });
    try {
      assert.equal(await own.cli('hosts'), 'localhost\n127.0.0.1\n::1\n');
      assert.equal(await own.cli('hosts', 'new.example', '192.0.2.7'), 'new.example\n192.0.2.7\nlocalhost\n127.0.0.1\n::1\n');
      own.child.kill('SIGHUP');
      await eventually(async () => (await names()).startsWith('DNS:new.example, IP Address:192.0.2.7, DNS:localhost'));
      const told = await own.form('/oauth/device_authorization',
        { client_id: 'pingplay-display', jwk_thumbprint: thumbprintOf(makeKey()) }, { headers: { host: 'evil.example' } });
      assert.equal(told.json().verification_uri, `https://new.example:${own.port}/enrol`);
      await assert.rejects(own.cli('hosts', 'bad host!'), /not a host name/);
      // A key that is there and cannot be read is nobody's to replace.
      const key = path.join(own.dir, 'server.key');
      await rm(key);
      await symlink('server.key', key); // around in a circle
      await assert.rejects(own.cli('hosts', 'newer.example'), /server\.key/);
      assert.equal(await readlink(key), 'server.key');
      assert.match(await own.cli('hosts'), /^new\.example\n/);
    } finally {
      await own.stop();
    }
  });

  test('its memory, which holds every key, goes neither into a core nor into the swap', async (context) => {
    const own = await startHeadend();
    try {
      const proc = (pid, name) => readFile(`/proc/${pid}/${name}`, 'utf8');
      const pids = () => [own.child.pid, own.pidOf('signer'), own.pidOf('server')];
      for (const pid of pids()) assert.match(await proc(pid, 'limits'), /^Max core file size +0 +0 /m);
      if (process.getuid() !== 0 || process.env.PP_BUILD?.includes('asan')) {
        context.diagnostic('only root may lift the limit of locked memory, and a sanitizer locks none');
        return;
      }
      const [, locked] = /^VmLck:\s+(\d+) kB$/m.exec(await proc(own.pidOf('server'), 'status'));
      assert.ok(Number(locked) > 1000, `${locked} kB are locked`);
      // Of a process that may be dumped, its own user owns these files.
      await own.stopServing();
      own.options.uid = Number((await run('id', ['-u', 'nobody'])).stdout);
      own.options.program = path.join(own.dir, 'program'); // where nobody can reach it
      await copyFile(headendProgram(), own.options.program);
      await run('chown', ['-R', 'nobody', own.dir]);
      await own.startServing();
      for (const pid of pids()) assert.equal((await stat(`/proc/${pid}/environ`)).uid, 0);
    } finally {
      await own.stop();
    }
  });

  test('what was enrolled is still there after a restart', async () => {
    const own = await startHeadend();
    try {
      const device = await enrolDevice(own, { name: 'Lasting' });
      await own.stopServing('SIGKILL');
      await own.startServing();
      assert.equal((await own.request('GET', '/v1/state', { device })).json().name, 'Lasting');
    } finally {
      await own.stop();
    }
  });
});

describe('the commands', () => {
  let folder;
  before(async () => { folder = await mkdtemp(path.join(tmpdir(), 'pingplay-headend-')); });
  after(() => rm(folder, { recursive: true }));

  async function fails(words, pattern) {
    await assert.rejects(run(headendProgram(), words), (error) => {
      assert.equal(error.code, 1);
      assert.match(error.stderr, pattern);
      assert.equal(error.stderr.trim().split('\n').length, 1, error.stderr);
      return true;
    });
  }

  test('each mistake is told in one line', async () => {
    await fails([], /no command/);
    await fails(['paint'], /unknown command: paint/);
    await fails(['screen', 'paint'], /unknown command: screen paint/);
    await fails(['serve'], /one DIR/);
    await fails(['serve', path.join(folder, 'nowhere')], /No such file/);
    await fails(['serve', folder, '--port', '70000'], /--port: must be 0 to 65535/);
    await fails(['serve', folder, '--port', 'x'], /--port: not a whole number/);
    await fails(['serve', folder, '--colour'], /unknown option --colour/);
    await fails(['screen', 'list', folder], /no headend here/);
    await fails(['init', path.join(folder, 'new'), '--host', 'bad host!'], /--host: not a host name/);
  });

  test('init takes only a folder of its own, and tells a made-up password once', async () => {
    const full = path.join(folder, 'full');
    await run('mkdir', [full]);
    await writeFile(path.join(full, 'precious'), 'x');
    await fails(['init', full], /not empty/);
    const { stdout } = await run(headendProgram(), ['init', path.join(folder, 'fresh'), '--admin', 'boss']);
    assert.match(stdout, /Account: boss\nPassword: [a-z0-9-]{23} /);
    await fails(['init', path.join(folder, 'fresh')], /not empty/);
  });

  test('a short password is refused, and leaves nothing behind', async () => {
    const place = path.join(folder, 'weak');
    const init = async (password) => {
      const child = spawn(headendProgram(), ['init', place, '--password-stdin']);
      let text = '';
      child.stderr.on('data', (data) => { text += data; });
      child.stdin.end(`${password}\n`);
      return { code: await new Promise((resolve) => child.on('close', resolve)), text };
    };
    const refused = await init('short');
    assert.equal(refused.code, 1);
    assert.match(refused.text, /password: 5 bytes, must be 10 to 200/);
    await fails(['init', place, '--time-zone', 'Mars/Base'], /time zone: Mars\/Base is not known/);
    assert.deepEqual(await init('long enough now'), { code: 0, text: '' });
  });

  test('only the owner of the folder works in it, or the server could not renew what others wrote', async (context) => {
    if (process.getuid() !== 0) {
      context.diagnostic('only root can give a folder away');
      return;
    }
    const place = path.join(folder, 'others');
    await run(headendProgram(), ['init', place]);
    await run('chown', ['-R', 'nobody', place]);
    await fails(['screen', 'list', place], /belongs to nobody: run this as that user, with "runuser -u nobody -- \.\.\."/);
  });

  test('a database of a newer program is left alone', async () => {
    const place = path.join(folder, 'newer');
    await run(headendProgram(), ['init', place]);
    await run('sqlite3', [path.join(place, 'headend.db'), 'INSERT INTO migration(number, applied) VALUES(999, 0)']);
    await fails(['screen', 'list', place], /newer version/);
  });
});
