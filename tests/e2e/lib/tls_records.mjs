// TLS 1.2 by hand, as bytes: what servers say that no library would let them say (RFC 5246 §6.2, §7.4).

const u8 = (n) => Buffer.from([n]);
const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const u24 = (n) => Buffer.from([n >> 16, (n >> 8) & 255, n & 255]);
const vector8 = (bytes) => Buffer.concat([u8(bytes.length), bytes]);
const vector16 = (bytes) => Buffer.concat([u16(bytes.length), bytes]);
const vector24 = (bytes) => Buffer.concat([u24(bytes.length), bytes]);

export const TYPE = { changeCipherSpec: 20, alert: 21, handshake: 22, application: 23 };
export const MESSAGE = { serverHello: 2, certificate: 11, serverKeyExchange: 12, serverHelloDone: 14 };

export function record(type, body, version = 0x0303) {
  return Buffer.concat([u8(type), u16(version), vector16(body)]);
}

export function handshake(type, body) {
  return Buffer.concat([u8(type), vector24(body)]);
}

export function alert(level, description, version = 0x0303) {
  return record(TYPE.alert, Buffer.from([level, description]), version);
}

// The extension that says: renegotiation is secure here (RFC 5746 §3.6).
export const RENEGOTIATION = [0xff01, Buffer.from([0])];

// Options: version, random, suite (ECDHE-ECDSA-AES128-GCM-SHA256 by default), compression, extensions ([TYPE, bytes] each).
export function serverHello(o = {}) {
  const extensions = (o.extensions ?? [RENEGOTIATION]).map(([type, bytes]) => Buffer.concat([u16(type), vector16(bytes)]));
  return handshake(MESSAGE.serverHello, Buffer.concat([u16(o.version ?? 0x0303), o.random ?? Buffer.alloc(32, 7),
    vector8(o.session ?? Buffer.alloc(0)), u16(o.suite ?? 0xc02b), u8(o.compression ?? 0),
    ...(extensions.length ? [vector16(Buffer.concat(extensions))] : [])]));
}

export function alpn(protocol) {
  return [16, vector16(vector8(Buffer.from(protocol)))];
}

// Of DER certificates.
export function certificateMessage(list) {
  return handshake(MESSAGE.certificate, vector24(Buffer.concat(list.map(vector24))));
}

// ECDHE parameters on a named curve, signed as they say; by default X25519 and nonsense for a signature.
export function serverKeyExchange(o = {}) {
  const point = vector8(o.point ?? Buffer.alloc(32, 9));
  return handshake(MESSAGE.serverKeyExchange, Buffer.concat([u8(o.kind ?? 3), u16(o.curve ?? 0x001d), point,
    u16(o.algorithm ?? 0x0403), vector16(o.signature ?? Buffer.alloc(70, 0x30))]));
}

export const serverHelloDone = handshake(MESSAGE.serverHelloDone, Buffer.alloc(0));

// Bytes of application data among the records that a client has sent.
export function applicationBytes(bytes) {
  let sum = 0;
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) {
    if (bytes[at] === TYPE.application) sum += bytes.readUInt16BE(at + 3);
  }
  return sum;
}

export function derOf(pem) {
  return [...pem.toString('latin1').matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END/g)]
    .map(([, text]) => Buffer.from(text, 'base64'));
}
