// One's own password and sessions, and people who are invited, given roles, locked out and removed, in the console.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { desktop, open, phone, session, startBrowser } from './lib/console.mjs';
import { startHeadend } from './lib/headend.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';

const openapi = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../tools/headend/api/openapi.yaml');
const PASSWORD = 'long enough to be one';
const NEXT = 'four unrelated words here';

for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
  describe(`people on ${device}`, () => {
    let headend;
    let browser;
    let admin;
    before(async () => {
      headend = await startHeadend();
      browser = await startBrowser();
      admin = await Person.signIn(headend, await readOpenapi(openapi));
      await admin.ask('POST', '/api/v1/channels', { id: 'lobby', title: 'Lobby' });
    });
    after(async () => {
      await browser?.close();
      await headend?.stop();
    });
    beforeEach(() => headend.sql('DELETE FROM throttle'));
    const users = async () => (await admin.get('/api/v1/users')).json().items;

    test('somebody is invited, sets a password by the link that is shown once, and may do what their role says', async () => {
      const one = await open(browser, headend, { ...size, cookie: admin.consoleCookie });
      const { page } = one;
      try {
        await page.goto(`${headend.url}/console/people`);
        await page.getByRole('button', { name: 'Invite somebody' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Your name').fill('Marie');
        await dialog.getByLabel('Role 1', { exact: true }).selectOption('editor');
        await dialog.getByLabel('For what, role 1').selectOption('channel');
        await dialog.getByRole('button', { name: 'Invite' }).click();
        await dialog.getByText('Choose the site or channel of each role.').waitFor();
        await dialog.getByLabel('Which one, role 1').selectOption({ label: 'Lobby' });
        await one.axe('an invitation');
        await dialog.getByRole('button', { name: 'Invite' }).click();
        await dialog.getByRole('heading', { name: 'A link for Marie' }).waitFor();
        const link = await dialog.getByLabel('Link', { exact: true }).inputValue();
        assert.match(link, /^https:\/\/[^/]+\/setup#[\w-]{43}$/);
        await one.axe('the link');
        await dialog.locator('footer').getByRole('button', { name: 'Close' }).click();
        const row = page.locator('.person').filter({ hasText: 'Marie' });
        assert.match(await row.innerText(), /Editor of the channel lobby[^]*invited, no password yet/);

        const other = await open(browser, headend, size);
        await other.page.goto(link);
        await other.page.getByRole('heading', { name: 'Welcome' }).waitFor();
        assert.equal(await other.page.getByLabel('Your name').inputValue(), 'Marie');
        await other.axe('the page behind an invitation');
        await other.page.locator('#password').fill(NEXT);
        await other.page.getByRole('button', { name: 'Set the password' }).click();
        await other.page.getByRole('navigation', { name: 'Main' }).waitFor();
        assert.equal(await other.page.getByRole('link', { name: 'People' }).count(), 0);
        await other.page.goto(`${headend.url}/console/people`);
        await other.page.getByText('You may not do this.').waitFor();
        assert.deepEqual(other.complaints, []);

        await page.getByRole('button', { name: 'Lock Marie out' }).click();
        await dialog.getByRole('button', { name: 'Lock out' }).click();
        await row.getByText('Locked out').waitFor();
        await other.page.getByText('Your session has ended.').waitFor({ timeout: 30000 });
        await other.close();
        await page.getByRole('button', { name: 'Let Marie in again' }).click();
        await row.getByText('Locked out').waitFor({ state: 'detached' });
        await page.getByRole('button', { name: 'Roles of Marie' }).click();
        await dialog.getByRole('button', { name: 'Add a role' }).click();
        await dialog.getByLabel('Role 2', { exact: true }).selectOption('operator');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await row.getByText('Operator').waitFor();
        assert.deepEqual((await users()).find(({ name }) => name === 'Marie').roles, ['editor:channel=lobby', 'operator']);
        await one.axe('people');
        await page.getByRole('button', { name: 'Remove Marie' }).click();
        await dialog.getByRole('button', { name: 'Remove' }).click();
        await row.waitFor({ state: 'detached' });
        assert.equal(await page.getByRole('button', { name: 'Remove admin' }).count(), 0, 'not oneself');
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
      }
    });

    test('one’s password is changed, and sessions are named and ended; the other browser is told', async () => {
      await Person.add(headend, admin.api, 'Ann', 'viewer');
      const [one, two] = await Promise.all([0, 1].map(async () => open(browser, headend, { ...size, cookie: await session(headend, 'Ann', PASSWORD) })));
      const { page } = one;
      try {
        await two.page.goto(`${headend.url}/console/`);
        await two.page.getByRole('heading', { level: 1, name: 'Screens' }).waitFor();
        await page.goto(`${headend.url}/console/account`);
        await page.locator('.session').nth(2).waitFor();
        assert.equal(await page.locator('.session').filter({ hasText: 'Here' }).count(), 1);
        const dialog = page.getByRole('dialog');
        await page.locator('.session').filter({ hasNotText: 'Here' }).first().getByRole('button', { name: /^Name the session/ }).click();
        await dialog.getByLabel('Name').fill('Old tablet');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.locator('.session').filter({ hasText: 'Old tablet' }).waitFor();
        await one.axe('the account');
        await page.getByRole('button', { name: 'Change the password' }).click();
        await dialog.getByLabel('Present password').fill('something else');
        await dialog.getByLabel('New password').fill(NEXT);
        await dialog.getByRole('button', { name: 'Change the password' }).click();
        await dialog.getByText('The present password is not right.').waitFor();
        await one.axe('a password that is not right');
        await dialog.getByLabel('Present password').fill(PASSWORD);
        await dialog.getByRole('button', { name: 'Change the password' }).click();
        await page.getByText('The password is changed.').waitFor();
        await page.locator('.session').nth(1).waitFor({ state: 'detached' });
        await two.page.getByText('Your session has ended.').waitFor({ timeout: 30000 });
        const third = await session(headend, 'Ann', NEXT);
        await page.reload();
        await page.locator('.session').nth(1).waitFor();
        await page.getByRole('button', { name: /^End the session/ }).click();
        await dialog.getByRole('button', { name: 'End', exact: true }).click();
        await page.locator('.session').nth(1).waitFor({ state: 'detached' });
        assert.equal((await headend.request('GET', '/api/v1/session', { cookie: third, headers: { accept: 'application/json' } })).status, 401);
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
        await two.close();
      }
    });
  });
}
