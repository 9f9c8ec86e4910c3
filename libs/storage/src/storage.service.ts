import type { Clock } from 'nestjs-mainstay/common';
import { type BoundOperation, Operations } from 'nestjs-mainstay/resource';
import type { OperationContext, Work } from 'nestjs-mainstay/resilience';
import { holdEarlyError, type StorageData } from './data/storage-data.js';
import type { Disk, ObjectEntry, ObjectStat, OpenedObject, StoredObject } from './disks/disk.js';
import { PagedListing } from './disks/paged-listing.js';
import { PrefixRemoval } from './disks/prefix-removal.js';
import { abortError } from './disks/throw-if-aborted.js';
import { fromCursor } from './keys/list-cursor.js';
import { KeyPrefix } from './keys/key-prefix.js';
import { ObjectKey } from './keys/object-key.js';
import { bindStorageOperations, type StorageOperations } from './storage-operations.js';
import {
  StorageInvalidKeyError,
  StorageNotFoundError,
  StorageNotSupportedError,
} from './storage.errors.js';
import type {
  ListOptions,
  PrefixDeletion,
  ReadOptions,
  StorageCallOptions,
  StoredStream,
  TemporaryUrlOptions,
  WriteOptions,
} from './storage.types.js';
import { describeStream } from './transfer/describe-stream.js';
import { ObjectStream } from './transfer/object-stream.js';
import { storeData } from './transfer/store-data.js';
import { transferCall } from './transfer/transfer-call.js';
import { watched } from './transfer/watched.js';

/** What a {@link StorageService} works on. */
export interface StorageBackend {
  readonly name: string;
  readonly disk: Disk;
  readonly clock: Clock;
  /** The most bytes of an object. */
  readonly maxBytes: number | undefined;
}

/** Entries of a listing that are read together, under one deadline. */
const PAGE = 100;
const DEFAULT_EXPIRY_MS = 15 * 60_000;

/**
 * Stores objects under keys. Every put is all or nothing; what is acknowledged is as durable as configured.
 *
 * Mistakes of the caller (bad key, too large, wrong data) and unknown errors always throw. A known failure of the disk
 * gives `false` from {@link write} and {@link delete} and a typed error, a `StorageError`, from everything else.
 *
 * @example
 * constructor(private readonly storage: StorageService) {}
 *
 * async save(report: Buffer) {
 *   if (!(await this.storage.write('reports/2026/may.pdf', report))) throw new ServiceUnavailableException();
 * }
 */
export class StorageService {
  readonly #backend: StorageBackend;
  readonly #operations: StorageOperations;

  constructor(backend: StorageBackend, operations: Operations) {
    this.#backend = backend;
    this.#operations = bindStorageOperations(operations, backend);
  }

