// What the administrators' pages look like and do in a browser: read from their style sheet and script, and measured in a
// real one.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import vm from 'node:vm';

import { startChromium } from './lib/chromium.mjs';
import { signIn } from './lib/headend-browser.mjs';
import { deviceAuthorization, makeKey, startHeadend, thumbprintOf } from './lib/headend.mjs';

const file = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const asset = (name) => file(`assets/admin/${name}`);
const css = asset('style.css').replace(/\/\*[\s\S]*?\*\//g, '');

// The colours of both themes: the dark one replaces those that it names.
const colours = (text) => Object.fromEntries([...text.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]));
const [light, dark] = [...css.matchAll(/:root\s*\{([^}]*)\}/g)].map(([, body]) => colours(body));
const themes = { light, dark: { ...light, ...dark } };

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const mixed = (top, share, bottom) => channels(top).map((value, i) => value * share + channels(bottom)[i] * (1 - share));
// WCAG 2.2, relative luminance and contrast ratio
const luminance = (rgb) => rgb.map((value) => value / 255).map((s) => (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4))
  .reduce((sum, s, i) => sum + s * [0.2126, 0.7152, 0.0722][i], 0);
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

// What the rules of exactly this selector declare for a property, the last one first; undefined if none does.
function declared(selector, property) {
  const rules = [...css.matchAll(/([^{}]+)\{([^{}]*)\}/g)].filter(([, names]) => names.split(',').some((one) => one.trim() === selector));
  return rules.map(([, , body]) => new RegExp(`(?:^|;)\\s*${property}:\\s*([^;]+)`).exec(body)?.[1].trim()).filter(Boolean).pop();
}

function resolve(value, theme) {
  const mix = /^color-mix\(in srgb, var\(--([a-z-]+)\) (\d+)%, var\(--([a-z-]+)\)\)$/.exec(value);
  if (mix) return mixed(theme[mix[1]], mix[2] / 100, theme[mix[3]]);
  return channels(theme[/^var\(--([a-z-]+)\)$/.exec(value)[1]]);
}

describe('contrast', () => {
  for (const [name, theme] of Object.entries(themes)) {
    test(`${name}: rows, badges and soft text reach 4.5 to 1`, () => {
      const card = channels(theme.card);
      const faded = Number(declared('.row-retired', 'opacity') ?? 1);
      const behind = (rgb, ground) => rgb.map((value, i) => value * faded + ground[i] * (1 - faded));
      const pairs = { 'soft on card': [channels(theme.soft), card], 'soft on paper': [channels(theme.soft), channels(theme.paper)] };
      for (const selector of ['.screen-site', '.channel-note', '.none', '.trouble']) pairs[selector] = [resolve(declared(selector, 'color'), theme), card];
      for (const selector of ['.badge', '.badge.online', '.badge.offline', '.badge.waiting', '.badge.idle']) {
        pairs[selector] = [resolve(declared(selector, 'color'), theme), resolve(declared(selector, 'background'), theme)];
      }
      pairs['retired row'] = [behind(resolve(declared('.row-retired', 'color') ?? 'var(--ink)', theme), card), card];
      pairs['retired site'] = [behind(channels(theme.soft), card), card];
      pairs['retired badge'] = [behind(pairs['.badge'][0], card), behind(pairs['.badge'][1], card)];
      const low = Object.entries(pairs).map(([what, [a, b]]) => [what, contrast(a, b)]).filter(([, ratio]) => !(ratio >= 4.5));
      assert.deepEqual(low, []);
    });
  }
});

