import type { CircuitBreaker } from './circuit-breaker.js';
import type { CircuitPermit } from './circuit-leases.js';
import { isFailureOfDependency, type Classification } from './classification.js';

/** How a try failed, as its breaker has to know it. */
export interface FailedTry {
  readonly classification: Classification;
  /** Says nothing about the dependency as a whole. */
  readonly isNeutral: boolean;
  readonly durationMs: number;
  /** Time of the clock. */
  readonly now: number;
}

/** Tells a breaker how a try failed that it let through. */
export function tellBreaker(
  breaker: CircuitBreaker | undefined,
  permit: CircuitPermit,
  { classification, isNeutral, durationMs, now }: FailedTry,
): void {
  if (isNeutral) breaker?.recordNeutral(permit);
  else if (isFailureOfDependency(classification)) {
    breaker?.recordFailure(permit, durationMs, now, isRefused(classification));
  } else if (classification.kind === 'permanent') breaker?.recordSuccess(permit, durationMs, now);
  else breaker?.recordNeutral(permit);
}

/** Tells a breaker of a part of an operation that asked for both: it only hears of a part that fails. */
export function tellBreakerOfPart(
  breaker: CircuitBreaker | undefined,
  generation: number | undefined,
  classification: Classification,
): void {
  if (generation !== breaker?.generation || !isFailureOfDependency(classification)) return;
  breaker?.recordProbe(false);
}

/** Nothing could be sent, since nobody listens there. */
function isRefused({ kind, notSent }: Classification): boolean {
  return kind === 'unavailable' && notSent === true;
}
