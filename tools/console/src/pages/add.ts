// A new screen: its code is typed, or its QR code scanned.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ApiError, ask } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { Enrolment } from '../api/schema.js';
import { codeOf, codeScanned, codeTyped } from '../lib/code.js';
import { t } from '../lib/i18n.js';
import { BASE, go } from '../lib/router.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { message, problemText } from '../ui/parts.js';
import { channelOf, placeFields, valueOf } from '../ui/settings-form.js';
import { toast } from '../ui/toast.js';

// Not each browser has it (WICG Shape Detection).
interface Detector { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> }
declare const BarcodeDetector: { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };

const LOOK_MS = 250;

async function canScan(): Promise<boolean> {
  if (!('BarcodeDetector' in window) || !navigator.mediaDevices) return false;
  return (await BarcodeDetector.getSupportedFormats()).includes('qr_code');
}

class PpAdd extends PpElement {
  static override properties = { inside: { type: Boolean }, code: {}, typed: { state: true }, problem: { state: true }, scans: { state: true }, camera: { state: true }, notice: { state: true }, found: { state: true }, busy: { state: true } };
  declare inside: boolean; // of another page, which it stays on
  declare code: string;
  declare typed: string;
  declare problem: string;
  declare scans: boolean; // this browser can
  declare camera: MediaStream | undefined;
  declare notice: string;
  declare found: Enrolment | undefined; // the screen that shows the code
  declare busy: boolean;
  private timer = 0;

  constructor() {
    super();
    this.inside = false;
    this.code = '';
    this.typed = '';
    this.problem = '';
    this.scans = false;
    this.camera = undefined;
    this.notice = '';
    this.found = undefined;
    this.busy = false;
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
    if (!changed.has('code') || !this.code) return;
    this.typed = codeTyped(this.code);
    const code = codeOf(this.code);
    if (code) void this.follow(code);
  }

  private next(event: Event): void {
    event.preventDefault();
    const code = codeOf(this.typed);
    this.problem = code ? '' : t('add.code_wrong');
    if (code) void this.follow(code);
    else this.querySelector<HTMLInputElement>('#code')?.focus();
  }

  // Looks the code up: whoever shows it is compared with the screen, and then approved.
  private async follow(code: string): Promise<void> {
    this.problem = '';
    try {
      this.found = await ask('GET /api/v1/enrolments/{code}', { path: { code } });
    } catch (error) {
      this.found = undefined;
      this.problem = error instanceof ApiError && error.code === 'not-found' ? t('add.unknown') : message(error);
    }
    await this.updateComplete;
    this.querySelector<HTMLInputElement>(this.found ? '#fingerprint' : '#code')?.focus();
  }

  private restart(): void {
    this.found = undefined;
    this.typed = '';
    this.problem = '';
    if (!this.inside) history.replaceState(null, '', `${BASE}/add`);
    void this.updateComplete.then(() => this.querySelector<HTMLInputElement>('#code')?.focus());
  }

  private wrong(id: string, text: string): void {
    this.problem = text;
    this.querySelector<HTMLInputElement>(`#${id}`)?.focus();
  }

