import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

import { publicNames } from './public-names.mjs';
import { root } from './root.mjs';

/**
 * Checks that what package.json declares, what was built and what is packed are the same.
 * @param {string} tarball
 * @returns {boolean}
 */
export function checkExports(tarball) {
  const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const packed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
    .map((file) => file.replace(/^package\//, ''));
  const problems = [
    ...undeclaredLibs(),
    ...targetsWithoutFile(manifest, new Set(packed)),
    ...typesOutOfStep(manifest),
    ...missingFiles(new Set(packed)),
    ...strayFiles(packed),
  ];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return problems.length === 0;
}

/** Every lib has a public name, and every public name has a source. */
function undeclaredLibs() {
  const names = publicNames();
  const declared = new Set(names.map(({ source }) => source));
  const sourceless = names.filter(({ source }) => !existsSync(root + source));
  return [
    ...readdirSync(`${root}libs`)
      .filter((lib) => !declared.has(`libs/${lib}/src/index.ts`))
      .map((lib) => `libs/${lib} has no entry in the exports of package.json`),
    ...sourceless.map(({ name, source }) => `${name} is exported, but ${source} does not exist`),
  ];
}

/**
 * @param {{ exports: Record<string, string | Record<string, string>> }} manifest
 * @param {ReadonlySet<string>} packed
 */
function targetsWithoutFile({ exports }, packed) {
  return Object.entries(exports).flatMap(([subpath, target]) =>
    Object.values(typeof target === 'string' ? { default: target } : target)
      .map((file) => file.replace(/^\.\//, ''))
      .filter((file) => !packed.has(file) || !existsSync(root + file))
      .map((file) => `exports["${subpath}"] points to ${file}, which is not built or not packed`),
  );
}

/**
 * `typesVersions`, `main` and `types` say to older resolvers what `exports` says to newer ones.
 * @param {{ exports: Record<string, { types: string, default: string }>, typesVersions: Record<string, Record<string, string[]>>, main: string, types: string }} manifest
 */
function typesOutOfStep({ exports, typesVersions, main, types }) {
  const wanted = Object.entries(exports)
    .filter(([subpath, target]) => subpath !== '.' && typeof target === 'object')
    .map(([subpath, target]) => /** @type {const} */ ([subpath.slice(2), [target.types]]));
  const inStep = isDeepStrictEqual(typesVersions['*'], Object.fromEntries(wanted));
  const front = exports['.'];
  return [
    ...(inStep ? [] : ['typesVersions of package.json does not list the same names as exports']),
    ...(main === front?.default && types === front.types
      ? []
      : ['main and types of package.json differ from exports["."]']),
  ];
}

/** @param {ReadonlySet<string>} packed */
function missingFiles(packed) {
  return ['README.md', 'LICENSE', 'package.json']
    .filter((file) => !packed.has(file))
    .map((file) => `${file} is not packed`);
}

/** @param {readonly string[]} packed */
function strayFiles(packed) {
  return packed
    .filter((file) => /\.spec\.|\.tsbuildinfo$|(^|\/)\.env|\.tgz$|(?<!\.d)\.ts$/.test(file))
    .map((file) => `${file} must not be packed`);
}
