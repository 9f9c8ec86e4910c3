import { formatDuration } from 'nestjs-mainstay/common';
import { DatabaseError } from './database.error.js';

/** How long a caller should wait before it asks again: the longest pause between two tries to connect. */
const RETRY_AFTER_MS = 1_000;

/** The database is away; the call failed at once and nothing was sent. It comes back by itself. */
export class DatabaseUnavailableError extends DatabaseError {
  /** How long to wait before another try, in milliseconds. */
  readonly retryAfterMs = RETRY_AFTER_MS;

  constructor(dataSource: string, cause?: unknown) {
    super(
      `${dataSource} is not available; it is being connected in the background. Try again in ${formatDuration(RETRY_AFTER_MS)}.`,
      {
        kind: 'unavailable',
        classification: {
          kind: 'rejected',
          type: 'DATABASE_UNAVAILABLE',
          notSent: true,
          retryAfterMs: RETRY_AFTER_MS,
        },
        outcome: 'not-sent',
        dataSource,
        cause,
      },
    );
  }
}

/** No connection became free in time; nothing was sent. */
export class DatabasePoolTimeoutError extends DatabaseError {
  constructor(dataSource: string, waitedMs: number, heldMs: number) {
    super(
      `${dataSource}: no connection became free within ${formatDuration(waitedMs)}; it has been in use for ${formatDuration(heldMs)}. ` +
        'If this statement belongs to the transaction that holds it: a query runner that you begin a transaction on is seen only through its own manager; ' +
        'use @Transactional() or DatabaseService.transaction(), in which repositories take part.',
      {
        kind: 'pool-timeout',
        // Waiting its turn was the retry: asking again would only lose the place in the queue.
        classification: {
          kind: 'timeout',
          type: 'DATABASE_POOL_TIMEOUT',
          notSent: true,
          // A queue on our side: the database itself serves, and its breaker must not open for it.
          partial: true,
          retryable: false,
        },
        outcome: 'not-sent',
        dataSource,
        context: { waitedMs, heldMs },
      },
    );
  }
}

/** The data source cannot be set up as it is configured. */
export class DatabaseConfigurationError extends DatabaseError {
  constructor(dataSource: string, problem: string, cause?: unknown) {
    super(`${dataSource}: ${problem}`, {
      kind: 'configuration',
      classification: {
        kind: 'permanent',
        type: 'DATABASE_CONFIGURATION',
        reason: 'configuration',
      },
      outcome: 'not-sent',
      dataSource,
      cause,
    });
  }
}
