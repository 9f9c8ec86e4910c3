import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkHistory } from '../support/fleet/checks/checker.js';
import { Fleet } from '../support/fleet/fleet.js';
import { runScenario } from '../support/fleet/run-scenario.js';
import { planScenario } from '../support/fleet/scenario.js';
import { tellViolation } from '../support/fleet/tell-violation.js';

const RUNNER = fileURLToPath(new URL('../support/run-source.mjs', import.meta.url));
const LONG_RUN = fileURLToPath(new URL('../support/fleet/long-run.app.ts', import.meta.url));
const NODES = 3;
let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.start(NODES);
});
afterAll(() => fleet.dispose());

/** Chosen for what they plan: every kind of fault is in one of them. Longer: `npm run chaos -- cache`. */
describe('cache rules 1, 3, 10, 13 and 15: three processes, one Redis, and faults at random', () => {
  it.each([2, 8, 12])('seed %i', async (seed) => {
    const scenario = planScenario(seed, NODES);
    const violations = checkHistory(await runScenario(fleet, scenario));
    expect(violations.map((one) => tellViolation(one, scenario))).toEqual([]);
  });
});

it('npm run chaos -- cache says what it found, and ends', async () => {
  const run = promisify(execFile)(process.execPath, [RUNNER, LONG_RUN, '--scenarios', '0'], {
    timeout: 40_000,
    killSignal: 'SIGKILL',
  });
  expect((await run).stdout).toBe('0 scenarios from seed 1, 0 calls, 0 faults: 0 violations\n');
});
