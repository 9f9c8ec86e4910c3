import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeExposition } from '../metrics/exposition.js';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { publishPipelines } from './publish-pipelines.js';

let clock: FakeClock;
let operations: Operations;
let metrics: MetricRegistry;

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

beforeEach(() => {
  clock = new FakeClock();
  operations = new Operations(clock);
  metrics = new MetricRegistry();
  publishPipelines(metrics, operations);
});

async function lines(start: string): Promise<string[]> {
  const parts = await writeExposition(metrics.collect(), 'prometheus', clock);
  const text = Buffer.concat(parts).toString();
  return text.split('\n').filter((line) => line.startsWith(start));
}

describe('publishPipelines', () => {
  it('resilience rule 19: shows the state of each breaker, metrics-only and isolated too', async () => {
    operations.of({ name: 'cache' }).breaker?.isolate('maintenance');
    operations.of({ name: 'payments' }).breaker?.metricsOnly();
    operations.of({ name: 'disk' }, { breaker: false });

    const current = (await lines('mainstay_circuit_breaker_state')).filter((line) =>
      line.endsWith(' 1'),
    );
    expect(current).toEqual([
      'mainstay_circuit_breaker_state{resource="cache",state="isolated"} 1',
      'mainstay_circuit_breaker_state{resource="payments",state="metrics-only"} 1',
    ]);
  });

  it('resilience rule 16: shows how much of the retry budget is spent', async () => {
    const get = operations.of({ name: 'cache' }, { breaker: false }).bind('get', {
      idempotent: true,
    });
    const failed = get.runOrElse('failed', () => Promise.reject(REFUSED), 'key');
    await clock.advance(1_000);
    expect(await failed).toBe('failed');
    // Two retries of the three that are always allowed.
    expect(await lines('mainstay_retry_budget_ratio')).toEqual([
      `mainstay_retry_budget_ratio{resource="cache"} ${2 / 3}`,
    ]);
    await clock.advance(10_000);
    expect(await lines('mainstay_retry_budget_ratio')).toEqual([
      'mainstay_retry_budget_ratio{resource="cache"} 0',
    ]);
  });

  it('resilience rule 16: shows what runs, what waits and what leaked at the limiter', async () => {
    const cache = operations.of(
      { name: 'cache' },
      {
        tryTimeoutMs: 100,
        retry: false,
        breaker: false,
        limiter: { maxConcurrent: 1, maxQueue: 2, maxWaitMs: 90 },
      },
    );
    const get = cache.bind('get');
    const never = (): Promise<never> => new Promise(() => {});
    const calls = [1, 2].map((key) => get.run(never, key).catch(() => undefined));
    await clock.settle();
    expect(await lines('mainstay_limiter')).toEqual([
      'mainstay_limiter_calls{resource="cache",state="running"} 1',
      'mainstay_limiter_calls{resource="cache",state="waiting"} 1',
      'mainstay_limiter_calls_max{resource="cache",state="running"} 1',
      'mainstay_limiter_calls_max{resource="cache",state="waiting"} 2',
      'mainstay_limiter_leaked_total{resource="cache"} 0',
    ]);

    await clock.advance(1_000);
    await Promise.all(calls);
    expect(await lines('mainstay_limiter_leaked_total')).toEqual([
      'mainstay_limiter_leaked_total{resource="cache"} 1',
    ]);
    expect(await lines('mainstay_limiter_leaked_total')).toEqual([
      'mainstay_limiter_leaked_total{resource="cache"} 1',
    ]);
  });
});
