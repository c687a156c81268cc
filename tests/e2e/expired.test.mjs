// A screen whose certificate has expired, because it was stored for too long: it plays on, and shows its code once the
// headend refuses it. And one whose clock only says so: it keeps its certificate.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ctl } from './lib/ctl.mjs';
import { startDisplay, tellsTrouble, until } from './lib/display.mjs';
import { clockAway } from './lib/faketime.mjs';
import { startHeadend } from './lib/headend.mjs';
import { makeImage } from './lib/media.mjs';
import { near } from './lib/png.mjs';

const WHITE = [255, 255, 255];
const SHORT_S = 30; // the life of a certificate that is to expire
const SESSION_PATIENCE = 150000; // ms; a refused session is asked for again after a minute at the earliest

const isWhite = (picture) => near(picture.at(4, 4), WHITE) && near(picture.at(picture.width >> 1, picture.height >> 1), WHITE);
const isCode = (picture) => near(picture.at(50, 50), WHITE); // the QR code's margin, in 640x360
const certificateEnd = async (headend, id) => Date.parse(JSON.parse(await headend.cli('screen', 'show', id)).certificate_expires);

// In the place of the headend, which is not serving: a server that the screen trusts, refuses every certificate as
// expired, renews none, and gives out codes that nobody approves. Its `answers` may change.
async function startRefusing(headend, more = {}) {
  const file = (name) => readFile(path.join(headend.dir, name));
  let codes = 0;
  const answers = {
    get '/oauth/device_authorization'() {
      const user_code = `BCDF-GHJ${'BCDFGHJKLM'[codes++ % 10]}`;
      return [200, { device_code: 'device', user_code, verification_uri: `${headend.url}/enrol`, expires_in: 600, interval: 1 }];
    },
    '/oauth/token': [400, { error: 'authorization_pending' }],
    '/.well-known/est/simplereenroll': [503, {}],
    ...more,
  };
  const server = https.createServer({ cert: await file('server.pem'), key: await file('server.key'), requestCert: true,
    rejectUnauthorized: false }, (request, response) => {
    const [status, body] = answers[request.url] ?? [401, { title: 'the client certificate has expired' }];
    const later = status === 202 && { 'retry-after': '1' };
    response.writeHead(status, { 'content-type': 'application/json', ...later }).end(JSON.stringify(body));
  });
  await new Promise((resolve) => { server.listen(headend.port, resolve); });
  return Object.assign(server, { answers });
}

