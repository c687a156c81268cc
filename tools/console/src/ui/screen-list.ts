// The screens, as rows or as cards: only those in the window are in the page, so that thousands scroll as ten do. One of them is in
// the order of the Tab key; arrow keys lead to the others.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import type { ScreenRow } from '../api/schema.js';
import { go } from '../lib/router.js';
import { ago, dateTime } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { columnsOf, keyMoves, rowsInView, scrollToRow, type Span } from '../lib/window.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { clock, now, seenText, seenTitle, stateBadge, troubleText } from './parts.js';
import { place } from './place.js';

export type View = 'list' | 'grid';

const MORE = 6; // rows beyond the window's edges
const MORE_FAST = 1; // while the list runs so fast that no row stays
const SETTLED_MS = 120;
const GAP = 16; // px, between cards
const CARD_LEAST = 13.5; // rem, a card's width; on a phone two stand beside each other
const CARD_LEAST_PHONE = 9.5;
const CARD_TEXT = 5.5; // rem, below a card's picture
const PHONE = 640; // px

// The last picture, over the sign that stands there until it has come, and where it cannot be had.
function lastPicture({ address, taken }: NonNullable<ScreenRow['picture']>): TemplateResult {
  return html`<img class="picture-last" src=${address} alt="" loading="lazy" decoding="async" @load=${(event: Event) => (event.target as HTMLElement).classList.add('shown')}
      @error=${(event: Event) => (event.target as HTMLElement).classList.remove('shown')}>
    ${taken ? html`<span class="picture-age" title=${t('screen.picture_taken', { when: dateTime(new Date(taken), language()) })}>${ago(new Date(taken), now(), language(), 'narrow')}</span>` : nothing}`;
}

interface Layout { readonly rowHeight: number; readonly columns: number }

export class PpScreenList extends PpElement {
  static override properties = { screens: { attribute: false }, view: {}, selected: { attribute: false }, label: {} };
  declare screens: readonly ScreenRow[];
  declare view: View;
  declare selected: ReadonlySet<string>;
  declare label: string;
  private layout: Layout = { rowHeight: 60, columns: 1 };
  private span: Span = { first: 0, end: 0 }; // nothing before it is known how much there is to see
  private settling = 0;
  private fast = false; // the list runs so fast that pictures would come for nothing
  private drawn: readonly unknown[] = [];
  private active = ''; // the id of the one that Tab leads to
  private anchor = ''; // where a range of selected ones begins

  constructor() {
    super();
    this.screens = [];
    this.view = 'list';
    this.selected = new Set();
    this.label = '';
    this.while.on(window, 'scroll', () => this.look());
    this.while.on(window, 'resize', () => this.measure());
    this.while.on(clock, 'tick', () => this.requestUpdate());
  }

  private rem = 16; // px; measured with the layout
  private get body(): HTMLElement | null { return this.querySelector('.list-body'); }
  private get rows(): number { return Math.ceil(this.screens.length / this.layout.columns); }

  // Heights are known beforehand: those of the style sheet, which has them as lengths.
  private measure(): void {
    const width = this.clientWidth;
    this.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const { rem } = this;
    let layout: Layout;
    if (this.view === 'grid') {
      const columns = columnsOf(width, (width < PHONE ? CARD_LEAST_PHONE : CARD_LEAST) * rem, GAP);
      const card = (width - (columns - 1) * GAP) / columns;
      layout = { columns, rowHeight: Math.round((card * 9) / 16 + CARD_TEXT * rem) + GAP };
    } else {
      layout = { columns: 1, rowHeight: Math.round(parseFloat(getComputedStyle(this).getPropertyValue('--row-height')) * rem) };
    }
    if (layout.columns !== this.layout.columns || layout.rowHeight !== this.layout.rowHeight) this.layout = layout;
    this.look(true);
  }

