import { readFileSync } from 'node:fs';

import { root } from './root.mjs';

/** @typedef {{ name: string, source: string, built: string }} PublicName */

/**
 * Every name that the package exports, with the source file and the built file behind it.
 *
 * `exports` of package.json is the only list; tests, walls and package checks read it from here.
 *
 * @param {string} [folder] the root of the repository to read
 * @returns {PublicName[]}
 */
export function publicNames(folder = root) {
  const { name, exports } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  return Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([subpath, target]) => ({
      name: subpath === '.' ? name : `${name}/${subpath.slice(2)}`,
      source: target.default.replace(/^\.\/dist\//, 'libs/').replace(/\.js$/, '.ts'),
      built: target.default.replace(/^\.\//, ''),
    }));
}
