import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { bentocache, cacheManager } from './peers.mjs';
import { Service } from './service.mjs';
import { keyOf, KEYS, user } from './values.mjs';

/** @typedef {import('./peers.mjs').Candidate} Candidate */
/** @typedef {{ name: string, port: number, calls: number }} Job */

/**
 * What became of the calls of an outage.
 * @typedef {object} Outcome
 * @property {number} pending calls that had not settled when nobody waited any longer
 * @property {number} ms from the first call until the last one settled, or nobody waited any longer
 * @property {number} grownMb what the heap holds more than before, after a garbage collection
 * @property {number} peakMb what it held more than before at most, garbage included
 */

/** Started together, in one turn of the event loop. */
const BATCH = 1_000;
/** No peer that is stuck ever settles; ours settles within half a second. */
const PATIENCE_MS = 3_000;

/** Calls a cache during an outage, in a process of its own, whose heap then shows nothing else. */
process.on('message', (message) => {
  if (message === 'outage') return;
  void run(/** @type {Job} */ (message));
});
process.send?.('started');

/** @param {Job} job */
async function run({ name, port, calls }) {
  const candidate = await create(name, port);
  for (const [id, key] of KEYS.entries()) await candidate.set(key, user(id));
  for (const key of KEYS) await candidate.getOrSet(key, () => user(0));
  const outage = new Promise((resolve) => process.once('message', resolve));
  process.send?.('ready');
  await outage;
  process.send?.(await callAll(candidate, calls), () => process.exit());
}

/**
 * @param {Pick<Candidate, 'getOrSet'>} candidate
 * @param {number} calls
 * @returns {Promise<Outcome>}
 */
async function callAll(candidate, calls) {
  const before = heapMb(true);
  const startedAt = performance.now();
  let peakMb = 0;
  let pending = 0;
  let lastAt = startedAt;
  const settled = () => {
    pending--;
    lastAt = performance.now();
  };
  for (let call = 0; call < calls; call++) {
    pending++;
    candidate.getOrSet(keyOf(call % KEYS.length), () => user(call)).then(settled, settled);
    if (call % BATCH === BATCH - 1) await setImmediate();
    if (call % BATCH === BATCH - 1) peakMb = Math.max(peakMb, heapMb() - before);
  }
  const end = performance.now() + PATIENCE_MS;
  while (pending > 0 && performance.now() < end) await sleep(5);
  const ms = (pending > 0 ? performance.now() : lastAt) - startedAt;
  peakMb = Math.max(peakMb, heapMb() - before);
  return { pending, ms, peakMb, grownMb: heapMb(true) - before };
}

/** @param {boolean} [isClean] whether the garbage is collected before */
function heapMb(isClean = false) {
  if (isClean) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

/**
 * @param {string} name
 * @param {number} port
 * @returns {Promise<Pick<Candidate, 'set' | 'getOrSet'>>}
 */
async function create(name, port) {
  const url = `redis://127.0.0.1:${port}/0`;
  if (name === 'cache-manager') return cacheManager(url);
  if (name === 'bentocache') return bentocache(port);
  return (await Service.start({ url })).cache;
}
