export {
  StorageAbortedError,
  StorageAlreadyExistsError,
  StorageInvalidDataError,
  StorageInvalidKeyError,
  StorageNotFoundError,
  StorageNotSupportedError,
  StoragePreconditionFailedError,
  StorageRangeNotSatisfiableError,
  StorageSourceError,
  StorageTooLargeError,
} from './errors/caller.errors.js';
export {
  StorageAccessDeniedError,
  StorageCorruptError,
  StorageInvalidRootError,
  StorageNoSpaceError,
  StorageReadOnlyError,
  StorageRootMissingError,
  StorageTimeoutError,
  StorageTooManyOpenError,
  StorageUnreachableError,
} from './errors/disk.errors.js';
export {
  StorageError,
  type StorageErrorCode,
  type StorageErrorDetails,
} from './errors/storage.error.js';
