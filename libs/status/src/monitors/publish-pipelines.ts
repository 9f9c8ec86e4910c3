import type { PipelineStatus } from 'nestjs-mainstay/resilience';
import type { Operations } from 'nestjs-mainstay/resource';
import type { MetricRegistry } from '../metrics/metric-registry.js';
import {
  CIRCUIT_BREAKER_STATE,
  CIRCUIT_STATES,
  LIMITER_CALLS,
  LIMITER_CALLS_MAX,
  LIMITER_LEAKED,
  RETRY_BUDGET,
} from '../metrics/pipeline-metrics.js';

/** Makes breakers, retry budgets and limiters visible in the metrics: read when they are scraped, a call pays nothing. */
export function publishPipelines(
  metrics: MetricRegistry,
  operations: Pick<Operations, 'all'>,
): void {
  metrics.beforeScrape(() => {
    for (const one of operations.all()) {
      const status = one.status();
      publishBreaker(metrics, status);
      publishBudget(metrics, status);
      publishLimiter(metrics, status);
    }
  });
}

function publishBreaker(metrics: MetricRegistry, { resource, breaker }: PipelineStatus): void {
  if (!breaker) return;
  const states = metrics.gauge(CIRCUIT_BREAKER_STATE);
  for (const state of CIRCUIT_STATES) {
    states.bind({ resource, state }).set(state === breaker.state ? 1 : 0);
  }
}

function publishBudget(metrics: MetricRegistry, { resource, budget }: PipelineStatus): void {
  if (!budget) return;
  const { retries, limit } = budget;
  // A budget of nothing is always spent.
  metrics
    .gauge(RETRY_BUDGET)
    .bind({ resource })
    .set(limit > 0 ? retries / limit : 1);
}

function publishLimiter(metrics: MetricRegistry, { resource, limiter }: PipelineStatus): void {
  if (!limiter) return;
  const calls = metrics.gauge(LIMITER_CALLS);
  const max = metrics.gauge(LIMITER_CALLS_MAX);
  calls.bind({ resource, state: 'running' }).set(limiter.inFlight);
  calls.bind({ resource, state: 'waiting' }).set(limiter.queued);
  max.bind({ resource, state: 'running' }).set(limiter.maxConcurrent);
  max.bind({ resource, state: 'waiting' }).set(limiter.maxQueue);
  const leaked = metrics.counter(LIMITER_LEAKED).bind({ resource });
  leaked.increment(limiter.leaked - leaked.value);
}
