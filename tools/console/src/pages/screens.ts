// All screens: searched, filtered, sorted, live.
import { html, nothing, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import { fleet, FLEET_MAX } from '../api/fleet.js';
import type { ActionResults, Actions, ListedGroup, ScreenRow, State } from '../api/schema.js';
import { csvRow } from '../lib/format.js';
import { comparer, find, sorts, states, type Among, type Found, type Sort } from '../lib/filter.js';
import { collator, language, t } from '../lib/i18n.js';
import { Order } from '../lib/order.js';
import { BASE } from '../lib/router.js';
import { begun, view } from '../lib/settings.js';
import { PpElement } from '../ui/element.js';
import { askFor } from '../ui/dialog.js';
import { icon } from '../ui/icons.js';
import { channelField, channelOf, selectField, siteField, textField, valueOf } from '../ui/settings-form.js';
import { lazy } from '../ui/lazy.js';
import { blankPanel, message, problemPanel } from '../ui/parts.js';
import { screensTabs } from '../ui/screens-tabs.js';
import { toast } from '../ui/toast.js';
import type { PpCommandFields } from '../ui/command-fields.js';
import { filterNames, type Chosen } from '../ui/screen-filters.js';
import '../ui/command-fields.js';
import '../ui/screen-filters.js';
import '../ui/screen-list.js';

const FEW = 3; // screens, of those who have just begun
const firstSteps = (): Promise<unknown> => import('../ui/first-steps.js');
const SKELETON_ROWS = 8;
const AT_ONCE = 500; // screens of one request

class PpScreens extends PpElement {
  static override properties = { chosenPlaces: { state: true }, among: { state: true }, search: { state: true }, filter: { state: true }, sort: { state: true }, view: { state: true }, selected: { state: true } };
  declare search: string;
  declare chosenPlaces: Chosen;
  declare among: Among;
  declare filter: State | '';
  declare sort: Sort;
  declare view: 'list' | 'grid';
  declare selected: ReadonlySet<string>;
  private readonly order = new Order<ScreenRow>(() => this.requestUpdate());

  constructor() {
    super();
    const asked = new URLSearchParams(location.search);
    this.search = asked.get('q') ?? '';
    this.filter = states.find((one) => one === asked.get('state')) ?? '';
    this.sort = sorts.find((one) => one === asked.get('sort')) ?? 'state';
    this.chosenPlaces = Object.fromEntries(filterNames.flatMap((name) => { const value = asked.get(name); return value === null ? [] : [[name, value]]; }));
    this.among = {};
    this.view = view.get();
    this.selected = new Set();
    this.while.on(fleet, 'change', () => this.requestUpdate());
  }

  // What is looked for stands in the address, so that it can be kept, and is there again after a page of one screen.
  private keep(): void {
    const asked = new URLSearchParams();
    if (this.search.trim()) asked.set('q', this.search.trim());
    if (this.filter) asked.set('state', this.filter);
    for (const name of filterNames) { const value = this.chosenPlaces[name]; if (value !== undefined) asked.set(name, value); }
    if (this.sort !== 'state') asked.set('sort', this.sort);
    history.replaceState(history.state, '', asked.size ? `${BASE}/?${asked}` : `${BASE}/`);
    this.narrow = true;
  }

  private get found(): Found { return find(this.sorted(), this.search, this.filter, this.among); }

  // What is done is done with what is seen: of those that a filter leaves out none stays selected.
  private narrow = false;
  protected override willUpdate(): void {
    if (!this.narrow) return;
    this.narrow = false;
    if (this.selected.size) {
      const { rows } = this.found;
      this.selected = new Set(rows.flatMap(({ id }) => (this.selected.has(id) ? [id] : [])));
    }
  }

  private sorted(): readonly ScreenRow[] { return this.order.sorted(fleet.screens, `${this.sort} ${language()}`, comparer(this.sort, collator())); }

  private chosen(): ScreenRow[] { return [...this.selected].flatMap((id) => fleet.screens.get(id) ?? []); }

  private export(): void {
    const chosen = this.chosen();
    const head = [t('screens.column_name'), t('screen.site'), t('screens.column_state'), t('screens.column_channel'), t('screens.column_seen'), t('screen.fingerprint'), t('screen.id')];
    const rows = chosen.map((one) => csvRow([one.name, one.site, t(`state.${one.state}`), one.channel?.title ?? '', one.seen ?? '', one.fingerprint, one.id]));
    const address = URL.createObjectURL(new Blob(['\ufeff', csvRow(head), ...rows], { type: 'text/csv;charset=utf-8' }));
    const link = Object.assign(document.createElement('a'), { href: address, download: 'pingplay-screens.csv' });
    link.click();
    URL.revokeObjectURL(address);
    toast(t('screens.exported', { n: chosen.length }));
  }

  // The same for all that are chosen; each is told by itself.
  private async act(action: Actions['action'], request?: Record<string, unknown>): Promise<void> {
    const ids = [...this.selected];
    const items: ActionResults['items'] = [];
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const answer = await ask('POST /api/v1/screens/actions', { body: { action, screens: ids.slice(at, at + AT_ONCE), ...(request ? { request } : {}) } });
      items.push(...answer.items);
    }
    const failed = items.filter(({ outcome }) => outcome !== 'done');
    if (items.length > failed.length) toast(t('screens.acted', { n: items.length - failed.length }));
    if (failed.length) toast(t('screens.acted_not', { n: failed.length }), 'bad');
    this.selected = new Set(failed.map(({ id }) => id)); // those are looked at again
    await fleet.load();
  }

  private move(): void {
    askFor({
      title: t('screens.move_title', { n: this.selected.size }), text: t('screens.move_text'), action: t('action.save'), fields: () => html`${siteField('')}${channelField('')}`,
      run: async (form) => {
        const site = valueOf(form, 'site');
        const request = { ...(site ? { site } : {}), ...(channelOf(form) ?? {}) };
        if (Object.keys(request).length) await this.act('change', request);
      },
    });
  }

  private tag(): void {
    askFor({
      title: t('screens.tag_title', { n: this.selected.size }), action: t('action.save'),
      fields: () => html`${textField('add_tags', t('screens.tag_add'), '', { list: 'set-tags', hint: t('content.tags_hint') })}${textField('remove_tags', t('screens.tag_remove'), '', { list: 'set-tags' })}
        <datalist id="set-tags">${[...new Set([...fleet.screens.values()].flatMap(({ tags }) => tags))].sort().map((tag) => html`<option value=${tag}></option>`)}</datalist>`,
      run: async (form) => {
        const tags = (name: string): string[] => valueOf(form, name).split(',').map((tag) => tag.trim()).filter(Boolean);
        const [more, less] = [tags('add_tags'), tags('remove_tags')];
        if (more.length || less.length) await this.act('change', { ...(more.length ? { add_tags: more } : {}), ...(less.length ? { remove_tags: less } : {}) });
      },
    });
  }

  private async group(): Promise<void> {
    const n = this.selected.size;
    let groups: ListedGroup[];
    try {
      groups = (await ask('GET /api/v1/groups', { query: { limit: 1000 } })).items;
    } catch (error) {
      toast(message(error), 'bad');
      return;
    }
    askFor({
      title: t('screens.group_title', { n }), text: groups.length ? t('screens.group_text') : t('groups.none_yet'), action: t('action.save'),
      fields: () => (groups.length ? selectField('group', t('screens.filter_group'), '', groups.map(({ id, name }) => [id, name])) : html``),
      run: async (form) => {
        const id = valueOf(form, 'group');
        const ids = [...this.selected];
        for (let at = 0; id && at < ids.length; at += AT_ONCE) await ask('PATCH /api/v1/groups/{id}', { path: { id }, body: { add_screens: ids.slice(at, at + AT_ONCE) }, headers: { 'if-match': '*' } });
        toast(t('screens.acted', { n }));
      },
    });
  }

  private command(): void {
    askFor({
      title: t('screens.ask_title', { n: this.selected.size }), text: t('screens.ask_text'), action: t('action.send'), fields: () => html`<pp-command-fields></pp-command-fields>`,
      run: async (form) => {
        const fields = form.querySelector<PpCommandFields>('pp-command-fields');
        if (fields) await this.act('command', { ...fields.request });
      },
    });
  }

  private retire(): void {
    askFor({ title: t('screens.retire_title', { n: this.selected.size }), text: t('screens.retire_text'), action: t('screen.retire'), danger: true, run: () => this.act('retire') });
  }

  private tools(found: Found): TemplateResult {
    return html`<div class="tools">
      <label class="search">${icon('search')}<span class="sr">${t('screens.search')}</span>
        <input type="search" id="search" autocomplete="off" spellcheck="false" placeholder=${t('screens.search_hint')} .value=${this.search}
          @input=${(event: Event) => { this.search = (event.target as HTMLInputElement).value; this.keep(); }}></label>
      <label class="select"><span class="sr">${t('screens.sort')}</span>
        <select id="sort" @change=${(event: Event) => { this.sort = (event.target as HTMLSelectElement).value as Sort; this.keep(); }}>
          ${sorts.map((one) => html`<option value=${one} ?selected=${one === this.sort}>${t(`screens.sort_${one}`)}</option>`)}
        </select>${icon('down')}</label>
      <div class="switch" role="group" aria-label=${t('screens.view')}>
        ${(['list', 'grid'] as const).map((one) => html`<button aria-pressed=${this.view === one ? 'true' : 'false'} aria-label=${t(`screens.view_${one}`)} title=${t(`screens.view_${one}`)}
          @click=${() => { this.view = one; view.set(one); }}>${icon(one)}</button>`)}
      </div>
    </div>
    <pp-screen-filters class="filters" role="group" aria-label=${t('screens.filters')} .chosen=${this.chosenPlaces} @choose=${(event: CustomEvent<Chosen>) => { this.chosenPlaces = event.detail; this.keep(); }}
      @among=${(event: CustomEvent<Among>) => { this.among = event.detail; this.narrow = true; }}></pp-screen-filters>
    <div class="chips" role="group" aria-label=${t('screens.filter')}>
      ${(['', ...states] as const).filter((one) => !one || found.counts[one] || one === this.filter).map((one) => html`<button class="chip ${one}" aria-pressed=${this.filter === one ? 'true' : 'false'}
        @click=${() => { this.filter = one; this.keep(); }}>${one ? icon(one) : nothing}<span>${one ? t(`state.${one}`) : t('screens.filter_all')}</span><span class="chip-count">${found.counts[one].toLocaleString(language())}</span></button>`)}
    </div>`;
  }

  private bulk(found: Found): TemplateResult | typeof nothing {
    const { size } = this.selected;
    if (!size) return nothing;
    return html`<section class="bulk" aria-label=${t('screens.selected', { n: size })}>
      <span class="bulk-count" role="status">${t('screens.selected', { n: size })}</span>
      ${size < found.rows.length ? html`<button class="button quiet" @click=${() => { this.selected = new Set(found.rows.map(({ id }) => id)); }}>${t('screens.select_found', { n: found.rows.length })}</button>` : nothing}
      <button class="button" @click=${() => this.move()}>${t('screens.move')}</button>
      <button class="button" @click=${() => this.tag()}>${t('screens.tag')}</button>
      <button class="button" @click=${() => void this.group()}>${t('screens.group')}</button>
      <button class="button ask" @click=${() => this.command()}>${t('screens.ask')}</button>
      <button class="button danger" @click=${() => this.retire()}>${t('screen.retire')}</button>
      <button class="button icon-only" aria-label=${t('screens.export')} title=${t('screens.export')} @click=${() => this.export()}>${icon('download')}</button>
      <button class="button quiet icon-only" aria-label=${t('action.clear')} title=${t('action.clear')} @click=${() => { this.selected = new Set(); }}>${icon('close')}</button>
    </section>`;
  }

  private body(found: Found): TemplateResult {
    if (fleet.problem && !fleet.screens.size) return problemPanel(fleet.problem, () => void fleet.load());
    if (!fleet.loaded && !fleet.screens.size) {
      return html`<div class="skeleton" aria-busy="true"><span class="sr" role="status">${t('app.loading')}</span>${Array.from({ length: SKELETON_ROWS }, () => html`<div class="skeleton-row"></div>`)}</div>`;
    }
    if (!fleet.screens.size && this.beginning()) return html``;
    if (!fleet.screens.size) {
      return blankPanel('screens', t('screens.empty_title'), t('screens.empty_text'), html`<a class="button primary" href="${BASE}/add">${icon('add')}<span>${t('nav.add')}</span></a>`);
    }
    if (!found.rows.length) {
      return blankPanel('search', t('screens.none_title'), t('screens.none_text'), html`<button class="button" @click=${() => { this.search = ''; this.filter = ''; this.chosenPlaces = {}; this.keep(); }}>${t('screens.none_clear')}</button>`);
    }
    return html`<pp-screen-list .screens=${found.rows} .view=${this.view} .selected=${this.selected} label=${t('screens.title')}
      @choose=${(event: CustomEvent<ReadonlySet<string>>) => { this.selected = event.detail; }}></pp-screen-list>`;
  }

  private beginning(): boolean { return fleet.loaded && fleet.screens.size <= FEW && begun.get() === 'no'; }

  private summary(found: Found): string {
    const all = fleet.screens.size;
    const shown = found.rows.length;
    return shown === all ? t('screens.count', { n: all }) : t('screens.found', { n: shown, all });
  }

  override render(): TemplateResult {
    const { found } = this;
    return html`<header class="head">
        <div><h1>${t('screens.title')}</h1><p class="head-sub" role="status" id="count">${fleet.loaded && this.order.current ? this.summary(found) : t('app.loading')}</p></div>
        <a class="button primary head-action" href="${BASE}/add">${icon('add')}<span>${t('nav.add')}</span></a>
      </header>
      ${this.beginning() ? lazy(firstSteps, () => html`<pp-first-steps @left=${() => this.requestUpdate()}></pp-first-steps>`, () => this.requestUpdate(), true) : nothing}
      ${fleet.screens.size ? html`${screensTabs('screens')}${this.tools(found)}` : nothing}
      ${fleet.capped ? html`<p class="note">${t('screens.capped', { n: FLEET_MAX })}</p>` : nothing}
      ${this.body(found)}${this.bulk(found)}`;
  }
}
customElements.define('pp-screens', PpScreens);
