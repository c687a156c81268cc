// Temporary display points: somebody types the screen's password on the page behind its QR code.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { channelKey, hides, makePhone, memoryHas, setPassword, shows, startScreen, waitAsk } from './lib/access.mjs';
import { ctl, ctlJson } from './lib/ctl.mjs';
import { filesBelow, until } from './lib/display.mjs';
import { clockAway } from './lib/faketime.mjs';
import { makeImage } from './lib/media.mjs';

const PASSWORD = 'opensesame-2026';

describe('a screen at which a password is typed', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-password-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function start(t, more) {
    const screen = await startScreen(t, { picture: path.join(dir, 'red.png') });
    await screen.display.waitPicture(shows, 'the content of a permanent screen');
    await setPassword(screen.headend, screen.id, PASSWORD, more);
    return screen;
  }

  test('shows its content from the right password on until the phone ends the session, and keeps no key', async (t) => {
    const { headend, display, id } = await start(t);
    const ask = await waitAsk(display);
    assert.equal(ask.uri, `${headend.url}/access`);
    await display.waitPicture(hides, 'what a permanent screen showed is gone');
    const key = await channelKey(headend);
    const phone = makePhone(headend);
    const wrong = await phone.signIn(ask.code, 'something else');
    assert.equal(wrong.status, 403);
    assert.match(wrong.text, /do not match/);
    const unknown = await phone.signIn('BCDF-GHJK', PASSWORD);
    assert.equal(unknown.status, 403);
    assert.match(unknown.text, /do not match/);
    assert.ok(hides(await display.screenshot()));
    const done = await phone.signIn(ask.code, PASSWORD);
    assert.equal(done.status, 200, done.text);
    assert.match(done.text, /Meeting room/);
    await display.waitPicture(shows, 'the content');
    assert.ok(await memoryHas(display.agent.child.pid, key), 'meanwhile the key is in memory');
    assert.equal((await makePhone(headend).signIn(ask.code, PASSWORD)).status, 403, 'the code is good for one session');
    // somebody else's browser ends nothing
    const other = makePhone(headend);
    assert.equal((await other.signOut(await other.page(ask.code))).status, 403);
    assert.ok(shows(await display.screenshot()));
    const from = display.agent.log.length;
    assert.equal((await phone.signOut(done)).status, 200);
    await display.waitPicture(hides, 'nothing any more');
    await display.agent.waitLog(/session-ended: session \S+: signed-out/, from);
    await assertForgotten(display, key);
    const next = await waitAsk(display, from);
    assert.notEqual(next.code, ask.code);
    for (const [what, text] of Object.entries({ agent: display.agent.log, headend: headend.log })) assert.ok(!text.includes(PASSWORD), `the ${what}'s log`);
    const database = await headend.sql('SELECT password FROM person_policy');
    assert.match(database, /^\$argon2id\$/);
    assert.equal(await headend.sql(`SELECT count(*) FROM person_session WHERE device = '${id}'`), '0');
  });

  async function assertForgotten(display, key) {
    await until(async () => !await memoryHas(display.agent.child.pid, key), 'the key to be gone from memory');
    for await (const { name, data } of filesBelow(display.stateDir)) {
      assert.ok(!data.includes(key), name);
      assert.ok(!/^sync\.[01]$/.test(name), 'what is current is not on flash');
    }
  }

  test('a session that is ended on the spot is over at once, and keeps no key', async (t) => {
    const { headend, display, id } = await start(t);
    const ask = await waitAsk(display);
    const early = await ctl(display, 'sign-out');
    assert.equal(early.code, 5);
    assert.match(early.err, /nobody is signed in/);
    const key = await channelKey(headend);
    await makePhone(headend).signIn(ask.code, PASSWORD);
    await display.waitPicture(shows, 'the content');
    const from = display.agent.log.length;
    const { session } = await ctlJson(display, 'sign-out');
    await display.waitPicture(hides, 'nothing any more');
    await display.agent.waitLog(new RegExp(`local-control: the end of session ${session}, by uid 0`), from);
    await display.agent.waitLog(new RegExp(`session-ended: session ${session}: signed-out`), from);
    await assertForgotten(display, key);
    assert.notEqual((await waitAsk(display, from)).code, ask.code);
    assert.equal(await headend.sql(`SELECT count(*) FROM person_session WHERE device = '${id}'`), '0');
    assert.equal(await headend.sql(`SELECT reason FROM person_policy WHERE device = '${id}'`), 'signed-out');
    const { access } = await ctlJson(display, 'status');
    assert.deepEqual([access.signed_in, access.reason], [false, 'signed-out']);
  });

  test('a session that is ended on the spot without a headend stays over, through a restart, until the headend knows', async (t) => {
    const { headend, display, id } = await start(t);
    const ask = await waitAsk(display);
    const key = await channelKey(headend);
    await makePhone(headend).signIn(ask.code, PASSWORD);
    await display.waitPicture(shows, 'the content');
    await headend.stopServing();
    const french = await ctl(display, '--lang', 'fr', 'sign-out');
    assert.equal(french.code, 0, french.err);
    assert.match(french.out, /^La session est fermée/);
    await display.waitPicture(hides, 'nothing any more');
    await assertForgotten(display, key);
    await display.stopAgent('SIGKILL');
    await display.startAgent();
    await display.agent.waitLog(/-> offline/);
    assert.equal(await headend.sql(`SELECT count(*) FROM person_session WHERE device = '${id}'`), '1', 'the headend knows nothing yet');
    await headend.startServing();
    await waitAsk(display);
    assert.equal(await headend.sql(`SELECT count(*) FROM person_session WHERE device = '${id}'`), '0');
    assert.ok(hides(await display.screenshot()));
    assert.doesNotMatch(display.agent.log, /session-begun/, 'it was never opened again');
    // and the next one begins as ever
    await makePhone(headend).signIn((await waitAsk(display)).code, PASSWORD);
    await display.waitPicture(shows, 'the content again');
  });

  const outlasts = (offset) => async (t) => {
    const { headend, display, id } = await start(t, ['--session', '60', '--at-most', '60']);
    const ask = await waitAsk(display);
    const key = await channelKey(headend);
    await makePhone(headend).signIn(ask.code, PASSWORD);
    await display.waitPicture(shows, 'the content');
    await display.stopAgent('SIGKILL');
    display.options.agentEnv = await clockAway(offset);
    await display.startAgent();
    await display.agent.waitLog(/session-begun/); // by the word of the headend: the player has held its picture
    await display.waitPicture(shows, 'the content again');
    await headend.stopServing(); // from here on the screen alone knows when it ends
    await display.agent.waitLog(/session-ended: session \S+: expired/, 0, 120000);
    await display.waitPicture(hides, 'nothing any more');
    await assertForgotten(display, key);
    await display.stopAgent('SIGKILL');
    await display.startAgent();
    await display.agent.waitLog(/-> offline/);
    assert.ok(hides(await display.screenshot()), 'nor does another start begin it anew');
    assert.equal(await headend.sql(`SELECT count(*) FROM person_session WHERE device = '${id}'`), '1');
  };
  test('a clock that is set back to 1970 prolongs no session, also across a restart', outlasts('-20500d'));
  test('a clock that is set a month back prolongs no session, also across a restart', outlasts('-31d'));

  test('a screen at which nobody signs in has no session to end', async (t) => {
    const { display } = await startScreen(t, { picture: path.join(dir, 'red.png') });
    await display.agent.waitLog(/-> online/);
    const { code: status, err } = await ctl(display, 'sign-out');
    assert.equal(status, 5);
    assert.match(err, /nobody signs in at this display point/);
  });

  test('lets nobody guess: wrong passwords at a screen make all further ones wait, from wherever they come', async (t) => {
    const { headend, display } = await start(t);
    const ask = await waitAsk(display);
    const statuses = [];
    for (let i = 0; i < 6; i++) {
      const phone = makePhone(headend);
      statuses.push((await phone.signIn(ask.code, `wrong-${i}-password`)).status);
    }
    assert.deepEqual(statuses.slice(0, 3), [403, 403, 403]);
    assert.ok(statuses.includes(429), `${statuses}`);
    const late = await makePhone(headend).signIn(ask.code, PASSWORD);
    assert.equal(late.status, 429, 'the right one waits as well');
    assert.ok(Number(late.headers['retry-after']) > 0);
    assert.ok(hides(await display.screenshot()));
  });

  test('a form of another site, or without its token, is refused', async (t) => {
    const { headend, display } = await start(t);
    const ask = await waitAsk(display);
    const phone = makePhone(headend);
    const page = await phone.page(ask.code);
    const cross = await headend.form('/access', { csrf: 'x', code: ask.code, password: PASSWORD }, { headers: { accept: 'text/html' } });
    assert.equal(cross.status, 403);
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)[1];
    const foreign = await headend.form('/access', { csrf, code: ask.code, password: PASSWORD }, { cookie: page.headers['set-cookie'][0].split(';')[0],
      headers: { accept: 'text/html', origin: 'https://evil.example' } });
    assert.equal(foreign.status, 403);
    assert.ok(hides(await display.screenshot()));
  });
});
