// What the manual and the examples say is what the programs take: they are read here as they stand.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser } from './lib/headend-browser.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { buildDir, enrolDevice, headendProgram, startHeadend } from './lib/headend.mjs';
import { near } from './lib/png.mjs';

const run = promisify(execFile);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
let dir;
let headend;

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'manual-'));
  headend = await startHeadend();
});

after(async () => {
  await headend?.stop();
  await rm(dir, { recursive: true });
});

const files = {
  jpg: ['-f', 'lavfi', '-i', 'color=red:size=64x36', '-frames:v', '1'],
  png: ['-f', 'lavfi', '-i', 'color=blue:size=64x36', '-frames:v', '1'],
  mp4: ['-f', 'lavfi', '-i', 'testsrc=size=64x36:rate=10:duration=1', '-f', 'lavfi', '-i', 'sine=duration=1', '-c:v', 'libx264',
    '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
};

test('the playlists of pingplay-playlist(5) are published as they stand', async () => {
  const page = await readFile(path.join(root, 'board/man/pingplay-playlist.5'), 'utf8');
  const examples = [...page.matchAll(/^\.Bd -literal[^\n]*\n(\{.*?)^\.Ed$/gms)].map((match) => match[1]);
  assert.equal(examples.length, 3);
  await headend.cli('feed', 'add', 'sales');
  for (const [number, shown] of examples.entries()) {
    const example = JSON.parse(shown).kind ? `{ "items": [ ${shown} ] }` : shown; // an item by itself
    for (const [, name, ending] of example.matchAll(/"file": "([^"]+\.(\w+))"/g)) {
      await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...files[ending], path.join(dir, name)]);
    }
    await writeFile(path.join(dir, 'playlist.json'), example);
    await headend.cli('publish', '--channel', `example-${number}`, path.join(dir, 'playlist.json'));
  }
});

test('every setting of the example of agent.conf(5) is one, also those behind a semicolon', async () => {
  const example = await readFile(path.join(root, 'board/etc/agent.conf'), 'utf8');
  const lines = example.replace(/^;/gm, '').replaceAll(/^(ca|root) = .*$/gm, (line, name) => `${name} = ${name === 'ca' ? headend.caFile : headend.rootFile}`)
    .replace(/^renderers = .*$/m, `renderers = ${path.join(dir, 'bin')}`);
  await mkdir(path.join(dir, 'bin'), { recursive: true });
  for (const name of ['media', 'status']) await writeFile(path.join(dir, `bin/pingplay-render-${name}`), '', { mode: 0o755 });
  await writeFile(path.join(dir, 'agent.conf'), lines);
  await run(path.join(buildDir(), 'firmware/agent/pingplay-agent'), ['--config', path.join(dir, 'agent.conf'), '--check']);
  const documented = await readFile(path.join(root, 'board/man/agent.conf.5'), 'utf8');
  for (const [, name] of example.matchAll(/^;?([a-z-]+) = /gm)) assert.match(documented, new RegExp(`^\\.It Cm ${name}$`, 'm'));
});

