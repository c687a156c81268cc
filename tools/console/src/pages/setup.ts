// The first account, of whoever has the link: its token stands behind the '#', which the browser sends to nobody by itself.
import { html, nothing, type TemplateResult } from 'lit';

import { ApiError, ask, setUp } from '../api/client.js';
import type { Session } from '../api/schema.js';
import { t, type Word } from '../lib/i18n.js';
import { deviceName, makePasskey, PasskeyNot, passkeysPossible } from '../lib/passkey.js';
import { PpElement } from '../ui/element.js';
import { brand, icon } from '../ui/icons.js';
import { passwordField } from '../ui/password-field.js';
import { blankPanel, message } from '../ui/parts.js';

const TOKEN = /^[\w-]{43}$/;
const PASSWORD_LEAST = 10;

class PpSetup extends PpElement {
  static override properties = { works: { state: true }, problem: { state: true }, busy: { state: true }, byPassword: { state: true }, shown: { state: true }, missing: { state: true } };
  declare works: boolean | undefined; // the link does; undefined: not known yet
  declare owner: string; // whose password it is for; "": the link makes the first account
  declare problem: string;
  declare busy: boolean;
  declare byPassword: boolean;
  declare shown: boolean;
  declare missing: Partial<Record<'name' | 'password', Word>>;
  private readonly token = location.hash.slice(1);
  private readonly passkeys = passkeysPossible();

  constructor() {
    super();
    this.works = undefined;
    this.owner = '';
    this.problem = '';
    this.busy = false;
    this.byPassword = !this.passkeys;
    this.shown = false;
    this.missing = {};
    void this.check();
  }

  private async check(): Promise<void> {
    this.problem = '';
    if (!TOKEN.test(this.token)) {
      this.works = false;
      this.problem = t('setup.none');
      return;
    }
    try {
      this.owner = (await ask('POST /api/v1/setup/check', { body: { token: this.token } })).name ?? '';
      if (this.owner) this.byPassword = true;
      this.works = true;
    } catch (error) {
      this.works = false;
      this.problem = error instanceof ApiError && error.code === 'setup-link-invalid' ? t('setup.invalid') : message(error);
    }
  }

  private value(id: 'name' | 'password'): string { return this.querySelector<HTMLInputElement>(`#${id}`)?.value ?? ''; }

  private async refuse(missing: PpSetup['missing']): Promise<void> {
    this.missing = missing;
    await this.updateComplete;
    this.querySelector<HTMLInputElement>('[aria-invalid="true"]')?.focus();
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const [name, password] = [this.owner || this.value('name').trim(), this.value('password')];
    const missing: PpSetup['missing'] = { ...(name ? {} : { name: 'sign_in.name_missing' as const }), ...(this.byPassword && [...password].length < PASSWORD_LEAST ? { password: 'setup.password_wrong' as const } : {}) };
    this.problem = '';
    await this.refuse(missing);
    if (Object.keys(missing).length) return;
    this.busy = true;
    try {
      await this.make(name, password);
    } catch (error) {
      this.tell(error);
    } finally {
      this.busy = false;
    }
  }

  private async make(name: string, password: string): Promise<void> {
    const account = { token: this.token, name };
    let session: Session;
    if (this.byPassword) {
      session = await setUp({ ...account, password });
    } else {
      const passkey = await makePasskey(await ask('POST /api/v1/setup/passkey-options', { body: account }));
      session = await setUp({ ...account, passkey, passkey_name: deviceName(navigator.userAgent) || name });
    }
    this.dispatchEvent(new CustomEvent<Session>('signed-in', { detail: session, bubbles: true }));
  }

  private tell(error: unknown): void {
    if (error instanceof PasskeyNot || (error instanceof ApiError && error.code === 'passkey-refused')) {
      this.byPassword = true;
      this.problem = t('setup.passkey_not');
    } else if (error instanceof ApiError && error.code === 'setup-link-invalid') {
      this.works = false;
      this.problem = t('setup.invalid');
    } else if (error instanceof ApiError && error.code === 'body-invalid') {
      void this.refuse(error.parameter === 'password' ? { password: 'setup.password_wrong' } : { name: 'setup.name_wrong' });
    } else {
      this.problem = message(error);
    }
  }

  private choose(byPassword: boolean): void {
    this.byPassword = byPassword;
    this.problem = '';
    this.missing = {};
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(byPassword ? '#password' : '.button.primary')?.focus());
  }

  private form(): TemplateResult {
    const { missing, owner } = this;
    return html`<form novalidate @submit=${(event: Event) => void this.submit(event)}>
      <div role="alert" class="form-problem">${this.problem ? html`<p class="callout bad">${icon('trouble')}<span>${this.problem}</span></p>` : nothing}</div>
      <div class="field ${missing.name ? 'wrong' : ''}"><label for="name">${t('setup.name')}</label>
        <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="100" required ?readonly=${Boolean(owner)} .value=${owner} aria-invalid=${missing.name ? 'true' : 'false'} aria-describedby="name-problem">
        <p class="field-problem" id="name-problem">${missing.name ? t(missing.name) : nothing}</p></div>
      ${this.byPassword
        ? html`${passwordField({ id: 'password', label: t('sign_in.password'), hint: t('setup.password_hint'), problem: missing.password ? t(missing.password) : '', autocomplete: 'new-password',
            shown: this.shown, show: (shown) => { this.shown = shown; } })}`
        : html`<p class="callout">${icon('key')}<span>${t('setup.passkey_text')}</span></p>`}
      <button class="button primary wide" type="submit" aria-disabled=${this.busy ? 'true' : 'false'}>${this.byPassword ? nothing : icon('key')}<span>${t(owner ? 'setup.join' : this.byPassword ? 'setup.submit' : 'setup.passkey')}</span></button>
      ${this.passkeys && !owner ? html`<button class="button quiet wide" type="button" @click=${() => this.choose(!this.byPassword)}>${t(this.byPassword ? 'setup.with_passkey' : 'setup.with_password')}</button>` : nothing}
    </form>`;
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has('works') && this.works) this.querySelector<HTMLElement>(this.owner ? '#password' : '#name')?.focus();
  }

  override render(): TemplateResult {
    if (this.works === false) {
      return html`<div class="sign-in"><h1 class="sr">${t('setup.title')}</h1>${blankPanel('trouble', t('setup.not_title'), this.problem, html`<a class="button primary" href="/console/sign-in">${t('sign_in.submit')}</a>`)}</div>`;
    }
    if (this.works === undefined) return html`<p class="sr" role="status">${t('app.loading')}</p>`;
    return html`<div class="sign-in">
      <div class="sign-in-brand">${brand()}<span>${t('app.name')}</span></div>
      <section class="card sign-in-card"><h1>${t('setup.title')}</h1><p class="head-sub">${t(this.owner ? 'setup.lead_join' : 'setup.lead')}</p>${this.form()}</section></div>`;
  }
}
customElements.define('pp-setup', PpSetup);
