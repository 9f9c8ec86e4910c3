import { formatDuration, MainstayError } from 'nestjs-mainstay/common';
import type { Classification, ClassifiedError } from './classification.js';

/** The circuit breaker of a resource is open: the dependency was not asked. */
export class CircuitOpenError extends MainstayError<'CIRCUIT_OPEN'> implements ClassifiedError {
  readonly code = 'CIRCUIT_OPEN';
  readonly classification: Classification;

  /** When asking again makes sense, in milliseconds from now. */
  readonly retryAfterMs: number;

  constructor(resource: string, retryAfterMs: number) {
    // The place where a call was refused says nothing, and to describe it takes longer than all the rest.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(
      `${resource} has failed repeatedly and is not asked for now; try again in ${formatDuration(retryAfterMs)}.`,
      { context: { resource, retryAfterMs } },
    );
    Error.stackTraceLimit = stackTraceLimit;
    this.retryAfterMs = retryAfterMs;
    this.classification = { kind: 'rejected', type: 'CIRCUIT_OPEN', notSent: true, retryAfterMs };
  }
}
