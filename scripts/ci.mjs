import { checkNode } from './check-node.mjs';
import { packageChecks } from './check-package.mjs';
import { compile } from './compile.mjs';
import { install } from './install.mjs';
import { pack } from './pack.mjs';
import { root } from './root.mjs';
import { runNpm, runTool } from './run-command.mjs';
import { dropTestReport, readTestReport, reporterArguments } from './test-report.mjs';

/** @typedef {import('./test-report.mjs').Counts} Counts */

/** What each check added, in order; a failing check never stops the later ones. @type {Map<string, Counts>} */
const results = new Map();
/** What the summary says of single tests. @type {string[]} */
const notes = [];

/**
 * @param {string} name
 * @param {() => boolean | Promise<boolean>} run
 */
async function check(name, run) {
  process.stdout.write(`\n── ${name}\n`);
  const passed = await attempt(run);
  results.set(name, { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 });
  return passed;
}

/** @param {() => boolean | Promise<boolean>} run */
async function attempt(run) {
  try {
    return await run();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return false;
  }
}

/** @param {string} name a script of package.json, so that CI runs what a developer runs */
const script = (name) => async () => (await runNpm(['run', '--silent', name])) === 0;

async function runTests() {
  process.stdout.write('\n── tests (npm test)\n');
  dropTestReport();
  const command = ['test', '--silent', '--', ...reporterArguments];
  const succeeded = await attempt(async () => (await runNpm(command)) === 0);
  const { failures, unstable, ...counts } = readTestReport(succeeded);
  results.set('tests', counts);
  notes.push(...unstable.map((one) => `unstable  ${one}`));
  notes.push(...failures.map((one) => `FAILED  ${one}`));
}

async function checkPackage() {
  /** @type {string | undefined} */
  let tarball;
  await check('pack', async () => Boolean((tarball = await pack())));
  for (const [name, run] of Object.entries(packageChecks)) {
    await check(`package: ${name}`, () => tarball !== undefined && run(tarball));
  }
}

function summarise() {
  /** @type {Counts} */
  const total = { passed: 0, failed: 0, skipped: 0 };
  process.stdout.write('\n── summary\n');
  for (const [name, { passed, failed, skipped }] of results) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    const mark = failed + skipped > 0 ? 'FAILED' : 'passed';
    process.stdout.write(`${mark}  ${name}${name === 'tests' ? ` (${passed})` : ''}\n`);
  }
  for (const note of notes) process.stdout.write(`${note}\n`);
  const skips = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skips}\n`);
  process.exitCode = total.failed + total.skipped > 0 ? 1 : 0;
}

checkNode();
process.chdir(root);
if (await check('install', install)) {
  await check('format', script('format:check'));
  await check('build', () => compile({ clean: true }));
  await check('types', script('types'));
  // Lint reads the types that the build wrote.
  await check('lint', script('lint'));
  await check('walls', script('walls'));
  await check('unused code and dependencies', script('unused'));
  await runTests();
  await checkPackage();
  await check(
    'nest build documents',
    async () => (await runTool('@nestjs/cli/bin/nest.js', ['build', 'documents'])) === 0,
  );
}
summarise();
