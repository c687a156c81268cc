// What a screen tells its headend of is a fixed vocabulary: each kind that its agent names is in the table, and each of the
// table is named and has words for people. And those that no other test brings about.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startScreen } from './lib/access.mjs';
import { nameTarget } from './lib/authorities.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const read = (file) => readFile(path.join(root, file), 'utf8');

// The arguments of a call, from behind its bracket.
function argumentsAt(text, at) {
  const parts = [''];
  for (let depth = 1, end = at; depth; end++) {
    depth += { '(': 1, ')': -1 }[text[end]] ?? 0;
    if (depth === 1 && text[end] === ',') parts.push('');
    else if (depth) parts[parts.length - 1] += text[end];
  }
  return parts.map((part) => part.trim());
}

const agentSources = async () => new Map(await Promise.all((await readdir(path.join(root, 'firmware/agent'))).filter((name) => name.endsWith('.c'))
  .map(async (name) => [name, await read(`firmware/agent/${name}`)])));

// What stands in calls where a function has the parameter "const char *kind", as [file, words]; other files see no static ones.
async function kindsNamed() {
  const sources = await agentSources();
  const takers = [];
  for (const [file, text] of sources) {
    for (const [, linkage, name, list] of text.matchAll(/^(static )?[\w *]*?\b(\w+)\(([^()]*const char \*kind[^()]*)\) \{/gm)) {
      takers.push({ name, place: list.split(',').findIndex((parameter) => /\*kind$/.test(parameter.trim())), only: linkage && file });
    }
  }
  const named = [];
  for (const { name, place, only } of takers) {
    for (const [file, text] of sources) {
      if (only && file !== only) continue;
      for (const match of text.matchAll(new RegExp(`(?<!^\\w[\\w *]*)\\b${name}\\(`, 'gm'))) named.push([file, argumentsAt(text, match.index + match[0].length)[place]]);
    }
  }
  return named;
}

async function table() {
  const rows = [...(await read('firmware/events/kinds.c')).matchAll(/^ {4}\{"([a-z-]+)", +(\d+), (true|false), +"/gm)];
  return new Map(rows.map(([, kind, severity, security]) => [kind, { severity: Number(severity), security: security === 'true' }]));
}

describe('the vocabulary of events', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-vocabulary-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  const startOne = (t, options) => startScreen(t, { picture: path.join(dir, 'red.png'), ...options });

  // The event as the headend has it.
  async function told(headend, kind) {
    return until(async () => {
      const lines = (await headend.cli('events', 'export')).split('\n').filter(Boolean).map((line) => JSON.parse(line));
      return lines.find(({ event }) => event?.kind === kind)?.event;
    }, `the event ${kind}`);
  }

  test('has each kind that the agent names, and none that it never names', async () => {
    const kinds = await table();
    const named = await kindsNamed();
    assert.ok(kinds.size > 50 && named.length > 60, `${kinds.size} kinds, ${named.length} named`);
    for (const [file, words] of named) {
      const literals = [...words.matchAll(/"([^"]*)"/g)].map(([, literal]) => literal);
      for (const kind of literals) assert.ok(kinds.has(kind), `${file}: "${kind}" is not in the table`);
      assert.ok(literals.length || /^(kind|kinds\[trouble\]|trouble_kind\(.*\)|[A-Z]+_KIND)$/.test(words), `${file}: ${words} is no kind that can be looked up here`);
    }
    const agent = [...(await agentSources()).values()].join('\n');
    for (const [, kind] of agent.matchAll(/(?:#define [A-Z]+_KIND +|\[ACCESS_TROUBLE_\w+\] = |\[TROUBLE_\w+\] = \{[\w |]+, )"([^"]*)"/g)) assert.ok(kinds.has(kind), kind);
    for (const kind of kinds.keys()) assert.ok(agent.includes(`"${kind}"`), `${kind} is in the table, and never told`);
  });

  test('calls security what somebody may have meddled with', async () => {
    const kinds = await table();
    for (const [kind, { severity, security }] of kinds) {
      if (/-(refused|denied|broken|revoked|rollback|fallback|ignored|lost|unreadable|kill)$/.test(kind)) assert.ok(security, kind);
      if (severity >= 7) assert.ok(security, kind);
    }
  });

  test('has words in both languages for each kind, and for no other', async () => {
    const kinds = [...(await table()).keys()].sort();
    for (const language of ['en', 'fr']) {
      const words = JSON.parse(await read(`assets/admin/strings.${language}.json`));
      assert.deepEqual(Object.keys(words).filter((name) => name.startsWith('event.')).map((name) => name.slice(6)).sort(), kinds, language);
    }
  });

  test('an enrolment that somebody refuses is told: enrolment-denied', async (t) => {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    const display = await startDisplay(headend);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    await headend.cli('refuse', code);
    await display.agent.waitLog(/enrolment-denied: /);
    const [, next] = await until(() => [...display.agent.log.matchAll(/with the code (\S+);/g)][1], 'another code');
    assert.notEqual(next, code);
    await headend.approve(next, { name: 'Second', channel: 'lobby' });
    await told(headend, 'enrolment-denied');
  });

  test('control keys that cannot be read are told, and the former ones stay: control-keys-refused', async (t) => {
    const { headend, display, id } = await startOne(t);
    await display.agent.waitLog(/-> online/);
    await nameTarget(headend, 'keys/control.json', '{"keys": []}');
    await display.stopAgent();
    await display.startAgent();
    await display.agent.waitLog(/control-keys-refused: /);
    await told(headend, 'control-keys-refused');
    await headend.cli('screen', 'set', id, '--name', 'Obeyed');
    const { version } = JSON.parse(await headend.cli('screen', 'show', id));
    await until(async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.state_version === version, 'a state by the former keys');
  });

  test('a receipt that the headend does not take is told, and not sent again: receipt-refused', async (t) => {
    const { headend, display, id } = await startOne(t);
    await display.agent.waitLog(/-> online/);
    // with the receipt that it was accepted it is forgotten, so that the headend does not take the one that it was done
    await headend.sql(`CREATE TRIGGER forget AFTER UPDATE ON screen_command WHEN NEW.outcome = 'accepted'
      BEGIN DELETE FROM screen_command WHERE id = NEW.id; END`);
    await headend.cli('screen', 'command', id, 'identify', '30');
    await display.agent.waitLog(/receipt-refused: .*HTTP 404/);
    await told(headend, 'receipt-refused');
    await headend.cli('screen', 'set', id, '--name', 'After it');
    const { version } = JSON.parse(await headend.cli('screen', 'show', id));
    await until(async () => JSON.parse(await headend.cli('screen', 'show', id)).report?.state_version === version, 'the next state');
    assert.equal(display.agent.log.split('receipt-refused: ').length, 2);
  });

  test('a proxy that the headend gives and that cannot be used is told, and changes nothing: proxy-refused', async (t) => {
    const { headend, display, id } = await startOne(t);
    await display.agent.waitLog(/-> online/);
    // behind the headend's back, which would not take it: a password that is encrypted for somebody else
    await headend.sql(`INSERT INTO device_proxy VALUES ('${id}', 'http://localhost:9', '', '', 'user', 'eyJhbGciOiJFQ0RILUVTIn0..AAAA.AAAA.AAAA')`);
    await headend.cli('screen', 'set', id, '--name', 'By a proxy');
    await display.agent.waitLog(/proxy-refused: http:\/\/localhost:9: its password cannot be read/);
    await told(headend, 'proxy-refused');
  });

  test('a playlist on flash that is no longer whole is told: manifest-unreadable', async (t) => {
    const { headend, display } = await startOne(t);
    await display.waitContent();
    await display.agent.waitLog(/-> online/);
    await display.stopAgent();
    for (const slot of [0, 1]) {
      const file = path.join(display.stateDir, `vault/sync.${slot}`);
      const record = await readFile(file).catch(() => undefined);
      if (!record) continue;
      record[record.length - 1] ^= 1;
      await writeFile(file, record);
    }
    await display.startAgent();
    await display.agent.waitLog(/manifest-unreadable: /);
    await display.waitContent();
    await told(headend, 'manifest-unreadable');
  });
});
