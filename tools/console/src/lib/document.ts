// A channel's draft as people change it: a plain list that fills the screen, or playlists, and layouts whose zones show them.
import type { Draft } from '../api/schema.js';
import { freeName, rectsOf, type Size, type TemplateName, type Zone } from './layout.js';
import type { Item } from './playlist.js';

export type Document = Draft['document'];
export interface Playlist { readonly name: string; readonly items: readonly Item[]; readonly aligned: boolean }
export interface Layout { readonly name: string; readonly zones: readonly Zone[] }
export interface Canvas extends Size { readonly background?: string | undefined; readonly fit?: 'contain' | 'fill' | undefined }

export const PLAYLISTS_MAX = 256;
export const CANVAS: Canvas = { width: 1920, height: 1080, background: '#000000' };
const SINGLE = 'main'; // the only list, where there is one

export const isDivided = (document: Document): boolean => document.layouts !== undefined || document.playlists !== undefined;
export const canvasOf = (document: Document): Canvas => (document.canvas as Canvas | undefined) ?? CANVAS;

export function playlistsOf(document: Document): readonly Playlist[] {
  if (!isDivided(document)) return [{ name: SINGLE, items: document.items ?? [], aligned: false }];
  return Object.entries(document.playlists ?? {}).map(([name, { items, align }]) => ({ name, items, aligned: align === 'wall-clock' }));
}

export const layoutsOf = (document: Document): readonly Layout[] => Object.entries((document.layouts ?? {}) as Record<string, { zones: Zone[] }>).map(([name, { zones }]) => ({ name, zones }));

// Zones that show the playlist, as "layout: zone".
export const usesOf = (document: Document, playlist: string): readonly string[] => layoutsOf(document).flatMap(({ name, zones }) => zones.filter((zone) => zone.playlist === playlist).map(({ id }) => `${name}: ${id}`));

// Lists that have not changed stay the very same: who shows them knows them by that.
const withPlaylists = (document: Document, playlists: readonly Playlist[]): Document => ({ ...document, playlists: Object.fromEntries(playlists.map(({ name, items, aligned }) => [name, { ...(aligned ? { align: 'wall-clock' as const } : {}), items: items as Item[] }])) });
const withLayouts = (document: Document, layouts: readonly Layout[]): Document => ({ ...document, layouts: Object.fromEntries(layouts.map(({ name, zones }) => [name, { zones: zones.map((zone) => ({ ...zone })) }])) });

export function withItems(document: Document, playlist: string, items: readonly Item[]): Document {
  if (!isDivided(document)) return { ...document, items: items as Item[] };
  return withPlaylists(document, playlistsOf(document).map((one) => (one.name === playlist ? { ...one, items } : one)));
}

// By the wall clock screens show the same at the same moment, where each item says how long it is shown.
export const withAligned = (document: Document, playlist: string, aligned: boolean): Document => withPlaylists(document, playlistsOf(document).map((one) => (one.name === playlist ? { ...one, aligned } : one)));

export function playlistAdded(document: Document, name: string): Document {
  return withPlaylists(document, [...playlistsOf(document), { name, items: [], aligned: false }]);
}

export function playlistRenamed(document: Document, from: string, to: string): Document {
  const made = withPlaylists(document, playlistsOf(document).map((one) => (one.name === from ? { ...one, name: to } : one)));
  return withLayouts(made, layoutsOf(document).map(({ name, zones }) => ({ name, zones: zones.map((zone) => (zone.playlist === from ? { ...zone, playlist: to } : zone)) })));
}

export const playlistRemoved = (document: Document, name: string): Document => withPlaylists(document, playlistsOf(document).filter((one) => one.name !== name));

// ---- Layouts ----

export const withZones = (document: Document, layout: string, zones: readonly Zone[]): Document => withLayouts(document, layoutsOf(document).map((one) => (one.name === layout ? { ...one, zones } : one)));
export const withCanvas = (document: Document, canvas: Canvas): Document => ({ ...document, canvas: { ...canvas } as NonNullable<Document['canvas']> });
export const withDefault = (document: Document, layout: string): Document => ({ ...document, default_layout: layout });

// Playlists of the same names as the template's zones show in them; those that are missing are made, empty.
function zonesOf(document: Document, template: TemplateName, main: string): { readonly document: Document; readonly zones: readonly Zone[] } {
  const rects = rectsOf(template, canvasOf(document));
  const known = playlistsOf(document).map(({ name }) => name);
  const named = (id: string, i: number): string => (known.includes(id) ? id : i === 0 ? main : id);
  const missing = [...new Set(rects.map(({ id }, i) => named(id, i)))].filter((name) => !known.includes(name));
  return { document: missing.reduce(playlistAdded, document), zones: rects.map((rect, i) => ({ ...rect, z: i, playlist: named(rect.id, i) })) };
}

// Of a plain list: the first zone of the template shows it. When items come and go the schedule says then.
export function divided(document: Document, template: TemplateName, layout: string, canvas: Canvas): Document {
  const { items = [], ...others } = document;
  const plain = items.map(({ valid_from: _, valid_to: __, ...item }) => item as Item);
  const first = rectsOf(template, canvas)[0]?.id ?? SINGLE;
  const begun: Document = withCanvas({ ...others, playlists: { [first]: { items: plain } }, layouts: {}, default_layout: layout }, canvas);
  const made = zonesOf(begun, template, first);
  return withLayouts(made.document, [{ name: layout, zones: made.zones }]);
}

export function layoutAdded(document: Document, name: string, template: TemplateName): Document {
  const made = zonesOf(document, template, playlistsOf(document)[0]?.name ?? SINGLE);
  return withLayouts(made.document, [...layoutsOf(document), { name, zones: made.zones }]);
}

// Instead of the zones that it has.
export function layoutReplaced(document: Document, name: string, template: TemplateName): Document {
  const present = layoutsOf(document).find((one) => one.name === name)?.zones[0]?.playlist;
  const made = zonesOf(document, template, present ?? playlistsOf(document)[0]?.name ?? SINGLE);
  return withZones(made.document, name, made.zones);
}

export function layoutCopied(document: Document, name: string): { readonly document: Document; readonly name: string } {
  const layouts = layoutsOf(document);
  const copy = freeName(name, layouts.map((one) => one.name));
  return { document: withLayouts(document, [...layouts, { name: copy, zones: layouts.find((one) => one.name === name)?.zones ?? [] }]), name: copy };
}

type Event_ = Record<string, unknown>;

export function layoutRenamed(document: Document, from: string, to: string): Document {
  const made = withLayouts(document, layoutsOf(document).map((one) => (one.name === from ? { ...one, name: to } : one)));
  const schedule = (document.schedule as Event_[] | undefined)?.map((event) => (event['layout'] === from ? { ...event, layout: to } : event));
  return { ...made, ...(schedule ? { schedule: schedule as NonNullable<Document['schedule']> } : {}), ...(document.default_layout === from ? { default_layout: to } : {}) };
}

// Whether it can go: it is neither the one that is shown where nothing else is, nor in the schedule.
export const layoutIsUsed = (document: Document, name: string): boolean => document.default_layout === name || ((document.schedule as Event_[] | undefined) ?? []).some((event) => event['layout'] === name);
export const layoutRemoved = (document: Document, name: string): Document => withLayouts(document, layoutsOf(document).filter((one) => one.name !== name));
