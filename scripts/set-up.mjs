import { checkNode } from './check-node.mjs';
import { install } from './install.mjs';
import { root } from './root.mjs';

/**
 * Makes a fresh clone ready to run: checks Node, installs what is missing, builds what changed.
 * Ends the process, with the tool's own output above, when one of them fails.
 * @param {() => boolean | Promise<boolean>} build
 */
export async function setUp(build) {
  checkNode();
  process.chdir(root);
  await step('npm ci', install);
  await step('The build', build);
}

/**
 * @param {string} name
 * @param {() => boolean | Promise<boolean>} work
 */
async function step(name, work) {
  if (await work()) return;
  process.stderr.write(`${name} failed; its output stands above.\n`);
  process.exit(1);
}
