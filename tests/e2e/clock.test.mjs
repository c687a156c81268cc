// Wrong clocks, wrong documents, and answers of somebody else: the screen goes on, goes on updating, and never says "online"
// while what the headend wants is not in effect.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ctlJson } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { clockAway, clockOf } from './lib/faketime.mjs';
import { buildDir, headendProgram, startHeadend } from './lib/headend.mjs';
import { Browser } from './lib/headend-browser.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';
import { startTlsEnd } from './servers/tls_end.mjs';

const run = promisify(execFile);
const COLOURS = { red: [254, 0, 0], blue: [0, 0, 254], white: [255, 255, 255] };
const DAY_S = 86400;

const shows = (colour) => (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), COLOURS[colour]);

describe('clocks and documents', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-clock-'));
    for (const colour of Object.keys(COLOURS)) await makeImage(dir, `${colour}.png`, colour);
  });
  after(() => rm(dir, { recursive: true, force: true }));

  const picture = (colour) => path.join(dir, `${colour}.png`);

  // A screen that shows red, of a headend of its own.
  async function startScreen(t, more = {}) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [picture('red')]);
    const display = await startDisplay(headend, more);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: 'Clock', channel: 'lobby' });
    await display.waitPicture(shows('red'), 'the first content');
    await display.agent.waitLog(/-> online/);
    return { headend, display, id };
  }

  const sql = (headend, text) => headend.sql(text);

  // What the headend's list calls the one screen that it has.
  async function listed(headend) {
    if (!headend.browser) {
      headend.browser = new Browser(headend);
      await headend.browser.signIn('admin', headend.password);
    }
    const { text } = await headend.browser.get('/admin/screens');
    return /class="badge (\w+)"/.exec(text)?.[1];
  }

  async function changes(headend, display, colour) {
    await headend.publish('lobby', [picture(colour)]);
    await display.waitPicture(shows(colour), `what was published, ${colour}`);
  }

  // A folder's description of pictures of a second each, in turn with the wall clock, and by day a layout of white: by
  // `day` (s since 1970, UTC) and three hours on.
  async function publishShow(headend, day) {
    const zone = (playlist) => ({ zones: [{ id: 'main', x: 0, y: 0, width: 640, height: 360, z: 0, playlist }] });
    const items = (...colours) => colours.map((colour) => ({ file: `${colour}.png`, duration: 'PT1S' }));
    await writeFile(path.join(dir, 'show.json'), JSON.stringify({
      canvas: { width: 640, height: 360, background: '#000000' },
      playlists: { turns: { align: 'wall-clock', items: items('red', 'blue') }, still: { items: items('white') } },
      layouts: { turns: zone('turns'), still: zone('still') },
      schedule: [{ layout: 'still', dtstart: new Date(day * 1000).toISOString().slice(0, 19), duration: 'PT3H', priority: 1 }],
      default_layout: 'turns',
    }));
    await headend.publish('lobby', [path.join(dir, 'show.json')]);
  }

  test('with a clock of 1970 and no network, aligned playlists and dayparts go on', async (t) => {
    const { headend, display } = await startScreen(t);
    const now = Date.now() / 1000;
    await publishShow(headend, Math.floor(now) + 75);
    await display.waitPicture(shows('blue'), 'the aligned playlist');
    await display.stopAgent();
    await headend.stopServing();
    display.options.agentEnv = await clockAway(`-${Math.floor(now / DAY_S)}d`);
    await display.startAgent();
    await display.agent.waitLog(/-> offline/);
    for (const colour of ['red', 'blue', 'red', 'blue'])
      await display.waitPicture(shows(colour), `a turn of the aligned playlist, ${colour}`);
    await display.waitPicture(shows('white'), 'the daypart that begins meanwhile', 150000);
  });

  test('a clock that is set, forwards or backwards, is an event, one for each time', async (t) => {
    const offset = path.join(dir, 'offset');
    await writeFile(offset, '+0');
    const { headend, display } = await startScreen(t, { agentEnv: await clockOf(offset) });
    const seen = async () => (await headend.cli('events', 'export', '--format', 'jsonl')).split('\n').filter(Boolean)
      .map((line) => JSON.parse(line).event).filter((event) => event?.kind === 'clock-jump');
    for (const [to, told] of [['+7200', /clock forwards by 7200 s to /], ['-3600', /clock backwards by 10800 s to /]]) {
      const from = display.agent.log.length;
      await writeFile(offset, to);
      await display.agent.waitLog(told, from);
    }
    const events = await until(async () => { const all = await seen(); return all.length >= 2 && all; }, 'both events');
    assert.equal(events.length, 2);
    for (const { detail } of events)
      assert.match(detail, /^the system's clock (for|back)wards by \d+ s to \S+Z; the time in effect (unmoved at|(for|back)wards by \d+ s to) \S+Z$/);
  });

  test('the second after which 32 bits are full passes like any other, while it plays and over restarts of both', async (t) => {
    const END = 2 ** 31; // s since 1970: 2038-01-19T03:14:08Z
    const ahead = END - 75 - Math.floor(Date.now() / 1000);
    const env = await clockAway(`+${ahead}s`);
    const day = () => Math.floor(Date.now() / 1000) + ahead;
    const headend = await startHeadend({ serve: ['--poll-interval', '1'], initEnv: env, env });
    t.after(() => headend.stop());
    await publishShow(headend, END);
    const display = await startDisplay(headend, { agentEnv: env });
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: 'Clock', channel: 'lobby' });
    await display.agent.waitLog(/-> online/);
    for (const colour of ['red', 'blue']) await display.waitPicture(shows(colour), `a turn of the aligned playlist, ${colour}`);
    assert.ok(day() < END, 'the test came too late for its second');
    await display.waitPicture(shows('white'), 'the daypart that begins with that second', 150000);
    assert.ok(day() >= END);
    await changes(headend, display, 'blue');
    for (let i = 0; i < 2; i++) {
      await display.stopAgent();
      if (i) {
        await headend.stopServing();
        await headend.startServing();
      }
      await display.startAgent();
      await display.agent.waitLog(/-> online/);
      await changes(headend, display, i ? 'blue' : 'red');
      const { clock } = await ctlJson(display, 'status');
      assert.equal(clock.effective.slice(0, 13), '2038-01-19T03');
      assert.doesNotMatch(display.agent.log, /clock-jump|state-refused|sync-failed|-> offline/);
    }
    assert.match(await headend.cli('screen', 'command', id, 'identify', '1', '--wait'), /^identify done$/m);
    await until(async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.state === 'online', 'the report that it is online');
    assert.match(await headend.cli('events', 'verify'), /\S/); // and ends well
  });

  const epochStarts = () => clockAway(`-${Math.floor(Date.now() / 1000 / DAY_S)}d`);

  test('with a clock of 1970 a screen connects, goes on, and gets what is published', async (t) => {
    const { headend, display } = await startScreen(t);
    await display.stopAgent();
    display.options.agentEnv = await epochStarts();
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    await changes(headend, display, 'blue');
    assert.doesNotMatch(display.agent.log, /security-tls|renewal-failed|-> offline/);
  });

  test('with a clock of 1970 after weeks without mains the signed state tells the day, and one that is said again tells nothing', async (t) => {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [picture('red')]);
    const between = {};
    const proxy = await startTlsEnd(headend, between);
    t.after(() => proxy.stop());
    const display = await startDisplay({ url: proxy.url, caFile: proxy.caFile, rootFile: headend.rootFile });
    t.after(() => display.stop());
    const { code, fingerprint } = await display.waitCode();
    await headend.cli('approve', code, '--fingerprint', fingerprint.split(' ')[0], '--name', 'Clock', '--channel', 'lobby', '--access', 'cookie');
    await display.agent.waitLog(/-> online/);
    const clock = async () => (await ctlJson(display, 'status')).clock;
    const daysAhead = (time) => Math.round((Date.parse(time) - Date.now()) / 1000 / DAY_S) + 0;
    // Whoever ends TLS says the last state again that it has seen; at 1970, to an agent that begins.
    const sayAgain = async () => {
      const { answer, answerHeaders } = proxy.seen.findLast(({ url, status }) => url === '/v1/state' && status === 200);
      between.answer = ({ url }) => url === '/v1/state' && { status: 200, body: answer,
        headers: { 'content-type': 'application/jose', etag: answerHeaders.etag } };
      await display.startAgent();
      await display.agent.waitLog(/state-refused: state: version \d+ is the answer to another request/);
      assert.doesNotMatch(display.agent.log, /-> online/);
      return clock();
    };
    await display.stopAgent();
    await headend.stopServing();
    headend.options.env = await clockAway('+21d');
    await headend.startServing();
    display.options.agentEnv = await epochStarts();
    const { source, effective } = await sayAgain();
    assert.deepEqual([source, daysAhead(effective)], ['floor', 0]);
    between.answer = undefined;
    await display.agent.waitLog(/-> online/);
    await display.agent.waitLog(/clock-jump: the system's clock unmoved at 1970-\S+; the time in effect forwards by 18\d{5} s to /);
    const told = await clock();
    assert.deepEqual([told.source, daysAhead(told.effective), told.system.slice(0, 4)], ['signed', 21, '1970']);
    const { checks } = await ctlJson(display, 'diagnose');
    const { finding, detail } = checks.find(({ name }) => name === 'time');
    assert.equal(finding, 'clock-free');
    assert.match(detail, /, by: signed$/);
    await display.stopAgent();
    const after = await sayAgain();
    assert.deepEqual([after.source, daysAhead(after.effective)], ['floor', 21]);
  });

  for (const [offset, reason] of Object.entries({ '-400d': 'has expired', '+30d': 'is not yet valid' })) {
    test(`with a clock of 1970 a server whose certificate ${reason} is not trusted`, async (t) => {
      const { headend, display } = await startScreen(t);
      await display.stopAgent();
      await headend.stopServing();
      await run(headendProgram(), ['hosts', headend.dir, 'localhost'], { env: { ...process.env, ...await clockAway(offset) } });
      const stranger = await startStranger(headend, 200, {}, '');
      t.after(() => stranger.stop());
      display.options.agentEnv = await epochStarts();
      await display.startAgent();
      const [, day] = await display.agent.waitLog(new RegExp(`security-tls: .*its certificate ${reason} .*this clock says (\\S+)\\)`));
      assert.equal(day, new Date().toISOString().slice(0, 10));
      await display.waitPicture(shows('red'), 'what is cached');
      assert.deepEqual(stranger.seen, []);
    });
  }

  test('with a clock of 1970 a new screen asks nothing of a server whose certificate is younger than its software', async (t) => {
    const headend = await startHeadend({ initEnv: await clockAway('+30d'), env: await clockAway('+30d') });
    t.after(() => headend.stop());
    const display = await startDisplay(headend, { agentEnv: await epochStarts() });
    t.after(() => display.stop());
    await display.agent.waitLog(/enrolment-network: .*the server cannot be trusted: .*is not yet valid .*this clock says 20/);
  });

  const synchronised = path.join(buildDir(), 'tests/e2e/programs/pingplay-synchronised.so');
  const clocks = { 'with a clock that nobody keeps right': {}, 'with a synchronised clock': { LD_PRELOAD: synchronised } };
  for (const [clock, agentEnv] of Object.entries(clocks)) test(`${clock}, a headend a month ahead for one publish stops nothing`, async (t) => {
    if (agentEnv.LD_PRELOAD && !existsSync(agentEnv.LD_PRELOAD)) return t.skip('a sanitized build has no preloaded library');
    const { headend, display, id } = await startScreen(t, { agentEnv });
    await headend.stopServing();
    headend.options.env = await clockAway('+30d');
    await headend.startServing();
    await changes(headend, display, 'blue');
    const told = await until(async () => {
      const { state_floor: floor, state_version: version } = JSON.parse(await headend.cli('screen', 'show', id)).report ?? {};
      return floor && version === Number(await sql(headend, `SELECT version FROM device WHERE id = '${id}'`)) && floor.time;
    }, 'what time the screen was told');
    assert.equal(Math.round((Date.parse(told) - Date.now()) / 1000 / DAY_S), agentEnv.LD_PRELOAD ? 1 : 30);
    await headend.stopServing();
    headend.options.env = undefined;
    await headend.startServing();
    await changes(headend, display, 'white');
    await until(async () => await listed(headend) === 'online', 'the headend to call it online');
    await display.stopAgent();
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    await changes(headend, display, 'red');
    assert.doesNotMatch(display.agent.log, /state-refused|sync-failed/);
  });

  // For one publish the headend is 200 days ahead; then it is right again, and gives no newer state, whatever screens report.
  async function spoilTime(headend, display, colour, next) {
    await sql(headend, 'DROP TRIGGER IF EXISTS stubborn');
    await headend.stopServing();
    headend.options.env = await clockAway('+200d');
    await headend.startServing();
    await changes(headend, display, colour);
    await headend.stopServing();
    headend.options.env = undefined;
    await sql(headend, `CREATE TRIGGER stubborn AFTER UPDATE OF version ON device BEGIN
      UPDATE device SET version = OLD.version WHERE id = NEW.id; END`);
    await headend.startServing();
    await headend.publish('lobby', [picture(next)]);
    await restartAgent(display);
    await display.agent.waitLog(/state-refused: .*expired/);
    await display.agent.waitLog(/sync-failed: .*expired/);
    assert.ok(shows(colour)(await display.screenshot()), 'what was shown stays');
  }

  async function restartAgent(display) {
    await display.stopAgent();
    await display.startAgent();
  }

  test('a time that is wrong for good is taken back by the root, once for each time that it says so', async (t) => {
    const { headend, display, id } = await startScreen(t);
    for (const [colour, next] of [['blue', 'white'], ['red', 'blue']]) {
      await spoilTime(headend, display, colour, next); // with what the root has said before
      assert.doesNotMatch(display.agent.log, /time-restated/);
      await headend.cli('restate-time');
      await restartAgent(display);
      await display.waitPicture(shows(next), `what was published, ${next}`);
      await display.agent.waitLog(/time-restated: by statement \d of the root/);
      await display.agent.waitLog(/-> online/);
      await until(async () => {
        const { state, state_floor: floor } = JSON.parse(await headend.cli('screen', 'show', id)).report ?? {};
        return state === 'online' && Math.abs(Date.parse(floor.time) - Date.now()) < DAY_S * 1000;
      }, 'the report that it is online, and what time it is');
      assert.equal(display.agent.log.match(/time-restated/g).length, 1);
    }
  });

  test('a version out of all proportion is refused, nobody says "online" meanwhile, and the next honest one counts', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const version = await sql(headend, `SELECT version FROM device WHERE id = '${id}'`);
    const from = display.agent.log.length;
    await sql(headend, `UPDATE device SET version = 9007199254740991 WHERE id = '${id}'`);
    await display.agent.waitLog(/online -> offline[^]*state-refused: state: version \d{16} of epoch 0 is too far ahead/, from);
    await until(async () => await listed(headend) === 'trouble', 'the headend to show that it is in trouble');
    const report = JSON.parse(await headend.cli('screen', 'show', id)).report;
    assert.equal(report.state, 'offline');
    assert.match(report.trouble, /too far ahead/);
    assert.ok(shows('red')(await display.screenshot()), 'it plays on');
    await sql(headend, `UPDATE device SET version = ${Number(version) + 1} WHERE id = '${id}'`);
    await display.agent.waitLog(/state-refused[^]*offline -> online/, from);
    await until(async () => await listed(headend) === 'online', 'the headend to call it online');
    await changes(headend, display, 'blue');
  });

  test('a headend that came from a backup leads on in a later epoch, and nothing older counts after it', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const backup = path.join(dir, 'backup');
    await headend.stopServing();
    await cp(headend.dir, backup, { recursive: true });
    await headend.startServing();
    for (const name of ['One', 'Two', 'Three']) await headend.cli('screen', 'set', id, '--name', name);
    await changes(headend, display, 'blue');
    const before = await sql(headend, `SELECT version FROM device WHERE id = '${id}'`);
    await until(async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.state_floor?.version === Number(before),
      'the newest state to be in effect');
    await headend.stopServing();
    await cp(headend.dir, path.join(dir, 'lost'), { recursive: true });
    await rm(headend.dir, { recursive: true });
    await cp(backup, headend.dir, { recursive: true });
    const from = display.agent.log.length;
    await headend.startServing();
    await display.agent.waitLog(/state-refused: .*is older than[^]*offline -> online/, from);
    assert.equal(await sql(headend, `SELECT epoch FROM device WHERE id = '${id}'`), '1');
    await headend.cli('restored');
    await display.agent.waitLog(/-> online/, from);
    await changes(headend, display, 'white');
    // The former headend comes back: what it said is over for this screen, and its content older than what is there.
    await headend.stopServing();
    await rm(headend.dir, { recursive: true });
    await cp(path.join(dir, 'lost'), headend.dir, { recursive: true });
    const again = display.agent.log.length;
    await headend.startServing();
    await until(async () => await sql(headend, `SELECT epoch FROM device WHERE id = '${id}'`) === '3', 'an epoch above both');
    await display.agent.waitLog(/sync-failed: timestamp.json: .*sign/, again); // its keys are not these any more
    assert.ok(shows('white')(await display.screenshot()));
  });

  test('a headend whose backup has an older root than its screens leads them on by a later one', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const backup = path.join(dir, 'backup-root');
    const seen = () => until(async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.root_version, 'a report');
    await headend.stopServing();
    await cp(headend.dir, backup, { recursive: true });
    await headend.startServing();
    for (let i = 0; i < 2; i++) await headend.cli('restate-time');
    await changes(headend, display, 'blue');
    await restartAgent(display);
    await until(async () => await seen() === 3, 'root version 3 to be reported');
    await headend.stopServing();
    await rm(headend.dir, { recursive: true });
    await cp(backup, headend.dir, { recursive: true });
    // Its memory of the metadata is lost, too: it begins with the root that it was installed with.
    await display.stopAgent();
    await rm(path.join(display.stateDir, 'trust'), { recursive: true });
    await headend.startServing();
    await display.startAgent();
    await display.agent.waitLog(/sync-failed: root: version 1 is older than 3, which was seen before/);
    await until(() => /has seen version 3 of the root, .*run "restored --root-version 3"/.test(headend.log), 'the headend to say what to do');
    await headend.cli('restored', '--root-version', '3');
    await headend.publish('lobby', [picture('white')]);
    await restartAgent(display);
    await display.waitPicture(shows('white'), 'what was published after the restore');
    await until(async () => await seen() === 4, 'root version 4 to be reported');
    await headend.cli('restate-time'); // and later statements count for it
    assert.equal(JSON.parse(await readFile(headend.rootFile, 'utf8')).signed['pingplay-time'].epoch, 5);
    await assert.rejects(headend.cli('restored', '--root-version', '2000'), /no more than 1000 can be lost/);
  });

  // In the headend's place: a firewall, a proxy, a captive portal that has a certificate the screen trusts.
  async function startStranger(headend, status, headers, body) {
    const file = (name) => readFile(path.join(headend.dir, name));
    const seen = [];
    const server = https.createServer({ cert: await file('server.pem'), key: await file('server.key') }, (request, response) => {
      seen.push(request.url);
      response.writeHead(status, headers).end(body);
    });
    await new Promise((resolve) => { server.listen(headend.port, resolve); });
    return { seen, stop: () => { server.close(); server.closeAllConnections(); } };
  }

  const strangers = {
    'a 403 of a firewall': [403, { 'content-type': 'text/html' }, '<html><h1>403 Forbidden</h1><hr>nginx</html>'],
    'a 403 with a problem of its own': [403, { 'content-type': 'application/problem+json' },
      '{"type":"about:blank","title":"Forbidden","status":403,"code":"blocked"}'],
    'a captive portal': [200, { 'content-type': 'text/html', 'set-cookie': '__Host-pingplay=x; Path=/; Secure; HttpOnly' },
      '<html>Welcome! Please accept our conditions.</html>'],
    'JSON that is no state': [200, { 'content-type': 'application/json' }, '{"ok":true}'],
    'a 451 of a filter': [451, { 'content-type': 'text/html' }, '<html>Unavailable for legal reasons</html>'],
    'a 503 of a gateway': [503, { 'content-type': 'text/html', 'retry-after': '1' }, '<html>No server is available</html>'],
    'a 401 of a proxy': [401, { 'content-type': 'text/html' }, '<html>Sign in</html>'],
  };
  for (const [name, answer] of Object.entries(strangers)) {
    test(`${name} is an outage: the screen plays on, and is not online`, async (t) => {
      const { headend, display } = await startScreen(t);
      await headend.stopServing();
      const stranger = await startStranger(headend, ...answer);
      t.after(() => stranger.stop());
      await display.stopAgent();
      await display.startAgent();
      await display.agent.waitLog(/content is on the screen/);
      await until(() => stranger.seen.includes('/v1/state') || stranger.seen.filter((url) => url === '/v1/session').length,
        'a request');
      await display.agent.waitLog(/(connection|session): .*[^]*-> offline/);
      assert.doesNotMatch(display.agent.log, /-> (online|locked)/);
      assert.ok(shows('red')(await display.screenshot()));
      stranger.stop();
      await headend.startServing();
      await display.agent.waitLog(/-> online/, 0, 150000);
      await changes(headend, display, 'blue');
    });
  }
});
