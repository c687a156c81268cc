// What is asked of a screen, and what became of what was asked.
import { html, nothing, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import type { Command, CommandRequest } from '../api/schema.js';
import { dateTime } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import type { PpCommandFields } from './command-fields.js';
import { askFor } from './dialog.js';
import { PpElement } from './element.js';
import { icon, type Icon } from './icons.js';
import { message } from './parts.js';
import { toast } from './toast.js';
import './command-fields.js';

const SHOWN = 8;

// A live picture asks again and again: what follows one another with the same end is told once.
function folded(items: readonly Command[]): (readonly [Command, number])[] {
  const told: [Command, number][] = [];
  for (const one of items) {
    const last = told.at(-1);
    if (last && one.name === 'screenshot' && last[0].name === one.name && last[0].outcome === one.outcome && one.outcome === 'done') last[1]++;
    else told.push([one, 1]);
  }
  return told;
}

const icons: Record<Command['outcome'], Icon> = { waiting: 'waiting', accepted: 'waiting', done: 'online', failed: 'trouble', refused: 'retired', expired: 'retired' };

class PpScreenCommands extends PpElement {
  static override properties = { screenId: {}, able: { type: Boolean }, items: { attribute: false } };
  declare screenId: string;
  declare able: boolean;
  declare items: readonly Command[];

  constructor() {
    super();
    this.screenId = '';
    this.able = true;
    this.items = [];
  }

  private async send(body: CommandRequest): Promise<void> {
    await ask('POST /api/v1/screens/{id}/commands', { path: { id: this.screenId }, body });
    toast(t('screen.command_sent'));
    this.dispatchEvent(new CustomEvent('asked'));
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = this.querySelector<PpCommandFields>('pp-command-fields');
    if (!fields) return;
    const body = fields.request;
    const command = t(`command.${body.name}`);
    if (fields.chosen.interrupts) askFor({ title: command, text: t('screen.command_sure', { command }), action: t('action.send'), danger: true, run: () => this.send(body) });
    else void this.send(body).catch((error: unknown) => toast(message(error), 'bad'));
  }

  private row(one: Command, times: number): TemplateResult {
    const reason = one.outcome === 'failed' || one.outcome === 'refused' ? one.reason : '';
    return html`<li class="told"><span class="told-icon ${one.outcome}">${icon(icons[one.outcome])}</span><span class="told-text"><strong>${t(`command.${one.name}`)}${times > 1 ? html` <span class="sub">${t('screen.command_times', { n: times })}</span>` : nothing}</strong>
      ${reason ? html`<span class="sub" lang="en">${reason}</span>` : nothing}</span>
      <span class="told-side"><span>${t(`outcome.${one.outcome}`)}</span><span class="sub">${dateTime(new Date(one.answered ?? one.issued ?? 0), language())}</span></span></li>`;
  }

  override render(): TemplateResult {
    return html`<section class="card"><h2>${t('screen.commands')}</h2>
      ${this.able ? html`<form class="command-form" @submit=${(event: SubmitEvent) => this.submit(event)}>
        <pp-command-fields></pp-command-fields><button class="button" type="submit">${t('action.send')}</button></form>` : nothing}
      ${this.items.length ? html`<ul class="telling" aria-live="polite">${folded(this.items).slice(0, SHOWN).map(([one, times]) => this.row(one, times))}</ul>` : html`<p class="sub">${t('screen.commands_none')}</p>`}</section>`;
  }
}
customElements.define('pp-screen-commands', PpScreenCommands);
