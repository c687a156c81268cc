// What administrators ask of a screen: each command from the headend's command line to its effect and back as a receipt that
// the screen's own key has signed.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { verifyJws } from './lib/jose.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const RED = [254, 0, 0];
const GROUND = [14, 22, 34]; // of the status screens
const corner = (shot) => shot.at(4, 4);
const showsRed = (shot) => near(corner(shot), RED);

describe('commands', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-command-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function startScreen(t, options) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const display = await startDisplay(headend, options);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: 'Wall', channel: 'lobby' });
    await display.waitPicture(showsRed, 'the first content');
    await display.agent.waitLog(/-> online/);
    const list = async () => JSON.parse(await headend.cli('screen', 'commands', id, '--json'));
    return { headend, display, id, list };
  }

  // The key that the screen announced itself with, as the database has it.
  async function deviceKey(headend, id) {
    const point = Buffer.from(await headend.sql(`SELECT hex(device_key) FROM device WHERE id = '${id}'`), 'hex');
    return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') } })
      .export({ format: 'jwk' });
  }

  test('identify shows who it is above the content, which comes back, and is receipted', async (t) => {
    const { headend, display, id, list } = await startScreen(t);
    const answer = await headend.cli('screen', 'command', id, 'identify', '2', '--wait');
    assert.match(answer, /^[0-9a-f-]{36}\nidentify done\n$/);
    await display.waitPicture((shot) => near(corner(shot), GROUND, 8), 'who it is');
    await display.waitPicture(showsRed, 'the content again');
    const [command, ...others] = await list();
    assert.deepEqual(others, []);
    assert.deepEqual([command.name, command.args, command.outcome, command.reason], ['identify', { seconds: 2 }, 'done', '']);
    const kid = await headend.sql(`SELECT hex(thumbprint) FROM device WHERE id = '${id}'`);
    const key = { ...await deviceKey(headend, id), kid: Buffer.from(kid, 'hex').toString('base64url') };
    const receipt = JSON.parse(verifyJws(command.receipt, { keys: [key] }, 'pingplay-receipt'));
    assert.deepEqual({ ...receipt, iat: 0, sequence: 0 },
      { aud: 'pingplay-headend', iat: 0, command: command.id, name: 'identify', outcome: 'done', reason: '', sequence: 0 });
    assert.ok(receipt.sequence >= 1);
  });
});
