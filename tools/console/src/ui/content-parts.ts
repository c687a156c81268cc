// What a piece of content looks like wherever it stands.
import { html, type TemplateResult } from 'lit';

import type { Content } from '../api/schema.js';
import { filmLength, fileSize } from '../lib/format.js';
import { language } from '../lib/i18n.js';
import { icon } from './icons.js';

export const thumbnail = (content: Content): TemplateResult => (content.thumbnail
  ? html`<img src=${`/api/v1/content/${content.id}/thumbnail`} alt="" loading="lazy" decoding="async">`
  : html`<span class="picture-none">${icon(content.kind)}</span>`);

export const measures = ({ width, height, bytes }: Content): string => `${width} × ${height} · ${fileSize(bytes, language())}`;

export const lengthMark = ({ kind, length_ms: ms }: Content): TemplateResult | string => (ms ? html`<span class="length">${filmLength(ms)}</span>` : kind === 'video' ? html`<span class="length">${icon('video')}</span>` : '');
