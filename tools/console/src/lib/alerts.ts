// What rules of alerts are about, and their fields as people see them.
import type { AlertRule } from '../api/schema.js';

export type About = AlertRule['about'];
export interface Kind { readonly happens?: boolean; readonly own?: boolean; readonly hold: number; readonly least?: number; readonly most?: number; readonly usual?: number }

// As the headend has them (ops/alert_rule.h): hold in seconds; least and most of a detail that is a number.
export const kinds: Record<About, Kind> = {
  offline: { hold: 600 }, problem: { hold: 300 }, storage: { hold: 0 }, certificate: { hold: 0, least: 1, most: 365, usual: 14 }, sync: { hold: 1800 },
  security: { happens: true, hold: 0, least: 1, most: 10, usual: 7 }, chain: { happens: true, hold: 0 }, disk: { own: true, hold: 0, least: 1, most: 50, usual: 10 }, root: { own: true, hold: 0, least: 1, most: 3650, usual: 90 },
};
export const abouts = Object.keys(kinds) as About[];

// "a@example.org, b@example.org" as a list.
export const addressesOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

// "22:00-07:00" of two fields; "" where one of them is empty, or both are the same.
export const quietOf = (from: string, to: string): string => (from && to && from !== to ? `${from.slice(0, 5)}-${to.slice(0, 5)}` : '');
