// Rows of the TLS battery: what a server's certificate says. A row: name, server(world), and
//   refused: the reason in the client's words (missing: accepted) · host: by which name it is asked for
//   trust(world): the file of authorities, where it is not the usual one
import { rawNames, laxSignature, selfSigned, spoiledSignature } from './pki.mjs';
import { NAMES } from './tls_world.mjs';

const DAY = 86400000;
const HOST = 'screens.example.org';
const OTHER = 'its certificate is for another name';
const NAMELESS = 'its certificate names no server (subjectAltName)';
const UNKNOWN = 'its certificate comes from an unknown authority';
const MAY_NOT_ISSUE = 'a certificate above its own may not issue others';
const NOT_A_SERVERS = 'its certificate is not for a server';
const SPOILED = 'the signature of its certificate is wrong';
const SPOILED_ABOVE = 'the signature of a certificate above its own is wrong';
const CONSTRAINED = 'an authority may not issue certificates for its name';
const RSA = 'rsa:2048';
const EXPIRED = { notBefore: Date.now() - 9 * DAY, notAfter: Date.now() - DAY };
const FUTURE = { notBefore: Date.now() + DAY, notAfter: Date.now() + 9 * DAY };

// ---- Names ----

// Asked for as `host`; the certificate's subjectAltName is `names`, in openssl's words or as a whole extension.
function name(title, host, names, refused, cn = 'x') {
  return { name: title, host, refused, server: (w) => w.with(w.authority.issue(cn, {
    extensions: [...(names ? [names.includes('=') ? names : `subjectAltName=${names}`] : []),
      'keyUsage=critical,digitalSignature', 'extendedKeyUsage=serverAuth'] })) };
}

const names = [
  name('a dNSName that is the name', HOST, `DNS:${HOST}`),
  name('the last of several dNSNames', HOST, `DNS:a.example,DNS:b.example,DNS:${HOST}`),
  name('a dNSName in other letters', HOST, 'DNS:SCREENS.Example.ORG'),
  name('a host in other letters', 'Screens.EXAMPLE.org', `DNS:${HOST}`),
  name('a host with a dot at its end', `${HOST}.`, `DNS:${HOST}`),
  name('an iPAddress', '127.0.0.1', 'IP:127.0.0.1'),
  name('an iPAddress of version 6', '[::1]', 'IP:::1'),
  name('a wildcard for the first label', HOST, 'DNS:*.example.org'),
  name('an internationalised name in ASCII', 'xn--bcher-kva.example', 'DNS:xn--bcher-kva.example'),
  name('the name beside others that no server can have', HOST, `email:a@b.example,URI:https://b.example/,DNS:${HOST}`),
  name('a common name alone', HOST, '', NAMELESS, HOST),
  name('a common name that is an address, alone', '127.0.0.1', '', NAMELESS, '127.0.0.1'),
  name('an e-mail address alone beside the common name', HOST, 'email:a@screens.example.org', NAMELESS, HOST),
  name('a URI alone beside the common name', HOST, `URI:https://${HOST}/`, NAMELESS, HOST),
  name('a directory name alone', HOST, 'subjectAltName=DER:3017a4153013311130' + '0f06035504030c08' + Buffer.from('screens1').toString('hex'), NAMELESS, HOST),
  name('an empty subjectAltName', HOST, rawNames(), NAMELESS, HOST),
  name('another dNSName beside the right common name', HOST, 'DNS:elsewhere.example', OTHER, HOST),
  name('another iPAddress', '127.0.0.1', 'IP:10.0.0.1', OTHER),
  name('an address as a dNSName', '127.0.0.1', 'DNS:127.0.0.1', OTHER),
  name('a name for an address', '127.0.0.1', 'DNS:localhost', OTHER),
  name('an address for a name', HOST, 'IP:127.0.0.1', OTHER),
  name('an iPAddress of version 4 within version 6', '127.0.0.1', 'IP:::ffff:127.0.0.1', OTHER),
  name('an iPAddress of five bytes', '127.0.0.1', rawNames([0x87, Buffer.from([127, 0, 0, 1, 0])]), OTHER),
  name('a wildcard for two labels', 'a.b.example.org', 'DNS:*.example.org', OTHER),
  name('a wildcard for no label', 'example.org', 'DNS:*.example.org', OTHER),
  name('a wildcard alone', HOST, 'DNS:*', OTHER),
  name('a wildcard for a top level', 'example.org', 'DNS:*.org', OTHER),
  name('a wildcard within a label', HOST, 'DNS:scr*.example.org', OTHER),
  name('a wildcard that is not the first label', HOST, 'DNS:screens.*.org', OTHER),
  name('two wildcards', 'a.b.example.org', 'DNS:*.*.example.org', OTHER),
  name('a wildcard for an address', '127.0.0.1', 'DNS:*.0.0.1', OTHER),
  name('a wildcard within an internationalised label', 'xn--bcher-kva.example.org', 'DNS:xn--*.example.org', OTHER),
  name('a dNSName that begins with a dot', HOST, rawNames('.example.org'), OTHER),
  name('a dNSName with a dot at its end', HOST, rawNames(`${HOST}.`), OTHER),
  name('a NUL behind the name', HOST, rawNames(`${HOST}\0.evil.example`), OTHER),
  name('a NUL before the name', HOST, rawNames(`\0${HOST}`), OTHER),
  name('a space behind the name', HOST, rawNames(`${HOST} `), OTHER),
  name('an internationalised name in UTF-8', 'xn--bcher-kva.example', rawNames(Buffer.from('bücher.example').toString('latin1')), OTHER),
  name('a name that is part of it', HOST, 'DNS:example.org', OTHER),
  name('a name that it is part of', 'example.org', `DNS:${HOST}`, OTHER),
  name('the name with its port', HOST, rawNames(`${HOST}:443`), OTHER),
];

