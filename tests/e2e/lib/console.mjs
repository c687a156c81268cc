// The console in a real browser: Debian's Chromium, driven by playwright-core, with axe-core put into its pages.
//
//   const browser = await startBrowser();
//   const visit = await open(browser, headend, { width: 390, height: 844, dark: true, language: 'fr', cookie });
//   await visit.page.goto(`${headend.url}/console/`);
//   await visit.axe('screens');         // throws with what is found
//   visit.complaints                    // what the browser says of scripts and policies; test that there is nothing
//   await visit.close();  await browser.close();
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { eventually } from './headend.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1440, height: 900 };

export const startBrowser = () => chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
});

// The WCAG 2.2 AA rules, and those that axe's makers hold for good practice.
const rules = { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } };

class Visit {
  constructor(context, page) {
    Object.assign(this, { context, page, complaints: [] });
    page.on('pageerror', (error) => this.complaints.push(`${error.message} ${error.stack ?? ''}`));
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type()) && !this.expected(message.text())) this.complaints.push(message.text()); });
  }

  // The browser tells of answers that a test asks for: a refused sign-in, a screen that is not there.
  expected(text) { return /^Failed to load resource/.test(text) || (this.offline && /ERR_/.test(text)); }

  // In the page's isolated world, so that its policy is neither weakened nor broken.
  async axe(where) {
    const session = await this.context.newCDPSession(this.page);
    const { frameTree } = await session.send('Page.getFrameTree');
    const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: 'axe' });
    const run = (expression) => session.send('Runtime.evaluate', { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true });
    await run(axeSource);
    const { result, exceptionDetails } = await run(`axe.run(document, ${JSON.stringify(rules)}).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 160) + ' ' + failureSummary).join(' | ')))`);
    await session.detach();
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    if (result.value.length) throw new Error(`axe on ${where}:\n${result.value.join('\n')}`);
  }

  close() { return this.context.close(); }
}

// Presses Tab until the focus is on what the selector names.
export async function tabTo(page, selector) {
  for (let i = 0; i < 60; i++) {
    if (await page.evaluate((what) => document.activeElement.matches(what), selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${selector} is not reached by Tab`);
}

export async function open(browser, headend, { width = 1440, height = 900, dark = false, language = 'en', cookie, clock, settings = {} } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, ignoreHTTPSErrors: true, colorScheme: dark ? 'dark' : 'light', locale: language === 'fr' ? 'fr-FR' : 'en-GB', timezoneId: 'Europe/Paris', reducedMotion: 'reduce',
    hasTouch: width < 640, isMobile: width < 640, permissions: ['clipboard-read', 'clipboard-write'],
  });
  if (cookie) {
    const [name, value] = cookie.split(/=(.*)/s);
    await context.addCookies([{ name, value, url: headend.url, secure: true, httpOnly: true, sameSite: 'Strict' }]);
  }
  if (Object.keys(settings).length) await context.addInitScript((kept) => { for (const [key, value] of Object.entries(kept)) if (localStorage.getItem(key) === null) localStorage.setItem(key, value); }, settings);
  const page = await context.newPage();
  if (clock) await page.clock.install({ time: clock });
  page.setDefaultTimeout(30000);
  return new Visit(context, page);
}

// The cookie of somebody who signs in by the API.
export async function session(headend, name = 'admin', password = headend.password) {
  const answer = await headend.request('POST', '/api/v1/session', { headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify({ name, password }) });
  if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${answer.text}`);
  return answer.headers['set-cookie'][0].split(';')[0];
}

// What a phone has: it knows its owner, and keeps passkeys. `another` is a second such device, in place of the first one.
export async function addAuthenticator(visit, options = {}) {
  const session = await visit.context.newCDPSession(visit.page);
  await session.send('WebAuthn.enable', { enableUI: false });
  const add = async () => (await session.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...options } })).authenticatorId;
  let id = await add();
  return {
    all: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId: id })).credentials,
    another: async () => { await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: id }); id = await add(); },
  };
}

// The link by which the first account is made.
export const setupLink = async (headend) => /https:\/\/\S+\/setup#[\w-]{43}/.exec(await headend.cli('setup-link', '--port', String(headend.port)))[0];

// A channel whose next version one of its screens has, and which is halted.
export async function rollOut(headend) {
  const picture = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../data/media/quarters.png');
  await headend.publish('kiosks', [picture], ['--title', 'Kiosks']);
  await headend.publish('kiosks', [picture, picture], ['--rollout', '10%,50%@PT1H,100%@PT4H']);
  await headend.cli('rollout', 'halt', 'kiosks');
}

