import { Client } from 'undici';

/** @typedef {{ path: string, pipelining: number, requests: number, headers?: Record<string, string> }} Job */

/** Sends requests from a process of its own, so that only serving them takes time of the one that is measured. */
const client = new Client(process.argv[2] ?? '', { pipelining: 32 });

process.on('message', (/** @type {Job | 'end'} */ job) => {
  if (job === 'end') void client.close().then(() => process.disconnect());
  else void run(job).then((latenciesMs) => process.send?.({ latenciesMs }));
});

/**
 * @param {Job} job
 * @returns {Promise<number[]>}
 */
async function run({ path, pipelining, requests, headers }) {
  /** @type {number[]} */
  const latenciesMs = [];
  let left = requests;
  const lane = async () => {
    while (left-- > 0) {
      const startedAt = performance.now();
      const { statusCode, body } = await client.request({
        path,
        method: 'GET',
        headers: headers ?? null,
      });
      await body.dump({ limit: 1e9 });
      if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}.`);
      latenciesMs.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: pipelining }, lane));
  return latenciesMs;
}
