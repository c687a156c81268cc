// The certificate authority changes: those before it are trusted until they are retired, and nobody is cut off.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { certificatesOf, controlKeys, enrolDevice, eventually, headendProgram, makeCsr, makeKey, openSession, simpleEnroll, startHeadend,
  waitingPoll } from './lib/headend.mjs';
import { verifyJws } from './lib/jose.mjs';

const run = promisify(execFile);
const REENROLL = '/.well-known/est/simplereenroll';
const NONCE = 'a-nonce-of-22-letters_';

const hashOf = (pem) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
const certificatesIn = (text) => text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/g);

describe('the certificate authority', { concurrency: 2 }, () => {
  let dir;
  before(async () => { dir = await mkdtemp(path.join(tmpdir(), 'pingplay-authority-')); });
  after(() => rm(dir, { recursive: true, force: true }));

  let files = 0;
  async function file(text) {
    const name = path.join(dir, `file-${files++}`);
    await writeFile(name, text);
    return name;
  }

  // As OpenSSL verifies: whoever knows `authority` alone, and is sent these others, takes the certificate.
  async function verify(authority, [leaf, ...others], purpose) {
    const sent = others.length ? ['-untrusted', await file(others.join(''))] : [];
    await run('openssl', ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', await file(authority), ...sent, await file(leaf)]);
  }

  const read = (folder, name) => readFile(path.join(folder, name), 'utf8');
  const list = async (headend) => JSON.parse(await headend.cli('ca', 'list', '--json'));

  // What screens are told: the target of the newest metadata.
  async function told(folder) {
    const metadata = path.join(folder, 'repo/metadata');
    const version = async (name) => JSON.parse(await read(metadata, name)).signed.meta;
    const snapshot = (await version('timestamp.json'))['snapshot.json'].version;
    const targets = (await version(`${snapshot}.snapshot.json`))['targets.json'].version;
    const { hashes } = JSON.parse(await read(metadata, `${targets}.targets.json`)).signed.targets['keys/authorities.json'];
    const text = await read(folder, `repo/targets/keys/${hashes.sha256}.authorities.json`);
    assert.equal(createHash('sha256').update(text).digest('hex'), hashes.sha256);
    return JSON.parse(text);
  }

  // The certificate and the others that the server sends, by a client that knows `ca` alone.
  const connect = (headend, ca, version) => new Promise((resolve, reject) => {
    const socket = tls.connect({ host: 'localhost', servername: 'localhost', port: headend.port, ca, minVersion: version, maxVersion: version }, () => {
      resolve({ protocol: socket.getProtocol(), certificate: socket.getPeerX509Certificate().toString() });
      socket.destroy();
    });
    socket.on('error', reject);
  });

  // The server shows a certificate of the newest authority: a client that knows that one alone connects.
  async function rotate(headend) {
    await headend.cli('ca', 'rotate');
    const authority = await read(headend.dir, 'ca.pem');
    await eventually(() => connect(headend, authority).then(() => true, () => false), 30000, 'the new certificate of the server');
    return authority;
  }

  const state = (headend, device) => headend.request('GET', '/v1/state', { device });

  async function renew(headend, device) {
    const keyPem = makeKey();
    const answer = await simpleEnroll(headend, undefined, await makeCsr(keyPem), REENROLL, { device: { ...device, cookie: undefined } });
    assert.equal(answer.status, 200, answer.text);
    const chain = await certificatesOf(answer.text);
    return { chain, device: { id: device.id, keyPem, certificatePem: chain[0] } };
  }

  test('is another one while the server serves: old certificates are good, new ones are taken by who knows either', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    const old = headend.ca;
    const device = await enrolDevice(headend, { name: 'Door' });
    assert.deepEqual((await told(headend.dir)).authorities.map(({ sha256 }) => sha256), [hashOf(old)]);
    const { etag } = (await state(headend, device)).headers;
    const poll = await waitingPoll(headend, device, etag);
    const fresh = await rotate(headend);
    assert.notEqual(hashOf(fresh), hashOf(old));
    await headend.cli('screen', 'set', device.id, '--name', 'Gate');
    assert.equal((await poll.answer).status, 200, 'the poll that waited meanwhile');

    const sent = certificatesIn(await read(headend.dir, 'server.pem'));
    assert.equal(sent.length, 2);
    for (const authority of [old, fresh]) {
      await verify(authority, sent, 'sslserver');
      for (const version of ['TLSv1.2', 'TLSv1.3']) {
        assert.deepEqual(await connect(headend, authority, version), { protocol: version, certificate: sent[0] });
      }
    }
    await assert.rejects(verify(old, sent.slice(0, 1), 'sslserver'), 'without the link there is no way');

    const document = await told(headend.dir);
    assert.deepEqual([document.issuing, document.retired], [hashOf(fresh), []]);
    assert.deepEqual(document.authorities, [fresh, old].map((pem) => ({ sha256: hashOf(pem), certificate: new X509Certificate(pem).raw.toString('base64') })));
    const cacerts = await certificatesOf((await headend.request('GET', '/.well-known/est/cacerts')).text);
    assert.deepEqual(cacerts.map(hashOf), [hashOf(fresh), hashOf(old), hashOf(sent[1])]);

    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const answer = await headend.request('GET', '/v1/state', { device, minVersion: version, maxVersion: version });
      assert.equal(answer.status, 200, `the certificate from before, ${version}`);
    }
    assert.deepEqual((await list(headend)).map(({ state: name, screens }) => [name, screens]), [['issuing', 0], ['trusted', 1]]);
    const renewed = await renew(headend, device);
    assert.deepEqual(renewed.chain.slice(1), sent.slice(1), 'the way from the former authority, and no root beside it');
    for (const authority of [old, fresh]) await verify(authority, renewed.chain, 'sslclient');
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const answer = await headend.request('POST', '/v1/session', { device: renewed.device, minVersion: version, maxVersion: version });
      assert.notEqual(answer.status, 401, `the certificate from now on, ${version}`);
    }
    await openSession(headend, renewed.device);
    assert.equal((await state(headend, renewed.device)).status, 200);
    assert.deepEqual((await list(headend)).map(({ screens }) => screens), [1, 0]);
    const second = await enrolDevice(headend, { name: 'Second' });
    await verify(fresh, [second.certificatePem], 'sslclient');
    const text = await headend.cli('ca', 'list');
    assert.match(text, new RegExp(`^FINGERPRINT .*\\n${hashOf(fresh).slice(0, 16)} +issuing +2 .*\\n${hashOf(old).slice(0, 16)} +trusted +0 `));
  });

  test('is another one again and again: from each that is trusted there is a way to the newest', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    const authorities = [headend.ca, await rotate(headend), await rotate(headend)];
    const sent = certificatesIn(await read(headend.dir, 'server.pem'));
    assert.equal(sent.length, 3);
    const device = await enrolDevice({ ...headend, ca: authorities[0], approve: headend.approve.bind(headend), request: headend.request.bind(headend),
      form: headend.form.bind(headend) }, { name: 'Late' });
    for (const authority of authorities) {
      await verify(authority, sent, 'sslserver');
      for (const version of ['TLSv1.2', 'TLSv1.3']) await connect(headend, authority, version);
    }
    const { chain } = await renew(headend, device);
    for (const authority of authorities) await verify(authority, chain, 'sslclient');
    // each new one is certified by every older one, for whoever asks
    const cacerts = await certificatesOf((await headend.request('GET', '/.well-known/est/cacerts')).text);
    assert.equal(cacerts.length, 6);
    for (const [newer, older] of [[2, 1], [2, 0], [1, 0]]) {
      const key = new X509Certificate(authorities[newer]).publicKey;
      const by = new X509Certificate(authorities[older]).publicKey;
      const link = cacerts.map((pem) => new X509Certificate(pem)).find((each) => each.publicKey.equals(key) && each.verify(by));
      assert.ok(link?.ca, `${newer} by ${older}`);
      assert.ok(!cacerts.some((pem) => new X509Certificate(pem).publicKey.equals(by) && new X509Certificate(pem).verify(key)), 'and never the other way round');
    }
    await assert.rejects(headend.cli('ca', 'rotate'), /3 authorities are trusted already: retire the oldest first/);
  });

  test('is retired in order, not while screens need it, and then nobody is believed by its word', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    const [first, firstKey] = [headend.ca, await read(headend.dir, 'ca.key')];
    const device = await enrolDevice(headend, { name: 'Holder', channel: 'lobby' });
    const second = await rotate(headend);
    const third = await rotate(headend);
    const retire = (pem, ...more) => headend.cli('ca', 'retire', hashOf(pem).slice(0, 12), ...more);
    await assert.rejects(retire(third), /it is the one that issues/);
    await assert.rejects(retire(second, '--force'), /retire the oldest first/);
    await assert.rejects(retire(first), /1 screens hold certificates by it/);
    await assert.rejects(headend.cli('ca', 'retire', 'abcdefab'), /no such authority: abcdefab/);
    await assert.rejects(headend.cli('ca', 'retire', hashOf(first).slice(0, 7)), /not the first 8 digits/);
    assert.deepEqual((await list(headend)).map(({ state: name }) => name), ['issuing', 'trusted', 'trusted']);
    assert.equal((await state(headend, device)).status, 200);

    // whoever has the key of one that is only trusted still makes himself no screen by it
    const forge = async () => {
      const keyPem = makeKey();
      const request = await file(await makeCsr(keyPem, ['-subj', `/CN=${device.id}`]));
      const { stdout: certificatePem } = await run('openssl', ['x509', '-req', '-inform', 'DER', '-in', request, '-CA', await file(first), '-CAkey', await file(firstKey),
        '-set_serial', '77', '-days', '3000', '-extfile', await file('extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\nauthorityKeyIdentifier=keyid')]);
      await verify(first, [certificatePem], 'sslclient');
      const answer = await headend.request('POST', '/v1/session', { device: { keyPem, certificatePem }, headers: { 'content-type': 'application/jose' }, body: 'x' });
      assert.deepEqual([answer.status, answer.json().code, answer.json().refusal], [401, 'certificate-revoked', undefined]);
    };
    await forge();
    assert.equal((await state(headend, device)).status, 200);

    await retire(first, '--force');
    assert.deepEqual((await told(headend.dir)).retired, [hashOf(first)]);
    assert.deepEqual((await told(headend.dir)).authorities.map(({ sha256 }) => sha256), [hashOf(third), hashOf(second)]);
    assert.deepEqual((await readdir(path.join(headend.dir, 'keys/authorities'))).sort(), [second, third].map((pem) => `${hashOf(pem)}.pem`).sort());
    const refused = await headend.request('GET', '/v1/state', { device, headers: { 'pingplay-nonce': NONCE } });
    assert.deepEqual([refused.status, refused.json().code], [401, 'certificate-revoked']);
    const word = JSON.parse(verifyJws(refused.json().refusal, controlKeys(headend), 'pingplay-refusal'));
    assert.deepEqual([word.aud, word.reason, word.nonce], [device.id, 'revoked', NONCE]);
    // a screen that slept through it all connects, and reads whom to trust; nothing else is given
    await connect(headend, first);
    const { issuing } = await told(headend.dir);
    assert.equal(issuing, hashOf(third));
    const stranger = { ...device, cookie: undefined };
    const places = ['metadata/timestamp.json', ...(await readdir(path.join(headend.dir, 'repo/targets/keys'))).map((name) => `targets/keys/${name}`)];
    for (const place of places) assert.equal((await headend.request('GET', `/repo/${place}`, { device: stranger })).status, 200, place);
    assert.equal((await headend.request('POST', REENROLL, { device: stranger, headers: { 'content-type': 'application/pkcs10' },
      body: (await makeCsr(makeKey())).toString('base64') })).status, 401);

    // whoever has its key makes a certificate for that screen, newer than all that are known
    await forge();
    assert.equal(await headend.sql('SELECT count(*) FROM certificate WHERE NOT revoked'), '0');

    await retire(first, '--force'); // again: nothing more
    await retire(second);
    assert.deepEqual((await told(headend.dir)).retired, [hashOf(second), hashOf(first)]);
    assert.deepEqual((await list(headend)).map(({ state: name }) => name), ['issuing', 'retired', 'retired']);
    for (const authority of [first, second, third]) await connect(headend, authority);
    await rotate(headend);
  });

  // At many moments, from before the first write to after the last; tests/unit/headend/ops/ca_cut_test.c has each of them.
  test('is changed once where the command was killed and given again', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    await headend.stopServing();
    for (let i = 0; i < 12; i++) {
      const folder = path.join(dir, `killed-${i}`);
      await cp(headend.dir, folder, { recursive: true });
      const ca = async (...words) => (await run(headendProgram(), ['ca', words[0], folder, ...words.slice(1)])).stdout;
      const child = spawn(headendProgram(), ['ca', 'rotate', folder], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      await new Promise((resolve) => { setTimeout(resolve, 2 + i * 4); });
      child.kill('SIGKILL');
      await ended;
      const before = JSON.parse(await ca('list', '--json'));
      await ca('rotate');
      const now = JSON.parse(await ca('list', '--json'));
      assert.ok(now.length === 2 || (before.length === 2 && now.length === 3), `${before.length}, then ${now.length}`);
      assert.equal(hashOf(await read(folder, 'ca.pem')), now[0].fingerprint);
      assert.deepEqual((await readdir(path.join(folder, 'keys/authorities'))).sort(), now.map(({ fingerprint }) => `${fingerprint}.pem`).sort());
      await assert.rejects(stat(path.join(folder, 'ca.key')), /ENOENT/);
      assert.deepEqual((await told(folder)).authorities.map(({ sha256 }) => sha256), now.map(({ fingerprint }) => fingerprint));
      assert.equal(JSON.parse(await read(folder, 'ca.json')).unfinished, '');
    }
  });

  test('stays what it is in a copy of the folder, and a certificate of somebody else\'s that was laid there stays, too', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    const device = await enrolDevice(headend, { name: 'Kept' });
    await rotate(headend);
    const renewed = await renew(headend, device);
    await headend.stopServing();
    await cp(headend.dir, path.join(dir, 'copy'), { recursive: true });
    await rm(headend.dir, { recursive: true });
    await cp(path.join(dir, 'copy'), headend.dir, { recursive: true });
    await headend.startServing();
    await connect(headend, headend.ca);
    await openSession(headend, renewed.device);
    assert.equal((await state(headend, renewed.device)).status, 200);

    const [key, request] = [path.join(headend.dir, 'server.key'), await file('')];
    await run('openssl', ['req', '-new', '-key', key, '-subj', '/CN=else', '-out', request]);
    const { stdout: other } = await run('openssl', ['x509', '-req', '-in', request, '-signkey', key, '-days', '90', '-extfile', await file('subjectAltName=DNS:localhost')]);
    await writeFile(path.join(headend.dir, 'server.pem'), other);
    await headend.cli('ca', 'rotate');
    await eventually(() => /another certificate authority issues from now on/.test(headend.log), 30000, 'the server sees it');
    headend.child.kill('SIGHUP');
    await eventually(() => connect(headend, other).then(() => true, () => false), 30000, 'the certificate that was laid there');
    assert.equal(await read(headend.dir, 'server.pem'), other);
  });
});
