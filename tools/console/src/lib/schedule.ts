// A channel's schedule as calendars show and change it. Times are wall times, "2026-03-02T08:00:00", as manifests write them: which instants those are,
// the headend says, by the screens' own code.
import type { Draft, Playlist, ScheduleDays } from '../api/schema.js';
import type { Language } from './i18n.js';

export interface Entry {
  readonly layout: string;
  readonly dtstart: string;
  readonly duration?: string;
  readonly dtend?: string;
  readonly tzid?: string;
  readonly rrule?: string;
  readonly exdate?: readonly string[];
  readonly rdate?: readonly string[];
  readonly priority?: number;
}
export type Occurrence = ScheduleDays['occurrences'][number];

export const ENTRIES_MAX = 512;
const DAY = 1440; // minutes

// ---- Wall time ----

const FORM = /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})(Z?))?$/;

// Minutes since 1970, as if wall time were UTC; NaN where it is none.
export function minutesOf(time: string): number {
  const parts = FORM.exec(time);
  if (!parts) return NaN;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((one) => Number(one ?? 0)) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second) / 60000;
}

export const timeOf = (minutes: number): string => new Date(Math.round(minutes * 60) * 1000).toISOString().slice(0, 19);
export const dayOf = (time: string): string => timeOf(Math.floor(minutesOf(time) / DAY) * DAY).slice(0, 10);
export const addDays = (day: string, count: number): string => timeOf(minutesOf(day) + count * DAY).slice(0, 10);
export const daysBetween = (from: string, to: string): number => Math.round((minutesOf(to) - minutesOf(from)) / DAY);
// 0 is Sunday.
export const weekdayOf = (day: string): number => (Math.floor(minutesOf(day) / DAY) + 4) % 7;
export const addMonths = (day: string, count: number): string => {
  const [year, month] = day.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, month - 1 + count, 1)).toISOString().slice(0, 10);
};

// The wall time of a zone, now.
export function wallNow(timeZone: string, now: Date): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).formatToParts(now);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '00';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}`;
}

// The first day of the week: Monday in French, and in English where the browser's region has it so. 0 is Sunday.
export function weekStart(language: Language, preferences: readonly string[]): number {
  const locale = new Intl.Locale(preferences.find((one) => one.toLowerCase().startsWith(language)) ?? language) as Intl.Locale & { getWeekInfo?: () => { firstDay: number }; weekInfo?: { firstDay: number } };
  return language === 'fr' ? 1 : (locale.getWeekInfo?.() ?? locale.weekInfo ?? { firstDay: 1 }).firstDay % 7;
}
export const startOfWeek = (day: string, first: number): string => addDays(day, -((weekdayOf(day) - first + 7) % 7));

// ---- Durations ----

const LENGTH = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

// How long an entry lasts, in minutes of wall time.
export function lengthOf({ dtstart, dtend, duration }: Pick<Entry, 'dtstart' | 'dtend' | 'duration'>): number {
  if (dtend) return minutesOf(dtend) - minutesOf(dtstart);
  const [, d = '0', h = '0', m = '0', s = '0'] = LENGTH.exec(duration ?? '') ?? [];
  return Number(d) * DAY + Number(h) * 60 + Number(m) + Number(s) / 60;
}

// Days are nominal, the rest is exact: as a duration says it.
export function durationOf(minutes: number): string {
  const days = Math.floor(minutes / DAY);
  const [h, m, s] = [Math.floor((minutes % DAY) / 60), Math.floor(minutes % 60), Math.round((minutes * 60) % 60)];
  const time = `${h ? `${h}H` : ''}${m ? `${m}M` : ''}${s ? `${s}S` : ''}`;
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}`;
}

// ---- Rules ----

export const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;
export type Repeat = 'never' | 'daily' | 'weekly' | 'month_day' | 'month_nth' | 'yearly' | 'own';
export interface Rule {
  readonly repeat: Repeat;
  readonly interval: number;
  readonly days: readonly number[]; // of a weekly one
  readonly until: string; // a day; "" without
  readonly count: number; // 0 without
  readonly text: string; // of one that the form does not know
}
export const NEVER: Rule = { repeat: 'never', interval: 1, days: [], until: '', count: 0, text: '' };

// Which weekday of its month a day is: 1 the first … 4 the fourth, or -1 the last, where a fifth is not in every month.
export function nthOf(day: string): number {
  const nth = Math.ceil(Number(day.slice(8, 10)) / 7);
  return nth > 4 ? -1 : nth;
}

