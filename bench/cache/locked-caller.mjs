import { setTimeout as sleep } from 'node:timers/promises';
import { Service } from './service.mjs';
import { user } from './values.mjs';

/** @typedef {{ key: string, waiters: number }} Job */

const FACTORY_MS = 20;

/** One of several processes that miss a key at the same time, each with a cache before the same Redis. */
const [url = '', lock] = process.argv.slice(2);
const { cache } = await Service.start({ url, lock: lock === 'true' });

/** @param {Job} job */
async function callsOf({ key, waiters }) {
  let calls = 0;
  const factory = async () => {
    calls++;
    await sleep(FACTORY_MS);
    return user(1);
  };
  await Promise.all(Array.from({ length: waiters }, () => cache.getOrSet(key, factory)));
  return calls;
}

process.on('message', (message) => {
  void callsOf(/** @type {Job} */ (message)).then((calls) => process.send?.(calls));
});
process.send?.('ready');
