// The layouts of a channel: its canvas, templates, which one is shown where the schedule names none, and the editor of one of them. Says
// `edited` with the draft as it is then.
import { html, nothing, svg, type PropertyValues, type TemplateResult } from 'lit';

import { canvasOf, divided, isDivided, layoutAdded, layoutCopied, layoutIsUsed, layoutRemoved, layoutRenamed, layoutReplaced, layoutsOf, playlistsOf, withCanvas, withDefault, withZones, type Canvas, type Document } from '../lib/document.js';
import { t } from '../lib/i18n.js';
import { freeName, LAYOUTS_MAX, nameValid, rectsOf, rescaled, SIDE_MAX, templatesFor, type TemplateName, type Zone } from '../lib/layout.js';
import { askFor } from './dialog.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { selectField, textField, valueOf } from './settings-form.js';
import './layout-editor.js';
import './menu.js';

const shapes = { landscape: [1920, 1080], portrait: [1080, 1920], large: [3840, 2160] } as const;
type Shape = keyof typeof shapes | 'custom';
const shapeOf = ({ width, height }: Canvas): Shape => (Object.keys(shapes) as (keyof typeof shapes)[]).find((one) => shapes[one][0] === width && shapes[one][1] === height) ?? 'custom';

class PpLayouts extends PpElement {
  static override properties = { document_: { attribute: false }, canUndo: { type: Boolean }, canRedo: { type: Boolean }, chosen: { state: true } };
  declare document_: Document;
  declare canUndo: boolean;
  declare canRedo: boolean;
  declare chosen: string; // the layout that is worked on

  constructor() {
    super();
    this.document_ = {};
    this.canUndo = false;
    this.canRedo = false;
    this.chosen = '';
    this.while.on(this, 'keydown', (event) => this.pressed(event as KeyboardEvent));
  }

  protected override willUpdate(changed: PropertyValues): void {
    const layouts = layoutsOf(this.document_);
    if (changed.has('document_') && !layouts.some(({ name }) => name === this.chosen)) this.chosen = this.document_.default_layout ?? layouts[0]?.name ?? '';
  }

  private change(document: Document, name = ''): void { this.dispatchEvent(new CustomEvent('edited', { detail: { document, name } })); }
  private step(kind: 'undo' | 'redo'): void { this.dispatchEvent(new CustomEvent(kind)); }

  private pressed(event: KeyboardEvent): void {
    const typed = (event.target as HTMLElement).closest('input, select, textarea');
    const key = event.key.toLowerCase();
    if (typed || !(event.ctrlKey || event.metaKey) || (key !== 'z' && key !== 'y')) return;
    event.preventDefault();
    this.step(key === 'y' || event.shiftKey ? 'redo' : 'undo');
  }

  // ---- Questions ----

  private templateField(canvas: Canvas): TemplateResult {
    const drawing = (name: TemplateName): TemplateResult => html`<svg viewBox="0 0 ${canvas.width} ${canvas.height}" aria-hidden="true">${rectsOf(name, canvas).map(({ x, y, width, height }, i) => svg`<rect class="part part-${i % 4}" x=${x} y=${y} width=${width} height=${height}></rect>`)}</svg>`;
    return html`<fieldset class="templates"><legend>${t('layout.template')}</legend>${templatesFor(canvas).map((name, i) => html`<label class="template"><input type="radio" name="template" value=${name} ?checked=${i === 0}>
      ${drawing(name)}<span>${t(`template.${name}`)}</span></label>`)}</fieldset>`;
  }

  private readonly templateOf = (form: HTMLFormElement): TemplateName => (new FormData(form).get('template') as TemplateName | null) ?? 'full';

  private nameOf(form: HTMLFormElement, except = ''): string {
    const name = valueOf(form, 'name').trim();
    if (!nameValid(name)) throw new Error(t('name.wrong'));
    if (name !== except && layoutsOf(this.document_).some((one) => one.name === name)) throw new Error(t('name.taken'));
    return name;
  }

