// pingplay-seal against an independent implementation of its format (lib/tink.mjs), as a person uses it: files,
// pipes, and streams that somebody tampered with.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { boundarySizes, defaults, firstRoom, headerSize, open, room, seal, sealParts, TAG } from './lib/tink.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const program = join(process.env.PP_BUILD ?? join(top, 'build', 'dev'), 'tools', 'seal', 'pingplay-seal');

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), 'pingplay-seal-')); });
after(() => { rmSync(folder, { recursive: true, force: true }); });

const file = (name) => join(folder, name);

function keyFile(key, name = 'key') {
  writeFileSync(file(name), `${key.toString('hex')}\n`);
  return file(name);
}

const optionNames = {
  associatedData: '--associated-data', segmentSize: '--segment-size', hash: '--hash', keySize: '--key-size',
  firstOffset: '--first-offset',
};

function words(options) {
  return Object.entries(options).flatMap(([name, value]) => [optionNames[name], String(value)]);
}

function run(command, key, options, { input, files = [] } = {}) {
  const args = [command, '--key-file', keyFile(key), ...words(options), ...files];
  const result = spawnSync(program, args, { input: input ?? '', maxBuffer: 1 << 28 });
  assert.equal(result.error, undefined);
  return { status: result.status, stdout: result.stdout, stderr: result.stderr.toString() };
}

function good(result) {
  assert.equal(result.stderr, '');
  assert.equal(result.status, 0);
  return result.stdout;
}

/** Refused: exit status 1, exactly one line on standard error; the line comes back without the program's name. */
function refused(result) {
  assert.equal(result.status, 1, `exit status ${result.status}, ${result.stderr}`);
  assert.match(result.stderr, /^pingplay-seal: [^\n]+\n$/);
  return result.stderr.slice('pingplay-seal: '.length, -1);
}

const parameterSets = [
  {},
  { associatedData: 'pingplay/object' },
  { segmentSize: 256 },
  { segmentSize: 4096, keySize: 16, hash: 'sha1', associatedData: 'é ☃' },
  { segmentSize: 1048576 },
  { segmentSize: 128, firstOffset: 11, hash: 'sha512' },
  { segmentSize: 57 },
  { segmentSize: 61, firstOffset: 20, keySize: 16 },
];

for (const options of parameterSets) {
  test(`both implementations read each other around every boundary: ${JSON.stringify(options)}`, () => {
    const key = randomBytes(32);
    for (const size of boundarySizes(options)) {
      const clear = randomBytes(size);
      assert.deepEqual(good(run('decrypt', key, options, { input: seal(key, clear, options) })), clear, `size ${size}`);
      assert.deepEqual(open(key, good(run('encrypt', key, options, { input: clear })), options), clear, `size ${size}`);
    }
  });
}

test('files are sealed and opened by name, and lengths are as the format says', () => {
  const key = randomBytes(32);
  for (const size of boundarySizes({ segmentSize: 4096 })) {
    const clear = randomBytes(size);
    writeFileSync(file('in'), clear);
    good(run('encrypt', key, { segmentSize: 4096 }, { files: [file('in'), file('sealed')] }));
    assert.equal(statSync(file('sealed')).size, seal(key, clear, { segmentSize: 4096 }).length);
    good(run('decrypt', key, { segmentSize: 4096 }, { files: [file('sealed'), file('out')] }));
    assert.deepEqual(readFileSync(file('out')), clear);
  }
});

test('"-" is standard input or output; a seekable standard input is read from where it stands', () => {
  const key = randomBytes(32);
  const clear = randomBytes(100000);
  writeFileSync(file('in'), clear);
  assert.deepEqual(open(key, good(run('encrypt', key, {}, { files: [file('in'), '-'] }))), clear);
  good(run('encrypt', key, {}, { input: clear, files: ['-', file('sealed')] }));
  const shell = `{ head -c 5 >/dev/null; '${program}' decrypt --key-file '${keyFile(key)}'; }`;
  writeFileSync(file('shifted'), Buffer.concat([Buffer.from('12345'), readFileSync(file('sealed'))]));
  /* dd takes exactly 5 bytes of the shared file offset, where head may read more. */
  const result = spawnSync('bash', ['-c', `${shell.replace('head -c 5', 'dd bs=5 count=1 status=none')} < '${file('shifted')}'`],
    { maxBuffer: 1 << 26 });
  assert.deepEqual(result.stdout, clear);
});

