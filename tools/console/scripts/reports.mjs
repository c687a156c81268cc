// A module for esbuild: the words for what screens report, out of those of the headend's pages, so that there is one list of
// them. `import { reports } from 'pingplay:reports'` gives { "trouble.N-1": ["It could not…", "Il n’a pas…"], … }.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const assets = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../assets/admin');
const kinds = ['trouble.', 'event.'];

export function reportsOf(english, french) {
  const names = Object.keys(english).filter((name) => kinds.some((kind) => name.startsWith(kind)));
  return Object.fromEntries(names.map((name) => [name, [english[name], french[name]]]));
}

const read = (language) => JSON.parse(readFileSync(path.join(assets, `strings.${language}.json`), 'utf8'));

export const reportsPlugin = {
  name: 'reports',
  setup(build) {
    build.onResolve({ filter: /^pingplay:reports$/ }, ({ path: name }) => ({ path: name, namespace: 'reports' }));
    build.onLoad({ filter: /.*/, namespace: 'reports' }, () => ({
      contents: `export const reports = JSON.parse(${JSON.stringify(JSON.stringify(reportsOf(read('en'), read('fr'))))});`,
      watchFiles: ['en', 'fr'].map((language) => path.join(assets, `strings.${language}.json`)),
    }));
  },
};
