import type { Classification } from 'nestjs-mainstay/resilience';
import type { DatabaseErrorKind, DatabaseOutcome } from './database.error.js';

/** What an error code of an engine means. */
export interface CodeMeaning {
  readonly kind: DatabaseErrorKind;
  /** Name for metrics and logs; @default the code */
  readonly type?: string;
  readonly classification: Omit<Classification, 'type'>;
  /** What became of the work, where the code says more than the place where it failed. */
  readonly outcome?: DatabaseOutcome;
}
