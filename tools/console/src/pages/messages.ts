// Urgent messages: written, looked at as screens will show them, sent, and taken back.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask, signedIn } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { GroupRow, Message } from '../api/schema.js';
import { dateTime, duration } from '../lib/format.js';
import { language, languageName, t } from '../lib/i18n.js';
import { blank, durations, endOf, pictureOf, scopes, severities, styleOf, targetsOf, templates, textsOf, type Draft, type Scope, type Severity, type Style, type Template } from '../lib/messages.js';
import { operatesSomething } from '../lib/rights.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { blankPanel, clock, message, now, problemPanel, problemText } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

const TYPING_MS = 500;
const OVER = 10; // that are over and shown

class PpMessages extends PpElement {
  static override properties = { items: { state: true }, groups: { state: true }, problem: { state: true }, draft: { state: true }, count: { state: true }, picture: { state: true }, pictureProblem: { state: true }, upright: { state: true }, shownIn: { state: true } };
  declare items: readonly Message[] | undefined;
  declare groups: readonly GroupRow[];
  declare problem: ApiError | undefined;
  declare draft: Draft;
  declare count: { count: number; offline: number } | undefined; // undefined: it is for nobody, or not known yet
  declare picture: string; // address
  declare pictureProblem: string;
  declare upright: boolean;
  declare shownIn: 'en' | 'fr';
  private timer = 0;
  private asking = 0; // which question is the newest

  constructor() {
    super();
    this.items = undefined;
    this.groups = [];
    this.problem = undefined;
    this.draft = blank();
    this.count = undefined;
    this.picture = '';
    this.pictureProblem = '';
    this.upright = false;
    this.shownIn = language();
    this.while.on(fleet, 'messages', () => void this.load());
    this.while.on(fleet, 'again', () => void this.load());
    this.while.on(clock, 'tick', () => this.requestUpdate());
    void this.load();
    if (!this.able()) return;
    void ask('GET /api/v1/groups', { query: { limit: 100 } }).then(({ items }) => { this.groups = items; }, () => {});
    this.later(0);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    URL.revokeObjectURL(this.picture);
  }

  private able(): boolean { return operatesSomething(signedIn()?.roles ?? []); }

