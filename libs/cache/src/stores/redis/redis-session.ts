import { randomUUID } from 'node:crypto';
import { redisReplyCodeOf } from 'nestjs-mainstay/resilience';
import { CacheSelfTestError } from '../../cache.errors.js';
import type { StoreCheck } from '../cache-store.js';
import type { RedisConnection } from './redis-connection.js';
import { runStore, type ScriptScope } from './store-script.js';

/** How long a sentinel stays that could not be deleted, in milliseconds. */
const SENTINEL_LIFE_MS = 10_000;

/** What Redis calls a connection: enough to end it from another one. */
export interface RedisSession {
  readonly id: string;
  readonly address: string;
}

/**
 * Finds out who is at the other end, and what Redis calls this connection; `undefined` where it does not tell (before 6.2,
 * or not permitted).
 */
export async function identify(connection: RedisConnection): Promise<RedisSession | undefined> {
  const [info, server] = await Promise.all([
    unlessRefused(connection.send(['CLIENT', 'INFO'])),
    unlessRefused(connection.send(['INFO', 'server'])),
  ]);
  connection.takesScriptFlags = Number(/^redis_version:(\d+)/m.exec(String(server))?.[1]) >= 7;
  const id = /\bid=(\d+)/.exec(String(info))?.[1];
  const address = /\baddr=(\S+)/.exec(String(info))?.[1];
  return id === undefined || address === undefined ? undefined : { id, address };
}

/**
 * Ends a former connection at the server. A server that hung has read, or will read, what was written to it then; after
 * this nothing of it is executed any more. The address stands beside the id because a restarted server counts anew.
 */
export async function fence(connection: RedisConnection, former: RedisSession): Promise<void> {
  const { id, address } = former;
  await unlessRefused(connection.send(['CLIENT', 'KILL', 'ID', id, 'ADDR', address]));
}

/** What a test of a connection found. */
export interface SessionCheck extends StoreCheck {
  /** What Redis replied to the write, where it was refused. */
  readonly refusal?: Error;
}

/**
 * Tests a connection by PING and a sentinel that is stored as entries are, read back and deleted, in one round trip.
 * @param at a time of Redis
 * @throws what Redis replied to PING or to a read, or the error of the connection
 */
export async function check(
  connection: RedisConnection,
  scope: ScriptScope,
  at: number,
): Promise<SessionCheck> {
  const entry = scope.keys.sentinel(randomUUID());
  const body = randomUUID();
  const lifeMs = SENTINEL_LIFE_MS;
  const life = { freshUs: lifeMs * 1_000, lifeMs, ageUs: 0, recordLifeMs: lifeMs };
  const sentinel = { entry, tags: [], at, ...life, isCall: true, announce: 'never', body } as const;
  const [ping, written, read, deleted] = await Promise.allSettled([
    connection.send(['PING']),
    runStore(connection, scope, sentinel),
    connection.send(['MGET', entry]),
    connection.send(['DEL', entry]),
  ]);
  if (written.status === 'rejected' && !connection.isOpen) throw written.reason;
  if (ping.status === 'rejected') throw ping.reason;
  if (read.status === 'rejected') throw read.reason;
  if (written.status === 'rejected') {
    return { read: true, write: false, refusal: written.reason as Error };
  }
  if (deleted.status === 'rejected') throw deleted.reason;
  return { read: String(read.value).endsWith(body), write: deleted.value === 1 };
}

/** @throws CacheSelfTestError when the sentinel was not what it should be; what Redis replied when it was refused */
export function requireCheck(cache: string, { read, write, refusal }: SessionCheck): void {
  if (refusal !== undefined) throw refusal;
  if (!read) throw new CacheSelfTestError(cache, 'reading');
  if (!write) throw new CacheSelfTestError(cache, 'writing');
}

async function unlessRefused(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply;
  } catch (error) {
    if (redisReplyCodeOf(error) === undefined) throw error;
    return undefined;
  }
}
