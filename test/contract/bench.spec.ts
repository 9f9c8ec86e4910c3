import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const suites = readdirSync(`${repository}bench/suites`).map((file) => file.replace('.mjs', ''));

/** They start, freeze and kill a Redis, which is not there where servers are only borrowed. */
const withOwnRedis = ['cache'];
const measurable = process.env['TEST_REDIS_URL']
  ? suites.filter((suite) => !withOwnRedis.includes(suite))
  : suites;

/** Runs the benchmarks as `npm run bench` does. */
function bench(...args: string[]) {
  const command = ['--expose-gc', `${repository}bench/run.mjs`, ...args];
  return promisify(execFile)(process.execPath, command, { cwd: repository });
}

describe('npm run bench', { timeout: 120_000 }, () => {
  it.each(measurable)('%s --json prints one line of figures, some with a bound', async (suite) => {
    const { stdout } = await bench(suite, '--json', '--quick');
    const result = JSON.parse(stdout) as { suite: string; figures: Record<string, unknown>[] };
    expect(stdout.trimEnd()).not.toContain('\n');
    expect(result.suite).toBe(suite);
    for (const figure of result.figures) expectFigure(figure);
    const names = result.figures.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(result.figures.filter(({ bound }) => bound !== null)).not.toEqual([]);
  });

  it('says which suites there are when it is asked for another one', async () => {
    await expect(bench('nonsense')).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/no suite 'nonsense'[^]*resilience/) as string,
    });
  });
});

function expectFigure(figure: Record<string, unknown>): void {
  expect(Object.keys(figure)).toEqual(['name', 'value', 'peer', 'ratio', 'bound', 'ok']);
  const { name, value, peer, ratio, bound, ok } = figure;
  expect(name).toEqual(expect.any(String));
  expect(value).toEqual(expect.any(Number));
  expect(peer === null || typeof peer === 'number').toBe(true);
  expect(ratio === null || typeof ratio === 'number').toBe(true);
  if (bound === null) expect(ok).toBeNull();
  else {
    expect(bound).toMatch(/^(value|ratio) <= [\d.]+$/);
    expect(ok).toEqual(expect.any(Boolean));
  }
}
