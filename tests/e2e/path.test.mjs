// The whole path, with the real programs: a screen enrols by its QR code, pulls sealed content over TLS, keeps it
// encrypted, shows it, and shows it again with the headend gone.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { enrolDevice, startHeadend } from './lib/headend.mjs';
import { filesBelow, startDisplay, until } from './lib/display.mjs';
import { makeImage, makeVideo, plantMark } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const run = promisify(execFile);
const RED = [254, 0, 0];
const BLUE = [0, 0, 254];
const GREEN = [0, 128, 0];
const WHITE = [255, 255, 255];
const MARK = 'PLANTED-MARK-0d9f2a71';

let headend;
let display;
let dir;
let code;
let fingerprint;

const middleIs = (colour) => (picture) => near(picture.at(picture.width >> 1, picture.height >> 1), colour);

before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplay-path-'));
  headend = await startHeadend();
  const content = [
    await plantMark(await makeImage(dir, 'red.png', 'red'), MARK),
    await makeImage(dir, 'blue.jpg', 'blue'),
    await makeVideo(dir, 'green.mp4', 'green'),
  ];
  await headend.publish('lobby', content, ['--duration', '1']);
  display = await startDisplay(headend);
});

after(async () => {
  await display?.stop();
  await headend?.stop();
  await rm(dir, { recursive: true, force: true });
});

test('the screen shows a QR code of the address at which it is approved', async () => {
  ({ code, fingerprint } = await display.waitCode());
  const decoded = await until(async () => {
    await display.screenshot();
    return run('zbarimg', ['--quiet', '--raw', display.shotFile]).then(({ stdout }) => stdout.trim(), () => undefined);
  }, 'a QR code that can be read');
  assert.match(decoded, /^https:\/\/localhost:\d+\/enrol\?user_code=/);
  assert.ok(decoded.endsWith(code), `${decoded} ends with ${code}`);
});

test('once approved it shows every item of its channel, in turn', async () => {
  await headend.approve(code, { fingerprint: fingerprint.split(' ')[1], name: 'Lobby left', channel: 'lobby', site: 'Lyon' });
  await display.waitContent();
  for (const colour of [RED, BLUE, GREEN, RED]) await display.waitPicture(middleIs(colour), `the colour ${colour}`);
});

test('the renderer is caged: seccomp, no capabilities, no new privileges', async () => {
  // One that is looked at may just be ending, its item being over.
  const status = await until(async () => {
    for (const { pid, name } of await display.renderers()) {
      const text = name.startsWith('pingplay-render') && await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      if (/^Seccomp:\t2$/m.test(text)) return text;
    }
    return undefined;
  }, 'a renderer in its cage');
  assert.match(status, /^NoNewPrivs:\t1$/m);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) assert.match(status, new RegExp(`^${set}:\t0+$`, 'm'));
});

test('none of the display\'s processes listens on the network', async () => {
  const { stdout } = await run('ss', ['-H', '-l', '-n', '-t', '-u', '-p']);
  for (const pid of [display.agent.child.pid, display.player.child.pid]) {
    assert.ok(!stdout.includes(`pid=${pid},`), `process ${pid} listens:\n${stdout}`);
  }
});

test('no clear byte of the content and no key lies under the state folder', async () => {
  const spy = await enrolDevice(headend, { name: 'Spy', channel: 'lobby' });
  const state = (await headend.request('GET', '/v1/state', { device: spy })).json();
  const channelKey = Buffer.from(state.channel.key, 'base64url');
  const kekFile = path.join(display.stateDir, 'kek/kek');
  const kek = await readFile(kekFile);
  assert.equal((await stat(kekFile)).mode & 0o777, 0o400);
  const secrets = {
    'the planted mark': Buffer.from(MARK),
    'a JPEG\'s beginning': (await readFile(path.join(dir, 'blue.jpg'))).subarray(0, 64),
    'an MP4\'s beginning': (await readFile(path.join(dir, 'green.mp4'))).subarray(0, 64),
    'the channel key': channelKey,
    'the channel key in hex': Buffer.from(channelKey.toString('hex')),
    'the channel key in base64url': Buffer.from(state.channel.key),
    'a private key in PEM': Buffer.from('PRIVATE KEY'),
    'a P-256 key in DER': Buffer.from('06082a8648ce3d030107', 'hex'),
    'the KEK': kek,
  };
  let files = 0;
  for await (const { file, data } of filesBelow(display.stateDir)) {
    files++;
    for (const [what, bytes] of Object.entries(secrets)) {
      if (file === kekFile && what === 'the KEK') continue;
      assert.equal(data.indexOf(bytes), -1, `${what} stands in ${file}`);
    }
  }
  assert.ok(files > 8, `${files} files were looked at`);
});

test('a publish is on the screen by itself', async () => {
  await headend.publish('lobby', [await makeImage(dir, 'white.webp', 'white')]);
  await display.waitPicture(middleIs(WHITE), 'the new picture');
});

test('the headend knows what the screen says of itself', async () => {
  const screens = JSON.parse(await headend.cli('screen', 'list', '--json'));
  const { id } = screens.find(({ name }) => name === 'Lobby left');
  const report = await until(async () => {
    const { report: status } = JSON.parse(await headend.cli('screen', 'show', id));
    return status?.content_shown && status;
  }, 'a status of the screen with content');
  assert.equal(report.state, 'online');
  assert.equal(report.channel, 'lobby');
  assert.equal(report.key_provider, 'file');
  assert.match(report.sandbox, /^the agent's user, seccomp, no new privileges, (own|shared) namespaces, (no )?Landlock$/);
});

test('with the headend gone, and after a restart of everything, the content is back', async () => {
  await headend.stopServing();
  const agent = await display.stopAgent('SIGTERM');
  assert.deepEqual(agent, { code: 0, signal: null });
  await display.stopPlayer('SIGKILL');
  await display.startPlayer();
  await display.startAgent();
  await display.waitContent();
  await display.waitPicture(middleIs(WHITE), 'the cached picture');
});

test('an agent that is killed leaves the picture where it is', async () => {
  await display.stopAgent('SIGKILL');
  assert.ok(middleIs(WHITE)(await display.screenshot()));
  await display.startAgent();
  await display.waitContent();
});

test('when the headend is back, the screen is online again by itself', async () => {
  await headend.startServing();
  await display.agent.waitLog(/-> online/);
  await headend.publish('lobby', [path.join(dir, 'red.png')]);
  await display.waitPicture(middleIs(RED), 'what was published then');
});

test('agent and player stop in good order', async () => {
  assert.deepEqual(await display.stopAgent(), { code: 0, signal: null });
  assert.deepEqual(await display.stopPlayer(), { code: 0, signal: null });
});
