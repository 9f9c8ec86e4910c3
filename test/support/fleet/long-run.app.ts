import { parseArgs } from 'node:util';
import { checkHistory } from './checks/checker.js';
import { Fleet } from './fleet.js';
import { runScenario } from './run-scenario.js';
import { planScenario } from './scenario.js';
import { sharedNow } from './shared-clock.js';
import { tellViolation } from './tell-violation.js';

/** Scenario after scenario until the time is over; ends with 1 when the cache broke a promise. */
const NODES = 3;
/** Violations of one scenario that are told: the others mostly follow from them. */
const TOLD = 3;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    scenarios: { type: 'string', default: 'Infinity' },
  },
});
const endsAt = sharedNow() + Number(values.minutes) * 60_000;
const first = Number(values.seed);
const last = first + Number(values.scenarios) - 1;

const fleet = await Fleet.start(NODES);
const totals = { scenarios: 0, calls: 0, faults: 0, violations: 0 };
try {
  for (let seed = first; seed <= last && sharedNow() < endsAt; seed++) {
    const scenario = planScenario(seed, NODES);
    const history = await runScenario(fleet, scenario);
    const violations = checkHistory(history);
    totals.scenarios++;
    totals.calls += history.calls.length;
    totals.faults += history.faults.length;
    totals.violations += violations.length;
    for (const one of violations.slice(0, TOLD)) tell(tellViolation(one, scenario));
    tell(`seed ${seed}: ${history.calls.length} calls, ${violations.length} violations`);
  }
} finally {
  await fleet.dispose();
}
tell(
  `${totals.scenarios} scenarios from seed ${first}, ${totals.calls} calls, ${totals.faults} faults: ${totals.violations} violations`,
);
process.exitCode = totals.violations > 0 ? 1 : 0;

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
