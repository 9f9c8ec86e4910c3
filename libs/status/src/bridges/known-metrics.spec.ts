import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { KNOWN_METRICS } from './known-metrics.js';

it('knows every metric of docs/telemetry.md, and no other', async () => {
  const file = new URL('../../../../docs/telemetry.md', import.meta.url);
  const table = (await readFile(file, 'utf8')).matchAll(
    /^\| `(\w+)` +\| (?:counter|gauge|histogram) /gm,
  );
  const documented = [...table].map(([, name]) => name);
  expect(documented.length).toBeGreaterThan(20);
  expect(KNOWN_METRICS.map(({ name }) => name).toSorted()).toEqual(documented.toSorted());
});
