// The agent when things go wrong around it: a channel that goes and comes back, a headend that refuses the screen, a full
// flash, a manifest that kills it; and SIGTERM in every state.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startHeadend } from './lib/headend.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const run = promisify(execFile);
const RED = [254, 0, 0];
const BLUE = [0, 0, 254];

let headend;
let display;
let dir;
let id;

const middleIs = (colour) => (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), colour);
const middleIsNot = (colour) => (picture) => !middleIs(colour)(picture);
const sql = (text) => run('sqlite3', ['-cmd', '.timeout 5000', path.join(headend.dir, 'headend.db'), text]);

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-agent-'));
  headend = await startHeadend();
  await headend.publish('lobby', [await makeImage(dir, 'red.png', 'red')]);
  display = await startDisplay(headend);
  const { code } = await display.waitCode();
  id = await headend.approve(code, { name: 'Troubled', channel: 'lobby' });
  await display.waitContent();
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

test('a channel that is taken away leaves the screen, also after a restart, and comes back', async () => {
  await headend.cli('screen', 'set', id, '--channel', '');
  await display.waitPicture(middleIsNot(RED), 'the welcome screen');
  await headend.stopServing();
  await display.stopAgent();
  await display.stopPlayer();
  await display.startPlayer();
  await display.startAgent();
  await display.agent.waitLog(/-> offline/);
  assert.ok(middleIsNot(RED)(await display.screenshot()));
  await headend.startServing();
  await display.agent.waitLog(/-> online/);
  await headend.cli('screen', 'set', id, '--channel', 'lobby');
  await display.waitPicture(middleIs(RED), 'the channel that came back');
});

test('a retired screen is locked, and neither a cut cable nor a restart opens it', async () => {
  const from = display.agent.log.length;
  await headend.cli('screen', 'retire', id);
  await display.agent.waitLog(/-> locked/, from);
  await display.waitPicture(middleIsNot(RED), 'the neutral screen');
  await headend.stopServing();
  await display.agent.waitLog(/connection: /, display.agent.log.length);
  assert.doesNotMatch(display.agent.log.slice(from), /-> offline/);
  await display.stopAgent();
  await display.startAgent();
  await display.agent.waitLog(/session: |connection: /);
  assert.doesNotMatch(display.agent.log, /-> (offline|connecting)/);
  assert.ok(middleIsNot(RED)(await display.screenshot()));
  await sql(`UPDATE device SET status = 'active' WHERE id = '${id}'`);
  await headend.startServing();
  await display.waitPicture(middleIs(RED), 'the content once it is accepted again');
});
