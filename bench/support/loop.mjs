/** @typedef {(count: number) => number | Promise<number>} Loop runs a call `count` times, gives the sum of the results */
/** @typedef {typeof import('./loops.mjs').loops} Loops */

let copies = 0;

/**
 * A loop of `loops.mjs` for one candidate, in code of its own.
 * @template {keyof Loops} K
 * @param {K} kind
 * @param {Parameters<Loops[K]>[0]} call
 * @returns {Promise<Loop>}
 */
export async function loop(kind, call) {
  copies++;
  const { loops } = await import(`./loops.mjs?copy=${copies}`);
  return loops[kind](call);
}
