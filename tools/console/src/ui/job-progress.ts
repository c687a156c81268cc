// How far a publish is, and what became of it.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { follow, rests } from '../api/publish.js';
import type { Job } from '../api/schema.js';
import { t } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';

class PpJob extends PpElement {
  static override properties = { job: { attribute: false }, now: { state: true } };
  declare job: Job | undefined;
  declare now: Job | undefined;

  constructor() {
    super();
    this.job = undefined;
    this.now = undefined;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('job')) return;
    this.now = this.job;
    if (this.job) void this.watch(this.job);
  }

  private async watch(job: Job): Promise<void> {
    const last = await follow(job, (now) => { if (job === this.job) this.now = now; }).catch(() => undefined);
    if (job === this.job && last) this.dispatchEvent(new CustomEvent<Job>('ended', { detail: last, bubbles: true }));
  }

  override render(): TemplateResult {
    const { now } = this;
    const reason = now?.refusal ?? '';
    const text = now && (now.state === 'failed' ? t('publish.failed', { reason }) : now.state === 'declined' && reason ? t('publish.declined_why', { who: now.decided_by ?? '', reason }) : now.state === 'done' && now.rollout ? t('publish.rolled') : t(`publish.${now.state}`));
    return html`<div role="status">${now ? html`<div class="callout job ${now.state === 'failed' || now.state === 'declined' ? 'bad' : now.state === 'done' ? 'good' : ''}">
      ${icon(now.state === 'done' ? 'check' : now.state === 'failed' ? 'trouble' : 'waiting')}<div class="job-text"><span>${text}</span>
      ${rests(now) ? nothing : html`<progress max=${Math.max(1, now.total)} .value=${now.total ? now.bytes : 0} aria-label=${t('publish.progress')}></progress>`}</div></div>` : nothing}</div>`;
  }
}
customElements.define('pp-job', PpJob);
