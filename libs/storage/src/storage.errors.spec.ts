import { ErrorDetector } from 'nestjs-mainstay/resilience';
import { describe, expect, it } from 'vitest';
import { fromErrno } from './disks/local/errno.js';
import * as errors from './storage.errors.js';

const made: readonly errors.StorageError[] = [
  new errors.StorageAbortedError('gone'),
  new errors.StorageAccessDeniedError(),
  new errors.StorageAlreadyExistsError(),
  new errors.StorageCorruptError('bytes changed'),
  new errors.StorageInvalidDataError('null'),
  new errors.StorageInvalidKeyError('is empty'),
  new errors.StorageInvalidRootError('it has no path'),
  new errors.StorageNoSpaceError(),
  new errors.StorageNotFoundError(),
  new errors.StorageNotSupportedError('this', 'Do that.'),
  new errors.StoragePreconditionFailedError(),
  new errors.StorageRangeNotSatisfiableError(10),
  new errors.StorageReadOnlyError(),
  new errors.StorageRootMissingError('gone'),
  new errors.StorageSourceError('it broke'),
  new errors.StorageTimeoutError(30_000),
  new errors.StorageTooLargeError(1_024),
  new errors.StorageTooManyOpenError(),
  new errors.StorageUnreachableError(),
];

/** Kind (and reason), whether a retry helps, whether another disk would. */
const EXPECTED: Readonly<Record<errors.StorageErrorCode, readonly [string, boolean, boolean]>> = {
  STORAGE_ABORTED: ['cancelled', false, false],
  STORAGE_ACCESS_DENIED: ['permanent auth', false, false],
  STORAGE_ALREADY_EXISTS: ['permanent conflict', false, false],
  STORAGE_CORRUPT: ['permanent configuration', false, false],
  STORAGE_INVALID_DATA: ['permanent validation', false, false],
  STORAGE_INVALID_KEY: ['permanent validation', false, false],
  STORAGE_INVALID_ROOT: ['permanent configuration', false, false],
  STORAGE_NO_SPACE: ['unavailable', false, true],
  STORAGE_NOT_FOUND: ['permanent not-found', false, false],
  STORAGE_NOT_SUPPORTED: ['permanent validation', false, false],
  STORAGE_PRECONDITION_FAILED: ['permanent conflict', false, false],
  STORAGE_RANGE_NOT_SATISFIABLE: ['permanent validation', false, false],
  STORAGE_READ_ONLY: ['unavailable', false, true],
  STORAGE_ROOT_MISSING: ['unavailable', false, true],
  STORAGE_SOURCE_FAILED: ['cancelled', false, false],
  STORAGE_TIMEOUT: ['timeout', true, true],
  STORAGE_TOO_LARGE: ['permanent validation', false, false],
  STORAGE_TOO_MANY_OPEN: ['transient', true, false],
  STORAGE_UNREACHABLE: ['unavailable', true, true],
};

describe('storage rule 10: typed errors', () => {
  it('there is one for every code', () => {
    expect(made.map(({ code }) => code).toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  });

  for (const error of made) {
    it(`${error.code} says what it is, whether to retry, whether another disk would do`, () => {
      const { kind, reason } = new ErrorDetector().detect(error);
      const expected = EXPECTED[error.code];
      expect(reason === undefined ? kind : `${kind} ${reason}`).toBe(expected[0]);
      expect([error.retryable, error.failover]).toEqual(expected.slice(1));
      expect(error.classification.type).toBe(error.code);
      expect(error.message).toMatch(/[.?]$/);
    });
  }

  it('a final error is not retried, whatever its kind', () => {
    expect(new errors.StorageTooManyOpenError().asFinal().retryable).toBe(false);
  });

  const byErrno: Readonly<Record<string, errors.StorageErrorCode>> = {
    ENOSPC: 'STORAGE_NO_SPACE',
    EDQUOT: 'STORAGE_NO_SPACE',
    EROFS: 'STORAGE_READ_ONLY',
    EMFILE: 'STORAGE_TOO_MANY_OPEN',
    ENFILE: 'STORAGE_TOO_MANY_OPEN',
    EACCES: 'STORAGE_ACCESS_DENIED',
    EPERM: 'STORAGE_ACCESS_DENIED',
    EFBIG: 'STORAGE_TOO_LARGE',
    ENAMETOOLONG: 'STORAGE_INVALID_KEY',
    EIO: 'STORAGE_UNREACHABLE',
    ESTALE: 'STORAGE_UNREACHABLE',
    EBUSY: 'STORAGE_UNREACHABLE',
    ETIMEDOUT: 'STORAGE_TIMEOUT',
  };

  for (const [code, expected] of Object.entries(byErrno)) {
    it(`${code} is ${expected}, with its cause`, () => {
      const cause = Object.assign(new Error(code), { code, syscall: 'write' });
      expect(fromErrno(cause, 'a')).toMatchObject({ code: expected, cause: { code } });
    });
  }

  it('other errors stay as they are', () => {
    for (const error of [
      new TypeError('defect'),
      Object.assign(new Error('not of a file system'), { code: 'EIO' }),
      Object.assign(new Error('odd'), { code: 'EINVAL', syscall: 'write' }),
    ]) {
      expect(fromErrno(error)).toBe(error);
    }
  });
});
