// One entry of a schedule in a dialog: what it shows, when, how it recurs, and its exceptions.
import { html, nothing, type TemplateResult } from 'lit';

import type { Draft } from '../api/schema.js';
import { date, dateTime } from '../lib/format.js';
import { timeFormat } from '../lib/formats.js';
import { language, t } from '../lib/i18n.js';
import { dayOf, durationOf, layoutsOf, lengthOf, minutesOf, nthOf, playlistsOf, recurs, ruleOf, ruleText, tidy, timeOf, weekdayOf, withFull, withPlaylist, type Entry, type Repeat, type Rule } from '../lib/schedule.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { valueOf } from './settings-form.js';
import './content-picker.js';

const LONGEST = 366 * 1440; // minutes
const NEW = '+new';
const REPEATS: readonly Repeat[] = ['never', 'daily', 'weekly', 'month_day', 'month_nth', 'yearly', 'own'];

const utc = (time: string): Date => new Date(minutesOf(time) * 60000);
export const weekdayName = (weekday: number, style: 'long' | 'short' = 'long'): string => timeFormat(language(), { weekday: style, timeZone: 'UTC' }).format(new Date(Date.UTC(2026, 0, 4 + weekday)));
export const dayName = (day: string): string => timeFormat(language(), { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }).format(utc(day));
export const clockTime = (time: string): string => timeFormat(language(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' }).format(utc(time));

// "Every 2 weeks on Mon, Fri until 31 December 2026".
export function ruleWords(rule: Rule, dtstart: string): string {
  const day = dayOf(dtstart);
  const n = rule.interval;
  const every: Record<Exclude<Repeat, 'never' | 'own'>, () => string> = {
    daily: () => t('repeat.daily_every', { n }),
    weekly: () => t('repeat.weekly_every', { n, days: rule.days.map((one) => weekdayName(one, 'short')).join(', ') }),
    month_day: () => t('repeat.month_day_every', { n, day: String(Number(day.slice(8))) }),
    month_nth: () => t('repeat.month_nth_every', { n, day: weekdayName(weekdayOf(day)), nth: t(`nth.${nthOf(day) as 1 | 2 | 3 | 4 | -1}`) }),
    yearly: () => t('repeat.yearly_every', { n, day: timeFormat(language(), { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(utc(day)) }),
  };
  if (rule.repeat === 'never') return '';
  if (rule.repeat === 'own') return rule.text;
  return [every[rule.repeat](), rule.until ? t('repeat.until_day', { day: date(utc(`${rule.until}T12:00:00`), language()) }) : '', rule.count ? t('repeat.count_times', { n: rule.count }) : ''].filter(Boolean).join(' ');
}

class PpEntryForm extends PpElement {
  static override properties = { entry: {}, document: {}, wall: {}, first: {}, remove_: {}, rule: { state: true }, shows: { state: true }, dates: { state: true }, start: { state: true }, scope: { state: true } };
  declare entry: Entry;
  declare document: Draft['document'];
  declare wall: string; // of the occurrence that was opened; "" of a new one
  declare first: number; // of the week
  declare remove_: ((scope: 'all' | 'one') => void) | undefined;
  declare rule: Rule;
  declare shows: string;
  declare dates: readonly string[]; // the exceptions that stay
  declare start: string; // as it is typed by now
  declare scope: 'all' | 'one';
  private known: Entry | undefined;

  protected override willUpdate(): void {
    if (this.known === this.entry) return;
    this.known = this.entry;
    this.rule = ruleOf(this.entry.rrule, this.entry.dtstart);
    this.shows = this.entry.layout;
    this.dates = this.entry.exdate ?? [];
    this.scope = 'all';
    this.start = this.entry.dtstart;
  }

  // What was made: the document, where it needs another layout, and the entry. Throws what is wrong, in words.
  read(form: HTMLFormElement): { document: Draft['document']; entry: Entry; scope: 'all' | 'one' } {
    const start = minutesOf(`${valueOf(form, 'day')}T${valueOf(form, 'time')}:00`);
    const end = minutesOf(`${valueOf(form, 'end')}:00`);
    if (Number.isNaN(start)) throw new Error(t('entry.start_wrong'));
    if (Number.isNaN(end) || end <= start || end - start > LONGEST) throw new Error(t('entry.end_wrong'));
    const zone = this.entry.dtstart.endsWith('Z') ? 'Z' : '';
    const begins = `${timeOf(start)}${zone}`;
    const priority = Number(valueOf(form, 'priority') || 0);
    if (!Number.isInteger(priority) || Math.abs(priority) > 1000) throw new Error(t('entry.priority_wrong'));
    if (this.rule.repeat === 'weekly' && !this.rule.days.length) throw new Error(t('entry.days_wrong'));
    const single = this.scope === 'one' || this.rule.repeat === 'never';
    const { dtend: _, rrule: __, exdate: ___, rdate, ...others } = this.entry;
    const by = start - minutesOf(this.entry.dtstart);
    const moved = (times: readonly string[]): string[] => times.map((time) => `${timeOf(minutesOf(time) + by)}${zone}`);
    const rrule = single ? undefined : ruleText(this.rule, begins);
    const [document, layout] = this.layout(form);
    return { document, scope: this.scope, entry: tidy({ ...others, layout, dtstart: begins, duration: durationOf(end - start), priority, ...(rrule ? { rrule } : {}), ...(single ? {} : { exdate: moved(this.dates), ...(rdate ? { rdate: moved(rdate) } : {}) }) }) };
  }

  private layout(form: HTMLFormElement): [Draft['document'], string] {
    if (this.shows.startsWith('playlist:')) return withFull(this.document, this.shows.slice(9));
    if (this.shows !== NEW) return [this.document, this.shows];
    const { chosen } = this.querySelector('pp-content-picker') as unknown as { chosen: readonly string[] };
    if (!chosen.length) throw new Error(t('channel.add_none'));
    return withPlaylist(this.document, valueOf(form, 'playlist') || t('entry.playlist_new'), chosen);
  }

  private change(part: Partial<Rule>): void { this.rule = { ...this.rule, ...part }; }

  // The end goes with the start.
  private follow(event: Event): void {
    const form = (event.target as HTMLElement).closest('form') as HTMLFormElement;
    const start = minutesOf(`${valueOf(form, 'day')}T${valueOf(form, 'time')}:00`);
    const end = form.elements.namedItem('end') as HTMLInputElement;
    if (Number.isNaN(start)) return;
    end.value = timeOf(start + this.length).slice(0, 16);
    this.start = timeOf(start);
  }

  private get length(): number { return lengthOf(this.entry); }

  private rules(): TemplateResult {
    const { rule } = this;
    const day = dayOf(this.start);
    const order = Array.from({ length: 7 }, (_, i) => (this.first + i) % 7);
    const ends = rule.until ? 'until' : rule.count ? 'count' : 'never';
    return html`<div class="field"><label for="set-repeat">${t('entry.repeat')}</label>
        <select id="set-repeat" name="repeat" @change=${(event: Event) => this.change({ repeat: (event.target as HTMLSelectElement).value as Repeat, days: rule.days.length ? rule.days : [weekdayOf(day)] })}>
          ${REPEATS.map((one) => html`<option value=${one} ?selected=${one === rule.repeat}>${t(`repeat.${one}`)}</option>`)}</select></div>
      ${rule.repeat === 'own' ? html`<div class="field"><label for="set-rrule">${t('entry.rrule')}</label><input id="set-rrule" name="rrule" maxlength="512" spellcheck="false" .value=${rule.text} aria-describedby="rrule-hint" @input=${(event: Event) => this.change({ text: (event.target as HTMLInputElement).value })}>
          <p class="hint" id="rrule-hint">${t('entry.rrule_hint')}</p></div>` : nothing}
      ${rule.repeat === 'weekly' ? html`<fieldset class="choice"><legend>${t('entry.days')}</legend><div class="choice-row days">${order.map((one) => html`<label class="choice-one"><input type="checkbox" .checked=${rule.days.includes(one)}
          @change=${() => this.change({ days: rule.days.includes(one) ? rule.days.filter((other) => other !== one) : [...rule.days, one] })}><span aria-hidden="true">${weekdayName(one, 'short')}</span><span class="sr">${weekdayName(one)}</span></label>`)}</div></fieldset>` : nothing}
      ${rule.repeat === 'never' || rule.repeat === 'own' ? nothing : html`<div class="fields two"><div class="field"><label for="set-interval">${t(`entry.interval_${rule.repeat}`)}</label>
          <input id="set-interval" type="number" min="1" max="99" .value=${String(rule.interval)} @input=${(event: Event) => this.change({ interval: Math.max(1, Number((event.target as HTMLInputElement).value) || 1) })}></div>
        <div class="field"><label for="set-ends">${t('entry.ends')}</label><select id="set-ends" @change=${(event: Event) => { const to = (event.target as HTMLSelectElement).value; this.change({ until: to === 'until' ? timeOf(minutesOf(day) + 90 * 1440).slice(0, 10) : '', count: to === 'count' ? 10 : 0 }); }}>
          ${(['never', 'until', 'count'] as const).map((one) => html`<option value=${one} ?selected=${one === ends}>${t(`entry.ends_${one}`)}</option>`)}</select></div></div>
        ${ends === 'until' ? html`<div class="field"><label for="set-until">${t('entry.until')}</label><input id="set-until" type="date" .value=${rule.until} @change=${(event: Event) => this.change({ until: (event.target as HTMLInputElement).value || rule.until })}></div>` : nothing}
        ${ends === 'count' ? html`<div class="field"><label for="set-count">${t('entry.count')}</label><input id="set-count" type="number" min="1" max="1000" .value=${String(rule.count)} @input=${(event: Event) => this.change({ count: Math.min(1000, Math.max(1, Number((event.target as HTMLInputElement).value) || 1)) })}></div>` : nothing}`}
      ${rule.repeat === 'never' ? nothing : html`<p class="sub" role="status">${ruleWords(rule, this.start)}</p>`}
      ${rule.repeat !== 'never' && this.dates.length ? html`<fieldset class="choice"><legend>${t('entry.exceptions')}</legend><ul class="telling">${this.dates.map((one) => html`<li class="told"><span class="told-text">${dateTime(utc(one), language(), 'UTC')}</span>
        <button class="button quiet" type="button" @click=${() => { this.dates = this.dates.filter((other) => other !== one); }}>${t('entry.exception_take_back')}</button></li>`)}</ul></fieldset>` : nothing}`;
  }

  override render(): TemplateResult {
    const { entry, document } = this;
    const several = this.wall !== '' && recurs(entry);
    const start = this.scope === 'one' ? this.wall : entry.dtstart.replace(/Z$/, '');
    const from = timeOf(minutesOf(start));
    const shows = [...layoutsOf(document).map((one) => [one, one] as const), ...playlistsOf(document).map((one) => [`playlist:${one}`, t('entry.playlist_full', { name: one })] as const), [NEW, t('entry.playlist_make')] as const];
    return html`${several ? html`<fieldset class="choice"><legend>${t('entry.scope')}</legend><div class="choice-row">${(['all', 'one'] as const).map((one) => html`<label class="choice-one"><input type="radio" name="scope" value=${one} .checked=${this.scope === one} @change=${() => { this.scope = one; }}>
        <span>${one === 'all' ? t('entry.scope_all') : t('entry.scope_one', { day: dayName(dayOf(this.wall)) })}</span></label>`)}</div></fieldset>` : nothing}
      <div class="field"><label for="set-layout">${t('entry.shows')}</label><select id="set-layout" name="layout" @change=${(event: Event) => { this.shows = (event.target as HTMLSelectElement).value; }}>${shows.map(([value, text]) => html`<option value=${value} ?selected=${value === this.shows}>${text}</option>`)}</select></div>
      ${this.shows === NEW ? html`<div class="field"><label for="set-playlist">${t('channels.name')}</label><input id="set-playlist" name="playlist" maxlength="50" autocomplete="off"></div><pp-content-picker></pp-content-picker>` : nothing}
      <div class="fields two"><div class="field"><label for="set-day">${t('entry.day')}</label><input id="set-day" name="day" type="date" required .value=${from.slice(0, 10)} @change=${(event: Event) => this.follow(event)}></div>
        <div class="field"><label for="set-time">${t('entry.time')}</label><input id="set-time" name="time" type="time" required .value=${from.slice(11, 16)} @change=${(event: Event) => this.follow(event)}></div></div>
      <div class="field"><label for="set-end">${t('entry.end')}</label><input id="set-end" name="end" type="datetime-local" required .value=${timeOf(minutesOf(from) + this.length).slice(0, 16)}></div>
      ${entry.tzid || entry.dtstart.endsWith('Z') ? html`<p class="callout">${icon('waiting')}<span>${t('entry.zone', { zone: entry.tzid ?? 'UTC' })}</span></p>` : nothing}
      <div class="field"><label for="set-priority">${t('entry.priority')}</label><input id="set-priority" name="priority" type="number" min="-1000" max="1000" step="1" inputmode="numeric" .value=${String(entry.priority ?? 0)} aria-describedby="priority-hint"><p class="hint" id="priority-hint">${t('entry.priority_hint')}</p></div>
      ${this.scope === 'one' ? nothing : this.rules()}
      ${this.remove_ ? html`<button class="button danger" type="button" @click=${() => this.remove_?.(this.scope)}>${icon('bin')}<span>${several && this.scope === 'one' ? t('entry.remove_one') : t('entry.remove')}</span></button>` : nothing}`;
  }
}
customElements.define('pp-entry-form', PpEntryForm);
export type EntryForm = PpEntryForm;
