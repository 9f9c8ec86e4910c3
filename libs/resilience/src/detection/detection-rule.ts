import type { Classification } from '../classification.js';

/**
 * Recognises one family of errors: gives its classification, or `undefined` for an error of another family. Never by
 * message text alone.
 * @example
 * const rule: DetectionRule = (error) =>
 *   error instanceof QuotaError ? { kind: 'throttled', type: 'QUOTA', retryAfterMs: error.resetMs } : undefined;
 */
export type DetectionRule = (error: unknown) => Classification | undefined;

/** The string property `code` of an error, as Node and most drivers set it. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}
