import { QueryFailedError } from 'typeorm';
import type { CodeMeaning } from './code-meaning.js';
import { meaningOfClientError } from './pg-client-errors.js';
import { meaningOfSqlState, sqlStateOf } from './sql-states.js';
import { meaningOf, READ_ONLY_TRANSACTION } from './sqlite-codes.js';
import { WriteInReadOnlyError } from './write-in-read-only.error.js';

/** What is known of an error of a driver. */
export interface DriverFinding extends CodeMeaning {
  readonly type: string;
  readonly code: string | undefined;
  readonly sqlState?: string | undefined;
  readonly driverMessage: string;
  /** Takes the place of an error whose message shows a parameter. */
  readonly cause?: Error;
}

/** Reads an error of a driver, or the one that TypeORM wrapped; `undefined` for all others. */
export function findDriverError(error: unknown): DriverFinding | undefined {
  const isOfStatement = error instanceof QueryFailedError;
  const driverError: unknown = isOfStatement ? error.driverError : error;
  if (!(driverError instanceof Error)) return undefined;
  return (
    ofReadOnlyTransaction(driverError) ??
    ofPostgresServer(driverError) ??
    ofSqlite(driverError) ??
    ofPostgresClient(driverError) ??
    (isOfStatement ? ofMisuse(driverError) : undefined)
  );
}

function ofReadOnlyTransaction(error: Error): DriverFinding | undefined {
  if (!(error instanceof WriteInReadOnlyError)) return undefined;
  const { code, message } = error;
  const sqlState = sqlStateOf(error.cause);
  return { type: code, ...READ_ONLY_TRANSACTION, code, sqlState, driverMessage: message };
}

function ofPostgresServer(error: Error): DriverFinding | undefined {
  const sqlState = sqlStateOf(error);
  if (sqlState === undefined) return undefined;
  const meaning = meaningOfSqlState(sqlState);
  const found = { ...meaning, type: sqlState, code: sqlState, sqlState };
  if (meaning.kind !== 'data') return { ...found, driverMessage: error.message };
  const cause = withoutValues(error);
  return { ...found, driverMessage: cause.message, cause };
}

function ofSqlite(error: Error): DriverFinding | undefined {
  const { code } = error as { code?: unknown };
  const meaning = typeof code === 'string' ? meaningOf(code) : undefined;
  return (
    meaning && {
      type: code as string,
      ...meaning,
      code: code as string,
      driverMessage: error.message,
    }
  );
}

function ofPostgresClient(error: Error): DriverFinding | undefined {
  const meaning = meaningOfClientError(error);
  return meaning && { ...meaning, code: undefined, driverMessage: error.message };
}

/** Drivers refuse what they cannot bind with errors of the language. */
function ofMisuse({ name, message: driverMessage }: Error): DriverFinding | undefined {
  if (name !== 'RangeError' && name !== 'TypeError') return undefined;
  const classification = { kind: 'permanent', reason: 'validation' } as const;
  const type = 'INVALID_STATEMENT';
  return { kind: 'invalid-statement', type, classification, code: undefined, driverMessage };
}

/** The server quotes what it could not read, which was a parameter. */
function withoutValues({ message, name, stack = '' }: Error): Error {
  const told = message.replace(/".*"/s, '"…"');
  const copy = new Error(told);
  copy.name = name;
  copy.stack = stack.replace(message, told);
  return copy;
}
