import type { Stats } from 'node:fs';
import type { ObjectStat } from '../disk.js';

const MICROSECONDS_PER_MS = 1_000;

/**
 * The facts of an object from those of its file. The etag is made of inode, modification time and size: every put makes
 * a new file and gives it a time that no other file of this process has.
 */
export function toObjectStat(key: string, file: Stats): ObjectStat {
  return { key, size: file.size, etag: etagOf(file), lastModified: file.mtime };
}

/** The etag of a file. */
export function etagOf({ ino, mtimeMs, size }: Stats): string {
  const modifiedAt = Math.round(mtimeMs * MICROSECONDS_PER_MS);
  return [ino, modifiedAt, size].map((part) => part.toString(36)).join('-');
}
