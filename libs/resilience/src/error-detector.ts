import type { Classification } from './classification.js';
import { detectBuiltIn } from './detection/built-in-rules.js';
import { detectClassified } from './detection/classified-errors.js';
import type { DetectionRule } from './detection/detection-rule.js';
import { ListenerErrors } from './listener-errors.js';

/** How many causes are looked at beneath an error. */
const MAX_CAUSES = 10;

/** Names that may be a type of error, hence a label of metrics: those of classes. Free text has no bound and may hold secrets. */
const NAME_OF_CLASS = /^[A-Za-z_$][\w.$-]{0,63}$/;

/**
 * Tells what kind of error something is. Rules given here come first, then the classification that an error carries,
 * then the built-in tables: Node's sockets, files and TLS, HTTP and undici, Redis, PostgreSQL, MySQL and MariaDB, SQLite,
 * S3. The first match wins. An error that no rule knows is judged by its causes, at most 10 of them: `cause`, the members
 * of an `AggregateError`, and what TypeORM and node-redis keep under other names.
 *
 * @example
 * const detector = new ErrorDetector([
 *   (error) => (error instanceof QuotaError ? { kind: 'throttled', type: 'QUOTA' } : undefined),
 * ]);
 * detector.detect(error).kind; // 'throttled'
 */
export class ErrorDetector {
  readonly #rules: readonly DetectionRule[];
  readonly #ruleErrors = new ListenerErrors('ErrorDetector');

  constructor(rules: readonly DetectionRule[] = []) {
    this.#rules = [...rules, detectClassified, detectBuiltIn];
  }

  /** Never throws: what no rule knows is `unknown`, with the error's name as its type when it is one of a class. */
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

/**
 * Where libraries keep what an error came from, beside `cause`: TypeORM the error of the driver, node-redis what its
 * reconnect strategy was asked about. Not by `instanceof`: errors of another realm (a test runner's, a worker's) have
 * causes too.
 */
const CAUSE_OF_CLASS: ReadonlyMap<string, string> = new Map([
  ['QueryFailedError', 'driverError'],
  ['ReconnectStrategyError', 'socketError'],
]);

function causesOf(error: unknown): readonly unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  const { errors, cause } = error as { errors?: unknown; cause?: unknown };
  const name = nameOf(error);
  const members: readonly unknown[] =
    name === 'AggregateError' && Array.isArray(errors) ? errors : [];
  const property = CAUSE_OF_CLASS.get(classNameOf(error));
  const named = property === undefined ? undefined : (error as Record<string, unknown>)[property];
  return [...members, named, cause].filter((found) => found !== undefined);
}

/** node-redis gives its errors a class but no name. */
function classNameOf(error: object): string {
  return error.constructor?.name ?? '';
}

/** The name of an error where it is one of a class, otherwise the type of what was thrown. */
function nameOf(error: unknown): string {
  const name =
    typeof error === 'object' && error !== null ? (error as { name?: unknown }).name : undefined;
  return typeof name === 'string' && NAME_OF_CLASS.test(name) ? name : typeof error;
}
