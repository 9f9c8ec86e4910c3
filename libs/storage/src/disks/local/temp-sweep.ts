import { lstat, readdir, unlink } from 'node:fs/promises';
import { isProcessAlive, type Clock, type ProcessIdentity } from 'nestjs-mainstay/common';
import { isErrno } from './errno.js';
import { ownerOfTemp } from './temp-name.js';

/**
 * How long a temporary file of another machine or container stays untouched before it counts as left behind, in
 * milliseconds. A put that makes no progress for 30 s is given up, so that no living one is that old.
 */
const FOREIGN_AGE_MS = 3_600_000;

/**
 * Removes the temporary files whose makers are dead.
 * @param folder where temporary files lie
 * @returns how many are left: those of living makers, and those that cannot be removed
 */
export async function sweepTemps(
  folder: string,
  self: ProcessIdentity,
  clock: Clock,
): Promise<number> {
  let left = 0;
  for (const name of await readdir(folder)) {
    const owner = ownerOfTemp(name);
    if (!owner) continue;
    const path = `${folder}/${name}`;
    const alive = (await isProcessAlive(owner, self)) ?? (await isRecent(path, clock));
    if (alive || !(await isRemoved(path))) left++;
  }
  return left;
}

async function isRecent(path: string, clock: Clock): Promise<boolean> {
  try {
    const { mtimeMs } = await lstat(path);
    return clock.wallTime() - mtimeMs < FOREIGN_AGE_MS;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** A file that cannot be removed (a disk that turned read-only) is only left: reads go on. */
async function isRemoved(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    return isErrno(error, 'ENOENT');
  }
}
