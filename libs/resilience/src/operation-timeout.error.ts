import { formatDuration, MainstayError } from 'nestjs-mainstay/common';
import type { Classification, ClassifiedError } from './classification.js';

/** A try, or a whole call with its retries, did not end within its deadline. */
export class OperationTimeoutError
  extends MainstayError<'OPERATION_TIMEOUT'>
  implements ClassifiedError
{
  readonly code = 'OPERATION_TIMEOUT';
  readonly classification: Classification = { kind: 'timeout', type: 'OPERATION_TIMEOUT' };

  constructor(resource: string, operation: string, timeoutMs: number) {
    super(`${resource}.${operation} did not answer within ${formatDuration(timeoutMs)}.`, {
      context: { resource, operation, timeoutMs },
    });
  }
}
