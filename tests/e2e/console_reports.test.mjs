// Reports in the console: of screens' own plays, as a table, a chart and a file; gaps counted; uptime; pictures of all screens.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { desktop, open, phone, session, startBrowser } from './lib/console.mjs';
import { startDisplay } from './lib/display.mjs';
import { enrolDevice, startHeadend } from './lib/headend.mjs';

const today = new Date().toISOString().slice(0, 10);

for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
  describe(`reports on ${device}`, () => {
    let headend;
    let browser;
    let cookie;
    const screens = [];
    const visit = async (query, body) => {
      const one = await open(browser, headend, { ...size, cookie });
      try {
        await one.page.goto(`${headend.url}/console/reports${query}`);
        await one.page.getByRole('heading', { level: 1, name: 'Reports' }).waitFor();
        await body(one.page, one);
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
      }
    };
    const rows = (page) => page.locator('.report tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.innerText.replace(/\s+/g, ' ').trim())));
    const saved = async (page) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
      return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
    };

    before(async () => {
      browser = await startBrowser();
      headend = await startHeadend({ serve: ['--poll-interval', '1'] });
      cookie = await session(headend);
      await headend.publish('lobby', [path.resolve('tests/data/media/quarters.png')]);
      for (const [name, site] of [['=Door', 'Rennes'], ['Lift', 'Lyon']]) {
        screens.push(await enrolDevice(headend, { name, channel: 'lobby' }));
        await headend.cli('screen', 'set', screens.at(-1).id, '--site', site);
      }
      const [{ id: item }] = Object.values(JSON.parse(await headend.sql('SELECT manifest FROM channel_version')).playlists)[0].items;
      const play = (shown_ms) => ({ id: randomUUID(), kind: 'play', channel: 'lobby', item, shown_at: `${today}T00:00:00Z`, shown_ms, frames_late: 2, manifest_version: 1 });
      const report = async (screen, items, more = {}) => assert.equal((await headend.request('POST', '/v1/playlog', { device: screen, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ batch: randomUUID(), items, ...more }) })).status, 204);
      await report(screens[0], [play(3600000), play(60000)]);
      await report(screens[1], [play(5000)], { spool: randomUUID(), lost: 3 });
      await headend.sql(`INSERT INTO event_finding(device, finding, chain, first, last, missing, found, item) VALUES('${screens[1].id}', 'gap', 'x', 1, 2, 2, 0, '')`);
      const day = Math.floor(Date.now() / 86400000);
      await headend.sql(`INSERT INTO headend_day(day, seconds) VALUES(${day + 1}, 1000);
        INSERT INTO presence_day(day, device, seconds) VALUES(${day + 1}, '${screens[0].id}', 1000), (${day + 1}, '${screens[1].id}', 905)`);
    });
    after(async () => {
      await browser?.close();
      await headend?.stop();
    });

    test('plays by day, content, channel and screen, with what is missing; each as a file', async () => {
      await visit('', async (page, one) => {
        await page.locator('.report').waitFor();
        const [day] = await rows(page);
        assert.deepEqual(day.slice(1), ['3', '1 hour 1 minute', '6', '2']);
        assert.equal(await page.getByRole('img', { name: /^Plays by day\. The most are 3, on/ }).locator('rect').count(), 30, 'each day has its place in the chart');
        await one.axe('plays by day');
        const [name, csv] = await saved(page);
        assert.match(name, /^pingplay-plays-day-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/);
        assert.equal(csv, `\ufeffday,plays,shown_ms,frames_late,screens\r\n${today},3,3665000,6,2\r\n`);
        await page.getByLabel('By', { exact: true }).selectOption('screen');
        await page.locator('.gap').waitFor();
        assert.deepEqual(await rows(page), [['=Door Rennes', '2', '1 hour 1 minute', '4', 'None'], ['Lift Lyon', '1', '5 seconds', '2', '3 plays lost, 2 events missing']]);
        await page.getByText('Screens could not keep 3 plays').waitFor();
        await one.axe('plays by screen');
        const [, screen] = await saved(page);
        assert.equal(screen.split('\r\n')[0], '\ufeffscreen,name,site,plays_lost,events_missing,plays,shown_ms,frames_late,screens');
        assert.ok(screen.includes(`${screens[0].id},'=Door,Rennes,0,0,2,3660000,4,1\r\n`), screen);
        await page.getByLabel('By', { exact: true }).selectOption('channel');
        await page.getByRole('link', { name: 'lobby' }).waitFor();
        await page.getByLabel('By', { exact: true }).selectOption('content');
        await page.locator('.report tbody th').getByText('quarters.png').waitFor();
        await page.getByLabel('Site', { exact: true }).selectOption('Lyon');
        await page.locator('.report td').getByText('5 seconds').waitFor();
        assert.match(page.url(), /by=content.*site=Lyon/, 'the address is what is seen');
        await page.getByLabel('From', { exact: true }).fill('2020-01-01');
        await page.getByLabel('To', { exact: true }).fill('2020-01-31');
        await page.getByRole('heading', { name: 'Nothing in this period' }).waitFor();
      });
    });

    test('uptime by site and by screen, the least first, drawn and written', async () => {
      const tomorrow = new Date(Date.now() + 86400000).toISOString().slice(0, 10);
      await visit(`?view=uptime&from=${tomorrow}&to=${tomorrow}`, async (page, one) => {
        await page.locator('.report').waitFor();
        assert.deepEqual(await rows(page), [['Lyon', '90.50%', '1 minute 35 seconds', '1'], ['Rennes', '100%', '—', '1']]);
        const bars = page.getByRole('img', { name: 'Uptime, the least first: Lyon with 90.50%.' });
        assert.deepEqual(await bars.locator('.chart-bar-part').evaluateAll((all) => all.map((part) => part.getAttribute('width'))), ['90.5', '100']);
        await one.axe('uptime');
        await page.getByLabel('By', { exact: true }).selectOption('screen');
        await page.locator('.report').getByRole('link', { name: 'Lift' }).waitFor();
        const [name, csv] = await saved(page);
        assert.match(name, /^pingplay-uptime-screen-/);
        assert.equal(csv, `\ufeffscreen,name,site,online_s,observed_s,screens\r\n${screens[1].id},Lift,Lyon,905,1000,1\r\n${screens[0].id},'=Door,Rennes,1000,1000,1\r\n`);
      });
    });

    test('pictures of all screens are asked for together, and come by themselves', async (t) => {
      const display = await startDisplay(headend, { size: '640x360' });
      t.after(() => display.stop());
      const { code } = await display.waitCode();
      await headend.approve(code, { name: 'Window', channel: 'lobby' });
      await display.waitContent();
      await visit('?view=pictures', async (page, one) => {
        const card = page.locator('.snap').filter({ hasText: 'Window' });
        await card.getByText('No picture yet').waitFor();
        await page.getByRole('button', { name: 'Take new pictures of 3' }).click();
        await page.getByText('3 screens are asked for a picture.').waitFor();
        const picture = card.getByRole('img', { name: 'What Window showed' });
        await picture.waitFor({ timeout: 60000 });
        assert.equal(await picture.evaluate(async (image) => { await image.decode(); return image.naturalWidth; }), 640);
        await one.axe('pictures');
      });
    });
  });
}
