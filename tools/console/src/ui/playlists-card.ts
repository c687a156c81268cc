// The playlists of a channel: the one that fills the screen, or those that zones show. Says `edited` with the draft as it is then.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { isDivided, PLAYLISTS_MAX, playlistAdded, playlistRemoved, playlistRenamed, playlistsOf, usesOf, withAligned, withItems, type Document } from '../lib/document.js';
import { t } from '../lib/i18n.js';
import { freeName, nameValid } from '../lib/layout.js';
import type { Item } from '../lib/playlist.js';
import { askFor } from './dialog.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { textField, valueOf } from './settings-form.js';
import './menu.js';
import './playlist-editor.js';

class PpPlaylists extends PpElement {
  static override properties = { document_: { attribute: false }, files: { attribute: false }, chosen: { state: true } };
  declare document_: Document;
  declare files: readonly string[]; // names of what was published without a draft
  declare chosen: string; // the playlist that is worked on

  constructor() {
    super();
    this.document_ = {};
    this.files = [];
    this.chosen = '';
  }

  protected override willUpdate(changed: PropertyValues): void {
    const playlists = playlistsOf(this.document_);
    if (changed.has('document_') && !playlists.some(({ name }) => name === this.chosen)) this.chosen = playlists[0]?.name ?? '';
  }

  private change(document: Document): void { this.dispatchEvent(new CustomEvent('edited', { detail: { document, name: '' } })); }

  private ask(title: string, value: string, action: string, run: (name: string) => void): void {
    askFor({
      title, action, fields: () => textField('name', t('playlist.name'), value, { required: true, hint: t('name.hint') }),
      run: async (form) => {
        const name = valueOf(form, 'name').trim();
        if (!nameValid(name)) throw new Error(t('name.wrong'));
        if (name !== value && playlistsOf(this.document_).some((one) => one.name === name)) throw new Error(t('name.taken'));
        run(name);
      },
    });
  }

  private add(): void {
    const names = playlistsOf(this.document_).map(({ name }) => name);
    if (names.length >= PLAYLISTS_MAX) return;
    this.ask(t('playlist.add'), freeName(t('playlist.first'), names), t('channels.make'), (name) => {
      if (names.includes(name)) throw new Error(t('name.taken'));
      this.change(playlistAdded(this.document_, name));
      this.chosen = name;
    });
  }

  private rename(): void {
    const { chosen } = this;
    this.ask(t('playlist.rename'), chosen, t('action.save'), (name) => {
      if (name === chosen) return;
      this.chosen = name;
      this.change(playlistRenamed(this.document_, chosen, name));
    });
  }

  private panel(uses: readonly string[]): TemplateResult {
    return html`<button class="menu-item" @click=${() => this.rename()}>${icon('edit')}<span>${t('playlist.rename')}</span></button>
      ${uses.length ? html`<p class="menu-note">${t('playlist.used')}</p>` : html`<button class="menu-item danger" @click=${() => this.change(playlistRemoved(this.document_, this.chosen))}>${icon('bin')}<span>${t('playlist.remove')}</span></button>`}`;
  }

  override render(): TemplateResult {
    const { document_: document, chosen } = this;
    const playlists = playlistsOf(document);
    const zones = isDivided(document);
    const playlist = playlists.find(({ name }) => name === chosen);
    const uses = usesOf(document, chosen);
    return html`<section class="card playlists"><header class="card-head"><h2>${t(zones ? 'playlist.title' : 'channel.playlist')}</h2></header>
      ${zones ? html`<div class="layout-tabs"><div class="chips" role="group" aria-label=${t('playlist.title')}>${playlists.map(({ name, items }) => html`<button class="chip" aria-pressed=${name === chosen ? 'true' : 'false'} @click=${() => { this.chosen = name; }}>${name}<span class="chip-note">${items.length}</span></button>`)}
          <button class="chip" @click=${() => this.add()}>${icon('add')}<span>${t('playlist.add')}</span></button></div>
          <pp-menu class="actions-menu" label=${t('playlist.actions', { name: chosen })} .button=${html`<span class="button icon-only">${icon('more')}</span>`} .panel=${() => this.panel(uses)}></pp-menu></div>
        <p class="sub">${uses.length ? t('playlist.in', { zones: uses.join(', ') }) : t('playlist.nowhere')}</p>` : nothing}
      ${playlist ? html`<pp-playlist .items=${playlist.items} .files=${this.files} label=${zones ? playlist.name : t('channel.playlist')} .validity=${!zones} @edited=${(event: CustomEvent<readonly Item[]>) => { event.stopPropagation(); this.change(withItems(this.document_, chosen, event.detail)); }}></pp-playlist>
        ${zones ? html`<label class="check"><input class="box" type="checkbox" .checked=${playlist.aligned} @change=${(event: Event) => { event.stopPropagation(); this.change(withAligned(document, chosen, (event.target as HTMLInputElement).checked)); }}><span>${t('playlist.aligned')}</span></label>` : nothing}` : nothing}</section>`;
  }
}
customElements.define('pp-playlists', PpPlaylists);
