// Files on their way to the headend, by tus (https://tus.io): they go on when a connection breaks, wait when somebody says so, and after
// the page was loaded again they go on with what has come once the same file is chosen. They are kept here and not in a page, so that
// one may look at something else meanwhile.
import type { DetailedError, HttpRequest, Upload as TusUpload } from 'tus-js-client';

import { ApiError, ask, csrfHeader, type Code } from './client.js';
import type { Upload } from './schema.js';

export type JobState = 'waits' | 'sends' | 'paused' | 'stuck' | 'away' | 'checked' | 'done' | 'refused';

export interface Job {
  readonly key: number;
  readonly name: string;
  readonly size: number; // bytes
  readonly file: File | undefined; // none of one that another visit began
  readonly folder: string;
  readonly replaces: string; // content whose next version it is, or ''
  state: JobState;
  sent: number; // bytes
  speed: number; // bytes a second, of the last seconds; 0: not known
  code: Code | ''; // why it is stuck
  refusal: string; // why screens cannot show it
  duplicate: boolean;
  content: string; // the id of what it has become
  address: string; // where it goes on
}

const AT_ONCE = 3;
const RETRY_MS = [0, 1000, 3000, 5000, 10000];
const LOOK_MS = [300, 500, 1000, 2000]; // how often one asks whether it was looked at
const SPEED_MS = 3000;
const ADDRESS = '/api/v1/uploads';
const KEPT = 'pingplay.uploads'; // which files this browser has begun to send: what goes on is the very same file, or begins anew
const KEPT_MAX = 64;

const markOf = (file: File): string => JSON.stringify([file.name, file.size, file.lastModified]);
const kept = (): Record<string, string> => {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
};
function keep(id: string, mark: string | undefined): void {
  const { [id]: _, ...others } = kept();
  const entries = Object.entries(others).slice(1 - KEPT_MAX);
  localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(mark ? [...entries, [id, mark]] : entries)));
}

// How fast it comes: over the last seconds.
export class Speed {
  private readonly points: { time: number; sent: number }[] = [];

  add(time: number, sent: number): number {
    this.points.push({ time, sent });
    while (this.points.length > 2 && (this.points[1]?.time ?? time) < time - SPEED_MS) this.points.shift();
    const [first] = this.points;
    return first && time > first.time ? ((sent - first.sent) / (time - first.time)) * 1000 : 0;
  }
}

class Uploads extends EventTarget {
  jobs: readonly Job[] = [];
  private next = 1;
  private readonly running = new Map<number, TusUpload>();
  private asked = false;

  constructor() {
    super();
    addEventListener('online', () => { for (const job of this.jobs) if (job.state === 'stuck' && job.code === 'network') this.resume(job); });
  }

  private tell(): void { this.dispatchEvent(new Event('change')); }

  private change(job: Job, change: Partial<Job>): void {
    Object.assign(job, change);
    this.tell();
  }

  private put(job: Partial<Job> & Pick<Job, 'name' | 'size'>): Job {
    const made: Job = { key: this.next++, file: undefined, folder: '', replaces: '', state: 'waits', sent: 0, speed: 0, code: '', refusal: '', duplicate: false, content: '', address: '', ...job };
    this.jobs = [made, ...this.jobs];
    return made;
  }

  get busy(): number { return this.jobs.filter(({ state }) => state === 'waits' || state === 'sends').length; }

  add(files: Iterable<File>, { folder = '', replaces = '' } = {}): readonly Job[] {
    // One that was begun before the page was loaded again is the same one.
    const made = [...files].map((file) => {
      const marks = kept();
      const known = this.jobs.find((job) => job.state === 'away' && marks[idOf(job.address)] === markOf(file));
      if (known) this.jobs = this.jobs.filter((job) => job !== known);
      return this.put({ name: file.name, size: file.size, file, folder: known?.folder ?? folder, replaces, address: known?.address ?? '', sent: known?.sent ?? 0 });
    });
    this.tell();
    this.begin();
    return made;
  }

  private begin(): void {
    const free = AT_ONCE - this.jobs.filter(({ state }) => state === 'sends').length;
    for (const job of [...this.jobs].reverse().filter(({ state }) => state === 'waits').slice(0, Math.max(0, free))) void this.send(job);
  }

  private async send(job: Job): Promise<void> {
    const { file } = job;
    if (!file) return;
    this.change(job, { state: 'sends', code: '', speed: 0 });
    try {
      const { Upload: Tus } = await import('tus-js-client');
      if (job.state !== 'sends') return;
      this.start(job, Tus, file);
    } catch {
      this.stop(job, 'network');
    }
  }

