import type { Classification } from '../../classification.js';
import { lookUp, type CodeTable, type Known } from '../code-table.js';
import { codeOf } from '../detection-rule.js';

/** Proves that nothing was sent: the connection was never made. */
const NEVER_CONNECTED: Known = { kind: 'unavailable', notSent: true };
const BROKEN: Known = { kind: 'unavailable' };
const TIMED_OUT: Known = { kind: 'timeout' };

/** Codes of sockets, of HTTP on them, and of HTTP/2 sessions (`errno(3)`; Node's documentation, "Errors"). */
const BY_CODE: CodeTable = {
  ECONNREFUSED: NEVER_CONNECTED,
  ENOTFOUND: NEVER_CONNECTED,
  EAI_AGAIN: NEVER_CONNECTED,
  EAI_FAIL: NEVER_CONNECTED,
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION: NEVER_CONNECTED,
  ERR_HTTP2_GOAWAY_SESSION: NEVER_CONNECTED,
  ERR_HTTP2_INVALID_SESSION: NEVER_CONNECTED,
  ECONNRESET: BROKEN,
  ECONNABORTED: BROKEN,
  EPIPE: BROKEN,
  ENOTCONN: BROKEN,
  ENETRESET: BROKEN,
  EHOSTUNREACH: BROKEN,
  ENETUNREACH: BROKEN,
  EHOSTDOWN: BROKEN,
  ENETDOWN: BROKEN,
  EADDRNOTAVAIL: BROKEN,
  ERR_SOCKET_CLOSED: BROKEN,
  ERR_STREAM_PREMATURE_CLOSE: BROKEN,
  ERR_HTTP2_STREAM_ERROR: BROKEN,
  ERR_HTTP2_STREAM_CANCEL: BROKEN,
  ERR_HTTP2_SESSION_ERROR: BROKEN,
  ETIMEDOUT: TIMED_OUT,
  ESOCKETTIMEDOUT: TIMED_OUT,
  ERR_SOCKET_CONNECTION_TIMEOUT: { ...TIMED_OUT, notSent: true },
};

/** Answers of name servers, which have these codes only in name look-ups (`node:dns`, "Error codes"). */
const OF_NAMES: CodeTable = {
  ENODATA: NEVER_CONNECTED,
  ESERVFAIL: NEVER_CONNECTED,
  EREFUSED: NEVER_CONNECTED,
  EBADRESP: NEVER_CONNECTED,
  ETIMEOUT: { ...TIMED_OUT, notSent: true },
};

/** Codes that mean something else where a connection was being made (`connect(2)`). */
const OF_CONNECTING: CodeTable = {
  ETIMEDOUT: { ...TIMED_OUT, notSent: true },
  ECONNRESET: NEVER_CONNECTED,
  EHOSTUNREACH: NEVER_CONNECTED,
  ENETUNREACH: NEVER_CONNECTED,
  EHOSTDOWN: NEVER_CONNECTED,
  ENETDOWN: NEVER_CONNECTED,
  EADDRNOTAVAIL: NEVER_CONNECTED,
  // A Unix socket: nobody has made it, nobody listens, or we may not use it.
  ENOENT: NEVER_CONNECTED,
  EAGAIN: NEVER_CONNECTED,
  ENOTSOCK: { ...NEVER_CONNECTED, retryable: false },
  EACCES: { kind: 'permanent', reason: 'auth', notSent: true },
  EPERM: { kind: 'permanent', reason: 'auth', notSent: true },
  EMFILE: { kind: 'transient', notSent: true },
  ENFILE: { kind: 'transient', notSent: true },
};

/** Socket and name-service errors of Node, by code and system call. */
export function detectSocketError(error: unknown): Classification | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const ofConnecting = isOfConnecting(error) ? lookUp(OF_CONNECTING, code) : undefined;
  const ofNames = isOfNames(error) ? lookUp(OF_NAMES, code) : undefined;
  return ofConnecting ?? ofNames ?? lookUp(BY_CODE, code);
}

interface SystemError {
  readonly syscall?: unknown;
  readonly errors?: unknown;
}

/** Connecting failed: in the system call, at every address of the host, or before TLS was spoken. */
function isOfConnecting(error: unknown): boolean {
  const { syscall, errors } = error as SystemError;
  if (syscall === 'connect') return true;
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isOfConnecting);
  return isBeforeTls(error);
}

/** Node names the host only in the ECONNRESET of a connection that ended before it was secure (its `_tls_wrap.js`). */
function isBeforeTls(error: unknown): boolean {
  const { syscall, host } = error as { syscall?: unknown; host?: unknown };
  return syscall === undefined && typeof host === 'string' && 'localAddress' in (error as object);
}

function isOfNames(error: unknown): boolean {
  const { syscall } = error as SystemError;
  return typeof syscall === 'string' && /^(?:query|getaddrinfo|getHostByAddr)/.test(syscall);
}