  /**
   * Stores an object.
   * @returns `true` when it is stored as durably as promised; `false` when a known failure of the disk prevented it
   * @throws StorageInvalidKeyError, StorageTooLargeError, StorageAlreadyExistsError and other mistakes of the caller
   */
  async write(key: string, data: StorageData, options: WriteOptions = {}): Promise<boolean> {
    const put = this.#putting(key, data, options);
    return (await this.#operations.write.runOrElse(false, put, undefined, options)) !== false;
  }

  /**
   * Reads an object into memory.
   * @throws StorageNotFoundError, and other `StorageError`s
   */
  read(key: string, options: ReadOptions = {}): Promise<Buffer> {
    const read = (_: undefined, { signal }: OperationContext): Promise<Buffer> =>
      watched(this.#clock, signal, (watch) =>
        this.#disk.read(ObjectKey.parse(key), { range: options.range, ...transferCall(watch) }),
      );
    return this.#operations.read.run(read, undefined, options);
  }

  /**
   * Stores an object and tells what was stored where.
   * @throws `StorageError`s
   */
  put(key: string, data: StorageData, options: WriteOptions = {}): Promise<StoredObject> {
    return this.#operations.put.run(this.#putting(key, data, options), undefined, options);
  }

  /**
   * Opens an object as a stream. Resolves when the object is open: one that is not there rejects. How the transfer then
   * goes is recorded on its own, as the operation `transfer`.
   * @throws StorageNotFoundError, and other `StorageError`s
   */
  async get(key: string, options: ReadOptions = {}): Promise<StoredStream> {
    const open = async (_: undefined, { signal }: OperationContext): Promise<OpenedObject> => {
      const object = await this.#disk.open(ObjectKey.parse(key), { range: options.range, signal });
      if (!signal.aborted) return object;
      await object.close();
      throw abortError(signal.reason);
    };
    const object = await this.#operations.get.run(open, undefined, options);
    const stream = new ObjectStream(object, this.#clock, options.signal);
    const transfer = this.#operations.transfer.run(() => stream.transfer, undefined);
    // Whoever reads the stream gets its error there; here it has been recorded.
    transfer.catch(() => undefined);
    return describeStream(stream, object);
  }

  /**
   * The facts of an object.
   * @throws StorageNotFoundError, and other `StorageError`s
   */
  stat(key: string, options: StorageCallOptions = {}): Promise<ObjectStat> {
    return this.#run(this.#operations.stat, options, (signal) =>
      this.#disk.stat(ObjectKey.parse(key), { signal }),
    );
  }

  /**
   * Whether there is an object with the key.
   * @throws `StorageError`s when that cannot be told
   */
  exists(key: string, options: StorageCallOptions = {}): Promise<boolean> {
    return this.#run(this.#operations.exists, options, async (signal) => {
      try {
        await this.#disk.stat(ObjectKey.parse(key), { signal });
        return true;
      } catch (error) {
        if (error instanceof StorageNotFoundError) return false;
        throw error;
      }
    });
  }

  /**
   * Deletes an object.
   * @returns `true` when it is gone, also if it never was there; `false` when a known failure of the disk prevented it
   * @throws StorageInvalidKeyError
   */
  delete(key: string, options: StorageCallOptions = {}): Promise<boolean> {
    const remove = async (_: undefined, { signal }: OperationContext): Promise<boolean> => {
      await this.#disk.delete(ObjectKey.parse(key), { signal });
      return true;
    };
    return this.#operations.delete.runOrElse(false, remove, undefined, options);
  }

  /**
   * Copies an object, all or nothing; one at the new key is replaced.
   * @throws StorageNotFoundError, and other `StorageError`s
   */
  copy(from: string, to: string, options: StorageCallOptions = {}): Promise<StoredObject> {
    const copy = (_: undefined, { signal }: OperationContext): Promise<StoredObject> =>
      watched(this.#clock, signal, (watch) =>
        this.#disk.copy(ObjectKey.parse(from), ObjectKey.parse(to), transferCall(watch)),
      );
    return this.#operations.copy.run(copy, undefined, options);
  }

  /**
   * Renames an object in one step; one at the new key is replaced.
   * @throws StorageNotFoundError, and other `StorageError`s
   */
  move(from: string, to: string, options: StorageCallOptions = {}): Promise<void> {
    return this.#run(this.#operations.move, options, (signal) =>
      this.#disk.move(ObjectKey.parse(from), ObjectKey.parse(to), { signal }),
    );
  }

  /**
   * Lists the objects whose keys begin with `prefix`, in the order of their keys' UTF-8 bytes, lazily: page by page,
   * each of which is one recorded operation.
   * @throws `StorageError`s while iterating; go on behind the last entry by its `cursor`
   * @example
   * for await (const { key, size } of storage.list('reports/')) …
   */
  async *list(
    prefix = '',
    options: ListOptions = {},
  ): AsyncGenerator<ObjectEntry, void, undefined> {
    const { limit = Infinity } = options;
    let listing: PagedListing | undefined;
    for (let left = limit; left > 0;) {
      const count = Math.min(PAGE, left);
      const page = await this.#run(this.#operations.list, options, (signal) => {
        listing ??= this.#listing(prefix, options);
        return listing.next(count, signal);
      });
      yield* page;
      left -= page.length;
      if (page.length < count) return;
    }
  }

  /**
   * Deletes all objects whose keys begin with `prefix`, which must not be empty. Goes on when one cannot be deleted.
   * @throws StorageInvalidKeyError, and other `StorageError`s when the objects cannot be listed
   */
  async deletePrefix(prefix: string, options: StorageCallOptions = {}): Promise<PrefixDeletion> {
    let removal: PrefixRemoval | undefined;
    const next = async (signal: AbortSignal): Promise<PrefixRemoval> => {
      if (prefix === '') throw new StorageInvalidKeyError('prefix of a deletion is empty');
      removal ??= new PrefixRemoval(this.#disk, this.#listing(prefix, options));
      await removal.next(signal);
      return removal;
    };
    for (;;) {
      const { isDone, deleted, failures } = await this.#run(
        this.#operations.deletePrefix,
        options,
        next,
      );
      if (isDone) return { deleted, failures };
    }
  }

  /**
   * A URL under which the object can be got for some time without our help.
   * @throws StorageNotSupportedError on local and memory disks
   */
  temporaryUrl(key: string, options: TemporaryUrlOptions = {}): Promise<string> {
    return this.#run(this.#operations.temporaryUrl, options, async () => {
      const objectKey = ObjectKey.parse(key);
      const url = this.#disk.temporaryUrl?.(objectKey, options.expiresInMs ?? DEFAULT_EXPIRY_MS);
      if (url) return url;
      throw new StorageNotSupportedError(
        'temporaryUrl()',
        'Serve the object by a route of your own.',
        {
          key,
        },
      );
    });
  }

  #putting(key: string, data: StorageData, options: WriteOptions): Work<undefined, StoredObject> {
    holdEarlyError(data);
    return (_, { signal }) => storeData(this.#backend, key, data, options, signal);
  }

  #listing(prefix: string, { cursor, signal }: ListOptions): PagedListing {
    const after = cursor === undefined ? undefined : fromCursor(cursor);
    return new PagedListing(this.#disk, KeyPrefix.parse(prefix), after, signal);
  }

  get #disk(): Disk {
    return this.#backend.disk;
  }

  get #clock(): Clock {
    return this.#backend.clock;
  }

  #run<R>(
    operation: BoundOperation,
    options: StorageCallOptions,
    work: (signal: AbortSignal) => Promise<R>,
  ): Promise<R> {
    const inTry = (_: undefined, context: OperationContext): Promise<R> => work(context.signal);
    return operation.run(inTry, undefined, options);
  }
}
