import type { Classification } from 'nestjs-mainstay/resilience';
import { QueryFailedError } from 'typeorm';
import { DatabaseError, type DatabaseOutcome } from './database.error.js';
import { meaningOf, type CodeMeaning } from './sqlite-codes.js';

interface Finding extends CodeMeaning {
  readonly code: string | undefined;
  readonly driverMessage: string;
}

/** Detection rule for what the engine and TypeORM throw: `QueryFailedError`s and the driver's own errors. */
export function detectDatabaseError(error: unknown): Classification | undefined {
  if (error instanceof DatabaseError) return error.classification;
  const finding = examine(error);
  if (!finding) return undefined;
  return { ...finding.classification, type: finding.code ?? 'INVALID_STATEMENT' };
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
  const { kind, classification, code, driverMessage } = finding;
  return new DatabaseError(`${dataSource}: ${describe(kind)}: ${driverMessage}`, {
    kind,
    classification: { ...classification, type: code ?? 'INVALID_STATEMENT' },
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
    const meaning = meaningOf(code);
    if (meaning) return { ...meaning, code, driverMessage };
  }
  const isMisuse = driverError instanceof RangeError || driverError instanceof TypeError;
  if (!(error instanceof QueryFailedError) || !isMisuse) return undefined;
  const classification = { kind: 'permanent', reason: 'validation' } as const;
  return { kind: 'invalid-statement', classification, code: undefined, driverMessage };
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
