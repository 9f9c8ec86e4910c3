import { createHash } from 'node:crypto';
import type { Clock } from 'nestjs-mainstay/common';
import type { InitializationStep } from 'nestjs-mainstay/resource';
import { contentTypeOf, SNIFFED_BYTES } from '../content/content-type.js';
import {
  StorageAlreadyExistsError,
  StorageNotFoundError,
  StoragePreconditionFailedError,
} from '../errors/caller.errors.js';
import { compareKeys } from '../keys/key-order.js';
import type { KeyPrefix } from '../keys/key-prefix.js';
import { RESERVED_PREFIX } from '../keys/key-grammar.js';
import { toCursor } from '../keys/list-cursor.js';
import type { ObjectKey } from '../keys/object-key.js';
import { resolveRange } from './byte-range.js';
import { FolderCounts, foldersOf } from './folder-counts.js';
import type {
  ByteSource,
  DeleteFailure,
  Disk,
  DiskListing,
  DiskUsage,
  ListCall,
  ObjectEntry,
  ObjectStat,
  OpenedObject,
  PutCall,
  ReadCall,
  StoredObject,
} from './disk.js';
import { throwIfAborted } from './throw-if-aborted.js';

interface MemoryObject {
  readonly data: Buffer;
  readonly etag: string;
  readonly lastModified: Date;
}

/**
 * Objects in the memory of this process: for tests and for data that may be lost. Nothing is durable, whatever was asked
 * for, and each put says so. Like on a local disk, a name is an object or a folder, never both.
 */
export class MemoryDisk implements Disk {
  readonly kind = 'memory';
  readonly #clock: Clock;
  readonly #objects = new Map<string, MemoryObject>();
  readonly #folders = new FolderCounts();
  #puts = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  preparation(): readonly InitializationStep[] {
    return [];
  }

  adopt(): Promise<void> {
    return Promise.resolve();
  }

  async put(key: ObjectKey, source: ByteSource, call: PutCall = {}): Promise<StoredObject> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of source) {
      throwIfAborted(call.signal);
      // The caller may use its buffer again.
      chunks.push(Uint8Array.from(chunk));
      call.onProgress?.();
    }
    throwIfAborted(call.signal);
    this.#checkTarget(key, call);
    return this.#store(key, Buffer.concat(chunks), call.sha256 ?? false);
  }

  async open(key: ObjectKey, call: ReadCall = {}): Promise<OpenedObject> {
    const object = this.#get(key);
    const { data } = object;
    const range = call.range && resolveRange(call.range, data.length, key.value);
    let rest: Buffer | undefined = range ? data.subarray(range.start, range.end + 1) : data;
    return {
      ...statOf(key.value, object),
      contentType: contentTypeOf(key.value, data.subarray(0, SNIFFED_BYTES)),
      range,
      length: rest.length,
      read: async () => {
        const chunk = rest?.length ? Buffer.from(rest) : undefined;
        rest = undefined;
        return chunk;
      },
      close: async () => undefined,
    };
  }

  async read(key: ObjectKey, call: ReadCall = {}): Promise<Buffer> {
    throwIfAborted(call.signal);
    const { data } = this.#get(key);
    const range = call.range && resolveRange(call.range, data.length, key.value);
    return Buffer.from(range ? data.subarray(range.start, range.end + 1) : data);
  }

  async stat(key: ObjectKey): Promise<ObjectStat> {
    return statOf(key.value, this.#get(key));
  }

  async delete(key: ObjectKey): Promise<void> {
    this.#remove(key);
  }

  async deleteMany(keys: readonly ObjectKey[]): Promise<readonly DeleteFailure[]> {
    for (const key of keys) this.#remove(key);
    return [];
  }

  async copy(from: ObjectKey, to: ObjectKey): Promise<StoredObject> {
    const { data } = this.#get(from);
    this.#checkTarget(to, {});
    return this.#store(to, data, false);
  }

  async move(from: ObjectKey, to: ObjectKey): Promise<void> {
    const object = this.#get(from);
    this.#checkTarget(to, {});
    this.#remove(from);
    this.#add(to, object);
  }

  list(prefix: KeyPrefix, call: ListCall = {}): DiskListing {
    const objects = this.#objects;
    return {
      skipped: 0,
      async *[Symbol.asyncIterator](): AsyncGenerator<ObjectEntry, void, undefined> {
        const keys = [...objects.keys()].filter((key) => isListed(key, prefix, call.after));
        for (const key of keys.sort(compareKeys)) {
          throwIfAborted(call.signal);
          const object = objects.get(key);
          if (object) yield { ...statOf(key, object), cursor: toCursor(key) };
        }
      },
    };
  }

  async usage(): Promise<DiskUsage> {
    return {};
  }

  async close(): Promise<void> {}

  #store(key: ObjectKey, data: Buffer, withHash: boolean): StoredObject {
    const etag = (++this.#puts).toString(36);
    this.#add(key, { data, etag, lastModified: new Date(this.#clock.wallTime()) });
    return {
      key: key.value,
      size: data.length,
      etag,
      durability: 'none',
      storedOn: 'primary',
      ...(withHash ? { sha256: createHash('sha256').update(data).digest('hex') } : {}),
    };
  }

  #get(key: ObjectKey): MemoryObject {
    const object = this.#objects.get(key.value);
    if (!object) throw new StorageNotFoundError({ key: key.value });
    return object;
  }

  #checkTarget(key: ObjectKey, call: PutCall): void {
    const found = this.#objects.get(key.value);
    if (found && call.createOnly) throw new StorageAlreadyExistsError({ key: key.value });
    if (call.ifMatch !== undefined && found?.etag !== call.ifMatch) {
      throw new StoragePreconditionFailedError({ key: key.value });
    }
    if (found) return;
    if (this.#folders.has(key.value)) throw taken(key, 'a folder has this name');
    if (foldersOf(key.segments).some((folder) => this.#objects.has(folder))) {
      throw taken(key, 'an object stands where a folder is needed');
    }
  }

  #add(key: ObjectKey, object: MemoryObject): void {
    if (!this.#objects.has(key.value)) this.#folders.add(key.segments);
    this.#objects.set(key.value, object);
  }

  #remove(key: ObjectKey): void {
    if (this.#objects.delete(key.value)) this.#folders.remove(key.segments);
  }
}

function statOf(key: string, { data, etag, lastModified }: MemoryObject): ObjectStat {
  return { key, size: data.length, etag, lastModified };
}

function isListed(key: string, prefix: KeyPrefix, after: string | undefined): boolean {
  if (!key.startsWith(prefix.value)) return false;
  if (key.startsWith(`${RESERVED_PREFIX}/`) && prefix.folders[0] !== RESERVED_PREFIX) return false;
  return after === undefined || compareKeys(key, after) > 0;
}

function taken(key: ObjectKey, reason: string): Error {
  return new StorageAlreadyExistsError({ key: key.value }, reason);
}
