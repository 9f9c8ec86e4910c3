import {
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  SamplingBreaker,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import CircuitBreaker from 'opossum';

/** Longer than any measurement: a breaker that has opened stays open. */
export const FOREVER_MS = 3_600_000;

/** cockatiel with what comes closest to the defaults of a pipeline: 3 tries, half of 10 s may fail, 10 s for a try. */
export function cockatiel() {
  const breaker = new SamplingBreaker({ threshold: 0.5, duration: 10_000 });
  return wrap(
    retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() }),
    circuitBreaker(handleAll, { halfOpenAfter: FOREVER_MS, breaker }),
    timeout(10_000, TimeoutStrategy.Aggressive),
  );
}

/** cockatiel's breaker, held open. */
export function openCockatiel() {
  const breaker = new SamplingBreaker({ threshold: 0.5, duration: 10_000 });
  const policy = circuitBreaker(handleAll, { halfOpenAfter: FOREVER_MS, breaker });
  policy.isolate();
  return policy;
}

/**
 * opossum with its defaults: 10 s for a call, half of 10 s may fail; it has no retry.
 * @param {(arg: number) => Promise<number>} work
 */
export function opossum(work) {
  return new CircuitBreaker(work, { timeout: 10_000, resetTimeout: FOREVER_MS });
}
