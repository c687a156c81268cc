// A channel's schedule in the console: made, moved and taken away with a mouse, with keys alone and on a phone; conflicts, time zones, and what is on when.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { desktop, open, phone, session, startBrowser, upload } from './lib/console.mjs';
import { enrolDevice, eventually, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';

const NOW = new Date('2026-03-25T14:20:00Z'); // a Wednesday; the clocks of Europe change on the Sunday

describe('a schedule', () => {
  let browser;
  let headend;
  let dir;
  let cookie;
  let made;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-console-schedule-'));
    browser = await startBrowser();
    headend = await startHeadend();
    cookie = await session(headend);
    made = await upload(headend, await Promise.all(['red', 'blue'].map((colour) => makeImage(dir, `${colour}.png`, colour))));
  });
  after(async () => {
    await browser?.close();
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const ask = async (method, target, body, headers = {}) => {
    const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie })).json();
    return headend.request(method, target, { cookie, headers: { 'pingplay-csrf': csrf, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  };
  const draft = async (channel) => (await headend.request('GET', `/api/v1/channels/${channel}/draft`, { cookie })).json().document;
  const put = async (channel, document) => {
    await ask('POST', '/api/v1/channels', { id: channel, title: channel });
    const answer = await ask('PUT', `/api/v1/channels/${channel}/draft`, document, { 'if-match': '*' });
    assert.equal(answer.status, 200, answer.text);
  };
  const zone = (playlist) => ({ zones: [{ id: 'main', x: 0, y: 0, width: 1920, height: 1080, playlist }] });
  const layouts = (schedule) => ({ playlists: { all: { items: made.map(({ id }) => ({ content: id })) } }, layouts: { day: zone('all'), night: zone('all'), sale: zone('all') }, default_layout: 'night', schedule });
  const visit = async (channel, size = desktop, more = {}) => {
    const one = await open(browser, headend, { ...size, cookie, clock: NOW, ...more });
    await one.page.goto(`${headend.url}/console/channels/${channel}/schedule`);
    await one.page.locator('.week-scroll, .day-strip').waitFor();
    return one;
  };
  // What a change has become of, once it is kept.
  const becomes = async (channel, expected) => {
    let found;
    const same = async () => { found = (await draft(channel)).schedule; return JSON.stringify(found) === JSON.stringify(expected); };
    await eventually(same, 10000, 'the draft').catch(() => assert.deepEqual(found, expected));
  };

  test('of a plain list begins with a playlist from the library, and an entry that recurs', async () => {
    await put('plain', { title: 'Plain', items: [{ content: made[0].id }] });
    const one = await visit('plain');
    const { page } = one;
    await page.getByRole('button', { name: 'New entry', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Shows').selectOption({ label: 'A new playlist from the library…' });
    await dialog.locator('.pick').filter({ hasText: 'blue' }).click();
    await dialog.getByLabel('Name').fill('Spring sale');
    await dialog.locator('#set-day').fill('2026-03-24');
    await dialog.locator('#set-time').fill('10:30');
    assert.equal(await dialog.locator('#set-end').inputValue(), '2026-03-24T11:30', 'the end goes with the start');
    await dialog.locator('#set-end').fill('2026-03-24T12:00');
    await dialog.getByLabel('Priority').fill('5');
    await dialog.getByLabel('Repeats').selectOption({ label: 'Weekly' });
    await dialog.getByLabel('Friday').check();
    await dialog.getByLabel('Ends').selectOption({ label: 'After so many times' });
    await dialog.getByLabel('Times').fill('4');
    await dialog.getByText('Every week on Tue, Fri 4 times').waitFor();
    await one.axe('an entry that recurs');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.locator('.block').nth(1).waitFor();
    const document = await draft('plain');
    assert.deepEqual(document.schedule, [{ layout: 'Spring-sale', dtstart: '2026-03-24T10:30:00', duration: 'PT1H30M', priority: 5, rrule: 'FREQ=WEEKLY;BYDAY=TU,FR;COUNT=4' }]);
    assert.deepEqual([document.default_layout, document.playlists, Object.keys(document.layouts)], ['main', { main: { items: [{ content: made[0].id }] }, 'Spring-sale': { items: [{ content: made[1].id }] } }, ['main', 'Spring-sale']]);
    await one.axe('a week');
    assert.deepEqual(one.complaints, []);
    await one.close();
  });

  test('is moved, stretched and drawn with a mouse', async () => {
    await put('mouse', layouts([{ layout: 'day', dtstart: '2026-03-24T10:00:00', duration: 'PT2H' }]));
    const one = await visit('mouse');
    const { page } = one;
    const pull = async (place, x, y) => {
      await page.mouse.move(place.x, place.y);
      await page.mouse.down();
      await page.mouse.move(place.x + x / 2, place.y + y / 2, { steps: 3 });
      await page.mouse.move(place.x + x, place.y + y, { steps: 3 });
      await page.mouse.up();
    };
    const column = await page.locator('.day-column').nth(1).boundingBox();
    const hour = (await page.locator('.day-column').nth(1).evaluate((element) => element.offsetHeight)) / 24;
    const block = async () => page.locator('.block').first().boundingBox();
    const before = await block();
    await pull({ x: before.x + 20, y: before.y + 20 }, column.width, hour * 1.5);
    await becomes('mouse', [{ layout: 'day', dtstart: '2026-03-25T11:30:00', duration: 'PT2H' }]);
    await page.locator('.day-column').nth(2).locator('.block').waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0, 'what was pulled is not opened as well');
    const moved = await block();
    await pull({ x: moved.x + 20, y: moved.y + moved.height - 3 }, 0, hour);
    await becomes('mouse', [{ layout: 'day', dtstart: '2026-03-25T11:30:00', duration: 'PT3H' }]);
    // On what is free, an entry as long as it was drawn.
    await pull({ x: column.x + 30, y: moved.y }, 0, hour * 2);
    const dialog = page.getByRole('dialog');
    await dialog.locator('#set-time').waitFor();
    assert.deepEqual([await dialog.locator('#set-day').inputValue(), await dialog.locator('#set-time').inputValue(), await dialog.locator('#set-end').inputValue()], ['2026-03-24', '11:30', '2026-03-24T13:30']);
    await dialog.getByLabel('Shows').selectOption('sale');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await becomes('mouse', [{ layout: 'day', dtstart: '2026-03-25T11:30:00', duration: 'PT3H' }, { layout: 'sale', dtstart: '2026-03-24T11:30:00', duration: 'PT2H' }]);
    assert.deepEqual(one.complaints, []);
    await one.close();
  });

  test('one of many that recur is moved alone, left out, and taken back', async () => {
    const weekly = { layout: 'day', dtstart: '2026-03-02T10:00:00', duration: 'PT2H', rrule: 'FREQ=WEEKLY;BYDAY=MO,WE' };
    await put('series', layouts([weekly]));
    const one = await visit('series');
    const { page } = one;
    const hour = (await page.locator('.day-column').first().evaluate((element) => element.offsetHeight)) / 24;
    const box = await page.locator('.block').first().boundingBox();
    await page.mouse.move(box.x + 20, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + 20, box.y + 20 + hour * 3, { steps: 4 });
    await page.mouse.up();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Only Monday, March 23').waitFor();
    await one.axe('which one to move');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await becomes('series', [{ ...weekly, exdate: ['2026-03-23T10:00:00'] }, { layout: 'day', dtstart: '2026-03-23T13:00:00', duration: 'PT2H' }]);
    // Another one is left out, by the form.
    await page.locator('.day-column').nth(2).locator('.block').click();
    await dialog.getByLabel('Only Wednesday, March 25').check();
    await dialog.getByRole('button', { name: 'Leave out this one' }).click();
    await becomes('series', [{ ...weekly, exdate: ['2026-03-23T10:00:00', '2026-03-25T10:00:00'] }, { layout: 'day', dtstart: '2026-03-23T13:00:00', duration: 'PT2H' }]);
    // And one taken back, in another week.
    await page.getByRole('button', { name: 'After' }).click();
    await page.locator('.block').first().click();
    await dialog.getByRole('button', { name: 'Take back' }).first().click();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await becomes('series', [{ layout: 'day', dtstart: '2026-03-02T10:00:00', rrule: weekly.rrule, duration: 'PT2H', exdate: ['2026-03-25T10:00:00'] }, { layout: 'day', dtstart: '2026-03-23T13:00:00', duration: 'PT2H' }].map(({ layout, dtstart, duration, rrule, exdate }) => (rrule ? { layout, dtstart, duration, rrule, exdate } : { layout, dtstart, duration })));
    await one.close();
  });

  test('is changed with keys alone', async () => {
    await put('keys', layouts([{ layout: 'day', dtstart: '2026-03-24T10:00:00', duration: 'PT2H' }]));
    const one = await visit('keys');
    const { page } = one;
    const key = async (name, dtstart, duration) => {
      await page.locator('.block').focus();
      await page.keyboard.press(name);
      await becomes('keys', [{ layout: 'day', dtstart, duration }]);
      await page.locator('.block').waitFor();
    };
    await key('ArrowDown', '2026-03-24T10:15:00', 'PT2H');
    await key('ArrowRight', '2026-03-25T10:15:00', 'PT2H');
    await key('ArrowUp', '2026-03-25T10:00:00', 'PT2H');
    await key('Shift+ArrowDown', '2026-03-25T10:00:00', 'PT2H15M');
    // Several at once: each is made of what the one before has left.
    await page.locator('.block').focus();
    for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowDown');
    await becomes('keys', [{ layout: 'day', dtstart: '2026-03-25T11:30:00', duration: 'PT2H15M' }]);
    await key('ArrowUp', '2026-03-25T11:15:00', 'PT2H15M');
    await page.locator('p[role=status]').filter({ hasText: '“day” begins Wednesday, March 25 11:15.' }).waitFor();
    // From the head's number of a day to an entry on it.
    await page.getByRole('button', { name: 'New entry on Friday, March 27' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').locator('#set-layout').waitFor();
    assert.equal(await page.locator('#set-day').inputValue(), '2026-03-27');
    await page.keyboard.press('Escape');
    await page.locator('.block').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('heading', { name: 'Entry 1' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.block').focus();
    await page.keyboard.press('Delete');
    await becomes('keys', []);
    await one.close();
  });

  test('hears what somebody else changes, saves nothing over it, and asks which of a series Delete is to remove', async () => {
    const weekly = { layout: 'day', dtstart: '2026-03-24T10:00:00', duration: 'PT2H', rrule: 'FREQ=WEEKLY;BYDAY=TU,TH' };
    const other = { layout: 'sale', dtstart: '2026-03-25T14:00:00', duration: 'PT1H' };
    await put('series', layouts([weekly]));
    const one = await visit('series');
    const { page } = one;
    const dialog = page.getByRole('dialog');
    const block = (layout) => page.locator('.block').filter({ has: page.getByText(layout, { exact: true }) });
    await page.getByRole('button', { name: 'New entry', exact: true }).click();
    await dialog.locator('#set-layout').waitFor();
    await put('series', layouts([weekly, other])); // while a dialog is open
    await block('sale').waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Somebody has changed it meanwhile.').waitFor();
    await page.keyboard.press('Escape');
    await becomes('series', [weekly, other]);
    await block('day').first().focus();
    await page.keyboard.press('Delete');
    await dialog.getByRole('heading', { name: 'Remove which?' }).waitFor();
    await dialog.getByRole('button', { name: 'Remove' }).click(); // this one alone
    await becomes('series', [{ ...weekly, exdate: ['2026-03-24T10:00:00'] }, other]);
    await eventually(async () => await block('day').count() === 1, 10000, 'the one that is left');
    await block('day').first().focus();
    await page.keyboard.press('Delete');
    await dialog.getByRole('radio').last().check();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await becomes('series', [other]);
    assert.deepEqual(one.complaints, []);
    await one.close();
  });

  test('says in words where entries get in each other’s way, what the clock does, and what is on where', async () => {
    const screen = (await enrolDevice(headend, { name: 'Window', site: 'Rennes', channel: 'words', timeZone: 'Europe/Paris' })).id;
    await enrolDevice(headend, { name: 'Harbour', site: 'Dover', channel: 'words', timeZone: 'Europe/London' });
    await enrolDevice(headend, { name: 'Market', site: 'Rennes', channel: 'words', timeZone: 'Europe/Paris' });
    await put('words', layouts([{ layout: 'day', dtstart: '2026-01-05T08:00:00', duration: 'PT12H', rrule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR' }, { layout: 'sale', dtstart: '2026-03-26T15:00:00', duration: 'PT6H' },
      { layout: 'sale', dtstart: '2026-03-24T10:00:00', duration: 'PT4H', priority: 9 }, { layout: 'night', dtstart: '2026-03-24T10:30:00', duration: 'PT30M', priority: 1 }, { layout: 'sale', dtstart: '2026-03-29T02:30:00', duration: 'PT1H' }]));
    const one = await visit('words');
    const { page } = one;
    await page.getByText('“sale” (entry 2) and “day” (entry 1) have the same priority and last at once, Thursday, March 26 15:00 to Thursday, March 26 20:00: “sale” (entry 2) is shown').waitFor();
    await page.getByText('“night” (entry 4) (Tuesday, March 24 10:30) is never shown in this time').waitFor();
    await page.getByText('Times are each screen’s own: 08:00 is 08:00 in Paris (2 screens), London (1 screen).').waitFor();
    await page.getByText('Paris, Sunday, March 29: at 02:00 the clock goes to 03:00. What is to begin at 02:30 begins at 03:30.').waitFor();
    assert.match(await page.locator('.day-column').nth(6).locator('.block').innerText(), /03:30–04:30/);
    await page.locator('.now-line').waitFor();
    await page.getByLabel('Show it as in').selectOption('Europe/London');
    await page.getByText('London, Sunday, March 29: at 01:00 the clock goes to 02:00. What is to begin at 01:30 begins at 02:30.').waitFor();
    assert.match(await page.locator('.day-column').nth(6).locator('.block').innerText(), /02:30–03:30/);
    // What is on: nothing is published, so only the draft says something.
    const onAt = page.locator('.on-at');
    await onAt.getByLabel('Screen').selectOption({ label: 'Window (Rennes)' });
    await onAt.getByLabel('Time there (Europe/Paris)').fill('2026-03-24T10:45');
    await onAt.getByText('Nothing is published for it.').waitFor();
    await onAt.getByText('Because of entry 3, with priority 9').waitFor();
    assert.equal(await onAt.locator('.on-at-layout').innerText(), 'sale');
    await onAt.getByText('one after the other: red.png, blue.png').waitFor();
    await onAt.getByText('Then “day”, from Tue, Mar 24, 2026, 14:00.').waitFor();
    await page.getByRole('button', { name: 'Month' }).click();
    await page.locator('.month-day').nth(41).waitFor();
    assert.deepEqual([await page.locator('.calendar-title').innerText(), await page.locator('.month-day .chip-entry').count() > 20], ['March 2026', true]);
    await one.axe('a month');
    await page.goto(`${headend.url}/console/screens/${screen}`);
    await page.locator('.on-at').getByLabel('Time there (Europe/Paris)').fill('2026-03-29T03:45');
    await page.locator('.on-at').getByText('Because of entry 5, with priority 0, from Sun, Mar 29, 2026, 03:30 to Sun, Mar 29, 2026, 04:30.').waitFor();
    await one.axe('a screen with what is on');
    assert.deepEqual(one.complaints, []);
    await one.close();
  });

  test('on a phone, in French, is a list of a day, and weeks begin on Monday', async () => {
    await put('telephone', layouts([{ layout: 'day', dtstart: '2026-03-02T08:00:00', duration: 'PT12H', rrule: 'FREQ=DAILY' }, { layout: 'sale', dtstart: '2026-03-25T12:00:00', duration: 'PT1H', priority: 2 }]));
    const one = await visit('telephone', phone, { language: 'fr' });
    const { page } = one;
    assert.deepEqual(await page.locator('.strip-day .sr').allInnerTexts(), ['lundi 23 mars', 'mardi 24 mars', 'mercredi 25 mars', 'jeudi 26 mars', 'vendredi 27 mars', 'samedi 28 mars', 'dimanche 29 mars']);
    assert.deepEqual((await page.locator('.day-entry strong').allInnerTexts()), ['day', 'sale']);
    assert.deepEqual((await page.locator('.spans li').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')), ['00:00–08:00 night par défaut', '08:00–12:00 day', '12:00–13:00 sale', '13:00–20:00 day', '20:00–24:00 night par défaut']);
    await one.axe('a day on a phone');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), phone.width);
    await page.locator('.strip-day').nth(3).click();
    await page.locator('.day-title').filter({ hasText: 'jeudi 26 mars' }).waitFor();
    await page.getByRole('button', { name: 'Nouvelle entrée' }).click();
    await page.getByRole('dialog').getByLabel('Priorité').fill('3');
    await page.getByRole('dialog').getByRole('button', { name: 'Enregistrer' }).click();
    await page.locator('.day-entry').nth(1).waitFor();
    assert.deepEqual((await draft('telephone')).schedule[2], { layout: 'day', dtstart: '2026-03-26T08:00:00', duration: 'PT1H', priority: 3 });
    await page.getByRole('button', { name: 'Mois' }).click();
    await page.locator('.month-day').nth(41).waitFor();
    await one.axe('a month on a phone');
    await page.getByRole('button', { name: 'mardi 10 mars' }).click();
    await page.locator('.day-title').filter({ hasText: 'mardi 10 mars' }).waitFor();
    assert.deepEqual(one.complaints, []);
    await one.close();
  });

  test('that cannot be says so, in the headend’s words, and nothing is lost', async () => {
    await put('wrong', layouts([]));
    const one = await visit('wrong');
    const { page } = one;
    await page.getByRole('button', { name: 'New entry', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Repeats').selectOption({ label: 'Another rule' });
    await dialog.getByLabel('Rule', { exact: true }).fill('FREQ=MINUTELY');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('This cannot be: screens would refuse this: schedule[0].rrule').waitFor();
    await dialog.locator('#set-end').fill('2020-01-01T00:00');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('It has to end after it begins, and within a year.').waitFor();
    // Somebody else has changed it meanwhile.
    await put('wrong', layouts([{ layout: 'sale', dtstart: '2026-03-25T12:00:00', duration: 'PT1H' }]));
    await dialog.locator('#set-end').fill('2026-03-25T20:00');
    await dialog.getByLabel('Repeats').selectOption({ label: 'Does not repeat' });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.locator('[role=alert] .callout').waitFor();
    assert.deepEqual((await draft('wrong')).schedule.map(({ layout }) => layout), ['sale']);
    await one.close();
  });

  test('takes a calendar in, by what its events are to show, and goes out as one', async () => {
    await put('import', layouts([{ layout: 'day', dtstart: '2026-03-24T10:00:00', duration: 'PT2H' }]));
    const calendar = path.join(dir, 'shop.ics');
    const event = (...lines) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'];
    await writeFile(calendar, ['BEGIN:VCALENDAR', ...event('SUMMARY:sale', 'DTSTART;TZID=Europe/Paris:20260325T120000', 'DURATION:PT1H', 'CATEGORIES:Priority 7'), ...event('SUMMARY:Holiday', 'DTSTART;VALUE=DATE:20260327'),
      ...event('SUMMARY:Meeting', 'DTSTART:20260326T080000', 'DURATION:PT1H'), ...event('SUMMARY:Odd', 'DTSTART;TZID=Mars:20260326T080000', 'DURATION:PT1H'), 'END:VCALENDAR', ''].join('\r\n'));
    const one = await visit('import');
    const { page } = one;
    await page.locator('.actions-menu .menu-button').click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Bring a calendar (.ics)' }).click();
    await (await chooser).setFiles(calendar);
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1 event is left out:').waitFor();
    await dialog.getByText('DTSTART: "Mars" is no time zone of the IANA database').waitFor();
    assert.deepEqual([await dialog.getByLabel('sale').inputValue(), await dialog.getByLabel('Holiday').inputValue()], ['sale', ''], 'what is called as a layout is one');
    await dialog.getByLabel('Holiday').selectOption('night');
    await dialog.getByLabel('At each screen’s own time').check();
    await one.axe('a calendar that is brought');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await becomes('import', [{ layout: 'day', dtstart: '2026-03-24T10:00:00', duration: 'PT2H' }, { dtstart: '2026-03-25T12:00:00', duration: 'PT1H', layout: 'sale', priority: 7 }, { dtstart: '2026-03-27T00:00:00', duration: 'P1D', layout: 'night' }]);
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.actions-menu .menu-button').click();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Take it along as a calendar (.ics)' }).click();
    const file = await download;
    assert.equal(file.suggestedFilename(), 'import.ics');
    assert.match(await readFile(await file.path(), 'utf8'), /SUMMARY:night\r\n/);
    assert.deepEqual(one.complaints, []);
    await one.close();
  });
});
