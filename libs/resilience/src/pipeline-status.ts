import type { CircuitStatus } from './circuit-transition.js';
import type { RetryBudgetStatus } from './retry-budget.js';

/** How a pipeline is; a part that is switched off is `undefined`. */
export interface PipelineStatus {
  readonly resource: string;
  /** Calls that have begun and not ended, back-offs and fallbacks included. */
  readonly inFlight: number;
  readonly breaker: CircuitStatus | undefined;
  readonly budget: RetryBudgetStatus | undefined;
  readonly limiter: LimiterStatus | undefined;
}

/** How a limiter is. */
export interface LimiterStatus {
  /** Slots that are taken. */
  readonly inFlight: number;
  /** Calls that wait for a slot. */
  readonly queued: number;
  /** Timed-out operations that did not end in time and lost their slot, since the start. */
  readonly leaked: number;
  readonly maxConcurrent: number;
  readonly maxQueue: number;
}
