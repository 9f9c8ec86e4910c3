import { StorageAbortedError } from '../errors/caller.errors.js';

/**
 * Ends work whose signal has aborted.
 * @throws the signal's reason when it is an error of ours; otherwise {@link StorageAbortedError}
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal.reason);
}

/** The error for work that was given up for `reason`. */
export function abortError(reason: unknown): Error {
  if (reason instanceof Error && 'classification' in reason) return reason;
  return new StorageAbortedError('The call was given up by its caller', { cause: reason });
}
