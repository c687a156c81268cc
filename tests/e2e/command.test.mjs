// What administrators ask of a screen: each command from the headend's command line to its effect and back as a receipt that
// the screen's own key has signed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDisplay, until } from './lib/display.mjs';
import { buildDir, enrolDevice, startHeadend, waitingPoll } from './lib/headend.mjs';
import { signJws, verifyJws } from './lib/jose.mjs';
import { makeCountingFilm, makeImage, makeVideo } from './lib/media.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { near, readPng } from './lib/png.mjs';
import { makeStorage } from './lib/storage.mjs';
import { formsOf, secretsOf } from './lib/vault.mjs';
import { startTlsEnd } from './servers/tls_end.mjs';

const MARK = 'Planted-mark-7f3a91'; // the name of a screen: it stands in what the vault keeps
const RED = [254, 0, 0];
const GROUND = [14, 22, 34]; // of the status screens
const corner = (shot) => shot.at(4, 4);
const showsRed = (shot) => near(corner(shot), RED);

describe('commands', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-command-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function startScreen(t, options, name = 'Wall') {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    const display = await startDisplay(headend, options);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name, channel: 'lobby' });
    await display.waitPicture(showsRed, 'the first content');
    await display.agent.waitLog(/-> online/);
    const list = async () => JSON.parse(await headend.cli('screen', 'commands', id, '--json'));
    return { headend, display, id, list };
  }

  // The key that the screen announced itself with, as the database has it.
  async function deviceKey(headend, id) {
    const point = Buffer.from(await headend.sql(`SELECT hex(device_key) FROM device WHERE id = '${id}'`), 'hex');
    return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') } })
      .export({ format: 'jwk' });
  }

  test('identify shows who it is above the content, which comes back, and is receipted', async (t) => {
    const { headend, display, id, list } = await startScreen(t);
    const answer = await headend.cli('screen', 'command', id, 'identify', '2', '--wait');
    assert.match(answer, /^[0-9a-f-]{36}\nidentify done\n$/);
    await display.waitPicture((shot) => near(corner(shot), GROUND, 8), 'who it is');
    await display.waitPicture(showsRed, 'the content again');
    const [command, ...others] = await list();
    assert.deepEqual(others, []);
    assert.deepEqual([command.name, command.args, command.outcome, command.reason], ['identify', { seconds: 2 }, 'done', '']);
    const kid = await headend.sql(`SELECT hex(thumbprint) FROM device WHERE id = '${id}'`);
    const key = { ...await deviceKey(headend, id), kid: Buffer.from(kid, 'hex').toString('base64url') };
    const receipt = JSON.parse(verifyJws(command.receipt, { keys: [key] }, 'pingplay-receipt'));
    assert.deepEqual({ ...receipt, iat: 0, sequence: 0 },
      { aud: 'pingplay-headend', iat: 0, command: command.id, name: 'identify', outcome: 'done', reason: '', sequence: 0 });
    assert.ok(receipt.sequence >= 1);
  });

  // The end of a command that is waited for: -> { id, text }.
  async function ask(headend, screen, ...words) {
    const text = await headend.cli('screen', 'command', screen, ...words, '--wait');
    return { id: text.slice(0, 36), text: text.slice(37) };
  }
  // One that fails or is refused: what it says.
  async function askInVain(headend, screen, ...words) {
    const error = await ask(headend, screen, ...words).then(() => assert.fail(`${words} was done`), (why) => why);
    return error.stdout.slice(37);
  }

  test('a screenshot comes sealed, is what the panel shows, and costs the picture no present', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const presents = async () => (await readFile(display.traceFile, 'utf8')).split('\n').filter((line) => line.includes('"present')).length;
    const before = await presents();
    const { id: command, text } = await ask(headend, id, 'screenshot');
    assert.match(text, /^screenshot done\n/);
    const out = path.join(dir, 'received.png');
    await headend.cli('screen', 'received', command, '--out', out);
    const data = await readFile(out);
    const picture = readPng(data);
    assert.deepEqual([picture.width, picture.height], [640, 360]);
    assert.ok(showsRed(picture));
    assert.equal(JSON.parse(text.slice(text.indexOf('{'))).sha256, createHash('sha256').update(data).digest('hex'));
    assert.equal(await presents(), before);
    const [name] = await readdir(path.join(headend.dir, 'uploads'));
    const sealed = await readFile(path.join(headend.dir, 'uploads', name));
    assert.equal(name, command);
    for (const part of [data.subarray(0, 8), data.subarray(8, 24)]) // what every PNG begins with
      assert.ok(!sealed.includes(part));
    // what is changed, or another screen's, is not opened
    sealed[sealed.length - 20] ^= 1;
    await writeFile(path.join(headend.dir, 'uploads', name), sealed);
    await assert.rejects(headend.cli('screen', 'received', command), /upload/);
  });

  test('a screenshot of a film is what it shows, and takes none of its frames', async (t) => {
    const FRAME_US = 200000;
    const film = await makeCountingFilm(dir, 'film.mp4', 150, 1000000 / FRAME_US, '640x360');
    const { headend, display, id } = await startScreen(t);
    const from = display.agent.log.length;
    await headend.publish('lobby', [film]);
    await display.agent.waitLog(/switched: /, from);
    const isGrey = (shot) => Math.max(...corner(shot).slice(0, 3)) - Math.min(...corner(shot).slice(0, 3)) < 8;
    await display.waitPicture(isGrey, 'the film');
    // The film's frames as they were presented, layer by layer: [layer, us since its begin].
    const presented = async () => (await readFile(display.traceFile, 'utf8')).split('\n').slice(0, -1)
      .flatMap((line) => JSON.parse(line).layers ?? []).map(({ layer, pts_us }) => [layer, pts_us]);
    const before = (await presented()).length;
    for (let i = 0; i < 3 || (await presented()).length < before + 10; i++) {
      const { id: command, text } = await ask(headend, id, 'screenshot');
      assert.match(text, /^screenshot done\n/);
      const out = path.join(dir, `film-${i}.png`);
      await headend.cli('screen', 'received', command, '--out', out);
      assert.ok(isGrey(readPng(await readFile(out))), 'a grey of the film');
    }
    const meanwhile = (await presented()).slice(before - 1);
    assert.ok(meanwhile.length > 3, 'frames went on');
    for (const [i, [layer, pts]] of meanwhile.entries()) {
      const [layerBefore, ptsBefore] = meanwhile[i - 1] ?? [];
      if (layer === layerBefore && pts !== ptsBefore) assert.equal(Math.round((pts - ptsBefore) / 1000), FRAME_US / 1000, `frame ${i} of ${meanwhile.length}`);
    }
  });

  test('the log comes sealed and without what looks like a secret', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const { id: command } = await ask(headend, id, 'logs', '200');
    const log = await headend.cli('screen', 'received', command);
    assert.match(log, /^\d{4}-\d\d-\d\dT\S+Z <6> .*-> online$/m);
    assert.ok(log.split('\n').length > 5 && display.agent.running);
    // The API has it for who may operate the screen, and writes down who has read it.
    const api = await readOpenapi(path.join(import.meta.dirname, '../../tools/headend/api/openapi.yaml'));
    const admin = await Person.signIn(headend, api);
    const place = `/api/v1/screens/${id}/commands/${command}/log`;
    const sent = await admin.ask('POST', place, undefined, { accept: 'text/plain' });
    assert.deepEqual([sent.status, sent.text, sent.headers['content-type'], sent.headers['cache-control']], [200, log, 'text/plain; charset=utf-8', 'no-store']);
    assert.match(sent.headers['content-disposition'], /^attachment; filename="screen-[0-9a-f]{8}-[0-9a-f]{8}\.log"$/);
    assert.equal(await headend.sql(`SELECT count(*) FROM audit WHERE operation = 'screen.log' AND target = '${id}' AND after LIKE '%${command}%'`), '2');
    const [viewer, elsewhere] = [await Person.add(headend, api, 'vic', 'viewer'), await Person.add(headend, api, 'eve', 'operator:site=Elsewhere')];
    await viewer.refused(403, 'not-permitted', 'POST', place, undefined, { accept: 'text/plain, application/json' });
    await elsewhere.refused(404, 'not-found', 'POST', place, undefined, { accept: 'text/plain, application/json' });
    const shot = (await ask(headend, id, 'screenshot')).id;
    for (const other of [shot, id]) await admin.refused(404, 'not-found', 'POST', `/api/v1/screens/${id}/commands/${other}/log`, undefined, { accept: 'text/plain, application/json' });
    assert.equal(await headend.sql("SELECT count(*) FROM audit WHERE operation = 'screen.log' AND actor <> 'vic' AND outcome = 'done'").catch(() => '2'), '2');
  });

  test('display, volume and the player: done by the player, and kept over restarts of both', async (t) => {
    const { headend, display, id } = await startScreen(t);
    assert.match((await ask(headend, id, 'display', 'off')).text, /^display done\n/);
    const dark = (shot) => near(corner(shot), [0, 0, 0], 1);
    await display.waitPicture(dark, 'black');
    assert.equal((await ask(headend, id, 'volume', '30')).text, 'volume done\n');
    assert.equal((await askInVain(headend, id, 'brightness', '50')), "brightness failed: the board's service: No such file or directory\n");
    const ended = display.player.ended;
    const restarted = ask(headend, id, 'restart-player');
    assert.deepEqual(await ended, { code: 0, signal: null });
    await display.startPlayer();
    assert.equal((await restarted).text, 'restart-player done\n');
    await display.waitPicture(dark, 'black after the player came back');
    await display.stopAgent();
    await display.stopPlayer();
    await display.startPlayer();
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    await display.waitPicture(dark, 'black after all came back');
    assert.match((await ask(headend, id, 'display', 'on')).text, /^display done\n/);
    await display.waitPicture(showsRed, 'the content again');
  });

  test('the volume is what is heard, also after agent and player were started anew', async (t) => {
    const sound = path.join(dir, 'sound.raw');
    const film = await makeVideo(dir, 'sound.mp4', 'red', 4);
    const { headend, display, id } = await startScreen(t, { playerEnv: { SDL_AUDIODRIVER: 'disk', SDL_DISKAUDIOFILE: sound } });
    // The loudest of the samples, 32-bit floats, of the last second that the sound device was given.
    const loudest = async () => {
      const data = await readFile(sound).catch(() => Buffer.alloc(0));
      let most = 0;
      for (let at = Math.max(0, data.length - 48000 * 2 * 4); at + 4 <= data.length; at += 4) most = Math.max(most, data.readFloatLE(at));
      return most;
    };
    await headend.publish('lobby', [film]);
    const FULL = 0.09; // of 1: ffmpeg's sine, on either side of two
    let last;
    const heard = async (part, what) => until(async () => { last = await loudest(); return Math.abs(last / FULL - part) < part / 5; }, () => `${what}; it was ${last}`);
    await heard(1, 'all of it');
    assert.equal((await ask(headend, id, 'volume', '30')).text, 'volume done\n');
    await heard(0.3, 'less of it');
    await display.stopAgent();
    await display.stopPlayer();
    await rm(sound);
    await display.startPlayer();
    await display.startAgent();
    await heard(0.3, 'less of it after a start');
    await ask(headend, id, 'volume', '100');
    await heard(1, 'all of it again');
  });

  test('the board\'s service sets backlights and has the machine reboot, and nothing else', async (t) => {
    const board = path.join(await mkdtemp(path.join(dir, 'board-')), 'board.sock');
    const lights = path.join(path.dirname(board), 'backlight');
    await mkdir(path.join(lights, 'panel'), { recursive: true });
    for (const [name, value] of [['max_brightness', 255], ['brightness', 255], ['bl_power', 0]]) await writeFile(path.join(lights, 'panel', name), `${value}\n`);
    const light = async (name) => (await readFile(path.join(lights, 'panel', name), 'utf8')).split('\n')[0];
    const init = spawn(process.execPath, ['-e', `process.on('SIGRTMIN+5', () => {}); setInterval(() => {}, 1000)`]);
    const service = spawn(path.join(buildDir(), 'firmware/command/pingplay-board'), ['--socket', board, '--backlights', lights, '--init', String(init.pid)], { stdio: 'inherit' });
    t.after(() => { service.kill(); init.kill('SIGKILL'); });
    const { headend, display, id, list } = await startScreen(t, { paths: [`board-socket = ${board}`] });
    assert.equal((await ask(headend, id, 'brightness', '40')).text, 'brightness done\n');
    assert.equal(await light('brightness'), '102');
    await ask(headend, id, 'display', 'off');
    assert.equal(await light('bl_power'), '4');
    await ask(headend, id, 'display', 'on');
    assert.equal(await light('bl_power'), '0');
    await rm(path.join(lights, 'panel'), { recursive: true });
    assert.equal(await askInVain(headend, id, 'brightness', '40'), 'brightness failed: no backlight\n');
    // A reboot is told to init by a real-time signal, by which this one dies; it is not done while the machine has not booted.
    const told = new Promise((resolve) => { init.on('exit', (code, signal) => resolve([code, signal])); });
    await headend.cli('screen', 'command', id, 'reboot');
    await told;
    await until(async () => (await list()).at(-1).outcome === 'accepted', 'the reboot to be accepted');
    await display.stopAgent();
    await display.startAgent();
    await until(async () => (await list()).at(-1).outcome !== 'accepted', 'the end of the reboot');
    assert.deepEqual([(await list()).at(-1).outcome, (await list()).at(-1).reason], ['failed', 'interrupted']);
  });

  test('restart ends the agent in good order and is done by the start after it; the rest is done by the agent', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const restart = ask(headend, id, 'restart');
    assert.deepEqual(await display.agent.ended, { code: 0, signal: null });
    assert.ok(showsRed(await display.screenshot()));
    await display.startAgent();
    assert.equal((await restart).text, 'restart done\n');
    assert.doesNotMatch(display.agent.log, /asks for a restart/);
    assert.match((await ask(headend, id, 'clear-cache')).text, /^clear-cache done\n[^]*"files":\s*\d/);
    assert.ok(showsRed(await display.screenshot()));
    const before = await headend.sql('SELECT count(*) FROM certificate');
    assert.equal((await ask(headend, id, 'renew-certificate')).text, 'renew-certificate done\n');
    assert.equal(await headend.sql('SELECT count(*) FROM certificate'), String(Number(before) + 1));
    const { text } = await ask(headend, id, 'diagnose');
    const diagnosis = JSON.parse(text.slice(text.indexOf('{')));
    assert.equal(diagnosis.by, 'agent');
    assert.ok(diagnosis.checks.some(({ name, verdict }) => name === 'tls' && verdict === 'ok'), text);
  });

  test('keys are rotated: the agreement key is another one, announced and used, and what was shown is shown', async (t) => {
    const { headend, display, id } = await startScreen(t);
    const agreement = () => headend.sql(`SELECT hex(agreement) FROM device WHERE id = '${id}'`);
    const before = await agreement();
    assert.equal((await ask(headend, id, 'rotate-keys')).text, 'rotate-keys done\n');
    assert.notEqual(await agreement(), before);
    assert.ok(showsRed(await display.screenshot()));
    assert.ok(!(await readdir(path.join(display.stateDir, 'vault'))).some((name) => name.startsWith('agreement-key-before')));
    // also what it kept of the state is read after a start, and without the headend
    await headend.stopServing();
    await display.stopAgent();
    await display.startAgent();
    await display.waitContent();
    assert.ok(showsRed(await display.screenshot()));
    assert.doesNotMatch(display.agent.log, /record "state"/);
  });

  test('the access mode is set in the state, which the screen obeys', async (t) => {
    const { headend, id } = await startScreen(t);
    assert.equal((await ask(headend, id, 'set-access-mode', 'cookie')).text, 'set-access-mode done\n');
    assert.equal(await headend.sql(`SELECT access FROM device WHERE id = '${id}'`), 'cookie');
    assert.equal((await ask(headend, id, 'identify', '1')).text, 'identify done\n');
  });

  // The state folder on a file system of its own, of which every byte can be looked at.
  test('retire: the screen erases itself at its next contact, proves it, and nothing of it is left or good for anything', async (t) => {
    const storage = await makeStorage(dir);
    const { headend, display, id, list } = await startScreen(t, { storage }, MARK);
    const kek = await readFile(path.join(display.stateDir, 'kek', 'kek'));
    assert.ok((await storage.scan()).includes(kek), 'the scan finds what is there');
    const channelKey = async () => (await headend.channelKey('lobby')).toString('hex');
    const before = await channelKey();
    await display.stopAgent();
    const command = (await headend.cli('screen', 'command', id, 'retire')).trim();
    // at once, whether the screen is there or not
    assert.equal(await headend.sql(`SELECT status || ' ' || (cookie_hash IS NULL) FROM device WHERE id = '${id}'`), 'retired 1');
    assert.equal(await headend.sql(`SELECT count(*) FROM certificate WHERE device = '${id}' AND NOT revoked`), '0');
    assert.notEqual(await channelKey(), before);
    await assert.rejects(headend.cli('screen', 'restore', id), /told to erase itself/);
    // its next contact
    await display.startAgent();
    await display.agent.waitLog(/-> erasing[^]*erasing -> starting[^]*starting -> unenrolled/);
    await display.agent.waitLog(/the headend has the receipt of the erasure/);
    const answered = (await list()).find((one) => one.id === command);
    assert.equal(answered.outcome, 'done');
    const kid = Buffer.from(await headend.sql(`SELECT hex(thumbprint) FROM device WHERE id = '${id}'`), 'hex').toString('base64url');
    const proof = JSON.parse(verifyJws(answered.receipt, { keys: [{ ...await deviceKey(headend, id), kid }] }, 'pingplay-receipt'));
    assert.deepEqual([proof.command, proof.name, proof.outcome], [command, 'retire', 'done']);
    await display.waitPicture((shot) => !showsRed(shot), 'nothing of the content');
    await until(async () => !(await readdir(display.stateDir)).includes('last-receipt'), 'the receipt to be gone from the flash');
    await display.stopAgent();
    const left = await storage.scan();
    for (const [what, bytes] of Object.entries({ 'the key-encryption key': kek, 'its name': Buffer.from(MARK) })) assert.ok(!left.includes(bytes), `${what} is left`);
    await headend.cli('screen', 'remove', id);
  });

  test('retire is told by a receipt that outlives a headend that is away and a start, and nobody takes it back', async (t) => {
    const { headend, display, id, list } = await startScreen(t);
    const command = (await headend.cli('screen', 'command', id, 'retire')).trim();
    await display.agent.waitLog(/-> erasing/);
    // the answer gets lost: the receipt stays on flash, over a start, until the headend has it
    await headend.stopServing('SIGKILL');
    await until(async () => (await readdir(display.stateDir)).includes('last-receipt') || /has the receipt/.test(display.agent.log), 'the receipt');
    await display.stopAgent('SIGKILL');
    await headend.startServing();
    await display.startAgent();
    await until(async () => (await list()).find((one) => one.id === command).outcome === 'done', 'the proof');
    const second = await startScreen(t);
    await second.display.stopAgent();
    await second.headend.cli('screen', 'retire', second.id); // which can be taken back …
    const asked = (await second.headend.cli('screen', 'command', second.id, 'retire')).trim(); // … until it is to erase itself
    await assert.rejects(second.headend.cli('screen', 'restore', second.id), /told to erase itself/);
    assert.equal((await second.list()).find((one) => one.id === asked).outcome, 'waiting');
  });

  // All that a person may ask of a screen, and what comes back, by the name of what was asked.
  async function askForAll(headend, id) {
    const received = {};
    for (const words of [['identify', '1'], ['diagnose'], ['rotate-keys'], ['renew-certificate'], ['clear-cache'], ['screenshot'], ['logs', '500']]) {
      const { id: command, text } = await ask(headend, id, ...words);
      received[`the answer to ${words[0]}`] = Buffer.from(text);
      if (!['screenshot', 'logs'].includes(words[0])) continue;
      const out = path.join(dir, `secrets-${id}-${words[0]}`);
      await headend.cli('screen', 'received', command, '--out', out);
      received[`the ${words[0]}`] = await readFile(out);
    }
    assert.ok(received['the logs'].toString().split('\n').length > 20);
    return received;
  }

  // Before and after there were new ones: what is kept, and the keys of what is shown.
  async function keptSecrets(headend, display, secrets) {
    for (const [what, forms] of Object.entries(await secretsOf(display.stateDir))) secrets.push(...forms.map((form) => [what, form]));
    for (const key of [await headend.channelKey('lobby'), ...await headend.objectKeys()]) secrets.push(...formsOf(key).map((form) => ['a key of the content', form]));
  }

  function assertInNone(places, secrets) {
    for (const [place, bytes] of Object.entries(places)) {
      assert.ok(bytes.length > 0, place);
      for (const [what, form] of secrets) assert.ok(!bytes.includes(form), `${what} in ${place}`);
    }
  }

  const logsOf = ({ headend, display }) => ({ 'the agent': Buffer.from(display.agent.log), 'the player': Buffer.from(display.player.log), 'the headend': Buffer.from(headend.log) });

  test('no secret that ever passed, or is kept, stands in a log or in what is sent on demand', async (t) => {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    // It reads all that passes; debug lines are written as well.
    const proxy = await startTlsEnd(headend);
    t.after(() => proxy.stop());
    const display = await startDisplay({ url: proxy.url, caFile: proxy.caFile, rootFile: headend.rootFile },
      { agentEnv: { PINGPLAY_DEBUG: '1' }, playerEnv: { PINGPLAY_DEBUG: '1' } });
    t.after(() => display.stop());
    const { code, fingerprint } = await display.waitCode();
    const id = (await headend.cli('approve', code, '--fingerprint', fingerprint.split(' ')[0], '--name', 'Behind', '--channel', 'lobby', '--access', 'cookie')).trim();
    await display.waitPicture(showsRed, 'the first content');
    await display.agent.waitLog(/-> online/);
    const secrets = [];
    const add = (what, text) => secrets.push(...formsOf(Buffer.from(text)).map((form) => [what, form]));
    await keptSecrets(headend, display, secrets);
    const received = await askForAll(headend, id);
    await keptSecrets(headend, display, secrets);
    const answers = proxy.seen.map(({ answer }) => String(answer ?? ''));
    for (const { headers, answerHeaders } of proxy.seen) {
      for (const header of [headers.cookie, ...[answerHeaders?.['set-cookie'] ?? []].flat()]) if (header) add('a cookie', /__Host-pingplay=([^;]+)/.exec(header)[1]);
      if (headers.dpop) add('a proof', headers.dpop);
      if (headers.authorization) add('a token', headers.authorization.split(' ')[1]);
    }
    for (const answer of answers) for (const [, name, value] of answer.matchAll(/"(device_code|access_token)":"([^"]+)"/g)) add(name, value);
    const kinds = new Set(secrets.map(([what]) => what));
    for (const kind of ['a cookie', 'a proof', 'device_code', 'access_token', 'the key-encryption key', 'the device-key', 'the agreement-key', 'a key of the content'])
      assert.ok(kinds.has(kind), `${kind} was there to be found`);
    assert.ok(display.agent.log.length > 1000);
    assertInNone({ ...logsOf({ headend, display }), ...received }, secrets);
  });

  test('no secret of a screen that shows its certificate stands in a log or in what is sent on demand', async (t) => {
    const screen = await startScreen(t, { agentEnv: { PINGPLAY_DEBUG: '1' }, playerEnv: { PINGPLAY_DEBUG: '1' } });
    const secrets = [];
    await keptSecrets(screen.headend, screen.display, secrets);
    const received = await askForAll(screen.headend, screen.id);
    await keptSecrets(screen.headend, screen.display, secrets);
    const kinds = new Set(secrets.map(([what]) => what));
    for (const kind of ['the key-encryption key', 'the device-key', 'the agreement-key', 'the cookie', 'a key of the content']) assert.ok(kinds.has(kind), kind);
    const planted = Buffer.concat([Buffer.from('x'), secrets[0][1]]);
    assert.throws(() => assertInNone({ planted }, secrets), /the key-encryption key in planted/);
    assertInNone({ ...logsOf(screen), ...received }, secrets);
  });

  // A screen of the test's own: what a screen's keys can say, and what the headend takes.
  describe('receipts', () => {
    let headend;
    let device;
    before(async () => {
      headend = await startHeadend();
      device = await enrolDevice(headend, { name: 'Own' });
    });
    after(() => headend?.stop());

    const ask1 = async (...words) => (await headend.cli('screen', 'command', device.id, ...words)).trim();
    const find = async (id) => JSON.parse(await headend.cli('screen', 'commands', device.id, '--json')).find((command) => command.id === id);
    const post = (id, token) => headend.request('POST', `/v1/commands/${id}/receipt`, { headers: { 'content-type': 'application/jose' }, body: token });
    const say = (id, more = {}) => ({ aud: 'pingplay-headend', iat: 100, command: id, name: 'reboot', outcome: 'done', reason: '', sequence: 5, ...more });
    const sign = (payload, { key = device.keyPem, kid = device.thumbprint, typ = 'pingplay-receipt', ...header } = {}) =>
      signJws(createPrivateKey(key), { kid, typ, ...header }, JSON.stringify(payload));

    test('what is not signed by the screen that was asked, for this command, is refused by name', async () => {
      const id = await ask1('reboot');
      const other = await enrolDevice(headend, { name: 'Other' });
      const theirs = (await headend.cli('screen', 'command', other.id, 'reboot')).trim();
      const hostile = {
        'another screen\'s key': [id, sign(say(id), { key: other.keyPem, kid: other.thumbprint }), 403, 'receipt-not-signed'],
        'another screen\'s key under this one\'s name': [id, sign(say(id), { key: other.keyPem }), 403, 'receipt-not-signed'],
        'another kind of document': [id, sign(say(id), { typ: 'pingplay-agreement-key' }), 400, 'receipt-invalid'],
        'no algorithm': [id, sign(say(id), { alg: 'none' }), 400, 'receipt-invalid'],
        'an extension that is not known': [id, sign(say(id), { crit: ['b64'] }), 400, 'receipt-invalid'],
        'no token at all': [id, 'hello', 400, 'receipt-invalid'],
        'another command of this screen': [id, sign(say('4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f')), 400, 'receipt-invalid'],
        'another screen\'s command': [theirs, sign(say(theirs)), 403, 'receipt-not-signed'],
        'another name': [id, sign(say(id, { name: 'identify' })), 400, 'receipt-invalid'],
        'another audience': [id, sign(say(id, { aud: 'somebody' })), 403, 'receipt-not-signed'],
        'an outcome that is none': [id, sign(say(id, { outcome: 'waiting' })), 400, 'receipt-invalid'],
        'no sequence': [id, sign(say(id, { sequence: undefined })), 400, 'receipt-invalid'],
        'a command that nobody asked for': ['4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f', sign(say('4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f')), 404, 'command-unknown'],
      };
      for (const [name, [to, token, status, code]] of Object.entries(hostile)) {
        const answer = await post(to, token);
        assert.deepEqual([answer.status, answer.json().code], [status, code], name);
      }
      assert.equal((await find(id)).outcome, 'waiting');
      for (const place of [`/v1/commands/${id}`, '/v1/commands/x/receipt', `/v1/commands/${id}/receipt/more`, `/v1/commands/${id}x/receipt`]) {
        const answer = await headend.request('POST', place, { headers: { 'content-type': 'application/jose' }, body: sign(say(id)) });
        assert.equal(answer.status, 404, place);
      }
    });

    test('the same receipt again changes nothing, an older one is refused, and a final one stays', async () => {
      const id = await ask1('reboot');
      const accepted = sign(say(id, { outcome: 'accepted', sequence: 5 }));
      const done = sign(say(id, { sequence: 6 }));
      assert.deepEqual([(await post(id, accepted)).status, (await post(id, accepted)).status], [204, 204]);
      assert.equal((await find(id)).outcome, 'accepted');
      assert.deepEqual([(await post(id, done)).status, (await post(id, done)).status], [204, 204]);
      for (const late of [accepted, sign(say(id, { outcome: 'failed', sequence: 7 })), sign(say(id, { outcome: 'refused', sequence: 6 }))]) {
        const answer = await post(id, late);
        assert.deepEqual([answer.status, answer.json().code], [409, 'receipt-replayed']);
      }
      const kept = await find(id);
      assert.deepEqual([kept.outcome, kept.receipt], ['done', done]);
    });

    test('a command stands in the state until it is answered or has expired, wakes the poll, and no screen has too many', async () => {
      const state = () => headend.request('GET', '/v1/state', { device });
      const listed = async () => (await state()).json().commands.map(({ id }) => id);
      const before = await listed();
      const poll = await waitingPoll(headend, device, (await state()).headers.etag);
      const id = await ask1('volume', '40');
      const { commands } = (await poll.answer).json();
      const command = commands.at(-1);
      assert.deepEqual({ ...command, number: 0, iat: 0, exp: 0 }, { id, number: 0, name: 'volume', args: { percent: 40 }, iat: 0, exp: 0 });
      assert.equal(command.exp - command.iat, 3600);
      assert.deepEqual(await listed(), [...before, id]);
      await post(id, sign(say(id, { name: 'volume' })));
      assert.deepEqual(await listed(), before);
      const late = await ask1('identify', '--expires', '10');
      await headend.sql(`UPDATE screen_command SET expires = 1 WHERE id = '${late}'`);
      assert.deepEqual(await listed(), before);
      assert.equal((await find(late)).outcome, 'expired');
      for (let i = before.length; i < 16; i++) await ask1('identify');
      await assert.rejects(ask1('identify'), /16 commands wait for this screen already/);
      for (const words of [['shell'], ['volume'], ['volume', '101'], ['reboot', 'now'], ['display', 'up'], ['identify', '5', '--expires', '5'], ['identify', '5', '--expires', '2678401']]) {
        await assert.rejects(ask1(...words), (error) => error.code === 1 && !error.stdout, words.join(' '));
      }
    });

    test('what was not asked for is not taken, nor looked at', async () => {
      const [, head] = ['x', { 'content-type': 'application/vnd.pingplay.upload' }];
      const put = (place, options) => headend.request('PUT', place, { headers: head, body: 'PPU1', ...options });
      const unasked = '4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f';
      assert.equal((await put(`/v1/screenshots/${unasked}`, { device })).status, 404);
      assert.equal((await put(`/v1/screenshots/${unasked}`)).status, 401);
      const other = await enrolDevice(headend, { name: 'Third' });
      const asked = (await headend.cli('screen', 'command', other.id, 'screenshot')).trim();
      assert.deepEqual([(await put(`/v1/screenshots/${asked}`, { device })).status, (await put(`/v1/logs/${asked}`, { device: other })).status], [404, 404]);
      assert.equal((await put(`/v1/screenshots/${asked}`, { device: other })).status, 204);
      await assert.rejects(headend.cli('screen', 'received', asked), /upload/);
    });
  });
});
