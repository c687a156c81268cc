// Thousands of rows, kept in order without ever keeping the page from drawing: few that changed are put in their places, and all of them
// are sorted a little at a time.
export type Compare<T> = (a: T, b: T) => number;

const AT_ONCE = 400; // rows that are sorted in one go
const FEW = 100; // changes that are put in their places
const RUN = 64; // rows of a first run
const BREATHES = 256; // rows merged between two looks at the clock
const SLICE_MS = 6;

function* merged<T>(a: readonly T[], b: readonly T[], compare: Compare<T>): Generator<undefined, T[]> {
  const all: T[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    all.push(compare(a[i] as T, b[j] as T) <= 0 ? (a[i++] as T) : (b[j++] as T));
    if (all.length % BREATHES === 0) yield;
  }
  return [...all, ...a.slice(i), ...b.slice(j)];
}

// A stable sort that can be left off at each yield.
export function* sorting<T>(rows: readonly T[], compare: Compare<T>): Generator<undefined, readonly T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < rows.length; at += RUN) {
    runs.push(rows.slice(at, at + RUN).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const longer: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [one, other] = [runs[i] as T[], runs[i + 1]];
      longer.push(other ? yield* merged(one, other, compare) : one);
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

// Where a row stands, or would, before those that are equal to it.
function placeOf<T>(rows: readonly T[], row: T, compare: Compare<T>): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(rows[middle] as T, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Rows<T> = ReadonlyMap<string, T>;

export class Order<T> {
  private rows: readonly T[] = [];
  private of: Rows<T> | undefined; // whose rows those are
  private how = '';
  private wanted: string | undefined; // the order that is being made; what changes meanwhile is put in its place afterwards

  private run = 0;

  // `ready` hears that an order that took its time is there.
  constructor(private readonly ready: () => void) {}

  // Whether what is given is all of what was asked for last.
  get current(): boolean { return this.wanted === undefined; }

  // Those rows in an order that has a name; while it takes its time, those that there were.
  sorted(of: Rows<T>, how: string, compare: Compare<T>): readonly T[] {
    if (this.of === of && this.how === how) this.settle(of, how, this.rows);
    else if (of.size <= AT_ONCE) this.settle(of, how, [...of.values()].sort(compare));
    else if (!this.patch(of, how, compare) && this.wanted !== how) void this.work(of, how, compare);
    return this.rows;
  }

  private settle(of: Rows<T>, how: string, rows: readonly T[]): void {
    this.wanted = undefined;
    this.run++;
    this.of = of;
    this.how = how;
    this.rows = rows;
  }

  // False where too much is another one.
  private patch(of: Rows<T>, how: string, compare: Compare<T>): boolean {
    const { of: before } = this;
    if (!before || this.how !== how || Math.abs(of.size - before.size) > FEW) return false;
    const gone = new Set<T>();
    const come: T[] = [];
    for (const [id, row] of before) if (of.get(id) !== row) gone.add(row);
    for (const [id, row] of of) if (before.get(id) !== row) come.push(row);
    if (gone.size > FEW || come.length > FEW) return false;
    const rows = this.rows.filter((row) => !gone.has(row));
    for (const row of come) rows.splice(placeOf(rows, row, compare), 0, row);
    this.settle(of, how, rows);
    return true;
  }

  private async work(of: Rows<T>, how: string, compare: Compare<T>): Promise<void> {
    const run = ++this.run;
    this.wanted = how;
    const steps = sorting([...of.values()], compare);
    for (let until = 0; run === this.run;) {
      if (performance.now() > until) {
        await new Promise((resolve) => { setTimeout(resolve, 0); });
        until = performance.now() + SLICE_MS;
        continue;
      }
      const { done, value } = steps.next();
      if (!done) continue;
      this.settle(of, how, value);
      this.ready();
    }
  }
}
