import type { Clock } from 'nestjs-mainstay/common';
import { CacheEncodeError } from '../cache.errors.js';
import type { CacheCodec } from '../values/cache-codec.js';
import { toCachedValue } from '../values/cached-value.js';
import type { CacheEntry } from './cache-store.js';

/** What takes longer has no end for Redis, which takes no such number of milliseconds, nor has digits for it. */
const LONGEST_LIFE_MS = 100 * 365 * 86_400_000;
/** A version or a time of the shared store, in microseconds, as text; in order until the year 2286. */
export const DIGITS = 16;
const HEAD = 4 * DIGITS;
/** A time that never comes. */
export const NEVER = '9'.repeat(DIGITS);

/** A time that instances have in common, in microseconds. */
export interface SharedTime {
  /** It is not later than this at a moment of `Clock.now()`. */
  latest(at: number): number;
}

/** How an entry is written: its body, and its times as durations, which its store makes times of its own. */
export interface EncodedEntry {
  /** The name of the codec and the tags as JSON, each nothing where there is none, and after the end of the line the value. */
  readonly body: string;
  /** In microseconds. */
  readonly freshUs: number;
  /** In whole milliseconds; `Infinity` = for ever. */
  readonly lifeMs: number;
  /** In microseconds. */
  readonly ageUs: number;
}

/** An entry as it stands in a shared store; whether it was invalidated since is not judged yet. */
export interface StoredEntry {
  /** Of its value, also after it was made to expire. */
  readonly version: number;
  readonly entry: CacheEntry;
}

/**
 * @returns `undefined` for an entry whose life is over
 * @throws CacheEncodeError when the codec refuses its value
 */
export function encodeEntry(
  entry: CacheEntry,
  now: number,
  codec: CacheCodec,
): EncodedEntry | undefined {
  const { createdAt, expiresAt, staleUntil, tags, data } = entry;
  const lifeMs = Math.ceil(staleUntil - now);
  if (lifeMs <= 0) return undefined;
  return {
    body: `${codec.name ?? ''}${tags ? JSON.stringify(tags) : ''}\n${encoded(data, codec)}`,
    freshUs: Math.round(bounded(expiresAt - now) * 1_000),
    lifeMs: bounded(lifeMs),
    ageUs: Math.round((now - createdAt) * 1_000),
  };
}

function bounded(durationMs: number): number {
  return durationMs > LONGEST_LIFE_MS ? Infinity : durationMs;
}

/** A codec is the application's code: what it gives is judged. */
function encoded(data: unknown, codec: CacheCodec): string {
  let text: unknown;
  try {
    text = codec.encode(data);
  } catch (error) {
    throw new CacheEncodeError(codec.name, error);
  }
  if (typeof text !== 'string') throw new CacheEncodeError(codec.name, new TypeError('no text'));
  return text;
}

/**
 * Reads what was stored. No entry lives longer here than in its store.
 * @returns `undefined` for a tombstone, and for an entry whose life is over
 * @throws when the text is something else
 */
export function decodeEntry(
  text: string,
  time: SharedTime,
  clock: Clock,
  codec: CacheCodec,
): StoredEntry | undefined {
  const written = numberAt(text, 0);
  if (text.length === DIGITS) return undefined;
  if (text.length <= HEAD) throw new TypeError('It does not begin as an entry does.');
  const now = clock.now();
  const staleUntil = timeAt(text, 2 * DIGITS, time, now);
  if (staleUntil <= now) return undefined;
  const valueAt = text.indexOf('\n', HEAD);
  if (valueAt < 0) throw new TypeError('It has no value.');
  const tags = tagsFrom(text.slice(HEAD, valueAt), codec);
  const createdAt = Math.min(now, timeAt(text, 3 * DIGITS, time, now));
  const { data, isFrozen } = toCachedValue(codec.decode(text.slice(valueAt + 1)));
  const expiresAt = timeAt(text, DIGITS, time, now);
  // One that was made to expire has taken the version of that, and keeps its own here.
  const version = Math.min(written, numberAt(text, DIGITS));
  const times = { createdAt, asOf: createdAt, expiresAt, staleUntil };
  return { version, entry: { data, isFrozen, ...times, order: 0, tags } };
}

/** A shared time as one of this process; rather too early than too late. */
function timeAt(text: string, at: number, time: SharedTime, now: number): number {
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
function tagsFrom(line: string, { name = '' }: CacheCodec): readonly string[] | undefined {
  const text = line.slice(name.length);
  const isOwn = line.startsWith(name) && (text === '' || text.startsWith('['));
  if (!isOwn) throw new TypeError('Another codec has written it.');
  if (text === '') return undefined;
  const tags: unknown = JSON.parse(text);
  const isTags = Array.isArray(tags) && tags.every((tag) => typeof tag === 'string');
  if (!isTags) throw new TypeError('Its tags are none.');
  return tags;
}
