import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { isMainstayError } from 'nestjs-mainstay/common';
import { metricCatalogue } from 'nestjs-mainstay/status';
import { ContractApp } from '../contract-app.js';
import {
  callOnce,
  withApp,
  worked,
  type CallResult,
  type ContractCheck,
} from '../contract-check.js';
import type { ModuleContractSubject } from '../contract-subject.js';
import { valueOf } from '../exposition.js';
import { findMetricDrift } from '../metric-drift.js';

const ROUTES = ['/health', '/status.json', '/metrics', '/readyz'];

/** What can be seen of a module from outside. */
export const observingChecks: readonly ContractCheck[] = [
  { name: 'its health is on by default, in every place, per capability', run: showsHealth },
  { name: 'works the same without StatusModule', run: worksWithoutStatus },
  { name: 'its metrics have the names and labels of docs/telemetry.md', run: keepsToCatalogue },
  { name: 'names of operations are few and fixed', run: namesAreFixed },
  { name: 'no secret is in a log line, route, metric or error', run: leaksNothing },
];

async function showsHealth(subject: ModuleContractSubject): Promise<void> {
  await withApp(subject, {}, async (app) => {
    const { resource } = subject;
    await app.patience.until(
      () => `"${resource}" is not up in /status.json. Let probe() prove what works.`,
      async () => (await app.health(resource))?.state === 'up',
    );
    await app.patience.until(
      'The probe names no capability. Return { capabilities: { read, write } } from probe().',
      async () => {
        const found = Object.entries((await app.health(resource))?.capabilities ?? {});
        return found.length > 0 && found.every(([, works]) => works);
      },
    );
    const { details } = JSON.parse(await app.read('/health')) as {
      details: Record<string, unknown>;
    };
    assert.ok(details[resource], `/health does not know "${resource}".`);
    assert.equal((app.indicator(resource) as { status: string }).status, 'up');
    const labels = { resource, state: 'up' };
    assert.equal(valueOf(await app.metrics(), 'mainstay_health_state', labels), 1);
  });
}

async function worksWithoutStatus(subject: ModuleContractSubject): Promise<void> {
  const start = ContractApp.start(subject, { withStatus: false }).catch((error: unknown) =>
    assert.fail(
      `It does not start without StatusModule: ${String(error)}. Ask for what status provides with @Optional().`,
    ),
  );
  const app = await start;
  try {
    await app.patience.until('Its operation does not work without StatusModule.', async () =>
      worked(await callOnce(subject, app)),
    );
  } finally {
    await app.close();
  }
}

async function keepsToCatalogue(subject: ModuleContractSubject): Promise<void> {
  await withApp(subject, {}, async (app) => {
    const { resource, operation } = subject;
    await callOnce(subject, app);
    const metrics = await app.metrics();
    assert.deepEqual(
      findMetricDrift(metrics, metricCatalogue(app.resources())),
      [],
      'It shows metrics that nobody declares. Give the numbers of a resource as its `metrics`.',
    );
    for (const [name, labels] of [
      ['mainstay_operations_total', { resource, operation: operation.name, outcome: 'success' }],
      ['mainstay_operation_duration_seconds_count', { resource, operation: operation.name }],
      ['mainstay_operation_tries_total', { resource, operation: operation.name }],
      ['mainstay_initialization_duration_seconds_count', { resource, outcome: 'success' }],
      ['mainstay_connection_up', { resource }],
      ['mainstay_health_state', { resource }],
    ] as const) {
      assert.ok(
        valueOf(metrics, name, labels) !== undefined,
        `${name} has no series for "${resource}".`,
      );
    }
  });
}

async function namesAreFixed(subject: ModuleContractSubject): Promise<void> {
  await withApp(subject, {}, async (app) => {
    await callOnce(subject, app, { data: `${subject.secret}-first` });
    const before = await seriesOf(app, subject);
    for (const data of ['second', 'third'])
      await callOnce(subject, app, { data: `${subject.secret}-${data}` });
    assert.deepEqual(
      await seriesOf(app, subject),
      before,
      'Other data made other series. Bind operations once, under names that do not depend on what they are called with.',
    );
  });
}

async function seriesOf(app: ContractApp, { resource }: ModuleContractSubject): Promise<string[]> {
  const metrics = (await app.metrics()).filter(({ name }) => name === 'mainstay_operations_total');
  return metrics
    .flatMap(({ series }) => series.map(({ labels }) => labels))
    .filter((labels) => labels['resource'] === resource)
    .map((labels) => `${labels['operation']} ${labels['outcome']}`);
}

async function leaksNothing(subject: ModuleContractSubject): Promise<void> {
  const { secret, resource } = subject;
  await withApp(subject, {}, async (app) => {
    await callOnce(subject, app);
    app.chaos.stage({ resource, fault: () => tellingFault(secret), times: 3 });
    const failed = await callOnce(subject, app);
    app.chaos.clear();
    await callOnce(subject, app);
    for (const route of ROUTES) hides(secret, route, await app.read(route));
    hides(secret, 'An error', textOf(failed));
    await app.close();
    for (const line of app.log.lines) hides(secret, 'A log line', line);
  });
}

/** What drivers throw: the address that they were given, with its credentials. */
function tellingFault(secret: string): Error {
  const url = `scheme://user:${secret}@127.0.0.1:1/0`;
  return Object.assign(new Error(`connect ECONNREFUSED ${url}, password=${secret}`), {
    code: 'ECONNREFUSED',
  });
}

/** An error that was only passed on is its thrower's; one of Mainstay's own must be clean. */
function textOf({ error }: CallResult): string {
  return isMainstayError(error) ? inspect(error, { depth: 8, showHidden: true }) : '';
}

function hides(secret: string, place: string, text: string): void {
  assert.ok(
    !text.includes(secret),
    `${place} shows the secret: "${text.split(secret).join('<the secret>').slice(0, 2_000)}". Log and throw fixed texts, and pass what others say through redactText().`,
  );
}
