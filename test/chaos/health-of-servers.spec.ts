import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, type TestContext } from 'vitest';
import { Observer, type ObservedOutage } from '../support/chaos/observer.js';
import { serverDisturbances, type Disturbance } from '../support/chaos/disturbance.js';
import { DocumentsClient } from '../support/documents-client.js';
import { eventually } from '../support/eventually.js';
import { healthOf } from '../support/health.js';
import { incidentsOf } from '../support/incidents.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { ServerBehindProxy } from '../support/servers/server-behind-proxy.js';
import { ServiceProcess } from '../support/service-process.js';

/** Two intervals of background probes, each up to a tenth longer. */
const SEEN_WITHIN_MS = 11_000;
/** Long enough for a tenth of it to be more than what a loaded machine adds. */
const OUTAGE_MS = 20_000;
const outages = serverDisturbances.filter(({ isOutage }) => isOutage);

interface Running {
  readonly service: ServiceProcess;
  readonly server: ServerBehindProxy;
  /** What its users see of the server. */
  readonly observer: Observer;
}

/** A service with one of its engines on a server, which is asked all the time. */
async function start(
  { onTestFinished }: TestContext,
  engine: 'redis' | 'postgres',
  env: Readonly<Record<string, string>>,
): Promise<Running> {
  const server = await ServerBehindProxy[engine]();
  onTestFinished(() => server.dispose());
  const url = engine === 'redis' ? { CACHE_URL: server.url } : { DATABASE_URL: server.url };
  const service = await ServiceProcess.start({ env: { ...url, ...env } });
  onTestFinished(() => service.dispose());
  const { body } = await new DocumentsClient(service.url).upload({ name: 'a.txt', content: 'a' });
  const path = engine === 'redis' ? body.links.self : '/documents?limit=1';
  const observer = new Observer(service.url + path);
  onTestFinished(() => observer.stop());
  return { service, server, observer };
}

/** Takes a server away and gives it back. @param whileAway what to look at while it is away */
async function endure(
  { server }: Running,
  disturbance: Disturbance,
  whileAway: () => Promise<void>,
): Promise<ObservedOutage> {
  const from = Date.now();
  await disturbance.begin(server);
  await Promise.all([whileAway(), sleep(OUTAGE_MS)]);
  await disturbance.end(server);
  return { from, to: Date.now() };
}

async function expectReadyz({ service }: Running, status: number): Promise<void> {
  expect((await fetch(`${service.url}/readyz`)).status).toBe(status);
}

/** Asserts that the one incident of a resource is what happened, to within a tenth of its length. */
async function expectIncident(
  { service }: Running,
  resource: string,
  { from, to }: ObservedOutage,
): Promise<void> {
  const incidents = await incidentsOf(service.url, resource);
  expect(incidents).toHaveLength(1);
  const { start: began, end: ended = 0, recoveryMs = 0 } = incidents[0]!;
  const toleranceMs = (to - from) / 10;
  const off = { start: began - from, end: ended - to, recovery: recoveryMs - (to - from) };
  process.stdout.write(`${resource}: away for ${to - from} ms, recorded as ${recoveryMs} ms\n`);
  for (const ms of Object.values(off)) {
    expect(Math.abs(ms), JSON.stringify({ off, incidents })).toBeLessThan(toleranceMs);
  }
}

describeOwnServers('status rules 4, 5 and 11: the health of a server', () => {
  for (const disturbance of outages) {
    it.concurrent(
      `a degradable Redis is ${disturbance.name}: seen within two intervals, readiness stays, the recovery time is right`,
      { timeout: 120_000 },
      async (test) => {
        const running = await start(test, 'redis', {});
        const { service, observer } = running;
        const outage = await endure(running, disturbance, () =>
          eventually(async () => {
            expect((await healthOf(service.url, 'cache')).state).toBe('degraded');
            await expectReadyz(running, 200);
          }, SEEN_WITHIN_MS),
        );
        await eventually(async () => {
          expect((await healthOf(service.url, 'cache')).state).toBe('up');
        }, SEEN_WITHIN_MS);
        await observer.stop();
        // Its copies answer: users see nothing of it.
        expect(observer.hasSeenFailures).toBe(false);
        await expectIncident(running, 'cache', outage);
      },
    );

    it.concurrent(
      `a critical PostgreSQL is ${disturbance.name}: seen within two intervals, readiness follows, the recovery time is right`,
      { timeout: 120_000 },
      async (test) => {
        const running = await start(test, 'postgres', { DATABASE_CRITICALITY: 'critical' });
        const { service, observer } = running;
        await endure(running, disturbance, () =>
          eventually(async () => {
            expect((await healthOf(service.url, 'database')).state).toBe('down');
            await expectReadyz(running, 503);
          }, SEEN_WITHIN_MS),
        );
        await eventually(async () => {
          expect((await healthOf(service.url, 'database')).state).toBe('up');
          await expectReadyz(running, 200);
        }, SEEN_WITHIN_MS);
        await observer.stop();
        await expectIncident(running, 'database', observer.outage!);
      },
    );
  }
});
