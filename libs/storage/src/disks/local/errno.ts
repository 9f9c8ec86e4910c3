import { StorageInvalidKeyError, StorageTooLargeError } from '../../errors/caller.errors.js';
import {
  StorageAccessDeniedError,
  StorageNoSpaceError,
  StorageReadOnlyError,
  StorageTimeoutError,
  StorageTooManyOpenError,
  StorageUnreachableError,
} from '../../errors/disk.errors.js';
import type { StorageErrorDetails } from '../../errors/storage.error.js';

type Make = (details: StorageErrorDetails) => Error;

const noSpace: Make = (details) => new StorageNoSpaceError(details);
const tooManyOpen: Make = (details) => new StorageTooManyOpenError(details);
const denied: Make = (details) => new StorageAccessDeniedError(details);
const unreachable: Make = (details) => new StorageUnreachableError(details);

/** What the error codes of file system calls mean for a disk (Linux `errno(3)`). */
const BY_CODE: Readonly<Record<string, Make>> = {
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  EROFS: (details) => new StorageReadOnlyError(details),
  EMFILE: tooManyOpen,
  ENFILE: tooManyOpen,
  EACCES: denied,
  EPERM: denied,
  EFBIG: (details) => new StorageTooLargeError(undefined, details),
  ENAMETOOLONG: (details) =>
    new StorageInvalidKeyError('is longer than the file system allows', details),
  EAGAIN: unreachable,
  EBUSY: unreachable,
  EIO: unreachable,
  ENODEV: unreachable,
  ENXIO: unreachable,
  ESTALE: unreachable,
  ENOTCONN: unreachable,
  EHOSTDOWN: unreachable,
  ETIMEDOUT: (details) => new StorageTimeoutError(undefined, details),
};

/** The code of a file system error, `undefined` for other errors. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return code;
}

/** Whether an error is a file system error with one of the codes. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  const code = errnoOf(error);
  return code !== undefined && codes.includes(code);
}

/** The typed error for a file system error; what is not known is given back as it is. */
export function fromErrno(error: unknown, key?: string): unknown {
  const code = errnoOf(error);
  if (code === undefined || !Object.hasOwn(BY_CODE, code)) return error;
  return (BY_CODE[code] as Make)({ key, cause: error });
}
