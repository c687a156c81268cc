// The administrators' pages: signing in, approving, and what keeps strangers out.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import { Browser, signIn } from './lib/headend-browser.mjs';
import { until } from './lib/display.mjs';
import { deviceAuthorization, enrolDevice, eventually, fingerprintOf, makeKey, pollToken, startHeadend, thumbprintOf } from './lib/headend.mjs';

describe('the admin pages', () => {
  let headend;
  before(async () => { headend = await startHeadend({ serve: ['--poll-interval', '1'] }); });
  after(() => headend?.stop());

  async function pendingScreen() {
    const thumbprint = thumbprintOf(makeKey());
    return { thumbprint, ...(await deviceAuthorization(headend, thumbprint)).json() };
  }

  test('without a session, every page leads to signing in and back', async () => {
    const browser = new Browser(headend);
    for (const [page, next] of [['/admin/screens', '/admin/screens'], ['/admin/enrol?user_code=BCDF-GHJK', '/admin/enrol?user_code=BCDF-GHJK'], ['/admin/enrol/done?screen=x', '/admin/enrol/done']]) {
      const answer = await browser.get(page);
      assert.equal(answer.status, 303);
      assert.equal(answer.headers.location, `/admin/sign-in?next=${encodeURIComponent(next)}`);
    }
    assert.equal((await browser.get('/admin/')).headers.location, '/admin/screens');
    const answer = await browser.signIn('admin', headend.password, '/admin/enrol?user_code=BCDF-GHJK');
    assert.deepEqual([answer.status, answer.headers.location], [303, '/admin/enrol?user_code=BCDF-GHJK']);
  });

  test('the addresses that people are given lead to the console, and a code goes with them', async () => {
    const browser = new Browser(headend);
    for (const [address, location] of [['/', '/console/'], ['/setup', '/console/setup'], ['/enrol', '/console/add'], ['/enrol?user_code=bcdf%20ghjk', '/console/add?user_code=BCDF-GHJK'],
      ['/enrol?user_code=%22%3E%3Cscript%3E', '/console/add'], [`/enrol?user_code=${'B'.repeat(500)}`, '/console/add']]) {
      const answer = await browser.get(address);
      assert.deepEqual([answer.status, answer.headers.location], [303, location], address);
    }
  });

  test('signing in never leads to another site', async () => {
    for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example', '/admin//evil', 'javascript:alert(1)', '/repo/x']) {
      const answer = await new Browser(headend).signIn('admin', headend.password, next);
      assert.equal(answer.headers.location, '/admin/screens', next);
    }
  });

  test('the session cookie has every protection; pages allow nothing foreign and are not stored', async () => {
    const browser = new Browser(headend);
    const answer = await browser.signIn('admin', headend.password);
    const cookie = answer.headers['set-cookie'].find((one) => one.startsWith('__Host-pingplay-admin='));
    assert.match(cookie, /^__Host-pingplay-admin=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    const page = await browser.get('/admin/screens');
    assert.equal(page.headers['content-security-policy'], "default-src 'none'; style-src 'self'; script-src 'self'; "
      + "img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    assert.equal(page.headers['cache-control'], 'no-store');
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.match(page.headers['strict-transport-security'], /max-age=\d+/);
    assert.ok(!/https?:\/\/|style="|onclick|<script>/i.test(page.text.replace(/xmlns="[^"]*"/g, '')));
  });

  test('the pages speak French where the browser wants it', async () => {
    const french = await new Browser(headend, { 'accept-language': 'de, fr-CH;q=0.8, en;q=0.5' }).get('/admin/sign-in');
    assert.match(french.text, /<html lang="fr">[\s\S]*Connexion/);
    const english = await new Browser(headend, { 'accept-language': 'en-GB, fr;q=0.9' }).get('/admin/sign-in');
    assert.match(english.text, /<html lang="en">[\s\S]*Sign in/);
  });

  test('the approval page shows the code and three groups of the fingerprint, and asks for the fourth', async () => {
    const browser = await signIn(headend);
    const asked = new Set();
    for (let i = 0; i < 64 && asked.size < 4; i++) {
      const screen = await pendingScreen();
      const page = await browser.get(`/admin/enrol?user_code=${screen.user_code.toLowerCase()}`);
      assert.equal(page.status, 200);
      assert.ok(page.text.includes(screen.user_code));
      const shown = Browser.groups(page);
      const fingerprint = fingerprintOf(screen.thumbprint).split(' ');
      assert.equal(shown.length, 4);
      assert.equal(shown.filter((group) => group === undefined).length, 1);
      shown.forEach((group, at) => assert.ok(group === undefined || group === fingerprint[at]));
      const missing = shown.indexOf(undefined);
      asked.add(missing);
      assert.ok(fingerprint.filter((group) => group === fingerprint[missing]).length > 1 || !page.text.split('<main')[1].includes(fingerprint[missing]),
        'the page does not hold the answer');
      assert.deepEqual(Browser.groups(await browser.get(`/admin/enrol?user_code=${screen.user_code}`)), shown, 'the same group each time');
      for (const secret of fingerprint) assert.ok(!screen.verification_uri_complete.includes(secret), 'nor does the QR code');
    }
    assert.equal(asked.size, 4, 'no group is left out always');
  });

  test('a link and a click are not enough: without what stands on the screen nobody is approved', async () => {
    const own = await startHeadend({ serve: ['--poll-interval', '1'] });
    try {
      const browser = await signIn(own);
      const thumbprint = thumbprintOf(makeKey());
      const screen = (await deviceAuthorization(own, thumbprint)).json();
      const page = await browser.get(`/admin/enrol?user_code=${screen.user_code}`);
      const shown = Browser.groups(page);
      const right = fingerprintOf(thumbprint).split(' ')[shown.indexOf(undefined)];
      const other = shown.find((group) => group !== undefined && group !== right);
      const wrong = await browser.decide(screen.user_code, 'approve', { fingerprint: '' });
      assert.equal(wrong.status, 422);
      assert.match(wrong.text, /role="alert">[^<]*not the group/);
      assert.ok(!wrong.text.includes(right));
      assert.equal((await browser.decide(screen.user_code, 'approve', { fingerprint: other })).status, 422, 'one that the page shows');
      const mistake = await browser.decide(screen.user_code, 'approve', { fingerprint: right, time_zone: 'Mars/Base' });
      assert.equal(mistake.status, 422);
      assert.match(mistake.text, new RegExp(`name="fingerprint" value="${right}"`), 'a right answer need not be typed again');
      const last = await browser.decide(screen.user_code, 'approve', { fingerprint: 'zzzz' });
      assert.equal(last.status, 410);
      assert.match(last.text, /role="alert">[^<]*Three wrong answers/);
      assert.equal((await browser.decide(screen.user_code, 'approve', { fingerprint: right })).status, 410, 'the code is void');
      assert.equal((await pollToken(own, screen.device_code)).json().error, 'expired_token');
      await assert.rejects(own.approve(screen.user_code, { fingerprint: right }), /expired/);
      assert.deepEqual(JSON.parse(await own.cli('screen', 'list', '--json')), []);
      const next = (await deviceAuthorization(own, thumbprint)).json();
      assert.equal((await browser.decide(next.user_code, 'approve', { fingerprint: ' zz ' })).status, 422, 'the fourth');
      await own.sql('UPDATE throttle SET blocked_until = blocked_until + 1000');
      const early = await browser.decide(next.user_code, 'approve');
      assert.equal(early.status, 429, 'guessing on with other codes takes ever longer');
      assert.ok(Number(early.headers['retry-after']) >= 1);
      assert.equal((await (await signIn(own)).decide(next.user_code, 'approve')).status, 429, 'in another session, too');
      await own.sql('UPDATE throttle SET blocked_until = 0');
      const typed = fingerprintOf(thumbprint).toUpperCase().replaceAll(' ', ' - ');
      assert.equal((await browser.decide(next.user_code, 'approve', { fingerprint: typed })).status, 303, 'all four, in any form');
    } finally {
      await own.stop();
    }
  });

  test('approving makes the screen what was chosen, and refusing turns it away', async () => {
    const browser = await signIn(headend);
    await headend.approve((await pendingScreen()).user_code, { name: 'First', channel: 'lobby' });
    const screen = await pendingScreen();
    const answer = await browser.decide(screen.user_code, 'approve',
      { name: '<b>Éntrance & "left"</b>', site: 'Lyon', channel: 'lobby', locale: 'fr' });
    assert.equal(answer.status, 303);
    const id = /screen=([0-9a-f-]{36})$/.exec(answer.headers.location)[1];
    const shown = JSON.parse(await headend.cli('screen', 'show', id));
    assert.deepEqual([shown.name, shown.site, shown.channel, shown.locale, shown.time_zone, shown.status],
      ['<b>Éntrance & "left"</b>', 'Lyon', 'lobby', 'fr', 'Europe/Paris', 'approved']);
    for (const page of [await browser.get(answer.headers.location), await browser.get('/admin/screens')]) {
      assert.equal(page.status, 200);
      assert.ok(page.text.includes('&lt;b&gt;Éntrance &amp; &quot;left&quot;&lt;/b&gt;'));
      assert.ok(!page.text.includes('<b>É'));
    }
    assert.equal((await pollToken(headend, screen.device_code)).status, 200);
    const other = await pendingScreen();
    assert.match((await browser.decide(other.user_code, 'refuse')).text, /refused/i);
    assert.equal((await pollToken(headend, other.device_code)).json().error, 'access_denied');
  });

  test('unknown, used and malformed codes and words are told, and nothing happens', async () => {
    const browser = await signIn(headend);
    assert.equal((await browser.get('/admin/enrol?user_code=BCDF-GHJK')).status, 404);
    assert.match((await browser.get('/admin/enrol?user_code=bcdf%20ghjk')).text, /value="bcdf ghjk"/);
    const script = await browser.get('/admin/enrol?user_code=%22%3E%3Cscript%3E');
    assert.equal(script.status, 404);
    assert.ok(script.text.includes('value="&quot;&gt;&lt;script&gt;"') && !script.text.includes('"><script>'));
    const screen = await pendingScreen();
    assert.equal((await browser.decide(screen.user_code, 'approve', { name: '' })).status, 422);
    assert.equal((await browser.decide(screen.user_code, 'approve', { channel: 'No!' })).status, 422);
    assert.equal((await browser.decide(screen.user_code, 'approve', { time_zone: '../../etc/passwd' })).status, 422);
    const french = await signIn(headend, { 'accept-language': 'fr' });
    const folded = await french.decide(screen.user_code, 'approve', { time_zone: 'Mars/Base' });
    assert.match(folded.text, /role="alert">Ce fuseau horaire est inconnu[\s\S]*<details open>/);
    assert.match((await french.decide(screen.user_code, 'approve', { name: 'é'.repeat(60) })).text, /role="alert">Le nom manque[\s\S]*<details>/);
    assert.equal((await pollToken(headend, screen.device_code)).json().error, 'authorization_pending');
    assert.equal((await browser.decide(screen.user_code, 'approve')).status, 303);
    assert.equal((await browser.get(`/admin/enrol?user_code=${screen.user_code}`)).status, 409);
    assert.equal((await browser.get('/admin/enrol/done?screen=nobody')).status, 404);
  });

  test('on a fresh headend a channel is named at approval, and a known one is used again', async () => {
    const fresh = await startHeadend({ serve: ['--poll-interval', '1'] });
    try {
      const browser = await signIn(fresh);
      const code = async () => (await deviceAuthorization(fresh, thumbprintOf(makeKey()))).json().user_code;
      const channelOf = async (fields) => {
        const answer = await browser.decide(await code(), 'approve', fields);
        assert.equal(answer.status, 303, answer.text);
        return JSON.parse(await fresh.cli('screen', 'show', answer.headers.location.split('=')[1])).channel;
      };
      const first = await browser.get(`/admin/enrol?user_code=${await code()}`);
      assert.match(first.text, /<label for="new_channel">Channel/);
      assert.ok(!first.text.includes('<select id="channel"'), 'nothing to choose from');
      assert.equal(await channelOf({ new_channel: '  Café & Bar, été ' }), 'cafe-bar-ete');
      const second = await browser.get(`/admin/enrol?user_code=${await code()}`);
      assert.match(second.text, /<option value="cafe-bar-ete">Café &amp; Bar, été<\/option>/);
      assert.match(second.text, /id="new_channel"/);
      assert.equal(await channelOf({ channel: 'cafe-bar-ete', new_channel: '' }), 'cafe-bar-ete');
      assert.equal(await channelOf({ channel: 'cafe-bar-ete', new_channel: 'Lobby' }), 'lobby', 'what is typed counts');
      assert.equal(await channelOf({ channel: '', new_channel: '' }), null);
      const japanese = await browser.decide(await code(), 'approve', { new_channel: 'ロビー' });
      assert.equal(japanese.status, 422);
      assert.match(japanese.text, /role="alert">[^<]*Latin/);
      assert.match(japanese.text, /name="new_channel" value="ロビー"/);
      const refused = await browser.decide(await code(), 'approve', { fingerprint: 'none', new_channel: 'Attacked' });
      assert.equal(refused.status, 422);
      assert.ok(!(await browser.get(`/admin/enrol?user_code=${await code()}`)).text.includes('attacked'), 'nothing is made before');
    } finally {
      await fresh.stop();
    }
  });

  test('a channel is added by command, once, and may be empty', async () => {
    assert.equal(await headend.cli('channel', 'add', 'terrace', '--title', 'Terrace'), 'terrace\n');
    await assert.rejects(headend.cli('channel', 'add', 'terrace'), /there is a channel "terrace" already/);
    await assert.rejects(headend.cli('channel', 'add', 'No!'), /channel: must be/);
    await assert.rejects(headend.cli('channel', 'add', 'roof', '--title', ''), /title/);
    const page = await (await signIn(headend)).get(`/admin/enrol?user_code=${(await pendingScreen()).user_code}`);
    assert.match(page.text, /<option value="terrace">Terrace<\/option>/);
  });

  test('the list shows where each screen stands', async () => {
    const browser = await signIn(headend);
    const device = await enrolDevice(headend, { name: 'Lively', channel: 'lobby' });
    const gone = await enrolDevice(headend, { name: 'Departed' });
    await headend.cli('screen', 'retire', gone.id);
    const row = (text, name) => text.split('<tr ').find((one) => one.includes(name));
    const { text } = await browser.get('/admin/screens');
    assert.match(row(text, 'Lively'), /badge idle">Nothing to play</);
    assert.match(row(text, 'Lively'), /nothing published yet/);
    assert.match(row(text, 'Departed'), /badge retired/);
    assert.ok(row(text, 'Lively').includes(fingerprintOf(device.thumbprint)));
  });

  test('a form without the right token, or from another site, changes nothing', async () => {
    const browser = await signIn(headend);
    const victim = await signIn(headend);
    const screen = await pendingScreen();
    const shown = Browser.groups(await victim.get(`/admin/enrol?user_code=${screen.user_code}`));
    const fingerprint = fingerprintOf(screen.thumbprint).split(' ')[shown.indexOf(undefined)];
    const fields = { user_code: screen.user_code, fingerprint, name: 'Evil', site: '', channel: '', time_zone: 'UTC', locale: 'en', action: 'approve' };
    const foreign = Browser.token(await browser.get('/admin/enrol'));
    const own = Browser.token(await victim.get('/admin/enrol'));
    const attempts = [
      await victim.post('/admin/enrol', fields), await victim.post('/admin/enrol', { ...fields, csrf: '' }),
      await victim.post('/admin/enrol', { ...fields, csrf: foreign }),
      await victim.post('/admin/enrol', { ...fields, csrf: own }, { origin: 'https://evil.example' }),
      await victim.post('/admin/enrol', { ...fields, csrf: own }, { origin: 'null' }),
      await victim.post('/admin/enrol', { ...fields, csrf: own }, { 'sec-fetch-site': 'cross-site' }),
    ];
    for (const answer of attempts) assert.equal(answer.status, 403);
    assert.equal((await pollToken(headend, screen.device_code)).json().error, 'authorization_pending');
    assert.equal((await victim.post('/admin/enrol', { ...fields, csrf: own }, { origin: headend.url, 'sec-fetch-site': 'same-origin' })).status, 303);
  });

  test('signing in needs the form of this browser', async () => {
    const browser = new Browser(headend);
    const without = await browser.post('/admin/sign-in', { name: 'admin', password: headend.password });
    assert.equal(without.status, 403);
    const other = new Browser(headend);
    const token = Browser.token(await other.get('/admin/sign-in'));
    const stolen = await browser.post('/admin/sign-in', { csrf: token, name: 'admin', password: headend.password });
    assert.equal(stolen.status, 403);
    assert.ok(!browser.cookies.has('__Host-pingplay-admin'));
  });

  test('signing out ends the session on the server', async () => {
    const browser = await signIn(headend);
    const copy = new Browser(headend);
    copy.cookies = new Map(browser.cookies);
    const token = Browser.token(await browser.get('/admin/screens'));
    assert.equal((await browser.post('/admin/sign-out', { csrf: token })).status, 303);
    assert.equal((await copy.get('/admin/screens')).status, 303);
  });

  for (const [what, change] of [
    ['after half an hour without a request', 'seen = seen - 1800'],
    ['after twelve hours, however busy', 'created = created - 43200'],
    ['where it was begun while the clock was wrong, far in the future', 'seen = seen + 40000000, created = created + 40000000'],
  ]) {
    test(`a session ends ${what}`, async () => {
      const own = await startHeadend();
      try {
        const browser = await signIn(own);
        assert.equal((await browser.get('/admin/screens')).status, 200);
        await own.sql(`UPDATE admin_session SET ${change}`);
        assert.equal((await browser.get('/admin/screens')).status, 303);
        await browser.signIn('admin', own.password);
        assert.equal((await browser.get('/admin/screens')).status, 200);
      } finally {
        await own.stop();
      }
    });
  }

  test('templates and texts are not served as files', async () => {
    const browser = new Browser(headend);
    assert.equal((await browser.get('/admin/assets/style.css')).headers['content-type'], 'text/css; charset=utf-8');
    for (const name of ['layout.html', 'strings.en.json', '../ca.key', '']) {
      assert.ok([404, 400].includes((await browser.get(`/admin/assets/${name}`)).status), name);
    }
  });

  test('another administrator can be added, and each name once', async () => {
    const [, password] = /Password: (\S+)/.exec(await headend.cli('user', 'add', 'Zoé'));
    assert.equal((await new Browser(headend).signIn('Zoé', password)).status, 303);
    await assert.rejects(headend.cli('user', 'add', 'Zoé'), /already/);
    assert.match(await headend.cli('user', 'list'), /^Zoé +admin +\S+Z$/m);
  });

  test('a new password, and removing the account, end what was open', async () => {
    const passwordOf = (output) => /Password: (\S+)/.exec(output)[1];
    const first = passwordOf(await headend.cli('user', 'add', 'Léo'));
    const browser = new Browser(headend);
    await browser.signIn('Léo', first);
    const second = passwordOf(await headend.cli('user', 'password', 'Léo'));
    assert.equal((await browser.get('/admin/screens')).status, 303, 'signed out');
    assert.equal((await browser.signIn('Léo', first)).status, 403);
    assert.equal((await browser.signIn('Léo', second)).status, 303);
    assert.equal((await browser.get('/admin/screens')).status, 200);
    await headend.cli('user', 'remove', 'Léo');
    assert.equal((await browser.get('/admin/screens')).status, 303, 'signed out');
    assert.equal((await browser.signIn('Léo', second)).status, 403);
    await assert.rejects(headend.cli('user', 'remove', 'Léo'), /there is no administrator Léo/);
    await assert.rejects(headend.cli('user', 'password', 'Léo'), /there is no administrator Léo/);
  });

  test('what fails in the server is told as a page to a person, and as a problem to a program', async () => {
    const own = await startHeadend();
    try {
      const browser = await signIn(own, { 'accept-language': 'en' });
      await own.sql('ALTER TABLE device RENAME COLUMN site TO lost');
      const page = await browser.get('/admin/screens');
      assert.equal(page.status, 500);
      assert.match(page.headers['content-type'], /^text\/html/);
      assert.match(page.text, /That did not work/);
      assert.ok(!/database|SQL|column/i.test(page.text));
      const problem = await own.request('GET', '/admin/screens', { cookie: browser.cookie });
      assert.equal(problem.headers['content-type'], 'application/problem+json');
    } finally {
      await own.stop();
    }
  });
});

describe('the page of a screen', () => {
  let headend;
  let browser;
  let screen;
  const sql = (text) => headend.sql(text);
  const show = async (id = screen.id) => JSON.parse(await headend.cli('screen', 'show', id));
  const address = (id = screen.id) => `/admin/screens/${id}`;
  // What the page's form would send, but for `fields`.
  async function submit(who, action, fields = {}, id = screen.id) {
    const now = await show(id);
    const form = { name: now.name, site: now.site, channel: now.channel ?? '', new_channel: '', time_zone: now.time_zone, locale: now.locale, rotation: String(now.rotation), offline_mark: now.offline_mark ? 'yes' : 'no' };
    return who.post(address(id), { csrf: Browser.token(await who.get(address(id))), ...(action === 'save' ? form : {}), action, ...fields });
  }
  const chosen = (text, select) => /<option value="([^"]*)" selected>/.exec(new RegExp(`<select id="${select}"[\\s\\S]*?</select>`).exec(text)[0])?.[1];

  before(async () => {
    headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    browser = await signIn(headend);
    await headend.cli('channel', 'add', 'lobby', '--title', 'Foyer');
    await headend.cli('channel', 'add', 'bar', '--title', 'Bar & Café');
    screen = await enrolDevice(headend, { name: 'Door <1>', site: 'Lyon', channel: 'lobby', timeZone: 'Europe/Paris', locale: 'fr' });
  });
  after(() => headend?.stop());

  test('is where its row in the list leads, and tells all that is known of it', async () => {
    const post = (where, body) => headend.request('POST', where, { device: screen, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const status = { state: 'online', software: '9.8.7', code: 'S-2', trouble: 'timestamp.json: <expired>', display: { width: 1080, height: 1920, driver: 'KMSDRM' } };
    assert.equal((await post('/v1/status', status)).status, 204);
    const kinds = ['switched', 'item-failed', 'kind-of-tomorrow', 'sync-failed'];
    const items = kinds.map((kind, i) => ({ id: crypto.randomUUID(), kind, time: `2026-11-0${i + 1}T08:00:00Z`, detail: i ? `detail <${i}>` : { deep: [] } }));
    assert.equal((await post('/v1/events', { batch: crypto.randomUUID(), spool: crypto.randomUUID(), lost: 3, items })).status, 204);
    const list = await browser.get('/admin/screens');
    const [, link] = /<a class="screen-link" href="([^"]*)"><bdi class="screen-name">Door &lt;1&gt;</.exec(list.text);
    assert.equal(link, address());
    const { text } = await browser.get(link);
    const { certificate_expires: until, version } = await show();
    const day = until.slice(0, 10);
    for (const what of ['Door &lt;1&gt; · Pingplay</title>', '<h1 id="heading"><bdi>Door &lt;1&gt;</bdi>', '<bdi>Lyon</bdi>', '<bdi>Foyer</bdi>', 'nothing published yet', '<dd>Europe/Paris</dd>',
      '<dd>Not turned</dd>', '<dd>Français</dd>', 'badge idle">Nothing to play<', 'just now', '<dd>9.8.7</dd>', '1080 × 1920, KMSDRM', `<dd>${version}`, `>${day} ${until.slice(11, 16)} UTC<`,
      fingerprintOf(screen.thumbprint), screen.id, '<strong>S-2</strong> Signed content has expired.', '<q lang="en">timestamp.json: &lt;expired&gt;</q>',
      'New content<', 'Item failed<', 'kind-of-tomorrow<', '<q class="said" lang="en">detail &lt;1&gt;</q>', '2026-11-04 08:00 UTC', 'before they were sent: 3']) {
      assert.ok(text.includes(what), `${what} in ${text}`);
    }
    assert.ok(text.indexOf('Content not fetched') < text.indexOf('New content<'), 'the newest first');
    assert.ok(!/<expired>|<1>|\[object|deep/.test(text));
    const { text: french } = await (await signIn(headend, { 'accept-language': 'fr' })).get(link);
    for (const what of ['<strong>S-2</strong> Un contenu signé a expiré.', '<q lang="en">timestamp.json: &lt;expired&gt;</q>', 'Contenu non téléchargé<', 'Rien à diffuser<', 'Non tourné<']) {
      assert.ok(french.includes(what), what);
    }
    const rows = (await (await signIn(headend, { 'accept-language': 'fr' })).get('/admin/screens')).text;
    assert.match(rows, /<strong>S-2<\/strong> Un contenu signé a expiré\.</);
    assert.ok(!rows.includes('timestamp.json'));
  });

  test('a code without words here is told in the screen\'s', async () => {
    const report = (body) => sql(`UPDATE device SET report = '${JSON.stringify(body)}' WHERE id = '${screen.id}'`);
    await report({ code: 'Z-9', trouble: 'out of <ink>' });
    assert.match((await browser.get('/admin/screens')).text, /<strong>Z-9<\/strong> out of &lt;ink&gt;</);
    await report({ software: { a: 1 }, display: [1], state_version: 'x', code: ['x'] });
    assert.equal((await browser.get(address())).status, 200);
    await report({});
  });

  test('is not there for an unknown screen, in words of one\'s language', async () => {
    const french = await signIn(headend, { 'accept-language': 'fr' });
    const unknown = ['00000000-0000-4000-8000-000000000000', 'x', '%3Cb%3E', screen.id.toUpperCase(), screen.id.slice(0, 8)];
    for (const id of unknown) {
      const page = await french.get(address(id));
      assert.equal(page.status, 404, id);
      assert.match(page.text, /<html lang="fr">[\s\S]*<h1 id="heading">Écran inconnu</, id);
    }
    for (const id of ['', '../screens', `${screen.id}/x`]) { // no screen's address at all
      const page = await french.get(address(id));
      assert.equal(page.status, 404, id);
      assert.match(page.text, /<html lang="fr">[\s\S]*<h1 id="heading">Rien ici</, id);
    }
    const token = Browser.token(await browser.get(address()));
    assert.equal((await browser.post(address(unknown[0]), { csrf: token, action: 'retire' })).status, 404);
  });

  test('leads strangers to sign in, and back', async () => {
    const stranger = new Browser(headend);
    assert.equal((await stranger.get(address())).headers.location, `/admin/sign-in?next=${encodeURIComponent(address())}`);
    assert.equal((await stranger.post(address(), { action: 'retire' })).headers.location, '/admin/sign-in');
    assert.equal((await stranger.signIn('admin', headend.password, address())).headers.location, address());
    assert.equal((await show()).status, 'active');
  });

  test('changes nothing for a form from elsewhere', async () => {
    const token = Browser.token(await browser.get(address()));
    const other = Browser.token(await (await signIn(headend)).get(address()));
    for (const [csrf, headers] of [['', {}], [other, {}], [token, { origin: 'https://evil.example' }], [token, { 'sec-fetch-site': 'cross-site' }]]) {
      for (const action of ['retire', 'save', 'access', 'sign-out']) assert.equal((await browser.post(address(), { csrf, action, name: 'Evil' }, headers)).status, 403);
    }
    const { status, name } = await show();
    assert.deepEqual([status, name], ['active', 'Door <1>']);
    assert.equal((await browser.post(address(), { csrf: token, action: 'explode' })).status, 400);
  });

  test('renames, moves, turns, and follows what people call a time zone', async () => {
    const before = await show();
    const saved = await submit(browser, 'save', { name: 'Tür "2"', site: '', channel: 'bar', time_zone: ' new york', locale: 'en', rotation: '270', offline_mark: 'yes' });
    assert.deepEqual([saved.status, saved.headers.location], [303, `${address()}?done=saved`]);
    const after = await show();
    assert.deepEqual([after.name, after.site, after.channel, after.time_zone, after.locale, after.rotation, after.offline_mark], ['Tür "2"', '', 'bar', 'America/New_York', 'en', 270, true]);
    assert.equal(after.version, before.version + 1);
    const { text } = await browser.get(saved.headers.location);
    assert.match(text, /role="status">Saved\./);
    assert.match(text, /id="name" name="name"[^>]* value="Tür &quot;2&quot;"/);
    assert.deepEqual(['channel', 'rotation', 'offline_mark'].map((select) => chosen(text, select)), ['bar', '270', 'yes']);
    assert.ok(!(await browser.get(`${address()}?done=%3Cb%3E`)).text.includes('role="status"'), 'only what is an action of ours is said');
    await submit(browser, 'save', { channel: '', new_channel: ' Rooftop Été ' });
    assert.equal((await show()).channel, 'rooftop-ete');
    assert.match(await headend.cli('channel', 'list'), /rooftop-ete/);
    await submit(browser, 'save', { channel: '' });
    assert.equal((await show()).channel, null);
    assert.equal(chosen((await browser.get(address())).text, 'channel'), '');
  });

  const PROVIDER = { mode: 'sso', issuer: 'https://login.example.org', client_id: 'screens', client_auth: 'none', client_secret: '', scope: 'openid email offline_access', groups_claim: 'groups',
    allow: 'group:staff\r\nemail:ada@example.org\r\n', session_length: '4h', session_most: '8h' };
  const field = (text, name) => new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(text)?.[1];

  // What a thread has had of the processors, in ns.
  async function threadTime(name) {
    const tasks = `/proc/${headend.pidOf('server')}/task`;
    for (const id of await readdir(tasks)) {
      if ((await readFile(`${tasks}/${id}/comm`, 'utf8')).trim() === name) return Number((await readFile(`${tasks}/${id}/schedstat`, 'utf8')).split(' ')[0]);
    }
    throw new Error(`no thread ${name}`);
  }

  test('hashes a password that is set on the page beside the thread that writes, which goes on meanwhile', async () => {
    const room = await enrolDevice(headend, { name: 'Password room', channel: 'lobby' });
    const before = { writer: await threadTime('writer'), hasher: await threadTime('hasher') };
    for (const round of ['one', 'two', 'three']) {
      const answers = await Promise.all([submit(browser, 'access', { ...PROVIDER, mode: 'password', screen_password: `opensesame-${round}` }, room.id), submit(browser, 'sign-out', {}, room.id)]);
      assert.deepEqual(answers.map(({ status }) => status), [303, 303]);
    }
    const after = { writer: await threadTime('writer'), hasher: await threadTime('hasher') };
    assert.ok(after.hasher - before.hasher > 2 * (after.writer - before.writer), JSON.stringify({ before, after }));
  });

  test('a client secret that cannot be read any more is told in the log once, and once that it can', async () => {
    const room = await enrolDevice(headend, { name: 'Secret room', channel: 'lobby' });
    const confidential = { ...PROVIDER, client_auth: 'client_secret_basic', client_secret: 'the-secret' };
    assert.equal((await submit(browser, 'access', confidential, room.id)).status, 303);
    const lines = (what) => headend.log.split('\n').filter((line) => line.includes(`the client secret of screen ${room.id} ${what}`)).length;
    const kept = await sql(`SELECT client_secret FROM person_policy WHERE device = '${room.id}'`);
    for (const round of [1, 2]) {
      await sql(`UPDATE person_policy SET client_secret = 'eyJ.of.an.other.key' WHERE device = '${room.id}'`);
      for (let i = 0; i < 4; i++) assert.equal((await headend.request('GET', '/v1/state', { device: room })).status, 200);
      await until(() => lines('cannot be read') >= round, 'the line');
      await sql(`UPDATE person_policy SET client_secret = '${kept}' WHERE device = '${room.id}'`);
      for (let i = 0; i < 4; i++) assert.equal((await headend.request('GET', '/v1/state', { device: room })).status, 200);
      await until(() => lines('can be read again') >= round, 'the end of it');
      assert.deepEqual([lines('cannot be read'), lines('can be read again')], [round, round]);
    }
  });

  test('says how a screen shows who it is and who is signed in there, and ends a session', async () => {
    const room = await enrolDevice(headend, { name: 'Room', channel: 'lobby' });
    assert.match((await browser.get(address(room.id))).text, /<dt>Access<\/dt><dd>Certificate<\/dd>/);
    const saved = await submit(browser, 'access', PROVIDER, room.id);
    assert.deepEqual([saved.status, saved.headers.location], [303, `${address(room.id)}?done=access`]);
    const { access } = await show(room.id);
    assert.deepEqual(access, { mode: 'sso', session: null, reason: '', session_s: 14400, at_most_s: 28800, issuer: PROVIDER.issuer, client_id: 'screens', client_auth: 'none',
      scope: PROVIDER.scope, groups_claim: 'groups', allowed: ['email:ada@example.org', 'group:staff'] });
    const { text } = await browser.get(saved.headers.location);
    assert.match(text, /role="status">Saved\./);
    assert.match(text, /<dt>Access<\/dt><dd>Sign-in at a provider<\/dd>/);
    assert.match(text, /<dt>Signed in<\/dt><dd><span class="none">Nobody<\/span>/);
    assert.equal(chosen(text, 'mode'), 'sso');
    assert.deepEqual(['issuer', 'client_id', 'session_length', 'session_most'].map((name) => field(text, name)), [PROVIDER.issuer, 'screens', '4h', '8h']);
    assert.match(text, /<textarea[^>]*name="allow"[^>]*>email:ada@example.org\ngroup:staff<\/textarea>/);
    // somebody signs in
    await sql(`INSERT INTO person_session(device, id, subject, name, started, expires, until, nonce) VALUES('${room.id}', '00000000-0000-4000-8000-000000000001', 'u1', 'Ada <Lovelace>', unixepoch(), 4102444800, 4102444800, 'n')`);
    const during = (await browser.get(address(room.id))).text;
    assert.match(during, /<dt>Signed in<\/dt><dd><bdi>Ada &lt;Lovelace&gt;<\/bdi> <span class="moment">until <time datetime="2100-01-01T00:00:00Z">2100-01-01 00:00 UTC<\/time>/);
    const { session } = (await show(room.id)).access;
    assert.deepEqual([session.name, session.subject, session.ends], ['Ada <Lovelace>', 'u1', '2100-01-01T00:00:00Z']);
    assert.match(await headend.cli('screen', 'list'), /sso: Ada <Lovelace> until 2100-01-01T00:00:00Z +never/);
    assert.equal(JSON.parse(await headend.cli('screen', 'list', '--json')).find(({ id }) => id === room.id).access.session.name, 'Ada <Lovelace>');
    const ended = await submit(browser, 'sign-out', {}, room.id);
    assert.equal(ended.headers.location, `${address(room.id)}?done=signed-out`);
    assert.match((await browser.get(ended.headers.location)).text, /<span class="none">Nobody<\/span> <span class="channel-note">The session was ended\./);
    // in French, and by a password, which is told by nothing
    const french = await signIn(headend, { 'accept-language': 'fr' });
    assert.equal((await submit(french, 'access', { ...PROVIDER, mode: 'password', screen_password: 'opensesame-page' }, room.id)).status, 303);
    const page = (await french.get(address(room.id))).text;
    assert.match(page, /<dt>Accès<\/dt><dd>Mot de passe<\/dd>/);
    assert.ok(!page.includes('opensesame-page'));
    assert.deepEqual((await show(room.id)).access, { mode: 'password', session: null, reason: 'signed-out', session_s: 14400, at_most_s: 28800, password_set: true });
    assert.match(await sql(`SELECT password FROM person_policy WHERE device = '${room.id}'`), /^\$argon2id\$/);
    assert.ok(!headend.log.includes('opensesame-page'));
    // back, with all that was set for it
    assert.equal((await submit(browser, 'access', { mode: 'certificate' }, room.id)).status, 303);
    assert.deepEqual((await show(room.id)).access, { mode: 'certificate' });
    assert.equal(field((await browser.get(address(room.id))).text, 'issuer'), PROVIDER.issuer);
  });

  test('keeps the secret of a provider\'s client, which no page and no command shows', async () => {
    const room = await enrolDevice(headend, { name: 'Secret room', channel: 'lobby' });
    const secret = 'mark-Page&Secret=7';
    const kept = () => sql(`SELECT client_auth || ' ' || client_secret FROM person_policy WHERE device = '${room.id}'`);
    assert.equal((await submit(browser, 'access', { ...PROVIDER, client_auth: 'client_secret_post', client_secret: secret }, room.id)).status, 303);
    assert.match(await kept(), /^client_secret_post eyJ/);
    const first = await kept();
    assert.equal((await submit(browser, 'access', { ...PROVIDER, client_auth: 'client_secret_post', session_length: '2h' }, room.id)).status, 303);
    assert.equal(await kept(), first, 'where none is typed');
    const { text } = await browser.get(address(room.id));
    assert.equal(chosen(text, 'client_auth'), 'client_secret_post');
    for (const [what, said] of Object.entries({ page: text, command: JSON.stringify(await show(room.id)), log: headend.log })) assert.ok(!said.includes(secret) && !said.includes('eyJ'), what);
    assert.equal((await submit(browser, 'access', { ...PROVIDER, client_id: 'others', client_auth: 'client_secret_post' }, room.id)).status, 422, 'it is of that client');
    assert.equal((await submit(browser, 'access', PROVIDER, room.id)).status, 303);
    assert.equal((await kept()).trim(), 'none', 'a public client has none');
  });

  test('says kindly what is wrong with how one signs in, and changes nothing', async () => {
    const room = await enrolDevice(headend, { name: 'Wrong room', channel: 'lobby' });
    const before = await show(room.id);
    const french = await signIn(headend, { 'accept-language': 'fr' });
    for (const [fields, words, who] of [[{ mode: 'magic' }, /no such access mode/], [{ session_length: '1y' }, /A session lasts from/], [{ session_length: '9h' }, /A session lasts from/],
      [{ session_length: 'never' }, /A session lasts from/], [{ issuer: 'http://login.example.org' }, /has to be an https address/], [{ issuer: '' }, /has to be an https address/],
      [{ client_id: '' }, /client ID is missing/], [{ scope: '' }, /scope is missing/], [{ groups_claim: '' }, /claim is missing/], [{ allow: '' }, /Say who may sign in/],
      [{ allow: 'ada' }, /Say who may sign in/], [{ client_auth: 'client_secret_basic' }, /needs the client’s secret/], [{ client_auth: 'client_secret_basic', client_secret: 'é' }, /needs the client’s secret/],
      [{ client_secret: 'x' }, /a public client has none/], [{ mode: 'password' }, /A password of 10/], [{ mode: 'password', screen_password: 'short' }, /Il faut un mot de passe/, french]]) {
      const page = await submit(who ?? browser, 'access', { ...PROVIDER, ...fields }, room.id);
      assert.equal(page.status, 422, JSON.stringify(fields));
      assert.match(page.text, words, JSON.stringify(fields));
      assert.match(page.text, /<details class="card fold" open>/);
      if (fields.session_length) assert.equal(field(page.text, 'session_length'), fields.session_length);
    }
    const { access, version } = await show(room.id);
    assert.deepEqual([access, version], [before.access, before.version]);
  });

  test('locks and erases a screen that has no word of the headend, as it is told', async () => {
    const room = await enrolDevice(headend, { name: 'Far room', channel: 'lobby' });
    assert.match((await browser.get(address(room.id))).text, /<dt>Without word of the headend<\/dt><dd>Plays on for ever<\/dd>/);
    assert.equal((await submit(browser, 'save', { lock_after: '7d', erase_after: '30d' }, room.id)).status, 303);
    const { lock_after: lock, erase_after: erase } = await show(room.id);
    assert.deepEqual([lock, erase], ['7d', '30d']);
    assert.match((await browser.get(address(room.id))).text, /<dd>Locks after 7d <span class="channel-note">Erases itself after 30d<\/span>/);
    assert.match(await headend.cli('screen', 'list'), /certificate +7d, erase 30d +lobby/);
    for (const fields of [{ lock_after: '1s' }, { lock_after: 'soon' }, { lock_after: 'never', erase_after: '30d' }, { lock_after: '31d', erase_after: '30d' }]) {
      const page = await submit(browser, 'save', fields, room.id);
      assert.equal(page.status, 422, JSON.stringify(fields));
      assert.match(page.text, /role="alert">Not a time/);
    }
    assert.equal((await show(room.id)).lock_after, '7d');
  });

  test('a channel that a screen is moved away from gets a new key without waiting for the housekeeping', async () => {
    const stays = await enrolDevice(headend, { name: 'Stays', channel: 'bar' });
    await submit(browser, 'save', { channel: 'bar' });
    const key = async () => (await headend.channelKey('bar')).toString('hex') + await sql("SELECT leavers FROM channel WHERE id = 'bar'");
    const first = await key();
    await submit(browser, 'save', { channel: 'lobby' });
    await eventually(async () => (await key()).slice(64) === '0' && (await key()).slice(0, 64) !== first.slice(0, 64), 20000, 'a new key');
    assert.equal((await show(stays.id)).channel, 'bar');
  });

  test('says kindly what is wrong, keeps what was typed, and changes nothing', async () => {
    const before = await show();
    const wrong = async (fields, words, who = browser) => {
      const page = await submit(who, 'save', fields);
      assert.equal(page.status, 422);
      assert.match(page.text, words);
      return page.text;
    };
    const zone = await wrong({ name: 'Typed <name>', time_zone: 'Mars/Base "1"', channel: 'bar', rotation: '90' }, /role="alert">There is no such time zone\. [^<]*Europe\/Paris\./);
    assert.match(zone, /name="time_zone" value="Mars\/Base &quot;1&quot;"/);
    assert.match(zone, /name="name"[^>]* value="Typed &lt;name&gt;"/);
    assert.match(zone, /<h1 id="heading"><bdi>Tür /, 'the screen is called as before');
    assert.deepEqual(['channel', 'rotation'].map((select) => chosen(zone, select)), ['bar', '90']);
    await wrong({ time_zone: 'posix/Europe/Paris' }, /role="alert">There is no such time zone/);
    await wrong({ name: '' }, /role="alert">The name is missing/);
    await wrong({ channel: 'nosuch' }, /role="alert">That is no channel/);
    await wrong({ new_channel: 'ロビー' }, /role="alert">[^<]*Latin/);
    await wrong({ rotation: '45' }, /role="alert">Please choose one of the rotations/);
    await wrong({ offline_mark: 'perhaps' }, /role="alert">Please choose what the screen does/);
    await wrong({ locale: 'de' }, /role="alert">Please choose one of the languages/);
    await wrong({ time_zone: '' }, /role="alert">Ce fuseau horaire est inconnu\./, await signIn(headend, { 'accept-language': 'fr' }));
    await wrong({ new_channel: 'Never made', locale: 'de' }, /languages/);
    assert.deepEqual(await show(), before);
    assert.ok(!(await headend.cli('channel', 'list')).includes('never-made'));
  });

  test('time zones are offered to choose from, here and at approval, without a script', async () => {
    const code = (await deviceAuthorization(headend, thumbprintOf(makeKey()))).json().user_code;
    for (const page of [await browser.get(address()), await browser.get(`/admin/enrol?user_code=${code}`)]) {
      const [, id] = /id="time_zone"[^>]* list="([^"]+)"/.exec(page.text);
      const zones = [...new RegExp(`<datalist id="${id}">(.*?)</datalist>`, 's').exec(page.text)[1].matchAll(/<option value="([^"]+)">/g)].map(([, zone]) => zone);
      for (const zone of ['Europe/Paris', 'Asia/Tokyo', 'America/Argentina/Salta', 'UTC']) assert.ok(zones.includes(zone), zone);
      assert.ok(zones.length > 300 && zones.length <= 1000);
      assert.deepEqual(zones, [...zones].sort());
      assert.match(page.headers['content-security-policy'], /^default-src 'none'; style-src 'self'; script-src 'self';/);
    }
    const answer = await browser.decide(code, 'approve', { time_zone: 'tokyo' });
    assert.equal(answer.status, 303);
    assert.equal((await show(answer.headers.location.split('=')[1])).time_zone, 'Asia/Tokyo');
    const other = (await deviceAuthorization(headend, thumbprintOf(makeKey()))).json().user_code;
    const refused = await browser.decide(other, 'approve', { time_zone: 'Parus' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /role="alert">There is no such time zone\.[\s\S]*name="time_zone" value="Parus"/);
  });

  test('retires after a second question, takes back, and removes', async () => {
    const page = await browser.get(address());
    assert.match(page.text, /<details class="card danger">[\s\S]*value="retire"[\s\S]*<\/details>/);
    const retired = await submit(browser, 'retire');
    assert.equal(retired.headers.location, `${address()}?done=retired`);
    assert.equal((await show()).status, 'retired');
    assert.equal((await headend.request('GET', '/v1/state', { device: screen })).status, 403);
    const { text } = await browser.get(retired.headers.location);
    assert.match(text, /role="status">The screen is retired\./);
    assert.ok(!text.includes('value="save"') && !text.includes('value="retire"'));
    const late = await submit(browser, 'save', { name: 'Too late' });
    assert.equal(late.status, 422);
    assert.match(late.text, /role="alert">Somebody has retired this screen/);
    assert.equal((await submit(browser, 'retire')).headers.location, address(), 'somebody was quicker');
    assert.equal((await submit(browser, 'restore')).headers.location, `${address()}?done=restored`);
    assert.equal((await show()).status, 'active');
    assert.equal((await submit(browser, 'restore')).headers.location, address());
    const other = await enrolDevice(headend, { name: 'Other' });
    const token = Browser.token(await browser.get(address()));
    assert.equal((await browser.post(address(other.id), { csrf: token, action: 'remove' })).headers.location, address(other.id), 'not while it is in use');
    assert.equal((await show(other.id)).status, 'active');
    await submit(browser, 'retire', {}, other.id);
    assert.match((await browser.get(address(other.id))).text, /<details class="card danger">[\s\S]*value="remove"/);
    assert.equal((await submit(browser, 'remove', {}, other.id)).headers.location, '/admin/screens');
    assert.equal((await browser.get(address(other.id))).status, 404);
    assert.match((await browser.get('/admin/enrol/done?screen=' + screen.id)).text, new RegExp(`href="${address()}"`));
  });
});