// ---- Chains ----

const own = (title, options, refused) => ({ name: title, refused,
  server: (w) => w.with(w.authority.server(NAMES, typeof options === 'function' ? options(w) : options)) });

// Its certificate comes from an authority below the trusted one, which has `options`.
const above = (title, options, refused) => ({ name: title, refused, server: (w) => w.with(w.under(title, options).server(NAMES)) });

// It sends these certificates: change([own, above…], world).
const sent = (title, change, refused) => ({ name: title, refused, server: (w) => {
  const { cert, key } = w.intermediate.server(NAMES);
  const list = cert.toString('latin1').split(/(?<=-----END CERTIFICATE-----\n)/).filter(Boolean).map((c) => Buffer.from(c, 'latin1'));
  return w.with({ cert: Buffer.concat(change(list, w)), key });
} });

const chains = [
  sent('an intermediate authority', (list) => list),
  sent('the root at the end', ([a, b], w) => [a, b, w.authority.pem()]),
  sent('a certificate too many', ([a, b], w) => [a, w.stranger.pem(), b]),
  sent('an authority twice', ([a, b]) => [a, b, b]),
  sent('authorities in the wrong order', ([a, b], w) => [a, w.authority.pem(), b]),
  sent('an intermediate authority that is missing', ([a]) => [a], UNKNOWN),
  sent('another authority in place of its own', ([a], w) => [a, w.stranger.pem()], UNKNOWN),
  sent('a spoiled signature', ([a, b]) => [spoiledSignature(a), b], SPOILED),
  sent('a spoiled signature above', ([a, b]) => [a, spoiledSignature(b)], SPOILED_ABOVE),
  sent('a signature that is not in DER', ([a, b]) => [laxSignature(a), b], SPOILED),
  sent('a signature above that is not in DER', ([a, b]) => [a, laxSignature(b)], SPOILED_ABOVE),
  { name: 'another authority', server: (w) => w.with(w.stranger.server(NAMES)), refused: UNKNOWN },
  { name: 'another authority of the same name', refused: UNKNOWN,
    server: (w) => w.with(w.root('Namesake', { subject: 'Test Authority' }).server(NAMES)) },
  { name: 'the authority that the environment names', server: (w) => w.with(w.stranger.server(NAMES)), refused: UNKNOWN },
  { name: 'itself', server: (w) => w.with(selfSigned(w.folder, NAMES)), refused: 'its certificate is self-signed' },
  { name: 'another authority, sent with it', refused: UNKNOWN, server: (w) => {
    const { cert, key } = w.stranger.server(NAMES);
    return w.with({ cert: Buffer.concat([cert, w.stranger.pem()]), key });
  } },
  { name: 'an intermediate authority that is trusted by itself', trust: (w) => w.intermediate.certificate,
    server: (w) => w.with(w.intermediate.server(NAMES)) },
  { name: 'one of several trusted authorities', trust: (w) => w.trust(w.stranger, w.authority),
    server: (w) => w.with(w.authority.server(NAMES)) },
  { name: 'a certificate that another server issued', refused: MAY_NOT_ISSUE, server: (w) => w.with(
    w.under('A Server', { basic: 'critical,CA:FALSE', usage: 'digitalSignature' }).server(NAMES)) },
  { name: 'eight authorities above it', refused: undefined, server: (w) => {
    let last = w.authority;
    for (let i = 1; i <= 7; i++) last = new last.constructor(w.folder, `Level ${i}`, last);
    return w.with(last.server(NAMES));
  } },
];

