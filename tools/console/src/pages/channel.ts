// One channel: its playlist as a draft, what publishing it would change, and what was published.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask, exchange } from '../api/client.js';
import { knownContent, learnAll } from '../api/library.js';
import { fleet } from '../api/fleet.js';
import { ended, takeBegun } from '../api/publish.js';
import type { Channel, Draft, DraftChanges, Job } from '../api/schema.js';
import { localTime, timeOf } from '../lib/content.js';
import { ago, dateTime, filmLength, fileSize } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { durationOf, ITEMS_MAX, itemsOf, moved, placeAt, secondsOf, withField, type Item } from '../lib/playlist.js';
import { BASE, go } from '../lib/router.js';
import { changeList } from '../ui/change-list.js';
import { thumbnail } from '../ui/content-parts.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { blankPanel, clock, message, now, problemPanel } from '../ui/parts.js';
import { selectField, textField, valueOf } from '../ui/settings-form.js';
import { toast } from '../ui/toast.js';
import '../ui/channel-approval.js';
import { rolloutFields, rolloutOf } from '../ui/channel-rollout.js';
import '../ui/channel-versions.js';
import '../ui/content-picker.js';
import '../ui/job-progress.js';
import '../ui/menu.js';

const SAVE_MS = 300; // changes that come together are saved together
const STILL_S = 10; // how long a picture stands that says nothing else

// An item, with a number that stays while it is moved.
interface Row { readonly key: number; readonly item: Item }

class PpChannel extends PpElement {
  static override properties = { channelId: {}, channel: { state: true }, rows: { state: true }, changes: { state: true }, jobs: { state: true }, job: { state: true }, problem: { state: true }, saving: { state: true }, rolling: { state: true }, files: { state: true }, said: { state: true }, dragged: { state: true } };
  declare channelId: string;
  declare channel: Channel | undefined;
  declare rows: readonly Row[] | undefined; // undefined: the draft has layouts
  declare changes: DraftChanges | undefined;
  declare jobs: readonly Job[];
  declare job: Job | undefined; // that is under way, or was begun here
  declare problem: ApiError | undefined;
  declare saving: boolean;
  declare files: readonly string[]; // what is published came from files, and nothing is at work on another playlist: their names
  declare rolling: boolean; // a rollout is under way: nothing else is published meanwhile
  declare said: string; // where something has been moved to
  declare dragged: number; // the key of the row that is; 0: none
  private draft: Draft | undefined;
  private etag = '';
  private next = 1;
  private timer = 0;

