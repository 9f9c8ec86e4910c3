import type { InitializationStep } from 'nestjs-mainstay/resource';
import type { KeyPrefix } from '../keys/key-prefix.js';
import type { ObjectKey } from '../keys/object-key.js';

/**
 * What has reached the device when a put is acknowledged: `full` the data and its name, `file` the data, `none` nothing
 * for sure. All three are atomic: readers see the old object or the new one, whole.
 */
export type Durability = 'full' | 'file' | 'none';

/** The facts of a stored object. */
export interface ObjectStat {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** Changes with every put; opaque. */
  readonly etag: string;
  readonly lastModified: Date;
}

/** An object in a listing. */
export interface ObjectEntry extends ObjectStat {
  /** Where a later listing goes on: `list(prefix, { cursor })` begins behind this entry. */
  readonly cursor: string;
}

/** What was stored where. */
export interface StoredObject {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  readonly etag: string;
  /** The durability that was reached; never less than asked for, but on a disk that has none. */
  readonly durability: Durability;
  readonly storedOn: 'primary';
  /** In hexadecimal; only when it was asked for. */
  readonly sha256?: string;
}

/** A part of an object, as bytes from 0. */
export interface ByteRange {
  readonly start: number;
  /** The last byte, which is included as in HTTP. @default the end of the object */
  readonly end?: number | undefined;
}

/** What may be said of every call of a disk. */
export interface DiskCall {
  /** Gives the call up; what was not published by then never appears. */
  readonly signal?: AbortSignal | undefined;
}

/** What may be said of a call that moves data. */
export interface TransferCall extends DiskCall {
  /** Called whenever the disk got on. */
  readonly onProgress?: (() => void) | undefined;
}

/** How an object is put. */
export interface PutCall extends TransferCall {
  /** Refuse when there is an object with the key. */
  readonly createOnly?: boolean | undefined;
  /** Refuse unless the object has this etag. */
  readonly ifMatch?: string | undefined;
  /** @default the disk's */
  readonly durability?: Durability | undefined;
  /** Compute the SHA-256 on the way. Costs about as much as the writing. */
  readonly sha256?: boolean | undefined;
}

/** How an object is read. */
export interface ReadCall extends TransferCall {
  readonly range?: ByteRange | undefined;
}

/** How keys are listed. */
export interface ListCall extends DiskCall {
  /** Begin behind this key. */
  readonly after?: string | undefined;
}

/** An object that is open for reading: facts and data belong together, whatever is put meanwhile. */
export interface OpenedObject extends ObjectStat {
  /** The MIME type: by content, then by the key's extension. */
  readonly contentType: string | undefined;
  /** What part of the object is read, when a range was asked for. */
  readonly range: { readonly start: number; readonly end: number } | undefined;
  /** Bytes that reading gives in all. */
  readonly length: number;
  /** The next piece; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Releases the object; may be called more than once. */
  close(): Promise<void>;
}

/** A key that could not be deleted. */
export interface DeleteFailure {
  readonly key: string;
  readonly error: unknown;
}

/** A listing; `skipped` counts what it met and did not show: symbolic links, and names that are no keys. */
export interface DiskListing extends AsyncIterable<ObjectEntry> {
  readonly skipped: number;
}

/** What a disk has left, and what lies about on it; what a disk does not know is absent. */
export interface DiskUsage {
  readonly freeBytes?: number;
  readonly freeInodes?: number;
  /** Temporary files of puts that run, or were cut by a crash and not yet swept. */
  readonly temps?: number;
}

/** The data of a put. An error that it throws ends the put and is thrown as it is. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Where objects are stored. All disks keep one contract, which `diskConformance` of `nestjs-mainstay/testing/storage`
 * checks: keys are checked before they come here, a put is all or nothing, a reader sees whole objects, listings are
 * ordered, errors are typed.
 */
export interface Disk {
  /** `'local'`, `'memory'`. */
  readonly kind: string;
  /** What makes the disk ready: steps of the initialisation before `test operations`. */
  preparation(): readonly InitializationStep[];
  /** Called when the trial of all operations has passed. */
  adopt(): Promise<void>;
  /** Stores an object, all or nothing. */
  put(key: ObjectKey, source: ByteSource, call?: PutCall): Promise<StoredObject>;
  /** Opens an object for reading in pieces. @throws StorageNotFoundError */
  open(key: ObjectKey, call?: ReadCall): Promise<OpenedObject>;
  /** Reads an object into memory. @throws StorageNotFoundError */
  read(key: ObjectKey, call?: ReadCall): Promise<Buffer>;
  /** @throws StorageNotFoundError */
  stat(key: ObjectKey, call?: DiskCall): Promise<ObjectStat>;
  /** Deletes an object; one that is not there is deleted already. */
  delete(key: ObjectKey, call?: DiskCall): Promise<void>;
  /** Deletes up to 1,000 objects. @returns those that could not be deleted */
  deleteMany(keys: readonly ObjectKey[], call?: DiskCall): Promise<readonly DeleteFailure[]>;
  /** Copies an object, all or nothing. */
  copy(from: ObjectKey, to: ObjectKey, call?: TransferCall): Promise<StoredObject>;
  /** Renames an object in one step; one at the new key is replaced. */
  move(from: ObjectKey, to: ObjectKey, call?: DiskCall): Promise<void>;
  /** Lists objects in the order of their keys' UTF-8 bytes; lazily. */
  list(prefix: KeyPrefix, call?: ListCall): DiskListing;
  /** What the disk has left. Also removes what crashed puts left behind. */
  usage(): Promise<DiskUsage>;
  /** A URL under which the object can be got without our help, where a disk has such. */
  temporaryUrl?(key: ObjectKey, expiresInMs: number): Promise<string>;
  /** Releases everything. */
  close(): Promise<void>;
}
