// From the first sign-in to one's own picture on a real screen, and channels: arranged, compared, published, taken back.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { desktop, open, phone, session, setupLink, startBrowser, tabTo, upload } from './lib/console.mjs';
import { startDisplay } from './lib/display.mjs';
import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { makeImage, makeVideo } from './lib/media.mjs';

let browser;
let dir;
before(async () => {
  browser = await startBrowser();
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-console-channels-'));
  for (const colour of ['red', 'blue', 'green']) await makeImage(dir, `${colour}.png`, colour);
  await makeVideo(dir, 'film.mp4', 'yellow', 2);
});
after(async () => {
  await browser?.close();
  await rm(dir, { recursive: true, force: true });
});
const file = (name) => path.join(dir, name);
const near = (...colour) => (picture) => picture.at(picture.width >> 1, picture.height >> 1).every((value, i) => Math.abs(value - colour[i]) < 60);

describe('the first hour', () => {
  for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
    test(`leads from an empty headend to one’s own picture on the screen, with ${device} alone`, async (t) => {
      const headend = await startHeadend({ account: false, serve: ['--poll-interval', '1'] });
      t.after(() => headend.stop());
      const display = await startDisplay(headend, { size: '640x360' });
      t.after(() => display.stop());
      const one = await open(browser, headend, size);
      t.after(() => one.close());
      const { page } = one;
      await page.goto((await setupLink(headend)).replace('localhost', '127.0.0.1'));
      await page.locator('#name').fill('Ann');
      await page.locator('#password').fill('four unrelated words');
      await page.getByRole('button', { name: 'Make the account' }).click();
      await page.getByRole('heading', { name: 'Three things to do' }).waitFor();
      await one.axe('three things to do');
      const step = (name) => page.locator('.first').filter({ has: page.getByRole('heading', { name, exact: true }) });
      assert.equal(await page.locator('.first.done').count(), 0);

      const { code } = await display.waitCode();
      const shown = (await headend.fingerprintShown(code)).split(' ');
      await page.getByLabel('Code on the screen').fill(code);
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('heading', { name: 'Compare with the screen' }).waitFor();
      const told = await page.locator('span.group').allInnerTexts();
      await page.getByLabel('Missing group').fill(shown.find((group) => !told.some((text) => text.includes(group))));
      await page.getByLabel('Name').fill('Shop window');
      await one.axe('a screen that is approved on the first page');
      await page.getByRole('button', { name: 'Approve' }).click();
      await step('Add a screen').and(page.locator('.done')).waitFor();
      assert.equal(new URL(page.url()).pathname, '/console/', 'it stays on the page');

      await page.locator('#files').setInputFiles(file('red.png'));
      await step('Upload something').and(page.locator('.done')).waitFor();
      await page.getByRole('button', { name: 'Show it' }).click();
      await page.getByRole('dialog').getByLabel('Where').selectOption({ label: 'Shop window' });
      await one.axe('where it is to be shown');
      await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
      await page.getByRole('heading', { name: 'It is on the screen' }).waitFor({ timeout: 30000 });
      await display.waitPicture(near(255, 0, 0), 'one’s own picture');
      await page.locator('.first-head').getByRole('button', { name: 'Close' }).click();
      await page.locator('.first-steps').waitFor({ state: 'detached' });
      await page.reload();
      await page.locator('.row').waitFor();
      assert.equal(await page.locator('.first-steps').count(), 0, 'it is over');
      assert.deepEqual(one.complaints, []);
    });
  }
});

