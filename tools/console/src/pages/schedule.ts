// A channel's schedule: a calendar of its draft by day, week and month, where its entries get in each other's way, and what is on at a screen when.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask, exchange } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { Channel, Draft, ScheduleDays } from '../api/schema.js';
import { number, language, t } from '../lib/i18n.js';
import { timeFormat } from '../lib/formats.js';
import { BASE } from '../lib/router.js';
import { addDays, addMonths, alone, blocksOf, dayOf, durationOf, ENTRIES_MAX, entriesOf, layoutsOf, lengthOf, minutesOf, movedBy, recurs, resized, ruleOf, startOfWeek, timeOf, tones, wallNow, weekdayOf, weekStart, withEntries, withLayouts, without, type Block, type Entry, type Occurrence } from '../lib/schedule.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import type { CalendarImport } from '../ui/calendar-import.js';
import { clockTime, dayName, ruleWords, weekdayName, type EntryForm } from '../ui/entry-form.js';
import { icon } from '../ui/icons.js';
import { blankPanel, clock, message, now, problemPanel, problemText } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { vars } from '../ui/vars.js';
import '../ui/calendar-import.js';
import '../ui/entry-form.js';
import '../ui/menu.js';
import '../ui/on-at.js';

type View = 'day' | 'week' | 'month';
const STEP = 15; // minutes
const HOUR_SEEN = 7; // at the top, at first
const CHIPS = 3; // of a day in the month
const CONFLICTS = 12;
const FAR = 4; // pixels that make a press a pull

// What comes and goes by its own dates is the default layout still, and no entry of anybody's.
function written(days: ScheduleDays): ScheduleDays {
  const own = days.events.filter(({ made }) => !made).length;
  return { ...days, occurrences: days.occurrences.filter(({ event }) => event < own), conflicts: days.conflicts.filter(({ events }) => events.every((one) => one < own)),
    spans: days.spans.map((span) => (span.event !== null && span.event >= own ? { ...span, event: null, layout: days.default_layout } : span)) };
}

class PpSchedule extends PpElement {
  static override properties = { channelId: {}, channel: { state: true }, draft: { state: true }, days: { state: true }, view: { state: true }, day: { state: true }, zone: { state: true }, problem: { state: true }, refusal: { state: true }, saving: { state: true }, said: { state: true }, drawn: { state: true }, narrow: { state: true } };
  declare channelId: string;
  declare channel: Channel | undefined;
  declare draft: Draft | undefined;
  declare days: ScheduleDays | undefined;
  declare view: View;
  declare day: string; // that is looked at
  declare zone: string; // "": that of the most screens
  declare problem: ApiError | undefined;
  declare refusal: string; // why there is nothing to show, in the headend's words
  declare saving: boolean;
  declare said: string; // for who cannot see it
  declare drawn: { readonly day: string; readonly from: number; readonly to: number } | undefined; // of an entry to come
  declare narrow: boolean;
  private etag = '';
  private reading = 0;
  private ids: ReadonlyMap<Occurrence, string> = new Map(); // each occurrence's, the same after it has moved
  private saves: Promise<void> = Promise.resolve();
  private others = 0; // how often somebody else has changed the draft since this page came
  private scrolled = false;
  private chosen = false; // the view
  private readonly media = matchMedia('(max-width: 639px)');