  private async approve(event: SubmitEvent, found: Enrolment): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const [group, name] = [valueOf(form, 'fingerprint').toLowerCase(), valueOf(form, 'name')];
    if (!/^[0-9a-f]{4}$/.test(group)) return this.wrong('fingerprint', t('add.group_missing'));
    if (!name) return this.wrong('set-name', t('add.name_missing'));
    if (this.busy) return undefined;
    this.busy = true;
    this.problem = '';
    try {
      const zone = valueOf(form, 'time_zone');
      const body = { fingerprint: group, name, site: valueOf(form, 'site'), locale: valueOf(form, 'locale') === 'fr' ? 'fr' : 'en', ...(zone ? { time_zone: zone } : {}), ...(channelOf(form) ?? {}) } as const;
      const { id } = await ask('POST /api/v1/enrolments/{code}/approve', { path: { code: found.code }, body });
      toast(t('add.approved', { name }));
      if (this.inside) await this.added(id);
      else go(`${BASE}/screens/${id}`);
    } catch (error) {
      await this.refusal(error);
    } finally {
      this.busy = false;
    }
    return undefined;
  }

  // The page around it hears of the screen by the fleet, which need not wait for the headend's next event.
  private async added(id: string): Promise<void> {
    this.found = undefined;
    this.typed = '';
    fleet.put(await ask('GET /api/v1/screens/{id}', { path: { id } }));
  }

  private async refusal(error: unknown): Promise<void> {
    if (!(error instanceof ApiError)) return this.wrong('set-channel', error instanceof Error ? error.message : '');
    if (['code-expired', 'state-conflict', 'not-found'].includes(error.code)) {
      this.found = undefined;
      this.typed = '';
      await this.updateComplete;
      return this.wrong('code', problemText(error.code === 'not-found' ? 'code-expired' : error.code));
    }
    return this.wrong(error.parameter ? `set-${error.parameter}` : 'fingerprint', error.code === 'fingerprint-wrong' ? t('add.group_wrong') : problemText(error.code));
  }

  private async refuse(found: Enrolment): Promise<void> {
    try {
      await ask('POST /api/v1/enrolments/{code}/refuse', { path: { code: found.code } });
      toast(t('add.refused'));
      this.restart();
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

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
        void this.follow(code);
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

  // The group that is asked for stands on the screen alone: whoever types it has looked there.
  private groups(found: Enrolment): TemplateResult {
    return html`<fieldset class="groups"><legend class="sr">${t('add.compare')}</legend>${found.fingerprint.map((group, i) => (group === null
      ? html`<input id="fingerprint" name="fingerprint" class="group" maxlength="4" autocomplete="off" autocapitalize="none" spellcheck="false" required aria-label=${t('add.group')} aria-describedby="approve-problem">`
      : html`<span class="group"><span class="sr">${t('add.group_number', { n: i + 1 })} </span>${group}</span>`))}</fieldset>`;
  }

  private heading(word: 'add.compare' | 'add.details'): TemplateResult { return this.inside ? html`<h3>${t(word)}</h3>` : html`<h2>${t(word)}</h2>`; }

  private approval(found: Enrolment): TemplateResult {
    return html`${this.inside ? html`<p class="sub">${t('add.compare_text')}</p>` : html`<header class="head"><div><h1>${t('add.title')}</h1><p class="head-sub">${found.screen ? t('add.known', { name: found.screen.name }) : t('add.compare_text')}</p></div></header>`}
      <form class="approve" novalidate @submit=${(event: SubmitEvent) => void this.approve(event, found)}>
        <div role="alert" id="approve-problem" class="form-problem">${this.problem ? html`<p class="callout bad">${icon('trouble')}<span>${this.problem}</span></p>` : nothing}</div>
        <section class="card narrow">${this.heading('add.compare')}${this.groups(found)}</section>
        <section class="card narrow">${this.heading('add.details')}<div class="fields">${placeFields({ name: found.screen?.name ?? '', time_zone: found.time_zone })}</div></section>
        <div class="form-foot"><button class="button primary" type="submit" aria-disabled=${this.busy ? 'true' : 'false'}>${t('add.approve')}</button>
          <button class="button danger" type="button" @click=${() => void this.refuse(found)}>${t('add.refuse')}</button>
          <button class="button quiet" type="button" @click=${() => this.restart()}>${t('add.other')}</button></div>
      </form>`;
  }

  override render(): TemplateResult {
    if (this.found) return this.approval(this.found);
    return html`${this.inside ? nothing : html`<header class="head"><div><h1>${t('add.title')}</h1><p class="head-sub">${t('add.lead')}</p></div></header>`}
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
