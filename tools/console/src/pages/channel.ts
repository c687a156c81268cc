// One channel: its playlist as a draft, what publishing it would change, and what was published.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask, exchange } from '../api/client.js';
import { learnAll } from '../api/library.js';
import { fleet } from '../api/fleet.js';
import { ended, takeBegun } from '../api/publish.js';
import type { Channel, Draft, DraftChanges, Job } from '../api/schema.js';
import { isDivided, canvasOf, playlistsOf, type Document } from '../lib/document.js';
import { ago, fileSize } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { History } from '../lib/layout.js';
import { BASE, go } from '../lib/router.js';
import { changeList } from '../ui/change-list.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { blankPanel, clock, message, now, problemPanel } from '../ui/parts.js';
import { textField, valueOf } from '../ui/settings-form.js';
import { toast } from '../ui/toast.js';
import '../ui/channel-approval.js';
import { rolloutFields, rolloutOf } from '../ui/channel-rollout.js';
import '../ui/channel-versions.js';
import '../ui/channel-preview.js';
import '../ui/job-progress.js';
import '../ui/layouts-card.js';
import '../ui/menu.js';
import '../ui/playlists-card.js';

const SAVE_MS = 300; // changes that come together are saved together

class PpChannel extends PpElement {
  static override properties = { channelId: {}, channel: { state: true }, document_: { state: true }, changes: { state: true }, jobs: { state: true }, job: { state: true }, problem: { state: true }, saving: { state: true }, rolling: { state: true }, files: { state: true } };
  declare channelId: string;
  declare channel: Channel | undefined;
  declare document_: Document | undefined; // the draft, as it is changed here
  declare changes: DraftChanges | undefined;
  declare jobs: readonly Job[];
  declare job: Job | undefined; // that is under way, or was begun here
  declare problem: ApiError | undefined;
  declare saving: boolean;
  declare files: readonly string[]; // what is published came from files, and nothing is at work on another playlist: their names
  declare rolling: boolean; // a rollout is under way: nothing else is published meanwhile
  private draft: Draft | undefined;
  private etag = '';
  private readonly history_ = new History<Document>();
  private timer = 0;
  private saves: Promise<void> = Promise.resolve();
  private written = 0; // saves that began or ended

