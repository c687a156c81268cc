// One group: who is in it and why, and what it says of their settings.
import { html, nothing, type TemplateResult } from 'lit';

import { ApiError, ask, exchange } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { Group } from '../api/schema.js';
import { t } from '../lib/i18n.js';
import { BASE, go } from '../lib/router.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import type { PpGroupFields } from '../ui/group-fields.js';
import { icon } from '../ui/icons.js';
import { blankPanel, message, problemPanel } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import '../ui/group-fields.js';
import '../ui/level-settings.js';

const GATHER_MS = 1000; // changes of screens that may be of who is in it

class PpGroup extends PpElement {
  static override properties = { groupId: {}, group: { state: true }, problem: { state: true } };
  declare groupId: string;
  declare group: Group | undefined;
  declare problem: ApiError | undefined;
  private etag = '';
  private timer = 0;

  constructor() {
    super();
    this.groupId = '';
    this.group = undefined;
    this.problem = undefined;
    this.while.on(fleet, 'groups', (event) => { if ((event as CustomEvent<string[]>).detail.includes(this.groupId)) void this.load(); });
    this.while.on(fleet, 'screens', () => { this.timer ||= setTimeout(() => { this.timer = 0; void this.load(); }, GATHER_MS); });
    this.while.on(fleet, 'again', () => void this.load());
    this.while.on(fleet, 'change', () => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    this.timer = 0;
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('groupId')) return;
    this.group = undefined;
    void this.load();
  }

  private async load(): Promise<void> {
    const id = this.groupId;
    try {
      const { value, headers } = await exchange('GET /api/v1/groups/{id}', { path: { id } });
      if (id === this.groupId) this.take(value, headers);
    } catch (error) {
      const problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
      if (problem.code === 'not-found') this.group = undefined;
      this.problem = problem;
    }
  }

  private take(group: Group, headers: Headers): void {
    this.group = group;
    this.etag = headers.get('etag') ?? '';
    this.problem = undefined;
  }

  // The tag is that of what the fields began with: whoever was slower than somebody else changes nothing.
  private edit(group: Group): void {
    const { etag } = this;
    askFor({
      title: t('groups.edit'), action: t('action.save'), fields: () => html`<pp-group-fields .group=${group}></pp-group-fields>`,
      run: async (form) => {
        const fields = form.querySelector<PpGroupFields>('pp-group-fields');
        if (!fields) return;
        const { value, headers } = await exchange('PATCH /api/v1/groups/{id}', { path: { id: group.id }, body: fields.request, headers: { 'if-match': etag } });
        this.take(value, headers);
        toast(t('screen.saved'));
      },
    });
  }

  private removeGroup(group: Group): void {
    askFor({
      title: t('groups.remove_title', { name: group.name }), text: t('groups.remove_text'), action: t('action.remove'), danger: true,
      run: async () => {
        await ask('DELETE /api/v1/groups/{id}', { path: { id: group.id } });
        toast(t('groups.removed', { name: group.name }));
        go(`${BASE}/groups`);
      },
    });
  }

  private async without(group: Group, screen: string): Promise<void> {
    try {
      const { value, headers } = await exchange('PATCH /api/v1/groups/{id}', { path: { id: group.id }, body: { remove_screens: [screen] }, headers: { 'if-match': this.etag } });
      this.take(value, headers);
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

  private rules(label: string, values: readonly string[], filter: 'tag' | 'site'): TemplateResult | typeof nothing {
    if (!values.length) return nothing;
    return html`<div><dt>${label}</dt><dd><span class="tags">${values.map((value) => html`<a class="tag" href="${BASE}/?${filter}=${encodeURIComponent(value)}">${value}</a>`)}</span></dd></div>`;
  }

  private members(group: Group): TemplateResult {
    const named = (id: string): string => fleet.screens.get(id)?.name ?? id.slice(0, 8);
    return html`<section class="card"><header class="card-head"><h2>${t('groups.who')}</h2><a class="button" href="${BASE}/?group=${group.id}">${icon('screens')}<span>${t('screens.count', { n: group.count })}</span></a></header>
      ${group.tags.length || group.sites.length ? html`<dl class="facts">${this.rules(t('groups.by_tag'), group.tags, 'tag')}${this.rules(t('groups.by_site'), group.sites, 'site')}</dl>` : nothing}
      <h3>${t('groups.by_hand')}</h3>${group.screens.length ? html`<ul class="telling">${group.screens.map((id) => html`<li class="told"><span class="told-text"><a href="${BASE}/screens/${id}">${named(id)}</a><span class="sub">${fleet.screens.get(id)?.site ?? ''}</span></span>
        <button class="button quiet icon-only small" aria-label=${t('groups.without', { name: named(id) })} title=${t('action.remove')} @click=${() => void this.without(group, id)}>${icon('close')}</button></li>`)}</ul>`
        : html`<p class="sub">${t('groups.by_hand_none')}</p>`}</section>`;
  }

  override render(): TemplateResult {
    const { group, problem } = this;
    const back = html`<a class="back" href="${BASE}/groups">${icon('back')}<span>${t('groups.back')}</span></a>`;
    if (!group && problem?.code === 'not-found') return html`${back}<h1 class="sr">${t('groups.gone_title')}</h1>${blankPanel('group', t('groups.gone_title'), t('groups.gone_text'))}`;
    if (!group && problem) return html`${back}<h1 class="sr">${t('error.title')}</h1>${problemPanel(problem, () => void this.load())}`;
    if (!group) return html`${back}<h1 class="sr">${t('app.loading')}</h1><div class="skeleton" aria-busy="true"><div class="skeleton-row"></div><div class="skeleton-row tall"></div></div>`;
    return html`${back}<header class="head"><div><h1>${group.name}</h1><p class="head-sub">${t('groups.priority_is', { n: group.priority })}</p></div>
        <div class="head-actions"><button class="button" @click=${() => this.edit(group)}>${t('screen.edit')}</button>
          <button class="button danger icon-only" aria-label=${t('groups.remove')} title=${t('groups.remove')} @click=${() => this.removeGroup(group)}>${icon('bin')}</button></div></header>
      <div class="cards">${this.members(group)}
        <section class="card"><h2>${t('screen.settings')}</h2><p class="sub card-lead">${t('level.text_group')}</p><pp-level-settings .level=${{ kind: 'group', id: group.id }}></pp-level-settings></section></div>`;
  }
}
customElements.define('pp-group', PpGroup);
