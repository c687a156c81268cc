// One screen.
import { html, nothing, type TemplateResult } from 'lit';

import { ApiError, ask, exchange } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { Command, Screen, ScreenEvents } from '../api/schema.js';
import { date, dateTime, timeIn } from '../lib/format.js';
import { language, report, t } from '../lib/i18n.js';
import { BASE } from '../lib/router.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { blankPanel, clock, message, now, problemPanel, seenText, seenTitle, stateBadge, troubleText } from '../ui/parts.js';
import { actionItem, editScreen, removeScreen, restoreScreen, retireScreen, revokeScreen } from '../ui/screen-actions.js';
import { toast } from '../ui/toast.js';
import '../ui/level-settings.js';
import '../ui/menu.js';
import { onAt } from '../ui/on-at-later.js';
import '../ui/screen-commands.js';
import '../ui/screen-machine.js';
import '../ui/screen-plays.js';
import '../ui/screen-picture.js';

const LOOK_MS = 15000; // between two looks at what became of a command; the headend says when a screen has answered
const EVENTS_SHOWN = 12;
const pending = ({ outcome }: Command): boolean => outcome === 'waiting' || outcome === 'accepted';

class PpScreen extends PpElement {
  static override properties = { screenId: {}, screen: { state: true }, problem: { state: true }, commands: { state: true }, events: { state: true }, allEvents: { state: true } };
  declare screenId: string;
  declare screen: Screen | undefined;
  declare problem: ApiError | undefined;
  declare commands: readonly Command[];
  declare events: ScreenEvents['items'];
  declare allEvents: boolean;
  private etag = '';
  private timer = 0;

  constructor() {
    super();
    this.screenId = '';
    this.screen = undefined;
    this.problem = undefined;
    this.commands = [];
    this.events = [];
    this.allEvents = false;
    this.while.on(fleet, 'screens', (event) => { if ((event as CustomEvent<string[]>).detail.includes(this.screenId)) void this.load(); });
    this.while.on(fleet, 'commands', (event) => { if ((event as CustomEvent<string[]>).detail.includes(this.screenId)) void this.loadCommands(); });
    this.while.on(fleet, 'again', () => {
      void this.load();
      void this.loadCommands();
    });
    this.while.on(clock, 'tick', () => this.requestUpdate());
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('screenId')) return;
    this.screen = undefined;
    this.commands = [];
    this.events = [];
    void this.load();
    void this.loadCommands();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  async load(): Promise<void> {
    const id = this.screenId;
    try {
      const [{ value, headers }, events] = await Promise.all([exchange('GET /api/v1/screens/{id}', { path: { id } }), ask('GET /api/v1/screens/{id}/events', { path: { id } })]);
      if (id !== this.screenId) return;
      this.screen = value;
      this.etag = headers.get('etag') ?? '';
      this.events = events.items;
      this.problem = undefined;
    } catch (error) {
      // One that is shown stays where it cannot be read just now; one that has gone does not.
      const problem = error instanceof ApiError ? error : new ApiError('other', 0, String(error));
      if (problem.code === 'not-found') this.screen = undefined;
      this.problem = problem;
    }
  }

  // Again and again while something is asked of it that it has not answered.
  private async loadCommands(): Promise<void> {
    const id = this.screenId;
    clearTimeout(this.timer);
    try {
      const { items } = await ask('GET /api/v1/screens/{id}/commands', { path: { id } });
      if (id !== this.screenId || !this.isConnected) return;
      this.commands = items;
    } catch {
      // what is shown stays; the next look is another attempt
    }
    if (this.commands.some(pending)) this.timer = setTimeout(() => void this.loadCommands(), LOOK_MS);
  }

  private readonly changed = (): void => void this.load();

  private actions(screen: Screen): TemplateResult {
    const retired = screen.state === 'retired';
    const panel = (): TemplateResult => html`
      ${retired ? actionItem(t('screen.remove'), () => removeScreen(screen), true) : html`${actionItem(t('screen.revoke'), () => revokeScreen(screen, this.changed))}${actionItem(t('screen.retire'), () => retireScreen(screen, this.changed), true)}`}
      <a class="menu-item" href="/admin/screens/${screen.id}" target="_self">${icon('external')}<span>${t('screen.more')}</span></a>`;
    return html`<div class="head-actions">${retired
      ? html`<button class="button primary" @click=${() => void restoreScreen(screen).then(this.changed, (error: unknown) => toast(message(error), 'bad'))}>${t('screen.restore')}</button>`
      : html`<button class="button" @click=${() => editScreen(screen, this.etag, (value, etag) => { this.screen = value; this.etag = etag; })}>${t('screen.edit')}</button>`}
      <pp-menu class="actions-menu" label=${t('screen.actions')} .button=${html`<span class="button">${icon('more')}</span>`} .panel=${panel}></pp-menu></div>`;
  }