// A channel with something published, and a draft that is something else.
export async function changedChannel(headend) {
  const cookie = await session(headend);
  const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie })).json();
  await headend.publish('stands', [path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../data/media/quarters.png')], ['--title', 'Stands']);
  const [{ id }] = (await headend.request('GET', '/api/v1/content?limit=1', { cookie })).json().items;
  const { etag } = (await headend.request('GET', '/api/v1/channels/stands/draft', { cookie })).headers;
  const answer = await headend.request('PUT', '/api/v1/channels/stands/draft', { cookie, headers: { 'pingplay-csrf': csrf, 'content-type': 'application/json', 'if-match': etag },
    body: JSON.stringify({ title: 'Stands', items: [{ content: id }] }) });
  if (answer.status !== 200) throw new Error(answer.text);
}

// Puts files into the library, and waits until they were looked at: [{ id, name }].
export async function upload(headend, files, folder = '') {
  const cookie = await session(headend);
  const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie })).json();
  const own = { 'tus-resumable': '1.0.0', 'pingplay-csrf': csrf };
  const base64 = (text) => Buffer.from(text).toString('base64');
  const made = [];
  for (const file of files) {
    const data = readFileSync(file);
    const name = path.basename(file);
    const begun = await headend.request('POST', '/api/v1/uploads', { cookie, body: data,
      headers: { ...own, 'upload-length': data.length, 'upload-metadata': `filename ${base64(name)}${folder ? `,folder ${base64(folder)}` : ''}`, 'content-type': 'application/offset+octet-stream' } });
    if (begun.status !== 201) throw new Error(`upload: ${begun.status} ${begun.text}`);
    await eventually(async () => {
      const state = (await headend.request('GET', begun.headers.location, { cookie, headers: own })).json();
      if (state.state === 'refused') throw new Error(state.refusal);
      if (state.state !== 'done') return false;
      made.push({ id: state.content, name });
      return true;
    }, 120000, `${name} in the library`);
  }
  return made;
}

