// `pingplay-agent --check`: what a technician asks before starting a screen, with the files of a real headend.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { buildDir, headendProgram } from './lib/headend.mjs';
import { Authority } from './lib/pki.mjs';

const run = promisify(execFile);
let dir;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'check-'));
  await run(headendProgram(), ['init', path.join(dir, 'headend'), '--host', 'localhost']);
  for (const name of ['ca.pem', 'root.json']) await copyFile(path.join(dir, 'headend', name), path.join(dir, name));
  await mkdir(path.join(dir, 'bin'));
  for (const kind of ['media', 'status']) {
    await symlink(path.join(buildDir(), `firmware/render/${kind}/pingplay-render-${kind}`), path.join(dir, `bin/pingplay-render-${kind}`));
  }
  await writeFile(path.join(dir, 'garbage'), 'neither this nor that');
  await makeBundles();
});

after(() => rm(dir, { recursive: true }));

// -> { code, stderr }
async function check({ ca = 'ca.pem', root = 'root.json', renderers = 'bin', more = '' }) {
  const file = path.join(dir, 'agent.conf');
  await writeFile(file, `[headend]\nurl = https://localhost:8443\nca = ${path.join(dir, ca)}\nroot = ${path.join(dir, root)}\n${more}` +
    `[paths]\nrenderers = ${path.join(dir, renderers)}\nstate = ${path.join(dir, 'state')}\n`);
  try {
    const { stderr } = await run(path.join(buildDir(), 'firmware/agent/pingplay-agent'), ['--config', file, '--check']);
    return { code: 0, stderr };
  } catch (error) {
    return { code: error.code, stderr: error.stderr };
  }
}

test('the files of a headend are what they should be', async () => {
  assert.deepEqual(await check({}), { code: 0, stderr: '' });
});

