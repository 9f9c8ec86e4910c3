import { isClassification, type Classification } from '../classification.js';

/** Errors that carry their own classification are believed; also those of a second copy of this package. */
export function detectClassified(error: unknown): Classification | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { classification } = error as { classification?: unknown };
  return isClassification(classification) ? classification : undefined;
}
