import { formatDuration, MainstayError } from 'nestjs-mainstay/common';
import type { Classification, ClassifiedError } from 'nestjs-mainstay/resilience';

/** A background probe got no answer in time. */
export class ProbeTimeoutError extends MainstayError<'PROBE_TIMEOUT'> implements ClassifiedError {
  readonly code = 'PROBE_TIMEOUT';
  readonly classification: Classification = { kind: 'timeout', type: 'PROBE_TIMEOUT' };

  constructor(resource: string, timeoutMs: number) {
    super(
      `No answer to the probe of ${resource} within ${formatDuration(timeoutMs)}. ` +
        'Is it overloaded, stopped, or cut off by the network? The time is set by STATUS_PROBE_TIMEOUT.',
      { context: { resource, timeoutMs } },
    );
  }
}
