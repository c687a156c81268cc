// Name and password.
import { html, nothing, type TemplateResult } from 'lit';

import { ApiError, signIn } from '../api/client.js';
import type { Session } from '../api/schema.js';
import { t } from '../lib/i18n.js';
import { PpElement } from '../ui/element.js';
import { brand, icon } from '../ui/icons.js';
import { problemText } from '../ui/parts.js';

class PpSignIn extends PpElement {
  static override properties = { notice: {}, problem: { state: true }, missing: { state: true }, busy: { state: true }, shown: { state: true }, wait: { state: true } };
  declare notice: string; // why it is asked for
  declare problem: string;
  declare missing: { name: boolean; password: boolean };
  declare busy: boolean;
  declare shown: boolean;
  declare wait: number; // s, until an attempt is heard again
  private timer = 0;

  constructor() {
    super();
    this.notice = '';
    this.problem = '';
    this.missing = { name: false, password: false };
    this.busy = false;
    this.shown = false;
    this.wait = 0;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  protected override firstUpdated(): void { this.field('name').focus(); }

  private field(id: 'name' | 'password'): HTMLInputElement { return this.querySelector(`#${id}`) as HTMLInputElement; }

  private waits(seconds: number): void {
    clearInterval(this.timer);
    this.wait = seconds;
    this.timer = setInterval(() => { if (--this.wait <= 0) clearInterval(this.timer); }, 1000);
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const [name, password] = [this.field('name').value.trim(), this.field('password').value];
    this.missing = { name: !name, password: !password };
    this.problem = '';
    if (!name || !password) return this.field(name ? 'password' : 'name').focus();
    if (this.busy || this.wait > 0) return undefined;
    this.busy = true;
    try {
      this.dispatchEvent(new CustomEvent<Session>('signed-in', { detail: await signIn(name, password), bubbles: true }));
    } catch (error) {
      this.refuse(error instanceof ApiError ? error : new ApiError('other', 0, ''));
    } finally {
      this.busy = false;
    }
    return undefined;
  }

  private refuse(error: ApiError): void {
    // What is too long for a name or a password is none.
    const wrong = error.code === 'sign-in-wrong' || error.code === 'body-invalid';
    this.problem = wrong ? t('sign_in.wrong') : problemText(error.code);
    if (error.code === 'too-many-attempts') this.waits(Math.max(1, error.retryAfter));
    this.field('password').select();
    this.field('password').focus();
  }

  private text(): string {
    if (this.wait > 0) return t('sign_in.wait', { n: this.wait });
    return this.problem;
  }

  private input(id: 'name' | 'password', type: string, more: TemplateResult | typeof nothing = nothing): TemplateResult {
    const missing = this.missing[id];
    return html`<div class="field ${missing ? 'wrong' : ''}"><label for=${id}>${t(`sign_in.${id}`)}</label>
      <span class="input"><input id=${id} name=${id} type=${type} autocomplete=${id === 'name' ? 'username' : 'current-password'} autocapitalize="none" spellcheck="false" required
        aria-invalid=${missing ? 'true' : 'false'} aria-describedby="${id}-problem" @input=${() => { if (this.missing[id]) this.missing = { ...this.missing, [id]: false }; }}>${more}</span>
      <p class="field-problem" id="${id}-problem">${missing ? t(`sign_in.${id}_missing`) : nothing}</p></div>`;
  }

  override render(): TemplateResult {
    const text = this.text();
    return html`<div class="sign-in">
      <div class="sign-in-brand">${brand()}<span>${t('app.name')}</span></div>
      <section class="card sign-in-card"><h1>${t('sign_in.title')}</h1><p class="head-sub">${this.notice || t('sign_in.lead')}</p>
        <form novalidate @submit=${(event: Event) => void this.submit(event)}>
          <div role="alert" class="form-problem">${text ? html`<p class="callout bad">${icon('trouble')}<span>${text}</span></p>` : nothing}</div>
          ${this.input('name', 'text')}
          ${this.input('password', this.shown ? 'text' : 'password', html`<button class="button quiet icon-only inside" type="button" aria-pressed=${this.shown ? 'true' : 'false'}
            aria-label=${t(this.shown ? 'sign_in.hide' : 'sign_in.show')} @click=${() => { this.shown = !this.shown; }}>${icon(this.shown ? 'hidden' : 'eye')}</button>`)}
          <button class="button primary wide" type="submit" aria-disabled=${this.busy || this.wait > 0 ? 'true' : 'false'}>${t(this.busy ? 'sign_in.busy' : 'sign_in.submit')}</button>
        </form></section></div>`;
  }
}
customElements.define('pp-sign-in', PpSignIn);
