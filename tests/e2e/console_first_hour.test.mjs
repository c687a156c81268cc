// The console of a headend without an account: from its set-up link on, as a person does it with a phone or at a desk.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { addAuthenticator, desktop, open, phone, setupLink, startBrowser } from './lib/console.mjs';
import { startHeadend } from './lib/headend.mjs';

const password = 'four unrelated words';

let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser?.close());

for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
  describe(`the first account on ${device}`, () => {
    let headend;
    let one;
    let page;
    beforeEach(async () => {
      headend = await startHeadend({ account: false });
      one = await open(browser, headend, size);
      page = one.page;
    });
    afterEach(async () => {
      await one.close();
      await headend.stop();
    });
    const signedIn = () => page.getByRole('button', { name: 'Account: Ann' }).waitFor();

    test('is made with a passkey, which signs in again and is looked after', async () => {
      await page.goto(await setupLink(headend));
      await page.getByRole('heading', { name: 'Welcome' }).waitFor();
      await one.axe('set-up by passkey'); // its session's end would take the authenticator with it
      const keys = await addAuthenticator(one);
      assert.equal(await page.evaluate(() => document.activeElement.id), 'name');
      await page.getByRole('button', { name: 'Make a passkey' }).click();
      await page.getByText('Enter your name.').waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.id), 'name', 'where something is missing');
      await page.keyboard.type('Ann');
      await page.keyboard.press('Enter');
      await signedIn();
      assert.deepEqual([new URL(page.url()).pathname, new URL(page.url()).hash], ['/console/', ''], 'the link is not in the address');
      assert.equal((await keys.all()).length, 1);
      assert.equal(await headend.sql('SELECT name || password FROM admin'), 'Ann', 'there is no password');

      await page.getByRole('button', { name: 'Account: Ann' }).click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await signedIn();

      await page.getByRole('button', { name: 'Account: Ann' }).click();
      await page.getByRole('link', { name: 'Your account' }).click();
      await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor();
      const row = page.getByRole('list', { name: 'Passkeys' }).getByRole('listitem');
      await row.getByText('used now').waitFor();
      await row.getByRole('button', { name: /^Rename/ }).click();
      await page.getByRole('dialog').getByLabel('Name').fill('My phone');
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await row.getByText('My phone').waitFor();
      await row.getByRole('button', { name: 'Remove the passkey My phone' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await page.getByRole('dialog').getByText('It is the last way to sign in, and stays.').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Add a passkey' }).click();
      await page.getByText('This passkey is known already.').waitFor();
      await keys.another();
      await page.getByRole('button', { name: 'Add a passkey' }).click();
      await page.getByText('The passkey is added.').waitFor();
      assert.equal(await row.count(), 2);
      await row.getByRole('button', { name: 'Remove the passkey My phone' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await page.getByText('The passkey is removed.').waitFor();
      assert.equal(await headend.sql('SELECT count(*) FROM passkey'), '1');
      await one.axe('account');
      assert.deepEqual(one.complaints, []);
    });

    test('is made with a password where there can be no passkey', async () => {
      const link = await setupLink(headend);
      await page.goto(link.replace('localhost', '127.0.0.1'));
      await page.getByRole('heading', { name: 'Welcome' }).waitFor();
      assert.equal(await page.getByText('passkey', { exact: false }).count(), 0, 'not for an address');
      await page.keyboard.type('Ann');
      await page.keyboard.press('Tab');
      await page.keyboard.type('short');
      await page.keyboard.press('Enter');
      await page.getByText('A password has 10 to 200 characters').waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.id), 'password');
      await one.axe('set-up by password');
      await page.locator('#password').fill(password);
      await page.getByRole('button', { name: 'Show the password' }).click();
      assert.equal(await page.locator('#password').getAttribute('type'), 'text');
      await page.getByRole('button', { name: 'Make the account' }).click();
      await signedIn();
      const [, token] = link.split('#');
      assert.equal(headend.log.includes(token), false);
      assert.ok(!(await page.evaluate(() => JSON.stringify([location.href, document.cookie, { ...localStorage }, { ...sessionStorage }]))).includes(token));
      assert.deepEqual(one.complaints, []);
    });

    test('a person who is not verified, or says no, is offered the password', async () => {
      await addAuthenticator(one, { isUserVerified: false });
      await page.goto(await setupLink(headend));
      await page.locator('#name').fill('Ann');
      await page.getByRole('button', { name: 'Make a passkey' }).click();
      await page.getByText('No passkey was made.').waitFor();
      await page.locator('#password').fill(password);
      await page.getByRole('button', { name: 'Make the account' }).click();
      await signedIn();
      await page.getByRole('button', { name: 'Account: Ann' }).click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      await page.getByText('No passkey was used.').waitFor();
      assert.deepEqual(one.complaints, []);
    });

    test('a link that does not work says so, and why', async () => {
      await page.goto(`${headend.url}/setup`);
      await page.getByText('This page is opened by the link that the headend prints.').waitFor();
      await page.goto('about:blank');
      await page.goto(`${headend.url}/setup#${'x'.repeat(43)}`);
      await page.getByText('It was used, is older than a day').waitFor();
      await one.axe('a link that does not work');
      // Somebody else was quicker while this page stood open.
      await page.goto('about:blank');
      await page.goto((await setupLink(headend)).replace('localhost', '127.0.0.1'));
      await page.locator('#name').fill('Ann');
      await page.locator('#password').fill(password);
      await headend.cliInput('long enough now\n', 'user', 'add', 'admin', '--password-stdin');
      await page.getByRole('button', { name: 'Make the account' }).click();
      await page.getByText('It was used, is older than a day').waitFor();
      assert.deepEqual(one.complaints, []);
    });
  });
}
