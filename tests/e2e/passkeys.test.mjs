// Passkeys of administrators: by the API with an authenticator of the tests' own, which can be made to lie.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { eventually, startHeadend } from './lib/headend.mjs';
import { Browser, signIn } from './lib/headend-browser.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Passkey, cbor, flags } from './lib/passkey.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));

// What a page of the headend's does: cookies, and the session's token.
class Client {
  constructor(headend) { Object.assign(this, { headend, browser: new Browser(headend) }); }

  async ask(method, target, body, headers = {}) {
    const sent = { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...(this.csrf && { 'pingplay-csrf': this.csrf }), ...headers };
    const answer = this.browser.keep(await this.headend.request(method, target, { headers: sent, cookie: this.browser.cookie, body: body && JSON.stringify(body) }));
    api.check(method, target, answer);
    return answer;
  }

  async good(status, ...call) {
    const answer = await this.ask(...call);
    assert.equal(answer.status, status, answer.text);
    return answer.text ? answer.json() : undefined;
  }

  async refused(expected, ...call) {
    const answer = await this.ask(...call);
    assert.equal(`${answer.status} ${answer.json().code}`, expected, answer.text);
    return answer;
  }

  // Signed in by a password.
  static async by(headend) {
    const client = new Client(headend);
    client.browser = await signIn(headend);
    client.csrf = (await client.good(200, 'GET', '/api/v1/session')).csrf;
    return client;
  }

  async options() { return (await this.good(200, 'POST', '/api/v1/session/passkey-options', {})).publicKey; }

  async signIn(key, said = {}) {
    const answer = key.get(await this.options(), { origin: this.headend.url, ...said });
    const session = await this.good(200, 'POST', '/api/v1/session/passkey', answer);
    this.csrf = session.csrf;
    return session;
  }

  async add(key, name = 'Phone', said = {}) {
    const { publicKey } = await this.good(200, 'POST', '/api/v1/passkeys/options', {});
    return this.ask('POST', '/api/v1/passkeys', { name, passkey: key.create(publicKey, { origin: this.headend.url, ...said }) });
  }
}

