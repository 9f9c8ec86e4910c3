import type { Classification } from 'nestjs-mainstay/resilience';
import { DatabaseError, isDatabaseError, type DatabaseOutcome } from './database.error.js';
import { describeKind } from './describe-kind.js';
import { findDriverError } from './driver-errors.js';

/** Detection rule for what the engines and TypeORM throw: `QueryFailedError`s and the drivers' own errors. */
export function detectDatabaseError(error: unknown): Classification | undefined {
  if (isDatabaseError(error)) return error.classification;
  return examine(error)?.classification;
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
  const finding = isDatabaseError(error) ? undefined : examine(error);
  if (!finding) return error;
  const { condition, classification, code, sqlState, driverMessage, cause } = finding;
  return new DatabaseError(`${dataSource}: ${describeKind(condition)}: ${driverMessage}`, {
    kind: condition,
    classification,
    outcome: classification.notSent ? 'not-sent' : (finding.outcome ?? outcome),
    dataSource,
    driverCode: code,
    sqlState,
    cause: cause ?? error,
  });
}

/** What cannot be read (a getter that throws, a proxy) is none of the engine's. */
function examine(error: unknown): ReturnType<typeof findDriverError> {
  try {
    return findDriverError(error);
  } catch {
    return undefined;
  }
}
