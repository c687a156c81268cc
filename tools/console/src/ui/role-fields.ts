// The roles of somebody, each with what it is for.
import { html, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ask } from '../api/client.js';
import { t } from '../lib/i18n.js';
import { roleNames, roleOf, roleText, scopes, type Role, type RoleName, type Scope } from '../lib/roles.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';

interface Row extends Role { readonly key: number }

class PpRoleFields extends PpElement {
  static override properties = { given: { attribute: false }, rows: { state: true }, sites: { state: true }, channels: { state: true } };
  declare given: readonly string[];
  declare rows: readonly Row[];
  declare sites: readonly string[];
  declare channels: readonly (readonly [id: string, title: string])[];
  private next = 1;

  constructor() {
    super();
    this.given = [];
    this.rows = [];
    this.sites = [];
    this.channels = [];
    void ask('GET /api/v1/sites', { query: { limit: 1000 } }).then(({ items }) => { this.sites = items.map(({ name }) => name).filter(Boolean); }, () => {});
    void ask('GET /api/v1/channels', { query: { limit: 1000 } }).then(({ items }) => { this.channels = items.map(({ id, title }) => [id, title] as const); }, () => {});
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('given')) return;
    const known = this.given.map(roleOf).filter((one): one is Role => one !== undefined);
    this.rows = known.map((role) => ({ ...role, key: this.next++ }));
  }

  get roles(): string[] { return [...new Set(this.rows.map(roleText))]; }
  get complete(): boolean { return this.rows.every(({ scope, value }) => scope === 'whole' || value); }

  private put(key: number, change: Partial<Role>): void { this.rows = this.rows.map((row) => (row.key === key ? { ...row, ...change } : row)); }

  private places(row: Row): readonly (readonly [string, string])[] {
    const all = row.scope === 'site' ? this.sites.map((site) => [site, site] as const) : this.channels;
    return row.value && !all.some(([value]) => value === row.value) ? [[row.value, row.value], ...all] : all;
  }

  private select(label: string, chosen: string, options: readonly (readonly [string, string])[], choose: (value: string) => void): TemplateResult {
    return html`<select aria-label=${label} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>${options.map(([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`)}</select>`;
  }

  private row(row: Row, index: number): TemplateResult {
    const n = { n: index + 1 };
    return html`<li class="role-row">${this.select(t('people.role_number', n), row.role, roleNames.map((one) => [one, t(`role.${one}`)] as const), (role) => this.put(row.key, { role: role as RoleName }))}
      ${this.select(t('people.scope_number', n), row.scope, scopes.map((one) => [one, t(`people.scope_${one}`)] as const), (scope) => this.put(row.key, { scope: scope as Scope, value: '' }))}
      ${row.scope === 'whole' ? '' : this.select(t('people.place_number', n), row.value, [['', t('people.choose')], ...this.places(row)], (value) => this.put(row.key, { value }))}
      <button class="button quiet icon-only" type="button" aria-label=${t('people.role_drop', n)} title=${t('action.remove')} @click=${() => { this.rows = this.rows.filter(({ key }) => key !== row.key); }}>${icon('close')}</button></li>`;
  }

  override render(): TemplateResult {
    return html`<fieldset class="group-of-fields"><legend>${t('people.roles')}</legend><ul class="role-rows">${repeat(this.rows, ({ key }) => key, (row, i) => this.row(row, i))}</ul>
      ${this.rows.length ? '' : html`<p class="hint">${t('people.no_roles')}</p>`}
      <div><button class="button" type="button" @click=${() => { this.rows = [...this.rows, { role: 'viewer', scope: 'whole', value: '', key: this.next++ }]; }}>${icon('add')}<span>${t('people.role_add')}</span></button></div></fieldset>`;
  }
}
customElements.define('pp-role-fields', PpRoleFields);
export type { PpRoleFields };
