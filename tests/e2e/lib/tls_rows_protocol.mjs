// Rows of the TLS battery: versions, suites and messages. A row: name, server(world), and
//   refused: the reason in the client's words (missing: accepted) · broken: the connection broke, nobody was found out
import { randomBytes } from 'node:crypto';
import { MESSAGE, RENEGOTIATION, TYPE, alert, alpn, certificateMessage, derOf, handshake, record, serverHello,
  serverHelloDone, serverKeyExchange } from './tls_records.mjs';
import { NAMES } from './tls_world.mjs';

const OLD = 'it only speaks too old a protocol version of TLS';
const SUITE = 'no cipher suite is acceptable to both sides';
const NOT_OFFERED = 'it chose a cipher suite that was not offered';
const NO_TLS = 'it does not speak TLS';
const CUT = 'the connection broke during the TLS handshake';
const MALFORMED = 'what it sends in the TLS handshake is malformed';
const AGREEMENT = 'its key agreement is none that was offered';
const BROKE_OFF = 'the server broke the TLS handshake off';
const NOT_HOLDER = 'it does not hold the key of its certificate';

// ---- Versions ----

const speaks = (name, options, refused) => ({ name, refused, server: (w) => w.weak(options) });
const says = (name, refused, ...bytes) => ({ name, refused,
  server: (w) => w.raw((socket) => socket.write(Buffer.concat(bytes))) });
const hello = (o, version) => record(TYPE.handshake, serverHello(o), version);

const versions = [
  speaks('TLS 1.3', { minVersion: 'TLSv1.3' }),
  speaks('TLS 1.2', { maxVersion: 'TLSv1.2' }),
  speaks('TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }, OLD),
  speaks('TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1' }, OLD),
  says('a server hello of TLS 1.1', OLD, hello({ version: 0x0302 }, 0x0302)),
  says('a server hello of TLS 1.0', OLD, hello({ version: 0x0301 }, 0x0301)),
  says('a server hello of SSL 3', OLD, hello({ version: 0x0300 }, 0x0300)),
  says('an alert of SSL 3', SUITE, alert(2, 40, 0x0300)),
  says('a server hello of SSL 2', NO_TLS, Buffer.from('801a0400010002000900000010010080', 'hex'), randomBytes(16)),
  says('a version that is not there yet', OLD, hello({ version: 0x0305 })),
  says('an alert: protocol version', OLD, alert(2, 70)),
  says('TLS 1.2 where it knows 1.3', 'somebody on the way keeps it from a newer version of TLS',
    hello({ random: Buffer.concat([Buffer.alloc(24, 7), Buffer.from('444f574e47524401', 'hex')]) })),
  says('TLS 1.1 where it knows 1.2', OLD,
    hello({ version: 0x0302, random: Buffer.concat([Buffer.alloc(24, 7), Buffer.from('444f574e47524400', 'hex')]) })),
];

// ---- Suites ----

const suite = (name, ciphers, refused, key) => ({ name, refused, server: (w) => w.weak({ maxVersion: 'TLSv1.2',
  ciphers: `${ciphers}:@SECLEVEL=0`, ...(key ? w.authority.server(NAMES, { key, usage: 'digitalSignature,keyEncipherment' }) : {}) }) });
const RSA = 'rsa:2048';

