import { redactError } from 'nestjs-mainstay/common';

/** Where the failure of a fallback is found on the error that the fallback was for. */
export const FALLBACK_ERROR = Symbol.for('nestjs-mainstay.fallback-error');

/**
 * Attaches the failure of a fallback to the original error, which is what the caller gets.
 * @returns the original error, the same object
 */
export function attachFallbackError(original: unknown, fallbackError: unknown): unknown {
  if (typeof original === 'object' && original !== null) {
    // Returns false for what takes no property; a proxy may refuse by throwing.
    try {
      Reflect.defineProperty(original, FALLBACK_ERROR, {
        value: redactError(fallbackError),
        configurable: true,
      });
    } catch {
      return original;
    }
  }
  return original;
}
