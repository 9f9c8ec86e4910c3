import { checkExports } from './check-exports.mjs';
import { compile } from './compile.mjs';
import { pack } from './pack.mjs';
import { runTool } from './run-command.mjs';

/**
 * The checks of the packed package, by name; each says whether it passed.
 * @type {Readonly<Record<string, (tarball: string) => boolean | Promise<boolean>>>}
 */
export const packageChecks = {
  exports: checkExports,
  publint: async (tarball) => (await runTool('publint/src/cli.js', ['--strict', tarball])) === 0,
  attw: async (tarball) =>
    (await runTool('@arethetypeswrong/cli/dist/index.js', ['--profile=esm-only', tarball])) === 0,
};

if (process.argv[1]?.endsWith('check-package.mjs')) {
  if (!(await compile())) process.exit(1);
  const tarball = await pack();
  for (const [name, check] of Object.entries(packageChecks)) {
    const passed = await check(tarball);
    process.stdout.write(`${name}: ${passed ? 'passed' : 'failed'}\n`);
    if (!passed) process.exitCode = 1;
  }
}
