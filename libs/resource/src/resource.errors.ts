import { inspect } from 'node:util';
import { formatDuration, MainstayError } from 'nestjs-mainstay/common';
import type { Classification, ClassifiedError } from 'nestjs-mainstay/resilience';

/** Two resources of one application have the same name. */
export class DuplicateResourceError extends MainstayError<'RESOURCE_DUPLICATE'> {
  readonly code = 'RESOURCE_DUPLICATE';

  constructor(name: string) {
    super(
      `There are two resources named "${name}". Give each its own name: the second instance of a module takes forRoot({ name: '…' }).`,
      { context: { name } },
    );
  }
}

/** Something asked for the operations of a resource that has none: most likely the name is misspelt. */
export class UnknownResourceError extends MainstayError<'RESOURCE_UNKNOWN'> {
  readonly code = 'RESOURCE_UNKNOWN';

  constructor(name: string, known: readonly string[]) {
    super(
      `No resource named "${name}" has operations. Those that have: ${known.join(', ') || 'none yet'}.`,
      { context: { name, known } },
    );
  }
}

/** A step of an initialisation did not end in time. */
export class InitializationTimeoutError
  extends MainstayError<'INITIALIZATION_TIMEOUT'>
  implements ClassifiedError
{
  readonly code = 'INITIALIZATION_TIMEOUT';
  readonly classification: Classification = { kind: 'timeout', type: 'INITIALIZATION_TIMEOUT' };

  constructor(resource: string, step: string, timeoutMs: number) {
    super(`${resource}: the step "${step}" did not end within ${formatDuration(timeoutMs)}.`, {
      context: { resource, step, timeoutMs },
    });
  }
}

/** An initialisation was ended by the shutdown of the application. */
export class InitializationCancelledError
  extends MainstayError<'INITIALIZATION_CANCELLED'>
  implements ClassifiedError
{
  readonly code = 'INITIALIZATION_CANCELLED';
  readonly classification: Classification = { kind: 'cancelled', type: 'INITIALIZATION_CANCELLED' };

  constructor() {
    super('The initialisation was cancelled: the application shuts down.');
  }
}

/** A resource could not be initialised and the application refuses to start without it. */
export class ResourceUnavailableError extends MainstayError<'RESOURCE_UNAVAILABLE'> {
  readonly code = 'RESOURCE_UNAVAILABLE';

  constructor(resource: string, step: string, reason: string, advice: string, cause: unknown) {
    super(`${resource} could not be initialised: step "${step}" failed: ${reason}. ${advice}`, {
      context: { resource, step },
      cause,
    });
    // Nest prints the stack of an error that ends the bootstrap; the message says everything.
    this.stack = this.message;
  }

  /** What `console.log` and Nest's logger show: not the cause with its trace. */
  [inspect.custom](): string {
    return this.message;
  }
}

/** A resource did not close within its deadline. */
export class ResourceCloseTimeoutError extends MainstayError<'RESOURCE_CLOSE_TIMEOUT'> {
  readonly code = 'RESOURCE_CLOSE_TIMEOUT';

  constructor(resource: string, timeoutMs: number) {
    super(
      `${resource} did not close within ${formatDuration(timeoutMs)}; the shutdown goes on without it.`,
      {
        context: { resource, timeoutMs },
      },
    );
  }
}
