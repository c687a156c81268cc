// What is told of feeds.
import { agoFormat } from './formats.js';
import type { Language } from './i18n.js';

// "12 seconds ago": of what lives, seconds count.
export function ageOf({ value_time: time }: { value_time: string | null }, now: Date, language: Language): string {
  const format = agoFormat(language);
  const seconds = time ? Math.max(0, Math.round((now.getTime() - Date.parse(time)) / 1000)) : 0;
  if (seconds < 60) return format.format(-seconds, 'second');
  if (seconds < 3600) return format.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 172800) return format.format(-Math.floor(seconds / 3600), 'hour');
  return format.format(-Math.floor(seconds / 86400), 'day');
}

// Whether it is old now, whatever it was when it was read; undefined: there is no value.
export function staleNow(feed: { value_time: string | null; stale_after_s: number }, now: Date): boolean | undefined {
  return feed.value_time ? now.getTime() - Date.parse(feed.value_time) > feed.stale_after_s * 1000 : undefined;
}

// "Ventes du jour" becomes "ventes-du-jour".
export const nameOf = (title: string): string => title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 63);

interface Schema { type?: string | string[]; const?: unknown; enum?: unknown[]; examples?: unknown[]; default?: unknown; properties?: Record<string, Schema>; items?: Schema; prefixItems?: Schema[]; minimum?: number; anyOf?: Schema[]; oneOf?: Schema[] }

// Something that a schema may well take, to begin with.
export function exampleOf(schema: unknown, depth = 0): unknown {
  if (typeof schema !== 'object' || schema === null || depth > 8) return depth ? null : { total: 42 };
  const one = schema as Schema;
  if (one.const !== undefined) return one.const;
  const given = one.examples?.[0] ?? one.default ?? one.enum?.[0];
  if (given !== undefined) return given;
  const type = Array.isArray(one.type) ? one.type[0] : one.type;
  if (one.properties || type === 'object') return Object.fromEntries(Object.entries(one.properties ?? {}).map(([name, part]) => [name, exampleOf(part, depth + 1)]));
  if (one.items || one.prefixItems || type === 'array') return [...(one.prefixItems ?? []).map((part) => exampleOf(part, depth + 1)), ...(one.items ? [exampleOf(one.items, depth + 1)] : [])];
  const choice = one.anyOf?.[0] ?? one.oneOf?.[0];
  if (choice) return exampleOf(choice, depth + 1);
  return type === 'string' ? 'text' : type === 'boolean' ? true : type === 'null' ? null : Math.max(42, Math.ceil(one.minimum ?? 42));
}

// For a shell of any kind that POSIX knows: nothing in it means anything else.
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

// The line by which a value is sent, to be pasted into a terminal.
export const curlOf = (origin: string, name: string, value: unknown, key = 'YOUR-KEY'): string => [
  `curl -X PUT ${quoted(`${origin}/v1/feeds/${name}`)}`, `-H ${quoted(`Authorization: Bearer ${key}`)}`, `-H ${quoted('Content-Type: application/json')}`, `-d ${quoted(JSON.stringify(value))}`,
].join(' \\\n  ');
