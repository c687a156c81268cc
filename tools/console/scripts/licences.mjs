// The licences of what is bundled, which want their notices to go with every copy: of esbuild's metafile, each package with its text.
// `import { licences } from 'pingplay:licences'` gives [{ packages: ["lit 3.3.3", …], licence: "BSD-3-Clause", text }, …].
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

// "node_modules/@lit/reactive-element/css-tag.js" -> "@lit/reactive-element"
export const packageOf = (input) => /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];

export const packagesOf = (metafile) => [...new Set(Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs).map(packageOf)).filter(Boolean))].sort();

function read(folder, name) {
  const at = path.join(folder, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8'));
  const file = readdirSync(at).find((one) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(one));
  if (!file) throw new Error(`${name} is bundled, and has no text of its licence`);
  return { name: `${name} ${version}`, licence: license ?? '', text: readFileSync(path.join(at, file), 'utf8').trim() };
}

// Those with the same text stand together.
export function licencesOf(folder, names) {
  const groups = new Map();
  for (const { name, licence, text } of names.map((one) => read(folder, one))) {
    const group = groups.get(text) ?? { packages: [], licence, text };
    group.packages.push(name);
    groups.set(text, group);
  }
  return [...groups.values()];
}

export const licencesText = (licences) => `What the console is made of besides its own code, and the licences of that.\n\n${licences.map(({ packages, licence, text }) => `${packages.join(', ')}\n${licence}\n\n${text}\n`).join(`\n${'-'.repeat(78)}\n\n`)}`;

export const licencesPlugin = (licences) => ({
  name: 'licences',
  setup(build) {
    build.onResolve({ filter: /^pingplay:licences$/ }, ({ path: name }) => ({ path: name, namespace: 'licences' }));
    build.onLoad({ filter: /.*/, namespace: 'licences' }, () => ({ contents: `export const licences = ${JSON.stringify(licences)};` }));
  },
});
