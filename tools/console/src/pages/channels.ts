// The channels: what screens are on.
import { html, nothing, type TemplateResult } from 'lit';

import { ask, signedIn } from '../api/client.js';
import type { ChannelRow } from '../api/schema.js';
import { ago } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { BASE, go } from '../lib/router.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { Paged } from '../ui/paged.js';
import { blankPanel, clock, message, now } from '../ui/parts.js';
import { textField, valueOf } from '../ui/settings-form.js';
import { toast } from '../ui/toast.js';

class PpChannels extends PpElement {
  static override properties = { approval: { state: true } };
  declare approval: boolean | undefined; // whether a second person has to agree
  private readonly list = new Paged<ChannelRow>(this, (query) => ask('GET /api/v1/channels', { query }));

  constructor() {
    super();
    this.approval = undefined;
    this.while.on(clock, 'tick', () => this.requestUpdate());
    void ask('GET /api/v1/settings/publishing', {}).then(({ approval }) => { this.approval = approval; }, () => {});
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
        ${this.list.any ? html`<button class="button primary" @click=${() => this.add()}>${icon('add')}<span>${t('channels.add')}</span></button>` : nothing}</header>
      ${this.list.any ? this.list.search(t('channels.search')) : nothing}
      ${this.list.list(t('channels.title'), (one) => this.row(one), t('channels.none_text'), blankPanel('channel', t('channels.none_yet'), t('channels.add_text'),
        html`<button class="button primary" @click=${() => this.add()}>${icon('add')}<span>${t('channels.add')}</span></button>`))}${this.setting()}`;
  }
}
customElements.define('pp-channels', PpChannels);
