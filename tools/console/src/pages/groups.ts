// The groups of screens.
import { html, nothing, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { ListedGroup } from '../api/schema.js';
import { t } from '../lib/i18n.js';
import { BASE, go } from '../lib/router.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import type { PpGroupFields } from '../ui/group-fields.js';
import { icon } from '../ui/icons.js';
import { Paged } from '../ui/paged.js';
import { blankPanel } from '../ui/parts.js';
import { screensTabs } from '../ui/screens-tabs.js';
import '../ui/group-fields.js';

class PpGroups extends PpElement {
  private readonly list = new Paged<ListedGroup>(this, (query) => ask('GET /api/v1/groups', { query }));

  constructor() {
    super();
    this.while.on(fleet, 'groups', () => void this.list.load());
    this.while.on(fleet, 'again', () => void this.list.load());
  }

  private add(): void {
    askFor({
      title: t('groups.add'), text: t('groups.add_text'), action: t('groups.make'), fields: () => html`<pp-group-fields></pp-group-fields>`,
      run: async (form) => {
        const fields = form.querySelector<PpGroupFields>('pp-group-fields');
        if (!fields) return;
        const { id } = await ask('POST /api/v1/groups', { body: fields.request });
        go(`${BASE}/groups/${id}`);
      },
    });
  }

  private button(): TemplateResult {
    return html`<button class="button primary" @click=${() => this.add()}>${icon('add')}<span>${t('groups.add')}</span></button>`;
  }

  private row(group: ListedGroup): TemplateResult {
    const rules = [...group.tags, ...group.sites].join(', ');
    return html`<li class="line"><span class="line-icon">${icon('group')}</span><span class="line-text"><a class="stretch" href="${BASE}/groups/${group.id}">${group.name}</a><span class="sub">${rules || t('groups.by_hand')}</span></span>
      <span class="sub line-side">${t('screens.count', { n: group.count })}</span></li>`;
  }

  override render(): TemplateResult {
    return html`<header class="head"><div><h1>${t('groups.title')}</h1><p class="head-sub">${t('groups.lead')}</p></div>${this.list.any ? this.button() : nothing}</header>
      ${screensTabs('groups')}${this.list.any ? this.list.search(t('groups.search')) : nothing}
      ${this.list.list(t('groups.title'), (one) => this.row(one), t('groups.none_text'), blankPanel('group', t('groups.none_yet'), t('groups.add_text'), this.button()))}`;
  }
}
customElements.define('pp-groups', PpGroups);
