// The console: who is signed in, which page, and what stands around it.
import { html, nothing, type TemplateResult } from 'lit';

import { currentSession, sessionEnds, signOut } from './api/client.js';
import { fleet } from './api/fleet.js';
import { uploads } from './api/uploads.js';
import type { Session } from './api/schema.js';
import { chooseLanguage, language, languages, t, type Language, type Word } from './lib/i18n.js';
import { BASE, go, moved, routeOf, type Route } from './lib/router.js';
import { administers, administersSomething } from './lib/rights.js';
import { density, theme, type Density, type Theme } from './lib/settings.js';
import { PpElement } from './ui/element.js';
import { brand, icon, type Icon } from './ui/icons.js';
import { lazy } from './ui/lazy.js';
import { blankPanel, message } from './ui/parts.js';
import { toast } from './ui/toast.js';
import './ui/dialog.js';
import './ui/menu.js';
import './pages/sign-in.js';
import './pages/screens.js';

// Pages that are not seen first.
const loads = {
  add: () => import('./pages/add.js'), screen: () => import('./pages/screen.js'),
  people: () => import('./pages/people.js'),
  licences: () => import('./pages/licences.js'),
  feed: () => import('./pages/feed.js'), feeds: () => import('./pages/feeds.js'),
  messages: () => import('./pages/messages.js'),
  reports: () => import('./pages/reports.js'),
  account: () => import('./pages/account.js'), alerts: () => import('./pages/alerts.js'), channel: () => import('./pages/channel.js'), channels: () => import('./pages/channels.js'), content: () => import('./pages/content.js'), 'content-one': () => import('./pages/content-one.js'), schedule: () => import('./pages/schedule.js'), groups: () => import('./pages/groups.js'), group: () => import('./pages/group.js'), level: () => import('./pages/level.js'), setup: () => import('./pages/setup.js'),
};

const SOON_MS = 4000;
const LOST_MS = 3000; // a connection that is back so soon was no trouble

// Those that are `rest` stand behind "More" on a phone, whose bar has room for five.
interface Place { readonly page: Route['page']; readonly href: string; readonly icon: Icon; readonly word: Word; readonly short: Word; readonly rest?: true; seen?(roles: readonly string[]): boolean }
const places: readonly Place[] = [
  { page: 'screens', href: `${BASE}/`, icon: 'screens', word: 'nav.screens', short: 'nav.screens' },
  { page: 'content', href: `${BASE}/content`, icon: 'content', word: 'nav.content', short: 'nav.content' },
  { page: 'channels', href: `${BASE}/channels`, icon: 'channel', word: 'nav.channels', short: 'nav.channels' },
  { page: 'add', href: `${BASE}/add`, icon: 'add', word: 'nav.add', short: 'nav.add_short' },
  { page: 'feeds', href: `${BASE}/feeds`, icon: 'feed', word: 'nav.feeds', short: 'nav.feeds_short', rest: true },
  { page: 'messages', href: `${BASE}/messages`, icon: 'siren', word: 'nav.messages', short: 'nav.messages', rest: true },
  { page: 'reports', href: `${BASE}/reports`, icon: 'chart', word: 'nav.reports', short: 'nav.reports', rest: true },
  { page: 'alerts', href: `${BASE}/alerts`, icon: 'bell', word: 'nav.alerts', short: 'nav.alerts', rest: true, seen: administersSomething },
  { page: 'people', href: `${BASE}/people`, icon: 'people', word: 'nav.people', short: 'nav.people', rest: true, seen: administers },
];
const titles: Record<Route['page'], Word> = {
  people: 'people.title',
  licences: 'licences.title',
  feed: 'feeds.title',
  feeds: 'feeds.title',
  messages: 'messages.title',
  reports: 'reports.title',
  screens: 'screens.title', screen: 'nav.screens', groups: 'groups.title', group: 'groups.title', settings: 'level.title', add: 'add.title', account: 'account.title', alerts: 'alerts.title', more: 'more.title', channel: 'channels.title', channels: 'channels.title', content: 'content.title', 'content-one': 'content.title', schedule: 'schedule.title', setup: 'setup.title', 'sign-in': 'sign_in.title', 'not-found': 'not_found.title',
};

