// The last picture that a screen has sent, and the way to another one: the screen is asked, takes it, and sends it sealed. Live, it is
// asked again as soon as it has answered, for as long as somebody looks, and never for longer than LIVE_MS.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import type { Command, ScreenRow } from '../api/schema.js';
import { ago } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { clock, message, now } from './parts.js';
import { toast } from './toast.js';

const EVERY_MS = 5000; // from one picture to the next
const LIVE_MS = 300000;
const LIFETIME_S = 30; // a picture of later is none of now

const waits = (command: Command | undefined): boolean => command?.outcome === 'waiting' || command?.outcome === 'accepted';

class PpScreenPicture extends PpElement {
  static override properties = { screenId: {}, name: {}, able: { type: Boolean }, picture: { attribute: false }, last: { attribute: false }, live: { state: true }, asking: { state: true } };
  declare screenId: string;
  declare name: string;
  declare able: boolean; // it can be asked
  declare picture: ScreenRow['picture'];
  declare last: Command | undefined; // the newest screenshot that it was asked for
  declare live: boolean;
  declare asking: boolean;
  private until = 0; // ms, when live ends
  private asked = 0; // ms, when it was asked last
  private timer = 0;

  constructor() {
    super();
    this.screenId = '';
    this.name = '';
    this.able = true;
    this.picture = null;
    this.last = undefined;
    this.live = false;
    this.asking = false;
    this.while.on(clock, 'tick', () => this.requestUpdate());
    this.while.on(document, 'visibilitychange', () => this.next());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
  }

  private get waits(): boolean { return this.asking || waits(this.last); }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('screenId')) this.stop();
    const before = changed.get('last') as Command | undefined;
    if (this.live && changed.has('last') && before?.id === this.last?.id && (this.last?.outcome === 'failed' || this.last?.outcome === 'refused')) {
      toast(t('screen.picture_not', { why: this.last.reason || t(`outcome.${this.last.outcome}`) }), 'bad');
      this.stop();
    }
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('last') || changed.has('asking') || changed.has('live')) this.next();
  }

  // Asks again where it is time to, and nobody is asked already; a page that nobody sees asks for nothing.
  private next(): void {
    clearTimeout(this.timer);
    if (!this.live || this.waits || document.hidden) return;
    if (Date.now() >= this.until) {
      toast(t('screen.picture_live_ended'));
      this.stop();
      return;
    }
    this.timer = setTimeout(() => void this.take(), Math.max(0, this.asked + EVERY_MS - Date.now()));
  }

  private begin(): void {
    this.until = Date.now() + LIVE_MS;
    this.live = true;
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.live = false;
  }

  private async take(): Promise<void> {
    if (this.waits) return;
    this.asked = Date.now();
    this.asking = true;
    try {
      this.last = await ask('POST /api/v1/screens/{id}/commands', { path: { id: this.screenId }, body: { name: 'screenshot', ...(this.live ? { lifetime_s: LIFETIME_S } : {}) } });
      this.dispatchEvent(new CustomEvent('asked'));
    } catch (error) {
      this.stop();
      toast(message(error), 'bad');
    } finally {
      this.asking = false;
    }
  }

  private buttons(): TemplateResult {
    return html`<div class="buttons">${this.live ? nothing : html`<button class="button" aria-disabled=${this.waits ? 'true' : 'false'} @click=${() => void this.take()}>${icon('camera')}
        <span>${t('screen.picture_take')}</span></button>`}
      <button class="button live-button" aria-pressed=${this.live ? 'true' : 'false'} @click=${() => (this.live ? this.stop() : this.begin())}>${icon(this.live ? 'close' : 'play')}
        <span>${this.live ? t('screen.picture_stop') : t('screen.picture_live')}</span></button></div>`;
  }

  override render(): TemplateResult {
    const { picture } = this;
    const said = this.live ? t('screen.picture_live_on') : this.waits ? t('screen.picture_waits') : '';
    return html`<section class="card picture-card"><header class="card-head"><h2>${t('screen.picture')}</h2>${this.able ? this.buttons() : nothing}</header>
      <figure class="shot">${picture ? html`<img src=${picture.address} alt=${t('screen.picture_alt', { name: this.name })}>` : html`<div class="shot-none">${icon('screens')}<p>${t('screen.picture_none')}</p></div>`}
        <figcaption class="sub">${picture?.taken ? html`<span>${t('screen.picture_taken', { when: ago(new Date(picture.taken), now(), language()) })}</span>` : nothing}<span role="status">${said}</span></figcaption></figure></section>`;
  }
}
customElements.define('pp-screen-picture', PpScreenPicture);
