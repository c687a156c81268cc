// By a passkey, or by name and password.
import { html, nothing, type TemplateResult } from 'lit';

import { ApiError, signIn, signInByPasskey } from '../api/client.js';
import type { Session } from '../api/schema.js';
import { t } from '../lib/i18n.js';
import { PasskeyNot, passkeysPossible } from '../lib/passkey.js';
import { PpElement } from '../ui/element.js';
import { brand, icon } from '../ui/icons.js';
import { passwordField } from '../ui/password-field.js';
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
    return this.attempt(() => signIn(name, password), (error) => this.refuse(error instanceof ApiError ? error : new ApiError('other', 0, '')));
  }

  private byPasskey(): Promise<void> {
    this.missing = { name: false, password: false };
    return this.attempt(signInByPasskey, (error) => {
      this.problem = t(error instanceof PasskeyNot ? 'sign_in.passkey_not' : 'problem.passkey-refused');
      if (error instanceof ApiError && error.code !== 'passkey-refused') this.problem = problemText(error.code);
      if (error instanceof ApiError && error.code === 'too-many-attempts') this.waits(Math.max(1, error.retryAfter));
    });
  }

  private async attempt(way: () => Promise<Session>, refused: (error: unknown) => void): Promise<void> {
    if (this.busy || this.wait > 0) return;
    this.problem = '';
    this.busy = true;
    try {
      this.dispatchEvent(new CustomEvent<Session>('signed-in', { detail: await way(), bubbles: true }));
    } catch (error) {
      refused(error);
    } finally {
      this.busy = false;
    }
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

  private typed(id: 'name' | 'password'): void { if (this.missing[id]) this.missing = { ...this.missing, [id]: false }; }

  private nameField(): TemplateResult {
    const missing = this.missing.name;
    return html`<div class="field ${missing ? 'wrong' : ''}"><label for="name">${t('sign_in.name')}</label>
      <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required
        aria-invalid=${missing ? 'true' : 'false'} aria-describedby="name-problem" @input=${() => this.typed('name')}>
      <p class="field-problem" id="name-problem">${missing ? t('sign_in.name_missing') : nothing}</p></div>`;
  }

  override render(): TemplateResult {
    const text = this.text();
    return html`<div class="sign-in">
      <div class="sign-in-brand">${brand()}<span>${t('app.name')}</span></div>
      <section class="card sign-in-card"><h1>${t('sign_in.title')}</h1><p class="head-sub">${this.notice || t('sign_in.lead')}</p>
        <form novalidate @submit=${(event: Event) => void this.submit(event)}>
          <div role="alert" class="form-problem">${text ? html`<p class="callout bad">${icon('trouble')}<span>${text}</span></p>` : nothing}</div>
          ${this.nameField()}
          ${passwordField({ id: 'password', label: t('sign_in.password'), problem: this.missing.password ? t('sign_in.password_missing') : '', autocomplete: 'current-password',
            shown: this.shown, show: (shown) => { this.shown = shown; }, typed: () => this.typed('password') })}
          <button class="button primary wide" type="submit" aria-disabled=${this.busy || this.wait > 0 ? 'true' : 'false'}>${t(this.busy ? 'sign_in.busy' : 'sign_in.submit')}</button>
          ${passkeysPossible() ? html`<p class="or"><span>${t('sign_in.or')}</span></p>
            <button class="button wide" type="button" aria-disabled=${this.busy || this.wait > 0 ? 'true' : 'false'} @click=${() => void this.byPasskey()}>${icon('key')}<span>${t('sign_in.passkey')}</span></button>` : nothing}
        </form></section></div>`;
  }
}
customElements.define('pp-sign-in', PpSignIn);