describe('passkeys', () => {
  let headend;
  let owner;
  let key;
  before(async () => {
    headend = await startHeadend();
    owner = await Client.by(headend);
    key = new Passkey();
    assert.equal((await owner.add(key)).status, 201);
  });
  after(() => headend?.stop());
  beforeEach(() => headend.sql('DELETE FROM throttle'));

  for (const [name, algorithm] of [['ES256', -7], ['EdDSA', -8], ['RS256', -257]]) {
    test(`are made, and sign in: ${name}`, async () => {
      const made = new Passkey({ algorithm });
      const added = await owner.add(made, `Key of ${name}`);
      assert.equal(added.status, 201, added.text);
      assert.equal(added.json().name, `Key of ${name}`);
      const client = new Client(headend);
      assert.equal((await client.signIn(made)).name, 'admin');
      assert.equal((await client.good(200, 'GET', '/api/v1/session')).name, 'admin');
      const { items } = await client.good(200, 'GET', '/api/v1/passkeys');
      const row = items.find(({ id }) => id === added.json().id);
      assert.ok(row.used && row.created && row.host === 'localhost' && row.synced === false);
      await client.good(204, 'DELETE', `/api/v1/passkeys/${row.id}`);
      await new Client(headend).refused('403 passkey-refused', 'POST', '/api/v1/session/passkey', made.get(await client.options(), { origin: headend.url }));
    });
  }

  test('options ask for a verified user, tell no name, and exclude what there is', async () => {
    const client = new Client(headend);
    const answer = await client.ask('POST', '/api/v1/session/passkey-options', {});
    assert.match(answer.headers['set-cookie'][0], /^__Host-pingplay-passkey=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=300$/);
    assert.doesNotMatch(answer.text, /admin/);
    const { publicKey } = await owner.good(200, 'POST', '/api/v1/passkeys/options', {});
    assert.deepEqual(publicKey.rp, { id: 'localhost', name: 'Pingplay' });
    assert.deepEqual(publicKey.pubKeyCredParams.map(({ alg }) => alg), [-7, -8, -257]);
    assert.deepEqual(publicKey.authenticatorSelection, { residentKey: 'required', requireResidentKey: true, userVerification: 'required' });
    assert.equal(publicKey.attestation, 'none');
    assert.deepEqual(publicKey.excludeCredentials, [{ type: 'public-key', id: key.id.toString('base64url'), transports: ['internal', 'hybrid'] }]);
    assert.equal(Buffer.from(publicKey.user.id, 'base64url').length, 32);
    assert.equal((await owner.good(200, 'POST', '/api/v1/passkeys/options', {})).publicKey.user.id, publicKey.user.id, 'the same account');
    assert.equal(await headend.sql(`SELECT count(*) FROM passkey_challenge WHERE hex(hash) LIKE '%${Buffer.from(publicKey.challenge, 'base64url').toString('hex')}%'`), '0');
  });

  // What a liar says, and why it is refused, as the log has it.
  const lies = {
    'another origin': [{ origin: 'https://evil.example' }, /page of another site/],
    'another port': [{ origin: 'https://localhost:1' }, /page of another site/],
    'no TLS': [{ origin: 'http://localhost' }, /page of another site/],
    'a frame': [{ crossOrigin: true }, /another site's frame/],
    'a frame of somebody': [{ topOrigin: 'https://evil.example' }, /another site's frame/],
    'another name': [{ rpId: 'evil.example' }, /for another site/],
    'a made-up challenge': [{ challenge: randomBytes(32).toString('base64url') }, /challenge was not given/],
    'a long challenge': [{ challenge: randomBytes(64).toString('base64url') }, /challenge/],
    'nobody there': [{ flags: flags.UV }, /nobody was there/],
    'nobody recognised': [{ flags: flags.UP }, /nobody was recognised/],
    'backed up, and it cannot be': [{ flags: flags.UP | flags.UV | flags.BS }, /and cannot be/],
    'the other ceremony': [{ type: 'webauthn.create' }, /not of type webauthn.get/],
    'an extension that is none': [{ flags: flags.UP | flags.UV | flags.ED }, /are no map/],
    'more than it says': [{ extra: Buffer.from([0]) }, /more than it says/],
    'members twice': [{ clientData: '{"type":"webauthn.get","type":"webauthn.get"}' }, /twice/],
    'another key': [{ key: new Passkey().privateKey }, /not signed by/],
    'a signature that is cut off': [{ signature: (whole) => whole.subarray(0, 20) }, /not signed by/],
    'an unknown passkey': [{ id: randomBytes(32) }, /not known here/],
    'another account': [{ userHandle: randomBytes(32) }, /not known here/],
  };
  for (const [what, [said, why]] of Object.entries(lies)) {
    test(`sign nobody in that say: ${what}`, async () => {
      const client = new Client(headend);
      const logged = headend.log.length;
      const answer = await client.refused('403 passkey-refused', 'POST', '/api/v1/session/passkey', key.get(await client.options(), { origin: headend.url, ...said }));
      assert.ok(!answer.headers['set-cookie'], 'no session');
      assert.doesNotMatch(answer.text, why, 'the reason is for the log');
      await eventually(() => why.test(headend.log.slice(logged)), 10000, `the reason in the log: ${why}`);
      await client.signIn(key);
    });
  }

  test('are taken with extensions that nobody asked for, and a changed backup state', async () => {
    const made = new Passkey({ backup: flags.BE });
    assert.equal((await owner.add(made)).status, 201);
    const client = new Client(headend);
    await client.signIn(made, { flags: flags.UP | flags.UV | flags.BE | flags.BS | flags.ED, extra: cbor([['uvm', 1]]) });
    const { items } = await client.good(200, 'GET', '/api/v1/passkeys');
    const row = items.at(-1);
    assert.equal(row.synced, true);
    const refused = made.get(await client.options(), { origin: headend.url, flags: flags.UP | flags.UV });
    await client.refused('403 passkey-refused', 'POST', '/api/v1/session/passkey', refused);
    await client.good(204, 'DELETE', `/api/v1/passkeys/${row.id}`);
  });

  test('what was said once is not taken again, nor from another browser, nor later', async () => {
    const client = new Client(headend);
    const said = key.get(await client.options(), { origin: headend.url });
    const cookie = client.browser.cookie;
    const other = new Client(headend);
    await other.options();
    await other.refused('403 passkey-refused', 'POST', '/api/v1/session/passkey', said);
    const none = new Client(headend);
    await none.refused('403 passkey-refused', 'POST', '/api/v1/session/passkey', said);
    await client.good(200, 'POST', '/api/v1/session/passkey', said);
    await headend.sql('DELETE FROM throttle');
    await none.refused('403 passkey-refused', 'POST', '/api/v1/session/passkey', said, { cookie });
    const late = key.get(await client.options(), { origin: headend.url });
    await headend.sql('UPDATE passkey_challenge SET expires = unixepoch()');
    await client.refused('403 passkey-refused', 'POST', '/api/v1/session/passkey', late);
    assert.match(headend.log, /challenge was not given here/);
  });

  test('a challenge to make one signs nobody in, and the other way round', async () => {
    const { publicKey } = await owner.good(200, 'POST', '/api/v1/passkeys/options', {});
    const client = new Client(headend);
    const options = await client.options();
    await client.refused('403 passkey-refused', 'POST', '/api/v1/session/passkey', key.get({ ...options, challenge: publicKey.challenge }, { origin: headend.url }));
    const made = new Passkey();
    await owner.refused('403 passkey-refused', 'POST', '/api/v1/passkeys', { name: 'x', passkey: made.create({ ...publicKey, challenge: options.challenge }, { origin: headend.url }) });
  });

  test('one that counts is refused when its count does not grow, as that of a copy', async () => {
    const made = new Passkey();
    made.count = 5;
    const added = (await owner.add(made)).json();
    const client = new Client(headend);
    await client.signIn(made, { count: 6 });
    for (const count of [6, 5, 0]) {
      await client.refused('403 passkey-refused', 'POST', '/api/v1/session/passkey', made.get(await client.options(), { origin: headend.url, count }));
    }
    assert.match(headend.log, new RegExp(`passkey ${added.id} of admin: .*count went back from 6 to 5: the passkey may have been copied`));
    await headend.sql('DELETE FROM throttle');
    await client.signIn(made, { count: 4294967295 });
    assert.equal(await headend.sql(`SELECT sign_count FROM passkey WHERE id = '${added.id}'`), '4294967295');
    await owner.good(204, 'DELETE', `/api/v1/passkeys/${added.id}`);
  });

  test('refusals make an address wait, longer each time', async () => {
    const client = new Client(headend);
    for (let i = 0; i < 4; i++) {
      await client.refused('403 passkey-refused', 'POST', '/api/v1/session/passkey', key.get(await client.options(), { origin: 'https://evil.example' }));
    }
    const early = await client.refused('429 too-many-attempts', 'POST', '/api/v1/session/passkey', key.get(await client.options(), { origin: headend.url }));
    assert.ok(Number(early.headers['retry-after']) >= 1);
  });

  test('signing in gives a new session, and ends the one that the browser had', async () => {
    const client = await Client.by(headend);
    const former = client.browser.cookies.get('__Host-pingplay-admin');
    await client.signIn(key);
    const session = client.browser.cookies.get('__Host-pingplay-admin');
    assert.notEqual(session, former);
    assert.equal((await headend.request('GET', '/api/v1/session', { cookie: `__Host-pingplay-admin=${former}` })).status, 401);
    const fixed = new Client(headend);
    fixed.browser.cookies.set('__Host-pingplay-admin', 'x'.repeat(43));
    await fixed.signIn(key);
    assert.notEqual(fixed.browser.cookies.get('__Host-pingplay-admin'), 'x'.repeat(43), 'one that somebody chose for it');
  });

  test('another site asks for none of it', async () => {
    const client = new Client(headend);
    const evil = { origin: 'https://evil.example' };
    await client.refused('403 csrf-token-invalid', 'POST', '/api/v1/session/passkey-options', {}, evil);
    await client.refused('403 csrf-token-invalid', 'POST', '/api/v1/session/passkey', key.get(await client.options(), { origin: headend.url }), evil);
    await owner.refused('403 csrf-token-invalid', 'POST', '/api/v1/passkeys/options', {}, { 'pingplay-csrf': 'x' });
    await client.refused('401 session-required', 'GET', '/api/v1/passkeys');
    await client.refused('401 session-required', 'POST', '/api/v1/passkeys/options', {});
  });

  const strange = {
    'a maker’s attestation': [{ attestation: (data) => cbor([['fmt', 'packed'], ['attStmt', [['alg', -7], ['sig', Buffer.alloc(70)], ['x5c', []]]], ['authData', data]]) }, /maker's/],
    'an unknown attestation': [{ attestation: (data) => cbor([['fmt', 'fido-u2f'], ['attStmt', []], ['authData', data]]) }, /maker's/],
    'none, and yet one': [{ attestation: (data) => cbor([['fmt', 'none'], ['attStmt', [['alg', -7]]], ['authData', data]]) }, /yet there is one/],
    'a self attestation that nobody signed': [{ attestation: (data) => cbor([['fmt', 'packed'], ['attStmt', [['alg', -7], ['sig', Buffer.alloc(70)]]], ['authData', data]]) }, /not signed by/],
    'no credential': [{ flags: flags.UP | flags.UV }, /without a credential/],
    'more behind the credential': [{ extra: Buffer.from([0]) }, /more than it says/],
    'another id': [{ id: randomBytes(32) }, /not the credential's/],
    'another origin': [{ origin: 'https://evil.example' }, /another site/],
    'nobody recognised': [{ flags: flags.UP | flags.AT }, /nobody was recognised/],
    'the other ceremony': [{ type: 'webauthn.get' }, /not of type webauthn.create/],
  };
  for (const [what, [said, why]] of Object.entries(strange)) {
    test(`none is made that says: ${what}`, async () => {
      const logged = headend.log.length;
      const answer = await owner.add(new Passkey(), 'x', said);
      assert.equal(`${answer.status} ${answer.json().code}`, '403 passkey-refused');
      await eventually(() => why.test(headend.log.slice(logged)), 10000, `the reason in the log: ${why}`);
    });
  }

  test('bodies that are none are refused, with the member that is wrong', async () => {
    const options = await owner.options();
    const good = key.get(options, { origin: headend.url });
    for (const bad of [{}, { ...good, id: '' }, { ...good, id: '!' }, { ...good, type: 'password' }, { ...good, response: null },
      { ...good, response: { ...good.response, signature: 'A'.repeat(800) } }, { ...good, response: { ...good.response, userHandle: 'AAAA' } },
      { ...good, response: { ...good.response, clientDataJSON: 'A'.repeat(6000) } }, { ...good, id: 'A'.repeat(1400) }]) {
      await new Client(headend).refused('400 body-invalid', 'POST', '/api/v1/session/passkey', bad);
    }
    assert.equal((await owner.ask('POST', '/api/v1/session/passkey', { ...good, more: 'x'.repeat(24 * 1024) })).status, 413);
  });

  test('a known one is not added again, by anybody, and nobody gets at another one’s', async () => {
    const again = await owner.add(key);
    assert.equal(`${again.status} ${again.json().code}`, '409 passkey-known');
    await headend.cliInput('another long one\n', 'user', 'add', 'Bea', '--password-stdin');
    const other = new Client(headend);
    assert.equal((await other.browser.signIn('Bea', 'another long one')).status, 303);
    other.csrf = (await other.good(200, 'GET', '/api/v1/session')).csrf;
    const stolen = await other.add(Object.assign(new Passkey({ id: key.id }), {}));
    assert.equal(`${stolen.status} ${stolen.json().code}`, '409 passkey-known', 'its id, with another key');
    assert.deepEqual((await other.good(200, 'GET', '/api/v1/passkeys')).items, []);
    const [{ id }] = (await owner.good(200, 'GET', '/api/v1/passkeys')).items;
    await other.refused('404 not-found', 'PATCH', `/api/v1/passkeys/${id}`, { name: 'Mine' });
    await other.refused('404 not-found', 'DELETE', `/api/v1/passkeys/${id}`);
    await owner.good(200, 'GET', '/api/v1/passkeys');
    const handles = await Promise.all([owner, other].map(async (one) => (await one.good(200, 'POST', '/api/v1/passkeys/options', {})).publicKey.user.id));
    assert.notEqual(handles[0], handles[1]);
    await headend.cli('user', 'remove', 'Bea');
  });

  test('are called something else, and are at most 16', async () => {
    const [{ id }] = (await owner.good(200, 'GET', '/api/v1/passkeys')).items;
    assert.equal((await owner.good(200, 'PATCH', `/api/v1/passkeys/${id}`, { name: 'Téléphone' })).name, 'Téléphone');
    assert.equal((await owner.refused('400 body-invalid', 'PATCH', `/api/v1/passkeys/${id}`, { name: '' })).json().parameter, 'name');
    const { items } = await owner.good(200, 'GET', '/api/v1/passkeys');
    for (let i = items.length; i < 16; i++) assert.equal((await owner.add(new Passkey())).status, 201);
    const answer = await owner.add(new Passkey());
    assert.equal(`${answer.status} ${answer.json().code}`, '409 too-many-passkeys');
    for (const one of (await owner.good(200, 'GET', '/api/v1/passkeys')).items.slice(1)) await owner.good(204, 'DELETE', `/api/v1/passkeys/${one.id}`);
  });

  test('that one came, was called something else or went is in the audit', async () => {
    const key = new Passkey();
    const { id } = (await owner.add(key)).json();
    await owner.good(200, 'PATCH', `/api/v1/passkeys/${id}`, { name: 'Mine' });
    await owner.good(204, 'DELETE', `/api/v1/passkeys/${id}`);
    const rows = (await headend.cli('audit', 'export')).trim().split('\n').map((line) => JSON.parse(line)).filter(({ target }) => target === id);
    assert.deepEqual(rows.map(({ operation, outcome, kind }) => [operation, outcome, kind]), ['add', 'rename', 'remove'].map((what) => [`passkey.${what}`, 'done', 'person']));
    assert.equal(rows[1].after.name, 'Mine');
  });

  test('challenges of one network push out each other, and not those of others', async () => {
    const client = new Client(headend);
    const options = await client.options();
    await headend.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
      INSERT INTO passkey_challenge(hash, network, created, expires) SELECT randomblob(32), '192.0.2.0/24', unixepoch() - 10, unixepoch() + 200 FROM n`);
    await new Client(headend).options();
    assert.equal(await headend.sql("SELECT count(*) FROM passkey_challenge WHERE network = '192.0.2.0/24'"), '1099');
    await client.good(200, 'POST', '/api/v1/session/passkey', key.get(options, { origin: headend.url }));
    await headend.sql('DELETE FROM passkey_challenge');
  });

  test('by an address instead of a name there are none', async () => {
    const answer = await new Client(headend).ask('POST', '/api/v1/session/passkey-options', {}, { host: `127.0.0.1:${headend.port}` });
    assert.equal(`${answer.status} ${answer.json().code}`, '409 passkeys-unavailable');
    const ipv6 = await new Client(headend).ask('POST', '/api/v1/session/passkey-options', {}, { host: `[::1]:${headend.port}` });
    assert.equal(ipv6.status, 409);
    const strange = await new Client(headend).options.call({ good: async (status, ...call) => (await new Client(headend).ask(...call, { host: 'evil.example' })).json() });
    assert.equal(strange.rpId, 'localhost', 'a name that is not ours is not believed');
  });
});

describe('the first account with a passkey', () => {
  let headend;
  before(async () => { headend = await startHeadend({ account: false }); });
  after(() => headend?.stop());

  test('is made by the set-up link, has no password, and keeps its only passkey', async () => {
    const [, token] = /\/setup#([\w-]{43})/.exec(await headend.cli('setup-link'));
    const client = new Client(headend);
    const key = new Passkey();
    await client.refused('403 setup-link-invalid', 'POST', '/api/v1/setup/passkey-options', { token: 'x'.repeat(43), name: 'Ann' });
    const { publicKey } = await client.good(200, 'POST', '/api/v1/setup/passkey-options', { token, name: 'Ann' });
    assert.equal(publicKey.user.name, 'Ann');
    await client.refused('403 passkey-refused', 'POST', '/api/v1/setup', { token, name: 'Ann', passkey: key.create(publicKey, { origin: 'https://evil.example' }) });
    const again = (await client.good(200, 'POST', '/api/v1/setup/passkey-options', { token, name: 'Ann' })).publicKey;
    await client.refused('403 passkey-refused', 'POST', '/api/v1/setup', { token, name: 'Ann', passkey: key.create(publicKey, { origin: headend.url }) });
    const session = await client.good(201, 'POST', '/api/v1/setup', { token, name: 'Ann', passkey: key.create(again, { origin: headend.url }), passkey_name: 'My phone' });
    assert.equal(session.name, 'Ann');
    client.csrf = session.csrf;
    await client.refused('403 setup-link-invalid', 'POST', '/api/v1/setup', { token, name: 'Eve', password: 'long enough now' });
    const [row] = (await client.good(200, 'GET', '/api/v1/passkeys')).items;
    assert.equal(row.name, 'My phone');
    await client.refused('409 last-way-in', 'DELETE', `/api/v1/passkeys/${row.id}`);
    const text = await headend.cli('audit', 'export');
    const made = text.trim().split('\n').map((line) => JSON.parse(line)).filter(({ operation }) => /^(setup|account)/.test(operation)).slice(-4);
    assert.deepEqual(made.map(({ operation, outcome, actor }) => [operation, outcome, actor]), [['setup.link', 'done', 'command line'], ['account.first', 'refused', 'Ann'],
      ['account.first', 'refused', 'Ann'], ['account.first', 'done', 'Ann']]);
    assert.deepEqual([made[3].target, made[3].after], ['Ann', { by: 'passkey' }]);
    assert.ok(!text.includes(token), 'without the token');
    const other = new Client(headend);
    assert.equal((await other.signIn(key)).name, 'Ann');
    // Without a password none is right, and it takes as long as for nobody.
    const began = performance.now();
    assert.equal((await new Browser(headend).signIn('Ann', '')).status, 403);
    const asked = performance.now() - began;
    const unknown = performance.now();
    assert.equal((await new Browser(headend).signIn('Nobody', '')).status, 403);
    assert.ok(asked > 0.3 * (performance.now() - unknown), 'the time tells nothing');
    await headend.cliInput('long enough now\n', 'user', 'password', 'Ann', '--password-stdin');
    await other.refused('401 session-required', 'GET', '/api/v1/passkeys');
    await other.signIn(key);
    await other.good(204, 'DELETE', `/api/v1/passkeys/${row.id}`);
    assert.equal((await new Browser(headend).signIn('Ann', 'long enough now')).status, 303);
  });
});
