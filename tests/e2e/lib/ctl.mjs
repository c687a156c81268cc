// pingplayctl on a display point of a test (lib/display.mjs).
//
//   const { code, out, err } = await ctl(display, 'status');
//   const status = await ctlJson(display, 'status');           // checked against assets/schema/ctl.schema.json
//   const modules = readQr(out);                               // the QR code among the lines, as rows of booleans
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDir } from './headend.mjs';
import { schemaErrors } from './json-schema.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const schema = JSON.parse(await readFile(path.join(root, 'assets/schema/ctl.schema.json'), 'utf8'));

export const ctlProgram = () => path.join(buildDir(), 'firmware/ctl/pingplayctl');

// A child whose `out` and `err` grow; `ended` has its exit status.
export function startCtl(display, ...words) {
  const { env, input, prefix = [] } = typeof words.at(-1) === 'object' ? words.pop() : {};
  const command = [...prefix, ctlProgram(), '--config', display.config, ...words];
  const child = spawn(command[0], command.slice(1), { env: { ...process.env, LANG: 'C.UTF-8', LC_ALL: '', ...env } });
  const run = { child, out: '', err: '' };
  child.stdout.on('data', (data) => { run.out += data; });
  child.stderr.on('data', (data) => { run.err += data; });
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  run.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out: run.out, err: run.err })));
  return run;
}

export const ctl = (display, ...words) => startCtl(display, ...words).ended;

export function checkDocument(kind, document) {
  assert.deepEqual(schemaErrors(schema.$defs[kind], document, schema), []);
  return document;
}

export async function ctlJson(display, kind, ...words) {
  const { code, out, err } = await ctl(display, '--json', kind, ...words);
  assert.ok(code === 0 || code === 6, `${code}: ${err}`);
  return checkDocument(kind, JSON.parse(out));
}

// Its state; undefined while it does not answer, or has no state yet.
export async function stateOf(display) {
  const { code, out } = await ctl(display, '--json', 'status');
  return code === 0 ? JSON.parse(out).state : undefined;
}

// Half blocks; what is drawn is light.
export function readQr(text) {
  const lines = text.split('\n').filter((line) => /^[█▀▄ ]{20,}$/.test(line));
  return lines.flatMap((line) => [[...line].map((c) => c === ' ' || c === '▄'), [...line].map((c) => c === ' ' || c === '▀')]);
}
