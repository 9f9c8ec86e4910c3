import { randomUUID } from 'node:crypto';
import { isMainstayError, type Clock } from 'nestjs-mainstay/common';
import { StorageCorruptError } from '../errors/disk.errors.js';
import type { StorageErrorCode } from '../errors/storage.error.js';
import { KeyPrefix } from '../keys/key-prefix.js';
import { ObjectKey } from '../keys/object-key.js';
import type { Disk } from './disk.js';

/** What a disk was found to be able to do beyond the common contract. */
export interface DiskCapabilities {
  /** Puts with `createOnly` have exactly one winner. */
  readonly createOnly: boolean;
}

const FOLDER = 'trial';
/** No trial takes so long, in milliseconds. */
const LEFTOVER_AGE_MS = 3_600_000;
const DATA = Buffer.from('0123456789');
const RANGE = { start: 4, end: 6 } as const;

/**
 * Tries every operation that storage relies on, on objects of the disk's own: create, fsync, rename, link, range read,
 * list, delete.
 * @throws what failed, or {@link StorageCorruptError} when the disk answers, but not the truth
 */
export async function tryOperations(
  disk: Disk,
  clock: Clock,
  signal: AbortSignal,
): Promise<DiskCapabilities> {
  const key = ObjectKey.system(`${FOLDER}/${randomUUID()}`);
  const renamed = ObjectKey.system(`${FOLDER}/${randomUUID()}`);
  try {
    await disk.put(key, [DATA], { durability: 'full', signal });
    const createOnly = await tryCreateOnly(disk, key, signal);
    await disk.move(key, renamed, { signal });
    await tryReading(disk, renamed, signal);
    await disk.delete(renamed, { signal });
    await expectCode('STORAGE_NOT_FOUND', () => disk.read(renamed, { signal }));
    await removeLeftovers(disk, clock, signal);
    await disk.usage();
    return { createOnly };
  } catch (error) {
    // The failure is what counts; a later trial removes what cannot be removed now.
    await disk.deleteMany([key, renamed]).catch(() => undefined);
    throw error;
  }
}

/** A round trip of a few bytes: write, fsync, read back, delete. */
export async function tryWriting(disk: Disk, signal: AbortSignal): Promise<void> {
  const key = ObjectKey.system(`${FOLDER}/${randomUUID()}`);
  await disk.put(key, [DATA], { durability: 'full', signal });
  try {
    expectBytes(await disk.read(key, { signal }), DATA);
  } finally {
    await disk.delete(key, { signal });
  }
}

/** A round trip that changes nothing: looks at the beginning of the root. */
export async function tryListing(disk: Disk, signal: AbortSignal): Promise<void> {
  for await (const _ of disk.list(KeyPrefix.parse(''), { signal })) return;
}

async function tryCreateOnly(disk: Disk, key: ObjectKey, signal: AbortSignal): Promise<boolean> {
  const other = ObjectKey.system(`${FOLDER}/${randomUUID()}`);
  try {
    await disk.put(other, [DATA], { createOnly: true, durability: 'full', signal });
  } catch (error) {
    if (isMainstayError(error, 'STORAGE_NOT_SUPPORTED')) return false;
    throw error;
  }
  await disk.delete(other, { signal });
  await expectCode('STORAGE_ALREADY_EXISTS', () =>
    disk.put(key, [DATA], { createOnly: true, signal }),
  );
  return true;
}

async function tryReading(disk: Disk, key: ObjectKey, signal: AbortSignal): Promise<void> {
  expectBytes(
    await disk.read(key, { range: RANGE, signal }),
    DATA.subarray(RANGE.start, RANGE.end + 1),
  );
  for await (const entry of disk.list(KeyPrefix.system(FOLDER), { signal })) {
    if (entry.key === key.value) return;
  }
  throw new StorageCorruptError('An object that was just stored is not listed');
}

/** Removes what trials left behind that were cut by a crash. */
async function removeLeftovers(disk: Disk, clock: Clock, signal: AbortSignal): Promise<void> {
  const prefix = KeyPrefix.system(FOLDER);
  for await (const { key, lastModified } of disk.list(prefix, { signal })) {
    if (clock.wallTime() - lastModified.getTime() < LEFTOVER_AGE_MS) continue;
    const name = key.slice(prefix.value.length);
    await disk.delete(ObjectKey.system(`${FOLDER}/${name}`), { signal });
  }
}

function expectBytes(found: Buffer, expected: Buffer): void {
  if (!found.equals(expected)) {
    throw new StorageCorruptError('An object that was just stored has other bytes');
  }
}

async function expectCode(code: StorageErrorCode, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isMainstayError(error, code)) return;
    throw error;
  }
  throw new StorageCorruptError(`A call that must fail with ${code} succeeded`);
}
