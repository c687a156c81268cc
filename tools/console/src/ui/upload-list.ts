// What is on its way to the headend, each with how far it is.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { uploads, type Job } from '../api/uploads.js';
import { fileSize } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { icon, type Icon } from './icons.js';
import { problemText } from './parts.js';

class PpUploadList extends PpElement {
  constructor() {
    super();
    this.while.on(uploads, 'change', () => this.requestUpdate());
  }

  private text(job: Job): TemplateResult | string {
    const size = (bytes: number): string => fileSize(bytes, language());
    const part = t('upload.part', { sent: size(job.sent), all: size(job.size) });
    switch (job.state) {
      case 'waits': return t('upload.waits');
      case 'sends': return job.speed ? `${part} · ${t('upload.speed', { speed: size(job.speed) })}` : part;
      case 'paused': return `${t('upload.paused')} · ${part}`;
      case 'away': return `${part} · ${t('upload.away')}`;
      case 'stuck': return html`<span class="bad-text">${problemText(job.code || 'other')}</span>`;
      case 'checked': return t('upload.checked');
      case 'refused': return html`<span class="bad-text">${t('upload.refused', { reason: job.refusal })}</span>`;
      default: return job.duplicate ? t('upload.duplicate') : t('upload.done');
    }
  }

  private button(job: Job, name: Icon, word: 'upload.pause' | 'upload.resume' | 'upload.cancel' | 'upload.hide', press: () => void): TemplateResult {
    return html`<button class="button quiet icon-only" aria-label=${`${t(word)}: ${job.name}`} title=${t(word)} @click=${press}>${icon(name)}</button>`;
  }

  private row(job: Job): TemplateResult {
    const ended = job.state === 'done' || job.state === 'refused' || job.state === 'checked';
    return html`<li class="upload ${job.state}">
      <span class="upload-icon">${icon(job.state === 'done' ? 'check' : job.state === 'refused' || job.state === 'stuck' ? 'trouble' : job.state === 'checked' ? 'waiting' : 'upload')}</span>
      <div class="upload-text"><strong>${job.name}</strong><span class="sub">${this.text(job)}</span>
        ${ended ? nothing : html`<progress max=${job.size} .value=${job.sent} aria-label=${job.name}></progress>`}</div>
      ${job.state === 'sends' || job.state === 'waits' ? this.button(job, 'pause', 'upload.pause', () => void uploads.pause(job)) : nothing}
      ${(job.state === 'paused' || job.state === 'stuck') && job.file ? this.button(job, 'play', 'upload.resume', () => uploads.resume(job)) : nothing}
      ${this.button(job, 'close', ended ? 'upload.hide' : 'upload.cancel', () => void uploads.drop(job))}
    </li>`;
  }

  override render(): TemplateResult | typeof nothing {
    const { jobs } = uploads;
    if (!jobs.length) return nothing;
    const done = jobs.filter(({ state }) => state === 'done').length;
    return html`<section class="card uploads" aria-label=${t('upload.title')}>
      <header class="card-head"><h2>${t('upload.title')}</h2><span class="sub" role="status">${uploads.busy ? t('upload.busy', { n: uploads.busy }) : t('upload.ended', { n: done })}</span>
        ${done ? html`<button class="button quiet" @click=${() => uploads.clear()}>${t('upload.clear')}</button>` : nothing}</header>
      <ul class="telling">${repeat(jobs, ({ key }) => key, (job) => this.row(job))}</ul></section>`;
  }
}
customElements.define('pp-upload-list', PpUploadList);
