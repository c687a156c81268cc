// Zones on a canvas: where they may be, what they snap to, templates to begin with, and what was done before.
export interface Rect { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
export interface Size { readonly width: number; readonly height: number }
export interface Zone extends Rect { readonly id: string; readonly z?: number; readonly playlist: string }

export const ZONES_MAX = 16; // in a layout
export const LAYOUTS_MAX = 64;
export const SIDE_MAX = 16384; // units
const Z_MAX = 1000;

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
const whole = (value: number): number => (Number.isFinite(value) ? Math.round(value) : 0);

// As a manifest may have it: whole numbers within its caps.
export const fitted = (rect: Rect): Rect => ({
  x: clamp(whole(rect.x), -SIDE_MAX, SIDE_MAX), y: clamp(whole(rect.y), -SIDE_MAX, SIDE_MAX),
  width: clamp(whole(rect.width), 1, SIDE_MAX), height: clamp(whole(rect.height), 1, SIDE_MAX),
});

// ---- Where they are ----

export const isOutside = (zone: Rect, canvas: Size): boolean => zone.x < 0 || zone.y < 0 || zone.x + zone.width > canvas.width || zone.y + zone.height > canvas.height;
export const isHidden = (zone: Rect, canvas: Size): boolean => zone.x >= canvas.width || zone.y >= canvas.height || zone.x + zone.width <= 0 || zone.y + zone.height <= 0;
const overlap = (a: Rect, b: Rect): boolean => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

// Pairs of names.
export function overlaps(zones: readonly Zone[]): readonly (readonly [string, string])[] {
  return zones.flatMap((zone, i) => zones.slice(i + 1).filter((other) => overlap(zone, other)).map((other) => [zone.id, other.id] as const));
}

// From the one furthest away to the nearest, as screens draw them: by z, then as they stand.
export const inOrder = (zones: readonly Zone[]): readonly Zone[] => zones.map((zone, i) => ({ zone, i })).sort((a, b) => (a.zone.z ?? 0) - (b.zone.z ?? 0) || a.i - b.i).map(({ zone }) => zone);

// One step nearer or further; all of them are numbered anew, so that none share a place.
export function restacked(zones: readonly Zone[], id: string, step: 1 | -1): readonly Zone[] {
  const order = inOrder(zones).map((zone) => zone.id);
  const at = order.indexOf(id);
  const to = at + step;
  if (at < 0 || to < 0 || to >= order.length) return zones;
  [order[at], order[to]] = [order[to] as string, order[at] as string];
  return zones.map((zone) => ({ ...zone, z: Math.min(Z_MAX, order.indexOf(zone.id)) }));
}

// ---- Snapping ----

export interface Guide { readonly axis: 'x' | 'y'; readonly at: number }
export interface Edges { readonly left?: boolean; readonly right?: boolean; readonly top?: boolean; readonly bottom?: boolean }
export const ALL: Edges = { left: true, right: true, top: true, bottom: true };

const fractions = [0, 1 / 3, 1 / 2, 2 / 3, 1];

// What an edge or a centre may snap to along one axis: the canvas's edges, centre and thirds, and those of other zones.
function targets(canvas: number, others: readonly (readonly [number, number])[]): readonly number[] {
  return [...fractions.map((part) => Math.round(canvas * part)), ...others.flatMap(([at, size]) => [at, at + size, Math.round(at + size / 2)])];
}

// The nearest target of any of the points; how far to go, and where the guide is.
function nearest(points: readonly number[], all: readonly number[], reach: number): { readonly by: number; readonly at: number } | undefined {
  let best: { by: number; at: number } | undefined;
  for (const point of points) for (const at of all) if (Math.abs(at - point) <= reach && (!best || Math.abs(at - point) < Math.abs(best.by))) best = { by: at - point, at };
  return best;
}

// One axis of it: `moves` says which of the two edges go with the pointer.
function snapAxis(at: number, size: number, moves: readonly [boolean, boolean], all: readonly number[], reach: number): { readonly at: number; readonly size: number; readonly guide?: number } {
  const both = moves[0] && moves[1];
  const points = [...(moves[0] ? [at] : []), ...(moves[1] ? [at + size] : []), ...(both ? [at + size / 2] : [])];
  const found = nearest(points, all, reach);
  if (!found) return { at, size };
  const by = Math.round(found.by);
  if (both) return { at: at + by, size, guide: found.at };
  const made = moves[0] ? { at: at + by, size: size - by } : { at, size: size + by };
  return made.size >= 1 ? { ...made, guide: found.at } : { at, size };
}

// The rectangle as it lies once what moves of it has snapped, and the guides to show. `reach` is how near is near, in units.
export function snapped(rect: Rect, edges: Edges, canvas: Size, others: readonly Rect[], reach: number): { readonly rect: Rect; readonly guides: readonly Guide[] } {
  const x = snapAxis(rect.x, rect.width, [!!edges.left, !!edges.right], targets(canvas.width, others.map((other) => [other.x, other.width])), reach);
  const y = snapAxis(rect.y, rect.height, [!!edges.top, !!edges.bottom], targets(canvas.height, others.map((other) => [other.y, other.height])), reach);
  const guides: Guide[] = [...(x.guide === undefined ? [] : [{ axis: 'x' as const, at: x.guide }]), ...(y.guide === undefined ? [] : [{ axis: 'y' as const, at: y.guide }])];
  return { rect: { x: x.at, y: y.at, width: x.size, height: y.size }, guides };
}

// ---- Moved and resized ----

// By so much with the pointer: all of it, or the edges that are held.
export function dragged(rect: Rect, edges: Edges, dx: number, dy: number): Rect {
  if (edges.left && edges.right && edges.top && edges.bottom) return { ...rect, x: rect.x + dx, y: rect.y + dy };
  const width = edges.left ? rect.width - dx : edges.right ? rect.width + dx : rect.width;
  const height = edges.top ? rect.height - dy : edges.bottom ? rect.height + dy : rect.height;
  return {
    x: edges.left ? Math.min(rect.x + dx, rect.x + rect.width - 1) : rect.x, y: edges.top ? Math.min(rect.y + dy, rect.y + rect.height - 1) : rect.y,
    width: Math.max(1, width), height: Math.max(1, height),
  };
}

// Between two points, whichever is first.
export const between = (ax: number, ay: number, bx: number, by: number): Rect => ({ x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(ax - bx), height: Math.abs(ay - by) });

const arrows: Record<string, readonly [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// By an arrow key: 1 unit, with Shift 10; with Control its right and lower edge. undefined for other keys.
export function pressed(rect: Rect, key: string, shift: boolean, control: boolean): Rect | undefined {
  const arrow = arrows[key];
  if (!arrow) return undefined;
  const step = shift ? 10 : 1;
  const [dx, dy] = [arrow[0] * step, arrow[1] * step];
  return fitted(control ? { ...rect, width: rect.width + dx, height: rect.height + dy } : { ...rect, x: rect.x + dx, y: rect.y + dy });
}

// ---- Names ----

export const nameValid = (text: string): boolean => /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/.test(text);

// "zone", "zone-2", …
export function freeName(base: string, taken: readonly string[]): string {
  if (!taken.includes(base)) return base;
  for (let n = 2; ; n++) if (!taken.includes(`${base}-${n}`)) return `${base}-${n}`;
}

// ---- Templates ----

// Parts of the whole, of a layout whose size is not known yet.
interface Part { readonly id: string; readonly x: number; readonly y: number; readonly width: number; readonly height: number }
export type TemplateName = 'full' | 'ticker' | 'l-shape' | 'two-thirds' | 'halves' | 'tiles' | 'strip' | 'banner' | 'corner';

const part = (id: string, x: number, y: number, width: number, height: number): Part => ({ id, x, y, width, height });
export const templates: Record<TemplateName, readonly Part[]> = {
  full: [part('main', 0, 0, 1, 1)],
  ticker: [part('main', 0, 0, 1, 8 / 9), part('ticker', 0, 8 / 9, 1, 1 / 9)],
  'l-shape': [part('main', 1 / 4, 0, 3 / 4, 5 / 6), part('side', 0, 0, 1 / 4, 5 / 6), part('foot', 0, 5 / 6, 1, 1 / 6)],
  'two-thirds': [part('main', 0, 0, 2 / 3, 1), part('side', 2 / 3, 0, 1 / 3, 1)],
  halves: [part('left', 0, 0, 1 / 2, 1), part('right', 1 / 2, 0, 1 / 2, 1)],
  tiles: [part('one', 0, 0, 1 / 2, 1 / 2), part('two', 1 / 2, 0, 1 / 2, 1 / 2), part('three', 0, 1 / 2, 1 / 2, 1 / 2), part('four', 1 / 2, 1 / 2, 1 / 2, 1 / 2)],
  strip: [part('main', 0, 0, 1, 3 / 4), part('strip', 0, 3 / 4, 1, 1 / 4)],
  banner: [part('banner', 0, 0, 1, 1 / 6), part('main', 0, 1 / 6, 1, 5 / 6)],
  corner: [part('main', 0, 0, 1, 1), part('corner', 17 / 24, 1 / 24, 1 / 4, 1 / 4)],
};

// Those that suit the shape first.
export const templatesFor = (canvas: Size): readonly TemplateName[] => (canvas.height > canvas.width ? ['full', 'strip', 'banner', 'ticker', 'corner', 'tiles', 'two-thirds', 'halves', 'l-shape'] : ['full', 'ticker', 'two-thirds', 'halves', 'l-shape', 'tiles', 'corner', 'banner', 'strip']);

// Edges that two zones share are the same number in both, so that no line of the background is between them.
export function rectsOf(template: TemplateName, canvas: Size): readonly (Rect & { readonly id: string })[] {
  const at = (share: number, side: number): number => Math.round(share * side);
  return templates[template].map(({ id, x, y, width, height }) => {
    const [left, top] = [at(x, canvas.width), at(y, canvas.height)];
    return { id, x: left, y: top, width: Math.max(1, at(x + width, canvas.width) - left), height: Math.max(1, at(y + height, canvas.height) - top) };
  });
}

// The same zones on a canvas of another size.
export function rescaled<T extends Rect>(zones: readonly T[], from: Size, to: Size): readonly T[] {
  const [across, down] = [to.width / from.width, to.height / from.height];
  return zones.map((zone) => {
    const [x, y] = [Math.round(zone.x * across), Math.round(zone.y * down)];
    return { ...zone, ...fitted({ x, y, width: Math.round((zone.x + zone.width) * across) - x, height: Math.round((zone.y + zone.height) * down) - y }) };
  });
}

// ---- Undone and done again ----

const STEPS_MAX = 100;

// Steps that come close together under the same name (a key that is held) are one.
export class History<T> {
  private past: T[] = [];
  private future: T[] = [];
  private last = '';
  private at = 0;

  add(before: T, name: string, now: number): void {
    if (name && name === this.last && now - this.at < 1000) {
      this.at = now;
      return;
    }
    this.past = [...this.past.slice(-(STEPS_MAX - 1)), before];
    this.future = [];
    [this.last, this.at] = [name, now];
  }

  get canUndo(): boolean { return this.past.length > 0; }
  get canRedo(): boolean { return this.future.length > 0; }

  undo(present: T): T {
    const before = this.past.pop();
    if (before === undefined) return present;
    this.future.push(present);
    this.last = '';
    return before;
  }

  redo(present: T): T {
    const after = this.future.pop();
    if (after === undefined) return present;
    this.past.push(present);
    this.last = '';
    return after;
  }

  clear(): void {
    this.past = [];
    this.future = [];
    this.last = '';
  }
}
