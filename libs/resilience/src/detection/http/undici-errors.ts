import type { Classification } from '../../classification.js';
import { lookUp, type CodeTable } from '../code-table.js';
import { codeOf } from '../detection-rule.js';

const NOT_SENT = { kind: 'unavailable', notSent: true } as const;
const VALIDATION = { kind: 'permanent', reason: 'validation' } as const;

/**
 * Errors of undici and of the `fetch` that Node has from it, by code (undici's documentation, "Errors"). What `fetch`
 * itself throws is a TypeError without a code; its cause has one.
 */
const BY_CODE: CodeTable = {
  UND_ERR_ABORTED: { kind: 'cancelled' },
  UND_ERR_CONNECT_TIMEOUT: { kind: 'timeout', notSent: true },
  UND_ERR_HEADERS_TIMEOUT: { kind: 'timeout' },
  UND_ERR_BODY_TIMEOUT: { kind: 'timeout' },
  UND_ERR_SOCKET: { kind: 'unavailable' },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { kind: 'unavailable' },
  // What comes after closing is not sent; destroying ends what was sent, too.
  UND_ERR_CLOSED: { ...NOT_SENT, retryable: false },
  UND_ERR_DESTROYED: { kind: 'unavailable', retryable: false },
  UND_ERR_BPL_MISSING_UPSTREAM: { ...NOT_SENT, retryable: false },
  UND_ERR_PRX_TLS: { ...NOT_SENT, retryable: false },
  UND_ERR_HEADERS_OVERFLOW: VALIDATION,
  UND_ERR_RES_EXCEEDED_MAX_SIZE: VALIDATION,
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: VALIDATION,
};

/** Errors of undici and `fetch`; an answer that does not read as HTTP is that of a server which is not there. */
export function detectUndiciError(error: unknown): Classification | undefined {
  const code = codeOf(error);
  if (code?.startsWith('HPE_') === true) return { kind: 'unavailable', type: code };
  const isOfParser = error instanceof Error && error.name === 'HTTPParserError';
  return isOfParser ? { kind: 'unavailable', type: error.name } : lookUp(BY_CODE, code);
}
