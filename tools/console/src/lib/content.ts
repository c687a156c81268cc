// Between what people type of content and what the API takes.
export const tagsOf = (typed: string): string[] => [...new Set(typed.split(',').map((tag) => tag.trim()).filter(Boolean))];

const two = (n: number): string => String(n).padStart(2, '0');

// A time as a field of type datetime-local has it, in this browser's zone; '' for none.
export function localTime(time: string | null): string {
  if (!time) return '';
  const at = new Date(time);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

export const timeOf = (typed: string): string | null => (typed ? new Date(typed).toISOString().replace(/\.\d+Z$/, 'Z') : null);
