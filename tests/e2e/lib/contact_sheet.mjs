// Pictures of every page of the console, on a phone and at a desk, in both languages and themes, with a page to look at them:
//   node tests/e2e/lib/contact_sheet.mjs DIR        (tools/check --contact-sheet; PP_BUILD names the build folder)
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { desktop, fill, open, phone, session, startBrowser, stock } from './console.mjs';
import { scenes, show } from './console_scenes.mjs';
import { startHeadend } from './headend.mjs';
import { arrange } from './screens.mjs';

const out = path.resolve(process.argv[2] ?? 'contact-sheet');
const forms = [['phone', phone], ['desk', desktop]].flatMap(([device, size]) => ['en', 'fr'].flatMap((language) => ['light', 'dark'].map((theme) => ({ device, size, language, theme }))));
const file = (scene, { device, language, theme }) => `${scene.name.replaceAll(' ', '-')}.${device}.${language}.${theme}.png`;

const sheet = () => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Console: contact sheet</title>
<style>body{font:15px system-ui;margin:2rem;background:#888;color:#fff}section{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}figure{margin:0}img{height:22rem;display:block;border-radius:4px}h2{margin:2rem 0 .5rem}a{color:#fff}</style></head><body>
<h1>Console: ${scenes.length} pages, ${forms.length} forms</h1>
${scenes.map((scene) => `<h2>${scene.name}</h2><section>${forms.map((form) => `<figure><a href="${file(scene, form)}"><img loading="lazy" src="${file(scene, form)}" alt="${scene.name}, ${form.device}, ${form.language}, ${form.theme}"></a><figcaption>${form.device}, ${form.language}, ${form.theme}</figcaption></figure>`).join('')}</section>`).join('\n')}
</body></html>
`;

const headend = await startHeadend();
const browser = await startBrowser();
let pictures = 0;
try {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await fill(headend, 60);
  await arrange(headend);
  await stock(headend);
  for (const form of forms) {
    for (const signedOut of [true, false]) {
      const visit = await open(browser, headend, { ...form.size, dark: form.theme === 'dark', language: form.language, cookie: signedOut ? undefined : await session(headend) });
      for (const scene of scenes.filter(({ out: without }) => Boolean(without) === signedOut)) {
        await show(visit, headend, scene);
        await visit.page.screenshot({ path: path.join(out, file(scene, form)) });
        pictures++;
      }
      if (visit.complaints.length) throw new Error(visit.complaints.join('\n'));
      await visit.close();
    }
  }
  writeFileSync(path.join(out, 'index.html'), sheet());
  console.log(`${pictures} pictures: ${path.join(out, 'index.html')}`);
} finally {
  await browser.close();
  await headend.stop();
}
