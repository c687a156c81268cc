// A real screen that is carried to a network from which it may not ask: nothing of its content is to be seen there, and it plays
// again when it is back.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ctlJson } from './lib/ctl.mjs';
import { startDisplay, until } from './lib/display.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';
import { startTlsEnd } from './servers/tls_end.mjs';

const RED = [254, 0, 0];
const showsRed = (shot) => near(shot.at(shot.width >> 1, shot.height >> 1), RED);

describe('a screen on a network from which it may not ask', { concurrency: 2 }, () => {
  let dir;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-network-'));
    await makeImage(dir, 'red.png', 'red');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  // A screen that shows red; it asks by way of a proxy, at first from 198.51.100.7.
  async function start(t) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [path.join(dir, 'red.png')]);
    await headend.cli('network', 'proxies', '127.0.0.9');
    await headend.cli('network', 'screens', '198.51.100.0/24');
    const how = { address: '127.0.0.9', headers: { forwarded: 'for=198.51.100.7' } };
    const proxy = await startTlsEnd(headend, how);
    t.after(() => proxy.stop());
    const display = await startDisplay({ url: proxy.url, caFile: proxy.caFile, rootFile: headend.rootFile });
    t.after(() => display.stop());
    const { code, fingerprint } = await display.waitCode();
    const id = (await headend.cli('approve', code, '--fingerprint', fingerprint.split(' ')[0], '--name', 'Moves', '--channel', 'lobby',
      '--access', 'cookie')).trim();
    await display.waitPicture(showsRed, 'the first content');
    await display.agent.waitLog(/-> online/);
    return { headend, proxy, how, display, id };
  }
  // Whoever waits for news is answered, and asks again from where it is now.
  const news = (headend, id, name) => headend.cli('screen', 'set', id, '--name', name);

  test('covers its content, says so with a code of its own, and is opened when it is back', async (t) => {
    const { headend, how, display, id } = await start(t);
    how.headers.forwarded = 'for=203.0.113.5';
    let from = display.agent.log.length;
    await news(headend, id, 'Moved');
    await display.agent.waitLog(/locked: this display point asks from a network that its headend does not allow[^]*-> locked/, from);
    await display.waitPicture((shot) => !showsRed(shot), 'a neutral screen');
    await until(async () => (await ctlJson(display, 'status')).code === 'L-2', 'its code');
    // The lock is on flash: neither a restart nor a cut cable opens it.
    await display.stopAgent('SIGKILL');
    from = display.agent.log.length;
    await display.startAgent();
    await display.agent.waitLog(/starting -> locked/, 0);
    await display.waitPicture((shot) => !showsRed(shot), 'a neutral screen after a restart');
    assert.doesNotMatch(display.agent.log, /content is on the screen|enrol this screen/);
    how.headers.forwarded = 'for=198.51.100.9';
    await display.stopAgent();
    await display.startAgent();
    await display.agent.waitLog(/locked -> online[^]*unlocked: /);
    await display.waitPicture(showsRed, 'the content again');
    assert.doesNotMatch(display.agent.log, /enrol this screen/, 'nobody has to approve it');
  });

  test('is opened by itself where it is moved back: it goes on asking', async (t) => {
    const { headend, how, display, id } = await start(t);
    how.headers.forwarded = 'for=203.0.113.5';
    let from = display.agent.log.length;
    await news(headend, id, 'Moved');
    await display.agent.waitLog(/-> locked/, from);
    await display.waitPicture((shot) => !showsRed(shot), 'a neutral screen');
    const { code, state } = await ctlJson(display, 'status');
    assert.deepEqual([code, state], ['L-2', 'locked']);
    from = display.agent.log.length;
    how.headers.forwarded = 'for=198.51.100.9';
    await display.agent.waitLog(/locked -> online[^]*unlocked: /, from, 120000);
    await display.waitPicture(showsRed, 'the content again');
    assert.equal((await ctlJson(display, 'status')).code, '');
    assert.doesNotMatch(display.agent.log.slice(from), /enrol this screen/, 'nobody has to approve it');
  });

  test('is opened by itself where its network is allowed', async (t) => {
    const { headend, display } = await start(t);
    let from = display.agent.log.length;
    await headend.cli('network', 'screens', '192.0.2.0/24');
    await display.agent.waitLog(/-> locked/, from);
    from = display.agent.log.length;
    await headend.cli('network', 'screens', '192.0.2.0/24', '198.51.100.0/24');
    await display.agent.waitLog(/locked -> online[^]*unlocked: /, from, 120000);
    await display.waitPicture(showsRed, 'the content again');
  });

  test('is not let in by a header of its own, nor enrolled', async (t) => {
    const { headend, how, display, id } = await start(t);
    // It asks without the proxy, and says itself that it is where it should be.
    how.address = '127.0.0.1';
    const from = display.agent.log.length;
    await news(headend, id, 'Spoofs');
    await display.agent.waitLog(/-> locked/, from);
    await display.waitPicture((shot) => !showsRed(shot), 'a neutral screen');
    const stranger = await startDisplay({ url: display.options.url ?? headend.url, caFile: headend.caFile, rootFile: headend.rootFile });
    t.after(() => stranger.stop());
    await stranger.agent.waitLog(/network-refused/);
    assert.doesNotMatch(stranger.agent.log, /enrol this screen/);
  });
});
