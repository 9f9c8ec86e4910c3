import { DIGITS, NEVER, type EncodedEntry } from '../entry-codec.js';

/** A version as text. */
export function versionText(version: number): string {
  return version.toFixed(0).padStart(DIGITS, '0');
}

/** An entry as it stands in a store of Keyv: version, fresh until, gone at and created, and its body. */
export function entryText(version: number, now: number, encoded: EncodedEntry): string {
  const { body, freshUs, lifeMs, ageUs } = encoded;
  const times = [now + freshUs, now + lifeMs * 1_000, now - ageUs];
  return versionText(version) + times.map(timeText).join('') + body;
}

/** The record of a tag: the version of its last invalidation, and when the store forgets it. */
export function recordText(version: number, goneAt: number): string {
  return versionText(version) + timeText(goneAt);
}

/**
 * The text of an entry that is not fresh any more; `undefined` for what is none. It keeps its version as the time until
 * which it was fresh: by that it is judged whether it was cleared or invalidated by a tag.
 */
export function expiredText(text: string, version: number): string | undefined {
  if (text.length <= 4 * DIGITS) return undefined;
  const own = Math.min(timeIn(text, 0), timeIn(text, 1));
  return versionText(version) + timeText(own) + text.slice(2 * DIGITS);
}

/** One of the times of a text, in microseconds, by its place: 0 is the version. `Infinity` = never. */
export function timeIn(text: string, place: number): number {
  const digits = text.slice(place * DIGITS, (place + 1) * DIGITS);
  return digits === NEVER ? Infinity : Number(digits);
}

function timeText(time: number): string {
  return time === Infinity ? NEVER : versionText(time);
}