  constructor() {
    super();
    this.channelId = '';
    this.channel = undefined;
    this.rows = [];
    this.changes = undefined;
    this.jobs = [];
    this.job = undefined;
    this.problem = undefined;
    this.saving = false;
    this.rolling = false;
    this.files = [];
    this.said = '';
    this.dragged = 0;
    this.while.on(clock, 'tick', () => this.requestUpdate());
    this.while.on(fleet, 'again', () => void this.look());
    this.while.on(fleet, 'channels', (event) => { if ((event as CustomEvent<readonly string[]>).detail.includes(this.channelId)) void this.look(); });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('channelId')) return;
    this.channel = undefined;
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
      await Promise.all([this.compare(), this.learnFiles(channel, draft.value), learnAll((this.rows ?? []).map(({ item }) => item.content))]);
      this.requestUpdate();
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  // What somebody has changed, here or elsewhere. What is being changed here is not touched.
  private async look(): Promise<void> {
    const path = { id: this.channelId };
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
      if (etag !== this.etag && !this.timer && !this.saving && !this.dragged) {
        this.take(draft.value, etag);
        await learnAll((this.rows ?? []).map(({ item }) => item.content));
      }
      await Promise.all([this.compare(), this.learnFiles(channel, draft.value)]);
    } catch {
      // the next change or connection tells
    }
  }

  private take(draft: Draft, etag: string): void {
    this.draft = draft;
    this.etag = etag;
    this.rows = itemsOf(draft)?.map((item) => ({ key: this.next++, item }));
  }

  // Without a draft of its own, of what the command line has published.
  private async learnFiles(channel: Channel, draft: Draft): Promise<void> {
    if (draft.version !== null || !channel.publish || this.rows?.length) {
      this.files = [];
      return;
    }
    const version = await ask('GET /api/v1/channels/{id}/versions/{number}', { path: { id: channel.id, number: String(channel.publish) } }).catch(() => undefined);
    this.files = version && !version.document ? version.contents.map(({ name }) => name ?? '') : [];
  }

  private async compare(): Promise<void> {
    this.changes = await ask('GET /api/v1/channels/{id}/draft/changes', { path: { id: this.channelId } }).catch(() => undefined);
  }

  // ---- Changing it ----

  private change(rows: readonly Row[]): void {
    this.rows = rows;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), SAVE_MS);
  }

  private async save(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.draft || !this.rows) return;
    this.saving = true;
    try {
      const { value, headers } = await exchange('PUT /api/v1/channels/{id}/draft', { path: { id: this.channelId }, body: { ...this.draft.document, items: this.rows.map(({ item }) => item) }, headers: { 'if-match': this.etag } });
      this.draft = value;
      this.etag = headers.get('etag') ?? '';
      await this.compare();
    } catch (error) {
      toast(message(error), 'bad');
      await this.load();
    } finally {
      this.saving = false;
    }
  }

  private add(): void {
    askFor({
      title: t('channel.add'), action: t('channel.add_chosen'), fields: () => html`<pp-content-picker></pp-content-picker>`,
      run: async (form) => {
        const { chosen } = form.querySelector('pp-content-picker') as unknown as { chosen: readonly string[] };
        if (!chosen.length) throw new Error(t('channel.add_none'));
        const rows = [...(this.rows ?? []), ...chosen.map((content) => ({ key: this.next++, item: { content } }))];
        if (rows.length > ITEMS_MAX) throw new Error(t('channel.too_many', { n: ITEMS_MAX }));
        this.change(rows);
      },
    });
  }

  private put(key: number, item: Item): void { this.change((this.rows ?? []).map((row) => (row.key === key ? { key, item } : row))); }

  private nameOf(item: Item): string { return knownContent(item.content)?.name ?? t('channel.gone'); }

  private edit({ key, item }: Row): void {
    const film = knownContent(item.content)?.kind === 'video';
    const when = (name: 'valid_from' | 'valid_to'): TemplateResult => html`<div class="field"><label for="set-${name}">${t(`content.${name}`)}</label>
      <input id="set-${name}" name=${name} type="datetime-local" .value=${localTime(item[name] ?? null)}></div>`;
    askFor({
      title: this.nameOf(item), action: t('action.save'),
      fields: () => html`<div class="field"><label for="set-duration">${t('channel.duration')}</label>
          <input id="set-duration" name="duration" type="number" min="0.1" max="86400" step="any" inputmode="decimal" .value=${String(secondsOf(item.duration) ?? '')} placeholder=${film ? t('channel.own_length') : String(STILL_S)}></div>
        ${selectField('fit', t('channel.fit'), item.fit ?? 'contain', (['contain', 'cover', 'fill'] as const).map((one) => [one, t(`channel.fit_${one}`)] as const))}
        ${selectField('transition', t('channel.transition'), item.transition?.kind ?? 'cut', (['cut', 'crossfade'] as const).map((one) => [one, t(`channel.transition_${one}`)] as const))}
        ${selectField('weight', t('channel.weight'), String(item.weight ?? 1), Array.from({ length: 10 }, (_, i) => [String(i + 1), t('channel.weight_value', { n: i + 1 })] as const))}
        ${when('valid_from')}${when('valid_to')}`,
      run: async (form) => {
        const typed = valueOf(form, 'duration');
        const duration = typed ? durationOf(Number(typed.replace(',', '.'))) : undefined;
        if (typed && !duration) throw new Error(t('channel.duration_wrong'));
        const [fit, kind, weight] = [valueOf(form, 'fit') as NonNullable<Item['fit']>, valueOf(form, 'transition'), Number(valueOf(form, 'weight'))];
        let made = withField(withField(item, 'duration', duration), 'fit', fit === 'contain' ? undefined : fit);
        made = withField(made, 'transition', kind === 'crossfade' ? item.transition ?? { kind: 'crossfade', duration: 'PT0.5S' } : undefined);
        made = withField(withField(made, 'weight', weight > 1 ? weight : undefined), 'valid_from', timeOf(valueOf(form, 'valid_from')) ?? undefined);
        this.put(key, withField(made, 'valid_to', timeOf(valueOf(form, 'valid_to')) ?? undefined));
      },
    });
  }

  private drop({ key }: Row): void {
    const rows = this.rows ?? [];
    const at = rows.findIndex((row) => row.key === key);
    this.change(rows.filter((row) => row.key !== key));
    void this.updateComplete.then(() => (this.querySelectorAll<HTMLElement>('.handle')[Math.min(at, rows.length - 2)] ?? this.querySelector<HTMLElement>('.add-content'))?.focus());
  }

  private async move(from: number, to: number): Promise<void> {
    const rows = this.rows ?? [];
    const target = Math.min(rows.length - 1, Math.max(0, to));
    const row = rows[from];
    if (!row || target === from) return;
    this.change(moved(rows, from, target));
    this.said = t('channel.moved', { name: this.nameOf(row.item), n: target + 1, all: rows.length });
    await this.updateComplete;
    this.querySelectorAll<HTMLElement>('.handle')[target]?.focus();
  }

  private pressed(event: KeyboardEvent, index: number): void {
    const to: Record<string, number> = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: (this.rows?.length ?? 1) - 1 };
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
      const rows = this.rows ?? [];
      const middles = [...this.querySelectorAll('.item')].map((one) => { const box = one.getBoundingClientRect(); return box.top + box.height / 2; });
      const at = rows.findIndex((row) => row.key === key);
      const place = placeAt(to.clientY, middles.map((middle, i) => middle + (i < at ? -1 : 1) * 8));
      if (place !== at) this.rows = moved(rows, at, place);
    };
    const end = (): void => {
      handle.removeEventListener('pointermove', drag);
      this.dragged = 0;
      this.change(this.rows ?? []);
    };
    handle.addEventListener('pointermove', drag);
    handle.addEventListener('lostpointercapture', end, { once: true });
  }

  // ---- Publishing it ----

  // What was looked at is what is published: a draft that somebody has changed meanwhile is refused.
  private async publish(): Promise<void> {
    if (this.timer) await this.save();
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

  private time(item: Item): string {
    const seconds = secondsOf(item.duration);
    const content = knownContent(item.content);
    if (seconds !== undefined) return t('channel.seconds', { n: seconds });
    return content?.kind === 'video' && content.length_ms ? filmLength(content.length_ms) : content?.kind === 'video' ? t('channel.own_length') : t('channel.seconds', { n: STILL_S });
  }

  private row(row: Row, index: number): TemplateResult {
    const { item } = row;
    const content = knownContent(item.content);
    const name = content === undefined ? t('app.loading') : this.nameOf(item);
    const until = [item.valid_from ? t('channel.from', { when: dateTime(new Date(item.valid_from), language()) }) : '', item.valid_to ? t('channel.until', { when: dateTime(new Date(item.valid_to), language()) }) : ''].filter(Boolean).join(' ');
    const more = [this.time(item), item.weight && item.weight > 1 ? t('channel.weight_value', { n: item.weight }) : '', item.transition?.kind === 'crossfade' ? t('channel.transition_crossfade') : '', until].filter(Boolean).join(' · ');
    return html`<li class="item ${this.dragged === row.key ? 'dragged' : ''}">
      <button class="handle" aria-label=${t('channel.handle', { name, n: index + 1 })} aria-describedby="move-keys" @keydown=${(event: KeyboardEvent) => this.pressed(event, index)} @pointerdown=${(event: PointerEvent) => this.grab(event, row)}>${icon('handle')}</button>
      <span class="item-picture">${content ? thumbnail(content) : nothing}</span>
      <span class="item-text"><strong>${name}</strong><span class="sub">${more}</span></span>
      <button class="button quiet icon-only" aria-label=${t('channel.edit_one', { name })} title=${t('screen.edit')} @click=${() => this.edit(row)}>${icon('edit')}</button>
      <button class="button quiet icon-only" aria-label=${t('channel.drop_one', { name })} title=${t('action.remove')} @click=${() => this.drop(row)}>${icon('close')}</button></li>`;
  }

  private playlist(): TemplateResult {
    const { rows } = this;
    if (!rows) return html`<section class="card"><h2>${t('channel.playlist')}</h2><p class="sub">${t('channel.layouts')}</p></section>`;
    const add = html`<button class="button add-content" @click=${() => this.add()}>${icon('add')}<span>${t('channel.add')}</span></button>`;
    return html`<section class="card"><header class="card-head"><h2>${t('channel.playlist')}</h2>${rows.length ? add : nothing}</header>
      <p class="sr" id="move-keys">${t('channel.move_keys')}</p><p class="sr" role="status">${this.said}</p>
      ${rows.length ? html`<ol class="items" aria-label=${t('channel.playlist')}>${repeat(rows, ({ key }) => key, (row, i) => this.row(row, i))}</ol>`
        : this.files.length ? html`<p class="sub">${t('channel.from_files')}</p><ol class="items from-files" aria-label=${t('channel.published_files')}>${this.files.map((name) => html`<li class="item"><span class="told-icon">${icon('content')}</span><span class="item-text"><strong>${name}</strong></span></li>`)}</ol><div class="form-foot">${add}</div>`
          : html`<div class="blank small"><p>${t('channel.nothing')}</p>${add}</div>`}</section>`;
  }

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
      <pp-job .job=${this.job} @ended=${() => void this.load()}></pp-job>
      <pp-rollout .channel=${channel} @rollout=${(event: CustomEvent<boolean>) => { this.rolling = event.detail; }} @begun=${() => void this.look()}></pp-rollout>
      ${repeat(waits, ({ id }) => id, (job) => html`<pp-approval .job=${job} .channel=${channel} @begun=${begun}></pp-approval>`)}
      ${channel.warnings.map(({ file, warning }) => html`<p class="callout">${icon('trouble')}<span>${t('channel.warning', { file, text: warning })}</span></p>`)}
      <div class="split">${this.playlist()}<div class="split-side">${this.comparison()}<pp-channel-versions .channel=${channel} @begun=${begun}></pp-channel-versions>${this.history()}</div></div>`;
  }
}
customElements.define('pp-channel', PpChannel);
