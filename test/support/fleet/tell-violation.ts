import type { CallRecord } from './history.js';
import type { Scenario } from './scenario.js';
import type { Violation } from './checks/violation.js';

/** A violation as a person reads it: what broke, the calls that show it, and the faults of the scenario. */
export function tellViolation({ check, what, calls }: Violation, scenario: Scenario): string {
  const start = calls[0]?.startedAt ?? 0;
  return [
    `seed ${scenario.seed}: ${check}: ${what}`,
    ...calls.map((record) => `  ${tellCall(record, start)}`),
    `  faults: ${JSON.stringify(scenario.faults)}`,
    `  again: npm run chaos -- cache --seed ${scenario.seed} --scenarios 1`,
  ].join('\n');
}

function tellCall({ node, call, outcome, startedAt, endedAt, factory }: CallRecord, start: number) {
  const span = (from: number, to: number): string =>
    `${(from - start).toFixed(1)} … ${(to - start).toFixed(1)} ms`;
  const { op, ...args } = call;
  const load = factory ? `, factory ${span(factory.startedAt, factory.endedAt)}` : '';
  const result = JSON.stringify(outcome);
  return `node ${node} ${op} ${JSON.stringify(args)}: ${result} (${span(startedAt, endedAt)}${load})`;
}
