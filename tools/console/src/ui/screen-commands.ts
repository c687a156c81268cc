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
const LOG_LINES = 1000;
const LOG_SHOWN = 65536; // characters at its end; a file has all of it

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
  static override properties = { screenId: {}, able: { type: Boolean }, items: { attribute: false }, log: { state: true } };
  declare screenId: string;
  declare able: boolean;
  declare items: readonly Command[];
  declare log: { readonly id: string; readonly text: string } | undefined;

  constructor() {
    super();
    this.screenId = '';
    this.able = true;
    this.items = [];
    this.log = undefined;
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

  private async askLog(): Promise<void> {
    await this.send({ name: 'logs', argument: String(LOG_LINES) }).catch((error: unknown) => toast(message(error), 'bad'));
  }

  private async readLog(command: string, use: (text: string) => void): Promise<void> {
    try {
      use(await ask('POST /api/v1/screens/{id}/commands/{command}/log', { path: { id: this.screenId, command } }));
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

  private showLog(command: string): void {
    if (this.log?.id === command) this.log = undefined;
    else void this.readLog(command, (text) => { this.log = { id: command, text: text.slice(-LOG_SHOWN) }; });
  }

  private saveLog(command: string): void {
    void this.readLog(command, (text) => {
      const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
      Object.assign(document.createElement('a'), { href: address, download: `screen-${this.screenId.slice(0, 8)}-${command.slice(0, 8)}.log` }).click();
      URL.revokeObjectURL(address);
    });
  }

  private logButtons(one: Command): TemplateResult | typeof nothing {
    if (one.name !== 'logs' || one.outcome !== 'done') return nothing;
    const open = this.log?.id === one.id;
    return html`<span class="told-buttons"><button class="button small-text" aria-expanded=${open ? 'true' : 'false'} @click=${() => this.showLog(one.id)}>${open ? t('log.hide') : t('log.show')}</button>
      <button class="button quiet icon-only small" aria-label=${t('log.save')} title=${t('log.save')} @click=${() => this.saveLog(one.id)}>${icon('download')}</button></span>`;
  }

  private row(one: Command, times: number): TemplateResult {
    const reason = one.outcome === 'failed' || one.outcome === 'refused' ? one.reason : '';
    return html`<li class="told"><span class="told-icon ${one.outcome}">${icon(icons[one.outcome])}</span><span class="told-text"><strong>${t(`command.${one.name}`)}${times > 1 ? html` <span class="sub">${t('screen.command_times', { n: times })}</span>` : nothing}</strong>
      ${reason ? html`<span class="sub" lang="en">${reason}</span>` : nothing}</span>
      <span class="told-side"><span>${t(`outcome.${one.outcome}`)}</span><span class="sub">${dateTime(new Date(one.answered ?? one.issued ?? 0), language())}</span></span>${this.logButtons(one)}</li>
      ${this.log?.id === one.id ? html`<li><pre class="log" tabindex="0" aria-label=${t('log.title')}>${this.log.text}</pre></li>` : nothing}`;
  }

  override render(): TemplateResult {
    return html`<section class="card"><header class="card-head"><h2>${t('screen.commands')}</h2>${this.able ? html`<button class="button" @click=${() => void this.askLog()}>${t('log.ask')}</button>` : nothing}</header>
      ${this.able ? html`<form class="command-form" @submit=${(event: SubmitEvent) => this.submit(event)}>
        <pp-command-fields></pp-command-fields><button class="button" type="submit">${t('action.send')}</button></form>` : nothing}
      ${this.items.length ? html`<ul class="telling" aria-live="polite">${folded(this.items).slice(0, SHOWN).map(([one, times]) => this.row(one, times))}</ul>` : html`<p class="sub">${t('screen.commands_none')}</p>`}</section>`;
  }
}
customElements.define('pp-screen-commands', PpScreenCommands);
