// What a screen has played in the last days, by content.
import { html, nothing, type TemplateResult } from 'lit';

import { ApiError, ask } from '../api/client.js';
import type { Plays } from '../api/schema.js';
import { duration } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { message } from './parts.js';

const DAYS = 7;
const SHOWN = 8;
const DAY_MS = 86400000;

class PpScreenPlays extends PpElement {
  static override properties = { screenId: {}, plays: { state: true }, problem: { state: true } };
  declare screenId: string;
  declare plays: Plays | undefined;
  declare problem: ApiError | undefined;

  constructor() {
    super();
    this.screenId = '';
    this.plays = undefined;
    this.problem = undefined;
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('screenId') || !this.screenId) return;
    this.plays = undefined;
    void this.load();
  }

  private async load(): Promise<void> {
    const id = this.screenId;
    const day = (ago: number): string => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);
    try {
      const plays = await ask('GET /api/v1/plays', { query: { by: 'content', screen: id, from: day(DAYS - 1), to: day(0), limit: 100 } });
      if (id === this.screenId) this.plays = plays;
    } catch (error) {
      if (id === this.screenId) this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  override render(): TemplateResult {
    const { plays, problem } = this;
    const items = [...(plays?.items ?? [])].sort((a, b) => b.plays - a.plays).slice(0, SHOWN);
    return html`<section class="card"><h2>${t('played.title')}</h2><p class="sub card-lead">${t('played.days', { n: DAYS })}</p>
      ${items.length ? html`<ul class="telling">${items.map((one) => html`<li class="told"><span class="told-text">${one.title || one.item || one.content}</span>
        <span class="told-side"><span>${t('played.times', { n: one.plays })}</span><span class="sub">${one.shown_ms >= 1000 ? duration(Math.round(one.shown_ms / 1000), language()) : nothing}</span></span></li>`)}</ul>`
        : html`<p class="sub">${problem ? message(problem) : plays ? t('played.none') : t('app.loading')}</p>`}</section>`;
  }
}
customElements.define('pp-screen-plays', PpScreenPlays);