  private look(always = false): void {
    const top = this.body?.getBoundingClientRect().top ?? 0;
    const near = rowsInView(top, innerHeight, this.layout.rowHeight, this.rows, 0);
    const jumped = !always && (near.first >= this.span.end || near.end <= this.span.first);
    const span = rowsInView(top, innerHeight, this.layout.rowHeight, this.rows, jumped ? MORE_FAST : MORE);
    this.fast = jumped;
    if (jumped) {
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.look(true), SETTLED_MS);
    }
    if (!always && span.first === this.span.first && span.end === this.span.end) return;
    this.span = span;
    this.requestUpdate();
  }

  protected override firstUpdated(): void { this.measure(); }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('view') && this.hasUpdated) queueMicrotask(() => this.measure());
    if (changed.has('screens') && this.hasUpdated) this.span = rowsInView(this.body?.getBoundingClientRect().top ?? 0, innerHeight, this.layout.rowHeight, this.rows, MORE);
  }

  protected override updated(): void {
    const { body } = this;
    if (!body) return;
    const drawn = [this.rows, this.layout];
    if (drawn.every((one, i) => one === this.drawn[i])) return;
    this.drawn = drawn;
    body.style.height = `${this.rows * this.layout.rowHeight}px`;
    body.style.setProperty('--columns', String(this.layout.columns));
    body.style.setProperty('--card-height', `${this.layout.rowHeight - GAP}px`);
  }

  private get activeIndex(): number {
    const index = this.screens.findIndex(({ id }) => id === this.active);
    return index < 0 ? 0 : index;
  }

  // Rows that are in the page: those in the window, and that of the one which has the focus, wherever it is.
  private shownRows(): number[] {
    const rows = Array.from({ length: this.span.end - this.span.first }, (_, i) => this.span.first + i);
    const focused = Math.floor(this.activeIndex / this.layout.columns);
    if (this.screens.length && (focused < this.span.first || focused >= this.span.end)) rows.push(focused);
    return rows.filter((row) => row < this.rows).sort((a, b) => a - b);
  }

  private choose(selected: ReadonlySet<string>): void { this.dispatchEvent(new CustomEvent('choose', { detail: selected })); }

  private toggle(id: string, range: boolean): void {
    const selected = new Set(this.selected);
    const from = this.screens.findIndex((one) => one.id === this.anchor);
    const to = this.screens.findIndex((one) => one.id === id);
    if (range && from >= 0) for (const one of this.screens.slice(Math.min(from, to), Math.max(from, to) + 1)) selected.add(one.id);
    else if (!selected.delete(id)) selected.add(id);
    this.anchor = id;
    this.active = id;
    this.choose(selected);
  }

  private async focusOn(index: number): Promise<void> {
    const screen = this.screens[index];
    if (!screen) return;
    this.active = screen.id;
    const top = (this.body?.getBoundingClientRect().top ?? 0) + Math.floor(index / this.layout.columns) * this.layout.rowHeight;
    const style = getComputedStyle(document.documentElement);
    const edge = (name: string): number => parseFloat(style.getPropertyValue(name)) * this.rem || 0;
    const move = scrollToRow(top, this.layout.rowHeight, edge('--edge-top') + (this.querySelector('.list-head')?.clientHeight ?? 0), innerHeight - edge('--edge-bottom'));
    if (move) scrollBy(0, move);
    this.look(true);
    await this.updateComplete;
    this.querySelector<HTMLElement>(`[data-id="${screen.id}"]`)?.focus({ preventScroll: true });
  }

  private pressed(event: KeyboardEvent): void {
    const item = (event.target as HTMLElement).closest<HTMLElement>('[data-id]');
    const id = item?.dataset['id'];
    if (!id || event.target !== item || event.altKey || event.metaKey) return;
    if (event.key === 'Enter') go(this.address(id));
    else if (event.key === ' ') this.toggle(id, event.shiftKey);
    else if (event.key === 'a' && event.ctrlKey) this.choose(new Set(this.screens.map((one) => one.id)));
    else if (event.key === 'Escape' && this.selected.size) this.choose(new Set());
    else {
      const page = Math.max(1, Math.floor(innerHeight / this.layout.rowHeight) - 2);
      const to = event.ctrlKey ? undefined : keyMoves(event.key, this.activeIndex, this.screens.length, this.layout.columns, page);
      if (to === undefined) return;
      void this.focusOn(to);
    }
    event.preventDefault();
  }

  private address(id: string): string { return `/console/screens/${id}`; }

  private box(screen: ScreenRow): TemplateResult {
    return html`<input type="checkbox" class="box" tabindex="-1" aria-label=${t('screens.select', { name: screen.name })} .checked=${this.selected.has(screen.id)}
      @click=${(event: MouseEvent) => this.toggle(screen.id, event.shiftKey)}>`;
  }

  private row(screen: ScreenRow, index: number): TemplateResult {
    const trouble = troubleText(screen);
    return html`<div class="row ${screen.state}" role="row" aria-rowindex=${index + 2} aria-selected=${this.selected.has(screen.id) ? 'true' : 'false'} data-id=${screen.id}
        tabindex=${index === this.activeIndex ? 0 : -1} @focus=${() => { this.active = screen.id; }} ${place(index * this.layout.rowHeight)}>
      <span class="cell cell-box" role="gridcell">${this.box(screen)}</span>
      <span class="cell cell-name" role="gridcell"><a class="stretch" tabindex="-1" href=${this.address(screen.id)}>${screen.name}</a><span class="sub">${trouble
        ? html`<span class="trouble-text" title=${trouble}>${trouble}</span>` : screen.site || t('screens.no_site')}</span></span>
      <span class="cell cell-state" role="gridcell">${stateBadge(screen.state)}</span>
      <span class="cell cell-channel ${screen.channel ? '' : 'none'}" role="gridcell">${screen.channel?.title ?? t('screens.no_channel')}</span>
      <span class="cell cell-seen" role="gridcell" title=${seenTitle(screen)}>${seenText(screen, now())}</span>
    </div>`;
  }

  private card(screen: ScreenRow, index: number): TemplateResult {
    return html`<div class="card-item ${screen.state}" role="gridcell" aria-selected=${this.selected.has(screen.id) ? 'true' : 'false'} data-id=${screen.id}
        tabindex=${index === this.activeIndex ? 0 : -1} @focus=${() => { this.active = screen.id; }}>
      <span class="picture"><span class="picture-none">${icon(screen.state)}</span>${screen.picture && !this.fast ? lastPicture(screen.picture) : nothing}${this.box(screen)}</span>
      <span class="card-text"><a class="stretch" tabindex="-1" href=${this.address(screen.id)}>${screen.name}</a>
        <span class="sub">${[screen.site, screen.channel?.title].filter(Boolean).join(' · ') || t('screens.no_channel')}</span>
        <span class="card-foot">${stateBadge(screen.state)}<span class="sub" title=${seenTitle(screen)}>${screen.state === 'online' || screen.state === 'idle' ? nothing : seenText(screen, now())}</span></span></span>
    </div>`;
  }

  private head(): TemplateResult {
    const all = this.screens.length > 0 && this.screens.every(({ id }) => this.selected.has(id));
    const some = !all && this.selected.size > 0;
    return html`<div class="list-head" role="row" aria-rowindex="1">
      <span class="cell cell-box" role="columnheader"><input type="checkbox" class="box" aria-label=${t('screens.select_all')} .checked=${all} .indeterminate=${some}
        @click=${() => this.choose(all ? new Set() : new Set(this.screens.map(({ id }) => id)))}></span>
      <span class="cell cell-name" role="columnheader">${t('screens.column_name')}</span>
      <span class="cell cell-state" role="columnheader">${t('screens.column_state')}</span>
      <span class="cell cell-channel" role="columnheader">${t('screens.column_channel')}</span>
      <span class="cell cell-seen" role="columnheader">${t('screens.column_seen')}</span>
    </div>`;
  }

  override render(): TemplateResult {
    const { columns, rowHeight } = this.layout;
    const list = this.view === 'list';
    return html`<p class="sr" id="list-keys">${t('screens.keys')}</p>
      <div class="screen-list ${this.view}" role="grid" aria-multiselectable="true" aria-label=${this.label} aria-describedby="list-keys" aria-rowcount=${list ? this.screens.length + 1 : this.rows}
        @keydown=${(event: KeyboardEvent) => this.pressed(event)}>
      ${list ? this.head() : nothing}
      <div class="list-body" role="rowgroup">${list
        ? repeat(this.shownRows(), (row) => this.screens[row]?.id, (row) => this.row(this.screens[row] as ScreenRow, row))
        : repeat(this.shownRows(), (row) => row, (row) => html`<div class="card-row" role="row" aria-rowindex=${row + 1} ${place(row * rowHeight)}>${
          repeat(this.screens.slice(row * columns, (row + 1) * columns), ({ id }) => id, (screen, i) => this.card(screen, row * columns + i))}</div>`)}</div>
    </div>`;
  }
}
customElements.define('pp-screen-list', PpScreenList);