// What the demo shows, in the library, with folders and tags.
const demo = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../assets/demo');
export async function stock(headend) {
  const files = (...names) => names.map((name) => path.join(demo, name));
  const made = [...await upload(headend, files('welcome.jpg', 'menu.png'), 'Reception'), ...await upload(headend, files('harbour.mp4', 'city.webm', 'weather.webp'), 'Windows')];
  await headend.sql("INSERT INTO content_tag(content, tag) SELECT id, 'summer' FROM content WHERE folder = 'Windows'");
  // and a channel on which something is to be published
  const cookie = await session(headend);
  const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie })).json();
  const ask = (method, target, body, headers = {}) => headend.request(method, target, { cookie, headers: { 'pingplay-csrf': csrf, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  await ask('POST', '/api/v1/channels', { id: 'town', title: 'Town hall' });
  const { etag } = (await headend.request('GET', '/api/v1/channels/town/draft', { cookie })).headers;
  const items = made.filter(({ name }) => !name.startsWith('weather')).map(({ id }, i) => ({ content: id, ...(i === 1 ? { duration: 'PT20S', weight: 2, valid_to: '2031-01-01T00:00:00Z' } : {}) }));
  const draft = await ask('PUT', '/api/v1/channels/town/draft', { items }, { 'if-match': etag });
  if (draft.status !== 200) throw new Error(draft.text);
  // and one with a schedule, some of which gets in the way of other parts of it
  await ask('POST', '/api/v1/channels', { id: 'parade', title: 'Parade' });
  const zone = (playlist) => ({ zones: [{ id: 'main', x: 0, y: 0, width: 1920, height: 1080, playlist }] });
  const list = (...places) => ({ items: places.map((i) => ({ content: made[i].id })) });
  const schedule = [{ layout: 'day', dtstart: '2026-01-05T08:00:00', duration: 'PT12H', rrule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA' }, { layout: 'lunch', dtstart: '2026-01-05T12:00:00', duration: 'PT1H30M', rrule: 'FREQ=DAILY', priority: 5 },
    { layout: 'sale', dtstart: '2026-01-07T15:00:00', duration: 'PT6H', rrule: 'FREQ=WEEKLY' }, { layout: 'day', dtstart: '2026-01-05T12:15:00', duration: 'PT30M', rrule: 'FREQ=WEEKLY', priority: 1 }];
  const parade = await ask('PUT', '/api/v1/channels/parade/draft', { playlists: { all: list(0, 1), film: list(2) }, layouts: { night: zone('all'), day: zone('film'), lunch: zone('all'), sale: zone('film') }, default_layout: 'night', schedule },
    { 'if-match': (await headend.request('GET', '/api/v1/channels/parade/draft', { cookie })).headers.etag });
  if (parade.status !== 200) throw new Error(parade.text);
  // and one with zones
  await ask('POST', '/api/v1/channels', { id: 'wall', title: 'Entrance wall' });
  const of = (name) => ({ content: made.find((one) => one.name.startsWith(name)).id, fit: 'cover' });
  const placed = (id, x, y, width, height, z, playlist = id) => ({ id, x, y, width, height, z, playlist });
  const zones = await ask('PUT', '/api/v1/channels/wall/draft', {
    canvas: { width: 1920, height: 1080, background: '#16324a' },
    playlists: { films: { items: [of('harbour'), { ...of('city'), transition: { kind: 'crossfade', duration: 'PT1S' } }] }, menu: { align: 'wall-clock', items: [{ ...of('menu'), duration: 'PT15S' }] }, news: { items: [of('welcome')] } },
    layouts: { day: { zones: [placed('main', 0, 0, 1280, 860, 0, 'films'), placed('side', 1280, 0, 640, 1080, 1, 'menu'), placed('ticker', 0, 820, 1280, 260, 2, 'news')] }, evening: { zones: [placed('whole', 0, 0, 1920, 1080, 0, 'films')] } },
    default_layout: 'day',
  }, { 'if-match': '*' });
  if (zones.status !== 200) throw new Error(zones.text);
  // and live data: a value that is current, an old one, and none yet
  await ask('POST', '/api/v1/feeds', { feed: 'sales', title: 'Sales of the day', schema: { type: 'object', required: ['total'], properties: { total: { type: 'number', minimum: 0 } } } });
  await ask('POST', '/api/v1/feeds', { feed: 'queue', title: 'People waiting', site: 'Rennes', stale_after_s: 60 });
  await ask('POST', '/api/v1/feeds', { feed: 'boiler', title: 'Boiler temperature' });
  await ask('PUT', '/api/v1/feeds/sales/value', { value: { total: 1240.5 } });
  await ask('PUT', '/api/v1/feeds/queue/value', { value: 7 });
  await headend.sql("UPDATE feed SET value_time = value_time - 4000 WHERE name = 'queue'");
  const { key } = (await ask('POST', '/api/v1/feed-keys', { name: 'Till at the entrance', feeds: ['sales'] })).json();
  await headend.request('PUT', '/v1/feeds/sales', { headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: '{"total": -3}' });
  await ask('POST', '/api/v1/feed-keys', { name: 'Building control', feeds: ['boiler', 'queue'], expires: '2031-06-30T12:00:00Z' });
  await headend.sql("UPDATE content SET deleted = unixepoch() WHERE name LIKE 'weather%'");
  return made;
}

// The administrator, by the API: throws for whatever is no answer.
async function asker(headend) {
  const cookie = await session(headend);
  const { csrf } = (await headend.request('GET', '/api/v1/session', { cookie })).json();
  return async (method, target, body, headers = {}) => {
    const answer = await headend.request(method, target, { cookie, headers: { 'pingplay-csrf': csrf, ...(body ? { 'content-type': 'application/json' } : {}), ...headers }, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (answer.status >= 300) throw new Error(`${method} ${target}: ${answer.text}`);
    return answer;
  };
}

// A channel with a history: two versions, one of them named, and a third that somebody else has asked for.
export async function publishTwice(headend) {
  const ask = await asker(headend);
  const here = '/api/v1/channels/gallery';
  const contents = (await ask('GET', '/api/v1/content?limit=4')).json().items.map(({ id }) => id);
  const publish = async (items, note) => {
    const { etag } = (await ask('GET', `${here}/draft`)).headers;
    const draft = await ask('PUT', `${here}/draft`, { items: items.map((content) => ({ content })) }, { 'if-match': etag });
    return (await ask('POST', `${here}/publish`, { note }, { 'if-match': draft.headers.etag })).headers.location;
  };
  const done = (place) => eventually(async () => (await ask('GET', place)).json().state === 'done', 60000, 'a publish');
  await ask('POST', '/api/v1/channels', { id: 'gallery', title: 'Art gallery' });
  await done(await publish(contents.slice(0, 2), 'Spring opening'));
  await done(await publish([contents[1], contents[0], contents[2]], 'With the harbour'));
  const { items: [, first] } = (await ask('GET', `${here}/versions`)).json();
  await ask('PATCH', `${here}/versions/${first.number}`, { name: 'Opening night' });
  await ask('PUT', '/api/v1/settings/publishing', { approval: true });
  await publish([contents[2], contents[1], contents[3]].filter(Boolean), 'Summer hours');
  await ask('PUT', '/api/v1/settings/publishing', { approval: false });
  await headend.sql("UPDATE publish_job SET author = 'Claire Dubois', admin = 0 WHERE state = 'approval'");
}

// Rules of alerts, one of them off, and messages of each kind.
export async function tellOf(headend) {
  const ask = await asker(headend);
  const rule = async (name, body) => (await ask('POST', '/api/v1/alert-rules', { name, ...body })).json().id;
  const paris = await rule('Paris at night', { about: 'offline', site: 'Paris', hold_s: 900, quiet: '22:00-07:00', time_zone: 'Europe/Paris', locale: 'fr', mail: ['technique@example.org', 'garde@example.org'], enabled: false });
  const help = await rule('Help desk', { about: 'problem', repeat_s: 14400, mail: ['help@example.org'], webhook: 'https://hooks.example.org/signage', enabled: false });
  await rule('Tampering', { about: 'security', webhook: 'https://hooks.example.org/security', enabled: false });
  await headend.sql(`UPDATE alert_rule SET enabled = 1 WHERE name <> 'Tampering';
    INSERT INTO alert_message(id, rule, way, target, facts, status, attempts, due, created, ended, reason) VALUES
    ('22222222-0000-4000-8000-000000000001', '${paris}', 'mail', 'technique@example.org', '{"what":"trouble","about":"offline","count":3,"site":"Paris"}', 'sent', 1, 0, unixepoch() - 7200, unixepoch() - 7200, ''),
    ('22222222-0000-4000-8000-000000000002', '${help}', 'webhook', 'https://hooks.example.org/signage', '{"what":"trouble","about":"problem","count":1,"site":"Lyon"}', 'failed', 12, 0, unixepoch() - 90000, unixepoch() - 3600, 'connect: no answer'),
    ('22222222-0000-4000-8000-000000000003', '${paris}', 'mail', 'technique@example.org', '{"what":"well","about":"offline","count":3,"site":"Paris"}', 'sent', 1, 0, unixepoch() - 3000, unixepoch() - 3000, ''),
    ('22222222-0000-4000-8000-000000000004', '${help}', 'mail', 'help@example.org', '{"what":"test","about":"problem"}', 'held', 0, 0, unixepoch() - 60, 0, '')`);
}

// People with roles, one of them invited, one locked out.
export async function inviteSome(headend) {
  const ask = await asker(headend);
  const add = async (name, roles, password) => (await ask('POST', '/api/v1/users', { name, roles, ...(password ? { password } : {}) })).json().id;
  await add('Claire Dubois', ['publisher', 'operator:site=Paris'], 'long enough to be one');
  await add('Marc', ['editor:channel=lobby']);
  await ask('POST', `/api/v1/users/${await add('Former colleague', ['viewer'], 'long enough to be one')}/lock`);
}

// What the screens of `fill` have told of the last 30 days: plays, some of them lost, and when they were there.
export const reported = (headend) => headend.sql(`
  WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 29)
  INSERT INTO headend_day(day, seconds) SELECT unixepoch() / 86400 - i, 86400 FROM n WHERE true ON CONFLICT(day) DO UPDATE SET seconds = 86400;
  WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 29)
  INSERT INTO presence_day(day, device, seconds) SELECT unixepoch() / 86400 - i, id, 86400 - CASE WHEN instr('0123456789abcdef', substr(device.id, 8, 1)) % 7 = 3 THEN 9000 WHEN instr('0123456789abcdef', substr(device.id, 8, 1)) % 5 = 0 THEN 700 ELSE 30 END * (i % 4) FROM n, device WHERE true ON CONFLICT(device, day) DO UPDATE SET seconds = excluded.seconds;
  WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 29)
  INSERT INTO play_day(day, device, channel, item, content, title, plays, shown_ms, late)
    SELECT unixepoch() / 86400 - i, device.id, 'lobby', 'i' || length(content.name), content.id, content.name, 300 + (i * 37 + length(content.name) * 11) % 90 - CASE WHEN i % 7 IN (2, 3) THEN 180 ELSE 0 END, 3600000 + length(content.name) * 60000, (i * length(content.name)) % 3
    FROM n, device, content WHERE device.status = 'active' AND substr(device.id, 1, 7) = '0000000' AND coalesce(content.deleted, 0) = 0;
  INSERT INTO report_loss(device, list, spool, lost) SELECT id, 'playlog', 'x', 14 FROM device WHERE status = 'active' ORDER BY id LIMIT 1;
  INSERT INTO event_finding(device, finding, chain, first, last, missing, found, item) SELECT id, 'gap', 'x', 1, 9, 9, 0, '' FROM device WHERE status = 'active' ORDER BY id LIMIT 1 OFFSET 1`);

// Urgent messages: one that most of its screens show, one that begins later, and two that are over.
export async function warnOf(headend) {
  const ask = await asker(headend);
  const send = async (body) => (await ask('POST', '/api/v1/messages', { duration_s: 14400, ...body })).json().id;
  const words = (en, fr, text) => [{ language: 'en', title: en, ...(text ? { text } : {}) }, { language: 'fr', title: fr }];
  const sites = (await headend.sql("SELECT DISTINCT site FROM device WHERE status = 'active' AND site <> '' ORDER BY site DESC")).split('\n');
  const at = (...numbers) => ({ sites: [...new Set(numbers.map((n) => sites[n % sites.length]))] });
  const ended = await send({ severity: 'warning', texts: words('Closed for an inventory', 'Fermé pour inventaire'), targets: at(0) });
  await ask('POST', `/api/v1/messages/${ended}/cancel`);
  await send({ severity: 'info', texts: words('The lift is being repaired', 'L’ascenseur est en réparation'), targets: at(1), duration_s: 10 });
  const storm = await send({ severity: 'severe', texts: words('Storm: stay inside', 'Tempête : restez à l’intérieur', 'Keep away from the windows.'), targets: at(2, 3) });
  await headend.sql(`UPDATE message_screen SET shown = 1, shown_at = unixepoch() WHERE message = '${storm}' AND device LIKE '%' AND CAST(substr(device, 8, 1) AS INTEGER) <> 3`);
  await send({ severity: 'warning', texts: words('Closing at 17:00 today', 'Fermeture à 17 h aujourd’hui'), targets: at(4) });
}

// So many screens as a chain of shops has them; all of them are there at once.
const cities = ['Bordeaux', 'Lille', 'Lyon', 'Marseille', 'Montpellier', 'Nantes', 'Nice', 'Paris', 'Rennes', 'Strasbourg', 'Toulouse', 'Tours'];
const places = ['Entrance', 'Window left', 'Window right', 'Counter', 'Waiting room', 'Lift', 'Canteen', 'Car park'];
export const fill = (headend, count) => headend.sql(`
  INSERT INTO channel(id, title, key, publish, created) VALUES('lobby', 'Lobby', x'${headend.sealKey('channel/lobby', randomBytes(32))}', 1, 0);
  WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1})
  INSERT INTO device(id, thumbprint, name, site, channel, time_zone, locale, status, version, created, approved_by, seen, report)
    SELECT printf('%08x-0000-4000-8000-000000000000', i), randomblob(32),
      json_extract('${JSON.stringify(places)}', '$[' || (i % ${places.length}) || ']') || CASE WHEN i >= ${places.length * cities.length} THEN ' ' || (i / ${places.length * cities.length} + 1) ELSE '' END,
      json_extract('${JSON.stringify(cities)}', '$[' || (i / ${places.length} % ${cities.length}) || ']'), 'lobby', 'Europe/Paris', CASE WHEN i % 3 = 0 THEN 'fr' ELSE 'en' END,
      CASE WHEN i % 31 = 30 THEN 'retired' WHEN i % 37 = 36 THEN 'approved' ELSE 'active' END, 1, 0, 'test',
      CASE WHEN i % 37 = 36 THEN NULL WHEN i % 17 = 16 THEN unixepoch() - 900 * (i % 40 + 1) ELSE unixepoch() + 3600 END,
      CASE WHEN i % 23 = 22 THEN '{"state":"connecting","code":"N-2","trouble":"captive portal"}' WHEN i % 29 = 28 THEN '{"code":"F-1","trouble":"no space left"}' ELSE '{}' END FROM n`);
