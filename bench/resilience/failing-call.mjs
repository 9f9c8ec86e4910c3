import { figure } from '../support/figure.mjs';
import { Samples } from '../support/samples.mjs';
import { opossum } from './peers.mjs';

/** @typedef {import('./service.mjs').Service} Service */
/** @typedef {import('../support/effort.mjs').Effort} Effort */
/** @typedef {(arg: number) => Promise<number>} Call */

/**
 * What one failing call costs after very many that succeeded: it must not grow with them.
 * @param {Service} service
 * @param {Effort} effort
 */
export async function failingCall(service, { samples: successes, rounds }) {
  const breaker = opossum(work);
  const operation = service.operations.of({ name: 'failing' }, { retry: false }).bind('get');
  const candidates = {
    ours: (/** @type {number} */ arg) => operation.run(work, arg),
    opossum: (/** @type {number} */ arg) => breaker.fire(arg),
  };
  try {
    const samples = await measure(candidates, successes, rounds);
    const name = `one failing call after ${successes.toLocaleString('en')} [µs]`;
    return [figure(`${name}, against opossum`, samples.against('ours', 'opossum'))];
  } finally {
    breaker.shutdown();
  }
}

/**
 * @template {string} Name
 * @param {Record<Name, Call>} candidates
 * @param {number} successes
 * @param {number} rounds
 */
async function measure(candidates, successes, rounds) {
  const names = /** @type {Name[]} */ (Object.keys(candidates));
  const samples = new Samples(names);
  for (const name of names) {
    for (let i = 0; i < successes; i++) await candidates[name](i);
    for (let i = 0; i < rounds; i++) samples.add(name, await microseconds(candidates[name]));
  }
  return samples;
}

/** @param {Call} call */
async function microseconds(call) {
  const startedAt = performance.now();
  const failed = await call(-1).then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error('A call that fails has succeeded.');
  return (performance.now() - startedAt) * 1_000;
}

/** @param {number} arg */
async function work(arg) {
  if (arg >= 0) return arg;
  throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}
