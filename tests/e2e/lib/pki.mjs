// Certificates for tests, made with the openssl program: authorities, servers good and bad in every way, devices.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

function openssl(args, options = {}) {
  return execFileSync('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
}

const DAY = 86400000;

// YYYYMMDDHHMMSSZ, as `openssl ca` takes it.
function stamp(time) {
  return new Date(time).toISOString().replace(/[-:T]/g, '').replace(/\.\d+Z$/, 'Z');
}

export class Authority {
  // A root; with `parent`, an intermediate that the parent issued. Options: key (see key_pair), digest, basic and usage
  // (its extensions), extra (more of them), notBefore, notAfter, subject (its CN, where that is not `name`),
  // dn (a root's whole name, "/O=…/CN=…").
  constructor(folder, name, parent = null, o = {}) {
    this.folder = join(folder, name);
    this.name = name;
    this.parent = parent;
    this.certificate = join(this.folder, 'ca.pem');
    this.key = join(this.folder, 'ca.key');
    this.count = 0;
    const subject = o.subject ?? name;
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, 'index.txt'), '');
    writeFileSync(join(this.folder, 'ca.conf'), `[ca]
default_ca=own
[own]
database=${this.folder}/index.txt
new_certs_dir=${this.folder}
rand_serial=yes
default_md=sha256
policy=any
unique_subject=no
[any]
commonName=optional
`);
    this.key_pair(this.key, o.key);
    const extensions = [`basicConstraints=${o.basic ?? 'critical,CA:TRUE'}`,
      `keyUsage=critical,${o.usage ?? 'keyCertSign,cRLSign'}`, ...(o.extra ?? [])];
    if (parent) {
      writeFileSync(this.certificate, parent.sign(this.request(this.key, subject), { extensions, ...o }));
    } else if (o.notAfter || o.digest) {
      writeFileSync(this.certificate, this.sign(this.request(this.key, subject), { extensions, root: true, ...o }));
    } else {
      openssl(['req', '-x509', '-new', '-key', this.key, '-out', this.certificate, '-days', '3650', '-subj',
        o.dn ?? `/CN=${subject}`, ...extensions.flatMap((e) => ['-addext', e])]);
    }
  }

  // `kind`: a curve's name, or "rsa:BITS".
  key_pair(path, kind = 'prime256v1') {
    const [rsa, bits] = kind.split(':');
    if (bits) openssl([`gen${rsa}`, '-out', path, bits]);
    else openssl(['ecparam', '-name', kind, '-genkey', '-noout', '-out', path]);
  }

  request(key, cn) {
    return openssl(['req', '-new', '-key', key, '-subj', cn ? `/CN=${cn}` : '/']);
  }

  // PEM of a certificate for a PEM or DER request. Times in ms.
  sign(request, { cn, extensions = [], notBefore = Date.now() - DAY, notAfter = Date.now() + 30 * DAY, digest = 'sha256', root = false }) {
    const base = join(this.folder, `c${++this.count}`);
    writeFileSync(`${base}.ext`, `[default]\n${extensions.join('\n')}\n`);
    const pem = request.toString('latin1').startsWith('-----')
      ? request
      : openssl(['req', '-inform', 'DER'], { input: request });
    writeFileSync(`${base}.csr`, pem);
    openssl(['ca', '-config', join(this.folder, 'ca.conf'), '-batch', '-notext', '-keyfile', this.key,
      ...(root ? ['-selfsign'] : ['-cert', this.certificate]), '-in', `${base}.csr`, '-out', `${base}.pem`, '-startdate', stamp(notBefore), '-enddate',
      stamp(notAfter), '-md', digest, '-extfile', `${base}.ext`, '-extensions', 'default', ...(cn ? ['-subj', `/CN=${cn}`] : [])]);
    return readFileSync(`${base}.pem`);
  }

  // {cert, key} for a server or a device, as node's tls takes them.
  issue(cn, options) {
    const key = join(this.folder, `k${++this.count}.key`);
    this.key_pair(key, options.key);
    const signed = this.sign(this.request(key, cn), options);
    const cert = options.change ? options.change(signed) : signed;
    return { cert: Buffer.concat([cert, ...this.chain()]), key: readFileSync(key) };
  }

  pem() { return readFileSync(this.certificate); }

  // This authority's own certificate and those above it, without the root.
  chain() {
    return this.parent ? [readFileSync(this.certificate), ...this.parent.chain()] : [];
  }

  // Options: those of issue and sign, names (a subjectAltName in openssl's words; '' for none), usage, extra.
  server(names, options = {}) {
    const san = options.names ?? names.map((n) => (/^[\d.]+$/.test(n) ? `IP:${n}` : `DNS:${n}`)).join(',');
    return this.issue(names[0], {
      extensions: [...(san ? [`subjectAltName=${san}`] : []), `keyUsage=critical,${options.usage ?? 'digitalSignature'}`,
        'extendedKeyUsage=serverAuth', ...(options.extra ?? [])],
      ...options,
    });
  }

  device(id, options = {}) {
    return this.issue(id, {
      extensions: ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=clientAuth', 'basicConstraints=CA:FALSE'],
      ...options,
    });
  }
}

