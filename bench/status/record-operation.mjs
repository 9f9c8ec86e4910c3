import { compare } from '../support/compare.mjs';
import { figure } from '../support/figure.mjs';
import { loop } from '../support/loop.mjs';
import { OpenTelemetry, promClient } from './peers.mjs';

/** @typedef {import('./web-service.mjs').WebService} WebService */
/** @typedef {import('../support/effort.mjs').Effort} Effort */

const NAME = 'recording one operation: counter + histogram [ns]';
const labels = { resource: 'cache', operation: 'get', outcome: 'success' };
/** Times from 10 µs to 1 s, by argument, in milliseconds. */
const timesMs = Float64Array.from({ length: 1_024 }, (_, arg) => 0.01 * 10 ** ((arg * 5) / 1_024));

/**
 * What it takes to record how a call ended and how long it took.
 * @param {WebService} service
 * @param {Effort} effort
 */
export async function recordOperation(service, effort) {
  const recorder = service.recorder.bind('cache', 'get');
  const telemetry = new OpenTelemetry();
  const samples = await compare(
    {
      bare: await loop(
        'direct',
        recorded(() => undefined),
      ),
      ours: await loop(
        'direct',
        recorded((ms) => recorder.recordSuccess(ms)),
      ),
      promClient: await loop(
        'direct',
        recorded((ms) => promClient.record(labels, ms / 1_000)),
      ),
      telemetry: await loop(
        'direct',
        recorded((ms) => telemetry.record(labels, ms / 1_000)),
      ),
    },
    effort,
  );
  await telemetry.stop();
  return [
    figure(`${NAME}, against prom-client`, samples.against('ours', 'promClient', 'bare'), {
      ratio: 0.01,
    }),
    figure(`${NAME}, against OpenTelemetry's SDK`, samples.against('ours', 'telemetry', 'bare')),
    figure('… within 15 ns [ns]', { value: samples.value('ours', 'bare') }, { value: 15 }),
  ];
}

/** @param {(ms: number) => void} record */
function recorded(record) {
  /** @param {number} arg */
  return (arg) => {
    record(timesMs[arg] ?? 0);
    return arg;
  };
}