test('an input key longer than the AES key is used whole', () => {
  const key = randomBytes(64);
  const clear = randomBytes(1000);
  const options = { keySize: 16, segmentSize: 100 };
  assert.deepEqual(good(run('decrypt', key, options, { input: seal(key, clear, options) })), clear);
});

test('the default associated data is empty', () => {
  const key = randomBytes(32);
  const sealed = seal(key, Buffer.from('x'), { associatedData: '' });
  assert.equal(good(run('decrypt', key, {}, { input: sealed })).toString(), 'x');
});

test('info tells the header and the clear length, of a file and of a pipe', () => {
  const key = randomBytes(32);
  const options = { segmentSize: 1000, firstOffset: 3, associatedData: 'a' };
  const sealed = seal(key, randomBytes(5000), options);
  const expected = [
    'format: AES-GCM-HKDF streaming', 'hash: sha256', 'key size: 32', 'segment size: 1000', 'first offset: 3',
    'header size: 40', `salt: ${sealed.subarray(1, 33).toString('hex')}`,
    `nonce prefix: ${sealed.subarray(33, 40).toString('hex')}`, 'segments: 6', `sealed length: ${sealed.length}`,
    'clear length: 5000', ''].join('\n');
  writeFileSync(file('sealed'), sealed);
  assert.equal(good(run('info', key, options, { files: [file('sealed')] })).toString(), expected);
  assert.equal(good(run('info', key, options, { input: sealed })).toString(), expected);
  refused(run('info', randomBytes(32), options, { files: [file('sealed')] }));
});

// ---- Tampering ----

const small = { segmentSize: 256 };
const manySegments = 6;

function victim(options = small) {
  const key = randomBytes(32);
  const p = { ...defaults, ...options };
  const clear = randomBytes(firstRoom(p) + (manySegments - 2) * room(p) + 100);
  const parts = sealParts(key, clear, options);
  assert.equal(parts.segments.length, manySegments);
  return { key, clear, options, ...parts, sealed: Buffer.concat([parts.header, ...parts.segments]) };
}

const join_ = ({ header }, segments) => Buffer.concat([header, ...segments]);

function flipped(sealed, offset) {
  const copy = Buffer.from(sealed);
  copy[offset] ^= 0x10;
  return copy;
}

