import assert from 'node:assert/strict';
import { isMainstayError } from 'nestjs-mainstay/common';
import {
  KeyPrefix,
  ObjectKey,
  type Disk,
  type OpenedObject,
  type PutCall,
  type StorageErrorCode,
  type StoredObject,
} from 'nestjs-mainstay/storage';

/** Declares one test on a fresh disk. */
export type DiskTest = (name: string, body: (disk: Disk) => Promise<void>) => void;

/** Puts text. */
export function putText(
  disk: Disk,
  key: string,
  text: string,
  call?: PutCall,
): Promise<StoredObject> {
  return disk.put(ObjectKey.parse(key), [Buffer.from(text)], call);
}

/** Reads text. */
export async function readText(disk: Disk, key: string): Promise<string> {
  return (await disk.read(ObjectKey.parse(key))).toString();
}

/** Reads an opened object to its end. */
export async function drain(object: OpenedObject): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await object.read(); chunk; chunk = await object.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The keys of a listing. */
export async function keysOf(disk: Disk, prefix = '', after?: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of disk.list(KeyPrefix.parse(prefix), { after })) keys.push(key);
  return keys;
}

/** Asserts that work fails with a code. */
export async function rejectsWith(
  code: StorageErrorCode,
  work: () => Promise<unknown>,
): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(isMainstayError(error, code), `expected ${code}, got ${String(error)}`);
    return true;
  });
}

/** Bytes that differ from their neighbours, so that a piece in the wrong place shows. */
export function pattern(size: number, seed = 0): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31 + seed) % 251));
}
