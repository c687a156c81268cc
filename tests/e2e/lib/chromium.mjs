// A real browser for tests: Debian's Chromium without a window, driven by the DevTools protocol over a pipe.
//
//   const chromium = await startChromium();
//   const page = await chromium.page({ width: 390, height: 844, dark: true, language: 'fr', cookies: browser.cookies, url: headend.url });
//   await page.open(`${headend.url}/admin/screens`);        // -> the answer's status
//   await page.evaluate((name) => document.getElementById(name).textContent, 'heading');
//   await page.press('Tab');
//   page.complaints;                                        // what the browser says of scripts and policies on its console
//   await page.screenshot('screens.png');
//   await page.close();  await chromium.stop();
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const keys = { Tab: 9, Enter: 13, Escape: 27 };

class Page {
  constructor(chromium, target, session) {
    Object.assign(this, { chromium, target, session, complaints: [] });
    chromium.on(session, 'Runtime.exceptionThrown', ({ exceptionDetails }) => this.complaints.push(exceptionDetails.exception?.description ?? exceptionDetails.text));
    chromium.on(session, 'Log.entryAdded', ({ entry }) => { if (entry.source !== 'network') this.complaints.push(entry.text); });
  }

  send(method, params = {}) { return this.chromium.send(method, params, this.session); }

  // Waits until the document and what it names is loaded.
  async open(url) {
    let status;
    const answered = (params) => { if (params.type === 'Document') status = params.response.status; };
    const loaded = this.chromium.once(this.session, 'Page.loadEventFired');
    this.chromium.on(this.session, 'Network.responseReceived', answered);
    const { errorText } = await this.send('Page.navigate', { url });
    if (errorText) throw new Error(`${url}: ${errorText}`);
    await loaded;
    return status;
  }

  // Runs a function in the page; its arguments and its value go as JSON.
  async evaluate(call, ...values) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate',
      { expression: `(${call})(...${JSON.stringify(values)})`, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // What a click or a submitted form leads to.
  async follow(call, ...values) {
    const loaded = this.chromium.once(this.session, 'Page.loadEventFired');
    await this.evaluate(call, ...values);
    await loaded;
  }

  // The colour scheme that is wanted; nothing moves.
  async colours(dark) {
    await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }, { name: 'prefers-reduced-motion', value: 'reduce' }] });
  }

  async press(key) {
    const code = { key, code: key, windowsVirtualKeyCode: keys[key] };
    await this.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...code });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...code });
  }

  // All of the page, not only what the window shows, down to `most` pixels.
  async screenshot(file, most = 4000) {
    const [width, height] = await this.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollHeight]);
    const clip = { x: 0, y: 0, width, height: Math.min(height, most), scale: 1 };
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true, clip });
    await writeFile(file, Buffer.from(data, 'base64'));
  }

  async close() { await this.chromium.send('Target.closeTarget', { targetId: this.target }); }
}

class Chromium {
  constructor(child, folder) {
    Object.assign(this, { child, folder, calls: new Map(), listeners: [], next: 1, rest: '' });
    child.stdio[4].setEncoding('utf8').on('data', (text) => this.read(text));
    this.ended = new Promise((resolve) => child.on('close', resolve));
    this.ended.then(() => { for (const { reject } of this.calls.values()) reject(new Error(`the browser has ended: ${this.log}`)); });
    this.log = '';
    child.stderr.on('data', (data) => { this.log = `${this.log}${data}`.slice(-4000); });
  }

  // Messages are JSON with a NUL behind each.
  read(text) {
    const messages = `${this.rest}${text}`.split('\0');
    this.rest = messages.pop();
    for (const message of messages.map((one) => JSON.parse(one))) {
      const call = this.calls.get(message.id);
      this.calls.delete(message.id);
      if (call && message.error) call.reject(new Error(`${call.method}: ${message.error.message}`));
      else if (call) call.resolve(message.result);
      else for (const one of [...this.listeners]) if (one.session === message.sessionId && one.event === message.method) one.call(message.params);
    }
  }

  on(session, event, call) { this.listeners.push({ session, event, call }); }

  once(session, event) {
    return new Promise((resolve) => {
      const listener = { session, event, call: (params) => { this.listeners.splice(this.listeners.indexOf(listener), 1); resolve(params); } };
      this.listeners.push(listener);
    });
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.calls.set(id, { method, resolve, reject });
      this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  // A tab with cookies of its own.
  async page({ width, height, dark = false, language = 'en', cookies = new Map(), url }) {
    const { browserContextId } = await this.send('Target.createBrowserContext');
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, targetId, sessionId);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await page.send(`${domain}.enable`);
    await page.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
    await page.colours(dark);
    await page.send('Network.setExtraHTTPHeaders', { headers: { 'accept-language': language } });
    for (const [name, value] of cookies) await page.send('Network.setCookie', { name, value, url, path: '/', secure: true, httpOnly: true, sameSite: 'Strict' });
    return page;
  }

  async stop() {
    this.child.kill('SIGKILL');
    await this.ended;
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function startChromium() {
  const folder = await mkdtemp(path.join(tmpdir(), 'pingplay-chromium-'));
  const child = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--hide-scrollbars', '--ignore-certificate-errors', `--user-data-dir=${folder}`, '--remote-debugging-pipe', 'about:blank'],
  { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'], detached: false });
  const started = new Promise((resolve, reject) => child.on('spawn', resolve).on('error', reject));
  const chromium = new Chromium(child, folder);
  await started;
  await chromium.send('Browser.getVersion');
  return chromium;
}
