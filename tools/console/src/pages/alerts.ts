// Who is told of what: rules, the mail server, and what was sent.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ApiError, ask, signedIn } from '../api/client.js';
import type { AlertMessages, AlertRule, AlertRuleChange, MailServer } from '../api/schema.js';
import { addressesOf, kinds, quietOf, type About } from '../lib/alerts.js';
import { ago, dateTime, duration } from '../lib/format.js';
import { hasWord, language, report, t } from '../lib/i18n.js';
import { administers } from '../lib/rights.js';
import '../ui/alert-fields.js';
import { scopeOf } from '../ui/alert-fields.js';
import { askFor } from '../ui/dialog.js';
import { PpElement } from '../ui/element.js';
import { icon, type Icon } from '../ui/icons.js';
import { blankPanel, clock, message, now, problemPanel } from '../ui/parts.js';
import { secretField } from '../ui/secret.js';
import { selectField, textField, valueOf } from '../ui/settings-form.js';
import { toast } from '../ui/toast.js';

type Message = AlertMessages['items'][number];

const PAGE = 20;
const LOOK_MS = 2000; // again while something is on its way
const LOOKS = 15;

const statusIcons: Record<Message['status'], Icon> = { waiting: 'waiting', sent: 'check', failed: 'trouble', held: 'pause', summed: 'check' };

class PpAlerts extends PpElement {
  static override properties = { rules: { state: true }, server: { state: true }, messages: { state: true }, next: { state: true }, problem: { state: true } };
  declare rules: readonly AlertRule[] | undefined;
  declare server: MailServer | null | undefined; // null: none is named; undefined: it is not for who is here
  declare messages: readonly Message[];
  declare next: string | null;
  declare problem: ApiError | undefined;
  private timer = 0;

