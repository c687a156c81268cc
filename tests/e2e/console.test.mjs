// The console, in a real browser against a real headend: how it is served, and what people do with it, on a phone and at a desk.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { desktop, fill, open, phone, session, startBrowser, stock, tabTo } from './lib/console.mjs';
import { scenes, screenId, show } from './lib/console_scenes.mjs';
import { startDisplay } from './lib/display.mjs';
import { buildDir, deviceAuthorization, enrolDevice, eventually, makeKey, startHeadend, thumbprintOf } from './lib/headend.mjs';
import { arrange } from './lib/screens.mjs';
import { makeImage } from './lib/media.mjs';
import { readOpenapi } from './lib/openapi.mjs';

const SCREENS = 60;
const FIRST_PAGE_MAX = 150 * 1024; // bytes, compressed
const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(buildDir(), 'tools/share/pingplay-headend/console');

let headend;
before(async () => {
  assert.ok(existsSync(path.join(folder, 'index.html')), `the console is not built: ${folder}`);
  headend = await startHeadend();
  await fill(headend, SCREENS);
  await arrange(headend);
  await stock(headend);
});
after(() => headend?.stop());

describe('the files of the console', () => {
  const assets = () => readdirSync(path.join(folder, 'assets')).filter((name) => !/\.(br|gz)$/.test(name));
  const get = (target, headers = {}, method = 'GET') => headend.request(method, target, { headers });

  test('every address of a page answers the page, with a policy that allows nothing inline and nobody else', async () => {
    const page = readFileSync(path.join(folder, 'index.html'), 'utf8');
    for (const target of ['/console/', '/console/screens', `/console/screens/${screenId(1)}`, '/console/add?user_code=BCDF-GHJK', '/console/a/b/c/', '/console/%C3%A9']) {
      const answer = await get(target);
      assert.deepEqual([answer.status, answer.headers['content-type'], answer.text], [200, 'text/html; charset=utf-8', page], target);
      const policy = answer.headers['content-security-policy'];
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
      for (const part of ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'", 'trusted-types lit-html']) assert.ok(policy.includes(part), part);
      assert.deepEqual(['cache-control', 'x-content-type-options', 'referrer-policy', 'cross-origin-opener-policy', 'cross-origin-resource-policy', 'x-frame-options'].map((name) => answer.headers[name]),
        ['no-cache', 'nosniff', 'same-origin', 'same-origin', 'same-origin', 'DENY']);
    }
    assert.doesNotMatch(page, /<script(?![^>]*src=)|<style|style=|\son\w+=/);
    assert.equal((await get('/console')).headers.location, '/console/');
  });

  test('what has a hash in its name is kept for ever, and comes compressed where that is taken', async () => {
    assert.ok(assets().length >= 3);
    for (const name of assets()) {
      assert.match(name, /^[a-z]+(-[a-z]+)*-[A-Z0-9]{8}\.(js|css|svg)$/);
      const plain = await get(`/console/assets/${name}`);
      assert.deepEqual([plain.status, plain.headers['cache-control'], plain.headers.vary, plain.headers['content-encoding']], [200, 'public, max-age=31536000, immutable', 'Accept-Encoding', undefined]);
      assert.deepEqual(plain.body, readFileSync(path.join(folder, 'assets', name)));
      for (const [accepted, encoding, suffix] of [['gzip, deflate, br', 'br', '.br'], ['gzip', 'gzip', '.gz'], ['br;q=0, gzip', 'gzip', '.gz']]) {
        const packed = await get(`/console/assets/${name}`, { 'accept-encoding': accepted });
        assert.equal(packed.headers['content-encoding'], encoding);
        assert.deepEqual(packed.body, readFileSync(path.join(folder, 'assets', `${name}${suffix}`)));
        assert.notEqual(packed.headers.etag, plain.headers.etag);
        assert.equal((await get(`/console/assets/${name}`, { 'accept-encoding': accepted, 'if-none-match': packed.headers.etag })).status, 304);
      }
    }
    const types = Object.fromEntries(await Promise.all(assets().map(async (name) => [path.extname(name), (await get(`/console/assets/${name}`)).headers['content-type']])));
    assert.deepEqual(types, { '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml' });
    assert.equal((await get('/console/', { 'accept-encoding': 'br' })).headers['content-encoding'], 'br');
  });

  test('there is nothing beside them', async () => {
    for (const name of ['nothing.js', 'main.js', '..%2Findex.html', '%2e%2e%2findex.html', '..%2f..%2f..%2fheadend%2fpingplay-headend', 'main.js%00.js', `${assets()[0]}.br`, `${assets()[0]}/`, '']) {
      const answer = await get(`/console/assets/${name}`);
      assert.notEqual(answer.headers['cache-control'], 'public, max-age=31536000, immutable', name);
      assert.doesNotMatch(answer.text, /ELF/, name);
      if (name) assert.ok([404, 200].includes(answer.status) && (answer.status === 404 || answer.text.startsWith('<!doctype html>')), `${name}: ${answer.status}`);
    }
    for (const target of ['/console/../admin/', '/console/assets/../../etc/passwd', '/console/./x', '/console//x', '/console/%2e%2e/x']) assert.ok([200, 404].includes((await get(target)).status), target);
    assert.equal((await get('/console/', {}, 'POST')).status, 405);
  });

  test('the first page is small', async () => {
    const page = (await get('/console/', { 'accept-encoding': 'br' }));
    const named = [...readFileSync(path.join(folder, 'index.html'), 'utf8').matchAll(/"(\/console\/assets\/[^"]+)"/g)].map(([, target]) => target);
    const sizes = await Promise.all(named.map(async (target) => (await get(target, { 'accept-encoding': 'br' })).body.length));
    const all = sizes.reduce((sum, size) => sum + size, page.body.length);
    assert.ok(sizes.length >= 3 && all > 10000 && all < FIRST_PAGE_MAX, `${all} bytes`);
  });
});

for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
  describe(`the console on ${device}`, () => {
    let browser;
    let cookie;
    before(async () => {
      browser = await startBrowser();
      cookie = await session(headend);
    });
    after(() => browser?.close());

    // Opens a page, hands it over, and then there must be nothing that the browser complains of.
    const visit = async (target, options, use) => {
      const one = await open(browser, headend, { ...size, cookie, ...options });
      try {
        await one.page.goto(`${headend.url}${target}`);
        await use(one.page, one);
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
      }
    };
    const chip = (page, name) => page.getByRole('group', { name: 'State' }).getByRole('button', { name });
    const rows = (page) => page.locator('.row, .card-item');

    test('signs in, comes to where one wanted, and signs out', () => visit('/console/add?user_code=BCDF-GHJK', { cookie: undefined }, async (page) => {
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.id), 'name');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByText('Enter your name.').waitFor();
      await page.getByLabel('Name', { exact: true }).fill('admin');
      await page.locator('#password').fill('not the password');
      await page.getByRole('button', { name: 'Show the password' }).click();
      assert.equal(await page.locator('#password').getAttribute('type'), 'text');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('alert').getByText('Name or password is wrong.').waitFor();
      await page.locator('#password').fill(headend.password);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Add a screen' }).waitFor();
      assert.equal(await page.locator('#code').inputValue(), 'BCDF-GHJK');
      await page.getByRole('button', { name: 'Account: admin' }).click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('You are signed out.').waitFor();
      await page.goto(`${headend.url}/console/`);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    }));

    test('finds, filters, sorts, and keeps it in the address', () => visit('/console/', {}, async (page) => {
      await page.getByText('60 screens', { exact: true }).waitFor();
      await page.getByRole('searchbox', { name: 'Search screens' }).fill('lyon canteen');
      await page.getByText('1 of 60 screens').waitFor();
      assert.equal(await rows(page).count(), 1);
      await page.getByRole('searchbox', { name: 'Search screens' }).fill('');
      await chip(page, /^Offline/).click();
      await page.getByText('3 of 60 screens').waitFor();
      assert.deepEqual(await page.locator('.row .badge').allInnerTexts(), ['Offline', 'Offline', 'Offline']);
      await page.getByLabel('Sort by').selectOption('site');
      assert.equal(new URL(page.url()).search, '?state=offline&sort=site');
      assert.deepEqual((await page.locator('.row .cell-name .sub').allInnerTexts()), ['Lyon', 'Montpellier', 'Nice']);
      await rows(page).first().getByRole('link').click();
      await page.getByRole('heading', { level: 1, name: 'Entrance' }).waitFor();
      await page.goBack();
      await page.getByText('3 of 60 screens').waitFor();
      await page.getByRole('searchbox', { name: 'Search screens' }).fill('nowhere');
      await page.getByRole('button', { name: 'Show all screens' }).click();
      await page.getByText('60 screens', { exact: true }).waitFor();
    }));

    test('hears what changes without being loaded again', () => visit('/console/?sort=name&q=car+park+bordeaux', {}, async (page) => {
      const row = page.locator(`[data-id="${screenId(7)}"]`);
      await row.getByText('Online').waitFor();
      await page.evaluate(() => { window.stays = true; });
      await headend.sql(`UPDATE device SET seen = 5 WHERE id = '${screenId(7)}'`);
      await row.getByText('Offline').waitFor();
      await row.getByRole('link').click();
      await page.locator('.facts .badge.offline').waitFor();
      await headend.sql(`UPDATE device SET seen = unixepoch() + 3600, name = 'Car park north' WHERE id = '${screenId(7)}'`);
      await page.getByRole('heading', { level: 1, name: 'Car park north' }).waitFor();
      await page.locator('.facts .badge.online').waitFor();
      assert.equal(await page.evaluate(() => window.stays), true);
      await headend.sql(`UPDATE device SET name = 'Car park' WHERE id = '${screenId(7)}'`);
      await page.getByRole('heading', { level: 1, name: 'Car park', exact: true }).waitFor();
    }));

    test('says that the headend is gone, keeps what it showed, and comes back by itself', async () => {
      const own = await startHeadend();
      const one = await open(browser, own, size);
      try {
        await fill(own, 5);
        one.offline = true;
        await one.context.addCookies([{ name: '__Host-pingplay-admin', value: (await session(own)).split('=')[1], url: own.url, secure: true, httpOnly: true, sameSite: 'Strict' }]);
        await one.page.goto(`${own.url}/console/`);
        await one.page.getByText('5 screens').waitFor();
        await own.stopServing();
        await one.page.getByText('No connection to the headend.').waitFor();
        assert.equal(await one.page.locator('.row').count(), 5);
        await own.startServing();
        await one.page.getByText('Connected again.').waitFor();
        await one.page.getByText('No connection to the headend.').waitFor({ state: 'detached' });
        // A session that ends elsewhere ends here.
        await own.sql('DELETE FROM admin_session');
        await one.page.getByText('Your session has ended.').waitFor();
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
        await own.stop();
      }
    });

    test('approves a new screen by its code and the group that stands on it alone, or refuses it', () => visit('/console/add', {}, async (page, one) => {
      const waits = async () => (await deviceAuthorization(headend, thumbprintOf(makeKey()))).json().user_code;
      const code = await waits();
      const shown = (await headend.fingerprintShown(code)).split(' ');
      await page.getByLabel('Code on the screen').fill('abcd');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByText('A code has eight letters').waitFor();
      await page.getByLabel('Code on the screen').fill('BCDF-BCDF');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByText('No screen shows this code.').waitFor();
      await page.getByLabel('Code on the screen').fill('');
      await page.getByLabel('Code on the screen').pressSequentially(code.replace('-', '').toLowerCase());
      assert.equal(await page.getByLabel('Code on the screen').inputValue(), code);
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('heading', { name: 'Compare with the screen' }).waitFor();
      const told = (await page.locator('span.group').allInnerTexts()).map((text) => text.replace(/^Group \d\s*/, ''));
      const missing = shown.filter((group) => !told.includes(group));
      assert.deepEqual([told.length, missing.length], [3, 1], 'one group stands on the screen alone');
      await one.axe('approval');
      await page.getByLabel('Missing group').fill(missing[0] === '0000' ? '1111' : '0000');
      await page.getByLabel('Name').fill('Reception');
      await page.getByLabel('Site').fill('Grenoble');
      await page.getByLabel('Channel').fill('Café & Bar');
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.getByText('The group is not the one that the screen shows.').waitFor();
      await page.getByLabel('Missing group').fill(missing[0].toUpperCase());
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.getByRole('heading', { level: 1, name: 'Reception' }).waitFor();
      const [name, site, channel] = (await headend.sql(`SELECT name, site, channel FROM device WHERE id = '${new URL(page.url()).pathname.split('/').pop()}'`)).split('|');
      assert.deepEqual([name, site, channel], ['Reception', 'Grenoble', 'cafe-bar']);
      await headend.sql("DELETE FROM device WHERE name = 'Reception'");
      await page.goto(`${headend.url}/console/add?user_code=${await waits()}`);
      await page.getByRole('button', { name: 'Refuse' }).click();
      await page.getByText('The screen is refused.').waitFor();
    }));

    test('changes, retires, takes back and removes a screen', async () => {
      const { id } = await enrolDevice(headend, { name: 'Old hall', channel: 'lobby' });
      await visit(`/console/screens/${id}`, {}, async (page, one) => {
        const menu = (name) => page.getByRole('button', { name: 'More actions' }).click().then(() => page.locator('.actions-menu').getByRole('button', { name }).click());
        await page.getByRole('button', { name: 'Edit' }).click();
        const dialog = page.getByRole('dialog', { name: 'Edit the screen' });
        await one.axe('edit');
        await dialog.getByLabel('Name').fill('New hall');
        await dialog.getByLabel('Tags').fill('old, hall');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.getByRole('heading', { level: 1, name: 'New hall' }).waitFor();
        assert.deepEqual(await page.locator('.facts .tag').allInnerTexts(), ['hall', 'old']);
        const setting = page.locator('[data-setting=time_zone]');
        await page.getByRole('button', { name: 'Set: Time zone' }).click();
        const zone = page.getByRole('dialog', { name: 'Time zone' });
        await zone.getByLabel('Time zone').fill('Mars/Base');
        await zone.getByRole('button', { name: 'Save' }).click();
        await zone.getByText('Something that was entered is not right.').waitFor();
        assert.equal(await page.evaluate(() => document.activeElement.name), 'time_zone');
        await zone.getByLabel('Time zone').fill('Asia/Tokyo');
        await zone.getByRole('button', { name: 'Save' }).click();
        await setting.getByText('Asia/Tokyo').waitFor();
        await setting.getByText('Its own').waitFor();
        // Whoever was slower than somebody else is told.
        await page.getByRole('button', { name: 'Edit' }).click();
        await dialog.getByLabel('Name').waitFor();
        await headend.sql(`UPDATE device SET rotation = 180 WHERE id = '${id}'`);
        await dialog.getByLabel('Name').fill('Third hall');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await dialog.getByText('Somebody has changed it meanwhile.').waitFor();
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'hidden' });
        await menu('Retire');
        await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
        await page.locator('.facts .badge.retired').waitFor();
        await page.getByRole('button', { name: 'Take back' }).click();
        await page.locator('.facts .badge.waiting, .facts .badge.idle, .facts .badge.offline, .facts .badge.online').waitFor();
        await menu('Retire');
        await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
        await page.locator('.facts .badge.retired').waitFor();
        await menu('Remove for good');
        await page.getByRole('dialog').getByRole('button', { name: 'Remove for good' }).click();
        await page.getByText('60 screens', { exact: true }).waitFor();
        assert.equal(await headend.sql(`SELECT count(*) FROM device WHERE id = '${id}'`), '0');
      });
    });

    test('moves and retires many at once', async () => {
      const made = [];
      for (const name of ['Bulk one', 'Bulk two']) made.push((await enrolDevice(headend, { name, channel: 'lobby' })).id);
      await visit('/console/?q=bulk&sort=name', {}, async (page) => {
        await page.getByRole('checkbox', { name: 'Select Bulk one' }).click();
        await page.getByRole('checkbox', { name: 'Select Bulk two' }).click();
        await page.getByRole('button', { name: 'Move…' }).click();
        const dialog = page.getByRole('dialog', { name: 'Move 2 screens' });
        await dialog.getByLabel('Site').fill('Brest');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await page.getByText('Done for 2 screens.').waitFor();
        assert.equal(await headend.sql("SELECT group_concat(site || channel) FROM device WHERE name LIKE 'Bulk%'"), 'Brestlobby,Brestlobby');
        await page.getByRole('checkbox', { name: 'Select Bulk one' }).click();
        await page.getByRole('button', { name: 'Retire' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
        await page.getByText('Done for 1 screen.').waitFor();
        await page.locator('.badge.retired').first().waitFor();
      });
      await headend.sql("DELETE FROM device WHERE name LIKE 'Bulk%'");
    });

    test('is told in French, in the dark, and stays so', () => visit('/console/', {}, async (page) => {
      await page.getByRole('button', { name: 'Account: admin' }).click();
      await page.getByRole('radio', { name: 'Français' }).check();
      await page.getByRole('radio', { name: 'Sombre' }).check();
      await page.getByRole('heading', { name: 'Écrans' }).waitFor();
      assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, getComputedStyle(document.documentElement).colorScheme]), ['fr', 'dark']);
      await page.reload();
      await page.getByRole('heading', { name: 'Écrans' }).waitFor();
      assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, getComputedStyle(document.documentElement).colorScheme]), ['fr', 'dark']);
      assert.equal(await page.title(), 'Écrans · Pingplay');
    }));

    test('says where there is nothing', async () => {
      await visit('/console/elsewhere', {}, async (page) => {
        await page.getByRole('heading', { level: 2, name: 'There is nothing here' }).waitFor();
        await page.getByRole('link', { name: 'Go to the screens' }).click();
        await page.getByText('60 screens', { exact: true }).waitFor();
      });
      await visit(`/console/screens/${screenId(9999)}`, {}, (page) => page.getByRole('heading', { level: 2, name: 'This screen is not here' }).waitFor());
    });

    // Every page by axe, and no wider than the window. Colours are the same at both sizes: a phone sees both themes, a desk one.
    for (const [theme, language] of size === phone ? [['light', 'en'], ['dark', 'fr']] : [['dark', 'fr']]) {
      test(`can be read by everybody: ${theme}, ${language}`, async () => {
        for (const signedOut of [true, false]) {
          const one = await open(browser, headend, { ...size, dark: theme === 'dark', language, cookie: signedOut ? undefined : cookie });
          try {
            for (const scene of scenes.filter(({ out }) => Boolean(out) === signedOut)) {
              await show(one, headend, scene);
              await one.axe(scene.name);
              assert.deepEqual(await one.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.lang]), [size.width, language], scene.name);
            }
            assert.deepEqual(one.complaints, []);
          } finally {
            await one.close();
          }
        }
      });
    }
  });
}

