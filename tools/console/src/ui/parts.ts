// Small parts of pages.
import { html, nothing, type TemplateResult } from 'lit';

import { ApiError, type Code } from '../api/client.js';
import type { ScreenRow, State } from '../api/schema.js';
import { ago, dateTime } from '../lib/format.js';
import { hasWord, language, report, t, type Language } from '../lib/i18n.js';
import { icon, type Icon } from './icons.js';

export const stateBadge = (state: State): TemplateResult => html`<span class="badge ${state}">${icon(state)}<span>${t(`state.${state}`)}</span></span>`;

export function problemText(code: Code): string {
  const word = `problem.${code}`;
  return hasWord(word) ? t(word) : t('problem.other', { code });
}

// What went wrong, in words, and the way out of it.
export function problemPanel(problem: ApiError, retry?: () => void): TemplateResult {
  return html`<section class="blank" role="alert">
    <span class="blank-icon bad">${icon('trouble')}</span>
    <h2>${t('error.title')}</h2>
    <p>${problemText(problem.code)}</p>
    ${retry ? html`<button class="button primary" @click=${retry}>${t('action.retry')}</button>` : nothing}
  </section>`;
}

export function blankPanel(name: Icon, title: string, text: string, action: TemplateResult | typeof nothing = nothing): TemplateResult {
  return html`<section class="blank"><span class="blank-icon">${icon(name)}</span><h2>${title}</h2><p>${text}</p>${action}</section>`;
}

// What help a screen needs, in words; those of the screen itself where there are none of ours.
export const troubleText = (screen: ScreenRow): string => (screen.trouble ? report('trouble', screen.trouble.code) ?? screen.trouble.text : '');

// When it was last heard of. One that is here now is not told by its last request.
export function seenText(screen: ScreenRow, now: Date, chosen: Language = language()): string {
  if (screen.state === 'online' || screen.state === 'idle') return t('screens.now');
  return screen.seen ? ago(new Date(screen.seen), now, chosen) : t('screens.never');
}
export const seenTitle = (screen: ScreenRow): string => (screen.seen ? dateTime(new Date(screen.seen), language()) : '');

export const message = (error: unknown): string => (error instanceof ApiError ? problemText(error.code) : problemText('other'));

let present = new Date();
// A present that all that is drawn at once shares.
export const now = (): Date => present;
export const clock = new EventTarget();
setInterval(() => {
  present = new Date();
  clock.dispatchEvent(new Event('tick'));
}, 20000);
export const tick = (): void => { present = new Date(); };
