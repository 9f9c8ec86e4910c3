import { figure } from '../support/figure.mjs';
import { bentocache, cacheable, cacheManager, lruCache } from './peers.mjs';
import { user } from './values.mjs';

/** @typedef {import('./service.mjs').Service} Service */
/** @typedef {import('./peers.mjs').Candidate} Candidate */
/** @typedef {import('../support/effort.mjs').Effort} Effort */

const FEW = 100;

/**
 * How often the factory is called when many miss the same key at the same time.
 * @param {Record<'memory' | 'tiered', Service>} services
 * @param {Effort} effort
 */
export async function misses({ memory, tiered }, { concurrent }) {
  /** @type {Record<string, Candidate>} */
  const peers = {
    'lru-cache': lruCache(),
    'cache-manager': cacheManager(),
    bentocache: bentocache(),
    cacheable: cacheable(),
  };
  const figures = [];
  for (const waiters of [FEW, concurrent]) {
    const name = `${waiters} concurrent misses of a key, calls of the factory`;
    const value = await callsOf(tiered.cache, waiters);
    figures.push(figure(`${name}, before Redis`, { value }, { value: 1 }));
    const own = await callsOf(memory.cache, waiters);
    for (const [peer, candidate] of Object.entries(peers)) {
      const calls = await callsOf(candidate, waiters);
      figures.push(figure(`${name}, against ${peer}`, { value: own, peer: calls }, { value: 1 }));
    }
  }
  const name = `${FEW} concurrent misses of a key, calls of a factory that fails`;
  const value = await callsOf(memory.cache, FEW, fail);
  for (const [peer, candidate] of Object.entries(peers)) {
    const calls = await callsOf(candidate, FEW, fail);
    figures.push(figure(`${name}, against ${peer}`, { value, peer: calls }, { value: 1 }));
    await candidate.stop();
  }
  return figures;
}

let keys = 0;

/**
 * @param {Pick<Candidate, 'getOrSet'>} candidate
 * @param {number} waiters
 * @param {() => import('./values.mjs').User} [make]
 */
async function callsOf(candidate, waiters, make = () => user(1)) {
  const key = `missing:${keys++}`;
  let calls = 0;
  const factory = async () => {
    calls++;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return make();
  };
  const call = () => candidate.getOrSet(key, factory);
  await Promise.allSettled(Array.from({ length: waiters }, call));
  return calls;
}

/** @returns {never} */
function fail() {
  throw new Error('The factory failed.');
}
