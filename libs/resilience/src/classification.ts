/**
 * What kind of thing went wrong, in the order in which detection looks for it:
 *
 * | kind | meaning | retried | counts for the breaker as |
 * |---|---|---|---|
 * | `cancelled` | the caller or the shutdown gave up | no | nothing |
 * | `rejected` | refused locally: breaker open, limiter full | no | nothing |
 * | `timeout` | no answer in time | if safe | failure |
 * | `throttled` | the dependency asks to slow down | if safe | failure |
 * | `unavailable` | the dependency cannot be reached or does not serve | if safe | failure |
 * | `transient` | failed, likely to pass soon | if safe | failure |
 * | `permanent` | known, and will fail again: auth, validation, not found, conflict, configuration | no | success |
 * | `unknown` | nothing of the above, e.g. a TypeError | no | nothing |
 */
export type ErrorKind =
  | 'cancelled'
  | 'rejected'
  | 'timeout'
  | 'throttled'
  | 'unavailable'
  | 'transient'
  | 'permanent'
  | 'unknown';

/** Why a `permanent` error is permanent. `auth` and `configuration` are the operator's, the others the caller's. */
export type PermanentReason = 'auth' | 'configuration' | 'validation' | 'not-found' | 'conflict';

/** What is known about an error. */
export interface Classification {
  readonly kind: ErrorKind;
  /** A short stable name for metrics and logs: `'ECONNREFUSED'`, `'NO_SPACE'`; never text of a message. */
  readonly type: string;
  /** Only for `permanent`. */
  readonly reason?: PermanentReason;
  /**
   * `false`: retrying would not help although the kind says so (a full disk).
   * @default true for timeout, throttled, unavailable and transient
   */
  readonly retryable?: boolean;
  /**
   * `true`: nothing reached the dependency, so that even an operation that is not idempotent may be tried again.
   * @default false
   */
  readonly notSent?: boolean;
  /**
   * `true`: only some of the dependency's operations fail (a full disk still answers reads), so that the error says
   * nothing about the others and is neutral for their common breaker.
   * @default false
   */
  readonly partial?: boolean;
  /** How long the dependency, or an open breaker, asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** An error that knows its own classification; detection believes it. */
export interface ClassifiedError extends Error {
  readonly classification: Classification;
}

const KINDS: ReadonlySet<unknown> = new Set<ErrorKind>([
  'cancelled',
  'rejected',
  'timeout',
  'throttled',
  'unavailable',
  'transient',
  'permanent',
  'unknown',
]);

/** Whether a value is a classification: other libraries may have errors with a property of that name. @internal */
export function isClassification(value: unknown): value is Classification {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, type } = value as { kind?: unknown; type?: unknown };
  return KINDS.has(kind) && typeof type === 'string';
}

const DEPENDENCY_FAILURES: ReadonlySet<ErrorKind> = new Set<ErrorKind>([
  'timeout',
  'throttled',
  'unavailable',
  'transient',
]);

/** Whether the dependency failed, as opposed to the caller, a local rejection or a defect in code. */
export function isFailureOfDependency(classification: Classification): boolean {
  return DEPENDENCY_FAILURES.has(classification.kind);
}

/**
 * Whether an operation may answer with `false` or `null` instead of throwing: the dependency failed, was not asked
 * because its breaker is open, or refuses our credentials. Mistakes of the caller and unknown errors always throw.
 */
export function isKnownFailure(classification: Classification): boolean {
  if (isFailureOfDependency(classification) || classification.kind === 'rejected') return true;
  return (
    classification.kind === 'permanent' &&
    (classification.reason === 'auth' || classification.reason === 'configuration')
  );
}
