// Whoever watches over a headend: what it counts, whether it is ready, what it logs, and how it is configured.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from './lib/display.mjs';
import { enrolDevice, headendProgram, startHeadend } from './lib/headend.mjs';
import { parseMetrics, sample } from './lib/prometheus.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const TOKEN = 'Marked-4be1-metrics-token';

// Its exit status, and what it says on standard error.
const run = (...words) => new Promise((resolve) => execFile(headendProgram(), words, { timeout: 20000 },
  (error, out, err) => resolve({ code: error ? error.code : 0, out, err })));

describe('a headend that is watched over', () => {
  let dir;
  let headend;
  let device;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-operating-'));
    headend = await startHeadend({ serve: ['--log-format', 'json', '--poll-interval', '1'] });
    device = await enrolDevice(headend, { name: 'Marked name', channel: '' });
  });
  after(async () => {
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const scrape = async (headers = {}) => {
    const response = await headend.request('GET', '/metrics', { headers });
    assert.equal(response.status, 200, response.text);
    assert.equal(response.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    return parseMetrics(response.text);
  };

  test('counts screens, connections, requests and what they took, in the format that Prometheus reads', async () => {
    const first = await scrape();
    assert.equal(sample(first, 'pingplay_screens', { state: 'online' }) + sample(first, 'pingplay_screens', { state: 'idle' })
      + sample(first, 'pingplay_screens', { state: 'waiting' }), 1);
    assert.equal(sample(first, 'pingplay_screens', { state: 'retired' }), 0);
    const route = { method: 'GET', route: '/v1/state' };
    const before = sample(first, 'pingplay_http_requests_total', { ...route, status: '200' }) ?? 0;
    assert.equal((await headend.request('GET', '/v1/state', { device })).status, 200);
    assert.equal((await headend.request('GET', '/v1/state')).status, 401);
    assert.equal((await headend.request('GET', '/no/such?secret=Marked-query')).status, 404);
    const next = await scrape();
    assert.equal(sample(next, 'pingplay_http_requests_total', { ...route, status: '200' }), before + 1);
    assert.equal(sample(next, 'pingplay_http_requests_total', { ...route, status: '401' }), 1);
    assert.equal(sample(next, 'pingplay_http_requests_total', { method: '', route: '', status: '404' }), 1);
    assert.equal(sample(next, 'pingplay_http_request_duration_seconds_count', route), before + 2);
    assert.equal(sample(next, 'pingplay_http_requests_total', { route: '/metrics', status: '200' }), 1);
    assert.ok(sample(next, 'pingplay_database_sync_seconds_count') > 0);
    assert.ok(sample(next, 'pingplay_connections', { who: 'stranger' }) >= 1, 'the one that asks');
    assert.ok(sample(next, 'process_resident_memory_bytes') > 1e6);
    assert.ok(sample(next, 'process_open_fds') > 5 && sample(next, 'process_open_fds') < sample(next, 'process_max_fds'));
    assert.equal(next.get('pingplay_publishes_total').type, 'counter');
  });

  test('counts a long poll that waits', async () => {
    const state = await headend.request('GET', '/v1/state', { device });
    const poll = headend.request('GET', '/v1/state', { device, headers: { prefer: 'wait=20', 'if-none-match': state.headers.etag } });
    await until(async () => sample(await scrape(), 'pingplay_long_polls_waiting') === 1, 'the poll that waits');
    await headend.cli('screen', 'set', device.id, '--site', 'Elsewhere');
    assert.equal((await poll).status, 200);
    await until(async () => sample(await scrape(), 'pingplay_long_polls_waiting') === 0, 'nobody to wait');
  });

  test('tells this machine alone, and not for whom a proxy on it asks', async () => {
    for (const name of ['forwarded', 'x-forwarded-for', 'via', 'x-real-ip'])
      assert.equal((await headend.request('GET', '/metrics', { headers: { [name]: 'for=192.0.2.1' } })).status, 403);
    const address = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    if (address) assert.equal((await headend.request('GET', '/metrics', { host: address })).status, 403);
  });

  test('says each request as one object a line, by its number, and nothing of who asked or what for', async () => {
    const answer = await headend.request('GET', `/v1/commands/${device.id}/receipt?secret=Marked-query`, { device });
    const id = answer.headers['x-request-id'];
    assert.match(id, /^[0-9a-f]{16}$/);
    const lines = () => headend.log.trim().split('\n').map((line) => JSON.parse(line));
    const line = await until(() => lines().find(({ request }) => request === id), 'its line');
    assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual([line.level, line.program, line.message, line.status], ['info', 'pingplay-headend', 'request', answer.status]);
    assert.ok(line.duration_ms >= 0 && line.duration_ms < 60000);
    const good = lines().filter(({ route, status }) => route === '/v1/state' && status === 200);
    assert.ok(good.length > 0 && good.every(({ method, who }) => method === 'GET' && who === 'screen'));
    for (const secret of ['Marked-query', device.cookie.split('=')[1], 'Marked name', headend.password])
      assert.ok(!headend.log.includes(secret), secret);
    for (const one of lines().filter(({ message }) => message === 'request')) assert.ok(!JSON.stringify(one).includes(device.id));
    const ids = lines().map(({ request }) => request).filter(Boolean);
    assert.equal(new Set(ids).size, ids.length);
  });

  test('lives without its database, and is ready with it', async () => {
    assert.equal((await headend.request('GET', '/healthz')).status, 200);
    const ready = await headend.request('GET', '/readyz');
    assert.equal(ready.status, 200);
    assert.deepEqual(ready.json(), { database: 'ok', signer: 'ok', disk: 'ok' });
    // Changed behind its back, so that it cannot be read.
    await headend.sql('ALTER TABLE meta RENAME TO meta_away');
    const not = await headend.request('GET', '/readyz');
    assert.equal(not.status, 503);
    assert.deepEqual(not.json(), { database: 'failed', signer: 'ok', disk: 'ok' });
    assert.equal((await headend.request('GET', '/healthz')).status, 200);
    await headend.sql('ALTER TABLE meta_away RENAME TO meta');
    assert.equal((await headend.request('GET', '/readyz')).status, 200);
  });

  test('with a token, whoever shows it may ask, and nobody else, this machine neither', async (t) => {
    const file = path.join(dir, 'token');
    await writeFile(file, `${TOKEN}\n`);
    const other = await startHeadend({ serve: ['--metrics-token', file] });
    t.after(() => other.stop());
    const ask = (authorization) => other.request('GET', '/metrics', { headers: authorization ? { authorization } : {} });
    const refused = await ask();
    assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Bearer']);
    for (const wrong of ['Bearer ', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`, TOKEN])
      assert.equal((await ask(wrong)).status, 401, wrong);
    const good = await ask(`Bearer ${TOKEN}`);
    assert.equal(good.status, 200);
    assert.ok(parseMetrics(good.text).size > 5);
    await writeFile(`${file}.new`, 'Another-4be1-metrics-token\n');
    await rename(`${file}.new`, file);
    assert.equal((await ask(`Bearer ${TOKEN}`)).status, 401, 'one that was changed');
    assert.ok(!other.log.includes(TOKEN));
  });

  test('what cannot be meant is refused in one line, of the file with its place', async () => {
    const conf = path.join(dir, 'serve.conf');
    const rows = [
      ['[serve]\nport = 70000\n', /serve\.conf:2: /], ['[serve]\nprot = 1\n', /serve\.conf:2: /],
      ['[serve]\nlog-format = xml\n', /--log-format: text or json/], ['[serve]\nconnections = 3\n', /--connections: must be 16 to/],
      ['[serve]\nmetrics-token = /nowhere\n', /--metrics-token: \/nowhere: No such file/],
    ];
    for (const [text, said] of rows) {
      await writeFile(conf, text);
      const { code, err } = await run('serve', headend.dir, '--config', conf);
      assert.notEqual(code, 0);
      assert.match(err, said);
    }
    const { err } = await run('serve', headend.dir, '--config', path.join(dir, 'none.conf'));
    assert.match(err, /none\.conf: No such file/);
  });

  test('a file in its folder counts, and the command line before it', async (t) => {
    const other = await startHeadend();
    t.after(() => other.stop());
    await other.stopServing();
    await writeFile(path.join(other.dir, 'serve.conf'), '[serve]\nlog-format = json\nlisten = 127.0.0.1\nport = 1\n');
    await other.startServing(); // with --port
    assert.equal((await other.request('GET', '/healthz', { host: '127.0.0.1' })).status, 200);
    await until(() => other.log.includes('"route":"/healthz"'), 'a line of JSON');
  });
});

describe('the manual', () => {
  test('has each command and each option of pingplay-headend', async () => {
    const { out } = await run('--help');
    const text = (page) => readFile(path.join(root, 'board/man', page), 'utf8').then((roff) => roff.replaceAll('\\-', '-'));
    const manual = await text('pingplay-headend.8');
    const commands = [...out.matchAll(/^ {2}(?:pingplay-headend )?([a-z][a-z-]*(?: [a-z][a-z-]*)?) DIR/gm)].map(([, name]) => name);
    assert.ok(commands.length > 30, out);
    for (const name of commands) {
      assert.match(manual, new RegExp(`^\\.Cm ${name}$`, 'm'), name);
      const help = await run(...name.split(' '), '--help');
      assert.equal(help.code, 0, name);
      for (const [, option] of help.out.matchAll(/--([a-z][a-z-]+)/g))
        assert.match(manual, new RegExp(`Fl -${option}\\b`), `${name} --${option}`);
    }
  });

  test('has each setting of the file', async () => {
    const { out } = await run('serve', '--help');
    const page = (await readFile(path.join(root, 'board/man/pingplay-headend.conf.5'), 'utf8')).replaceAll('\\-', '-');
    const options = new Set([...out.matchAll(/--([a-z][a-z-]+)/g)].map(([, option]) => option).filter((option) => option !== 'config' && option !== 'help'));
    assert.ok(options.size >= 12);
    for (const option of options) assert.match(page, new RegExp(`^\\.It Cm ${option}$`, 'm'), option);
    for (const [, name] of page.matchAll(/^\.It Cm (\S+)$/gm)) assert.ok(options.has(name), name);
  });
});
