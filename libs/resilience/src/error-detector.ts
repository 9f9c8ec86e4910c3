import type { Classification } from './classification.js';
import { detectAbort } from './detection/abort-errors.js';
import { detectClassified } from './detection/classified-errors.js';
import type { DetectionRule } from './detection/detection-rule.js';
import { detectFilesystemError } from './detection/filesystem-errors.js';
import { detectHttpError } from './detection/http-errors.js';
import { detectSocketError } from './detection/socket-errors.js';
import { detectTlsError } from './detection/tls-errors.js';
import { ListenerErrors } from './listener-errors.js';

/** How many causes are looked at beneath an error. */
const MAX_CAUSES = 10;

const BUILT_IN: readonly DetectionRule[] = [
  detectClassified,
  detectSocketError,
  detectTlsError,
  detectFilesystemError,
  detectHttpError,
  detectAbort,
];

/**
 * Tells what kind of error something is. Rules given here come before the built-in ones; the first match wins. An error
 * that no rule knows is judged by its causes (`cause`, and the members of an `AggregateError`), at most 10 of them.
 */
export class ErrorDetector {
  readonly #rules: readonly DetectionRule[];
  readonly #ruleErrors = new ListenerErrors('ErrorDetector');

  constructor(rules: readonly DetectionRule[] = []) {
    this.#rules = [...rules, ...BUILT_IN];
  }

  /** Never throws: what no rule knows is `unknown`, with the error's name as its type. */
  detect(error: unknown): Classification {
    try {
      return this.#search(error) ?? { kind: 'unknown', type: nameOf(error) };
    } catch (unreadable) {
      this.#ruleErrors.report('Reading an error', unreadable);
      return { kind: 'unknown', type: typeof error };
    }
  }

  #search(error: unknown): Classification | undefined {
    const queue: unknown[] = [error];
    for (let seen = 0; queue.length > 0 && seen <= MAX_CAUSES; seen++) {
      const candidate = queue.shift();
      const found = this.#match(candidate);
      if (found) return found;
      queue.push(...causesOf(candidate));
    }
    return undefined;
  }

  #match(error: unknown): Classification | undefined {
    for (const rule of this.#rules) {
      const found = this.#apply(rule, error);
      if (found) return found;
    }
    return undefined;
  }

  #apply(rule: DetectionRule, error: unknown): Classification | undefined {
    try {
      return rule(error);
    } catch (ruleError) {
      this.#ruleErrors.report('A detection rule', ruleError);
      return undefined;
    }
  }
}

/** Not by `instanceof`: errors of another realm (a test runner's, a worker's) have causes too. */
function causesOf(error: unknown): readonly unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  const { errors, cause } = error as { errors?: unknown; cause?: unknown };
  const members: readonly unknown[] =
    nameOf(error) === 'AggregateError' && Array.isArray(errors) ? errors : [];
  return cause === undefined ? members : [...members, cause];
}

/** The name of an error, or the type of what was thrown instead of one. */
function nameOf(error: unknown): string {
  const name =
    typeof error === 'object' && error !== null ? (error as { name?: unknown }).name : undefined;
  return typeof name === 'string' && name !== '' ? name : typeof error;
}
