import type { Classification } from '../classification.js';
import { codeOf } from './detection-rule.js';

/** Proves that nothing was sent: the connection was never made. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EAI_FAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const BROKEN = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_SOCKET',
]);

const TIMED_OUT = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** Socket and name-service errors of Node and undici, by code (`node:net`, `node:dns`, undici's documentation). */
export function detectSocketError(error: unknown): Classification | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  if (NEVER_CONNECTED.has(code) || isMissingSocketFile(error, code)) {
    return { kind: 'unavailable', type: code, notSent: true };
  }
  if (BROKEN.has(code)) return { kind: 'unavailable', type: code };
  if (TIMED_OUT.has(code)) return { kind: 'timeout', type: code };
  return undefined;
}

/** A Unix socket that nobody listens on has no file: not to be taken for a missing object of a disk. */
function isMissingSocketFile(error: unknown, code: string): boolean {
  return code === 'ENOENT' && (error as { syscall?: unknown }).syscall === 'connect';
}
