import { type Clock } from 'nestjs-mainstay/common';
import { toCachedValue } from '../../values/cached-value.js';
import type { CacheEntry } from '../cache-store.js';
import { decodeValue, encodeValue } from './value-codec.js';

/** Entries that live longer are kept without an end by Redis, which takes no number of milliseconds. */
const LONGEST_LIFE_MS = 100 * 365 * 86_400_000;

/** An entry as it is written to Redis. */
export interface EncodedEntry {
  readonly text: string;
  /** How long Redis keeps it, in whole milliseconds; `undefined` = for ever. */
  readonly lifeMs: number | undefined;
}

/** An entry as it stands in Redis. */
export interface StoredEntry {
  /** The epoch in which it was written. */
  readonly epoch: string;
  /** What named the present of each of its tags when it was written, in the order of the tags. */
  readonly tagVersions: readonly string[];
  readonly entry: CacheEntry;
}

/** In wall time, which is what instances have in common. `null` = for ever, or no tags. */
type Head = [createdAt: number, expiresAt: number | null, version: number, tags: string[] | null];

/** Writes an entry as text: a line for its head, then its value. The script that stores it adds epoch and versions. */
export function encodeEntry(entry: CacheEntry, clock: Clock): EncodedEntry {
  const toWallTime = clock.wallTime() - clock.now();
  const { createdAt, expiresAt, order: version, tags, data } = entry;
  const hasEnd = expiresAt !== Infinity;
  const head: Head = [
    createdAt + toWallTime,
    hasEnd ? expiresAt + toWallTime : null,
    version,
    tags ? [...tags] : null,
  ];
  const lifeMs = Math.max(1, Math.ceil(expiresAt - clock.now()));
  return {
    text: `${JSON.stringify(head)}\n${encodeValue(data)}`,
    lifeMs: lifeMs > LONGEST_LIFE_MS ? undefined : lifeMs,
  };
}

/**
 * Reads what the script stored: epoch, versions of the tags, head and value, a line each.
 * @throws when the text is something else
 */
export function decodeEntry(text: string, clock: Clock): StoredEntry {
  const [epoch, versions, headText] = text.split('\n', 3) as [string, string, string];
  const valueAt = epoch.length + versions.length + headText.length + 3;
  const [createdAt, expiresAt, version, tags] = headFrom(JSON.parse(headText));
  const { data, isFrozen } = toCachedValue(decodeValue(text.slice(valueAt)));
  const [now, wallTime] = [clock.now(), clock.wallTime()];
  // Clocks of instances differ: no entry is older than new or lives longer than it was written to.
  const ageMs = Math.max(0, wallTime - createdAt);
  const leftMs =
    expiresAt === null ? Infinity : Math.min(expiresAt - wallTime, expiresAt - createdAt);
  return {
    epoch,
    tagVersions: versions === '' ? [] : versions.split(','),
    entry: {
      data,
      isFrozen,
      createdAt: now - ageMs,
      asOf: now - ageMs,
      expiresAt: now + leftMs,
      staleUntil: now + leftMs,
      order: version,
      tags: tags ?? undefined,
    },
  };
}

/** @throws TypeError when it was not written by {@link encodeEntry} */
function headFrom(json: unknown): Head {
  const [createdAt, expiresAt, version, tags] = json as readonly unknown[];
  const isHead =
    typeof createdAt === 'number' &&
    (expiresAt === null || typeof expiresAt === 'number') &&
    typeof version === 'number' &&
    (tags === null || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')));
  if (!isHead) throw new TypeError('It does not begin as an entry does.');
  return json as Head;
}
