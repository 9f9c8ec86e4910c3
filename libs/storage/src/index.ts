export { attachmentHeaders, type AttachmentFacts } from './content/attachment-headers.js';
export { contentTypeOf, SNIFFED_BYTES } from './content/content-type.js';
export type {
  ByteRange,
  ByteSource,
  DeleteFailure,
  Disk,
  DiskCall,
  DiskListing,
  DiskUsage,
  Durability,
  ListCall,
  ObjectEntry,
  ObjectStat,
  OpenedObject,
  PutCall,
  ReadCall,
  StoredObject,
  TransferCall,
} from './disks/disk.js';
export type { DiskCapabilities } from './disks/disk-trial.js';
export { LocalDisk } from './disks/local-disk.js';
export type { LinkPolicy } from './disks/local/links.js';
export type { LocalDiskOptions } from './disks/local/local-disk.options.js';
export { MemoryDisk } from './disks/memory-disk.js';
export { prepareDisk } from './disks/prepare-disk.js';
export { KeyPrefix } from './keys/key-prefix.js';
export { ObjectKey } from './keys/object-key.js';
export {
  StorageAbortedError,
  StorageAccessDeniedError,
  StorageAlreadyExistsError,
  StorageCorruptError,
  StorageError,
  StorageInvalidDataError,
  StorageInvalidKeyError,
  StorageInvalidRootError,
  StorageNoSpaceError,
  StorageNotFoundError,
  StorageNotSupportedError,
  StoragePreconditionFailedError,
  StorageRangeNotSatisfiableError,
  StorageReadOnlyError,
  StorageRootMissingError,
  StorageSourceError,
  StorageTimeoutError,
  StorageTooLargeError,
  StorageTooManyOpenError,
  StorageUnreachableError,
  type StorageErrorCode,
  type StorageErrorDetails,
} from './storage.errors.js';
export type { StorageData, DataChunk } from './data/storage-data.js';
export { getStorageToken, InjectStorage } from './storage-token.js';
export { storageConfig, type StorageConfig } from './storage.config.js';
export type { StorageModuleAsyncOptions, StorageModuleOptions } from './storage.module-options.js';
export { StorageModule } from './storage.module.js';
export { StorageResource } from './storage.resource.js';
export { StorageService, type StorageBackend } from './storage.service.js';
export type {
  ListOptions,
  PrefixDeletion,
  ReadOptions,
  StorageCallOptions,
  StoredStream,
  TemporaryUrlOptions,
  WriteOptions,
} from './storage.types.js';
