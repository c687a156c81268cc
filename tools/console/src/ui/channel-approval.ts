// A publish that waits for a second person: exactly what is agreed to, and the two answers. Who asked can only take it back.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ask, signedIn } from '../api/client.js';
import type { Channel, Items, Job, JobShown, Version } from '../api/schema.js';
import { ago, dateTime } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { secondsOf } from '../lib/playlist.js';
import { differences } from '../lib/versions.js';
import { changeList } from './change-list.js';
import { stepsText } from './channel-rollout.js';
import { askFor } from './dialog.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { message, now } from './parts.js';
import { textField, valueOf } from './settings-form.js';
import { toast } from './toast.js';

type Content = JobShown['contents'][number];

class PpApproval extends PpElement {
  static override properties = { job: { attribute: false }, channel: { attribute: false }, shown: { state: true }, present: { state: true }, busy: { state: true } };
  declare job: Job | undefined;
  declare channel: Channel | undefined;
  declare shown: JobShown | undefined;
  declare present: Version | undefined; // what is published now
  declare busy: boolean;

  constructor() {
    super();
    this.job = undefined;
    this.channel = undefined;
    this.shown = undefined;
    this.present = undefined;
    this.busy = false;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('job') && !changed.has('channel')) return;
    if (this.job?.id !== this.shown?.id) this.shown = undefined;
    if (this.job) void this.load(this.job, this.channel?.publish ?? null);
  }

  private async load(job: Job, publish: number | null): Promise<void> {
    const path = { id: job.channel };
    const [told, version, present] = await Promise.all([ask('GET /api/v1/channels/{id}/jobs/{job}', { path: { ...path, job: job.id } }).catch(() => undefined),
      job.restores ? ask('GET /api/v1/channels/{id}/versions/{number}', { path: { ...path, number: String(job.restores) } }).catch(() => undefined) : undefined,
      publish ? ask('GET /api/v1/channels/{id}/versions/{number}', { path: { ...path, number: String(publish) } }).catch(() => undefined) : undefined]);
    if (job.id !== this.job?.id) return;
    // Of a version that is restored, what it was of.
    this.shown = told && version ? { ...told, document: version.document, contents: version.contents.map(({ content, version: file, name }) => ({ content: content ?? '', version: file ?? 1, name, valid_from: null, valid_to: null })) } : told;
    this.present = present;
  }

  private tell(job: Job): void { this.dispatchEvent(new CustomEvent<Job>('begun', { detail: job, bubbles: true })); }

  private path(): { id: string; job: string } { return { id: this.job?.channel ?? '', job: this.job?.id ?? '' }; }

  private async agree(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      this.tell(await ask('POST /api/v1/channels/{id}/jobs/{job}/approve', { path: this.path() }));
    } catch (error) {
      toast(message(error), 'bad');
    } finally {
      this.busy = false;
    }
  }

  private refuse(own: boolean): void {
    askFor({
      title: t(own ? 'approval.withdraw_title' : 'approval.refuse_title'), text: own ? t('approval.withdraw_text') : t('approval.refuse_text', { who: this.job?.author ?? '' }),
      action: t(own ? 'approval.withdraw' : 'approval.refuse'), danger: true,
      ...(own ? {} : { fields: () => textField('reason', t('approval.reason'), '', { required: true }) }),
      run: async (form) => {
        const reason = own ? '' : valueOf(form, 'reason');
        if (!own && !reason) throw new Error(t('approval.reason_missing'));
        this.tell(await ask('POST /api/v1/channels/{id}/jobs/{job}/decline', { path: this.path(), body: reason ? { reason } : {} }));
      },
    });
  }

  // ---- What is agreed to ----

  private until(from: string | null | undefined, to: string | null | undefined): string {
    return [from ? t('channel.from', { when: dateTime(new Date(from), language()) }) : '', to ? t('channel.until', { when: dateTime(new Date(to), language()) }) : ''].filter(Boolean).join(' ');
  }

  private item(content: Content | undefined, item?: Items[number]): TemplateResult {
    const seconds = secondsOf(item?.duration);
    const more = [content ? t('approval.file', { n: content.version }) : '', seconds === undefined ? '' : t('channel.seconds', { n: seconds }), item?.weight && item.weight > 1 ? t('channel.weight_value', { n: item.weight }) : '',
      this.until(item?.valid_from ?? content?.valid_from, item?.valid_to ?? content?.valid_to)].filter(Boolean).join(' · ');
    const failed = (event: Event): void => { (event.target as HTMLElement).hidden = true; };
    return html`<li class="item"><span class="item-picture">${content?.content ? html`<img src=${`/api/v1/content/${content.content}/versions/${content.version}/thumbnail`} alt="" loading="lazy" decoding="async" @error=${failed}>` : nothing}</span>
      <span class="item-text"><strong>${item?.feed ? item.label || item.feed : content?.name ?? t('channel.gone')}</strong><span class="sub">${more}</span></span></li>`;
  }

  private agreed(shown: JobShown): TemplateResult {
    const contents = new Map(shown.contents.map((one) => [one.content, one]));
    const items = shown.document?.items;
    const plain = items?.map((item) => this.item(contents.get(item.content ?? ''), item)) ?? shown.contents.map((content) => this.item(content));
    return html`<ol class="items" aria-label=${t('approval.agreed')}>${plain}</ol>${items ? nothing : html`<p class="sub">${t('approval.layouts')}</p>`}`;
  }

  override render(): TemplateResult | typeof nothing {
    const { job, shown, present } = this;
    if (!job) return nothing;
    const own = job.author === signedIn()?.name;
    const found = shown && present ? differences(present, shown) : undefined;
    return html`<section class="card agreeing" aria-labelledby=${`approval-${job.id}`}><header class="card-head"><h2 id=${`approval-${job.id}`}>${t('approval.title')}</h2></header>
      <p>${t('approval.asked', { who: own ? t('approval.you') : job.author, when: job.created ? ago(new Date(job.created), now(), language()) : '' })}${job.note ? html` ${t('approval.note', { note: job.note })}` : nothing}</p>
      ${job.restores ? html`<p>${t('approval.restore', { n: job.restores })}</p>` : job.kind === 'unpublish' ? html`<p>${t('approval.unpublish')}</p>` : nothing}
      ${job.rollout ? html`<p>${t('approval.stepwise', { steps: stepsText(job.rollout.steps) })}</p>` : nothing}
      ${job.kind === 'unpublish' ? nothing : shown ? html`<div class="approval-parts"><div><h3>${t('approval.agreed')}</h3>${this.agreed(shown)}</div>
        ${found ? html`<div><h3>${t('approval.differs')}</h3>${found.items.length || found.other.length ? changeList(found) : html`<p class="sub">${t('versions.same')}</p>`}</div>` : nothing}</div>`
        : html`<div class="skeleton" aria-busy="true"><div class="skeleton-row"></div></div>`}
      <footer class="form-foot">${own ? html`<p class="sub">${t('approval.own')}</p><button class="button" @click=${() => this.refuse(true)}>${t('approval.withdraw')}</button>`
        : html`<button class="button primary" aria-disabled=${this.busy || !shown ? 'true' : 'false'} @click=${() => { if (shown) void this.agree(); }}>${icon('check')}<span>${t(job.kind === 'unpublish' ? 'approval.agree_unpublish' : 'approval.agree')}</span></button>
          <button class="button danger" @click=${() => this.refuse(false)}>${t('approval.refuse')}</button>`}</footer></section>`;
  }
}
customElements.define('pp-approval', PpApproval);
