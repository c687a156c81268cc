// Every page of the console, in each of the forms that people see it in: looked at by axe (console.test.mjs), and in the contact sheet
// (contact_sheet.mjs). A new page is a new row.
import { changedChannel, inviteSome, publishTwice, reported, rollOut, tellOf, warnOf } from './console.mjs';
import { deviceAuthorization, makeKey, thumbprintOf } from './headend.mjs';
import { groupId, picturesOf } from './screens.mjs';

export const screenId = (number) => `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;

// Made once for a headend.
const made = new WeakMap();
const once = (make, address) => async (headend) => {
  if (!made.has(headend)) made.set(headend, new Map());
  const all = made.get(headend);
  if (!all.has(make)) all.set(make, make(headend));
  await all.get(make);
  return address;
};
const withHistory = once(publishTwice, '/console/channels/gallery');
const withAlerts = once(tellOf, '/console/alerts');
const withReports = (query) => once(reported, `/console/reports?${query}`);
const withRollout = once(rollOut, '/console/channels/kiosks');
const withChanges = once(changedChannel, '/console/channels/stands');
const withMessages = once(warnOf, '/console/messages');

// address, signed in or not, and what is done before it is looked at
export const scenes = [
  { name: 'sign-in', address: '/console/', out: true, ready: (page) => page.locator('#password').waitFor() },
  { name: 'sign-in refused', address: '/console/', out: true, async ready(page) {
    await page.locator('#name').fill('somebody');
    await page.locator('[type=submit]').click();
    await page.locator('.field-problem:not(:empty)').waitFor();
  } },
  { name: 'set-up link that does not work', address: '/console/setup', out: true, ready: (page) => page.locator('.blank').waitFor() },
  { name: 'screens as rows', address: '/console/', view: 'list', ready: (page) => page.locator('.row').first().waitFor() },
  { name: 'screens chosen', address: '/console/', view: 'list', async ready(page) {
    await page.locator('.row .box').nth(1).click();
    await page.locator('.row .box').nth(2).click();
    await page.locator('.bulk').waitFor();
    await page.evaluate(() => scrollTo(0, 0)); // a phone's bar may cover half of a button
  } },
  { name: 'screens as cards', address: '/console/', view: 'grid', ready: (page) => page.locator('.card-item').first().waitFor() },
  { name: 'screens filtered', address: '/console/?tag=window&group=11111111-1111-4111-8111-111111111111', view: 'grid', ready: (page) => page.locator('.card-item').first().waitFor() },
  { name: 'ask many screens', address: '/console/', view: 'list', async ready(page) {
    await page.locator('.row .box').nth(1).click();
    await page.getByRole('button', { name: /^(Ask|Demander)…$/ }).click();
    await page.locator('dialog[open] #command').waitFor();
  } },
  { name: 'no screen found', address: '/console/?q=nowhere', ready: (page) => page.locator('.blank').waitFor() },
  { name: 'menu', address: '/console/', view: 'list', async ready(page) {
    await page.locator('.row').first().waitFor();
    await page.locator('.menu-button').click();
    await page.locator('.menu-panel:not([hidden])').waitFor();
  } },
  { name: 'screen', address: `/console/screens/${screenId(1)}`, ready: (page) => page.locator('.cards').waitFor() },
  { name: 'screen in trouble', address: `/console/screens/${screenId(22)}`, ready: (page) => page.locator('.callout').waitFor() },
  { name: 'screen that is gone', address: `/console/screens/${screenId(0xffff)}`, ready: (page) => page.locator('.blank').waitFor() },
  { name: 'add a screen', address: '/console/add', async ready(page) {
    await page.locator('#code').fill('ABC');
    await page.locator('#code').press('Enter');
    await page.locator('.field-problem:not(:empty)').waitFor();
  } },
  { name: 'approve a screen', address: async (headend) => `/console/add?user_code=${(await deviceAuthorization(headend, thumbprintOf(makeKey()))).json().user_code}`, ready: (page) => page.locator('input.group').waitFor() },
  { name: 'account', address: '/console/account', ready: (page) => page.locator('.card h2').first().waitFor() },
  { name: 'content', address: '/console/content', ready: (page) => page.locator('.tile').first().waitFor() },
  { name: 'content in the bin', address: '/console/content?bin=true', ready: (page) => page.locator('.tile').first().waitFor() },
  { name: 'no content found', address: '/console/content?q=nowhere', ready: (page) => page.locator('.blank').waitFor() },
  { name: 'one film', address: async (headend) => `/console/content/${await headend.sql("SELECT id FROM content WHERE name LIKE 'harbour%'")}`, ready: (page) => page.locator('.facts').waitFor() },
  { name: 'edit content', address: async (headend) => `/console/content/${await headend.sql("SELECT id FROM content WHERE name LIKE 'harbour%'")}`, async ready(page) {
    await page.locator('.head-actions > button:not(.primary)').first().click();
    await page.locator('dialog[open]').waitFor();
  } },
  { name: 'channels', address: '/console/channels', ready: (page) => page.locator('.line').first().waitFor() },
  { name: 'channel', address: '/console/channels/town', ready: (page) => page.locator('.change').first().waitFor() },
  { name: 'add to a channel', address: '/console/channels/town', async ready(page) {
    await page.locator('.add-content').click();
    await page.locator('.pick').first().waitFor();
  } },
  { name: 'edit an item', address: '/console/channels/town', async ready(page) {
    await page.locator('.item .button').first().click();
    await page.locator('dialog[open]').waitFor();
  } },
  { name: 'channel with layouts', address: '/console/channels/wall', ready: (page) => page.locator('.zone image').nth(2).waitFor({ state: 'attached' }) },
  { name: 'layout from a template', address: '/console/channels/wall', async ready(page) {
    await page.locator('.layout-tabs .chip').nth(2).click();
    await page.locator('dialog[open] .template').first().waitFor();
  } },
  { name: 'canvas', address: '/console/channels/wall', async ready(page) {
    await page.locator('.layouts .card-tools .button').last().click();
    await page.locator('dialog[open] .colour').waitFor();
  } },
  { name: 'preview', address: '/console/channels/wall', async ready(page) {
    await page.locator('.preview .button.primary').click();
    await page.locator('.preview-frame.on').waitFor({ timeout: 30000 });
    await page.evaluate(() => scrollTo(0, 0)); // wherever it is scrolled to, the bar at the top covers some half of what is pressed
  } },
  { name: 'channel with versions, and a publish that waits', address: withHistory, ready: (page) => page.locator('.agreeing .item').nth(1).waitFor().then(() => page.locator('.version').nth(1).waitFor()) },
  { name: 'channel with a rollout that is halted', address: withRollout, ready: (page) => page.locator('.rollout').waitFor() },
  { name: 'publish step by step', address: withChanges, async ready(page) {
    await page.locator('.head-actions .button.primary[aria-disabled=false]').click();
    await page.locator('[name=how][value=steps]').check();
    await page.locator('.how-steps select').first().waitFor();
  } },
  { name: 'roll back', address: withHistory, async ready(page) {
    await page.getByRole('button', { name: /^(Roll back to|Revenir à) Opening night/ }).click();
    await page.locator('dialog[open] .change').first().waitFor();
  } },
  { name: 'alerts', address: withAlerts, ready: (page) => page.locator('.rule').nth(2).waitFor() },
  { name: 'edit a rule', address: withAlerts, async ready(page) {
    await page.locator('.rule').nth(1).locator('button').nth(1).click();
    await page.locator('dialog[open] #set-place option').nth(1).waitFor({ state: 'attached' });
  } },
  { name: 'report by day', address: withReports(''), ready: (page) => page.locator('.report tbody tr').nth(5).waitFor() },
  { name: 'report by screen', address: withReports('by=screen'), ready: (page) => page.locator('.gap').first().waitFor() },
  { name: 'report by content', address: withReports('by=content'), ready: (page) => page.locator('.report tbody tr').nth(1).waitFor() },
  { name: 'uptime', address: withReports('view=uptime'), ready: (page) => page.locator('.chart-bar-row').nth(1).waitFor() },
  { name: 'pictures', address: '/console/reports?view=pictures', ready: (page) => page.locator('.snap').nth(3).waitFor() },
  { name: 'people', address: once(inviteSome, '/console/people'), ready: (page) => page.locator('.person').nth(3).waitFor() },
  { name: 'roles', address: once(inviteSome, '/console/people'), async ready(page) {
    await page.locator('.person').filter({ hasText: 'Claire' }).locator('button').first().click();
    await page.locator('dialog[open] .role-row').nth(1).waitFor();
  } },
  { name: 'licences', address: '/console/licences', ready: (page) => page.locator('.licence').first().waitFor() },
  { name: 'urgent messages', address: withMessages, async ready(page) {
    await page.locator('.message-row').nth(2).waitFor();
    await page.locator('.message-templates button').first().click();
    await page.locator('img.message-picture').waitFor();
  } },
  { name: 'send an urgent message', address: withMessages, async ready(page) {
    await page.locator('.message-templates button').nth(1).click();
    await page.getByRole('radio', { name: 'Sites' }).check({ force: true });
    await page.locator('.message-picks .check').nth(2).click();
    await page.locator('.message-count strong').waitFor();
    await page.locator('img.message-picture').waitFor();
    await page.locator('.message-send').click();
    await page.locator('dialog[open]').waitFor();
  } },
  { name: 'more', address: '/console/more', ready: (page) => page.locator('.line').first().waitFor() },
  { name: 'schedule by week', address: '/console/channels/parade/schedule', async ready(page) {
    await page.locator('.block, .day-entry, .day-title').first().waitFor();
    await page.locator('.on-at, .schedule-cards').first().waitFor();
  } },
  { name: 'schedule by month', address: '/console/channels/parade/schedule', async ready(page) {
    await page.locator('.switch.words button').last().click();
    await page.locator('.month-day').first().waitFor();
  } },
  { name: 'edit an entry of a schedule', address: '/console/channels/parade/schedule', async ready(page) {
    await page.locator('.head-actions .primary').click();
    await page.locator('dialog[open] #set-repeat').selectOption('weekly');
    await page.locator('dialog[open] .days').waitFor();
  } },
  { name: 'channel that is gone', address: '/console/channels/nowhere', ready: (page) => page.locator('.blank').waitFor() },
  { name: 'live data', address: '/console/feeds', ready: (page) => page.locator('.line').first().waitFor() },
  { name: 'one feed', address: '/console/feeds/sales', ready: (page) => page.locator('.feed-parts').waitFor() },
  { name: 'edit a feed', address: '/console/feeds/sales', async ready(page) {
    await page.locator('.head-actions .button').first().click();
    await page.locator('dialog[open]').waitFor();
  } },
  { name: 'new key of a feed', address: '/console/feeds', async ready(page) {
    await page.locator('.feed-keys .button').first().click();
    await page.locator('dialog[open]').waitFor();
  } },
  { name: 'feed that is gone', address: '/console/feeds/nowhere', ready: (page) => page.locator('.blank').waitFor() },
  { name: 'edit a screen', address: `/console/screens/${screenId(1)}`, async ready(page) {
    await page.locator('.head-actions > .button').click();
    await page.locator('dialog[open]').waitFor();
  } },
  { name: 'groups', address: '/console/groups', ready: (page) => page.locator('.line').first().waitFor() },
  { name: 'add a group', address: '/console/groups', async ready(page) {
    await page.locator('.head .button.primary').click();
    await page.locator('dialog[open] .rules').first().waitFor();
  } },
  { name: 'group', address: `/console/groups/${groupId}`, ready: (page) => page.locator('.setting').first().waitFor() },
  { name: 'settings of the organisation', address: '/console/settings', ready: (page) => page.locator('.setting').first().waitFor() },
  { name: 'settings of a site', address: '/console/settings?site=Bordeaux', ready: (page) => page.locator('.setting').first().waitFor() },
  { name: 'set a setting', address: `/console/groups/${groupId}`, async ready(page) {
    await page.locator('[data-setting=silence] .setting-actions button').last().click();
    await page.locator('dialog[open] select').first().waitFor();
  } },
  { name: 'not found', address: '/console/elsewhere', ready: (page) => page.locator('.blank').waitFor() },
];

// Opens a scene in a visit (console.mjs), which begins anew where it has to.
export async function show(visit, headend, scene) {
  if (!visit.pictures) await picturesOf(visit.page);
  visit.pictures = true;
  await visit.page.goto(`${headend.url}/healthz`);
  await visit.page.evaluate((view) => { if (view) localStorage.setItem('pingplay.view', view); }, scene.view);
  await visit.page.goto(`${headend.url}${typeof scene.address === 'string' ? scene.address : await scene.address(headend)}`);
  await scene.ready(visit.page);
}