class PpConsole extends PpElement {
  static override properties = { session: { state: true }, route: { state: true }, lost: { state: true }, online: { state: true }, notice: { state: true }, failed: { state: true } };
  declare session: Session | null | undefined; // null: nobody; undefined: not known yet
  declare route: Route;
  declare lost: boolean;
  declare online: boolean;
  declare notice: Word | '';
  declare failed: unknown;
  private timer = 0;

  constructor() {
    super();
    this.session = undefined;
    this.route = routeOf(location.pathname, location.search);
    this.lost = false;
    this.online = navigator.onLine;
    this.notice = '';
    this.while.on(moved, 'move', () => this.move());
    this.while.on(sessionEnds, 'end', () => this.ended());
    this.while.on(fleet, 'change', () => this.hear());
    this.while.on(window, 'online', () => { this.online = true; });
    this.while.on(window, 'offline', () => { this.online = false; });
    if (!['setup', 'sign-in'].includes(this.route.page)) fleet.begin();
    void this.begin();
  }

  private async begin(): Promise<void> {
    this.failed = undefined;
    try {
      this.enter((await currentSession()) ?? null);
    } catch (error) {
      this.failed = error;
    }
  }

  private enter(session: Session | null): void {
    this.session = session;
    if (session) {
      this.notice = '';
      fleet.start();
      setTimeout(() => void loads.screen().catch(() => {}), SOON_MS); // what is opened next, once the first page is there
      if (this.route.page === 'sign-in') go(this.route.next, { replace: true });
      if (this.route.page === 'setup') go(`${BASE}/`, { replace: true }); // the link does not stay in the history
    } else if (this.route.page !== 'sign-in' && this.route.page !== 'setup') {
      const here = location.pathname + location.search;
      go(here === `${BASE}/` ? `${BASE}/sign-in` : `${BASE}/sign-in?next=${encodeURIComponent(here)}`, { replace: true });
    }
  }

  private ended(): void {
    if (!this.session) return;
    this.notice = 'sign_in.ended';
    fleet.stop();
    uploads.forget();
    this.enter(null);
  }

  private async leave(): Promise<void> {
    try {
      await signOut();
    } catch (error) {
      toast(message(error), 'bad');
      return;
    }
    this.session = null;
    this.notice = 'sign_in.out';
    fleet.stop();
    uploads.forget();
    go(`${BASE}/sign-in`);
  }

