// Pieces of content by their ids, each asked for once as long as the page is open.
import { ask } from './client.js';
import type { Content } from './schema.js';

const AT_ONCE = 6;
const known = new Map<string, Content | null>(); // null: it has gone

export const knownContent = (id: string): Content | null | undefined => known.get(id);
// Hears that more of them are known.
export const learnt = new EventTarget();
const tell = (): void => void learnt.dispatchEvent(new Event('change'));
export const learn = (contents: Iterable<Content>): void => {
  for (const content of contents) known.set(content.id, content);
  tell();
};

// Asks for those that are not known; a few at a time.
export async function learnAll(ids: Iterable<string>): Promise<void> {
  const missing = [...new Set(ids)].filter((id) => !known.has(id));
  const one = async (): Promise<void> => {
    for (let id = missing.shift(); id; id = missing.shift()) known.set(id, await ask('GET /api/v1/content/{id}', { path: { id } }).catch(() => null));
  };
  if (!missing.length) return;
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  tell();
}
