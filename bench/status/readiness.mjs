import { cpuTimeMs } from '../support/cpu-time.mjs';
import { figure } from '../support/figure.mjs';
import { Samples } from '../support/samples.mjs';

/** @typedef {import('./web-service.mjs').WebService} WebService */
/** @typedef {import('./web-service.mjs').Platform} Platform */
/** @typedef {import('../support/load.mjs').Load} Load */
/** @typedef {import('../support/effort.mjs').Effort} Effort */

/** At least 0.9 × the requests a second of the empty route. */
const BOUND = { ratio: 1.11 };

/**
 * What a request to `/readyz` takes, against an empty route of the same application.
 * @param {Load} load
 * @param {Platform} platform
 * @param {Effort} effort
 */
export async function readiness(load, platform, { rounds, concurrent }) {
  const requests = concurrent / 5;
  const samples = new Samples(['readyz', 'empty']);
  for (let round = -2; round < rounds; round++) {
    for (const name of /** @type {const} */ (['readyz', 'empty'])) {
      const startedAt = cpuTimeMs();
      await load.run({ path: `/${name}`, pipelining: 32, requests });
      if (round >= 0) samples.add(name, ((cpuTimeMs() - startedAt) * 1_000) / requests);
    }
  }
  const measured = samples.against('readyz', 'empty');
  return [figure(`request to /readyz, against an empty route, ${platform} [µs]`, measured, BOUND)];
}

/**
 * How long `/readyz` takes for who asks while the probe of a dependency hangs.
 * @param {WebService} service
 * @param {Load} load
 * @param {Platform} platform
 * @param {Effort} effort
 */
export async function whileProbeHangs({ dependency }, load, platform, { concurrent }) {
  dependency.hangs = true;
  try {
    const latencies = await load.run({ path: '/readyz', pipelining: 1, requests: concurrent / 5 });
    const p99 = latencies.sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? NaN;
    return [figure(`/readyz while a probe hangs, p99, ${platform} [ms]`, { value: p99 })];
  } finally {
    dependency.hangs = false;
  }
}