// ---- Times ----

const times = [
  own('an expired certificate', EXPIRED, 'its certificate has expired'),
  own('a certificate that is not yet valid', FUTURE, 'its certificate is not yet valid'),
  above('an expired intermediate authority', EXPIRED, 'a certificate above its own has expired'),
  above('an intermediate authority that is not yet valid', FUTURE, 'a certificate above its own is not yet valid'),
  { name: 'an expired root', refused: 'a certificate above its own has expired',
    server: (w) => w.with((w.expired ??= w.root('Expired Root', EXPIRED)).server(NAMES)),
    trust: (w) => w.expired.certificate },
  { name: 'a root that is not yet valid', refused: 'a certificate above its own is not yet valid',
    server: (w) => w.with((w.future ??= w.root('Future Root', FUTURE)).server(NAMES)),
    trust: (w) => w.future.certificate },
];

// ---- What a certificate is for ----

const extended = (usage) => ({ extensions: ['subjectAltName=IP:127.0.0.1', 'keyUsage=critical,digitalSignature',
  ...(usage ? [`extendedKeyUsage=${usage}`] : [])] });
const usage = (words) => ({ extensions: ['subjectAltName=IP:127.0.0.1', 'extendedKeyUsage=serverAuth',
  ...(words ? [`keyUsage=critical,${words}`] : [])] });
const basic = (words) => ({ extensions: ['subjectAltName=IP:127.0.0.1', `basicConstraints=${words}`,
  'keyUsage=critical,digitalSignature', 'extendedKeyUsage=serverAuth'] });

const purposes = [
  own('a certificate for servers and clients', extended('serverAuth,clientAuth')),
  own('a certificate that says nothing of purposes', extended('')),
  own('a certificate that says nothing of its key', usage('')),
  own('a certificate for clients only', extended('clientAuth'), NOT_A_SERVERS),
  own('a certificate for code only', extended('codeSigning'), NOT_A_SERVERS),
  own('a certificate for answers of OCSP only', extended('OCSPSigning'), NOT_A_SERVERS),
  own('a certificate for a purpose nobody knows', extended('1.2.3.4.5'), NOT_A_SERVERS),
  own('a key that may only encipher', { ...usage('keyEncipherment'), key: RSA }, 'the key of its certificate may not sign'),
  own('a key that may only agree', usage('keyAgreement'), 'the key of its certificate may not sign'),
  own('a key that may only issue', usage('keyCertSign'), NOT_A_SERVERS),
  own('a certificate that says it is none of an authority', basic('critical,CA:FALSE')),
  own('a certificate of an authority', basic('critical,CA:TRUE'), 'its certificate is an authority\'s'),
  own('a certificate of an authority, not critical', basic('CA:TRUE'), 'its certificate is an authority\'s'),
  above('an authority that is none', { basic: 'critical,CA:FALSE' }, MAY_NOT_ISSUE),
  above('an authority that says nothing of itself', { basic: 'CA:FALSE', usage: 'digitalSignature' }, MAY_NOT_ISSUE),
  above('an authority whose key may not issue', { usage: 'cRLSign' }, MAY_NOT_ISSUE),
  above('an authority for servers', { extra: ['extendedKeyUsage=serverAuth'] }),
  above('an authority for clients only', { extra: ['extendedKeyUsage=clientAuth'] }, 'a certificate above its own is not for servers'),
  above('a path length that is kept', { basic: 'critical,CA:TRUE,pathlen:0' }),
  { name: 'a path length that is exceeded', refused: 'its certificate chain is longer than an authority allows',
    server: (w) => w.with(new w.authority.constructor(w.folder, 'Too Deep',
      w.under('Depth 0', { basic: 'critical,CA:TRUE,pathlen:0' })).server(NAMES)) },
];

