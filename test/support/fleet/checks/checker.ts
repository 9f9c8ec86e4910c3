import type { History } from '../history.js';
import { checkCalls } from './check-calls.js';
import { checkFlights } from './check-flights.js';
import { checkIsolation } from './check-isolation.js';
import { checkSettled } from './check-settled.js';
import { checkStaleness } from './check-staleness.js';
import type { Check, Violation } from './violation.js';

const CHECKS: readonly Check[] = [
  checkCalls,
  checkFlights,
  checkIsolation,
  checkStaleness,
  checkSettled,
];

/**
 * Finds where a history breaks what the cache promises. Where the order of two calls is open, either is allowed, so that
 * whatever is found is a fault of the cache.
 */
export function checkHistory(history: History): readonly Violation[] {
  return CHECKS.flatMap((check) => check(history));
}
