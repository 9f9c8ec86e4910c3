import { afterEach, expect, it } from 'vitest';
import { ServiceUnderFire } from '../support/chaos/service-under-fire.js';
import { eventually } from '../support/eventually.js';
import { ended, readMetrics } from '../support/metrics.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';

/** Two seconds for each of the three resources, and some time for the machine. */
const CLOSES_WITHIN_MS = 7_000;
/** The deadline of a statement here, and some time for the machine. */
const ANSWERED_WITHIN_MS = 5_000;
/** What SHUTDOWN_TIMEOUT leaves requests in flight when nobody sets it. */
const CUT_OFF_AFTER_MS = 2_500;

let fire: ServiceUnderFire;

afterEach(async () => {
  await fire?.dispose();
});

async function startAndFreeze(env: Readonly<Record<string, string>> = {}): Promise<void> {
  fire = await ServiceUnderFire.start(env);
  fire.redis.server.stop();
  fire.postgres.server.stop();
}

/** Requests that wait for PostgreSQL, told by the status of their answers. */
async function waitingRequests(): Promise<readonly Promise<number | undefined>[]> {
  const requests = [
    fire.client.upload({ name: 'late.txt', content: 'late' }),
    fire.client.json('/documents'),
  ].map((request) =>
    request.then(
      ({ status }) => status,
      () => undefined,
    ),
  );
  await eventually(async () => {
    const metrics = await readMetrics(fire.service.url);
    expect(ended(metrics, 'database', 'statement').active).toBe(2);
  });
  return requests;
}

describeOwnServers('while Redis and PostgreSQL are frozen', () => {
  it('SIGTERM ends the service within the deadlines of its resources, with code 0', async () => {
    await startAndFreeze();
    expect(await fire.service.stop(15_000)).toBeLessThan(CLOSES_WITHIN_MS);
  });

  it('requests in flight are answered first, at their own deadlines', async () => {
    await startAndFreeze({ DATABASE_STATEMENT_TIMEOUT: '3s', SHUTDOWN_TIMEOUT: '8s' });
    const requests = await waitingRequests();
    const took = await fire.service.stop(30_000);
    expect(await Promise.all(requests)).toEqual([503, 503]);
    expect(took).toBeLessThan(ANSWERED_WITHIN_MS + CLOSES_WITHIN_MS);
  });

  it('requests whose deadlines are later than that of the shutdown are cut off', async () => {
    await startAndFreeze({ DATABASE_STATEMENT_TIMEOUT: '20s', DATABASE_CONNECT_TIMEOUT: '20s' });
    const requests = await waitingRequests();
    expect(await fire.service.stop(30_000)).toBeLessThan(CUT_OFF_AFTER_MS + CLOSES_WITHIN_MS);
    expect(await Promise.all(requests)).toContain(undefined);
  });
});
