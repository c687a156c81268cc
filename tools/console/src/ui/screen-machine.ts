// The machine of a screen, as it reported it last: storage, clock, display; and what it found when it was asked to look at itself.
import { html, nothing, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { Command } from '../api/schema.js';
import { dateTime, fileSize } from '../lib/format.js';
import { hasWord, language, t } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { icon, type Icon } from './icons.js';
import { message } from './parts.js';
import { toast } from './toast.js';

type Json = Record<string, unknown>;
const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const number = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const verdicts: Readonly<Record<string, Icon>> = { ok: 'online', warning: 'trouble', warn: 'trouble', failed: 'trouble', fail: 'trouble', unknown: 'waiting', skipped: 'waiting' };
// A word of ours, or else what the screen says.
const known = (word: string, otherwise: string): string => (hasWord(word) ? t(word) : otherwise);

class PpScreenMachine extends PpElement {
  static override properties = { screenId: {}, able: { type: Boolean }, diagnosis: { attribute: false }, status: { state: true } };
  declare screenId: string;
  declare able: boolean;
  declare diagnosis: Command | undefined; // the newest `diagnose`
  declare status: Json | null | undefined;

  constructor() {
    super();
    this.screenId = '';
    this.able = true;
    this.diagnosis = undefined;
    this.status = undefined;
    this.while.on(fleet, 'screens', (event) => { if ((event as CustomEvent<string[]>).detail.includes(this.screenId)) void this.load(); });
    this.while.on(fleet, 'again', () => void this.load());
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('screenId') || !this.screenId) return;
    this.status = undefined;
    void this.load();
  }

  private async load(): Promise<void> {
    const id = this.screenId;
    try {
      const { status } = await ask('GET /api/v1/screens/{id}/reports', { path: { id } });
      if (id === this.screenId) this.status = status;
    } catch {
      // what is shown stays; the next change or connection reads it
    }
  }

  private async diagnose(): Promise<void> {
    try {
      await ask('POST /api/v1/screens/{id}/commands', { path: { id: this.screenId }, body: { name: 'diagnose' } });
      toast(t('screen.command_sent'));
      this.dispatchEvent(new CustomEvent('asked'));
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

  private rows(status: Json): readonly (readonly [string, string])[] {
    const store = object(status['store']);
    const [used, free, files] = [number(store['bytes']), number(store['free_bytes']), number(store['objects'])];
    const display = object(status['display']);
    const [width, height] = [number(display['width']), number(display['height'])];
    const source = text(status['time_source']);
    const time = Date.parse(text(status['time']));
    return [
      ...(used !== undefined && free !== undefined ? [[t('machine.storage'), t('machine.storage_value', { used: fileSize(used, language()), free: fileSize(free, language()), n: files ?? 0 })] as const] : []),
      ...(Number.isNaN(time) ? [] : [[t('machine.clock'), [dateTime(new Date(time), language()), source && known(`machine.clock_${source}`, source)].filter(Boolean).join(' · ')] as const]),
      ...(width && height ? [[t('machine.display'), `${width} × ${height}`] as const] : []),
      ...(text(status['device_key']) ? [[t('machine.key'), text(status['device_key'])] as const] : []),
    ];
  }

  private checks(result: Json): TemplateResult | typeof nothing {
    const checks = Array.isArray(result['checks']) ? (result['checks'] as unknown[]).map(object) : [];
    if (!checks.length) return nothing;
    return html`<ul class="checks">${checks.map((check) => {
      const [name, verdict] = [text(check['name']), text(check['verdict'])];
      const bad = verdict !== 'ok';
      return html`<li class="checked ${bad ? 'bad' : ''}">${icon(verdicts[verdict] ?? 'waiting')}<span>${known(`check.${name}`, name)}${bad && text(check['detail']) ? html`<span class="sub" lang="en">${text(check['detail'])}</span>` : nothing}</span></li>`;
    })}</ul>`;
  }

  override render(): TemplateResult {
    const { status, diagnosis } = this;
    const rows = status ? this.rows(status) : [];
    const pending = diagnosis?.outcome === 'waiting' || diagnosis?.outcome === 'accepted';
    return html`<section class="card"><header class="card-head"><h2>${t('machine.title')}</h2>${this.able ? html`<button class="button" aria-disabled=${pending ? 'true' : 'false'} @click=${() => { if (!pending) void this.diagnose(); }}>
        <span>${t('machine.diagnose')}</span></button>` : nothing}</header>
      ${rows.length ? html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>` : html`<p class="sub">${status === undefined ? t('app.loading') : t('machine.none')}</p>`}
      ${diagnosis ? html`<h3>${t('machine.diagnosis')}</h3><p class="sub" role="status">${pending ? t('screen.picture_waits') : diagnosis.answered ? dateTime(new Date(diagnosis.answered), language()) : t(`outcome.${diagnosis.outcome}`)}</p>
        ${diagnosis.result ? this.checks(object(diagnosis.result)) : nothing}` : nothing}</section>`;
  }
}
customElements.define('pp-screen-machine', PpScreenMachine);