  constructor() {
    super();
    this.channelId = '';
    this.channel = undefined;
    this.document_ = undefined;
    this.changes = undefined;
    this.jobs = [];
    this.job = undefined;
    this.problem = undefined;
    this.saving = false;
    this.rolling = false;
    this.files = [];
    this.while.on(clock, 'tick', () => this.requestUpdate());
    this.while.on(fleet, 'again', () => void this.look());
    this.while.on(fleet, 'channels', (event) => { if ((event as CustomEvent<readonly string[]>).detail.includes(this.channelId)) void this.look(); });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('channelId')) return;
    this.channel = undefined;
    this.document_ = undefined;
    this.history_.clear();
    this.job = takeBegun(this.channelId);
    void this.load();
  }

  // What was changed is not lost when one goes elsewhere at once.
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.timer) void this.save();
  }

  private async load(): Promise<void> {
    const path = { id: this.channelId };
    try {
      const [channel, draft, jobs] = await Promise.all([ask('GET /api/v1/channels/{id}', { path }), exchange('GET /api/v1/channels/{id}/draft', { path }), ask('GET /api/v1/channels/{id}/jobs', { path })]);
      if (path.id !== this.channelId) return;
      this.problem = undefined;
      this.channel = channel;
      this.jobs = jobs.items;
      this.job ??= jobs.items.find((one) => !ended(one));
      this.take(draft.value, draft.headers.get('etag') ?? '');
      await Promise.all([this.compare(), this.learnFiles(channel, draft.value), this.learn()]);
      this.requestUpdate();
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  // What somebody has changed, here or elsewhere. What is being changed here is not touched.
  private async look(): Promise<void> {
    const path = { id: this.channelId };
    const { written } = this;
    if (!this.channel) return;
    try {
      const [channel, draft, jobs] = await Promise.all([ask('GET /api/v1/channels/{id}', { path }), exchange('GET /api/v1/channels/{id}/draft', { path }), ask('GET /api/v1/channels/{id}/jobs', { path })]);
      if (path.id !== this.channelId) return;
      this.channel = channel;
      this.jobs = jobs.items;
      const open = jobs.items.find((one) => !ended(one));
      if (open && open.id !== this.job?.id) this.job = open;
      const same = jobs.items.find(({ id }) => id === this.job?.id);
      if (same && this.job?.state === 'approval' && same.state !== 'approval') this.job = same;
      const etag = draft.headers.get('etag') ?? '';
      if (etag !== this.etag && written === this.written && !this.timer && !this.saving && !this.querySelector('.item.dragged')) {
        this.take(draft.value, etag);
        await this.learn();
      }
      await Promise.all([this.compare(), this.learnFiles(channel, draft.value)]);
    } catch {
      // the next change or connection tells
    }
  }

  private take(draft: Draft, etag: string): void {
    this.draft = draft;
    this.etag = etag;
    this.document_ = draft.document;
    this.history_.clear();
  }

  // Without a draft of its own, of what the command line has published.
  private async learnFiles(channel: Channel, draft: Draft): Promise<void> {
    if (draft.version !== null || !channel.publish || playlistsOf(draft.document).some(({ items }) => items.length)) {
      this.files = [];
      return;
    }
    const version = await ask('GET /api/v1/channels/{id}/versions/{number}', { path: { id: channel.id, number: String(channel.publish) } }).catch(() => undefined);
    this.files = version && !version.document ? version.contents.map(({ name }) => name ?? '') : [];
  }

  private learn(): Promise<void> { return learnAll(playlistsOf(this.document_ ?? {}).flatMap(({ items }) => items.flatMap(({ content }) => (content ? [content] : [])))); }

  private async compare(): Promise<void> {
    this.changes = await ask('GET /api/v1/channels/{id}/draft/changes', { path: { id: this.channelId } }).catch(() => undefined);
  }

  // ---- Changing it ----

  private change(document: Document): void {
    this.document_ = document;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), SAVE_MS);
  }

  // `name`: changes of the same kind that come together are one step back.
  private changed_(event: Event): void {
    event.stopPropagation();
    const { document, name } = (event as CustomEvent<{ document: Document; name: string }>).detail;
    if (this.document_) this.history_.add(this.document_, name, performance.now());
    this.change(document);
    void this.learn();
  }

  private step(kind: 'undo' | 'redo'): void {
    if (!this.document_ || !(kind === 'undo' ? this.history_.canUndo : this.history_.canRedo)) return;
    this.change(this.history_[kind](this.document_));
  }

  // One after the other: each is on top of what the one before has left.
  private save(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = 0;
    const id = this.channelId;
    this.saves = this.saves.then(() => (id === this.channelId ? this.put() : undefined));
    return this.saves;
  }

  private async put(): Promise<void> {
    const document = this.document_;
    if (!this.draft || !document) return;
    this.saving = true;
    this.written++;
    try {
      const { value, headers } = await exchange('PUT /api/v1/channels/{id}/draft', { path: { id: this.channelId }, body: document, headers: { 'if-match': this.etag } });
      this.draft = value;
      this.etag = headers.get('etag') ?? '';
      await this.compare();
    } catch (error) {
      toast(message(error), 'bad');
      await this.load();
    } finally {
      this.saving = false;
      this.written++;
    }
  }

  // ---- Publishing it ----

  // What was looked at is what is published: a draft that somebody has changed meanwhile is refused.
  private async publish(): Promise<void> {
    if (this.timer) void this.save();
    await this.saves;
    const { changes, etag } = this;
    // Without something that is published there is nothing to go back to.
    const groups = this.channel?.publish ? await ask('GET /api/v1/groups', { query: { limit: 200 } }).then(({ items }) => items, () => []) : undefined;
    askFor({
      title: t('channel.publish_title'), ...(groups ? {} : { text: t('channel.publish_text', { title: this.channel?.title ?? '' }) }), action: t('channel.publish'),
      fields: () => html`${changes ? this.changed(changes) : nothing}${textField('note', t('channel.note'), '', { hint: t('channel.note_hint') })}${groups ? rolloutFields(groups) : nothing}`,
      run: async (form) => {
        const [note, rollout] = [valueOf(form, 'note'), rolloutOf(form)];
        this.job = await ask('POST /api/v1/channels/{id}/publish', { path: { id: this.channelId }, body: { ...(note ? { note } : {}), ...(rollout ? { rollout } : {}) }, headers: { 'if-match': etag } });
      },
    });
  }

  private unpublish(): void {
    askFor({
      title: t('channel.unpublish_title'), text: t('channel.unpublish_text'), action: t('channel.unpublish'), danger: true,
      run: async () => { this.job = await ask('POST /api/v1/channels/{id}/unpublish', { path: { id: this.channelId } }); },
    });
  }

  private remove_(): void {
    askFor({
      title: t('channel.remove_title', { title: this.channel?.title ?? '' }), text: t('channel.remove_text'), action: t('action.remove'), danger: true,
      run: async () => {
        await ask('DELETE /api/v1/channels/{id}', { path: { id: this.channelId } });
        toast(t('channel.removed'));
        go(`${BASE}/channels`);
      },
    });
  }

  private rename(): void {
    askFor({
      title: t('channel.rename'), action: t('action.save'), fields: () => textField('title', t('channels.name'), this.channel?.title ?? '', { required: true }),
      run: async (form) => {
        const { headers } = await exchange('GET /api/v1/channels/{id}', { path: { id: this.channelId } });
        this.channel = await ask('PATCH /api/v1/channels/{id}', { path: { id: this.channelId }, body: { title: valueOf(form, 'title') }, headers: { 'if-match': headers.get('etag') ?? '' } });
      },
    });
  }

  // ---- What is seen ----

  private changed(changes: DraftChanges): TemplateResult {
    return html`${changeList(changes)}${changes.bytes ? html`<p class="sub">${t('change.bytes', { size: fileSize(changes.bytes, language()) })}</p>` : nothing}`;
  }

  private comparison(): TemplateResult {
    const { changes } = this;
    const same = changes && !changes.changed;
    return html`<section class="card"><h2>${t('channel.changes')}</h2>
      <div role="status">${this.saving ? html`<p class="sub">${t('channel.saving')}</p>` : !changes ? html`<p class="sub">${t('app.loading')}</p>` : same ? html`<p class="sub">${t('channel.same')}</p>` : nothing}</div>
      ${changes?.refusal ? html`<p class="callout bad">${icon('trouble')}<span>${changes.refusal}</span></p>` : nothing}
      ${changes && !same ? this.changed(changes) : nothing}</section>`;
  }

  private history(): TemplateResult | typeof nothing {
    // What was published stands among the versions.
    const jobs = this.jobs.filter(({ kind, state }) => state !== 'done' || kind === 'unpublish' || kind === 'remove');
    if (!jobs.length) return nothing;
    return html`<section class="card"><h2>${t('channel.history')}</h2><ul class="telling">${jobs.slice(0, 12).map((job) => html`<li class="told">
      <span class="told-icon ${job.state}">${icon(job.state === 'done' ? 'check' : job.state === 'failed' || job.state === 'declined' ? 'trouble' : 'waiting')}</span>
      <span class="told-text"><strong>${t(`job.${job.kind}`)}</strong><span class="sub">${[job.author, job.note, job.refusal].filter(Boolean).join(' · ')}</span></span>
      <span class="told-side"><span class="sub">${job.created ? ago(new Date(job.created), now(), language()) : ''}</span></span></li>`)}</ul></section>`;
  }

  private editing(): TemplateResult {
    const { document_: document } = this;
    if (!document) return html`<div class="split-main"></div>`;
    const changed = (event: Event): void => this.changed_(event);
    const playlists = html`<pp-playlists .document_=${document} .files=${this.files} @edited=${changed}></pp-playlists>`;
    const layouts = html`<pp-layouts .document_=${document} .canUndo=${this.history_.canUndo} .canRedo=${this.history_.canRedo} @edited=${changed} @undo=${() => this.step('undo')} @redo=${() => this.step('redo')}></pp-layouts>`;
    return html`<div class="split-main">${isDivided(document) ? html`${layouts}${playlists}` : html`${playlists}${layouts}`}</div>`;
  }

  private preview(): TemplateResult | typeof nothing {
    const { document_: document, draft } = this;
    if (!document || !draft) return nothing;
    const canvas = canvasOf(draft.document);
    return html`<pp-preview .channelId=${this.channelId} .canvas=${canvas} .turns=${isDivided(draft.document) ? canvas.fit === 'fill' : !draft.document.canvas} .version=${draft.version ?? 0}></pp-preview>`;
  }

  override render(): TemplateResult {
    const back = html`<a class="back" href="${BASE}/channels">${icon('back')}<span>${t('channels.back')}</span></a>`;
    const { channel, problem } = this;
    if (problem && !channel) {
      if (problem.code !== 'not-found') return html`${back}<h1 class="sr">${t('channels.title')}</h1>${problemPanel(problem, () => void this.load())}`;
      return html`${back}<h1 class="sr">${t('channel.gone_title')}</h1>${blankPanel('channel', t('channel.gone_title'), t('content.gone_text'))}`;
    }
    if (!channel) return html`${back}<h1 class="sr">${t('app.loading')}</h1><div class="skeleton" aria-busy="true"><div class="skeleton-row"></div><div class="skeleton-row tall"></div></div>`;
    const panel = (): TemplateResult => html`<button class="menu-item" @click=${() => this.rename()}>${icon('edit')}<span>${t('action.rename')}</span></button>
      ${channel.publish ? html`<button class="menu-item" @click=${() => this.unpublish()}>${icon('pause')}<span>${t('channel.unpublish')}</span></button>` : nothing}
      <button class="menu-item danger" @click=${() => this.remove_()}>${icon('bin')}<span>${t('action.remove')}</span></button>`;
    const waits = this.jobs.filter(({ state }) => state === 'approval');
    const able = this.changes?.changed && !this.changes.refusal && !waits.length && !this.rolling;
    const begun = (event: CustomEvent<Job>): void => { this.job = event.detail; void this.look(); };
    return html`${back}<header class="head"><div><h1>${channel.title}</h1><p class="head-sub">${channel.published ? t('channels.published', { when: ago(new Date(channel.published), now(), language()) }) : t('channels.empty')}</p></div>
        <div class="head-actions"><a class="button" href="${BASE}/channels/${channel.id}/schedule">${icon('calendar')}<span>${t('schedule.title')}</span></a><button class="button primary" aria-disabled=${able ? 'false' : 'true'} @click=${() => { if (able) void this.publish(); }}>${icon('upload')}<span>${t('channel.publish')}</span></button>
          <pp-menu class="actions-menu" label=${t('screen.actions')} .button=${html`<span class="button">${icon('more')}</span>`} .panel=${panel}></pp-menu></div></header>
      <pp-job .job=${this.job} @ended=${() => void this.look()}></pp-job>
      <pp-rollout .channel=${channel} @rollout=${(event: CustomEvent<boolean>) => { this.rolling = event.detail; }} @begun=${() => void this.look()}></pp-rollout>
      ${repeat(waits, ({ id }) => id, (job) => html`<pp-approval .job=${job} .channel=${channel} @begun=${begun}></pp-approval>`)}
      ${channel.warnings.map(({ file, warning }) => html`<p class="callout">${icon('trouble')}<span>${t('channel.warning', { file, text: warning })}</span></p>`)}
      <div class="split">${this.editing()}<div class="split-side">${this.preview()}${this.comparison()}<pp-channel-versions .channel=${channel} @begun=${begun}></pp-channel-versions>${this.history()}</div></div>`;
  }
}
customElements.define('pp-channel', PpChannel);
