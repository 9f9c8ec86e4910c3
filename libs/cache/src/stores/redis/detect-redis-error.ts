import type { Classification } from 'nestjs-mainstay/resilience';

type Known = Omit<Classification, 'type'>;

/** Nobody is helped by asking again within one call: what is waited for takes longer. */
const UNAVAILABLE: Known = { kind: 'unavailable', retryable: false };
/** It still answers reads. */
const REFUSES_WRITES: Known = { ...UNAVAILABLE, partial: true };
const AUTH: Known = { kind: 'permanent', reason: 'auth' };
const CONFIGURATION: Known = { kind: 'permanent', reason: 'configuration' };

/** By the first word of the reply (redis.io, "Redis serialization protocol", and the server's source). */
const BY_CODE: Readonly<Record<string, Known>> = {
  LOADING: UNAVAILABLE,
  BUSY: UNAVAILABLE,
  MASTERDOWN: UNAVAILABLE,
  CLUSTERDOWN: UNAVAILABLE,
  TRYAGAIN: { kind: 'transient' },
  // It has forgotten our script, and is taught it anew.
  NOSCRIPT: { kind: 'transient', retryable: false },
  READONLY: REFUSES_WRITES,
  OOM: REFUSES_WRITES,
  MISCONF: REFUSES_WRITES,
  NOREPLICAS: REFUSES_WRITES,
  NOAUTH: AUTH,
  WRONGPASS: AUTH,
  NOPERM: AUTH,
  DENIED: AUTH,
  // Something else writes under our names.
  WRONGTYPE: CONFIGURATION,
  // A node of a cluster, which this client does not speak to.
  MOVED: CONFIGURATION,
  ASK: CONFIGURATION,
  CROSSSLOT: CONFIGURATION,
};

/** Replies without a code of their own, by how they begin. */
const BY_TEXT: readonly (readonly [beginning: string, type: string, known: Known])[] = [
  ['ERR max number of clients', 'MAX_CLIENTS', UNAVAILABLE],
  ['ERR invalid password', 'WRONGPASS', AUTH],
  ['ERR Client sent AUTH', 'NO_PASSWORD_SET', CONFIGURATION],
  ['ERR unknown command', 'UNKNOWN_COMMAND', CONFIGURATION],
  ['ERR AUTH ', 'NO_PASSWORD_SET', CONFIGURATION],
  ['ERR DB index', 'NO_SUCH_DATABASE', CONFIGURATION],
  ['ERR invalid DB index', 'NO_SUCH_DATABASE', CONFIGURATION],
];

/** Errors of node-redis that have no code, by their class. */
const BY_CLASS: Readonly<Record<string, Classification>> = {
  ClientClosedError: { ...UNAVAILABLE, type: 'REDIS_CLOSED', notSent: true },
  ClientOfflineError: { ...UNAVAILABLE, type: 'REDIS_OFFLINE', notSent: true },
  DisconnectsClientError: { ...UNAVAILABLE, type: 'REDIS_DISCONNECTED' },
  SocketClosedUnexpectedlyError: { ...UNAVAILABLE, type: 'REDIS_DISCONNECTED' },
  ConnectionTimeoutError: { kind: 'timeout', type: 'REDIS_CONNECT_TIMEOUT', notSent: true },
};

/** What Redis replied instead of a result, and how node-redis says that there is no connection. */
export function detectRedisError(error: unknown): Classification | undefined {
  if (!(error instanceof Error)) return undefined;
  const byClass = BY_CLASS[error.constructor.name];
  if (byClass !== undefined && Object.hasOwn(BY_CLASS, error.constructor.name)) return byClass;
  return isReply(error) ? detectReply(error.message) : undefined;
}

/** The code of an error that Redis replied: `'OOM'`; `undefined` for any other error. */
export function replyCodeOf(error: unknown): string | undefined {
  return error instanceof Error && isReply(error) ? codeOf(error.message) : undefined;
}

function detectReply(message: string): Classification | undefined {
  const code = codeOf(message);
  if (Object.hasOwn(BY_CODE, code)) return { ...(BY_CODE[code] as Known), type: code };
  const found = BY_TEXT.find(([beginning]) => message.startsWith(beginning));
  return found && { ...found[2], type: found[1] };
}

/** Redis before 7 puts the error of a command in a script into the text: `ERR Error running script …: -OOM …`. */
function codeOf(message: string): string {
  return (
    /^ERR Error running script.*?: -([A-Z]+) /.exec(message)?.[1] ??
    /^[A-Z]+/.exec(message)?.[0] ??
    ''
  );
}

/** `ErrorReply` of node-redis or a class derived from it; by name, as the package is optional. */
function isReply(error: Error): boolean {
  let prototype: unknown = Object.getPrototypeOf(error);
  while (typeof prototype === 'object' && prototype !== null) {
    if (prototype.constructor.name === 'ErrorReply') return true;
    prototype = Object.getPrototypeOf(prototype);
  }
  return false;
}
