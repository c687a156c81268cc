// A version that some of the channel's screens have first: how far it is, how they do, and what can be done with it.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';

import { ask } from '../api/client.js';
import { fleet } from '../api/fleet.js';
import type { Channel, Rollout, RolloutPlan } from '../api/schema.js';
import { ago, dateTime, duration } from '../lib/format.js';
import { language, report, t } from '../lib/i18n.js';
import { FIRSTS, planOf, SECONDS, WAITS, waitSeconds } from '../lib/rollout.js';
import { BASE } from '../lib/router.js';
import { askFor } from './dialog.js';
import { PpElement } from './element.js';
import { icon } from './icons.js';
import { clock, message, now } from './parts.js';
import { selectField, valueOf } from './settings-form.js';
import { toast } from './toast.js';

type Step = Rollout['steps'][number];
type Act = 'advance' | 'halt' | 'resume' | 'finish' | 'cancel';

const whoOf = (step: Step): string => (step.percent ? t('rollout.percent', { n: step.percent }) : step.name ? t('rollout.group', { name: step.name }) : t('rollout.group_gone'));

function whenOf(step: Pick<Step, 'after'>): string {
  const seconds = waitSeconds(step.after);
  return seconds === undefined ? t('rollout.by_hand') : seconds ? t('rollout.after', { time: duration(seconds, language()) }) : t('rollout.at_once');
}

// "10 % of the screens (at once), all screens (after 4 hours)"
export const stepsText = (steps: readonly Step[]): string => steps.map((step, i) => `${i === steps.length - 1 ? t('rollout.all') : whoOf(step)} (${whenOf(step)})`).join(', ');

class PpRollout extends PpElement {
  static override properties = { channel: { attribute: false }, rollout: { state: true }, busy: { state: true } };
  declare channel: Channel | undefined;
  declare rollout: Rollout | undefined;
  declare busy: boolean;

