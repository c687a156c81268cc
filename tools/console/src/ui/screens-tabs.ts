// What belongs to screens: the list, groups, settings of the levels above them.
import { html, nothing, type TemplateResult } from 'lit';

import { t, type Word } from '../lib/i18n.js';
import { BASE } from '../lib/router.js';

const tabs: readonly { readonly name: 'screens' | 'groups' | 'settings'; readonly href: string; readonly word: Word }[] = [
  { name: 'screens', href: `${BASE}/`, word: 'nav.screens' },
  { name: 'groups', href: `${BASE}/groups`, word: 'groups.title' },
  { name: 'settings', href: `${BASE}/settings`, word: 'level.title' },
];

export const screensTabs = (here: (typeof tabs)[number]['name']): TemplateResult => html`<nav class="tabs" aria-label=${t('groups.tabs')}>${tabs.map(({ name, href, word }) => html`<a class="tab" href=${href}
  aria-current=${name === here ? 'page' : nothing}>${t(word)}</a>`)}</nav>`;
