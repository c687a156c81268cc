// The channels: what screens are on.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask, signedIn } from '../api/client.js';
import type { ChannelRow } from '../api/schema.js';
import { ago } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { BASE, go } from '../lib/router.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { blankPanel, clock, message, now, problemPanel } from '../ui/parts.js';
import { textField, valueOf } from '../ui/settings-form.js';
import { toast } from '../ui/toast.js';

const PAGE = 100;
const TYPING_MS = 250;

class PpChannels extends PpElement {
  static override properties = { q: { state: true }, items: { state: true }, next: { state: true }, approval: { state: true }, problem: { state: true } };
  declare q: string;
  declare items: readonly ChannelRow[] | undefined;
  declare next: string | null;
  declare approval: boolean | undefined; // whether a second person has to agree
  declare problem: ApiError | undefined;
  private reading = 0;
  private timer = 0;

  constructor() {
    super();
    this.q = '';
    this.items = undefined;
    this.next = null;
    this.approval = undefined;
    this.problem = undefined;
    this.while.on(clock, 'tick', () => this.requestUpdate());
    void this.load();
    void ask('GET /api/v1/settings/publishing', {}).then(({ approval }) => { this.approval = approval; }, () => {});
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  private async load(cursor?: string): Promise<void> {
    const reading = ++this.reading;
    try {
      const page = await ask('GET /api/v1/channels', { query: { limit: PAGE, ...(this.q.trim() ? { q: this.q.trim() } : {}), ...(cursor ? { cursor } : {}) } });
      if (reading !== this.reading) return;
      this.items = cursor ? [...(this.items ?? []), ...page.items] : page.items;
      this.next = page.next;
      this.problem = undefined;
    } catch (error) {
      if (reading === this.reading) this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  private add(): void {
    askFor({
      title: t('channels.add'), text: t('channels.add_text'), action: t('channels.make'), fields: () => textField('title', t('channels.name'), '', { required: true }),
      run: async (form) => {
        const { id } = await ask('POST /api/v1/channels', { body: { title: valueOf(form, 'title') } });
        go(`${BASE}/channels/${id}`);
      },
    });
  }

  private row(channel: ChannelRow): TemplateResult {
    const published = channel.published ? t('channels.published', { when: ago(new Date(channel.published), now(), language()) }) : t('channels.empty');
    return html`<li class="line"><span class="line-icon">${icon('channel')}</span><span class="line-text"><a class="stretch" href="${BASE}/channels/${channel.id}">${channel.title}</a><span class="sub">${published}</span></span>
      <span class="sub line-side">${t('screens.count', { n: channel.screens })}</span></li>`;
  }

  private body(): TemplateResult {
    const { items } = this;
    if (this.problem && !items) return problemPanel(this.problem, () => void this.load());
    if (!items) return html`<div class="skeleton" aria-busy="true"><span class="sr" role="status">${t('app.loading')}</span><div class="skeleton-row"></div><div class="skeleton-row"></div></div>`;
    if (!items.length && this.q) return blankPanel('search', t('screens.none_title'), t('channels.none_text'));
    if (!items.length) return blankPanel('channel', t('channels.none_yet'), t('channels.add_text'), html`<button class="button primary" @click=${() => this.add()}>${icon('add')}<span>${t('channels.add')}</span></button>`);
    return html`<ul class="lines" aria-label=${t('channels.title')}>${repeat(items, ({ id }) => id, (one) => this.row(one))}</ul>
      ${this.next ? html`<div class="more"><button class="button" @click=${() => void this.load(this.next ?? undefined)}>${t('content.more')}</button></div>` : nothing}`;
  }

  private async approve(box: HTMLInputElement): Promise<void> {
    const approval = box.checked;
    try {
      await ask('PUT /api/v1/settings/publishing', { body: { approval } });
      this.approval = approval;
      toast(t(approval ? 'approval.setting_on' : 'approval.setting_off'));
    } catch (error) {
      box.checked = !approval;
      toast(message(error), 'bad');
    }
  }

  private setting(): TemplateResult | typeof nothing {
    if (this.approval === undefined || !signedIn()?.roles.includes('admin')) return nothing;
    return html`<section class="card narrow apart"><h2>${t('approval.setting')}</h2>
      <label class="check"><input type="checkbox" class="box" aria-describedby="approval-text" .checked=${this.approval} @change=${(event: Event) => void this.approve(event.target as HTMLInputElement)}><span>${t('approval.setting_label')}</span></label>
      <p class="hint" id="approval-text">${t('approval.setting_text')}</p></section>`;
  }

  override render(): TemplateResult {
    return html`<header class="head"><div><h1>${t('channels.title')}</h1><p class="head-sub">${t('channels.lead')}</p></div>
        ${this.items?.length || this.q ? html`<button class="button primary" @click=${() => this.add()}>${icon('add')}<span>${t('channels.add')}</span></button>` : nothing}</header>
      ${this.items?.length || this.q ? html`<div class="tools"><label class="search">${icon('search')}<span class="sr">${t('channels.search')}</span>
        <input type="search" id="search" autocomplete="off" spellcheck="false" placeholder=${t('channels.search')} .value=${this.q}
          @input=${(event: Event) => { this.q = (event.target as HTMLInputElement).value; clearTimeout(this.timer); this.timer = setTimeout(() => void this.load(), TYPING_MS); }}></label></div>` : nothing}
      ${this.body()}${this.setting()}`;
  }
}
customElements.define('pp-channels', PpChannels);
