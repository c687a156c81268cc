// A TPM 2.0 for tests, swtpm(8), that a test starts, cuts the power of, measures into and clears; and the signer of its PCR
// policies, in the form of systemd-measure(1).
//
//   const tpm = await startSwtpm();
//   tpm.tcti; tpm.policyKey; tpm.signatures;                 // for the agent's configuration
//   await tpm.measure('kernel 1');  await tpm.authorize(['kernel 1']);
//   await tpm.cutPower();  await tpm.start();
//   await tpm.tool('clear', '-c', 'p');
//   await tpm.stop();
import { execFile, spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from './display.mjs';

const run = promisify(execFile);
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();

const listens = (file) => new Promise((resolve) => {
  const socket = net.connect(file, () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

// TPM2_PolicyPCR over PCR 11 of the bank SHA-256 (TPM 2.0 part 3 §23.7), after these measurements.
function policyOf(measured) {
  const value = measured.reduce((pcr, what) => sha256(pcr, sha256(what)), Buffer.alloc(32));
  return sha256(Buffer.alloc(32), [0, 0, 1, 0x7f], [0, 0, 0, 1, 0, 0x0b, 3, 0, 8, 0], sha256(value));
}

class Swtpm {
  constructor(dir) {
    this.dir = dir;
    this.socket = path.join(dir, 'tpm');
    this.tcti = `swtpm:path=${this.socket}`;
    this.policyKey = path.join(dir, 'policy.pem');
    this.signatures = path.join(dir, 'pcrsig.json');
  }

  async makeSigner(type = 'rsa') {
    this.signer = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(this.policyKey, this.signer.publicKey.export({ type: 'spki', format: 'pem' }));
  }

  async start() {
    await rm(this.socket, { force: true });
    await rm(`${this.socket}.ctrl`, { force: true });
    this.child = spawn('swtpm', ['socket', '--tpm2', '--tpmstate', `dir=${this.dir}`, '--server', `type=unixio,path=${this.socket}`,
      '--ctrl', `type=unixio,path=${this.socket}.ctrl`, '--flags', 'not-need-init,startup-clear'], { stdio: 'ignore' });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
    await until(async () => await listens(`${this.socket}.ctrl`) && await listens(this.socket), 'swtpm');
  }

  async cutPower() {
    this.child?.kill('SIGKILL');
    await this.ended;
  }

  async tool(name, ...words) {
    const { stdout } = await run(`tpm2_${name}`, words, { env: { ...process.env, TPM2TOOLS_TCTI: this.tcti, TSS2_LOG: 'all+NONE' } });
    return stdout;
  }

  measure(what) { return this.tool('pcrextend', `11:sha256=${sha256(what).toString('hex')}`); }

  // Writes the file of signatures: for each list of measurements one.
  async authorize(...lists) {
    // of the key alone: RSAPublicKey, or the point that a SubjectPublicKeyInfo ends with
    const { publicKey } = this.signer;
    const key = publicKey.asymmetricKeyType === 'rsa' ? publicKey.export({ type: 'pkcs1', format: 'der' })
      : publicKey.export({ type: 'spki', format: 'der' }).subarray(-65);
    const pkfp = sha256(key).toString('hex');
    const entries = lists.map(policyOf).map((policy) => ({
      pcrs: [11], pkfp, pol: policy.toString('hex'), sig: sign('sha256', policy, this.signer.privateKey).toString('base64'),
    }));
    await writeFile(this.signatures, JSON.stringify({ sha256: entries }));
  }

  // How many failed guesses the TPM counts, on its way to a lock.
  async failedGuesses() {
    return Number(/TPM2_PT_LOCKOUT_COUNTER: (\S+)/.exec(await this.tool('getcap', 'properties-variable'))[1]);
  }

  async stop() {
    await this.cutPower();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export async function startSwtpm(signer) {
  const tpm = new Swtpm(await mkdtemp(path.join(tmpdir(), 'pingplay-tpm-')));
  await tpm.makeSigner(signer);
  await tpm.start();
  return tpm;
}

// Lines of an agent's configuration.
export const vaultLines = (tpm, more = []) => ['[vault]', `tcti = ${tpm.tcti}`, `policy-key = ${tpm.policyKey}`,
  `policy-signatures = ${tpm.signatures}`, ...more];