const suites = [
  suite('ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'),
  suite('ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'),
  suite('ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-CHACHA20-POLY1305'),
  suite('ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384', undefined, RSA),
  suite('ECDHE-RSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305', undefined, RSA),
  suite('CBC with SHA-1', 'ECDHE-ECDSA-AES128-SHA', SUITE),
  suite('CBC with SHA-256', 'ECDHE-ECDSA-AES128-SHA256', SUITE),
  suite('CBC with an RSA key', 'ECDHE-RSA-AES256-SHA384', SUITE, RSA),
  suite('key exchange by RSA', 'AES128-GCM-SHA256', SUITE, RSA),
  suite('key exchange by RSA, CBC', 'AES256-SHA', SUITE, RSA),
  suite('key agreement by finite fields', 'DHE-RSA-AES128-GCM-SHA256', SUITE, RSA),
  suite('no encryption', 'ECDHE-ECDSA-NULL-SHA', SUITE),
  suite('no encryption, RSA', 'NULL-SHA256', SUITE, RSA),
  suite('nobody signs', 'AECDH-AES128-SHA', SUITE),
  suite('nobody signs, finite fields', 'ADH-AES128-GCM-SHA256', SUITE),
  suite('a tag of eight bytes', 'ECDHE-ECDSA-AES128-CCM8', SUITE),
  suite('a shared password', 'PSK-AES128-GCM-SHA256', SUITE),
  ...Object.entries({ 'RC4': 0x0005, 'RC4 with ECDHE': 0xc007, 'triple DES': 0x000a, 'DES for export': 0x0008, 'IDEA': 0x0007,
    'no suite': 0x0000, 'CBC that was not offered': 0xc009, 'a suite of TLS 1.3 in 1.2': 0x1301, 'a suite nobody knows': 0xfafa,
    'a signal in place of a suite': 0x5600 })
    .map(([name, number]) => says(`chosen: ${name}`, NOT_OFFERED, hello({ suite: number }))),
  says('an alert: no suite', SUITE, alert(2, 40)),
  says('an alert: not secure enough', SUITE, alert(2, 71)),
  speaks('a suite of TLS 1.3 that was not offered', { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_CCM_8_SHA256' }, SUITE),
  { name: 'a curve that was not offered', refused: SUITE, server: (w) => w.weak({ ecdhCurve: 'secp224r1' }) },
  { name: 'a curve that was not offered, TLS 1.2', refused: SUITE, server: (w) => w.weak({ ecdhCurve: 'secp224r1', maxVersion: 'TLSv1.2' }) },
  { name: 'signatures by SHA-1 only', refused: SUITE, server: (w) => w.weak({ sigalgs: 'ECDSA+SHA1', maxVersion: 'TLSv1.2' }) },
];

// ---- Messages by hand ----

// A handshake of TLS 1.2 up to where it goes wrong: parts(world, its certificates) are the messages.
const speaksByHand = (name, refused, parts) => ({ name, refused, server: (w) => {
  const list = derOf(w.own.cert);
  return w.raw((socket) => socket.write(Buffer.concat(parts(w, list).map((m) => (Array.isArray(m) ? m[0] : record(TYPE.handshake, m))))));
} });

const messages = [
  speaksByHand('a wrong signature of its key agreement', NOT_HOLDER,
    (w, list) => [serverHello(), certificateMessage(list), serverKeyExchange(), serverHelloDone]),
  speaksByHand('a signature by SHA-1 of its key agreement', 'it signs in a way that is not acceptable',
    (w, list) => [serverHello(), certificateMessage(list), serverKeyExchange({ algorithm: 0x0203 }), serverHelloDone]),
  speaksByHand('a signature by RSA of a key on a curve', 'it signs in a way that is not acceptable',
    (w, list) => [serverHello(), certificateMessage(list), serverKeyExchange({ algorithm: 0x0401 }), serverHelloDone]),
  speaksByHand('a key agreement on P-192', AGREEMENT,
    (w, list) => [serverHello(), certificateMessage(list), serverKeyExchange({ curve: 0x0013 }), serverHelloDone]),
  speaksByHand('a key agreement on a curve of its own', AGREEMENT,
    (w, list) => [serverHello(), certificateMessage(list), serverKeyExchange({ kind: 1 }), serverHelloDone]),
  speaksByHand('a point that is none', MALFORMED, (w, list) => [serverHello(), certificateMessage(list),
    serverKeyExchange({ curve: 0x0017, point: Buffer.alloc(65, 4) }), serverHelloDone]),
  speaksByHand('a key agreement without one', MALFORMED, (w, list) => [serverHello(), certificateMessage(list), serverHelloDone]),
  speaksByHand('no certificate', MALFORMED, () => [serverHello(), serverKeyExchange(), serverHelloDone]),
  speaksByHand('an empty list of certificates', MALFORMED, () => [serverHello(), certificateMessage([]), serverHelloDone]),
  speaksByHand('a certificate of random bytes', 'its certificate cannot be read',
    () => [serverHello(), certificateMessage([randomBytes(400)]), serverHelloDone]),
  speaksByHand('a certificate that is cut short', 'its certificate cannot be read',
    (w, list) => [serverHello(), certificateMessage([list[0].subarray(0, 200)]), serverHelloDone]),
  speaksByHand('a list of certificates whose length is wrong', MALFORMED,
    () => [serverHello(), handshake(MESSAGE.certificate, Buffer.from('0000ff000001ff', 'hex')), serverHelloDone]),
  speaksByHand('no secure renegotiation', 'its TLS lacks secure renegotiation',
    (w, list) => [serverHello({ extensions: [] }), certificateMessage(list), serverHelloDone]),
  speaksByHand('a renegotiation of something else', MALFORMED,
    () => [serverHello({ extensions: [[0xff01, Buffer.from([4, 1, 2, 3, 4])]] }), serverHelloDone]),
  speaksByHand('an extension nobody asked for', MALFORMED,
    () => [serverHello({ extensions: [RENEGOTIATION, [0x000f, Buffer.from([1])]] }), serverHelloDone]),
  speaksByHand('an extension twice', MALFORMED, () => [serverHello({ extensions: [RENEGOTIATION, RENEGOTIATION] }), serverHelloDone]),
  speaksByHand('compression', MALFORMED, () => [serverHello({ compression: 1 }), serverHelloDone]),
  speaksByHand('a session that we do not have', MALFORMED,
    () => [serverHello({ session: Buffer.alloc(40, 1) }), serverHelloDone]),
  speaksByHand('an application protocol that was not offered', MALFORMED,
    (w, list) => [serverHello({ extensions: [RENEGOTIATION, alpn('spdy/1')] }), certificateMessage(list), serverHelloDone]),
  speaksByHand('an application protocol without a name', MALFORMED,
    () => [serverHello({ extensions: [RENEGOTIATION, alpn('')] }), serverHelloDone]),
  speaksByHand('application data in the place of a handshake', MALFORMED,
    () => [serverHello(), [record(TYPE.application, Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))]]),
  speaksByHand('a change of ciphers before there are keys', MALFORMED,
    () => [serverHello(), [record(TYPE.changeCipherSpec, Buffer.from([1]))]]),
  speaksByHand('a message of a kind nobody knows', MALFORMED, () => [serverHello(), handshake(99, Buffer.alloc(4))]),
  speaksByHand('a finish at once', MALFORMED, () => [serverHello(), handshake(20, Buffer.alloc(12))]),
  says('a record that is too long', MALFORMED, Buffer.from([22, 3, 3, 0xff, 0xff]), Buffer.alloc(70000)),
  says('a record of a kind nobody knows', MALFORMED, record(99, Buffer.alloc(10))),
  says('a message that is too long', MALFORMED, record(TYPE.handshake, Buffer.from([2, 0xff, 0xff, 0xff, 3, 3]))),
  says('an empty server hello', MALFORMED, record(TYPE.handshake, handshake(2, Buffer.alloc(0)))),
  says('an alert that is none', MALFORMED, record(TYPE.alert, Buffer.from([2]))),
  says('a thousand warnings', MALFORMED, ...Array.from({ length: 1000 }, () => alert(1, 90))),
  { ...says('an alert: internal error', BROKE_OFF, alert(2, 80)), broken: true },
  { ...says('an alert: unexpected message', BROKE_OFF, alert(2, 10)), broken: true },
  says('an alert: unrecognized name', 'it does not know the name that it was asked for', alert(2, 112)),
  says('an alert: no application protocol', 'it speaks no application protocol that was offered', alert(2, 120)),
];

// ---- What is no TLS ----

const others = [
  says('an answer in plain HTTP', NO_TLS, Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')),
  says('a redirect in plain HTTP', NO_TLS, Buffer.from('HTTP/1.1 302 Found\r\nLocation: https://portal.example/\r\n\r\n')),
  says('a mail server', NO_TLS, Buffer.from('220 mail.example ESMTP\r\n')),
  says('a secure shell', NO_TLS, Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')),
  says('zeros', NO_TLS, Buffer.alloc(2000)),
];

// ---- Truncations ----

const cutAfter = (name, parts) => ({ name: `cut ${name}`, broken: true, refused: CUT, server: (w) => {
  const list = derOf(w.own.cert);
  return w.raw((socket) => socket.end(Buffer.concat(parts(list))));
} });
const whole = (...list) => list.map((m) => record(TYPE.handshake, m));
const half = (bytes) => bytes.subarray(0, bytes.length >> 1);

const truncations = [
  { name: 'cut before a byte', broken: true, refused: CUT, server: async (w) => {
    const server = await w.raw(() => {});
    return { ...server, port: await w.relay((client) => client.destroy(), server.seen) };
  } },
  cutAfter('after the client has spoken', () => [Buffer.alloc(0)]),
  cutAfter('within the head of a record', () => [half(hello().subarray(0, 5))]),
  cutAfter('within the server hello', () => [half(hello())]),
  cutAfter('after the server hello', () => whole(serverHello())),
  cutAfter('within the certificate', (list) => [hello(), half(record(TYPE.handshake, certificateMessage(list)))]),
  cutAfter('after the certificate', (list) => whole(serverHello(), certificateMessage(list))),
  cutAfter('within the key agreement', (list) => [...whole(serverHello(), certificateMessage(list)), half(record(TYPE.handshake, serverKeyExchange()))]),
];

export const protocol = [...versions, ...suites, ...messages, ...others, ...truncations];
