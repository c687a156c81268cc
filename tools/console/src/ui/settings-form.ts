// The fields of a screen's settings, in the dialogs and on the page that approve or change one.
import { html, nothing, type TemplateResult } from 'lit';

import { fleet } from '../api/fleet.js';
import type { Screen } from '../api/schema.js';
import { channelsOf, channelTyped } from '../lib/channel.js';
import { language, languageName, t } from '../lib/i18n.js';

type Values = Partial<Pick<Screen, 'name' | 'site' | 'channel' | 'time_zone' | 'locale'>>;

export const textField = (name: string, label: string, value: string, more: { list?: string; hint?: string; required?: boolean } = {}): TemplateResult => html`<div class="field"><label for="set-${name}">${label}</label>
  <input id="set-${name}" name=${name} maxlength="100" autocomplete="off" .value=${value} list=${more.list ?? nothing} ?required=${more.required ?? false} aria-describedby=${more.hint ? `set-${name}-hint` : nothing}>
  ${more.hint ? html`<p class="hint" id="set-${name}-hint">${more.hint}</p>` : nothing}</div>`;

export const selectField = (name: string, label: string, chosen: string, options: readonly (readonly [string, string])[]): TemplateResult => html`<div class="field"><label for="set-${name}">${label}</label>
  <select id="set-${name}" name=${name}>${options.map(([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`)}</select></div>`;

export const siteField = (value: string): TemplateResult => {
  const sites = [...new Set([...fleet.screens.values()].map(({ site }) => site).filter(Boolean))].sort((a, b) => a.localeCompare(b, language()));
  return html`${textField('site', t('screen.site'), value, { list: 'set-sites' })}<datalist id="set-sites">${sites.map((site) => html`<option value=${site}></option>`)}</datalist>`;
};

export const channelField = (value: string): TemplateResult => html`${textField('channel', t('screen.channel'), value, { list: 'set-channels', hint: t('screen.channel_hint') })}
  <datalist id="set-channels">${channelsOf(fleet.screens.values()).map(({ title }) => html`<option value=${title}></option>`)}</datalist>`;

export const nameFields = (values: Values): TemplateResult => html`${textField('name', t('screen.name'), values.name ?? '', { required: true })}${siteField(values.site ?? '')}${channelField(values.channel?.title ?? '')}`;

export function placeFields(values: Values): TemplateResult {
  return html`${nameFields(values)}
    ${textField('time_zone', t('screen.time_zone'), values.time_zone ?? '', { list: 'set-zones' })}<datalist id="set-zones">${Intl.supportedValuesOf('timeZone').map((zone) => html`<option value=${zone}></option>`)}</datalist>
    ${selectField('locale', t('screen.locale'), values.locale ?? language(), (['en', 'fr'] as const).map((code) => [code, languageName(code)] as const))}`;
}

export const valueOf = (form: HTMLFormElement, name: string): string => String(new FormData(form).get(name) ?? '').trim();

// What was typed for the channel; null: none. Throws what is wrong, in words. `present` is the one that the screen is on, whatever else is
// known already.
export function channelOf(form: HTMLFormElement, present: Screen['channel'] = null): { channel: string; channel_title?: string } | null {
  const typed = valueOf(form, 'channel');
  if (!typed) return null;
  const channel = channelTyped(typed, [...(present ? [present] : []), ...channelsOf(fleet.screens.values())]);
  if (!channel) throw new Error(t('screen.channel_wrong'));
  return channel;
}
