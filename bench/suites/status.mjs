import { readiness, whileProbeHangs } from '../status/readiness.mjs';
import { recordOperation } from '../status/record-operation.mjs';
import { scrape } from '../status/scrape.mjs';
import { WebService } from '../status/web-service.mjs';
import { Load } from '../support/load.mjs';

/** @typedef {import('../support/effort.mjs').Effort} Effort */

/**
 * What it costs to record, to scrape and to ask for readiness, against prom-client and OpenTelemetry's SDK.
 * @param {Effort} effort
 */
export async function measure(effort) {
  return [...(await onPlatform('express', effort)), ...(await onPlatform('fastify', effort))];
}

/**
 * @param {import('../status/web-service.mjs').Platform} platform
 * @param {Effort} effort
 */
async function onPlatform(platform, effort) {
  const service = await WebService.start(platform);
  const load = new Load(await service.url());
  try {
    return [
      ...(platform === 'express' ? await recordOperation(service, effort) : []),
      ...(await readiness(load, platform, effort)),
      ...(await whileProbeHangs(service, load, platform, effort)),
      ...(await scrape(service, load, platform, effort)),
    ];
  } finally {
    await load.end();
    await service.stop();
  }
}
