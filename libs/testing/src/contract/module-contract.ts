import type { TestRunner } from '../storage/test-runner.js';
import { endingChecks } from './checks/ending.js';
import { instanceChecks } from './checks/instances.js';
import { observingChecks } from './checks/observing.js';
import { operatingChecks } from './checks/operating.js';
import { startingChecks } from './checks/starting.js';
import type { ModuleContractSubject } from './contract-subject.js';

const CHECKS = [
  ...startingChecks,
  ...operatingChecks,
  ...observingChecks,
  ...instanceChecks,
  ...endingChecks,
];

/**
 * The contract that every module of Mainstay meets, as tests for any runner: a module of your own meets it, too, when these
 * pass. Real applications are started, on a free port of the loopback interface; a test takes up to half a minute where
 * something is wrong. docs/contract.md says which check shows what.
 *
 * @example
 * describeModuleContract({ describe, it }, {
 *   name: 'PaymentsModule',
 *   resource: 'payments',
 *   secret: 'hunter2hunter2',
 *   imports: ({ boot }) => [PaymentsModule.forRoot({ url, token: 'hunter2hunter2', boot })],
 *   operation: { name: 'charge', call: (app, data) => app.get(Payments).charge(data) },
 *   dependency: { fail: () => server.stop(), comeBack: () => server.start() },
 * });
 */
export function describeModuleContract(
  { describe, it }: TestRunner,
  subject: ModuleContractSubject,
): void {
  describe(`${subject.name} as a module of Mainstay`, () => {
    for (const { name, appliesTo, run } of CHECKS) {
      if (appliesTo && !appliesTo(subject)) continue;
      it(name, async () => {
        try {
          await run(subject);
        } finally {
          await subject.dependency?.comeBack();
        }
      });
    }
  });
}
