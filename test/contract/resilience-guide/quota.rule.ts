import type { DetectionRule } from 'nestjs-mainstay/resilience';

/** The partner says with a code of its own that the quota is used up, and until when. */
export class QuotaError extends Error {
  constructor(readonly resetMs: number) {
    super('The quota is used up.');
  }
}

/** Without it the error would be unknown: not retried, no fallback, logged as a defect. */
export const quotaRule: DetectionRule = (error) =>
  error instanceof QuotaError
    ? { kind: 'throttled', type: 'QUOTA_USED_UP', retryAfterMs: error.resetMs, notSent: true }
    : undefined;
