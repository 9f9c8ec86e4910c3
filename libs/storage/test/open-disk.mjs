import { SystemClock } from 'nestjs-mainstay/common';
import { LocalDisk } from '../src/disks/local-disk.js';
import { prepareDisk } from '../src/disks/prepare-disk.js';

/** Opens the local disk whose root is the first argument of the process. */
export async function openDisk(options = {}) {
  const disk = new LocalDisk({ root: process.argv[2], ...options }, new SystemClock());
  await prepareDisk(disk);
  return disk;
}

/** Prints a result for the test that started this process. */
export function print(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** The code of what a promise rejects with; `'none'` when it resolves. */
export async function codeOf(work) {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error.code ?? error.message;
  }
}
