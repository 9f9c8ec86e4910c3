import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkHistory } from '../support/fleet/checks/checker.js';
import { Fleet } from '../support/fleet/fleet.js';
import { runScenario } from '../support/fleet/run-scenario.js';
import { planScenario } from '../support/fleet/scenario.js';
import { tellViolation } from '../support/fleet/tell-violation.js';

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
