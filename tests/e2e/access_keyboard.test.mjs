// Temporary display points: the password is typed on a keyboard at the display, under a real X server.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { hides, memoryHas, setPassword, shows, startScreen } from './lib/access.mjs';
import { ctlJson } from './lib/ctl.mjs';
import { filesBelow, until } from './lib/display.mjs';
import { makeImage } from './lib/media.mjs';
import { startXServer } from './lib/player.mjs';
import { near } from './lib/png.mjs';
import { assertNotSent } from './lib/uploads.mjs';
import { formsOf } from './lib/vault.mjs';

const run = promisify(execFile);
const different = (a, b) => {
  for (let y = 0; y < a.height; y += 3) for (let x = 0; x < a.width; x += 3) if (!near(a.at(x, y), b.at(x, y))) return true;
  return false;
};
const PASSWORD = 'sesame-\u00e9-2026-lille'; // a character of two bytes, and one that needs Shift nowhere
const WRONG = 'quite-another-one';

describe('a screen with a keyboard, at which a password is typed', () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-keyboard-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function start(t, locale = 'en') {
    const DISPLAY = await startXServer(t, '1280x720');
    const { headend, display, id } = await startScreen(t, { picture: path.join(dir, 'red.png'), approval: { locale },
      display: { size: '1280x720', playerEnv: { SDL_VIDEODRIVER: 'x11', DISPLAY } } });
    await display.waitPicture(shows, 'the content of a permanent screen');
    await setPassword(headend, id, PASSWORD);
    const xdotool = (...words) => run('xdotool', words, { env: { ...process.env, DISPLAY } });
    return {
      headend, display, id,
      press: (...keys) => xdotool('key', '--delay', '40', ...keys),
      type: (text) => xdotool('type', '--delay', '40', text),
      wanted: (from = 0) => display.player.waitLog(/the keyboard is the agent's/, from),
      entry: (name) => until(async () => (await ctlJson(display, 'status')).access.entry === name, `the entry to be ${name}`),
      keep: async (name) => {
        await display.screenshot();
        if (process.env.PP_SCREENS) await writeFile(path.join(process.env.PP_SCREENS, `${name}.png`), await readFile(display.shotFile));
      },
    };
  }

  // Parts of it as well: it is typed character by character, and wiped so.
  async function assertGone(headend, display, id) {
    await assertNotSent(headend, id, [PASSWORD, PASSWORD.slice(0, 9), WRONG].flatMap((text) => formsOf(Buffer.from(text))));
    for (const text of [PASSWORD, PASSWORD.slice(0, 9), WRONG]) {
      await until(async () => !await memoryHas(display.agent.child.pid, text), 'the password to be gone from the agent');
      assert.ok(!await memoryHas(display.player.child.pid, text), 'and there is none in the player');
      for (const [what, log] of Object.entries({ agent: display.agent.log, player: display.player.log, headend: headend.log })) {
        assert.ok(!log.includes(text), `the log of the ${what}`);
      }
      for await (const { name, data } of filesBelow(display.dir)) assert.ok(!data.includes(text), name);
    }
  }

  const opens = (locale) => async (t) => {
    const { headend, display, id, press, type, wanted, entry, keep } = await start(t, locale);
    await wanted();
    await entry('open');
    await display.waitPicture(hides, 'the sign-in');
    const empty = await display.screenshot();
    await keep(`keyboard-open-${locale}`);
    await type(WRONG);
    await display.waitPicture((shot) => different(shot, empty), 'the dots');
    await keep(`keyboard-dots-${locale}`);
    const from = display.agent.log.length;
    await press('Return');
    await display.agent.waitLog(/sign-in-denied: .*wrong password/, from);
    await entry('wrong');
    await keep(`keyboard-wrong-${locale}`);
    assert.ok(hides(await display.screenshot()));
    await type('something to be forgotten');
    await press('Escape');
    await type(`x${PASSWORD}yz`.slice(0, -2));
    await press(...Array(PASSWORD.length + 1).fill('BackSpace'));
    await type(`${PASSWORD}!`);
    await press('BackSpace', 'Return');
    await display.waitPicture(shows, 'the content');
    await display.player.waitLog(/the keyboard is nobody's/);
    await assertGone(headend, display, id);
    assert.equal(await headend.sql(`SELECT subject FROM person_session WHERE device = '${id}'`), 'password');
  };
  test('opens by it, says what is wrong, and keeps none of it', opens('en'));
  test('opens by it in French as well', opens('fr'));

  for (const locale of ['en', 'fr']) {
    test(`says how long to wait after too many wrong ones, and takes none meanwhile (${locale})`, async (t) => {
      const { headend, display, id, press, type, wanted, entry, keep } = await start(t, locale);
      await wanted();
      for (let i = 0; (await ctlJson(display, 'status')).access.entry !== 'wait'; i++) {
        assert.ok(i < 12, 'it is throttled at last'); // each wrong one doubles the wait, up to a minute: however slow the machine is
        const from = display.player.log.length;
        await type(WRONG);
        await press('Return');
        await display.player.waitLog(/the keyboard is nobody's/, from);
        await until(async () => ['wrong', 'wait'].includes((await ctlJson(display, 'status')).access.entry), 'an answer');
      }
      await entry('wait');
      await keep(`keyboard-wait-${locale}`);
      await type(PASSWORD);
      await press('Return');
      assert.ok(hides(await display.screenshot()));
      await assertGone(headend, display, id);
    });
  }
});
