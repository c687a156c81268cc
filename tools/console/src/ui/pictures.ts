// The last picture that each screen has sent, of all that one may see: read as they come into view, taken anew together.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask, exchange } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { ScreenRow } from '../api/schema.js';
import { ago } from '../lib/format.js';
import { collator, language, t } from '../lib/i18n.js';
import { BASE } from '../lib/router.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { blankPanel, clock, message, now, stateBadge } from './parts.js';
import { toast } from './toast.js';

const SHOWN = 60;
const AT_ONCE = 500; // screens that are asked in one request

class PpPicture extends PpElement {
  static override properties = { screen: { attribute: false }, address: { state: true }, taken: { state: true } };
  declare screen: ScreenRow;
  declare address: string;
  declare taken: string;
  private seen = false;
  private readonly watch = new IntersectionObserver((entries) => { if (entries.some(({ isIntersecting }) => isIntersecting) && !this.seen) { this.seen = true; void this.load(); } }, { rootMargin: '200px' });

  constructor() {
    super();
    this.address = '';
    this.taken = '';
    this.while.on(clock, 'tick', () => this.requestUpdate());
    this.while.on(fleet, 'commands', (event) => { if (this.seen && (event as CustomEvent<readonly string[]>).detail.includes(this.screen.id)) void this.load(); });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.watch.disconnect();
    this.seen = false;
    this.show('', '');
  }

  private show(address: string, taken: string): void {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = address;
    this.taken = taken;
  }

  private async load(): Promise<void> {
    try {
      const { value, headers } = await exchange('GET /api/v1/screens/{id}/picture', { path: { id: this.screen.id } });
      if (this.isConnected) this.show(URL.createObjectURL(value), headers.get('pingplay-taken') ?? '');
    } catch (error) {
      if (error instanceof ApiError && error.code === 'not-found') this.show('', '');
    }
  }

  override render(): TemplateResult {
    const { screen } = this;
    return html`<figure class="snap"><a class="snap-picture" href="${BASE}/screens/${screen.id}">${this.address ? html`<img src=${this.address} alt=${t('screen.picture_alt', { name: screen.name })}>` : html`<span class="shot-none">${icon('screens')}<span><span class="sr">${screen.name}: </span>${t('pictures.none')}</span></span>`}</a>
      <figcaption><strong>${screen.name}</strong><span class="sub">${screen.site || t('screens.no_site')}</span>
        <span class="snap-foot">${stateBadge(screen.state)}${this.taken ? html`<span class="sub">${ago(new Date(this.taken), now(), language())}</span>` : nothing}</span></figcaption></figure>`;
  }
}
customElements.define('pp-picture', PpPicture);

class PpPictures extends PpElement {
  static override properties = { site: {}, shown: { state: true }, busy: { state: true } };
  declare site: string;
  declare shown: number;
  declare busy: boolean;

  constructor() {
    super();
    this.site = '';
    this.shown = SHOWN;
    this.busy = false;
    this.while.on(fleet, 'change', () => this.requestUpdate());
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('site')) this.shown = SHOWN;
  }

  private screens(): ScreenRow[] {
    return [...fleet.screens.values()].filter(({ site, state }) => state !== 'retired' && (!this.site || site === this.site)).sort((a, b) => collator().compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
  }

  private async take(screens: readonly ScreenRow[]): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const { items } = await ask('POST /api/v1/screens/actions', { body: { action: 'command', screens: screens.slice(0, AT_ONCE).map(({ id }) => id), request: { name: 'screenshot' } } });
      const asked = items.filter(({ outcome }) => outcome === 'done').length;
      toast(t('pictures.asked', { n: asked }), asked ? 'good' : 'bad');
    } catch (error) {
      toast(message(error), 'bad');
    } finally {
      this.busy = false;
    }
  }

  override render(): TemplateResult {
    const all = this.screens();
    if (!all.length) return fleet.loaded ? blankPanel('camera', t('screens.none_title'), t('pictures.none_text')) : html`<div class="skeleton" aria-busy="true"><div class="skeleton-row tall"></div></div>`;
    const shown = all.slice(0, this.shown);
    return html`<div class="pictures-head"><p class="sub">${t('screens.count', { n: all.length })}</p><button class="button" aria-disabled=${this.busy ? 'true' : 'false'} @click=${() => void this.take(shown)}>${icon('camera')}<span>${t('pictures.take', { n: shown.length })}</span></button></div>
      <div class="snaps">${repeat(shown, ({ id }) => id, (screen) => html`<pp-picture .screen=${screen}></pp-picture>`)}</div>
      ${all.length > shown.length ? html`<div class="more"><button class="button" @click=${() => { this.shown += SHOWN; }}>${t('content.more')}</button></div>` : nothing}`;
  }
}
customElements.define('pp-pictures', PpPictures);
