// What is bundled into the console goes with its licences: on a page, in the package, and in debian/copyright.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { desktop, open, session, startBrowser } from './lib/console.mjs';
import { buildDir, startHeadend } from './lib/headend.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const consoleDir = path.join(root, 'tools/console');
const text = () => readFileSync(path.join(buildDir(), 'tools/headend/console/console-licences.txt'), 'utf8');

// By the bundler itself, of the program that installs the pages, without what build.mjs makes of it.
async function bundled() {
  const { build } = createRequire(path.join(consoleDir, 'package.json'))('esbuild');
  const nothing = { name: 'nothing', setup(at) {
    at.onResolve({ filter: /^pingplay:/ }, ({ path: name }) => ({ path: name, namespace: 'nothing' }));
    at.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'export const reports = {}; export const licences = [];' }));
  } };
  const { metafile } = await build({ entryPoints: [path.join(consoleDir, 'src/main.ts')], bundle: true, splitting: true, format: 'esm', write: false, outdir: path.join(consoleDir, 'nowhere'), metafile: true, plugins: [nothing], absWorkingDir: consoleDir });
  const folders = Object.keys(metafile.inputs).map((input) => input.split('node_modules/').at(-1)).filter((_, i) => Object.keys(metafile.inputs)[i].includes('node_modules/'));
  return [...new Set(folders.map((folder) => folder.split('/').slice(0, folder.startsWith('@') ? 2 : 1).join('/')))];
}

let headend;
let browser;
before(async () => {
  headend = await startHeadend();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await headend?.stop();
  rmSync(path.join(consoleDir, 'nowhere'), { recursive: true, force: true });
});

test('each package that is bundled is named, with its version, its licence and the whole text of that', async () => {
  const names = await bundled();
  assert.ok(['lit', 'lit-html', 'tus-js-client'].every((name) => names.includes(name)), names.join());
  const one = await open(browser, headend, { ...desktop, cookie: await session(headend) });
  try {
    await one.page.goto(`${headend.url}/console/licences`);
    await one.page.locator('.licence').first().waitFor();
    const page = await one.page.locator('main').innerText();
    const copyright = readFileSync(path.join(root, 'board/debian/copyright'), 'utf8');
    for (const name of names) {
      const { version, license } = JSON.parse(readFileSync(path.join(consoleDir, 'node_modules', name, 'package.json'), 'utf8'));
      for (const [where, what] of [['the page', page], ['the package’s file', text()]]) {
        assert.ok(what.includes(`${name} ${version}`), `${where}: ${name} ${version}`);
        assert.ok(what.includes(license), `${where}: ${license}`);
      }
      assert.ok(new RegExp(`[ (]${name.replaceAll('/', '\\/')}[,)]`).test(copyright), `debian/copyright: ${name}`);
    }
    for (const notice of ['Copyright (c) 2017 Google LLC', 'Copyright (c) 2015 tus - Resumable File Uploads', 'Permission is hereby granted, free of charge', 'Redistributions in binary form must reproduce']) assert.ok(page.includes(notice) && text().includes(notice), notice);
    await one.axe('licences');
    assert.deepEqual(one.complaints, []);
  } finally {
    await one.close();
  }
});
