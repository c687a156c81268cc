// The library: what was uploaded, searched, by folder and tag, and what is on its way.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask } from '../api/client.js';
import type { Content, Folders } from '../api/schema.js';
import { uploads } from '../api/uploads.js';
import { collator, t } from '../lib/i18n.js';
import { BASE } from '../lib/router.js';
import { lengthMark, measures, thumbnail } from '../ui/content-parts.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { blankPanel, problemPanel } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import '../ui/drop-zone.js';
import '../ui/upload-list.js';

const PAGE = 60;
const TYPING_MS = 250;
const kinds = ['', 'image', 'video'] as const;
const sorts = ['-created', 'name'] as const;
type Kind = (typeof kinds)[number];
type Sort = (typeof sorts)[number];

// What is looked for; it stands in the address.
interface Asked { readonly q: string; readonly kind: Kind; readonly sort: Sort; readonly folder: string; readonly tag: string; readonly bin: boolean }

class PpContent extends PpElement {
  static override properties = { asked: { state: true }, items: { state: true }, next: { state: true }, folders: { state: true }, problem: { state: true }, busy: { state: true } };
  declare asked: Asked;
  declare items: readonly Content[] | undefined;
  declare next: string | null;
  declare folders: Folders['items'];
  declare problem: ApiError | undefined;
  declare busy: boolean;
  private reading = 0; // which reading is the newest
  private timer = 0;

