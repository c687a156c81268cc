// From a piece of content to screens: into a channel's draft, and that published.
import { ApiError, ask, exchange } from './client.js';
import { fleet } from './fleet.js';
import type { Channel, Job } from './schema.js';
import { itemsOf, type Item } from '../lib/playlist.js';

const LOOK_MS = [200, 400, 800, 1500];

export const ended = ({ state }: Job): boolean => state === 'done' || state === 'failed' || state === 'declined';

// Nothing more comes of it by itself: it has ended, or waits for somebody.
export const rests = (job: Job): boolean => ended(job) || job.state === 'approval';

// Tells of a job until it rests; the last answer.
export async function follow(job: Job, tell: (job: Job) => void): Promise<Job> {
  let last = job;
  for (let i = 0; !rests(last); i++) {
    tell(last);
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS[Math.min(i, LOOK_MS.length - 1)]); });
    last = await ask('GET /api/v1/channels/{id}/jobs/{job}', { path: { id: job.channel, job: job.id } }).catch((error: unknown) => {
      if (error instanceof ApiError && (error.code === 'network' || error.status >= 500)) return last;
      throw error;
    });
  }
  tell(last);
  return last;
}

// A channel of its own for a screen that has none, called as the screen is.
export async function channelFor(screen: { id: string; name: string }): Promise<string> {
  let made: Channel | undefined;
  for (let number = 1; !made; number++) {
    try {
      made = await ask('POST /api/v1/channels', { body: { title: number === 1 ? screen.name : `${screen.name} ${number}` } });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'state-conflict' || number > 20) throw error;
    }
  }
  const { headers } = await exchange('GET /api/v1/screens/{id}', { path: { id: screen.id } });
  const { value } = await exchange('PATCH /api/v1/screens/{id}', { path: { id: screen.id }, body: { channel: made.id }, headers: { 'if-match': headers.get('etag') ?? '' } });
  fleet.put(value);
  return made.id;
}

// What "Show it" has begun, until the channel's page has taken it: it may have ended before that page is there.
let begunJob: Job | undefined;
export function takeBegun(channel: string): Job | undefined {
  const job = begunJob?.channel === channel ? begunJob : undefined;
  begunJob = undefined;
  return job;
}

export class HasLayouts extends Error {}

// Puts items behind those of a channel's draft, or in their place, and has it published.
export async function show(channel: string, items: readonly Item[], alone: boolean): Promise<Job> {
  const path = { id: channel };
  const { value, headers } = await exchange('GET /api/v1/channels/{id}/draft', { path });
  const present = itemsOf(value);
  if (!present && !alone) throw new HasLayouts();
  const { title } = value.document;
  const kept = present ? value.document : { ...(title ? { title } : {}) };
  const draft = await exchange('PUT /api/v1/channels/{id}/draft', { path, body: { ...kept, items: [...(alone ? [] : present ?? []), ...items] }, headers: { 'if-match': headers.get('etag') ?? '' } });
  begunJob = await ask('POST /api/v1/channels/{id}/publish', { path, body: {}, headers: { 'if-match': draft.headers.get('etag') ?? '' } });
  return begunJob;
}
