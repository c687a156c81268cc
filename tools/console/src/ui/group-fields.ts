// A group's name and rules, and how many screens they find, as they are chosen.
import { html, nothing, type TemplateResult } from 'lit';

import { fleet } from '../api/fleet.js';
import type { Group, NewGroup } from '../api/schema.js';
import { placesOf } from '../lib/filter.js';
import { collator, t } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { textField } from './settings-form.js';

export class PpGroupFields extends PpElement {
  static override properties = { group: { attribute: false }, tags: { state: true }, sites: { state: true } };
  declare group: Group | undefined;
  declare tags: ReadonlySet<string>;
  declare sites: ReadonlySet<string>;

  constructor() {
    super();
    this.group = undefined;
    this.tags = new Set();
    this.sites = new Set();
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('group') || !this.group) return;
    this.tags = new Set(this.group.tags);
    this.sites = new Set(this.group.sites);
  }

  // What the fields say.
  get request(): Required<Pick<NewGroup, 'name' | 'priority' | 'tags' | 'sites'>> {
    const value = (name: string): string => this.querySelector<HTMLInputElement>(`[name="${name}"]`)?.value.trim() ?? '';
    const more = value('more_tags').split(',').map((tag) => tag.trim()).filter(Boolean);
    return { name: value('name'), priority: Number(value('priority')) || 0, tags: [...new Set([...this.tags, ...more])], sites: [...this.sites] };
  }

  // Of the screens that are here.
  private get count(): number {
    const byHand = new Set(this.group?.screens ?? []);
    let count = 0;
    for (const { id, site, tags } of fleet.screens.values()) if (byHand.has(id) || this.sites.has(site) || tags.some((tag) => this.tags.has(tag))) count++;
    return count;
  }

  private choices(name: 'tags' | 'sites', legend: string, all: readonly string[]): TemplateResult | typeof nothing {
    if (!all.length) return nothing;
    const chosen = this[name];
    return html`<fieldset class="rules"><legend>${legend}</legend><div class="rules-all">${all.map((one) => html`<label class="check"><input type="checkbox" class="box" .checked=${chosen.has(one)} @change=${() => {
      const next = new Set(chosen);
      if (!next.delete(one)) next.add(one);
      this[name] = next;
    }}><span>${one}</span></label>`)}</div></fieldset>`;
  }

  override render(): TemplateResult {
    const places = placesOf(fleet.screens.values(), collator());
    const all = (known: readonly string[], own: readonly string[] = []): string[] => [...new Set([...known, ...own])].sort(collator().compare);
    return html`${textField('name', t('screen.name'), this.group?.name ?? '', { required: true })}
      ${this.choices('tags', t('groups.by_tag'), all(places.tags, this.group?.tags))}
      ${textField('more_tags', t('groups.more_tags'), '', { hint: t('content.tags_hint') })}
      ${this.choices('sites', t('groups.by_site'), all(places.sites, this.group?.sites))}
      <p class="group-count" role="status">${t('groups.matches', { n: this.count })}</p>
      <div class="field"><label for="set-priority">${t('groups.priority')}</label><input id="set-priority" name="priority" type="number" min="0" max="1000" .value=${String(this.group?.priority ?? 0)} aria-describedby="set-priority-hint">
        <p class="hint" id="set-priority-hint">${t('groups.priority_hint')}</p></div>`;
  }
}
customElements.define('pp-group-fields', PpGroupFields);
