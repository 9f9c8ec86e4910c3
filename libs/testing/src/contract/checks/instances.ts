import assert from 'node:assert/strict';
import { isMainstayError } from 'nestjs-mainstay/common';
import { ContractApp } from '../contract-app.js';
import { callOnce, resourceOf, withApp, worked, type ContractCheck } from '../contract-check.js';
import type { ModuleContractSubject } from '../contract-subject.js';

const OTHER = 'contract';

const hasInstances = (subject: ModuleContractSubject): boolean => subject.hasInstances ?? true;

/** What a module does when it is imported more than once. */
export const instanceChecks: readonly ContractCheck[] = [
  {
    name: 'named instances are counted, and fail, each by itself',
    appliesTo: hasInstances,
    run: areIndependent,
  },
  { name: 'refuses two instances of one name', appliesTo: hasInstances, run: refusesDuplicates },
];

async function areIndependent(subject: ModuleContractSubject): Promise<void> {
  await withApp(subject, { instances: [undefined, OTHER] }, async (app) => {
    const other = resourceOf(subject, OTHER);
    const { operation } = subject;
    app.chaos.stage({ resource: other, fault: () => new TypeError('of one instance only') });
    const failed = await callOnce(subject, app, { instance: OTHER });
    assert.ok(
      !worked(failed),
      `A fault of "${other}" did not reach its call. Bind operations to the resource of the instance.`,
    );
    assert.ok(
      worked(await callOnce(subject, app)),
      `A fault of "${other}" also struck "${subject.resource}". Share no client and no pipeline.`,
    );
    const counts = await Promise.all(
      [subject.resource, other].map(
        async (name) => (await app.recorded(name, operation.name))?.attempts,
      ),
    );
    assert.deepEqual(counts, [1, 1], 'One call of each instance was not counted once for each.');
  });
}

async function refusesDuplicates(subject: ModuleContractSubject): Promise<void> {
  const error: unknown = await ContractApp.start(subject, {
    instances: [undefined, undefined],
  }).then(
    async (app) => {
      await app.close();
      return undefined;
    },
    (refusal: unknown) => refusal,
  );
  assert.ok(
    isMainstayError(error, 'RESOURCE_DUPLICATE'),
    `Two instances of one name gave ${String(error)}. Let each have the name of its resource; the registry refuses the second.`,
  );
}
