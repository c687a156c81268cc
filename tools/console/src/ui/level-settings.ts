// Settings of one level, organisation, site, group or screen: what it says itself, what comes from above and from where, and the way to say
// something or nothing here.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ApiError, exchange } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { EffectiveSettings, Settings, SettingsChange, SettingsEvent, Source } from '../api/schema.js';
import { duration } from '../lib/format.js';
import { language, languageName, t } from '../lib/i18n.js';
import { BASE } from '../lib/router.js';
import { askFor } from './dialog.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { message } from './parts.js';
import { selectField, textField, valueOf } from './settings-form.js';
import { toast } from './toast.js';

export type Level = { readonly kind: 'organisation' } | { readonly kind: 'site'; readonly site: string } | { readonly kind: 'group' | 'screen'; readonly id: string };

const settings = ['time_zone', 'locale', 'rotation', 'offline_mark', 'silence'] as const;
type Setting = (typeof settings)[number];
type Values = { readonly [name in keyof Settings]: Settings[name] };
interface Shown { readonly values: Values; readonly sources: { readonly [name in keyof Settings]?: Source } }

const AFTER = [0, 3600, 86400, 604800, 2592000, 7776000]; // s
const ABOVE = 'above'; // of a field: this level says nothing

interface Told { readonly value: Settings | EffectiveSettings; readonly headers: Headers }

function ask(level: Level, change?: SettingsChange, etag = ''): Promise<Told> {
  const headers = { 'if-match': etag };
  switch (level.kind) {
    case 'organisation': return change ? exchange('PATCH /api/v1/settings', { body: change, headers }) : exchange('GET /api/v1/settings', {});
    case 'site': {
      const query = { site: level.site };
      return change ? exchange('PATCH /api/v1/sites/settings', { query, body: change, headers }) : exchange('GET /api/v1/sites/settings', { query });
    }
    case 'group': return change ? exchange('PATCH /api/v1/groups/{id}/settings', { path: { id: level.id }, body: change, headers }) : exchange('GET /api/v1/groups/{id}/settings', { path: { id: level.id } });
    case 'screen': return change ? exchange('PATCH /api/v1/screens/{id}/settings', { path: { id: level.id }, body: change, headers }) : exchange('GET /api/v1/screens/{id}/settings', { path: { id: level.id } });
  }
}

const isEffective = (value: Settings | EffectiveSettings): value is EffectiveSettings => typeof value.time_zone === 'object' && value.time_zone !== null;

function shownOf(value: Settings | EffectiveSettings): Shown {
  if (!isEffective(value)) return { values: value, sources: {} };
  return { values: Object.fromEntries(Object.entries(value).map(([name, one]) => [name, one.value])) as unknown as Values, sources: value };
}

const after = (seconds: number): string => (seconds ? t('screen.after', { time: duration(seconds, language()) }) : t('screen.never'));

const texts: { readonly [name in Setting]: (values: Values) => string } = {
  time_zone: ({ time_zone: zone }) => zone ?? '',
  locale: ({ locale }) => (locale ? languageName(locale) : ''),
  rotation: ({ rotation: n }) => (n ? t('screen.rotation_value', { n }) : t('screen.rotation_none')),
  offline_mark: ({ offline_mark: mark }) => t(mark ? 'screen.yes' : 'screen.no'),
  silence: ({ lock_after_s: lock, erase_after_s: erase }) => t('level.silence_value', { lock: after(lock ?? 0), erase: after(erase ?? 0) }),
};
const member = (setting: Setting): keyof Settings => (setting === 'silence' ? 'lock_after_s' : setting);

export class PpLevelSettings extends PpElement {
  static override properties = { level: { attribute: false }, shown: { state: true }, problem: { state: true } };
  declare level: Level;
  declare shown: Shown | undefined;
  declare problem: ApiError | undefined;
  private etag = '';
  private key = '';

  constructor() {
    super();
    this.level = { kind: 'organisation' };
    this.shown = undefined;
    this.problem = undefined;
    const ids = (event: Event): readonly string[] => (event as CustomEvent<readonly string[]>).detail;
    this.while.on(fleet, 'again', () => void this.load());
    this.while.on(fleet, 'groups', (event) => { if (this.level.kind === 'screen' || (this.level.kind === 'group' && ids(event).includes(this.level.id))) void this.load(); });
    this.while.on(fleet, 'screens', (event) => { if (this.level.kind === 'screen' && ids(event).includes(this.level.id)) void this.load(); });
    this.while.on(fleet, 'settings', (event) => { if (this.concerns((event as CustomEvent<SettingsEvent>).detail)) void this.load(); });
  }

  private concerns({ organisation, sites }: SettingsEvent): boolean {
    const { level } = this;
    if (level.kind === 'organisation') return organisation;
    if (level.kind === 'site') return sites.includes(level.site);
    return level.kind === 'screen';
  }

  protected override willUpdate(changed: PropertyValues): void {
    const key = JSON.stringify(this.level);
    if (!changed.has('level') || key === this.key) return;
    this.key = key;
    this.shown = undefined;
    void this.load();
  }

  private take({ value, headers }: Told): void {
    this.shown = shownOf(value);
    this.etag = headers.get('etag') ?? '';
    this.problem = undefined;
  }

