import { MainstayError } from 'nestjs-mainstay/common';

/** `@Resilient` stands where it cannot, or a method that it marks was called in a way that it cannot protect. */
export class ResilientTargetError extends MainstayError<'RESILIENT_TARGET_INVALID'> {
  readonly code = 'RESILIENT_TARGET_INVALID';

  constructor(target: string, problem: string) {
    super(`@Resilient on ${target}: ${problem}`, { context: { target } });
  }
}