  private move(): void {
    const before = this.route;
    this.route = routeOf(location.pathname, location.search);
    if (this.session && this.route.page === 'sign-in') go(this.route.next, { replace: true });
    if (this.session === null) this.enter(null);
    if (before.page === this.route.page && !('id' in this.route)) return;
    if (!this.session) return; // signing in has a focus of its own
    scrollTo(0, 0);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('#main')?.focus({ preventScroll: true }));
  }

  // The banner waits a moment, and goes at once.
  private hear(): void {
    if (fleet.connection === 'lost') {
      this.timer ||= setTimeout(() => { this.lost = fleet.connection !== 'live'; }, LOST_MS);
    } else if (fleet.connection === 'live') {
      clearTimeout(this.timer);
      this.timer = 0;
      if (this.lost) toast(t('connection.back'));
      this.lost = false;
    }
  }

  protected override updated(): void {
    document.title = `${t(titles[this.route.page])} · ${t('app.name')}`;
  }

  private choice<T extends string>(legend: Word, name: string, chosen: T, all: readonly (readonly [T, string])[], choose: (value: T) => void): TemplateResult {
    return html`<fieldset class="choice"><legend>${t(legend)}</legend><div class="choice-row">${all.map(([value, text]) => html`<label class="choice-one"><input type="radio" name=${name} value=${value}
      .checked=${value === chosen} @change=${() => { choose(value); this.requestUpdate(); }}><span>${text}</span></label>`)}</div></fieldset>`;
  }

  private menu(session: Session, place: 'above' | 'below'): TemplateResult {
    const panel = (): TemplateResult => html`<p class="menu-name">${icon('user')}<span>${session.name}</span></p>
      ${this.choice<Language>('menu.language', `language-${place}`, language(), languages, chooseLanguage)}
      ${this.choice<Theme>('menu.theme', `theme-${place}`, theme.get(), [['auto', t('menu.theme_auto')], ['light', t('menu.theme_light')], ['dark', t('menu.theme_dark')]], theme.set)}
      ${this.choice<Density>('menu.density', `density-${place}`, density.get(), [['comfortable', t('menu.density_comfortable')], ['compact', t('menu.density_compact')]], density.set)}
      <a class="menu-item" href="${BASE}/account">${icon('key')}<span>${t('account.title')}</span></a>
      <a class="menu-item" href="/admin/screens" target="_self">${icon('external')}<span>${t('menu.classic')}</span></a>
      <a class="menu-item" href="${BASE}/licences">${icon('list')}<span>${t('menu.licences')}</span></a>
      <button class="menu-item" @click=${() => void this.leave()}>${icon('out')}<span>${t('menu.sign_out')}</span></button>`;
    return html`<pp-menu place=${place} label=${t('nav.account', { name: session.name })} .panel=${panel}
      .button=${html`<span class="avatar" data-letter=${session.name.slice(0, 1).toUpperCase()}></span><span class="menu-button-name">${session.name}</span>`}></pp-menu>`;
  }

  private navigation(): TemplateResult {
    const here = { screen: 'screens', groups: 'screens', group: 'screens', settings: 'screens', 'content-one': 'content', channel: 'channels', schedule: 'channels', feed: 'feeds' }[this.route.page as string] ?? this.route.page;
    return html`<nav class="nav" aria-label=${t('app.navigation')}>${this.places().map((place) => html`<a class="nav-link ${place.rest ? 'nav-rest' : ''}" href=${place.href} aria-current=${place.page === here ? 'page' : nothing}>
      ${icon(place.icon)}<span class="nav-long">${t(place.word)}</span><span class="nav-short" aria-hidden="true">${t(place.short)}</span></a>`)}
      ${this.places().some(({ rest }) => rest) ? html`<a class="nav-link nav-more" href="${BASE}/more" aria-current=${here === 'more' || this.places().some(({ page, rest }) => rest && page === here) ? 'page' : nothing}>${icon('more')}<span class="nav-long">${t('nav.more')}</span><span class="nav-short" aria-hidden="true">${t('nav.more')}</span></a>` : nothing}</nav>`;
  }

  private places(): readonly Place[] { return places.filter(({ seen }) => seen?.(this.session?.roles ?? []) ?? true); }

  // What the bar of a phone has no room for.
  private more(): TemplateResult {
    return html`<header class="head"><div><h1>${t('more.title')}</h1></div></header><ul class="lines">${this.places().filter(({ rest }) => rest).map((place) => html`<li class="line"><span class="line-icon">${icon(place.icon)}</span><span class="line-text"><a class="stretch" href=${place.href}>${t(place.word)}</a></span></li>`)}</ul>`;
  }

  private lazy(name: keyof typeof loads, page: () => TemplateResult): TemplateResult { return lazy(loads[name], page, () => this.requestUpdate()); }

  private page(): TemplateResult {
    const { route } = this;
    switch (route.page) {
      case 'screens': return html`<pp-screens></pp-screens>`;
      case 'screen': return this.lazy('screen', () => html`<pp-screen .screenId=${route.id}></pp-screen>`);
      case 'reports': return this.lazy('reports', () => html`<pp-reports .query=${route.query}></pp-reports>`);
      case 'people': return this.lazy('people', () => html`<pp-people></pp-people>`);
      case 'licences': return this.lazy('licences', () => html`<pp-licences></pp-licences>`);
      case 'more': return this.more();
      case 'messages': return this.lazy('messages', () => html`<pp-messages></pp-messages>`);
      case 'alerts': return this.lazy('alerts', () => html`<pp-alerts></pp-alerts>`);
      case 'account': return this.lazy('account', () => html`<pp-account name=${this.session?.name ?? ''}></pp-account>`);
      case 'channels': return this.lazy('channels', () => html`<pp-channels></pp-channels>`);
      case 'schedule': return this.lazy('schedule', () => html`<pp-schedule .channelId=${route.id}></pp-schedule>`);
      case 'channel': return this.lazy('channel', () => html`<pp-channel .channelId=${route.id}></pp-channel>`);
      case 'groups': return this.lazy('groups', () => html`<pp-groups></pp-groups>`);
      case 'group': return this.lazy('group', () => html`<pp-group .groupId=${route.id}></pp-group>`);
      case 'settings': return this.lazy('level', () => html`<pp-level .site=${route.site}></pp-level>`);
      case 'feeds': return this.lazy('feeds', () => html`<pp-feeds></pp-feeds>`);
      case 'feed': return this.lazy('feed', () => html`<pp-feed .feedName=${route.id}></pp-feed>`);
      case 'content': return this.lazy('content', () => html`<pp-content></pp-content>`);
      case 'content-one': return this.lazy('content-one', () => html`<pp-content-one .contentId=${route.id}></pp-content-one>`);
      case 'add': return this.lazy('add', () => html`<pp-add .code=${route.code}></pp-add>`);
      default: return html`<h1 class="sr">${t('not_found.title')}</h1>${blankPanel('search', t('not_found.title'), t('not_found.text'), html`<a class="button primary" href="${BASE}/">${t('not_found.home')}</a>`)}`;
    }
  }

  private banner(): TemplateResult {
    const text = !this.online ? t('connection.offline') : this.lost ? t('connection.lost') : '';
    return html`<div role="status" class="banner-place">${text ? html`<p class="banner">${icon('offline')}<span>${text}</span></p>` : nothing}</div>`;
  }

  override render(): TemplateResult {
    if (this.failed) {
      return html`<main id="main" class="alone" tabindex="-1"><h1 class="sr">${t('error.title')}</h1>${blankPanel('offline', t('error.title'), message(this.failed),
        html`<button class="button primary" @click=${() => void this.begin()}>${t('action.retry')}</button>`)}</main>`;
    }
    if (this.session === undefined) return html`<main id="main" class="alone" aria-busy="true"><p class="sr" role="status">${t('app.loading')}</p></main>`;
    if (this.session === null) {
      const enter = (event: CustomEvent<Session>): void => this.enter(event.detail);
      return html`<main id="main" class="alone" tabindex="-1">${this.route.page === 'setup' ? this.lazy('setup', () => html`<pp-setup @signed-in=${enter}></pp-setup>`)
        : html`<pp-sign-in .notice=${this.notice ? t(this.notice) : ''} @signed-in=${enter}></pp-sign-in>`}
        <div class="languages">${languages.map(([code, name]) => html`<button class="button quiet" lang=${code} aria-pressed=${code === language() ? 'true' : 'false'} @click=${() => chooseLanguage(code)}>${name}</button>`)}</div></main>`;
    }
    const { session } = this;
    return html`<a class="skip" href="#main" @click=${(event: Event) => { event.preventDefault(); this.querySelector<HTMLElement>('#main')?.focus(); }}>${t('app.skip')}</a>
      <div class="shell">
        <header class="rail"><a class="logo" href="${BASE}/" aria-label=${`${t('app.name')} – ${t('nav.screens')}`}>${brand()}<span>${t('app.name')}</span></a>${this.navigation()}<div class="rail-foot">${this.menu(session, 'above')}</div></header>
        <div class="content">${this.banner()}<main id="main" tabindex="-1">${this.page()}</main></div>
      </div>
      <pp-dialog></pp-dialog><pp-toasts></pp-toasts>`;
  }
}
customElements.define('pp-console', PpConsole);
