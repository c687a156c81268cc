// Sums of reports, as people read them.
import type { Plays, Uptime } from '../api/schema.js';
import { numberFormat } from './formats.js';
import type { Language } from './i18n.js';

export type PlayRow = Plays['items'][number];
export type UptimeRow = Uptime['items'][number];

const DAY_MS = 86400000;

// "2026-11-30", of days in UTC, which the headend counts by.
export const dayOf = (time: Date): string => time.toISOString().slice(0, 10);
export const daysBefore = (day: string, days: number): string => dayOf(new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS));

// Each day from the first to the last, with what there is of it: one without plays is seen as one.
export function eachDay(rows: readonly PlayRow[], from: string, to: string): { day: string; plays: number; shown_ms: number }[] {
  const known = new Map(rows.map((row) => [row.day, row]));
  const days: { day: string; plays: number; shown_ms: number }[] = [];
  for (let day = from; day <= to && days.length < 400; day = daysBefore(day, -1)) days.push({ day, plays: known.get(day)?.plays ?? 0, shown_ms: known.get(day)?.shown_ms ?? 0 });
  return days;
}

export const sum = <T>(rows: readonly T[], of: (row: T) => number): number => rows.reduce((all, row) => all + of(row), 0);

// Of 0 to 1; undefined where nobody looked.
export const shareOf = ({ online_s: here, observed_s: could }: Pick<UptimeRow, 'online_s' | 'observed_s'>): number | undefined => (could > 0 ? Math.min(1, here / could) : undefined);

// "99.95%": never rounded up to all of it.
export function percent(share: number | undefined, language: Language): string {
  if (share === undefined) return '—';
  const down = share === 1 ? 1 : Math.floor(share * 10000) / 10000;
  return numberFormat(language, { style: 'percent', minimumFractionDigits: down === 1 ? 0 : 2, maximumFractionDigits: 2 }).format(down);
}

// The worst first; of those that nobody looked at, none is better.
export const worstFirst = (rows: readonly UptimeRow[]): readonly UptimeRow[] => [...rows].sort((a, b) => (shareOf(a) ?? 2) - (shareOf(b) ?? 2));
