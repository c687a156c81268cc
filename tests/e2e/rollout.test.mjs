// A rollout on real screens: real agents, players and renderers; what one of them cannot show halts it.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, unlink, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startDisplay, until } from './lib/display.mjs';
import { buildDir, eventually, startHeadend } from './lib/headend.mjs';
import { Library } from './lib/library.mjs';
import { makeImage } from './lib/media.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { Publishing } from './lib/publishing.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const near = (colour) => (picture) => picture.at(picture.width >> 1, picture.height >> 1).every((value, i) => Math.abs(value - colour[i]) < 60);
const [RED, BLUE, GREEN] = [[255, 0, 0], [0, 0, 255], [0, 128, 0]];
const SCREENS = 3;

describe('a rollout on real screens', () => {
  let headend;
  let admin;
  let publishing;
  let dir;
  const displays = [];
  const content = {};
  const place = '/api/v1/channels/lobby/rollout';
  const rollout = async () => (await admin.get(place)).json().rollout;
  const act = async (what) => { const answer = await admin.ask('POST', `${place}/${what}`); assert.equal(answer.status, 200, answer.text); };
  const becomes = (condition, what) => eventually(async () => { const now = await rollout(); return condition(now) && now; }, 90000, what);
  const shows = async (display, colour) => near(colour)(await display.screenshot());
  const showing = async (colour) => { const found = []; for (const display of displays) if (await shows(display, colour)) found.push(display); return found; };
  const all = (colour, what) => until(async () => (await showing(colour)).length === SCREENS, what, 90000);

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-rollout-'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml')));
    publishing = new Publishing(headend, admin);
    const library = new Library(admin);
    for (const colour of ['red', 'blue', 'green']) content[colour] = (await library.add(await readFile(await makeImage(dir, `${colour}.png`, colour)), { filename: `${colour}.png` })).content;
    await publishing.publish('lobby', [{ content: content.red }]);
    for (let i = 0; i < SCREENS; i++) {
      const display = await startDisplay(headend);
      displays.push(display);
      const { code } = await display.waitCode();
      await headend.approve(code, { name: `Screen ${i}`, channel: 'lobby' });
    }
    await all(RED, 'what is published');
  });
  after(async () => {
    for (const display of displays) await display.stop();
    await headend?.stop();
    if (dir) await rm(dir, { recursive: true });
  });

  test('one shows it first, through a power cut as well; cancelled, it shows again what the others do', async () => {
    await publishing.publish('lobby', [{ content: content.blue }], {}, { rollout: { steps: [{ percent: 25 }, { percent: 100 }] } });
    const [taker] = await until(async () => { const found = await showing(BLUE); return found.length && found; }, 'the first step', 90000);
    await becomes(({ shown }) => shown === 1, 'what it says itself');
    assert.equal((await showing(RED)).length, SCREENS - 1);
    await taker.stopAgent('SIGKILL');
    await taker.startAgent();
    await taker.waitContent();
    await until(() => shows(taker, BLUE), 'the same after the cut');
    assert.deepEqual([(await rollout()).state, (await rollout()).bad], ['running', 0]);
    await act('cancel');
    await all(RED, 'what is published, on all');
    assert.equal((await rollout()).state, 'cancelled');
  });

  test('what the screen that has it cannot show halts it, and the others never had it', async () => {
    for (const { dir: folder } of displays) {
      const renderer = path.join(folder, 'bin/pingplay-render-media');
      await unlink(renderer);
      await writeFile(renderer, '#!/bin/sh\nexit 3\n');
      await chmod(renderer, 0o755);
    }
    await publishing.publish('lobby', [{ content: content.green }], {}, { rollout: { steps: [{ percent: 25 }, { percent: 100, after: 'PT1H' }], tolerance: { errors: 1 } } });
    const halted = await becomes(({ state }) => state === 'halted', 'the halt');
    assert.deepEqual([halted.taken, halted.reason.code, halted.failing.length], [1, 'errors', 1]);
    assert.ok(halted.reason.kinds.some(({ kind }) => kind.startsWith('item-')), JSON.stringify(halted.reason));
    assert.equal((await showing(GREEN)).length, 0);
    for (const { dir: folder } of displays) {
      const renderer = path.join(folder, 'bin/pingplay-render-media');
      await unlink(renderer);
      await writeFile(renderer, `#!/bin/sh\nexec ${path.join(buildDir(), 'firmware/render/media/pingplay-render-media')} "$@"\n`);
      await chmod(renderer, 0o755);
    }
    await act('cancel');
    await all(RED, 'what is published, on all');
  });

  test('to its end, all show it', async () => {
    await publishing.publish('lobby', [{ content: content.blue }], {}, { rollout: { steps: [{ percent: 25 }, { percent: 60, after: 'PT1S' }, { percent: 100, after: 'PT1S' }] } });
    await becomes(({ state }) => state === 'done', 'the last step, by itself');
    await all(BLUE, 'the new version, on all');
  });
});
