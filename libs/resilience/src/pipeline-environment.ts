import type { Clock } from 'nestjs-mainstay/common';
import type { AbortWatch } from './abort-watch.js';
import type { Chaos } from './chaos/chaos.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { CustomPolicy } from './custom-policy.js';
import type { ErrorDetector } from './error-detector.js';
import type { ErrorHandler } from './error-handler.js';
import type { InFlight } from './in-flight.js';
import type { Limiter } from './limiter.js';
import type { RetryBudget } from './retry-budget.js';
import type { TimeoutQueue } from './timeout-queue.js';
import type { Waits } from './waits.js';

/** What all calls of one pipeline share. */
export interface PipelineEnvironment {
  readonly clock: Clock;
  readonly detector: ErrorDetector;
  readonly handler: ErrorHandler;
  readonly breaker: CircuitBreaker | undefined;
  readonly limiter: Limiter | undefined;
  readonly budget: RetryBudget | undefined;
  readonly chaos: Chaos | undefined;
  readonly policies: readonly CustomPolicy[];
  readonly inFlight: InFlight;
  /** Tries that have no timeout, or one of their own. */
  readonly untimed: TimeoutQueue;
  /** The callers' signals that calls in flight listen to. */
  readonly aborts: AbortWatch;
  /** Waits before a retry. */
  readonly backOffs: Waits;
  /** Waits for a slot of the limiter. */
  readonly slotWaits: Waits;
  /** Waits for fallbacks. */
  readonly fallbackWaits: Waits;
}
