import type { Clock } from 'nestjs-mainstay/common';
import { isOneShot, type StorageData } from '../data/storage-data.js';
import type { Disk, StoredObject } from '../disks/disk.js';
import { StorageError } from '../errors/storage.error.js';
import { ObjectKey } from '../keys/object-key.js';
import type { WriteOptions } from '../storage.types.js';
import { incoming } from './incoming.js';
import { transferCall } from './transfer-call.js';
import { watched } from './watched.js';

/** What a put needs beside key and data. */
export interface StoreEnvironment {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly maxBytes: number | undefined;
}

/**
 * One try of a put. Its error says so when there must be no other: the data can be read only once, or a second put would
 * meet the first.
 */
export async function storeData(
  { disk, clock, maxBytes }: StoreEnvironment,
  key: string,
  data: StorageData,
  options: WriteOptions,
  signal: AbortSignal,
): Promise<StoredObject> {
  const { createOnly, ifMatch, durability, sha256, onProgress } = options;
  const objectKey = ObjectKey.parse(key);
  const mayRepeat = !isOneShot(data) && !createOnly && ifMatch === undefined;
  try {
    return await watched(clock, signal, (watch) => {
      const source = incoming(data, { key, maxBytes, onProgress }, watch);
      const call = { createOnly, ifMatch, durability, sha256, ...transferCall(watch) };
      return disk.put(objectKey, source, call);
    });
  } catch (error) {
    throw mayRepeat || !(error instanceof StorageError) ? error : error.asFinal();
  }
}
