import assert from 'node:assert/strict';
import { ContractApp } from '../contract-app.js';
import { callOnce, dependencyOf, withApp, type ContractCheck } from '../contract-check.js';
import type { ModuleContractSubject } from '../contract-subject.js';
import { HeldResources } from '../held-resources.js';
import { Patience, timeOf } from '../patience.js';

/** Two seconds for operations in flight, two for the resource to close, the rest for a busy machine, in milliseconds. */
const CLOSES_WITHIN_MS = 10_000;
const HOUR_MS = 3_600_000;
const CALLS = 100;
/** Connections that a pool may open under way. */
const SPARE = 20;

/** What a module leaves behind. */
export const endingChecks: readonly ContractCheck[] = [
  { name: 'closes in bounded time while a call hangs', run: closesWithHangingCall },
  {
    name: 'closes in bounded time while its dependency hangs',
    appliesTo: ({ dependency }) => dependency?.hang !== undefined,
    run: closesWithHangingDependency,
  },
  {
    name: 'holds no more after many calls, and nothing once it is closed',
    run: givesEverythingBack,
  },
];

async function closesWithHangingCall(subject: ModuleContractSubject): Promise<void> {
  const app = await startReady(subject);
  app.chaos.stage({ resource: subject.resource, latencyMs: HOUR_MS });
  const call = callOnce(subject, app);
  try {
    await closesInTime(app);
  } finally {
    app.chaos.clear();
  }
  const callEnds = await timeOf(call, CLOSES_WITHIN_MS);
  assert.ok(
    callEnds < CLOSES_WITHIN_MS,
    'A call outlives the application. Pass the signal of the operation on to whatever it waits for.',
  );
}

async function closesWithHangingDependency(subject: ModuleContractSubject): Promise<void> {
  const dependency = dependencyOf(subject);
  const app = await startReady(subject);
  try {
    await callOnce(subject, app);
    await dependency.hang?.();
    const call = callOnce(subject, app);
    await closesInTime(app);
    await call;
  } finally {
    await dependency.comeBack();
  }
}

/** An application that the check ends itself. */
async function startReady(subject: ModuleContractSubject): Promise<ContractApp> {
  const app = await ContractApp.start(subject);
  try {
    await app.ready(subject.resource);
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function closesInTime(app: ContractApp): Promise<void> {
  const closing = app.close();
  const tookMs = await timeOf(closing, CLOSES_WITHIN_MS);
  assert.ok(
    tookMs < CLOSES_WITHIN_MS,
    `It holds the shutdown for more than ${CLOSES_WITHIN_MS / 1_000} s. Wait for nothing without a limit in hooks; what close() does has 2 s.`,
  );
}

async function givesEverythingBack(subject: ModuleContractSubject): Promise<void> {
  // What is loaded once for the process is not held by the module.
  await withApp(subject, {}, async (app) => void (await callOnce(subject, app)));
  const held = new HeldResources(new Patience(subject.patienceMs));
  try {
    const before = await held.measure();
    await withApp(subject, {}, async (app) => {
      await callOnce(subject, app);
      const warm = await held.measure();
      for (let call = 0; call < CALLS; call++) await callOnce(subject, app);
      await held.fallTo(warm, SPARE, `${CALLS} calls left more than one. Release it in finally.`);
    });
    const problem = 'It is closed, but not gone. Release in close() what steps acquired.';
    await held.fallTo(before, 0, problem);
  } finally {
    held.stop();
  }
}
