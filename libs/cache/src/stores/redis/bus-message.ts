import type { Invalidation } from '../../invalidation.js';
import type { RedisKeys } from './redis-keys.js';

/** What an instance tells the others: never values, and nothing that Redis has not done. */
export interface BusMessage {
  /** Number of the message, counted by Redis without gaps. */
  readonly sequence: number;
  /** Who made it. */
  readonly origin: string;
  readonly what: Invalidation;
}

/** Reads a message. @returns `undefined` for what no instance has sent */
export function parseMessage(text: string, keys: RedisKeys): BusMessage | undefined {
  const [sequence, origin, kind, names] = fieldsOf(text);
  if (typeof sequence !== 'number' || typeof origin !== 'string') return undefined;
  const what = invalidationOf(kind, names, keys);
  return what && { sequence, origin, what };
}

function fieldsOf(text: string): readonly unknown[] {
  try {
    const fields: unknown = JSON.parse(text);
    return Array.isArray(fields) ? fields : [];
  } catch {
    // What something else publishes here is told from a message by its form alone.
    return [];
  }
}

function invalidationOf(kind: unknown, names: unknown, keys: RedisKeys): Invalidation | undefined {
  if (kind === 'everything') return kind;
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) return undefined;
  if (kind === 'keys') return { keys: names.map((name) => keys.keyOf(name)) };
  if (kind === 'expired') return { expired: names.map((name) => keys.keyOf(name)) };
  return kind === 'tags' ? { tags: names.map((name) => keys.tagOf(name)) } : undefined;
}