// The subjectAltName extension of dNSNames (or other names, by their tag) that no tool would write: any bytes.
export function rawNames(...names) {
  const list = names.map((n) => derElement(Array.isArray(n) ? n : [0x82, Buffer.from(n, 'latin1')]));
  return `subjectAltName=DER:${derElement([0x30, Buffer.concat(list)]).toString('hex')}`;
}

export function selfSigned(folder, names) {
  const base = join(folder, 'self-signed');
  const san = names.map((n) => (/^[\d.]+$/.test(n) ? `IP:${n}` : `DNS:${n}`)).join(',');
  openssl(['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${base}.key`,
    '-out', `${base}.pem`, '-days', '30', '-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${san}`]);
  return { cert: readFileSync(`${base}.pem`), key: readFileSync(`${base}.key`) };
}

// PKCS#7 "certs-only" of PEM certificates, DER.
export function certsOnly(pems, folder) {
  const file = join(folder, `p7-${process.hrtime.bigint()}.pem`);
  writeFileSync(file, Buffer.concat(pems.map((p) => Buffer.from(p))));
  return openssl(['crl2pkcs7', '-nocrl', '-certfile', file, '-outform', 'DER']);
}

// DER: [TAG, content] of each element of a sequence's content, and back.
function derElements(bytes) {
  const list = [];
  for (let at = 0; at < bytes.length;) {
    let length = bytes[at + 1];
    let head = 2;
    if (length & 0x80) {
      head = 2 + (length & 0x7f);
      length = parseInt(bytes.subarray(at + 2, at + head).toString('hex'), 16);
    }
    list.push([bytes[at], bytes.subarray(at + head, at + head + length)]);
    at += head + length;
  }
  return list;
}

function derElement([tag, content]) {
  const hex = content.length.toString(16);
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const length = content.length < 0x80 ? Buffer.from([content.length]) : Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
  return Buffer.concat([Buffer.from([tag]), length, content]);
}

function changeSignature(pem, change) {
  const text = pem.toString('latin1');
  const [whole] = derElements(Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64'));
  const [tbs, algorithm, bits] = derElements(whole[1]);
  const signature = change(bits[1].subarray(1));
  const der = derElement([0x30, Buffer.concat([derElement(tbs), derElement(algorithm),
    derElement([0x03, Buffer.concat([Buffer.from([0]), signature])])])]);
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`);
}

// The same certificate with a zero before the first number of its ECDSA signature, which DER forbids.
export function laxSignature(pem) {
  return changeSignature(pem, (signature) => {
    const [[, numbers]] = derElements(signature);
    const [r, s] = derElements(numbers);
    return derElement([0x30, Buffer.concat([derElement([0x02, Buffer.concat([Buffer.from([0]), r[1]])]), derElement(s)])]);
  });
}

// With another last byte of its signature.
export function spoiledSignature(pem) {
  return changeSignature(pem, (signature) => {
    const spoiled = Buffer.from(signature);
    spoiled[spoiled.length - 1] ^= 1;
    return spoiled;
  });
}
