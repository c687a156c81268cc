// Layouts in a real browser: drawn with the mouse and with the keyboard alone, published, and seen on a real screen where they were drawn;
// and the preview, whose pictures are the screens' own.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { desktop, open, phone, session, startBrowser, upload } from './lib/console.mjs';
import { startDisplay } from './lib/display.mjs';
import { eventually, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { programsBelow } from './lib/preview.mjs';

const RED = [255, 0, 0];
const BLUE = [0, 0, 255];
const BLACK = [0, 0, 0];
const like = (a, b) => a.every((value, i) => Math.abs(value - b[i]) < 60);

let browser;
let dir;
before(async () => {
  browser = await startBrowser();
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-console-layouts-'));
  await makeImage(dir, 'red.png', 'red');
  await makeImage(dir, 'blue.png', 'blue', '360x360');
});
after(async () => {
  await browser?.close();
  await rm(dir, { recursive: true, force: true });
});

describe('layouts', () => {
  let headend;
  let cookie;
  let contents;
  let ask;
  before(async () => {
    headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    cookie = await session(headend);
    contents = await upload(headend, ['red.png', 'blue.png'].map((name) => path.join(dir, name)));
    const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie })).json();
    ask = (method, target, body, headers = {}) => headend.request(method, target, { cookie, headers: { 'pingplay-csrf': csrf, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  });
  after(() => headend?.stop());

  const draft = async (channel) => JSON.parse((await headend.request('GET', `/api/v1/channels/${channel}/draft`, { cookie })).text).document;
  const zones = async (channel, layout = 'layout') => Object.fromEntries(((await draft(channel)).layouts?.[layout]?.zones ?? []).map(({ id, x, y, width, height }) => [id, [x, y, width, height]]));
  const comes = (channel, check, what) => eventually(async () => check(await zones(channel)), 20000, what);
  const begin = async (t, title, size = desktop) => {
    const id = title.toLowerCase();
    await ask('POST', '/api/v1/channels', { title });
    await ask('PUT', `/api/v1/channels/${id}/draft`, { items: [{ content: contents[0].id, fit: 'cover' }] }, { 'if-match': '*' });
    const one = await open(browser, headend, { ...size, cookie });
    t.after(() => one.close());
    await one.page.goto(`${headend.url}/console/channels/${id}`);
    await one.page.locator('.item').first().waitFor();
    return one;
  };
  const divide = async (page, template) => {
    await page.getByRole('button', { name: 'Divide the screen' }).click();
    await page.getByRole('dialog').getByLabel(template).check();
    await page.getByRole('dialog').getByRole('button', { name: 'Divide' }).click();
    await page.locator('.layout-canvas').waitFor();
  };
  // A canvas's units, as CSS pixels of the page.
  const toPage = (page, x, y) => page.evaluate(([a, b]) => {
    const svg = document.querySelector('.layout-canvas');
    const point = new DOMPoint(a, b).matrixTransform(svg.getScreenCTM());
    return [point.x, point.y];
  }, [x, y]);
  const drag = async (page, from, to, { hold } = {}) => {
    await page.locator('.layout-canvas').scrollIntoViewIfNeeded();
    const [a, b] = [await toPage(page, ...from), await toPage(page, ...to)];
    if (hold) await page.keyboard.down(hold);
    await page.mouse.move(...a);
    await page.mouse.down();
    await page.mouse.move((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, { steps: 3 });
    await page.mouse.move(...b, { steps: 3 });
    const guides = await page.locator('.guide').count();
    await page.mouse.up();
    if (hold) await page.keyboard.up(hold);
    return guides;
  };
  const zoneOf = (page, name) => page.locator(`[data-zone="${name}"]`);

  test('two zones made with the mouse are on a real screen where they were drawn', async (t) => {
    const display = await startDisplay(headend, { size: '640x360' });
    t.after(() => display.stop());
    const one = await begin(t, 'Drawn');
    const { page } = one;
    await divide(page, 'Whole screen');
    await one.axe('a layout');
    await comes('drawn', (all) => all.main?.join() === '0,0,1920,1080', 'the template');
    // Its right edge to a third, where it snaps; what is left is drawn.
    assert.equal(await drag(page, [1920, 540], [646, 536]), 1, 'a guide shows what it snaps to');
    await comes('drawn', ({ main }) => main.join() === '0,0,640,1080', 'the smaller zone');
    await drag(page, [1000, 200], [1703, 903], { hold: 'Control' });
    let drawn;
    await comes('drawn', ({ zone }) => (drawn = zone), 'the new zone');
    assert(drawn.every((value, i) => Math.abs(value - [1000, 200, 703, 703][i]) <= 4), `nothing snaps with Control: ${drawn}`);
    // Moved by its middle: it snaps to the canvas's edges.
    await drag(page, [1350, 550], [1566, 731]);
    await comes('drawn', ({ zone: [x, y, width, height] }) => x + width === 1920 && y + height === 1080 && width === drawn[2], 'the moved zone');
    await page.locator('.layout-notes p').waitFor({ state: 'detached' });
    // A playlist of its own for it, with content, and then the draft goes out.
    await page.getByRole('button', { name: 'New playlist' }).click();
    await page.getByRole('dialog').getByLabel('Name of the playlist').fill('corner');
    await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('button', { name: 'Add content' }).click();
    await page.getByRole('dialog').locator('.pick').filter({ hasText: 'blue' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
    await page.locator('.zone-tabs').getByRole('button', { name: 'zone' }).click();
    await page.getByLabel('Shows the playlist').selectOption('corner');
    await eventually(async () => (await draft('drawn')).layouts.layout.zones.some(({ playlist }) => playlist === 'corner'), 20000, 'the playlist of the zone');
    await one.axe('a layout with two zones');
    if (process.env.PP_PICTURES) await page.screenshot({ path: path.join(process.env.PP_PICTURES, 'layout.desk.png'), fullPage: true });
    const { code } = await display.waitCode();
    await headend.approve(code, { name: 'Wall', channel: 'drawn' });
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await page.getByText('Done. Screens switch').waitFor({ timeout: 30000 });
    const [x, y, width, height] = (await zones('drawn')).zone.map((value) => value / 3); // the display is a third of the canvas
    await display.waitPicture((picture) => like(picture.at(100, 180), RED) && like(picture.at(Math.round(x + width / 2), Math.round(y + height / 2)), BLUE), 'both zones');
    const picture = await display.screenshot();
    // To a pixel of the display, at each of their edges.
    for (const [at, colour] of [[[211, 5], RED], [[215, 5], BLACK], [[x - 2, 300], BLACK], [[x + 2, 300], BLUE], [[600, y - 2], BLACK], [[600, y + 2], BLUE], [[637, 357], BLUE]]) {
      assert(like(picture.at(Math.round(at[0]), Math.round(at[1])), colour), `${at}: ${picture.at(Math.round(at[0]), Math.round(at[1]))} is not ${colour}`);
    }
    assert.deepEqual(one.complaints, []);
  });

  test('the same with the keyboard alone, undone and done again', async (t) => {
    const one = await begin(t, 'Keys');
    const { page } = one;
    const tabTo = async (check, most = 80) => {
      for (let i = 0; i < most; i++) {
        if (await page.evaluate((what) => document.activeElement.matches(what), check)) return;
        await page.keyboard.press('Tab');
      }
      assert.fail(`${check} is not reached by Tab`);
    };
    await tabTo('.divide .button');
    await page.keyboard.press('Enter');
    await tabTo('[name=template]');
    for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowDown'); // whole, ticker, two thirds
    assert.equal(await page.evaluate(() => document.querySelector('[name=template]:checked').value), 'two-thirds');
    await page.keyboard.press('Enter');
    await page.locator('.layout-canvas').waitFor();
    await comes('keys', ({ side }) => side?.join() === '1280,0,640,1080', 'the template');
    await tabTo('[data-zone=side]');
    for (const key of ['ArrowLeft', 'Shift+ArrowDown', 'Control+ArrowLeft', 'Control+Shift+ArrowUp']) await page.keyboard.press(key);
    await comes('keys', ({ side }) => side.join() === '1279,10,639,1070', 'the moved zone');
    await page.getByText('1,279 from the left, 10 from the top, 639 by 1,070').first().waitFor({ state: 'attached' });
    await page.locator('.layout-notes').getByText('overlap').waitFor();
    // Steps of a held key are one.
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await comes('keys', ({ side }) => side.join() === '1280,0,640,1080', 'what was before');
    await page.keyboard.press('Control+Shift+z');
    await page.keyboard.press('Control+y');
    await comes('keys', ({ side }) => side.join() === '1279,10,639,1070', 'what was undone');
    await page.keyboard.press('PageDown');
    await eventually(async () => { const all = (await draft('keys')).layouts.layout.zones; return all.find(({ id }) => id === 'side').z === 0 && all.find(({ id }) => id === 'main').z === 1; }, 20000, 'its place in the stack');
    await page.keyboard.press('Delete');
    await comes('keys', (all) => Object.keys(all).join() === 'main', 'the zone that is left');
    // By numbers, in a form.
    await tabTo('#zone-x');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('-20');
    await tabTo('#zone-width');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('99999');
    await page.keyboard.press('Tab');
    await comes('keys', ({ main }) => main[0] === -20 && main[2] === 16384, 'the numbers, within what a manifest may have');
    await page.locator('.layout-notes').getByText('Partly outside').waitFor();
    assert.deepEqual(one.complaints, []);
  });

  test('layouts and playlists are added, named, made the default and removed; the canvas takes another shape', async (t) => {
    const one = await begin(t, 'Many');
    const { page } = one;
    const dialog = page.getByRole('dialog');
    await divide(page, 'Main and ticker');
    await page.getByRole('button', { name: 'New layout' }).click();
    await dialog.getByLabel('Name of the layout').fill('no spaces');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await dialog.getByText('1 to 64 letters').waitFor();
    await dialog.getByLabel('Name of the layout').fill('night');
    await one.axe('a new layout');
    await dialog.getByLabel('Four tiles').check();
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await eventually(async () => (await draft('many')).layouts.night?.zones.length === 4, 20000, 'the second layout');
    await page.getByRole('button', { name: 'Actions for the layout night' }).click();
    await one.axe('a layout’s menu');
    await page.getByRole('button', { name: 'Make it the default' }).click();
    await eventually(async () => (await draft('many')).default_layout === 'night', 20000, 'the default');
    await page.getByRole('group', { name: 'Layouts' }).getByRole('button', { name: 'layout', exact: true }).click();
    await page.getByRole('button', { name: 'Actions for the layout layout' }).click();
    await page.getByRole('button', { name: 'Remove the layout' }).click();
    await eventually(async () => Object.keys((await draft('many')).layouts).join() === 'night', 20000, 'one layout');
    await page.getByRole('button', { name: '1920 × 1080' }).click();
    await dialog.getByLabel('Shape', { exact: true }).selectOption('portrait');
    await dialog.getByLabel('Background').fill('#204060');
    await one.axe('the canvas');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await eventually(async () => (await draft('many')).canvas?.height === 1920, 20000, 'the canvas');
    const made = await draft('many');
    assert.deepEqual([made.canvas, made.layouts.night.zones[3]], [{ width: 1080, height: 1920, background: '#204060' }, { id: 'four', x: 540, y: 960, width: 540, height: 960, z: 3, playlist: 'four' }]);
    const lists = page.getByRole('group', { name: 'Playlists' });
    await lists.getByRole('button', { name: 'ticker' }).click();
    await page.getByRole('button', { name: 'Actions for the playlist ticker' }).click();
    await page.getByRole('button', { name: 'Remove the playlist' }).click();
    await lists.getByRole('button', { name: 'main' }).click();
    await page.getByRole('button', { name: 'Actions for the playlist main' }).click();
    await page.getByRole('button', { name: 'Rename the playlist' }).click();
    await dialog.getByLabel('Name of the playlist').fill('first');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Edit red.png' }).click();
    assert.equal(await dialog.getByLabel('Shown until').count(), 0, 'with zones the schedule says when');
    await dialog.getByLabel('How it comes').selectOption('crossfade');
    await dialog.getByLabel('Length of the crossfade').fill('11');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('A crossfade takes from 0.1 to 10 seconds.').waitFor();
    await dialog.getByLabel('Length of the crossfade').fill('1.5');
    await dialog.getByLabel('Seconds', { exact: true }).fill('7');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await eventually(async () => { const [item] = (await draft('many')).playlists.first?.items ?? []; return item?.transition?.duration === 'PT1.5S' && item.duration === 'PT7S'; }, 20000, 'the transition');
    await page.getByLabel(/Keep to the clock/).check();
    await eventually(async () => { const { playlists, layouts } = await draft('many'); return !playlists.ticker && playlists.first?.align === 'wall-clock' && layouts.night.zones[0].playlist === 'first'; }, 20000, 'the playlists');
    assert.deepEqual(one.complaints, []);
  });

  for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
    test(`the preview shows the draft on ${device}, follows its changes, and ends with the page`, async (t) => {
      const one = await begin(t, device === 'a phone' ? 'Small' : 'Large', size);
      const { page } = one;
      const channel = device === 'a phone' ? 'small' : 'large';
      const seen = (x, y) => page.evaluate(([a, b]) => {
        const canvas = document.querySelector('.preview canvas');
        const copy = document.createElement('canvas');
        [copy.width, copy.height] = [1, 1];
        const context = copy.getContext('2d', { willReadFrequently: true });
        context.drawImage(canvas, Math.floor(a * canvas.width), Math.floor(b * canvas.height), 1, 1, 0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
      }, [x, y]);
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      await page.locator('.preview-frame.on').waitFor({ timeout: 30000 });
      await eventually(async () => like(await seen(0.5, 0.5), RED), 20000, 'red');
      await one.axe('a preview');
      await page.getByLabel('Screen', { exact: true }).selectOption('upright');
      await eventually(async () => page.evaluate(() => { const { width, height } = document.querySelector('.preview canvas'); return width === 540 && height === 960; }), 20000, 'an upright picture');
      await divide(page, 'Two halves');
      await eventually(async () => like(await seen(0.25, 0.5), RED) && like(await seen(0.75, 0.5), BLACK), 30000, 'the left half alone');
      assert.equal((await draft(channel)).layouts.layout.zones.length, 2);
      assert((await programsBelow(headend.child.pid, ['pingplay-preview'])).length >= 1);
      await page.goto(`${headend.url}/console/channels`);
      await eventually(async () => (await programsBelow(headend.child.pid, ['pingplay-preview', 'pingplay-player', 'pingplay-render-media'])).length === 0, 20000, 'the end of its processes');
      assert.deepEqual(one.complaints, []);
    });
  }

  test('on a phone zones are chosen, moved with a finger and changed by numbers', async (t) => {
    const one = await begin(t, 'Finger', phone);
    const { page } = one;
    await divide(page, 'Two thirds and one');
    await one.axe('a layout on a phone');
    await page.locator('.layout-canvas').scrollIntoViewIfNeeded();
    const cdp = await one.context.newCDPSession(page);
    const [from, to] = [await toPage(page, 1600, 540), await toPage(page, 1400, 700)];
    const touch = (type, point) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: point ? [{ x: point[0], y: point[1] }] : [] });
    await touch('touchStart', from);
    await touch('touchMove', [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]);
    await touch('touchMove', to);
    await touch('touchEnd');
    await comes('finger', ({ side: [x, y] }) => x < 1200 && y > 100, 'the moved zone');
    await page.locator('.zone-tabs').getByRole('button', { name: 'main' }).click();
    await page.getByLabel('Width').fill('900');
    await page.getByLabel('Width').press('Tab');
    await comes('finger', ({ main }) => main[2] === 900, 'the width');
    await page.getByRole('button', { name: 'Add a zone' }).click();
    await comes('finger', ({ zone }) => zone?.join() === '640,360,640,360', 'a third zone');
    await page.getByRole('button', { name: 'Undo' }).click();
    await comes('finger', (all) => !all.zone, 'two zones again');
    assert.deepEqual(one.complaints, []);
  });
});
