import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { OPERATION_CHANNEL, type OperationMessage } from 'nestjs-mainstay/resource';

const START = `tracing:${OPERATION_CHANNEL}:start`;
const END = `tracing:${OPERATION_CHANNEL}:asyncEnd`;

/** Tells of calls that took long. @returns a function that ends the listening */
export function watchSlowCalls(
  limitMs: number,
  now: () => number,
  tell: (call: string, durationMs: number) => void,
): () => void {
  const begun = new WeakMap<object, number>();
  const onStart = (message: unknown): void => void begun.set(message as object, now());
  const onEnd = (message: unknown): void => {
    const { resource, operation, failure } = message as OperationMessage;
    const durationMs = now() - (begun.get(message as object) ?? now());
    if (durationMs < limitMs) return;
    tell(`${resource}.${operation} ${failure ? failure.type : 'succeeded'}`, durationMs);
  };
  subscribe(START, onStart);
  subscribe(END, onEnd);
  return () => {
    unsubscribe(START, onStart);
    unsubscribe(END, onEnd);
  };
}
