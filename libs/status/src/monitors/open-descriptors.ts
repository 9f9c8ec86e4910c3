import { readdir, stat } from 'node:fs/promises';
import { isAbsent, isOutOfDescriptors, readSystemFile } from './system-file.js';

/** How many descriptors a process has, and may have. */
export interface Descriptors {
  readonly open: number;
  /** `undefined` where there is no limit. */
  readonly max: number | undefined;
}

/**
 * Counts the open descriptors of the process; `undefined` elsewhere than on Linux.
 * @param before what was known before: where no descriptor is left to look with, all are in use
 * @param root where `/proc` is; another one is for tests
 */
export async function readDescriptors(
  before?: Descriptors,
  root = '',
): Promise<Descriptors | undefined> {
  try {
    const limits = await readSystemFile(`${root}/proc/self/limits`);
    if (limits === undefined) return undefined;
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
    const max = soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
    return { open: await countOpen(`${root}/proc/self/fd`), max };
  } catch (error) {
    if (isOutOfDescriptors(error)) return before?.max ? { ...before, open: before.max } : before;
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Linux 6.2 and later tell the number as the size of the folder; before, that is 0. */
async function countOpen(folder: string): Promise<number> {
  const { size } = await stat(folder);
  if (size > 0 && folder.startsWith('/proc/')) return size;
  const names = await readdir(folder);
  // Minus the one that lists them.
  return names.length - 1;
}