// What a form can show of a rule; all else is its own text.
export function ruleOf(text: string | undefined, dtstart: string): Rule {
  if (!text) return NEVER;
  const parts = new Map(text.replace(/^RRULE:/, '').split(';').map((part) => part.toUpperCase().split('=') as [string, string]));
  const take = (name: string): string => { const value = parts.get(name) ?? ''; parts.delete(name); return value; };
  const day = dayOf(dtstart);
  const [freq, interval, until, count, by] = [take('FREQ'), Number(take('INTERVAL') || 1), take('UNTIL'), Number(take('COUNT') || 0), take('BYDAY')];
  const monthDay = take('BYMONTHDAY');
  const common = { interval, until: until ? dayOf(until) : '', count, text };
  const own: Rule = { ...NEVER, repeat: 'own', text };
  take('WKST');
  if (parts.size || /Z$/.test(until)) return own;
  const listed = by ? by.split(',').map((one) => WEEKDAYS.indexOf(one as typeof WEEKDAYS[number])) : [];
  if (freq === 'DAILY' && !by && !monthDay) return { ...common, repeat: 'daily', days: [] };
  if (freq === 'WEEKLY' && !monthDay && !listed.includes(-1)) return { ...common, repeat: 'weekly', days: listed.length ? listed : [weekdayOf(day)] };
  if (freq === 'MONTHLY' && !by && (!monthDay || Number(monthDay) === Number(day.slice(8, 10)))) return { ...common, repeat: 'month_day', days: [] };
  if (freq === 'MONTHLY' && !monthDay && by === `${nthOf(day)}${WEEKDAYS[weekdayOf(day)]}`) return { ...common, repeat: 'month_nth', days: [] };
  return freq === 'YEARLY' && !by && !monthDay ? { ...common, repeat: 'yearly', days: [] } : own;
}

// The other way round, for an entry that begins then; undefined: it does not recur.
export function ruleText(rule: Rule, dtstart: string): string | undefined {
  const day = dayOf(dtstart);
  if (rule.repeat === 'never') return undefined;
  if (rule.repeat === 'own') return rule.text.replace(/^RRULE:/i, '').trim() || undefined;
  const by = { daily: 'FREQ=DAILY', weekly: 'FREQ=WEEKLY', month_day: 'FREQ=MONTHLY', month_nth: 'FREQ=MONTHLY', yearly: 'FREQ=YEARLY' }[rule.repeat];
  const days = rule.repeat === 'weekly' ? `;BYDAY=${[...rule.days].sort((a, b) => ((a + 6) % 7) - ((b + 6) % 7)).map((one) => WEEKDAYS[one]).join(',')}`
    : rule.repeat === 'month_nth' ? `;BYDAY=${nthOf(day)}${WEEKDAYS[weekdayOf(day)]}` : '';
  return `${by}${rule.interval > 1 ? `;INTERVAL=${rule.interval}` : ''}${days}${rule.until ? `;UNTIL=${rule.until.replaceAll('-', '')}T235959` : rule.count ? `;COUNT=${rule.count}` : ''}`;
}

// ---- Changing ----

const shifted = (time: string, minutes: number): string => {
  const moved = timeOf(minutesOf(time) + minutes);
  return /Z$/.test(time) ? `${moved}Z` : moved;
};

// The entry, all of it, so many minutes later; undefined where its rule would have to be another one.
export function movedBy(entry: Entry, minutes: number): Entry | undefined {
  const dtstart = shifted(entry.dtstart, minutes);
  const days = daysBetween(dayOf(entry.dtstart), dayOf(dtstart));
  const rule = ruleOf(entry.rrule, entry.dtstart);
  if (days && rule.repeat === 'own') return undefined;
  const rrule = days && entry.rrule ? ruleText({ ...rule, days: rule.days.map((one) => (((one + days) % 7) + 7) % 7) }, dtstart) : entry.rrule;
  const all = (times: readonly string[]): string[] => times.map((time) => shifted(time, minutes));
  return { ...entry, dtstart, ...(rrule ? { rrule } : {}), ...(entry.dtend ? { dtend: shifted(entry.dtend, minutes) } : {}), ...(entry.exdate ? { exdate: all(entry.exdate) } : {}), ...(entry.rdate ? { rdate: all(entry.rdate) } : {}) };
}

export function resized(entry: Entry, minutes: number): Entry {
  const { dtend: _, ...others } = entry;
  return { ...others, duration: durationOf(Math.max(1, Math.round(minutes))) };
}

export const recurs = (entry: Entry): boolean => Boolean(entry.rrule || entry.rdate?.length);

// Without the occurrence that begins at that wall time.
export const without = (entry: Entry, wall: string): Entry => ({ ...entry, exdate: [...(entry.exdate ?? []), /Z$/.test(entry.dtstart) ? `${wall}Z` : wall] });
// That occurrence alone, as an entry of its own.
export function alone(entry: Entry, wall: string): Entry {
  const { rrule: _, exdate: __, rdate: ___, dtend: ____, ...others } = entry;
  return { ...others, dtstart: /Z$/.test(entry.dtstart) ? `${wall}Z` : wall, duration: durationOf(lengthOf(entry)) };
}

// ---- The draft ----

type Document = Draft['document'];
const CANVAS = { width: 1920, height: 1080, fit: 'fill', background: '#000000' } as const;
const NAME = /[^A-Za-z0-9._-]+/g;