  private async load(): Promise<void> {
    try {
      this.items = (await ask('GET /api/v1/messages', {})).items;
      this.problem = undefined;
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  // ---- What is written ----

  private change(more: Partial<Draft>): void {
    this.draft = { ...this.draft, ...more };
    this.later();
  }

  private later(wait = TYPING_MS): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), wait);
  }

  private async look(): Promise<void> {
    const asked = ++this.asking;
    const targets = targetsOf(this.draft);
    const count = targets ? await ask('POST /api/v1/messages/count', { body: { targets } }).catch(() => undefined) : undefined;
    if (asked !== this.asking || !this.isConnected) return;
    this.count = count;
    if (!textsOf(this.draft).length) {
      this.show('');
      return;
    }
    try {
      const blob = await ask('POST /api/v1/messages/picture', { body: pictureOf(this.draft, this.shownIn, this.upright) }) as unknown as Blob;
      if (asked === this.asking && this.isConnected) this.show(URL.createObjectURL(blob));
    } catch (error) {
      if (asked === this.asking) this.show('', error instanceof ApiError && error.code === 'too-many-streams' ? t('message.picture_busy') : message(error));
    }
  }

  private show(address: string, problem = ''): void {
    URL.revokeObjectURL(this.picture);
    this.picture = address;
    this.pictureProblem = problem;
  }

  private begin(name: Template): void {
    this.change({ ...templates[name] });
    void this.updateComplete.then(() => this.querySelector<HTMLInputElement>('#message-en-title')?.focus());
  }

  private send(): void {
    const targets = targetsOf(this.draft);
    const end = endOf(this.draft, new Date());
    const texts = textsOf(this.draft);
    const wrong = !texts.length ? 'message.title_missing' : !targets ? 'message.targets_missing' : !end ? 'message.end_missing' : !this.count?.count ? 'message.nobody' : undefined;
    if (wrong || !targets || !end || !this.count) {
      toast(t(wrong ?? 'message.nobody'), 'bad');
      return;
    }
    let { count } = this.count;
    const key = crypto.randomUUID(); // what is asked again after a lost answer is the same message
    const { picture } = this;
    askFor({
      title: t('message.send_title', { n: count }), text: t('message.send_text', { end: this.endText() }), action: t('message.send_now'), danger: true,
      fields: () => html`${picture ? html`<img class="message-picture ${this.upright ? 'upright' : ''}" src=${picture} alt=${t('message.picture_alt')}>` : nothing}`,
      run: async () => {
        try {
          await ask('POST /api/v1/messages', { body: { severity: this.draft.severity, style: this.draft.style, texts, targets, count, ...end }, headers: { 'idempotency-key': key } });
        } catch (error) {
          if (!(error instanceof ApiError) || error.code !== 'count-differs') throw error;
          await this.look();
          count = this.count?.count ?? count;
          throw new Error(t('message.count_differs', { n: count }));
        }
        toast(t('message.sent'));
        this.draft = blank();
        this.later(0);
        await this.load();
      },
    });
  }

  private async cancel(one: Message): Promise<void> {
    try {
      await ask('POST /api/v1/messages/{id}/cancel', { path: { id: one.id } });
      toast(t('message.cancelled'));
      await this.load();
    } catch (error) {
      toast(error instanceof ApiError ? problemText(error.code) : message(error), 'bad');
    }
  }

  private endText(): string {
    const { draft } = this;
    return draft.duration ? dateTime(new Date(now().getTime() + draft.duration * 1000), language()) : dateTime(new Date(draft.until), language());
  }

  // ---- The form ----

  private radios<T extends string>(name: string, legend: string, all: readonly (readonly [T, string])[], chosen: T, choose: (value: T) => void): TemplateResult {
    return html`<fieldset class="choice"><legend>${legend}</legend><div class="choice-row">${all.map(([value, text]) => html`<label class="choice-one ${name}-${value}"><input type="radio" name=${name} value=${value} .checked=${value === chosen} @change=${() => choose(value)}><span>${text}</span></label>`)}</div></fieldset>`;
  }

  private words(which: 'en' | 'fr'): TemplateResult {
    const words = this.draft[which];
    const set = (part: 'title' | 'text') => (event: Event): void => this.change({ [which]: { ...this.draft[which], [part]: (event.target as HTMLInputElement).value } });
    return html`<fieldset class="message-words"><legend>${languageName(which)}</legend>
      <div class="field"><label for="message-${which}-title">${t('message.title')}</label><input id="message-${which}-title" lang=${which} maxlength="120" autocomplete="off" .value=${words.title} @input=${set('title')}></div>
      <div class="field"><label for="message-${which}-text">${t('message.text')}</label><textarea id="message-${which}-text" lang=${which} rows="3" maxlength="400" .value=${words.text} @input=${set('text')}></textarea></div></fieldset>`;
  }

  private options(scope: Scope): readonly (readonly [string, string])[] {
    const sorted = (texts: Iterable<string>): (readonly [string, string])[] => [...new Set(texts)].filter(Boolean).sort((a, b) => a.localeCompare(b, language())).map((text) => [text, text] as const);
    const screens = [...fleet.screens.values()].filter(({ state }) => state !== 'retired');
    if (scope === 'sites') return sorted(screens.map(({ site }) => site));
    if (scope === 'tags') return sorted(screens.flatMap(({ tags }) => tags));
    if (scope === 'groups') return this.groups.map(({ id, name, count }) => [id, `${name} (${count})`] as const);
    if (scope === 'screens') return screens.map(({ id, name, site }) => [id, site ? `${name} · ${site}` : name] as const).sort(([, a], [, b]) => a.localeCompare(b, language())).slice(0, 500);
    return [];
  }

  private targets(): TemplateResult {
    const { scope, chosen } = this.draft;
    const options = this.options(scope);
    const tick = (value: string) => (event: Event): void => this.change({ chosen: (event.target as HTMLInputElement).checked ? [...chosen, value] : chosen.filter((one) => one !== value) });
    return html`${this.radios<Scope>('scope', t('message.targets'), scopes.map((one) => [one, t(`message.scope_${one}`)] as const), scope, (value) => this.change({ scope: value, chosen: [] }))}
      ${scope === 'all' ? nothing : options.length ? html`<fieldset class="message-picks"><legend class="sr">${t(`message.scope_${scope}`)}</legend>${repeat(options, ([value]) => value, ([value, text]) => html`<label class="check"><input type="checkbox" class="box" .checked=${chosen.includes(value)} @change=${tick(value)}><span>${text}</span></label>`)}</fieldset>`
        : html`<p class="sub">${t('message.scope_none')}</p>`}
      <p class="message-count" role="status">${this.count ? html`<strong>${t('message.count', { n: this.count.count })}</strong>${this.count.offline ? html` <span class="sub">${t('message.count_offline', { n: this.count.offline })}</span>` : nothing}` : t('message.count_none')}</p>`;
  }

  private end(): TemplateResult {
    const { duration: chosen, until } = this.draft;
    return html`<div class="message-end"><div class="field"><label for="message-duration">${t('message.end')}</label><select id="message-duration" @change=${(event: Event) => this.change({ duration: Number((event.target as HTMLSelectElement).value) })}>
      ${durations.map((seconds) => html`<option value=${seconds} ?selected=${seconds === chosen}>${t('message.end_after', { time: duration(seconds, language()) })}</option>`)}<option value="0" ?selected=${!chosen}>${t('message.end_at')}</option></select></div>
      ${chosen ? nothing : html`<div class="field"><label for="message-until">${t('message.end_time')}</label><input id="message-until" type="datetime-local" .value=${until} @input=${(event: Event) => this.change({ until: (event.target as HTMLInputElement).value })}></div>`}</div>`;
  }

  private preview(): TemplateResult {
    const set = (more: { upright?: boolean; shownIn?: 'en' | 'fr' }): void => { Object.assign(this, more); this.later(0); };
    return html`<section class="card"><header class="card-head"><h2>${t('message.picture')}</h2></header>
      <div class="message-frame ${this.upright ? 'upright' : ''}" role="status">${this.picture ? html`<img class="message-picture" src=${this.picture} alt=${t('message.picture_alt')}>` : html`<p class="sub">${this.pictureProblem || t('message.picture_none')}</p>`}</div>
      <div class="message-looks">${this.radios<'en' | 'fr'>('shown-in', t('message.picture_language'), (['en', 'fr'] as const).map((one) => [one, languageName(one)] as const), this.shownIn, (value) => set({ shownIn: value }))}
        ${this.radios<'lying' | 'upright'>('turned', t('message.picture_shape'), [['lying', t('message.lying')], ['upright', t('message.upright')]], this.upright ? 'upright' : 'lying', (value) => set({ upright: value === 'upright' }))}</div>
      <p class="hint">${t('message.picture_hint')}</p></section>`;
  }

  private form(): TemplateResult {
    const { draft } = this;
    return html`<section class="card message-form"><header class="card-head"><h2>${t('message.new')}</h2></header>
      <div class="message-templates" role="group" aria-label=${t('message.templates')}>${(Object.keys(templates) as Template[]).map((name) => html`<button class="button" type="button" @click=${() => this.begin(name)}>${t(`message.template_${name}`)}</button>`)}</div>
      ${this.radios<Severity>('severity', t('message.severity'), severities.map((one) => [one, t(`message.severity_${one}`)] as const), draft.severity, (severity) => this.change({ severity, style: styleOf(severity) }))}
      ${this.radios<Style>('style', t('message.style'), (['full', 'band'] as const).map((one) => [one, t(`message.style_${one}`)] as const), draft.style, (style) => this.change({ style }))}
      ${this.words('en')}${this.words('fr')}${this.targets()}${this.end()}
      <button class="button danger wide message-send" @click=${() => this.send()}>${icon('send')}<span>${t('message.send')}</span></button></section>`;
  }

  // ---- Those that there are ----

  private row(one: Message): TemplateResult {
    const title = (one.texts.find(({ language: code }) => code === language()) ?? one.texts[0])?.title ?? '';
    const running = one.state === 'running' || one.state === 'waiting';
    return html`<li class="told message-row"><span class="message-mark severity-${one.severity}">${icon(one.severity === 'info' ? 'bell' : 'trouble')}</span>
      <span class="told-text"><strong>${title}</strong><span class="sub">${t(`message.severity_${one.severity}`)} · ${t(`message.style_${one.style}`)} · ${one.sent_by}</span>
        <span class="sub">${one.state === 'cancelled' ? t('message.was_cancelled', { time: dateTime(new Date(one.cancelled ?? one.until), language()) }) : t(running ? 'message.until' : 'message.ended', { time: dateTime(new Date(one.until), language()) })}</span></span>
      <span class="told-side"><span>${one.state === 'waiting' ? t('message.begins', { time: dateTime(new Date(one.from), language()) }) : running ? t('message.shown', { n: one.shown, all: one.screens }) : t(`message.state_${one.state as 'over' | 'cancelled'}`)}</span></span>
      ${running && this.able() ? html`<span class="told-acts"><button class="button danger" aria-label=${t('message.cancel_one', { title })} @click=${() => void this.cancel(one)}>${t('message.cancel')}</button></span>` : nothing}</li>`;
  }

  private list(): TemplateResult {
    const items = this.items ?? [];
    const running = items.filter(({ state }) => state === 'running' || state === 'waiting');
    const over = items.filter(({ state }) => state === 'over' || state === 'cancelled').slice(0, OVER);
    return html`<section class="card"><h2>${t('message.running')}</h2>${running.length ? html`<ul class="telling" aria-label=${t('message.running')}>${repeat(running, ({ id }) => id, (one) => this.row(one))}</ul>` : html`<p class="sub">${t('message.none_running')}</p>`}</section>
      ${over.length ? html`<section class="card"><h2>${t('message.past')}</h2><ul class="telling" aria-label=${t('message.past')}>${repeat(over, ({ id }) => id, (one) => this.row(one))}</ul></section>` : nothing}`;
  }

  override render(): TemplateResult {
    const head = html`<header class="head"><div><h1>${t('messages.title')}</h1><p class="head-sub">${t('messages.lead')}</p></div></header>`;
    if (this.problem) return html`${head}${problemPanel(this.problem, () => void this.load())}`;
    if (!this.items) return html`${head}<div class="skeleton" aria-busy="true"><div class="skeleton-row"></div><div class="skeleton-row"></div></div>`;
    if (!this.able()) return this.items.length ? html`${head}<div class="split-side">${this.list()}</div>` : html`${head}${blankPanel('bell', t('message.none_running'), t('messages.lead'))}`;
    return html`${head}<div class="split messages"><div class="split-side">${this.form()}</div><div class="split-side">${this.preview()}${this.list()}</div></div>`;
  }
}
customElements.define('pp-messages', PpMessages);
