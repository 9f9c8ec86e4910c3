import type { CallRecord, History } from '../history.js';

/** A promise of the cache that a history breaks. */
export interface Violation {
  /** Which promise, in a word or two. */
  readonly check: string;
  /** What happened. */
  readonly what: string;
  /** The calls that show it, in the order of their starts. */
  readonly calls: readonly CallRecord[];
}

/** Finds where a history breaks one promise. It never reports what the promise allows. */
export type Check = (history: History) => readonly Violation[];

/** Tells of a violation, with its calls in the order of their starts. */
export function violation(
  check: string,
  what: string,
  calls: readonly (CallRecord | undefined)[],
): Violation {
  const known = calls.filter((call) => call !== undefined);
  return { check, what, calls: known.sort((a, b) => a.startedAt - b.startedAt) };
}
