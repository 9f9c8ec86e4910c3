import { MainstayError } from 'nestjs-mainstay/common';
import type {
  Classification,
  ClassifiedError,
  DatabaseCondition,
} from 'nestjs-mainstay/resilience';

/** What went wrong with a database, independent of the engine. */
export type DatabaseErrorKind =
  | DatabaseCondition
  | 'commit-outcome-unknown'
  | 'transaction-timeout'
  | 'transaction-finished'
  | 'unexpected-rollback'
  | 'propagation'
  | 'invalid-option';

/** What became of the work: never sent, taken back, done, or not known. */
export type DatabaseOutcome = 'not-sent' | 'rolled-back' | 'committed' | 'unknown';

/** Codes of {@link DatabaseError}: its kind in capitals. */
export type DatabaseErrorCode =
  `DATABASE_${Uppercase<DatabaseErrorKind> extends infer K extends string ? SnakeCase<K> : never}`;

type SnakeCase<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}_${SnakeCase<Tail>}`
  : Text;

/** What a {@link DatabaseError} is made of. */
export interface DatabaseErrorFacts {
  readonly kind: DatabaseErrorKind;
  readonly classification: Classification;
  readonly outcome: DatabaseOutcome;
  /** Name of the resource: `'database'`, `'database:reports'`. */
  readonly dataSource: string;
  /** The code of the engine or its driver: `'SQLITE_CONSTRAINT_UNIQUE'`, `'23505'`, `'ECONNRESET'`. */
  readonly driverCode?: string | undefined;
  /** The SQLSTATE, on engines that have one. */
  readonly sqlState?: string | undefined;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The error of every failed database operation that Mainstay itself answers. Repositories and query builders keep
 * throwing TypeORM's `QueryFailedError`. Parameters are never in the message.
 */
export class DatabaseError extends MainstayError<DatabaseErrorCode> implements ClassifiedError {
  readonly code: DatabaseErrorCode;
  readonly kind: DatabaseErrorKind;
  readonly classification: Classification;
  readonly outcome: DatabaseOutcome;
  readonly dataSource: string;
  readonly driverCode: string | undefined;
  readonly sqlState: string | undefined;

  constructor(message: string, facts: DatabaseErrorFacts) {
    const { dataSource, outcome, driverCode } = facts;
    super(message, {
      context: {
        dataSource,
        outcome,
        ...(driverCode === undefined ? {} : { driverCode }),
        ...facts.context,
      },
      ...(facts.cause === undefined ? {} : { cause: facts.cause }),
    });
    this.code = `DATABASE_${facts.kind.toUpperCase().replaceAll('-', '_')}` as DatabaseErrorCode;
    this.kind = facts.kind;
    this.classification = facts.classification;
    this.outcome = outcome;
    this.dataSource = dataSource;
    this.driverCode = driverCode;
    this.sqlState = facts.sqlState;
  }

  /** Whether the same may succeed when the whole unit is done again. */
  get retryable(): boolean {
    const { kind, retryable } = this.classification;
    const isTemporary = ['timeout', 'throttled', 'unavailable', 'transient', 'rejected'].includes(
      kind,
    );
    return isTemporary && retryable !== false;
  }
}

/** Not a plain `instanceof`: a proxy may refuse to be asked. */
export function isDatabaseError(error: unknown): error is DatabaseError {
  try {
    return error instanceof DatabaseError;
  } catch {
    return false;
  }
}
