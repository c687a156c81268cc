// Urgent messages in the console: written from a template, looked at as the screens' own player draws it, sent to a site's screens, and cancelled, with a
// real screen that shows it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { desktop, open, phone, startBrowser } from './lib/console.mjs';
import { startDisplay } from './lib/display.mjs';
import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { near } from './lib/png.mjs';

const openapi = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../tools/headend/api/openapi.yaml');
const EXTREME = [138, 0, 14];

for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
  describe(`urgent messages on ${device}`, () => {
    let dir;
    let headend;
    let browser;
    let admin;
    let display;
    before(async () => {
      dir = await mkdtemp(path.join(tmpdir(), 'pingplay-console-messages-'));
      const red = await makeImage(dir, 'red.png', 'red');
      headend = await startHeadend({ serve: ['--poll-interval', '1'] });
      admin = await Person.signIn(headend, await readOpenapi(openapi));
      await headend.publish('lobby', [red]);
      display = await startDisplay(headend);
      const { code } = await display.waitCode();
      await headend.approve(code, { name: 'Hall', channel: 'lobby', site: 'Rennes' });
      await enrolDevice(headend, { name: 'Gate', channel: 'lobby', site: 'Lyon' });
      await display.waitContent();
      await display.agent.waitLog(/-> online/);
      browser = await startBrowser();
    });
    after(async () => {
      await browser?.close();
      await display?.stop();
      await headend?.stop();
      if (dir) await rm(dir, { recursive: true, force: true });
    });
    const visit = async (who, body) => {
      const one = await open(browser, headend, { ...size, cookie: who.consoleCookie });
      try {
        await one.page.goto(`${headend.url}/console/messages`);
        await one.page.getByRole('heading', { level: 1, name: 'Urgent messages' }).waitFor();
        await body(one.page, one);
        assert.deepEqual(one.complaints, []);
      } finally {
        await one.close();
      }
    };

    test('an evacuation is chosen, seen, sent to a site by the keyboard alone, shown by its screen, and cancelled', () => visit(admin, async (page, one) => {
      await page.getByRole('button', { name: 'Evacuation' }).press('Enter');
      assert.equal(await page.locator('#message-en-title').inputValue(), 'Leave the building');
      assert.ok(await page.getByRole('radio', { name: 'Extreme' }).isChecked());
      await page.locator('img.message-picture').waitFor();
      await page.getByText('For 2 screens').waitFor();
      await page.getByRole('radio', { name: 'Sites' }).focus();
      await page.keyboard.press('Space');
      await page.getByText('For no screen yet').waitFor();
      await page.getByRole('checkbox', { name: 'Rennes' }).focus();
      await page.keyboard.press('Space');
      await page.getByText('For 1 screen').waitFor();
      await one.axe('an urgent message that is written');
      await page.getByRole('button', { name: 'Send …' }).press('Enter');
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('heading', { name: 'Show this on 1 screen?' }).waitFor();
      await dialog.locator('img.message-picture').waitFor();
      await dialog.getByRole('button', { name: 'Send now' }).press('Enter');
      await display.waitPicture((shot) => near(shot.at(20, shot.height >> 1), EXTREME, 8), 'the message');
      // by the stream of events alone
      await page.getByText('1 of 1 show it').waitFor();
      await one.axe('an urgent message that runs');
      await page.getByRole('button', { name: 'Cancel “Leave the building”' }).press('Enter');
      await display.waitPicture((shot) => near(shot.at(20, shot.height >> 1), [254, 0, 0], 8), 'the content again');
      await page.getByText('No message is shown.').waitFor();
    }));

    test('who may only look sees what runs, and can neither send nor cancel', async () => {
      const viewer = await Person.add(headend, admin.api, 'looks', 'viewer');
      await admin.ask('POST', '/api/v1/messages', { severity: 'info', texts: [{ language: 'en', title: 'Closing at five' }], targets: { all: true }, duration_s: 60 });
      await visit(viewer, async (page) => {
        await page.getByText('Closing at five').waitFor();
        assert.equal(await page.getByRole('button', { name: 'Send …' }).count(), 0);
        assert.equal(await page.getByRole('button', { name: /^Cancel/ }).count(), 0);
      });
    });
  });
}
