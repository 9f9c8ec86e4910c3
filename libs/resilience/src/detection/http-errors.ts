import type { Classification, ErrorKind, PermanentReason } from '../classification.js';

const PERMANENT: Readonly<Record<number, PermanentReason>> = {
  401: 'auth',
  403: 'auth',
  404: 'not-found',
  409: 'conflict',
  410: 'not-found',
  412: 'conflict',
};

/**
 * Errors that carry an HTTP status as `status` or `statusCode` (Nest's HttpException, most HTTP clients): 408 and 504
 * are timeouts, 429 is throttled, 502 and 503 unavailable, other 5xx transient, other 4xx permanent.
 */
export function detectHttpError(error: unknown): Classification | undefined {
  if (!(error instanceof Error)) return undefined;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  const code = typeof status === 'number' ? status : statusCode;
  if (typeof code !== 'number' || code < 400 || code > 599) return undefined;
  const kind = kindOf(code);
  const type = `HTTP_${code}`;
  if (kind !== 'permanent') return { kind, type };
  return { kind, type, reason: PERMANENT[code] ?? 'validation' };
}

function kindOf(status: number): ErrorKind {
  if (status === 408 || status === 504) return 'timeout';
  if (status === 429) return 'throttled';
  if (status === 502 || status === 503) return 'unavailable';
  return status >= 500 ? 'transient' : 'permanent';
}
