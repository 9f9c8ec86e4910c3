import { compile } from './compile.mjs';
import { installServers } from './install-servers.mjs';
import { runTool } from './run-command.mjs';
import { setUp } from './set-up.mjs';

await setUp(compile);
installServers();

process.exitCode = await runTool('vitest/vitest.mjs', ['run', ...process.argv.slice(2)]);
