import { compare } from '../support/compare.mjs';
import { figure } from '../support/figure.mjs';
import { loop } from '../support/loop.mjs';
import { handWritten, work } from './hand-written.mjs';
import { cockatiel, opossum } from './peers.mjs';

/** @typedef {import('./service.mjs').Service} Service */
/** @typedef {import('../support/effort.mjs').Effort} Effort */

const NAME = 'full pipeline, added to a resolved async call [ns]';

/**
 * What protection adds to an `async` call that has its result at once.
 * @param {Service} service
 * @param {Effort} effort
 */
export async function addedPerCall(service, effort) {
  const operation = service.operations.of({ name: 'added' }).bind('get', { idempotent: true });
  const full = await loop('awaited', (arg) => operation.run(work, arg));
  return [await againstHand(full, effort), ...(await againstLibraries(full, effort))];
}

/**
 * Apart from the libraries, whose garbage would be collected in the other's time.
 * @param {import('../support/loop.mjs').Loop} full
 * @param {Effort} effort
 */
async function againstHand(full, effort) {
  const candidates = {
    bare: await loop('awaited', work),
    handWritten: await loop('awaited', handWritten),
    full,
  };
  const samples = await compare(candidates, effort);
  const measured = samples.against('full', 'handWritten', 'bare');
  return figure(`${NAME}, against hand-written`, measured, { ratio: 2 });
}

/**
 * @param {import('../support/loop.mjs').Loop} full
 * @param {Effort} effort
 */
async function againstLibraries(full, effort) {
  const policy = cockatiel();
  const breaker = opossum(work);
  const candidates = {
    bare: await loop('awaited', work),
    cockatiel: await loop('awaited', (arg) => policy.execute(() => work(arg))),
    opossum: await loop('awaited', (arg) => breaker.fire(arg)),
    full,
  };
  try {
    const samples = await compare(candidates, effort);
    const bound = { ratio: 1 / 40 };
    return [
      figure(`${NAME}, against cockatiel`, samples.against('full', 'cockatiel', 'bare'), bound),
      figure(`${NAME}, against opossum`, samples.against('full', 'opossum', 'bare')),
    ];
  } finally {
    breaker.shutdown();
  }
}
