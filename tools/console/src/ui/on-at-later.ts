// "What is on at …" on a screen's page, which does not wait for it.
import { html, type TemplateResult } from 'lit';

import { lazy } from './lazy.js';

const load = (): Promise<unknown> => import('./on-at.js');
const lists = new Map<string, readonly { id: string; name: string }[]>();

// The same list each time, since another one would be asked about anew.
function alone(screen: { id: string; name: string }): readonly { id: string; name: string }[] {
  const known = lists.get(screen.id) ?? [{ id: screen.id, name: screen.name }];
  lists.set(screen.id, known);
  return known;
}

export const onAt = (screen: { id: string; name: string }, again: () => void): TemplateResult => lazy(load, () => html`<pp-on-at .screens=${alone(screen)}></pp-on-at>`, again, true);
