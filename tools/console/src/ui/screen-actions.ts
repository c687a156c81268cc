// What is done with one screen: each asks first, and says what it does.
import { html, type TemplateResult } from 'lit';

import { ask, exchange } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { Screen, ScreenChange } from '../api/schema.js';
import { t } from '../lib/i18n.js';
import { BASE, go } from '../lib/router.js';
import { askFor } from './dialog.js';
import { channelOf, nameFields, textField, valueOf } from './settings-form.js';
import { toast } from './toast.js';

type Action = 'retire' | 'restore' | 'revoke';

// The tag is that of what is shown: whoever was slower than somebody else changes nothing.
export function editScreen(screen: Screen, etag: string, done: (screen: Screen, etag: string) => void): void {
  askFor({
    title: t('screen.edit_title'), action: t('action.save'), fields: () => html`${nameFields(screen)}${textField('tags', t('content.tags'), screen.tags.join(', '), { hint: t('content.tags_hint') })}`,
    async run(form) {
      const channel = channelOf(form, screen.channel);
      const body: ScreenChange = {
        name: valueOf(form, 'name'), site: valueOf(form, 'site'), tags: valueOf(form, 'tags').split(',').map((tag) => tag.trim()).filter(Boolean), ...(channel ?? { channel: null }),
      };
      const { value, headers } = await exchange('PATCH /api/v1/screens/{id}', { path: { id: screen.id }, body, headers: { 'if-match': etag } });
      fleet.put(value);
      done(value, headers.get('etag') ?? '');
      toast(t('screen.saved'));
    },
  });
}

function act(screen: Screen, action: Action, said: string, danger: boolean, done: () => void): void {
  askFor({
    title: action === 'revoke' ? t('screen.revoke_title', { name: screen.name }) : t('screen.retire_title', { name: screen.name }),
    text: action === 'revoke' ? t('screen.revoke_text') : t('screen.retire_text'), action: action === 'revoke' ? t('screen.revoke') : t('screen.retire'), danger,
    async run() {
      await ask(`POST /api/v1/screens/{id}/${action}`, { path: { id: screen.id } });
      toast(said);
      done();
    },
  });
}

export const retireScreen = (screen: Screen, done: () => void): void => act(screen, 'retire', t('screen.retired', { name: screen.name }), true, done);
export const revokeScreen = (screen: Screen, done: () => void): void => act(screen, 'revoke', t('screen.revoked', { name: screen.name }), true, done);

export async function restoreScreen(screen: Screen): Promise<void> {
  await ask('POST /api/v1/screens/{id}/restore', { path: { id: screen.id } });
  toast(t('screen.restored', { name: screen.name }));
}

export function removeScreen(screen: Screen): void {
  askFor({
    title: t('screen.remove_title', { name: screen.name }), text: t('screen.remove_text'), action: t('screen.remove'), danger: true,
    async run() {
      await ask('DELETE /api/v1/screens/{id}', { path: { id: screen.id } });
      toast(t('screen.removed', { name: screen.name }));
      go(`${BASE}/`);
    },
  });
}

export const actionItem = (text: string, run: () => void, danger = false): TemplateResult => html`<button class="menu-item ${danger ? 'danger' : ''}" @click=${run}>${text}</button>`;
