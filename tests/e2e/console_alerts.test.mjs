// Alerts in the console: rules made and changed, a test that arrives at a real mail server and a webhook, and what did not arrive.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { desktop, open, phone, startBrowser } from './lib/console.mjs';
import { enrolDevice, eventually, startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { Authority } from './lib/pki.mjs';
import { MAIL_PASSWORD, startMailServer } from './servers/mail.mjs';

const openapi = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../tools/headend/api/openapi.yaml');

async function startHook(authority) {
  const { cert, key } = authority.issue('localhost', { extensions: ['subjectAltName=DNS:localhost', 'extendedKeyUsage=serverAuth', 'keyUsage=digitalSignature'] });
  const posts = [];
  const server = https.createServer({ cert, key }, (request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      posts.push({ headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { posts, url: `https://localhost:${server.address().port}/hook`, stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
  describe(`alerts on ${device}`, () => {
    let dir;
    let headend;
    let browser;
    let admin;
    let mails;
    let hook;
    const visit = async (who, body) => {
      const one = await open(browser, headend, { ...size, cookie: who.consoleCookie });
      try {
        await one.page.goto(`${headend.url}/console/alerts`);
        await one.page.getByRole('heading', { level: 1, name: 'Alerts' }).waitFor();
        await body(one.page, one);
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
      }
    };
    const rules = async () => (await admin.get('/api/v1/alert-rules')).json().items;

    before(async () => {
      dir = await mkdtemp(path.join(tmpdir(), 'pingplay-console-alerts-'));
      await chmod(dir, 0o755);
      const authority = new Authority(dir, 'Alerts authority');
      headend = await startHeadend({ serve: ['--alert-ca', authority.certificate, '--webhook-networks', '127.0.0.0/8 ::1', '--poll-interval', '1'] });
      browser = await startBrowser();
      admin = await Person.signIn(headend, await readOpenapi(openapi));
      mails = await startMailServer({ dir: await mkdtemp(path.join(dir, 'mail-')), authority, tls: 'starttls' });
      hook = await startHook(authority);
      for (const name of ['Entrance', 'Lift']) await enrolDevice(headend, { name, channel: 'lobby' });
      await headend.sql("UPDATE device SET site = CASE name WHEN 'Lift' THEN 'Rennes' ELSE 'Lyon' END");
    });
    after(async () => {
      await browser?.close();
      await hook?.stop();
      await mails?.stop();
      await headend?.stop();
      await rm(dir, { recursive: true, force: true });
    });

    test('the mail server is named, a rule is made, its test arrives by mail and webhook, signed by the secret that was shown once', async () => {
      await visit(admin, async (page, one) => {
        const dialog = page.getByRole('dialog');
        await page.getByText('None is named').waitFor();
        await page.getByRole('button', { name: 'Name one' }).click();
        await dialog.getByLabel('Server').fill('localhost');
        await dialog.getByLabel('Port').fill(String(mails.port));
        await dialog.getByLabel('Sender').fill('signs@example.org');
        await dialog.getByLabel('Signs in as').fill('signs');
        await dialog.getByLabel('Password').fill(MAIL_PASSWORD);
        await one.axe('the mail server’s fields');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.getByText(`localhost:${mails.port}`).waitFor();

        await page.getByRole('button', { name: 'New rule' }).click();
        await dialog.getByRole('button', { name: 'Save' }).click();
        await dialog.getByText('Give the rule a name.').waitFor();
        await dialog.getByLabel('Name').fill('Rennes is dark');
        await dialog.getByLabel('Tell when').selectOption({ label: 'A screen’s certificate is about to end' });
        await dialog.getByLabel('Days before').fill('30');
        await dialog.getByLabel('Tell when').selectOption({ label: 'A screen is offline' });
        assert.equal(await dialog.getByLabel('Days before').count(), 0);
        await dialog.getByLabel('Of which screens').selectOption({ label: 'Those of a site' });
        await dialog.getByLabel('Site', { exact: true }).selectOption('Rennes');
        await dialog.getByLabel('For how many minutes').fill('15');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await dialog.getByText('Say who is told').waitFor();
        await dialog.getByLabel('Mail to').fill('tech@example.org');
        await dialog.getByLabel('Webhook').fill(hook.url);
        await dialog.getByLabel('From', { exact: true }).fill('22:00');
        await dialog.getByLabel('To', { exact: true }).fill('07:00');
        await dialog.getByLabel('Time zone').fill('Europe/Paris');
        await one.axe('a rule’s fields');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await dialog.getByRole('heading', { name: 'The webhook’s secret' }).waitFor();
        const secret = await dialog.getByLabel('Secret', { exact: true }).inputValue();
        assert.match(secret, /^whsec_/);
        await one.axe('the secret');
        await dialog.locator('footer').getByRole('button', { name: 'Close' }).click();
        assert.match(await page.locator('.rule').innerText(), /Rennes is dark\s+A screen is offline · Site Rennes · for 15 minutes\s+tech@example\.org, webhook localhost:\d+ · quiet 22:00–07:00/);
        const [rule] = await rules();
        assert.deepEqual([rule.site, rule.hold_s, rule.quiet, rule.mail, rule.webhook, rule.repeat_s], ['Rennes', 900, '22:00-07:00', ['tech@example.org'], hook.url, 86400]);

        await page.getByRole('button', { name: 'Send a test of Rennes is dark' }).click();
        const sent = page.getByRole('list', { name: 'What was sent' }).getByRole('listitem').filter({ hasText: 'A test' }).filter({ hasText: 'Sent' });
        await sent.nth(1).waitFor();
        await eventually(async () => (await mails.mails()).length === 1 && hook.posts.length === 1, 20000, 'both have come');
        const [{ headers, body }] = hook.posts;
        const signed = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64');
        assert.equal(headers['webhook-signature'], `v1,${signed}`);
        await one.axe('alerts');
      });
    });

    test('a rule is changed by keys alone, switched off, and removed', async () => {
      await visit(admin, async (page) => {
        const dialog = page.getByRole('dialog');
        await page.getByRole('button', { name: 'Edit Rennes is dark' }).focus();
        await page.keyboard.press('Enter');
        assert.equal(await dialog.getByLabel('Site', { exact: true }).inputValue(), 'Rennes');
        await dialog.getByLabel('The rule is on').focus();
        await page.keyboard.press('Space');
        await page.keyboard.press('Enter');
        await page.locator('.rule .badge').waitFor();
        assert.equal(await page.locator('.rule .badge').innerText(), 'Off');
        const [rule] = await rules();
        assert.deepEqual([rule.enabled, rule.site, rule.hold_s, rule.quiet], [false, 'Rennes', 900, '22:00-07:00'], 'all else stays');
        await page.getByRole('button', { name: 'Remove Rennes is dark' }).click();
        await dialog.getByRole('button', { name: 'Remove' }).click();
        await page.getByRole('heading', { name: 'Nobody is told yet' }).waitFor();
      });
      assert.deepEqual(await rules(), []);
    });

    test('what did not arrive says why; who administers one site is offered that one alone', async () => {
      await admin.ask('PUT', '/api/v1/mail-server', { host: 'localhost', port: mails.port, from: 'signs@example.org', user: 'signs', password: 'wrong' });
      const { id } = (await admin.ask('POST', '/api/v1/alert-rules', { name: 'All', about: 'problem', mail: ['tech@example.org'] })).json();
      await visit(admin, async (page) => {
        await page.getByRole('button', { name: 'Send a test of All' }).click();
        await page.getByText(/Attempt 1: .*\(535\)/).waitFor();
      });
      const ada = await Person.add(headend, admin.api, 'ada', 'admin:site=Rennes');
      await visit(ada, async (page, one) => {
        await page.getByRole('heading', { name: 'Nobody is told yet' }).waitFor();
        assert.equal(await page.getByRole('heading', { name: 'Mail server' }).count(), 0);
        await page.getByRole('button', { name: 'New rule' }).click();
        const dialog = page.getByRole('dialog');
        assert.deepEqual(await dialog.getByLabel('Of which screens').locator('option').allInnerTexts(), ['Those of a site']);
        await dialog.locator('#set-place option').first().waitFor({ state: 'attached' });
        assert.deepEqual(await dialog.locator('#set-place option').allInnerTexts(), ['Rennes']);
        assert.doesNotMatch(await dialog.getByLabel('Tell when').innerText(), /disk/);
        await dialog.getByLabel('Name').fill('Mine');
        await dialog.getByLabel('Mail to').fill('ada@example.org');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.locator('.rule').waitFor();
        await one.axe('alerts of one site');
      });
      assert.deepEqual((await rules()).map(({ name, site }) => [name, site]), [['All', ''], ['Mine', 'Rennes']]);
      await admin.ask('DELETE', `/api/v1/alert-rules/${id}`);
      const vi = await Person.add(headend, admin.api, 'vi', 'viewer');
      await visit(vi, async (page) => {
        await page.getByText('You may not do this.').waitFor();
        assert.equal(await page.getByRole('link', { name: 'Alerts' }).count(), 0);
      });
    });
  });
}