// Likewise one that verifies certificates in the TLS handshake, and is nothing else.
async function startVerifying(headend) {
  const file = (name) => path.join(headend.dir, name);
  const child = spawn('openssl', ['s_server', '-accept', String(headend.port), '-www', '-quiet', '-cert', file('server.pem'),
    '-key', file('server.key'), '-CAfile', headend.caFile, '-verify', '1', '-verify_return_error'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => { child.on('close', resolve); });
  return { stop: () => { child.kill(); return ended; } };
}

describe('an expired certificate', { concurrency: true }, () => {
  let dir;
  let picture;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pingplay-expired-'));
    picture = await makeImage(dir, 'white.png', 'white');
  });
  after(() => rm(dir, { recursive: true, force: true }));

  // A screen that shows white, of a headend that may be stopped.
  async function startScreen(t, serve = []) {
    const headend = await startHeadend({ serve: ['--poll-interval', '1', ...serve] });
    t.after(() => headend.stop());
    await headend.publish('lobby', [picture]);
    const display = await startDisplay(headend);
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    const id = await headend.approve(code, { name: 'Stored', channel: 'lobby' });
    await display.waitPicture(isWhite, 'the content');
    return { headend, display, id };
  }

  const startShortLived = (t) => startScreen(t, ['--certificate-lifetime', String(SHORT_S)]);

  // Switches it off until its certificate is past its end, while the headend is away; then on again.
  async function store({ headend, display, id }) {
    await display.stopAgent();
    await headend.stopServing();
    headend.options.serve = ['--poll-interval', '1'];
    const end = await certificateEnd(headend, id);
    await until(() => Date.now() > end + 1000, 'the end of the certificate');
    await display.startAgent();
  }

  async function startStored(t) {
    const screen = await startShortLived(t);
    const { headend, display, id } = screen;
    await store(screen);
    await display.agent.waitLog(/-> offline/);
    await display.waitPicture(isWhite, 'the cached content, while the headend is away');
    return { headend, display, id };
  }

  async function enrolAnew({ headend, display, id }) {
    const { code } = await display.waitCode();
    await display.waitPicture((shot) => !isWhite(shot), 'the code above the content');
    assert.equal(await headend.approve(code, { name: 'Again', channel: 'lobby' }), id, 'the same screen, by its key');
    await display.agent.waitLog(/enrolled: [^]*-> online/);
    await display.waitPicture(isWhite, 'the content');
    assert.doesNotMatch(display.agent.log, /state-refused|switched: /, 'nothing had to be fetched again');
    assert.ok(await certificateEnd(headend, id) > Date.now());
    await display.stopAgent();
    await display.startAgent();
    await display.agent.waitLog(/-> online/);
    assert.doesNotMatch(display.agent.log, /certificate-expired|-> unenrolled/);
  }

  test('has the screen show its code once the headend refuses it, and a new approval brings it back', async (t) => {
    const screen = await startStored(t);
    await screen.headend.startServing();
    await screen.display.agent.waitLog(/certificate-expired: session: HTTP 401: .*has expired \(certificate-invalid\)/);
    await enrolAnew(screen);
  });

  test('may be refused in the TLS handshake as well', async (t) => {
    const screen = await startStored(t);
    const verifying = await startVerifying(screen.headend);
    t.after(() => verifying.stop());
    await screen.display.agent.waitLog(/certificate-expired: session: the server says our certificate has expired/, 0,
      SESSION_PATIENCE);
    await verifying.stop();
    await screen.headend.startServing();
    await enrolAnew(screen);
  });

  test('leaves the content on the screen when a code ends and no new one comes', async (t) => {
    const { headend, display } = await startStored(t);
    headend.options.serve.push('--code-lifetime', '10');
    await headend.startServing();
    await display.waitCode();
    await display.waitPicture((shot) => !isWhite(shot), 'the code above the content');
    await headend.stopServing();
    await display.waitPicture(isWhite, 'the content, once the code has ended');
    const from = display.agent.log.length;
    await headend.startServing();
    await display.agent.waitLog(/enrol this screen/, from);
    await display.waitPicture((shot) => !isWhite(shot), 'the new code');
  });

  test('does not open a screen that was locked', async (t) => {
    const screen = await startShortLived(t);
    const { headend, display, id } = screen;
    await headend.cli('screen', 'retire', id);
    await display.agent.waitLog(/-> locked/);
    await store(screen);
    headend.options.serve.push('--code-lifetime', '10');
    await headend.startServing();
    await display.agent.waitLog(/session: HTTP 403: Forbidden: this screen is retired here/);
    await display.waitCode();
    await display.waitPicture(isCode, 'the code');
    await headend.stopServing();
    const closed = await display.waitPicture((shot) => !isCode(shot), 'what is shown once the code has ended');
    assert.ok(!isWhite(closed));
    const from = display.agent.log.length;
    await headend.startServing();
    const [, code] = await display.agent.waitLog(/with the code (\S+);/, from);
    await headend.approve(code, { name: 'Unlocked', channel: 'lobby' });
    await display.agent.waitLog(/-> locked[^]*-> online[^]*unlocked: /, from);
    await display.waitPicture(isWhite, 'the content');
  });

  test('that only a wrong clock sees is used on, and again after a server refused it', async (t) => {
    const { headend, display } = await startScreen(t);
    await display.stopAgent();
    display.options.agentEnv = await clockAway('+380d'); // the screen's certificate: 365 days, the server's: 397
    await display.startAgent();
    await display.agent.waitLog(/state-refused: state: version \d+ has expired/); // by that clock, so it is not online
    assert.doesNotMatch(display.agent.log, /certificate-expired|-> unenrolled|-> online/);
    await headend.stopServing();
    const refusing = await startRefusing(headend);
    t.after(() => refusing.close());
    await display.waitCode();
    await display.waitPicture((shot) => !isWhite(shot), 'the code above the content');
    refusing.close();
    refusing.closeAllConnections();
    const from = display.agent.log.length;
    await headend.startServing();
    await display.agent.waitLog(/(unenrolled|code) -> connecting[^]*state-refused: /, from, SESSION_PATIENCE);
    await display.waitPicture(isWhite, 'the content');
    assert.doesNotMatch(display.agent.log, /enrolled: /);
  });

  test('leaves the content on the screen when the approval cannot be followed up', async (t) => {
    const { headend, display } = await startScreen(t);
    await display.stopAgent();
    await headend.stopServing();
    const refusing = await startRefusing(headend, {
      '/oauth/token': [200, { access_token: 'token', token_type: 'Bearer', expires_in: 300 }],
      '/.well-known/est/simpleenroll': [503, {}],
    });
    t.after(() => refusing.close());
    display.options.agentEnv = await clockAway('+380d');
    await display.startAgent();
    await display.agent.waitLog(/-> enrolling[^]*enrolment-waits: EST: HTTP 503/);
    await display.waitPicture(isWhite, 'the content, and not the screen of an enrolment that goes on');
  });

  test('takes another code while its renewal goes on, which an approval that is given up does not end', async (t) => {
    const RENEW = '/.well-known/est/simplereenroll';
    const { headend, display } = await startScreen(t);
    await display.stopAgent();
    await headend.stopServing();
    const refusing = await startRefusing(headend, { [RENEW]: [202, {}], '/.well-known/est/simpleenroll': [503, {}] });
    t.after(() => refusing.close());
    let renewals = 0;
    refusing.on('request', ({ url }) => { renewals += url === RENEW; });
    const renewalGoesOn = (when) => {
      const before = renewals;
      return until(() => renewals > before + 1, `the renewal to go on ${when}`);
    };
    async function takeOtherCode(givenUp) {
      const from = display.agent.log.length;
      const { code, out, err } = await ctl(display, 'enrol', '--again');
      assert.equal(code, 0, err);
      assert.equal(/is given up/.test(out), givenUp, out);
      await display.agent.waitLog(/enrol this screen/, from);
    }
    display.options.agentEnv = await clockAway('+380d');
    await display.startAgent();
    await display.waitCode();
    await renewalGoesOn('beside the code');
    await takeOtherCode(false);
    await renewalGoesOn('beside the other code');

    const pending = refusing.answers['/oauth/token'];
    refusing.answers['/oauth/token'] = [200, { access_token: 'token', token_type: 'Bearer', expires_in: 300 }];
    await display.agent.waitLog(/-> enrolling[^]*enrolment-waits: EST: HTTP 503/);
    refusing.answers['/oauth/token'] = pending;
    await takeOtherCode(true);
    await renewalGoesOn('once the approval is given up');
    await takeOtherCode(false);
    await renewalGoesOn('beside the last code');
    assert.doesNotMatch(display.agent.log, /: ignored/);
  });

  test('is announced where the renewal has to wait', async (t) => {
    const { headend, display } = await startShortLived(t); // whose certificates are always due
    await display.stopAgent();
    await headend.stopServing();
    const refusing = await startRefusing(headend);
    t.after(() => refusing.close());
    await display.startAgent();
    await display.agent.waitLog(/renewal-waits: EST: HTTP 503/);
  });

  test('does not come about where an outage is in the way of the renewal, which succeeds by itself once it is over', async (t) => {
    const { headend, display, id } = await startScreen(t, ['--certificate-lifetime', '600']);
    await display.stopAgent();
    await headend.stopServing();
    const before = await certificateEnd(headend, id);
    const refusing = await startRefusing(headend);
    t.after(() => refusing.close());
    let asked = 0;
    refusing.on('request', ({ url }) => { asked += url.endsWith('/simplereenroll'); });
    display.options.agentEnv = await clockAway('+550s'); // it is due, and not over
    await display.startAgent();
    await display.agent.waitLog(/renewal-waits: EST: HTTP 503/);
    await until(() => asked >= 3, 'it to ask again, in vain');
    assert.ok(isWhite(await display.screenshot()));
    refusing.close();
    refusing.closeAllConnections();
    const from = display.agent.log.length;
    await headend.startServing();
    await display.agent.waitLog(/renewed: /, from, SESSION_PATIENCE);
    await display.agent.waitLog(/-> online/, from, SESSION_PATIENCE);
    await display.waitPicture(isWhite, 'the content');
    assert.ok(await certificateEnd(headend, id) > before);
    assert.doesNotMatch(display.agent.log, /enrol this screen|certificate-expired|-> unenrolled/);
  });

  test('that comes out of an approval is told beside the next code', async (t) => {
    const headend = await startHeadend({ serve: ['--poll-interval', '1'] });
    t.after(() => headend.stop());
    const display = await startDisplay(headend, { agentEnv: await clockAway('+380d') });
    t.after(() => display.stop());
    const { code } = await display.waitCode();
    await display.waitPicture(isCode, 'the code');
    assert.ok(!tellsTrouble(await display.screenshot()));
    await headend.approve(code, { name: 'Tomorrow', channel: 'lobby' });
    await display.agent.waitLog(/enrolment-failed: EST: the certificate or one above it has expired[^]*enrol this screen/);
    await display.waitPicture((shot) => isCode(shot) && tellsTrouble(shot), 'a code with the reason beside it');
  });
});
