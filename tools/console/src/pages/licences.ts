// What the console is made of besides its own code, and the licences of that.
import { html, type TemplateResult } from 'lit';
import { licences } from 'pingplay:licences';

import { t } from '../lib/i18n.js';
import { PpElement } from '../ui/element.js';

class PpLicences extends PpElement {
  override render(): TemplateResult {
    return html`<header class="head"><div><h1>${t('licences.title')}</h1><p class="head-sub">${t('licences.lead')}</p></div></header>
      <div class="column">${licences.map(({ packages, licence, text }) => html`<section class="card licence"><h2>${packages.join(', ')}</h2><p class="sub">${licence}</p><pre lang="en">${text}</pre></section>`)}</div>`;
  }
}
customElements.define('pp-licences', PpLicences);
