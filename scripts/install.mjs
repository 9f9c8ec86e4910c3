import { readFileSync } from 'node:fs';

import { root } from './root.mjs';
import { runNpm } from './run-command.mjs';

/**
 * Installs the dependencies with `npm ci` when they are missing or are not those of the lockfile.
 * @returns {Promise<boolean>} whether the dependencies stand
 */
export async function install() {
  if (isInstalled()) return true;
  process.stderr.write('Installing the dependencies (npm ci) …\n');
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  return (await runNpm(args, { quiet: true })) === 0;
}

/** Whether npm's own record of node_modules holds every package of the lockfile, in its version. */
function isInstalled() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === version : optional === true;
  });
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(`${root}${file}`, 'utf8')).packages;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