// A document with a list of screens, as far as the script asks for it.
function listing(screens, { searched = '', pages = false } = {}) {
  const element = (more) => ({ hidden: false, textContent: '', dataset: {}, handlers: {}, addEventListener(event, call) { this.handlers[event] = call; }, focus() {}, ...more });
  const rows = screens.map(([state, ...words]) => element({ dataset: { find: words.join('\n') }, classList: { contains: (name) => name === `row-${state}` } }));
  const states = { states: 'Online\nNothing to play\nTrouble\nOffline\nStarting\nRetired' };
  const ids = {
    filter: element({ value: searched, defaultValue: searched, dataset: states }), live: element(), online: element(), count: element(), unmatched: element({ hidden: true }),
    'unmatched-words': element(), 'unmatched-clear': element(), 'screens-table': element(), total: element({ dataset: { all: 'in all', found: 'found' } }),
  };
  const document = {
    getElementById: (id) => ids[id] ?? null, querySelector: (selector) => (selector === '.pages' && pages ? element() : null),
    querySelectorAll: (selector) => (selector === '.screens tbody tr' ? rows : []),
  };
  vm.runInNewContext(asset('app.js'), { document, Intl, setTimeout() {} });
  const type = (text) => { ids.filter.value = text; ids.filter.handlers.input?.(); };
  return { ids, rows, type, shown: () => rows.filter((row) => !row.hidden).length };
}

describe('narrowing the list while one types', () => {
  const screens = [['online', 'Foyer', 'Online', 'Lobby'], ['idle', 'Bar', 'Nothing to play', ''], ['offline', 'Roof', 'Offline', 'Lobby'], ['retired', 'Old', 'Retired', '']];

  test('the counts follow, and come back', () => {
    const list = listing(screens);
    list.type('lobby');
    assert.deepEqual([list.shown(), list.ids.online.textContent, list.ids.count.textContent, list.ids.total.textContent], [2, '1', '2', 'found']);
    list.type('');
    assert.deepEqual([list.shown(), list.ids.online.textContent, list.ids.count.textContent, list.ids.total.textContent], [4, '2', '4', 'in all']);
  });

  test('what a state is called is one word, so that its parts are not looked for elsewhere', () => {
    const list = listing(screens);
    for (const [typed, shown] of [['nothing to play', 1], ['NOTHING to play bar', 1], ['nothing to play foyer', 0], ['nothing play', 1], ['online', 1], ['retired', 1]]) {
      list.type(typed);
      assert.equal(list.shown(), shown, typed);
    }
    const french = listing([['offline', 'Rennes', 'Hors ligne', 'Centre'], ['online', 'Lyon', 'En ligne', '']]);
    french.ids.filter.dataset.states = 'En ligne\nHors ligne';
    french.type('en ligne');
    assert.deepEqual(french.rows.map((row) => row.hidden), [true, false]);
  });

  test('nothing found is said, and can be cleared', () => {
    const list = listing(screens);
    list.type('  <b>nowhere ');
    assert.deepEqual([list.shown(), list.ids.unmatched.hidden, list.ids['screens-table'].hidden], [0, false, true]);
    assert.equal(list.ids['unmatched-words'].textContent, '<b>nowhere');
    list.ids['unmatched-clear'].handlers.click({ preventDefault() {} });
    assert.deepEqual([list.shown(), list.ids.filter.value, list.ids.unmatched.hidden, list.ids['screens-table'].hidden], [4, '', true, false]);
  });

  test('a part of the list is left to the server, which knows the rest', () => {
    for (const part of [{ pages: true }, { searched: 'lobby' }]) {
      const list = listing(screens, part);
      list.type('nowhere');
      assert.deepEqual([list.shown(), list.ids.unmatched.hidden], [4, true]);
    }
  });
});

