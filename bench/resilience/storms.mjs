import {
  clientWithoutRetries,
  mainstayClient,
  naiveClient,
} from '../../test/support/retry-storm-clients.js';
import { simulateRetryStorm, STORM } from '../../test/support/retry-storm.js';

/**
 * Simulates retry storms and prints their results as JSON: `node run-source.mjs storms.mjs`. `SCALE` is the share of
 * the storm's clients and of its server.
 */
const scale = Number(process.env.SCALE);
const storm = { ...STORM, clients: STORM.clients * scale, workers: STORM.workers * scale };
/** Naive retries never recover: what they do for longer only takes longer to simulate. */
const naiveStorm = { ...storm, afterMs: 20_000 };
const results = {
  ours: await simulateRetryStorm(mainstayClient(), storm),
  none: await simulateRetryStorm(clientWithoutRetries, storm),
  naive: await simulateRetryStorm(naiveClient, naiveStorm),
};
process.stdout.write(`${JSON.stringify(results)}\n`);
