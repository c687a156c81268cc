// The items of one playlist: dragged or moved by keys, edited, added and taken off. Says `edited` with the new ones.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { knownContent, learnt } from '../api/library.js';
import { localTime, timeOf } from '../lib/content.js';
import { dateTime, filmLength } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { durationOf, ITEMS_MAX, moved, placeAt, secondsOf, withField, type Item } from '../lib/playlist.js';
import { thumbnail } from './content-parts.js';
import { askFor } from './dialog.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { askMetric } from './metric-dialog.js';
import { selectField, valueOf } from './settings-form.js';
import './content-picker.js';

const STILL_S = 10; // how long a picture stands that says nothing else
const FADE_S = 0.5; // a transition that says nothing else
const FADE_MAX_S = 10;

// An item, with a number that stays while it is moved.
interface Row { readonly key: number; readonly item: Item }

class PpPlaylist extends PpElement {
  static override properties = { items: { attribute: false }, files: { attribute: false }, label: {}, validity: { type: Boolean }, rows: { state: true }, said: { state: true }, dragged: { state: true } };
  declare items: readonly Item[];
  declare files: readonly string[]; // names of what is published instead, and cannot be changed here
  declare label: string;
  declare validity: boolean; // its items may say from and until when they come
  declare rows: readonly Row[];
  declare said: string; // where something has been moved to
  declare dragged: number; // the key of the row that is; 0: none
  private told: readonly Item[] | undefined; // that were said last
  private next = 1;

  constructor() {
    super();
    this.items = [];
    this.files = [];
    this.label = '';
    this.validity = false;
    this.rows = [];
    this.said = '';
    this.dragged = 0;
    this.while.on(learnt, 'change', () => this.requestUpdate());
  }

