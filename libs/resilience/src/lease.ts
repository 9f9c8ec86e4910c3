/** The lease where tries have no timeout, in milliseconds. */
const UNTIMED_LEASE_MS = 20_000;

/**
 * How long a half-open permit, or the slot of a try that was given up, is kept for work that does not end, in
 * milliseconds: 2 × the try timeout.
 */
export function leaseOf(tryTimeoutMs: number | false): number {
  return tryTimeoutMs === false ? UNTIMED_LEASE_MS : 2 * tryTimeoutMs;
}
