import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './root.mjs';
import { runNpm } from './run-command.mjs';

/**
 * Packs what stands in dist/, the way npm would publish it.
 * @param {string} [folder] where the tarball goes
 * @returns {Promise<string>} the tarball's absolute path
 */
export async function pack(folder = join(root, 'build/package')) {
  mkdirSync(folder, { recursive: true });
  // Whoever packs has compiled already: the package's own build script must not run again.
  const args = ['pack', '--ignore-scripts', '--loglevel=error', `--pack-destination=${folder}`];
  if ((await runNpm(args, { quiet: true })) !== 0) throw new Error('npm pack failed');
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return join(folder, `${name}-${version}.tgz`);
}
