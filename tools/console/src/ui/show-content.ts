// "Show it": asks where, and publishes it there.
import { html, nothing, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import { channelFor, HasLayouts, show } from '../api/publish.js';
import type { Content, Job } from '../api/schema.js';
import { collator, t } from '../lib/i18n.js';
import { askFor } from './dialog.js';
import { valueOf } from './settings-form.js';

const MOST = 200; // channels to choose from

export async function showContent(content: Pick<Content, 'id' | 'name'>, begun: (job: Job) => void): Promise<void> {
  const { items: channels } = await ask('GET /api/v1/channels', { query: { limit: MOST } });
  const order = collator();
  const alone = [...fleet.screens.values()].filter(({ channel, state }) => !channel && state !== 'retired').sort((a, b) => order.compare(a.name, b.name));
  const fields = (): TemplateResult => html`<div class="field"><label for="set-where">${t('show.where')}</label>
      <select id="set-where" name="where">
        ${alone.length ? html`<optgroup label=${t('screens.title')}>${alone.map(({ id, name }) => html`<option value="screen ${id}">${name}</option>`)}</optgroup>` : nothing}
        ${channels.length ? html`<optgroup label=${t('channels.title')}>${channels.map(({ id, title, screens }) => html`<option value="channel ${id}">${title} – ${t('screens.count', { n: screens })}</option>`)}</optgroup>` : nothing}
      </select></div>
    <label class="check"><input type="checkbox" class="box" name="alone"><span>${t('show.alone')}</span></label>`;
  if (!channels.length && !alone.length) {
    askFor({ title: t('show.title', { name: content.name }), text: t('show.nowhere'), action: t('action.close'), run: async () => {} });
    return;
  }
  askFor({
    title: t('show.title', { name: content.name }), text: t('show.text'), action: t('show.action'), fields,
    run: async (form) => {
      const [kind, id = ''] = valueOf(form, 'where').split(' ');
      const screen = alone.find((one) => one.id === id);
      const channel = kind === 'screen' && screen ? await channelFor(screen) : id;
      try {
        begun(await show(channel, [{ content: content.id }], new FormData(form).has('alone')));
      } catch (error) {
        throw error instanceof HasLayouts ? new Error(t('show.layouts')) : error;
      }
    },
  });
}
