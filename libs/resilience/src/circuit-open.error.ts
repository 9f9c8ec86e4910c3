import { formatDuration, MainstayError } from 'nestjs-mainstay/common';
import type { Classification, ClassifiedError } from './classification.js';

/** The circuit breaker of a resource is open: the dependency was not asked. */
export class CircuitOpenError extends MainstayError<'CIRCUIT_OPEN'> implements ClassifiedError {
  readonly code = 'CIRCUIT_OPEN';
  readonly classification: Classification;

  /** When asking again makes sense, in milliseconds from now. */
  readonly retryAfterMs: number;

  constructor(resource: string, retryAfterMs: number) {
    super(
      `${resource} has failed repeatedly and is not asked for now; try again in ${formatDuration(retryAfterMs)}.`,
      { context: { resource, retryAfterMs } },
    );
    this.retryAfterMs = retryAfterMs;
    this.classification = { kind: 'rejected', type: 'CIRCUIT_OPEN', notSent: true, retryAfterMs };
  }
}
