import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServiceUnderFire } from '../support/chaos/service-under-fire.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';

/** Two seconds for each of the three resources, and some time for the machine. */
const CLOSES_WITHIN_MS = 7_000;

let fire: ServiceUnderFire;

beforeEach(async () => {
  fire = await ServiceUnderFire.start({});
});

afterEach(async () => {
  await fire?.dispose();
});

describeOwnServers('while Redis and PostgreSQL are frozen', () => {
  it('SIGTERM ends the service within the deadlines of its resources, with code 0', async () => {
    fire.redis.stop();
    fire.postgres.stop();
    expect(await fire.service.stop(15_000)).toBeLessThan(CLOSES_WITHIN_MS);
  });
});
