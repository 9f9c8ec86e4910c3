import { formatSize } from 'nestjs-mainstay/common';
import type { Classification } from 'nestjs-mainstay/resilience';
import { StorageError, type StorageErrorDetails } from './storage.error.js';

/** The disk holds no object with the key. */
export class StorageNotFoundError extends StorageError<'STORAGE_NOT_FOUND'> {
  readonly code = 'STORAGE_NOT_FOUND';
  classification: Classification = {
    kind: 'permanent',
    reason: 'not-found',
    type: 'STORAGE_NOT_FOUND',
  };

  constructor(details?: StorageErrorDetails) {
    super('The disk holds no object with this key (see the property "key").', details);
  }
}

/** There is an object with the key already, or its name is taken by a folder or by an object above it. */
export class StorageAlreadyExistsError extends StorageError<'STORAGE_ALREADY_EXISTS'> {
  readonly code = 'STORAGE_ALREADY_EXISTS';
  classification: Classification = {
    kind: 'permanent',
    reason: 'conflict',
    type: 'STORAGE_ALREADY_EXISTS',
  };

  constructor(details?: StorageErrorDetails, reason = 'there is an object with this key already') {
    super(`Nothing was stored: ${reason}. Choose another key.`, details);
  }
}

/** The object is not the one that `ifMatch` names. */
export class StoragePreconditionFailedError extends StorageError<'STORAGE_PRECONDITION_FAILED'> {
  readonly code = 'STORAGE_PRECONDITION_FAILED';
  classification: Classification = {
    kind: 'permanent',
    reason: 'conflict',
    type: 'STORAGE_PRECONDITION_FAILED',
  };

  constructor(details?: StorageErrorDetails) {
    super(
      'Nothing was stored: the object changed since its etag was read, or is gone. Read it again, then store.',
      details,
    );
  }
}

/** The key breaks the grammar of keys. Keys are refused, never rewritten. */
export class StorageInvalidKeyError extends StorageError<'STORAGE_INVALID_KEY'> {
  readonly code = 'STORAGE_INVALID_KEY';
  classification: Classification = {
    kind: 'permanent',
    reason: 'validation',
    type: 'STORAGE_INVALID_KEY',
  };
  /** What is wrong with the key. */
  readonly reason: string;

  constructor(reason: string, details?: StorageErrorDetails) {
    super(
      `The key ${reason}. A key is a relative path such as "reports/2026/may.pdf": segments between single slashes.`,
      details,
    );
    this.reason = reason;
  }
}

/** The data is larger than the disk's `maxBytes`, or than the file system allows. */
export class StorageTooLargeError extends StorageError<'STORAGE_TOO_LARGE'> {
  readonly code = 'STORAGE_TOO_LARGE';
  classification: Classification = {
    kind: 'permanent',
    reason: 'validation',
    type: 'STORAGE_TOO_LARGE',
  };

  /** @param maxBytes the limit, where it is known */
  constructor(maxBytes: number | undefined, details?: StorageErrorDetails) {
    const limit = maxBytes === undefined ? 'the file system allows' : formatSize(maxBytes);
    super(`Nothing was stored: the data is larger than ${limit}.`, details);
  }
}

/** What should be stored is nothing that can be stored. */
export class StorageInvalidDataError extends StorageError<'STORAGE_INVALID_DATA'> {
  readonly code = 'STORAGE_INVALID_DATA';
  classification: Classification = {
    kind: 'permanent',
    reason: 'validation',
    type: 'STORAGE_INVALID_DATA',
  };

  constructor(found: string, details?: StorageErrorDetails) {
    super(
      `Nothing was stored: ${found} is no data. Give a string, a Buffer or typed array, an ArrayBuffer, a Blob, a stream or an async iterable of bytes.`,
      details,
    );
  }
}

/** The range lies outside the object, or is none. */
export class StorageRangeNotSatisfiableError extends StorageError<'STORAGE_RANGE_NOT_SATISFIABLE'> {
  readonly code = 'STORAGE_RANGE_NOT_SATISFIABLE';
  classification: Classification = {
    kind: 'permanent',
    reason: 'validation',
    type: 'STORAGE_RANGE_NOT_SATISFIABLE',
  };
  /** The size of the object, in bytes; an answer with HTTP status 416 names it in its Content-Range. */
  readonly size: number;

  constructor(size: number, details?: StorageErrorDetails) {
    super(
      `The range does not lie within the object of ${size} bytes: start and end count from 0, end is the last byte.`,
      details,
    );
    this.size = size;
  }
}

/** The disk cannot do what was asked, whatever the arguments. */
export class StorageNotSupportedError extends StorageError<'STORAGE_NOT_SUPPORTED'> {
  readonly code = 'STORAGE_NOT_SUPPORTED';
  classification: Classification = {
    kind: 'permanent',
    reason: 'validation',
    type: 'STORAGE_NOT_SUPPORTED',
  };

  constructor(what: string, advice: string, details?: StorageErrorDetails) {
    super(`${what} is not supported by this disk. ${advice}`, details);
  }
}

/** The caller gave up, or the other end of a transfer did. Never a failure of the disk. */
export class StorageAbortedError extends StorageError<'STORAGE_ABORTED'> {
  readonly code = 'STORAGE_ABORTED';
  classification: Classification = { kind: 'cancelled', type: 'STORAGE_ABORTED' };

  constructor(what: string, details?: StorageErrorDetails) {
    super(`${what}.`, details);
  }
}

/** The stream or iterable that should be stored failed or stalled. Never a failure of the disk; nothing was stored. */
export class StorageSourceError extends StorageError<'STORAGE_SOURCE_FAILED'> {
  readonly code = 'STORAGE_SOURCE_FAILED';
  classification: Classification = { kind: 'cancelled', type: 'STORAGE_SOURCE_FAILED' };

  constructor(what: string, details?: StorageErrorDetails) {
    super(`Nothing was stored: ${what}.`, details);
  }
}
