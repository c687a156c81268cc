// A question in a native dialog, over the page: it keeps the focus, Escape closes it, and then the focus is where it was.
import { html, nothing, type TemplateResult } from 'lit';

import { ApiError } from '../api/client.js';
import { t } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { problemText } from './parts.js';

export interface Question {
  readonly title: string;
  readonly text?: string;
  readonly fields?: () => TemplateResult;
  readonly action: string; // what the button says
  readonly danger?: boolean;
  readonly sole?: boolean; // tells something: there is nothing to cancel
  // Does it. Throws an ApiError, or an Error with what is wrong in words.
  run(form: HTMLFormElement): Promise<void>;
}

class PpDialog extends PpElement {
  static override properties = { question: { state: true }, problem: { state: true }, busy: { state: true } };
  declare question: Question | undefined;
  declare problem: string;
  declare busy: boolean;
  private next: Question | undefined; // asked while another one is open

  constructor() {
    super();
    this.question = undefined;
    this.problem = '';
    this.busy = false;
  }

  async ask(question: Question): Promise<void> {
    if (this.querySelector('dialog')?.open) {
      this.next = question;
      return;
    }
    this.question = question;
    this.problem = '';
    await this.updateComplete;
    this.querySelector('dialog')?.showModal();
  }

  private close(): void { this.querySelector('dialog')?.close(); }

  private closed(): void {
    this.question = undefined;
    const { next } = this;
    this.next = undefined;
    if (next) void this.updateComplete.then(() => this.ask(next));
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy || !this.question) return;
    this.busy = true;
    this.problem = '';
    try {
      await this.question.run(event.target as HTMLFormElement);
      this.close();
    } catch (error) {
      this.problem = error instanceof ApiError ? problemText(error.code) : error instanceof Error ? error.message : problemText('other');
      this.mark(error);
    } finally {
      this.busy = false;
    }
  }

  // The field that the headend is not content with.
  private mark(error: unknown): void {
    const field = error instanceof ApiError && error.parameter ? this.querySelector<HTMLElement>(`[name="${CSS.escape(error.parameter)}"]`) : null;
    field?.setAttribute('aria-invalid', 'true');
    field?.focus();
  }

  override render(): TemplateResult {
    const { question } = this;
    return html`<dialog class="dialog" aria-labelledby="dialog-title" @close=${() => this.closed()}>${question ? html`
      <form novalidate @submit=${(event: SubmitEvent) => void this.submit(event)} @input=${(event: Event) => (event.target as HTMLElement).removeAttribute('aria-invalid')}>
        <header class="dialog-head"><h2 id="dialog-title">${question.title}</h2>
          <button class="button quiet icon-only" type="button" aria-label=${t('action.close')} @click=${() => this.close()}>${icon('close')}</button></header>
        ${question.text ? html`<p class="dialog-text">${question.text}</p>` : nothing}
        <div role="alert">${this.problem ? html`<p class="callout bad">${icon('trouble')}<span>${this.problem}</span></p>` : nothing}</div>
        ${question.fields ? html`<div class="dialog-fields">${question.fields()}</div>` : nothing}
        <footer class="dialog-foot">${question.sole ? nothing : html`<button class="button" type="button" @click=${() => this.close()}>${t('action.cancel')}</button>`}
          <button class="button ${question.danger ? 'danger' : 'primary'}" type="submit" aria-disabled=${this.busy ? 'true' : 'false'}>${question.action}</button></footer>
      </form>` : nothing}</dialog>`;
  }
}
customElements.define('pp-dialog', PpDialog);

export const askFor = (question: Question): void => void document.querySelector<PpDialog>('pp-dialog')?.ask(question);