for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
  describe(`a channel on ${device}`, () => {
    let headend;
    let cookie;
    before(async () => {
      headend = await startHeadend();
      cookie = await session(headend);
      await upload(headend, ['red.png', 'blue.png', 'green.png', 'film.mp4'].map(file));
      await enrolDevice(headend, { name: 'Door', channel: 'lobby' });
    });
    after(() => headend?.stop());

    const draft = async () => JSON.parse((await headend.request('GET', '/api/v1/channels/hall/draft', { cookie })).text).document;
    const names = (page) => page.locator('.item strong').allInnerTexts();

    test('is made, filled, put in order by dragging, published, and taken back', async () => {
      const one = await open(browser, headend, { ...size, cookie });
      const { page } = one;
      try {
        await page.goto(`${headend.url}/console/channels`);
        await page.getByRole('button', { name: 'New channel' }).click();
        await page.getByRole('dialog').getByLabel('Name').fill('Hall');
        await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click();
        await page.getByRole('heading', { level: 1, name: 'Hall' }).waitFor();
        await page.getByText('Nothing is on it yet.').waitFor();
        await page.getByRole('button', { name: 'Add content' }).click();
        const dialog = page.getByRole('dialog');
        for (const name of ['red', 'blue', 'film']) await dialog.locator('.pick').filter({ hasText: name }).click();
        await one.axe('content to be chosen');
        await dialog.getByRole('button', { name: 'Add', exact: true }).click();
        await page.locator('.change.added').nth(2).waitFor();
        assert.deepEqual(await names(page), ['red.png', 'blue.png', 'film.mp4']);
        // The last one to the top, with the mouse.
        const handle = (n) => page.locator('.handle').nth(n);
        await handle(2).scrollIntoViewIfNeeded();
        const [from, to] = [await handle(2).boundingBox(), await handle(0).boundingBox()];
        await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
        await page.mouse.down();
        await page.mouse.move(from.x + from.width / 2, from.y - 10, { steps: 4 });
        await page.mouse.move(to.x + to.width / 2, to.y + 4, { steps: 8 });
        await page.mouse.up();
        assert.deepEqual(await names(page), ['film.mp4', 'red.png', 'blue.png']);
        await page.getByRole('button', { name: 'Edit red.png' }).click();
        await dialog.getByLabel('Seconds').fill('0');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await dialog.getByText('From 0.1 seconds to 24 hours.').waitFor();
        await dialog.getByLabel('Seconds').fill('7.5');
        await dialog.getByLabel('On the screen').selectOption('cover');
        await dialog.getByLabel('How often').selectOption('3');
        await dialog.getByLabel('Shown until').fill('2031-05-01T08:30');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.locator('.item').filter({ hasText: 'red.png' }).getByText(/7.5 s · 3 times a round · until/).waitFor();
        await page.locator('.split-side').getByText('Saving…').waitFor({ state: 'detached' });
        await one.axe('a channel');
        await page.getByRole('button', { name: 'Publish' }).click();
        await dialog.getByLabel('Note').fill('The first one');
        await dialog.getByRole('button', { name: 'Publish' }).click();
        await page.getByText('Done. Screens switch').waitFor({ timeout: 30000 });
        await page.getByText('Screens play what stands here.').waitFor();
        await page.getByText('admin · The first one').waitFor();
        const { items } = await draft();
        assert.deepEqual(items.map(({ content, ...more }) => more), [{}, { duration: 'PT7.5S', fit: 'cover', weight: 3, valid_to: '2031-05-01T06:30:00Z' }, {}]);
        await page.getByRole('button', { name: 'Take red.png off the playlist' }).click();
        await page.locator('.change.removed').getByText('red.png').waitFor();
        assert.deepEqual(await names(page), ['film.mp4', 'blue.png']);
        await page.getByRole('button', { name: 'More actions' }).click();
        await page.getByRole('button', { name: 'Take back' }).click();
        await dialog.getByRole('button', { name: 'Take back' }).click();
        await page.getByText('Nothing published yet').waitFor({ timeout: 30000 });
        await page.getByRole('button', { name: 'More actions' }).click();
        await page.getByRole('button', { name: 'Remove', exact: true }).click();
        await dialog.getByRole('button', { name: 'Remove' }).click();
        await page.getByRole('heading', { level: 1, name: 'Channels' }).waitFor();
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
      }
    });

    test('shows a piece of content beside what it shows already, or in its place', async () => {
      const one = await open(browser, headend, { ...size, cookie });
      const { page } = one;
      try {
        const shown = async (name, alone) => {
          await page.goto(`${headend.url}/console/content?q=${name}`);
          await page.locator('.tile').filter({ hasText: name }).getByRole('link').click();
          await page.getByRole('button', { name: 'Show it' }).click();
          if (alone) await page.getByLabel('In place of what is there').check();
          await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
          await page.getByText('Done. Screens switch').waitFor({ timeout: 30000 });
          return names(page);
        };
        assert.deepEqual(await shown('red', false), ['red.png']);
        assert.deepEqual(await shown('blue', false), ['red.png', 'blue.png']);
        assert.deepEqual(await shown('green', true), ['green.png']);
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
      }
    });
  });
}

describe('a channel with the keyboard alone', () => {
  test('is put in order, and says where things went', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    const cookie = await session(headend);
    const made = await upload(headend, ['red.png', 'blue.png', 'green.png'].map(file));
    const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie })).json();
    const ask = (method, target, body, headers = {}) => headend.request(method, target, { cookie, headers: { 'pingplay-csrf': csrf, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    await ask('POST', '/api/v1/channels', { title: 'Hall' });
    const { etag } = (await headend.request('GET', '/api/v1/channels/hall/draft', { cookie })).headers;
    await ask('PUT', '/api/v1/channels/hall/draft', { items: made.map(({ id }) => ({ content: id })) }, { 'if-match': etag });
    const one = await open(browser, headend, { ...desktop, cookie });
    t.after(() => one.close());
    const { page } = one;
    await page.goto(`${headend.url}/console/channels/hall`);
    await page.locator('.item').nth(2).waitFor();
    await tabTo(page, '.handle');
    await page.keyboard.press('ArrowDown');
    await page.getByText('red.png is number 2 of 3.').waitFor();
    await page.keyboard.press('End');
    await page.getByText('red.png is number 3 of 3.').waitFor();
    assert.deepEqual(await page.locator('.item strong').allInnerTexts(), ['blue.png', 'green.png', 'red.png']);
    assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /red\.png/, 'the focus goes with it');
    await page.getByText('Saving…').waitFor({ state: 'detached' });
    // Somebody else was quicker.
    await ask('PUT', '/api/v1/channels/hall/draft', { items: [{ content: made[0].id }] }, { 'if-match': '*' });
    await page.keyboard.press('Home');
    await page.getByText('Somebody has changed it meanwhile.').waitFor();
    await page.locator('.item').nth(1).waitFor({ state: 'detached' });
    assert.deepEqual(one.complaints, []);
  });
});
