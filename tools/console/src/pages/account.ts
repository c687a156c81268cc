// One's own account: how one signs in.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask } from '../api/client.js';
import type { Passkey } from '../api/schema.js';
import { ago, date } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { deviceName, makePasskey, PasskeyNot, passkeysPossible } from '../lib/passkey.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { message, now, problemPanel } from '../ui/parts.js';
import { textField, valueOf } from '../ui/settings-form.js';
import { toast } from '../ui/toast.js';

class PpAccount extends PpElement {
  static override properties = { name: {}, passkeys: { state: true }, problem: { state: true }, busy: { state: true } };
  declare name: string;
  declare passkeys: readonly Passkey[] | undefined;
  declare problem: ApiError | undefined;
  declare busy: boolean;

  constructor() {
    super();
    this.name = '';
    this.passkeys = undefined;
    this.problem = undefined;
    this.busy = false;
    void this.load();
  }

  private async load(): Promise<void> {
    this.problem = undefined;
    try {
      this.passkeys = (await ask('GET /api/v1/passkeys', {})).items;
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
      </div>`;
  }
}
customElements.define('pp-account', PpAccount);