const wrong = [
  ['no file of authorities', { ca: 'missing.pem' }, /setting "ca": .*missing\.pem: No such file/],
  ['the root of trust in place of the authorities', { ca: 'root.json' }, /setting "ca": .*root\.json/],
  ['a file of authorities that is none', { ca: 'garbage' }, /setting "ca": .*garbage/],
  ['a folder in its place', { ca: 'headend' }, /setting "ca": .*headend/],
  ['a certificate that is no authority\'s', { ca: 'headend/server.pem' }, /setting "ca": .*server\.pem: .*no authority's/],
  ['no root of trust', { root: 'missing.json' }, /setting "root": .*missing\.json: No such file/],
  ['the authorities in place of the root of trust', { root: 'ca.pem' }, /setting "root": .*ca\.pem/],
  ['a root of trust that is none', { root: 'garbage' }, /setting "root": .*garbage/],
  ['no renderers', { renderers: 'headend' }, /setting "renderers": .*pingplay-render-media: No such file/],
];

const bundles = [
  ['in DER', 'ca.der', /it is in DER, and wanted is PEM/],
  ['with no certificate in it', 'key-only.pem', /there is a private key in it/],
  ['with a private key beside the certificate', 'with-key.pem', /there is a private key in it: take it out/],
  ['that is empty', 'empty.pem', /there is no certificate in it/],
  ['with one that has expired', 'expired.pem', /certificate 2 in it \(CN=Old Authority\) has expired on 2\d{3}-\d\d-\d\d/],
  ['with one that is not valid yet', 'young.pem', /certificate 1 in it \(CN=Young Authority\) is valid from 2\d{3}-\d\d-\d\d on only/],
  ['with a server\'s certificate', 'leaf.pem', /certificate 2 in it \(CN=localhost\) is no authority's: it may be the server's own/],
  ['of a certificate that is cut', 'cut.pem', /certificate 1 in it cannot be read/],
  ['of too many', 'many.pem', /more than 32 certificates in it/],
  ['of far too many', 'huge.pem', /more than 262144 bytes, which is too many certificates/],
];

async function makeBundles() {
  const good = await readFile(path.join(dir, 'ca.pem'));
  const own = new Authority(dir, 'Own Authority');
  const DAY = 86400000;
  const dated = (name, from, to) => new Authority(dir, name, null, { notBefore: Date.now() + from * DAY, notAfter: Date.now() + to * DAY });
  const write = (name, ...parts) => writeFile(path.join(dir, name), Buffer.concat(parts.map((part) => Buffer.from(part))));
  const key = await readFile(own.key);
  await write('ca.der', Buffer.from(good.toString().replace(/-----[^-]+-----/g, ''), 'base64'));
  await write('key-only.pem', key);
  await write('with-key.pem', good, key);
  await write('empty.pem', '# the authorities of this site\n');
  await write('expired.pem', good, dated('Old Authority', -9, -1).pem());
  await write('young.pem', dated('Young Authority', 1, 9).pem(), good);
  await write('leaf.pem', good, own.server(['localhost']).cert);
  await write('cut.pem', good.toString().replace(/\n.{64}\n/, '\n'), good);
  await write('many.pem', ...Array(33).fill(good));
  await write('huge.pem', ...Array(600).fill(good));
}

for (const setting of ['ca', 'proxy-ca']) {
  for (const [what, file, words] of bundles) {
    if (setting === 'proxy-ca' && file === 'many.pem') continue; // the vault takes fewer bytes of one
    test(`${setting}: a bundle ${what} is told in one line`, async () => {
      const more = `proxy = https://proxy.example:3128\nproxy-ca = ${path.join(dir, file)}\n`;
      const { code, stderr } = await check(setting === 'ca' ? { ca: file } : { more });
      assert.equal(code, 1, stderr);
      assert.match(stderr, words);
      assert.match(stderr, new RegExp(`setting "${setting}": `));
      assert.equal(stderr.trim().split('\n').length, 1);
    });
  }
}

// What diagnose finds of the bundle; nobody listens at the port.
async function diagnoseCa(file) {
  const config = path.join(dir, 'diagnose.conf');
  await writeFile(config, `[headend]\nurl = https://localhost:1\nca = ${path.join(dir, file)}\nroot = ${path.join(dir, 'root.json')}\n` +
    `[paths]\nstate = ${path.join(dir, 'state')}\n[local]\nsocket = ${path.join(dir, 'nobody.sock')}\n`);
  const program = path.join(buildDir(), 'firmware/ctl/pingplayctl');
  const text = await new Promise((done) => execFile(program, ['--config', config, '--json', 'diagnose'], (error, stdout) => done(stdout)));
  return JSON.parse(text).checks.find(({ name }) => name === 'ca');
}

test('diagnose says the same of each bundle', async () => {
  assert.equal((await diagnoseCa('ca.pem')).finding, 'ca-good');
  for (const [what, file, words] of bundles) {
    const { finding, detail } = await diagnoseCa(file);
    assert.equal(finding, ['expired.pem', 'young.pem'].includes(file) ? 'ca-expired' : 'ca-flawed', what);
    assert.match(detail, words);
  }
});

test('proxy-ca: a good bundle is what it should be, and one that the vault has no room for is told', async () => {
  const more = (file) => `proxy = https://proxy.example:3128\nproxy-ca = ${path.join(dir, file)}\n`;
  assert.deepEqual(await check({ more: more('ca.pem') }), { code: 0, stderr: '' });
  await writeFile(path.join(dir, 'long.pem'), Buffer.concat(Array(20).fill(await readFile(path.join(dir, 'ca.pem')))));
  assert.match((await check({ more: more('long.pem') })).stderr, /setting "proxy-ca": .*8191 bytes/);
});

for (const [what, files, words] of wrong) {
  test(`${what} is told in one line`, async () => {
    const { code, stderr } = await check(files);
    assert.equal(code, 1);
    assert.match(stderr, words);
    assert.equal(stderr.trim().split('\n').length, 1);
  });
}