describe('words for what screens report', () => {
  const sources = readdirSync(new URL('../../firmware/agent', import.meta.url)).filter((name) => name.endsWith('.c')).map((name) => file(`firmware/agent/${name}`)).join('\n');
  const quoted = (text) => [...text.matchAll(/"([a-z]+(?:-[a-z]+)*)"/g)].map(([, word]) => word);
  const calls = [...sources.matchAll(/reporter_event\(\s*[\w>-]+,([^,;]*),/g)].flatMap(([, kind]) => quoted(kind));
  const troubles = [...sources.matchAll(/\[TROUBLE_\w+\] = \{[A-Z]+, "([a-z-]+)"\}/g)].map(([, kind]) => kind);
  const vocabulary = new Set([...file('firmware/events/kinds.c').matchAll(/^ {4}\{"([a-z-]+)",/gm)].map(([, kind]) => kind));
  test('each event is in the vocabulary, with its severity', () => {
    assert.ok(vocabulary.size > 30);
    assert.deepEqual([...calls, ...troubles].filter((kind) => !vocabulary.has(kind)), []);
  });
  const codes = [...sources.matchAll(/"([A-Z]-\d)"/g)].map(([, code]) => code);
  for (const language of ['en', 'fr']) {
    test(`${language}: each event and each code has some`, () => {
      const texts = JSON.parse(asset(`strings.${language}.json`));
      assert.ok(new Set(calls).size > 20 && troubles.length > 15 && new Set(codes).size > 14, 'they are found in the sources');
      assert.deepEqual([...calls, ...troubles].filter((kind) => !texts[`event.${kind}`]), []);
      assert.deepEqual(codes.filter((code) => !texts[`trouble.${code}`]), []);
    });
  }
});

// ---- Run in the page ----

// The colours of all that is read, against what lies behind, as WCAG 2.2 compares them; what is below 4.5 to 1.
function lowContrast() {
  const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, ground) => [0, 1, 2].map((i) => top[i] * top[3] + ground[i] * (1 - top[3]));
  // Of a gradient each of its colours.
  const grounds = (element) => {
    if (!element) return [[255, 255, 255]];
    const style = getComputedStyle(element);
    const stops = style.backgroundImage.match(/rgba?\([^)]*\)/g);
    if (stops) return stops.map((stop) => rgba(stop).slice(0, 3));
    const own = rgba(style.backgroundColor);
    return own[3] === 1 ? [own.slice(0, 3)] : grounds(element.parentElement).map((ground) => over(own, ground));
  };
  const luminance = (rgb) => rgb.map((value) => value / 255).map((s) => (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4))
    .reduce((sum, s, i) => sum + s * [0.2126, 0.7152, 0.0722][i], 0);
  const low = [];
  const check = (element, style, what) => {
    for (const ground of grounds(element)) {
      const [dark, light] = [luminance(over(rgba(style.color), ground)), luminance(ground)].sort((a, b) => a - b);
      const ratio = ((light + 0.05) / (dark + 0.05)) * (style.opacity === '1' ? 1 : 0);
      if (ratio < 4.5) low.push(`${what} "${(element.value ?? element.textContent).trim().slice(0, 30)}": ${ratio.toFixed(2)}`);
    }
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.nodeValue.trim() && element.checkVisibility()) check(element, getComputedStyle(element), element.className || element.localName);
  }
  for (const input of document.querySelectorAll('input:not([type=hidden]), select')) {
    if (!input.checkVisibility()) continue;
    check(input, getComputedStyle(input), `value of ${input.name}`);
    if (input.placeholder) check(input, getComputedStyle(input, '::placeholder'), `placeholder of ${input.name}`);
  }
  return low;
}

// What can be pressed and is smaller than a fingertip, 44 px each way.
function smallTargets() {
  return [...document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])')].filter((element) => element.checkVisibility() && !element.matches('.skip'))
    .map((element) => [element, element.getBoundingClientRect()]).filter(([, { width, height }]) => Math.min(width, height) < 44)
    .map(([element, { width, height }]) => `${element.localName} "${(element.textContent || element.name).trim().slice(0, 30)}": ${width} x ${height}`);
}

// What does not fit: the page into its window, or a text into its box. A name in the bar ends with dots, a field scrolls.
function overflowing() {
  const { scrollWidth, clientWidth } = document.documentElement;
  const boxes = [...document.querySelectorAll('main *, header *')].filter((element) => element.checkVisibility() && !element.matches('.who-name, .sr, input, select, thead, thead *, svg, svg *'));
  const outside = boxes.filter((element) => element.getBoundingClientRect().right > clientWidth + 0.5 || element.getBoundingClientRect().left < -0.5);
  const cut = boxes.filter((element) => getComputedStyle(element).display !== 'inline' && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1);
  return [...(scrollWidth > clientWidth ? [`the page: ${scrollWidth} in ${clientWidth}`] : []), ...[...outside, ...cut].map((element) => `${element.localName}.${element.className}: ${element.textContent.trim().slice(0, 30)}`)];
}