  private divide(): void {
    const canvas = canvasOf(this.document_);
    const times = this.document_.items?.some(({ valid_from, valid_to }) => valid_from || valid_to);
    askFor({
      title: t('layout.divide'), text: times ? t('layout.divide_times') : t('layout.divide_text'), action: t('layout.divide_do'), fields: () => this.templateField(canvas),
      run: async (form) => this.change(divided(this.document_, this.templateOf(form), t('layout.first'), canvas)),
    });
  }

  private add(): void {
    const names = layoutsOf(this.document_).map(({ name }) => name);
    if (names.length >= LAYOUTS_MAX) return;
    askFor({
      title: t('layout.add'), action: t('channels.make'), fields: () => html`${textField('name', t('layout.name'), freeName(t('layout.first'), names), { required: true, hint: t('name.hint') })}${this.templateField(canvasOf(this.document_))}`,
      run: async (form) => {
        const name = this.nameOf(form);
        this.change(layoutAdded(this.document_, name, this.templateOf(form)));
        this.chosen = name;
      },
    });
  }

  private rename(): void {
    const { chosen } = this;
    askFor({
      title: t('layout.rename'), action: t('action.save'), fields: () => textField('name', t('layout.name'), chosen, { required: true, hint: t('name.hint') }),
      run: async (form) => {
        const name = this.nameOf(form, chosen);
        if (name === chosen) return;
        this.chosen = name;
        this.change(layoutRenamed(this.document_, chosen, name));
      },
    });
  }

  private replace(): void {
    askFor({
      title: t('layout.replace'), text: t('layout.replace_text'), action: t('layout.replace_do'), fields: () => this.templateField(canvasOf(this.document_)),
      run: async (form) => this.change(layoutReplaced(this.document_, this.chosen, this.templateOf(form))),
    });
  }

  private copy(): void {
    const made = layoutCopied(this.document_, this.chosen);
    this.change(made.document);
    this.chosen = made.name;
  }

  private resize(): void {
    const canvas = canvasOf(this.document_);
    const side = (name: 'width' | 'height'): TemplateResult => html`<div class="field"><label for="set-${name}">${t(`zone.${name}`)}</label><input id="set-${name}" name=${name} type="number" min="1" max=${SIDE_MAX} step="1" .value=${String(canvas[name])}></div>`;
    const preset = (event: Event): void => {
      const select = event.target as HTMLSelectElement;
      const size = shapes[select.value as keyof typeof shapes];
      if (select.name !== 'shape' || !size) return;
      for (const [name, value] of [['width', size[0]], ['height', size[1]]] as const) { const input = select.form?.elements.namedItem(name); if (input instanceof HTMLInputElement) input.value = String(value); }
    };
    askFor({
      title: t('canvas.title'), text: t('canvas.text'), action: t('action.save'),
      fields: () => html`<div class="dialog-fields" @change=${preset}>${selectField('shape', t('canvas.shape'), shapeOf(canvas), (['landscape', 'portrait', 'large', 'custom'] as const).map((one) => [one, t(`canvas.${one}`)] as const))}
        <div class="pair">${side('width')}${side('height')}</div>
        <label class="check"><input class="box" type="checkbox" name="rescale" ?checked=${true}><span>${t('canvas.rescale')}</span></label>
        ${selectField('fit', t('canvas.fit'), canvas.fit ?? 'contain', (['contain', 'fill'] as const).map((one) => [one, t(`canvas.fit_${one}`)] as const))}
        <div class="field"><label for="set-background">${t('canvas.background')}</label><input id="set-background" class="colour" name="background" type="color" .value=${canvas.background ?? '#000000'}></div></div>`,
      run: async (form) => {
        const [width, height] = [Number(valueOf(form, 'width')), Number(valueOf(form, 'height'))];
        if (![width, height].every((one) => Number.isInteger(one) && one >= 1 && one <= SIDE_MAX)) throw new Error(t('canvas.wrong', { n: SIDE_MAX }));
        const data = new FormData(form);
        const made = { width, height, ...(valueOf(form, 'fit') === 'fill' ? { fit: 'fill' as const } : {}), background: String(data.get('background') ?? '#000000') };
        let document = withCanvas(this.document_, made);
        if (data.has('rescale')) for (const { name, zones } of layoutsOf(document)) document = withZones(document, name, rescaled(zones, canvas, made));
        this.change(document);
      },
    });
  }

