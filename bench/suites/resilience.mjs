import { addedByOptions } from '../resilience/added-by-options.mjs';
import { addedPerCall } from '../resilience/added-per-call.mjs';
import { concurrentStart } from '../resilience/concurrent-start.mjs';
import { failingCall } from '../resilience/failing-call.mjs';
import { recording } from '../resilience/recording.mjs';
import { rejection } from '../resilience/rejection.mjs';
import { retryStorm } from '../resilience/retry-storm.mjs';
import { Service } from '../resilience/service.mjs';

/**
 * What protection costs, against cockatiel, opossum and what one would write by hand.
 * @param {import('../support/effort.mjs').Effort} effort
 */
export async function measure(effort) {
  const service = await Service.start();
  try {
    return [
      ...(await addedPerCall(service, effort)),
      ...(await addedByOptions(service, effort)),
      ...(await recording(service, effort)),
      ...(await rejection(service, effort)),
      ...(await concurrentStart(service, effort)),
      ...(await failingCall(service, effort)),
      ...(await retryStorm(effort)),
    ];
  } finally {
    await service.stop();
  }
}
