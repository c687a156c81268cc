// One feed: its last value, how another system gives it one, and what is refused.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ApiError, ask } from '../api/client.js';
import { feedNews } from '../api/events.js';
import type { Feed, FeedShown } from '../api/schema.js';
import { dateTime, duration, fileSize } from '../lib/format.js';
import { ageOf, exampleOf } from '../lib/feed.js';
import { language, t } from '../lib/i18n.js';
import { BASE, go } from '../lib/router.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { addKey, curlPanel, feedBadge, feedFields, feedOf, jsonField, jsonIn, type ShownKey } from '../ui/feed-parts.js';
import { icon } from '../ui/icons.js';
import { blankPanel, clock, now, problemPanel, tick } from '../ui/parts.js';
import { textField, valueOf } from '../ui/settings-form.js';
import { toast } from '../ui/toast.js';

class PpFeed extends PpElement {
  static override properties = { feedName: {}, feed: { state: true }, problem: { state: true }, shown: { state: true } };
  declare feedName: string;
  declare feed: FeedShown | undefined;
  declare problem: ApiError | undefined;
  declare shown: ShownKey | undefined;
  private reading = 0;

  constructor() {
    super();
    this.feedName = '';
    this.feed = undefined;
    this.problem = undefined;
    this.shown = undefined;
    this.while.on(clock, 'tick', () => this.requestUpdate());
    this.while.on(feedNews, 'change', () => void this.load());
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('feedName')) return;
    this.feed = undefined;
    this.shown = undefined;
    void this.load();
  }

  private async load(): Promise<void> {
    const reading = ++this.reading;
    try {
      const feed = await ask('GET /api/v1/feeds/{id}', { path: { id: this.feedName } });
      if (reading !== this.reading) return;
      tick();
      this.feed = feed;
      this.problem = undefined;
    } catch (error) {
      if (reading === this.reading) this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  private edit(feed: Feed): void {
    askFor({
      title: t('feed.edit'), action: t('action.save'), fields: () => html`${textField('title', t('feeds.title_field'), feed.title, { required: true })}${feedFields(feed)}`,
      run: async (form) => {
        await ask('PATCH /api/v1/feeds/{id}', { path: { id: feed.name }, body: { title: valueOf(form, 'title'), ...feedOf(form) } });
        await this.load();
      },
    });
  }

  private type(feed: FeedShown): void {
    const before = JSON.stringify(feed.version ? feed.value : exampleOf(feed.schema), null, 2);
    askFor({
      title: t('feed.type'), text: t('feed.type_text'), action: t('feed.give'), fields: () => jsonField('value', t('feed.value'), before),
      run: async (form) => {
        await ask('PUT /api/v1/feeds/{id}/value', { path: { id: feed.name }, body: { value: jsonIn(form, 'value') } }).catch((error: unknown) => {
          if (error instanceof ApiError && error.code === 'body-invalid') throw new Error(t('feed.value_refused', { why: error.message }));
          throw error;
        });
        toast(t('feed.given'));
        await this.load();
      },
    });
  }

  private askRemove(feed: Feed): void {
    askFor({
      title: t('feed.remove'), text: t('feed.remove_text', { title: feed.title }), action: t('action.remove'), danger: true,
      run: async () => {
        await ask('DELETE /api/v1/feeds/{id}', { path: { id: feed.name } });
        go(`${BASE}/feeds`);
      },
    });
  }

  private valueCard(feed: FeedShown): TemplateResult {
    const facts: [string, string][] = feed.value_time ? [
      [t('feed.came'), `${ageOf(feed, now(), language())} (${dateTime(new Date(feed.value_time), language())})`], [t('feed.by'), feed.value_by.replace(/^key /, '')], [t('feed.size'), fileSize(feed.value_size, language())],
    ] : [];
    return html`<section class="card" aria-labelledby="value-title"><div class="card-head"><h2 id="value-title">${t('feed.last')}</h2><button class="button" @click=${() => this.type(feed)}>${icon('edit')}<span>${t('feed.type')}</span></button></div>
      ${feed.version ? html`<pre class="json" tabindex="0" aria-label=${t('feed.last')}>${JSON.stringify(feed.value, null, 2)}</pre>` : html`<p class="sub">${t('feeds.no_value')}</p>`}
      <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
        <div><dt>${t('feed.stale_after')}</dt><dd>${duration(feed.stale_after_s, language())}</dd></div></dl></section>`;
  }

  private sendCard(feed: FeedShown): TemplateResult {
    return html`<section class="card" aria-labelledby="send-title"><div class="card-head"><h2 id="send-title">${t('feed.send')}</h2><button class="button" @click=${() => addKey([feed], feed.name, (shown) => { this.shown = shown; })}>${icon('key')}<span>${t('feeds.key_add')}</span></button></div>
      <p class="sub">${this.shown ? t('feed.key_once') : t('feed.send_text')}</p>
      ${curlPanel(feed, feed.version ? feed.value : exampleOf(feed.schema), this.shown?.key)}
      <p class="sub">${t('feed.send_more')}</p></section>`;
  }

  private takenCard(feed: FeedShown): TemplateResult {
    return html`<section class="card" aria-labelledby="taken-title"><h2 id="taken-title">${t('feed.taken')}</h2>
      ${feed.refusal && feed.refused_time ? html`<p class="callout bad">${icon('trouble')}<span>${t('feed.refusal', { when: dateTime(new Date(feed.refused_time), language()) })}<span class="sub" lang="en">${feed.refusal}</span></span></p>` : nothing}
      <dl class="facts"><div><dt>${t('feed.count_taken')}</dt><dd>${feed.taken}</dd></div><div><dt>${t('feed.count_refused')}</dt><dd>${feed.refused}</dd></div><div><dt>${t('feed.most')}</dt><dd>${fileSize(feed.value_max, language())}</dd></div>
        <div><dt>${t('screen.site')}</dt><dd>${feed.site || t('feed.everywhere')}</dd></div></dl>
      <h3>${t('feed.schema')}</h3>${feed.schema ? html`<pre class="json" tabindex="0" aria-label=${t('feed.schema')}>${JSON.stringify(feed.schema, null, 2)}</pre>` : html`<p class="sub">${t('feed.schema_none')}</p>`}</section>`;
  }

  override render(): TemplateResult {
    const { feed } = this;
    const back = html`<a class="back" href="${BASE}/feeds">${icon('back')}<span>${t('feed.back')}</span></a>`;
    if (this.problem?.code === 'not-found') return html`<h1 class="sr">${t('feed.gone')}</h1>${blankPanel('feed', t('feed.gone'), t('feed.gone_text'), html`<a class="button primary" href="${BASE}/feeds">${t('feed.back')}</a>`)}`;
    if (this.problem && !feed) return html`${back}<h1 class="sr">${t('feeds.title')}</h1>${problemPanel(this.problem, () => void this.load())}`;
    if (!feed) return html`${back}<h1 class="sr">${t('app.loading')}</h1><div class="skeleton" aria-busy="true"><div class="skeleton-row"></div></div>`;
    return html`${back}<header class="head"><div><h1>${feed.title}</h1><p class="head-sub feed-name"><code>${feed.name}</code>${feedBadge(feed, now())}</p></div>
        <div class="head-actions"><button class="button" @click=${() => this.edit(feed)}>${icon('edit')}<span>${t('feed.edit')}</span></button>
          <button class="button icon-only" aria-label=${t('feed.remove')} @click=${() => this.askRemove(feed)}>${icon('bin')}</button></div></header>
      <div class="feed-parts">${this.valueCard(feed)}${this.sendCard(feed)}${this.takenCard(feed)}</div>`;
  }
}
customElements.define('pp-feed', PpFeed);
