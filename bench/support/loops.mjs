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

export const loops = { awaited, direct, failing };
