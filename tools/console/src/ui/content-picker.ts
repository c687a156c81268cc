// Content of the library, to be chosen for a playlist: searched, several at once.
import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ask } from '../api/client.js';
import { learn } from '../api/library.js';
import type { Content } from '../api/schema.js';
import { t } from '../lib/i18n.js';
import { BASE } from '../lib/router.js';
import { lengthMark, thumbnail } from './content-parts.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';

const MOST = 60; // that are shown at once
const TYPING_MS = 250;

class PpContentPicker extends PpElement {
  static override properties = { items: { state: true }, chosen: { state: true } };
  declare items: readonly Content[] | undefined;
  declare chosen: readonly string[]; // ids, in the order in which they were chosen
  private timer = 0;
  private reading = 0;

  constructor() {
    super();
    this.items = undefined;
    this.chosen = [];
    void this.load('');
  }

  private async load(q: string): Promise<void> {
    const reading = ++this.reading;
    const { items } = await ask('GET /api/v1/content', { query: { limit: MOST, sort: '-created', ...(q ? { q } : {}) } }).catch(() => ({ items: [] }));
    if (reading !== this.reading) return;
    learn(items);
    this.items = items;
  }

  private toggle(id: string): void { this.chosen = this.chosen.includes(id) ? this.chosen.filter((one) => one !== id) : [...this.chosen, id]; }

  override render(): TemplateResult {
    return html`<label class="search">${icon('search')}<span class="sr">${t('content.search')}</span><input type="search" id="pick-search" autocomplete="off" spellcheck="false" placeholder=${t('content.search_hint')}
        @input=${(event: Event) => { const { value } = event.target as HTMLInputElement; clearTimeout(this.timer); this.timer = setTimeout(() => void this.load(value.trim()), TYPING_MS); }}></label>
      ${this.items?.length === 0 ? html`<p class="sub">${t('picker.none')} <a href="${BASE}/content">${t('picker.upload')}</a></p>` : ''}
      <ul class="tiles picks" aria-label=${t('content.title')}>${repeat(this.items ?? [], ({ id }) => id, (one) => html`<li class="tile"><span class="picture">${thumbnail(one)}${lengthMark(one)}</span>
        <label class="tile-text pick"><input type="checkbox" class="box" .checked=${this.chosen.includes(one.id)} @change=${() => this.toggle(one.id)}><span>${one.name}</span></label></li>`)}</ul>`;
  }
}
customElements.define('pp-content-picker', PpContentPicker);
