// A password's field, whose letters can be shown.
import { html, nothing, type TemplateResult } from 'lit';

import { t } from '../lib/i18n.js';
import { icon } from './icons.js';

export interface PasswordField {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly problem: string;
  readonly autocomplete: 'current-password' | 'new-password';
  readonly shown: boolean;
  show(shown: boolean): void;
  typed?(): void;
}

export function passwordField(field: PasswordField): TemplateResult {
  const { id, problem, shown } = field;
  return html`<div class="field ${problem ? 'wrong' : ''}"><label for=${id}>${field.label}</label>
    <span class="input"><input id=${id} name=${id} type=${shown ? 'text' : 'password'} autocomplete=${field.autocomplete} autocapitalize="none" spellcheck="false" maxlength="200" required
      aria-invalid=${problem ? 'true' : 'false'} aria-describedby="${field.hint ? `${id}-hint ` : ''}${id}-problem" @input=${() => field.typed?.()}><button class="button quiet icon-only inside" type="button" aria-pressed=${shown ? 'true' : 'false'}
      aria-label=${t(shown ? 'sign_in.hide' : 'sign_in.show')} @click=${() => field.show(!shown)}>${icon(shown ? 'hidden' : 'eye')}</button></span>
    ${field.hint ? html`<p class="hint" id="${id}-hint">${field.hint}</p>` : nothing}<p class="field-problem" id="${id}-problem">${problem || nothing}</p></div>`;
}