// What is done to the stream, and what is said about it: of a file (everything can be looked at), and of a pipe
// (only what has come so far can).
const tamperings = [
  { name: 'nothing at all', make: () => Buffer.alloc(0), says: /ends inside its header: 0 of 40 bytes/ },
  { name: 'cut inside the header', make: (v) => v.sealed.subarray(0, 39), says: /ends inside its header: 39 of 40/ },
  { name: 'cut after the header', make: (v) => v.header, says: /cut after its header/ },
  { name: 'cut at the first boundary', make: (v) => join_(v, v.segments.slice(0, 1)),
    says: /cut at a segment boundary: segment 0 is whole, but not the last/ },
  { name: 'cut at a boundary', make: (v) => join_(v, v.segments.slice(0, 3)),
    says: /cut at a segment boundary: segment 2 is whole, but not the last/ },
  { name: 'last segment left out', make: (v) => join_(v, v.segments.slice(0, -1)), says: /cut at a segment boundary: segment 4/ },
  { name: 'cut inside a segment', make: (v) => v.sealed.subarray(0, 256 * 3 + 90), says: /cut inside segment 3, or bytes/ },
  { name: 'cut inside a tag-sized rest', make: (v) => v.sealed.subarray(0, 256 * 3 + 9), says: /cut inside segment 3: only 9 bytes/ },
  { name: 'one byte cut', make: (v) => v.sealed.subarray(0, -1), says: /cut inside segment 5, or bytes/ },
  { name: 'one byte appended', make: (v) => Buffer.concat([v.sealed, Buffer.from('!')]),
    says: /data was appended after the end of segment 5, the last/ },
  { name: 'two segments appended', make: (v) => Buffer.concat([v.sealed, randomBytes(512)]),
    says: /data was appended after the end of segment 5, the last/ },
  { name: 'a stream appended to itself', make: (v) => Buffer.concat([v.sealed, v.sealed]),
    says: /data was appended after the end of segment 5, the last/ },
  { name: 'bytes after a full last segment',
    make: (v) => Buffer.concat([seal(v.key, v.clear.subarray(0, firstRoom({ ...defaults, ...small }) + 240), small),
      Buffer.from('tail')]), says: /data was appended after the end of segment 1, the last/ },
  { name: 'segments swapped', make: (v) => join_(v, [0, 3, 2, 1, 4, 5].map((i) => v.segments[i])),
    says: /segment 3 stands at the place of segment 1: the two were swapped/,
    pipe: /segment 3 stands at the place of segment 1: segments were reordered, swapped or left out/ },
  { name: 'segments reordered', make: (v) => join_(v, [0, 2, 3, 1, 4, 5].map((i) => v.segments[i])),
    says: /segment 2 stands at the place of segment 1: segments were reordered, swapped or left out/ },
  { name: 'a segment repeated', make: (v) => join_(v, [0, 1, 1, 3, 4, 5].map((i) => v.segments[i])),
    says: /segment 1 stands at the place of segment 2: it was repeated/ },
  { name: 'a segment repeated between', make: (v) => join_(v, [0, 1, 1, 2, 3, 4, 5].map((i) => v.segments[i])),
    says: /segment 1 stands at the place of segment 2: it was repeated/ },
  { name: 'a segment left out', make: (v) => join_(v, [0, 1, 3, 4, 5].map((i) => v.segments[i])),
    says: /segment 3 stands at the place of segment 2: segments were reordered, swapped or left out/ },
  { name: 'the segment before the last left out', make: (v) => join_(v, [0, 1, 2, 3, 5].map((i) => v.segments[i])),
    says: /segment 5 stands at the place of segment 4: segments before it were left out/,
    pipe: /segment 5 stands at the place of segment 4: segments were reordered, swapped or left out/ },
  { name: 'a bit of the length byte', make: (v) => flipped(v.sealed, 0), says: /length byte at offset 0 is 56, not 40/ },
  { name: 'a bit of the salt', make: (v) => flipped(v.sealed, 20), says: /bit is flipped in the salt of the header/ },
  { name: 'a bit of the nonce prefix', make: (v) => flipped(v.sealed, 36), says: /bit is flipped in the nonce prefix of the header/ },
  { name: 'a bit of the first ciphertext', make: (v) => flipped(v.sealed, 50), says: /bit is flipped in the ciphertext of segment 0/ },
  { name: 'a bit of a ciphertext', make: (v) => flipped(v.sealed, 2 * 256 + 100), says: /bit is flipped in the ciphertext of segment 2/ },
  { name: 'a bit of a tag', make: (v) => flipped(v.sealed, 3 * 256 - 1), says: /bit is flipped in the tag of segment 2/ },
  { name: 'a bit of the last tag', make: (v) => flipped(v.sealed, v.sealed.length - 3), says: /bit is flipped in the tag of segment 5/ },
  { name: 'a segment overwritten',
    make: (v) => join_(v, v.segments.map((s, i) => (i === 3 ? randomBytes(s.length) : s))), says: /bytes of segment 3 were changed/ },
  { name: 'a segment of another stream', make: (v) => join_(v, v.segments.map((s, i) => (i === 2 ? victim().segments[2] : s))),
    says: /bytes of segment 2 were changed/ },
];

for (const { name, make, says, pipe } of tamperings) {
  test(`tampering is refused and named: ${name}`, () => {
    const v = victim();
    const sealed = make(v);
    writeFileSync(file('sealed'), sealed);
    assert.match(refused(run('decrypt', v.key, v.options, { files: [file('sealed'), file('never')] })), says);
    assert.equal(existsSync(file('never')), false);
    const piped = run('decrypt', v.key, v.options, { input: sealed });
    assert.match(refused(piped), pipe ?? says);
    const released = piped.stdout;
    assert.deepEqual(released, v.clear.subarray(0, released.length), 'what a pipe released is the true beginning');
  });
}

