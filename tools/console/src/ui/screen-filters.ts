// Of the list of screens: site, tag, group and software, each chosen among what there is.
import { html, nothing, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { ListedGroup } from '../api/schema.js';
import { placesOf, type Among, type Places } from '../lib/filter.js';
import { collator, t, type Word } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { message } from './parts.js';
import { toast } from './toast.js';

export const filterNames = ['site', 'tag', 'group', 'software'] as const;
export type FilterName = (typeof filterNames)[number];
export type Chosen = { readonly [name in FilterName]?: string };

const PAGE = 1000;
const GATHER_MS = 1000; // changes that may be of who is in a group

// All that a list answers, page by page.
async function membersOf(group: string): Promise<ReadonlySet<string>> {
  const members = new Set<string>();
  let cursor: string | null = null;
  do {
    const page: { items: { id: string }[]; next: string | null } = await ask('GET /api/v1/screens', { query: { group, limit: PAGE, ...(cursor ? { cursor } : {}) } });
    for (const { id } of page.items) members.add(id);
    cursor = page.next;
  } while (cursor);
  return members;
}

export class PpScreenFilters extends PpElement {
  static override properties = { chosen: { attribute: false }, groups: { state: true } };
  declare chosen: Chosen;
  declare groups: readonly ListedGroup[];
  private members: ReadonlySet<string> | undefined;
  private membersFor = '';
  private timer = 0;
  private places: Places | undefined;
  private placesFor: unknown;

  constructor() {
    super();
    this.chosen = {};
    this.groups = [];
    this.while.on(fleet, 'change', () => this.requestUpdate());
    this.while.on(fleet, 'again', () => void this.loadGroups());
    this.while.on(fleet, 'groups', () => void this.loadGroups());
    this.while.on(fleet, 'screens', () => { if (this.chosen.group) this.timer ||= setTimeout(() => { this.timer = 0; void this.loadMembers(); }, GATHER_MS); });
    void this.loadGroups();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    this.timer = 0;
  }

  private async loadGroups(): Promise<void> {
    try {
      this.groups = (await ask('GET /api/v1/groups', { query: { limit: PAGE } })).items;
      if (this.chosen.group) await this.loadMembers();
    } catch {
      // those that are known stay; the next change or connection reads them
    }
  }

  private async loadMembers(): Promise<void> {
    const { group } = this.chosen;
    if (!group) return;
    try {
      const members = await membersOf(group);
      if (group !== this.chosen.group) return;
      this.members = members;
      this.membersFor = group;
    } catch (error) {
      toast(message(error), 'bad');
    }
    this.dispatchEvent(new CustomEvent('among', { detail: this.among }));
  }

  // As the list is filtered. Of a group whose screens are not known yet: nothing is left out.
  get among(): Among {
    const { site, tag, software, group } = this.chosen;
    return { site, tag, software, members: group && group === this.membersFor ? this.members : undefined };
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('chosen') && this.chosen.group && this.chosen.group !== this.membersFor) void this.loadMembers();
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has('chosen')) this.dispatchEvent(new CustomEvent('among', { detail: this.among }));
  }

  private get all(): Places {
    if (this.placesFor !== fleet.screens || !this.places) {
      this.places = placesOf(fleet.screens.values(), collator());
      this.placesFor = fleet.screens;
    }
    return this.places;
  }

  private choose(name: FilterName, value: string): void {
    const { [name]: _, ...others } = this.chosen;
    this.dispatchEvent(new CustomEvent('choose', { detail: value === '' ? others : { ...others, [name]: value.slice(1) } }));
  }

  // The value of an option is "=" and what is meant, which may be nothing.
  private select(name: FilterName, any: Word, options: readonly (readonly [string, string])[]): TemplateResult | typeof nothing {
    const chosen = this.chosen[name];
    if (!options.length && chosen === undefined) return nothing;
    const all = chosen === undefined || options.some(([value]) => value === chosen) ? options : [[chosen, chosen] as const, ...options];
    return html`<label class="select ${chosen === undefined ? '' : 'chosen'}"><span class="sr">${t(`screens.filter_${name}`)}</span>
      <select id="filter-${name}" @change=${(event: Event) => this.choose(name, (event.target as HTMLSelectElement).value)}>
        <option value="" ?selected=${chosen === undefined}>${t(any)}</option>
        ${all.map(([value, text]) => html`<option value=${`=${value}`} ?selected=${value === chosen}>${text}</option>`)}</select>${icon('down')}</label>`;
  }

  override render(): TemplateResult {
    const { sites, tags, software } = this.all;
    const same = (texts: readonly string[]): (readonly [string, string])[] => texts.map((text) => [text, text] as const);
    return html`${this.select('site', 'screens.filter_site_any', sites.length ? [...same(sites), ['', t('screens.no_site')]] : [])}
      ${this.select('tag', 'screens.filter_tag_any', same(tags))}
      ${this.select('group', 'screens.filter_group_any', this.groups.map(({ id, name }) => [id, name]))}
      ${this.select('software', 'screens.filter_software_any', software.length > 1 || this.chosen.software !== undefined ? same(software) : [])}`;
  }
}
customElements.define('pp-screen-filters', PpScreenFilters);
