import { formatDuration } from 'nestjs-mainstay/common';
import type { Classification } from 'nestjs-mainstay/resilience';
import { StorageError, type StorageErrorDetails } from './storage.error.js';

/** The operating system refuses the access, or the key leads through a symbolic link. */
export class StorageAccessDeniedError extends StorageError<'STORAGE_ACCESS_DENIED'> {
  readonly code = 'STORAGE_ACCESS_DENIED';
  classification: Classification = {
    kind: 'permanent',
    reason: 'auth',
    type: 'STORAGE_ACCESS_DENIED',
  };

  constructor(
    details?: StorageErrorDetails,
    reason = 'the operating system refuses it; check owner and mode of the files and folders below the root',
  ) {
    super(`No access: ${reason}.`, details);
  }
}

/** The disk is mounted read-only. */
export class StorageReadOnlyError extends StorageError<'STORAGE_READ_ONLY'> {
  readonly code = 'STORAGE_READ_ONLY';
  classification: Classification = {
    kind: 'unavailable',
    type: 'STORAGE_READ_ONLY',
    retryable: false,
    partial: true,
  };
  override readonly failover = true;

  constructor(details?: StorageErrorDetails) {
    super(
      'The disk is read-only. Mount it writable; a file system that found an error may have made itself read-only (see dmesg).',
      details,
    );
  }
}

/** No bytes or no inodes are left, or a quota is reached. What was there before is intact. */
export class StorageNoSpaceError extends StorageError<'STORAGE_NO_SPACE'> {
  readonly code = 'STORAGE_NO_SPACE';
  classification: Classification = {
    kind: 'unavailable',
    type: 'STORAGE_NO_SPACE',
    retryable: false,
    partial: true,
  };
  override readonly failover = true;

  constructor(details?: StorageErrorDetails) {
    super(
      'The disk is full: no free bytes, no free inodes (df -i), or a quota is reached. Nothing was stored.',
      details,
    );
  }
}

/** The process, or the machine, has too many files open. */
export class StorageTooManyOpenError extends StorageError<'STORAGE_TOO_MANY_OPEN'> {
  readonly code = 'STORAGE_TOO_MANY_OPEN';
  classification: Classification = { kind: 'transient', type: 'STORAGE_TOO_MANY_OPEN' };

  constructor(details?: StorageErrorDetails) {
    super(
      'Too many files are open: raise the limit (ulimit -n), or close streams earlier.',
      details,
    );
  }
}

/** The root of the disk is not there, or is not the one that was there at boot. */
export class StorageRootMissingError extends StorageError<'STORAGE_ROOT_MISSING'> {
  readonly code = 'STORAGE_ROOT_MISSING';
  classification: Classification = {
    kind: 'unavailable',
    type: 'STORAGE_ROOT_MISSING',
    retryable: false,
  };
  override readonly failover = true;

  constructor(reason: string, details?: StorageErrorDetails) {
    super(`The root of the disk is missing: ${reason}. Is it mounted?`, details);
  }
}

/** The configured root cannot be a root. */
export class StorageInvalidRootError extends StorageError<'STORAGE_INVALID_ROOT'> {
  readonly code = 'STORAGE_INVALID_ROOT';
  classification: Classification = {
    kind: 'permanent',
    reason: 'configuration',
    type: 'STORAGE_INVALID_ROOT',
  };

  constructor(reason: string, details?: StorageErrorDetails) {
    super(`The storage URL names no usable folder: ${reason}.`, details);
  }
}

/** The disk made no progress in time. */
export class StorageTimeoutError extends StorageError<'STORAGE_TIMEOUT'> {
  readonly code = 'STORAGE_TIMEOUT';
  classification: Classification = { kind: 'timeout', type: 'STORAGE_TIMEOUT' };
  override readonly failover = true;

  constructor(stallMs: number | undefined, details?: StorageErrorDetails) {
    const since = stallMs === undefined ? 'in time' : `for ${formatDuration(stallMs)}`;
    super(`The disk made no progress ${since}: it hangs, or is overloaded.`, details);
  }
}

/** The device or the server behind the disk cannot be reached. */
export class StorageUnreachableError extends StorageError<'STORAGE_UNREACHABLE'> {
  readonly code = 'STORAGE_UNREACHABLE';
  classification: Classification = { kind: 'unavailable', type: 'STORAGE_UNREACHABLE' };
  override readonly failover = true;

  constructor(details?: StorageErrorDetails) {
    super(
      'The device or the server behind the disk does not answer as it should; see the cause, and dmesg.',
      details,
    );
  }
}

/** Stored data is not what was stored: an object ended early, or the root's marker cannot be read. */
export class StorageCorruptError extends StorageError<'STORAGE_CORRUPT'> {
  readonly code = 'STORAGE_CORRUPT';
  classification: Classification = {
    kind: 'permanent',
    reason: 'configuration',
    type: 'STORAGE_CORRUPT',
  };

  constructor(what: string, details?: StorageErrorDetails) {
    super(`${what}. Something else writes below the root, or the device is failing.`, details);
  }
}
