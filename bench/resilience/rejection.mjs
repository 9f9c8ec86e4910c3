import { compare } from '../support/compare.mjs';
import { figure } from '../support/figure.mjs';
import { loop } from '../support/loop.mjs';
import { FOREVER_MS, openCockatiel, opossum } from './peers.mjs';

/** @typedef {import('./service.mjs').Service} Service */
/** @typedef {import('../support/effort.mjs').Effort} Effort */

/**
 * What a call costs while the circuit breaker is open, until its caller has caught the error.
 * @param {Service} service
 * @param {Effort} effort
 */
export async function rejection(service, effort) {
  const operation = await openOperation(service);
  const policy = openCockatiel();
  const breaker = opossum(unreachable);
  breaker.open();
  try {
    const candidates = {
      ours: await loop('failing', (arg) => operation.run(unreachable, arg)),
      cockatiel: await loop('failing', (arg) => policy.execute(() => unreachable(arg))),
      opossum: await loop('failing', (arg) => breaker.fire(arg)),
    };
    const samples = await compare(candidates, effort);
    const name = 'rejection while the breaker is open [ns]';
    return [
      figure(`${name}, against cockatiel`, samples.against('ours', 'cockatiel'), { value: 2_000 }),
      figure(`${name}, against opossum`, samples.against('ours', 'opossum')),
    ];
  } finally {
    breaker.shutdown();
  }
}

/** @param {Service} service */
async function openOperation(service) {
  const breaker = { openMs: FOREVER_MS };
  const operations = service.operations.of({ name: 'rejecting' }, { breaker, retry: false });
  const operation = operations.bind('get');
  while (operations.breaker?.state === 'closed') await operation.run(refuse, 0).catch(() => {});
  return operation;
}

async function refuse() {
  throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
}

/**
 * @param {number} _arg
 * @returns {Promise<number>}
 */
async function unreachable(_arg) {
  throw new Error('An open breaker let a call through.');
}