  private start(job: Job, Tus: typeof TusUpload, file: File): void {
    const speed = new Speed();
    const upload = new Tus(file, {
      endpoint: ADDRESS, ...(job.address ? { uploadUrl: job.address } : {}), retryDelays: RETRY_MS, storeFingerprintForResuming: false,
      metadata: { filename: job.name, ...(job.folder ? { folder: job.folder } : {}), ...(job.replaces ? { replaces: job.replaces } : {}) },
      onBeforeRequest: (request: HttpRequest) => { for (const [name, value] of Object.entries(csrfHeader())) request.setHeader(name, value); },
      onUploadUrlAvailable: () => { job.address = upload.url ?? ''; keep(idOf(job.address), markOf(file)); },
      onProgress: (sent) => this.change(job, { sent, speed: speed.add(performance.now(), sent) }),
      onShouldRetry: (error) => { const status = (error as DetailedError).originalResponse?.getStatus() ?? 0; return status === 0 || status >= 500 || status === 409 || status === 423; },
      onSuccess: () => { this.running.delete(job.key); keep(idOf(job.address), undefined); this.change(job, { state: 'checked', sent: job.size, speed: 0 }); void this.follow(job); this.begin(); },
      onError: (error) => this.stop(job, codeOf(error as DetailedError)),
    });
    this.running.set(job.key, upload);
    upload.start();
  }

  private stop(job: Job, code: Code): void {
    this.running.delete(job.key);
    // One that has gone at the headend begins anew.
    const gone = code === 'not-found' || code === 'upload-gone';
    this.change(job, { state: 'stuck', code, speed: 0, ...(gone ? { address: '', sent: 0 } : {}) });
    this.begin();
  }

  // Until it was looked at.
  private async follow(job: Job): Promise<void> {
    for (let i = 0; job.state === 'checked'; i++) {
      await new Promise((resolve) => { setTimeout(resolve, LOOK_MS[Math.min(i, LOOK_MS.length - 1)]); });
      try {
        this.settle(job, await ask('GET /api/v1/uploads/{id}', { path: { id: idOf(job.address) }, headers: { 'tus-resumable': '1.0.0' } }));
      } catch (error) {
        if (error instanceof ApiError && error.code !== 'network' && error.status < 500) this.change(job, { state: 'stuck', code: error.code });
      }
    }
  }

  private settle(job: Job, upload: Upload): void {
    if (upload.state === 'refused') this.change(job, { state: 'refused', refusal: upload.refusal ?? '' });
    else if (upload.state === 'done') {
      this.change(job, { state: 'done', duplicate: upload.duplicate, content: upload.content ?? '' });
      this.dispatchEvent(new CustomEvent('content', { detail: job }));
    }
  }

  async pause(job: Job): Promise<void> {
    this.change(job, { state: 'paused', speed: 0 });
    const upload = this.running.get(job.key);
    this.running.delete(job.key);
    await upload?.abort();
    this.begin();
  }

  resume(job: Job): void {
    if (!job.file) return;
    this.change(job, { state: 'waits', code: '' });
    this.begin();
  }

  // Ends it, at the headend as well; one that has ended is only not shown any more.
  async drop(job: Job): Promise<void> {
    this.jobs = this.jobs.filter((one) => one !== job);
    this.tell();
    const upload = this.running.get(job.key);
    this.running.delete(job.key);
    await upload?.abort();
    this.begin();
    if (!job.address || job.state === 'done' || job.state === 'checked') return;
    keep(idOf(job.address), undefined);
    await ask('DELETE /api/v1/uploads/{id}', { path: { id: idOf(job.address) }, headers: { 'tus-resumable': '1.0.0' } }).catch(() => {});
  }

  clear(): void {
    this.jobs = this.jobs.filter(({ state }) => state !== 'done');
    this.tell();
  }

  // Those that an earlier visit began, once.
  async recall(): Promise<void> {
    if (this.asked) return;
    this.asked = true;
    try {
      const { items } = await ask('GET /api/v1/uploads', {});
      for (const one of items.filter(({ id }) => !this.jobs.some(({ address }) => idOf(address) === id))) {
        const job = this.put({ name: one.name, size: one.length, sent: one.offset, address: `${ADDRESS}/${one.id}`, state: one.state === 'coming' ? 'away' : 'checked' });
        this.settle(job, one);
        if (job.state === 'checked') void this.follow(job);
      }
      this.tell();
    } catch {
      this.asked = false; // the next visit of the page asks again
    }
  }

  // Whoever signs out leaves nothing of it behind.
  forget(): void {
    for (const upload of this.running.values()) void upload.abort();
    this.running.clear();
    this.jobs = [];
    this.asked = false;
    this.tell();
  }
}

const idOf = (address: string): string => address.split('/').pop() ?? '';

function codeOf(error: DetailedError): Code {
  const response = error.originalResponse;
  if (!response) return 'network';
  try {
    return (JSON.parse(response.getBody()) as { code: Code }).code;
  } catch {
    return 'other';
  }
}

export const uploads = new Uploads();