describe('login throttling', () => {
  let headend;
  before(async () => { headend = await startHeadend(); });
  after(() => headend?.stop());

  test('a few mistakes are free; then even the right password has to wait, longer each time', async () => {
    const wrong = async () => (await new Browser(headend).signIn('admin', 'wrong password')).status;
    const right = () => new Browser(headend).signIn('admin', headend.password);
    // The account and the address, both: failures, and the seconds until the next attempt.
    const counted = () => headend.sql('SELECT failures, blocked_until - last FROM throttle');
    for (let i = 1; i <= 3; i++) {
      assert.equal(await wrong(), 403);
      assert.equal(await counted(), `${i}|0\n${i}|0`);
    }
    for (const [failures, wait] of [[4, 2], [5, 4], [6, 8]]) {
      assert.equal(await wrong(), 403);
      assert.equal(await counted(), `${failures}|${wait}\n${failures}|${wait}`);
      await headend.sql('UPDATE throttle SET blocked_until = blocked_until + 1000'); // however slow this test is
      const early = await right();
      assert.equal(early.status, 429);
      assert.ok(Number(early.headers['retry-after']) >= 1000);
      assert.equal((await new Browser(headend).signIn('somebody', 'any password')).status, 429, 'the address waits too');
      await headend.sql('UPDATE throttle SET blocked_until = last');
    }
    assert.equal((await right()).status, 303);
    assert.equal(await counted(), '');
  });

  test('unknown accounts are told apart by nothing', async () => {
    const fresh = await startHeadend();
    try {
      const known = await new Browser(fresh).signIn('admin', 'wrong password');
      const unknown = await new Browser(fresh).signIn('nobody', 'wrong password');
      const plain = (answer) => answer.text.replace(/value="[^"]*"/g, '');
      assert.deepEqual([known.status, plain(known)], [unknown.status, plain(unknown)]);
    } finally {
      await fresh.stop();
    }
  });
});

