// What all elements of the console share: they stand in the page's own tree, where its style sheet, its labels and its axe reach them,
// and are drawn anew when the language changes.
import { LitElement } from 'lit';

import { changed } from '../lib/i18n.js';

export abstract class PpElement extends LitElement {
  private readonly again = (): void => this.requestUpdate();

  protected override createRenderRoot(): HTMLElement { return this; }

  override connectedCallback(): void {
    super.connectedCallback();
    changed.addEventListener('change', this.again);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    changed.removeEventListener('change', this.again);
  }

  // Listens as long as the element is in the page.
  protected readonly while = new Listening(this);
}

// Listeners that come and go with their element.
class Listening {
  private readonly all: [EventTarget, string, (event: Event) => void][] = [];

  constructor(element: LitElement) {
    element.addController({
      hostConnected: () => { for (const [target, name, call] of this.all) target.addEventListener(name, call); },
      hostDisconnected: () => { for (const [target, name, call] of this.all) target.removeEventListener(name, call); },
    });
  }

  on(target: EventTarget, name: string, call: (event: Event) => void): void { this.all.push([target, name, call]); }
}
