import { MainstayError } from 'nestjs-mainstay/common';
import type { Classification, ClassifiedError } from './classification.js';

/** Who gave a call up. */
export type CancellationReason = 'caller' | 'shutdown';

/** A call was given up by its caller or by the shutdown; never a failure of the dependency. */
export class OperationCancelledError
  extends MainstayError<'OPERATION_CANCELLED'>
  implements ClassifiedError
{
  readonly code = 'OPERATION_CANCELLED';
  readonly classification: Classification = { kind: 'cancelled', type: 'OPERATION_CANCELLED' };

  constructor(resource: string, operation: string, reason: CancellationReason, cause?: unknown) {
    const who = reason === 'caller' ? 'its caller' : 'the shutdown of the application';
    super(`${resource}.${operation} was cancelled by ${who}.`, {
      context: { resource, operation, reason },
      cause,
    });
  }
}