export const entriesOf = (document: Document): readonly Entry[] => (document.schedule ?? []) as unknown as readonly Entry[];
export const layoutsOf = (document: Document): readonly string[] => Object.keys(document.layouts ?? {});
// Playlists that no layout shows alone and full-screen.
export function playlistsOf(document: Document): readonly string[] {
  const zones = Object.values(document.layouts ?? {}).map((layout) => (layout as { zones?: { playlist: string }[] }).zones ?? []);
  const single = new Set(zones.filter((all) => all.length === 1).map(([zone]) => zone?.playlist));
  return Object.keys(document.playlists ?? {}).filter((name) => !single.has(name));
}

const free = (wanted: string, taken: readonly string[]): string => {
  const name = (wanted.normalize('NFD').replace(/\p{M}/gu, '').replace(NAME, '-').replace(/^[-.]+|[-.]+$/g, '') || 'playlist').slice(0, 56);
  for (let n = 1; ; n++) if (!taken.includes(n > 1 ? `${name}-${n}` : name)) return n > 1 ? `${name}-${n}` : name;
};

// A plain list as a layout of its own, so that there can be others beside it.
export function withLayouts(document: Document): Document {
  if (!document.items && document.layouts) return document;
  const { items = [], ...others } = document;
  const canvas = { ...CANVAS, ...others.canvas };
  return { ...others, canvas, playlists: { main: { items } }, layouts: { main: full(canvas, 'main') }, default_layout: 'main', schedule: [] };
}

const full = (canvas: { width: number; height: number }, playlist: string): NonNullable<Document['layouts']>[string] => ({ zones: [{ id: 'main', x: 0, y: 0, width: canvas.width, height: canvas.height, z: 0, playlist }] });

// One more layout, of one zone that fills the canvas: [document, its name].
export function withFull(document: Document, playlist: string): [Document, string] {
  const layouts = (document.layouts ?? {}) as Record<string, unknown>;
  const name = free(playlist, Object.keys(layouts));
  return [{ ...document, layouts: { ...layouts, [name]: full({ ...CANVAS, ...(document.canvas as object | undefined) }, playlist) } } as Document, name];
}

// One more playlist, and a layout of it.
export function withPlaylist(document: Document, title: string, content: readonly string[]): [Document, string] {
  const playlists = (document.playlists ?? {}) as NonNullable<Playlist['playlists']>;
  const name = free(title, [...Object.keys(playlists), ...layoutsOf(document)]);
  return withFull({ ...document, playlists: { ...playlists, [name]: { items: content.map((one) => ({ content: one })) } } }, name);
}

export const withEntries = (document: Document, entries: readonly Entry[]): Document => ({ ...document, schedule: entries as unknown as NonNullable<Document['schedule']> });

// ---- On the page ----

// A part of an occurrence on one day, in minutes of that day; and its place among those that overlap it.
export interface Block { readonly occurrence: Occurrence; readonly from: number; readonly to: number; readonly lane: number; readonly lanes: number; readonly begins: boolean }

// What stands on a day, side by side where it overlaps.
export function blocksOf(day: string, occurrences: readonly Occurrence[]): readonly Block[] {
  const start = minutesOf(day);
  const parts = occurrences.map((occurrence) => ({ occurrence, from: minutesOf(occurrence.start_local ?? '') - start, to: minutesOf(occurrence.end_local ?? '') - start }))
    .filter(({ from, to }) => from < DAY && to > 0).map((one) => ({ ...one, begins: one.from >= 0, from: Math.max(0, one.from), to: Math.min(DAY, Math.max(one.to, one.from + 1)) }));
  const made: Block[] = [];
  let group: { part: typeof parts[number]; lane: number }[] = [];
  let until = -1;
  const close = (): void => { const lanes = Math.max(0, ...group.map(({ lane }) => lane)) + 1; for (const { part, lane } of group) made.push({ ...part, lane, lanes }); group = []; };
  for (const part of parts) {
    if (part.from >= until) close();
    const busy = new Set(group.filter((one) => one.part.to > part.from).map(({ lane }) => lane));
    let lane = 0;
    while (busy.has(lane)) lane++;
    group.push({ part, lane });
    until = Math.max(until, part.to);
  }
  close();
  return made;
}

// Which of the colours a priority has: 0 the lowest of those that are there.
export function tones(entries: readonly Entry[]): ReadonlyMap<number, number> {
  const all = [...new Set(entries.map(({ priority = 0 }) => priority))].sort((a, b) => a - b);
  return new Map(all.map((priority, i) => [priority, Math.min(4, all.length <= 5 ? i : Math.floor((i * 5) / all.length))]));
}

// An entry without what says nothing: a title of the calendar's own that a form does not know stays.
export const tidy = (entry: Entry): Entry => Object.fromEntries(Object.entries(entry).filter(([name, value]) => value !== undefined && !(Array.isArray(value) && !value.length) && !(name === 'priority' && value === 0))) as unknown as Entry;
