import type { Classification } from '../classification.js';
import { codeOf } from './detection-rule.js';

/**
 * `AbortError` and `TimeoutError` as the platform (fetch, streams, `AbortSignal`) and libraries throw them, by name or
 * class. A socket's own code says more: the AWS SDK names a lost connection `TimeoutError`, too.
 */
export function detectAbort(error: unknown): Classification | undefined {
  if (!(error instanceof Error)) return undefined;
  if (isCalled(error, 'AbortError')) return { kind: 'cancelled', type: 'AbortError' };
  if (isCalled(error, 'TimeoutError') && !isErrno(codeOf(error))) {
    return { kind: 'timeout', type: 'TimeoutError' };
  }
  return undefined;
}

function isCalled(error: Error, name: string): boolean {
  return error.name === name || error.constructor.name === name;
}

function isErrno(code: string | undefined): boolean {
  return code !== undefined && /^E[A-Z]+$/.test(code);
}
