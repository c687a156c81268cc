// The fields of a rule: which of them there are depends on what it is about.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ask, signedIn } from '../api/client.js';
import type { AlertRule } from '../api/schema.js';
import { abouts, kinds, type About } from '../lib/alerts.js';
import { duration } from '../lib/format.js';
import { language, languageName, reportCodes, report, t } from '../lib/i18n.js';
import { administered, administers } from '../lib/rights.js';
import { PpElement } from './element.js';

type Scope = 'whole' | 'site' | 'channel' | 'tag';

const REPEATS = [0, 3600, 14400, 43200, 86400, 604800]; // s

export const scopeOf = (rule: Partial<AlertRule>): Scope => (rule.site ? 'site' : rule.channel ? 'channel' : rule.tag ? 'tag' : 'whole');

class PpAlertFields extends PpElement {
  static override properties = { rule: { attribute: false }, about: { state: true }, scope: { state: true }, places: { state: true } };
  declare rule: Partial<AlertRule>;
  declare about: About;
  declare scope: Scope;
  declare places: readonly (readonly [value: string, text: string])[];

  constructor() {
    super();
    this.rule = {};
    this.about = 'offline';
    this.scope = 'whole';
    this.places = [];
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('rule')) {
      this.about = this.rule.about ?? 'offline';
      this.scope = this.rule.id ? scopeOf(this.rule) : this.scopes()[0] ?? 'whole';
    }
    if (!changed.has('scope') && !changed.has('rule')) return;
    const present = this.scope === 'whole' ? '' : this.rule[this.scope] ?? '';
    this.places = present ? [[present, present]] : []; // until all are known
    void this.learn(this.scope);
  }

  // Of who administers some sites or channels, those alone.
  private scopes(): Scope[] {
    const roles = signedIn()?.roles ?? [];
    if (administers(roles)) return ['whole', 'site', 'channel', 'tag'];
    return (['site', 'channel'] as const).filter((one) => administered(roles, one).length);
  }

  private async learn(scope: Scope): Promise<void> {
    const own = scope === 'site' || scope === 'channel' ? administered(signedIn()?.roles ?? [], scope) : [];
    const read = {
      whole: async () => [],
      site: async () => (await ask('GET /api/v1/sites', { query: { limit: 1000 } })).items.filter(({ name }) => name).map(({ name }) => [name, name] as const),
      channel: async () => (await ask('GET /api/v1/channels', { query: { limit: 1000 } })).items.map(({ id, title }) => [id, title] as const),
      tag: async () => (await ask('GET /api/v1/tags', { query: { limit: 1000 } })).items.map(({ name }) => [name, name] as const),
    }[scope];
    const found: (readonly [string, string])[] = await read().catch(() => []);
    if (scope !== this.scope) return;
    const present = scope === 'whole' ? '' : this.rule[scope] ?? '';
    const all = new Map([...found, ...own.map((one) => [one, one] as const)].filter(([value]) => administers(signedIn()?.roles ?? []) || own.includes(value)));
    if (present && !all.has(present)) all.set(present, present);
    this.places = [...all];
  }

  private number(name: string, label: string, value: number, least: number, most: number, hint = ''): TemplateResult {
    return html`<div class="field"><label for="set-${name}">${label}</label><input id="set-${name}" name=${name} type="number" inputmode="numeric" step="1" min=${least} max=${most} .value=${String(value)} aria-describedby=${hint ? `set-${name}-hint` : nothing}>
      ${hint ? html`<p class="hint" id="set-${name}-hint">${hint}</p>` : nothing}</div>`;
  }

  private select(name: string, label: string, chosen: string, options: readonly (readonly [string, string])[], changed?: (value: string) => void): TemplateResult {
    return html`<div class="field"><label for="set-${name}">${label}</label><select id="set-${name}" name=${name} @change=${(event: Event) => changed?.((event.target as HTMLSelectElement).value)}>
      ${options.map(([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`)}</select></div>`;
  }

  private detail(): TemplateResult | typeof nothing {
    const kind = kinds[this.about];
    const present = this.rule.about === this.about ? this.rule.detail ?? '' : '';
    if (this.about === 'problem') return this.select('detail', t('alert.code'), present, [['', t('alert.code_any')], ...reportCodes('trouble').map((code) => [code, `${report('trouble', code) ?? ''} (${code})`] as const)]);
    if (kind.least === undefined || kind.most === undefined) return nothing;
    const label = this.about === 'security' ? t('alert.gravity') : this.about === 'disk' ? t('alert.per_cent') : t('alert.days');
    return this.number('detail', label, Number(present) || (kind.usual ?? 1), kind.least, kind.most, this.about === 'security' ? t('alert.gravity_hint') : '');
  }

  private place(): TemplateResult | typeof nothing {
    if (kinds[this.about].own) return nothing;
    const { scope } = this;
    return html`${this.select('scope', t('alert.scope'), scope, this.scopes().map((one) => [one, t(`alert.scope_${one}`)] as const), (value) => { this.scope = value as Scope; })}
      ${scope === 'whole' ? nothing : this.select('place', t(`alert.place_${scope}`), this.rule[scope] ?? '', this.places)}`;
  }

  override render(): TemplateResult {
    const { rule } = this;
    const kind = kinds[this.about];
    const [from = '', to = ''] = (rule.quiet ?? '').split('-');
    const hold = rule.about === this.about ? rule.hold_s ?? kind.hold : kind.hold;
    const repeat = rule.repeat_s ?? 86400;
    const zone = rule.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    return html`<div class="fields">
      <div class="field"><label for="set-name">${t('alert.name')}</label><input id="set-name" name="name" maxlength="100" autocomplete="off" required .value=${rule.name ?? ''}></div>
      ${this.select('about', t('alert.about'), this.about, abouts.filter((one) => !kinds[one].own || this.scopes().includes('whole')).map((one) => [one, t(`alert.about_${one}`)] as const), (value) => { this.about = value as About; })}
      ${this.detail()}${this.place()}
      ${kind.happens ? nothing : this.number('hold', t('alert.hold'), Math.round(hold / 60), 0, 43200)}
      <div class="field"><label for="set-mail">${t('alert.mail')}</label><input id="set-mail" name="mail" type="text" inputmode="email" autocomplete="off" .value=${(rule.mail ?? []).join(', ')} aria-describedby="set-mail-hint"><p class="hint" id="set-mail-hint">${t('alert.mail_hint')}</p></div>
      <div class="field"><label for="set-webhook">${t('alert.webhook')}</label><input id="set-webhook" name="webhook" type="url" maxlength="512" autocomplete="off" placeholder="https://" .value=${rule.webhook ?? ''} aria-describedby="set-webhook-hint"><p class="hint" id="set-webhook-hint">${t('alert.webhook_hint')}</p></div>
      <fieldset class="group-of-fields"><legend>${t('alert.quiet')}</legend><div class="pair">
        <div class="field"><label for="set-quiet-from">${t('alert.quiet_from')}</label><input id="set-quiet-from" name="quiet" type="time" .value=${from}></div>
        <div class="field"><label for="set-quiet-to">${t('alert.quiet_to')}</label><input id="set-quiet-to" name="quiet_to" type="time" .value=${to}></div></div>
        <p class="hint">${t('alert.quiet_hint')}</p></fieldset>
      <div class="field"><label for="set-time_zone">${t('alert.zone')}</label><input id="set-time_zone" name="time_zone" maxlength="63" autocomplete="off" list="set-zones" .value=${zone}><datalist id="set-zones">${Intl.supportedValuesOf('timeZone').map((one) => html`<option value=${one}></option>`)}</datalist></div>
      ${this.select('repeat_s', t('alert.repeat'), String(repeat), [...new Set([...REPEATS, repeat])].sort((a, b) => a - b).map((seconds) => [String(seconds), seconds ? t('screen.after', { time: duration(seconds, language()) }) : t('screen.never')] as const))}
      ${this.number('per_hour', t('alert.per_hour'), rule.per_hour ?? 10, 1, 1000, t('alert.per_hour_hint'))}
      ${this.select('locale', t('alert.locale'), rule.locale ?? language(), (['en', 'fr'] as const).map((code) => [code, languageName(code)] as const))}
      <label class="check"><input type="checkbox" class="box" name="enabled" .checked=${rule.enabled ?? true}><span>${t('alert.enabled')}</span></label></div>`;
  }
}
customElements.define('pp-alert-fields', PpAlertFields);
