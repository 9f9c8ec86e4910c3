import type { Known } from '../code-table.js';

const TIMEOUT: Known = { kind: 'timeout' };
const UNAVAILABLE: Known = { kind: 'unavailable' };
const AUTH: Known = { kind: 'permanent', reason: 'auth' };
const CONFLICT: Known = { kind: 'permanent', reason: 'conflict' };
const NOT_FOUND: Known = { kind: 'permanent', reason: 'not-found' };
const VALIDATION: Known = { kind: 'permanent', reason: 'validation' };
const CONFIGURATION: Known = { kind: 'permanent', reason: 'configuration' };

/** Statuses that mean something else than their hundred (RFC 9110, section 15; RFC 4918; RFC 6585; RFC 8470). */
const BY_STATUS: Readonly<Record<number, Known>> = {
  401: AUTH,
  403: AUTH,
  404: NOT_FOUND,
  407: AUTH,
  408: TIMEOUT,
  409: CONFLICT,
  410: NOT_FOUND,
  412: CONFLICT,
  423: CONFLICT,
  425: { kind: 'transient' },
  429: { kind: 'throttled' },
  501: CONFIGURATION,
  502: UNAVAILABLE,
  503: UNAVAILABLE,
  504: TIMEOUT,
  505: CONFIGURATION,
  507: { ...UNAVAILABLE, retryable: false, partial: true },
  511: AUTH,
};

/** What the status of an answer means; `undefined` where it is no failure. */
export function meaningOfStatus(status: number): Known | undefined {
  if (status < 400 || status > 599) return undefined;
  const hundred = status >= 500 ? ({ kind: 'transient' } as const) : VALIDATION;
  return BY_STATUS[status] ?? hundred;
}
