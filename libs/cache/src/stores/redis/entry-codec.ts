import type { Clock } from 'nestjs-mainstay/common';
import { toCachedValue } from '../../values/cached-value.js';
import type { CacheEntry } from '../cache-store.js';
import type { RedisTime } from './redis-time.js';
import { decodeValue, encodeValue } from './value-codec.js';

/** Entries that live longer are kept without an end by Redis, which takes no number of milliseconds. */
const LONGEST_LIFE_MS = 100 * 365 * 86_400_000;
const DIGITS = 16;
const HEAD = 4 * DIGITS;
/** What the script writes for a time that never comes. */
const NEVER = '9'.repeat(DIGITS);

/** How an entry is written to Redis: its body, and its times as durations, which the script makes times of Redis. */
export interface EncodedEntry {
  /** Tags as JSON, nothing where there are none, and after the end of the line the value. */
  readonly body: string;
  /** In microseconds. */
  readonly freshUs: number;
  /** In whole milliseconds; `Infinity` = for ever. */
  readonly lifeMs: number;
  /** In microseconds. */
  readonly ageUs: number;
}

/** An entry as it stands in Redis; whether it was invalidated since is not judged yet. */
export interface StoredEntry {
  readonly version: number;
  readonly entry: CacheEntry;
}

/** @returns `undefined` for an entry whose life is over */
export function encodeEntry(entry: CacheEntry, now: number): EncodedEntry | undefined {
  const { createdAt, expiresAt, staleUntil, tags, data } = entry;
  const lifeMs = Math.ceil(staleUntil - now);
  if (lifeMs <= 0) return undefined;
  return {
    body: `${tags ? JSON.stringify(tags) : ''}\n${encodeValue(data)}`,
    freshUs: expiresAt === Infinity ? Infinity : Math.round((expiresAt - now) * 1_000),
    lifeMs: lifeMs > LONGEST_LIFE_MS ? Infinity : lifeMs,
    ageUs: Math.round((now - createdAt) * 1_000),
  };
}

/**
 * Reads what the script stored. No entry lives longer here than in Redis.
 * @returns `undefined` for a tombstone, and for an entry whose life is over
 * @throws when the text is something else
 */
export function decodeEntry(text: string, time: RedisTime, clock: Clock): StoredEntry | undefined {
  const version = numberAt(text, 0);
  if (text.length === DIGITS) return undefined;
  if (text.length <= HEAD) throw new TypeError('It does not begin as an entry does.');
  const now = clock.now();
  const staleUntil = timeAt(text, 2 * DIGITS, time, now);
  if (staleUntil <= now) return undefined;
  const valueAt = text.indexOf('\n', HEAD);
  if (valueAt < 0) throw new TypeError('It has no value.');
  const createdAt = Math.min(now, timeAt(text, 3 * DIGITS, time, now));
  const { data, isFrozen } = toCachedValue(decodeValue(text.slice(valueAt + 1)));
  const expiresAt = timeAt(text, DIGITS, time, now);
  const tags = valueAt === HEAD ? undefined : tagsFrom(text.slice(HEAD, valueAt));
  const times = { createdAt, asOf: createdAt, expiresAt, staleUntil };
  return { version, entry: { data, isFrozen, ...times, order: 0, tags } };
}

/** A time of Redis as one of this process; rather too early than too late. */
function timeAt(text: string, at: number, time: RedisTime, now: number): number {
  if (text.startsWith(NEVER, at)) return Infinity;
  return now + (numberAt(text, at) - time.latest(now)) / 1_000;
}

/** @throws TypeError */
function numberAt(text: string, at: number): number {
  const value = Number(text.slice(at, at + DIGITS));
  if (!Number.isInteger(value)) throw new TypeError('It does not begin as an entry does.');
  return value;
}

/** @throws TypeError, SyntaxError */
function tagsFrom(text: string): readonly string[] {
  const tags: unknown = JSON.parse(text);
  const isTags = Array.isArray(tags) && tags.every((tag) => typeof tag === 'string');
  if (!isTags) throw new TypeError('Its tags are none.');
  return tags;
}
