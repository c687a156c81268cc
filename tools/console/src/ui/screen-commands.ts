// What is asked of a screen, and what became of what was asked.
import { html, nothing, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import type { Command, CommandRequest } from '../api/schema.js';
import { commands, type CommandRow } from '../lib/commands.js';
import { dateTime } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { askFor } from './dialog.js';
import { PpElement } from './element.js';
import { icon, type Icon } from './icons.js';
import { message } from './parts.js';
import { toast } from './toast.js';

const SHOWN = 8;
const icons: Record<Command['outcome'], Icon> = { waiting: 'waiting', accepted: 'waiting', done: 'online', failed: 'trouble', refused: 'retired', expired: 'retired' };

class PpScreenCommands extends PpElement {
  static override properties = { screenId: {}, able: { type: Boolean }, items: { attribute: false }, chosen: { state: true } };
  declare screenId: string;
  declare able: boolean;
  declare items: readonly Command[];
  declare chosen: CommandRow;

  constructor() {
    super();
    this.screenId = '';
    this.able = true;
    this.items = [];
    this.chosen = commands[0] as CommandRow;
  }

  private async send(body: CommandRequest): Promise<void> {
    await ask('POST /api/v1/screens/{id}/commands', { path: { id: this.screenId }, body });
    toast(t('screen.command_sent'));
    this.dispatchEvent(new CustomEvent('asked'));
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const { chosen } = this;
    const argument = String(new FormData(event.target as HTMLFormElement).get('argument') ?? '');
    const body: CommandRequest = { name: chosen.name, ...(argument ? { argument } : {}) };
    const command = t(`command.${chosen.name}`);
    if (chosen.interrupts) askFor({ title: command, text: t('screen.command_sure', { command }), action: t('action.send'), danger: true, run: () => this.send(body) });
    else void this.send(body).catch((error: unknown) => toast(message(error), 'bad'));
  }

  private argument(): TemplateResult | typeof nothing {
    const { choice, usual, least, most } = this.chosen;
    if (!choice && usual === undefined) return nothing;
    return html`<div class="field"><label for="argument">${t('screen.command_argument')}</label>${choice
      ? html`<select id="argument" name="argument">${choice.map((one) => html`<option value=${one}>${t(`argument.${one}`)}</option>`)}</select>`
      : html`<input id="argument" name="argument" type="number" min=${least ?? 0} max=${most ?? 0} .value=${String(usual)} required>`}</div>`;
  }

  private row(one: Command): TemplateResult {
    const reason = one.outcome === 'failed' || one.outcome === 'refused' ? one.reason : '';
    return html`<li class="told"><span class="told-icon ${one.outcome}">${icon(icons[one.outcome])}</span><span class="told-text"><strong>${t(`command.${one.name}`)}</strong>
      ${reason ? html`<span class="sub" lang="en">${reason}</span>` : nothing}</span>
      <span class="told-side"><span>${t(`outcome.${one.outcome}`)}</span><span class="sub">${dateTime(new Date(one.answered ?? one.issued ?? 0), language())}</span></span></li>`;
  }

  override render(): TemplateResult {
    return html`<section class="card"><h2>${t('screen.commands')}</h2>
      ${this.able ? html`<form class="command-form" @submit=${(event: SubmitEvent) => this.submit(event)}>
        <div class="field"><label for="command">${t('screen.command')}</label><select id="command" @change=${(event: Event) => { this.chosen = commands.find(({ name }) => name === (event.target as HTMLSelectElement).value) as CommandRow; }}>
          ${commands.map(({ name }) => html`<option value=${name} ?selected=${name === this.chosen.name}>${t(`command.${name}`)}</option>`)}</select></div>
        ${this.argument()}<button class="button" type="submit">${t('action.send')}</button></form>` : nothing}
      ${this.items.length ? html`<ul class="telling" aria-live="polite">${this.items.slice(0, SHOWN).map((one) => this.row(one))}</ul>` : html`<p class="sub">${t('screen.commands_none')}</p>`}</section>`;
  }
}
customElements.define('pp-screen-commands', PpScreenCommands);
