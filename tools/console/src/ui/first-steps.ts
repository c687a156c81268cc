// The first hour: three things to do on one page, each ticked off as it is done, here or anywhere else.
import { html, nothing, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { ChannelRow, Content, Job } from '../api/schema.js';
import { uploads } from '../api/uploads.js';
import { t, type Word } from '../lib/i18n.js';
import { begun } from '../lib/settings.js';
import { BASE } from '../lib/router.js';
import { thumbnail } from './content-parts.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { message } from './parts.js';
import { showContent } from './show-content.js';
import { toast } from './toast.js';
import '../pages/add.js';
import './drop-zone.js';
import './job-progress.js';
import './upload-list.js';

type Step = 'add' | 'upload' | 'show';
const steps: readonly Step[] = ['add', 'upload', 'show'];

class PpFirstSteps extends PpElement {
  static override properties = { newest: { state: true }, channels: { state: true }, job: { state: true } };
  declare newest: Content | null | undefined; // null: there is none; undefined: not known yet
  declare channels: readonly ChannelRow[];
  declare job: Job | undefined;

  constructor() {
    super();
    this.newest = undefined;
    this.channels = [];
    this.job = undefined;
    this.while.on(fleet, 'change', () => this.requestUpdate());
    this.while.on(fleet, 'screens', () => void this.load());
    this.while.on(uploads, 'content', () => void this.load());
    void this.load();
    void uploads.recall();
  }

  private async load(): Promise<void> {
    const [content, channels] = await Promise.all([ask('GET /api/v1/content', { query: { limit: 1, sort: '-created' } }), ask('GET /api/v1/channels', { query: { limit: 100 } })]).catch(() => [undefined, undefined] as const);
    if (!content || !channels) return;
    this.newest = content.items[0] ?? null;
    this.channels = channels.items;
  }

  private done(step: Step): boolean {
    if (step === 'add') return fleet.screens.size > 0;
    if (step === 'upload') return Boolean(this.newest);
    return this.channels.some(({ publish, screens }) => publish !== null && screens > 0);
  }

  private leave(): void {
    begun.set('yes');
    this.dispatchEvent(new CustomEvent('left', { bubbles: true }));
  }

  private inside(step: Step): TemplateResult {
    if (step === 'add') return html`<pp-add inside></pp-add>`;
    if (step === 'upload') return html`<pp-drop-zone large></pp-drop-zone><pp-upload-list></pp-upload-list>`;
    const { newest } = this;
    if (!newest || !fleet.screens.size) return html`<p class="sub">${t('first.show_waits')}</p>`;
    return html`<div class="first-show"><span class="item-picture">${thumbnail(newest)}</span><strong>${newest.name}</strong>
      <button class="button primary" @click=${() => void showContent(newest, (job) => { this.job = job; }).catch((error: unknown) => toast(message(error), 'bad'))}>${icon('screens')}<span>${t('show.do')}</span></button></div>`;
  }

  private step(step: Step, index: number): TemplateResult {
    const done = this.done(step);
    const open = !done && steps.slice(0, index).every((one) => this.done(one) || one === 'add');
    return html`<li class="first ${done ? 'done' : open ? 'open' : ''}"><span class="first-mark">${done ? html`${icon('check')}<span class="sr">${t('first.done')}</span>` : index + 1}</span>
      <div class="first-body"><h2>${t(`first.${step}` as Word)}</h2>${done ? html`<p class="sub">${t(`first.${step}_done` as Word)}</p>` : html`<p class="sub">${t(`first.${step}_text` as Word)}</p>${open ? this.inside(step) : nothing}`}</div></li>`;
  }

  override render(): TemplateResult | typeof nothing {
    if (this.newest === undefined) return html`<div class="skeleton" aria-busy="true"><div class="skeleton-row tall"></div></div>`;
    const all = steps.every((step) => this.done(step));
    return html`<section class="first-steps" aria-label=${t('first.title')}>
      <header class="first-head"><div><h2>${t(all ? 'first.ready' : 'first.title')}</h2><p class="sub">${t(all ? 'first.ready_text' : 'first.text')}</p></div>
        <button class="button quiet" @click=${() => this.leave()}>${t(all ? 'first.close' : 'first.hide')}</button></header>
      <ol>${steps.map((step, i) => this.step(step, i))}</ol>
      <pp-job .job=${this.job} @ended=${() => void this.load()}></pp-job>
      ${all ? html`<p class="first-foot"><a class="button" href="${BASE}/channels">${icon('channel')}<span>${t('nav.channels')}</span></a><a class="button" href="${BASE}/content">${icon('content')}<span>${t('nav.content')}</span></a></p>` : nothing}
    </section>`;
  }
}
customElements.define('pp-first-steps', PpFirstSteps);
