// The console with 5,000 screens: its first page on a phone whose processor is four times slower, and frames while the list is scrolled through.
import { desktop, fill, open, phone, session, startBrowser } from '../../../tests/e2e/lib/console.mjs';
import { startHeadend } from '../../../tests/e2e/lib/headend.mjs';
import { median, percentile } from '../lib/stats.mjs';

export const packages = ['chromium', 'nodejs', 'npm', 'sqlite3'];
export const options = { screens: { type: 'string', default: '5000' }, runs: { type: 'string', default: '5' }, slowdown: { type: 'string', default: '4' } };

const FIRST_MS = 1000;
const FIRST_BYTES = 150 * 1024;
const FRAME_MS = 50;

async function throttled(visit, rate) {
  const devtools = await visit.context.newCDPSession(visit.page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate });
  return devtools;
}

// From the request for the page until screens are on it, with an empty cache; and what was sent for its files. The page says so itself: what a
// test puts into a page to look at it would be compiled and run by the slow processor as well.
async function firstPage(browser, headend, cookie, slowdown) {
  const visit = await open(browser, headend, { ...phone, cookie });
  await throttled(visit, slowdown);
  await visit.context.addInitScript(() => {
    const bytes = () => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource').filter(({ name }) => name.includes('/console/'))].reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
    new MutationObserver((_, observer) => {
      if (!document.querySelector('.row')) return;
      observer.disconnect();
      // What was drawn with the rows in it: two frames on.
      requestAnimationFrame(() => requestAnimationFrame(() => console.debug(JSON.stringify({ ms: performance.now(), bytes: bytes() }))));
    }).observe(document, { childList: true, subtree: true });
  });
  const [said] = await Promise.all([visit.page.waitForEvent('console', (message) => message.type() === 'debug'), visit.page.goto(`${headend.url}/console/`, { waitUntil: 'commit' })]);
  await visit.close();
  return JSON.parse(said.text());
}

// The longest that the page's main thread was kept in one go, and between two frames, while the list runs through the window.
async function scroll(browser, headend, cookie, view) {
  const visit = await open(browser, headend, { ...desktop, cookie, settings: { 'pingplay.view': view } });
  await visit.page.goto(`${headend.url}/console/`);
  await visit.page.locator(view === 'grid' ? '.card-item' : '.row').first().waitFor();
  await visit.page.waitForFunction(() => document.documentElement.scrollHeight > 50000);
  const found = await visit.page.evaluate(() => new Promise((resolve) => {
    const tasks = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    const frames = [];
    const height = document.documentElement.scrollHeight - innerHeight;
    let last;
    let step = 0;
    const steps = 240;
    const next = (now) => {
      if (last !== undefined) frames.push(now - last);
      last = now;
      if (step++ === steps) return setTimeout(() => resolve({ tasks, frames }), 200);
      // A flick of three windows a frame, with a jump to the far end now and then.
      scrollTo(0, step % 40 === 0 ? height * Math.random() : Math.min(height, scrollY + 3 * innerHeight));
      return requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }));
  await visit.close();
  return { longest: Math.max(...found.frames), p95: percentile(found.frames, 0.95), task: Math.max(0, ...found.tasks), over: found.frames.filter((ms) => ms > FRAME_MS).length, count: found.frames.length };
}

export async function measure({ screens, runs, slowdown }, say) {
  const headend = await startHeadend();
  const browser = await startBrowser();
  try {
    await fill(headend, Number(screens));
    const cookie = await session(headend);
    const pages = [];
    for (let i = 0; i < Number(runs); i++) pages.push(await firstPage(browser, headend, cookie, Number(slowdown)));
    say(`first page: ${pages.map(({ ms }) => Math.round(ms)).join(', ')} ms`);
    const rows = [
      { what: `console: first page, ${screens} screens, processor ${slowdown} × slower`, budget: `< ${FIRST_MS} ms`, measured: `median ${Math.round(median(pages.map(({ ms }) => ms)))} ms of ${runs}`, met: median(pages.map(({ ms }) => ms)) < FIRST_MS },
      { what: '… and its files, compressed', budget: '< 150 KB', measured: `${(pages[0].bytes / 1000).toFixed(1)} KB`, met: pages[0].bytes < FIRST_BYTES },
    ];
    for (const view of ['list', 'grid']) {
      const found = await scroll(browser, headend, cookie, view);
      rows.push({ what: `console: scrolling ${screens} screens, ${view}`, budget: `no frame over ${FRAME_MS} ms`, measured: `longest ${found.longest.toFixed(1)} ms, p95 ${found.p95.toFixed(1)} ms, ${found.over} of ${found.count} over; longest task ${found.task.toFixed(0)} ms`, met: found.over === 0 });
    }
    return rows;
  } finally {
    await browser.close();
    await headend.stop();
  }
}