  constructor() {
    super();
    this.channelId = '';
    this.channel = undefined;
    this.draft = undefined;
    this.days = undefined;
    this.narrow = this.media.matches;
    this.view = this.narrow ? 'day' : 'week';
    this.day = '';
    this.zone = '';
    this.problem = undefined;
    this.refusal = '';
    this.saving = false;
    this.said = '';
    this.drawn = undefined;
    this.while.on(clock, 'tick', () => this.requestUpdate());
    this.while.on(this.media, 'change', () => this.turned());
    this.while.on(fleet, 'again', () => void this.hear());
    this.while.on(fleet, 'channels', (event) => { if ((event as CustomEvent<readonly string[]>).detail.includes(this.channelId)) void this.hear(); });
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('channelId')) return;
    this.channel = undefined;
    this.day = '';
    void this.load();
  }

  // A week does not fit onto a phone; where nobody has chosen anything, it is what is seen on anything wider.
  private turned(): void {
    this.narrow = this.media.matches;
    if (this.narrow && this.view === 'week') this.show('day');
    else if (!this.narrow && !this.chosen) this.show('week');
  }

  protected override updated(): void {
    const grid = this.querySelector<HTMLElement>('.week-scroll');
    if (!grid || this.scrolled) return;
    this.scrolled = true;
    grid.scrollTop = (grid.scrollHeight / 24) * HOUR_SEEN;
  }

  // ---- What is shown ----

  private get first(): number { return weekStart(language(), navigator.languages); }

  private range(): [string, string] {
    if (this.view !== 'month') { const from = startOfWeek(this.day, this.first); return [from, addDays(from, 7)]; }
    const from = startOfWeek(`${this.day.slice(0, 8)}01`, this.first);
    return [from, addDays(from, 42)];
  }

  private async load(): Promise<void> {
    const path = { id: this.channelId };
    try {
      const [channel, draft] = await Promise.all([ask('GET /api/v1/channels/{id}', { path }), exchange('GET /api/v1/channels/{id}/draft', { path })]);
      if (path.id !== this.channelId) return;
      this.channel = channel;
      this.take(draft.value, draft.headers.get('etag') ?? '');
      this.problem = undefined;
      await this.look();
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  private take(draft: Draft, etag: string): void {
    if (etag !== this.etag) this.others += 1;
    this.draft = draft;
    this.etag = etag;
  }

  // What somebody else has changed. What is being saved here is waited for, and answers from before it are dropped.
  private async hear(): Promise<void> {
    const path = { id: this.channelId };
    const { saves } = this;
    await saves;
    const draft = await exchange('GET /api/v1/channels/{id}/draft', { path }).catch(() => undefined);
    const etag = draft?.headers.get('etag') ?? '';
    if (!draft || saves !== this.saves || path.id !== this.channelId || etag === this.etag) return;
    this.take(draft.value, etag);
    await this.look();
  }

  // What a dialog began with is no longer so: it saves nothing over it.
  private unchanged(others: number): void {
    if (others !== this.others) throw new Error(problemText('changed-meanwhile'));
  }

  private async look(): Promise<void> {
    const reading = ++this.reading;
    const path = { id: this.channelId };
    this.day ||= wallNow(this.zone || Intl.DateTimeFormat().resolvedOptions().timeZone, now()).slice(0, 10);
    const [from, to] = this.range();
    try {
      const days = await ask('GET /api/v1/channels/{id}/schedule', { path, query: { draft: 'true', from, to, ...(this.zone ? { time_zone: this.zone } : {}) } });
      if (reading !== this.reading) return;
      const focused = (document.activeElement as HTMLElement | null)?.dataset['entry'];
      const counts = new Map<number, number>();
      this.ids = new Map(days.occurrences.map((one) => { const n = counts.get(one.event) ?? 0; counts.set(one.event, n + 1); return [one, `${one.event}.${n}`]; }));
      this.days = days.plain ? days : written(days);
      this.refusal = '';
      await this.updateComplete;
      if (focused) this.querySelector<HTMLElement>(`[data-entry="${focused}"]`)?.focus({ preventScroll: true }); // wherever it has gone
    } catch (error) {
      if (reading !== this.reading) return;
      if (!(error instanceof ApiError) || !['state-conflict', 'query-invalid'].includes(error.code)) { toast(message(error), 'bad'); return; }
      this.days = undefined;
      this.refusal = error.code === 'query-invalid' ? t('schedule.too_much') : error.message;
    }
    void this.querySelector<HTMLElement & { load(): Promise<void> }>('pp-on-at')?.load();
  }

  private show(view: View, day = this.day): void {
    this.view = view;
    this.day = day;
    this.scrolled = this.scrolled && view === 'week';
    void this.look();
  }

  private step(by: number): void {
    this.show(this.view, this.view === 'month' ? addMonths(this.day, by) : addDays(this.day, by * 7));
  }

  // ---- Changing it ----

  private get entries(): readonly Entry[] { return this.draft ? entriesOf(this.draft.document) : []; }

  // One after the other: each is made of what the one before has left.
  private async save(make: () => Draft['document'], said: string): Promise<void> {
    const turn = this.saves.then(() => this.put(make(), said));
    this.saves = turn.catch(() => undefined);
    return turn;
  }

  private async put(document: Draft['document'], said: string): Promise<void> {
    this.saving = true;
    try {
      const { value, headers } = await exchange('PUT /api/v1/channels/{id}/draft', { path: { id: this.channelId }, body: document, headers: { 'if-match': this.etag } });
      this.draft = value;
      this.etag = headers.get('etag') ?? '';
      this.said = said;
      await this.look();
    } catch (error) {
      if (error instanceof ApiError && error.code === 'changed-meanwhile') await this.load();
      throw error;
    } finally {
      this.saving = false;
    }
  }

  // Of what no dialog waits for.
  private async keep(change: (entries: readonly Entry[]) => readonly Entry[], said: string): Promise<void> {
    const { draft } = this;
    if (!draft) return;
    try {
      await this.save(() => withEntries((this.draft ?? draft).document, change(this.entries)), said);
    } catch (error) {
      toast(error instanceof ApiError && error.code === 'body-invalid' ? t('schedule.refused', { text: error.message }) : message(error), 'bad');
      await this.load();
    }
  }

  private edit(index: number, wall: string, made?: Entry): void {
    const { draft, others } = this;
    if (!draft) return;
    const document = withLayouts(draft.document);
    const entry = made ?? this.entries[index];
    if (!entry) return;
    const form = (): EntryForm => this.ownerDocument.querySelector('pp-dialog pp-entry-form') as EntryForm;
    const remove = made ? undefined : (scope: 'all' | 'one'): void => {
      const dialog = form().closest('dialog');
      dialog?.addEventListener('close', () => this.remove_(index, wall, scope), { once: true });
      dialog?.close();
    };
    askFor({
      title: made ? t('entry.new') : t('entry.edit', { n: index + 1 }), action: t('action.save'),
      fields: () => html`<pp-entry-form .entry=${entry} .document=${document} .wall=${made ? '' : wall} .first=${this.first} .remove_=${remove}></pp-entry-form>`,
      run: async (element) => {
        this.unchanged(others);
        const read = form().read(element);
        const after = (before: readonly Entry[]): readonly Entry[] => (made ? [...before, read.entry] : before.flatMap((one, i) => (i !== index ? [one] : read.scope === 'one' ? [without(one, wall), read.entry] : [read.entry])));
        if (after(this.entries).length > ENTRIES_MAX) throw new Error(t('schedule.too_many', { n: ENTRIES_MAX }));
        try {
          await this.save(() => withEntries(read.document, after(this.entries)), t('schedule.saved', { layout: read.entry.layout }));
        } catch (error) {
          throw error instanceof ApiError && error.code === 'body-invalid' ? new Error(t('schedule.refused', { text: error.message })) : error;
        }
      },
    });
  }

  private remove_(index: number, wall: string, scope: 'all' | 'one'): void {
    const entry = this.entries[index];
    if (!entry) return;
    const alone_ = scope === 'one' && recurs(entry);
    void this.keep((entries) => (alone_ ? entries.map((one, i) => (i === index ? without(one, wall) : one)) : entries.filter((_, i) => i !== index)), t('schedule.removed', { layout: entry.layout }));
  }

  private erase(index: number, wall: string): void {
    const entry = this.entries[index];
    if (entry && recurs(entry)) this.askScope(t('schedule.erase_title'), t('action.remove'), wall, (scope) => this.remove_(index, wall, scope));
    else this.remove_(index, wall, 'all');
  }

  private add(day: string, from = 480, to = from + 60): void {
    const { draft } = this;
    if (!draft) return;
    const document = withLayouts(draft.document);
    const layout = layoutsOf(document).find((one) => one !== document.default_layout) ?? document.default_layout ?? '';
    this.edit(-1, '', { layout, dtstart: timeOf(minutesOf(day) + from), duration: durationOf(to - from) });
  }

  // A calendar is read by the headend, and then a person says what its events are to show.
  private bring(): void {
    const input = this.ownerDocument.createElement('input');
    input.type = 'file';
    input.accept = '.ics,text/calendar';
    input.addEventListener('change', () => { const [file] = input.files ?? []; if (file) void this.import_(file); });
    input.click();
  }

  private async import_(file: Blob): Promise<void> {
    const { draft, others } = this;
    if (!draft) return;
    try {
      const read = await ask('POST /api/v1/channels/{id}/schedule/calendar', { path: { id: this.channelId }, body: file, headers: { 'content-type': 'text/calendar' } });
      const document = withLayouts(draft.document);
      askFor({
        title: t('import.title'), action: t('import.action'),
        fields: () => html`<pp-calendar-import .read=${read} .document=${document}></pp-calendar-import>`,
        run: async (form) => {
          this.unchanged(others);
          const entries = (form.querySelector('pp-calendar-import') as CalendarImport).entries(form);
          if (this.entries.length + entries.length > ENTRIES_MAX) throw new Error(t('schedule.too_many', { n: ENTRIES_MAX }));
          try {
            await this.save(() => withEntries(document, [...this.entries, ...entries]), t('import.done', { n: entries.length }));
          } catch (error) {
            throw error instanceof ApiError && error.code === 'body-invalid' ? new Error(t('schedule.refused', { text: error.message })) : error;
          }
          toast(t('import.done', { n: entries.length }));
        },
      });
    } catch (error) {
      toast(error instanceof ApiError && error.code === 'body-invalid' ? t('schedule.refused', { text: error.message }) : message(error), 'bad');
    }
  }

  // Where somebody has pulled one occurrence of many: that one, or all?
  private move(index: number, wall: string, minutes: number, ask_ = true): void {
    const entry = this.entries[index];
    if (!entry || !minutes) return;
    const change = (moved: Entry | undefined, all: (entries: readonly Entry[]) => readonly Entry[]): void => {
      if (moved) void this.keep(all, t('schedule.moved', { layout: moved.layout, when: this.when(moved.dtstart) }));
      else toast(t('schedule.cannot_move'), 'bad');
    };
    const whole = movedBy(entry, minutes);
    const everything = (entries: readonly Entry[]): readonly Entry[] => entries.map((one, i) => (i === index ? movedBy(one, minutes) ?? one : one));
    if (!recurs(entry) || !ask_) { change(whole, everything); return; }
    this.askScope(t('schedule.move_title'), t('action.save'), wall, (scope) => {
      if (scope === 'all') { change(whole, everything); return; }
      const one = movedBy(alone(entry, wall), minutes);
      change(one, (entries) => entries.flatMap((other, i) => (i === index && one ? [without(other, wall), one] : [other])));
    });
  }

  // Of what recurs: that one occurrence, or all?
  private askScope(title: string, action: string, wall: string, run: (scope: 'one' | 'all') => void): void {
    const { others } = this;
    askFor({
      title, action,
      fields: () => html`<fieldset class="choice"><legend>${t('entry.scope')}</legend><div class="choice-row">${(['one', 'all'] as const).map((one, i) => html`<label class="choice-one"><input type="radio" name="scope" value=${one} .checked=${i === 0}>
        <span>${one === 'all' ? t('entry.scope_all') : t('entry.scope_one', { day: dayName(dayOf(wall)) })}</span></label>`)}</div></fieldset>`,
      run: async (form) => {
        this.unchanged(others);
        run(new FormData(form).get('scope') === 'all' ? 'all' : 'one');
      },
    });
  }

  private stretch(index: number, minutes: number): void {
    const entry = this.entries[index];
    if (!entry || !minutes) return;
    void this.keep((entries) => entries.map((one, i) => (i === index ? resized(one, Math.max(STEP, lengthOf(one) + minutes)) : one)), t('schedule.moved', { layout: entry.layout, when: this.when(entry.dtstart) }));
  }

  private when(time: string): string { return `${dayName(dayOf(time))} ${clockTime(time)}`; }

  // ---- Keys and pointers ----

  private pressed(event: KeyboardEvent, { event: index, wall }: Occurrence, up: number): void {
    const across: Record<string, number> = { ArrowUp: -up, ArrowDown: up, ArrowLeft: -1440, ArrowRight: 1440 };
    const by = across[event.key];
    if (event.key === 'Delete') { event.preventDefault(); this.erase(index, wall ?? ''); return; }
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey || this.days?.plain) return;
    event.preventDefault();
    if (event.shiftKey && Math.abs(by) < 1440) this.stretch(index, by);
    else this.move(index, wall ?? '', by, false);
  }

  // With a mouse: an occurrence goes where the pointer is, or ends there where its edge is pulled.
  private grab(event: PointerEvent, { occurrence }: Block): void {
    if (event.button !== 0 || event.pointerType === 'touch' || this.days?.plain) return;
    const block = event.currentTarget as HTMLElement;
    const column = block.closest('.day-column') as HTMLElement;
    const [width, height] = [column.offsetWidth, column.offsetHeight];
    const edge = (event.target as HTMLElement).classList.contains('block-edge');
    const start = { x: event.clientX, y: event.clientY };
    let [minutes, days, far] = [0, 0, false];
    block.setPointerCapture(event.pointerId);
    const drag = (to: PointerEvent): void => {
      far ||= Math.hypot(to.clientX - start.x, to.clientY - start.y) > FAR;
      if (!far) return;
      minutes = Math.round((((to.clientY - start.y) / height) * 1440) / STEP) * STEP;
      days = edge ? 0 : Math.round((to.clientX - start.x) / width);
      block.classList.add('pulled');
      block.style.setProperty('--pull-x', `${days * width}px`);
      block.style.setProperty(edge ? '--pull-height' : '--pull-y', `${(minutes / 1440) * height}px`);
    };
    const end = (): void => {
      block.removeEventListener('pointermove', drag);
      block.classList.remove('pulled');
      for (const one of ['--pull-x', '--pull-y', '--pull-height']) block.style.removeProperty(one);
      if (!far) return;
      const swallow = (click: Event): void => click.stopImmediatePropagation();
      block.addEventListener('click', swallow, { capture: true });
      setTimeout(() => block.removeEventListener('click', swallow, { capture: true }), 0);
      if (edge) this.stretch(occurrence.event, minutes);
      else this.move(occurrence.event, occurrence.wall ?? '', minutes + days * 1440);
    };
    block.addEventListener('pointermove', drag);
    block.addEventListener('lostpointercapture', end, { once: true });
  }

  // On what is free: an entry from here to where the pointer goes.
  private draw(event: PointerEvent, day: string): void {
    const column = event.currentTarget as HTMLElement;
    if (event.button !== 0 || event.pointerType === 'touch' || event.target !== column || this.days?.plain) return;
    const box = column.getBoundingClientRect();
    const minute = (y: number): number => Math.min(1440, Math.max(0, ((y - box.top) / box.height) * 1440));
    const start = Math.floor(minute(event.clientY) / STEP) * STEP;
    this.drawn = { day, from: start, to: start + 60 };
    column.setPointerCapture(event.pointerId);
    const drag = (to: PointerEvent): void => {
      const other = minute(to.clientY);
      this.drawn = other > start ? { day, from: start, to: Math.max(start + STEP, Math.ceil(other / STEP) * STEP) } : { day, from: Math.floor(other / STEP) * STEP, to: start + STEP };
    };
    const end = (): void => {
      column.removeEventListener('pointermove', drag);
      const { drawn } = this;
      this.drawn = undefined;
      if (drawn) this.add(day, drawn.from, drawn.to);
    };
    column.addEventListener('pointermove', drag);
    column.addEventListener('lostpointercapture', end, { once: true });
  }

  // ---- Parts ----

  private get tones(): ReadonlyMap<number, number> { return tones((this.days?.events ?? []).map(({ event }) => event as unknown as Entry)); }
  private entryOf({ event }: Occurrence): Entry { return this.days?.events[event]?.event as unknown as Entry; }

  private label(occurrence: Occurrence): string { return [this.entryOf(occurrence).layout, ...this.facts(occurrence)].join(', '); }

  // What cannot be seen of it by who cannot see where it stands.
  private more(occurrence: Occurrence): TemplateResult { return html`<span class="sr">, ${this.facts(occurrence).join(', ')}</span>`; }

  private facts(occurrence: Occurrence): string[] {
    const entry = this.entryOf(occurrence);
    const rule = ruleWords(ruleOf(entry.rrule, entry.dtstart), entry.dtstart);
    return [t('schedule.from_to', { from: this.when(occurrence.start_local ?? ''), to: this.when(occurrence.end_local ?? '') }), t('schedule.priority', { n: number(entry.priority ?? 0) }), rule, occurrence.shown_s ? '' : t('schedule.hidden'), occurrence.clock ? t(`schedule.clock_${occurrence.clock}`) : ''].filter(Boolean);
  }

  private toneOf(occurrence: Occurrence): string { return `tone-${this.tones.get(this.entryOf(occurrence).priority ?? 0) ?? 0} ${occurrence.shown_s ? '' : 'covered'}`; }

  private marks(occurrence: Occurrence): TemplateResult {
    const entry = this.entryOf(occurrence);
    return html`${entry.priority ? html`<span class="rank">${number(entry.priority)}</span>` : nothing}${occurrence.clock ? icon('waiting') : nothing}${occurrence.shown_s ? nothing : icon('hidden')}`;
  }

  private block(one: Block): TemplateResult {
    const { occurrence, from, to, lane, lanes, begins } = one;
    const entry = this.entryOf(occurrence);
    return html`<button class="block ${this.toneOf(occurrence)} ${to - from < 45 ? 'short' : ''} ${begins ? '' : 'goes-on'}" ${vars({ '--from': from, '--to': to, '--lane': lane, '--lanes': lanes })} data-entry=${this.ids.get(occurrence) ?? ''} aria-describedby="schedule-keys" title=${this.label(occurrence)}
      @click=${() => this.open(occurrence)} @keydown=${(event: KeyboardEvent) => this.pressed(event, occurrence, STEP)} @pointerdown=${(event: PointerEvent) => this.grab(event, one)}>
      <span class="block-text"><strong>${entry.layout}</strong><span>${clockTime(occurrence.start_local ?? '')}–${clockTime(occurrence.end_local ?? '')}</span></span><span class="block-marks" aria-hidden="true">${this.marks(occurrence)}</span>${this.more(occurrence)}${this.days?.plain ? nothing : html`<span class="block-edge"></span>`}</button>`;
  }

  private open(occurrence: Occurrence): void {
    if (this.days?.plain) toast(t('schedule.plain'));
    else this.edit(occurrence.event, occurrence.wall ?? '');
  }

  private week(days: ScheduleDays): TemplateResult {
    const [from] = this.range();
    const all = Array.from({ length: 7 }, (_, i) => addDays(from, i));
    const present = wallNow(days.time_zone, now());
    return html`<div class="week"><div class="week-head">${all.map((day) => html`<div class="day-head ${day === present.slice(0, 10) ? 'today' : ''}"><span>${weekdayName(weekdayOf(day), 'short')}</span>
        <button class="day-number" title=${t('schedule.add_on', { day: dayName(day) })} @click=${() => this.add(day)}><span aria-hidden="true">${Number(day.slice(8))}</span><span class="sr">${t('schedule.add_on', { day: dayName(day) })}</span></button>
        ${days.clock_changes.some(({ after_local: at }) => dayOf(at ?? '') === day) ? html`<span class="clock-change" title=${t('schedule.clock_changes')}>${icon('waiting')}</span>` : nothing}</div>`)}</div>
      <div class="week-scroll" tabindex="0" role="group" aria-label=${t('schedule.week_of', { day: dayName(from) })}><div class="hours" aria-hidden="true">${Array.from({ length: 23 }, (_, i) => html`<span ${vars({ '--from': (i + 1) * 60 })}>${String(i + 1).padStart(2, '0')}:00</span>`)}</div>
        ${all.map((day) => html`<div class="day-column ${day === present.slice(0, 10) ? 'today' : ''}" role="group" aria-label=${dayName(day)} @pointerdown=${(event: PointerEvent) => this.draw(event, day)}>
          ${repeat(blocksOf(day, days.occurrences), ({ occurrence }) => `${occurrence.event} ${occurrence.start}`, (one) => this.block(one))}
          ${this.drawn?.day === day ? html`<div class="block drawn" ${vars({ '--from': this.drawn.from, '--to': this.drawn.to, '--lane': 0, '--lanes': 1 })}></div>` : nothing}
          ${day === present.slice(0, 10) ? html`<div class="now-line" ${vars({ '--from': minutesOf(present) - minutesOf(day) })}></div>` : nothing}</div>`)}</div></div>`;
  }

  private month(days: ScheduleDays): TemplateResult {
    const [from] = this.range();
    const all = Array.from({ length: 42 }, (_, i) => addDays(from, i));
    const today = wallNow(days.time_zone, now()).slice(0, 10);
    const month = this.day.slice(0, 7);
    return html`<div class="month"><div class="month-head" aria-hidden="true">${all.slice(0, 7).map((day) => html`<span>${weekdayName(weekdayOf(day), 'short')}</span>`)}</div>
      <ol class="month-days">${all.map((day) => {
        const blocks = blocksOf(day, days.occurrences);
        return html`<li class="month-day ${day === today ? 'today' : ''} ${day.startsWith(month) ? '' : 'outside'}"><button class="day-number" @click=${() => this.show(this.narrow ? 'day' : 'week', day)}><span aria-hidden="true">${Number(day.slice(8))}</span><span class="sr">${t('schedule.open_day', { day: dayName(day), n: blocks.length })}</span></button>
          ${this.narrow ? html`<span class="dots" aria-hidden="true">${blocks.slice(0, CHIPS).map(({ occurrence }) => html`<span class="dot ${this.toneOf(occurrence)}"></span>`)}</span>` : html`
          ${blocks.slice(0, CHIPS).map(({ occurrence, begins }) => html`<button class="chip-entry ${this.toneOf(occurrence)}" data-entry=${this.ids.get(occurrence) ?? ''} aria-describedby="schedule-keys-month" title=${this.label(occurrence)} @click=${() => this.open(occurrence)} @keydown=${(event: KeyboardEvent) => this.pressed(event, occurrence, 10080)}>
            <span>${begins ? clockTime(occurrence.start_local ?? '') : '…'}</span><strong>${this.entryOf(occurrence).layout}</strong><span class="block-marks" aria-hidden="true">${this.marks(occurrence)}</span>${this.more(occurrence)}</button>`)}
          ${blocks.length > CHIPS ? html`<button class="more-entries" @click=${() => this.show('week', day)}>${t('schedule.more', { n: blocks.length - CHIPS })}</button>` : nothing}`}</li>`;
      })}</ol></div>`;
  }

  // For a phone, and for whoever likes lists: a day's entries, and what is on from when to when.
  private list(days: ScheduleDays): TemplateResult {
    const [from] = this.range();
    const all = Array.from({ length: 7 }, (_, i) => addDays(from, i));
    const today = wallNow(days.time_zone, now()).slice(0, 10);
    const blocks = blocksOf(this.day, days.occurrences);
    const start = minutesOf(this.day);
    const spans = days.spans.map((span) => ({ ...span, from: Math.max(0, minutesOf(span.start_local ?? '') - start), to: Math.min(1440, minutesOf(span.end_local ?? '') - start) })).filter((span) => span.from < 1440 && span.to > 0);
    const time = (minutes: number): string => (minutes === 1440 ? '24:00' : clockTime(timeOf(start + minutes)));
    return html`<div class="day-strip" role="group" aria-label=${t('schedule.days')}>${all.map((day) => html`<button class="strip-day ${day === today ? 'today' : ''}" aria-pressed=${day === this.day ? 'true' : 'false'} @click=${() => this.show('day', day)}><span aria-hidden="true">${weekdayName(weekdayOf(day), 'short')}</span><strong aria-hidden="true">${Number(day.slice(8))}</strong><span class="sr">${dayName(day)}</span>
        ${blocksOf(day, days.occurrences).length ? html`<span class="dot ${this.toneOf((blocksOf(day, days.occurrences)[0] as Block).occurrence)}"></span>` : nothing}</button>`)}</div>
      <h2 class="day-title">${dayName(this.day)}</h2>
      ${blocks.length ? html`<ul class="day-entries">${blocks.map(({ occurrence }) => html`<li><button class="day-entry ${this.toneOf(occurrence)}" data-entry=${this.ids.get(occurrence) ?? ''} aria-describedby="schedule-keys" @click=${() => this.open(occurrence)} @keydown=${(event: KeyboardEvent) => this.pressed(event, occurrence, STEP)}>
        <span class="day-entry-time">${clockTime(occurrence.start_local ?? '')}<br>${clockTime(occurrence.end_local ?? '')}</span><span class="day-entry-text"><strong>${this.entryOf(occurrence).layout}</strong><span>${ruleWords(ruleOf(this.entryOf(occurrence).rrule, this.entryOf(occurrence).dtstart), this.entryOf(occurrence).dtstart) || t('schedule.once')}</span></span><span class="block-marks" aria-hidden="true">${this.marks(occurrence)}</span>${this.more(occurrence)}</button></li>`)}</ul>`
        : html`<p class="sub">${t('schedule.day_empty')}</p>`}
      <section class="card"><h2>${t('schedule.shown')}</h2><ul class="spans">${spans.map((span) => html`<li><span>${time(span.from)}–${time(span.to)}</span><strong>${span.layout}</strong>${span.event === null ? html`<span class="sub">${t('schedule.default')}</span>` : nothing}</li>`)}</ul></section>`;
  }

  private conflicts(days: ScheduleDays): TemplateResult {
    const name = (index: number): string => t('schedule.entry_name', { n: index + 1, layout: (days.events[index]?.event as unknown as Entry | undefined)?.layout ?? '' });
    const gap = days.spans.filter(({ event }) => event === null).reduce((sum, { start, end }) => sum + (Date.parse(end ?? '') - Date.parse(start ?? '')) / 3600000, 0);
    const rows = days.conflicts.slice(0, CONFLICTS).map(({ kind, events: [one = 0, other = 0], times, start_local: start, end_local: end }) => (kind === 'overlap'
      ? t('schedule.overlap', { one: name(one), other: name(other), when: t('schedule.from_to', { from: this.when(start ?? ''), to: this.when(end ?? '') }), n: times })
      : t('schedule.never_shown', { one: name(one), when: this.when(start ?? '') })));
    return html`<section class="card"><h2>${t('schedule.conflicts')}</h2><div role="status">${rows.length ? html`<ul class="telling">${rows.map((text) => html`<li class="told"><span class="told-icon bad">${icon('trouble')}</span><span class="told-text">${text}</span></li>`)}</ul>` : html`<p class="sub">${t('schedule.no_conflicts')}</p>`}
      ${days.more_conflicts || days.conflicts.length > CONFLICTS ? html`<p class="sub">${t('schedule.more_conflicts')}</p>` : nothing}
      <p class="sub">${gap ? t('schedule.gap', { n: Math.round(gap), layout: days.default_layout }) : t('schedule.no_gap')}</p></div></section>`;
  }

  private zones(days: ScheduleDays): TemplateResult {
    const zones = days.time_zones;
    const several = zones.length > 1;
    const place = (zone: string): string => zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');
    const hour = (time: string | null): string => clockTime(time ?? '');
    return html`<section class="card"><h2>${t('schedule.zones')}</h2>
      <p class="sub">${zones.length ? t('schedule.local', { places: zones.map(({ time_zone: zone, screens }) => t('schedule.local_place', { place: place(zone), screens: t('schedule.screens', { n: screens }) })).join(', ') }) : t('schedule.no_screens')}</p>
      ${several ? html`<div class="field"><label for="zone">${t('schedule.as_in')}</label><select id="zone" @change=${(event: Event) => { this.zone = (event.target as HTMLSelectElement).value; void this.look(); }}>${zones.map(({ time_zone: zone }) => html`<option value=${zone} ?selected=${zone === days.time_zone}>${zone}</option>`)}</select></div>` : nothing}
      ${days.clock_changes.map(({ before_local: before, after_local: after }) => {
        const forward = (after ?? '') > (before ?? '');
        return html`<p class="callout">${icon('waiting')}<span>${t(forward ? 'schedule.clock_forward' : 'schedule.clock_back', { place: place(days.time_zone), day: dayName(dayOf(before ?? '')), before: hour(before), after: hour(after), middle: clockTime(timeOf((minutesOf(before ?? '') + minutesOf(after ?? '')) / 2)), later: clockTime(timeOf((minutesOf(before ?? '') + minutesOf(after ?? '')) / 2 + minutesOf(after ?? '') - minutesOf(before ?? ''))) })}</span></p>`;
      })}</section>`;
  }

  private title_(): string {
    const day = (one: string, options: Intl.DateTimeFormatOptions): string => timeFormat(language(), { ...options, timeZone: 'UTC' }).format(new Date(minutesOf(one) * 60000));
    if (this.view === 'month') return day(`${this.day.slice(0, 8)}01`, { month: 'long', year: 'numeric' });
    const [from, to] = this.range();
    return timeFormat(language(), { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).formatRange(new Date(minutesOf(from) * 60000), new Date(minutesOf(addDays(to, -1)) * 60000));
  }

  private toolbar(): TemplateResult {
    const views: readonly View[] = this.narrow ? ['day', 'month'] : ['day', 'week', 'month'];
    return html`<div class="calendar-bar"><div class="calendar-steps"><button class="button icon-only" aria-label=${t('schedule.before')} title=${t('schedule.before')} @click=${() => this.step(-1)}>${icon('back')}</button>
        <button class="button icon-only forward" aria-label=${t('schedule.after')} title=${t('schedule.after')} @click=${() => this.step(1)}>${icon('back')}</button>
        <button class="button" @click=${() => this.show(this.view, wallNow(this.days?.time_zone ?? 'UTC', now()).slice(0, 10))}>${t('schedule.today')}</button></div>
      <h2 class="calendar-title" aria-live="polite">${this.title_()}</h2>
      <div class="switch words" role="group" aria-label=${t('schedule.view')}>${views.map((view) => html`<button aria-pressed=${view === this.view ? 'true' : 'false'} @click=${() => { this.chosen = true; this.show(view); }}>${t(`schedule.view_${view}`)}</button>`)}</div></div>`;
  }

  private calendar(): TemplateResult {
    const { days } = this;
    if (this.refusal) return html`<section class="card"><p class="callout bad">${icon('trouble')}<span>${t('schedule.refused', { text: this.refusal })}</span></p></section>`;
    if (!days) return html`<div class="skeleton" aria-busy="true"><div class="skeleton-row tall"></div></div>`;
    return this.view === 'month' ? this.month(days) : this.view === 'week' ? this.week(days) : this.list(days);
  }

  override render(): TemplateResult {
    const { channel, problem, days } = this;
    const back = html`<a class="back" href="${BASE}/channels/${this.channelId}">${icon('back')}<span>${channel?.title ?? t('channels.title')}</span></a>`;
    if (problem && !channel) {
      if (problem.code !== 'not-found') return html`${back}<h1 class="sr">${t('schedule.title')}</h1>${problemPanel(problem, () => void this.load())}`;
      return html`${back}<h1 class="sr">${t('channel.gone_title')}</h1>${blankPanel('channel', t('channel.gone_title'), t('content.gone_text'))}`;
    }
    if (!channel) return html`${back}<h1 class="sr">${t('app.loading')}</h1><div class="skeleton" aria-busy="true"><div class="skeleton-row"></div><div class="skeleton-row tall"></div></div>`;
    const screens = [...fleet.screens.values()].filter((one) => one.channel?.id === channel.id).map(({ id, name, site }) => ({ id, name: site ? `${name} (${site})` : name }));
    return html`${back}<header class="head"><div><h1>${t('schedule.title')}</h1><p class="head-sub">${channel.title} · ${this.saving ? t('channel.saving') : t('schedule.is_draft')}</p></div>
        <div class="head-actions"><button class="button primary" @click=${() => this.add(this.day)}>${icon('add')}<span>${t('entry.new')}</span></button>
          <pp-menu class="actions-menu" label=${t('screen.actions')} .button=${html`<span class="button">${icon('more')}</span>`} .panel=${() => html`<button class="menu-item" @click=${() => this.bring()}>${icon('upload')}<span>${t('import.title')}</span></button>
            <a class="menu-item" href="/api/v1/channels/${this.channelId}/schedule/calendar?draft=true" download target="_self">${icon('download')}<span>${t('schedule.export')}</span></a>`}></pp-menu></div></header>
      <p class="sr" id="schedule-keys">${t('schedule.keys')}</p><p class="sr" id="schedule-keys-month">${t('schedule.keys_month')}</p><p class="sr" role="status">${this.said}</p>
      ${days?.plain && days.events.length ? html`<p class="callout">${icon('waiting')}<span>${t('schedule.plain')}</span></p>` : nothing}
      ${this.toolbar()}${this.calendar()}
      ${days ? html`<div class="schedule-cards">${this.conflicts(days)}${this.zones(days)}${screens.length ? html`<pp-on-at .screens=${screens}></pp-on-at>` : nothing}</div>` : nothing}`;
  }
}
customElements.define('pp-schedule', PpSchedule);