// What the document itself says, for those who do not see it.
function structure() {
  const named = (input) => input.labels?.length > 0 || input.getAttribute('aria-label');
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  const references = [...document.querySelectorAll('[aria-labelledby], [aria-describedby], [for], [list]')]
    .flatMap((element) => ['aria-labelledby', 'aria-describedby', 'for', 'list'].flatMap((name) => element.getAttribute(name)?.split(' ') ?? []));
  return {
    lang: document.documentElement.lang, title: document.title, headings: document.querySelectorAll('h1').length,
    unnamed: [...document.querySelectorAll('input:not([type=hidden]), select')].filter((input) => !named(input)).map(({ name }) => name),
    twice: ids.filter((id, at) => ids.indexOf(id) !== at), missing: references.filter((id) => !ids.includes(id)),
    ordered: [...document.querySelectorAll('[tabindex]')].filter((element) => element.tabIndex > 0).length,
  };
}

// Whether what has the focus shows it, and can be seen.
function focused() {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { top, bottom, left, right, height } = element.getBoundingClientRect();
  const all = [...document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden])')].filter((one) => one.checkVisibility());
  return {
    at: all.indexOf(element), of: all.length, height, name: (element.textContent || element.name).trim().slice(0, 30),
    seen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && top >= 0 && left >= 0 && right <= innerWidth && bottom <= innerHeight,
  };
}

