// What the draft looks like on a screen, now or at another instant: pictures of the firmware's own player, which the headend runs while
// somebody looks.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ApiError, streamed } from '../api/client.js';
import { localTime, timeOf } from '../lib/content.js';
import { t } from '../lib/i18n.js';
import type { Size } from '../lib/layout.js';
import { MultipartReader } from '../lib/multipart.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { message } from './parts.js';

const SIDE_MAX = 960; // pixels
const SIDE_MIN = 16;

type State = 'off' | 'waiting' | 'on' | 'ended';

class PpPreview extends PpElement {
  static override properties = { channelId: {}, canvas: { attribute: false }, turns: { type: Boolean }, version: { type: Number }, state: { state: true }, problem: { state: true }, upright: { state: true }, later: { state: true } };
  declare channelId: string;
  declare canvas: Size;
  declare turns: boolean; // it takes the shape of any display
  declare version: number; // of the draft that is saved
  declare state: State;
  declare problem: string;
  declare upright: boolean;
  declare later: boolean; // it is shown as at another instant
  private stop: AbortController | undefined;
  private at = '';

  constructor() {
    super();
    this.channelId = '';
    this.canvas = { width: 1920, height: 1080 };
    this.turns = false;
    this.version = 0;
    this.state = 'off';
    this.problem = '';
    this.upright = false;
    this.later = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.end('off');
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('channelId') && changed.get('channelId')) this.end('off');
    else if (changed.has('version') && changed.get('version') !== undefined && (this.state === 'on' || this.state === 'waiting')) void this.begin();
  }

  private end(state: State): void {
    this.stop?.abort();
    this.stop = undefined;
    this.state = state;
  }

  // Of the display, within what a preview may have.
  private size(): Size {
    const { width, height } = this.turns ? (this.upright ? { width: 1080, height: 1920 } : { width: 1920, height: 1080 }) : this.canvas;
    const scale = SIDE_MAX / Math.max(width, height);
    const side = (units: number): number => Math.min(SIDE_MAX, Math.max(SIDE_MIN, Math.round(units * scale)));
    return { width: side(width), height: side(height) };
  }

  private async begin(): Promise<void> {
    this.stop?.abort();
    const stop = this.stop = new AbortController();
    this.problem = '';
    this.state = 'waiting';
    const at = this.later && this.at ? timeOf(this.at) ?? undefined : undefined;
    try {
      const stream = await streamed('GET /api/v1/channels/{id}/preview', { path: { id: this.channelId }, query: { ...this.size(), ...(at ? { at } : {}), time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }, signal: stop.signal });
      await this.show(stream, stop);
      if (this.stop === stop) this.end('ended');
    } catch (error) {
      if (stop.signal.aborted) return;
      this.end('off');
      this.problem = error instanceof ApiError && error.code === 'state-conflict' ? error.message : error instanceof ApiError && error.code === 'too-many-streams' ? t('preview.busy') : message(error);
    }
  }

  private async show(stream: ReadableStream<Uint8Array>, stop: AbortController): Promise<void> {
    const parts = new MultipartReader();
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || stop.signal.aborted) return;
      const picture = parts.take(value).pop();
      if (picture) await this.draw(picture, stop);
    }
  }

  private async draw(data: Uint8Array, stop: AbortController): Promise<void> {
    const picture = await createImageBitmap(new Blob([data as BlobPart], { type: 'image/jpeg' }));
    const canvas = this.querySelector('canvas');
    if (canvas && !stop.signal.aborted) {
      if (canvas.width !== picture.width) canvas.width = picture.width;
      if (canvas.height !== picture.height) canvas.height = picture.height;
      canvas.getContext('2d')?.drawImage(picture, 0, 0);
      this.state = 'on';
    }
    picture.close();
  }

  private restart(): void { if (this.state === 'on' || this.state === 'waiting') void this.begin(); }

  private choose(later: boolean): void {
    this.later = later;
    if (later && !this.at) this.at = localTime(new Date().toISOString());
    this.restart();
  }

  override render(): TemplateResult {
    const { state, problem } = this;
    const { width, height } = this.size();
    const runs = state === 'on' || state === 'waiting';
    const word = ({ off: 'preview.off', waiting: 'preview.waiting', on: 'preview.on', ended: 'preview.ended' } as const)[state];
    return html`<section class="card preview"><header class="card-head"><h2>${t('preview.title')}</h2>
        <button class="button ${runs ? '' : 'primary'}" @click=${() => (runs ? this.end('off') : void this.begin())}>${icon(runs ? 'close' : 'play')}<span>${t(runs ? 'preview.stop' : 'preview.start')}</span></button></header>
      <div class="preview-frame ${state} ${height > width ? 'upright' : ''}"><canvas role="img" aria-label=${t('preview.picture')} width=${width} height=${height}></canvas>
        ${state === 'on' ? nothing : html`<p class="preview-word">${state === 'waiting' ? html`<span class="spinner" aria-hidden="true"></span>` : icon('eye')}<span>${t(word)}</span></p>`}</div>
      <p class="sr" role="status">${t(word)}</p>
      <div role="alert">${problem ? html`<p class="callout bad">${icon('trouble')}<span>${problem}</span></p>` : nothing}</div>
      <div class="preview-choices">
        <div class="field"><label for="preview-when">${t('preview.when')}</label><select id="preview-when" @change=${(event: Event) => this.choose((event.target as HTMLSelectElement).value === 'later')}>
          <option value="now" ?selected=${!this.later}>${t('preview.now')}</option><option value="later" ?selected=${this.later}>${t('preview.later')}</option></select></div>
        ${this.later ? html`<div class="field"><label for="preview-at">${t('preview.at')}</label><input id="preview-at" type="datetime-local" .value=${this.at} @change=${(event: Event) => { this.at = (event.target as HTMLInputElement).value; this.restart(); }}></div>` : nothing}
        ${this.turns ? html`<div class="field"><label for="preview-shape">${t('preview.shape')}</label><select id="preview-shape" @change=${(event: Event) => { this.upright = (event.target as HTMLSelectElement).value === 'upright'; this.restart(); }}>
          <option value="wide" ?selected=${!this.upright}>${t('preview.wide')}</option><option value="upright" ?selected=${this.upright}>${t('preview.upright')}</option></select></div>` : nothing}
      </div><p class="hint">${t('preview.hint')}</p></section>`;
  }
}
customElements.define('pp-preview', PpPreview);
