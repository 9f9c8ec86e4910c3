import { formatDuration } from 'nestjs-mainstay/common';
import type { Classification } from 'nestjs-mainstay/resilience';
import { DatabaseError } from './database.error.js';

const MISUSE = { kind: 'permanent', reason: 'validation' } as const;

/** A statement came after its transaction had ended; it was not sent. */
export class TransactionFinishedError extends DatabaseError {
  constructor(dataSource: string) {
    super(
      `${dataSource}: the transaction that this statement belongs to has ended; the statement was not sent. ` +
        'Await everything that belongs to a transaction inside of it; start what should go on afterwards with afterCommit().',
      {
        kind: 'transaction-finished',
        classification: { ...MISUSE, type: 'TRANSACTION_FINISHED' },
        outcome: 'not-sent',
        dataSource,
      },
    );
  }
}

/** A statement came after its transaction had failed and was rolled back; it was not sent. The cause says why. */
export class TransactionAbortedError extends DatabaseError {
  constructor(dataSource: string, cause: unknown) {
    super(
      `${dataSource}: the transaction has failed and was rolled back; the statement was not sent. The first error is the cause of this one.`,
      {
        kind: 'transaction-aborted',
        classification: { ...MISUSE, type: 'TRANSACTION_ABORTED' },
        outcome: 'not-sent',
        dataSource,
        cause,
      },
    );
  }
}

/** The work of a transaction ended well, but a part of it had failed before: everything was rolled back. */
export class UnexpectedRollbackError extends DatabaseError {
  constructor(dataSource: string, cause: unknown, classification: Classification) {
    super(
      `${dataSource}: the transaction was rolled back, because a part of it had failed and the error was caught. ` +
        'Let the error pass, or run the part that may fail with propagation NESTED.',
      { kind: 'unexpected-rollback', classification, outcome: 'rolled-back', dataSource, cause },
    );
  }
}

/** A transaction took too long and was rolled back. */
export class TransactionTimeoutError extends DatabaseError {
  constructor(dataSource: string, timeoutMs: number) {
    super(
      `${dataSource}: the transaction did not end within ${formatDuration(timeoutMs)} and was rolled back.`,
      {
        kind: 'transaction-timeout',
        classification: { kind: 'timeout', type: 'TRANSACTION_TIMEOUT', retryable: false },
        outcome: 'rolled-back',
        dataSource,
        context: { timeoutMs },
      },
    );
  }
}

/** A transaction was asked for in a way that is not possible here. */
export class TransactionPropagationError extends DatabaseError {
  constructor(dataSource: string, propagation: string, problem: string) {
    super(`${dataSource}: propagation ${propagation} is not possible here: ${problem}`, {
      kind: 'propagation',
      classification: { ...MISUSE, type: 'TRANSACTION_PROPAGATION' },
      outcome: 'not-sent',
      dataSource,
      context: { propagation },
    });
  }
}

/** SQL that begins or ends a transaction came through a managed one; it was not sent. */
export class TransactionControlError extends DatabaseError {
  constructor(dataSource: string) {
    super(
      `${dataSource}: this transaction is begun and ended by Mainstay; BEGIN, COMMIT and ROLLBACK by hand are not possible in it. ` +
        'Throw an error to roll it back, or run a part with propagation NESTED.',
      {
        kind: 'propagation',
        classification: { ...MISUSE, type: 'TRANSACTION_CONTROL' },
        outcome: 'not-sent',
        dataSource,
      },
    );
  }
}

/** A query runner was disposed of (`await using`) while its transaction was open; the transaction was rolled back. */
export class TransactionLeftOpenError extends DatabaseError {
  constructor(dataSource: string) {
    super(
      `${dataSource}: a query runner was disposed of while its transaction was open; the transaction was rolled back. ` +
        'Call commitTransaction() before the end of the block.',
      {
        kind: 'transaction-aborted',
        classification: { ...MISUSE, type: 'TRANSACTION_LEFT_OPEN' },
        outcome: 'rolled-back',
        dataSource,
      },
    );
  }
}
