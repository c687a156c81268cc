// What was published on a channel: who, when and why; named, compared with what is published now, published again.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ask } from '../api/client.js';
import type { Channel, Job, Version, VersionRow } from '../api/schema.js';
import { ago, dateTime } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { differences, type Differences } from '../lib/versions.js';
import { changeList } from './change-list.js';
import { askFor } from './dialog.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { clock, message, now } from './parts.js';
import { textField, valueOf } from './settings-form.js';
import { toast } from './toast.js';

const FIRST = 8; // of those without a name, unless somebody wants all

class PpChannelVersions extends PpElement {
  static override properties = { channel: { attribute: false }, rows: { state: true }, all: { state: true } };
  declare channel: Channel | undefined;
  declare rows: readonly VersionRow[];
  declare all: boolean;

  constructor() {
    super();
    this.channel = undefined;
    this.rows = [];
    this.all = false;
    this.while.on(clock, 'tick', () => this.requestUpdate());
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('channel') && this.channel) void this.load(this.channel.id);
  }

  private async load(id: string): Promise<void> {
    const items = await ask('GET /api/v1/channels/{id}/versions', { path: { id } }).then((page) => page.items, () => undefined);
    if (items && id === this.channel?.id) this.rows = items;
  }

  private version(number: number): Promise<Version> { return ask('GET /api/v1/channels/{id}/versions/{number}', { path: { id: this.channel?.id ?? '', number: String(number) } }); }

  private titleOf({ name, number }: VersionRow): string { return name ?? t('versions.number', { n: number }); }

  // Against what is published now; undefined where nothing is, or it is not kept.
  private async compared(row: VersionRow): Promise<Differences | undefined> {
    const { publish } = this.channel ?? {};
    const [present, version] = await Promise.all([publish ? this.version(publish).catch(() => undefined) : undefined, this.version(row.number)]);
    return present && differences(present, version);
  }

  private rename(row: VersionRow): void {
    askFor({
      title: t('versions.name_title'), text: t('versions.name_text'), action: t('action.save'), fields: () => textField('name', t('channels.name'), row.name ?? '', { hint: t('versions.name_hint') }),
      run: async (form) => {
        await ask('PATCH /api/v1/channels/{id}/versions/{number}', { path: { id: this.channel?.id ?? '', number: String(row.number) }, body: { name: valueOf(form, 'name') || null } });
        toast(t('screen.saved'));
        await this.load(this.channel?.id ?? '');
      },
    });
  }

  private telling(found: Differences | undefined): TemplateResult {
    if (!found) return html`<p class="sub">${t('versions.nothing_now')}</p>`;
    return found.items.length || found.other.length ? html`${changeList(found)}` : html`<p class="sub">${t('versions.same')}</p>`;
  }

  // The differences first, so that what is confirmed has been seen.
  private async restore(row: VersionRow): Promise<void> {
    const channel = this.channel as Channel;
    try {
      const found = await this.compared(row);
      askFor({
        title: t('versions.restore_title', { name: this.titleOf(row) }), text: t('versions.restore_text', { title: channel.title }), action: t('versions.restore'),
        fields: () => html`${this.telling(found)}${textField('note', t('channel.note'), '', { hint: t('channel.note_hint') })}`,
        run: async (form) => {
          const note = valueOf(form, 'note');
          const job = await ask('POST /api/v1/channels/{id}/versions/{number}/restore', { path: { id: channel.id, number: String(row.number) }, body: note ? { note } : {} });
          this.dispatchEvent(new CustomEvent<Job>('begun', { detail: job, bubbles: true }));
        },
      });
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

  private row(row: VersionRow): TemplateResult {
    const name = this.titleOf(row);
    const current = row.number === this.channel?.publish;
    const when = row.published ? new Date(row.published) : undefined;
    const more = [row.author, row.restored ? t('versions.restored', { n: row.restored }) : '', row.note ?? ''].filter(Boolean).join(' · ');
    return html`<li class="told version ${current ? 'current' : ''}"><span class="told-icon ${current ? 'done' : ''}">${icon(row.name ? 'tag' : current ? 'check' : 'waiting')}</span>
      <span class="told-text"><strong>${name}</strong><span class="sub">${row.name ? `${t('versions.number', { n: row.number })} · ` : ''}${more}</span>
        <span class="sub">${when ? html`<time datetime=${row.published ?? ''} title=${dateTime(when, language())}>${ago(when, now(), language())}</time>` : nothing}${current ? html` · <strong class="now">${t('versions.now')}</strong>` : nothing}</span></span>
      <span class="told-acts"><button class="button quiet icon-only" aria-label=${t('versions.name_one', { name })} title=${t('versions.name_title')} @click=${() => this.rename(row)}>${icon('edit')}</button>
        ${current ? nothing : html`<button class="button quiet icon-only" aria-label=${t('versions.restore_one', { name })} title=${t('versions.restore')} @click=${() => void this.restore(row)}>${icon('undo')}</button>`}</span></li>`;
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.rows.length) return nothing;
    const shown = this.all ? this.rows : this.rows.filter(({ name, number }, i) => name !== null || number === this.channel?.publish || i < FIRST);
    return html`<section class="card"><h2>${t('versions.title')}</h2><ul class="telling" aria-label=${t('versions.title')}>${repeat(shown, ({ number }) => number, (one) => this.row(one))}</ul>
      ${shown.length < this.rows.length ? html`<div class="more"><button class="button" @click=${() => { this.all = true; }}>${t('versions.all', { n: this.rows.length })}</button></div>` : nothing}</section>`;
  }
}
customElements.define('pp-channel-versions', PpChannelVersions);
