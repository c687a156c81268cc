// The library in the console: files come by choosing, dropping and going on after a break; found, changed, replaced and thrown away.
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';

import { desktop, open, phone, session, startBrowser, tabTo } from './lib/console.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage, makeVideo, padVideo } from './lib/media.mjs';

const LARGE = 24 * 1024 * 1024; // bytes
const SLOW = 3 * 1024 * 1024; // bytes a second

let browser;
let dir;
before(async () => {
  browser = await startBrowser();
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-console-content-'));
  await makeImage(dir, 'red.png', 'red');
  await makeImage(dir, 'blue.png', 'blue', '360x640');
  await makeVideo(dir, 'film.mp4', 'green', 2);
  await copyFile(path.join(dir, 'red.png'), path.join(dir, 'again.png'));
  await writeFile(path.join(dir, 'letter.jpg'), 'Dear all, this is a letter and no picture.');
});
after(async () => {
  await browser?.close();
  await rm(dir, { recursive: true, force: true });
});
const file = (name) => path.join(dir, name);

for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
  describe(`the library on ${device}`, () => {
    let headend;
    let cookie;
    before(async () => {
      headend = await startHeadend();
      cookie = await session(headend);
    });
    after(() => headend?.stop());
    beforeEach(async () => {
      await headend.sql('DELETE FROM content_tag; DELETE FROM content_file; DELETE FROM content; DELETE FROM content_upload');
    });
    const visit = async (use, target = '/console/content') => {
      const one = await open(browser, headend, { ...size, cookie });
      try {
        await one.page.goto(`${headend.url}${target}`);
        await use(one.page, one);
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
      }
    };
    const rowOf = (page, name) => page.locator('.upload').filter({ hasText: name });
    const choose = (page, ...names) => page.locator('#files').setInputFiles(names.map(file));
    const tiles = (page) => page.locator('.tile');

    test('takes pictures and films, refuses what screens cannot show, and keeps the same file once', () => visit(async (page, one) => {
      await page.getByRole('button', { name: 'Upload' }).waitFor();
      await one.axe('an empty library');
      await choose(page, 'red.png', 'film.mp4', 'letter.jpg');
      await rowOf(page, 'red.png').getByText('Ready').waitFor();
      await rowOf(page, 'film.mp4').getByText('Ready').waitFor();
      await rowOf(page, 'letter.jpg').getByText('Screens cannot show it:').waitFor();
      await tiles(page).nth(1).waitFor();
      assert.equal(await tiles(page).count(), 2);
      await tiles(page).filter({ hasText: 'film' }).getByText('0:02').waitFor();
      await tiles(page).filter({ hasText: 'red' }).getByText('640 × 360').waitFor();
      for (const image of await tiles(page).locator('img').all()) {
        await image.scrollIntoViewIfNeeded();
        assert.ok(await image.evaluate(async (one) => { await one.decode(); return one.naturalWidth > 0; }));
      }
      await choose(page, 'again.png');
      await rowOf(page, 'again.png').getByText('It was here already').waitFor();
      assert.equal(await headend.sql('SELECT count(*) FROM content'), '2');
      await one.axe('uploads that have ended');
      await page.getByRole('button', { name: 'Hide what is done' }).click();
      await rowOf(page, 'red.png').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Hide: letter.jpg' }).click();
      await page.getByRole('heading', { name: 'Uploads' }).waitFor({ state: 'detached' });
    }));

    test('takes what is dropped on the page', () => visit(async (page) => {
      await page.getByRole('button', { name: 'Upload' }).waitFor();
      const data = (await readFile(file('blue.png'))).toString('base64');
      const drop = (kind) => page.evaluate(([how, text]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], 'dropped.png', { type: 'image/png' }));
        document.body.dispatchEvent(new DragEvent(how, { bubbles: true, cancelable: true, dataTransfer: transfer }));
      }, [kind, data]);
      await drop('dragenter');
      await page.locator('.drop.over').waitFor();
      await drop('drop');
      await rowOf(page, 'dropped.png').getByText('Ready').waitFor();
      await tiles(page).filter({ hasText: 'dropped' }).getByText('360 × 640').waitFor();
    }));

    test('pauses, and goes on after the page was loaded again with what has come', () => visit(async (page, one) => {
      await padVideo(file('film.mp4'), file('large.mp4'), LARGE);
      const network = await one.context.newCDPSession(page);
      const slow = (bytes) => network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes });
      const offset = async () => Number(JSON.parse((await headend.request('GET', '/api/v1/uploads', { cookie })).text).items[0]?.offset ?? 0);
      await network.send('Network.enable');
      await slow(SLOW);
      const begun = [];
      page.on('request', (request) => { if (request.method() === 'POST' && request.url().endsWith('/uploads')) begun.push(request.url()); });
      await page.getByRole('button', { name: 'Upload' }).waitFor();
      await choose(page, 'large.mp4');
      const row = rowOf(page, 'large.mp4');
      await row.getByText(/ of 2\d.*\sMB · .*\sMB\/s/).waitFor();
      await row.getByRole('button', { name: 'Pause: large.mp4' }).click();
      await row.getByText('Paused').waitFor();
      await row.getByRole('button', { name: 'Go on: large.mp4' }).click();
      await row.getByText(/MB\/s/).waitFor();
      assert.deepEqual(begun.length, 1);
      await one.axe('an upload on its way');
      await page.getByText(/^(?:[3-9]|1\d)(?:\.\d)?\sMB of/).waitFor();
      await page.reload();
      await row.getByText('choose the same file again to go on').waitFor();
      const came = await offset();
      assert.ok(came > 0 && came < LARGE, `${came} bytes have come`);
      await slow(-1);
      await choose(page, 'large.mp4');
      await row.getByText('Ready').waitFor({ timeout: 60000 });
      assert.equal(begun.length, 1, 'it is the same upload');
      assert.equal(await headend.sql('SELECT bytes FROM content_file'), String((await readFile(file('large.mp4'))).length));
    }));

    test('another file of the same name is another upload, and one can be ended', () => visit(async (page, one) => {
      const network = await one.context.newCDPSession(page);
      await network.send('Network.enable');
      await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: SLOW });
      await padVideo(file('film.mp4'), file('large.mp4'), LARGE);
      await page.getByRole('button', { name: 'Upload' }).waitFor();
      await choose(page, 'large.mp4');
      const row = rowOf(page, 'large.mp4');
      await row.getByText(/MB\/s/).waitFor();
      await page.reload();
      await row.getByText('choose the same file again to go on').waitFor();
      await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
      await padVideo(file('film.mp4'), file('large.mp4'), LARGE);
      await choose(page, 'large.mp4');
      await row.getByText('Ready').waitFor({ timeout: 60000 });
      assert.equal(await row.count(), 2);
      await page.getByRole('button', { name: 'Cancel: large.mp4' }).click();
      await row.getByText('choose the same file again').waitFor({ state: 'detached' });
      await page.reload();
      await tiles(page).first().waitFor();
      assert.equal(await page.locator('.upload.away').count(), 0, 'it has ended at the headend too');
    }));

    test('is searched, by folder and tag, and changed', () => visit(async (page) => {
      await page.getByRole('button', { name: 'Upload' }).waitFor();
      await choose(page, 'red.png', 'film.mp4');
      await tiles(page).nth(1).waitFor();
      await tiles(page).filter({ hasText: 'red' }).getByRole('link').click();
      await page.getByRole('heading', { level: 1, name: 'red' }).waitFor();
      await page.getByRole('button', { name: 'Edit' }).click();
      const dialog = page.getByRole('dialog', { name: 'Edit' });
      await dialog.getByLabel('Name').fill('Sale');
      await dialog.getByLabel('Folder').fill('Summer/Windows');
      await dialog.getByLabel('Tags').fill('sale, Paris, sale');
      await dialog.getByLabel('Shown from').fill('2030-05-01T08:30');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { level: 1, name: 'Sale' }).waitFor();
      assert.equal(await headend.sql("SELECT valid_from FROM content WHERE name = 'Sale'"), String(Date.parse('2030-05-01T08:30:00+02:00') / 1000), 'a time of this browser’s zone');
      await page.getByRole('link', { name: 'Paris' }).click();
      await tiles(page).filter({ hasText: 'Sale' }).waitFor();
      assert.equal(await tiles(page).count(), 1);
      await page.getByRole('button', { name: 'Any tag, not only Paris' }).click();
      await tiles(page).nth(1).waitFor();
      await page.getByRole('group', { name: 'Folders' }).getByRole('button', { name: 'Summer/Windows' }).click();
      await tiles(page).filter({ hasText: 'film' }).waitFor({ state: 'detached' });
      assert.equal(new URL(page.url()).search, '?folder=Summer%2FWindows');
      await page.getByRole('button', { name: 'All folders' }).click();
      await page.getByRole('group', { name: 'Kind' }).getByRole('button', { name: 'Films' }).click();
      await tiles(page).filter({ hasText: 'Sale' }).waitFor({ state: 'detached' });
      await page.getByRole('searchbox', { name: 'Search content' }).fill('nowhere');
      await page.getByRole('button', { name: 'Show everything' }).click();
      await tiles(page).nth(1).waitFor();
    }));

    test('is replaced, goes into the bin, comes back, and goes for good', () => visit(async (page, one) => {
      await page.getByRole('button', { name: 'Upload' }).waitFor();
      await choose(page, 'red.png');
      await tiles(page).getByRole('link').first().click();
      await page.getByRole('heading', { level: 1, name: 'red' }).waitFor();
      const { pathname } = new URL(page.url());
      await page.locator('#replace').setInputFiles(file('blue.png'));
      await page.locator('.facts').getByText('360 × 640').waitFor();
      assert.deepEqual([new URL(page.url()).pathname, await headend.sql('SELECT version FROM content')], [pathname, '2']);
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the file' }).click()]);
      assert.deepEqual(await readFile(await download.path()), await readFile(file('blue.png')));
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByText('is in the bin.').waitFor();
      await page.getByRole('button', { name: 'Upload' }).waitFor();
      await page.goto(`${headend.url}/console/content?bin=true`);
      await tiles(page).getByRole('link').first().click();
      await page.getByRole('button', { name: 'Take out of the bin' }).click();
      await page.getByRole('button', { name: 'Replace' }).waitFor();
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.goto(`${headend.url}/console/content?bin=true`);
      await tiles(page).first().waitFor();
      await one.axe('the bin');
      await page.getByRole('button', { name: 'Empty the bin' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Empty the bin' }).click();
      await page.getByRole('heading', { name: 'The bin is empty' }).waitFor();
      assert.equal(await headend.sql('SELECT count(*) FROM content'), '0');
    }));
  });
}

describe('the library with the keyboard alone', () => {
  test('is walked through, opened and changed', async (t) => {
    const headend = await startHeadend();
    t.after(() => headend.stop());
    const one = await open(browser, headend, { ...desktop, cookie: await session(headend) });
    t.after(() => one.close());
    const { page } = one;
    // Heard from the beginning: a listener that is added with the key may come after the browser's own window.
    page.on('filechooser', (chooser) => chooser.setFiles([file('red.png')]));
    await page.goto(`${headend.url}/console/content`);
    await page.getByRole('button', { name: 'Upload' }).waitFor();
    await tabTo(page, '.drop-buttons .primary');
    await page.keyboard.press('Enter');
    await page.locator('.tile').first().waitFor();
    await tabTo(page, '.tile .stretch');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'red' }).waitFor();
    await tabTo(page, '.head-actions > button:not(.primary)');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, '#set-name');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('Renamed');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Renamed' }).waitFor();
    assert.deepEqual(one.complaints, []);
  });
});