// ---- Name constraints ----

const constrained = (title, words, refused, host) => ({ name: title, refused, host,
  server: (w) => w.with(w.under(title, { extra: [`nameConstraints=critical,${words}`] }).server(host ? [host] : NAMES)) });

const constraints = [
  constrained('constraints that permit its addresses and names', 'permitted;IP:127.0.0.0/255.0.0.0,permitted;DNS:localhost'),
  constrained('constraints that permit its domain', 'permitted;DNS:example.org', undefined, HOST),
  constrained('constraints that permit other addresses', 'permitted;IP:10.0.0.0/255.0.0.0', CONSTRAINED),
  constrained('constraints that permit another domain', 'permitted;DNS:example.com', CONSTRAINED, HOST),
  constrained('constraints that exclude its domain', 'excluded;DNS:example.org', CONSTRAINED, HOST),
  constrained('constraints that exclude its address', 'excluded;IP:127.0.0.1/255.255.255.255', CONSTRAINED),
  { name: 'constraints of the root itself', refused: CONSTRAINED, host: HOST,
    server: (w) => w.with((w.narrow ??= w.root('Narrow Root', { extra: ['nameConstraints=critical,permitted;DNS:example.com'] })).server([HOST])),
    trust: (w) => w.narrow.certificate },
];

// ---- Keys and hashes ----

const keys = [
  own('a key of RSA with 2048 bits', { key: RSA }),
  own('a key of RSA with 4096 bits', { key: 'rsa:4096' }),
  own('a key on P-384', { key: 'secp384r1' }),
  own('a key on P-521', { key: 'secp521r1' }),
  own('SHA-384', { digest: 'sha384' }),
  own('a key of RSA with 1024 bits', { key: 'rsa:1024' }, 'the key of its certificate is too weak'),
  own('a key of RSA with 2040 bits', { key: 'rsa:2040' }, 'the key of its certificate is too weak'),
  own('a key on P-192', { key: 'prime192v1' }, 'no cipher suite is acceptable to both sides'),
  own('a key on secp256k1', { key: 'secp256k1' }, 'no cipher suite is acceptable to both sides'),
  own('SHA-1', { digest: 'sha1' }, 'its certificate is signed with too weak a hash'),
  { name: 'MD5 with RSA', refused: 'its certificate is signed with too weak a hash',
    server: (w) => w.with((w.rsaRoot ??= w.root('RSA Root', { key: RSA })).server(NAMES, { digest: 'md5' })),
    trust: (w) => w.rsaRoot.certificate },
  above('SHA-1 above', { digest: 'sha1' }, 'a certificate above its own is signed with too weak a hash'),
  above('a key of RSA with 1024 bits above', { key: 'rsa:1024' }, 'the key of its authority is too weak'),
  above('a key on P-192 above', { key: 'prime192v1' }, 'the key of its authority is too weak'),
  { name: 'a root whose key has 1024 bits', refused: 'the key of its authority is too weak',
    server: (w) => w.with((w.frail ??= w.root('Frail Root', { key: 'rsa:1024' })).server(NAMES)),
    trust: (w) => w.frail.certificate },
  { name: 'a root that signed itself with SHA-1', // nobody asks for that signature
    server: (w) => w.with((w.oldRoot ??= w.root('Old Root', { digest: 'sha1' })).server(NAMES)),
    trust: (w) => w.oldRoot.certificate },
];

// ---- Extensions ----

const extensions = [
  own('an unknown extension', { extra: ['1.2.3.4=ASN1:UTF8String:x'] }),
  own('an unknown critical extension', { extra: ['1.2.3.4=critical,ASN1:UTF8String:x'] },
    'its certificate has a critical extension that is not known here'),
  above('an unknown critical extension above', { extra: ['1.2.3.4=critical,ASN1:UTF8String:x'] },
    'a certificate above its own has a critical extension that is not known here'),
  own('basic constraints that cannot be read', basic('DER:0405'), 'its certificate has an extension that cannot be read'),
  above('basic constraints above that cannot be read', { basic: 'DER:0405' },
    'a certificate above its own has an extension that cannot be read'),
  own('a subjectAltName that cannot be read', { extensions: ['subjectAltName=DER:3003820561'] },
    'its certificate has an extension that cannot be read'),
];

export const certificates = [...names, ...chains, ...times, ...purposes, ...constraints, ...keys, ...extensions];
