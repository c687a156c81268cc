// What a publish changes, item by item.
import { html, nothing, type TemplateResult } from 'lit';

import { t } from '../lib/i18n.js';
import type { Differences } from '../lib/versions.js';
import { icon } from './icons.js';

const signs = { added: 'add', removed: 'close', moved: 'move', changed: 'edit' } as const;

export function changeList({ items, other }: Differences): TemplateResult | typeof nothing {
  if (!items.length && !other.length) return nothing;
  return html`<ul class="telling">${items.map((one) => html`<li class="told change ${one.change}"><span class="told-icon">${icon(signs[one.change])}</span>
      <span class="told-text"><strong>${one.name ?? t('channel.file')}</strong><span class="sub">${t(`change.${one.change}`)}${one.fields.includes('file') ? ` · ${t('change.file')}` : ''}</span></span></li>`)}
    ${other.map((one) => html`<li class="told"><span class="told-icon">${icon('edit')}</span><span class="told-text"><strong>${t(`change.other_${one}`)}</strong></span></li>`)}</ul>`;
}
