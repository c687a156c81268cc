// Small comforts; every page works without them.
'use strict';

// The person who approves usually stands before the screen, so this browser's zone is the best guess.
for (const input of document.querySelectorAll('input[data-local-zone]')) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && zone.length <= 64) input.value = zone;
}

// BCDFGHJK becomes BCDF-GHJK while it is typed.
for (const input of document.querySelectorAll('.code-input')) {
  input.addEventListener('input', () => {
    const atEnd = input.selectionStart === input.value.length;
    const letters = input.value.toUpperCase().replace(/[^A-Z]/g, '').slice(0, 8);
    const text = letters.length > 4 ? `${letters.slice(0, 4)}-${letters.slice(4)}` : letters;
    if (atEnd && text !== input.value) input.value = text;
  });
}

// A whole list of screens can be narrowed down while one types, to the rows whose name, site, channel and state hold all
// words; what a state is called is one word, as for the server. A list of several pages, or one that was searched already, is searched by the server, at Enter.
const filter = document.getElementById('filter');
const rows = () => [...document.querySelectorAll('.screens tbody tr')];
const whole = filter !== null && filter.defaultValue === '' && !document.querySelector('.pages');

function wordsOf(text) {
  const states = filter.dataset.states.toLowerCase().split('\n');
  const words = [];
  for (let rest = text.toLowerCase().trim(); rest;) {
    const state = states.find((name) => rest === name || rest.startsWith(`${name} `));
    const word = state ?? rest.split(/\s/, 1)[0];
    words.push(word);
    rest = rest.slice(word.length).trim();
  }
  return words;
}

function summarize(typed, shown) {
  const set = (id, text) => { document.getElementById(id).textContent = text; };
  const total = document.getElementById('total');
  if (!total) return; // there are no screens at all
  const online = shown.filter((row) => row.classList.contains('row-online') || row.classList.contains('row-idle'));
  set('online', String(online.length));
  set('count', String(shown.length));
  set('total', typed ? total.dataset.found : total.dataset.all);
  set('unmatched-words', typed);
  document.getElementById('unmatched').hidden = shown.length > 0;
  document.getElementById('screens-table').hidden = shown.length === 0;
}

function narrow() {
  if (!whole) return;
  const typed = filter.value.trim();
  const words = wordsOf(typed);
  for (const row of rows()) {
    const text = row.dataset.find.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
  summarize(typed, rows().filter((row) => !row.hidden));
  document.getElementById('unmatched-clear')?.addEventListener('click', clear);
}

function clear(event) {
  event.preventDefault();
  filter.value = '';
  narrow();
  filter.focus();
}

if (whole) {
  if (filter.hidden) filter.hidden = rows().length < 8;
  filter.addEventListener('input', narrow);
}

// Elements with data-live="SECONDS" are fetched anew that often, while the page can be seen; not one that has the focus,
// which would be lost.
const live = () => [...document.querySelectorAll('[data-live]')];
const seconds = () => Math.max(0, ...live().map((element) => Number(element.dataset.live)));

function replace(element, page) {
  const fresh = page.getElementById(element.id);
  if (fresh && fresh.outerHTML !== element.outerHTML && !element.contains(document.activeElement)) element.replaceWith(fresh);
}

async function refresh() {
  if (document.visibilityState === 'visible') {
    try {
      const response = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' });
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      if (response.ok) for (const element of live()) replace(element, page);
      narrow();
    } catch {
      // The next round tries again.
    }
  }
  if (seconds()) setTimeout(refresh, seconds() * 1000);
}

if (seconds()) setTimeout(refresh, seconds() * 1000);
