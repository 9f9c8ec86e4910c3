import { installServers } from './install-servers.mjs';
import { runTool } from './run-command.mjs';
import { setUp } from './set-up.mjs';
import { compile } from './compile.mjs';

/** What can be put under random faults for long. @type {Readonly<Record<string, string>>} */
const subjects = { cache: 'test/support/fleet/long-run.app.ts' };

const [name = '', ...rest] = process.argv.slice(2);
const app = Object.hasOwn(subjects, name) ? subjects[name] : undefined;
if (app === undefined) {
  const known = Object.keys(subjects).join(', ');
  process.stderr.write(
    `Say what to put under faults: npm run chaos -- <${known}> [--minutes 30] [--seed 1] [--scenarios N]\n`,
  );
  process.exit(2);
}

await setUp(compile);
installServers();
process.exitCode = await runTool('../test/support/run-source.mjs', [app, ...rest]);
