import { compare } from '../support/compare.mjs';
import { figure } from '../support/figure.mjs';
import { loop } from '../support/loop.mjs';
import { bentocache, cacheable, cacheManager, lruCache } from './peers.mjs';
import { idOf, keyOf, KEYS, user } from './values.mjs';

/** @typedef {import('./service.mjs').Service} Service */
/** @typedef {import('./peers.mjs').Candidate} Candidate */
/** @typedef {import('../support/effort.mjs').Effort} Effort */

const BOUND = { ratio: 2.5 };

/**
 * What a hit in the memory of the process takes, recorded, against an awaited `Map.get` and the libraries.
 * @param {Record<'memory' | 'tiered', Service>} services
 * @param {Effort} effort
 */
export async function hit({ memory, tiered }, effort) {
  return [
    ...(await againstMap(memory, tiered, effort)),
    ...(await againstLibraries(memory, effort)),
  ];
}

/**
 * @param {Service} memory
 * @param {Service} tiered
 * @param {Effort} effort
 */
async function againstMap(memory, tiered, effort) {
  const map = new Map(KEYS.map((key, id) => [key, user(id)]));
  // Looked up once, as a constructor does.
  const [own, before] = [memory.cache, tiered.cache];
  for (const cache of [own, before]) await fill(cache);
  const candidates = {
    map: await reading((arg) => map.get(keyOf(arg))),
    getOrSet: await reading((arg) => own.getOrSet(keyOf(arg), missing)),
    options: await reading((arg) => {
      return own.getOrSet(keyOf(arg), missing, { ttl: '5m', tags: ['users'] });
    }),
    get: await reading((arg) => own.get(keyOf(arg))),
    tiered: await reading((arg) => before.getOrSet(keyOf(arg), missing)),
  };
  const samples = await compare(candidates, effort);
  const against = 'against an awaited Map.get';
  return [
    figure(`getOrSet, hit in memory, ${against} [ns]`, samples.against('getOrSet', 'map'), BOUND),
    figure(
      `getOrSet with a TTL and a tag, hit in memory, ${against} [ns]`,
      samples.against('options', 'map'),
    ),
    figure(
      `getOrSet, hit in memory before Redis, ${against} [ns]`,
      samples.against('tiered', 'map'),
      BOUND,
    ),
    figure(`get, hit in memory, ${against} [ns]`, samples.against('get', 'map')),
  ];
}

/**
 * @param {Service} memory
 * @param {Effort} effort
 */
async function againstLibraries({ cache }, effort) {
  const peers = {
    lruCache: lruCache(),
    cacheManager: cacheManager(),
    bentocache: bentocache(),
    cacheable: cacheable(),
  };
  for (const peer of Object.values(peers)) await fill(peer);
  const candidates = {
    ours: await reading((arg) => cache.getOrSet(keyOf(arg), missing)),
    lruCache: await readingFrom(peers.lruCache),
    cacheManager: await readingFrom(peers.cacheManager),
    bentocache: await readingFrom(peers.bentocache),
    cacheable: await readingFrom(peers.cacheable),
  };
  const samples = await compare(candidates, effort);
  for (const peer of Object.values(peers)) await peer.stop();
  const name = 'getOrSet, hit in memory';
  return [
    figure(`${name}, against lru-cache [ns]`, samples.against('ours', 'lruCache')),
    figure(`${name}, against cache-manager [ns]`, samples.against('ours', 'cacheManager')),
    figure(`${name}, against bentocache [ns]`, samples.against('ours', 'bentocache')),
    figure(`${name}, against cacheable [ns]`, samples.against('ours', 'cacheable')),
  ];
}

/** @param {Pick<Candidate, 'set'>} cache */
async function fill(cache) {
  for (const [id, key] of KEYS.entries()) await cache.set(key, user(id));
}

/** @param {(arg: number) => ReturnType<Candidate['get']>} read */
function reading(read) {
  /** @param {any} found */
  const argOf = (found) => idOf(found);
  return loop('reads', { read, argOf });
}

/** @param {Candidate} candidate */
function readingFrom(candidate) {
  return reading((arg) => candidate.getOrSet(keyOf(arg), missing));
}

/** @returns {never} */
function missing() {
  throw new Error('A hit has called its factory.');
}
