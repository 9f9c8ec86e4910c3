import type { Clock } from 'nestjs-mainstay/common';
import { AbortWatch } from './abort-watch.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { ErrorDetector } from './error-detector.js';
import { ErrorHandler } from './error-handler.js';
import { InFlight } from './in-flight.js';
import { leaseOf } from './lease.js';
import { Limiter } from './limiter.js';
import type { PipelineEnvironment } from './pipeline-environment.js';
import { RecoveryHandler } from './recovery-handler.js';
import type { ResolvedPipelineOptions } from './resolve-options.js';
import { Retrier } from './retrier.js';
import { RetryBudget } from './retry-budget.js';
import { RetryPolicy } from './retry-policy.js';
import { TimeoutQueue } from './timeout-queue.js';
import { UnknownErrorLog } from './unknown-error-log.js';
import { Waits } from './waits.js';

/** Makes the parts of a pipeline and puts them together. */
export function createEnvironment(
  resource: string,
  options: ResolvedPipelineOptions,
  clock: Clock,
): PipelineEnvironment {
  const { retry, tryTimeoutMs, chaos, policies } = options;
  const leaseMs = leaseOf(tryTimeoutMs);
  const breaker =
    options.breaker === false
      ? undefined
      : new CircuitBreaker(resource, options.breaker, leaseMs, clock);
  const budget = retry.budget === false ? undefined : new RetryBudget(retry.budget, clock.now());
  const aborts = new AbortWatch();
  const backOffs = new Waits(aborts);
  const policy = new RetryPolicy(retry, clock);
  const retrier = new Retrier({ policy, budget, breaker, backOffs, clock });
  return {
    clock,
    breaker,
    budget,
    aborts,
    backOffs,
    chaos,
    policies,
    detector: new ErrorDetector(options.rules),
    handler: new ErrorHandler(new RecoveryHandler(retrier), new UnknownErrorLog(clock)),
    limiter: options.limiter === false ? undefined : new Limiter(resource, options.limiter, clock),
    inFlight: new InFlight(),
    untimed: new TimeoutQueue(clock, Infinity),
    slotWaits: new Waits(aborts),
    fallbackWaits: new Waits(aborts),
  };
}