  // ---- What is seen ----

  private zonesChanged(event: CustomEvent<{ zones: readonly Zone[]; name: string }>): void { this.change(withZones(this.document_, this.chosen, event.detail.zones), event.detail.name); }

  private panel(): TemplateResult {
    const { document_: document, chosen } = this;
    const used = layoutIsUsed(document, chosen);
    const line = (name: Parameters<typeof icon>[0], word: string, run: () => void, danger = false): TemplateResult => html`<button class="menu-item ${danger ? 'danger' : ''}" @click=${run}>${icon(name)}<span>${word}</span></button>`;
    return html`${document.default_layout === chosen ? nothing : line('check', t('layout.make_default'), () => this.change(withDefault(document, chosen)))}
      ${line('layout', t('layout.replace'), () => this.replace())}${line('copy', t('layout.copy'), () => this.copy())}${line('edit', t('layout.rename'), () => this.rename())}
      ${used ? html`<p class="menu-note">${t('layout.used')}</p>` : line('bin', t('layout.remove'), () => this.change(layoutRemoved(document, chosen)), true)}`;
  }

  override render(): TemplateResult {
    const { document_: document, chosen } = this;
    if (!isDivided(document)) return html`<section class="card divide"><div><h2>${t('layout.whole')}</h2><p class="sub">${t('layout.whole_text')}</p></div><button class="button" @click=${() => this.divide()}>${icon('layout')}<span>${t('layout.divide')}</span></button></section>`;
    const canvas = canvasOf(document);
    const layouts = layoutsOf(document);
    const layout = layouts.find(({ name }) => name === chosen);
    const step = (kind: 'undo' | 'redo', able: boolean): TemplateResult => html`<button class="button quiet icon-only" aria-label=${t(`layout.${kind}`)} title=${t(`layout.${kind}`)} aria-disabled=${able ? 'false' : 'true'} @click=${() => { if (able) this.step(kind); }}>${icon(kind)}</button>`;
    return html`<section class="card layouts"><header class="card-head"><h2>${t('layout.title')}</h2><div class="card-tools">${step('undo', this.canUndo)}${step('redo', this.canRedo)}
        <button class="button" @click=${() => this.resize()}>${icon('edit')}<span>${canvas.width} × ${canvas.height}</span></button></div></header>
      <div class="layout-tabs"><div class="chips" role="group" aria-label=${t('layout.title')}>${layouts.map(({ name }) => html`<button class="chip" aria-pressed=${name === chosen ? 'true' : 'false'} @click=${() => { this.chosen = name; }}>${name}${document.default_layout === name ? html`<span class="chip-note">${t('layout.default')}</span>` : nothing}</button>`)}
        <button class="chip" @click=${() => this.add()}>${icon('add')}<span>${t('layout.add')}</span></button></div>
        <pp-menu class="actions-menu" label=${t('layout.actions', { name: chosen })} .button=${html`<span class="button icon-only">${icon('more')}</span>`} .panel=${() => this.panel()}></pp-menu></div>
      ${layout ? html`<pp-layout-editor .zones=${layout.zones} .canvas=${canvas} .playlists=${playlistsOf(document)} @edited=${(event: CustomEvent<{ zones: readonly Zone[]; name: string }>) => { event.stopPropagation(); this.zonesChanged(event); }}></pp-layout-editor>` : nothing}</section>`;
  }
}
customElements.define('pp-layouts', PpLayouts);
