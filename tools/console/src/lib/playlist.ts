// What stands in a playlist, as the API has it, and as people see and change it.
import type { Draft, Items } from '../api/schema.js';

export type Item = Items[number];
export const ITEMS_MAX = 1024;

const FORM = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

// Seconds of an ISO 8601 duration; undefined where it is none.
export function secondsOf(duration: string | undefined): number | undefined {
  const parts = duration === undefined ? null : FORM.exec(duration);
  if (!parts) return undefined;
  const [, d = '0', h = '0', m = '0', s = '0'] = parts;
  return Number(d) * 86400 + Number(h) * 3600 + Number(m) * 60 + Number(s);
}

// The other way round; what is no number of seconds that an item can have is undefined.
export function durationOf(seconds: number): string | undefined {
  return seconds >= 0.1 && seconds <= 86400 ? `PT${Math.round(seconds * 1000) / 1000}S` : undefined;
}

export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const target = Math.min(list.length - 1, Math.max(0, to));
  if (from === target || from < 0 || from >= list.length) return list;
  const others = list.filter((_, i) => i !== from);
  return [...others.slice(0, target), list[from] as T, ...others.slice(target)];
}

// Those of a draft; undefined of one with layouts, whose playlists are several.
export const itemsOf = (draft: Draft): readonly Item[] | undefined => draft.document.items ?? (Object.keys(draft.document).some((name) => ['playlists', 'layouts'].includes(name)) ? undefined : []);

// The item without a field, or with another value of it.
export function withField<K extends keyof Item>(item: Item, field: K, value: Item[K] | undefined): Item {
  const { [field]: _, ...others } = item;
  return (value === undefined ? others : { ...others, [field]: value }) as Item;
}

// Where what is dragged would stand, by the middles of the rows.
export function placeAt(y: number, middles: readonly number[]): number {
  const below = middles.findIndex((middle) => y < middle);
  return below < 0 ? middles.length - 1 : below;
}