describe('the console with the keyboard alone', () => {
  let browser;
  before(async () => { browser = await startBrowser(); });
  after(() => browser?.close());

  test('signs in, walks the list, selects, opens, and comes back', async () => {
    const one = await open(browser, headend, desktop);
    const { page } = one;
    const focused = () => page.evaluate(() => document.activeElement.dataset.id ?? document.activeElement.id);
    try {
      await page.goto(`${headend.url}/console/`);
      await page.locator('#name').waitFor();
      await page.keyboard.type('admin');
      await page.keyboard.press('Tab');
      await page.keyboard.type(headend.password);
      await page.keyboard.press('Enter');
      await page.locator('.row').first().waitFor();
      await page.locator('body').press('Tab');
      await tabTo(page, '#sort');
      await page.keyboard.type('N'); // "Name"
      await tabTo(page, '.row');
      const first = await focused();
      for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowDown');
      const reached = await focused();
      assert.notEqual(reached, first);
      const box = await page.locator(`[data-id="${reached}"]`).boundingBox();
      assert.ok(box.y >= 0 && box.y + box.height <= desktop.height, 'it is in the window');
      await page.keyboard.press('Space');
      await page.getByText('1 selected').waitFor();
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Shift+Space');
      await page.getByText('2 selected').waitFor();
      await page.keyboard.press('End');
      await page.locator('.row').filter({ has: page.locator(':focus') }).or(page.locator('.row:focus')).first().waitFor();
      assert.equal(await page.locator(':focus').getAttribute('aria-rowindex'), String(SCREENS + 1));
      await page.keyboard.press('Home');
      assert.equal(await focused(), first);
      await tabTo(page, '.bulk .icon-only');
      const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
      const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
      assert.equal(lines.length, 3);
      await page.locator('.row:focus, [data-id][tabindex="0"]').first().focus();
      await page.keyboard.press('Enter');
      await page.locator('.cards').waitFor();
      assert.equal(await focused(), 'main', 'reading goes on at the new page');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.locator('.row').first().waitFor();
      await tabTo(page, '.menu-button').catch(async () => { await page.locator('body').press('Tab'); await tabTo(page, '.menu-button'); });
      await page.keyboard.press('Enter');
      await page.locator('.menu-panel:not([hidden])').waitFor();
      await page.keyboard.press('Escape');
      assert.ok(await page.evaluate(() => document.activeElement.matches('.menu-button')), 'the focus is back at its button');
      assert.deepEqual(one.complaints, []);
    } finally {
      await one.close();
    }
  });
});

