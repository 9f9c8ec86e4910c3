import { existsSync, rmSync } from 'node:fs';

import { publicNames } from './public-names.mjs';
import { root } from './root.mjs';
import { runTool } from './run-command.mjs';

/** The project references that a running service needs: apps/ and, through it, libs/. */
const project = 'apps/tsconfig.json';

/** The compiled entry file of the service that `npm start` runs. */
export const serviceEntry = 'build/documents/src/main.js';

/**
 * Compiles libs and apps; only what changed since the last build is compiled again.
 * @param {{ clean?: boolean }} [options] `clean`: drop earlier output first, for a package without leftovers
 * @returns {Promise<boolean>} whether everything compiled
 */
export async function compile({ clean = false } = {}) {
  if (clean) {
    for (const folder of ['dist', 'build']) rmSync(root + folder, { recursive: true, force: true });
  }
  // tsc trusts its build info: output that was deleted by hand comes back only with --force.
  const force = isBuilt() ? [] : ['--force'];
  return (await runTool('typescript/bin/tsc', ['-b', project, ...force])) === 0;
}

function isBuilt() {
  const outputs = [serviceEntry, ...publicNames().map(({ built }) => built)];
  return outputs
    .flatMap((file) => [file, file.replace(/\.js$/, '.d.ts')])
    .every((file) => existsSync(root + file));
}
