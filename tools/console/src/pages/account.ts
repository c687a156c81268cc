// One's own account: how one signs in, and where one is signed in.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask } from '../api/client.js';
import type { Passkey, Sessions } from '../api/schema.js';
import { ago, date, dateTime } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { deviceName, makePasskey, PasskeyNot, passkeysPossible } from '../lib/passkey.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { message, now, problemPanel } from '../ui/parts.js';
import { textField, valueOf } from '../ui/settings-form.js';
import { toast } from '../ui/toast.js';

type SessionRow = Sessions['items'][number];

const PASSWORD_LEAST = 10; // characters

class PpAccount extends PpElement {
  static override properties = { name: {}, passkeys: { state: true }, sessions: { state: true }, problem: { state: true }, busy: { state: true } };
  declare name: string;
  declare passkeys: readonly Passkey[] | undefined;
  declare sessions: readonly SessionRow[];
  declare problem: ApiError | undefined;
  declare busy: boolean;

  constructor() {
    super();
    this.name = '';
    this.passkeys = undefined;
    this.sessions = [];
    this.problem = undefined;
    this.busy = false;
    void this.load();
  }

  private async load(): Promise<void> {
    this.problem = undefined;
    try {
      const [passkeys, sessions] = await Promise.all([ask('GET /api/v1/passkeys', {}), ask('GET /api/v1/sessions', {})]);
      this.passkeys = passkeys.items;
      this.sessions = sessions.items;
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  private async add(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const passkey = await makePasskey(await ask('POST /api/v1/passkeys/options', { body: {} }));
      await ask('POST /api/v1/passkeys', { body: { name: deviceName(navigator.userAgent) || this.name, passkey } });
      toast(t('account.passkey_added'));
      await this.load();
    } catch (error) {
      toast(error instanceof PasskeyNot ? t(error.message === 'InvalidStateError' ? 'problem.passkey-known' : 'account.passkey_not') : message(error), 'bad');
    } finally {
      this.busy = false;
    }
  }

  private rename(passkey: Passkey): void {
    askFor({
      title: t('account.passkey_rename'), action: t('action.save'), fields: () => textField('name', t('account.passkey_name'), passkey.name, { required: true }),
      run: async (form) => {
        await ask('PATCH /api/v1/passkeys/{id}', { path: { id: passkey.id }, body: { name: valueOf(form, 'name') } });
        await this.load();
      },
    });
  }

  private drop(passkey: Passkey): void {
    askFor({
      title: t('account.passkey_remove_title', { name: passkey.name }), text: t('account.passkey_remove_text'), action: t('action.remove'), danger: true,
      run: async () => {
        await ask('DELETE /api/v1/passkeys/{id}', { path: { id: passkey.id } });
        toast(t('account.passkey_removed'));
        await this.load();
      },
    });
  }

  // ---- The password ----

  private changePassword(): void {
    const field = (name: string, label: string, autocomplete: 'current-password' | 'new-password', hint = ''): TemplateResult => html`<div class="field"><label for="set-${name}">${label}</label>
      <input id="set-${name}" name=${name} type="password" maxlength="200" autocomplete=${autocomplete} aria-describedby=${hint ? `set-${name}-hint` : nothing}>${hint ? html`<p class="hint" id="set-${name}-hint">${hint}</p>` : nothing}</div>`;
    askFor({
      title: t('account.password_change'), text: t('account.password_text'), action: t('account.password_change'),
      fields: () => html`${field('current', t('account.password_current'), 'current-password', t('account.password_current_hint'))}${field('password', t('account.password_new'), 'new-password', t('setup.password_hint'))}`,
      run: async (form) => {
        const values = new FormData(form);
        const [current, password] = [String(values.get('current') ?? ''), String(values.get('password') ?? '')];
        if ([...password].length < PASSWORD_LEAST) throw new Error(t('setup.password_wrong'));
        try {
          await ask('PUT /api/v1/account/password', { body: { password, ...(current ? { current } : {}) } });
        } catch (error) {
          if (error instanceof ApiError && error.code === 'sign-in-wrong') throw new Error(t('account.password_wrong'));
          throw error;
        }
        toast(t('account.password_changed'));
        await this.load();
      },
    });
  }

  // ---- Where one is signed in ----

  private nameSession(session: SessionRow): void {
    askFor({
      title: t('account.session_name'), action: t('action.save'), fields: () => textField('name', t('account.passkey_name'), session.name),
      run: async (form) => {
        await ask('PATCH /api/v1/sessions/{id}', { path: { id: session.id }, body: { name: valueOf(form, 'name') } });
        await this.load();
      },
    });
  }

  private endSession(session: SessionRow, name: string): void {
    askFor({
      title: t('account.session_end_title', { name }), text: t('account.session_end_text'), action: t('account.session_end'), danger: true,
      run: async () => {
        await ask('DELETE /api/v1/sessions/{id}', { path: { id: session.id } });
        toast(t('account.session_ended'));
        await this.load();
      },
    });
  }

  private endOthers(): void {
    askFor({
      title: t('account.sessions_end_title'), text: t('account.session_end_text'), action: t('account.session_end'), danger: true,
      run: async () => {
        await ask('DELETE /api/v1/sessions', {});
        toast(t('account.session_ended'));
        await this.load();
      },
    });
  }

  private session(session: SessionRow): TemplateResult {
    const browser = /Firefox|Edg|Chrome|Safari/.exec(session.agent)?.[0].replace('Edg', 'Edge') ?? '';
    const name = session.name || [deviceName(session.agent), browser].filter(Boolean).join(' · ') || session.agent.slice(0, 40) || t('account.session_unknown');
    const more = [session.address, t('account.session_begun', { when: dateTime(new Date(session.created), language()) }), session.current ? '' : t('account.session_seen', { when: ago(new Date(session.seen), now(), language()) })].filter(Boolean).join(' · ');
    return html`<li class="told session"><span class="told-icon ${session.current ? 'done' : ''}">${icon('screens')}</span><div class="told-text"><strong>${name}${session.current ? html` <span class="badge online">${t('account.session_here')}</span>` : nothing}</strong><span class="sub">${more}</span></div>
      <span class="told-acts"><button class="button quiet icon-only" aria-label=${t('account.session_name_one', { name })} title=${t('action.rename')} @click=${() => this.nameSession(session)}>${icon('edit')}</button>
        ${session.current ? nothing : html`<button class="button quiet icon-only" aria-label=${t('account.session_end_one', { name })} title=${t('account.session_end')} @click=${() => this.endSession(session, name)}>${icon('out')}</button>`}</span></li>`;
  }

  private row(passkey: Passkey): TemplateResult {
    const used = passkey.used ? t('account.passkey_used', { when: ago(new Date(passkey.used), now(), language()) }) : t('account.passkey_unused');
    return html`<li class="told">${icon('key')}<div class="told-text"><strong>${passkey.name}</strong>
        <span class="sub">${passkey.created ? t('account.passkey_made', { when: date(new Date(passkey.created), language()) }) : nothing} · ${used}${passkey.synced ? html` · ${t('account.passkey_synced')}` : nothing}</span></div>
      <button class="button quiet icon-only" aria-label=${t('account.passkey_rename_one', { name: passkey.name })} title=${t('action.rename')} @click=${() => this.rename(passkey)}>${icon('edit')}</button>
      <button class="button quiet icon-only" aria-label=${t('account.passkey_remove_one', { name: passkey.name })} title=${t('action.remove')} @click=${() => this.drop(passkey)}>${icon('bin')}</button></li>`;
  }

  private list(): TemplateResult {
    if (this.problem) return problemPanel(this.problem, () => void this.load());
    if (!this.passkeys) return html`<div class="skeleton" aria-busy="true"><div class="skeleton-row"></div></div>`;
    if (!this.passkeys.length) return html`<p class="sub">${t('account.passkeys_none')}</p>`;
    return html`<ul class="telling" aria-label=${t('account.passkeys')}>${repeat(this.passkeys, ({ id }) => id, (one) => this.row(one))}</ul>`;
  }

  override render(): TemplateResult {
    return html`<header class="head"><div><h1>${t('account.title')}</h1><p class="head-sub">${t('account.signed_in', { name: this.name })}</p></div></header>
      <div class="column">
        <section class="card"><header class="card-head"><h2>${t('account.passkeys')}</h2>${passkeysPossible()
          ? html`<button class="button" aria-disabled=${this.busy ? 'true' : 'false'} @click=${() => void this.add()}>${icon('add')}<span>${t('account.passkey_add')}</span></button>` : nothing}</header>
          <p class="sub card-lead">${t(passkeysPossible() ? 'account.passkeys_text' : 'account.passkeys_cannot')}</p>${this.list()}</section>
        <section class="card"><header class="card-head"><h2>${t('sign_in.password')}</h2><button class="button" @click=${() => this.changePassword()}>${icon('lock')}<span>${t('account.password_change')}</span></button></header>
          <p class="sub">${t('account.password_text')}</p></section>
        ${this.sessions.length ? html`<section class="card"><header class="card-head"><h2>${t('account.sessions')}</h2>${this.sessions.length > 1 ? html`<button class="button" @click=${() => this.endOthers()}>${icon('out')}<span>${t('account.sessions_end')}</span></button>` : nothing}</header>
          <ul class="telling" aria-label=${t('account.sessions')}>${repeat(this.sessions, ({ id }) => id, (one) => this.session(one))}</ul></section>` : nothing}
      </div>`;
  }
}
customElements.define('pp-account', PpAccount);
