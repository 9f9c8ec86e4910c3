import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { figure } from '../support/figure.mjs';

/** @typedef {import('../support/effort.mjs').Effort} Effort */
/** @typedef {import('../../test/support/retry-storm.js').StormResult} StormResult */

const runner = fileURLToPath(new URL('../../test/support/run-source.mjs', import.meta.url));
const storms = fileURLToPath(new URL('storms.mjs', import.meta.url));

/**
 * What retries do to a server that is 4 × slower for 30 s: a simulation, which is a test as well.
 * @param {Effort} effort
 */
export async function retryStorm({ storm }) {
  const env = { ...process.env, SCALE: String(storm) };
  const { stdout } = await promisify(execFile)(process.execPath, [runner, storms], { env });
  /** @type {Record<'ours' | 'none' | 'naive', StormResult>} */
  const { ours, none, naive } = JSON.parse(stdout);
  return [
    figure(
      'retry storm, requests per call in the worst 10 s, against naive retries',
      { value: ours.worstLoadFactor, peer: naive.worstLoadFactor },
      { value: 1.1 },
    ),
    figure(
      'retry storm, recovered after [s], against no retries (naive ones never recover)',
      { value: seconds(ours.recoveryMs), peer: seconds(none.recoveryMs) },
      { value: 10 },
    ),
  ];
}

/**
 * JSON has no infinity: a client that never recovered comes as `null`.
 * @param {number | null} ms
 */
function seconds(ms) {
  return ms === null ? Infinity : ms / 1_000;
}
