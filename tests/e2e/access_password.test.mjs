// Temporary display points: somebody types the screen's password on the page behind its QR code.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { filesBelow, startDisplay, until } from './lib/display.mjs';
import { headendProgram, startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const RED = [254, 0, 0];
const shows = (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), RED);
const hides = (shot) => !shows(shot);
const PASSWORD = 'opensesame-2026';

describe('a screen at which a password is typed', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-password-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function setPassword(headend, id, more = []) {
    const child = spawn(headendProgram(), ['screen', 'access', headend.dir, id, 'password', '--password-stdin', ...more], { stdio: ['pipe', 'inherit', 'inherit'] });
    child.stdin.end(`${PASSWORD}\n`);
    assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
  }
  async function start(t, more) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const display = await startDisplay(headend);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: 'Meeting room', channel: 'lobby' });
    await display.waitPicture(shows, 'the content of a permanent screen');
    await setPassword(headend, id, more);
    return { headend, display, id };
  }
  async function waitAsk(display, from = 0) {
    const [, uri, code] = await display.agent.waitLog(/sign in at (\S+) with the code (\S+)/, from);
    return { uri, code };
  }
  // A phone's browser.
  function makePhone(headend) {
    const jar = new Map();
    const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const keep = (answer) => {
      for (const line of answer.headers['set-cookie'] ?? []) jar.set(...line.split(';')[0].split(/=(.*)/s).slice(0, 2));
      return answer;
    };
    const csrf = (answer) => /name="csrf" value="([^"]*)"/.exec(answer.text)[1];
    return {
      page: (code) => headend.request('GET', `/access?code=${code}`, { cookie: cookie(), headers: { accept: 'text/html' } }).then(keep),
      async signIn(code, password, page) {
        const form = page ?? await this.page(code);
        return keep(await headend.form('/access', { csrf: csrf(form), code, password }, { cookie: cookie(), headers: { accept: 'text/html' } }));
      },
      signOut: (page) => headend.form('/access/sign-out', { csrf: csrf(page) }, { cookie: cookie(), headers: { accept: 'text/html' } }),
    };
  }
  const channelKey = async (headend) => Buffer.from(await headend.sql("SELECT lower(hex(key)) FROM channel WHERE id = 'lobby'"), 'hex');

  // All that a process may read and write, as root sees it.
  async function memoryHas(pid, bytes) {
    const maps = (await readFile(`/proc/${pid}/maps`, 'latin1')).split('\n').map((line) => /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line)).filter(Boolean);
    const file = await open(`/proc/${pid}/mem`);
    try {
      for (const [, from, to] of maps) {
        const begin = Number.parseInt(from, 16);
        const data = Buffer.alloc(Number.parseInt(to, 16) - begin);
        const { bytesRead } = await file.read(data, 0, data.length, begin).catch(() => ({ bytesRead: 0 }));
        if (data.subarray(0, bytesRead).includes(bytes)) return true;
      }
      return false;
    } finally {
      await file.close();
    }
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
    await until(async () => !await memoryHas(display.agent.child.pid, key), 'the key to be gone from memory');
    for await (const { name, data } of filesBelow(display.stateDir)) {
      assert.ok(!data.includes(key), name);
      assert.ok(!/^sync\.[01]$/.test(name), 'what is current is not on flash');
    }
    const next = await waitAsk(display, from);
    assert.notEqual(next.code, ask.code);
    for (const [what, text] of Object.entries({ agent: display.agent.log, headend: headend.log })) assert.ok(!text.includes(PASSWORD), `the ${what}'s log`);
    const database = await headend.sql('SELECT password FROM person_policy');
    assert.match(database, /^\$argon2id\$/);
    assert.equal(await headend.sql(`SELECT count(*) FROM person_session WHERE device = '${id}'`), '0');
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