  // Its own rows keep their numbers, and so the focus.
  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('items') || this.items === this.told) return;
    this.told = this.items;
    this.rows = this.items.map((item) => ({ key: this.next++, item }));
  }

  private change(rows: readonly Row[]): void {
    this.rows = rows;
    this.told = rows.map(({ item }) => item);
    this.dispatchEvent(new CustomEvent('edited', { detail: this.told }));
  }

  add(): void {
    askFor({
      title: t('channel.add'), action: t('channel.add_chosen'), fields: () => html`<pp-content-picker></pp-content-picker>`,
      run: async (form) => {
        const { chosen } = form.querySelector('pp-content-picker') as unknown as { chosen: readonly string[] };
        if (!chosen.length) throw new Error(t('channel.add_none'));
        const rows = [...this.rows, ...chosen.map((content) => ({ key: this.next++, item: { content } }))];
        if (rows.length > ITEMS_MAX) throw new Error(t('channel.too_many', { n: ITEMS_MAX }));
        this.change(rows);
      },
    });
  }

  private put(key: number, item: Item): void { this.change(this.rows.map((row) => (row.key === key ? { key, item } : row))); }

  private nameOf(item: Item): string { return item.feed ? item.label || item.feed : knownContent(item.content ?? '')?.name ?? t('channel.gone'); }

  private addMetric(): void {
    void askMetric(undefined, (item) => this.change([...this.rows, { key: this.next++, item }]));
  }

  private edit({ key, item }: Row): void {
    if (item.feed) {
      void askMetric(item, (other) => this.put(key, other));
      return;
    }
    const film = knownContent(item.content ?? '')?.kind === 'video';
    const when = (name: 'valid_from' | 'valid_to'): TemplateResult => html`<div class="field"><label for="set-${name}">${t(`content.${name}`)}</label>
      <input id="set-${name}" name=${name} type="datetime-local" .value=${localTime(item[name] ?? null)}></div>`;
    const seconds = (name: string, label: string, value: string, most: number, hint: string): TemplateResult => html`<div class="field"><label for="set-${name}">${label}</label>
      <input id="set-${name}" name=${name} type="number" min="0.1" max=${most} step="any" inputmode="decimal" .value=${value} placeholder=${hint}></div>`;
    askFor({
      title: this.nameOf(item), action: t('action.save'),
      fields: () => html`${seconds('duration', t('channel.duration'), String(secondsOf(item.duration) ?? ''), 86400, film ? t('channel.own_length') : String(STILL_S))}
        ${selectField('fit', t('channel.fit'), item.fit ?? 'contain', (['contain', 'cover', 'fill'] as const).map((one) => [one, t(`channel.fit_${one}`)] as const))}
        ${selectField('transition', t('channel.transition'), item.transition?.kind ?? 'cut', (['cut', 'crossfade'] as const).map((one) => [one, t(`channel.transition_${one}`)] as const))}
        ${seconds('fade', t('channel.fade'), String(secondsOf(item.transition?.duration) ?? ''), FADE_MAX_S, String(FADE_S))}
        ${selectField('weight', t('channel.weight'), String(item.weight ?? 1), Array.from({ length: 10 }, (_, i) => [String(i + 1), t('channel.weight_value', { n: i + 1 })] as const))}
        ${this.validity ? html`${when('valid_from')}${when('valid_to')}` : nothing}`,
      run: async (form) => this.put(key, this.read(item, form)),
    });
  }

  // What the form says. Throws what is wrong with it.
  private read(item: Item, form: HTMLFormElement): Item {
    const typed = (name: string): number | undefined => { const text = valueOf(form, name); return text ? Number(text.replace(',', '.')) : undefined; };
    const [seconds, fade] = [typed('duration'), typed('fade')];
    const duration = seconds === undefined ? undefined : durationOf(seconds);
    if (seconds !== undefined && !duration) throw new Error(t('channel.duration_wrong'));
    if (fade !== undefined && !(fade >= 0.1 && fade <= FADE_MAX_S)) throw new Error(t('channel.fade_wrong'));
    const [fit, kind, weight] = [valueOf(form, 'fit') as NonNullable<Item['fit']>, valueOf(form, 'transition'), Number(valueOf(form, 'weight'))];
    let made = withField(withField(item, 'duration', duration), 'fit', fit === 'contain' ? undefined : fit);
    made = withField(made, 'transition', kind === 'crossfade' ? { kind: 'crossfade', duration: durationOf(fade ?? FADE_S) ?? `PT${FADE_S}S` } : undefined);
    made = withField(made, 'weight', weight > 1 ? weight : undefined);
    if (!this.validity) return made;
    made = withField(made, 'valid_from', timeOf(valueOf(form, 'valid_from')) ?? undefined);
    return withField(made, 'valid_to', timeOf(valueOf(form, 'valid_to')) ?? undefined);
  }

  private drop({ key }: Row): void {
    const { rows } = this;
    const at = rows.findIndex((row) => row.key === key);
    this.change(rows.filter((row) => row.key !== key));
    void this.updateComplete.then(() => (this.querySelectorAll<HTMLElement>('.handle')[Math.min(at, rows.length - 2)] ?? this.querySelector<HTMLElement>('.add-content'))?.focus());
  }

  private async move(from: number, to: number): Promise<void> {
    const { rows } = this;
    const target = Math.min(rows.length - 1, Math.max(0, to));
    const row = rows[from];
    if (!row || target === from) return;
    this.change(moved(rows, from, target));
    this.said = t('channel.moved', { name: this.nameOf(row.item), n: target + 1, all: rows.length });
    await this.updateComplete;
    this.querySelectorAll<HTMLElement>('.handle')[target]?.focus();
  }

  private pressed(event: KeyboardEvent, index: number): void {
    const to: Record<string, number> = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: this.rows.length - 1 };
    const target = to[event.key];
    if (target === undefined) return;
    event.preventDefault();
    void this.move(index, target);
  }

  // With a finger or a mouse: the row goes where the pointer is, and the others make room.
  private grab(event: PointerEvent, { key }: Row): void {
    if (event.button !== 0) return;
    const handle = event.currentTarget as HTMLElement;
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    this.dragged = key;
    const drag = (to: PointerEvent): void => {
      const { rows } = this;
      const middles = [...this.querySelectorAll('.item')].map((one) => { const box = one.getBoundingClientRect(); return box.top + box.height / 2; });
      const at = rows.findIndex((row) => row.key === key);
      const place = placeAt(to.clientY, middles.map((middle, i) => middle + (i < at ? -1 : 1) * 8));
      if (place !== at) this.rows = moved(rows, at, place);
    };
    const end = (): void => {
      handle.removeEventListener('pointermove', drag);
      this.dragged = 0;
      this.change(this.rows);
    };
    handle.addEventListener('pointermove', drag);
    handle.addEventListener('lostpointercapture', end, { once: true });
  }

  // ---- What is seen ----

  private time(item: Item): string {
    const seconds = secondsOf(item.duration);
    const content = knownContent(item.content ?? '');
    if (seconds !== undefined) return t('channel.seconds', { n: seconds });
    return content?.kind === 'video' && content.length_ms ? filmLength(content.length_ms) : content?.kind === 'video' ? t('channel.own_length') : t('channel.seconds', { n: STILL_S });
  }

  private row(row: Row, index: number): TemplateResult {
    const { item } = row;
    const content = item.feed ? null : knownContent(item.content ?? '');
    const name = content === undefined ? t('app.loading') : this.nameOf(item);
    const until = [item.valid_from ? t('channel.from', { when: dateTime(new Date(item.valid_from), language()) }) : '', item.valid_to ? t('channel.until', { when: dateTime(new Date(item.valid_to), language()) }) : ''].filter(Boolean).join(' ');
    const more = [this.time(item), item.weight && item.weight > 1 ? t('channel.weight_value', { n: item.weight }) : '', item.transition?.kind === 'crossfade' ? t('channel.transition_crossfade') : '', until].filter(Boolean).join(' · ');
    return html`<li class="item ${this.dragged === row.key ? 'dragged' : ''}">
      <button class="handle" aria-label=${t('channel.handle', { name, n: index + 1 })} aria-describedby="move-keys" @keydown=${(event: KeyboardEvent) => this.pressed(event, index)} @pointerdown=${(event: PointerEvent) => this.grab(event, row)}>${icon('handle')}</button>
      <span class="item-picture">${content ? thumbnail(content) : item.feed ? icon('feed') : nothing}</span>
      <span class="item-text"><strong>${name}</strong><span class="sub">${more}</span></span>
      <button class="button quiet icon-only" aria-label=${t('channel.edit_one', { name })} title=${t('screen.edit')} @click=${() => this.edit(row)}>${icon('edit')}</button>
      <button class="button quiet icon-only" aria-label=${t('channel.drop_one', { name })} title=${t('action.remove')} @click=${() => this.drop(row)}>${icon('close')}</button></li>`;
  }

  override render(): TemplateResult {
    const { rows } = this;
    const add = html`<span class="add-buttons"><button class="button add-content" @click=${() => this.add()}>${icon('add')}<span>${t('channel.add')}</span></button>
      <button class="button" @click=${() => this.addMetric()}>${icon('feed')}<span>${t('metric.add')}</span></button></span>`;
    return html`<p class="sr" id="move-keys">${t('channel.move_keys')}</p><p class="sr" role="status">${this.said}</p>
      ${rows.length ? html`<ol class="items" aria-label=${this.label}>${repeat(rows, ({ key }) => key, (row, i) => this.row(row, i))}</ol><p class="items-foot">${add}</p>`
        : this.files.length ? html`<p class="sub">${t('channel.from_files')}</p><ol class="items from-files" aria-label=${t('channel.published_files')}>${this.files.map((name) => html`<li class="item"><span class="told-icon">${icon('content')}</span><span class="item-text"><strong>${name}</strong></span></li>`)}</ol><div class="form-foot">${add}</div>`
          : html`<div class="blank small"><p>${t('channel.nothing')}</p>${add}</div>`}`;
  }
}
customElements.define('pp-playlist', PpPlaylist);
