import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/set-up.mjs';
import { efforts } from './support/effort.mjs';
import { table } from './support/table.mjs';

/** @typedef {import('./support/figure.mjs').Figure} Figure */
/** @typedef {import('./support/effort.mjs').Effort} Effort */
/** @typedef {{ measure: (effort: Effort) => Promise<Figure[]> }} Suite */

const folder = new URL('suites/', import.meta.url);

const usage = `Usage: npm run bench -- <suite> … [--json] [--quick]

Suites: ${suiteNames().join(', ')}
--json   one line of JSON per suite
--quick  shows that everything runs; too short for figures that mean something
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});

const unknown = positionals.filter((name) => !existsSync(suiteFile(name)));
if (positionals.length === 0 || unknown.length > 0) {
  for (const name of unknown) process.stderr.write(`There is no suite '${name}'.\n`);
  process.stderr.write(usage);
  process.exit(2);
}
// What runs in production is what is measured.
process.env.NODE_ENV = 'production';
await setUp(async () => {
  // Loaded only now: it needs the installed compiler.
  const { transpile } = await import('../scripts/transpile.mjs');
  transpile();
  return true;
});
for (const name of positionals) await run(name);

/** @param {string} name */
async function run(name) {
  /** @type {Suite} */
  const suite = await import(suiteFile(name).href);
  if (!values.json) process.stdout.write(`${name} on ${machine()}\n`);
  const figures = await suite.measure(values.quick ? efforts.quick : efforts.full);
  const output = values.json ? JSON.stringify({ suite: name, figures }) : table(figures);
  process.stdout.write(`${output}\n`);
}

/** Others at work make everything slower; then only the ratios mean something. */
function machine() {
  const load = loadavg()[0]?.toFixed(1);
  return `Node ${process.versions.node}, ${availableParallelism()} cores, load ${load}`;
}

function suiteNames() {
  return readdirSync(folder).map((file) => file.replace(/\.mjs$/, ''));
}

/** @param {string} name */
function suiteFile(name) {
  return new URL(`${name}.mjs`, folder);
}
