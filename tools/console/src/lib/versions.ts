// What differs between two things that were, or are to be, published.
import type { DraftChanges, Playlist } from '../api/schema.js';

export type Change = Pick<DraftChanges['items'][number], 'change' | 'name' | 'fields'>;
export interface Differences { readonly items: readonly Change[]; readonly other: DraftChanges['other'] }
// A version, or what a job publishes.
export interface Published { readonly document: Playlist | null; readonly contents: readonly { content: string | null; version: number | null; name: string | null }[] }

interface Entry { readonly key: string; readonly name: string | null; readonly version: number | null; readonly fields: Readonly<Record<string, unknown>> }

const COMPARED = ['duration', 'feed', 'fit', 'format', 'kind', 'label', 'pointer', 'transition', 'valid_from', 'valid_to', 'volume', 'weight'];
const OTHERS = ['title', 'canvas', 'layouts', 'schedule', 'default_layout'] as const;

// Members in one order, so that equal values are equal texts.
export const textOf = (value: unknown): string => JSON.stringify(value ?? null, (_, one: unknown) => (one && typeof one === 'object' && !Array.isArray(one)
  ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one));

function entriesOf({ document, contents }: Published): Entry[] {
  if (!document) return contents.map(({ content, version, name }) => ({ key: content ?? `file ${name}`, name, version, fields: {} }));
  const known = new Map(contents.map((one) => [one.content, one]));
  const lists = [document.items ?? [], ...Object.values(document.playlists ?? {}).map(({ items }) => items)];
  return lists.flat().map((item) => ({
    key: item.content ?? `feed ${item.feed} ${item.pointer ?? ''}`, name: item.feed ? item.label || item.feed : known.get(item.content ?? null)?.name ?? null, version: known.get(item.content ?? null)?.version ?? null, fields: { ...item },
  }));
}

// The places of the longest run that goes up, out of a list of numbers.
export function longestRun(list: readonly number[]): Set<number> {
  const runs: { length: number; before: number }[] = [];
  let last = -1;
  list.forEach((value, i) => {
    let run = { length: 1, before: -1 };
    for (let j = 0; j < i; j++) if ((list[j] as number) < value && (runs[j]?.length ?? 0) >= run.length) run = { length: (runs[j]?.length ?? 0) + 1, before: j };
    runs.push(run);
    if (last < 0 || run.length > (runs[last]?.length ?? 0)) last = i;
  });
  const stays = new Set<number>();
  for (let i = last; i >= 0; i = runs[i]?.before ?? -1) stays.add(i);
  return stays;
}

// What stands after, and did not before, or stood elsewhere, or was otherwise; then what has gone. The same content is the same item.
export function differences(before: Published, after: Published): Differences {
  const old = entriesOf(before).map((entry, place) => ({ entry, place, taken: false }));
  const matched = entriesOf(after).map((entry) => {
    const one = old.find(({ entry: { key }, taken }) => !taken && key === entry.key);
    if (one) one.taken = true;
    return { entry, one };
  });
  const there = matched.filter(({ one }) => one);
  const run = longestRun(there.map(({ one }) => one?.place ?? 0));
  const stays = new Set(there.filter((_, i) => run.has(i)));
  const items: Change[] = [];
  for (const pair of matched) {
    const { entry, one } = pair;
    if (!one) { items.push({ change: 'added', name: entry.name, fields: [] }); continue; }
    const known = before.document && after.document;
    const fields = known ? COMPARED.filter((name) => textOf(entry.fields[name]) !== textOf(one.entry.fields[name])) : [];
    if (entry.version && one.entry.version && entry.version !== one.entry.version) fields.push('file');
    if (!stays.has(pair)) items.push({ change: 'moved', name: entry.name, fields });
    else if (fields.length) items.push({ change: 'changed', name: entry.name, fields });
  }
  for (const { entry, taken } of old) if (!taken) items.push({ change: 'removed', name: entry.name, fields: [] });
  const aligns = ({ document }: Published): string => textOf(Object.fromEntries(Object.entries(document?.playlists ?? {}).map(([name, { align }]) => [name, align ?? 'none'])));
  const other: DraftChanges['other'] = before.document && after.document ? OTHERS.filter((name) => textOf(before.document?.[name]) !== textOf(after.document?.[name])) : [];
  if (aligns(before) !== aligns(after)) other.push('playlists');
  return { items, other };
}
