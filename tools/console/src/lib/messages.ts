// What stands in the form of an urgent message, and what becomes of it.
import type { MessagePicture, MessageTargets, NewMessage } from '../api/schema.js';

export type Severity = NewMessage['severity'];
export type Style = NonNullable<NewMessage['style']>;
export const severities: readonly Severity[] = ['info', 'warning', 'severe', 'extreme'];
export const scopes = ['all', 'sites', 'groups', 'tags', 'screens'] as const;
export type Scope = (typeof scopes)[number];
export const durations = [900, 1800, 3600, 14400, 28800, 86400] as const; // s

export interface Words { title: string; text: string }
export interface Draft {
  severity: Severity;
  style: Style;
  en: Words;
  fr: Words;
  scope: Scope;
  chosen: readonly string[]; // sites, tags, ids
  duration: number; // s; 0: until `until`
  until: string; // as the field has it: local
}

// As the headend has it, where nobody says.
export const styleOf = (severity: Severity): Style => (severity === 'severe' || severity === 'extreme' ? 'full' : 'band');

export const blank = (): Draft => ({ severity: 'warning', style: 'band', en: { title: '', text: '' }, fr: { title: '', text: '' }, scope: 'all', chosen: [], duration: 3600, until: '' });

// What is said again and again, in both languages.
export const templates = {
  evacuation: { severity: 'extreme', style: 'full', duration: 3600, en: { title: 'Leave the building', text: 'Use the stairs, not the lifts.\nGo to the meeting point.' }, fr: { title: 'Quittez le bâtiment', text: 'Prenez les escaliers, pas les ascenseurs.\nRejoignez le point de rassemblement.' } },
  closed: { severity: 'warning', style: 'full', duration: 28800, en: { title: 'Closed today', text: 'We are sorry for the inconvenience.' }, fr: { title: 'Fermé aujourd’hui', text: 'Nous vous prions de nous excuser pour la gêne occasionnée.' } },
  notice: { severity: 'info', style: 'band', duration: 3600, en: { title: 'The entrance on the north side is closed', text: '' }, fr: { title: 'L’entrée côté nord est fermée', text: '' } },
} as const satisfies Record<string, Pick<Draft, 'severity' | 'style' | 'duration' | 'en' | 'fr'>>;
export type Template = keyof typeof templates;

export const textsOf = ({ en, fr }: Draft): NewMessage['texts'] => ([['en', en], ['fr', fr]] as const).filter(([, words]) => words.title.trim())
  .map(([language, { title, text }]) => ({ language, title: title.trim(), ...(text.trim() ? { text: text.trim() } : {}) }));

// undefined: it is for nobody yet.
export function targetsOf({ scope, chosen }: Draft): MessageTargets | undefined {
  if (scope === 'all') return { all: true };
  return chosen.length ? { [scope]: [...chosen] } : undefined;
}

export const pictureOf = (draft: Draft, language: 'en' | 'fr', upright: boolean): MessagePicture => ({ severity: draft.severity, style: draft.style, texts: textsOf(draft), language, width: upright ? 360 : 640, height: upright ? 640 : 360 });

// When it ends: undefined where that is no time that is to come.
export function endOf({ duration, until }: Draft, now: Date): { duration_s: number } | { until: string } | undefined {
  if (duration) return { duration_s: duration };
  const end = new Date(until);
  return end > now ? { until: `${end.toISOString().slice(0, 19)}Z` } : undefined;
}
