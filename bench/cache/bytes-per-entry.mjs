import { LRUCache } from 'lru-cache';
import { figure } from '../support/figure.mjs';
import { Service } from './service.mjs';

/** @typedef {import('../support/effort.mjs').Effort} Effort */

/**
 * What a small entry takes in memory, with its key and its value.
 * @param {Effort} effort
 */
export async function bytesPerEntry({ samples: entries }) {
  const service = await Service.start({ url: 'memory:', maxEntries: entries });
  const peer = new LRUCache({ max: entries, ttl: 300_000 });
  try {
    const theirs = await grown(entries, (key, value) => void peer.set(key, value));
    const ours = await grown(entries, (key, value) => service.cache.set(key, value));
    const measured = { value: ours / entries, peer: theirs / entries };
    return [figure('small entry in memory, against lru-cache [bytes]', measured, { ratio: 1.3 })];
  } finally {
    peer.clear();
    await service.stop();
  }
}

/**
 * @param {number} entries
 * @param {(key: string, value: { id: number, name: string }) => unknown} set
 */
async function grown(entries, set) {
  const before = used();
  for (let id = 0; id < entries; id++) await set(`user:${id}`, { id, name: `Name ${id}` });
  return used() - before;
}

function used() {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
