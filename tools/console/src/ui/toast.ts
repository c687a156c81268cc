// Short messages at the foot of the page, read out as they come. They stay long enough to be read, and as long as somebody points at them.
import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';

type Kind = 'good' | 'bad';
interface Toast { readonly id: number; readonly text: string; readonly kind: Kind }

const STAYS_MS = 6000;
const MOST = 3;

class PpToasts extends PpElement {
  static override properties = { toasts: { state: true } };
  declare toasts: readonly Toast[];
  private next = 1;

  constructor() {
    super();
    this.toasts = [];
  }

  show(text: string, kind: Kind): void {
    const toast = { id: this.next++, text, kind };
    this.toasts = [...this.toasts.slice(1 - MOST), toast];
    this.leave(toast.id);
  }

  private leave(id: number): void {
    setTimeout(() => {
      if (this.querySelector(`[data-toast="${id}"]:is(:hover, :focus-within)`)) this.leave(id);
      else this.drop(id);
    }, STAYS_MS);
  }

  private drop(id: number): void { this.toasts = this.toasts.filter((toast) => toast.id !== id); }

  override render(): TemplateResult {
    return html`<div class="toasts" role="status" aria-live="polite">
      ${repeat(this.toasts, (toast) => toast.id, (toast) => html`<div class="toast ${toast.kind}" data-toast=${toast.id}>
        ${icon(toast.kind === 'good' ? 'check' : 'trouble')}<span>${toast.text}</span>
        <button class="button quiet icon-only" aria-label=${t('action.close')} @click=${() => this.drop(toast.id)}>${icon('close')}</button>
      </div>`)}
    </div>`;
  }
}
customElements.define('pp-toasts', PpToasts);

export function toast(text: string, kind: Kind = 'good'): void {
  document.querySelector<PpToasts>('pp-toasts')?.show(text, kind);
}
