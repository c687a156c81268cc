// The profile of board/time, as a real chronyd takes it, with real NTS servers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const board = path.resolve(here, '../../board');
const profile = path.join(board, 'time');
const needsRoot = process.getuid() !== 0 && 'needs root, to make a network; CI has it';
const THREE = ['nts1.test', 'nts2.test', 'nts3.test'];
const PLAIN = 'nts4.test';
const SYNCHRONISED = /^Leap status +: Normal$/m;
const NOT_SYNCHRONISED = /^Leap status +: Not synchronised$/m;
const PLAIN_ANSWERED = `\\? ${PLAIN} +[0-9]+ +[0-9]+ +[1-9]`; // in `sources`, by the column Reach

let dir;

// A CA, and a certificate of it for the servers -> the folder.
async function makeCerts(name, days = 30) {
  const folder = path.join(dir, name);
  await run('mkdir', [folder]);
  const openssl = (...words) => run('openssl', words, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await writeFile(path.join(folder, 'names'), `subjectAltName=${THREE.map((server) => `DNS:${server}`).join()}\n`);
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Time', '-days', '30');
  await openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=NTS');
  await openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', '2',
    '-days', String(days), '-extfile', 'names', '-out', 'server.pem');
  return folder;
}

async function ask(certs, until, servers, folder = profile) {
  const script = path.join(here, 'servers/nts.sh');
  const { stdout } = await run(script, [folder, certs, until, ...servers], { env: { ...process.env, LC_ALL: 'C' } });
  return stdout;
}

describe('the profile', { skip: needsRoot, concurrency: 2 }, () => {
  let certs;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-nts-'));
    certs = await makeCerts('right');
  });
  after(() => rm(dir, { recursive: true }));

  test('takes the time of NTS servers', async () => {
    const said = await ask(certs, 'Leap status +: Normal', [...THREE, PLAIN]);
    for (const server of THREE) assert.match(said, new RegExp(`^${server} +NTS +[1-9]\\d* +\\d+ +[1-9]\\d* `, 'm'));
    assert.match(said, /^\* nts[123]\.test +Y /m);
    assert.match(said, SYNCHRONISED);
  });

  test('takes it of no server without NTS, which without the profile is taken', async () => {
    const said = await ask(certs, PLAIN_ANSWERED, [PLAIN]);
    assert.match(said, new RegExp(PLAIN_ANSWERED));
    assert.match(said, NOT_SYNCHRONISED);
    const bare = path.join(dir, 'bare');
    await cp(profile, bare, { recursive: true });
    await writeFile(path.join(bare, 'pingplay.conf'), '');
    assert.match(await ask(certs, 'Leap status +: Normal', [PLAIN], bare), SYNCHRONISED);
  });

  test('takes it of no server alone', async () => {
    const said = await ask(certs, '^W nts1', ['nts1.test']);
    assert.match(said, /^nts1\.test +NTS +[1-9]/m);
    assert.match(said, /^W nts1\.test +Y /m); // it waits for others
    assert.match(said, NOT_SYNCHRONISED);
  });

  test('takes it of no server whose certificate is of another CA, or is over', async () => {
    const other = await makeCerts('other');
    await cp(path.join(certs, 'ca.pem'), path.join(other, 'ca.pem'));
    for (const folder of [other, await makeCerts('over', -1)]) {
      const said = await ask(folder, 'nts1.test +NTS +0 +0 +0 +- +[1-9]', THREE);
      for (const server of THREE) assert.match(said, new RegExp(`^${server} +NTS +0 +0 +0 +- +\\d+ +0 +0 `, 'm'));
      assert.match(said, NOT_SYNCHRONISED);
    }
  });
});

test('asks four servers of at least three operators by NTS, and waives no certificate', async () => {
  const sources = (await readFile(path.join(profile, 'pingplay.sources'), 'utf8')).split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const names = sources.map((line) => /^server (\S+) iburst nts$/.exec(line)?.[1]);
  assert.equal(names.length, 4);
  assert.ok(new Set(names.map((name) => name.split('.').slice(-2).join('.'))).size >= 3, names.join());
  assert.doesNotMatch(await readFile(path.join(profile, 'pingplay.conf'), 'utf8'), /^\s*nocerttimecheck/m);
});

test('no service of ours waits for the time', async () => {
  const units = (await readdir(path.join(board, 'systemd'))).filter((name) => /\.(service|socket)/.test(name));
  assert.ok(units.length > 5);
  for (const unit of units) {
    const text = await readFile(path.join(board, 'systemd', unit), 'utf8');
    assert.doesNotMatch(text, /^(After|Wants|Requires|BindsTo)=.*(time-(sync|set)|chrony|timesync)/m, unit);
  }
});
