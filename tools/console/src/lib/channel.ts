// Channels as people call them, and their ids.
import type { ScreenRow } from '../api/schema.js';

const ID_MAX = 63;

// "Café & Bar" becomes "cafe-bar", as the headend makes it; "" where no letter or digit can stand in one.
export const channelId = (title: string): string => title.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, ID_MAX).replace(/-+$/, '');

// Those that screens are on, by title.
export function channelsOf(screens: Iterable<ScreenRow>): { id: string; title: string }[] {
  const all = new Map<string, string>();
  for (const { channel } of screens) if (channel) all.set(channel.id, channel.title);
  return [...all].map(([id, title]) => ({ id, title })).sort((a, b) => a.title.localeCompare(b.title));
}

// What somebody typed, as a request has it: one that is known by its title or id, or a new one. undefined: it cannot be one.
export function channelTyped(text: string, known: readonly { id: string; title: string }[]): { channel: string; channel_title?: string } | undefined {
  const title = text.trim();
  const there = known.find((one) => one.title.toLowerCase() === title.toLowerCase() || one.id === title);
  if (there) return { channel: there.id };
  const id = channelId(title);
  return id ? { channel: id, channel_title: title } : undefined;
}
