import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { OBSERVED_STATES } from './observed-states.js';

it('docs/guide/bridges.md has the states that are observed, and no other', async () => {
  const file = new URL('../../../../../docs/guide/bridges.md', import.meta.url);
  const rows = (await readFile(file, 'utf8')).matchAll(
    /^\| `([\w.]+)` +\| `(\w+)` +\| ([\w -]+?) +\|$/gm,
  );
  expect([...rows].map(([, name, metric, kind]) => [name, metric, kind])).toEqual(
    OBSERVED_STATES.map(({ name, metric, instrument }) => [
      name,
      metric.name,
      instrument.replace('up-down-', 'up-down '),
    ]),
  );
});
