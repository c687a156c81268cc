// Something that is shown once, to be copied.
import { html, type TemplateResult } from 'lit';

import { t } from '../lib/i18n.js';
import { icon } from './icons.js';
import { toast } from './toast.js';

export function secretField(label: string, value: string): TemplateResult {
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(value);
    toast(t('action.copied'));
  };
  return html`<div class="field"><label for="secret">${label}</label><div class="secret"><input id="secret" class="secret-value" readonly .value=${value} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}>
    <button class="button" type="button" @click=${() => void copy()}>${icon('copy')}<span>${t('action.copy')}</span></button></div></div>`;
}
