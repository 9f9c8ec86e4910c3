import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { ContractApp } from '../contract-app.js';
import {
  callOnce,
  dependencyOf,
  hasDependency,
  withApp,
  worked,
  type ContractCheck,
} from '../contract-check.js';
import type { ModuleContractSubject } from '../contract-subject.js';
import { valueOf } from '../exposition.js';

const CALLS = 5;

/** What a module does when it is called. */
export const operatingChecks: readonly ContractCheck[] = [
  { name: 'records one attempt and exactly one outcome for each call', run: recordsEachCall },
  { name: 'classifies failures, and answers them with false or a code', run: classifies },
  {
    name: "throws its caller's mistakes",
    appliesTo: ({ mistake }) => mistake !== undefined,
    run: throwsMistakes,
  },
  {
    name: 'works again by itself after an outage, and says how long that took',
    appliesTo: hasDependency,
    run: recovers,
  },
];

async function recordsEachCall(subject: ModuleContractSubject): Promise<void> {
  await withApp(subject, {}, async (app) => {
    const { resource, operation } = subject;
    for (let call = 0; call < CALLS; call++) {
      const result = await callOnce(subject, app, { data: `${subject.secret}-${call}` });
      assert.ok(worked(result), `The call gave ${describe(result)} with nothing wrong.`);
    }
    const recorded = await app.recorded(resource, operation.name);
    assert.ok(
      recorded,
      `No operation is recorded as ${resource}.${operation.name}. Run the work through operations.of(resource).bind('${operation.name}').`,
    );
    assert.equal(
      recorded.attempts,
      CALLS,
      `${CALLS} calls were recorded as ${recorded.attempts} attempts. Run each call through its bound operation, once.`,
    );
    assertEnded(recorded);
    assert.equal(recorded.successes, CALLS, 'Calls that worked were recorded as something else.');
  });
}

async function classifies(subject: ModuleContractSubject): Promise<void> {
  await withApp(subject, {}, async (app) => {
    const { resource, operation } = subject;
    app.chaos.stage({ resource, operation: operation.name, fault: refusedConnection });
    const result = await callOnce(subject, app);
    assert.ok(
      !worked(result) && !isSilent(result),
      `The call gave ${describe(result)} though the connection was refused. Give false or null, or throw.`,
    );
    assert.ok(
      result.error === undefined || typeof (result.error as { code?: unknown }).code === 'string',
      `It threw an error without a code: ${String(result.error)}. Throw what the operation throws, or a MainstayError.`,
    );
    const recorded = await app.recorded(resource, operation.name);
    assert.ok(recorded, `No operation is recorded as ${resource}.${operation.name}.`);
    assert.deepEqual(
      recorded.errorTypes,
      { ECONNREFUSED: 1 },
      'A refused connection was not recorded as such. Let the work throw what the client throws.',
    );
    assertEnded(recorded);
  });
}

async function throwsMistakes(subject: ModuleContractSubject): Promise<void> {
  await withApp(subject, {}, async ({ app }) => {
    const failure = await subject.mistake?.(app).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(
      failure !== undefined,
      "The caller's mistake was not thrown. Give false only for known failures of the dependency.",
    );
  });
}

async function recovers(subject: ModuleContractSubject): Promise<void> {
  const dependency = dependencyOf(subject);
  await withApp(subject, {}, async (app) => {
    try {
      await app.patience.until('It did not work before the outage.', async () =>
        worked(await callOnce(subject, app)),
      );
      await dependency.fail();
      await app.patience.until(
        'Nobody saw that the dependency was away. Let probe() make real round trips.',
        async () => {
          await callOnce(subject, app);
          const health = await app.health(subject.resource);
          return health?.state === 'down' || health?.state === 'degraded';
        },
      );
      await dependency.comeBack();
      await app.patience.until(
        'It does not work again after the outage. Make connections anew when they were lost.',
        async () => worked(await callOnce(subject, app)) && (await isUp(subject, app)),
      );
    } finally {
      await dependency.comeBack();
    }
    await app.patience.until('No time to recover was recorded for the outage.', async () => {
      const labels = { resource: subject.resource };
      const count = valueOf(
        await app.metrics(),
        'mainstay_recovery_duration_seconds_count',
        labels,
      );
      return (count ?? 0) > 0;
    });
  });
}

async function isUp({ resource }: ModuleContractSubject, app: ContractApp): Promise<boolean> {
  return (await app.health(resource))?.state === 'up';
}

function refusedConnection(): Error {
  return Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
}

/** A call that gives nothing back where something was expected says neither yes nor no. */
function isSilent({ value, error }: { value?: unknown; error?: unknown }): boolean {
  return error === undefined && value === undefined;
}

function describe({ value, error }: { value?: unknown; error?: unknown }): string {
  return error === undefined ? JSON.stringify(value) : inspect(error, { depth: 0 });
}

/** @throws when attempts and outcomes differ */
function assertEnded(
  recorded: Awaited<ReturnType<ContractApp['recorded']>> & {},
): asserts recorded {
  const { attempts, successes, failures, rejections, cancellations, active } = recorded;
  assert.equal(active, 0, 'Calls are still counted as running. Await the bound operation.');
  assert.equal(successes + failures + rejections + cancellations, attempts);
}
