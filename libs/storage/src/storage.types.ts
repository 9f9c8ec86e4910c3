import type { Readable } from 'node:stream';
import type { ByteRange, DeleteFailure, Durability } from './disks/disk.js';

/** Options that every call takes. */
export interface StorageCallOptions {
  /** Gives the call up: it then rejects as cancelled. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `write` and `put`. */
export interface WriteOptions extends StorageCallOptions {
  /** Refuse when there is an object with the key; of several at once exactly one succeeds. @default false */
  readonly createOnly?: boolean | undefined;
  /** Refuse unless the object still has this etag. On a local disk within this process only. */
  readonly ifMatch?: string | undefined;
  /** @default the configured one */
  readonly durability?: Durability | undefined;
  /** Compute the SHA-256 of the data; costs about as much as the writing. @default false */
  readonly sha256?: boolean | undefined;
  /** Called with the bytes stored so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Options of `read` and `get`. */
export interface ReadOptions extends StorageCallOptions {
  /** A part of the object. */
  readonly range?: ByteRange | undefined;
}

/** Options of `list`. */
export interface ListOptions extends StorageCallOptions {
  /** Begin behind the entry that this cursor is of. */
  readonly cursor?: string | undefined;
  /** The most entries. @default no limit */
  readonly limit?: number | undefined;
}

/** Options of `temporaryUrl`. */
export interface TemporaryUrlOptions extends StorageCallOptions {
  /** In milliseconds. @default 15 minutes */
  readonly expiresInMs?: number | undefined;
}

/** An object on its way out. Read the stream to its end or destroy it: it holds a file open. */
export interface StoredStream {
  readonly stream: Readable;
  readonly key: string;
  /** The size of the whole object, in bytes. */
  readonly size: number;
  /** Bytes that the stream gives. */
  readonly length: number;
  readonly etag: string;
  readonly lastModified: Date;
  /** The MIME type: by content, then by the key's extension; absent when neither tells. */
  readonly contentType?: string;
  /** What part it is, when a range was asked for; `end` is included. */
  readonly range?: { readonly start: number; readonly end: number };
}

/** What `deletePrefix` did. */
export interface PrefixDeletion {
  readonly deleted: number;
  /** The objects that could not be deleted, each with its error. */
  readonly failures: readonly DeleteFailure[];
}
