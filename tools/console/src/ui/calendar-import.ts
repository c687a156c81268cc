// A calendar's events in a dialog, before they are entries of a schedule: what each is to show is chosen by the person, by what the events are called.
import { html, nothing, type TemplateResult } from 'lit';

import type { CalendarRead, Draft } from '../api/schema.js';
import { t } from '../lib/i18n.js';
import { layoutsOf, type Entry } from '../lib/schedule.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { valueOf } from './settings-form.js';

const GROUPS = 40; // that are asked about one by one
const REFUSALS = 8; // that are told

type Event = CalendarRead['events'][number];
interface Group { readonly name: string; readonly events: readonly Event[] }

class PpCalendarImport extends PpElement {
  static override properties = { read: {}, document: {} };
  declare read: CalendarRead;
  declare document: Draft['document'];

  private get groups(): readonly Group[] {
    const all = new Map<string, Event[]>();
    for (const event of this.read.events) if (event.entry) all.set(event.summary, [...(all.get(event.summary) ?? []), event]);
    return [...all].map(([name, events]) => ({ name, events }));
  }

  private get zones(): readonly string[] { return [...new Set(this.read.events.map(({ entry }) => (entry as Entry | null)?.tzid ?? '').filter(Boolean))]; }

  // What was chosen, as entries. Throws what is wrong, in words.
  entries(form: HTMLFormElement): readonly Entry[] {
    const local = new FormData(form).has('local');
    const priority = Number(valueOf(form, 'priority') || 0);
    if (!Number.isInteger(priority) || Math.abs(priority) > 1000) throw new Error(t('entry.priority_wrong'));
    const made = this.groups.flatMap(({ events }, i) => {
      const layout = valueOf(form, `group-${Math.min(i, GROUPS - 1)}`);
      return layout ? events.map((event) => this.entry(event, layout, priority, local)) : [];
    });
    if (!made.length) throw new Error(t('import.none_chosen'));
    return made;
  }

  private entry(event: Event, layout: string, usual: number, local: boolean): Entry {
    const { tzid, layout: _, ...others } = event.entry as unknown as Entry;
    const priority = event.priority ?? usual;
    return { ...others, layout, ...(tzid && !local ? { tzid } : {}), ...(priority ? { priority } : {}) };
  }

  private group({ name, events }: Group, index: number): TemplateResult {
    const layouts = layoutsOf(this.document);
    return html`<div class="field"><label for="group-${index}">${name || t('import.no_name')} <span class="sub">${t('import.events', { n: events.length })}</span></label><select id="group-${index}" name="group-${index}">
      <option value="">${t('import.leave_out')}</option>${layouts.map((one) => html`<option value=${one} ?selected=${one === name}>${one}</option>`)}</select></div>`;
  }

  override render(): TemplateResult {
    const { groups, zones } = this;
    const refused = this.read.events.filter(({ refusal }) => refusal);
    return html`${groups.length ? html`<p class="dialog-text">${t('import.what')}</p>` : html`<p class="callout">${icon('trouble')}<span>${t('import.nothing')}</span></p>`}
      ${groups.slice(0, GROUPS).map((group, i) => this.group(group, i))}${groups.length > GROUPS ? html`<p class="hint">${t('import.more_groups', { n: groups.length - GROUPS })}</p>` : nothing}
      ${zones.length ? html`<label class="check"><input type="checkbox" class="box" name="local"><span>${t('import.local', { zones: zones.join(', ') })}</span></label>` : nothing}
      <div class="field"><label for="import-priority">${t('entry.priority')}</label><input id="import-priority" name="priority" type="number" min="-1000" max="1000" step="1" inputmode="numeric" value="0" aria-describedby="import-priority-hint"><p class="hint" id="import-priority-hint">${t('import.priority_hint')}</p></div>
      ${refused.length ? html`<div class="callout bad">${icon('trouble')}<div><p>${t('import.refused', { n: refused.length })}</p><ul class="import-refusals">${refused.slice(0, REFUSALS).map(({ summary, refusal }) => html`<li><strong>${summary || t('import.no_name')}</strong> <span lang="en">${refusal}</span></li>`)}</ul></div></div>` : nothing}`;
  }
}
customElements.define('pp-calendar-import', PpCalendarImport);
export type CalendarImport = PpCalendarImport;
