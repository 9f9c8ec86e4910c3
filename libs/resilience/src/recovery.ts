import type { RecoveryOutcome, RetryEnd } from './operation-recorder.js';

/** How the recovery of a call ended: with a value, or with the error that the caller gets. */
export type Recovery<R> = { readonly reason?: RetryEnd | undefined } & (
  | { readonly outcome: 'recovered' | 'using-fallback'; readonly value: R }
  | {
      readonly outcome: Exclude<RecoveryOutcome, 'success' | 'recovered' | 'using-fallback'>;
      readonly error: unknown;
    }
);
