import type { Classification } from '../classification.js';

/** `AbortError` and `TimeoutError` as the platform (fetch, streams, `AbortSignal`) throws them. */
export function detectAbort(error: unknown): Classification | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'AbortError') return { kind: 'cancelled', type: 'AbortError' };
  if (error.name === 'TimeoutError') return { kind: 'timeout', type: 'TimeoutError' };
  return undefined;
}
