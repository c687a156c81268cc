// Which screens of all are shown, and in which order.
import type { ScreenRow, State } from '../api/schema.js';
import { t } from './i18n.js';

export const states: readonly State[] = ['trouble', 'offline', 'idle', 'waiting', 'online', 'retired'];
export const sorts = ['state', 'name', 'site', 'channel', 'seen'] as const;
export type Sort = (typeof sorts)[number];

const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

// The words of a search: each has to be found. What is inside quotes is one word.
export function searchWords(text: string): string[] {
  return [...plain(text).matchAll(/"([^"]+)"|(\S+)/g)].map(([, quoted, single]) => (quoted ?? single ?? '').trim()).filter(Boolean);
}

const searched = new WeakMap<ScreenRow, string>();

// The text that is searched; made once for each row, which is replaced when it changes.
function textOf(screen: ScreenRow): string {
  let text = searched.get(screen);
  if (text === undefined) {
    text = plain([screen.name, screen.site, ...screen.tags, screen.channel?.title ?? '', screen.channel?.id ?? '', screen.trouble?.code ?? ''].join('\n'));
    searched.set(screen, text);
  }
  return text;
}

// Numbers that nobody reads are found by their begin only, as they are told: one digit stands in all of them.
const named = ({ id, fingerprint }: ScreenRow, word: string): boolean => word.length >= 4 && (id.startsWith(word) || fingerprint.includes(word));

export function fits(screen: ScreenRow, words: readonly string[]): boolean {
  if (!words.length) return true;
  const text = textOf(screen);
  const state = plain(t(`state.${screen.state}`));
  return words.every((word) => text.includes(word) || state.startsWith(word) || named(screen, word));
}

type Compare = (a: ScreenRow, b: ScreenRow) => number;

export function comparer(sort: Sort, collator: Intl.Collator): Compare {
  const text = (a: string, b: string): number => (a === '' ? 1 : 0) - (b === '' ? 1 : 0) || collator.compare(a, b);
  const byName: Compare = (a, b) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
  const first: Record<Sort, Compare> = {
    state: (a, b) => states.indexOf(a.state) - states.indexOf(b.state),
    name: () => 0,
    site: (a, b) => text(a.site, b.site),
    channel: (a, b) => text(a.channel?.title ?? '', b.channel?.title ?? ''),
    seen: (a, b) => (a.seen ?? '').localeCompare(b.seen ?? ''),
  };
  return (a, b) => first[sort](a, b) || byName(a, b);
}

export const sorted = (screens: Iterable<ScreenRow>, sort: Sort, collator: Intl.Collator): readonly ScreenRow[] => [...screens].sort(comparer(sort, collator));

// Where, as what, in which group and with which software; undefined: it does not matter.
export interface Among {
  readonly site?: string | undefined; // "": at none
  readonly tag?: string | undefined;
  readonly software?: string | undefined;
  readonly members?: ReadonlySet<string> | undefined; // ids, of a group
}

export const isAmong = (screen: ScreenRow, { site, tag, software, members }: Among): boolean => (site === undefined || screen.site === site) && (tag === undefined || screen.tags.includes(tag))
  && (software === undefined || screen.software === software) && (members === undefined || members.has(screen.id));

export interface Places { readonly sites: readonly string[]; readonly tags: readonly string[]; readonly software: readonly string[] }

// What there is to choose from; newer software first.
export function placesOf(screens: Iterable<ScreenRow>, collator: Intl.Collator): Places {
  const [sites, tags, software] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const screen of screens) {
    if (screen.site) sites.add(screen.site);
    if (screen.software) software.add(screen.software);
    for (const tag of screen.tags) tags.add(tag);
  }
  const sort = (set: Set<string>): string[] => [...set].sort(collator.compare);
  return { sites: sort(sites), tags: sort(tags), software: sort(software).reverse() };
}

export interface Found {
  readonly rows: readonly ScreenRow[];
  readonly counts: Readonly<Record<State | '', number>>; // of what the words find, by state; '': all
}

// Those that a search, a state and the rest leave, in the order that they come.
export function find(screens: Iterable<ScreenRow>, search: string, state: State | '', among: Among = {}): Found {
  const words = searchWords(search);
  const counts: Record<State | '', number> = { '': 0, online: 0, idle: 0, trouble: 0, offline: 0, waiting: 0, retired: 0 };
  const rows: ScreenRow[] = [];
  for (const screen of screens) {
    if (!isAmong(screen, among) || !fits(screen, words)) continue;
    counts[screen.state]++;
    counts['']++;
    if (!state || screen.state === state) rows.push(screen);
  }
  return { rows, counts };
}
