import { formatDuration, MainstayError } from 'nestjs-mainstay/common';
import type { Classification, ClassifiedError } from './classification.js';

/** A try, or a whole call with its retries, did not end within its deadline. */
export class OperationTimeoutError
  extends MainstayError<'OPERATION_TIMEOUT'>
  implements ClassifiedError
{
  readonly code = 'OPERATION_TIMEOUT';
  readonly classification: Classification = { kind: 'timeout', type: 'OPERATION_TIMEOUT' };

  /** @param advice what may help, as a sentence */
  constructor(resource: string, operation: string, timeoutMs: number, advice?: string) {
    const what = `${resource}.${operation} did not answer within ${formatDuration(timeoutMs)}.`;
    super(advice === undefined ? what : `${what} ${advice}`, {
      context: { resource, operation, timeoutMs },
    });
  }
}