  private async load(): Promise<void> {
    const { key } = this;
    try {
      const answer = await ask(this.level);
      if (key === this.key) this.take(answer);
    } catch (error) {
      if (key === this.key) this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  private async change(change: SettingsChange, etag = this.etag): Promise<void> {
    try {
      this.take(await ask(this.level, change, etag));
      toast(t('screen.saved'));
    } catch (error) {
      if (error instanceof ApiError && error.code === 'changed-meanwhile') void this.load();
      throw error;
    }
  }

  // Whether this level says something of it itself.
  private own(setting: Setting): boolean {
    const { shown } = this;
    if (!shown) return false;
    return this.level.kind === 'screen' ? shown.sources[member(setting)]?.source === 'screen' : shown.values[member(setting)] !== null;
  }

  private fields(setting: Setting, values: Values): TemplateResult {
    const label = t(`level.${setting}`);
    const above: readonly [string, string] = [ABOVE, t(this.level.kind === 'organisation' ? 'level.default' : 'level.above')];
    const own = this.own(setting);
    const choice = (name: string, text: string, value: unknown, options: readonly (readonly [string, string])[]): TemplateResult => selectField(name, text, own ? String(value) : ABOVE, [above, ...options]);
    const silence = (value: number | null): (readonly [string, string])[] => [...new Set([...AFTER, value ?? 0])].sort((a, b) => a - b).map((seconds) => [String(seconds), after(seconds)] as const);
    switch (setting) {
      case 'time_zone': return html`${textField('time_zone', label, own ? values.time_zone ?? '' : '', { list: 'set-zones', hint: t('level.empty', { above: above[1] }) })}
        <datalist id="set-zones">${Intl.supportedValuesOf('timeZone').map((zone) => html`<option value=${zone}></option>`)}</datalist>`;
      case 'locale': return choice('locale', label, values.locale, (['en', 'fr'] as const).map((code) => [code, languageName(code)] as const));
      case 'rotation': return choice('rotation', label, values.rotation, [0, 90, 180, 270].map((n) => [String(n), n ? t('screen.rotation_value', { n }) : t('screen.rotation_none')] as const));
      case 'offline_mark': return choice('offline_mark', label, values.offline_mark, [['true', t('screen.yes')], ['false', t('screen.no')]]);
      case 'silence': return html`${choice('lock_after_s', t('screen.lock_after'), values.lock_after_s, silence(values.lock_after_s))}${choice('erase_after_s', t('screen.erase_after'), values.erase_after_s, silence(values.erase_after_s))}`;
    }
  }

  // What the fields say; null is nothing.
  private request(setting: Setting, form: HTMLFormElement): SettingsChange {
    const text = (name: string): string | null => { const value = valueOf(form, name); return value === ABOVE || value === '' ? null : value; };
    const value = text(member(setting));
    switch (setting) {
      case 'time_zone': return { time_zone: value };
      case 'locale': return { locale: value as 'en' | 'fr' | null };
      case 'rotation': return { rotation: (value === null ? null : Number(value)) as Settings['rotation'] };
      case 'offline_mark': return { offline_mark: value === null ? null : value === 'true' };
      case 'silence': {
        const erase = text('erase_after_s');
        if (value === null && erase === null) return { lock_after_s: null, erase_after_s: null };
        return { lock_after_s: Number(value ?? 0), erase_after_s: Number(erase ?? 0) };
      }
    }
  }

  // The tag is that of what the fields began with.
  private edit(setting: Setting, values: Values): void {
    const { etag } = this;
    askFor({ title: t(`level.${setting}`), text: t(`level.text_${this.level.kind}`), action: t('action.save'), fields: () => this.fields(setting, values), run: (form) => this.change(this.request(setting, form), etag) });
  }

  private clear(setting: Setting): void {
    void this.change(setting === 'silence' ? { lock_after_s: null, erase_after_s: null } : { [setting]: null }).catch((error: unknown) => toast(message(error), 'bad'));
  }

  private source(setting: Setting): TemplateResult | typeof nothing {
    const source = this.shown?.sources[member(setting)];
    if (!source) return nothing;
    const from = (href: string, text: string): TemplateResult => html`<a class="source" href=${href}>${text}</a>`;
    switch (source.source) {
      case 'group': return from(`${BASE}/groups/${source.group?.id ?? ''}`, t('level.from_group', { name: source.group?.name ?? '' }));
      case 'site': return from(`${BASE}/settings?site=${encodeURIComponent(source.site ?? '')}`, t('level.from_site', { name: source.site ?? '' }));
      case 'organisation': return from(`${BASE}/settings`, t('level.from_organisation'));
      case 'screen': return html`<span class="source own">${t('level.from_screen')}</span>`;
      case 'default': return html`<span class="source">${t('level.from_default')}</span>`;
    }
  }

  private row(setting: Setting, values: Values): TemplateResult {
    const own = this.own(setting);
    const said = own || this.level.kind === 'screen';
    const label = t(`level.${setting}`);
    return html`<div class="setting" data-setting=${setting}><dt>${label}</dt><dd><span class=${said ? 'setting-value' : 'setting-value sub'}>${said ? texts[setting](values) : t('level.nothing')}</span>${this.source(setting)}</dd>
      <dd class="setting-actions">${own ? html`<button class="button quiet icon-only small" aria-label=${t('level.clear_one', { name: label })} title=${t('level.clear')} @click=${() => this.clear(setting)}>${icon('undo')}</button>` : nothing}
        <button class="button quiet icon-only small" aria-label=${t('level.set_one', { name: label })} title=${t('level.set')} @click=${() => this.edit(setting, values)}>${icon('edit')}</button></dd></div>`;
  }

  override render(): TemplateResult {
    const { shown, problem } = this;
    if (!shown) return problem ? html`<p class="sub" role="alert">${message(problem)}</p>` : html`<div class="skeleton" aria-busy="true"><div class="skeleton-row"></div></div>`;
    return html`<dl class="setting-list">${settings.map((setting) => this.row(setting, shown.values))}</dl>`;
  }
}
customElements.define('pp-level-settings', PpLevelSettings);
