// What both pages of feeds need.
import { html, nothing, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import type { Feed, FeedKey } from '../api/schema.js';
import { curlOf, staleNow } from '../lib/feed.js';
import { t } from '../lib/i18n.js';
import { askFor } from './dialog.js';
import { icon } from './icons.js';
import { siteField, textField, valueOf } from './settings-form.js';
import { toast } from './toast.js';

export interface ShownKey { readonly name: string; readonly key: string }

export function feedBadge(feed: Feed, now: Date): TemplateResult {
  const stale = staleNow(feed, now);
  const [look, word] = stale === undefined ? (['waiting', 'feeds.empty'] as const) : stale ? (['offline', 'feeds.stale'] as const) : (['online', 'feeds.fresh'] as const);
  return html`<span class="badge ${look}">${icon(stale ? 'waiting' : look)}<span>${t(word)}</span></span>`;
}

export const jsonField = (name: string, label: string, value: string, hint = ''): TemplateResult => html`<div class="field"><label for="set-${name}">${label}</label>
  <textarea id="set-${name}" class="json-input" name=${name} rows="8" autocomplete="off" spellcheck="false" .value=${value} aria-describedby=${hint ? `set-${name}-hint` : nothing}></textarea>
  ${hint ? html`<p class="hint" id="set-${name}-hint">${hint}</p>` : nothing}</div>`;

// What was typed. Throws what is wrong, in words.
export function jsonIn(form: HTMLFormElement, name: string): unknown {
  try {
    return JSON.parse(valueOf(form, name)) as unknown;
  } catch {
    form.querySelector(`[name="${name}"]`)?.setAttribute('aria-invalid', 'true');
    throw new Error(t('feed.no_json'));
  }
}

export const feedFields = (feed?: Feed): TemplateResult => html`
  ${textField('stale_after_s', t('feeds.stale_field'), String(feed?.stale_after_s ?? 300), { hint: t('feeds.stale_hint') })}${siteField(feed?.site ?? '')}
  ${jsonField('schema', t('feeds.schema_field'), feed?.schema ? JSON.stringify(feed.schema, null, 2) : '', t('feeds.schema_hint'))}`;

export function feedOf(form: HTMLFormElement): { stale_after_s: number; site: string; schema: Record<string, unknown> | null } {
  const stale = Number(valueOf(form, 'stale_after_s'));
  if (!Number.isInteger(stale) || stale < 1 || stale > 2592000) throw new Error(t('feeds.stale_wrong'));
  const schema = valueOf(form, 'schema') ? jsonIn(form, 'schema') : null;
  if (schema !== null && (typeof schema !== 'object' || Array.isArray(schema))) throw new Error(t('feeds.schema_wrong'));
  return { stale_after_s: stale, site: valueOf(form, 'site'), schema: schema as Record<string, unknown> | null };
}

export async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  toast(t('action.copied'));
}

export function curlPanel(feed: Feed, value: unknown, key?: string): TemplateResult {
  const line = curlOf(location.origin, feed.name, value, key);
  return html`<div class="curl"><pre class="json" tabindex="0" aria-label=${t('feed.curl')}>${line}</pre><button class="button" @click=${() => void copy(line)}>${icon('copy')}<span>${t('feed.copy')}</span></button></div>`;
}

export const keyPanel = ({ name, key }: ShownKey): TemplateResult => html`<div class="callout good" role="status">${icon('key')}<span>${t('feeds.key_shown', { name })}<span class="copied"><code>${key}</code>
  <button class="button quiet icon-only" aria-label=${t('action.copy')} @click=${() => void copy(key)}>${icon('copy')}</button></span></span></div>`;

// Asks what the key is to be for; of one feed it is that.
export function addKey(feeds: readonly Feed[], chosen: string, done: (shown: ShownKey) => void): void {
  askFor({
    title: t('feeds.key_add'), text: t('feeds.key_text'), action: t('feeds.key_make'),
    fields: () => html`${textField('name', t('feeds.key_name'), '', { required: true, hint: t('feeds.key_name_hint') })}
      ${chosen ? nothing : html`<fieldset class="key-feeds"><legend>${t('feeds.key_for')}</legend>${feeds.map(({ name, title }) => html`<label class="check"><input type="checkbox" class="box" name="feeds" value=${name} ?checked=${feeds.length === 1}><span>${title}</span></label>`)}</fieldset>`}
      <div class="field"><label for="set-expires">${t('feeds.key_expires')}</label><input id="set-expires" name="expires" type="date" aria-describedby="set-expires-hint"><p class="hint" id="set-expires-hint">${t('feeds.key_expires_hint')}</p></div>`,
    run: async (form) => {
      const name = valueOf(form, 'name');
      const names = chosen ? [chosen] : new FormData(form).getAll('feeds').map(String);
      const day = valueOf(form, 'expires');
      if (!name) throw new Error(t('feeds.key_name_missing'));
      if (!names.length) throw new Error(t('feeds.key_for_missing'));
      const { key } = await ask('POST /api/v1/feed-keys', { body: { name, feeds: names, expires: day ? `${day}T23:59:59Z` : null } });
      done({ name, key });
    },
  });
}

export function revokeKey(key: FeedKey, done: () => void): void {
  askFor({
    title: t('feeds.key_revoke_title', { name: key.name }), text: t('feeds.key_revoke_text'), action: t('feeds.key_revoke'), danger: true,
    run: async () => {
      await ask('DELETE /api/v1/feed-keys/{id}', { path: { id: key.id } });
      done();
    },
  });
}