describe('in a browser', () => {
  let headend;
  let chromium;
  let browsers;
  let code;
  const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } };
  const sql = (text) => headend.sql(text);
  const id = (number) => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const quote = (value) => (value === null ? 'NULL' : `'${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll("'", "''")}'`);
  const row = (number, name, site, channel, status, seen, report) => `(${quote(id(number))}, randomblob(32), ${quote(name)}, ${quote(site)}, ${quote(channel)}, 'Europe/Paris', 'en', '${status}', 0, 'test', ${seen}, ${quote(report)}, unixepoch() - 1)`;
  const insert = (...rows) => sql(`INSERT INTO device(id, thumbprint, name, site, channel, time_zone, locale, status, created, approved_by, seen, report, certificate_expires) VALUES ${rows.join(', ')}`);
  const present = 'unixepoch() + 3600';

  before(async () => {
    headend = await startHeadend();
    chromium = await startChromium();
    browsers = { en: await signIn(headend, { 'accept-language': 'en' }), fr: await signIn(headend, { 'accept-language': 'fr' }) };
    code = (await deviceAuthorization(headend, thumbprintOf(makeKey()))).json().user_code;
  });
  after(async () => {
    await chromium?.stop();
    await headend?.stop();
  });

  const openPage = (size, language, more = {}) => chromium.page({ ...sizes[size], language, cookies: browsers[language].cookies, url: headend.url, ...more });

  const unfold = () => document.querySelectorAll('details').forEach((element) => { element.open = true; });
  const submit = () => {
    const button = document.querySelector('button[value=save], button[value=approve]');
    document.getElementById('time_zone').value = 'Mars/Base';
    button.form.noValidate = true;
    button.click();
  };

  // All that can be measured, on each of the pages, in both sizes, languages and colour schemes.
  async function measure(pages, more = {}) {
    const found = [];
    for (const size of Object.keys(sizes)) {
      for (const language of ['en', 'fr']) {
        const page = await openPage(size, language, more);
        for (const [where, status = 200, prepare = undefined] of pages) {
          const note = (what, list) => { if (list.length) found.push(`${where} (${size}, ${language}), ${what}: ${list.join('; ')}`); };
          assert.equal(await page.open(headend.url + where), status, where);
          if (prepare) await page[prepare === submit ? 'follow' : 'evaluate'](prepare);
          for (const dark of [false, true]) {
            await page.colours(dark);
            note(dark ? 'contrast, dark' : 'contrast', await page.evaluate(lowContrast));
          }
          note('too small', await page.evaluate(smallTargets));
          note('too wide', await page.evaluate(overflowing));
          const { lang, title, headings, ...wrong } = await page.evaluate(structure);
          assert.deepEqual([lang, headings], [language, 1], where);
          assert.match(title, /^\S.* · Pingplay$/, where);
          note('structure', Object.entries(wrong).filter(([, list]) => list.length || list > 0).map(([what, list]) => `${what} ${list}`));
        }
        found.push(...page.complaints);
        await page.close();
      }
    }
    assert.deepEqual(found, []);
  }
  test('pages without a screen are readable and large enough to press', async () => {
    await measure([['/admin/screens'], ['/admin/enrol'], ['/admin/enrol?user_code=BCDF-GHJK', 404], [`/admin/enrol?user_code=${code}`, 200, unfold], [`/admin/enrol?user_code=${code}`, 200, submit], ['/admin/nothing', 404],
      [`/admin/screens/${id(9)}`, 404]]);
    await measure([['/admin/sign-in'], ['/admin/sign-in?next=/enrol']], { cookies: new Map() });
  });

  test('so are those with one screen, and with names of all lengths and scripts, in every state', async () => {
    await headend.cli('channel', 'add', 'lobby', '--title', 'Foyer');
    await headend.cli('channel', 'add', 'empty', '--title', 'Terrasse');
    await sql("UPDATE channel SET publish = 1 WHERE id = 'lobby'");
    await insert(row(1, 'Foyer', 'Lyon', 'lobby', 'active', present, { state: 'online', software: '0.9.1', state_version: 0, display: { width: 1920, height: 1080, driver: 'KMSDRM' } }));
    await measure([['/admin/screens']]);
    await insert(
      row(2, 'W'.repeat(64), 'M'.repeat(64), 'lobby', 'active', 'unixepoch() - 4000', { state: 'offline', code: 'N-1', trouble: 'Could not resolve host: screens.example.org' }),
      row(3, 'شاشة المدخل الرئيسي في الطابق الأول على اليسار', 'الرياض', 'empty', 'active', present, { state: 'online' }),
      row(4, 'Экран у главного входа, второй этаж слева от лифта', 'Санкт-Петербург', 'lobby', 'active', present, { state: 'online', code: 'C-1', trouble: 'no item of the channel can be shown' }),
      row(5, 'Old', 'Paris', 'lobby', 'retired', '1000', { code: 'C-1' }), row(6, 'New', '', null, 'approved', 'NULL', null),
      row(7, 'Bad', 'Nantes', 'lobby', 'active', present, { state: 'connecting', code: 'Z-9', trouble: 'x'.repeat(390) }),
      ...[...Array(110).keys()].map((i) => row(10 + i, `Screen ${i}`, `Site ${i % 7}`, 'lobby', 'active', present, { state: 'online' })));
    await sql(`INSERT INTO report(id, device, list, kind, item, received) VALUES ${['switched', 'item-failed', 'kind-of-tomorrow'].map((kind, i) => `('e${i}', ${quote(id(2))}, 'events', 'x', ${
      quote({ kind, time: '2026-11-28T10:00:00Z', detail: 'ab12'.repeat(100 * i) })}, ${i})`).join(', ')}; INSERT INTO report_loss VALUES(${quote(id(2))}, 'events', 'x', 3)`);
    await sql(`UPDATE device SET access = 'sso', lock_after = 604800, erase_after = 2592000 WHERE id IN (${quote(id(1))}, ${quote(id(2))});
      INSERT INTO person_policy(device, session_s, most_s, password, issuer, client_id, scope, groups_claim, code, nonce, reason) SELECT id, 28800, 43200, '', 'https://login.example.org/' || '${'long/'.repeat(20)}', 'screens',
        'openid email profile offline_access', 'groups', id, 'n', 'expired' FROM device WHERE access = 'sso';
      INSERT INTO person_session(device, id, subject, name, started, expires, until, nonce) VALUES(${quote(id(1))}, 's', 'u', '${'W'.repeat(120)}', 0, 4102444800, 4102444800, 'n')`);
    await measure([['/admin/screens'], ['/admin/screens?page=2'], ['/admin/screens?q=nowhere'], [`/admin/screens?q=${'x'.repeat(120)}`], [`/admin/screens/${id(1)}?done=saved`, 200, unfold],
      [`/admin/screens/${id(1)}`, 200, submit], ...[2, 3, 4, 5, 6, 7].map((number) => [`/admin/screens/${id(number)}`]), ...[1, 2, 3, 6].map((number) => [`/admin/enrol/done?screen=${id(number)}`])]);
  });

  test('the keyboard reaches all in the order of the page, and shows where it is', async () => {
    const page = await openPage('desktop', 'en');
    for (const where of ['/admin/screens?q=site%203', `/admin/screens/${id(1)}`, `/admin/enrol?user_code=${code}`]) {
      await page.open(headend.url + where);
      const steps = [];
      do {
        await page.press('Tab');
        steps.push(await page.evaluate(focused));
      } while (steps.at(-1).at < steps.at(-1).of - 1 && steps.length < 100);
      assert.deepEqual(steps.map(({ at }) => at), steps.map((step, i) => i), where);
      assert.deepEqual(steps.filter(({ seen }) => !seen).map(({ name }) => name), [], where);
      assert.ok(steps[0].height >= 44, 'the link to the content');
    }
    await page.close();
  });

  test('narrows the list down while one types, by state too, and leads to a screen', async () => {
    await sql(`DELETE FROM device WHERE id >= ${quote(id(20))}`);
    const page = await openPage('phone', 'fr');
    await page.open(`${headend.url}/admin/screens`);
    const type = (text) => page.evaluate((typed) => {
      const filter = document.getElementById('filter');
      filter.value = typed;
      filter.dispatchEvent(new Event('input'));
      return [[...document.querySelectorAll('.screens tbody tr:not([hidden]) .screen-name')].map((name) => name.textContent), document.getElementById('count').textContent];
    }, text);
    assert.deepEqual(await type('hors ligne'), [['W'.repeat(64)], '1']);
    assert.deepEqual(await type('rien à diffuser'), [['شاشة المدخل الرئيسي في الطابق الأول على اليسار'], '1']);
    assert.deepEqual(await type('RETIRÉ'), [['Old'], '1']);
    assert.deepEqual(await type('экран'), [['Экран у главного входа, второй этаж слева от лифта'], '1']);
    assert.deepEqual(await type('nulle part'), [[], '0']);
    assert.deepEqual(await page.evaluate(smallTargets), []);
    await type('old');
    await page.follow(() => document.querySelector('tr:not([hidden]) .screen-link').click());
    assert.equal(await page.evaluate(() => document.querySelector('h1').textContent), 'Old');
    await page.close();
  });

  test('a form is filled and sent, and time zones are offered while one types', async () => {
    const page = await openPage('phone', 'en');
    await page.open(`${headend.url}/admin/screens/${id(1)}`);
    assert.ok(await page.evaluate(() => document.getElementById('time_zone').list.options.length) > 300);
    await page.follow(() => {
      document.getElementById('time_zone').value = 'Tokyo';
      document.querySelector('button[value=save]').click();
    });
    assert.deepEqual(await page.evaluate(() => [document.querySelector('[role=status]')?.textContent, document.getElementById('time_zone').value]),
      ['Saved. The screen follows as soon as it is heard of.', 'Asia/Tokyo']);
    await page.evaluate(() => { document.querySelector('.danger').open = true; });
    await page.follow(() => document.querySelector('button[value=retire]').click());
    assert.equal(await page.evaluate(() => document.querySelector('.badge').textContent), 'Retired');
    await page.follow(() => document.querySelector('button[value=restore]').click());
    assert.equal(await page.evaluate(() => document.querySelector('.badge').textContent), 'Online');
    await page.close();
  });
});