  constructor() {
    super();
    const asked = new URLSearchParams(location.search);
    const of = <T extends string>(all: readonly T[], name: string): T => all.find((one) => one === asked.get(name)) ?? (all[0] as T);
    this.asked = { q: asked.get('q') ?? '', kind: of(kinds, 'kind'), sort: of(sorts, 'sort'), folder: asked.get('folder') ?? '', tag: asked.get('tag') ?? '', bin: asked.get('bin') === 'true' };
    this.items = undefined;
    this.next = null;
    this.folders = [];
    this.problem = undefined;
    this.busy = false;
    this.while.on(uploads, 'content', () => void this.load());
    void this.load();
    void uploads.recall();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  private look(change: Partial<Asked>, wait = 0): void {
    this.asked = { ...this.asked, ...change };
    const { q, kind, sort, folder, tag, bin } = this.asked;
    const words = new URLSearchParams(Object.entries({ q: q.trim(), kind, sort: sort === '-created' ? '' : sort, folder, tag, bin: bin ? 'true' : '' }).filter(([, value]) => value));
    history.replaceState(history.state, '', words.size ? `${BASE}/content?${words}` : `${BASE}/content`);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), wait);
  }

  private query(cursor?: string): Record<string, string | number> {
    const { q, kind, sort, folder, tag, bin } = this.asked;
    return { limit: PAGE, sort, ...(q.trim() ? { q: q.trim() } : {}), ...(kind ? { kind } : {}), ...(folder ? { folder } : {}), ...(tag ? { tag } : {}), ...(bin ? { bin: 'true' } : {}), ...(cursor ? { cursor } : {}) };
  }

  private async load(): Promise<void> {
    const reading = ++this.reading;
    try {
      const [list, folders] = await Promise.all([ask('GET /api/v1/content', { query: this.query() }), ask('GET /api/v1/content/folders', {})]);
      if (reading !== this.reading) return;
      this.items = list.items;
      this.next = list.next;
      this.folders = folders.items;
      this.problem = undefined;
    } catch (error) {
      if (reading === this.reading) this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  private async more(): Promise<void> {
    if (!this.next || this.busy) return;
    const reading = this.reading;
    const from = this.items?.length ?? 0;
    this.busy = true;
    try {
      const list = await ask('GET /api/v1/content', { query: this.query(this.next) });
      if (reading !== this.reading) return;
      this.items = [...(this.items ?? []), ...list.items];
      this.next = list.next;
      await this.updateComplete;
      this.querySelectorAll<HTMLElement>('.tile .stretch')[from]?.focus();
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    } finally {
      this.busy = false;
    }
  }

  private empty(): void {
    askFor({
      title: t('content.bin_empty_title'), text: t('content.bin_empty_text'), action: t('content.bin_empty'), danger: true,
      run: async () => {
        while ((await ask('DELETE /api/v1/content/bin', {})).more);
        toast(t('content.bin_emptied'));
        await this.load();
      },
    });
  }

  private tools(): TemplateResult {
    const { asked } = this;
    return html`<div class="tools">
      <label class="search">${icon('search')}<span class="sr">${t('content.search')}</span>
        <input type="search" id="search" autocomplete="off" spellcheck="false" placeholder=${t('content.search_hint')} .value=${asked.q}
          @input=${(event: Event) => this.look({ q: (event.target as HTMLInputElement).value }, TYPING_MS)}></label>
      <label class="select"><span class="sr">${t('screens.sort')}</span>
        <select id="sort" @change=${(event: Event) => this.look({ sort: (event.target as HTMLSelectElement).value as Sort })}>
          ${sorts.map((one) => html`<option value=${one} ?selected=${one === asked.sort}>${t(one === 'name' ? 'content.sort_name' : 'content.sort_newest')}</option>`)}</select>${icon('down')}</label>
    </div>
    <div class="chips" role="group" aria-label=${t('content.filter')}>
      ${kinds.map((one) => html`<button class="chip" aria-pressed=${!asked.bin && asked.kind === one ? 'true' : 'false'} @click=${() => this.look({ kind: one, bin: false })}>
        ${one ? icon(one) : nothing}<span>${t(one ? `content.kind_${one}` : 'screens.filter_all')}</span></button>`)}
      ${asked.tag ? html`<button class="chip" aria-pressed="true" aria-label=${t('content.tag_clear', { tag: asked.tag })} @click=${() => this.look({ tag: '' })}>${icon('tag')}<span>${asked.tag}</span>${icon('close')}</button>` : nothing}
      <button class="chip" aria-pressed=${asked.bin ? 'true' : 'false'} @click=${() => this.look({ bin: !asked.bin, folder: '' })}>${icon('bin')}<span>${t('content.bin')}</span></button>
    </div>`;
  }

  private shelves(): TemplateResult | typeof nothing {
    const named = this.folders.filter(({ folder }) => folder);
    if (this.asked.bin || (!named.length && !this.asked.folder)) return nothing;
    const order = collator();
    const one = (folder: string, text: string, count?: number): TemplateResult => html`<button class="shelf" aria-pressed=${this.asked.folder === folder ? 'true' : 'false'} @click=${() => this.look({ folder })}>
      ${icon('folder')}<span class="shelf-name">${text}</span>${count === undefined ? nothing : html`<span class="chip-count">${count}</span>`}</button>`;
    return html`<div class="shelves" role="group" aria-label=${t('content.folders')}>${one('', t('content.folders_all'))}
      ${[...named].sort((a, b) => order.compare(a.folder, b.folder)).map(({ folder, count }) => one(folder, folder, count))}</div>`;
  }

  private tile(content: Content): TemplateResult {
    return html`<li class="tile"><span class="picture">${thumbnail(content)}${lengthMark(content)}</span>
      <span class="tile-text"><a class="stretch" href="${BASE}/content/${content.id}">${content.name}</a><span class="sub">${measures(content)}</span>
      ${content.tags.length ? html`<span class="tags">${content.tags.slice(0, 3).map((tag) => html`<button class="tag" @click=${() => this.look({ tag })}>${tag}</button>`)}</span>` : nothing}</span></li>`;
  }

  private body(): TemplateResult {
    const { items, asked } = this;
    if (this.problem && !items) return problemPanel(this.problem, () => void this.load());
    if (!items) return html`<div class="tiles" aria-busy="true"><span class="sr" role="status">${t('app.loading')}</span>${Array.from({ length: 8 }, () => html`<div class="skeleton-row tile-skeleton"></div>`)}</div>`;
    if (!items.length && asked.bin) return blankPanel('bin', t('content.bin_none_title'), t('content.bin_none_text'));
    if (!items.length && (asked.q || asked.kind || asked.folder || asked.tag)) {
      return blankPanel('search', t('screens.none_title'), t('content.none_text'), html`<button class="button" @click=${() => this.look({ q: '', kind: '', folder: '', tag: '' })}>${t('content.none_clear')}</button>`);
    }
    if (!items.length) return html`<pp-drop-zone large></pp-drop-zone>`;
    return html`<ul class="tiles" aria-label=${t('content.title')}>${repeat(items, ({ id }) => id, (one) => this.tile(one))}</ul>
      ${this.next ? html`<div class="more"><button class="button" aria-disabled=${this.busy ? 'true' : 'false'} @click=${() => void this.more()}>${t('content.more')}</button></div>` : nothing}`;
  }

  override render(): TemplateResult {
    const { asked, items } = this;
    const nothingYet = items?.length === 0 && !asked.q && !asked.kind && !asked.folder && !asked.tag && !asked.bin && !this.folders.length;
    return html`<header class="head"><div><h1>${t('content.title')}</h1><p class="head-sub">${t('content.lead')}</p></div>
        ${nothingYet || !items ? nothing : asked.bin ? (items?.length ? html`<button class="button danger" @click=${() => this.empty()}>${icon('bin')}<span>${t('content.bin_empty')}</span></button>` : nothing)
          : html`<pp-drop-zone .folder=${asked.folder}></pp-drop-zone>`}</header>
      <pp-upload-list></pp-upload-list>
      ${nothingYet ? nothing : html`${this.tools()}${this.shelves()}`}
      ${asked.bin ? html`<p class="note">${t('content.bin_text')}</p>` : nothing}${this.body()}`;
  }
}
customElements.define('pp-content', PpContent);
