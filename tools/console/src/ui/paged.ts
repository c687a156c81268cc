// A list that is read page by page, and searched as somebody types: channels, groups.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError } from '../api/client.js';
import { t } from '../lib/i18n.js';
import type { PpElement } from './element.js';
import { icon } from './icons.js';
import { blankPanel, problemPanel } from './parts.js';

export const PAGE = 100; // rows
const TYPING_MS = 250;

export interface Query { readonly limit: number; readonly q?: string; readonly cursor?: string }
export interface Page<T> { readonly items: readonly T[]; readonly next: string | null }

export class Paged<T extends { readonly id: string }> {
  q = '';
  items: readonly T[] | undefined;
  private next: string | null = null;
  private problem: ApiError | undefined;
  private reading = 0;
  private timer = 0;

  constructor(private readonly host: PpElement, private readonly read: (query: Query) => Promise<Page<T>>) {
    host.addController({ hostConnected: () => void this.load(), hostDisconnected: () => clearTimeout(this.timer) });
  }

  // Whether there is something to search among.
  get any(): boolean { return Boolean(this.items?.length || this.q); }

  async load(cursor?: string): Promise<void> {
    const reading = ++this.reading;
    const q = this.q.trim();
    try {
      const page = await this.read({ limit: PAGE, ...(q ? { q } : {}), ...(cursor ? { cursor } : {}) });
      if (reading !== this.reading) return;
      this.items = cursor ? [...(this.items ?? []), ...page.items] : page.items;
      this.next = page.next;
      this.problem = undefined;
    } catch (error) {
      if (reading === this.reading) this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
    this.host.requestUpdate();
  }

  search(label: string): TemplateResult {
    return html`<div class="tools"><label class="search">${icon('search')}<span class="sr">${label}</span>
      <input type="search" id="search" autocomplete="off" spellcheck="false" placeholder=${label} .value=${this.q} @input=${(event: Event) => {
        this.q = (event.target as HTMLInputElement).value;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.load(), TYPING_MS);
      }}></label></div>`;
  }

  // What is shown where there is nothing: `none` was found, or there is nothing `yet`.
  list(label: string, row: (item: T) => TemplateResult, none: string, yet: TemplateResult): TemplateResult {
    const { items, next } = this;
    if (this.problem && !items) return problemPanel(this.problem, () => void this.load());
    if (!items) return html`<div class="skeleton" aria-busy="true"><span class="sr" role="status">${t('app.loading')}</span><div class="skeleton-row"></div><div class="skeleton-row"></div></div>`;
    if (!items.length) return this.q ? blankPanel('search', t('screens.none_title'), none) : yet;
    return html`<ul class="lines" aria-label=${label}>${repeat(items, ({ id }) => id, row)}</ul>
      ${next ? html`<div class="more"><button class="button" @click=${() => void this.load(next)}>${t('content.more')}</button></div>` : nothing}`;
  }
}
