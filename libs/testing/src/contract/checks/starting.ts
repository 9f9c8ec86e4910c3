import assert from 'node:assert/strict';
import { isMainstayError } from 'nestjs-mainstay/common';
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
import { Patience, timeOf } from '../patience.js';

/** How long a degraded boot may take, in milliseconds: it waits for 500, the rest is for a busy machine. */
const DEGRADED_BOOT_MS = 10_000;
/** Failed tries after which a required boot is believed to wait. */
const TRIES = 2;

/** What a module does when the application starts. */
export const startingChecks: readonly ContractCheck[] = [
  { name: 'starts verified, by named and timed steps', run: startsBySteps },
  {
    name: 'boot degraded: starts without its dependency, and gets ready by itself',
    appliesTo: hasDependency,
    run: startsDegraded,
  },
  {
    name: 'boot required: does not start without its dependency, and does as soon as it is there',
    appliesTo: hasDependency,
    run: startsOnlyWhenReady,
  },
];

async function startsBySteps(subject: ModuleContractSubject): Promise<void> {
  await withApp(subject, {}, async (app) => {
    const steps = app.entry(subject.resource)?.steps ?? [];
    assert.ok(steps.length > 0, 'It has no steps. Return at least one round trip from steps().');
    const names = steps.map(({ name }) => name);
    assert.ok(
      names.every((name) => name.trim() !== '') && new Set(names).size === names.length,
      `Its steps are named ${JSON.stringify(names)}. Give each a name of its own.`,
    );
    for (const { name, state, durationMs } of steps) {
      assert.equal(state, 'passed', `Step "${name}" is ${state} though the resource is ready.`);
      assert.ok(durationMs !== undefined && durationMs >= 0, `Step "${name}" was not timed.`);
    }
  });
}

async function startsDegraded(subject: ModuleContractSubject): Promise<void> {
  const dependency = dependencyOf(subject);
  await dependency.fail();
  const starting = ContractApp.start(subject);
  const tookMs = await timeOf(starting, DEGRADED_BOOT_MS);
  if (tookMs >= DEGRADED_BOOT_MS) {
    await dependency.comeBack();
    await (await starting).close();
    assert.fail(
      `It holds the start while its dependency is away. Take the boot policy from the configuration: boot = 'degraded'.`,
    );
  }
  const app = await starting;
  try {
    assert.notEqual(
      app.entry(subject.resource)?.phase,
      'ready',
      'It calls itself ready though its dependency is away. Let a step make a round trip and throw what fails.',
    );
    await dependency.comeBack();
    await app.ready(subject.resource);
    await app.patience.until(
      'It is ready, but its operation does not work. Use what the last initialisation made.',
      async () => worked(await callOnce(subject, app)),
    );
  } finally {
    await app.close();
  }
}

async function startsOnlyWhenReady(subject: ModuleContractSubject): Promise<void> {
  const dependency = dependencyOf(subject);
  await dependency.fail();
  let failures = 0;
  let isStarted = false;
  const starting = ContractApp.start(subject, {
    boot: 'required',
    onPhase: ({ name, phase }) => {
      if (name === subject.resource && phase === 'failed') failures++;
    },
  });
  starting.then(
    () => (isStarted = true),
    () => (isStarted = true),
  );
  try {
    await new Patience(subject.patienceMs).until(
      'No try failed though its dependency is away.',
      () => isStarted || failures >= TRIES,
    );
    const hasWaited = !isStarted;
    await dependency.comeBack();
    const app = await starting.catch((error: unknown) => refused(error));
    try {
      assert.ok(
        hasWaited,
        "It started without its dependency. Take the boot policy from the configuration: boot = 'required'.",
      );
      assert.equal(app.entry(subject.resource)?.phase, 'ready');
    } finally {
      await app.close();
    }
  } finally {
    await dependency.comeBack();
  }
}

/** A boot may end at once only for what cannot pass, and says so by its code. */
function refused(error: unknown): never {
  assert.ok(
    isMainstayError(error),
    `The boot ended with ${String(error)}. Let steps throw what the client throws, so that it is classified.`,
  );
  throw new Error(
    `The boot ended though the dependency was only away: ${error.message}. Let its rules classify that as unavailable.`,
  );
}
