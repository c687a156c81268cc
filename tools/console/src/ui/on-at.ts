// "What is on at …", at a screen and an instant of its own time: what it shows by what is published, and what it would show by the draft.
import { html, nothing, type TemplateResult } from 'lit';

import { ApiError, ask } from '../api/client.js';
import type { ScreenNow, Shown } from '../api/schema.js';
import { timeFormat } from '../lib/formats.js';
import { language, number, t } from '../lib/i18n.js';
import { minutesOf, ruleOf } from '../lib/schedule.js';
import { PpElement } from './element.js';
import { ruleWords } from './entry-form.js';
import { icon } from './icons.js';
import { message } from './parts.js';

export interface OnAtScreen { readonly id: string; readonly name: string }
const ITEMS_TOLD = 4;
const wall = (time: string | null): string => (time ? timeFormat(language(), { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' }).format(new Date(minutesOf(time) * 60000)) : '');

class PpOnAt extends PpElement {
  static override properties = { screens: {}, chosen: { state: true }, at: { state: true }, answer: { state: true }, problem: { state: true } };
  declare screens: readonly OnAtScreen[];
  declare chosen: string;
  declare at: string; // "2026-03-02T08:00" of the screen's zone; "" now
  declare answer: ScreenNow | undefined;
  declare problem: string;
  private reading = 0;

  constructor() {
    super();
    this.screens = [];
    this.chosen = '';
    this.at = '';
    this.answer = undefined;
    this.problem = '';
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('screens') || this.screens.some(({ id }) => id === this.chosen)) return;
    this.chosen = this.screens[0]?.id ?? '';
    if (this.chosen) void this.load();
  }

  // Also for the page around it, when something has changed.
  async load(): Promise<void> {
    const reading = ++this.reading;
    const id = this.chosen;
    if (!id) return;
    try {
      const answer = await ask('GET /api/v1/screens/{id}/now', { path: { id }, query: this.at ? { at: this.at } : {} });
      if (reading !== this.reading) return;
      this.answer = answer;
      this.problem = '';
    } catch (error) {
      if (reading !== this.reading) return;
      this.answer = undefined;
      this.problem = error instanceof ApiError && error.parameter === 'at' ? t('on_at.wrong') : message(error);
    }
  }

  private because(shown: Shown['because']): string {
    if (!shown) return t('on_at.default');
    const since = shown.since_local ?? '';
    const rule = shown.rrule ? ruleWords(ruleOf(shown.rrule, since), since) : '';
    return `${t('on_at.because', { n: shown.event + 1, priority: number(shown.priority), since: wall(since), until: wall(shown.until_local) })}${rule ? ` ${rule}.` : ''}`;
  }

  private zone(zone: Shown['zones'][number]): TemplateResult {
    const names = zone.items.slice(0, zone.by === 'order' ? ITEMS_TOLD : 1).map(({ name, id }) => name ?? id);
    const text = zone.by === 'nothing' ? t('on_at.nothing') : zone.by === 'order' ? t('on_at.order', { items: names.join(', '), more: zone.items_total > names.length ? '…' : '' }) : names[0] ?? '';
    return html`<div><dt>${zone.zone}</dt><dd>${text}${zone.next_ms ? html` <span class="sub">${t('on_at.next_item', { n: Math.ceil(zone.next_ms / 1000), name: zone.items[1]?.name ?? '' })}</span>` : nothing}</dd></div>`;
  }

  private told(title: string, shown: Shown): TemplateResult {
    return html`<div class="on-at-told"><h3>${title}</h3><p class="on-at-layout">${shown.layout}</p><p class="sub">${this.because(shown.because)}</p>
      <dl class="facts">${shown.zones.map((zone) => this.zone(zone))}</dl>
      <p class="sub">${shown.next ? t('on_at.then', { layout: shown.next.layout, when: wall(shown.next.at_local) }) : shown.looked_until ? t('on_at.no_change', { when: wall(shown.looked_until_local) }) : t('on_at.no_change_ever')}</p></div>`;
  }

  private result({ shown, draft, draft_refusal: refusal, published_version: published }: ScreenNow): TemplateResult {
    const same = shown && draft && JSON.stringify({ ...shown, version: 0 }) === JSON.stringify({ ...draft, version: 0 });
    return html`${shown ? this.told(same ? t('on_at.both') : t('on_at.published'), shown) : html`<p class="sub">${t('on_at.none')}</p>`}
      ${shown?.version && published && shown.version !== published ? html`<p class="callout">${icon('waiting')}<span>${t('on_at.older', { version: number(shown.version), published: number(published) })}</span></p>` : nothing}
      ${draft && !same ? this.told(t('on_at.draft'), draft) : nothing}
      ${refusal ? html`<p class="callout bad">${icon('trouble')}<span>${t('on_at.refusal', { text: refusal })}</span></p>` : nothing}`;
  }

  override render(): TemplateResult {
    const at = this.at || this.answer?.at_local?.slice(0, 16) || '';
    return html`<section class="card on-at"><h2>${t('on_at.title')}</h2>
      <div class="on-at-asked">${this.screens.length > 1 ? html`<div class="field"><label for="on-at-screen">${t('on_at.screen')}</label><select id="on-at-screen" @change=${(event: Event) => { this.chosen = (event.target as HTMLSelectElement).value; void this.load(); }}>
          ${this.screens.map(({ id, name }) => html`<option value=${id} ?selected=${id === this.chosen}>${name}</option>`)}</select></div>` : nothing}
        <div class="field"><label for="on-at-time">${t('on_at.time', { zone: this.answer?.time_zone ?? '…' })}</label><input id="on-at-time" type="datetime-local" .value=${at} @change=${(event: Event) => { this.at = (event.target as HTMLInputElement).value; void this.load(); }}></div></div>
      <div role="status">${this.problem ? html`<p class="callout bad">${icon('trouble')}<span>${this.problem}</span></p>` : this.answer ? this.result(this.answer) : nothing}</div></section>`;
  }
}
customElements.define('pp-on-at', PpOnAt);
