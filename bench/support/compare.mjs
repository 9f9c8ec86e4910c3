import { cpuTimeMs } from './cpu-time.mjs';
import { Samples } from './samples.mjs';

/** @typedef {import('./loop.mjs').Loop} Loop */
/** @typedef {import('./effort.mjs').Effort} Effort */

/** Rounds that only warm up: until then not everything is compiled. */
const WARM_UP = 3;

/**
 * Measures the processor time of candidates against each other: in rounds that each run all of them, in a different order,
 * so that what else happens on the machine meets all alike.
 * @template {string} Name
 * @param {Readonly<Record<Name, Loop>>} candidates all must give the same results
 * @param {Effort} effort
 * @returns {Promise<Samples<Name>>} nanoseconds per call
 */
export async function compare(candidates, { rounds, roundMs }) {
  const names = /** @type {Name[]} */ (Object.keys(candidates));
  const samples = new Samples(names);
  /** @type {Map<Name, number>} */
  const counts = new Map();
  for (const name of names) {
    counts.set(name, await calibrate(name, candidates[name], roundMs, cpuTimeMs));
  }
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const name of rotate(names, round + WARM_UP)) {
      const count = counts.get(name) ?? 1;
      await clear(candidates[name], count);
      const ns = await timed(name, candidates[name], count, cpuTimeMs);
      if (round >= 0) samples.add(name, ns);
    }
  }
  return samples;
}

/**
 * Nobody is to collect the garbage of who ran before. The collection also throws away compiled code for kinds of objects
 * of which none is left, and makes the heap small: that it comes back is not measured.
 * @param {Loop} loop
 * @param {number} count
 */
async function clear(loop, count) {
  globalThis.gc?.();
  await loop(count);
}

/**
 * @param {string} name
 * @param {Loop} loop
 * @param {number} roundMs
 * @param {() => number} timeMs
 * @returns {Promise<number>} how many calls fill a round
 */
export async function calibrate(name, loop, roundMs, timeMs) {
  let count = 64;
  for (;;) {
    const ms = ((await timed(name, loop, count, timeMs)) * count) / 1e6;
    if (ms >= roundMs / 2) return Math.ceil((count * roundMs) / ms);
    count *= 2;
  }
}

/**
 * @param {string} name
 * @param {Loop} loop
 * @param {number} count
 * @param {() => number} timeMs
 * @returns {Promise<number>} nanoseconds per call
 */
export async function timed(name, loop, count, timeMs) {
  const startedAt = timeMs();
  const sum = await loop(count);
  const ns = (timeMs() - startedAt) * 1e6;
  if (sum !== expectedSum(count)) throw new Error(`'${name}' gave wrong results.`);
  return ns / count;
}

/**
 * The sum of the arguments: each call gives its argument back.
 * @param {number} count
 */
function expectedSum(count) {
  const wholeRounds = Math.floor(count / 1_024);
  const rest = count % 1_024;
  return wholeRounds * ((1_024 * 1_023) / 2) + (rest * (rest - 1)) / 2;
}

/**
 * @template T
 * @param {readonly T[]} items
 * @param {number} by
 */
export function rotate(items, by) {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
