import { calibrate, rotate, timed } from './compare.mjs';
import { Samples } from './samples.mjs';

/** @typedef {import('./loop.mjs').Loop} Loop */
/** @typedef {import('./effort.mjs').Effort} Effort */

/** Rounds that only warm up: a call that waits is made so seldom that it takes seconds until everything is compiled. */
const WARM_UP = 15;

/**
 * Measures candidates that wait for a server, on the clock. As `compare`, but nothing comes between two candidates: where
 * the operating system lets this process and the server run is another matter from second to second, and changes what a
 * round trip takes by half. In each round all run once there and once back, so that they share what the machine does.
 * @template {string} Name
 * @param {Readonly<Record<Name, Loop>>} candidates all must give the same results
 * @param {Effort} effort
 * @returns {Promise<Samples<Name>>} nanoseconds per call
 */
export async function compareInTurn(candidates, { rounds, roundMs }) {
  const names = /** @type {Name[]} */ (Object.keys(candidates));
  const samples = new Samples(names);
  /** @type {Map<Name, number>} */
  const counts = new Map();
  for (const name of names) {
    counts.set(name, await calibrate(name, candidates[name], roundMs / 2, now));
  }
  for (let round = -WARM_UP; round < rounds; round++) {
    const there = rotate(names, round + WARM_UP);
    /** @type {Map<Name, number>} */
    const sums = new Map();
    for (const name of [...there, ...there.toReversed()]) {
      const ns = await timed(name, candidates[name], counts.get(name) ?? 1, now);
      sums.set(name, (sums.get(name) ?? 0) + ns);
    }
    if (round < 0) continue;
    for (const [name, sum] of sums) samples.add(name, sum / 2);
  }
  return samples;
}

function now() {
  return performance.now();
}
