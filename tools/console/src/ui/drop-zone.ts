// Where files are chosen, dropped, or taken with a phone's camera.
import { html, nothing, type TemplateResult } from 'lit';

import { uploads } from '../api/uploads.js';
import { t } from '../lib/i18n.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';

const TYPES = 'image/*,video/*';

// The files of something that is dragged; of folders and texts there are none.
export const filesOf = (data: DataTransfer | null): File[] => [...(data?.items ?? [])].filter(({ kind }) => kind === 'file')
  .filter((item) => !item.webkitGetAsEntry?.()?.isDirectory).flatMap((item) => item.getAsFile() ?? []);

class PpDropZone extends PpElement {
  static override properties = { folder: {}, large: { type: Boolean }, over: { state: true } };
  declare folder: string; // where they are to stand
  declare large: boolean; // a place to drop on; else two buttons, and the whole page to drop on
  declare over: boolean;
  private depth = 0;

  constructor() {
    super();
    this.folder = '';
    this.large = false;
    this.over = false;
    const carries = (event: Event): boolean => [...((event as DragEvent).dataTransfer?.types ?? [])].includes('Files');
    this.while.on(window, 'dragenter', (event) => { if (carries(event)) { this.depth++; this.over = true; } });
    this.while.on(window, 'dragleave', (event) => { if (carries(event) && --this.depth <= 0) { this.depth = 0; this.over = false; } });
    this.while.on(window, 'dragover', (event) => { if (carries(event)) event.preventDefault(); });
    this.while.on(window, 'drop', (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      this.depth = 0;
      this.over = false;
      uploads.add(filesOf((event as DragEvent).dataTransfer), { folder: this.folder });
    });
    this.while.on(window, 'paste', (event) => {
      const files = filesOf((event as ClipboardEvent).clipboardData);
      if (files.length) uploads.add(files, { folder: this.folder });
    });
  }

  private chosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    uploads.add(input.files ?? [], { folder: this.folder });
    input.value = '';
  }

  private press(id: string): void { this.querySelector<HTMLInputElement>(`#${id}`)?.click(); }

  override render(): TemplateResult {
    return html`<input type="file" id="files" class="file" tabindex="-1" aria-hidden="true" multiple accept=${TYPES} @change=${(event: Event) => this.chosen(event)}>
      <input type="file" id="camera" class="file" tabindex="-1" aria-hidden="true" accept=${TYPES} capture="environment" @change=${(event: Event) => this.chosen(event)}>
      <div class="drop ${this.large ? 'large' : ''} ${this.over ? 'over' : ''}">
        ${this.large ? html`<span class="drop-icon">${icon('upload')}</span><p class="drop-text">${t('content.drop')}</p>` : nothing}
        <div class="drop-buttons"><button class="button camera-button" type="button" @click=${() => this.press('camera')}>${icon('camera')}<span>${t('content.camera')}</span></button>
          <button class="button primary" type="button" @click=${() => this.press('files')}>${icon('upload')}<span>${t('content.upload')}</span></button></div>
      </div>
      ${this.over && !this.large ? html`<div class="drop-over" role="presentation"><p>${icon('upload')}<span>${t('content.drop_here')}</span></p></div>` : nothing}`;
  }
}
customElements.define('pp-drop-zone', PpDropZone);
