import { MainstayError } from 'nestjs-mainstay/common';

/** An option of a resilience pipeline makes no sense, or contradicts another one. Thrown at start. */
export class PipelineOptionsError extends MainstayError<'PIPELINE_OPTIONS_INVALID'> {
  readonly code = 'PIPELINE_OPTIONS_INVALID';

  constructor(option: string, found: unknown, allowed: string) {
    super(`The resilience option ${option} is ${String(found)}; it must be ${allowed}.`, {
      context: { option, allowed },
    });
  }
}
