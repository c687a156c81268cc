// Times as people say them. All functions take the language and the present, so that they can be tested.
import { agoFormat, numberFormat, timeFormat } from './formats.js';
import type { Language } from './i18n.js';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

// "now", "5 minutes ago", "3 hours ago", "12 days ago"; narrow: "5m ago".
export function ago(then: Date, now: Date, language: Language, style: Intl.RelativeTimeFormatStyle = 'long'): string {
  const format = agoFormat(language, style);
  const seconds = Math.max(0, Math.round((now.getTime() - then.getTime()) / 1000));
  if (seconds < MINUTE) return format.format(0, 'second');
  if (seconds < HOUR) return format.format(-Math.floor(seconds / MINUTE), 'minute');
  if (seconds < 2 * DAY) return format.format(-Math.floor(seconds / HOUR), 'hour');
  return format.format(-Math.floor(seconds / DAY), 'day');
}

export function dateTime(time: Date, language: Language, timeZone?: string): string {
  return timeFormat(language, { dateStyle: 'medium', timeStyle: 'short', ...(timeZone ? { timeZone } : {}) }).format(time);
}

export function date(time: Date, language: Language): string {
  return timeFormat(language, { dateStyle: 'long' }).format(time);
}

// The time of day in a zone; undefined where the browser does not know the zone.
export function timeIn(timeZone: string, now: Date, language: Language): string | undefined {
  try {
    return timeFormat(language, { weekday: 'short', hour: '2-digit', minute: '2-digit', timeZone }).format(now);
  } catch {
    return undefined;
  }
}

// "2 days 3 hours": the two largest parts.
export function duration(seconds: number, language: Language): string {
  const parts: [number, string][] = [[Math.floor(seconds / DAY), 'day'], [Math.floor((seconds % DAY) / HOUR), 'hour'], [Math.floor((seconds % HOUR) / MINUTE), 'minute'], [seconds % MINUTE, 'second']];
  const told = parts.filter(([count]) => count > 0).slice(0, 2);
  return told.map(([count, unit]) => numberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count)).join(' ');
}

// "2:05", "1:02:03": how long a film is.
export function filmLength(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / HOUR), Math.floor((seconds % HOUR) / MINUTE), seconds % MINUTE];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// "3.4 MB", "3,4 Mo": in thousands, as drives are sold.
export function fileSize(bytes: number, language: Language): string {
  const units = language === 'fr' ? ['octets', 'ko', 'Mo', 'Go', 'To'] : ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1000; unit++; }
  return `${numberFormat(language, { maximumFractionDigits: unit === 0 || value >= 100 ? 0 : 1 }).format(value)}\u00a0${units[unit]}`;
}

// One row of a CSV file (RFC 4180). A value that a spreadsheet would take for a formula gets an apostrophe before it.
export function csvRow(values: readonly string[]): string {
  return `${values.map((value) => {
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }).join(',')}\r\n`;
}
