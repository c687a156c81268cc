// Live data in the console: a feed is made, a key is shown once, the line to copy works as it is pasted, a value is typed, and what
// other systems send is seen as it comes.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { desktop, open, phone, session, startBrowser } from './lib/console.mjs';
import { startDisplay } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';

const run = promisify(execFile);
let browser;
before(async () => { browser = await startBrowser(); });
after(() => browser?.close());

for (const [device, size] of [['a phone', phone], ['a desk', desktop]]) {
  describe(`live data on ${device}`, () => {
    let headend;
    let one;
    let page;
    before(async () => {
      headend = await startHeadend();
      one = await open(browser, headend, { ...size, cookie: await session(headend) });
      page = one.page;
      await page.goto(`${headend.url}/console/feeds`);
    });
    after(async () => {
      await one?.close();
      await headend?.stop();
    });
    const dialog = () => page.getByRole('dialog');
    const value = () => page.locator('.feed-parts .json').first();
    let line;

    test('a feed is made, by its title', async () => {
      await page.getByRole('heading', { name: 'No feed yet' }).waitFor();
      await one.axe('live data without a feed');
      await page.getByRole('button', { name: 'New feed' }).click();
      await dialog().getByLabel('Title').fill('Sales of the day');
      await dialog().getByLabel('JSON Schema').fill('{"type": "object", "required": ["total"], "properties": {"total": {"type": "number", "minimum": 0}, "shop": {"const": "it\'s $HOME"}}}');
      await one.axe('a new feed');
      await dialog().getByRole('button', { name: 'Make it' }).click();
      await page.getByRole('heading', { name: 'Sales of the day' }).waitFor();
      assert.equal(new URL(page.url()).pathname, '/console/feeds/sales-of-the-day');
      assert.match(await page.locator('.badge').innerText(), /Empty/);
    });

    test('a key is shown once, and the line to copy works as it is pasted', async () => {
      await page.getByRole('button', { name: 'New key' }).click();
      await dialog().getByLabel('Who gets it').fill('The till');
      await one.axe('a new key');
      await dialog().getByRole('button', { name: 'Make the key' }).click();
      await page.getByText('The line has the new key in it').waitFor();
      await one.axe('a feed with a new key');
      await page.getByRole('button', { name: 'Copy the line' }).click();
      line = await page.evaluate(() => navigator.clipboard.readText());
      assert.match(line, /Bearer ppf_[\w-]{43}'/);
      // Into a shell, as it is.
      const { stdout } = await run('sh', ['-c', `${line} -sS -w '%{http_code}'`], { env: { ...process.env, CURL_CA_BUNDLE: headend.caFile } });
      assert.equal(stdout, '204');
      await page.getByText('"total": 42').waitFor(); // by the stream of events: nothing is reloaded
      assert.match(await value().innerText(), /it's \$HOME/, 'and the shell has changed nothing in it');
      await page.locator('.badge').filter({ hasText: 'Current' }).waitFor();
      await page.reload();
      await page.getByText('YOUR-KEY').waitFor();
      assert.ok(!(await page.content()).includes('ppf_'), 'shown once');
    });

    test('a value is typed; what the schema refuses is told in its place', async () => {
      await page.getByRole('button', { name: 'Type a value' }).click();
      await dialog().getByLabel('Value').fill('{"total": ');
      await dialog().getByRole('button', { name: 'Send it' }).click();
      await dialog().getByText('This is not JSON.').waitFor();
      await dialog().getByLabel('Value').fill('{"total": -1}');
      await dialog().getByRole('button', { name: 'Send it' }).click();
      await dialog().getByText(/\/total: must be at least 0/).waitFor();
      await one.axe('a value that is refused');
      await dialog().getByLabel('Value').fill('{"total": 7}');
      await dialog().getByRole('button', { name: 'Send it' }).click();
      await page.locator('.feed-parts .json').first().filter({ hasText: '"total": 7' }).waitFor();
      assert.equal(await dialog().count(), 0);
    });

    test('what a system sends and is refused is seen with its place', async () => {
      await assert.rejects(run('sh', ['-c', `${line.replace(/-d '.*'$/s, "-d '{}'")} -sSf`], { env: { ...process.env, CURL_CA_BUNDLE: headend.caFile } }), /422/);
      await page.getByText('total: is missing').waitFor();
      await one.axe('a feed with a refusal');
    });

    test('the list has all of them and the keys, one of which is revoked', async () => {
      await page.getByRole('link', { name: 'All live data' }).click();
      await page.getByRole('link', { name: 'Sales of the day' }).waitFor();
      await page.getByText('The till').waitFor();
      await one.axe('live data');
      await page.getByRole('button', { name: 'Revoke' }).click();
      await dialog().getByRole('button', { name: 'Revoke' }).click();
      await page.getByText(/revoked/).waitFor();
      await assert.rejects(run('sh', ['-c', `${line} -sSf`], { env: { ...process.env, CURL_CA_BUNDLE: headend.caFile } }), /401/);
      await page.getByRole('link', { name: 'Sales of the day' }).click();
      await page.getByRole('button', { name: 'Remove this feed' }).click();
      await dialog().getByRole('button', { name: 'Remove' }).click();
      await page.getByRole('heading', { name: 'No feed yet' }).waitFor();
      assert.deepEqual(one.complaints, []);
    });
  });
}

test('all of it is done with the keyboard alone', async (context) => {
  const headend = await startHeadend();
  context.after(() => headend.stop());
  const one = await open(browser, headend, { ...desktop, cookie: await session(headend) });
  context.after(() => one.close());
  const { page } = one;
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  const tabTo = async (name) => {
    for (let i = 0; i < 60; i++) {
      await press('Tab');
      const label = await page.evaluate(() => { const at = document.activeElement; return (at?.getAttribute('aria-label') ?? (at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement ? at.labels?.[0]?.textContent : at?.textContent) ?? '').trim(); });
      if (label === name) return;
    }
    assert.fail(`${name} is not reached by Tab`);
  };
  await page.goto(`${headend.url}/console/feeds`);
  await page.getByRole('heading', { name: 'No feed yet' }).waitFor();
  await tabTo('New feed');
  await press('Enter');
  await page.getByRole('dialog').waitFor();
  await tabTo('Title');
  await page.keyboard.type('Queue');
  await press('Enter');
  await page.getByRole('heading', { name: 'Queue' }).waitFor();
  await tabTo('Type a value');
  await press('Enter');
  await page.getByRole('dialog').waitFor();
  await tabTo('Value');
  await press('Control+a');
  await page.keyboard.type('12');
  await tabTo('Send it');
  await press('Enter');
  await page.locator('.feed-parts .json').first().filter({ hasText: '12' }).waitFor();
  await tabTo('New key');
  await press('Enter');
  await page.getByRole('dialog').waitFor();
  await press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(one.complaints, []);
});

test('a value is put on a channel, published, and stands on a screen', async (context) => {
  const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
  context.after(() => headend.stop());
  const display = await startDisplay(headend, { size: '640x360' });
  context.after(() => display.stop());
  const one = await open(browser, headend, { ...desktop, cookie: await session(headend) });
  context.after(() => one.close());
  const { page } = one;
  const dialog = page.getByRole('dialog');
  await headend.cli('channel', 'add', 'hall', '--title', 'Hall');
  const { code } = await display.waitCode();
  await headend.approve(code, { name: 'Hall', channel: 'hall' });
  await page.goto(`${headend.url}/console/channels/hall`);
  await page.getByRole('button', { name: 'Add live data' }).click();
  await page.getByText('There is no feed yet').waitFor();
  await headend.cli('feed', 'add', 'sales', '--title', 'Sales');
  await headend.cli('feed', 'value', 'sales', '{"total": 888888}');
  await page.getByRole('button', { name: 'Add live data' }).click();
  await dialog.getByLabel('Title on the screen').fill('Today');
  await dialog.getByLabel('Place in the value').fill('total');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.getByText('A place begins with a slash.').waitFor();
  await one.axe('live data for a channel');
  await dialog.getByLabel('Place in the value').fill('/total');
  await dialog.getByLabel('How it is written').fill('%.0f €');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await page.locator('.change.added').filter({ hasText: 'Today' }).waitFor();
  await one.axe('a channel with live data');
  await page.getByRole('button', { name: 'Edit Today' }).click();
  await dialog.getByLabel('Seconds').fill('20');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.locator('.item').filter({ hasText: '20 s' }).waitFor();
  await page.locator('.split-side').getByText('Saving…').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Publish' }).click();
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await page.getByText('Done. Screens switch').waitFor({ timeout: 30000 });
  await display.waitContent();
  await display.waitPicture((picture) => {
    let count = 0;
    for (let x = 0; x < picture.width; x++) count += picture.at(x, picture.height >> 1).every((value) => value > 200);
    return count > 40;
  }, 'the value');
  assert.deepEqual(one.complaints, []);
});