  private async renew(screen: Screen): Promise<void> {
    try {
      await ask('POST /api/v1/screens/{id}/commands', { path: { id: screen.id }, body: { name: 'renew-certificate' } });
      toast(t('screen.command_sent'));
      void this.loadCommands();
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

  private timeline(): TemplateResult {
    return html`<section class="card"><h2>${t('screen.events')}</h2>${this.events.length ? html`<ul class="telling">${this.events.slice(0, this.allEvents ? undefined : EVENTS_SHOWN).map((one) => html`<li class="told"><span class="told-text">${report('event', one.kind) ?? html`<code>${one.kind}</code>`}</span>
      <span class="told-side"><span class="sub">${one.time ? dateTime(new Date(one.time), language()) : nothing}</span></span></li>`)}</ul>${this.events.length > EVENTS_SHOWN ? html`<button class="button small-text" aria-expanded=${this.allEvents ? 'true' : 'false'} @click=${() => { this.allEvents = !this.allEvents; }}>${this.allEvents ? t('screen.events_fewer') : t('screen.events_all', { n: this.events.length })}</button>` : nothing}` : html`<p class="sub">${t('screen.events_none')}</p>`}</section>`;
  }

  private facts(rows: readonly (readonly [string, TemplateResult | string])[]): TemplateResult {
    return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
  }

  private async copy(text: string): Promise<void> {
    await navigator.clipboard.writeText(text);
    toast(t('action.copied'));
  }

  private copied(text: string): TemplateResult {
    return html`<span class="copied"><code>${text}</code><button class="button quiet icon-only small" aria-label=${t('action.copy')} title=${t('action.copy')} @click=${() => void this.copy(text)}>${icon('copy')}</button></span>`;
  }

  private trouble(screen: Screen): TemplateResult | typeof nothing {
    if (!screen.trouble) return nothing;
    const known = troubleText(screen);
    return html`<section class="callout bad">${icon('trouble')}<div><p><strong>${known}</strong> <code>${screen.trouble.code}</code></p>
      ${screen.trouble.text && screen.trouble.text !== known ? html`<p class="sub" lang="en">${t('screen.says', { text: screen.trouble.text })}</p>` : nothing}</div></section>`;
  }

  private cards(screen: Screen): TemplateResult {
    const here = timeIn(screen.time_zone, now(), language());
    const able = screen.state !== 'retired';
    const shots = this.commands.filter(({ name }) => name === 'screenshot');
    return html`<div class="cards flow">
      <pp-screen-picture .screenId=${screen.id} .name=${screen.name} .able=${able} .picture=${screen.picture} .last=${shots[0]}
        @asked=${() => void this.loadCommands()}></pp-screen-picture>
      <section class="card"><h2>${t('screen.now')}</h2>${this.facts([
        [t('screen.state'), stateBadge(screen.state)],
        [t('screen.channel'), screen.channel ? html`<a href="${BASE}/channels/${screen.channel.id}">${screen.channel.title}</a>` : t('screens.no_channel')],
        [t('screen.site'), screen.site ? html`<a href="${BASE}/settings?site=${encodeURIComponent(screen.site)}">${screen.site}</a>` : t('screens.no_site')],
        [t('content.tags'), screen.tags.length ? html`<span class="tags">${screen.tags.map((tag) => html`<a class="tag" href="${BASE}/?tag=${encodeURIComponent(tag)}">${tag}</a>`)}</span>` : t('content.tags_none')],
        ...(screen.software ? [[t('screens.filter_software'), screen.software] as const] : []),
        [t('screen.seen'), html`<span title=${seenTitle(screen)}>${seenText(screen, now())}</span>`],
        ...(here ? [[t('screen.local_time'), here] as const] : []),
      ])}</section>
      <section class="card"><h2>${t('screen.settings')}</h2><pp-level-settings .level=${{ kind: 'screen', id: screen.id }}></pp-level-settings></section>
      <section class="card"><header class="card-head"><h2>${t('screen.identity')}</h2>${able && screen.certificate_expires ? html`<button class="button" @click=${() => void this.renew(screen)}>${t('screen.renew')}</button>` : nothing}</header>${this.facts([
        [t('screen.access'), t(`screen.access_${screen.access}`)],
        [t('screen.fingerprint'), this.copied(screen.fingerprint)],
        [t('screen.certificate'), screen.certificate_expires ? date(new Date(screen.certificate_expires), language()) : '—'],
        [t('screen.id'), this.copied(screen.id)],
      ])}</section>
      <pp-screen-machine .screenId=${screen.id} .able=${able} .diagnosis=${this.commands.find(({ name }) => name === 'diagnose')} @asked=${() => void this.loadCommands()}></pp-screen-machine>
      <pp-screen-plays .screenId=${screen.id}></pp-screen-plays>
      <pp-screen-commands .screenId=${screen.id} .able=${able} .items=${this.commands} @asked=${() => void this.loadCommands()}></pp-screen-commands>
      ${this.timeline()}
      ${able ? onAt(screen, () => this.requestUpdate()) : nothing}
    </div>`;
  }

  override render(): TemplateResult {
    const { screen, problem } = this;
    const back = html`<a class="back" href="${BASE}/">${icon('back')}<span>${t('action.back')}</span></a>`;
    if (!screen && problem?.code === 'not-found') return html`${back}<h1 class="sr">${t('screen.gone_title')}</h1>${blankPanel('screens', t('screen.gone_title'), t('screen.gone_text'))}`;
    if (!screen && problem) return html`${back}<h1 class="sr">${t('error.title')}</h1>${problemPanel(problem, () => void this.load())}`;
    if (!screen) return html`${back}<h1 class="sr">${t('app.loading')}</h1><div class="skeleton" aria-busy="true"><div class="skeleton-row"></div><div class="skeleton-row tall"></div></div>`;
    return html`${back}
      <header class="head"><div><h1>${screen.name}</h1><p class="head-sub">${screen.site || t('screens.no_site')}</p></div>
        ${this.actions(screen)}</header>
      ${this.trouble(screen)}${this.cards(screen)}`;
  }
}
customElements.define('pp-screen', PpScreen);
