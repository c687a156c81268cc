// All screens, as the headend has them now: read once, page by page, then kept by its events.
import { ApiError, ask, currentSession, sessionEnds } from './client.js';
import { Events, type Connection } from './events.js';
import type { ListedScreen, ScreenRow } from './schema.js';

const FIRST = 100; // rows of the first page, which is seen soonest
const FIRST_SORT = 'state'; // as the page puts them, unless somebody has asked for another order
const PAGE = 1000;
export const FLEET_MAX = 20000; // rows that are kept here; of more, the headend searches
const ONE_BY_ONE = 40; // changes that are read one by one; of more, the list is read anew
const GATHER_MS = 150; // changes that come together are read together

// Tells of `change`s of what it holds; of `screens`, `commands`, `channels` and `groups` that have changed, with their ids; and that all is
// to be read `again`: what was read before may be old.
export class Fleet extends EventTarget {
  screens: ReadonlyMap<string, ScreenRow> = new Map();
  loaded = false; // all of them are here
  capped = false; // but for those over FLEET_MAX
  problem: ApiError | undefined; // why they could not be read
  connection: Connection = 'connecting';
  private readonly events = new Events({
    ready: () => { void this.load(); this.dispatchEvent(new Event('again')); },
    changed: (ids) => this.gather(ids),
    heard: (kind, ids) => this.dispatchEvent(new CustomEvent(kind, { detail: ids })),
    settings: (event) => this.dispatchEvent(new CustomEvent('settings', { detail: event })),
    connection: (state) => this.set(() => { this.connection = state; }),
    // An answer without a session is told to all who listen.
    refused: () => void currentSession().then((session) => session ?? sessionEnds.dispatchEvent(new Event('end')), () => {}),
  });
  private readonly pending = new Set<string>();
  private timer = 0;
  private peeked: Promise<void> | undefined;
  private reading = 0; // which reading of the list is the newest

  // What is seen first does not wait for the events, nor for who is signed in: an answer to nobody is passed over. All is read once the
  // events have begun, so that nothing is missed between.
  start(): void {
    this.events.start();
    this.peeked ??= this.peek();
  }

  // Before it is known whether somebody is signed in.
  begin(): void { this.peeked = this.peek(); }

  stop(): void {
    this.events.stop();
    clearTimeout(this.timer);
    this.timer = 0;
    this.pending.clear();
    this.reading++;
    this.peeked = undefined;
    this.screens = new Map();
    this.loaded = false;
    this.problem = undefined;
  }

  private set(change: () => void): void {
    change();
    this.dispatchEvent(new Event('change'));
  }

  private async peek(): Promise<void> {
    const { reading } = this;
    try {
      const { items } = await ask('GET /api/v1/screens', { query: { limit: FIRST, sort: FIRST_SORT } });
      if (!this.loaded && reading === this.reading) this.set(() => { this.screens = new Map(items.map((screen) => [screen.id, screen])); });
    } catch {
      // reading all of them tells what is wrong
    }
  }

  // Reads the list; what is shown meanwhile, the first page at least, stays until all is here: it is put in order once.
  async load(): Promise<void> {
    const reading = ++this.reading;
    const read = new Map<string, ListedScreen>();
    let cursor: string | undefined;
    try {
      do {
        const page: { items: ListedScreen[]; next: string | null } = await ask('GET /api/v1/screens', { query: { limit: cursor || this.screens.size ? PAGE : FIRST, ...(cursor ? { cursor } : {}) } });
        if (reading !== this.reading) return;
        for (const screen of page.items) read.set(screen.id, screen);
        cursor = page.next ?? undefined;
        if (!this.screens.size) this.set(() => { this.screens = new Map(read); this.problem = undefined; });
      } while (cursor && read.size < FLEET_MAX);
      this.set(() => { this.screens = read; this.loaded = true; this.capped = cursor !== undefined; this.problem = undefined; });
    } catch (error) {
      if (reading === this.reading) this.set(() => { this.problem = error instanceof ApiError ? error : new ApiError('other', 0, String(error)); });
    }
  }

  private gather(ids: readonly string[]): void {
    for (const id of ids) this.pending.add(id);
    if (!this.timer) this.timer = setTimeout(() => { this.timer = 0; void this.readPending(); }, GATHER_MS);
  }

  private async readPending(): Promise<void> {
    const ids = [...this.pending];
    this.pending.clear();
    if (ids.length > ONE_BY_ONE) return this.load();
    const rows = await Promise.all(ids.map(async (id) => [id, await this.read(id)] as const));
    const screens = new Map(this.screens);
    for (const [id, row] of rows) {
      if (row) screens.set(id, row);
      else if (row === null) screens.delete(id);
    }
    this.set(() => { this.screens = screens; });
    this.dispatchEvent(new CustomEvent('screens', { detail: ids }));
    return undefined;
  }

  // null: it has gone; undefined: it cannot be read now, and the next change or connection reads it.
  private async read(id: string): Promise<ScreenRow | null | undefined> {
    try {
      return await ask('GET /api/v1/screens/{id}', { path: { id } });
    } catch (error) {
      return error instanceof ApiError && error.code === 'not-found' ? null : undefined;
    }
  }

  // One that was changed here, with what the headend answered.
  put(screen: ScreenRow): void { this.set(() => { this.screens = new Map(this.screens).set(screen.id, screen); }); }
}

export const fleet = new Fleet();
