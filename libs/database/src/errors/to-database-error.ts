import type { Classification } from 'nestjs-mainstay/resilience';
import { QueryFailedError } from 'typeorm';
import { DatabaseError, type DatabaseOutcome } from './database.error.js';
import { WriteInReadOnlyError } from '../sqlite/native-sqlite.js';
import { meaningOf, READ_ONLY_TRANSACTION, type CodeMeaning } from './sqlite-codes.js';

interface Finding extends CodeMeaning {
  readonly type: string;
  readonly code: string | undefined;
  readonly driverMessage: string;
}

/** Detection rule for what the engine and TypeORM throw: `QueryFailedError`s and the driver's own errors. */
export function detectDatabaseError(error: unknown): Classification | undefined {
  if (error instanceof DatabaseError) return error.classification;
  const finding = examine(error);
  if (!finding) return undefined;
  return { ...finding.classification, type: finding.type };
}

/**
 * The {@link DatabaseError} for an error of the engine; anything else is given back as it is.
 * @param outcome what became of the work
 */
export function toDatabaseError(
  error: unknown,
  dataSource: string,
  outcome: DatabaseOutcome,
): unknown {
  const finding = error instanceof DatabaseError ? undefined : examine(error);
  if (!finding) return error;
  const { kind, type, classification, code, driverMessage } = finding;
  return new DatabaseError(`${dataSource}: ${describe(kind)}: ${driverMessage}`, {
    kind,
    classification: { ...classification, type },
    outcome: classification.notSent ? 'not-sent' : outcome,
    dataSource,
    driverCode: code,
    cause: error,
  });
}

function examine(error: unknown): Finding | undefined {
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (!(driverError instanceof Error)) return undefined;
  const driverMessage = driverError.message;
  const code = (driverError as { code?: unknown }).code;
  if (typeof code === 'string') {
    const isReadOnly = driverError instanceof WriteInReadOnlyError;
    const meaning = isReadOnly ? READ_ONLY_TRANSACTION : meaningOf(code);
    if (meaning) return { type: code, ...meaning, code, driverMessage };
  }
  const isMisuse = driverError instanceof RangeError || driverError instanceof TypeError;
  if (!(error instanceof QueryFailedError) || !isMisuse) return undefined;
  const classification = { kind: 'permanent', reason: 'validation' } as const;
  const type = 'INVALID_STATEMENT';
  return { kind: 'invalid-statement', type, classification, code: undefined, driverMessage };
}

function describe(kind: Finding['kind']): string {
  switch (kind) {
    case 'unique':
      return 'such a row exists already';
    case 'foreign-key':
      return 'a row refers to another that does not exist';
    case 'busy':
      return 'another process holds the database';
    case 'read-only':
      return 'the database cannot be written';
    case 'read-only-transaction':
      return 'the transaction is readOnly; write outside of it, or begin it without that option';
    case 'disk-full':
      return 'the disk is full';
    case 'corrupt':
      return 'the database file is damaged; restore it from a backup';
    case 'not-a-database':
      return 'the file is no SQLite database; check the path in the URL';
    case 'cannot-open':
      return 'the database file cannot be opened; check that its directory exists and is writable';
    case 'invalid-statement':
      return 'the statement is not valid';
    default:
      return `failed (${kind})`;
  }
}
