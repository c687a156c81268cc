// Asks which value of which feed an item of a playlist shows, and how.
import { html } from 'lit';

import { ask } from '../api/client.js';
import { durationOf, secondsOf, withField, type Item } from '../lib/playlist.js';
import { t } from '../lib/i18n.js';
import { askFor } from './dialog.js';
import { message } from './parts.js';
import { selectField, textField, valueOf } from './settings-form.js';
import { toast } from './toast.js';

const FORMAT = /^(?:[^%]|%%)*%(?:s|d|\.[0-6]f)(?:[^%]|%%)*$/;
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;

function itemOf(form: HTMLFormElement, before: Item | undefined): Item {
  const [pointer, format, label, typed] = [valueOf(form, 'pointer'), valueOf(form, 'format') || '%s', valueOf(form, 'label'), valueOf(form, 'duration')];
  const duration = typed ? durationOf(Number(typed.replace(',', '.'))) : undefined;
  if (!POINTER.test(pointer)) throw new Error(t('metric.pointer_wrong'));
  if (!FORMAT.test(format)) throw new Error(t('metric.format_wrong'));
  if (typed && !duration) throw new Error(t('channel.duration_wrong'));
  const made: Item = { ...before, kind: 'metric', feed: valueOf(form, 'feed'), format };
  return withField(withField(withField(made, 'pointer', pointer || undefined), 'label', label || undefined), 'duration', duration);
}

export async function askMetric(before: Item | undefined, done: (item: Item) => void): Promise<void> {
  try {
    const { items } = await ask('GET /api/v1/feeds', {});
    if (!items.length) throw new Error(t('metric.none'));
    const chosen = before?.feed ?? items[0]?.name ?? '';
    const known = items.some(({ name }) => name === chosen);
    askFor({
      title: before ? before.label ?? chosen : t('metric.add'), action: before ? t('action.save') : t('channel.add_chosen'),
      fields: () => html`${selectField('feed', t('metric.feed'), chosen, [...(known ? [] : [[chosen, chosen] as const]), ...items.map(({ name, title }) => [name, title] as const)])}
        ${textField('label', t('metric.label'), before?.label ?? '')}
        ${textField('pointer', t('metric.pointer'), before?.pointer ?? '', { hint: t('metric.pointer_hint') })}
        ${textField('format', t('metric.format'), before?.format ?? '%s', { hint: t('metric.format_hint') })}
        <div class="field"><label for="set-duration">${t('channel.duration')}</label><input id="set-duration" name="duration" type="number" min="0.1" max="86400" step="any" inputmode="decimal" .value=${String(secondsOf(before?.duration) ?? '')} placeholder="10"></div>`,
      run: (form) => {
        done(itemOf(form, before));
        return Promise.resolve();
      },
    });
  } catch (error) {
    toast(error instanceof Error && !('code' in error) ? error.message : message(error), 'bad');
  }
}
