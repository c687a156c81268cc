// The history of a channel in the console: versions named, compared and rolled back to; a second person who agrees or refuses.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { desktop, open, phone, startBrowser } from './lib/console.mjs';
import { png } from './lib/content.mjs';
import { eventually, startHeadend } from './lib/headend.mjs';
import { Library } from './lib/library.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { Publishing, draftOf } from './lib/publishing.mjs';

const openapi = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../tools/headend/api/openapi.yaml');

for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
  describe(`publishing on ${device}`, () => {
    let headend;
    let browser;
    let admin;
    let pat;
    let publishing;
    const content = {};
    const visit = async (who, channel, body) => {
      const one = await open(browser, headend, { ...size, cookie: who.consoleCookie });
      try {
        await one.page.goto(`${headend.url}/console/channels/${channel}`);
        await one.page.getByRole('heading', { level: 1, name: channel }).waitFor();
        await body(one.page, one);
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
      }
    };

    before(async () => {
      headend = await startHeadend();
      browser = await startBrowser();
      admin = await Person.signIn(headend, await readOpenapi(openapi));
      pat = await Person.add(headend, admin.api, 'pat', 'publisher');
      publishing = new Publishing(headend, admin);
      const library = new Library(admin);
      for (const name of ['one', 'two', 'three']) content[name] = (await library.add(Buffer.concat([png, randomBytes(2000)]), { filename: `${name}.png` })).content;
    });
    after(async () => {
      await browser?.close();
      await headend?.stop();
    });
    const items = (...names) => names.map((name) => ({ content: content[name] }));
    const versions = async (channel) => (await admin.get(`/api/v1/channels/${channel}/versions`)).json().items;

    test('a version is named, compared with what is published, and published again', async () => {
      await publishing.publish('hall', items('one', 'two'), {}, { note: 'Opening' });
      await publishing.publish('hall', items('two', 'three'), {}, { note: 'Summer' });
      await visit(admin, 'hall', async (page, one) => {
        const rows = page.locator('.version');
        await rows.nth(1).waitFor();
        assert.match(await rows.nth(0).innerText(), /admin · Summer[^]*Published now/);
        assert.match(await rows.nth(1).innerText(), /admin · Opening/);
        assert.equal(await rows.nth(0).getByRole('button', { name: /Roll back/ }).count(), 0, 'what is published cannot be rolled back to');
        await rows.nth(1).getByRole('button', { name: /^Name / }).click();
        await page.getByRole('dialog').getByLabel('Name').fill('Opening night');
        await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
        await rows.nth(1).getByText('Opening night').waitFor();
        await page.getByRole('button', { name: 'Roll back to Opening night' }).focus();
        await page.keyboard.press('Enter');
        const dialog = page.getByRole('dialog');
        await dialog.locator('.change').nth(1).waitFor();
        assert.deepEqual(await dialog.locator('.change').evaluateAll((all) => all.map((each) => [each.className.replace('told change ', ''), each.querySelector('strong').innerText])), [['added', 'one.png'], ['removed', 'three.png']]);
        await one.axe('the question before a roll back');
        await dialog.getByLabel('Note').fill('Back');
        await dialog.getByRole('button', { name: 'Roll back' }).click();
        await rows.filter({ hasText: 'Back' }).filter({ hasText: 'Published now' }).waitFor();
        assert.equal(await rows.count(), 3);
      });
      const [now] = await versions('hall');
      assert.deepEqual([now.note, now.contents, now.restored !== null], ['Back', 2, true]);
      assert.equal((await versions('hall')).find(({ name }) => name)?.name, 'Opening night');
    });

    test('what somebody changes meanwhile is not published: the question is asked anew', async () => {
      await publishing.draft('busy', { items: items('one') });
      await visit(admin, 'busy', async (page) => {
        await page.locator('.change').first().waitFor();
        await page.getByRole('button', { name: 'Publish' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Note').waitFor();
        await publishing.draft('busy', { items: items('one', 'two') });
        await page.locator('.item').nth(1).waitFor(); // it came without loading the page
        await dialog.getByRole('button', { name: 'Publish' }).click();
        await dialog.getByText('Somebody has changed it meanwhile.').waitFor();
        assert.deepEqual((await admin.get('/api/v1/channels/busy/jobs')).json().items, []);
        await dialog.getByRole('button', { name: 'Cancel' }).click();
        await page.getByRole('button', { name: 'Publish' }).click();
        await dialog.getByRole('button', { name: 'Publish' }).click();
        await page.getByText('Done. Screens switch').waitFor();
      });
      assert.equal((await versions('busy'))[0].contents, 2);
    });

    test('where a second person has to agree, she sees exactly what goes out; who asked cannot agree', async () => {
      await publishing.publish('both', items('one', 'two'));
      const one = await open(browser, headend, { ...size, cookie: admin.consoleCookie });
      await one.page.goto(`${headend.url}/console/channels`);
      await one.page.getByLabel('A second person has to agree').check();
      await one.page.getByText('Each publish waits for a second person').waitFor();
      await one.axe('channels, with the setting');
      await one.close();
      await publishing.draft('both', { items: items('three', 'one') });
      const place = await publishing.ask('both', { note: 'Prices' }, pat);
      await publishing.draft('both', { items: items('two') }); // is not what is agreed to
      await visit(pat, 'both', async (page, look) => {
        await page.locator('.agreeing .item').nth(1).waitFor();
        assert.match(await page.locator('.agreeing').innerText(), /Asked by you/);
        assert.equal(await page.getByRole('button', { name: 'Agree and publish' }).count(), 0);
        await page.getByRole('button', { name: 'Take it back' }).waitFor();
        await look.axe('one’s own publish that waits');
      });
      await visit(admin, 'both', async (page, look) => {
        await page.locator('.agreeing .item').nth(1).waitFor();
        assert.match(await page.locator('.agreeing').innerText(), /Asked by pat[^]*“Prices”/);
        assert.deepEqual(await page.locator('.agreeing .item strong').allInnerTexts(), ['three.png', 'one.png']);
        await look.axe('a publish that waits for a second person');
        await page.getByRole('button', { name: 'Agree and publish' }).click();
        await page.getByText('Done. Screens switch').waitFor();
        await page.locator('.agreeing').waitFor({ state: 'detached' });
      });
      const job = (await admin.get(place)).json();
      assert.deepEqual([job.state, job.author, job.decided_by], ['done', 'pat', 'admin']);
    });

    test('a refusal has a reason, which who asked reads at once', async () => {
      await admin.ask('PUT', '/api/v1/settings/publishing', { approval: true });
      await publishing.draft('no', { items: items('one') });
      const place = await publishing.ask('no', {}, pat);
      await visit(pat, 'no', async (page) => {
        await page.locator('.agreeing').waitFor();
        await visit(admin, 'no', async (other) => {
          await other.getByRole('button', { name: 'Refuse' }).click();
          const dialog = other.getByRole('dialog');
          await dialog.getByRole('button', { name: 'Refuse' }).click();
          await dialog.getByText('Say why.').waitFor();
          await dialog.getByLabel('Reason').fill('The prices are of last year');
          await dialog.getByRole('button', { name: 'Refuse' }).click();
          await other.locator('.agreeing').waitFor({ state: 'detached' });
        });
        await page.getByText('Refused by admin: The prices are of last year').first().waitFor();
        await page.locator('.agreeing').waitFor({ state: 'detached' });
      });
      await eventually(async () => (await pat.get(place)).json().refusal === 'The prices are of last year', 5000, 'the reason');
      assert.deepEqual((await admin.get(draftOf('no'))).json().document.items, items('one'), 'the draft stays');
    });
  });
}
