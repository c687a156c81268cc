// One screen.
import { html, nothing, type TemplateResult } from 'lit';

import { ApiError, ask } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { Screen } from '../api/schema.js';
import { date, duration, timeIn } from '../lib/format.js';
import { language, languageName, t } from '../lib/i18n.js';
import { BASE } from '../lib/router.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { blankPanel, clock, now, problemPanel, seenText, seenTitle, stateBadge, troubleText } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

class PpScreen extends PpElement {
  static override properties = { screenId: {}, screen: { state: true }, problem: { state: true } };
  declare screenId: string;
  declare screen: Screen | undefined;
  declare problem: ApiError | undefined;

  constructor() {
    super();
    this.screenId = '';
    this.screen = undefined;
    this.problem = undefined;
    this.while.on(fleet, 'screens', (event) => { if ((event as CustomEvent<string[]>).detail.includes(this.screenId)) void this.load(); });
    this.while.on(clock, 'tick', () => this.requestUpdate());
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('screenId')) return;
    this.screen = undefined;
    void this.load();
  }

  async load(): Promise<void> {
    const id = this.screenId;
    try {
      const screen = await ask('GET /api/v1/screens/{id}', { path: { id } });
      if (id !== this.screenId) return;
      this.screen = screen;
      this.problem = undefined;
    } catch (error) {
      // One that is shown stays where it cannot be read just now; one that has gone does not.
      const problem = error instanceof ApiError ? error : new ApiError('other', 0, String(error));
      if (problem.code === 'not-found') this.screen = undefined;
      this.problem = problem;
    }
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
    const after = (seconds: number): string => (seconds ? t('screen.after', { time: duration(seconds, language()) }) : t('screen.never'));
    return html`<div class="cards">
      <section class="card"><h2>${t('screen.now')}</h2>${this.facts([
        [t('screen.state'), stateBadge(screen.state)],
        [t('screen.channel'), screen.channel?.title ?? t('screens.no_channel')],
        [t('screen.seen'), html`<span title=${seenTitle(screen)}>${seenText(screen, now())}</span>`],
        ...(here ? [[t('screen.local_time'), here] as const] : []),
      ])}</section>
      <section class="card"><h2>${t('screen.settings')}</h2>${this.facts([
        [t('screen.site'), screen.site || t('screens.no_site')],
        [t('screen.time_zone'), screen.time_zone],
        [t('screen.locale'), languageName(screen.locale)],
        [t('screen.rotation'), screen.rotation ? t('screen.rotation_value', { n: screen.rotation }) : t('screen.rotation_none')],
        [t('screen.offline_mark'), screen.offline_mark ? t('screen.yes') : t('screen.no')],
        [t('screen.lock_after'), after(screen.lock_after_s)],
        [t('screen.erase_after'), after(screen.erase_after_s)],
      ])}</section>
      <section class="card"><h2>${t('screen.identity')}</h2>${this.facts([
        [t('screen.access'), t(`screen.access_${screen.access}`)],
        [t('screen.fingerprint'), this.copied(screen.fingerprint)],
        [t('screen.certificate'), screen.certificate_expires ? date(new Date(screen.certificate_expires), language()) : t('screen.never')],
        [t('screen.id'), this.copied(screen.id)],
      ])}</section>
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
        <a class="button head-action" href="/admin/screens/${screen.id}" target="_self">${icon('external')}<span>${t('screen.more')}</span></a></header>
      ${this.trouble(screen)}${this.cards(screen)}`;
  }
}
customElements.define('pp-screen', PpScreen);