  constructor() {
    super();
    this.channel = undefined;
    this.rollout = undefined;
    this.busy = false;
    this.while.on(clock, 'tick', () => { if (this.open()) void this.load(); });
    this.while.on(fleet, 'again', () => void this.load());
    this.while.on(fleet, 'channels', (event) => { if ((event as CustomEvent<readonly string[]>).detail.includes(this.channel?.id ?? '')) void this.load(); });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('channel')) return;
    const was = changed.get('channel') as Channel | undefined;
    if (was && was.id !== this.channel?.id) this.take(null); // another channel's
    void this.load();
  }

  private open(): boolean { return this.rollout?.state === 'running' || this.rollout?.state === 'halted'; }

  private async load(): Promise<void> {
    const id = this.channel?.id;
    if (!id) return;
    const answer = await ask('GET /api/v1/channels/{id}/rollout', { path: { id } }).catch(() => undefined);
    if (answer && id === this.channel?.id) this.take(answer.rollout);
  }

  private take(rollout: Rollout | null): void {
    const was = this.open();
    this.rollout = rollout ?? undefined;
    if (was !== this.open()) this.dispatchEvent(new CustomEvent('rollout', { detail: this.open(), bubbles: true }));
  }

  private async act(what: Act): Promise<void> {
    const path = { id: this.channel?.id ?? '' };
    const { rollout } = await ask(`POST /api/v1/channels/{id}/rollout/${what}`, { path });
    this.take(rollout);
    this.dispatchEvent(new CustomEvent('begun', { bubbles: true }));
  }

  private async now(what: Act): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await this.act(what);
    } catch (error) {
      toast(message(error), 'bad');
    } finally {
      this.busy = false;
    }
  }

  private asked(what: 'finish' | 'cancel'): void {
    askFor({ title: t(`rollout.${what}_title`), text: t(`rollout.${what}_text`), action: t(`rollout.${what}`), danger: what === 'cancel', run: () => this.act(what) });
  }

  // ---- What is seen ----

  private step(rollout: Rollout, step: Step, index: number): TemplateResult {
    const state = index < rollout.step ? 'done' : index === rollout.step ? 'next' : 'later';
    const due = state === 'next' && rollout.due ? t('rollout.due', { when: dateTime(new Date(rollout.due), language()) }) : whenOf(step);
    const text = state !== 'done' ? due : index === rollout.step - 1 && rollout.stepped ? t('rollout.since', { when: ago(new Date(rollout.stepped), now(), language()) }) : t('rollout.passed');
    return html`<li class="rollout-step ${state}"><span class="rollout-mark">${state === 'done' ? icon('check') : index + 1}</span>
      <span class="told-text"><strong>${index === rollout.steps.length - 1 ? t('rollout.all') : whoOf(step)}</strong><span class="sub">${text}</span></span></li>`;
  }

  private why({ reason }: Rollout): TemplateResult | typeof nothing {
    if (!reason) return nothing;
    const kinds = (reason.kinds ?? []).map(({ kind, count }) => `${report('event', kind) ?? kind} (${count})`).join(', ');
    const text = reason.code === 'person' ? t('rollout.why_person', { name: reason.name ?? '' }) : reason.code === 'failed' ? t('rollout.why_failed', { text: reason.words })
      : [t('rollout.why_errors', { n: reason.failing ?? 0, all: reason.taken ?? 0 }), kinds, reason.gone ? t('rollout.why_gone', { n: reason.gone, all: reason.here ?? 0, others: reason.others_gone ?? 0, rest: reason.others ?? 0 }) : ''].filter(Boolean).join(' ');
    return html`<p class="callout bad">${icon('trouble')}<span><strong>${t('rollout.halted')}</strong> ${text}</span></p>`;
  }

  private failing({ failing }: Rollout): TemplateResult | typeof nothing {
    if (!failing.length) return nothing;
    return html`<h3>${t('rollout.failing')}</h3><ul class="telling">${failing.map(({ id, name, errors, gone }) => html`<li class="told"><span class="told-icon failed">${icon(gone ? 'offline' : 'trouble')}</span>
      <span class="told-text"><a href="${BASE}/screens/${id}"><strong>${name}</strong></a><span class="sub">${[errors ? t('rollout.errors', { n: errors }) : '', gone ? t('rollout.gone') : ''].filter(Boolean).join(' · ')}</span></span></li>`)}</ul>`;
  }

  override render(): TemplateResult | typeof nothing {
    const { rollout } = this;
    if (!rollout || !this.open()) return nothing;
    const halted = rollout.state === 'halted';
    const button = (what: Act, name: 'play' | 'pause' | 'online' | 'undo', press: () => void, style = ''): TemplateResult => html`<button class="button ${style}" aria-disabled=${this.busy ? 'true' : 'false'} @click=${press}>${icon(name)}<span>${t(`rollout.${what}`)}</span></button>`;
    return html`<section class="card rollout ${rollout.state}" aria-labelledby="rollout-title"><header class="card-head"><h2 id="rollout-title">${t('rollout.title', { n: rollout.version })}</h2></header>
      <p class="sub">${t('rollout.by', { who: rollout.author, when: rollout.created ? ago(new Date(rollout.created), now(), language()) : '' })}${rollout.note ? html` ${t('approval.note', { note: rollout.note })}` : nothing}</p>
      ${this.why(rollout)}
      <div class="rollout-parts"><ol class="rollout-steps" aria-label=${t('rollout.steps')}>${rollout.steps.map((step, i) => this.step(rollout, step, i))}</ol>
        <div class="rollout-facts" role="status"><p class="rollout-count"><strong>${rollout.taken}</strong> ${t('rollout.taken', { all: rollout.screens })}</p>
          <progress max=${Math.max(1, rollout.screens)} value=${rollout.taken} aria-label=${t('rollout.progress')}></progress>
          <p class="sub">${t('rollout.shown', { n: rollout.shown })}</p>
          <p class="rollout-bad ${rollout.bad ? 'some' : 'none'}">${icon(rollout.bad ? 'trouble' : 'online')}<span>${rollout.bad ? t('rollout.bad', { n: rollout.bad, max: rollout.tolerated }) : t('rollout.good', { max: rollout.tolerated })}</span></p></div></div>
      ${this.failing(rollout)}
      <footer class="form-foot">${halted ? button('resume', 'play', () => void this.now('resume'), 'primary') : html`${button('advance', 'play', () => void this.now('advance'), 'primary')}${button('halt', 'pause', () => void this.now('halt'))}`}
        ${button('finish', 'online', () => this.asked('finish'))}${button('cancel', 'undo', () => this.asked('cancel'), 'danger')}</footer></section>`;
  }
}
customElements.define('pp-rollout', PpRollout);

// ---- Asked for, in the question before a publish ----


export function rolloutFields(groups: readonly { id: string; name: string }[]): TemplateResult {
  const percents = (list: readonly number[]): (readonly [string, string])[] => list.map((n) => [String(n), t('rollout.percent', { n })]);
  const waits = WAITS.map((wait) => [wait, wait ? t('rollout.after', { time: duration(waitSeconds(wait) ?? 0, language()) }) : t('rollout.by_hand')] as const);
  const radio = (value: string, label: string, hint: string, checked: boolean): TemplateResult => html`<label class="rollout-choice"><input type="radio" name="how" value=${value} ?checked=${checked}><span><strong>${label}</strong><span class="sub">${hint}</span></span></label>`;
  return html`<fieldset class="how"><legend>${t('rollout.how')}</legend>${radio('once', t('rollout.once'), t('rollout.once_hint'), true)}${radio('steps', t('rollout.stepwise'), t('rollout.stepwise_hint'), false)}
    <div class="how-steps">${selectField('first', t('rollout.first'), '10', [...percents(FIRSTS), ...groups.map(({ id, name }) => [id, t('rollout.group', { name })] as const)])}
      ${selectField('second', t('rollout.second'), '50', [['', t('rollout.no_second')], ...percents(SECONDS)])}${selectField('wait', t('rollout.then'), 'PT1H', waits)}
      ${selectField('last', t('rollout.then_all'), 'PT4H', waits)}</div></fieldset>`;
}

// Undefined: all at once.
export function rolloutOf(form: HTMLFormElement): RolloutPlan | undefined {
  if (valueOf(form, 'how') !== 'steps') return undefined;
  return planOf({ first: valueOf(form, 'first'), second: valueOf(form, 'second'), wait: valueOf(form, 'wait'), last: valueOf(form, 'last') });
}
