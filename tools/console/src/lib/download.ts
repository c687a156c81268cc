// A file that is made here.
import { csvRow } from './format.js';

// Of rows, with a mark before them by which spreadsheets know their letters.
export function downloadCsv(name: string, rows: readonly (readonly string[])[]): void {
  const address = URL.createObjectURL(new Blob(['\ufeff', ...rows.map(csvRow)], { type: 'text/csv;charset=utf-8' }));
  Object.assign(document.createElement('a'), { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