  constructor() {
    super();
    this.rules = undefined;
    this.server = undefined;
    this.messages = [];
    this.next = null;
    this.problem = undefined;
    this.while.on(clock, 'tick', () => void this.read());
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  private async load(): Promise<void> {
    try {
      this.rules = (await ask('GET /api/v1/alert-rules', {})).items;
      this.problem = undefined;
      if (administers(signedIn()?.roles ?? [])) this.server = await ask('GET /api/v1/mail-server', {}).catch((error: unknown) => (error instanceof ApiError && error.code === 'not-found' ? null : undefined));
      await this.read();
    } catch (error) {
      this.problem = error instanceof ApiError ? error : new ApiError('other', 0, '');
    }
  }

  // The newest of them; those that were asked for besides stay.
  private async read(): Promise<void> {
    const page = await ask('GET /api/v1/alert-messages', { query: { limit: PAGE } }).catch(() => undefined);
    if (!page) return;
    const ids = new Set(page.items.map(({ id }) => id));
    const older = this.messages.slice(page.items.length ? this.messages.findIndex(({ id }) => id === page.items.at(-1)?.id) + 1 : 0).filter(({ id }) => !ids.has(id));
    if (!older.length || !this.messages.length) this.next = page.next;
    this.messages = [...page.items, ...(this.messages.length > PAGE ? older : [])];
  }

  private async more(): Promise<void> {
    try {
      const page = await ask('GET /api/v1/alert-messages', { query: { limit: PAGE, cursor: this.next ?? '' } });
      this.messages = [...this.messages, ...page.items];
      this.next = page.next;
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

  private watch(looks = LOOKS): void {
    clearTimeout(this.timer);
    if (!looks || !this.isConnected) return;
    this.timer = setTimeout(() => void this.read().then(() => { if (this.messages.some(({ status }) => status === 'waiting')) this.watch(looks - 1); }), LOOK_MS);
  }

  // ---- Rules ----

  private taken(form: HTMLFormElement): AlertRuleChange {
    const about = valueOf(form, 'about') as About;
    const kind = kinds[about];
    const scope = kind.own ? 'whole' : valueOf(form, 'scope');
    const place = valueOf(form, 'place');
    return {
      name: valueOf(form, 'name'), about, detail: valueOf(form, 'detail'), ...(scope === 'whole' ? { site: '' } : { [scope]: place }),
      hold_s: kind.happens ? 0 : Number(valueOf(form, 'hold')) * 60, repeat_s: Number(valueOf(form, 'repeat_s')), per_hour: Number(valueOf(form, 'per_hour')),
      quiet: quietOf(valueOf(form, 'quiet'), valueOf(form, 'quiet_to')), time_zone: valueOf(form, 'time_zone'), locale: valueOf(form, 'locale') === 'fr' ? 'fr' : 'en',
      mail: addressesOf(valueOf(form, 'mail')), webhook: valueOf(form, 'webhook'), enabled: new FormData(form).has('enabled'),
    };
  }

  private edit(rule?: AlertRule): void {
    const shown = rule ?? {}; // the same one, however often the question is drawn
    askFor({
      title: t(rule ? 'alert.edit_title' : 'alert.add_title'), action: t('action.save'), fields: () => html`<pp-alert-fields .rule=${shown}></pp-alert-fields>`,
      run: async (form) => {
        const body = this.taken(form);
        if (!body.name) throw new Error(t('alert.name_missing'));
        if (!body.mail?.length && !body.webhook) throw new Error(t('alert.nobody'));
        if (kinds[body.about ?? 'offline'].own !== true && valueOf(form, 'scope') !== 'whole' && !valueOf(form, 'place')) throw new Error(t('alert.place_missing'));
        if (rule) await ask('PATCH /api/v1/alert-rules/{id}', { path: { id: rule.id }, body });
        else {
          const { secret, webhook } = await ask('POST /api/v1/alert-rules', { body });
          if (webhook) this.tellSecret(secret);
        }
        toast(t('screen.saved'));
        await this.load();
      },
    });
  }

  private tellSecret(secret: string): void {
    askFor({ title: t('alert.secret_title'), text: t('alert.secret_text'), action: t('action.close'), sole: true, fields: () => secretField(t('alert.secret'), secret), run: async () => {} });
  }

  private async test(rule: AlertRule): Promise<void> {
    try {
      await ask('POST /api/v1/alert-rules/{id}/test', { path: { id: rule.id } });
      toast(t('alert.tested'));
      await this.read();
      this.watch();
    } catch (error) {
      toast(message(error), 'bad');
    }
  }

  private remove_(rule: AlertRule): void {
    askFor({
      title: t('alert.remove_title', { name: rule.name }), text: t('alert.remove_text'), action: t('action.remove'), danger: true,
      run: async () => {
        await ask('DELETE /api/v1/alert-rules/{id}', { path: { id: rule.id } });
        await this.load();
      },
    });
  }

  private summary(rule: AlertRule): string {
    const kind = kinds[rule.about];
    const detail = !rule.detail ? '' : rule.about === 'problem' ? `: ${report('trouble', rule.detail) ?? rule.detail}` : rule.about === 'security' ? ` (${t('alert.from_gravity', { n: Number(rule.detail) })})`
      : rule.about === 'disk' ? ` (${t('alert.below', { n: Number(rule.detail) })})` : ` (${t('alert.in_days', { n: Number(rule.detail) })})`;
    const scope = scopeOf(rule);
    return [`${t(`alert.about_${rule.about}`)}${detail}`, kind.own ? '' : scope === 'whole' ? t('alert.scope_whole') : `${t(`alert.place_${scope}`)} ${rule[scope]}`, rule.hold_s ? t('alert.held_for', { time: duration(rule.hold_s, language()) }) : ''].filter(Boolean).join(' · ');
  }

  private row(rule: AlertRule): TemplateResult {
    const who = [...rule.mail, ...(rule.webhook ? [t('alert.by_webhook', { host: new URL(rule.webhook).host })] : [])].join(', ');
    const { name } = rule;
    return html`<li class="told rule"><span class="told-icon ${rule.enabled ? 'done' : ''}">${icon('bell')}</span>
      <span class="told-text"><strong>${name}${rule.enabled ? nothing : html` <span class="badge">${t('alert.off')}</span>`}</strong><span class="sub">${this.summary(rule)}</span>
        <span class="sub">${who}${rule.quiet ? ` · ${t('alert.quiet_at', { hours: rule.quiet.replace('-', '–'), zone: rule.time_zone })}` : ''}</span></span>
      <span class="told-acts"><button class="button quiet icon-only" aria-label=${t('alert.test_one', { name })} title=${t('alert.test')} @click=${() => void this.test(rule)}>${icon('send')}</button>
        <button class="button quiet icon-only" aria-label=${t('alert.edit_one', { name })} title=${t('screen.edit')} @click=${() => this.edit(rule)}>${icon('edit')}</button>
        <button class="button quiet icon-only" aria-label=${t('alert.remove_one', { name })} title=${t('action.remove')} @click=${() => this.remove_(rule)}>${icon('bin')}</button></span></li>`;
  }

  // ---- The mail server ----

  private editServer(): void {
    const { server } = this;
    askFor({
      title: t('mail.edit_title'), text: t('mail.password_text'), action: t('action.save'),
      fields: () => html`${textField('host', t('mail.host'), server?.host ?? '', { required: true })}
        ${selectField('tls', t('mail.tls'), server?.tls ?? 'starttls', (['starttls', 'first'] as const).map((one) => [one, t(`mail.tls_${one}`)] as const))}
        <div class="field"><label for="set-port">${t('mail.port')}</label><input id="set-port" name="port" type="number" inputmode="numeric" min="1" max="65535" .value=${server ? String(server.port) : ''} placeholder="587"></div>
        ${textField('from', t('mail.from'), server?.from ?? '', { required: true })}${textField('user', t('mail.user'), server?.user ?? '')}
        <div class="field"><label for="set-password">${t('sign_in.password')}</label><input id="set-password" name="password" type="password" maxlength="255" autocomplete="off"></div>`,
      run: async (form) => {
        const [port, user, password] = [valueOf(form, 'port'), valueOf(form, 'user'), String(new FormData(form).get('password') ?? '')];
        await ask('PUT /api/v1/mail-server', { body: { host: valueOf(form, 'host'), from: valueOf(form, 'from'), tls: valueOf(form, 'tls') === 'first' ? 'first' : 'starttls', ...(port ? { port: Number(port) } : {}), ...(user ? { user, password } : {}) } });
        toast(t('screen.saved'));
        await this.load();
      },
    });
  }

  private removeServer(): void {
    askFor({
      title: t('mail.remove_title'), text: t('mail.remove_text'), action: t('action.remove'), danger: true,
      run: async () => {
        await ask('DELETE /api/v1/mail-server', {});
        await this.load();
      },
    });
  }

  private mail(): TemplateResult | typeof nothing {
    const { server } = this;
    if (server === undefined) return nothing;
    return html`<section class="card"><header class="card-head"><h2>${t('mail.title')}</h2><div class="head-actions"><button class="button" @click=${() => this.editServer()}>${t(server ? 'screen.edit' : 'mail.name')}</button>
        ${server ? html`<button class="button quiet icon-only" aria-label=${t('mail.remove_title')} title=${t('action.remove')} @click=${() => this.removeServer()}>${icon('bin')}</button>` : nothing}</div></header>
      ${server ? html`<dl class="facts"><div><dt>${t('mail.host')}</dt><dd>${server.host}:${server.port}</dd></div><div><dt>${t('mail.tls')}</dt><dd>${t(`mail.tls_${server.tls}`)}</dd></div><div><dt>${t('mail.from')}</dt><dd>${server.from}</dd></div>
        <div><dt>${t('mail.user')}</dt><dd>${server.user || t('mail.user_none')}</dd></div></dl>` : html`<p class="sub">${t('mail.none')}</p>`}</section>`;
  }

  // ---- What was sent ----

  private headline({ facts }: Message): string {
    const what = String(facts['what'] ?? '');
    const about = `alert.about_${String(facts['about'] ?? '')}`;
    const told = what === 'test' ? t('alert.what_test') : what === 'held' ? t('alert.what_held', { n: Number(facts['count'] ?? 0) }) : hasWord(about) ? t(about) : String(facts['about'] ?? '');
    const count = Number(facts['count'] ?? 0);
    return [what === 'well' ? t('alert.what_well', { what: told }) : told, what !== 'test' && what !== 'held' && count ? t('screens.count', { n: count }) : '', String(facts['site'] ?? '')].filter(Boolean).join(' · ');
  }

  private sent(one: Message): TemplateResult {
    const when = new Date(one.created);
    return html`<li class="told"><span class="told-icon ${one.status === 'sent' ? 'done' : one.status === 'failed' ? 'failed' : ''}">${icon(statusIcons[one.status])}</span>
      <span class="told-text"><strong>${this.headline(one)}</strong><span class="sub">${t(one.way === 'mail' ? 'alert.to_mail' : 'alert.to_webhook', { to: one.to })} · ${one.rule_name}</span>
        ${one.reason && one.status !== 'sent' ? html`<span class="sub bad">${t('alert.reason', { n: one.attempts, reason: one.reason })}</span>` : nothing}</span>
      <span class="told-side"><span>${t(`alert.status_${one.status}`)}</span><time class="sub" datetime=${one.created} title=${dateTime(when, language())}>${ago(when, now(), language())}</time></span></li>`;
  }

  private log(): TemplateResult {
    return html`<section class="card"><h2>${t('alert.messages')}</h2>${this.messages.length ? html`<ul class="telling" aria-label=${t('alert.messages')}>${repeat(this.messages, ({ id }) => id, (one) => this.sent(one))}</ul>
      ${this.next ? html`<div class="more"><button class="button" @click=${() => void this.more()}>${t('content.more')}</button></div>` : nothing}` : html`<p class="sub">${t('alert.messages_none')}</p>`}</section>`;
  }

  override render(): TemplateResult {
    const { rules, problem } = this;
    const add = html`<button class="button primary" @click=${() => this.edit()}>${icon('add')}<span>${t('alert.add')}</span></button>`;
    const head = html`<header class="head"><div><h1>${t('alerts.title')}</h1><p class="head-sub">${t('alerts.lead')}</p></div>${rules?.length ? add : nothing}</header>`;
    if (problem) return html`${head}${problemPanel(problem, () => void this.load())}`;
    if (!rules) return html`${head}<div class="skeleton" aria-busy="true"><div class="skeleton-row"></div><div class="skeleton-row"></div></div>`;
    return html`${head}<div class="split">
      <div class="split-side"><section class="card"><h2>${t('alert.rules')}</h2>${rules.length ? html`<ul class="telling" aria-label=${t('alert.rules')}>${repeat(rules, ({ id }) => id, (rule) => this.row(rule))}</ul>`
        : blankPanel('bell', t('alert.none_title'), t('alert.none_text'), add)}</section>${this.mail()}</div>
      <div class="split-side">${this.log()}</div></div>`;
  }
}
customElements.define('pp-alerts', PpAlerts);
