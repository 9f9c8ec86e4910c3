import {
  findPostgresError,
  findSqliteError,
  sqlStateOf,
  type DatabaseCondition,
  type DatabaseFinding,
} from 'nestjs-mainstay/resilience';
import { QueryFailedError } from 'typeorm';
import { WriteInReadOnlyError } from './write-in-read-only.error.js';

/** What is known of an error of a driver. */
export interface DriverFinding extends DatabaseFinding {
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
    ofEngine(driverError) ??
    (isOfStatement ? ofMisuse(driverError) : undefined)
  );
}

function ofReadOnlyTransaction(error: Error): DriverFinding | undefined {
  if (!(error instanceof WriteInReadOnlyError)) return undefined;
  const { code, message } = error;
  const sqlState = sqlStateOf(error.cause);
  const codes = { code, ...(sqlState !== undefined && { sqlState }) };
  return { ...misuse('read-only-transaction', 'READ_ONLY_TRANSACTION', message), ...codes };
}

function ofEngine(error: Error): DriverFinding | undefined {
  const found = findPostgresError(error) ?? findSqliteError(error);
  if (!found) return undefined;
  if (found.condition !== 'data') return { ...found, driverMessage: error.message };
  const cause = withoutValues(error);
  return { ...found, driverMessage: cause.message, cause };
}

/** Drivers refuse what they cannot bind with errors of the language. */
function ofMisuse({ name, message: driverMessage }: Error): DriverFinding | undefined {
  if (name !== 'RangeError' && name !== 'TypeError') return undefined;
  return misuse('invalid-statement', 'INVALID_STATEMENT', driverMessage);
}

/** A mistake of the caller, which no server has seen. */
function misuse(condition: DatabaseCondition, type: string, driverMessage: string): DriverFinding {
  const classification = { kind: 'permanent', reason: 'validation', type } as const;
  return { condition, classification, driverMessage };
}

/** The server quotes what it could not read, which was a parameter. */
function withoutValues({ message, name, stack = '' }: Error): Error {
  const told = message.replace(/".*"/s, '"…"');
  const copy = new Error(told);
  copy.name = name;
  copy.stack = stack.replace(message, told);
  return copy;
}