test('a wrong key and wrong associated data are refused and named as far as can be told', () => {
  const v = victim({ ...small, associatedData: 'pingplay/manifest/lobby' });
  const wrongKey = refused(run('decrypt', randomBytes(32), v.options, { input: v.sealed }));
  assert.match(wrongKey, /wrong key, associated data or parameters/);
  writeFileSync(file('sealed'), v.sealed);
  const other = { ...v.options, associatedData: 'pingplay/manifest/foyer' };
  assert.match(refused(run('decrypt', v.key, other, { files: [file('sealed')] })),
    /no segment authenticates: wrong key, associated data or parameters/);
  const bare = seal(v.key, v.clear, small);
  assert.match(refused(run('decrypt', v.key, { ...small, associatedData: 'x' }, { input: bare })),
    /wrong associated data: the stream was sealed without any/);
  const object = seal(v.key, v.clear, { ...small, associatedData: 'pingplay/object' });
  assert.match(refused(run('decrypt', v.key, small, { input: object })),
    /wrong associated data: the stream was sealed with "pingplay\/object"/);
});

test('every parameter that differs is refused', () => {
  const v = victim();
  for (const options of [{ segmentSize: 255 }, { segmentSize: 512 }, { ...small, hash: 'sha512' }, { ...small, keySize: 16 },
    { ...small, firstOffset: 1 }]) {
    refused(run('decrypt', v.key, options, { input: v.sealed }));
  }
});

test('the project\'s own segment size: each tampering is refused in bounded time', () => {
  const v = victim({});
  writeFileSync(file('sealed'), flipped(v.sealed, 4 * 65536 + 1000));
  assert.match(refused(run('decrypt', v.key, {}, { files: [file('sealed'), file('never')] })), /bytes of segment 4 were changed/);
  writeFileSync(file('sealed'), flipped(v.sealed, 5 * 65536 - 2));
  assert.match(refused(run('decrypt', v.key, {}, { files: [file('sealed'), file('never')] })), /flipped in the tag of segment 4/);
  writeFileSync(file('sealed'), flipped(v.sealed, 20));
  assert.match(refused(run('decrypt', v.key, {}, { files: [file('sealed'), file('never')] })), /flipped in the salt/);
  assert.equal(existsSync(file('never')), false);
});

// ---- Outputs ----

test('a failed decryption leaves the file that was there, and no other', () => {
  const v = victim();
  const before_ = mkdtempSync(join(folder, 'out-'));
  writeFileSync(join(before_, 'kept'), 'as it was');
  refused(run('decrypt', v.key, v.options, { input: flipped(v.sealed, 1000), files: ['-', join(before_, 'kept')] }));
  assert.equal(readFileSync(join(before_, 'kept'), 'utf8'), 'as it was');
  assert.deepEqual(readdirSync(before_), ['kept']);
});

