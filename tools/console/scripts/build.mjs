// Builds the console into a folder: node scripts/build.mjs [--optional] [--out DIR] [--licences FILE]
//   index.html, and assets/NAME-HASH.{js,css,svg}; each also compressed, FILE.br and FILE.gz
// With --optional, where the modules cannot be had, it says so and leaves no console.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { licencesOf, licencesPlugin, licencesText, packagesOf } from './licences.mjs';
import { ensureModules } from './modules.mjs';
import { reportsPlugin } from './reports.mjs';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const option = (name) => words[words.indexOf(name) + 1];
const optional = words.includes('--optional');
const out = path.resolve(words.includes('--out') ? option('--out') : path.join(folder, 'dist'));

// Texts as a string that is read as JSON: a browser does that in a fraction of the time that it takes for the same as a script.
const wordsPlugin = (esbuild) => ({
  name: 'words',
  setup(build) {
    build.onLoad({ filter: /[\\/]lib[\\/]words\.ts$/ }, async ({ path: file }) => {
      const { code } = await esbuild.transform(readFileSync(file, 'utf8'), { loader: 'ts', format: 'esm' });
      const { words } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      return { contents: `export const words = JSON.parse(${JSON.stringify(JSON.stringify(words))});`, loader: 'js' };
    });
  },
});

async function bundle(target) {
  const esbuild = await import('esbuild');
  const make = (licences, write) => esbuild.build({ write,
    entryPoints: { main: path.join(folder, 'src/main.ts'), style: path.join(folder, 'src/style/main.css'), icon: path.join(folder, 'src/icon.svg') },
    outdir: path.join(target, 'assets'), entryNames: '[name]-[hash]', assetNames: '[name]-[hash]', chunkNames: '[name]-[hash]',
    bundle: true, splitting: true, format: 'esm', target: ['chrome107', 'firefox115', 'safari16.4'], minify: true, metafile: true, legalComments: 'none', charset: 'utf8',
    loader: { '.svg': 'copy' }, plugins: [reportsPlugin, wordsPlugin(esbuild), licencesPlugin(licences)], absWorkingDir: folder, logLevel: 'warning',
  });
  // Once to see what is bundled, and once with the licences of that.
  const licences = licencesOf(folder, packagesOf((await make([], false)).metafile));
  const { metafile } = await make(licences, true);
  if (words.includes('--licences')) writeFileSync(option('--licences'), licencesText(licences));
  // What the first script asks for as soon as it is read is asked for with it: one way there and back less.
  const main = Object.keys(metafile.outputs).find((name) => metafile.outputs[name].entryPoint === 'src/main.ts');
  const asked = new Set();
  const follow = (name) => { for (const { path: next, kind } of metafile.outputs[name].imports) if (kind === 'import-statement' && !asked.has(next)) { asked.add(next); follow(next); } };
  follow(main);
  const preloads = [...asked].map((name) => `<link rel="modulepreload" href="/console/assets/${path.basename(name)}">\n`).join('');
  // "src/main.ts" -> "main-3F2A.js"
  const nameOf = (entry) => path.basename(Object.entries(metafile.outputs).find(([name, { entryPoint }]) => entryPoint === entry && !name.endsWith('.map'))?.[0] ?? '')
    || path.basename(Object.keys(metafile.outputs).find((name) => Object.keys(metafile.outputs[name].inputs).includes(entry)));
  return { nameOf, preloads };
}

function compress(file) {
  const data = readFileSync(file);
  writeFileSync(`${file}.br`, brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }));
  writeFileSync(`${file}.gz`, gzipSync(data, { level: 9 }));
}

async function build() {
  const target = `${out}.new`;
  rmSync(target, { recursive: true, force: true });
  mkdirSync(path.join(target, 'assets'), { recursive: true });
  const { nameOf, preloads } = await bundle(target);
  const page = readFileSync(path.join(folder, 'src/index.html'), 'utf8')
    .replace('<!-- preloads -->\n', preloads).replace(/\{\{(src\/[\w./]+)\}\}/g, (_, entry) => `/console/assets/${nameOf(entry)}`);
  writeFileSync(path.join(target, 'index.html'), page);
  for (const name of ['index.html', ...readdirSync(path.join(target, 'assets')).map((one) => `assets/${one}`)]) compress(path.join(target, name));
  rmSync(out, { recursive: true, force: true });
  renameSync(target, out);
}

try {
  ensureModules();
} catch (error) {
  if (!optional) throw error;
  console.log(`the console is not built: ${error.message}`);
  rmSync(out, { recursive: true, force: true });
  process.exit(0);
}
await build();
