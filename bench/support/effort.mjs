/**
 * How much is run for a figure.
 * @typedef {object} Effort
 * @property {number} rounds measurements of each candidate; the median counts
 * @property {number} roundMs how long one takes: many short ones, since a disturbance spoils a whole one
 * @property {number} concurrent calls that are started together
 * @property {number} samples calls that went before, for what grows with them
 * @property {number} storm how large a simulated storm is, 1 being 200 clients
 */

/** @type {Readonly<Record<'full' | 'quick', Effort>>} */
export const efforts = {
  full: { rounds: 15, roundMs: 100, concurrent: 10_000, samples: 100_000, storm: 1 },
  quick: { rounds: 1, roundMs: 2, concurrent: 200, samples: 500, storm: 0.1 },
};
