// The zones of one layout, drawn on its canvas: with a pointer or a finger, with the keyboard alone, or by numbers. Says `edited` with the
// new zones; what was before is undone by whoever holds the draft.
import { html, nothing, svg, type PropertyValues, type SVGTemplateResult, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { knownContent, learnt } from '../api/library.js';
import type { Canvas, Playlist } from '../lib/document.js';
import { t } from '../lib/i18n.js';
import { ALL, between, dragged, fitted, freeName, inOrder, isHidden, isOutside, nameValid, overlaps, pressed, restacked, SIDE_MAX, snapped, ZONES_MAX, type Edges, type Guide, type Rect, type Zone } from '../lib/layout.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';

const REACH = 10; // CSS pixels that are near enough to snap
const LEAST = 8; // CSS pixels: what is smaller is no zone that somebody has drawn
const MARGIN = 0.04; // of the canvas's longer side, around it

const CORNERS: readonly (readonly [string, Edges, number, number])[] = [
  ['nw', { left: true, top: true }, 0, 0], ['n', { top: true }, 0.5, 0], ['ne', { right: true, top: true }, 1, 0], ['e', { right: true }, 1, 0.5],
  ['se', { right: true, bottom: true }, 1, 1], ['s', { bottom: true }, 0.5, 1], ['sw', { left: true, bottom: true }, 0, 1], ['w', { left: true }, 0, 0.5],
];

class PpLayoutEditor extends PpElement {
  static override properties = { zones: { attribute: false }, canvas: { attribute: false }, playlists: { attribute: false }, chosen: { state: true }, guides: { state: true }, drawn: { state: true }, held: { state: true }, said: { state: true } };
  declare zones: readonly Zone[];
  declare canvas: Canvas;
  declare playlists: readonly Playlist[];
  declare chosen: string; // a zone's id; "": none
  declare guides: readonly Guide[];
  declare drawn: Rect | undefined; // a new zone that is being drawn
  declare held: Zone | undefined; // as it is while it is moved with the pointer
  declare said: string;

  constructor() {
    super();
    this.zones = [];
    this.canvas = { width: 1920, height: 1080 };
    this.playlists = [];
    this.chosen = '';
    this.guides = [];
    this.drawn = undefined;
    this.held = undefined;
    this.said = '';
    this.while.on(learnt, 'change', () => this.requestUpdate());
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('zones') && !this.zones.some(({ id }) => id === this.chosen)) this.chosen = this.zones[0]?.id ?? '';
  }

  // `name`: changes of the same kind that come together are one step back.
  private change(zones: readonly Zone[], name = ''): void { this.dispatchEvent(new CustomEvent('edited', { detail: { zones, name } })); }

  private put(id: string, values: Partial<Zone>, name = ''): void {
    this.change(this.zones.map((zone) => (zone.id === id ? { ...zone, ...values, ...fitted({ ...zone, ...values }) } : zone)), name && `${name} ${id}`);
  }

  private placeText = (zone: Rect): string => t('zone.place', { x: zone.x, y: zone.y, width: zone.width, height: zone.height });

  // ---- With a pointer ----

  // Canvas units for a CSS pixel, and where a pointer is on the canvas.
  private scale(): number {
    const matrix = this.querySelector<SVGSVGElement>('.layout-canvas')?.getScreenCTM();
    return matrix?.a ? 1 / matrix.a : 1;
  }

  private pointAt(event: PointerEvent): DOMPoint {
    const matrix = this.querySelector<SVGSVGElement>('.layout-canvas')?.getScreenCTM();
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix?.inverse());
  }

  private othersOf = (id: string): readonly Zone[] => this.zones.filter((zone) => zone.id !== id);

  // Control held: nothing snaps.
  private snap(rect: Rect, edges: Edges, id: string, event: PointerEvent): Rect {
    if (event.ctrlKey || event.metaKey) {
      this.guides = [];
      return rect;
    }
    const found = snapped(rect, edges, this.canvas, this.othersOf(id), REACH * this.scale());
    this.guides = found.guides;
    return found.rect;
  }

  private follow(event: PointerEvent, move: (to: PointerEvent) => void, end: (done: boolean) => void): void {
    const target = this.querySelector<SVGSVGElement>('.layout-canvas');
    if (!target) return;
    event.preventDefault();
    target.setPointerCapture(event.pointerId);
    const finish = (last: Event): void => {
      target.removeEventListener('pointermove', move);
      target.removeEventListener('pointerup', finish);
      target.removeEventListener('pointercancel', finish);
      this.guides = [];
      end(last.type === 'pointerup');
    };
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', finish);
    target.addEventListener('pointercancel', finish);
  }

  private grab(event: PointerEvent, zone: Zone, edges: Edges): void {
    if (event.button !== 0) return;
    event.stopPropagation();
    this.chosen = zone.id;
    this.focusZone(zone.id);
    const from = this.pointAt(event);
    this.follow(event, (to) => {
      const point = this.pointAt(to);
      const rect = dragged(zone, edges, Math.round(point.x - from.x), Math.round(point.y - from.y));
      this.held = { ...zone, ...fitted(this.snap(rect, edges, zone.id, to)) };
    }, (done) => {
      const { held } = this;
      this.held = undefined;
      if (done && held && (held.x !== zone.x || held.y !== zone.y || held.width !== zone.width || held.height !== zone.height)) {
        this.put(zone.id, held);
        this.said = `${zone.id}: ${this.placeText(held)}`;
      }
    });
  }

  private draw(event: PointerEvent): void {
    if (event.button !== 0 || this.zones.length >= ZONES_MAX || !this.playlists.length) return;
    const from = this.pointAt(event);
    this.follow(event, (to) => {
      const point = this.pointAt(to);
      const edges: Edges = { left: point.x < from.x, right: point.x >= from.x, top: point.y < from.y, bottom: point.y >= from.y };
      this.drawn = fitted(this.snap(between(Math.round(from.x), Math.round(from.y), Math.round(point.x), Math.round(point.y)), edges, '', to));
    }, (done) => {
      const { drawn } = this;
      const least = LEAST * this.scale();
      this.drawn = undefined;
      if (done && drawn && drawn.width >= least && drawn.height >= least) this.add(drawn);
      else if (done) this.chosen = '';
    });
  }

  // ---- By keys and buttons ----

  private focusZone(id: string): void { void this.updateComplete.then(() => this.querySelector<SVGElement>(`[data-zone="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })); }

  add(rect?: Rect): void {
    const { width, height } = this.canvas;
    const third = { x: Math.round(width / 3), y: Math.round(height / 3), width: Math.round(width / 3), height: Math.round(height / 3) };
    const playlist = this.playlists[0]?.name;
    if (!playlist || this.zones.length >= ZONES_MAX) return;
    const id = freeName('zone', this.zones.map((zone) => zone.id));
    const z = Math.max(-1, ...this.zones.map((zone) => zone.z ?? 0)) + 1;
    this.change([...this.zones, { id, ...fitted(rect ?? third), z, playlist }]);
    this.chosen = id;
    this.said = t('zone.added', { name: id });
    void this.updateComplete.then(() => this.focusZone(id));
  }

  private remove_(id: string): void {
    if (this.zones.length < 2) return;
    const at = this.zones.findIndex((zone) => zone.id === id);
    const left = this.othersOf(id);
    this.change(left);
    this.chosen = left[Math.min(at, left.length - 1)]?.id ?? '';
    this.said = t('zone.removed', { name: id });
    this.focusZone(this.chosen);
  }

  private stack(id: string, step: 1 | -1): void {
    const zones = restacked(this.zones, id, step);
    if (zones === this.zones) return;
    this.change(zones);
    this.said = t(step > 0 ? 'zone.is_nearer' : 'zone.is_further', { name: id });
  }

  private pressed(event: KeyboardEvent, zone: Zone): void {
    const rect = pressed(zone, event.key, event.shiftKey, event.ctrlKey || event.metaKey);
    const others: Record<string, () => void> = { Delete: () => this.remove_(zone.id), Backspace: () => this.remove_(zone.id), PageUp: () => this.stack(zone.id, 1), PageDown: () => this.stack(zone.id, -1) };
    const other = others[event.key];
    if (!rect && !other) return;
    event.preventDefault();
    if (other) other();
    if (!rect) return;
    this.put(zone.id, rect, `key ${event.ctrlKey ? 'size' : 'place'}`);
    this.said = this.placeText(rect);
  }

  private rename(zone: Zone, input: HTMLInputElement): void {
    const name = input.value.trim();
    const wrong = !nameValid(name) || this.othersOf(zone.id).some(({ id }) => id === name);
    input.setAttribute('aria-invalid', String(wrong));
    if (wrong || name === zone.id) return;
    this.chosen = name;
    this.change(this.zones.map((one) => (one.id === zone.id ? { ...one, id: name } : one)));
  }

  // ---- What is seen ----

  private picture(zone: Zone): SVGTemplateResult | typeof nothing {
    const item = this.playlists.find(({ name }) => name === zone.playlist)?.items[0];
    const content = item?.content ? knownContent(item.content) : undefined;
    if (!item || !content?.thumbnail) return nothing;
    const fit = { contain: 'xMidYMid meet', cover: 'xMidYMid slice', fill: 'none' }[item.fit ?? 'contain'];
    return svg`<image href="/api/v1/content/${content.id}/thumbnail" x=${zone.x} y=${zone.y} width=${zone.width} height=${zone.height} preserveAspectRatio=${fit}></image>`;
  }

  private zone(zone: Zone, unit: number): SVGTemplateResult {
    const chosen = zone.id === this.chosen;
    const [size, pad] = [15 * unit, 6 * unit];
    const label = zone.id.length > 24 ? `${zone.id.slice(0, 23)}…` : zone.id;
    const width = Math.min(zone.width, label.length * size * 0.62 + 2 * pad);
    return svg`<g class="zone ${chosen ? 'chosen' : ''} ${isOutside(zone, this.canvas) ? 'outside' : ''}" data-zone=${zone.id} role="button" tabindex="0" aria-pressed=${chosen ? 'true' : 'false'}
        aria-label=${t('zone.label', { name: zone.id, place: this.placeText(zone), playlist: zone.playlist })} aria-describedby="zone-keys"
        @focus=${() => { this.chosen = zone.id; }} @keydown=${(event: KeyboardEvent) => this.pressed(event, zone)} @pointerdown=${(event: PointerEvent) => this.grab(event, zone, ALL)}>
      <rect class="zone-ground" x=${zone.x} y=${zone.y} width=${zone.width} height=${zone.height}></rect>${this.picture(zone)}
      <rect class="zone-edge" x=${zone.x} y=${zone.y} width=${zone.width} height=${zone.height}></rect>
      ${zone.width > 3 * size && zone.height > 1.4 * size ? svg`<rect class="zone-plate" x=${zone.x} y=${zone.y} width=${width} height=${size + 2 * pad}></rect>
        <text class="zone-name" x=${zone.x + pad} y=${zone.y + pad + size * 0.82} font-size=${size}>${label}</text>` : nothing}</g>`;
  }

  private handles(zone: Zone, unit: number): SVGTemplateResult {
    const side = 12 * unit;
    return svg`<g class="zone-handles" aria-hidden="true">${CORNERS.map(([name, edges, right, down]) => {
      const [x, y] = [zone.x + zone.width * right, zone.y + zone.height * down];
      return svg`<g class="zone-handle ${name}" @pointerdown=${(event: PointerEvent) => this.grab(event, zone, edges)}><rect class="zone-reach" x=${x - side * 1.1} y=${y - side * 1.1} width=${side * 2.2} height=${side * 2.2}></rect>
        <rect class="zone-knob" x=${x - side / 2} y=${y - side / 2} width=${side} height=${side} rx=${side / 5}></rect></g>`;
    })}</g>`;
  }

  private drawing(): TemplateResult {
    const { width, height } = this.canvas;
    const margin = Math.max(width, height) * MARGIN;
    // Of what is drawn over the zones: so many units for a CSS pixel where the drawing is some 640 of them wide.
    const unit = Math.max(width, height * 1.2) / 640;
    const zones = inOrder(this.zones.map((zone) => (zone.id === this.held?.id ? this.held : zone)));
    const chosen = zones.find(({ id }) => id === this.chosen);
    return html`<svg class="layout-canvas ${height > width ? 'upright' : ''}" viewBox="${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}" role="group" aria-label=${t('layout.canvas', { width, height })}
        @pointerdown=${(event: PointerEvent) => this.draw(event)}>
      <rect class="layout-ground" x="0" y="0" width=${width} height=${height} fill=${this.canvas.background ?? '#000000'}></rect>
      ${repeat(zones, ({ id }) => id, (zone) => this.zone(zone, unit))}
      <rect class="layout-edge" x="0" y="0" width=${width} height=${height}></rect>
      ${chosen ? this.handles(chosen, unit) : nothing}
      ${this.drawn ? svg`<rect class="zone-new" x=${this.drawn.x} y=${this.drawn.y} width=${this.drawn.width} height=${this.drawn.height}></rect>` : nothing}
      ${this.guides.map(({ axis, at }) => (axis === 'x' ? svg`<line class="guide" x1=${at} x2=${at} y1=${-margin} y2=${height + margin}></line>` : svg`<line class="guide" y1=${at} y2=${at} x1=${-margin} x2=${width + margin}></line>`))}</svg>`;
  }

  private number(zone: Zone, field: keyof Rect, least: number): TemplateResult {
    return html`<div class="field"><label for="zone-${field}">${t(`zone.${field}`)}</label><input id="zone-${field}" type="number" step="1" min=${least} max=${SIDE_MAX} .value=${String(zone[field])}
      @change=${(event: Event) => { const input = event.target as HTMLInputElement; if (input.value.trim() !== '' && Number.isFinite(Number(input.value))) this.put(zone.id, { [field]: Number(input.value) }); else input.value = String(zone[field]); }}></div>`;
  }

  private form(zone: Zone): TemplateResult {
    const order = inOrder(this.zones).map(({ id }) => id);
    const at = order.indexOf(zone.id);
    return html`<div class="zone-form" role="group" aria-label=${t('zone.of', { name: zone.id })}>
      <div class="field"><label for="zone-name">${t('zone.name')}</label><input id="zone-name" maxlength="64" autocomplete="off" spellcheck="false" .value=${zone.id} @change=${(event: Event) => this.rename(zone, event.target as HTMLInputElement)}></div>
      <div class="field"><label for="zone-playlist">${t('zone.playlist')}</label><select id="zone-playlist" @change=${(event: Event) => this.put(zone.id, { playlist: (event.target as HTMLSelectElement).value })}>
        ${this.playlists.map(({ name }) => html`<option value=${name} ?selected=${name === zone.playlist}>${name}</option>`)}</select></div>
      ${this.number(zone, 'x', -SIDE_MAX)}${this.number(zone, 'y', -SIDE_MAX)}${this.number(zone, 'width', 1)}${this.number(zone, 'height', 1)}
      <div class="zone-buttons"><button class="button" aria-disabled=${at === order.length - 1 ? 'true' : 'false'} @click=${() => this.stack(zone.id, 1)}>${icon('nearer')}<span>${t('zone.nearer')}</span></button>
        <button class="button" aria-disabled=${at === 0 ? 'true' : 'false'} @click=${() => this.stack(zone.id, -1)}>${icon('further')}<span>${t('zone.further')}</span></button>
        <button class="button" aria-disabled=${this.zones.length < 2 ? 'true' : 'false'} @click=${() => this.remove_(zone.id)}>${icon('bin')}<span>${t('zone.remove')}</span></button></div></div>`;
  }

  // What may not be meant, and is allowed.
  private warnings(): TemplateResult {
    const out = this.zones.filter((zone) => isOutside(zone, this.canvas));
    const hidden = out.filter((zone) => isHidden(zone, this.canvas));
    const cut = out.filter((zone) => !hidden.includes(zone));
    const names = (zones: readonly Zone[]): string => zones.map(({ id }) => id).join(', ');
    const pairs = overlaps(this.zones);
    const lines = [hidden.length ? t('layout.hidden', { names: names(hidden) }) : '', cut.length ? t('layout.outside', { names: names(cut) }) : '', pairs.length ? t('layout.overlap', { names: pairs.slice(0, 4).map(([a, b]) => `${a} + ${b}`).join(', ') }) : ''].filter(Boolean);
    return html`<div class="layout-notes" role="status">${lines.map((line) => html`<p>${icon('trouble')}<span>${line}</span></p>`)}</div>`;
  }

  override render(): TemplateResult {
    const chosen = this.zones.find(({ id }) => id === this.chosen);
    return html`<p class="sr" id="zone-keys">${t('zone.keys')}</p><p class="sr" role="status">${this.said}</p>
      ${this.drawing()}
      <div class="zone-list"><div class="zone-tabs" role="group" aria-label=${t('layout.zones')}>${this.zones.map(({ id }) => html`<button class="chip" aria-pressed=${id === this.chosen ? 'true' : 'false'} @click=${() => { this.chosen = id; }}>${id}</button>`)}</div>
        <button class="button" aria-disabled=${this.zones.length >= ZONES_MAX ? 'true' : 'false'} @click=${() => this.add()}>${icon('add')}<span>${t('zone.add')}</span></button></div>
      ${chosen ? this.form(chosen) : html`<p class="sub">${t('zone.none')}</p>`}${this.warnings()}`;
  }
}
customElements.define('pp-layout-editor', PpLayoutEditor);
