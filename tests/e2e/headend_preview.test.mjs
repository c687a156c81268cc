// Drafts as screens show them, before anything is published: pictures of the firmware's own player and renderers.
import assert from 'node:assert/strict';
import { readdir, readFile, readlink, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startDisplay } from './lib/display.mjs';
import { enrolDevice, eventually, runs, startHeadend } from './lib/headend.mjs';
import { Library } from './lib/library.mjs';
import { makeImage, makeVideo } from './lib/media.mjs';
import { readOpenapi } from './lib/openapi.mjs';
import { Person } from './lib/person.mjs';
import { openPreview, previewStill, programsBelow, readJpeg } from './lib/preview.mjs';
import { Publishing } from './lib/publishing.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const PROGRAMS = ['pingplay-preview', 'pingplay-player', 'pingplay-render-media'];
const ANY = { accept: '*/*' };
const RED = [255, 0, 0];
const BLUE = [0, 0, 255];
const GREEN = [0, 128, 0];
const like = (a, b, tolerance = 40) => a.every((value, i) => Math.abs(value - b[i]) <= tolerance);
const colourAt = (x, y, colour) => (picture) => like(picture.at(Math.round(x * picture.width), Math.round(y * picture.height)), colour);

describe('a preview', () => {
  let headend;
  let api;
  let admin;
  let publishing;
  let dir;
  const content = {};

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-preview-'));
    api = await readOpenapi(path.join(root, 'tools/headend/api/openapi.yaml'));
    headend = await startHeadend();
    admin = await Person.signIn(headend, api);
    publishing = new Publishing(headend, admin);
    const library = new Library(admin);
    for (const [name, file] of [['red', await makeImage(dir, 'red.png', 'red')], ['blue', await makeImage(dir, 'blue.png', 'blue')], ['film', await makeVideo(dir, 'film.mp4', 'green', 2)]]) {
      content[name] = (await library.add(await readFile(file), { filename: path.basename(file) })).content;
    }
  });
  after(async () => {
    await headend?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const processes = () => programsBelow(headend.child.pid, PROGRAMS);
  const noneLeft = () => eventually(async () => (await processes()).length === 0, 20000, 'the end of all of its processes');
  // Red on the left two thirds, a film on the right.
  const halves = () => ({
    canvas: { width: 1920, height: 1080, background: '#101418' },
    playlists: { left: { items: [{ content: content.red }] }, right: { items: [{ content: content.film }] } },
    layouts: { split: { zones: [{ id: 'left', x: 0, y: 0, width: 1280, height: 1080, playlist: 'left' }, { id: 'right', x: 1280, y: 0, width: 640, height: 540, playlist: 'right' }] } },
    default_layout: 'split',
  });

  test('a still picture shows the draft, which nothing of is published', async () => {
    await publishing.draft('still', { items: [{ content: content.red }] });
    const before = await readdir(path.join(headend.dir, 'repo/objects')).catch(() => []);
    const picture = await previewStill(admin, 'still');
    assert.deepEqual([picture.width, picture.height], [960, 540]);
    assert(colourAt(0.5, 0.5, RED)(picture), `${picture.at(480, 270)}`);
    const upright = await previewStill(admin, 'still', { width: 270, height: 480 });
    assert.deepEqual([upright.width, upright.height], [270, 480]);
    assert.deepEqual(await readdir(path.join(headend.dir, 'repo/objects')).catch(() => []), before);
    assert.equal((await admin.get('/api/v1/channels/still')).json().published, null);
    await noneLeft();
  });

  test('the command writes a picture of it', async () => {
    await publishing.draft('command', { items: [{ content: content.blue }] });
    const file = path.join(dir, 'draft.jpg');
    await headend.cli('channel', 'preview', 'command', file, '--at', '2027-03-02T12:00:00Z', '--time-zone', 'Europe/Paris', '--width', '320', '--height', '180');
    const picture = await readJpeg(await readFile(file));
    assert.deepEqual([picture.width, picture.height], [320, 180]);
    assert(colourAt(0.5, 0.5, BLUE)(picture), `${picture.at(160, 90)}`);
    for (const [wrong, words] of [[['nowhere', file], /nowhere/], [['command', file, '--width', '5'], /16 to 960 pixels/], [['command', file, '--time-zone', 'Nowhere'], /there is no Nowhere/], [['command', file, '--at', 'noon'], /noon|time/], [['command'], /DIR, ID and FILE are needed/]]) {
      await assert.rejects(headend.cli('channel', 'preview', ...wrong), ({ stderr }) => words.test(stderr));
    }
  });

  test('what is on at another instant is shown, by the clock of a screen\'s time zone', async () => {
    const zone = { id: 'all', x: 0, y: 0, width: 1920, height: 1080 };
    await publishing.draft('hours', {
      canvas: { width: 1920, height: 1080 },
      playlists: { day: { items: [{ content: content.red }] }, night: { items: [{ content: content.blue }] } },
      layouts: { day: { zones: [{ ...zone, playlist: 'day' }] }, night: { zones: [{ ...zone, playlist: 'night' }] } },
      default_layout: 'night',
      schedule: [{ layout: 'day', dtstart: '2026-01-05T08:00:00', duration: 'PT12H', rrule: 'FREQ=DAILY' }],
    });
    for (const [at, zoneName, colour] of [['2027-03-02T07:30:00Z', 'UTC', BLUE], ['2027-03-02T07:30:00Z', 'Europe/Paris', RED], ['2027-03-02T12:00:00Z', 'UTC', RED], ['2027-03-02T19:30:00Z', 'Europe/Paris', BLUE]]) {
      const picture = await previewStill(admin, 'hours', { at, time_zone: zoneName });
      assert(colourAt(0.5, 0.5, colour)(picture), `${at} ${zoneName}: ${picture.at(480, 270)}`);
    }
    await publishing.draft('valid', { items: [{ content: content.red, valid_to: '2031-01-01T00:00:00Z' }, { content: content.blue, valid_from: '2031-01-01T00:00:00Z' }] });
    assert(colourAt(0.5, 0.5, RED)(await previewStill(admin, 'valid')));
    assert(colourAt(0.5, 0.5, BLUE)(await previewStill(admin, 'valid', { at: '2031-01-02T00:00:00Z' })));
  });

  test('its picture is what a real screen shows of the same, once that is published', async () => {
    await publishing.draft('same', halves());
    const preview = await openPreview(admin, 'same', { width: 640, height: 360 });
    const display = await startDisplay(headend);
    try {
      const both = (picture) => colourAt(0.3, 0.5, RED)(picture) && colourAt(0.8, 0.25, GREEN)(picture);
      const seen = await preview.wait(both, 'both zones');
      preview.close();
      const { code } = await display.waitCode();
      await headend.approve(code, { name: 'Same', channel: 'same' });
      const job = await publishing.ended(await publishing.ask('same'));
      assert.equal(job.state, 'done', job.refusal);
      const shown = await display.waitPicture(both, 'both zones');
      assert.deepEqual([seen.width, seen.height], [shown.width, shown.height]);
      let worst = 0;
      let differ = 0;
      for (let y = 0; y < seen.height; y++) {
        for (let x = 0; x < seen.width; x++) {
          const far = Math.max(...seen.at(x, y).map((value, i) => Math.abs(value - shown.at(x, y)[i])));
          worst = Math.max(worst, far);
          differ += far > 24;
        }
      }
      // A JPEG blurs the edges between zones; everything else is the same picture.
      assert(differ < seen.width * seen.height * 0.02, `${differ} pixels differ, by ${worst} at most`);
    } finally {
      preview.close();
      await display.stop();
    }
  });

  test('it runs without a network, and nothing of it is left when its viewer has gone', async () => {
    await publishing.draft('gone', halves());
    const preview = await openPreview(admin, 'gone');
    await preview.wait(colourAt(0.3, 0.5, RED), 'a picture');
    const running = await processes();
    assert.deepEqual([...new Set(running.map(({ name }) => name))].sort(), [...PROGRAMS].sort());
    const { pid } = running.find(({ name }) => name === 'pingplay-preview');
    for (const one of running) {
      assert.match(await readFile(`/proc/${one.pid}/status`, 'utf8'), /^Seccomp:\t2$/m, one.name);
      assert.doesNotMatch(await readFile(`/proc/${one.pid}/cmdline`, 'utf8'), /[A-Za-z0-9_-]{43}/, 'a key on a command line');
    }
    // Neither the database nor a key of the headend's is open in it, nor a connection but to its own kin.
    const open = await Promise.all((await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
    assert.deepEqual(open.filter((name) => name.startsWith(headend.dir) && name !== path.join(headend.dir, 'content') && !name.startsWith(path.join(headend.dir, 'content/'))), []);
    preview.close();
    await noneLeft();
    assert(!runs(pid));
  });

  test('one of each person and two at a time: a newer one of the same person ends the older', async () => {
    await publishing.draft('many', halves());
    const people = await Promise.all(['ann', 'bob'].map((name) => Person.add(headend, api, name, 'viewer')));
    const first = await openPreview(admin, 'many');
    await first.wait(colourAt(0.3, 0.5, RED), 'a picture');
    const second = await openPreview(admin, 'many');
    await second.wait(colourAt(0.3, 0.5, RED), 'a picture of the newer one');
    await eventually(() => first.ended, 20000, 'the end of the older one');
    // A still picture is beside it, and ends none that moves.
    const { pid } = (await processes()).find(({ name }) => name === 'pingplay-player');
    await previewStill(admin, 'many');
    assert(!second.ended && runs(pid), 'the running one is the one that it was');
    const third = await openPreview(people[0], 'many');
    await third.wait(colourAt(0.3, 0.5, RED), 'a picture of somebody else');
    const fourth = await openPreview(people[1], 'many');
    assert.deepEqual([fourth.status, fourth.problem.code], [429, 'too-many-streams']);
    third.close();
    await eventually(async () => {
      const again = await openPreview(people[1], 'many');
      again.close();
      return again.status === 200;
    }, 20000, 'a place');
    second.close();
    await noneLeft();
  });

  test('who signs out sees nothing more', async () => {
    await publishing.draft('out', halves());
    const cy = await Person.add(headend, api, 'cy', 'viewer');
    const preview = await openPreview(cy, 'out');
    await preview.wait(colourAt(0.3, 0.5, RED), 'a picture');
    assert.equal((await cy.ask('DELETE', '/api/v1/session')).status, 204);
    await eventually(() => preview.ended, 20000, 'the end');
    await noneLeft();
  });

  test('only of channels that one may see, and of drafts that could be published', async () => {
    await publishing.draft('mine', { items: [{ content: content.red }] });
    await publishing.draft('theirs', { items: [{ content: content.blue }] });
    const viewer = await Person.add(headend, api, 'vi', 'viewer:channel=mine');
    assert(colourAt(0.5, 0.5, RED)(await previewStill(viewer, 'mine')));
    const elsewhere = await Person.add(headend, api, 'el', 'viewer:site=Elsewhere');
    for (const what of ['preview', 'preview.jpg']) {
      for (const [who, channel] of [[viewer, 'theirs'], [elsewhere, 'mine'], [viewer, 'nowhere']]) await who.refused(404, 'not-found', 'GET', `/api/v1/channels/${channel}/${what}`, undefined, ANY);
      const answer = await headend.request('GET', `/api/v1/channels/mine/${what}`, { headers: ANY });
      assert.equal(answer.status, 401);
      for (const wrong of ['at=yesterday', 'at=1970-01-01T00:00:00Z', 'time_zone=../../etc/passwd', 'time_zone=Nowhere/Here', 'width=15', 'width=961', 'height=1e3', 'height=-540', 'size=3', 'at=2027-01-01T00:00:00Z&at=2027-01-01T00:00:00Z']) {
        await admin.refused(400, 'query-invalid', 'GET', `/api/v1/channels/mine/${what}?${wrong}`, undefined, ANY);
      }
    }
    const library = new Library(admin);
    const passing = (await library.add(await readFile(await makeImage(dir, 'passing.png', 'white')), { filename: 'passing.png' })).content;
    await publishing.draft('binned', { items: [{ content: passing }] });
    assert.equal((await admin.ask('DELETE', `/api/v1/content/${passing}`)).status, 204);
    const { detail } = await admin.refused(409, 'state-conflict', 'GET', '/api/v1/channels/binned/preview.jpg', undefined, ANY);
    assert.match(detail, /is in the bin/);
  });

  test('content whose renderer dies takes nothing else down', async () => {
    const draft = halves();
    draft.playlists.left.items = [{ content: content.red, duration: 'PT2S' }, { content: content.blue, duration: 'PT2S' }];
    await publishing.draft('hostile', draft);
    const preview = await openPreview(admin, 'hostile');
    const both = (colour) => (picture) => colourAt(0.3, 0.5, colour)(picture) && colourAt(0.8, 0.25, GREEN)(picture);
    await preview.wait(both(RED), 'both zones');
    const all = await processes();
    const renderers = all.filter(({ name }) => name === 'pingplay-render-media');
    // One that is being started is called as its starter for a moment.
    const starter = all.find(({ name, parent }) => name === 'pingplay-preview' && !all.some((one) => one.pid === parent));
    const others = [starter, all.find(({ name }) => name === 'pingplay-player')].filter(Boolean);
    assert(renderers.length >= 2);
    // As its sandbox kills one that was taken over (SIGSYS), each of them: others follow, and the preview goes on.
    for (const { pid } of renderers) process.kill(pid, 'SIGSYS');
    preview.pictures.length = 0;
    await preview.wait(both(BLUE), 'the next item');
    await preview.wait(both(RED), 'the one after it');
    assert((await processes()).every(({ pid }) => !renderers.some((one) => one.pid === pid)));
    assert(!preview.ended);
    assert(others.length === 2 && others.every(({ pid }) => runs(pid)), 'the preview and its player are the ones that they were');
    // The player's death ends the preview, and nothing of the server's.
    process.kill(others[1].pid, 'SIGKILL');
    await eventually(() => preview.ended, 20000, 'the end');
    await noneLeft();
    assert.equal((await admin.get('/api/v1/session')).status, 200);
  });

  test('one that is killed leaves neither its player nor a renderer behind', async () => {
    await publishing.draft('alone', halves());
    const preview = await openPreview(admin, 'alone');
    await preview.wait(colourAt(0.3, 0.5, RED), 'a picture');
    const all = await processes();
    const starter = all.find(({ name, parent }) => name === 'pingplay-preview' && !all.some((one) => one.pid === parent));
    process.kill(starter.pid, 'SIGKILL');
    await eventually(() => all.every(({ pid }) => !runs(pid)), 20000, 'the end of all of its processes');
    await eventually(() => preview.ended, 20000, 'the end of its pictures');
  });

  test('a server that is killed leaves no preview behind', async () => {
    const other = await startHeadend();
    try {
      const boss = await Person.signIn(other, api);
      const library = new Library(boss);
      const red = (await library.add(await readFile(path.join(dir, 'red.png')), { filename: 'red.png' })).content;
      await new Publishing(other, boss).draft('killed', { items: [{ content: red }] });
      const preview = await openPreview(boss, 'killed');
      await preview.wait(colourAt(0.5, 0.5, RED), 'a picture');
      const running = await programsBelow(other.child.pid, PROGRAMS);
      assert.equal(running.length, 3);
      await other.stopServing('SIGKILL');
      await eventually(() => running.every(({ pid }) => !runs(pid)), 20000, 'the end of all of its processes');
    } finally {
      await other.stop();
    }
  });
});
