// A channel may be empty: in the README's own order a screen is approved before anything was published.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startDisplay, until } from './lib/display.mjs';
import { signIn } from './lib/headend-browser.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const RED = [254, 0, 0];
let dir;
let headend;
let display;
let id;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-empty-'));
  headend = await startHeadend();
  display = await startDisplay(headend);
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

const shown = async () => JSON.parse(await headend.cli('screen', 'show', id));
const row = async () => (await (await signIn(headend)).get('/admin/screens')).text.split('<tr ').find((one) => one.includes('Early'));

test('a screen approved for a channel with nothing on it yet is well, and says so', async () => {
  const { code, fingerprint } = await display.waitCode();
  id = await headend.approve(code, { fingerprint: fingerprint.split(' ')[3], name: 'Early', channel: 'lobby' });
  await display.agent.waitLog(/channel-empty: nothing is published on channel lobby/);
  const { report } = await until(async () => {
    const screen = await shown();
    return screen.report?.channel === 'lobby' && screen.report.state === 'online' && screen;
  }, 'a report');
  assert.equal(report.trouble, '');
  assert.equal(report.content_shown, false);
  assert.ok(!/sync-failed|no role says/.test(display.agent.log), display.agent.log);
});

test('the list of screens does not say more than is true', async () => {
  assert.match(await row(), /badge idle">Nothing to play</);
  assert.match(await row(), /nothing published yet/);
});

test('what is published then is on the screen by itself, and the list says so', async () => {
  await headend.publish('lobby', [await makeImage(dir, 'red.png', 'red')]);
  await display.waitContent();
  await display.waitPicture((picture) => near(picture.at(picture.width >> 1, picture.height >> 1), RED), 'a red picture');
  assert.match(await row(), /badge online">Online</);
});

test('a screen that moves to an empty channel shows nothing of its former one, not even after a restart', async () => {
  const before = display.agent.log.length;
  await headend.cli('channel', 'add', 'garden', '--title', 'Garden & Café');
  await headend.cli('screen', 'set', id, '--channel', 'garden');
  await until(() => /nothing is published on channel garden/.test(display.agent.log.slice(before)), 'the event');
  await display.waitPicture((picture) => !near(picture.at(picture.width >> 1, picture.height >> 1), RED), 'another picture');
  await display.stopAgent();
  await headend.stopServing();
  await display.startAgent();
  await display.agent.waitLog(/connecting -> offline/);
  assert.ok(!/content is on the screen/.test(display.agent.log), display.agent.log);
});
