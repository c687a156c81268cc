// Numbers of several runs, and how they are printed.
const sorted = (values) => [...values].sort((a, b) => a - b);

export function median(values) {
  const all = sorted(values);
  const middle = all.length >> 1;
  return all.length % 2 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
}

/** The smallest value that `part` (0 … 1) of all do not exceed (nearest rank). */
export const percentile = (values, part) => sorted(values)[Math.max(0, Math.ceil(values.length * part) - 1)];

export const round = (value, digits = 0) => Number(value.toFixed(digits));

/** Rows of strings under each other; the first row is the heading. */
export function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row) => row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd();
  return [line(rows[0]), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.slice(1).map(line)].join('\n');
}
