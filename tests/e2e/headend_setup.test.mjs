// A headend without an account: the link that its first administrator makes one with, by command, API and page.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startChromium } from './lib/chromium.mjs';
import { Browser, signIn } from './lib/headend-browser.mjs';
import { headendProgram, startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';

const run = promisify(execFile);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const password = 'four unrelated words';
// The link leads to the console (console_first_hour.test.mjs); where there is none, to this page.
const formerPage = (address) => address.replace('/setup#', '/admin/setup#');
const linkIn = (text) => /https:\/\/\S+\/setup#([\w-]{43})$/m.exec(text);

async function startEmpty() {
  const headend = await startHeadend({ account: false });
  const link = async () => {
    const [address, token] = linkIn(await headend.cli('setup-link', '--port', String(headend.port)));
    return { address, token };
  };
  return Object.assign(headend, { link });
}

describe('a headend without an account', () => {
  let headend;
  let api;
  before(async () => {
    api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startEmpty();
  });
  after(() => headend?.stop());

  const post = async (target, body, { headers = {}, on = headend } = {}) => {
    const answer = await on.request('POST', target, { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    api.check('POST', target, answer);
    return answer;
  };
  const refused = async (expected, ...call) => {
    const answer = await post(...call);
    assert.equal(`${answer.status} ${answer.json().code}`, expected);
    return answer;
  };

  test('init prints the link, as an address and as a QR code, and no account', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'pingplay-setup-'));
    try {
      const { stdout } = await run(headendProgram(), ['init', path.join(folder, 'new'), '--host', 'screens.example.org']);
      const [address] = linkIn(stdout);
      assert.match(address, /^https:\/\/screens\.example\.org:8443\/setup#/);
      assert.doesNotMatch(stdout, /Password/);
      // What a phone's camera sees: two rows of modules in each line of the terminal, each module four pixels wide.
      const lines = stdout.split('\n').filter((line) => /^[█▀▄ ]{30,}$/.test(line));
      const rows = lines.flatMap((line) => ['█▀', '█▄'].map((light) => [...line].map((c) => (light.includes(c) ? 1 : 0))));
      const pixels = rows.flatMap((row) => Array(4).fill(row.flatMap((light) => Array(4).fill(light ? 255 : 0)))).flat();
      const picture = path.join(folder, 'code.pgm');
      await writeFile(picture, Buffer.concat([Buffer.from(`P5 ${rows[0].length * 4} ${rows.length * 4} 255\n`), Buffer.from(pixels)]));
      assert.equal((await run('zbarimg', ['--quiet', '--raw', picture])).stdout.trim(), address);
      const standard = await run(headendProgram(), ['setup-link', path.join(folder, 'new'), '--port', '443']);
      assert.match(linkIn(standard.stdout)[0], /^https:\/\/screens\.example\.org\/setup#/);
      await assert.rejects(run(headendProgram(), ['setup-link', path.join(folder, 'new'), '--port', '0']), /--port: must be 1 to 65535/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('its token stands in no file and in no log', async () => {
    const { token } = await headend.link();
    assert.deepEqual((await post('/api/v1/setup/check', { token })).json(), { name: null });
    const { stdout } = await run('grep', ['-rlaF', token, headend.dir]).catch((error) => error);
    assert.equal(stdout, '');
    assert.doesNotMatch(headend.log, new RegExp(token));
  });

  test('serve says how to get a link, and prints none', async () => {
    assert.match(headend.said, /There is no account yet: "pingplay-headend setup-link .* --port \d+"/);
    assert.doesNotMatch(headend.said, /setup#/);
  });

  test('only the newest link works, for a day, and what is no token is told apart from nothing', async () => {
    const first = await headend.link();
    const second = await headend.link();
    await refused('403 setup-link-invalid', '/api/v1/setup/check', first);
    assert.equal((await post('/api/v1/setup/check', second)).status, 200);
    await refused('403 setup-link-invalid', '/api/v1/setup/check', { token: 'x'.repeat(43) });
    await refused('400 body-invalid', '/api/v1/setup/check', {});
    await refused('400 body-invalid', '/api/v1/setup/check', { token: 'x'.repeat(44) });
    await refused('400 body-invalid', '/api/v1/setup/check', [second.token]);
    await headend.sql('UPDATE setup_link SET expires = unixepoch()');
    await refused('403 setup-link-invalid', '/api/v1/setup', { ...second, name: 'admin', password });
    await headend.sql('DELETE FROM throttle');
  });

  test('a page of another site asks nothing, and guessing gets slow', async () => {
    const { token } = await headend.link();
    await refused('403 csrf-token-invalid', '/api/v1/setup/check', { token }, { headers: { origin: 'https://evil.example' } });
    await refused('403 csrf-token-invalid', '/api/v1/setup', { token, name: 'a', password }, { headers: { 'sec-fetch-site': 'cross-site' } });
    for (let i = 0; i < 4; i++) await refused('403 setup-link-invalid', '/api/v1/setup/check', { token: String(i).repeat(43) });
    const slow = await refused('429 too-many-attempts', '/api/v1/setup/check', { token });
    assert.ok(Number(slow.headers['retry-after']) >= 1);
    await headend.sql('DELETE FROM throttle');
    assert.equal((await post('/api/v1/setup/check', { token })).status, 200);
  });

  test('a name or password that may not be is said, and the link goes on working', async () => {
    const { token } = await headend.link();
    for (const [wrong, parameter] of [[{ name: '' }, 'name'], [{ name: 'a\u0007b' }, 'name'], [{ password: 'short' }, 'password'], [{ password: 5 }, 'password']]) {
      const answer = await refused('400 body-invalid', '/api/v1/setup', { token, name: 'Ann', password, ...wrong });
      assert.equal(answer.json().parameter, parameter);
      assert.doesNotMatch(answer.text, /short/);
    }
    assert.equal((await post('/api/v1/setup/check', { token })).status, 200);
  });

  test('of two who have the link at once, one makes the account, and is signed in', async () => {
    const own = await startEmpty();
    try {
      const { token } = await own.link();
      const answers = await Promise.all(['Ann', 'Bob'].map((name) => post('/api/v1/setup', { token, name, password }, { on: own })));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 403]);
      const made = answers.find(({ status }) => status === 201);
      const [cookie] = made.headers['set-cookie'];
      assert.match(cookie, /^__Host-pingplay-admin=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200$/);
      const session = await own.request('GET', '/api/v1/session', { cookie: cookie.split(';')[0] });
      assert.deepEqual(session.json(), made.json(), 'name and token');
      assert.equal(await own.sql('SELECT count(*) FROM admin'), '1');
      assert.equal(await own.sql('SELECT count(*) FROM setup_link'), '0');
      const rows = (await own.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line)).filter(({ operation }) => operation === 'account.first');
      assert.deepEqual(rows.map(({ actor, outcome, after: facts }) => [actor, outcome, facts]), [[made.json().name, 'done', { by: 'password' }]]);
      await refused('403 setup-link-invalid', '/api/v1/setup', { token, name: 'Eve', password }, { on: own });
      await assert.rejects(own.cli('setup-link'), /there is an administrator already/);
      assert.equal((await new Browser(own).signIn(made.json().name, password)).status, 303);
    } finally {
      await own.stop();
    }
  });

  test('an account that is made by command meanwhile ends the link', async () => {
    const own = await startEmpty();
    try {
      const { token } = await own.link();
      await own.cliInput('long enough now\n', 'user', 'add', 'admin', '--password-stdin');
      await refused('403 setup-link-invalid', '/api/v1/setup', { token, name: 'Eve', password }, { on: own });
      own.password = 'long enough now';
      await signIn(own);
    } finally {
      await own.stop();
    }
  });
});

describe('the page behind the link', () => {
  let chromium;
  let headend;
  before(async () => { chromium = await startChromium(); });
  after(() => chromium?.stop());
  beforeEach(async () => { headend = await startEmpty(); });
  afterEach(() => headend.stop());

  const until = async (page, call, ...values) => {
    for (let i = 0; i < 100; i++) {
      if (await page.evaluate(call, ...values)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(`never: ${call}`);
  };
  const shown = (id) => { const element = document.getElementById(id); return element !== null && element.checkVisibility(); };
  const problem = () => document.getElementById('setup-problem').textContent;
  // What a phone has: it knows its owner, and keeps passkeys.
  const authenticator = async (page, options = {}) => {
    await page.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId } = await page.send('WebAuthn.addVirtualAuthenticator', { options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...options } });
    return authenticatorId;
  };

  for (const [language, none] of [['en', /opened by a link/], ['fr', /s’ouvre par un lien/]]) {
    test(`says what is wrong with a link that does not work (${language})`, async () => {
      const page = await chromium.page({ width: 390, height: 844, language });
      await page.open(`${headend.url}/admin/setup`);
      await until(page, problem);
      assert.match(await page.evaluate(problem), none);
      await page.open('about:blank');
      await page.open(`${headend.url}/admin/setup#${'x'.repeat(43)}`);
      await until(page, problem);
      assert.match(await page.evaluate(problem), /setup-link/);
      assert.equal(await page.evaluate(shown, 'setup'), false);
      assert.deepEqual(page.complaints, []);
      await page.close();
    });
  }

  test('makes the account on a phone with a password, and leads on', async () => {
    const { address, token } = await headend.link();
    const page = await chromium.page({ width: 390, height: 844 });
    await page.open(formerPage(address).replace('localhost', '127.0.0.1'));
    await until(page, shown, 'password');
    assert.equal(await page.evaluate(shown, 'by-passkey'), false, 'not for an address');
    await page.evaluate(() => { document.getElementById('password').value = 'short'; document.querySelector('#setup button[type=submit]').click(); });
    await until(page, problem);
    assert.match(await page.evaluate(problem), /10 to 200/);
    await page.evaluate(() => { document.getElementById('password').value = 'four unrelated words'; });
    await page.follow(() => document.querySelector('#setup button[type=submit]').click());
    await until(page, () => location.pathname === '/admin/screens');
    assert.equal(await page.evaluate(() => document.querySelector('.who-name').textContent), 'admin');
    assert.equal(await page.evaluate(() => history.length), 2, 'the link is not in the history');
    assert.doesNotMatch(headend.log, new RegExp(token));
    assert.deepEqual(page.complaints, []);
    await page.close();
  });

  test('makes the account with a passkey, which signs in again', async () => {
    const { address } = await headend.link();
    const page = await chromium.page({ width: 390, height: 844 });
    const id = await authenticator(page);
    await page.open(formerPage(address));
    await until(page, shown, 'passkey-make');
    assert.equal(await page.evaluate(shown, 'password'), false, 'the password is folded away');
    await page.follow(() => document.getElementById('passkey-make').click());
    await until(page, () => location.pathname === '/admin/screens');
    const { credentials } = await page.send('WebAuthn.getCredentials', { authenticatorId: id });
    assert.equal(credentials.length, 1);
    assert.deepEqual([credentials[0].isResidentCredential, credentials[0].rpId], [true, 'localhost']);
    await page.follow(() => document.querySelector('.who button').click());
    await until(page, shown, 'passkey-sign-in');
    await page.follow(() => document.getElementById('passkey-sign-in').click());
    await until(page, () => location.pathname === '/admin/screens');
    assert.equal(await page.evaluate(() => document.querySelector('.who-name').textContent), 'admin');
    assert.equal(await headend.sql('SELECT password FROM admin'), '', 'there is no password');
    assert.ok(Number(await headend.sql('SELECT sign_count FROM passkey')) > 0, 'this one counts');
    assert.deepEqual(page.complaints, []);
    await page.close();
  });

  test('offers the password where the person cannot be verified, or says no', async () => {
    const { address } = await headend.link();
    const page = await chromium.page({ width: 390, height: 844 });
    await authenticator(page, { isUserVerified: false });
    await page.open(formerPage(address));
    await until(page, shown, 'passkey-make');
    await page.evaluate(() => document.getElementById('passkey-make').click());
    await until(page, problem);
    assert.match(await page.evaluate(problem), /No passkey was made/);
    assert.equal(await page.evaluate(shown, 'password'), true);
    assert.equal(await headend.sql('SELECT count(*) FROM admin'), '0');
    await page.open(`${headend.url}/admin/sign-in`);
    await until(page, shown, 'passkey-sign-in');
    await page.evaluate(() => document.getElementById('passkey-sign-in').click());
    await until(page, () => document.getElementById('passkey-problem').textContent);
    await page.close();
  });
});
