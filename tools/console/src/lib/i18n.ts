// The language of the page, chosen once and kept, and texts, numbers and times in it.
import { reports } from 'pingplay:reports';

import { collatorOf, numberFormat, pluralRules } from './formats.js';
import { words, type Word } from './words.js';

export type { Word };
export type Language = 'en' | 'fr';
export const languages: readonly (readonly [Language, string])[] = [['en', 'English'], ['fr', 'Français']];

const KEPT = 'pingplay.language';

let current: Language = 'en';
export const changed = new EventTarget();

export const language = (): Language => current;

// The first of a list of preferences ("fr-CH", "en") that there are words for.
export function languageOf(preferences: readonly string[]): Language {
  for (const one of preferences) {
    const short = one.toLowerCase().split('-')[0];
    if (short === 'en' || short === 'fr') return short;
  }
  return 'en';
}

export function startLanguage(): void {
  const kept = localStorage.getItem(KEPT);
  current = languageOf(kept ? [kept] : navigator.languages);
  document.documentElement.lang = current;
}

export function chooseLanguage(chosen: Language): void {
  current = chosen;
  localStorage.setItem(KEPT, chosen);
  document.documentElement.lang = chosen;
  changed.dispatchEvent(new Event('change'));
}

type Values = Readonly<Record<string, string | number>>;

// Replaces {name} and chooses between two numbers: one is one in English, and 0 and 1 (and what is between) in French.
export function fill(pattern: string, values: Values, chosen: Language): string {
  const forms = pattern.split('|');
  const n = typeof values['n'] === 'number' ? values['n'] : 2;
  const plural = pluralRules(chosen).select(n) !== 'one';
  const text = forms[plural ? forms.length - 1 : 0] ?? pattern;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value, chosen) : value;
  });
}

export function t(word: Word, values: Values = {}): string {
  return fill(words[word][current === 'en' ? 0 : 1], values, current);
}

// For keys that are put together of what the headend sends.
export const hasWord = (word: string): word is Word => Object.hasOwn(words, word);

// What a screen reports, by its code; undefined for one of a newer screen.
export function report(kind: 'trouble' | 'event', code: string): string | undefined {
  const name = `${kind}.${code}`;
  return Object.hasOwn(reports, name) ? reports[name]?.[current === 'en' ? 0 : 1] : undefined;
}

// All that screens report of a kind.
export const reportCodes = (kind: 'trouble' | 'event'): string[] => Object.keys(reports).filter((name) => name.startsWith(`${kind}.`)).map((name) => name.slice(kind.length + 1));

export function number(value: number, chosen: Language = current): string {
  return numberFormat(chosen).format(value);
}

export const collator = (): Intl.Collator => collatorOf(current);

export const languageName = (code: string): string => new Intl.DisplayNames([current], { type: 'language' }).of(code) ?? code;
