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

// A whole list of screens can be narrowed down while one types, to the rows whose name, site, state and channel hold all
// words. A list of several pages, or one that was searched already, is searched by the server, at Enter.
const filter = document.getElementById('filter');
const rows = () => [...document.querySelectorAll('.screens tbody tr')];
const whole = filter !== null && filter.defaultValue === '' && !document.querySelector('.pages');

function summarize(typed, shown) {
  const set = (id, text) => { document.getElementById(id).textContent = text; };
  const total = document.getElementById('total');
  if (!total) return; // there are no screens at all
  const online = shown.filter((row) => row.classList.contains('online') || row.classList.contains('idle'));
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
  const words = typed.toLowerCase().split(/\s+/);
  for (const row of rows()) {
    const text = [...row.cells].slice(0, 3).map((cell) => cell.textContent).join(' ').toLowerCase();
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

// An element with data-live="SECONDS" is fetched anew that often, while the page can be seen.
const live = () => document.getElementById('live');
const seconds = () => Number(live()?.dataset.live ?? 0);

async function refresh() {
  if (document.visibilityState === 'visible') {
    try {
      const response = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' });
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const fresh = page.getElementById('live');
      if (response.ok && fresh && fresh.innerHTML !== live().innerHTML) live().replaceWith(fresh);
      narrow();
    } catch {
      // The next round tries again.
    }
  }
  if (seconds()) setTimeout(refresh, seconds() * 1000);
}

if (seconds()) setTimeout(refresh, seconds() * 1000);
