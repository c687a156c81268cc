// Live data: the values that other systems give and screens show.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask } from '../api/client.js';
import { feedNews } from '../api/events.js';
import type { Feed, FeedKey } from '../api/schema.js';
import { date } from '../lib/format.js';
import { ageOf, nameOf } from '../lib/feed.js';
import { language, t } from '../lib/i18n.js';
import { BASE, go } from '../lib/router.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { addKey, feedBadge, feedFields, feedOf, keyPanel, revokeKey, type ShownKey } from '../ui/feed-parts.js';
import { icon } from '../ui/icons.js';
import { blankPanel, clock, now, problemPanel, tick } from '../ui/parts.js';
import { textField, valueOf } from '../ui/settings-form.js';

class PpFeeds extends PpElement {
  static override properties = { items: { state: true }, keys: { state: true }, problem: { state: true }, shown: { state: true } };
  declare items: readonly Feed[] | undefined;
  declare keys: readonly FeedKey[] | undefined; // undefined: they are somebody else's to see
  declare problem: ApiError | undefined;
  declare shown: ShownKey | undefined;
  private reading = 0;

  constructor() {
    super();
    this.items = undefined;
    this.keys = undefined;
    this.problem = undefined;
    this.shown = undefined;
    this.while.on(clock, 'tick', () => this.requestUpdate());
    this.while.on(feedNews, 'change', () => void this.load());
    void this.load();
  }

  private async load(): Promise<void> {
    const reading = ++this.reading;
    try {
      const { items } = await ask('GET /api/v1/feeds', {});
      const keys = await ask('GET /api/v1/feed-keys', {}).then((answer) => answer.items, (error: unknown) => {
        if (error instanceof ApiError && error.code === 'not-permitted') return undefined;
        throw error;
      });
      if (reading !== this.reading) return;
      tick();
      this.items = items;
      this.keys = keys;
      this.problem = undefined;
    } catch (error) {
      if (reading === this.reading) this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  private add(): void {
    askFor({
      title: t('feeds.add'), text: t('feeds.add_text'), action: t('feeds.make'),
      fields: () => html`${textField('title', t('feeds.title_field'), '', { required: true })}${textField('feed', t('feeds.name_field'), '', { hint: t('feeds.name_hint') })}${feedFields()}`,
      run: async (form) => {
        const title = valueOf(form, 'title');
        if (!title) throw new Error(t('feeds.title_missing'));
        const feed = valueOf(form, 'feed') || nameOf(title);
        if (!feed) throw new Error(t('feeds.name_missing'));
        await ask('POST /api/v1/feeds', { body: { feed, title, ...feedOf(form) } });
        go(`${BASE}/feeds/${feed}`);
      },
    });
  }

  private row(feed: Feed): TemplateResult {
    return html`<li class="line"><span class="line-icon">${icon('feed')}</span><span class="line-text"><a class="stretch" href="${BASE}/feeds/${feed.name}">${feed.title}</a>
      <span class="sub">${feed.value_time ? t('feeds.from', { when: ageOf(feed, now(), language()), who: feed.value_by.replace(/^key /, '') }) : t('feeds.no_value')}</span></span>
      <span class="line-side">${feedBadge(feed, now())}</span></li>`;
  }

  private keyRow(key: FeedKey): TemplateResult {
    const about = key.state === 'active' ? (key.used ? t('feeds.key_used', { when: date(new Date(key.used), language()) }) : t('feeds.key_unused')) : t(`feeds.key_${key.state}`);
    return html`<li class="line"><span class="line-icon">${icon('key')}</span><span class="line-text"><strong>${key.name}</strong><span class="sub">${key.feeds.join(', ')} · ${about}${key.expires && key.state === 'active' ? ` · ${t('feeds.key_until', { when: date(new Date(key.expires), language()) })}` : ''}</span></span>
      ${key.state === 'active' ? html`<button class="button" @click=${() => revokeKey(key, () => void this.load())}>${t('feeds.key_revoke')}</button>` : nothing}</li>`;
  }

  private keysPart(): TemplateResult | typeof nothing {
    const { keys, items } = this;
    if (!keys || !items?.length) return nothing;
    return html`<section class="feed-keys" aria-labelledby="keys-title"><div class="card-head"><h2 id="keys-title">${t('feeds.keys')}</h2>
        <button class="button" @click=${() => addKey(items, '', (shown) => { this.shown = shown; void this.load(); })}>${icon('key')}<span>${t('feeds.key_add')}</span></button></div>
      ${this.shown ? keyPanel(this.shown) : nothing}
      ${keys.length ? html`<ul class="lines">${repeat(keys, ({ id }) => id, (key) => this.keyRow(key))}</ul>` : html`<p class="sub">${t('feeds.keys_none')}</p>`}</section>`;
  }

  private body(): TemplateResult {
    const { items } = this;
    if (this.problem && !items) return problemPanel(this.problem, () => void this.load());
    if (!items) return html`<div class="skeleton" aria-busy="true"><span class="sr" role="status">${t('app.loading')}</span><div class="skeleton-row"></div><div class="skeleton-row"></div></div>`;
    if (!items.length) return blankPanel('feed', t('feeds.none_yet'), t('feeds.add_text'), html`<button class="button primary" @click=${() => this.add()}>${icon('add')}<span>${t('feeds.add')}</span></button>`);
    return html`<ul class="lines" aria-label=${t('feeds.title')}>${repeat(items, ({ name }) => name, (one) => this.row(one))}</ul>${this.keysPart()}`;
  }

  override render(): TemplateResult {
    return html`<header class="head"><div><h1>${t('feeds.title')}</h1><p class="head-sub">${t('feeds.lead')}</p></div>
        ${this.items?.length ? html`<button class="button primary" @click=${() => this.add()}>${icon('add')}<span>${t('feeds.add')}</span></button>` : nothing}</header>
      ${this.body()}`;
  }
}
customElements.define('pp-feeds', PpFeeds);
