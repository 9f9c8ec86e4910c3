import { setImmediate } from 'node:timers/promises';
import { cpuTimeMs } from '../support/cpu-time.mjs';
import { figure } from '../support/figure.mjs';
import { Samples } from '../support/samples.mjs';
import { cockatiel, opossum } from './peers.mjs';

/** @typedef {import('./service.mjs').Service} Service */
/** @typedef {import('../support/effort.mjs').Effort} Effort */
/** @typedef {(work: () => Promise<number>) => Promise<unknown>} Start */

/** A peer takes seconds for a round. */
const MAX_ROUNDS = 3;

/**
 * How long the event loop is held when very many calls begin together, none of which ends.
 * @param {Service} service
 * @param {Effort} effort
 */
export async function concurrentStart(service, { concurrent, rounds }) {
  const policy = cockatiel();
  const breaker = opossum((/** @type {any} */ work) => work());
  const { signal } = new AbortController();
  const limiter = { maxConcurrent: concurrent };
  const operations = service.operations.of({ name: 'concurrent' }, { limiter });
  const operation = operations.bind('get', { idempotent: true });
  /** @type {Record<'ours' | 'signalled' | 'cockatiel' | 'opossum', Start>} */
  const candidates = {
    ours: (work) => operation.run(work, undefined),
    signalled: (work) => operation.run(work, undefined, { signal }),
    cockatiel: (work) => policy.execute(work),
    opossum: (work) => breaker.fire(/** @type {any} */ (work)),
  };
  try {
    const samples = await measure(candidates, concurrent, Math.min(rounds, MAX_ROUNDS));
    const name = `starting ${concurrent.toLocaleString('en')} concurrent calls with timeout [ms]`;
    return [
      figure(`${name}, against cockatiel`, samples.against('ours', 'cockatiel'), { value: 100 }),
      figure(`${name}, against opossum`, samples.against('ours', 'opossum')),
      figure("… with one caller's signal for all [ms]", { value: samples.value('signalled') }),
    ];
  } finally {
    breaker.shutdown();
  }
}

/**
 * @template {string} Name
 * @param {Record<Name, Start>} candidates
 * @param {number} concurrent
 * @param {number} rounds
 */
async function measure(candidates, concurrent, rounds) {
  const names = /** @type {Name[]} */ (Object.keys(candidates));
  const samples = new Samples(names);
  for (const name of names) await heldMs(candidates[name], Math.ceil(concurrent / 10));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) samples.add(name, await heldMs(candidates[name], concurrent));
  }
  return samples;
}

/**
 * @param {Start} start
 * @param {number} count
 * @returns {Promise<number>} milliseconds until the event loop turns again
 */
async function heldMs(start, count) {
  /** @type {((value: number) => void)[]} */
  const ends = [];
  const work = () => new Promise((/** @type {(value: number) => void} */ end) => ends.push(end));
  globalThis.gc?.();
  const startedAt = cpuTimeMs();
  const calls = Array.from({ length: count }, () => start(work));
  await setImmediate();
  const ms = cpuTimeMs() - startedAt;
  if (ends.length !== count) throw new Error(`Only ${ends.length} of ${count} calls have begun.`);
  ends.forEach((end) => end(1));
  await Promise.all(calls);
  return ms;
}
