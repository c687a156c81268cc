// Proof: what was played, how often and for how long; for how long screens were there; and what they show.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ApiError, ask } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import { downloadCsv } from '../lib/download.js';
import { date, duration } from '../lib/format.js';
import { language, number, t } from '../lib/i18n.js';
import { dayOf, daysBefore, eachDay, percent, shareOf, sum, worstFirst, type PlayRow, type UptimeRow } from '../lib/reports.js';
import { BASE, go } from '../lib/router.js';
import { barChart, columnChart } from '../ui/chart.js';
import { PpElement } from '../ui/element.js';
import { icon } from '../ui/icons.js';
import { blankPanel, problemPanel } from '../ui/parts.js';
import '../ui/pictures.js';

const views = ['plays', 'uptime', 'pictures'] as const;
const playsBy = ['day', 'content', 'screen', 'channel'] as const;
const uptimeBy = ['site', 'screen'] as const;
const spans = [7, 30, 90, 365] as const; // days
const PAGE = 1000;
const ROWS_MAX = 20000;
const SHOWN = 200; // rows, until more are asked for
const BARS = 20;

type View = typeof views[number];
type PlaysBy = typeof playsBy[number];
type UptimeBy = typeof uptimeBy[number];
interface Asked { readonly view: View; readonly by: PlaysBy | UptimeBy; readonly from: string; readonly to: string; readonly site: string }

const one = <T extends string>(all: readonly T[], value: string | null): T => all.find((each) => each === value) ?? all[0] as T;
const isDay = (text: string | null): text is string => /^\d{4}-\d\d-\d\d$/.test(text ?? '') && !Number.isNaN(Date.parse(text ?? ''));

function askedOf(query: string): Asked {
  const values = new URLSearchParams(query);
  const view = one(views, values.get('view'));
  const to = values.get('to');
  const last = isDay(to) ? to : dayOf(new Date());
  const from = values.get('from');
  return { view, by: view === 'uptime' ? one(uptimeBy, values.get('by')) : one(playsBy, values.get('by')), from: isDay(from) ? from : daysBefore(last, 29), to: last, site: values.get('site') ?? '' };
}

class PpReports extends PpElement {
  static override properties = { query: {}, plays: { state: true }, days: { state: true }, uptime: { state: true }, capped: { state: true }, shown: { state: true }, problem: { state: true } };
  declare query: string;
  declare plays: readonly PlayRow[] | undefined;
  declare days: readonly PlayRow[]; // for the sums and the chart, whatever is asked for
  declare uptime: readonly UptimeRow[] | undefined;
  declare capped: boolean; // there is more than is read here
  declare shown: number;
  declare problem: ApiError | undefined;
  private reading = 0;

  constructor() {
    super();
    this.query = '';
    this.plays = undefined;
    this.days = [];
    this.uptime = undefined;
    this.capped = false;
    this.shown = SHOWN;
    this.problem = undefined;
    this.while.on(fleet, 'change', () => this.requestUpdate());
  }

