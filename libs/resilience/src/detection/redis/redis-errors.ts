import type { Classification } from '../../classification.js';
import { classNamesOf } from '../class-names.js';
import { codeOfReply, meaningOfReply } from './redis-replies.js';

/** Nothing was sent, and asking again within one call finds the same. */
const NO_CONNECTION = { kind: 'unavailable', retryable: false, notSent: true } as const;
const DISCONNECTED = { kind: 'unavailable', retryable: false, type: 'REDIS_DISCONNECTED' } as const;

/** Errors of node-redis, which have neither codes nor names, by their class (`@redis/client`, `lib/errors.ts`). */
const BY_CLASS: Readonly<Record<string, Classification>> = {
  ClientClosedError: { ...NO_CONNECTION, type: 'REDIS_CLOSED' },
  ClientOfflineError: { ...NO_CONNECTION, type: 'REDIS_OFFLINE' },
  RootNodesUnavailableError: { ...NO_CONNECTION, type: 'REDIS_NO_ROOT_NODES' },
  DisconnectsClientError: DISCONNECTED,
  SocketClosedUnexpectedlyError: DISCONNECTED,
  ConnectionTimeoutError: { kind: 'timeout', type: 'REDIS_CONNECT_TIMEOUT', notSent: true },
  SocketTimeoutError: { kind: 'timeout', type: 'REDIS_SOCKET_TIMEOUT' },
  SocketTimeoutDuringMaintenanceError: { kind: 'timeout', type: 'REDIS_SOCKET_TIMEOUT' },
  // It waited to be written.
  CommandTimeoutDuringMaintenanceError: {
    kind: 'timeout',
    type: 'REDIS_COMMAND_TIMEOUT',
    notSent: true,
  },
  // Somebody else wrote a key that was watched: EXEC did nothing.
  WatchError: { kind: 'transient', type: 'REDIS_WATCH', partial: true },
  MaxCommandRedirectionsError: { kind: 'transient', type: 'REDIS_REDIRECTIONS' },
  ScanIteratorInterruptedError: { kind: 'transient', type: 'REDIS_SCAN_INTERRUPTED' },
};

/** The one error of node-redis that has neither code nor class: its own queue is full. */
const QUEUE_FULL = 'The queue is full';

/** What Redis replied instead of a result, and how node-redis says that there is no connection. */
export function detectRedisError(error: unknown): Classification | undefined {
  if (!(error instanceof Error)) return undefined;
  const reply = replyOf(error);
  if (reply !== undefined) return meaningOfReply(reply);
  // undici has a ClientClosedError, too, with a name and a code.
  if (error.name !== 'Error' || 'code' in error) return undefined;
  const className = error.constructor.name;
  if (Object.hasOwn(BY_CLASS, className)) return BY_CLASS[className];
  const isOfQueue = className === 'Error' && error.message === QUEUE_FULL;
  return isOfQueue ? { kind: 'rejected', type: 'REDIS_QUEUE_FULL', notSent: true } : undefined;
}

/** The code of an error that Redis replied: `'OOM'`; `undefined` for any other error. */
export function redisReplyCodeOf(error: unknown): string | undefined {
  const reply = error instanceof Error ? replyOf(error) : undefined;
  return reply === undefined ? undefined : codeOfReply(reply);
}

/** The text that Redis replied; of several replies of one transaction or pipeline, that of the first error. */
function replyOf(error: Error): string | undefined {
  const names = classNamesOf(error);
  if (!names.includes('ErrorReply')) return undefined;
  if (!names.includes('MultiErrorReply')) return error.message;
  const { replies } = error as { replies?: readonly unknown[] };
  const first = replies?.find((reply) => reply instanceof Error);
  return first instanceof Error ? first.message : undefined;
}
