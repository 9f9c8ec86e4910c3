import type { Clock } from 'nestjs-mainstay/common';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { Execution } from './execution.js';
import type { RetryEnd } from './operation-recorder.js';
import type { RetryBudget } from './retry-budget.js';
import { asRetry, isInsideRetry, isSpent, markSpent } from './retry-layer.js';
import type { RetryPolicy } from './retry-policy.js';
import type { Waits } from './waits.js';

/** What a retrier works with. */
export interface RetrierParts {
  readonly policy: RetryPolicy;
  readonly budget: RetryBudget | undefined;
  readonly breaker: CircuitBreaker | undefined;
  readonly backOffs: Waits;
  readonly clock: Clock;
}

/** How retrying ended: with the value of a try, or without one and for a reason. */
export type Retried<R> = { readonly value: R } | { readonly end: RetryEnd };

/**
 * Executes a call again, after a back-off each time, until a try succeeds or something speaks against another one: the
 * number of tries, the deadline, the budget, the breaker, the shutdown, or a layer around it that retries, too.
 */
export class Retrier {
  readonly #parts: RetrierParts;

  constructor(parts: RetrierParts) {
    this.#parts = parts;
    const { breaker, backOffs } = parts;
    breaker?.subscribe(() => {
      if (!breaker.isClosed) backOffs.cut();
    });
  }

  /** Whether the last failure of an execution is one that may be retried at all. */
  mayRetry<A, R>({ operation, failure }: Execution<A, R>): boolean {
    const { policy } = this.#parts;
    return operation.maxTries > 1 && policy.mayRetry(failure.classification, operation.idempotent);
  }

  async retry<A, R>(execution: Execution<A, R>): Promise<Retried<R>> {
    for (let tries = 1; ; tries++) {
      const end = this.#objection(execution, tries) ?? (await this.#backOff(execution, tries));
      if (end !== undefined) {
        if (tries > 1) markSpent(execution.failure.error);
        return { end };
      }
      try {
        return { value: await asRetry(() => execution.tryAgain()) };
      } catch {
        // The execution keeps its failure, which decides about the next try.
      }
    }
  }

  /** What speaks against one more try, if anything does. */
  #objection<A, R>(execution: Execution<A, R>, tries: number): RetryEnd | undefined {
    const { breaker, backOffs } = this.#parts;
    if (!this.mayRetry(execution)) return 'not-retryable';
    if (tries >= execution.operation.maxTries) return 'tries-spent';
    if (backOffs.isShutDown) return 'shutdown';
    if (execution.signal?.aborted) return 'cancelled';
    if (breaker && !breaker.isClosed) return 'circuit-open';
    const isRetriedElsewhere =
      isInsideRetry() || isSpent(execution.failure.error, execution.givenUpBefore);
    return isRetriedElsewhere ? 'other-layer' : undefined;
  }

  /** Waits before the next try, if there is time and budget for one. @returns what ends the retrying instead */
  async #backOff<A, R>(execution: Execution<A, R>, tries: number): Promise<RetryEnd | undefined> {
    const { policy, budget, backOffs, clock } = this.#parts;
    const delayMs = policy.delayMs(tries, execution.failure.classification);
    if (!(delayMs < execution.remainingMs())) return 'deadline';
    if (budget && !budget.tryTake(clock.now())) return 'budget';
    try {
      await backOffs.run(execution.signal, (cut) => clock.sleep(delayMs, cut));
      return undefined;
    } catch {
      return this.#objection(execution, tries) ?? 'circuit-open';
    }
  }
}
