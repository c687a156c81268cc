// Which rows of a long list stand in the window. All in pixels; the list's top is where its first row begins, seen from the window's.
export interface Span { readonly first: number; readonly end: number }

export function rowsInView(listTop: number, windowHeight: number, rowHeight: number, rows: number, more: number): Span {
  if (rows === 0 || rowHeight <= 0) return { first: 0, end: 0 };
  const first = Math.floor(-listTop / rowHeight) - more;
  const end = Math.ceil((windowHeight - listTop) / rowHeight) + more;
  return { first: Math.min(Math.max(0, first), rows), end: Math.min(Math.max(0, end), rows) };
}

export function columnsOf(width: number, least: number, gap: number): number {
  return Math.max(1, Math.floor((width + gap) / (least + gap)));
}

// How far the window has to move so that a row stands between its edges; 0: it does.
export function scrollToRow(rowTop: number, rowHeight: number, edgeTop: number, edgeBottom: number): number {
  if (rowTop < edgeTop) return rowTop - edgeTop;
  if (rowTop + rowHeight > edgeBottom) return Math.min(rowTop - edgeTop, rowTop + rowHeight - edgeBottom);
  return 0;
}

// Where a key leads in a grid of so many items; undefined: nowhere.
export function keyMoves(key: string, at: number, items: number, columns: number, page: number): number | undefined {
  const to: Record<string, number> = {
    ArrowDown: at + columns, ArrowUp: at - columns, ArrowRight: columns > 1 ? at + 1 : at, ArrowLeft: columns > 1 ? at - 1 : at,
    PageDown: at + page * columns, PageUp: at - page * columns, Home: 0, End: items - 1,
  };
  const target = to[key];
  if (target === undefined || items === 0) return undefined;
  if (key.startsWith('Arrow')) return target < 0 || target >= items ? at : target;
  return Math.min(items - 1, Math.max(0, target));
}