test('an interrupted decryption leaves no file', async () => {
  const v = victim();
  const out = mkdtempSync(join(folder, 'interrupted-'));
  const child = spawn(program, ['decrypt', '--key-file', keyFile(v.key), '--segment-size', '256', '-', join(out, 'never')],
    { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => {});
  child.stdin.write(v.sealed.subarray(0, 1000));
  for (let tries = 0; tries < 2000 && !readdirSync(out).length; tries++) await new Promise((done) => { setTimeout(done, 5); });
  assert.equal(readdirSync(out).length, 1, 'the temporary file is there while the command runs');
  child.kill('SIGTERM');
  const status = await new Promise((done) => { child.on('exit', done); });
  assert.equal(status, 1);
  assert.deepEqual(readdirSync(out), []);
});

test('a full disk behind standard output is an error', () => {
  const key = keyFile(randomBytes(32));
  const result = spawnSync('bash', ['-c', `echo text | '${program}' encrypt --key-file '${key}' > /dev/full`]);
  assert.equal(result.status, 1);
  assert.match(result.stderr.toString(), /^pingplay-seal: [^\n]*No space left[^\n]*\n$/);
});

test('a file may be replaced by its own sealed form, and keeps its mode', () => {
  const key = randomBytes(32);
  writeFileSync(file('same'), 'content', { mode: 0o600 });
  good(run('encrypt', key, {}, { files: [file('same'), file('same')] }));
  assert.equal(open(key, readFileSync(file('same'))).toString(), 'content');
  assert.equal(statSync(file('same')).mode & 0o777, 0o600);
});

// ---- Command line ----

const badCommandLines = [
  [[], /^usage: /],
  [['unseal'], /no such command: unseal/],
  [['encrypt'], /--key-file is missing/],
  [['encrypt', '--key-file'], /--key-file needs a value/],
  [['encrypt', '--key-file', '/nonexistent'], /--key-file: .*No such file/],
  [['encrypt', '--wrong', 'x'], /unknown option --wrong/],
  [['encrypt', '--key-file', 'KEY', 'a', 'b', 'c'], /too many arguments: c/],
  [['encrypt', '--key-file', 'KEY', '--hash', 'md5'], /--hash: not sha1, sha256 or sha512: md5/],
  [['encrypt', '--key-file', 'KEY', '--key-size', '24'], /--key-size: not 16 or 32/],
  [['encrypt', '--key-file', 'KEY', '--segment-size', '56'], /segment size 56 is too small/],
  [['encrypt', '--key-file', 'KEY', '--segment-size', 'big'], /--segment-size: not a whole number/],
  [['encrypt', '--key-file', 'KEY', '--segment-size', '4294967296'], /--segment-size: over/],
  [['encrypt', '--key-file', 'KEY', '--first-offset', '65536'], /segment size 65536 is too small/],
  [['encrypt', '--key-file', 'SHORT'], /key of 15 bytes, expected 32/],
  [['encrypt', '--key-file', 'ODD'], /odd number of hex digits/],
  [['encrypt', '--key-file', 'EMPTY'], /no key in it/],
  [['encrypt', '--key-file', 'NOTHEX'], /not a hex digit at offset 62/],
  [['encrypt', '--key-file', 'HUGE'], /larger than|key longer than/],
  [['encrypt', '--key-file', 'KEY', '/nonexistent/in'], /No such file/],
  [['encrypt', '--key-file', 'KEY', '-', '/nonexistent/out'], /No such file/],
  [['encrypt', '--key-file', 'KEY', '/'], /folder/],
];

test('a wrong command line is refused with one line', () => {
  const keys = { KEY: 'ab'.repeat(32), SHORT: 'ab'.repeat(15), ODD: 'abc', EMPTY: ' \n', NOTHEX: `${'ab'.repeat(31)}xy`, HUGE: 'ab'.repeat(5000) };
  for (const [name, text] of Object.entries(keys)) writeFileSync(file(name), text);
  for (const [args, says] of badCommandLines) {
    const result = spawnSync(program, args.map((word) => (word in keys ? file(word) : word)), { input: '' });
    assert.match(refused({ ...result, stderr: result.stderr.toString() }), says, args.join(' '));
    assert.equal(result.stdout.length, 0);
  }
});

test('the key never shows in an error', () => {
  const key = `${'5e'.repeat(31)}zz`;
  writeFileSync(file('secret'), key);
  const result = spawnSync(program, ['encrypt', '--key-file', file('secret')], { input: '' });
  assert.doesNotMatch(result.stderr.toString(), /5e5e/);
});

test('sealing the same twice gives two streams', () => {
  const key = randomBytes(32);
  const first = good(run('encrypt', key, {}, { input: 'x' }));
  const second = good(run('encrypt', key, {}, { input: 'x' }));
  assert.notDeepEqual(first.subarray(0, headerSize({ keySize: 32 })), second.subarray(0, headerSize({ keySize: 32 })));
  assert.equal(first.length, headerSize({ keySize: 32 }) + 1 + TAG);
});
