// A new screen: its code is typed, or its QR code scanned.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { codeOf, codeScanned, codeTyped } from '../lib/code.js';
import { t } from '../lib/i18n.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';

// Not each browser has it (WICG Shape Detection).
interface Detector { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> }
declare const BarcodeDetector: { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };

const LOOK_MS = 250;

async function canScan(): Promise<boolean> {
  if (!('BarcodeDetector' in window) || !navigator.mediaDevices) return false;
  return (await BarcodeDetector.getSupportedFormats()).includes('qr_code');
}

class PpAdd extends PpElement {
  static override properties = { code: {}, typed: { state: true }, problem: { state: true }, scans: { state: true }, camera: { state: true }, notice: { state: true } };
  declare code: string;
  declare typed: string;
  declare problem: string;
  declare scans: boolean; // this browser can
  declare camera: MediaStream | undefined;
  declare notice: string;
  private timer = 0;

  constructor() {
    super();
    this.code = '';
    this.typed = '';
    this.problem = '';
    this.scans = false;
    this.camera = undefined;
    this.notice = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void canScan().then((can) => { this.scans = can; }, () => {});
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopCamera();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('code') && this.code) this.typed = codeTyped(this.code);
  }

  private next(event: Event): void {
    event.preventDefault();
    const code = codeOf(this.typed);
    this.problem = code ? '' : t('add.code_wrong');
    if (code) this.follow(code);
    else this.querySelector<HTMLInputElement>('#code')?.focus();
  }

  private follow(code: string): void { location.assign(`/enrol?user_code=${code}`); }

  private async startCamera(): Promise<void> {
    this.notice = '';
    try {
      this.camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    } catch {
      this.notice = t('add.scan_refused');
      return;
    }
    await this.updateComplete;
    const video = this.querySelector('video');
    if (!video) return;
    video.srcObject = this.camera;
    await video.play();
    void this.lookAt(video, new BarcodeDetector({ formats: ['qr_code'] }));
  }

  private stopCamera(): void {
    clearTimeout(this.timer);
    for (const track of this.camera?.getTracks() ?? []) track.stop();
    this.camera = undefined;
  }

  private async lookAt(video: HTMLVideoElement, detector: Detector): Promise<void> {
    if (!this.camera) return;
    const found = await detector.detect(video).catch(() => []);
    for (const { rawValue } of found) {
      const code = codeScanned(rawValue, location.origin);
      if (code) {
        this.stopCamera();
        this.follow(code);
        return;
      }
      this.notice = t('add.scan_other');
    }
    this.timer = setTimeout(() => void this.lookAt(video, detector), LOOK_MS);
  }

  private scanner(): TemplateResult | typeof nothing {
    if (!this.scans) return html`<p class="sub">${t('add.phone')}</p>`;
    return html`${this.camera
      ? html`<div class="camera"><video muted playsinline></video><p>${t('add.scan_hint')}</p></div><button class="button" @click=${() => this.stopCamera()}>${icon('close')}<span>${t('add.scan_stop')}</span></button>`
      : html`<button class="button" @click=${() => void this.startCamera()}>${icon('camera')}<span>${t('add.scan')}</span></button>`}
      <p class="sub" role="status">${this.notice || nothing}</p>`;
  }

  override render(): TemplateResult {
    return html`<header class="head"><div><h1>${t('add.title')}</h1><p class="head-sub">${t('add.lead')}</p></div></header>
      <section class="card narrow">
        <form novalidate @submit=${(event: Event) => this.next(event)}>
          <div class="field ${this.problem ? 'wrong' : ''}"><label for="code">${t('add.code')}</label>
            <input id="code" class="code" name="user_code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="16" required aria-describedby="code-hint code-problem"
              aria-invalid=${this.problem ? 'true' : 'false'} .value=${this.typed} @input=${(event: Event) => this.type(event.target as HTMLInputElement)}>
            <p class="hint" id="code-hint">${t('add.code_hint')}</p><p class="field-problem" id="code-problem" role="alert">${this.problem || nothing}</p></div>
          <button class="button primary" type="submit">${t('add.next')}</button>
        </form>
        <hr>
        ${this.scanner()}
      </section>`;
  }

  // A letter in the middle does not throw the caret to the end.
  private type(input: HTMLInputElement): void {
    this.problem = '';
    const atEnd = input.selectionStart === input.value.length;
    this.typed = atEnd ? codeTyped(input.value) : input.value;
    if (atEnd && input.value !== this.typed) input.value = this.typed;
  }
}
customElements.define('pp-add', PpAdd);
