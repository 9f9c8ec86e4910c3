import { randomUUID } from 'node:crypto';
import { CacheSelfTestError } from '../../cache.errors.js';
import type { StoreCheck } from '../cache-store.js';
import { replyCodeOf } from './detect-redis-error.js';
import type { RedisConnection } from './redis-connection.js';

/** How long a sentinel stays that could not be deleted, in milliseconds. */
const SENTINEL_LIFE_MS = '10000';

/** What Redis calls a connection: enough to end it from another one. */
export interface RedisSession {
  readonly id: string;
  readonly address: string;
}

/** What Redis calls this connection; `undefined` where it does not tell (before 6.2, or not permitted). */
export async function identify(connection: RedisConnection): Promise<RedisSession | undefined> {
  const info = await unlessRefused(connection.send(['CLIENT', 'INFO']));
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

/**
 * Tests a connection by PING and a sentinel that is written, read back and deleted.
 * @throws what Redis replied to PING or to a read, or the error of the connection; a refused write is told as such
 */
export async function check(
  connection: RedisConnection,
  sentinelKeys: string,
): Promise<StoreCheck & { readonly refusal?: unknown }> {
  await connection.send(['PING']);
  const [key, value] = [sentinelKeys + randomUUID(), randomUUID()];
  try {
    await connection.send(['SET', key, value, 'PX', SENTINEL_LIFE_MS]);
  } catch (refusal) {
    // A replica's refusal has ended the connection.
    if (replyCodeOf(refusal) === undefined || !connection.isOpen) throw refusal;
    await connection.send(['GET', key]);
    return { read: true, write: false, refusal };
  }
  const read = (await connection.send(['GET', key])) === value;
  const write = (await connection.send(['DEL', key])) === 1;
  return { read, write };
}

/** @throws CacheSelfTestError when the sentinel was not what it should be; what Redis replied when it was refused */
export function requireCheck(
  cache: string,
  { read, write, refusal }: StoreCheck & { readonly refusal?: unknown },
): void {
  if (refusal !== undefined) throw refusal as Error;
  if (!read) throw new CacheSelfTestError(cache, 'reading');
  if (!write) throw new CacheSelfTestError(cache, 'writing');
}

async function unlessRefused(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply;
  } catch (error) {
    if (replyCodeOf(error) === undefined) throw error;
    return undefined;
  }
}
