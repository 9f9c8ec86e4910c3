import { formatDuration, MainstayError } from 'nestjs-mainstay/common';
import type { Classification, ClassifiedError } from './classification.js';

/** Why a {@link LimiterFullError} was thrown: no place in the queue, or no slot within the longest wait. */
export type LimiterFullReason = 'queue-full' | 'wait-over';

/** A resource has as many operations in flight as it may have: the dependency was not asked. */
export class LimiterFullError extends MainstayError<'LIMITER_FULL'> implements ClassifiedError {
  readonly code = 'LIMITER_FULL';
  readonly classification: Classification = {
    kind: 'rejected',
    type: 'LIMITER_FULL',
    notSent: true,
    retryable: true,
  };

  constructor(resource: string, reason: LimiterFullReason, limit: LimiterFullLimit) {
    super(describe(resource, reason, limit), { context: { resource, reason, ...limit } });
  }
}

/** The numbers that a {@link LimiterFullError} names. */
export interface LimiterFullLimit {
  readonly maxConcurrent: number;
  /** Places in the queue. */
  readonly maxQueue: number;
  /** How long the call could wait. */
  readonly maxWaitMs: number;
}

function describe(resource: string, reason: LimiterFullReason, limit: LimiterFullLimit): string {
  const busy = `All ${limit.maxConcurrent} slots of ${resource} are taken`;
  const refused =
    reason === 'queue-full'
      ? `and ${limit.maxQueue} calls wait already`
      : `and none became free within ${formatDuration(limit.maxWaitMs)}`;
  return `${busy} ${refused}; ask less often, or raise the limiter's maxConcurrent if ${resource} can take more.`;
}
