// Urgent messages: from the headend over everything that a screen shows, at once, and until their end, whatever becomes of
// network, player and agent meanwhile.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { shows, startScreen } from './lib/access.mjs';
import { until } from './lib/display.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

// The grounds of firmware/render/status/alert.c.
const GROUNDS = { info: [11, 58, 111], warning: [255, 196, 0], severe: [168, 0, 16], extreme: [138, 0, 14] };
// Neither words nor stripes stand there: left of the middle in 640x360, and of a band at the foot.
const isFull = (severity) => (shot) => near(shot.at(20, shot.height >> 1), GROUNDS[severity], 8);
const isBand = (severity) => (shot) => shows(shot) && near(shot.at(6, shot.height - 40), GROUNDS[severity], 8);
const goesOn = (shot) => shows(shot) && near(shot.at(6, shot.height - 40), [254, 0, 0]);
const soon = (seconds) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+/, '');

describe('urgent messages', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-messages-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function start(t, options = {}) {
    const screen = await startScreen(t, { picture: path.join(dir, 'red.png'), ...options });
    await screen.display.waitPicture(shows, 'the first content');
    await screen.display.agent.waitLog(/-> online/);
    return screen;
  }

  const send = async (headend, ...words) => (await headend.cli('message', 'send', ...words)).slice(0, 36);
  const show = async (headend, id) => JSON.parse(await headend.cli('message', 'show', id));

  test('one is up within the same long poll, over all of the display or as a band, and goes when it is cancelled', async (t) => {
    const { headend, display, id } = await start(t);
    const first = await send(headend, '--all', '--severity', 'extreme', '--title', 'Leave the building', '--text', 'Use the stairs.', '--for', '1h');
    await display.waitPicture(isFull('extreme'), 'the message');
    const told = await until(async () => {
      const message = await show(headend, first);
      return message.shown === 1 && message;
    }, 'the screen in the list of those that show it');
    assert.deepEqual(told.recipients.map(({ id: screen, shown }) => [screen, shown]), [[id, true]]);
    assert.deepEqual([told.state, told.screens, told.style, told.sound], ['running', 1, 'full', 'mute']);
    // a band is less severe: it waits
    const second = await send(headend, '--screen', id, '--severity', 'info', '--title', 'The café closes at 17:00', '--for', '1h');
    await headend.cli('message', 'cancel', first);
    await display.waitPicture(isBand('info'), 'the band, and the content above it');
    await until(async () => (await show(headend, first)).shown === 0, 'that it is not shown any more');
    assert.equal((await show(headend, first)).state, 'cancelled');
    await headend.cli('message', 'cancel', second);
    await display.waitPicture(goesOn, 'the content alone');
    await headend.cli('message', 'cancel', second); // again, and nothing comes of it
    const events = (await headend.cli('screen', 'events', id)).split('\n').filter((line) => line.includes('message-'));
    assert.ok(events.length >= 2, events.join('\n'));
  });

  test('one that has begun ends by itself without a network, and through restarts of the agent and the player', async (t) => {
    const { headend, display } = await start(t);
    const begun = Date.now();
    await send(headend, '--all', '--severity', 'severe', '--title', 'Storm', '--until', soon(25));
    await display.waitPicture(isFull('severe'), 'the message');
    await headend.stopServing();
    await display.stopAgent('SIGKILL');
    await display.startAgent();
    await display.agent.waitLog(/message-shown/);
    assert.ok(isFull('severe')(await display.screenshot()), 'it is up again');
    await display.stopPlayer();
    await display.startPlayer();
    await display.waitPicture(isFull('severe'), 'the message on a player that has just come');
    assert.ok(Date.now() - begun < 24000, 'the test itself was too slow to say anything');
    await display.waitPicture(shows, 'the content again');
    assert.ok(Date.now() - begun > 23000, `it ended after ${Date.now() - begun} ms`);
    await display.agent.waitLog(/message-ended: .*its end has come/);
  });
});
