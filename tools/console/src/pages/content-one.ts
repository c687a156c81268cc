// One piece of content: what it is, what it is called, where it stands, and its next version.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ApiError, ask, exchange } from '../api/client.js';
import type { Content } from '../api/schema.js';
import { uploads } from '../api/uploads.js';
import { dateTime, filmLength, fileSize } from '../lib/format.js';
import { language, t } from '../lib/i18n.js';
import { BASE, go } from '../lib/router.js';
import { localTime, tagsOf, timeOf } from '../lib/content.js';
import { thumbnail } from '../ui/content-parts.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { blankPanel, message, problemPanel } from '../ui/parts.js';
import { textField, valueOf } from '../ui/settings-form.js';
import { showContent } from '../ui/show-content.js';
import { toast } from '../ui/toast.js';
import '../ui/upload-list.js';

class PpContentOne extends PpElement {
  static override properties = { contentId: {}, content: { state: true }, problem: { state: true } };
  declare contentId: string;
  declare content: Content | undefined;
  declare problem: ApiError | undefined;
  private etag = '';

  constructor() {
    super();
    this.contentId = '';
    this.content = undefined;
    this.problem = undefined;
    this.while.on(uploads, 'content', () => void this.load());
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('contentId')) return;
    this.content = undefined;
    void this.load();
  }

  private async load(): Promise<void> {
    const id = this.contentId;
    try {
      const { value, headers } = await exchange('GET /api/v1/content/{id}', { path: { id } });
      if (id !== this.contentId) return;
      this.content = value;
      this.etag = headers.get('etag') ?? '';
      this.problem = undefined;
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  private edit(content: Content): void {
    const when = (name: 'valid_from' | 'valid_to'): TemplateResult => html`<div class="field"><label for="set-${name}">${t(`content.${name}`)}</label>
      <input id="set-${name}" name=${name} type="datetime-local" .value=${localTime(content[name])}></div>`;
    askFor({
      title: t('content.edit_title'), action: t('action.save'),
      fields: () => html`${textField('name', t('content.name'), content.name, { required: true })}${textField('folder', t('content.folder'), content.folder, { hint: t('content.folder_hint') })}
        ${textField('tags', t('content.tags'), content.tags.join(', '), { hint: t('content.tags_hint') })}${when('valid_from')}${when('valid_to')}`,
      run: async (form) => {
        const body = { name: valueOf(form, 'name'), folder: valueOf(form, 'folder'), tags: tagsOf(valueOf(form, 'tags')), valid_from: timeOf(valueOf(form, 'valid_from')), valid_to: timeOf(valueOf(form, 'valid_to')) };
        const { value, headers } = await exchange('PATCH /api/v1/content/{id}', { path: { id: content.id }, body, headers: { 'if-match': this.etag } });
        this.content = value;
        this.etag = headers.get('etag') ?? '';
        toast(t('screen.saved'));
      },
    });
  }

  private drop(content: Content): void {
    const forGood = Boolean(content.deleted);
    askFor({
      title: t(forGood ? 'content.remove_title' : 'content.delete_title', { name: content.name }), text: t(forGood ? 'content.remove_text' : 'content.delete_text'), action: t(forGood ? 'screen.remove' : 'content.delete'), danger: true,
      run: async () => {
        await ask('DELETE /api/v1/content/{id}', { path: { id: content.id } });
        toast(t(forGood ? 'content.removed' : 'content.deleted', { name: content.name }));
        go(forGood ? `${BASE}/content?bin=true` : `${BASE}/content`);
      },
    });
  }

  private async restore(content: Content): Promise<void> {
    try {
      const { value, headers } = await exchange('POST /api/v1/content/{id}/restore', { path: { id: content.id } });
      this.content = value;
      this.etag = headers.get('etag') ?? '';
      toast(t('content.restored', { name: content.name }));
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

  private replace(event: Event): void {
    const input = event.target as HTMLInputElement;
    uploads.add([...(input.files ?? [])].slice(0, 1), { replaces: this.contentId });
    input.value = '';
  }

  private actions(content: Content): TemplateResult {
    if (content.deleted) {
      return html`<div class="head-actions"><button class="button primary" @click=${() => void this.restore(content)}>${icon('undo')}<span>${t('content.restore')}</span></button>
        <button class="button danger" @click=${() => this.drop(content)}>${t('screen.remove')}</button></div>`;
    }
    return html`<div class="head-actions"><input type="file" id="replace" class="file" tabindex="-1" aria-hidden="true" accept="image/*,video/*" @change=${(event: Event) => this.replace(event)}>
      <button class="button primary" @click=${() => void showContent(content, (job) => go(`${BASE}/channels/${job.channel}`)).catch((error: unknown) => toast(message(error), 'bad'))}>${icon('screens')}<span>${t('show.do')}</span></button>
      <button class="button" @click=${() => this.edit(content)}>${icon('edit')}<span>${t('screen.edit')}</span></button>
      <button class="button" @click=${() => this.querySelector<HTMLInputElement>('#replace')?.click()}>${icon('upload')}<span>${t('content.replace')}</span></button>
      <a class="button icon-only" href="/api/v1/content/${content.id}/file" download=${content.name} aria-label=${t('content.download')} title=${t('content.download')}>${icon('download')}</a>
      <button class="button danger icon-only" aria-label=${t('content.delete')} title=${t('content.delete')} @click=${() => this.drop(content)}>${icon('bin')}</button></div>`;
  }

  private facts(content: Content): TemplateResult {
    const time = (text: string | null, none: string): string => (text ? dateTime(new Date(text), language()) : none);
    const rows: [string, TemplateResult | string][] = [
      [t('content.kind'), t(`content.kind_one_${content.kind}`)], [t('content.measure'), `${content.width} × ${content.height}`],
      ...(content.length_ms ? [[t('content.length'), filmLength(content.length_ms)] as [string, string]] : []),
      [t('content.size'), fileSize(content.bytes, language())], [t('content.folder'), content.folder || t('content.folder_none')],
      [t('content.tags'), content.tags.length ? html`<span class="tags">${content.tags.map((tag) => html`<a class="tag" href="${BASE}/content?tag=${encodeURIComponent(tag)}">${tag}</a>`)}</span>` : t('content.tags_none')],
      [t('content.valid_from'), time(content.valid_from, t('content.always'))], [t('content.valid_to'), time(content.valid_to, t('content.always'))],
      [t('content.uploaded'), t('content.uploaded_by', { when: time(content.uploaded, ''), who: content.uploaded_by })], [t('content.version'), String(content.version)],
    ];
    return html`<section class="card"><h2>${t('content.facts')}</h2><dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></section>`;
  }

  override render(): TemplateResult {
    const back = html`<a class="back" href="${BASE}/content">${icon('back')}<span>${t('content.back')}</span></a>`;
    const { content, problem } = this;
    if (problem && !content) {
      if (problem.code !== 'not-found') return html`${back}<h1 class="sr">${t('content.title')}</h1>${problemPanel(problem, () => void this.load())}`;
      return html`${back}<h1 class="sr">${t('content.gone_title')}</h1>${blankPanel('content', t('content.gone_title'), t('content.gone_text'))}`;
    }
    if (!content) return html`${back}<h1 class="sr">${t('app.loading')}</h1><div class="skeleton" aria-busy="true"><div class="skeleton-row tall"></div></div>`;
    return html`${back}<header class="head"><div><h1>${content.name}</h1><p class="head-sub">${content.deleted ? t('content.in_bin', { when: dateTime(new Date(content.deleted), language()) }) : content.folder || t('content.folder_none')}</p></div>${this.actions(content)}</header>
      <pp-upload-list></pp-upload-list>
      ${content.warning ? html`<p class="callout">${icon('trouble')}<span>${t('content.warning', { text: content.warning })}</span></p>` : nothing}
      <div class="cards"><section class="card"><h2>${t('content.looks')}</h2><div class="look">${thumbnail(content)}</div></section>${this.facts(content)}</div>`;
  }
}
customElements.define('pp-content-one', PpContentOne);
