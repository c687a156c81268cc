// The agent is stopped and started at random instants, on a channel of which nothing was published yet, beside a player
// whose presents take long, so that what it reports is often still on its way: the screen is never left blank.
// PP_RESTARTS=1000 node --test tests/e2e/restarts.test.mjs is the long form.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildDir, startHeadend } from './lib/headend.mjs';
import { startDisplay } from './lib/display.mjs';
import { near } from './lib/png.mjs';

const RESTARTS = Number(process.env.PP_RESTARTS ?? 20);
const BACKGROUND = [0x10, 0x14, 0x18];

let headend;
let display;

before(async () => {
  headend = await startHeadend();
  display = await startDisplay(headend, {
    playerEnv: { LD_PRELOAD: path.join(buildDir(), 'tests/e2e/programs/pingplay-slow-display.so'), SLOW_DISPLAY_MS: '60' },
  });
  const { code } = await display.waitCode();
  await headend.approve(code, { name: 'Restarted', channel: 'lobby' });
  await display.agent.waitLog(/-> ONLINE|-> online/i);
});

after(async () => {
  await display?.stop();
  await headend?.stop();
});

function isBlank(picture) {
  for (let y = 3; y < picture.height; y += 7) {
    for (let x = 5; x < picture.width; x += 7) if (!near(picture.at(x, y), BACKGROUND, 6)) return false;
  }
  return true;
}

test(`${RESTARTS} restarts of the agent on an empty channel: there is always something on the screen`, async () => {
  for (let i = 0; i < RESTARTS; i++) {
    await sleep(randomInt(0, 900));
    await display.stopAgent(i % 2 ? 'SIGKILL' : 'SIGTERM');
    assert.ok(!isBlank(await display.screenshot()),
      `after stop ${i} nothing is shown; agent:\n${display.agent.log}\n${display.player.log.slice(-1500)}`);
    await display.startAgent();
  }
});
