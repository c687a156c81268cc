// What changes at the headend, as it does: GET /api/v1/events. The browser comes again by itself where a connection breaks; where the
// headend refused, this does, ever more seldom.
import type { ScreensEvent, SettingsEvent } from './schema.js';

const idsOf = (event: Event): readonly string[] => (JSON.parse((event as MessageEvent<string>).data) as ScreensEvent).ids;

// What else is told of by ids: screens that answered, channels, groups.
export const kinds = ['commands', 'channels', 'groups', 'messages'] as const;
export type Kind = (typeof kinds)[number];

export type Connection = 'connecting' | 'live' | 'lost';

export interface Listener {
  ready(): void; // from here on nothing is missed: read what is shown
  changed(ids: readonly string[]): void;
  heard(kind: Kind, ids: readonly string[]): void;
  settings(event: SettingsEvent): void; // of the organisation, or of sites
  connection(state: Connection): void;
  refused(): void; // perhaps the session has ended
}

// Feeds have other values, or are others.
export const feedNews = new EventTarget();
const feedsChanged = (): void => { feedNews.dispatchEvent(new Event('change')); };

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
      feedsChanged();
    });
    source.addEventListener('missed', () => { this.listener.ready(); feedsChanged(); });
    source.addEventListener('screens', (event) => this.listener.changed(idsOf(event)));
    for (const kind of kinds) source.addEventListener(kind, (event) => this.listener.heard(kind, idsOf(event)));
    source.addEventListener('settings', (event) => this.listener.settings(JSON.parse((event as MessageEvent<string>).data) as SettingsEvent));
    source.addEventListener('feeds', feedsChanged);
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
