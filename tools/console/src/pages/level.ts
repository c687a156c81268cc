// What the organisation says of all screens, and each site of its own.
import { html, nothing, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import { t } from '../lib/i18n.js';
import { BASE, go } from '../lib/router.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { screensTabs } from '../ui/screens-tabs.js';
import type { Level } from '../ui/level-settings.js';
import '../ui/level-settings.js';

const PAGE = 1000;

class PpLevel extends PpElement {
  static override properties = { site: {}, sites: { state: true } };
  declare site: string; // "" the organisation
  declare sites: readonly { readonly name: string; readonly screens: number }[];

  constructor() {
    super();
    this.site = '';
    this.sites = [];
    this.while.on(fleet, 'again', () => void this.load());
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.sites = (await ask('GET /api/v1/sites', { query: { limit: PAGE } })).items;
    } catch {
      // those that are known stay
    }
  }

  override render(): TemplateResult {
    const { site, sites } = this;
    const level: Level = site ? { kind: 'site', site } : { kind: 'organisation' };
    const screens = sites.find(({ name }) => name === site)?.screens;
    const known = site && !sites.some(({ name }) => name === site) ? [{ name: site, screens: 0 }, ...sites] : sites;
    return html`<header class="head"><div><h1>${t('level.title')}</h1><p class="head-sub">${t('level.lead')}</p></div></header>${screensTabs('settings')}
      <div class="tools"><label class="select"><span class="sr">${t('level.of')}</span><select id="level" @change=${(event: Event) => {
        const chosen = (event.target as HTMLSelectElement).value.slice(1);
        go(chosen ? `${BASE}/settings?site=${encodeURIComponent(chosen)}` : `${BASE}/settings`);
      }}><option value="=" ?selected=${!site}>${t('level.organisation')}</option>${known.map(({ name }) => html`<option value=${`=${name}`} ?selected=${name === site}>${name}</option>`)}</select>${icon('down')}</label></div>
      <section class="card narrow"><h2>${site || t('level.organisation')}</h2><p class="sub card-lead">${t(site ? 'level.text_site' : 'level.text_organisation')}
        ${site && screens !== undefined ? html`<a href="${BASE}/?site=${encodeURIComponent(site)}">${t('screens.count', { n: screens })}</a>` : nothing}</p>
        <pp-level-settings .level=${level}></pp-level-settings></section>`;
  }
}
customElements.define('pp-level', PpLevel);
