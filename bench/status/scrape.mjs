import { cpuTimeMs } from '../support/cpu-time.mjs';
import { figure } from '../support/figure.mjs';
import { longestHold } from '../support/heartbeat.mjs';
import { Samples } from '../support/samples.mjs';
import { promClient } from './peers.mjs';

/** @typedef {import('./web-service.mjs').WebService} WebService */
/** @typedef {import('./web-service.mjs').Platform} Platform */
/** @typedef {import('../support/load.mjs').Load} Load */
/** @typedef {import('../support/effort.mjs').Effort} Effort */

const LINES = 10_000;
/** Lines of an operation: 4 outcomes, 2 tries, 1 gauge and a histogram of 17; with prom-client 1 counter and a histogram. */
const OWN_LINES = 24;
const PEER_LINES = 18;
const SCRAPES = 5;

/**
 * What a scrape of 10,000 series takes, over HTTP, and how long it holds the event loop.
 * @param {WebService} service
 * @param {Load} load
 * @param {Platform} platform
 * @param {Effort} effort
 */
export async function scrape(service, load, platform, { rounds }) {
  fill(service);
  const samples = new Samples(['ours', 'peer']);
  const holds = new Samples(['ours', 'peer']);
  for (let round = -2; round < rounds; round++) {
    for (const [name, path] of /** @type {const} */ ([
      ['ours', '/metrics'],
      ['peer', '/prom-client'],
    ])) {
      globalThis.gc?.();
      const ms = await scrapeTime(path, load);
      const heldMs = await longestHold(() => load.run({ path, pipelining: 1, requests: 1 }));
      if (round < 0) continue;
      samples.add(name, ms);
      holds.add(name, heldMs);
    }
  }
  const name = `scrape of 10,000 series, ${platform}`;
  return [
    figure(`${name} [ms]`, samples.against('ours', 'peer'), { ratio: 0.25 }),
    figure(`… holds the event loop, ${platform} [ms]`, holds.against('ours', 'peer'), { value: 5 }),
  ];
}

/**
 * @param {string} path
 * @param {Load} load
 */
async function scrapeTime(path, load) {
  const startedAt = cpuTimeMs();
  await load.run({ path, pipelining: 1, requests: SCRAPES });
  return (cpuTimeMs() - startedAt) / SCRAPES;
}

/** @param {WebService} service */
function fill({ recorder }) {
  for (let index = 0; index < LINES / OWN_LINES; index++) {
    recorder.bind('http', `Controller.handler${index}`).recordSuccess(index / 100);
  }
  for (let index = 0; index < LINES / PEER_LINES; index++) {
    const labels = {
      resource: 'http',
      operation: `Controller.handler${index}`,
      outcome: 'success',
    };
    promClient.record(labels, index / 1e5);
  }
}
