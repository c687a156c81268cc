// What changes at the headend, as it does: GET /api/v1/events. The browser comes again by itself where a connection breaks; where the
// headend refused, this does, ever more seldom.
import type { ScreensEvent } from './schema.js';

const idsOf = (event: Event): readonly string[] => (JSON.parse((event as MessageEvent<string>).data) as ScreensEvent).ids;

export type Connection = 'connecting' | 'live' | 'lost';

export interface Listener {
  ready(): void; // from here on nothing is missed: read what is shown
  changed(ids: readonly string[]): void;
  channels(ids: readonly string[]): void; // with another version, draft, job or title
  connection(state: Connection): void;
  refused(): void; // perhaps the session has ended
}

const RETRY_FIRST = 2000; // ms
const RETRY_MOST = 60000;

export class Events {
  private source: EventSource | undefined;
  private timer = 0;
  private delay = RETRY_FIRST;

  constructor(private readonly listener: Listener) {}

  start(): void {
    this.stop();
    this.listener.connection('connecting');
    const source = new EventSource('/api/v1/events');
    this.source = source;
    source.addEventListener('ready', () => {
      this.delay = RETRY_FIRST;
      this.listener.connection('live');
      this.listener.ready();
    });
    source.addEventListener('missed', () => this.listener.ready());
    source.addEventListener('screens', (event) => this.listener.changed(idsOf(event)));
    source.addEventListener('channels', (event) => this.listener.channels(idsOf(event)));
    source.addEventListener('error', () => {
      this.listener.connection('lost');
      if (source.readyState !== EventSource.CLOSED) return;
      this.listener.refused();
      this.timer = setTimeout(() => this.start(), this.delay);
      this.delay = Math.min(RETRY_MOST, this.delay * 2);
    });
  }

  stop(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
  }
}
