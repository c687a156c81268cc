// A button with a panel: what is in it, the caller says. Escape and a click elsewhere close it, and the button has the focus again.
import { html, type TemplateResult } from 'lit';

import { PpElement } from './element.js';

let menus = 0;

class PpMenu extends PpElement {
  static override properties = { open: { type: Boolean }, label: {}, button: { attribute: false }, panel: { attribute: false }, place: {} };
  declare open: boolean;
  declare label: string;
  declare button: TemplateResult;
  declare panel: () => TemplateResult;
  declare place: 'above' | 'below';
  private readonly panelId = `menu-${++menus}`;

  constructor() {
    super();
    this.open = false;
    this.label = '';
    this.button = html``;
    this.panel = () => html``;
    this.place = 'below';
    this.while.on(document, 'pointerdown', (event) => { if (this.open && !this.contains(event.target as Node)) this.open = false; });
    this.while.on(this, 'keydown', (event) => { if (this.open && (event as KeyboardEvent).key === 'Escape') this.close(); });
    this.while.on(this, 'focusout', (event) => {
      const to = (event as FocusEvent).relatedTarget as Node | null;
      if (to && !this.contains(to)) this.open = false;
    });
  }

  close(): void {
    this.open = false;
    this.querySelector('button')?.focus();
  }

  override render(): TemplateResult {
    return html`<button class="menu-button" aria-expanded=${this.open ? 'true' : 'false'} aria-controls=${this.panelId} aria-label=${this.label}
        @click=${() => { this.open = !this.open; }}>${this.button}</button>
      <div class="menu-panel ${this.place}" id=${this.panelId} ?hidden=${!this.open} @click=${(event: Event) => { if ((event.target as Element).closest('.menu-item')) this.close(); }}>${this.open ? this.panel() : ''}</div>`;
  }
}
customElements.define('pp-menu', PpMenu);
