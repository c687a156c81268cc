// Those who may sign in: invited by a link, with roles, locked out and let in again, removed.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask, signedIn } from '../api/client.js';
import type { Users } from '../api/schema.js';
import { date } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { roleOf } from '../lib/roles.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { message, problemPanel } from '../ui/parts.js';
import type { PpRoleFields } from '../ui/role-fields.js';
import '../ui/role-fields.js';
import { secretField } from '../ui/secret.js';
import { textField, valueOf } from '../ui/settings-form.js';
import { toast } from '../ui/toast.js';

type User = Users['items'][number];

class PpPeople extends PpElement {
  static override properties = { users: { state: true }, problem: { state: true } };
  declare users: readonly User[] | undefined;
  declare problem: ApiError | undefined;

  constructor() {
    super();
    this.users = undefined;
    this.problem = undefined;
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.users = (await ask('GET /api/v1/users', {})).items;
      this.problem = undefined;
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  private rolesOf(form: HTMLFormElement): string[] {
    const fields = form.querySelector('pp-role-fields') as unknown as PpRoleFields;
    if (!fields.complete) throw new Error(t('people.place_missing'));
    return fields.roles;
  }

  // The link is shown once: it is a secret of whom it is for.
  private async tellLink(id: number, name: string): Promise<void> {
    const { token, expires } = await ask('POST /api/v1/users/{id}/setup-link', { path: { id: String(id) } });
    askFor({
      title: t('people.link_title', { name }), text: t('people.link_text', { when: date(new Date(expires), language()) }), action: t('action.close'), sole: true,
      fields: () => secretField(t('people.link'), `${location.origin}/setup#${token}`), run: async () => {},
    });
  }

  private invite(): void {
    const given = ['viewer'];
    askFor({
      title: t('people.invite'), text: t('people.invite_text'), action: t('people.invite_do'),
      fields: () => html`${textField('name', t('setup.name'), '', { required: true })}<pp-role-fields .given=${given}></pp-role-fields>`,
      run: async (form) => {
        const name = valueOf(form, 'name');
        if (!name) throw new Error(t('people.name_missing'));
        const { id } = await ask('POST /api/v1/users', { body: { name, roles: this.rolesOf(form) } });
        await this.load();
        await this.tellLink(id, name);
      },
    });
  }

  private roles(user: User): void {
    const { roles } = user;
    askFor({
      title: t('people.roles_title', { name: user.name }), action: t('action.save'), fields: () => html`<pp-role-fields .given=${roles}></pp-role-fields>`,
      run: async (form) => {
        await ask('PATCH /api/v1/users/{id}', { path: { id: String(user.id) }, body: { roles: this.rolesOf(form) } });
        toast(t('screen.saved'));
        await this.load();
      },
    });
  }

  private link(user: User): void {
    askFor({ title: t('people.link_make', { name: user.name }), text: t('people.link_make_text'), action: t('people.link_do'), run: () => this.tellLink(user.id, user.name) });
  }

  private lock(user: User): void {
    askFor({
      title: t('people.lock_title', { name: user.name }), text: t('people.lock_text'), action: t('people.lock'), danger: true,
      run: async () => {
        await ask('POST /api/v1/users/{id}/lock', { path: { id: String(user.id) } });
        await this.load();
      },
    });
  }

  private async unlock(user: User): Promise<void> {
    try {
      await ask('POST /api/v1/users/{id}/unlock', { path: { id: String(user.id) } });
      await this.load();
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

  private remove_(user: User): void {
    askFor({
      title: t('people.remove_title', { name: user.name }), text: t('people.remove_text'), action: t('action.remove'), danger: true,
      run: async () => {
        await ask('DELETE /api/v1/users/{id}', { path: { id: String(user.id) } });
        await this.load();
      },
    });
  }

  private roleWords(text: string): string {
    const role = roleOf(text);
    if (!role) return text;
    return role.scope === 'whole' ? t(`role.${role.role}`) : t(role.scope === 'site' ? 'people.of_site' : 'people.of_channel', { role: t(`role.${role.role}`), name: role.value });
  }

  private row(user: User): TemplateResult {
    const { name } = user;
    const own = name === signedIn()?.name;
    const ways = [user.has_password ? t('sign_in.password') : '', user.passkeys ? t('people.passkeys', { n: user.passkeys }) : ''].filter(Boolean).join(', ') || t('people.invited');
    const act = (label: string, text: string, sign: 'edit' | 'key' | 'lock' | 'undo' | 'bin', run: () => void): TemplateResult => html`<button class="button quiet icon-only" aria-label=${label} title=${text} @click=${run}>${icon(sign)}</button>`;
    return html`<li class="told person"><span class="avatar" data-letter=${name.slice(0, 1).toUpperCase()} aria-hidden="true"></span>
      <span class="told-text"><strong>${name}${own ? html` <span class="badge online">${t('people.you')}</span>` : nothing}${user.locked ? html` <span class="badge trouble">${t('people.locked')}</span>` : nothing}</strong>
        <span class="sub">${user.roles.map((role) => this.roleWords(role)).join(', ') || t('people.no_roles')}</span><span class="sub">${ways} · ${t('people.since', { when: date(new Date(user.created), language()) })}</span></span>
      <span class="told-acts">${act(t('people.roles_one', { name }), t('people.roles'), 'edit', () => this.roles(user))}${user.locked ? nothing : act(t('people.link_one', { name }), t('people.link_do'), 'key', () => this.link(user))}
        ${own ? nothing : user.locked ? act(t('people.unlock_one', { name }), t('people.unlock'), 'undo', () => void this.unlock(user)) : act(t('people.lock_one', { name }), t('people.lock'), 'lock', () => this.lock(user))}
        ${own ? nothing : act(t('people.remove_one', { name }), t('action.remove'), 'bin', () => this.remove_(user))}</span></li>`;
  }

  override render(): TemplateResult {
    const { users, problem } = this;
    const head = html`<header class="head"><div><h1>${t('people.title')}</h1><p class="head-sub">${t('people.lead')}</p></div>${users ? html`<button class="button primary" @click=${() => this.invite()}>${icon('add')}<span>${t('people.invite')}</span></button>` : nothing}</header>`;
    if (problem) return html`${head}${problemPanel(problem, () => void this.load())}`;
    if (!users) return html`${head}<div class="skeleton" aria-busy="true"><div class="skeleton-row"></div><div class="skeleton-row"></div></div>`;
    return html`${head}<section class="card"><ul class="telling" aria-label=${t('people.title')}>${repeat(users, ({ id }) => id, (user) => this.row(user))}</ul></section>`;
  }
}
customElements.define('pp-people', PpPeople);