describe('a list of five thousand screens', () => {
  let headend;
  let browser;
  const names = (page) => [...page.text.matchAll(/class="screen-name">([^<]*)</g)].map(([, name]) => name);
  before(async () => {
    headend = await startHeadend();
    browser = await signIn(headend);
    const long = 'ö'.repeat(40);
    await headend.cli('channel', 'add', 'lobby', '--title', 'Foyer');
    await headend.sql(`
      INSERT INTO device(id, thumbprint, name, site, channel, time_zone, locale, status, created, approved_by)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        SELECT printf('%08x-0000-4000-8000-000000000000', i), randomblob(32), printf('Screen %04d ${long}', i),
          printf('Site %d', i % 7), CASE WHEN i % 100 = 0 THEN 'lobby' END, 'UTC', 'en', 'active', 0, 'test' FROM n;`);
  });
  after(() => headend?.stop());

  test('is shown in pages that lead to each other', async () => {
    const found = [];
    let next = '/admin/screens';
    for (let pages = 0; next; pages++) {
      const page = await browser.get(next);
      assert.equal(page.status, 200, next);
      assert.match(page.text, /<strong id="count">5000<\/strong>/);
      found.push(...names(page));
      assert.ok(found.length === (pages + 1) * 100 || found.length === 5000);
      assert.equal(/rel="prev"/.test(page.text), pages > 0);
      next = /rel="next" href="([^"]*)"/.exec(page.text)?.[1].replaceAll('&amp;', '&');
    }
    assert.equal(new Set(found).size, 5000);
    assert.deepEqual(found, [...found].sort());
  });

  test('is searched by name, site and channel', async () => {
    const first = await browser.get('/admin/screens?q=sITE+45%20fOYER');
    assert.deepEqual(names(first).map((name) => name.slice(0, 11)), ['Screen 4500']);
    assert.match(first.text, /value="sITE 45 fOYER"/);
    assert.equal(names(await browser.get('/admin/screens?q=lobby')).length, 50);
    const many = await browser.get('/admin/screens?q=site%203&page=2');
    assert.match(many.text, /rel="next" href="\/admin\/screens\?page=3&amp;q=site%203"/);
    const none = await browser.get('/admin/screens?q=%3Cb%3E');
    assert.deepEqual([none.status, names(none).length], [200, 0]);
    assert.match(none.text, /value="&lt;b&gt;"/);
    assert.match(none.text, /No screen matches[^<]*<[^>]*>&lt;b&gt;</);
    assert.match(none.text, /<a [^>]*href="\/admin\/screens"[^>]*>Show all screens</);
    assert.equal(names(await browser.get(`/admin/screens?q=${encodeURIComponent('Ö'.repeat(30))}`)).length, 100, 'letters with accents in any case');
    assert.match(none.text, /id="online">0<[\s\S]*id="count">0</);
    const french = await (await signIn(headend, { 'accept-language': 'fr' })).get('/admin/screens?q=nulle-part');
    assert.match(french.text, /Aucun écran ne correspond/);
  });

  test('is searched by state, in the words of the page', async () => {
    const run = (sql) => headend.sql(sql);
    await run("UPDATE device SET seen = unixepoch() + 3600 WHERE name LIKE 'Screen 45%'; UPDATE device SET seen = 1 WHERE name LIKE 'Screen 12%';"
      + " UPDATE device SET status = 'retired' WHERE name LIKE 'Screen 0007%'; UPDATE channel SET publish = 1; UPDATE device SET site = 'Rennes' WHERE name LIKE 'Screen 1234%'");
    const english = await browser.get('/admin/screens?q=online');
    assert.deepEqual(names(english).map((name) => name.slice(0, 11)), ['Screen 4500'], 'not those without a channel, which have nothing to play');
    assert.equal(names(await browser.get('/admin/screens?q=nothing%20to%20play%20screen%2045')).length, 99);
    assert.equal(names(await browser.get('/admin/screens?q=OFFLINE')).length, 100);
    const french = await signIn(headend, { 'accept-language': 'fr' });
    assert.deepEqual(names(await french.get('/admin/screens?q=retir%C3%A9')).map((name) => name.slice(0, 11)), ['Screen 0007']);
    assert.deepEqual(names(await french.get('/admin/screens?q=hors%20ligne%20rennes')).map((name) => name.slice(0, 11)), ['Screen 1234']);
    assert.deepEqual(names(await french.get('/admin/screens?q=en%20ligne%20rennes')), [], '"en" stands in "Rennes", "ligne" in "hors ligne"');
    assert.deepEqual(names(await french.get('/admin/screens?q=offline')), []);
    await run("UPDATE device SET seen = NULL, status = 'active'; UPDATE channel SET publish = 0; UPDATE device SET site = 'Site 2' WHERE site = 'Rennes'");
  });

  test('counts what a search finds', async () => {
    await headend.sql("UPDATE device SET seen = unixepoch() + 3600 WHERE name LIKE 'Screen 45%'");
    const found = await browser.get('/admin/screens?q=lobby');
    assert.match(found.text, /id="online">1<[\s\S]*id="count">50<[\s\S]*>found</);
    const all = await browser.get('/admin/screens');
    assert.match(all.text, /id="online">100<[\s\S]*id="count">5000<[\s\S]*>in all</);
    await headend.sql('UPDATE device SET seen = NULL');
  });

  test('begins with those that are offline or in trouble, and ends with those that are retired', async () => {
    const own = await startHeadend();
    try {
      const insert = (name, status, seen, report) => `(lower(hex(randomblob(16))), randomblob(32), '${name}', '', 'UTC', 'en', '${status}', 0, 'test', ${seen}, '${report}')`;
      await own.sql(`
        INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created, approved_by, seen, report) VALUES
        ${[insert('A online', 'active', 'unixepoch() + 3600', '{}'), insert('B retired', 'retired', '1', '{"code":"C-1"}'), insert('C new', 'approved', 'NULL', '{}'),
    insert('X trouble', 'active', 'unixepoch() + 3600', '{"code":"C-1","trouble":"x"}'), insert('Y offline', 'active', '1', '{}')].join(', ')}`);
      const expected = ['X trouble', 'Y offline', 'A online', 'C new', 'B retired'];
      assert.deepEqual(names(await (await signIn(own)).get('/admin/screens')), expected);
      const listed = await own.cli('screen', 'list');
      assert.deepEqual([...expected].sort((a, b) => listed.indexOf(a) - listed.indexOf(b)), expected);
    } finally {
      await own.stop();
    }
  });

  test('has a first and a last page, whatever is asked for', async () => {
    for (const [query, first] of [['page=0', '0001'], ['page=-1', '0001'], ['page=x', '0001'], ['page=51', '4901'], ['page=999999999', '4901'],
      ['page=99999999999999999999', '0001'], ['page=', '0001'], [`q=${'x'.repeat(300)}`, '0001'], ['q=%ff', '0001'], ['q=%C2%9B', '0001']]) {
      const page = await browser.get(`/admin/screens?${query}`);
      assert.equal(page.status, 200, query);
      assert.ok(names(page)[0]?.startsWith(`Screen ${first}`), `${query}: ${names(page)[0]}`);
    }
  });
});
