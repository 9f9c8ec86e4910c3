import type { Classification } from './classification.js';

/** Sees each call of an operation begin and end: the outermost layer of the pipeline. What it throws changes nothing. */
export interface CallObserver {
  /** A call begins. */
  begun(): void;
  /** A call succeeded, at whichever try or by a fallback. */
  succeeded(result: unknown, durationMs: number): void;
  /** A call failed, was rejected or cancelled. */
  failed(error: Classification, durationMs: number): void;
}
