// The last picture that a screen has sent, and the way to another one: the screen is asked, takes it, and sends it sealed.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ApiError, ask, exchange } from '../api/client.js';
import { ago } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { clock, message, now } from './parts.js';
import { toast } from './toast.js';

class PpScreenPicture extends PpElement {
  static override properties = { screenId: {}, name: {}, waits: { type: Boolean }, able: { type: Boolean }, version: {}, address: { state: true }, taken: { state: true } };
  declare screenId: string;
  declare name: string;
  declare waits: boolean; // the screen is asked, and has not answered
  declare able: boolean; // it can be asked
  declare version: string; // another one: there may be another picture
  declare address: string;
  declare taken: string;

  constructor() {
    super();
    this.screenId = '';
    this.name = '';
    this.waits = false;
    this.able = true;
    this.version = '';
    this.address = '';
    this.taken = '';
    this.while.on(clock, 'tick', () => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.show('', '');
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('screenId') || changed.has('version')) void this.load();
  }

  private show(address: string, taken: string): void {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = address;
    this.taken = taken;
  }

  private async load(): Promise<void> {
    const id = this.screenId;
    try {
      const { value, headers } = await exchange('GET /api/v1/screens/{id}/picture', { path: { id } });
      if (id === this.screenId && this.isConnected) this.show(URL.createObjectURL(value), headers.get('pingplay-taken') ?? '');
    } catch (error) {
      if (id !== this.screenId) return;
      if (error instanceof ApiError && error.code === 'not-found') this.show('', '');
    }
  }

  private async take(): Promise<void> {
    if (this.waits) return;
    try {
      await ask('POST /api/v1/screens/{id}/commands', { path: { id: this.screenId }, body: { name: 'screenshot' } });
      this.dispatchEvent(new CustomEvent('asked'));
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

  override render(): TemplateResult {
    return html`<section class="card picture-card"><header class="card-head"><h2>${t('screen.picture')}</h2>${this.able ? html`<button class="button" aria-disabled=${this.waits ? 'true' : 'false'} @click=${() => void this.take()}>${icon('camera')}
        <span>${t('screen.picture_take')}</span></button>` : nothing}</header>
      <figure class="shot">${this.address ? html`<img src=${this.address} alt=${t('screen.picture_alt', { name: this.name })}>` : html`<div class="shot-none">${icon('screens')}<p>${t('screen.picture_none')}</p></div>`}
        <figcaption class="sub"><span role="status">${this.waits ? t('screen.picture_waits') : this.taken ? t('screen.picture_taken', { when: ago(new Date(this.taken), now(), language()) }) : nothing}</span></figcaption></figure></section>`;
  }
}
customElements.define('pp-screen-picture', PpScreenPicture);
