// Which command, and what goes with it: in the form of one screen, and of many.
import { html, nothing, type TemplateResult } from 'lit';

import type { CommandRequest } from '../api/schema.js';
import { commands, type CommandRow } from '../lib/commands.js';
import { t } from '../lib/i18n.js';
import { PpElement } from './element.js';

export class PpCommandFields extends PpElement {
  static override properties = { chosen: { state: true } };
  declare chosen: CommandRow;

  constructor() {
    super();
    this.chosen = commands[0] as CommandRow;
  }

  // What is asked for, as the fields have it.
  get request(): CommandRequest {
    const argument = this.querySelector<HTMLInputElement | HTMLSelectElement>('[name=argument]')?.value ?? '';
    return { name: this.chosen.name, ...(argument ? { argument } : {}) };
  }

  private argument(): TemplateResult | typeof nothing {
    const { choice, usual, least, most } = this.chosen;
    if (!choice && usual === undefined) return nothing;
    return html`<div class="field"><label for="argument">${t('screen.command_argument')}</label>${choice
      ? html`<select id="argument" name="argument">${choice.map((one) => html`<option value=${one}>${t(`argument.${one}`)}</option>`)}</select>`
      : html`<input id="argument" name="argument" type="number" min=${least ?? 0} max=${most ?? 0} .value=${String(usual)} required>`}</div>`;
  }

  override render(): TemplateResult {
    return html`<div class="field"><label for="command">${t('screen.command')}</label><select id="command" @change=${(event: Event) => {
      this.chosen = commands.find(({ name }) => name === (event.target as HTMLSelectElement).value) as CommandRow;
      this.dispatchEvent(new CustomEvent('choose'));
    }}>${commands.map(({ name }) => html`<option value=${name} ?selected=${name === this.chosen.name}>${t(`command.${name}`)}</option>`)}</select></div>${this.argument()}`;
  }
}
customElements.define('pp-command-fields', PpCommandFields);
