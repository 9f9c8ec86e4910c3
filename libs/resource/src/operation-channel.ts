import { tracingChannel } from 'node:diagnostics_channel';
import { redactError } from 'nestjs-mainstay/common';
import type { Classification } from 'nestjs-mainstay/resilience';

/**
 * Name of the `TracingChannel` of `node:diagnostics_channel` on which each call of an operation is published while
 * somebody listens: `start` and `end` around the call itself, `asyncStart` and `asyncEnd` when its promise is settled, and
 * `error` before them when it failed. All get the same {@link OperationMessage}. While nobody listens nothing is made.
 *
 * @example
 * tracingChannel<unknown, OperationMessage>(OPERATION_CHANNEL).subscribe({ start, end, asyncStart, asyncEnd, error });
 */
export const OPERATION_CHANNEL = 'mainstay:operation';

/** One call on the {@link OPERATION_CHANNEL}. No argument, result, key or statement is in it. */
export interface OperationMessage {
  readonly resource: string;
  readonly operation: string;
  /** What detection says of the error; absent while the call runs, and when it succeeded. */
  readonly failure?: Classification;
  /** A redacted copy of the error, with `failure`. */
  readonly error?: Error;
}

type OpenMessage = { -readonly [Key in keyof OperationMessage]: OperationMessage[Key] };

const {
  start,
  end,
  asyncStart,
  asyncEnd,
  error: failed,
} = tracingChannel<unknown, OpenMessage>(OPERATION_CHANNEL);

/**
 * Whether somebody listens. As `hasSubscribers` of all five, which Node looks up anew each time: it is asked before every
 * call. @internal
 */
export function isWatched(): boolean {
  return (
    start.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    failed.hasSubscribers
  );
}

/**
 * Publishes one call. @internal called where somebody listens
 * @returns what `proceed` returns, at once or as a promise
 */
export function publishOperation<R>(
  { resource, name }: { readonly resource: string; readonly name: string },
  classify: (error: unknown) => Classification,
  proceed: () => R | Promise<R>,
): R | Promise<R> {
  const message: OpenMessage = { resource, operation: name };
  // Stores that somebody bound to the start of a call are in force in its work.
  return start.runStores(message, () => {
    const result = proceed();
    end.publish(message);
    return result instanceof Promise ? publishEnd(message, classify, result) : result;
  });
}

async function publishEnd<R>(
  message: OpenMessage,
  classify: (error: unknown) => Classification,
  result: Promise<R>,
): Promise<R> {
  try {
    return await result;
  } catch (error) {
    message.failure = classify(error);
    message.error = redactError(error);
    failed.publish(message);
    throw error;
  } finally {
    asyncStart.publish(message);
    asyncEnd.publish(message);
  }
}
