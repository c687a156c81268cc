// Who is told of what, by a real mail server over real TLS, and by webhooks: what arrives, what is in it, and what does not
// go out where the other side is not who it should be.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { until } from './lib/display.mjs';
import { Browser, signIn } from './lib/headend-browser.mjs';
import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Authority } from './lib/pki.mjs';
import { MAIL_PASSWORD, startMailServer } from './servers/mail.mjs';

let dir;
let authority;
let headend;
let hook;
const screens = [];

// What is posted to it, and what it answers.
async function startHook() {
  const { cert, key } = authority.issue('localhost', { extensions: ['subjectAltName=DNS:localhost', 'extendedKeyUsage=serverAuth', 'keyUsage=digitalSignature'] });
  const posts = [];
  const answer = { status: 204, headers: {}, body: '' };
  const server = https.createServer({ cert, key }, (request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      posts.push({ url: request.url, method: request.method, headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    posts, answer, url: `https://localhost:${server.address().port}/hook`,
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}

const messages = async () => JSON.parse(await headend.cli('alert', 'messages', '--json'));
const add = async (...words) => (await headend.cli('alert', 'add', ...words)).trim().split('\n');
const ruleOf = async (id) => JSON.parse(await headend.cli('alert', 'list', '--json')).find((rule) => rule.id === id);
const mailServer = async (tls, options = {}) => startMailServer({ dir: await mkdtemp(path.join(dir, 'mail-')), authority, tls, ...options });
const account = (server, password = MAIL_PASSWORD, ...words) => headend.cliInput(`${password}\n`, 'mail', 'set', '--host', 'localhost', '--port', String(server.port),
  '--from', 'signs@example.org', '--user', 'signs', '--password-stdin', ...words);
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-alerts-'));
  await chmod(dir, 0o755);
  authority = new Authority(dir, 'Alerts authority');
  await mkdir(path.join(dir, 'other'));
  headend = await startHeadend({ serve: ['--alert-ca', authority.certificate, '--webhook-networks', '127.0.0.0/8 ::1', '--poll-interval', '1',
    '--public-address', 'https://signs.example.org'] });
  for (const name of ['Entrée <b>1</b>', 'Lift']) screens.push(await enrolDevice(headend, { name, channel: 'lobby' }));
  await headend.sql("UPDATE device SET site = 'Rennes', status = 'active', seen = CAST(created AS BIGINT) + 86400");
  hook = await startHook();
});

after(async () => {
  await hook?.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

// Two screens of one site that need help since a while; told within a few seconds.
async function trouble(id, since = 1000) {
  await headend.sql("UPDATE device SET reported_code = 'N-1'");
  const at = Math.floor(Date.now() / 1000) - since;
  const rows = screens.map((screen) => `('${id}', '${screen.id}', 'Rennes', ${at}, 'N-1')`);
  await headend.sql(`INSERT INTO alert_case(rule, subject, site, since, detail) VALUES ${rows.join(', ')} ON CONFLICT(rule, subject) DO UPDATE SET since = ${at}`);
}

for (const tls of ['starttls', 'first']) {
  test(`a mail of two screens of one site arrives over TLS (${tls}), in French, for eyes and for programs`, async (t) => {
    const server = await mailServer(tls);
    t.after(() => server.stop());
    await account(server, MAIL_PASSWORD, '--tls', tls);
    const [id] = await add('--name', `Help ${tls}`, '--about', 'problem', '--hold', '300', '--locale', 'fr', '--time-zone', 'Europe/Paris', '--mail', 'tech@example.org');
    await trouble(id);
    await headend.cli('alert', 'test', id); // has the server look at once
    await until(async () => (await server.mails()).length >= 2, 'two mails', 40000);
    const mails = await server.mails();
    const mail = mails.find(({ headers }) => headers.subject === 'En difficulté: 2 écrans (Rennes)');
    assert.ok(mail, mails.map(({ headers }) => headers.subject).join('\n'));
    assert.equal(mails.length, 2);
    assert.equal(mail.headers.to, '<tech@example.org>');
    assert.equal(mail.headers.from, '"Pingplay" <signs@example.org>');
    assert.equal(mail.headers['auto-submitted'], 'auto-generated');
    for (const { id: screen } of screens) {
      assert.ok(mail.text.includes(`https://signs.example.org/console/screens/${screen}\r\n`));
      assert.ok(mail.html.includes(`<a href="https://signs.example.org/console/screens/${screen}">`));
    }
    assert.match(mail.text, /- Entrée <b>1<\/b>, depuis le \d{4}-\d\d-\d\d \d\d:\d\d: /);
    assert.ok(mail.html.includes('Entrée &lt;b&gt;1&lt;/b&gt;'));
    assert.ok(mail.html.includes('<html lang="fr">') && mail.html.includes('name="viewport"'));
    assert.doesNotMatch(mail.html, /<script|<img|src=/);
    assert.match(await server.log(), /X=TLS1\.[23].*A=plain:signs/);
    assert.ok((await messages()).every(({ status }) => status === 'sent'));
    await headend.cli('alert', 'remove', id);
    await headend.sql("UPDATE device SET reported_code = ''");
  });
}

test('nothing is said to a mail server that is another one, that has no TLS, or that does not know us', async (t) => {
  const strangers = new Authority(path.join(dir, 'other'), 'Strangers');
  const cases = [
    [await mailServer('starttls', { authority: strangers }), MAIL_PASSWORD, /^TLS: /],
    [await mailServer('starttls', { name: 'mail.example.org' }), MAIL_PASSWORD, /^TLS: /],
    [await mailServer('none'), MAIL_PASSWORD, /^TLS: /],
    [await mailServer('starttls'), 'wrong', /does not take name and password \(535\)/],
  ];
  t.after(() => Promise.all(cases.map(([server]) => server.stop())));
  const [id] = await add('--name', 'Refused', '--about', 'offline', '--mail', 'tech@example.org');
  for (const [server, password, reason] of cases) {
    await account(server, password);
    await headend.cli('alert', 'test', id);
    await until(async () => (await messages()).some((one) => one.attempts > 0 && reason.test(one.reason)), String(reason), 40000);
    assert.deepEqual(await server.mails(), []);
    assert.doesNotMatch(await server.log(), /A=plain/);
    await headend.sql('DELETE FROM alert_message');
  }
  await headend.cli('alert', 'remove', id);
});

test('the password of the mail server stands nowhere: not in the database, the log, the audit or what is shown', async () => {
  const audit = await headend.cli('audit', 'export');
  assert.match(audit, /"operation":"mail_server.set"/);
  const shown = await headend.cli('mail', 'show');
  assert.equal(JSON.parse(shown).user, 'signs');
  for (const text of [await headend.dump(), headend.log, audit, shown, await headend.cli('alert', 'messages')]) {
    for (const form of [MAIL_PASSWORD, Buffer.from(MAIL_PASSWORD).toString('base64'), Buffer.from(MAIL_PASSWORD).toString('hex')]) assert.ok(!text.includes(form));
  }
});

test('a webhook is signed as the Standard Webhooks specification has it, and the same message keeps its id', async () => {
  const [id, secret] = await add('--name', 'Hook', '--about', 'problem', '--webhook', hook.url);
  assert.match(secret, /^Secret: whsec_[A-Za-z0-9+/]{43}=   \(shown this once\)$/);
  const key = Buffer.from(secret.split(/[ _]/)[2], 'base64');
  assert.ok(!(await headend.dump()).includes(key.toString('hex')));
  hook.answer.status = 500;
  await trouble(id);
  await headend.cli('alert', 'test', id);
  await until(async () => (await messages()).filter(({ reason }) => reason === 'it was answered 500').length === 2, 'two failures', 40000);
  hook.answer.status = 204;
  await headend.sql("UPDATE alert_message SET due = 0 WHERE status = 'waiting'"); // and not in a minute
  await headend.cli('alert', 'test', id);
  await until(async () => hook.posts.length >= 5, 'the posts again', 40000);
  for (const { method, url, headers, body } of hook.posts) {
    assert.equal(`${method} ${url}`, 'POST /hook');
    assert.match(headers['webhook-id'], /^msg_[0-9a-f-]{36}$/);
    assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 300);
    const signed = createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64');
    assert.equal(headers['webhook-signature'], `v1,${signed}`);
    assert.equal(headers['content-type'], 'application/json');
  }
  const of = (type) => hook.posts.filter(({ body }) => JSON.parse(body).type === type);
  assert.equal(of('alert.trouble').length, 2, hook.posts.map(({ headers, body }) => `${headers['webhook-id']} ${body}`).join('\n'));
  assert.equal(new Set(of('alert.trouble').map(({ headers }) => headers['webhook-id'])).size, 1);
  const { data } = JSON.parse(of('alert.trouble')[0].body);
  assert.equal(data.about, 'problem');
  assert.equal(data.count, 2);
  assert.deepEqual(data.screens.map(({ page }) => page).sort(), screens.map((screen) => `https://signs.example.org/console/screens/${screen.id}`).sort());
  await headend.cli('alert', 'remove', id);
  await headend.sql("UPDATE device SET reported_code = ''");
});

test('a webhook follows no redirect, and an answer without end is hung up on', async () => {
  const [id] = await add('--name', 'Elsewhere', '--about', 'offline', '--webhook', hook.url);
  hook.posts.length = 0;
  Object.assign(hook.answer, { status: 302, headers: { location: hook.url.replace('/hook', '/elsewhere') } });
  await headend.cli('alert', 'test', id);
  await until(async () => (await messages()).some(({ reason }) => reason === 'it was answered 302'), 'the reason', 40000);
  Object.assign(hook.answer, { status: 200, headers: {}, body: Buffer.alloc(256 * 1024) });
  await headend.sql('DELETE FROM alert_message');
  await headend.cli('alert', 'test', id);
  await until(async () => (await messages()).some(({ reason }) => reason === 'the answer has more than 65536 bytes'), 'the reason', 40000);
  assert.ok(hook.posts.every(({ url }) => url === '/hook'));
  Object.assign(hook.answer, { status: 204, headers: {}, body: '' });
  await headend.cli('alert', 'remove', id);
});

test('a message survives a server that is killed, and one to a private network does not go out unless it is named', async () => {
  await hook.stop();
  const [id] = await add('--name', 'Killed', '--about', 'offline', '--webhook', hook.url);
  await headend.cli('alert', 'test', id);
  await until(async () => (await messages()).some(({ attempts }) => attempts > 0), 'an attempt', 40000);
  const [waiting] = await messages();
  assert.equal(waiting.status, 'waiting');
  await headend.stopServing('SIGKILL');
  const serve = headend.options.serve;
  headend.options.serve = ['--alert-ca', authority.certificate];
  hook = await startHook();
  await headend.sql(`UPDATE alert_message SET due = 0, target = '${hook.url}'`);
  await headend.startServing();
  await until(async () => /not of the public network/.test((await messages())[0].reason), 'the reason', 40000);
  assert.equal(hook.posts.length, 0);
  await headend.stopServing();
  headend.options.serve = serve;
  await headend.sql('UPDATE alert_message SET due = 0');
  await headend.startServing();
  await until(async () => (await messages())[0].status === 'sent', 'it was sent', 40000);
  assert.equal(hook.posts[0].headers['webhook-id'], `msg_${waiting.id}`);
  assert.equal(hook.posts.length, 1);
  await headend.cli('alert', 'remove', id);
});

test('a rule is changed and shown, and one that makes no sense refused in words', async () => {
  const [id] = await add('--name', 'Nights', '--about', 'certificate', '--site', 'Rennes', '--mail', 'a@example.org', '--mail', 'b@example.org');
  await headend.cli('alert', 'set', 'Nights', '--quiet', '22:00-07:00', '--time-zone', 'Europe/Paris', '--detail', '30', '--enabled', 'no');
  assert.deepEqual(await ruleOf(id), { id, name: 'Nights', about: 'certificate', detail: '30', site: 'Rennes', channel: '', tag: '', hold_s: 0, repeat_s: 86400,
    per_hour: 10, quiet: '22:00-07:00', time_zone: 'Europe/Paris', locale: 'en', mail: ['a@example.org', 'b@example.org'], webhook: '', enabled: false });
  await assert.rejects(headend.cli('alert', 'add', '--name', 'x', '--about', 'weather', '--mail', 'a@b'), /about: nothing that alerts are about/);
  await assert.rejects(headend.cli('alert', 'add', '--name', 'x', '--about', 'offline', '--webhook', 'http://x/'), /webhook: must be an address like https/);
  await assert.rejects(headend.cli('alert', 'add', '--name', 'x', '--about', 'offline', '--mail', 'a@b', '--quiet', 'always'), /quiet: must be like 22:00-07:00/);
  assert.match(await headend.cli('alert', 'list'), /Nights/);
});

test('the API does the same, to who administers the whole or a site, and is as it is described', async () => {
  const api = await readOpenapi('tools/headend/api/openapi.yaml');
  const browser = await signIn(headend);
  const ask = async (method, target, value, cookie = browser.cookie) => {
    const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie })).json();
    const answer = await headend.request(method, target, { cookie, headers: { accept: 'application/json', 'pingplay-csrf': csrf, ...(value && { 'content-type': 'application/json' }) },
      ...(value && { body: JSON.stringify(value) }) });
    api.check(method, target, answer);
    return answer;
  };
  const made = await ask('POST', '/api/v1/alert-rules', { name: 'By API', about: 'sync', tag: 'street', mail: ['a@example.org'], webhook: hook.url });
  assert.equal(made.status, 200, made.text);
  const { id, secret } = made.json();
  assert.match(secret, /^whsec_/);
  assert.ok((await ask('GET', '/api/v1/alert-rules')).json().items.some((rule) => rule.id === id && rule.tag === 'street' && rule.hold_s === 1800 && !rule.secret));
  const refused = await ask('PATCH', `/api/v1/alert-rules/${id}`, { quiet: 'always' });
  assert.equal(`${refused.status} ${refused.json().parameter}`, '400 quiet');
  assert.equal((await ask('PATCH', `/api/v1/alert-rules/${id}`, { enabled: false, mail: [] })).json().enabled, false);
  assert.equal((await ask('POST', `/api/v1/alert-rules/${id}/test`)).status, 204);
  assert.equal((await ask('POST', `/api/v1/alert-rules/${id}/test`)).status, 204);
  await until(async () => (await ask('GET', '/api/v1/alert-messages?limit=2')).json().items.every((one) => one.rule === id && one.status === 'sent'), 'both sent', 40000);
  const first = (await ask('GET', '/api/v1/alert-messages?limit=1')).json();
  const second = (await ask('GET', `/api/v1/alert-messages?limit=1&cursor=${first.next}`)).json();
  assert.notEqual(first.items[0].id, second.items[0].id);
  assert.ok(first.items[0].created >= second.items[0].created);
  assert.equal((await ask('PUT', '/api/v1/mail-server', { host: 'mail.example.org', from: 'signs@example.org', user: 'signs', password: MAIL_PASSWORD })).status, 204);
  assert.deepEqual((await ask('GET', '/api/v1/mail-server')).json(), { host: 'mail.example.org', port: 587, tls: 'starttls', user: 'signs', from: 'signs@example.org' });
  assert.equal((await ask('PUT', '/api/v1/mail-server', { host: 'mail.example.org', from: 'nobody' })).json().parameter, 'from');
  assert.equal((await ask('DELETE', '/api/v1/mail-server')).status, 204);
  assert.equal((await ask('GET', '/api/v1/mail-server')).status, 404);

  const password = /Password: (\S+)/.exec(await headend.cli('user', 'add', 'ada', '--role', 'admin:site=Rennes'))[1];
  const ada = new Browser(headend);
  assert.equal((await ada.signIn('ada', password)).status, 303);
  const status = async (...words) => (await ask(...words, ada.cookie)).status;
  assert.equal(await status('GET', '/api/v1/mail-server', undefined), 403);
  assert.equal(await status('PUT', '/api/v1/mail-server', { host: 'x', from: 'a@b' }), 403);
  assert.equal(await status('DELETE', '/api/v1/mail-server', undefined), 403);
  // Rules of the whole, of another site, by tag or of the headend are none of theirs: what they know of is as if it were not there.
  const elsewhere = (await ask('POST', '/api/v1/alert-rules', { name: 'Lyon', about: 'offline', site: 'Lyon', mail: ['a@example.org'] })).json().id;
  const seen = async () => (await ask('GET', '/api/v1/alert-rules', undefined, ada.cookie)).json().items;
  const former = await seen(); // of the tests before
  assert.ok(former.every(({ site }) => site === 'Rennes') && former.length < (await ask('GET', '/api/v1/alert-rules')).json().items.length);
  for (const place of [{}, { site: 'Lyon' }, { channel: 'lobby' }, { tag: 'street' }, { about: 'disk' }])
    assert.equal(await status('POST', '/api/v1/alert-rules', { name: 'x', about: 'offline', mail: ['a@example.org'], ...place }), 403, JSON.stringify(place));
  for (const other of [id, elsewhere])
    for (const [method, more, value] of [['PATCH', '', { site: 'Rennes' }], ['DELETE', ''], ['POST', '/test']])
      assert.equal(await status(method, `/api/v1/alert-rules/${other}${more}`, value), 404, `${method} ${more}`);
  const own = (await ask('POST', '/api/v1/alert-rules', { name: 'Rennes', about: 'offline', site: 'Rennes', webhook: hook.url }, ada.cookie)).json().id;
  for (const value of [{ site: 'Lyon' }, { site: '' }, { tag: 'street' }])
    assert.equal(await status('PATCH', `/api/v1/alert-rules/${own}`, value), 403, JSON.stringify(value));
  assert.equal((await seen()).find((rule) => rule.id === own).site, 'Rennes', 'it stays as it was');
  assert.equal(await status('POST', `/api/v1/alert-rules/${own}/test`, undefined), 204);
  assert.deepEqual((await ask('GET', '/api/v1/alert-messages', undefined, ada.cookie)).json().items.filter(({ rule }) => !former.some((one) => one.id === rule)).map(({ rule }) => rule), [own]);
  assert.equal(await status('DELETE', `/api/v1/alert-rules/${own}`, undefined), 204);
  assert.equal((await ask('DELETE', `/api/v1/alert-rules/${elsewhere}`)).status, 204);
  assert.equal((await ask('DELETE', `/api/v1/alert-rules/${id}`)).status, 204);
  assert.equal((await ask('DELETE', `/api/v1/alert-rules/${id}`)).status, 404);
});
