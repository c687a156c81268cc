// What publish takes and refuses: each file is tried out in the screens' renderer first.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { mediaFile, png } from './lib/content.mjs';
import { buildDir, headendProgram, startHeadend } from './lib/headend.mjs';

const run = promisify(execFile);
const ffmpeg = (...args) => run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args],
  { env: { ...process.env, SVT_LOG: '0' } });
const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=0.4'];
const tone = ['-f', 'lavfi', '-i', 'sine=d=0.4'];

// An ISO base media file of these brands and nothing else.
function branded(major, ...compatible) {
  const brands = Buffer.from(`ftyp${major}\0\0\0\0${[major, ...compatible].join('')}`, 'latin1');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(brands.length + 4);
  return Buffer.concat([size, brands, Buffer.alloc(2000)]);
}

describe('what is published', () => {
  let headend;
  let folder;
  before(async () => {
    headend = await startHeadend();
    await headend.stopServing();
    folder = await mkdtemp(path.join(tmpdir(), 'pingplay-content-'));
  });
  after(async () => {
    await headend?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  const at = (name) => path.join(folder, name);
  const file = async (name, data) => { await writeFile(at(name), data); return at(name); };
  const made = async (name, ...args) => { await ffmpeg(...args, at(name)); return at(name); };
  // -> what it says on standard output and error
  const publish = (content, more = []) => run(headendProgram(), ['publish', headend.dir, '--channel', 'lobby', ...more, ...content]);
  const refused = async (content, pattern, more) => assert.rejects(publish(content, more), (error) => {
    assert.equal(error.code, 1, error.stderr);
    assert.match(error.stderr, pattern);
    assert.equal(error.stderr.trim().split('\n').length, 1);
    return true;
  });
  const objects = async () => (await readdir(path.join(headend.dir, 'repo/objects'), { recursive: true, withFileTypes: true })
    .catch(() => [])).filter((entry) => entry.isFile()).map((entry) => entry.name);

  for (const [name, pattern, ...args] of [
    ['hevc.mp4', /hevc\.mp4: screens cannot show it: .*hevc/i, ...picture, '-c:v', 'libx265', '-x265-params', 'log-level=none'],
    ['hvc1.mov', /hvc1\.mov: screens cannot show it: .*hevc/i, ...picture, '-c:v', 'libx265', '-x265-params', 'log-level=none', '-tag:v', 'hvc1'],
    ['prores.mov', /prores\.mov: screens cannot show it: .*prores/i, ...picture, '-c:v', 'prores_ks'],
    ['mpeg4.mp4', /mpeg4\.mp4: screens cannot show it: .*mpeg-?4/i, ...picture, '-c:v', 'mpeg4'],
    ['audio.mp4', /audio\.mp4: screens cannot show it: there is no picture in it/, ...tone, '-c:a', 'aac'],
    ['music.m4a', /music\.m4a: sound without a picture, which screens do not show/, ...tone, '-c:a', 'aac'],
    ['music.mp3', /music\.mp3: sound without a picture, which screens do not show/, ...tone, '-c:a', 'libmp3lame'],
    ['film.avi', /film\.avi: an AVI film, which screens do not show: save it as/, ...picture],
    ['scan.tiff', /scan\.tiff: a TIFF or camera raw picture, which screens do not show/, ...picture, '-frames:v', '1'],
  ]) {
    test(`${name} is refused in words`, async () => refused([await made(name, ...args)], pattern));
  }

  test('photographs that are no JPEG are refused by their name', async () => {
    await refused([await file('a.heic', branded('heic', 'mif1', 'MiHB'))], /a\.heic: a HEIC photograph, which screens do not show: save it as JPEG/);
    await refused([await file('b.heic', branded('mif1', 'heic'))], /b\.heic: a HEIC photograph/);
    await refused([await file('c.avif', branded('avif', 'mif1', 'miaf'))], /c\.avif: an AVIF picture/);
    await refused([await file('d.avif', branded('mif1', 'avif'))], /d\.avif: an AVIF picture/);
    await refused([await file('e.cr3', branded('crx ', 'isom'))], /e\.cr3: a camera's raw picture/);
  });

  test('a JPEG of arithmetic coding is refused', async () => {
    const jpeg = await readFile(mediaFile('quarters.jpg'));
    jpeg[jpeg.indexOf(Buffer.from('ffc0', 'hex')) + 1] = 0xc9;
    await refused([await file('arithmetic.jpg', jpeg)], /arithmetic\.jpg: screens cannot show it: /);
  });

  test('what was cut short, or of which the end is missing, is refused', async () => {
    const copy = async (name, change) => {
      const data = await readFile(mediaFile(name));
      return file(`broken-${name}`, change(data));
    };
    const half = (data) => data.subarray(0, data.length >> 1);
    const zeros = (data) => data.fill(0, data.length >> 1);
    await refused([await copy('quarters.jpg', half)], /broken-quarters\.jpg: publish a whole copy of it: the picture is damaged/);
    await refused([await copy('quarters.jpg', zeros)], /broken-quarters\.jpg: publish a whole copy of it: the picture is damaged/);
    const most = (data) => data.subarray(0, Math.floor(data.length * 0.7));
    await refused([await copy('film.mp4', most)], /broken-film\.mp4: cut short: \d+ of \d+ bytes are there: publish a whole copy of it/);
    for (const name of ['quarters.png', 'quarters.webp']) {
      await refused([await copy(name, half)], new RegExp(`broken-${name}: `));
    }
    for (const name of ['film.mp4', 'film.webm', 'film-ac3.mov', 'film-wma.mkv']) {
      await refused([await copy(name, half)], new RegExp(`broken-${name}: cut short: \\d+ of \\d+ bytes are there: publish a whole copy of it`));
    }
  });

  test('damage in the middle of a film is told with its time', async () => {
    for (const name of ['long.mp4', 'long-fragmented.mp4', 'long.webm']) {
      assert.equal((await publish([mediaFile(name)])).stderr, '');
      const data = await readFile(mediaFile(name));
      data.fill(0, data.length >> 1, (data.length >> 1) + 600);
      const { stderr } = await publish([await file(`worn-${name}`, data)]);
      assert.match(stderr, new RegExp(`^pingplay-headend: warning: \\S+worn-${name}: the film is damaged at 0:(09|1\\d): pictures or sound of it are lost there\n$`));
    }
  });

  test('a photograph of 200 megapixels is taken', async () => {
    const photo = await made('200mp.jpg', '-f', 'lavfi', '-i', 'color=red:s=16320x12240', '-frames:v', '1');
    assert.equal((await publish([photo])).stderr, '');
  });

  test('a film of many tracks is taken', async () => {
    const tracks = ['-map', '0:v', ...Array(21).fill(['-map', '1:a']).flat()];
    assert.equal((await publish([await made('tracks.mp4', ...picture, ...tone, ...tracks, '-c:v', 'libx264', '-c:a', 'aac')])).stderr, '');
  });

  test('AV1 is shown by screens, and taken', async () => {
    await publish([mediaFile('film-av1.webm')]);
    await publish([await made('av1.mp4', '-i', mediaFile('film-av1.webm'), '-c', 'copy')]);
  });

  test('one file that is refused leaves nothing of it, and the channel as it was', async () => {
    await publish([mediaFile('quarters.png')]);
    const before = await headend.cli('screen', 'list');
    const kept = await objects();
    await refused([mediaFile('sound-only.mp4')], /sound-only\.mp4: screens cannot show it: there is no picture in it/);
    assert.deepEqual(await objects(), kept);
    assert.equal(await headend.cli('screen', 'list'), before);
  });

  test('a film whose sound is not played is published with a warning, each time, and it is kept', async () => {
    const film = mediaFile('film-wma.mkv');
    for (const fresh of [1, 0]) {
      const { stdout, stderr } = await publish([film, mediaFile('film.mp4')]);
      assert.match(stderr, /^pingplay-headend: warning: \S+film-wma\.mkv: its sound is Windows Media Audio 2, which is not played: it is shown without\n$/);
      assert.match(stdout, fresh ? /2 objects, 2 of them new/ : /2 objects, 0 of them new/);
    }
    const told = await headend.sql("SELECT file, warning FROM publish_warning WHERE publish = (SELECT publish FROM channel WHERE id = 'lobby')");
    assert.match(told, /film-wma\.mkv\|its sound is Windows Media Audio 2/);
    assert.equal(told.split('\n').length, 1);
  });

  test('films of every sound that is played are published without a warning', async () => {
    for (const name of ['film.mp4', 'film.webm', 'film-vp8.webm', 'film-beep.mp4', 'quarters.mp4', 'steps.gif', 'steps.apng',
      'film-pcm_s16le.mov', 'film-alac.mov', 'film-ac3.mov', 'film-flac.mkv', 'film-22-tracks.mkv', 'devices/phone.mov', 'devices/multi.jpg']) {
      assert.equal((await publish([mediaFile(name)])).stderr, '', name);
    }
  });

  test('what an earlier version took without a look is tried out when it is published again', async () => {
    await publish([mediaFile('film.mp4')]);
    await headend.sql("UPDATE object SET checked = ''");
    const empty = at('no-renderers');
    await mkdir(empty, { recursive: true });
    await refused([mediaFile('film.mp4')], /film\.mp4: content cannot be tried out/, ['--renderers', empty]);
    await publish([mediaFile('film.mp4')]);
    await publish([mediaFile('film.mp4')], ['--renderers', empty]); // seen already
  });

  test('without its renderer publish says so, and takes nothing', async () => {
    const program = at('pingplay-headend');
    await copyFile(headendProgram(), program);
    await assert.rejects(run(program, ['publish', headend.dir, '--channel', 'lobby', await file('new.png', Buffer.concat([png, Buffer.from('new')]))]),
      /new\.png: content cannot be tried out \(--renderers names the folder of pingplay-render-media\): start \S+: No such file/);
  });

  test('an installed headend has its renderer with it, and shares no file with what is installed on a screen', async () => {
    const installed = async (component) => {
      const target = at(component);
      await run('cmake', ['--install', buildDir(), '--component', component], { env: { ...process.env, DESTDIR: target }, maxBuffer: 1 << 24 });
      const files = await readdir(target, { recursive: true, withFileTypes: true });
      return files.filter((entry) => !entry.isDirectory()).map((entry) => path.join(path.relative(target, entry.path), entry.name));
    };
    const [server, client] = [await installed('headend'), await installed('client')];
    assert.deepEqual(server.filter((name) => client.includes(name)), []);
    assert.ok(client.some((name) => name.endsWith('bin/pingplay-render-media')));
    const program = server.find((name) => name.endsWith('bin/pingplay-headend'));
    const { stdout } = await run(path.join(at('headend'), program),
      ['publish', headend.dir, '--channel', 'installed', await file('installed.png', Buffer.concat([png, Buffer.from('installed')]))]);
    assert.match(stdout, /1 objects, 1 of them new/);
  });

  test('a renderer that is killed, hangs up or is not in its cage is a refusal', async () => {
    const renderers = at('renderers');
    await mkdir(renderers, { recursive: true });
    const program = path.join(renderers, 'pingplay-render-media');
    const script = async (...lines) => {
      await rm(program, { force: true });
      await writeFile(program, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o700 });
    };
    const content = await file('odd.png', Buffer.concat([png, Buffer.from('odd')]));
    await script('kill -SYS $$');
    await refused([content], /odd\.png: screens cannot show it: the renderer was killed by signal 31 \(Bad system call\)/, ['--renderers', renderers]);
    await script('exit 3');
    await refused([content], /odd\.png: screens cannot show it: the renderer ended with status 3/, ['--renderers', renderers]);
    await script('exit 0');
    await refused([content], /odd\.png: screens cannot show it: no picture of it came/, ['--renderers', renderers]);
    await script('printf xx >&3; sleep 100');
    await refused([content], /odd\.png: the renderer: /, ['--renderers', renderers]);
  });

  test('what is no file is refused at once', async () => {
    await run('mkfifo', [at('pipe.jpg'), at('pipe.json')]);
    await refused([at('pipe.jpg')], /pipe\.jpg: not a file, but a pipe/);
    await refused([at('pipe.json')], /pipe\.json: not a file, but a pipe/);
    await refused([await file('list.json', JSON.stringify({ items: [{ file: 'pipe.jpg' }] }))], /item 1: \S+pipe\.jpg: not a file, but a pipe/);
    await refused([folder], /pingplay-content-\w+: a folder, not a file/);
    await refused(['/dev/zero'], /\/dev\/zero: not a file, but a device/);
    await refused([await file('empty.png', '')], /empty\.png: empty/);
    await refused([at('gone.png')], /gone\.png: No such file or directory/);
    await symlink('loop.png', at('loop.png'));
    await refused([at('loop.png')], /loop\.png: Too many levels of symbolic links/);
  });

  test('a file that this user may not read is refused with the reason', { skip: process.getuid() !== 0 && 'needs root, to be another user' }, async () => {
    const secret = await file('secret.png', png);
    await chmod(secret, 0o600);
    await chmod(folder, 0o711);
    const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-nobody-'));
    try {
      await run('chown', ['65534:65534', dir]);
      const as = (...words) => run('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', headendProgram(), ...words]);
      await as('init', dir, '--host', 'localhost');
      await assert.rejects(as('publish', dir, '--channel', 'lobby', secret),
        /secret\.png: Permission denied: it has to be readable for the user who publishes/);
      const { stdout } = await as('publish', dir, '--channel', 'lobby', mediaFile('quarters.png'));
      assert.match(stdout, /1 objects, 1 of them new/);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  describe('as root, for a folder of another user', { skip: process.getuid() !== 0 && 'needs root, to be three users' }, () => {
    const owner = ['--reuid', 'games', '--regid', 'games', '--clear-groups'];
    let dir;
    let renderers;
    let content;
    before(async () => {
      await chmod(folder, 0o711);
      dir = await mkdtemp(path.join(tmpdir(), 'pingplay-owner-'));
      await run('chown', ['games:games', dir]);
      await run('setpriv', [...owner, headendProgram(), 'init', dir, '--host', 'localhost']);
      renderers = at('of-another-user');
      await mkdir(renderers);
      content = await file('apart.png', Buffer.concat([png, Buffer.from('apart')]));
    });
    after(() => rm(dir, { recursive: true, force: true }));

    // A renderer without a cage of its own, that tells what it can do in the one that it was started in: as its reason to refuse.
    const spied = async (command, ...words) => {
      const program = path.join(renderers, 'pingplay-render-media');
      const attempts = [`cat ${dir}/ca.key >/dev/null 2>&1 && echo authority`, `ls ${dir}/keys >/dev/null 2>&1 && echo signatures`,
        `cat ${dir}/headend.db >/dev/null 2>&1 && echo database`, `cat ${content} >/dev/null 2>&1 && echo content`,
        `: 2>/dev/null >${folder}/written && echo written`, `: 2>/dev/null >/tmp/written && echo written`,
        '(: </proc/$PPID/mem) 2>/dev/null && echo memory', 'kill -0 1 2>/dev/null && echo signal'];
      await writeFile(program, ['#!/bin/sh', `said=$({ id -un; ${attempts.join('; ')}; } | tr '\\n' ' ')`,
        String.raw`printf "\\003\\006\\002\\000\\000\\$(printf %03o ${'$'}{#said})\\000%s" "$said" >&3`, 'exit 3', ''].join('\n'));
      await chmod(program, 0o755);
      let said;
      await assert.rejects(run(command, [...words, 'publish', dir, '--channel', 'lobby', '--renderers', renderers, '--renderer-user', 'nobody', content]
        .filter((word, place, all) => command !== 'setpriv' || (word !== '--renderer-user' && all[place - 1] !== '--renderer-user'))), ({ stderr }) => {
        said = /apart\.png: screens cannot show it: (.*)\n$/.exec(stderr)?.[1];
        return said !== undefined;
      });
      return said.trim().split(' ');
    };

    test('a renderer of another user can reach nothing of the folder, nor any other file', async () => {
      assert.deepEqual(await spied(headendProgram()), ['nobody']);
    });

    test('and one of the owner, of whose user the keys are, neither: what looks at a file is in a cage', async () => {
      assert.deepEqual(await spied('setpriv', ...owner, headendProgram()), ['games']);
    });

    test('content is published, and everything is the owner\'s', async () => {
      await copyFile(path.join(buildDir(), 'firmware/render/media/pingplay-render-media'), path.join(renderers, 'pingplay-render-media'));
      const { stdout } = await run(headendProgram(), ['publish', dir, '--channel', 'lobby', '--renderers', renderers, '--renderer-user', 'nobody', content]);
      assert.match(stdout, /1 objects, 1 of them new/);
      assert.equal((await run('find', [dir, '!', '-user', 'games'])).stdout, '');
    });

    test('without a user who is another one nothing is published', async () => {
      const refusedUser = (user, reason) =>
        assert.rejects(run(headendProgram(), ['publish', dir, '--channel', 'lobby', '--renderers', renderers, '--renderer-user', user, content]), reason);
      await refusedUser('no-such-user', /renderers cannot be started as user "no-such-user": there is no such user/);
      await refusedUser('games', /--renderer-user: games owns the folder; another user is needed/);
      await refusedUser('root', /that is root, or root's group/);
    });
  });

  test('names that look like options, and playlists in capitals', async () => {
    await file('--flag.png', png);
    const inside = (...words) => run(headendProgram(), ['publish', headend.dir, '--channel', 'lobby', ...words], { cwd: folder });
    await assert.rejects(inside('--flag.png'), /unknown option --flag\.png \("--" ends the options\)/);
    assert.match((await inside('--', '--flag.png')).stdout, /1 objects/);
    await file('words.txt', 'hello');
    await assert.rejects(inside('words.txt'), /item 1: words\.txt: neither JPEG/); // called as it was named
    await file('playlist.JSON', JSON.stringify({ items: [{ file: '--flag.png' }, { file: '--flag.png' }] }));
    assert.match((await inside('playlist.JSON')).stdout, /1 objects/);
    await assert.rejects(inside('playlist.JSON', '--', '--flag.png'), /playlist\.JSON: a playlist's description is published alone/);
    await file('not.JSON', 'hello');
    await assert.rejects(inside('not.JSON'), /not\.JSON: not JSON/);
  });

  test('a still picture is no video; an animation may be either', async () => {
    const list = (name, kind) => file('kind.json', JSON.stringify({ items: [{ file: mediaFile(name), kind }] }));
    await refused([await list('quarters.jpg', 'video')], /quarters\.jpg: kind: "video" is for films and animations, and this is a still picture \(image\/jpeg\)/);
    await refused([await list('quarters.png', 'video')], /still picture \(image\/png\)/);
    await refused([await list('one.gif', 'video')], /still picture \(image\/gif\)/);
    await refused([await list('quarters.webp', 'video')], /still picture \(image\/webp\)/);
    for (const [name, kind] of [['steps.apng', 'video'], ['steps.apng', 'image'], ['steps.gif', 'video'], ['steps.gif', 'image'], ['film.mp4', 'video']]) {
      await publish([await list(name, kind)]);
    }
  });

  test('killed while content is tried out, the repository has no trace of it', async () => {
    const renderers = at('slow');
    await mkdir(renderers, { recursive: true });
    const program = path.join(renderers, 'pingplay-render-media');
    await writeFile(program, '#!/bin/sh\nread x <&3\n', { mode: 0o700 });
    const kept = await objects();
    const child = spawn(headendProgram(), ['publish', headend.dir, '--channel', 'lobby', '--renderers', renderers, await file('slow.png', Buffer.concat([png, Buffer.from('slow')]))],
      { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    const started = async () => {
      for (const pid of await readdir('/proc')) {
        if (/^\d+$/.test(pid) && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').includes(program)) return Number(pid);
      }
      return 0;
    };
    let renderer = 0;
    while (!renderer && child.exitCode === null) {
      renderer = await started();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(renderer, 'the renderer was started');
    child.kill('SIGKILL');
    await ended;
    while (await started()) await new Promise((resolve) => setTimeout(resolve, 10)); // nobody is left over
    assert.deepEqual((await objects()).filter((name) => name !== 'draft'), kept.filter((name) => name !== 'draft'));
    await publish([await file('next.png', Buffer.concat([png, Buffer.from('next')]))]);
    assert.ok(!(await objects()).includes('draft'));
  });
});
