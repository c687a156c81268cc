// A rollout in the console: asked for in the question before a publish, followed without loading the page, halted, gone on with, ended.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { desktop, open, phone, session, startBrowser, upload } from './lib/console.mjs';
import { enrolDevice, eventually, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';

let browser;
let dir;
before(async () => {
  browser = await startBrowser();
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-console-rollout-'));
  for (const colour of ['red', 'blue']) await makeImage(dir, `${colour}.png`, colour);
});
after(async () => {
  await browser?.close();
  await rm(dir, { recursive: true, force: true });
});

for (const [device, size, language] of [['a desk', desktop, 'en'], ['a phone, in French', phone, 'fr']]) {
  describe(`a rollout on ${device}`, () => {
    let headend;
    let cookie;
    const screens = [];
    const json = { 'content-type': 'application/json' };
    const say = async (kind) => {
      for (const screen of screens) {
        const { channel } = (await headend.request('GET', '/v1/state', { device: screen })).json();
        if (!channel.take) continue;
        const items = Array.from({ length: 3 }, () => ({ id: randomUUID(), kind, detail: 'broken' }));
        assert.equal((await headend.request('POST', '/v1/events', { device: screen, headers: json, body: JSON.stringify({ batch: randomUUID(), items }) })).status, 204);
      }
    };
    const words = language === 'en'
      ? { publish: 'Publish', steps: 'Step by step', first: 'First', go: 'Go on', halted: 'It is halted.', next: 'Next step now', all: 'All screens now', cancel: 'Cancel it' }
      : { publish: 'Publier', steps: 'Par étapes', first: 'D’abord', go: 'Reprendre', halted: 'Le déploiement est arrêté.', next: 'Étape suivante', all: 'Tous les écrans maintenant', cancel: 'Annuler' };
    const rollout = async () => JSON.parse((await headend.request('GET', '/api/v1/channels/lobby/rollout', { cookie, headers: { accept: 'application/json' } })).text).rollout;
    let one;

    before(async () => {
      headend = await startHeadend();
      cookie = await session(headend);
      await upload(headend, ['red.png', 'blue.png'].map((name) => path.join(dir, name)));
      for (let i = 0; i < 4; i++) screens.push(await enrolDevice(headend, { name: `Screen ${i}`, channel: 'lobby' }));
      await headend.publish('lobby', [path.join(dir, 'red.png')]);
      const { items } = JSON.parse((await headend.request('GET', '/api/v1/content', { cookie, headers: { accept: 'application/json' } })).text);
      const csrf = JSON.parse((await headend.request('GET', '/api/v1/session', { cookie })).text).csrf;
      const { headers } = await headend.request('GET', '/api/v1/channels/lobby/draft', { cookie });
      assert.equal((await headend.request('PUT', '/api/v1/channels/lobby/draft', { cookie, headers: { ...json, 'pingplay-csrf': csrf, 'if-match': headers.etag },
        body: JSON.stringify({ title: 'Lobby', items: [{ content: items.find(({ name }) => name === 'blue.png').id }] }) })).status, 200);
      one = await open(browser, headend, { ...size, cookie, language });
    });
    after(async () => {
      await one?.close();
      await headend?.stop();
    });

    test('is begun, halts before one’s eyes, goes on and ends, with the keyboard alone', async () => {
      const { page } = one;
      const shot = async (name) => { if (process.env.PP_SHOTS) await page.screenshot({ path: path.join(process.env.PP_SHOTS, `${language}-${name}.png`), fullPage: true }); };
      const press = async (name, scope = page) => { const button = scope.getByRole('button', { name, exact: true }); await button.focus(); await page.keyboard.press('Enter'); };
      await page.goto(`${headend.url}/console/channels/lobby`);
      await page.locator('.head-actions .button.primary[aria-disabled=false]').waitFor();
      await press(words.publish);
      const dialog = page.getByRole('dialog');
      await dialog.locator('[name=how][value=once]').focus();
      assert.equal(await dialog.getByLabel(words.first, { exact: true }).isVisible(), false);
      await page.keyboard.press('ArrowDown');
      await dialog.getByLabel(words.first, { exact: true }).waitFor();
      await one.axe('how it is published');
      await shot('dialog');
      await press(words.publish, dialog);
      const panel = page.locator('.rollout');
      await panel.waitFor();
      await panel.locator('.rollout-count', { hasText: /^1/ }).waitFor();
      assert.equal(await page.locator('.head-actions .button.primary').getAttribute('aria-disabled'), 'true', 'nothing else is published meanwhile');
      await one.axe('a rollout');
      await shot('running');
      const { stepped } = (await rollout());
      await eventually(() => Date.now() >= Date.parse(stepped) + 1000, 5000, 'the next second'); // what comes within that of the step may be of before
      await say('item-failed');
      await panel.getByText(words.halted).waitFor({ timeout: 30000 });
      await one.axe('a rollout that is halted');
      await shot('halted');
      await press(words.go, panel);
      await panel.getByText(words.halted).waitFor({ state: 'detached' });
      await press(words.next, panel);
      await panel.locator('.rollout-count', { hasText: /^2/ }).waitFor();
      await press(words.cancel, panel);
      await shot('cancel');
      await page.keyboard.press('Escape');
      await press(words.all, panel);
      await press(words.all, dialog);
      await panel.waitFor({ state: 'detached' });
      assert.equal((await rollout()).state, 'done');
      assert.deepEqual(one.complaints, []);
    });
  });
}
