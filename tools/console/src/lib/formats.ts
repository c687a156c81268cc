// The browser's formatters, each made once: making one takes longer than a hundred uses of it.
const made = new Map<string, unknown>();

function kept<T>(key: string, make: () => T): T {
  const there = made.get(key);
  if (there !== undefined) return there as T;
  const one = make();
  made.set(key, one);
  return one;
}

export const timeFormat = (language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => kept(`time ${language} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(language, options));
export const numberFormat = (language: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat => kept(`number ${language} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(language, options));
export const agoFormat = (language: string, style: Intl.RelativeTimeFormatStyle = 'long'): Intl.RelativeTimeFormat => kept(`ago ${language} ${style}`, () => new Intl.RelativeTimeFormat(language, { numeric: 'auto', style }));
export const pluralRules = (language: string): Intl.PluralRules => kept(`plural ${language}`, () => new Intl.PluralRules(language));
export const collatorOf = (language: string): Intl.Collator => kept(`collator ${language}`, () => new Intl.Collator(language, { numeric: true, sensitivity: 'base' }));
