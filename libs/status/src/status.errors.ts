import { formatDuration, MainstayError, redactError } from 'nestjs-mainstay/common';
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

/** The management port cannot be listened on. */
export class ManagementPortError extends MainstayError<'STATUS_MANAGEMENT_PORT'> {
  readonly code = 'STATUS_MANAGEMENT_PORT';

  constructor(port: number, host: string | undefined, cause: unknown) {
    const reason = redactError(cause).message;
    super(
      `The management port ${port}${host === undefined ? '' : ` of ${host}`} cannot be listened on: ${reason}. ` +
        'Choose a port that is free, other than that of the application (STATUS_MANAGEMENT_PORT), and a host of this machine (STATUS_MANAGEMENT_HOST).',
      { context: { port, host }, cause },
    );
    // Nest prints the stack of an error that ends the bootstrap; the message says everything.
    this.stack = this.message;
  }
}

/** The groups of `/health` cannot be as they were given; the message says everything that is wrong. */
export class HealthGroupsError extends MainstayError<'STATUS_HEALTH_GROUPS'> {
  readonly code = 'STATUS_HEALTH_GROUPS';

  constructor(problems: readonly string[], known: readonly string[]) {
    super(
      `The health groups (StatusModule.forRoot({ groups })) cannot be: ${problems.join('; ')}. ` +
        `Registered: ${known.join(', ') || 'none'}.`,
      { context: { problems, known } },
    );
    // Nest prints the stack of an error that ends the bootstrap; the message says everything.
    this.stack = this.message;
  }
}
