import { withDeadline } from 'nestjs-mainstay/common';
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
 * one try timeout.
 * @throws the fallback's error; an `AggregateError` when several failed
 */
export function fallBack<A, R>(execution: Execution<A, R>): Promise<R> {
  const { environment, operation, signal, callerDeadline } = execution;
  const { clock } = environment;
  const timeoutMs =
    callerDeadline === Infinity ? operation.tryTimeoutMs : callerDeadline - clock.now();
  const onTimeout = (): Error =>
    new OperationTimeoutError(operation.resource, `${operation.name} (fallback)`, timeoutMs);
  return environment.fallbackWaits.run(signal, (cut) =>
    withDeadline(clock, { timeoutMs, signal: cut, onTimeout }, (isOver) => ask(execution, isOver)),
  );
}

async function ask<A, R>(execution: Execution<A, R>, isOver: AbortSignal): Promise<R> {
  const { error } = execution.failure;
  const errors: unknown[] = [];
  for (const fallback of execution.operation.fallbacks) {
    try {
      return await fallback(error, execution.arg);
    } catch (fallbackError) {
      errors.push(fallbackError);
      if (isOver.aborted) break;
    }
  }
  throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'All fallbacks failed.');
}
