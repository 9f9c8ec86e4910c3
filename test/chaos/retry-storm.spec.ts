import type { Clock } from 'nestjs-mainstay/common';
import { describe, expect, it } from 'vitest';
import {
  clientWithoutRetries,
  mainstayClient,
  naiveClient,
} from '../support/retry-storm-clients.js';
import {
  simulateRetryStorm,
  STORM,
  type Client,
  type StormResult,
} from '../support/retry-storm.js';

/** The same storm, a quarter as large, and watched for long enough to see that the load stays above what can be served. */
const SMALL = { ...STORM, clients: STORM.clients / 4, workers: STORM.workers / 4, afterMs: 20_000 };

/** Lets the storm rage and prints what it did. */
async function rage(
  name: string,
  createClient: (clock: Clock) => Client,
  storm = STORM,
  seed = 1,
): Promise<StormResult> {
  const result = await simulateRetryStorm(createClient, storm, seed);
  const { loadFactor, worstLoadFactor, recoveryMs } = result;
  process.stdout.write(
    `retry storm, ${name}: ${loadFactor.toFixed(2)} × load, ${worstLoadFactor.toFixed(3)} × in the worst 10 s, ` +
      `recovered after ${recoveryMs / 1_000} s\n`,
  );
  return result;
}

/** 200 clients with 5 calls/s each, and a server with a queue without a bound that is 4 × slower for 30 s. */
describe('a server that is overloaded for 30 s', { timeout: 120_000 }, () => {
  it('is kept down by naive retries: the simulation can fail', async () => {
    const { loadFactor, recoveryMs } = await rage('naive retries', naiveClient, SMALL);
    expect(loadFactor).toBeGreaterThan(3);
    expect(recoveryMs).toBe(Infinity);
  });

  it('is kept down by 3 tries with full jitter too, if nothing else holds them', async () => {
    const client = mainstayClient({ breaker: false, retry: { budget: false } });
    const { loadFactor, recoveryMs } = await rage('without budget and breaker', client, SMALL);
    expect(loadFactor).toBeGreaterThan(2);
    expect(recoveryMs).toBe(Infinity);
  });

  it('without any retries gets its load and no more, but needs longer than 10 s to recover', async () => {
    const { loadFactor, recoveryMs } = await rage('no retries', clientWithoutRetries);
    expect(loadFactor).toBe(1);
    expect(recoveryMs).toBeGreaterThan(10_000);
    expect(recoveryMs).toBeLessThan(Infinity);
  });

  it('resilience rule 4: gets at most 1.1 × the load where only the budget holds the retries, and recovers', async () => {
    const result = await rage('with the budget alone', mainstayClient({ breaker: false }));
    expect(result.loadFactor).toBeGreaterThan(1);
    expect(result.loadFactor).toBeLessThanOrEqual(1.1);
    expect(result.recoveryMs).toBeLessThan(Infinity);
  });

  it.each([1, 2])(
    'resilience rules 3, 4, 8, 9: gets at most 1.1 × the load from a pipeline, and recovers within 10 s (seed %d)',
    async (seed) => {
      const result = await rage('a pipeline', mainstayClient(), STORM, seed);
      expect(result.loadFactor).toBeLessThanOrEqual(1.1);
      expect(result.worstLoadFactor).toBeLessThanOrEqual(1.1);
      expect(result.recoveryMs).toBeLessThanOrEqual(10_000);
    },
  );
});
