import type { Classification } from '../../classification.js';
import { lookUp, type CodeTable, type Known } from '../code-table.js';

/** Nobody is helped by asking again within one call: what is waited for takes longer. */
const UNAVAILABLE: Known = { kind: 'unavailable', retryable: false };
/** It still answers reads. */
const REFUSES_WRITES: Known = { ...UNAVAILABLE, partial: true };
const AUTH: Known = { kind: 'permanent', reason: 'auth' };
const CONFIGURATION: Known = { kind: 'permanent', reason: 'configuration' };
const VALIDATION: Known = { kind: 'permanent', reason: 'validation' };
const CONFLICT: Known = { kind: 'permanent', reason: 'conflict' };
const NOT_FOUND: Known = { kind: 'permanent', reason: 'not-found' };
/** It passes by itself; every other command is served. */
const PASSING: Known = { kind: 'transient', partial: true };

/** By the first word of the reply (redis.io, "Redis serialization protocol", and the server's source, `server.c`). */
const BY_CODE: CodeTable = {
  LOADING: UNAVAILABLE,
  BUSY: UNAVAILABLE,
  MASTERDOWN: UNAVAILABLE,
  CLUSTERDOWN: UNAVAILABLE,
  READONLY: REFUSES_WRITES,
  OOM: REFUSES_WRITES,
  MISCONF: REFUSES_WRITES,
  NOREPLICAS: REFUSES_WRITES,
  TRYAGAIN: PASSING,
  UNBLOCKED: PASSING,
  NOAUTH: AUTH,
  WRONGPASS: AUTH,
  NOPERM: AUTH,
  DENIED: AUTH,
  // A node of a cluster, spoken to by a client that does not know clusters.
  MOVED: CONFIGURATION,
  ASK: CONFIGURATION,
  NOPROTO: CONFIGURATION,
  CROSSSLOT: VALIDATION,
  WRONGTYPE: VALIDATION,
  EXECABORT: VALIDATION,
  NOTBUSY: VALIDATION,
  UNKILLABLE: CONFLICT,
  BUSYKEY: CONFLICT,
  BUSYGROUP: CONFLICT,
  NOGROUP: NOT_FOUND,
  NOSCRIPT: NOT_FOUND,
};

/** Replies without a code of their own, by how they begin. */
const BY_TEXT: readonly (readonly [beginning: string, type: string, known: Known])[] = [
  ['ERR max number of clients', 'MAX_CLIENTS', { kind: 'throttled', notSent: true }],
  ['ERR invalid password', 'WRONGPASS', AUTH],
  ['ERR Client sent AUTH', 'NO_PASSWORD_SET', CONFIGURATION],
  ['ERR unknown command', 'UNKNOWN_COMMAND', CONFIGURATION],
  ['ERR AUTH ', 'NO_PASSWORD_SET', CONFIGURATION],
  ['ERR DB index', 'NO_SUCH_DATABASE', CONFIGURATION],
  ['ERR invalid DB index', 'NO_SUCH_DATABASE', CONFIGURATION],
];

/** What the text of an error that Redis replied means. */
export function meaningOfReply(reply: string): Classification | undefined {
  const found = BY_TEXT.find(([beginning]) => reply.startsWith(beginning));
  return lookUp(BY_CODE, codeOfReply(reply)) ?? (found && { ...found[2], type: found[1] });
}

/**
 * The code of a reply. Redis before 7 puts the error of a command in a script into the text
 * (`ERR Error running script …: -OOM …`), and EXEC does so with what it gave the transaction up for.
 */
export function codeOfReply(reply: string): string {
  const wrapped =
    /^ERR Error running script.*?: -([A-Z]+) /.exec(reply) ??
    /^EXECABORT Transaction discarded because of: -?([A-Z]+) /.exec(reply);
  return wrapped?.[1] ?? /^[A-Z]+/.exec(reply)?.[0] ?? '';
}