// The commands of a section as a shell takes them, for this machine's folders and its only user; the service is the test's.
async function commandsOf(page, section, here) {
  const text = (await readFile(path.join(root, `board/man/${page}`), 'utf8')).split(`.Sh ${section}\n`)[1].split('\n.Sh ')[0];
  return [...text.matchAll(/^\.Bd -literal[^\n]*\n(.*?)^\.Ed$/gms)].map(([, block]) => {
    let script = block.replaceAll('\\(aq', "'").replaceAll('\\-', '-').replaceAll('\\e', '\\').replace(/^# /gm, '')
      .replaceAll('runuser -u pingplay-headend -- ', '').replaceAll('-o pingplay-headend -g pingplay-headend ', '')
      .replaceAll('pingplay-headend:pingplay-headend', `${process.getuid()}:${process.getgid()}`);
    for (const [from, to] of here) script = script.replaceAll(from, to);
    assert.doesNotMatch(script, /\\|\/var|\/backup\b(?!-)/, 'all of it is understood');
    return script;
  });
}

test('a headend is restored from a backup by the commands of the manual, and its screens follow it again', async (t) => {
  const lost = await startHeadend({ serve: ['--poll-interval', '1'] });
  t.after(() => lost.stop());
  const colour = async (name) => {
    const file = path.join(dir, `${name}.png`);
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', `color=${name}:size=64x36`, '-frames:v', '1', file]);
    return file;
  };
  const shows = (wanted) => (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), wanted);
  await lost.publish('lobby', [await colour('red')]);
  const display = await startDisplay(lost);
  t.after(() => display.stop());
  const { code, fingerprint } = await display.waitCode();
  const id = await lost.approve(code, { name: 'Lobby left', channel: 'lobby', fingerprint });
  await display.waitPicture(shows([254, 0, 0]), 'the first content');

  const [backup, restore] = await commandsOf('pingplay-headend.8', 'BACKUP AND RESTORE', [['/var/lib/pingplay-headend', lost.dir],
    ['/backup', `${dir}-backup`], ['systemctl stop pingplay-headend', ':'], ['systemctl start pingplay-headend', 'exit'],
    ['pingplay-headend restored', `${headendProgram()} restored`]]);
  t.after(() => rm(`${dir}-backup`, { recursive: true, force: true }));
  assert.match(backup, /flock publish.lock/);
  await run('sh', ['-e', '-c', backup]);

  // After the backup: states, a publish, a channel, a renewed certificate, and a screen that is lost with them.
  await lost.cli('screen', 'set', id, '--name', 'Renamed');
  await lost.publish('hall', [await colour('white')]);
  await lost.publish('lobby', [await colour('blue')]);
  await display.waitPicture(shows([0, 0, 254]), 'what the backup does not have');
  const followed = async () => {
    const { report, version } = JSON.parse(await lost.cli('screen', 'show', id));
    return report?.state === 'online' && report.state_version === version && report;
  };
  await until(followed, 'the newest state to be in effect');
  const later = await enrolDevice(lost, { name: 'Later', channel: 'hall' });
  await lost.stopServing();
  await rm(lost.dir, { recursive: true });

  const [before, after_] = restore.split(/^exit$/m);
  await run('sh', ['-e', '-c', before]);
  await lost.startServing();
  await run('sh', ['-e', '-c', after_]);
  await lost.publish('lobby', [await colour('yellow')]);
  await display.waitPicture(shows([255, 255, 0]), 'what was published after the restore');
  assert.ok((await until(followed, 'the restored state to be in effect')).state_floor.epoch > 0);
  const screens = JSON.parse(await lost.cli('screen', 'list', '--json'));
  assert.deepEqual(screens.map((screen) => [screen.id, screen.name]), [[id, 'Lobby left']]);
  assert.equal((await lost.request('GET', '/v1/state', { device: later, cookie: undefined })).json().code, 'screen-unknown');
  await lost.publish('hall', [await colour('white')]);
  await lost.cli('screen', 'set', id, '--channel', 'hall');
  await display.waitPicture(shows([255, 255, 255]), 'a channel that was made again');
});

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('the example of nginx puts the pages behind another certificate, and nothing else', async (t) => {
  const port = await freePort();
  const file = (name) => path.join(dir, name);
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=pages',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', file('pages.key'), '-out', file('pages.pem')]);
  const example = (await readFile(path.join(root, 'board/etc/nginx-pages.conf'), 'utf8'))
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`).replace(/^.*listen \[::\].*$/m, '')
    .replace('pages.example.org;', 'localhost;').replace(/\/etc\/letsencrypt.*fullchain\.pem/, file('pages.pem'))
    .replace(/\/etc\/letsencrypt.*privkey\.pem/, file('pages.key')).replace('127.0.0.1:8443', `127.0.0.1:${headend.port}`)
    .replace('/etc/nginx/pingplay-ca.pem', headend.caFile);
  await writeFile(file('nginx.conf'), `daemon off; user root; pid ${file('nginx.pid')}; error_log stderr; events {}\nhttp { access_log off;\n` +
    ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${file(name)};\n`).join('') + `${example} }\n`);
  const nginx = spawn('nginx', ['-e', 'stderr', '-c', file('nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  nginx.stderr.on('data', (data) => { said += data; });
  const ended = new Promise((resolve) => nginx.on('close', resolve));
  t.after(async () => { nginx.kill(); await ended; });
  const pages = Object.create(headend, { port: { value: port }, ca: { value: await readFile(file('pages.pem'), 'utf8') } });
  for (let tries = 0; ; tries++) {
    try {
      await pages.request('GET', '/');
      break;
    } catch (error) {
      assert.ok(tries < 200 && nginx.exitCode === null, `${error}: ${said}`);
      await sleep(50);
    }
  }
  const browser = new Browser(pages);
  assert.equal((await browser.signIn('admin', headend.password)).status, 303);
  assert.equal((await browser.get('/admin/screens')).status, 200);
  assert.equal((await pages.request('GET', '/healthz')).status, 404);
});

// Words of mdoc(7) as they are shown: macros gone, "\\-" a dash.
const shown = (text) => text.replaceAll('\\-', '-').replace(/\b(Fl|Ar|Cm|Op|Oc|Oo|Ns|Pa|Brq|Li|Pq|Ac|Ao)\b/g, ' ').replace(/\s+/g, ' ');

test('pingplay-headend(8) has every command and every option that --help has, and no other', async () => {
  const page = (await readFile(path.join(root, 'board/man/pingplay-headend.8'), 'utf8'));
  const synopsis = page.split('.Sh SYNOPSIS\n')[1].split('\n.Sh ')[0];
  const inPage = new Map(synopsis.split(/^\.Nm\n/m).slice(1).map((block) => {
    const [, name] = /^\.Cm ([a-z -]+)$/m.exec(block) ?? [undefined, shown(block).trim()];
    return [name.replace(/ ?\| ?/g, '|'), new Set([...block.matchAll(/(?:Fl|\|) \\-([a-z][a-z-]*)/g)].map(([, option]) => option))];
  }));
  const { stdout } = await run(headendProgram(), ['--help']);
  const blocks = stdout.split(/^ {2}(?=[a-z])/m).slice(1);
  const inHelp = new Map(blocks.map((block) => {
    const usage = block.split(/\n {6}(?! )[a-z]/)[0];
    return [/^[a-z-]+( [a-z-]+)?(?= DIR|$)/.exec(block)[0], new Set([...usage.matchAll(/--([a-z][a-z-]*)/g)].map(([, option]) => option))];
  }));
  assert.ok(inHelp.size > 50, `${inHelp.size} commands`);
  assert.deepEqual([...inPage.keys()].filter((name) => !inHelp.has(name)), [], 'commands of the page that there are not');
  assert.deepEqual([...inHelp.keys()].filter((name) => !inPage.has(name)), [], 'commands that the page has not');
  const rules = new Set([...page.split('.Sh ALERTS\n')[1].split('\n.Sh ')[0].matchAll(/^\.It Fl (.*)$/gm)].flatMap(([, line]) => [...line.matchAll(/\\-([a-z-]+)/g)].map(([, option]) => option)));
  for (const [name, options] of inHelp) {
    const documented = new Set([...inPage.get(name), ...(/^alert (add|set)$/.test(name) ? rules : [])]);
    assert.deepEqual([...options].sort(), [...documented].sort(), name);
  }
});

test('pingplay-headend.conf(5) has every option of serve, with its default', async () => {
  const page = await readFile(path.join(root, 'board/man/pingplay-headend.conf.5'), 'utf8');
  const { stdout } = await run(headendProgram(), ['serve', '--help']);
  const options = [...stdout.matchAll(/--([a-z][a-z-]*)/g)].map(([, option]) => option).filter((option) => option !== 'config').sort();
  assert.ok(options.length > 10);
  const items = page.split(/^\.It Cm /m).slice(1);
  assert.deepEqual(items.map((item) => item.split('\n')[0].trim()).sort(), options);
  for (const item of items) assert.match(item, /^Default: ?|Default:/m, item.split('\n')[0]);
});