  private get asked(): Asked { return askedOf(this.query); }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('query')) void this.load();
  }

  private set(change: Partial<Asked>): void {
    const { view, by, from, to, site } = { ...this.asked, ...change };
    go(`${BASE}/reports?${new URLSearchParams({ view, by, from, to, ...(site ? { site } : {}) })}`, { replace: true });
  }

  private async pages<T>(read: (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>): Promise<{ rows: T[]; capped: boolean }> {
    const rows: T[] = [];
    let cursor: string | undefined;
    do {
      const page = await read(cursor);
      rows.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor && rows.length < ROWS_MAX);
    return { rows, capped: cursor !== undefined };
  }

  private async load(): Promise<void> {
    const { view, by, from, to, site } = this.asked;
    const reading = ++this.reading;
    const query = { limit: PAGE, from, to, ...(site ? { site } : {}) };
    this.plays = undefined;
    this.uptime = undefined;
    this.shown = SHOWN;
    this.problem = undefined;
    if (view === 'pictures') return;
    try {
      if (view === 'uptime') {
        const { rows, capped } = await this.pages((cursor) => ask('GET /api/v1/uptime', { query: { ...query, by: by as UptimeBy, ...(cursor ? { cursor } : {}) } }));
        if (reading !== this.reading) return;
        this.capped = capped;
        this.uptime = worstFirst(rows);
        return;
      }
      const days = await this.pages((cursor) => ask('GET /api/v1/plays', { query: { ...query, by: 'day', ...(cursor ? { cursor } : {}) } }));
      const read = by === 'day' ? days : await this.pages((cursor) => ask('GET /api/v1/plays', { query: { ...query, by: by as PlaysBy, ...(cursor ? { cursor } : {}) } }));
      if (reading !== this.reading) return;
      this.capped = read.capped;
      this.days = days.rows;
      this.plays = by === 'day' ? [...read.rows].reverse() : [...read.rows].sort((a, b) => b.plays - a.plays);
    } catch (error) {
      if (reading === this.reading) this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  // ---- As a file: the names that the command line has ----

  private download(): void {
    const { view, by, from, to } = this.asked;
    const name = `pingplay-${view}-${by}-${from}-${to}.csv`;
    if (view === 'uptime') {
      const rows = (this.uptime ?? []).map((row) => [...(by === 'screen' ? [row.screen ?? '', row.name ?? ''] : []), row.site, ...[row.online_s, row.observed_s, row.screens].map(String)]);
      downloadCsv(name, [[...(by === 'screen' ? ['screen', 'name'] : []), 'site', 'online_s', 'observed_s', 'screens'], ...rows]);
      return;
    }
    const heads = { day: ['day'], content: ['content', 'title', 'channel', 'item'], screen: ['screen', 'name', 'site', 'plays_lost', 'events_missing'], channel: ['channel'] } as const;
    const names = heads[by as PlaysBy];
    downloadCsv(name, [[...names, 'plays', 'shown_ms', 'frames_late', 'screens'], ...(this.plays ?? []).map((row) => [...names.map((each) => String(row[each] ?? '')), ...[row.plays, row.shown_ms, row.frames_late, row.screens].map(String)])]);
  }

  // ---- What is seen ----

  private tools(asked: Asked): TemplateResult {
    const sites = [...new Set([...fleet.screens.values()].map(({ site }) => site).filter(Boolean))].sort((a, b) => a.localeCompare(b, language()));
    const today = dayOf(new Date());
    const span = asked.to === today ? spans.find((days) => asked.from === daysBefore(today, days - 1)) : undefined;
    const select = (id: string, label: string, chosen: string, options: readonly (readonly [string, string])[], choose: (value: string) => void): TemplateResult => html`<div class="tool"><label class="sub" for=${id}>${label}</label>
      <span class="select"><select id=${id} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>${options.map(([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`)}</select>${icon('down')}</span></div>`;
    const day = (id: 'from' | 'to'): TemplateResult => html`<div class="tool"><label class="sub" for=${id}>${t(`reports.${id}`)}</label><input id=${id} type="date" max=${today} .value=${asked[id]}
      @change=${(event: Event) => { const { value } = event.target as HTMLInputElement; if (isDay(value)) this.set(id === 'from' ? { from: value, to: asked.to < value ? value : asked.to } : { to: value, from: asked.from > value ? value : asked.from }); }}></div>`;
    const bys: readonly string[] = asked.view === 'uptime' ? uptimeBy : playsBy;
    return html`<div class="tools reports-tools">
      ${asked.view === 'pictures' ? nothing : html`${select('by', t('reports.by'), asked.by, bys.map((each) => [each, t(`reports.by_${each as PlaysBy | UptimeBy}`)] as const), (value) => this.set({ by: value as PlaysBy }))}
        ${select('span', t('reports.span'), String(span ?? ''), [...spans.map((days) => [String(days), t('reports.days', { n: days })] as const), ...(span ? [] : [['', t('reports.own_span')] as const])], (value) => { if (value) this.set({ to: today, from: daysBefore(today, Number(value) - 1) }); })}
        ${day('from')}${day('to')}`}
      ${select('site', t('screen.site'), asked.site, [['', t('reports.all_sites')], ...sites.map((site) => [site, site] as const)], (site) => this.set({ site }))}</div>`;
  }

  private tile(label: string, value: string, more: TemplateResult | typeof nothing = nothing): TemplateResult {
    return html`<div class="tile-figure"><dt>${label}</dt><dd>${value}${more}</dd></div>`;
  }

  private hours(ms: number): string { return duration(Math.round(ms / 1000), language()) || t('channel.seconds', { n: 0 }); }

  private cell(value: TemplateResult | string, label: string, more = ''): TemplateResult { return html`<td class="number ${more}" data-label=${label}>${value}</td>`; }

  private gaps(row: PlayRow): TemplateResult {
    const [lost, missing] = [row.plays_lost ?? 0, row.events_missing ?? 0];
    if (!lost && !missing) return html`<span class="sub">${t('reports.no_gaps')}</span>`;
    return html`<span class="gap">${icon('trouble')}<span>${[lost ? t('reports.lost', { n: lost }) : '', missing ? t('reports.missing', { n: missing }) : ''].filter(Boolean).join(', ')}</span></span>`;
  }

  private what(row: PlayRow, by: PlaysBy): TemplateResult | string {
    switch (by) {
      case 'day': return date(new Date(`${row.day}T12:00:00Z`), language());
      case 'screen': return html`<a href="${BASE}/screens/${row.screen}">${row.name}</a> <span class="sub">${row.site}</span>`;
      case 'channel': return row.channel ? html`<a href="${BASE}/channels/${row.channel}">${row.channel}</a>` : t('reports.no_channel');
      case 'content': return row.content ? html`<a href="${BASE}/content/${row.content}">${row.title || t('channel.file')}</a>` : html`${row.title || row.item || t('reports.not_known')} <span class="sub">${row.channel}</span>`;
    }
  }

  private playsTable(rows: readonly PlayRow[], by: PlaysBy): TemplateResult {
    const heads = [t(`reports.by_${by}`), t('reports.plays'), t('reports.shown'), t('reports.late'), t(by === 'screen' ? 'reports.gaps' : 'reports.screens')] as const;
    return html`<table class="report"><caption class="sr">${t('reports.table', { by: heads[0] })}</caption><thead><tr>${heads.map((head, i) => html`<th scope="col" class=${i ? 'number' : ''}>${head}</th>`)}</tr></thead>
      <tbody>${rows.slice(0, this.shown).map((row) => html`<tr><th scope="row">${this.what(row, by)}</th>${this.cell(number(row.plays), heads[1])}${this.cell(this.hours(row.shown_ms), heads[2])}${this.cell(number(row.frames_late), heads[3])}
        ${by === 'screen' ? this.cell(this.gaps(row), heads[4]) : this.cell(number(row.screens), heads[4])}</tr>`)}</tbody></table>${this.more(rows.length)}`;
  }

  private more(all: number): TemplateResult | typeof nothing {
    if (this.capped) return html`<p class="note">${t('reports.capped', { n: ROWS_MAX })}</p>`;
    return all > this.shown ? html`<div class="more"><button class="button" @click=${() => { this.shown += SHOWN; }}>${t('content.more')}</button></div>` : nothing;
  }

  private playsView(rows: readonly PlayRow[], { by, from, to }: Asked): TemplateResult {
    if (!rows.length) return blankPanel('chart', t('reports.none_title'), t('reports.none_text'));
    const days = eachDay(this.days, from, to);
    const most = days.reduce((top, each) => (each.plays > top.plays ? each : top), days[0] ?? { day: from, plays: 0, shown_ms: 0 });
    const when = (day: string): string => date(new Date(`${day}T12:00:00Z`), language());
    const lost = sum(rows, ({ plays_lost: n }) => n ?? 0);
    const missing = sum(rows, ({ events_missing: n }) => n ?? 0);
    const gappy = rows.filter(({ plays_lost: a, events_missing: b }) => a || b).length;
    return html`<dl class="figures">${this.tile(t('reports.plays'), number(sum(this.days, ({ plays }) => plays)))}${this.tile(t('reports.shown'), this.hours(sum(this.days, ({ shown_ms: ms }) => ms)))}${this.tile(t('reports.late'), number(sum(this.days, ({ frames_late: n }) => n)))}
        ${by === 'screen' ? this.tile(t('reports.gaps'), gappy ? t('reports.gappy', { n: gappy }) : t('reports.no_gaps')) : nothing}</dl>
      ${gappy ? html`<p class="callout">${icon('trouble')}<span>${t('reports.gaps_text', { lost: number(lost), missing: number(missing) })}</span></p>` : nothing}
      <section class="card">${columnChart(t('reports.chart', { n: most.plays, day: when(most.day) }), days.map(({ day, plays }) => ({ label: `${when(day)}: ${number(plays)}`, value: plays })), number(most.plays), when(from), when(to))}</section>
      <section class="card table-card">${this.playsTable(rows, by as PlaysBy)}</section>`;
  }

  private uptimeView(rows: readonly UptimeRow[], { by }: Asked): TemplateResult {
    const known = rows.filter((row) => shareOf(row) !== undefined);
    if (!known.length) return blankPanel('chart', t('reports.none_title'), t('reports.uptime_none'));
    const all = { online_s: sum(known, ({ online_s: s }) => s), observed_s: sum(known, ({ observed_s: s }) => s) };
    const nameOf = (row: UptimeRow): string => (by === 'screen' ? row.name ?? '' : row.site || t('screens.no_site'));
    const away = (row: Pick<UptimeRow, 'online_s' | 'observed_s'>): string => (row.observed_s - row.online_s > 0 ? duration(row.observed_s - row.online_s, language()) : '—');
    const heads = [t(by === 'screen' ? 'reports.by_screen' : 'screen.site'), t('reports.uptime'), t('reports.away'), t(by === 'screen' ? 'screen.site' : 'reports.screens')] as const;
    const bars = known.slice(0, BARS);
    return html`<dl class="figures">${this.tile(t('reports.uptime'), percent(shareOf(all), language()))}${this.tile(t('reports.away_all'), away(all))}${this.tile(t('reports.worst'), nameOf(known[0] as UptimeRow), html` <span class="sub">${percent(shareOf(known[0] as UptimeRow), language())}</span>`)}</dl>
      <div class="beside"><section class="card"><h2>${t(known.length > BARS ? 'reports.bars_worst' : 'reports.bars', { n: BARS })}</h2>${barChart(t('reports.bars_name', { name: nameOf(known[0] as UptimeRow), share: percent(shareOf(known[0] as UptimeRow), language()) }), bars.map((row) => ({ label: nameOf(row), share: shareOf(row) ?? 0, text: percent(shareOf(row), language()) })))}</section>
        <section class="card table-card"><table class="report"><caption class="sr">${t('reports.uptime_table')}</caption><thead><tr>${heads.map((head, i) => html`<th scope="col" class=${i ? 'number' : ''}>${head}</th>`)}</tr></thead>
          <tbody>${rows.slice(0, this.shown).map((row) => html`<tr><th scope="row">${by === 'screen' ? html`<a href="${BASE}/screens/${row.screen}">${row.name}</a>` : nameOf(row)}</th>${this.cell(percent(shareOf(row), language()), heads[1])}${this.cell(away(row), heads[2])}
            ${this.cell(by === 'screen' ? row.site || t('screens.no_site') : number(row.screens), heads[3])}</tr>`)}</tbody></table>${this.more(rows.length)}</section></div>`;
  }

  private body(asked: Asked): TemplateResult {
    if (asked.view === 'pictures') return html`<pp-pictures .site=${asked.site}></pp-pictures>`;
    if (this.problem) return problemPanel(this.problem, () => void this.load());
    if (asked.view === 'plays' && this.plays) return this.playsView(this.plays, asked);
    if (asked.view === 'uptime' && this.uptime) return this.uptimeView(this.uptime, asked);
    return html`<div class="skeleton" aria-busy="true"><span class="sr" role="status">${t('app.loading')}</span><div class="skeleton-row"></div><div class="skeleton-row tall"></div></div>`;
  }

  override render(): TemplateResult {
    const { asked } = this;
    const able = asked.view === 'plays' ? this.plays?.length : asked.view === 'uptime' ? this.uptime?.length : 0;
    return html`<header class="head"><div><h1>${t('reports.title')}</h1><p class="head-sub">${t(`reports.lead_${asked.view}`)}</p></div>
        ${asked.view === 'pictures' ? nothing : html`<button class="button" aria-disabled=${able ? 'false' : 'true'} @click=${() => { if (able) this.download(); }}>${icon('download')}<span>${t('reports.csv')}</span></button>`}</header>
      <nav class="tabs" aria-label=${t('reports.title')}>${views.map((view) => html`<a class="tab" href="${BASE}/reports?${new URLSearchParams({ view, from: asked.from, to: asked.to, ...(asked.site ? { site: asked.site } : {}) })}" aria-current=${view === asked.view ? 'page' : nothing}>${t(`reports.view_${view}`)}</a>`)}</nav>
      ${this.tools(asked)}${this.body(asked)}`;
  }
}
customElements.define('pp-reports', PpReports);
