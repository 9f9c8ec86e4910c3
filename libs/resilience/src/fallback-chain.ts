import { withDeadline } from 'nestjs-mainstay/common';
import { asPromise } from './as-promise.js';
import type { ErrorKind } from './classification.js';
import type { Execution } from './execution.js';
import { OperationTimeoutError } from './operation-timeout.error.js';

/** Kinds of errors that an alternative result may stand in for. */
const FALLBACK_KINDS: ReadonlySet<ErrorKind> = new Set<ErrorKind>([
  'timeout',
  'throttled',
  'unavailable',
  'transient',
  'rejected',
]);

/** Whether an execution has a fallback that may stand in for its last failure. */
export function mayFallBack<A, R>(execution: Execution<A, R>): boolean {
  const { operation, failure, callerDeadline, environment } = execution;
  return (
    operation.fallbacks.length > 0 &&
    FALLBACK_KINDS.has(failure.classification.kind) &&
    callerDeadline > environment.clock.now()
  );
}

/**
 * Asks the fallbacks of an execution one after the other, inside the caller's deadline; without one, all of them within
 * one try timeout. One that answers at once costs neither a timer nor a signal.
 * @throws the fallback's error; an `AggregateError` when several failed
 */
export function fallBack<A, R>(execution: Execution<A, R>): Promise<R> {
  const { environment, signal } = execution;
  const isCut = environment.fallbackWaits.isShutDown || signal?.aborted === true;
  const first = isCut ? undefined : askFirst(execution);
  return first !== undefined && 'value' in first
    ? Promise.resolve(first.value)
    : waitFor(execution, first);
}

/** What the first fallback has come to: a value, or something to wait for. */
type FirstAnswer<R> = { readonly value: R } | { readonly pending: Promise<R> };

function askFirst<A, R>({ operation, failure, arg }: Execution<A, R>): FirstAnswer<R> {
  try {
    const answer = operation.fallbacks[0]!(failure.error, arg);
    const pending = asPromise(answer);
    return pending === undefined ? { value: answer as R } : pendingOn(pending);
  } catch (error) {
    return pendingOn(Promise.reject(error));
  }
}

/** Its rejection is handled, also if the wait for it is cut before it begins. */
function pendingOn<R>(pending: Promise<R>): { readonly pending: Promise<R> } {
  pending.catch(() => undefined);
  return { pending };
}

/** @param first `undefined`: no fallback is asked any more */
function waitFor<A, R>(
  execution: Execution<A, R>,
  first: { readonly pending: Promise<R> } | undefined,
): Promise<R> {
  const { environment, operation, signal, callerDeadline } = execution;
  const { clock } = environment;
  const timeoutMs =
    callerDeadline === Infinity ? operation.tryTimeoutMs : callerDeadline - clock.now();
  const onTimeout = (): Error =>
    new OperationTimeoutError(operation.resource, `${operation.name} (fallback)`, timeoutMs);
  return environment.fallbackWaits.run(signal, (cut) =>
    withDeadline(clock, { timeoutMs, signal: cut, onTimeout }, (isOver) =>
      ask(execution, first?.pending, isOver),
    ),
  );
}

async function ask<A, R>(
  execution: Execution<A, R>,
  first: Promise<R> | undefined,
  isOver: AbortSignal,
): Promise<R> {
  const { error } = execution.failure;
  const errors: unknown[] = [];
  for (const [index, fallback] of execution.operation.fallbacks.entries()) {
    try {
      return await (index === 0 && first !== undefined ? first : fallback(error, execution.arg));
    } catch (fallbackError) {
      errors.push(fallbackError);
      if (isOver.aborted) break;
    }
  }
  throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'All fallbacks failed.');
}
