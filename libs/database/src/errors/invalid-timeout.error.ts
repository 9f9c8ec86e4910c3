import { DatabaseError } from './database.error.js';

/** The longest time that a timer and PostgreSQL take, in milliseconds: 24 days. */
const MAX_TIMEOUT_MS = 2_147_483_647;

/** A call was given a time that is none; nothing was sent. */
export class InvalidTimeoutError extends DatabaseError {
  constructor(dataSource: string, found: unknown) {
    const shown = typeof found === 'number' ? String(found) : `a ${typeof found}`;
    super(
      `${dataSource}: ${shown} is no timeoutMs; nothing was sent. ` +
        `Use a number of milliseconds above 0 and up to ${MAX_TIMEOUT_MS}, or leave it out for the configured time.`,
      {
        kind: 'invalid-option',
        classification: {
          kind: 'permanent',
          type: 'DATABASE_INVALID_OPTION',
          reason: 'validation',
          // The database was not asked: its breaker learns nothing.
          partial: true,
        },
        outcome: 'not-sent',
        dataSource,
        context: { option: 'timeoutMs' },
      },
    );
  }
}

/** @throws InvalidTimeoutError when a time was given that cannot be one */
export function checkTimeout(dataSource: string, timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return;
  const isTime = typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS;
  if (!isTime) throw new InvalidTimeoutError(dataSource, timeoutMs);
}
