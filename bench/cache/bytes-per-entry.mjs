import { LRUCache } from 'lru-cache';
import { figure } from '../support/figure.mjs';
import { Service } from './service.mjs';

/** @typedef {import('../support/effort.mjs').Effort} Effort */

/**
 * What a small entry takes in memory, with its key and its value. Both caches have a TTL for each entry. lru-cache
 * allocates the columns for all entries when it is made: they count for it, and once more they do not.
 * @param {Effort} effort
 */
export async function bytesPerEntry({ samples: entries }) {
  const service = await Service.start({ url: 'memory:', maxEntries: entries });
  try {
    const { made, filled } = await lruCacheOf(entries);
    const before = used();
    await fill(entries, (key, value) => service.cache.set(key, value));
    const value = (used() - before) / entries;
    const name = 'small entry in memory, against lru-cache';
    return [
      figure(`${name} [bytes]`, { value, peer: filled / entries }, { ratio: 1.3 }),
      figure(`${name} without what it allocates at first [bytes]`, {
        value,
        peer: (filled - made) / entries,
      }),
    ];
  } finally {
    await service.stop();
  }
}

/**
 * What an lru-cache takes when it is made, and when it is full.
 * @param {number} entries
 */
async function lruCacheOf(entries) {
  const before = used();
  const peer = new LRUCache({ max: entries, ttl: 300_000 });
  const made = used() - before;
  await fill(entries, (key, value) => void peer.set(key, value));
  const filled = used() - before;
  peer.clear();
  return { made, filled };
}

/**
 * @param {number} entries
 * @param {(key: string, value: { id: number, name: string }) => unknown} set
 */
async function fill(entries, set) {
  for (let id = 0; id < entries; id++) await set(`user:${id}`, { id, name: `Name ${id}` });
}

/** What is outside of the heap is given back after the collection that finds it unused, by the next one at the latest. */
function used() {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
