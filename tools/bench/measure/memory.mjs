// Memory of agent, player and one renderer with an image and with a video of 1920 x 1080, beside a kiosk browser that
// shows the same on the same X server. Proportional set size: what is shared counts in parts.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as content from '../lib/content.mjs';
import { family, nameOf, pssMib } from '../lib/proc.mjs';
import { chromium } from '../lib/rival.mjs';
import { openScreen } from '../lib/screen.mjs';
import { median, round } from '../lib/stats.mjs';
import { decode, startXvfb } from '../lib/xvfb.mjs';

const SETTLE_MS = 5000; // until it is looked at, so that what a start needs is gone
const LOOKS = 5;
const LOOK_MS = 1000;
const budgets = { image: 80, video: 160 };

export const packages = ['chromium', 'ffmpeg', 'xvfb'];
export const options = { browser: { type: 'string', default: 'yes' } };

/** The median of several looks, in all and by process. */
async function look(pids) {
  const all = [], parts = [];
  for (let i = 0; i < LOOKS; i++, await sleep(LOOK_MS)) {
    const now = pids().map((pid) => ({ name: nameOf(pid), mib: pssMib([pid]) }));
    parts.push(now);
    all.push(now.reduce((sum, { mib }) => sum + mib, 0));
  }
  return { mib: median(all), parts: parts.at(-1).map(({ name, mib }) => ({ name, mib: round(mib, 1) })) };
}

async function ours(file, server) {
  const screen = await openScreen({ content: [file], server });
  try {
    await screen.settle();
    await sleep(SETTLE_MS);
    return await look(() => screen.all());
  } finally {
    await screen.close();
  }
}

const page = (kind, file) => `<!doctype html><style>html,body{margin:0;background:#000;overflow:hidden}img,video{width:100vw;height:100vh;display:block}</style>
${kind === 'image' ? `<img src="file://${file}">` : `<video src="file://${file}" autoplay loop muted></video>`}\n`;

async function browser(kind, file, server) {
  const dir = await mkdtemp(path.join(tmpdir(), 'pingplay-browser-'));
  const html = path.join(dir, 'page.html');
  await writeFile(html, page(kind, file));
  const rival = chromium(server, html, path.join(dir, 'profile'));
  try {
    if (kind === 'image') await server.waitPicture(await decode(file));
    else await sleep(SETTLE_MS);
    await sleep(SETTLE_MS);
    return await look(() => family(rival.child.pid));
  } finally {
    await rival.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function measure(values, say) {
  const rows = [];
  for (const kind of ['image', 'video']) {
    const file = await content[kind]();
    const server = await startXvfb();
    try {
      const own = await ours(file, server);
      say(`  ${kind}: ${own.parts.map(({ name, mib }) => `${name} ${mib}`).join(', ')} MiB`);
      const rival = values.browser === 'yes' ? await browser(kind, file, server) : undefined;
      if (rival) say(`  ${kind}: ${rival.parts.length} processes of chromium, ${round(rival.mib)} MiB`);
      rows.push({ what: `memory, 1080p ${kind}`, budget: `<= ${budgets[kind]} MiB PSS`, measured: `${round(own.mib)} MiB`,
        beside: rival && `chromium --kiosk: ${round(rival.mib)} MiB`, ratio: rival && round(own.mib / rival.mib, 3), met: own.mib <= budgets[kind], own, rival });
    } finally {
      await server.stop();
    }
  }
  return rows;
}
