import { MainstayError } from 'nestjs-mainstay/common';
import {
  isFailureOfDependency,
  type Classification,
  type ClassifiedError,
} from 'nestjs-mainstay/resilience';

/** The codes of all errors of storage. */
export type StorageErrorCode =
  | 'STORAGE_ABORTED'
  | 'STORAGE_ACCESS_DENIED'
  | 'STORAGE_ALREADY_EXISTS'
  | 'STORAGE_CORRUPT'
  | 'STORAGE_INVALID_DATA'
  | 'STORAGE_INVALID_KEY'
  | 'STORAGE_INVALID_ROOT'
  | 'STORAGE_NO_SPACE'
  | 'STORAGE_NOT_FOUND'
  | 'STORAGE_NOT_SUPPORTED'
  | 'STORAGE_PRECONDITION_FAILED'
  | 'STORAGE_RANGE_NOT_SATISFIABLE'
  | 'STORAGE_READ_ONLY'
  | 'STORAGE_ROOT_MISSING'
  | 'STORAGE_SOURCE_FAILED'
  | 'STORAGE_TIMEOUT'
  | 'STORAGE_TOO_LARGE'
  | 'STORAGE_TOO_MANY_OPEN'
  | 'STORAGE_UNREACHABLE';

/** What an error of storage is about. */
export interface StorageErrorDetails {
  /** The key of the object. Kept on the error, but neither in its message nor in what is logged of it. */
  readonly key?: string | undefined;
  readonly cause?: unknown;
}

/** Base of every error of storage. */
export abstract class StorageError<Code extends StorageErrorCode = StorageErrorCode>
  extends MainstayError<Code>
  implements ClassifiedError
{
  abstract classification: Classification;

  /** Whether another disk could have done it: the disk is full, read-only or away. */
  readonly failover: boolean = false;

  /** The key of the object; not enumerable, since keys may say something about people. */
  declare readonly key: string | undefined;

  constructor(message: string, details: StorageErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.about(details.key);
  }

  /** Says which key the error is about. @internal */
  about(key: string | undefined): this {
    return Object.defineProperty(this, 'key', { value: key, configurable: true });
  }

  /** Says that the call cannot be tried again: its data is used up, or a second try would mean something else. @internal */
  asFinal(): this {
    this.classification = { ...this.classification, retryable: false };
    return this;
  }

  /** Whether the same call may succeed when it is tried again. */
  get retryable(): boolean {
    return isFailureOfDependency(this.classification) && this.classification.retryable !== false;
  }
}
