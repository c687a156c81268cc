// What the administrators' pages look like and do in a browser, read from their style sheet and script.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import vm from 'node:vm';

const asset = (name) => readFileSync(new URL(`../../assets/admin/${name}`, import.meta.url), 'utf8');
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
      const faded = Number(declared('tr.retired', 'opacity') ?? 1);
      const behind = (rgb, ground) => rgb.map((value, i) => value * faded + ground[i] * (1 - faded));
      const pairs = { 'soft on card': [channels(theme.soft), card], 'soft on paper': [channels(theme.soft), channels(theme.paper)] };
      for (const selector of ['.screen-site', '.channel-note', '.none', '.trouble']) pairs[selector] = [resolve(declared(selector, 'color'), theme), card];
      for (const selector of ['.badge', '.badge.online', '.badge.offline', '.badge.waiting', '.badge.idle']) {
        pairs[selector] = [resolve(declared(selector, 'color'), theme), resolve(declared(selector, 'background'), theme)];
      }
      pairs['retired row'] = [behind(resolve(declared('tr.retired', 'color') ?? 'var(--ink)', theme), card), card];
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
  const rows = screens.map(([state, ...cells]) => element({ className: state, cells: cells.map((textContent) => ({ textContent })), classList: { contains: (name) => name === state } }));
  const ids = {
    filter: element({ value: searched, defaultValue: searched }), live: element(), online: element(), count: element(), unmatched: element({ hidden: true }),
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
