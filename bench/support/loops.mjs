import { setImmediate } from 'node:timers/promises';

/**
 * The loops that candidates are measured in. Each candidate loads a copy of its own (see `loop`), or the shapes of the
 * others would slow down its calls. A result is used, so that no call can be optimised away.
 */

/** Arguments go round in this range: small integers, which need no allocation. */
const ARGUMENTS = 1_024;

/**
 * Calls one after the other, each awaited.
 * @param {(arg: number) => number | PromiseLike<number>} call
 * @returns {(count: number) => Promise<number>}
 */
function awaited(call) {
  return async (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += await call(i % ARGUMENTS);
    return sum;
  };
}

/**
 * Calls that give their result at once.
 * @param {(arg: number) => number} call
 * @returns {(count: number) => number}
 */
function direct(call) {
  return (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += call(i % ARGUMENTS);
    return sum;
  };
}

/**
 * Calls that must fail, each awaited. The event loop turns now and then, as it does in a service: Node keeps rejected
 * promises until then, to see whether someone handles them.
 * @param {(arg: number) => PromiseLike<unknown>} call
 * @returns {(count: number) => Promise<number>}
 */
function failing(call) {
  return async (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const arg = i % ARGUMENTS;
      if (arg === 0) await setImmediate();
      try {
        await call(arg);
      } catch {
        sum += arg;
      }
    }
    return sum;
  };
}

/**
 * Reads one after the other, each awaited.
 * @template T
 * @param {{ read: (arg: number) => T | PromiseLike<T>, argOf: (result: T, arg: number) => number }} reading `argOf`
 *   tells from what was read what had been asked for
 * @returns {(count: number) => Promise<number>}
 */
function reads({ read, argOf }) {
  return async (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const arg = i % ARGUMENTS;
      sum += argOf(await read(arg), arg);
    }
    return sum;
  };
}

/** Reads that are under way at once. */
const LANES = 100;

/**
 * As {@link reads}, but always with a hundred under way.
 * @template T
 * @param {Parameters<typeof reads<T>>[0]} reading
 * @returns {(count: number) => Promise<number>}
 */
function readsTogether({ read, argOf }) {
  return async (count) => {
    let sum = 0;
    let next = 0;
    const lane = async () => {
      while (next < count) {
        const arg = next++ % ARGUMENTS;
        const result = await read(arg);
        sum += argOf(result, arg);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return sum;
  };
}

export const loops = { awaited, direct, failing, reads, readsTogether };
