// The console's screens: found by what they are, and asked and changed many at once.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { desktop, fill, open, phone, session, startBrowser, tabTo } from './lib/console.mjs';
import { screenId } from './lib/console_scenes.mjs';
import { startHeadend } from './lib/headend.mjs';
import { arrange, groupId, picturesOf } from './lib/screens.mjs';

let headend;
let browser;
let cookie;
before(async () => {
  headend = await startHeadend();
  await fill(headend, 60);
  await arrange(headend);
  browser = await startBrowser();
  cookie = await session(headend);
});
after(async () => {
  await browser?.close();
  await headend?.stop();
});

// Opens a page, hands it over, and then there must be nothing that the browser complains of.
const visit = async (target, options, use) => {
  const one = await open(browser, headend, { ...desktop, cookie, ...options });
  try {
    await picturesOf(one.page);
    await one.page.goto(`${headend.url}${target}`);
    await use(one.page, one);
    assert.deepEqual(one.complaints, []);
  } finally {
    await one.close();
  }
};

describe('the list of screens', () => {
  test('is narrowed by site, tag, group and version, keeps that in the address, and follows who is in a group', () => visit('/console/', {}, async (page) => {
    const filter = (name) => page.getByRole('group', { name: 'Filters' }).getByLabel(name);
    const shown = (count) => page.getByText(`${count} of 60 screens`, { exact: true }).waitFor();
    await filter('Tag').selectOption('window');
    await shown(16);
    await filter('Site').selectOption('Bordeaux');
    await shown(2);
    assert.equal(new URL(page.url()).search, '?site=Bordeaux&tag=window');
    await filter('Site').selectOption('');
    await filter('Version').selectOption('1.4.0');
    await shown(2);
    await filter('Version').selectOption('');
    await filter('Tag').selectOption('');
    await filter('Group').selectOption('Shop windows');
    await shown(16);
    await page.reload();
    await shown(16);
    await headend.sql(`INSERT INTO device_tag(device, tag) VALUES('${screenId(0)}', 'window'); UPDATE device SET version = version + 1 WHERE id = '${screenId(0)}'`);
    await shown(17);
    await headend.sql(`DELETE FROM device_tag WHERE device = '${screenId(0)}' AND tag = 'window'; UPDATE device SET version = version + 1 WHERE id = '${screenId(0)}'`);
    await shown(16);
    await filter('Site').selectOption({ label: 'No site' });
    await page.getByRole('button', { name: 'Show all screens' }).click();
    await page.getByText('60 screens', { exact: true }).waitFor();
    assert.equal(new URL(page.url()).search, '');
  }));

  test('tags many, asks many after telling how many, and lets go of those that a filter leaves out', () => visit('/console/?site=Lille&sort=name', { ...phone }, async (page, one) => {
    await page.getByText('8 of 60 screens').waitFor();
    await page.getByRole('checkbox', { name: 'Select Canteen' }).click();
    await page.getByRole('button', { name: 'Select all 8' }).click();
    await page.getByText('8 selected').waitFor();
    await page.getByRole('button', { name: 'Tags…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'Tag 8 screens' }).waitFor();
    await one.axe('tags of many');
    await dialog.getByLabel('Add').fill('north, cold');
    await dialog.getByLabel('Remove').fill('inside');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Done for 8 screens.').waitFor();
    assert.equal(await headend.sql("SELECT group_concat(tag || n, ' ') FROM (SELECT tag, count(*) AS n FROM device JOIN device_tag ON device = id WHERE site = 'Lille' GROUP BY tag ORDER BY tag)"), 'cold8 north8 portrait2 window2');
    await page.locator('#filter-tag').selectOption('window');
    await page.getByText('2 of 60 screens').waitFor();
    await page.getByRole('checkbox', { name: 'Select Window left' }).click();
    await page.getByRole('button', { name: 'Select all 2' }).click();
    await page.getByRole('button', { name: 'Ask…' }).click();
    await dialog.getByRole('heading', { name: 'Ask 2 screens' }).waitFor();
    await dialog.getByLabel('Command').selectOption('volume');
    await dialog.getByLabel('Value').fill('35');
    await dialog.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Done for 2 screens.').waitFor();
    assert.equal(await headend.sql("SELECT count(*) || name || args FROM screen_command WHERE issued_by <> 'test' AND name NOT IN ('diagnose', 'logs') GROUP BY name, args"), '2volume{"percent":35}');
    await page.getByRole('checkbox', { name: 'Select Window left' }).click();
    await page.getByText('1 selected').waitFor();
    await page.getByRole('searchbox').fill('right');
    await page.getByText('1 of 60 screens').waitFor();
    await page.locator('.bulk').waitFor({ state: 'detached' });
  }));

  test('does it with the keyboard alone', () => visit(`/console/?group=${groupId}&sort=name`, {}, async (page) => {
    await page.getByText('16 of 60 screens').waitFor();
    await page.locator('body').press('Tab');
    await tabTo(page, '.row');
    await page.keyboard.press('Control+a');
    await page.getByText('16 selected').waitFor();
    await tabTo(page, '.bulk .ask');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('heading', { name: 'Ask 16 screens' }).waitFor();
    await tabTo(page, '#command');
    await page.keyboard.type('Ide');
    await tabTo(page, 'dialog [type=submit]');
    await page.keyboard.press('Enter');
    await page.getByText('Done for 16 screens.').waitFor();
    assert.equal(await headend.sql("SELECT count(*) FROM screen_command WHERE name = 'identify'"), '16');
    await page.keyboard.press('Escape');
  }));
});

describe('groups and settings', () => {
  test('a group is made by rules that say how many they find, gets screens one by one, and is renamed and removed', () => visit('/console/groups', {}, async (page, one) => {
    await page.getByRole('link', { name: 'Shop windows' }).waitFor();
    await page.getByRole('button', { name: 'Add a group' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Upright');
    await dialog.getByRole('group', { name: 'With one of these tags' }).getByLabel('portrait').check();
    const found = async () => Number(/(\d+) screen/.exec(await dialog.getByRole('status').innerText())[1]);
    const upright = Number(await headend.sql("SELECT count(DISTINCT device) FROM device_tag WHERE tag = 'portrait'"));
    assert.equal(await found(), upright);
    await dialog.getByRole('group', { name: 'At one of these sites' }).getByLabel('Nice').check();
    const both = Number(await headend.sql("SELECT count(*) FROM device WHERE site = 'Nice' OR id IN (SELECT device FROM device_tag WHERE tag = 'portrait')"));
    assert.equal(await found(), both);
    await one.axe('a new group');
    await dialog.getByRole('button', { name: 'Make the group' }).click();
    await page.getByRole('heading', { level: 1, name: 'Upright' }).waitFor();
    await page.getByRole('link', { name: `${both} screens` }).click();
    await page.getByText(`${both} of 60 screens`).waitFor();
    // one by one, from the list
    await page.goto(`${headend.url}/console/?q=counter+bordeaux`);
    await page.getByRole('checkbox', { name: 'Select Counter' }).click();
    await page.getByRole('button', { name: 'Group…' }).click();
    await dialog.getByLabel('Group').selectOption('Upright');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Done for 1 screen.').waitFor();
    await page.goto(`${headend.url}/console/groups`);
    await page.getByRole('link', { name: 'Upright' }).click();
    await page.getByRole('link', { name: `${both + 1} screens` }).waitFor();
    await page.getByRole('button', { name: 'Take Counter out of the group' }).click();
    await page.getByRole('link', { name: `${both} screens` }).waitFor();
    // Somebody else's change comes by itself; whoever has not seen it changes nothing.
    await page.getByRole('button', { name: 'Edit' }).click();
    await dialog.getByLabel('Name').fill('Too late');
    const id = new URL(page.url()).pathname.split('/').pop();
    await headend.sql(`UPDATE screen_group SET priority = 7, version = version + 1 WHERE id = '${id}'`);
    await page.getByText('Priority 7').waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Somebody has changed it meanwhile.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Edit' }).click();
    assert.equal(await dialog.getByLabel('Priority').inputValue(), '7');
    await dialog.getByLabel('Name').fill('In time');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'In time' }).waitFor();
    assert.equal(await headend.sql(`SELECT name || priority FROM screen_group WHERE id = '${id}'`), 'In time7');
    await page.getByRole('button', { name: 'Remove the group' }).click();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('The group “In time” is gone.').waitFor();
    await page.getByRole('link', { name: 'Shop windows' }).waitFor();
    assert.equal(await headend.sql(`SELECT count(*) FROM screen_group WHERE id = '${id}'`), '0');
  }));

  test('each level says something or nothing, a screen shows where each value comes from, and hears of it by itself', () => visit(`/console/screens/${screenId(1)}`, {}, async (page) => {
    const other = await open(browser, headend, { ...phone, cookie });
    try {
      const setting = (name) => page.locator(`[data-setting=${name}]`);
      await setting('locale').getByText('From the organisation').waitFor();
      await setting('time_zone').getByRole('link', { name: 'From the site Bordeaux' }).waitFor();
      await setting('offline_mark').getByRole('link', { name: 'From the group Shop windows' }).waitFor();
      await setting('silence').getByText('Nobody says otherwise').waitFor();
      // The organisation, its site and its group, set elsewhere, one after the other.
      const set = async (address, name, value) => {
        await other.page.goto(`${headend.url}${address}`);
        await other.page.getByRole('button', { name: `Set: ${name}` }).click();
        await other.page.getByRole('dialog').getByLabel(name).selectOption(value);
        await other.page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
        await other.page.getByText('Saved.').waitFor();
      };
      await set('/console/settings?site=Bordeaux', 'Language on the screen', 'en');
      await setting('locale').getByText('From the site Bordeaux').waitFor();
      await setting('locale').getByText('English').waitFor();
      await set(`/console/groups/${groupId}`, 'Language on the screen', 'fr');
      await setting('locale').getByText('From the group Shop windows').waitFor();
      await page.getByRole('button', { name: 'Set: Language on the screen' }).click();
      await page.getByRole('dialog').getByLabel('Language on the screen').selectOption('en');
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await setting('locale').getByText('Its own').waitFor();
      assert.equal(await headend.sql(`SELECT locale FROM device WHERE id = '${screenId(1)}'`), 'en');
      await page.getByRole('button', { name: 'Give back: Language on the screen' }).click();
      await setting('locale').getByText('From the group Shop windows').waitFor();
      await page.getByRole('button', { name: 'Set: When out of contact' }).click();
      await page.getByRole('dialog').getByLabel('Locks when out of contact').selectOption('86400');
      await page.getByRole('dialog').getByLabel('Erases when out of contact').selectOption('604800');
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await setting('silence').getByText('Its own').waitFor();
      assert.equal(await headend.sql(`SELECT lock_after || ' ' || erase_after FROM device WHERE id = '${screenId(1)}'`), '86400 604800');
      await other.page.goto(`${headend.url}/console/settings`);
      await other.page.locator('[data-setting=locale]').getByText('French').waitFor();
      await other.page.locator('#level').selectOption('Lyon');
      await other.page.getByRole('heading', { level: 2, name: 'Lyon' }).waitFor();
      assert.equal(await other.page.locator('.setting-value').allInnerTexts().then((all) => all.join()), 'Says nothing,Says nothing,Says nothing,Says nothing,Says nothing');
      assert.deepEqual(other.complaints, []);
    } finally {
      await other.close();
    }
  }));
});
