import { inspect } from 'node:util';
import { MainstayError } from 'nestjs-mainstay/common';
import { formatReport } from './report/format-report.js';
import type { ConfigViolation } from './violation.js';

/**
 * The configuration is wrong: one report with every violation of every module. Its `stack` is its message, and it
 * inspects as its message, so that Nest prints the report and no trace.
 */
export class ConfigurationError extends MainstayError<'CONFIGURATION_INVALID'> {
  readonly code = 'CONFIGURATION_INVALID';

  /** Everything that is wrong, secrets masked; not enumerable, because the message says it all. */
  declare readonly violations: readonly ConfigViolation[];

  constructor(violations: readonly ConfigViolation[]) {
    super(formatReport(violations));
    this.stack = this.message;
    Object.defineProperty(this, 'violations', { value: Object.freeze([...violations]) });
  }

  /** What `console.log` and Nest's logger show. */
  [inspect.custom](): string {
    return this.message;
  }
}