describe('a real screen', () => {
  test('is approved on a phone, plays, is asked for a picture and told to show which one it is', async (t) => {
    const own = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => own.stop());
    const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-console-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    await makeImage(dir, 'red.png', 'red');
    await own.publish('lobby', [path.join(dir, 'red.png')], ['--title', 'Lobby']);
    const display = await startDisplay(own, { size: '640x360' });
    t.after(() => display.stop());
    const browser = await startBrowser();
    t.after(() => browser.close());
    const one = await open(browser, own, { ...phone, cookie: await session(own) });
    const { page } = one;
    const { code } = await display.waitCode();
    const shown = (await own.fingerprintShown(code)).split(' ');
    await page.goto(`${own.url}/console/add?user_code=${code}`);
    await page.getByRole('heading', { name: 'Compare with the screen' }).waitFor();
    const told = await page.locator('span.group').allInnerTexts();
    await page.getByLabel('Missing group').fill(shown.find((group) => !told.some((text) => text.includes(group))));
    await page.getByLabel('Name').fill('Shop window');
    await page.getByLabel('Channel').fill('lobby');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('heading', { level: 1, name: 'Shop window' }).waitFor();
    await page.locator('.facts .badge.online').waitFor({ timeout: 60000 });
    await display.waitContent();
    await page.getByRole('button', { name: 'Take a picture' }).click();
    const picture = page.getByRole('img', { name: 'What Shop window showed' });
    await picture.waitFor({ timeout: 60000 });
    assert.deepEqual(await picture.evaluate(async (image) => {
      await image.decode();
      const context = Object.assign(document.createElement('canvas'), { width: image.naturalWidth, height: image.naturalHeight }).getContext('2d');
      context.drawImage(image, 0, 0);
      const [red, green, blue] = context.getImageData(4, 4, 1, 1).data;
      return [image.naturalWidth, red > 240, green < 20, blue < 20];
    }), [640, true, true, true], 'the red picture that it plays');
    // The list has it too, by an address of its own, to who may see the screen; what is known is said before a file is opened.
    const cookie = await session(own);
    const id = new URL(page.url()).pathname.split('/').pop();
    const api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    const get = async (target, headers = {}, as = cookie) => {
      const answer = await own.request('GET', target, { cookie: as, headers: { accept: 'application/json, image/png', ...headers } });
      api.check('GET', target, answer);
      return answer;
    };
    const { picture: first } = (await get('/api/v1/screens')).json().items[0];
    assert.equal(first.address.split('?')[0], `/api/v1/screens/${id}/picture`);
    const sent = await get(first.address);
    assert.deepEqual([sent.status, sent.headers.etag, sent.headers['content-type'], sent.headers['pingplay-taken']], [200, first.etag, 'image/png', first.taken]);
    const kept = path.join(own.dir, 'uploads', first.address.split('=')[1]);
    await rename(kept, `${kept}.away`);
    assert.deepEqual([(await get(first.address, { 'if-none-match': first.etag })).status, (await get(first.address)).status], [304, 404]);
    await rename(`${kept}.away`, kept);
    await own.cliInput('long enough to be one\n', 'user', 'add', 'eve', '--role', 'viewer:site=Elsewhere', '--password-stdin');
    const eve = await session(own, 'eve', 'long enough to be one');
    assert.deepEqual([(await get(first.address, {}, eve)).status, (await get(first.address, { 'if-none-match': first.etag }, eve)).status], [404, 404]);
    assert.equal((await get(`/api/v1/screens/${id}/picture?of=${id}`)).status, 404);
    assert.equal((await get(`/api/v1/screens/${id}/picture?from=${id}`)).status, 400);
    // Live, it is asked again and again, and no more once somebody has stopped it.
    await page.getByRole('button', { name: 'Live' }).click();
    await page.getByText('Live: another picture every few seconds').waitFor();
    const address = () => picture.getAttribute('src');
    await eventually(async () => (await address()) !== first.address, 60000, 'a second picture');
    const second = await address();
    await eventually(async () => (await address()) !== second, 60000, 'a third picture');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Take a picture' }).waitFor();
    const count = () => own.sql("SELECT count(*) FROM screen_command WHERE name = 'screenshot' AND outcome = 'waiting'");
    await eventually(async () => (await count()) === '0', 60000, 'the last one to come');
    // In the grid it is what the card shows.
    await page.goto(`${own.url}/console/`);
    await page.getByRole('button', { name: 'Grid' }).click();
    await page.locator('.card-item .picture-last.shown').waitFor();
    assert.deepEqual(await page.locator('.picture-last').evaluate(async (image) => {
      await image.decode();
      return [image.naturalWidth, image.loading, image.alt];
    }), [640, 'lazy', '']);
    await one.axe('a card with a picture');
    await page.locator('.card-item a').click();
    await picture.waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.told').filter({ hasText: 'Identify' }).getByText('Done').waitFor({ timeout: 60000 });
    // Its machine, what it finds of itself, its log: shown, and as a file.
    await page.locator('pp-screen-machine').getByText(/free$/).waitFor();
    await page.locator('pp-screen-machine').getByText('640 × 360').waitFor();
    await page.getByRole('button', { name: 'Diagnose' }).click();
    await page.locator('.checked').filter({ hasText: 'The headend answers' }).waitFor({ timeout: 60000 });
    await page.getByRole('button', { name: 'Ask for its log' }).click();
    await page.getByRole('button', { name: 'Show the log' }).click({ timeout: 60000 });
    await page.locator('pre.log').getByText(/-> online/).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the log' }).click()]);
    assert.match(readFileSync(await download.path(), 'utf8'), /^\d{4}-\d\d-\d\dT\S+Z <6> .*-> online$/m);
    assert.match(download.suggestedFilename(), /^screen-[0-9a-f]{8}-[0-9a-f]{8}\.log$/);
    assert.equal(await own.sql("SELECT count(*) FROM audit WHERE operation = 'screen.log' AND actor = 'admin'"), '2', 'each reading is written down');
    await page.getByRole('button', { name: 'Hide the log' }).click();
    await page.getByRole('button', { name: 'Renew the certificate' }).click();
    await page.locator('.told').filter({ hasText: 'Renew its certificate' }).getByText(/Done|Begun/).waitFor({ timeout: 60000 });
    await page.evaluate(() => scrollTo(0, 0)); // a phone's bar may cover half of a button
    await one.axe('a screen with a picture and commands');
    assert.deepEqual(one.complaints, []);
  });
});

describe('very many screens', () => {
  test('are all there, and few of them in the page', async () => {
    const own = await startHeadend();
    const browser = await startBrowser();
    try {
      await fill(own, 5000);
      const one = await open(browser, own, { ...desktop, cookie: await session(own) });
      await one.page.goto(`${own.url}/console/?sort=name`);
      await one.page.getByText('5,000 screens').waitFor();
      assert.ok(await one.page.locator('.row').count() < 40);
      await one.page.locator('.row').first().focus();
      await one.page.keyboard.press('End');
      assert.equal(await one.page.locator(':focus').getAttribute('aria-rowindex'), '5001');
      await one.page.getByRole('searchbox').fill('toulouse lift 17');
      await one.page.getByText('1 of 5,000 screens').waitFor();
      assert.deepEqual(one.complaints, []);
      await one.close();
    } finally {
      await browser.close();
      await own.stop();
    }
  });
});
