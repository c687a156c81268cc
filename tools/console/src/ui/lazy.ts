// Pages that are not seen first come when they are asked for.
import { html, nothing, type TemplateResult } from 'lit';

import { t } from '../lib/i18n.js';
import { blankPanel, message } from './parts.js';
import { ApiError } from '../api/client.js';

type Load = () => Promise<unknown>;
interface Part { state: 'absent' | 'comes' | 'here' | 'failed' }
const parts = new Map<Load, Part>();

// What is shown of it: itself once it is here, or that it comes, or that it could not be had.
export function lazy(load: Load, page: () => TemplateResult, again: () => void, inside = false): TemplateResult {
  const part = parts.get(load) ?? { state: 'absent' as const };
  parts.set(load, part);
  if (part.state === 'here') return page();
  if (part.state === 'absent') {
    part.state = 'comes';
    load().then(() => { part.state = 'here'; }, () => { part.state = 'failed'; }).finally(again);
  }
  if (part.state !== 'failed') return html`${inside ? nothing : html`<h1 class="sr">${t('app.loading')}</h1>`}<div class="skeleton" aria-busy="true"><div class="skeleton-row"></div></div>`;
  return html`${inside ? nothing : html`<h1 class="sr">${t('error.title')}</h1>`}${blankPanel('offline', t('error.title'), message(new ApiError('network', 0, '')),
    html`<button class="button primary" @click=${() => { part.state = 'absent'; again(); }}>${t('action.retry')}</button>`)}`;
}
